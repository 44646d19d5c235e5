package report

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

// notYourServer says what helps if the server that has to change is another team's.
const notYourServer = "Not your server? While you develop: concors proxy URL --page ORIGIN. For good: " +
	"concors recipe --alias (for vite, next, nginx)."

// An Answer is what a report says first, and all that most readers need: what
// happened and why, what is wrong in which line, what to change, and whether that is
// enough. Every form of a report presents it. It is plain data. Its strings may quote
// servers, so whatever presents them escapes and bounds them.
type Answer struct {
	// Headline is the verdict without the reason, such as "BLOCKED in Chromium 156",
	// and Line the verdict with the reason's name, as the last line of a text.
	Headline string `json:"headline"`
	Line     string `json:"line"`
	// Browsers says what each browser does, a line for each result, if they differ.
	Browsers []string `json:"browsers"`
	// Cause says why, in sentences, the most important one first. Of an allowed
	// request it says what the page may do.
	Cause []string `json:"cause"`
	// Evidence are the lines that decided. It is nil if the request is allowed, or if no
	// line shows it.
	Evidence *Evidence `json:"evidence,omitempty"`
	// Differs says how what was sent differs from what is needed, each in a sentence.
	Differs []string `json:"differs"`
	// Change is what to change. It is nil if nothing is blocked.
	Change *Change `json:"change,omitempty"`
	// Proof says how the request ends with the change, as simulated; "" if that was not
	// simulated.
	Proof string `json:"proof,omitempty"`
	// Notes say what else to know: what reached the server, what is hidden from the page,
	// which cookies were refused.
	Notes []string `json:"notes"`
	// Elsewhere says what to do if the server is another team's; "" if no server has to
	// change.
	Elsewhere string `json:"elsewhere,omitempty"`
}

// Evidence are the lines of a response that decided, or the request if none was sent.
type Evidence struct {
	// Where says what they are lines of, such as "The response to GET https://api.example/".
	Where string `json:"where"`
	Lines []Line `json:"lines"`
}

// A Line is a line in three parts: what is wrong in it, and what stands before and
// after that. If Wrong is empty, something is missing there.
type Line struct {
	Before string `json:"before"`
	Wrong  string `json:"wrong"`
	After  string `json:"after"`
}

// A Change is what to change, and who has to.
type Change struct {
	Party reason.Party `json:"party"`
	// Sentence describes it in words, and Caution says what it allows. Unwise means that
	// it would work but should not be made; Caution says why.
	Sentence string `json:"sentence"`
	Caution  string `json:"caution"`
	Unwise   bool   `json:"unwise"`
	// Product is the server or framework in whose language Lines are, Sign is what shows
	// that it is the server's ("" if it was given), and Place says in a sentence where the
	// lines belong. Without a Product, Lines are the status and the headers that the
	// response must have.
	Product string   `json:"product,omitempty"`
	Sign    string   `json:"sign,omitempty"`
	Place   string   `json:"place,omitempty"`
	Lines   []string `json:"lines"`
	// Notes say what the lines cannot do, or how to get them.
	Notes []string `json:"notes"`
	// Verified is the version of the product that the lines were tested with; "" if they
	// were not.
	Verified string `json:"verified,omitempty"`

	complete string // the note that says what else the lines need
}

// Answer computes the answer of a report; nil if the report has no results.
func (r *Report) Answer() *Answer {
	if len(r.Results) == 0 {
		return nil
	}
	s := story{r, r.deciding()}
	a := &Answer{Headline: s.verdict(), Line: s.headline(), Browsers: []string{}, Cause: s.cause(),
		Differs: []string{}, Notes: s.notes()}
	if !r.Agree {
		a.Headline, a.Line = "BROWSERS DIFFER", r.whoDiffers()
		a.Notes = append(r.deviations(), a.Notes...)
		for _, together := range r.together() {
			var list []string
			for _, result := range together {
				list = append(list, shortName(result.Browser))
			}
			a.Browsers = append(a.Browsers, term.And(list)+": "+together[0].Summary())
		}
	}
	if s.result.Verdict == request.Allowed {
		return a
	}
	a.Evidence = s.evidence()
	if f := s.result.Fix; f != nil {
		a.Differs = append(a.Differs, f.Differs...)
	}
	a.Change = s.change()
	if f := r.ServerFix; f != nil && len(f.Simulated) > 0 {
		a.Proof = Simulated(f.Simulated, s.errorStatus())
	}
	a.Elsewhere = elsewhere(s.result.Reason, s.result.Fix)
	return a
}

