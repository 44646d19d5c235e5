package check

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/concors/concors/fetch"
)

// TextOptions say how a report is told.
type TextOptions struct {
	Color bool
	Trace bool // tell every step
}

// WriteText tells the report in at most 80 columns: the verdict first, then a
// drawing of who sent what, the step that decided, what the page can read, what
// reached the server, and what the console shows.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	if len(r.Results) == 0 {
		return errors.New("the report has no result to tell")
	}
	t := &teller{report: r, paint: painter{o.Color}}
	switch {
	case !r.Agree:
		t.differ()
	default:
		t.verdict()
		t.blank()
		t.lines = append(t.lines, draw(r, t.result(), t.paint)...)
		t.decided()
		t.mend()
		t.readable()
		t.reached()
		if len(r.Results) > 1 {
			t.notesOnCookies()
		}
		t.console()
	}
	if o.Trace {
		for i := range r.Results {
			if i == 0 || !r.Agree {
				t.trace(&r.Results[i])
			}
		}
	}
	_, err := io.WriteString(w, strings.Join(t.lines, "\n")+"\n")
	return err
}

// A painter colours text for a terminal, or leaves it as it is.
type painter struct{ on bool }

func (p painter) with(s string, attributes ...color.Attribute) string {
	c := color.New(attributes...)
	if !p.on {
		return s
	}
	c.EnableColor()
	return c.Sprint(s)
}

func (p painter) bold(s string) string  { return p.with(s, color.Bold) }
func (p painter) dim(s string) string   { return p.with(s, color.Faint) }
func (p painter) red(s string) string   { return p.with(s, color.FgRed) }
func (p painter) green(s string) string { return p.with(s, color.FgGreen) }

// A teller writes a report's sections.
type teller struct {
	report *Report
	paint  painter
	lines  []string
}

// result is the one that is told: the first stands for all where they agree.
func (t *teller) result() *Result { return &t.report.Results[0] }

// page is the page, as a sentence names it.
func (t *teller) page() string {
	if t.report.Page.Origin == "null" {
		return "The sandboxed page"
	}
	return "The page on " + t.report.Page.Origin
}

func (t *teller) blank() { t.lines = append(t.lines, "") }

// say writes a paragraph, indented.
func (t *teller) say(indent int, text string) { t.hang(indent, indent, text) }

// hang writes a paragraph whose first line is indented otherwise.
func (t *teller) hang(first, rest int, text string) {
	t.lines = append(t.lines, hang(first, rest, text)...)
}

func (t *teller) heading(text string) {
	t.blank()
	for _, line := range wrap(text, width) {
		t.lines = append(t.lines, t.paint.bold(line))
	}
}

// pairs writes names and values in two columns.
func (t *teller) pairs(list []Header) {
	longest := 0
	for _, h := range list {
		longest = max(longest, min(len(printable(h.Name)), 32))
	}
	for i, h := range list {
		if i == mostLines {
			t.lines = append(t.lines, fmt.Sprintf("  (and %d more)", len(list)-i))
			break
		}
		value := bounded(h.Value)
		if h.Value == "" {
			value = "(empty)"
		}
		name := shorten(ascii(h.Name), 32)
		indent := strings.Repeat(" ", 2+longest+2)
		for i, line := range wrap(value, width-len(indent)) {
			lead := indent
			if i == 0 {
				lead = fmt.Sprintf("  %-*s  ", longest, name)
			}
			t.lines = append(t.lines, lead+line)
		}
	}
}

func browserName(r *Result) string {
	switch r.Browser {
	case "standard":
		return "the standard"
	case "chromium", "firefox":
		return strings.ToUpper(r.Browser[:1]) + r.Browser[1:] + " " + r.Version
	}
	return r.Version
}

func (t *teller) where() string {
	if len(t.report.Results) == 1 {
		switch r := t.result(); r.Browser {
		case "standard":
			return "by the Fetch standard"
		default:
			return "in " + browserName(r)
		}
	}
	return "everywhere"
}

