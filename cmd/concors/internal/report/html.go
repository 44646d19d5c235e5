package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

// reportPage is the page's template. Everything that a server sent is bounded or made
// printable first, and then escaped by the template.
//
//go:embed report.html
var reportPage string

// WriteHTML writes the report as one self-contained page: no script, no font, no
// network. It has a light and a dark theme, and fits phones and paper.
func (r *Report) WriteHTML(w io.Writer) error {
	if len(r.Results) == 0 {
		return errEmpty
	}
	t, err := template.New("report").Funcs(template.FuncMap{"bounded": shown}).Parse(reportPage)
	if err != nil {
		return fmt.Errorf("the report's page: %w", err)
	}
	return t.Execute(w, r.view())
}

// A pageView is the data of the page.
type pageView struct {
	Title     string
	Verdict   string // the CSS class of the verdict
	Sign      string // and a sign, for readers who do not see colours
	Meaning   []string
	Facts     []request.Header
	Reason    string // with the link to it in the standard
	Link      string
	Differ    []browserView // one line for each browser, if they do not agree
	Why       []string
	Stories   []storyView
	ServerFix []section
}

type browserView struct{ Name, Verdict, Sign, Summary string }

// A storyView is the story of browsers with the same result.
type storyView struct {
	Heading   string // "" if there is only one
	ID        string
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

func (r *Report) view() *pageView {
	first := story{r, &r.Results[0]}
	v := &pageView{Facts: r.facts()}
	v.Verdict, v.Sign = signOf(r.Verdict)
	answer := r.Answer()
	if r.Agree {
		v.Title = answer.Line
		for _, sentence := range slices.Concat(answer.Cause, answer.Notes) {
			v.Meaning = append(v.Meaning, term.Bounded(sentence))
		}
		v.Link = first.result.Link
		if first.result.Reason != 0 {
			v.Reason = first.result.Reason.String()
		}
	} else {
		v.Title, v.Verdict, v.Sign = "BROWSERS DIFFER", "note", "≠"
		v.Meaning = []string{"They come to different results."}
		for _, result := range r.all() {
			line := browserView{Name: result.BrowserName(), Summary: term.Printable(result.Summary())}
			line.Verdict, line.Sign = signOf(result.Verdict)
			v.Differ = append(v.Differ, line)
		}
		v.Why = r.differences()
	}
	for i, together := range r.together() {
		s := storyView{
			ID:       fmt.Sprint(i + 1),
			Drawings: []*drawnSVG{drawSVG(r, together[0], wideSVG), drawSVG(r, together[0], narrowSVG)},
			Sections: story{r, together[0]}.sections(together),
		}
		if !r.Agree {
			s.Heading = names(together)
		}
		s.wire(r, together[0])
		v.Stories = append(v.Stories, s)
	}
	v.ServerFix = serverFixSections(r.ServerFix)
	return v
}

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
