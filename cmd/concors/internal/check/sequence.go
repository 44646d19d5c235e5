package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A sequence is who sent what to whom, in order: what the drawings draw, as text
// and as SVG.
type sequence struct {
	events []event
	number int // of the last message
	result *Result
	asked  *Request
}

// An event is one thing in a sequence.
type event struct {
	kind   eventKind
	number int    // of a message; 0 for the others
	text   string // what happens, in a few words
	lines  []detail
	arrow  bool // a message was sent, to its receiver
	good   bool // of what the page gets
}

type eventKind uint8

const (
	pageAsks eventKind = iota
	browserNotes
	browserSends
	serverAnswers
	browserStops
	pageGets
)

// A detail is a line that belongs to a message: a header, or a text.
type detail struct {
	header   Header
	text     string // if there is no header
	remark   bool   // a text of any length, in parentheses
	decisive bool   // it is what the reason turns on
}

// sequenceOf works out the sequence of a result.
func sequenceOf(r *Report, result *Result) []event {
	d := &sequence{result: result, asked: &r.Request}
	d.ask()
	drawn := 0
	var passed []string
	flush := func() {
		if len(passed) > 0 {
			d.note("checks passed: " + strings.Join(passed, ", "))
			passed = nil
		}
	}
	for i, s := range result.Steps {
		for ; drawn <= s.Exchange && drawn < len(result.Exchanges); drawn++ {
			flush()
			d.exchange(drawn)
		}
		if s.Result == fetch.Passed.String() {
			passed = append(passed, s.Algorithm)
			continue
		}
		flush()
		switch {
		case s.Result == fetch.Blocked.String() && i == result.DecidedBy:
			d.stop()
		case s.Algorithm == "fetch":
			// What is worth a line is what was done to the request.
			if _, what, found := strings.Cut(s.Outcome, "; "); found {
				d.note(what)
			}
		case s.Algorithm == "HTTP-redirect fetch":
			d.note("redirect " + s.Outcome)
		case s.Algorithm == "main fetch", s.Algorithm == "mixed content", s.Algorithm == "HTTP-network-or-cache fetch":
			d.note(s.Outcome)
		}
	}
	flush()
	d.reply()
	return d.events
}

func (d *sequence) add(e event) { d.events = append(d.events, e) }

func (d *sequence) note(text string) {
	d.add(event{kind: browserNotes, text: "browser: " + text})
}

func (d *sequence) next() int {
	d.number++
	return d.number
}

// ask is the page's call.
func (d *sequence) ask() {
	how := "<" + d.asked.Kind + ">"
	switch d.asked.Kind {
	case "fetch":
		how = "fetch() " + d.asked.Method
	case "xhr":
		how = "XHR " + d.asked.Method
	case "link":
		how = "<link> (style)"
	case "module":
		how = "<script> (module)"
	case "font":
		how = "@font-face"
	case "manifest":
		how = "<link> (manifest)"
	case "worker":
		how = "new Worker()"
	}
	lines := []detail{{text: how}}
	if d.asked.CrossOrigin != "" {
		lines = append(lines, detail{text: "crossorigin"})
	}
	d.add(event{kind: pageAsks, number: d.next(), text: "page asks:", lines: lines, arrow: true})
}

// exchange is a request on the wire and its answer.
func (d *sequence) exchange(i int) {
	x := &d.result.Exchanges[i]
	decided, ok := d.result.decided()
	here := ok && decided.Exchange == i && decided.Result == fetch.Blocked.String()
	what := "request"
	if x.Preflight {
		what = "preflight"
	}
	line := detail{text: x.Method + " " + x.URL}
	if here && d.result.stoppedAtConnection() {
		d.add(event{kind: browserSends, number: d.next(), text: fmt.Sprintf("browser connects, to send the %s:", what), lines: []detail{line}})
		return
	}
	verb := "sends"
	if x.Error != "" {
		verb = "tries to send"
	}
	sent := event{kind: browserSends, number: d.next(), text: fmt.Sprintf("browser %s the %s:", verb, what), lines: []detail{line}, arrow: true}
	for _, h := range x.Headers {
		if d.mattersInRequest(h, x.Preflight) {
			sent.lines = append(sent.lines, detail{header: h})
		}
	}
	if !hasHeader(x.Headers, "Origin") {
		sent.lines = append(sent.lines, detail{text: "(no Origin header)"})
	}
	for _, c := range x.Withheld {
		sent.lines = append(sent.lines, detail{text: "cookie " + c.Name + " is kept back: " + trimStop(c.Why), remark: true})
	}
	d.add(sent)
	if x.Error != "" {
		return
	}
	answer := event{kind: serverAnswers, number: d.next(), arrow: true,
		text: strings.TrimRight(fmt.Sprintf("server answers: %d %s", x.Status, http.StatusText(x.Status)), " ")}
	header, byStatus := d.result.decisive()
	if here && byStatus {
		answer.lines = append(answer.lines, detail{text: fmt.Sprintf("status %d", x.Status), decisive: true})
	}
	matter := 0
	for _, h := range x.ResponseHeaders {
		decisive := here && strings.EqualFold(h.Name, header)
		if !decisive && !d.mattersInResponse(h, x) {
			continue
		}
		if matter++; matter <= term.MostLines {
			answer.lines = append(answer.lines, detail{header: h, decisive: decisive})
		}
	}
	if matter > term.MostLines {
		answer.lines = append(answer.lines, detail{text: fmt.Sprintf("and %d more", matter-term.MostLines), remark: true})
	}
	if here && header != "" && !hasHeader(x.ResponseHeaders, header) {
		answer.lines = append(answer.lines, detail{text: "no " + header + " header", decisive: true})
	}
	for _, c := range x.Refused[:min(len(x.Refused), term.MostLines)] {
		answer.lines = append(answer.lines, detail{text: "cookie " + c.Name + " is not stored: " + trimStop(c.Why), remark: true})
	}
	d.add(answer)
}

