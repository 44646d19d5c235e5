package check

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
)

// The drawing's columns: three life lines, and what is said between them. Each
// message names its sender, so that the lines can be read one after the other
// by who does not see where they stand.
const (
	pageWidth = 21 // between page and browser
	wireWidth = 53 // between browser and server
	hanging   = 2  // by how much what belongs to a message is indented
)

// A drawing is a sequence diagram under construction.
type drawing struct {
	lines  []string
	number int // of the last message
	paint  painter
	result *Result
	asked  *Request
}

// draw returns the lines of the sequence drawing of a result.
func draw(r *Report, result *Result, paint painter) []string {
	d := &drawing{paint: paint, result: result, asked: &r.Request}
	d.heading(r)
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
	return d.lines
}

func (d *drawing) heading(r *Report) {
	browser := browserName(d.result)
	server := ""
	if u, err := url.Parse(r.Request.URL); err == nil && u.Host != "" {
		server = u.Scheme + "://" + u.Host
	}
	line := func(page, browser, server string) string {
		page, server = shorten(page, pageWidth), shorten(server, wireWidth-len(browser)-1)
		return strings.TrimRight(fmt.Sprintf("  %-*s %s%*s", pageWidth, page, browser, wireWidth+2-len(browser), server), " ")
	}
	d.lines = append(d.lines, d.paint.bold(line("page", "browser", "server")), line(ascii(r.Page.Origin), browser, ascii(server)))
}

// row writes one line: what stands between page and browser, the browser's own
// mark, and what stands between browser and server.
func (d *drawing) row(left, mark, right string, style func(string) string) {
	left = fmt.Sprintf("%-*s", pageWidth, left)
	right = mark + fmt.Sprintf("%-*s", wireWidth, right)
	if style != nil {
		if strings.TrimSpace(left) != "" {
			left = style(left)
		} else {
			right = style(right)
		}
	}
	d.lines = append(d.lines, strings.TrimRight("  |"+left+right+"|", " "))
}

// onPage writes lines between page and browser.
func (d *drawing) onPage(style func(string) string, lines ...string) {
	for _, line := range lines {
		d.row(" "+shorten(ascii(line), pageWidth-1), "|", "", style)
	}
}

// onWire writes a text between browser and server, wrapped: its first line
// stands out by the indentation of the others.
func (d *drawing) onWire(mark, text string, style func(string) string) {
	for i, line := range wrap(ascii(text), wireWidth-2-hanging) {
		indent := strings.Repeat(" ", 1+hanging)
		if i == 0 {
			indent = " "
		}
		d.row("", mark, indent+line, style)
		mark = "|"
	}
}

// detail writes one line below a message, shortened to fit.
func (d *drawing) detail(text string, decisive bool) {
	lead, style := strings.Repeat(" ", 1+hanging), (func(string) string)(nil)
	if decisive {
		lead, style = " ! ", d.paint.red
	}
	d.row("", "|", lead+shorten(ascii(text), wireWidth-1-hanging), style)
}

// header writes a header below its message, on one line if it fits; else its
// value has up to three lines of its own.
func (d *drawing) header(h Header, decisive bool) {
	const room = wireWidth - 2 - hanging
	if len(ascii(h.Name))+2+len(ascii(h.Value)) <= room {
		d.detail(h.Name+": "+h.Value, decisive)
		return
	}
	d.detail(h.Name+":", decisive)
	for _, line := range wrap(shorten(ascii(h.Value), 3*(room-2)), room-2) {
		d.detail("  "+line, false)
	}
}

// remark is a detail of any length.
func (d *drawing) remark(text string) {
	for _, line := range wrap("("+bounded(text)+")", wireWidth-2-hanging) {
		d.detail(line, false)
	}
}

func (d *drawing) arrow(toServer bool) {
	line := "<" + strings.Repeat("-", wireWidth-1)
	if toServer {
		line = strings.Repeat("-", wireWidth-1) + ">"
	}
	d.row("", "|", line, nil)
}

func (d *drawing) note(text string) { d.onWire("|", "browser: "+text, d.paint.dim) }

func (d *drawing) next() int {
	d.number++
	return d.number
}

// ask is the page's call.
func (d *drawing) ask() {
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
	d.onPage(nil, fmt.Sprintf("%d page asks:", d.next()), "  "+how)
	if d.asked.CrossOrigin != "" {
		d.onPage(nil, "  crossorigin")
	}
	d.row(strings.Repeat("-", pageWidth-1)+">", "|", "", nil)
}

