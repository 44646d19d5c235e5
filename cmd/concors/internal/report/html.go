package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

// reportPage is the page's template, with its style and its script. Everything that a
// server sent is bounded or made printable first, and then escaped by the template.
//
//go:embed report.html
var reportPage string

//go:embed report.css
var reportStyle string

//go:embed report.js
var reportScript string

// Style returns the style sheet of report pages, and StyleHash its source expression in a
// Content Security Policy.
func Style() string { return reportStyle }

// StyleHash is described at [Style].
func StyleHash() string { return hashOf(reportStyle) }

// Drawings returns the drawings of the first result as two SVG elements, for wide and for narrow screens. Their
// classes have the rules of [Style], and their ids end with id.
func (r *Report) Drawings(id string) (wide, narrow string, err error) {
	if len(r.Results) == 0 {
		return "", "", errEmpty
	}
	t, err := template.New("report").Funcs(pageFunctions).Parse(reportPage)
	if err != nil {
		return "", "", fmt.Errorf("the report's drawings: %w", err)
	}
	var texts [2]strings.Builder
	for i, d := range drawings(r, &r.Results[0], id) {
		if err := t.ExecuteTemplate(&texts[i], "drawing", d); err != nil {
			return "", "", fmt.Errorf("the report's drawings: %w", err)
		}
	}
	return texts[0].String(), texts[1].String(), nil
}

// drawings draws a result for wide and for narrow screens.
func drawings(r *Report, result *request.BrowserResult, id string) []*drawnSVG {
	list := []*drawnSVG{drawSVG(r, result, wideSVG), drawSVG(r, result, narrowSVG)}
	for _, d := range list {
		d.ID = d.Class + "-" + id
	}
	return list
}

// pageFunctions are the functions of the page's template.
var pageFunctions = template.FuncMap{
	"bounded": shown, "join": func(lines []string) string { return strings.Join(lines, "\n") },
}

// WriteHTML writes the report as one self-contained page: the answer first, and the
// rest to unfold. It loads nothing, and its policy allows nothing to be loaded; its own
// small script copies code. It has a light and a dark theme, and fits phones and paper.
func (r *Report) WriteHTML(w io.Writer) error {
	if len(r.Results) == 0 {
		return errEmpty
	}
	t, err := template.New("report").Funcs(pageFunctions).Parse(reportPage)
	if err != nil {
		return fmt.Errorf("the report's page: %w", err)
	}
	return t.Execute(w, r.view())
}

// A pageView is the data of the page.
type pageView struct {
	Policy string // Content-Security-Policy
	Style  template.CSS
	Script template.JS

	Class    string // the CSS class of the verdict
	Sign     string // and a sign, for readers who do not see colours
	Label    string // the verdict
	Title    string // the cause in a sentence
	Meaning  []string
	Reason   []string // its name, in parts between which a line may break
	Link     string   // to it in the standard
	Browsers []browserView
	Evidence *evidenceView
	Differs  []string
	Change   *changeView
	Notes    []string

	Facts     []request.Header
	Stories   []storyView
	ServerFix []section

	Command   string
	Variables bool // stand for secrets in Command
	Masked    bool
	Version   string
	Made      time.Time
}

type browserView struct{ Name, Class, Sign, Summary string }

type evidenceView struct {
	Where string
	Lines []Line
	More  int // lines that are not shown
}

type changeView struct {
	Heading       string
	Before, After []string // sentences around the code
	Code          string
}

// A storyView is the story of browsers with the same result.
type storyView struct {
	Heading   string      // "" if there is only one
	Drawings  []*drawnSVG // for wide and narrow screens: one of them is shown
	Sections  []section
	Exchanges []exchangeView
	Steps     []stepView
}

type exchangeView struct {
	Heading, Request string
	Sent, Received   []headerView
	Status, Error    string
	StatusDecides    bool
}

type headerView struct {
	request.Header
	Mark string // "", "matters" or "decides"
}

type stepView struct {
	request.Step
	Sentence string
}

func signOf(v request.Verdict) (class, sign string) {
	if v == request.Allowed {
		return "good", "✓"
	}
	return "bad", "✗"
}

// hump matches where a line may break in a name in camel case.
var hump = regexp.MustCompile(`[A-Z]+[a-z0-9]*`)