// stop marks where the browser gave up.
func (d *sequence) stop() {
	text := "browser blocks here: " + d.result.Reason
	if d.result.Verdict == Unreachable {
		text = "no usable answer: " + d.result.Reason
	}
	d.add(event{kind: browserStops, text: text})
}

// reply is what the page gets in the end.
func (d *sequence) reply() {
	r := &d.result.Readable
	element := d.asked.Kind != "fetch" && d.asked.Kind != "xhr"
	var gets string
	switch {
	case d.result.Verdict != Allowed:
		gets = "a TypeError"
		if element || d.asked.Kind == "xhr" {
			gets = "an error event"
		}
		if d.asked.Kind == "iframe" {
			gets = "an error page"
		}
	case r.Type == string(fetch.TypeOpaqueRedirect):
		gets = "opaque redirect"
	case element:
		gets = "what it asked for"
	case r.Body:
		gets = fmt.Sprintf("status %d", r.Status)
	case r.Type == string(fetch.TypeOpaque):
		gets = "an opaque answer"
	default:
		gets = "the answer"
	}
	d.add(event{kind: pageGets, number: d.next(), text: "page gets:", lines: []detail{{text: gets}}, arrow: true, good: d.result.Verdict == Allowed})
}

// decided returns the step that decided.
func (r *Result) decided() (Step, bool) {
	if r.DecidedBy < 0 || r.DecidedBy >= len(r.Steps) {
		return Step{}, false
	}
	return r.Steps[r.DecidedBy], true
}

// decisive names the response header that the reason turns on, or says that it
// was the status.
func (r *Result) decisive() (header string, status bool) {
	switch r.Reason {
	case reason.PreflightInvalidStatus.String(), reason.PreflightDisallowedRedirect.String(), reason.RedirectModeError.String():
		return "", true
	case reason.HeaderDisallowedByPreflightResponse.String():
		return "Access-Control-Allow-Headers", false
	}
	return r.Header, false
}

// stoppedAtConnection reports whether the browser looked at the server's
// address and sent nothing.
func (r *Result) stoppedAtConnection() bool {
	switch r.Reason {
	case reason.InsecureLocalNetwork.String(), reason.InvalidLocalNetworkAccess.String(), reason.LocalNetworkAccessPermissionDenied.String():
		return true
	}
	return false
}

func (d *sequence) mattersInRequest(h Header, preflight bool) bool {
	switch name := strings.ToLower(h.Name); name {
	case "origin", "cookie", "authorization", "sec-fetch-site", "access-control-request-method", "access-control-request-headers":
		return true
	case "content-type":
		return !preflight
	default:
		return hasHeader(d.asked.Headers, name)
	}
}

func (d *sequence) mattersInResponse(h Header, x *Exchange) bool {
	switch name := strings.ToLower(h.Name); name {
	case "cross-origin-resource-policy", "set-cookie":
		return true
	case "location":
		return x.Status >= 300 && x.Status <= 399
	case "vary":
		allowed := slices.IndexFunc(x.ResponseHeaders, func(h Header) bool { return strings.EqualFold(h.Name, "Access-Control-Allow-Origin") })
		return allowed >= 0 && x.ResponseHeaders[allowed].Value != "*"
	case "content-type", "x-content-type-options":
		return d.asked.Kind != "fetch" && d.asked.Kind != "xhr" || d.asked.Mode == string(fetch.ModeNoCORS)
	default:
		return strings.HasPrefix(name, "access-control-")
	}
}

func hasHeader(list []Header, name string) bool {
	return slices.ContainsFunc(list, func(h Header) bool { return strings.EqualFold(h.Name, name) })
}