func (t *teller) verdict() {
	r := t.result()
	request := t.report.Request.Method + " " + shorten(printable(t.report.Request.URL), most)
	switch {
	case r.Verdict == Unreachable:
		t.lines = append(t.lines, t.paint.with("NO ANSWER: "+r.Reason, color.Bold, color.FgRed))
		t.say(0, r.Explanation)
	case r.Verdict == Blocked:
		t.lines = append(t.lines, t.paint.with("BLOCKED "+t.where()+": "+r.Reason, color.Bold, color.FgRed))
		t.say(0, r.Explanation)
	case r.Readable.Element:
		t.lines = append(t.lines, t.paint.with("ALLOWED "+t.where(), color.Bold, color.FgGreen))
		t.say(0, sentence(r.Readable.Use))
	case r.Readable.Body:
		t.lines = append(t.lines, t.paint.with("ALLOWED "+t.where(), color.Bold, color.FgGreen))
		t.say(0, fmt.Sprintf("%s may read the answer to %s.", t.page(), request))
	default:
		t.lines = append(t.lines, t.paint.with("ALLOWED "+t.where()+", BUT HIDDEN", color.Bold, color.FgGreen))
		t.say(0, fmt.Sprintf("%s may make the request %s, and cannot read the answer.", t.page(), request))
	}
	switch {
	case r.Reason == fetch.Timeout.String():
		t.say(0, "To wait longer: --timeout 60.")
	case r.Cause != "":
		t.say(0, "Cause: "+bounded(r.Cause)+".")
	}
	switch {
	case r.Verdict != Blocked:
	case r.Sent:
		t.say(0, "The server received the request all the same.")
	case len(r.Exchanges) > 0 && r.Exchanges[0].Error == "":
		t.say(0, fmt.Sprintf("The %s itself was never sent.", t.report.Request.Method))
	default:
		t.say(0, "Nothing was sent to any server.")
	}
	for _, c := range r.CookiesNotSet {
		t.say(0, fmt.Sprintf("The cookie %s was not there to be sent: the browser would not have stored it (%s).", bounded(c.Name), trimStop(c.Why)))
	}
}

func (t *teller) decided() {
	r := t.result()
	s, ok := r.decided()
	if !ok {
		return
	}
	result := s.Result
	if r.Verdict == Unreachable {
		result = "failed"
	}
	t.heading(fmt.Sprintf("Decided by the step: %s (%s)", s.Algorithm, result))
	if s.Outcome != r.Explanation {
		t.say(2, sentence(s.Outcome))
	}
	t.pairs(s.Inputs)
	if s.Deviation != "" {
		t.say(2, "Here the browser departs from the standard: "+s.Deviation)
	}
	t.lines = append(t.lines, "  "+s.Link)
}

// mend tells what would lift the reason, and what the rule is good for.
func (t *teller) mend() {
	r := t.result()
	if r.Mend == nil {
		return
	}
	heading, lines := r.Mend.Text(r.Protects)
	t.heading(heading)
	t.lines = append(t.lines, lines...)
}

func (t *teller) readable() {
	r := &t.result().Readable
	switch {
	case t.result().Verdict != Allowed:
		t.heading("The page can read: nothing")
		t.say(2, sentence(r.Use))
		return
	case r.Element:
		t.heading("What the page has of it")
		t.say(2, sentence(r.Use))
	case !r.Body:
		t.heading("The page can read: nothing of the answer")
		t.say(2, sentence(r.Use))
	default:
		t.heading("The page can read")
		list := []Header{{"status", fmt.Sprint(r.Status)}}
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
		list = append(list, Header{"body", body})
		t.pairs(list)
	}
	if len(r.Hidden) > 0 && !r.Element {
		t.hang(2, 4, "Sent by the server and hidden from the page: "+bounded(strings.Join(r.Hidden, ", ")))
	}
}

func (t *teller) reached() {
	r := t.result()
	if len(r.Exchanges) == 0 {
		return // the verdict has said so
	}
	t.heading("What was sent, and what came of it")
	for _, x := range r.Exchanges {
		var b strings.Builder
		if x.Preflight {
			b.WriteString("preflight ")
		}
		fmt.Fprintf(&b, "%s %s", x.Method, shorten(printable(x.URL), most))
		if names := cookieNames(x); len(names) > 0 {
			fmt.Fprintf(&b, " with %s %s", countNoun(len(names), "cookie"), strings.Join(names, ", "))
		}
		switch {
		case x.Error == "":
			fmt.Fprintf(&b, ": answered with %d", x.Status)
		case r.stoppedAtConnection():
			b.WriteString(": not sent (" + bounded(x.Error) + ")")
		default:
			b.WriteString(": no answer (" + bounded(x.Error) + ")")
		}
		t.hang(2, 4, b.String())
	}
	switch {
	case r.Sent && r.Verdict == Blocked:
		t.say(2, "What the server does on such a request is done: only its answer is kept from the page.")
	case r.Sent && r.Verdict == Allowed && !r.Readable.Body && !r.Readable.Element:
		t.say(2, "What the server does on such a request is done, although the page cannot read the answer.")
	case !r.Sent && r.Verdict == Blocked && r.Exchanges[0].Preflight && r.Exchanges[0].Error == "":
		t.say(2, fmt.Sprintf("The preflight only asks for leave; the %s that it asks for was not sent.", t.report.Request.Method))
	}
}