func (r *Report) view() *pageView {
	a, deciding := r.Answer(), r.deciding()
	v := &pageView{Style: template.CSS(reportStyle), Script: template.JS(reportScript),
		Policy: "default-src 'none'; style-src " + hashOf(reportStyle) + "; script-src " + hashOf(reportScript) + "; base-uri 'none'; form-action 'none'",
		Label:  term.Bounded(a.Headline), Facts: r.facts(), Differs: printed(sentences(a.Differs)), Evidence: evidenceViewOf(a.Evidence),
		Command: strings.Join(r.Command(!r.masked), " "), Masked: r.masked, Version: ToolVersion(), Made: r.made.UTC(),
		ServerFix: serverFixSections(r.ServerFix)}
	v.Class, v.Sign = signOf(r.Verdict)
	v.Variables = r.masked && strings.Contains(v.Command, `"$`)
	// The sentence is the heading, and the reason's name stands below it.
	causes := printed(a.Cause)
	if name := deciding.Reason.String(); deciding.Reason != 0 {
		v.Reason, v.Link = hump.FindAllString(name, -1), deciding.Link
		for i, cause := range causes {
			causes[i] = strings.Replace(cause, " ("+name+")", "", 1)
		}
	}
	if !r.Agree {
		v.Class, v.Sign = "note", "≠"
		_, who, _ := strings.Cut(a.Line, ": ")
		causes = slices.Concat([]string{upperFirst(term.Bounded(who)) + "."}, causes)
		for _, result := range r.all() {
			line := browserView{Name: result.BrowserName(), Summary: term.Printable(result.Summary())}
			line.Class, line.Sign = signOf(result.Verdict)
			v.Browsers = append(v.Browsers, line)
		}
	}
	title, rest := firstSentence(causes[0])
	v.Title, v.Meaning = title, printed(slices.Concat([]string{rest}, causes[1:]))
	v.Change = changeViewOf(a.Change, a.Proof)
	v.Notes = printed(append(slices.Clone(a.Notes), a.Elsewhere))
	for i, together := range r.together() {
		s := storyView{
			Drawings: drawings(r, together[0], fmt.Sprint(i+1)),
			Sections: story{r, together[0]}.sections(together),
		}
		if !r.Agree {
			s.Heading = names(together)
		}
		s.wire(r, together[0])
		v.Stories = append(v.Stories, s)
	}
	return v
}

// sentences makes sentences of clauses.
func sentences(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, sentence(s))
	}
	return out
}

// printed returns the sentences that are not empty, bounded.
func printed(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, term.Printable(bounded(s)))
		}
	}
	return out
}

// sentenceEnd matches the end of a sentence that is followed by another one.
var sentenceEnd = regexp.MustCompile(`[\w)/"][.?!] [A-Z]`)

// firstSentence separates the first sentence of a text from the rest.
func firstSentence(s string) (first, rest string) {
	if at := sentenceEnd.FindStringIndex(s); at != nil {
		return s[:at[0]+2], s[at[1]-1:]
	}
	return s, ""
}

func evidenceViewOf(e *Evidence) *evidenceView {
	if e == nil {
		return nil
	}
	const most, room = 10, 120 // lines, and columns of each part of one
	v := &evidenceView{Where: term.Shorten(term.Printable(e.Where), 2*room), More: max(0, len(e.Lines)-most)}
	for _, l := range e.Lines[:min(len(e.Lines), most)] {
		part := func(s string) string { return term.Shorten(term.Printable(decoded(s)), room) }
		v.Lines = append(v.Lines, Line{part(l.Before), part(l.Wrong), part(l.After)})
	}
	return v
}

func changeViewOf(c *Change, proof string) *changeView {
	if c == nil {
		return nil
	}
	v := &changeView{Heading: term.Bounded(c.heading(0)), Before: printed([]string{c.Sentence})}
	if c.Product != "" { // the section on the fix has the sentence
		v.Before = printed([]string{strings.TrimRight(c.Place, ".:") + ":"})
	}
	if c.Unwise {
		v.Before = append(v.Before, printed([]string{c.Caution})...)
	} else if v.Code = strings.Join(printables(c.Lines), "\n"); c.Caution != "" {
		v.After = []string{"Note: " + term.Printable(bounded(c.Caution))}
	}
	v.After = append(printed([]string{proof}), v.After...)
	if c.Verified != "" {
		v.After = append(v.After, "Tested with "+term.Bounded(c.Verified)+".")
	}
	v.After = append(v.After, printed(c.notesInFull())...)
	return v
}

// notesInFull are the change's notes in a form that has the whole report.
func (c *Change) notesInFull() []string {
	var list []string
	for _, note := range c.Notes {
		list = append(list, strings.Replace(note, ": --recipe.", ": see the details below.", 1))
	}
	return list
}

// hashOf is the source expression of an inline style or script.
// https://w3c.github.io/webappsec-csp/#grammardef-hash-source
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// ToolVersion is the version of the program, as its module has it.
func ToolVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func upperFirst(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// wire lists every header on the wire, with marks on the ones that mattered, and
// every step.
func (s *storyView) wire(r *Report, result *request.BrowserResult) {
	d := &sequence{result: result, made: &r.Request}
	decided, ok := result.Decided()
	decisive, byStatus := result.Decisive()
	for i := range result.Exchanges {
		x := &result.Exchanges[i]
		e := exchangeView{Request: x.Method + " " + x.URL}
		e.Heading = fmt.Sprintf("Request %d of %d", i+1, len(result.Exchanges))
		if x.Preflight {
			e.Heading += ", the preflight"
		}
		for _, h := range x.Headers {
			e.Sent = append(e.Sent, headerView{h, mark(d.mattersInRequest(h, x.Preflight), false)})
		}
		if e.Error = x.Error; x.Error == "" {
			e.Status = fmt.Sprint(x.Status)
		}
		here := ok && decided.Exchange == i && decided.Result == fetch.Blocked
		e.StatusDecides = here && byStatus
		for _, h := range x.ResponseHeaders {
			decides := here && strings.EqualFold(h.Name, decisive)
			e.Received = append(e.Received, headerView{h, mark(d.mattersInResponse(h, x), decides)})
		}
		s.Exchanges = append(s.Exchanges, e)
	}
	for _, step := range result.Steps {
		s.Steps = append(s.Steps, stepView{Step: step, Sentence: sentence(term.Bounded(step.Outcome))})
	}
}

func mark(matters, decides bool) string {
	switch {
	case decides:
		return "decides"
	case matters:
		return "matters"
	}
	return ""
}
