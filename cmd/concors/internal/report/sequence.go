package report

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

// A sequence is who sent what to whom, in order. It is drawn as text and as SVG.
type sequence struct {
	events []event
	number int // of the last message
	result *request.BrowserResult
	made   *request.Request
}

// An event is one thing in a sequence.
type event struct {
	kind   eventKind
	number int    // of a message; 0 for other events
	text   string // what happens, in a few words
	lines  []detail
	arrow  bool // a message was sent to its receiver
	good   bool // the page gets a response
}

type eventKind uint8

const (
	pageRequests eventKind = iota
	browserNotes
	browserSends
	serverResponds
	browserStops
	pageGets
)

// A detail is a line that belongs to a message: a header, or a text.
type detail struct {
	header   request.Header
	text     string // if there is no header
	remark   bool   // a text of any length, in parentheses
	decisive bool   // the reason is about it
}

// remark is a detail of any length, in parentheses.
func remark(text string) detail { return detail{text: text, remark: true} }

// sequenceOf works out the sequence of a result.
func sequenceOf(r *Report, result *request.BrowserResult) []event {
	d := &sequence{result: result, made: &r.Request}
	d.call()
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
		if s.Result == fetch.Passed {
			passed = append(passed, s.Algorithm)
			continue
		}
		flush()
		switch {
		case s.Result == fetch.Blocked && i == result.DecidedBy:
			d.stop()
		case s.Algorithm == "fetch":
			// Only what was done to the request is worth a line.
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
	d.outcome()
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

// call adds the page's call.
func (d *sequence) call() {
	how := "<" + d.made.Kind + ">"
	switch d.made.Kind {
	case "fetch":
		how = "fetch() " + d.made.Method
	case "xhr":
		how = "XHR " + d.made.Method
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
	if d.made.CrossOrigin != "" {
		lines = append(lines, detail{text: "crossorigin"})
	}
	d.add(event{kind: pageRequests, number: d.next(), text: "page requests:", lines: lines, arrow: true})
}

// exchange adds a request on the wire and its response.
func (d *sequence) exchange(i int) {
	x := &d.result.Exchanges[i]
	decided, ok := d.result.Decided()
	here := ok && decided.Exchange == i && decided.Result == fetch.Blocked
	what := "request"
	if x.Preflight {
		what = "preflight"
	}
	line := detail{text: x.Method + " " + x.URL}
	if here && d.result.StoppedAtConnection() {
		d.add(event{kind: browserSends, number: d.next(), lines: []detail{line},
			text: fmt.Sprintf("browser connects, to send the %s:", what)})
		return
	}
	verb := "sends"
	if x.Error != "" {
		verb = "tries to send"
	}
	sent := event{kind: browserSends, number: d.next(), lines: []detail{line}, arrow: true,
		text: fmt.Sprintf("browser %s the %s:", verb, what)}
	for _, h := range x.Headers {
		if d.mattersInRequest(h, x.Preflight) {
			sent.lines = append(sent.lines, detail{header: header(h.Name, decoded(h.Value))})
		}
	}
	if !request.HasHeader(x.Headers, "Origin") {
		sent.lines = append(sent.lines, detail{text: "(no Origin header)"})
	}
	for _, c := range x.Withheld {
		sent.lines = append(sent.lines, remark("cookie "+c.Name+" is not sent: "+clause(c.Why)))
	}
	d.add(sent)
	if x.Error != "" {
		return
	}
	response := event{kind: serverResponds, number: d.next(), arrow: true,
		text: strings.TrimRight(fmt.Sprintf("server responds: %d %s", x.Status, http.StatusText(x.Status)), " ")}
	name, byStatus := d.result.Decisive()
	if here && byStatus {
		response.lines = append(response.lines, detail{text: fmt.Sprintf("status %d", x.Status), decisive: true})
	}
	matter := 0
	for _, h := range x.ResponseHeaders {
		decisive := here && strings.EqualFold(h.Name, name)
		if !decisive && !d.mattersInResponse(h, x) {
			continue
		}
		if matter++; matter <= term.MaxLines {
			line := detail{header: header(h.Name, decoded(h.Value)), decisive: decisive}
			response.lines = append(response.lines, line)
		}
	}
	if matter > term.MaxLines {
		response.lines = append(response.lines, remark(fmt.Sprintf("and %d more", matter-term.MaxLines)))
	}
	if here && name != "" && !request.HasHeader(x.ResponseHeaders, name) {
		response.lines = append(response.lines, detail{text: "no " + name + " header", decisive: true})
	}
	for _, c := range x.Refused[:min(len(x.Refused), term.MaxLines)] {
		response.lines = append(response.lines, remark("cookie "+c.Name+" is not stored: "+clause(c.Why)))
	}
	d.add(response)
}

// stop adds where the browser gave up.
func (d *sequence) stop() {
	text := "browser blocks here: " + d.result.Reason.String()
	if d.result.Verdict == request.Unreachable {
		text = "no usable response: " + d.result.Reason.String()
	}
	d.add(event{kind: browserStops, text: text})
}

// outcome adds what the page gets in the end.
func (d *sequence) outcome() {
	r := &d.result.Readable
	element := !d.made.ByScript()
	var gets string
	switch {
	case d.result.Verdict != request.Allowed:
		gets = "a TypeError"
		if element || d.made.Kind == "xhr" {
			gets = "an error event"
		}
		if d.made.Kind == "iframe" {
			gets = "an error page"
		}
	case r.Type == string(fetch.TypeOpaqueRedirect):
		gets = "opaque redirect"
	case element:
		gets = "what it requested"
	case r.Body:
		gets = fmt.Sprintf("status %d", r.Status)
	case r.Type == string(fetch.TypeOpaque):
		gets = "opaque response"
	default:
		gets = "the response"
	}
	d.add(event{kind: pageGets, number: d.next(), text: "page gets:", lines: []detail{{text: gets}}, arrow: true,
		good: d.result.Verdict == request.Allowed})
}

// mattersInRequest reports whether a request header is worth a line.
func (d *sequence) mattersInRequest(h request.Header, preflight bool) bool {
	switch name := strings.ToLower(h.Name); name {
	case "origin", "cookie", "authorization", "sec-fetch-site",
		"access-control-request-method", "access-control-request-headers":
		return true
	case "content-type":
		return !preflight
	default:
		return request.HasHeader(d.made.Headers, name)
	}
}

// mattersInResponse reports whether a response header is worth a line.
func (d *sequence) mattersInResponse(h request.Header, x *request.Exchange) bool {
	switch name := strings.ToLower(h.Name); name {
	case "cross-origin-resource-policy", "set-cookie":
		return true
	case "location":
		return x.Status >= 300 && x.Status <= 399
	case "vary":
		for _, other := range x.ResponseHeaders {
			if strings.EqualFold(other.Name, "Access-Control-Allow-Origin") {
				return other.Value != "*"
			}
		}
		return false
	case "content-type", "x-content-type-options":
		return !d.made.ByScript() || d.made.Mode == string(fetch.ModeNoCORS)
	default:
		return strings.HasPrefix(name, "access-control-")
	}
}