// elsewhere returns notYourServer if a server has to send other CORS headers.
func elsewhere(r reason.Reason, f *request.Fix) string {
	if f == nil || !r.CORS() || f.Party != reason.Server || len(f.Set)+len(f.Remove)+f.Status == 0 && f.Cause != "" {
		return ""
	}
	return notYourServer
}

// deciding returns the result that the answer is about: the first that is not allowed,
// else the first.
func (r *Report) deciding() *request.BrowserResult {
	for i := range r.Results {
		if r.Results[i].Verdict != request.Allowed {
			return &r.Results[i]
		}
	}
	return &r.Results[0]
}

// whoDiffers says in one line which browsers come to which result.
func (r *Report) whoDiffers() string {
	var parts []string
	for _, v := range []struct {
		verdict   request.Verdict
		one, more string
	}{
		{request.Unreachable, "gets no response", "get no response"}, {request.Blocked, "blocks", "block"}, {request.Allowed, "allows", "allow"},
	} {
		var list []string
		for _, result := range r.all() {
			if result.Verdict == v.verdict {
				list = append(list, shortName(result.Browser))
			}
		}
		switch len(list) {
		case 0:
		case len(r.Results):
			return "BROWSERS DIFFER: all of them " + v.more + ", in different ways"
		default:
			parts = append(parts, term.And(list)+" "+plural(len(list), v.one, v.more))
		}
	}
	return "BROWSERS DIFFER: " + strings.Join(parts, "; ")
}

// shortName is a browser's name in a list of browsers.
func shortName(browser string) string {
	switch browser {
	case "webkit":
		return "Safari"
	case "standard":
		return "the standard"
	}
	return request.BrowserTitle(browser)
}

// cause says why the request ended as it did.
func (s story) cause() []string {
	r := s.result
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.Verdict == request.Allowed {
		return s.mayDo()
	}
	out = causeOf(r.Reason, r.Explanation, r.Fix)
	switch {
	case r.Reason == reason.Timeout:
		say("To wait longer: --timeout 60.")
	case r.Cause != "":
		say("Cause: %s.", r.Cause)
	}
	return out
}

// notes say what else is worth knowing.
func (s story) notes() []string {
	r := s.result
	out := []string{}
	if r.Verdict != request.Allowed {
		if reached := s.reached(); reached != "" {
			out = append(out, reached)
		}
		if assumption := s.report.assumption(); assumption != "" {
			out = append(out, assumption)
		}
	}
	for _, c := range r.CookiesNotSet {
		out = append(out, fmt.Sprintf("The cookie %s was not sent: the browser would not have stored it (%s).", c.Name, clause(c.Why)))
	}
	for _, n := range r.Notes {
		out = append(out, n.Sentence)
	}
	return out
}

// reached says whether the blocked request reached a server, or is "".
func (s story) reached() string {
	r := s.result
	switch {
	case r.Verdict != request.Blocked:
		return ""
	case r.Sent && s.stoppedBefore():
		return "The request was sent. Whether it reached the server behind what answered is not known."
	case r.Sent:
		return "The server received the request anyway."
	case len(r.Exchanges) > 0 && r.Exchanges[0].Error == "":
		return fmt.Sprintf("The %s itself was never sent.", s.report.Request.Method)
	}
	return "Nothing was sent to any server."
}

// deviations say where a browser departs from the standard.
func (r *Report) deviations() []string {
	var out []string
	departing := map[string][]string{} // the browsers, by deviation
	for _, result := range r.all() {
		for _, s := range result.Steps {
			if s.Deviation == "" || slices.Contains(departing[s.Deviation], shortName(result.Browser)) {
				continue
			}
			if departing[s.Deviation] == nil {
				out = append(out, s.Deviation)
			}
			departing[s.Deviation] = append(departing[s.Deviation], shortName(result.Browser))
		}
	}
	for i, deviation := range out {
		out[i] = "Not as the standard says: " + term.And(departing[deviation]) + ". " + deviation
	}
	return out
}

// exchange returns the exchange of the step that decided, or nil.
func (s story) exchange() *request.Exchange {
	step, ok := s.result.Decided()
	if !ok || step.Exchange < 0 || step.Exchange >= len(s.result.Exchanges) {
		return nil
	}
	return &s.result.Exchanges[step.Exchange]
}