func (t *teller) console() {
	for i := range t.report.Results {
		r := &t.report.Results[i]
		if r.Verdict == Allowed || r.Browser == "standard" {
			continue
		}
		if len(r.Console) == 0 {
			t.heading(browserName(r) + "'s console shows: nothing")
			continue
		}
		t.heading(browserName(r) + "'s console shows")
		for _, line := range r.Console {
			t.hang(2, 4, shorten(printable(line), 2000))
		}
	}
}

// differ tells of browsers that came to different results, one line each.
func (t *teller) differ() {
	t.lines = append(t.lines, t.paint.with("BROWSERS DIFFER", color.Bold))
	request := t.report.Request
	t.say(0, fmt.Sprintf("They do not agree on this: %s asks for %s %s.", lowerFirst(t.page()), request.Method, shorten(printable(request.URL), most)))
	t.blank()
	var reasons, mends, deviations []string
	departing := map[string][]string{} // the browsers, by deviation
	for i := range t.report.Results {
		r := &t.report.Results[i]
		paint := t.paint.green
		if r.Verdict != Allowed {
			paint = t.paint.red
			reasons = append(reasons, r.Reason+": "+r.Explanation)
			mends = append(mends, fmt.Sprintf("%s, by the %s: %s Before you do: %s", r.Reason, r.Mend.By, r.Mend.Sentence, r.Mend.Caution))
		}
		for j, line := range wrap(printable(r.essence()), width-12) {
			name := ""
			if j == 0 {
				name = r.Browser
			}
			t.lines = append(t.lines, fmt.Sprintf("  %-10s", name)+paint(line))
		}
		for _, s := range r.Steps {
			if s.Deviation != "" {
				if departing[s.Deviation] == nil {
					deviations = append(deviations, s.Deviation)
				}
				departing[s.Deviation] = append(departing[s.Deviation], browserName(r))
			}
		}
	}
	if len(reasons) > 0 {
		t.heading("Why")
		slices.Sort(reasons)
		for _, reason := range slices.Compact(reasons) {
			t.hang(2, 4, reason)
		}
		for _, deviation := range deviations {
			t.hang(2, 4, "Apart from the standard: "+strings.Join(departing[deviation], ", ")+". "+deviation)
		}
		t.heading("What would lift it")
		slices.Sort(mends)
		for _, mend := range slices.Compact(mends) {
			t.hang(2, 4, mend)
		}
	}
	t.notesOnCookies()
	t.blank()
	t.say(0, "For the whole story of one of them: --as chromium, firefox, webkit or standard.")
}

// notesOnCookies says why a cookie did not travel, browser by browser: it is
// what they differ in most.
func (t *teller) notesOnCookies() {
	var notes []string
	for i := range t.report.Results {
		r := &t.report.Results[i]
		for _, c := range r.CookiesNotSet {
			notes = append(notes, fmt.Sprintf("%s would not have stored %s: %s", browserName(r), bounded(c.Name), c.Why))
		}
		for _, x := range r.Exchanges {
			for _, c := range x.Withheld {
				notes = append(notes, fmt.Sprintf("%s keeps %s back: %s", browserName(r), bounded(c.Name), c.Why))
			}
		}
	}
	if len(notes) == 0 {
		return
	}
	t.heading("Cookies")
	for _, note := range notes {
		t.hang(2, 4, sentence(note))
	}
}

// trace tells every step in order, with the exchange that it is about.
func (t *teller) trace(r *Result) {
	t.heading("Every step, as " + browserName(r))
	for i, s := range r.Steps {
		t.hang(2, 6, fmt.Sprintf("%d. %s: %s", i+1, s.Algorithm, s.Result))
		t.say(5, sentence(bounded(s.Outcome)))
		for _, in := range s.Inputs {
			value := bounded(in.Value)
			if in.Value == "" {
				value = "(empty)"
			}
			t.hang(5, 9, in.Name+" = "+value)
		}
		if s.Deviation != "" {
			t.say(5, "Here the browser departs from the standard: "+s.Deviation)
		}
		t.lines = append(t.lines, "     "+s.Link)
	}
	for i, x := range r.Exchanges {
		t.heading(fmt.Sprintf("Request %d of %d, as it was sent", i+1, len(r.Exchanges)))
		t.hang(2, 4, x.Method+" "+bounded(x.URL))
		t.pairs(x.Headers)
		if x.Error != "" {
			t.hang(2, 4, "No answer: "+bounded(x.Error))
			continue
		}
		t.heading(fmt.Sprintf("Answer %d of %d, as it came", i+1, len(r.Exchanges)))
		t.hang(2, 4, fmt.Sprintf("status %d", x.Status))
		t.pairs(x.ResponseHeaders)
	}
}

// sentence makes a sentence of an outcome.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if first, _, _ := strings.Cut(s, " "); !strings.Contains(first, "(") && !strings.Contains(first, ":") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func trimStop(s string) string { return strings.TrimSuffix(s, ".") }