// exchange draws a request on the wire and its answer.
func (d *drawing) exchange(i int) {
	x := &d.result.Exchanges[i]
	decided, ok := d.result.decided()
	here := ok && decided.Exchange == i && decided.Result == fetch.Blocked.String()
	what := "request"
	if x.Preflight {
		what = "preflight"
	}
	if here && d.result.stoppedAtConnection() {
		d.row("", "|", fmt.Sprintf(" %d browser connects, to send the %s:", d.next(), what), nil)
		d.detail(x.Method+" "+x.URL, false)
		return
	}
	verb := "sends"
	if x.Error != "" {
		verb = "tries to send"
	}
	d.row("", "|", fmt.Sprintf(" %d browser %s the %s:", d.next(), verb, what), nil)
	d.detail(x.Method+" "+x.URL, false)
	for _, h := range x.Headers {
		if d.mattersInRequest(h, x.Preflight) {
			d.header(h, false)
		}
	}
	if !hasHeader(x.Headers, "Origin") {
		d.detail("(no Origin header)", false)
	}
	for _, c := range x.Withheld {
		d.remark("cookie " + c.Name + " is kept back: " + trimStop(c.Why))
	}
	d.arrow(true)
	if x.Error != "" {
		return
	}
	status := fmt.Sprintf("%d server answers: %d %s", d.next(), x.Status, http.StatusText(x.Status))
	header, byStatus := d.result.decisive()
	if here && byStatus {
		d.row("", "|", " "+status, nil)
		d.detail(fmt.Sprintf("status %d", x.Status), true)
	} else {
		d.row("", "|", " "+strings.TrimRight(status, " "), nil)
	}
	var lines []Header
	for _, h := range x.ResponseHeaders {
		if here && strings.EqualFold(h.Name, header) || d.mattersInResponse(h, x) {
			lines = append(lines, h)
		}
	}
	for i, h := range lines {
		if i == mostLines {
			d.remark(fmt.Sprintf("and %d more", len(lines)-i))
			break
		}
		d.header(h, here && strings.EqualFold(h.Name, header))
	}
	if here && header != "" && !hasHeader(x.ResponseHeaders, header) {
		d.detail("no "+header+" header", true)
	}
	for _, c := range x.Refused[:min(len(x.Refused), mostLines)] {
		d.remark("cookie " + c.Name + " is not stored: " + trimStop(c.Why))
	}
	d.arrow(false)
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
	case fetch.PreflightInvalidStatus.String(), fetch.PreflightDisallowedRedirect.String(), fetch.RedirectModeError.String():
		return "", true
	case fetch.HeaderDisallowedByPreflightResponse.String():
		return "Access-Control-Allow-Headers", false
	}
	return r.Header, false
}

// stoppedAtConnection reports whether the browser looked at the server's
// address and sent nothing.
func (r *Result) stoppedAtConnection() bool {
	switch r.Reason {
	case fetch.InsecureLocalNetwork.String(), fetch.InvalidLocalNetworkAccess.String(), fetch.LocalNetworkAccessPermissionDenied.String():
		return true
	}
	return false
}

func (d *drawing) mattersInRequest(h Header, preflight bool) bool {
	switch name := strings.ToLower(h.Name); name {
	case "origin", "cookie", "authorization", "sec-fetch-site", "access-control-request-method", "access-control-request-headers":
		return true
	case "content-type":
		return !preflight
	default:
		return hasHeader(d.asked.Headers, name)
	}
}

func (d *drawing) mattersInResponse(h Header, x *Exchange) bool {
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

// stop marks where the browser gave up.
func (d *drawing) stop() {
	text := "browser blocks here: " + d.result.Reason
	if d.result.Verdict == Unreachable {
		text = "no usable answer: " + d.result.Reason
	}
	d.onWire("X", text, d.paint.red)
}

// reply is what the page gets in the end.
func (d *drawing) reply() {
	d.row("<"+strings.Repeat("-", pageWidth-1), "|", "", nil)
	r, style := &d.result.Readable, d.paint.green
	element := d.asked.Kind != "fetch" && d.asked.Kind != "xhr"
	var gets string
	switch {
	case d.result.Verdict != Allowed:
		style = d.paint.red
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
	d.onPage(style, fmt.Sprintf("%d page gets:", d.next()), "  "+gets)
}