// evidence returns the lines that decided.
func (s story) evidence() *Evidence {
	r, x := s.result, s.exchange()
	if x == nil || x.Status == 0 {
		return s.requestLine(x)
	}
	e := &Evidence{Where: "The response to " + x.Method + " " + x.URL}
	if x.Preflight {
		e.Where = "The response to the preflight " + x.Method + " " + x.URL
	}
	line := statusLine(x.Status)
	if e.Lines = fixLines(r.Fix, line); len(e.Lines) > 0 {
		return e
	}
	name, byStatus := r.Decisive()
	if !byStatus {
		for _, h := range x.ResponseHeaders {
			if strings.EqualFold(h.Name, name) {
				e.Lines = append(e.Lines, Line{Before: h.Name + ": ", Wrong: h.Value})
			}
		}
	}
	switch {
	case len(e.Lines) > 0:
	case name == "" || byStatus:
		e.Lines = []Line{{Before: "HTTP/1.1 ", Wrong: strings.TrimPrefix(line, "HTTP/1.1 ")}}
	default:
		e.Lines = []Line{{Before: line + ", ", Wrong: "no " + name}}
	}
	return e
}

// statusLine returns the status line of a response.
func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status)))
}

// requestLine returns the request as evidence, if it was not sent or got no response.
func (s story) requestLine(x *request.Exchange) *Evidence {
	method, url := s.report.Request.Method, s.report.Request.URL
	e := &Evidence{Where: "The request of " + lowerFirst(s.report.page())}
	if x != nil {
		method, url = x.Method, x.URL
	}
	if lines := fixLines(s.result.Fix, ""); len(lines) > 0 {
		lines[0].Before = method + " " + lines[0].Before
		e.Lines = lines
		return e
	}
	at, length := 0, len(url)
	_, rest, _ := strings.Cut(url, ":")
	host := strings.TrimLeft(rest, "/")
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	start := strings.Index(url, host)
	switch r := s.result.Reason; r {
	case reason.InvalidMethod, reason.ForbiddenMethod, reason.NoCorsMethodNotSafelisted:
		e.Lines = []Line{{Wrong: method, After: " " + url}}
		return e
	case reason.InvalidURL, reason.InvalidHeader, reason.BodyNotAllowed, reason.InvalidReferrer, reason.InvalidRequest:
	default:
		at, length = start, len(host)
	}
	if length == 0 || at < 0 || at+length > len(url) {
		at, length = 0, len(url)
	}
	e.Lines = []Line{{method + " " + url[:at], url[at : at+length], url[at+length:]}}
	return e
}

// fixLines returns the evidence of a fix as lines. status is the status line of the
// response, or "": a header that is missing is shown behind it.
func fixLines(f *request.Fix, status string) []Line {
	var list []Line
	var absent []string
	if f == nil {
		return nil
	}
	for _, l := range f.Evidence {
		if l.Missing {
			absent = append(absent, l.Name)
			continue
		}
		before, wrong, after := l.Split()
		list = append(list, Line{before, wrong, after})
	}
	switch {
	case len(absent) == 0:
	case len(list) > 0 && strings.HasPrefix(list[0].Before+list[0].Wrong, "HTTP/"):
		list[0].After += ", no " + term.And(absent)
	case len(list) == 0 && status != "":
		list = append(list, Line{Before: status + ", ", Wrong: "no " + term.And(absent)})
	default:
		list = append(list, Line{Wrong: "no " + term.And(absent)})
	}
	return list
}

// changeOf returns a fix as a change; nil for nil.
func changeOf(f *request.Fix) *Change {
	if f == nil {
		return nil
	}
	c := &Change{Party: f.Party, Sentence: f.Sentence, Caution: f.Caution, Unwise: f.Unwise, Lines: []string{}, Notes: []string{}}
	if first := first(f); first != "" && f.Cause != fix.Redirected { // whose sentence begins with it
		c.Sentence = first + " " + lowerFirst(c.Sentence)
	}
	if f.Status != 0 {
		c.Lines = append(c.Lines, statusLine(f.Status))
	}
	for _, h := range f.Set {
		c.Lines = append(c.Lines, h.Name+": "+h.Value)
	}
	return c
}

