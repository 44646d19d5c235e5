package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// A story is what is told of a result, in sentences: the same in every form.
type story struct {
	report *Report
	result *Result
}

// page is the page, as a sentence names it.
func (r *Report) page() string {
	if r.Page.Origin == "null" {
		return "The sandboxed page"
	}
	return "The page on " + r.Page.Origin
}

// where says for which browser the result stands.
func (s story) where() string {
	switch {
	case len(s.report.Results) > 1 && s.report.Agree:
		return "everywhere"
	case s.result.Browser == "standard":
		return "by the Fetch standard"
	}
	return "in " + browserName(s.result)
}

// headline is the verdict.
func (s story) headline() string {
	r := s.result
	switch {
	case r.Verdict == Unreachable:
		return "NO ANSWER: " + r.Reason
	case r.Verdict == Blocked:
		return "BLOCKED " + s.where() + ": " + r.Reason
	case r.Readable.Element || r.Readable.Body:
		return "ALLOWED " + s.where()
	}
	return "ALLOWED " + s.where() + ", BUT HIDDEN"
}

// meaning is what the verdict means, a sentence each.
func (s story) meaning() []string {
	r := s.result
	request := s.report.Request.Method + " " + term.Shorten(term.Printable(s.report.Request.URL), term.Most)
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case r.Verdict != Allowed:
		say("%s", r.Explanation)
	case r.Readable.Element:
		say("%s", sentence(r.Readable.Use))
	case r.Readable.Body:
		say("%s may read the answer to %s.", s.report.page(), request)
	default:
		say("%s may make the request %s, and cannot read the answer.", s.report.page(), request)
	}
	switch {
	case r.Reason == reason.Timeout.String():
		say("To wait longer: --timeout 60.")
	case r.Cause != "":
		say("Cause: %s.", term.Bounded(r.Cause))
	}
	switch {
	case r.Verdict != Blocked:
	case r.Sent:
		say("The server received the request all the same.")
	case len(r.Exchanges) > 0 && r.Exchanges[0].Error == "":
		say("The %s itself was never sent.", s.report.Request.Method)
	default:
		say("Nothing was sent to any server.")
	}
	for _, c := range r.CookiesNotSet {
		say("The cookie %s was not there to be sent: the browser would not have stored it (%s).", term.Bounded(c.Name), trimStop(c.Why))
	}
	return out
}

