package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// Parts are parts of a report, a bit each.
type Parts uint16

// The parts of a report that its text may have after the answer.
const (
	Diagram Parts = 1 << iota // who sent what to whom
	Rules                     // the step that decided, the whole fix, and what the page can read
	Console                   // what browsers' consoles show
	Recipe                    // the policy, and its configuration
	Steps                     // every step, with its link to the standard
	Wire                      // every header of every request and response

	More = Diagram | Rules | Console | Recipe // what most readers want after the answer
	All  = More | Steps | Wire
)

// TextOptions are options of [Report.WriteText].
type TextOptions struct {
	Colour  bool
	Columns int // of a line; 0 is 80
	Rows    int // that an answer may have; below 23 it is 23
	Parts   Parts
	// Intro are lines before the answer, and After lines behind it. They must fit.
	Intro, After []string
}

// WriteText writes the answer in at most 23 rows, or o.Rows, with the verdict as its first and
// its last line. The parts of o stand between them.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	answer := r.Answer()
	if answer == nil {
		return errEmpty
	}
	t := &text{Text: term.Text{Coloured: o.Colour, Columns: o.Columns}, report: r}
	f := frame{intro: o.Intro, after: o.After, last: true, rows: o.Rows}
	if o.Parts == 0 {
		f.more = "More: --more, --diagram, --steps, --wire, --console."
		if r.ServerFix != nil {
			f.more = "More: --more, --recipe, --diagram, --steps, --wire, --console."
		}
	}
	blocks := answer.lay(t.Width(), colour(r.Verdict), f)
	last := len(blocks) - 1
	if o.Parts == 0 {
		t.write(blocks)
		return t.Write(w)
	}
	t.write(blocks[:last])
	t.parts(o.Parts)
	t.Add("")
	blocks[last].tight = true
	t.write(blocks[last:])
	return t.Write(w)
}

// parts adds the parts.
func (t *text) parts(p Parts) {
	r := t.report
	if r.Agree {
		if p&Diagram != 0 {
			t.Add("")
			t.Add(draw(r, t.result(), t.Width(), t.Paint)...)
		}
		if p&Rules != 0 {
			t.decided()
			t.fix()
			t.readable()
			t.sent()
			if len(r.Results) > 1 {
				t.cookies()
			}
		}
		if p&Console != 0 {
			t.console()
		}
	} else {
		t.differ(p)
	}
	if p&Recipe != 0 {
		t.serverFix()
	}
	for i := range r.Results {
		if i > 0 && r.Agree {
			break
		}
		if p&Steps != 0 {
			t.steps(&r.Results[i])
		}
		if p&Wire != 0 {
			t.wire(&r.Results[i])
		}
	}
}

// A text is a report as text, under construction.
type text struct {
	term.Text
	report *Report
}

// result is the one that is presented: where browsers agree, the first stands for all.
func (t *text) result() *request.BrowserResult { return &t.report.Results[0] }

func (t *text) story() story { return story{t.report, t.result()} }

// heading adds a heading after an empty line.
func (t *text) heading(s string) {
	t.Add("")
	t.Heading(s, term.Bold)
}

// pairs adds names and values in two columns.
func (t *text) pairs(list []request.Header) {
	var rows [][]string
	for _, h := range list[:min(len(list), term.MaxLines)] {
		rows = append(rows, []string{term.Shorten(term.Printable(h.Name), 32), shown(h.Value)})
	}
	t.Table(2, rows)
	if more := len(list) - term.MaxLines; more > 0 {
		t.Add(fmt.Sprintf("  (and %d more)", more))
	}
}

func (t *text) decided() {
	heading, sentences, step, ok := t.story().decision()
	if !ok {
		return
	}
	t.heading(heading)
	for _, sentence := range sentences {
		t.Hang(2, 2, sentence)
	}
	t.pairs(step.Inputs)
	t.Add("  " + step.Link)
}

// fix adds how to fix what blocked the request, and what the rule protects.
func (t *text) fix() {
	r := t.result()
	if r.Fix == nil {
		return
	}
	t.Add("")
	r.Fix.WriteTo(&t.Text, r.Protects)
}

func (t *text) readable() {
	heading, use, list, hidden := t.story().readable()
	t.heading(heading)
	if use != "" {
		t.Hang(2, 2, use)
	}
	t.pairs(list)
	if hidden != "" {
		t.Hang(2, 4, hidden)
	}
}

