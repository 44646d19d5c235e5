package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/fix"
)

// A story says in sentences how a request ended: the same in every format.
type story struct {
	report *Report
	result *request.BrowserResult
}

// page names the page in a sentence.
func (r *Report) page() string {
	if r.Page.Origin == "null" {
		return "The sandboxed page"
	}
	return "The page on " + r.Page.Origin
}

// where says which browsers have the result.
func (s story) where() string {
	switch {
	case len(s.report.Results) > 1 && s.report.Agree:
		return "everywhere"
	case s.result.Browser == "standard":
		return "by the Fetch standard"
	}
	return "in " + s.result.BrowserName()
}

// verdict is the verdict without its reason.
func (s story) verdict() string {
	r := s.result
	switch {
	case r.Verdict == request.Unreachable:
		return "NO RESPONSE"
	case r.Verdict == request.Blocked:
		return "BLOCKED " + s.where()
	case r.Readable.Element || r.Readable.Body:
		return "ALLOWED " + s.where()
	}
	return "ALLOWED " + s.where() + ", BUT HIDDEN"
}

// headline is the verdict in one line.
func (s story) headline() string {
	if s.result.Verdict == request.Allowed {
		return s.verdict()
	}
	return s.verdict() + ": " + s.result.Reason.String()
}

// mayDo says what the page may do with the response to an allowed request.
func (s story) mayDo() []string {
	r := s.result
	made := s.report.Request.Method + " " + s.report.Request.URL
	var out []string
	switch {
	case r.Readable.Element:
		out = append(out, sentence(r.Readable.Use))
	case r.Readable.Body:
		out = append(out, fmt.Sprintf("%s may read the response to %s.", s.report.page(), made), s.reads())
	default:
		out = append(out, fmt.Sprintf("%s may make the request %s, but cannot read the response.", s.report.page(), made))
	}
	if why := s.notTheAPI(); why != "" {
		out = append(out, why)
	}
	return out
}