// decision is the step that decided: its heading, what is said of it, and the
// step. ok is false if there is none.
func (s story) decision() (heading string, sentences []string, step Step, ok bool) {
	step, ok = s.result.decided()
	if !ok {
		return "", nil, step, false
	}
	result := step.Result
	if s.result.Verdict == Unreachable {
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

// readable is what the page has of the answer: a heading, and either a sentence
// or a list. hidden is what the page does not see of it, or "".
func (s story) readable() (heading, use string, list []Header, hidden string) {
	r := &s.result.Readable
	if len(r.Hidden) > 0 && !r.Element && s.result.Verdict == Allowed {
		hidden = "Sent by the server and hidden from the page: " + term.Bounded(strings.Join(r.Hidden, ", "))
	}
	switch {
	case s.result.Verdict != Allowed:
		return "The page can read: nothing", sentence(r.Use), nil, hidden
	case r.Element:
		return "What the page has of it", sentence(r.Use), nil, hidden
	case !r.Body:
		return "The page can read: nothing of the answer", sentence(r.Use), nil, hidden
	}
	list = []Header{{"status", fmt.Sprint(r.Status)}}
	if r.Redirected {
		list = append(list, Header{"URL", r.URL})
	}
	for _, h := range r.Headers {
		list = append(list, Header{"header " + h.Name, h.Value})
	}
	body := fmt.Sprintf("%d bytes", r.BodyLength)
	if !r.BodyWhole {
		body = fmt.Sprintf("%d bytes, and there is more", r.BodyLength)
	}
	return "The page can read", "", append(list, Header{"body", body}), hidden
}

// reached is what was sent, a line for each request, and what is to be said
// about it.
func (s story) reached() (requests []string, remark string) {
	r := s.result
	for _, x := range r.Exchanges {
		var b strings.Builder
		if x.Preflight {
			b.WriteString("preflight ")
		}
		fmt.Fprintf(&b, "%s %s", x.Method, term.Shorten(term.Printable(x.URL), term.Most))
		if names := cookieNames(x); len(names) > 0 {
			fmt.Fprintf(&b, " with %s %s", countNoun(len(names), "cookie"), strings.Join(names, ", "))
		}
		switch {
		case x.Error == "":
			fmt.Fprintf(&b, ": answered with %d", x.Status)
		case r.stoppedAtConnection():
			b.WriteString(": not sent (" + term.Bounded(x.Error) + ")")
		default:
			b.WriteString(": no answer (" + term.Bounded(x.Error) + ")")
		}
		requests = append(requests, b.String())
	}
	switch {
	case r.Sent && r.Verdict == Blocked:
		remark = "What the server does on such a request is done: only its answer is kept from the page."
	case r.Sent && r.Verdict == Allowed && !r.Readable.Body && !r.Readable.Element:
		remark = "What the server does on such a request is done, although the page cannot read the answer."
	case !r.Sent && r.Verdict == Blocked && len(r.Exchanges) > 0 && r.Exchanges[0].Preflight && r.Exchanges[0].Error == "":
		remark = fmt.Sprintf("The preflight only asks for leave; the %s that it asks for was not sent.", s.report.Request.Method)
	}
	return requests, remark
}

// consoles names each browser's console and its lines.
func consoles(results []*Result) (headings []string, lines [][]string) {
	for _, r := range results {
		if r.Verdict == Allowed || r.Browser == "standard" {
			continue
		}
		heading := browserName(r) + "'s console shows"
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

// cookieNotes say why a cookie did not travel, browser by browser: it is what
// they differ in most.
func cookieNotes(results []*Result) []string {
	var notes []string
	for _, r := range results {
		for _, c := range r.CookiesNotSet {
			notes = append(notes, sentence(fmt.Sprintf("%s would not have stored %s: %s", browserName(r), term.Bounded(c.Name), c.Why)))
		}
		for _, x := range r.Exchanges {
			for _, c := range x.Withheld {
				notes = append(notes, sentence(fmt.Sprintf("%s keeps %s back: %s", browserName(r), term.Bounded(c.Name), c.Why)))
			}
		}
	}
	return notes
}

// all are the results of the report.
func (r *Report) all() []*Result {
	var list []*Result
	for i := range r.Results {
		list = append(list, &r.Results[i])
	}
	return list
}

// differences say why browsers do not agree: what blocked, and where a browser
// departs from the standard.
func (r *Report) differences() []string {
	var reasons, deviations []string
	departing := map[string][]string{} // the browsers, by deviation
	for _, result := range r.all() {
		if result.Verdict != Allowed {
			reasons = append(reasons, result.Reason+": "+result.Explanation)
		}
		for _, s := range result.Steps {
			if s.Deviation != "" {
				if departing[s.Deviation] == nil {
					deviations = append(deviations, s.Deviation)
				}
				departing[s.Deviation] = append(departing[s.Deviation], browserName(result))
			}
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	for _, deviation := range deviations {
		reasons = append(reasons, "Apart from the standard: "+strings.Join(departing[deviation], ", ")+". "+deviation)
	}
	return reasons
}

// A section is a part of the story, for the forms that have headings and tables.
type section struct {
	Heading   string
	Sentences []string
	Items     []string // a list
	Table     []Header // of names and values
	Lines     []string // of a console
	Link      string   // into a standard
}

// sections are the story's parts behind the verdict and the drawing. together
// are the results that the story stands for.
func (s story) sections(together []*Result) []section {
	var list []section
	if heading, sentences, step, ok := s.decision(); ok {
		list = append(list, section{Heading: heading, Sentences: sentences, Table: step.Inputs, Link: step.Link})
	}
	if m := s.result.Mend; m != nil {
		list = append(list, section{
			Heading: "What would lift it, by the " + m.By, Table: m.answer(),
			Sentences: []string{m.Sentence, "Before you do: " + m.Caution, "What the rule protects: " + s.result.Protects},
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
	if requests, remark := s.reached(); len(requests) > 0 {
		part := section{Heading: "What was sent, and what came of it", Items: requests}
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

// facts are what was asked, by whom.
func (r *Report) facts() []Header {
	kind := map[string]string{"fetch": "fetch()", "xhr": "XMLHttpRequest"}[r.Request.Kind]
	if kind == "" {
		kind = "<" + r.Request.Kind + ">"
	}
	list := []Header{{"Page", r.Page.Origin}, {"Request", r.Request.Method + " " + r.Request.URL}, {"Made by", kind}}
	add := func(name, value string) {
		if value != "" {
			list = append(list, Header{name, value})
		}
	}
	if r.Request.Kind == "fetch" || r.Request.Kind == "xhr" {
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

// together are the report's results in groups that came to the same.
func (r *Report) together() [][]*Result {
	var groups [][]*Result
	for _, result := range r.all() {
		i := slices.IndexFunc(groups, func(g []*Result) bool { return g[0].essence() == result.essence() })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], result)
	}
	return groups
}

func names(results []*Result) string {
	var list []string
	for _, r := range results {
		list = append(list, browserName(r))
	}
	return strings.Join(list, ", ")
}