func (t *text) sent() {
	requests, remark := t.story().sent()
	if len(requests) == 0 {
		return // the verdict says so
	}
	t.heading("What was sent, and how it ended")
	for _, request := range requests {
		t.Hang(2, 4, request)
	}
	if remark != "" {
		t.Hang(2, 2, remark)
	}
}

func (t *text) console() {
	headings, lines := consoles(t.report.all())
	for i, heading := range headings {
		t.heading(heading)
		for _, line := range lines[i] {
			t.Hang(2, 4, line)
		}
	}
}

// differ presents browsers that came to different results, one line each.
func (t *text) differ(p Parts) {
	if p&Diagram != 0 {
		for _, together := range t.report.together() {
			t.heading("As " + names(together))
			t.Add(draw(t.report, together[0], t.Width(), t.Paint)...)
		}
	}
	if p&Rules != 0 {
		t.eachBrowser()
	}
	if p&Console != 0 {
		t.console()
	}
}

func (t *text) eachBrowser() {
	t.heading("What each browser does")
	var rows [][]string
	var fixes []string
	for _, result := range t.report.all() {
		if result.Verdict != request.Allowed {
			fix := result.Fix
			fixes = append(fixes, fmt.Sprintf("%s, %s: %s Note: %s", result.Reason, fix.Where(), fix.Sentence, fix.Caution))
		}
		for j, line := range term.Wrap(term.Printable(result.Summary()), t.Width()-12) {
			name := ""
			if j == 0 {
				name = result.Browser
			}
			rows = append(rows, []string{term.Pad(name, 8), t.Paint(line, colour(result.Verdict))})
		}
	}
	t.Table(2, rows)
	if reasons := t.report.differences(); len(reasons) > 0 {
		t.heading("Why")
		for _, reason := range reasons {
			t.Hang(2, 4, reason)
		}
		t.heading("How to fix it")
		slices.Sort(fixes)
		for _, fix := range slices.Compact(fixes) {
			t.Hang(2, 4, fix)
		}
	}
	t.cookies()
	t.Add("")
	t.Hang(0, 0, "For the whole report of one of them: --as chromium, firefox, webkit or standard.")
}

func (t *text) cookies() {
	notes := cookieNotes(t.report.all())
	if len(notes) == 0 {
		return
	}
	t.heading("Cookies")
	for _, note := range notes {
		t.Hang(2, 4, note)
	}
}

// steps adds every step in order.
func (t *text) steps(r *request.BrowserResult) {
	t.heading("Every step, as " + r.BrowserName())
	for i, s := range r.Steps {
		t.Hang(2, 6, fmt.Sprintf("%d. %s: %s", i+1, s.Algorithm, s.Result))
		t.Hang(5, 5, sentence(term.Bounded(s.Outcome)))
		for _, in := range s.Inputs {
			t.Hang(5, 9, in.Name+" = "+shown(in.Value))
		}
		if s.Deviation != "" {
			t.Hang(5, 5, "Here the browser departs from the standard: "+s.Deviation)
		}
		t.Add("     " + s.Link)
	}
}

// wire adds every request with its response.
func (t *text) wire(r *request.BrowserResult) {
	for i, x := range r.Exchanges {
		t.heading(fmt.Sprintf("Request %d of %d, as sent", i+1, len(r.Exchanges)))
		t.Hang(2, 4, x.Method+" "+term.Bounded(x.URL))
		t.pairs(x.Headers)
		if x.Error != "" {
			t.Hang(2, 4, "No response: "+term.Bounded(x.Error))
			continue
		}
		t.heading(fmt.Sprintf("Response %d of %d, as received", i+1, len(r.Exchanges)))
		t.Hang(2, 4, fmt.Sprintf("status %d", x.Status))
		t.pairs(x.ResponseHeaders)
	}
}

// shown is a value of a table. An empty one must be visible too.
func shown(s string) string {
	if s == "" {
		return "(empty)"
	}
	return term.Bounded(decoded(s))
}

// decoded returns the text of a server's value if its bytes are UTF-8.
func decoded(s string) string {
	if b := request.Bytes(s); utf8.ValidString(b) {
		return b
	}
	return s
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

func lowerFirst(s string) string { return strings.ToLower(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// clause makes a part of a sentence of a sentence.
func clause(s string) string { return lowerFirst(strings.TrimSuffix(s, ".")) }