// reads says in a sentence what the page can read of the response.
func (s story) reads() string {
	r := &s.result.Readable
	var names []string
	for _, h := range r.Headers {
		if !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	const most = 8
	list := "no header"
	switch more := len(names) - most; {
	case more > 0:
		list = "the headers " + strings.Join(names[:most], ", ") + " and " + term.Count(more, "other header")
	case len(names) > 0:
		list = "the " + term.Plural(len(names), "header") + " " + term.And(names)
	}
	return fmt.Sprintf("It reads status %d, %s, and the body (%s).", r.Status, list, s.bodyLength())
}

// bodyLength says how long the body is.
func (s story) bodyLength() string {
	r := &s.result.Readable
	if !r.BodyWhole {
		return fmt.Sprintf("%d bytes, and more that was not read", r.BodyLength)
	}
	return fmt.Sprintf("%d bytes", r.BodyLength)
}

// assumption says what is assumed of the page, or is "".
func (r *Report) assumption() string {
	if !r.Page.Assumed {
		return ""
	}
	return "The page is judged as one that was loaded from the " + spaces[r.Page.AddressSpace] + ", by its host; the server is local. " +
		"If that is wrong: --page-space local, or loopback."
}

// spaces are the address spaces in words.
var spaces = map[string]string{
	"public": "public internet", "local": "local network", "loopback": "visitor's own computer",
}

// stoppedBefore reports whether a proxy, a gateway or a protection answered in place of
// the server.
func (s story) stoppedBefore() bool {
	f, status := s.result.Fix, s.lastStatus()
	return f != nil && (f.Cause == fix.Challenged ||
		f.Cause == fix.ServerFailed && (status >= 502 && status <= 504 || status >= 520 && status <= 530))
}

// lastStatus is the status of the last response, or 0.
func (s story) lastStatus() int {
	if list := s.result.Exchanges; len(list) > 0 {
		return list[len(list)-1].Status
	}
	return 0
}

// notTheAPI says that CORS allows a response which is not the one that the page wants:
// a login page, or HTML in place of JSON. It returns "" if nothing shows that.
func (s story) notTheAPI() string {
	r := &s.result.Readable
	if s.result.Verdict != request.Allowed || r.Element || !r.Body {
		return ""
	}
	if r.Redirected && fix.LooksLikeLogin(r.URL) && !fix.LooksLikeLogin(s.report.Request.URL) {
		return "But the server sent the request on to a login page (" + term.Bounded(r.URL) + "): the session is over, or the request carried no login. An API should respond with 401 instead."
	}
	value := func(list []request.Header, name string) string {
		for _, h := range list {
			if strings.EqualFold(h.Name, name) {
				return strings.ToLower(h.Value)
			}
		}
		return ""
	}
	if strings.Contains(value(s.report.Request.Headers, "Accept"), "json") && strings.HasPrefix(value(r.Headers, "Content-Type"), "text/html") {
		return "But the page asked for JSON, and HTML came back: the start page, an error page or a login page. Check the URL's path, and whether the page is logged in."
	}
	return ""
}

// decision presents the step that decided. ok is false if there is none.
func (s story) decision() (heading string, sentences []string, step request.Step, ok bool) {
	step, ok = s.result.Decided()
	if !ok {
		return "", nil, step, false
	}
	result := step.Result.String()
	if s.result.Verdict == request.Unreachable {
		result = "failed"
	}
	if step.Outcome != s.result.Explanation {
		sentences = append(sentences, sentence(step.Outcome))
	}
	if step.Deviation != "" {
		sentences = append(sentences, "Here the browser departs from the standard: "+step.Deviation)
	}
	return fmt.Sprintf("Decided by the step: %s (%s)", step.Algorithm, result), sentences, step, true
}

// readable presents what the page can read of the response: a heading, and either a
// sentence or a list. hidden names what the page does not see, or is "".
func (s story) readable() (heading, use string, list []request.Header, hidden string) {
	r := &s.result.Readable
	if len(r.Hidden) > 0 && !r.Element && s.result.Verdict == request.Allowed {
		hidden = "Sent by the server and hidden from the page: " + term.Bounded(strings.Join(r.Hidden, ", "))
	}
	switch {
	case s.result.Verdict != request.Allowed:
		return "The page can read: nothing", sentence(r.Use), nil, hidden
	case r.Element:
		return "What the page gets", sentence(r.Use), nil, hidden
	case !r.Body:
		return "The page can read: nothing of the response", sentence(r.Use), nil, hidden
	}
	list = []request.Header{header("status", fmt.Sprint(r.Status))}
	if r.Redirected {
		list = append(list, header("URL", r.URL))
	}
	for _, h := range r.Headers {
		list = append(list, header("header "+h.Name, h.Value))
	}
	return "The page can read", "", append(list, header("body", s.bodyLength())), hidden
}

// sent presents what was sent, a line for each request, and says what follows from
// it.
func (s story) sent() (requests []string, remark string) {
	r := s.result
	for _, x := range r.Exchanges {
		var b strings.Builder
		if x.Preflight {
			b.WriteString("preflight ")
		}
		fmt.Fprintf(&b, "%s %s", x.Method, term.Shorten(term.Printable(x.URL), term.MaxValue))
		if names := x.CookieNames(); len(names) > 0 {
			fmt.Fprintf(&b, " with %s %s", term.Plural(len(names), "cookie"), strings.Join(names, ", "))
		}
		switch {
		case x.Error == "":
			fmt.Fprintf(&b, ": the response has status %d", x.Status)
		case r.StoppedAtConnection():
			b.WriteString(": not sent (" + term.Bounded(x.Error) + ")")
		default:
			b.WriteString(": no response (" + term.Bounded(x.Error) + ")")
		}
		requests = append(requests, b.String())
	}
	switch {
	case r.Sent && r.Verdict == request.Blocked && s.stoppedBefore():
		remark = "Something in front of the server answered: whether the server has carried out the request is not known."
	case r.Sent && r.Verdict == request.Blocked && s.lastStatus() >= 300:
		remark = fmt.Sprintf("The server received the request and answered %d: whether it has carried out anything is not known. "+
			"Only the response is hidden from the page.", s.lastStatus())
	case r.Sent && r.Verdict == request.Blocked:
		remark = "The server has already carried out the request. Only the response is hidden from the page."
	case r.Sent && r.Verdict == request.Allowed && !r.Readable.Body && !r.Readable.Element:
		remark = "The server has carried out the request, although the page cannot read the response."
	case !r.Sent && r.Verdict == request.Blocked && len(r.Exchanges) > 0 &&
		r.Exchanges[0].Preflight && r.Exchanges[0].Error == "":
		remark = fmt.Sprintf("Only the preflight was sent. The %s was not.", s.report.Request.Method)
	}
	return requests, remark
}

// consoles presents each browser's console: a heading and lines.
func consoles(results []*request.BrowserResult) (headings []string, lines [][]string) {
	for _, r := range results {
		if r.Verdict == request.Allowed || r.Browser == "standard" {
			continue
		}
		heading := r.BrowserName() + "'s console shows"
		if len(r.Console) == 0 {
			heading += ": nothing"
		}
		var shown []string
		for _, line := range r.Console {
			shown = append(shown, term.Shorten(term.Printable(line), 2000))
		}
		headings, lines = append(headings, heading), append(lines, shown)
	}
	return headings, lines
}

// cookieNotes say why a cookie was not sent, browser by browser: browsers differ
// most in this.
func cookieNotes(results []*request.BrowserResult) []string {
	var notes []string
	add := func(r *request.BrowserResult, what string, c request.CookieNote) {
		notes = append(notes, sentence(r.BrowserName()+" "+what+" "+term.Bounded(c.Name)+": "+lowerFirst(c.Why)))
	}
	for _, r := range results {
		for _, c := range r.CookiesNotSet {
			add(r, "would not have stored", c)
		}
		for _, x := range r.Exchanges {
			for _, c := range x.Withheld {
				add(r, "does not send", c)
			}
		}
	}
	return notes
}

// all lists the results of the browsers.
func (r *Report) all() []*request.BrowserResult {
	var list []*request.BrowserResult
	for i := range r.Results {
		list = append(list, &r.Results[i])
	}
	return list
}

// differences say why browsers do not agree: what blocked the request, and where a
// browser departs from the standard.
func (r *Report) differences() []string {
	var reasons, deviations []string
	departing := map[string][]string{} // the browsers, by deviation
	for _, result := range r.all() {
		if result.Verdict != request.Allowed {
			reasons = append(reasons, result.Reason.String()+": "+result.Explanation)
		}
		for _, s := range result.Steps {
			if s.Deviation != "" {
				if departing[s.Deviation] == nil {
					deviations = append(deviations, s.Deviation)
				}
				departing[s.Deviation] = append(departing[s.Deviation], result.BrowserName())
			}
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	for _, deviation := range deviations {
		reasons = append(reasons,
			"Not as the standard says: "+strings.Join(departing[deviation], ", ")+". "+deviation)
	}
	return reasons
}

// A section is a part of the story, for the formats with headings and tables.
type section struct {
	Heading   string
	Sentences []string
	Items     []string         // a list
	Table     []request.Header // of names and values
	Lines     []string         // of a console
	Link      string           // into a standard
}

// sections lists the story's parts after the verdict and the drawing. together are
// the results that the story is about.
func (s story) sections(together []*request.BrowserResult) []section {
	var list []section
	if heading, sentences, step, ok := s.decision(); ok {
		list = append(list, section{Heading: heading, Sentences: sentences, Table: step.Inputs, Link: step.Link})
	}
	if f := s.result.Fix; f != nil {
		list = append(list, section{
			Heading: f.Heading(), Table: f.Response(),
			Sentences: []string{
				f.Sentence, "Note: " + f.Caution, "What the rule protects: " + s.result.Protects,
			},
		})
	}
	heading, use, table, hidden := s.readable()
	part := section{Heading: heading, Table: table}
	for _, sentence := range []string{use, hidden} {
		if sentence != "" {
			part.Sentences = append(part.Sentences, sentence)
		}
	}
	list = append(list, part)
	if requests, remark := s.sent(); len(requests) > 0 {
		part := section{Heading: "What was sent, and how it ended", Items: requests}
		if remark != "" {
			part.Sentences = []string{remark}
		}
		list = append(list, part)
	}
	if notes := cookieNotes(together); len(notes) > 0 {
		list = append(list, section{Heading: "Cookies", Items: notes})
	}
	headings, lines := consoles(together)
	for i := range headings {
		list = append(list, section{Heading: headings[i], Lines: lines[i]})
	}
	return list
}

// facts lists what the request was, and which page made it.
func (r *Report) facts() []request.Header {
	kind := map[string]string{"fetch": "fetch()", "xhr": "XMLHttpRequest"}[r.Request.Kind]
	if kind == "" {
		kind = "<" + r.Request.Kind + ">"
	}
	list := []request.Header{
		header("Page", r.Page.Origin), header("Request", r.Request.Method+" "+r.Request.URL), header("Made by", kind),
	}
	add := func(name, value string) {
		if value != "" {
			list = append(list, header(name, value))
		}
	}
	if r.Request.ByScript() {
		add("Mode", r.Request.Mode)
		add("Credentials", r.Request.Credentials)
	}
	add("crossorigin", r.Request.CrossOrigin)
	for _, h := range r.Request.Headers {
		add("Header", h.Name+": "+h.Value)
	}
	if r.Request.BodyLength != nil {
		add("Body", fmt.Sprintf("%d bytes", *r.Request.BodyLength))
	}
	add("Page loaded from", r.Page.AddressSpace)
	add("Embedder policy", r.Page.EmbedderPolicy)
	return list
}

// together groups the browsers whose results are the same.
func (r *Report) together() [][]*request.BrowserResult {
	var groups [][]*request.BrowserResult
	for _, result := range r.all() {
		i := slices.IndexFunc(groups, func(group []*request.BrowserResult) bool {
			return group[0].Summary() == result.Summary()
		})
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], result)
	}
	return groups
}

func names(results []*request.BrowserResult) string {
	var list []string
	for _, r := range results {
		list = append(list, r.BrowserName())
	}
	return strings.Join(list, ", ")
}

// header is a row of a table.
func header(name, value string) request.Header { return request.Header{Name: name, Value: value} }
