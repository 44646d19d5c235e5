package check

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/concors/concors/cmd/concors/internal/term"
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
	t.fix()
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

func (t *teller) blank() { t.lines = append(t.lines, "") }

// say writes a paragraph, indented.
func (t *teller) say(indent int, text string) { t.hang(indent, indent, text) }

// hang writes a paragraph whose first line is indented otherwise.
func (t *teller) hang(first, rest int, text string) {
	t.lines = append(t.lines, term.Hang(first, rest, text)...)
}

func (t *teller) heading(text string) {
	t.blank()
	for _, line := range term.Wrap(text, term.Width) {
		t.lines = append(t.lines, t.paint.bold(line))
	}
}

// pairs writes names and values in two columns.
func (t *teller) pairs(list []Header) {
	longest := 0
	for _, h := range list {
		longest = max(longest, min(len(term.Printable(h.Name)), 32))
	}
	for i, h := range list {
		if i == term.MostLines {
			t.lines = append(t.lines, fmt.Sprintf("  (and %d more)", len(list)-i))
			break
		}
		value := term.Bounded(h.Value)
		if h.Value == "" {
			value = "(empty)"
		}
		name := term.Shorten(term.ASCII(h.Name), 32)
		indent := strings.Repeat(" ", 2+longest+2)
		for i, line := range term.Wrap(value, term.Width-len(indent)) {
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

func (t *teller) story() story { return story{t.report, t.result()} }

func (t *teller) verdict() {
	paint := color.FgRed
	if t.result().Verdict == Allowed {
		paint = color.FgGreen
	}
	t.lines = append(t.lines, t.paint.with(t.story().headline(), color.Bold, paint))
	for _, sentence := range t.story().meaning() {
		t.say(0, sentence)
	}
}

func (t *teller) decided() {
	heading, sentences, step, ok := t.story().decision()
	if !ok {
		return
	}
	t.heading(heading)
	for _, sentence := range sentences {
		t.say(2, sentence)
	}
	t.pairs(step.Inputs)
	t.lines = append(t.lines, "  "+step.Link)
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
	heading, use, list, hidden := t.story().readable()
	t.heading(heading)
	if use != "" {
		t.say(2, use)
	}
	t.pairs(list)
	if hidden != "" {
		t.hang(2, 4, hidden)
	}
}

func (t *teller) reached() {
	requests, remark := t.story().reached()
	if len(requests) == 0 {
		return // the verdict has said so
	}
	t.heading("What was sent, and what came of it")
	for _, request := range requests {
		t.hang(2, 4, request)
	}
	if remark != "" {
		t.say(2, remark)
	}
}

func (t *teller) console() {
	headings, lines := consoles(t.report.all())
	for i, heading := range headings {
		t.heading(heading)
		for _, line := range lines[i] {
			t.hang(2, 4, line)
		}
	}
}

// differ tells of browsers that came to different results, one line each.
func (t *teller) differ() {
	t.lines = append(t.lines, t.paint.with("BROWSERS DIFFER", color.Bold))
	request := t.report.Request
	t.say(0, fmt.Sprintf("They do not agree on this: %s asks for %s %s.", lowerFirst(t.report.page()), request.Method, term.Shorten(term.Printable(request.URL), term.Most)))
	t.blank()
	var mends []string
	for i := range t.report.Results {
		r := &t.report.Results[i]
		paint := t.paint.green
		if r.Verdict != Allowed {
			paint = t.paint.red
			mends = append(mends, fmt.Sprintf("%s, by the %s: %s Before you do: %s", r.Reason, r.Mend.By, r.Mend.Sentence, r.Mend.Caution))
		}
		for j, line := range term.Wrap(term.Printable(r.essence()), term.Width-12) {
			name := ""
			if j == 0 {
				name = r.Browser
			}
			t.lines = append(t.lines, fmt.Sprintf("  %-10s", name)+paint(line))
		}
	}
	if reasons := t.report.differences(); len(reasons) > 0 {
		t.heading("Why")
		for _, reason := range reasons {
			t.hang(2, 4, reason)
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

func (t *teller) notesOnCookies() {
	notes := cookieNotes(t.report.all())
	if len(notes) == 0 {
		return
	}
	t.heading("Cookies")
	for _, note := range notes {
		t.hang(2, 4, note)
	}
}

// trace tells every step in order, with the exchange that it is about.
func (t *teller) trace(r *Result) {
	t.heading("Every step, as " + browserName(r))
	for i, s := range r.Steps {
		t.hang(2, 6, fmt.Sprintf("%d. %s: %s", i+1, s.Algorithm, s.Result))
		t.say(5, sentence(term.Bounded(s.Outcome)))
		for _, in := range s.Inputs {
			value := term.Bounded(in.Value)
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
		t.hang(2, 4, x.Method+" "+term.Bounded(x.URL))
		t.pairs(x.Headers)
		if x.Error != "" {
			t.hang(2, 4, "No answer: "+term.Bounded(x.Error))
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