// change returns what to change, in the server's language if it is known.
func (s story) change() *Change {
	c, server := changeOf(s.result.Fix), s.report.ServerFix
	doubled := s.allowOriginLines() > 1
	s.onErrors(c)
	switch {
	case c == nil || server == nil || c.Unwise:
	case server.Short == nil && len(server.Refused) > 0:
		c.Notes = append(c.Notes, "No configuration is written for it: "+server.Refused[0])
	case server.Stack == "":
		c.Lines = s.wholeResponse(c.Lines)
		c.Notes = append(c.Notes, cmp.Or(server.Applications,
			"For the lines in your server's own language, name it: --for express, nginx, spring … (concors recipe --list)."))
	case server.Short == nil, doubled && !server.Short.Replaces: // the same lines once more do not help
		c.Lines = s.wholeResponse(c.Lines)
		c.Notes = append(c.Notes, "Its configuration, for "+server.Title+": --recipe.")
		c.Sign = sign(server)
	default:
		c.Product, c.Sign, c.Place, c.Verified = server.Short.Title, sign(server), server.Short.Where, server.Short.Verified
		switch {
		case server.Short.Replaces:
		case s.allowOriginLines() > 0:
			c.Place = strings.TrimRight(c.Place, ".:") + ", in place of what sets Access-Control-Allow-Origin now:"
		case s.result.Fix.Cause == fix.OriginRefused:
			c.Place = strings.TrimRight(c.Place, ".:") + ", in place of what refuses the origin now:"
		}
		c.Lines = splitLines(server.Short.Text)
		c.complete = completion(server.Short)
		c.Notes = slices.Concat(c.Notes, []string{c.complete}, server.NotKept)
		for _, note := range server.Short.Notes {
			c.Notes = append(c.Notes, sentence(note))
		}
		if c.Verified == "" {
			c.Notes = append(c.Notes, "These lines were not tested with the real product.")
		}
	}
	if first := first(s.result.Fix); c != nil && c.Place != "" && first != "" {
		c.Place = first + " " + lowerFirst(c.Place)
	}
	if doubled && server != nil && len(server.Layers) > 1 {
		c.Notes = append([]string{server.Layers[0]}, c.Notes...)
	}
	return c
}

// errorStatus is the status of the response that was blocked if that is an error, and
// otherwise 0.
func (s story) errorStatus() int {
	if x := s.exchange(); x != nil && !x.Preflight && x.Status >= 400 {
		return x.Status
	}
	return 0
}

// first says what to do before headers are changed, where their lack is only the symptom.
func first(f *request.Fix) string {
	if f == nil || f.Unwise || len(f.Set) == 0 || f.Preflight && f.Cause != fix.Redirected {
		return ""
	}
	const then = " So that pages can read errors too:"
	switch f.Cause {
	case fix.ServerFailed:
		return "Find the error in the server's log, and correct it." + then
	case fix.NotFound, fix.MethodNotServed:
		return "Check the URL's path and the method." + then
	case fix.LoginRequired:
		return "Send a valid login with the request." + then
	case fix.Forbidden, fix.TooManyRequests, fix.RequestRejected:
		return "Find out why the server rejects the request." + then
	case fix.Redirected:
		if request, _, ok := strings.Cut(f.Sentence, ". If "); ok {
			return request + ". If the redirect has to stay:"
		}
	}
	return ""
}

// completion says what the lines for one request lack, or need not have.
func completion(l *recipe.Lines) string {
	var add []string
	for _, open := range []struct {
		is   bool
		what string
	}{{l.OpenOrigins, "origins"}, {l.OpenMethods, "methods"}, {l.OpenHeaders, "headers"}} {
		if open.is {
			add = append(add, open.what)
		}
	}
	if len(add) == 0 {
		return l.Defaults
	}
	return strings.TrimSpace(l.Defaults + " Add the other " + term.And(add) + " that your pages use.")
}

// wholeResponse returns the lines of a fix, and the other CORS headers that the response
// needs: a browser reports only the first that is wrong.
func (s story) wholeResponse(lines []string) []string {
	for _, header := range s.report.ServerFix.Headers {
		name, _, _ := strings.Cut(header, ":")
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+":") }) {
			lines = append(lines, header)
		}
	}
	return lines
}

// allowOriginLines is how many Access-Control-Allow-Origin headers the response has
// that decided.
func (s story) allowOriginLines() (n int) {
	if x := s.exchange(); x != nil {
		for _, h := range x.ResponseHeaders {
			if strings.EqualFold(h.Name, "Access-Control-Allow-Origin") {
				n++
			}
		}
	}
	return n
}

// onErrors adds the line with which the server's error responses get the header too.
func (s story) onErrors(c *Change) {
	if c == nil || len(c.Lines) > 0 {
		return
	}
	if sentence, line, ok := serverfix.OnErrors(s.result, s.report.Page.Origin); ok {
		c.Sentence = strings.TrimSpace(c.Sentence + " " + sentence)
		c.Lines = []string{line}
	}
}

// sign says what shows which server it is, or is "".
func sign(f *serverfix.Fix) string {
	for _, found := range f.Fingerprints {
		if found.Stack == f.Stack {
			return found.Header + ": " + found.Value
		}
	}
	return ""
}
