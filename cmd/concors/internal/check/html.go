package check

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

// reportPage is the page. Everything that a server sent goes through the
// template's escaping, and through bounded or printable before.
//
//go:embed report.html
var reportPage string

// WriteHTML writes the report as one page that needs nothing else: no script, no
// font, no network. It reads well in light and dark, on a phone and on paper.
func (r *Report) WriteHTML(w io.Writer) error {
	if len(r.Results) == 0 {
		return errors.New("the report has no result to tell")
	}
	t, err := template.New("report").Funcs(template.FuncMap{"bounded": shown}).Parse(reportPage)
	if err != nil {
		return fmt.Errorf("the report's page: %w", err)
	}
	return t.Execute(w, r.view())
}

// shown is bounded for what the reader must see even if it is empty.
func shown(s string) string {
	if s == "" {
		return "(empty)"
	}
	return term.Bounded(s)
}

// A pageView is what the page shows.
type pageView struct {
	Title   string
	Verdict string // the class of the verdict's colour
	Sign    string // and a sign, for who does not see it
	Meaning []string
	Facts   []Header
	Reason  string // with the link to it in the standard
	Link    string
	Differ  []browserView // one line for each browser if they do not agree
	Why     []string
	Stories []storyView
	Fix     []section
}

type browserView struct{ Name, Verdict, Sign, Essence string }

// A storyView is the story of browsers that came to the same result.
type storyView struct {
	Heading   string // "" if it is the only one
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
	Header
	Mark string // "", "matters" or "decides"
}

type stepView struct {
	Step
	Sentence string
}

func signOf(v Verdict) (class, sign string) {
	if v == Allowed {
		return "good", "✓"
	}
	return "bad", "✗"
}

func (r *Report) view() *pageView {
	first := story{r, &r.Results[0]}
	v := &pageView{Facts: r.facts()}
	v.Verdict, v.Sign = signOf(r.Verdict)
	if r.Agree {
		v.Title, v.Meaning = first.headline(), first.meaning()
		v.Reason, v.Link = first.result.Reason, first.result.Link
	} else {
		v.Title, v.Verdict, v.Sign = "BROWSERS DIFFER", "note", "≠"
		v.Meaning = []string{"They do not come to the same result."}
		for _, result := range r.all() {
			line := browserView{Name: browserName(result), Essence: term.Printable(result.essence())}
			line.Verdict, line.Sign = signOf(result.Verdict)
			v.Differ = append(v.Differ, line)
		}
		v.Why = r.differences()
	}
	for i, together := range r.together() {
		s := storyView{ID: fmt.Sprint(i + 1), Drawings: []*drawnSVG{drawSVG(r, together[0], wideSVG), drawSVG(r, together[0], narrowSVG)}, Sections: story{r, together[0]}.sections(together)}
		if !r.Agree {
			s.Heading = names(together)
		}
		s.wire(r, together[0])
		v.Stories = append(v.Stories, s)
	}
	if r.Fix != nil {
		v.Fix = r.Fix.sections()
	}
	return v
}

// wire lists every header on the wire, with the ones that mattered marked, and
// every step.
func (s *storyView) wire(r *Report, result *Result) {
	d := &sequence{result: result, asked: &r.Request}
	decided, ok := result.decided()
	decisive, byStatus := result.decisive()
	for i := range result.Exchanges {
		x := &result.Exchanges[i]
		e := exchangeView{Heading: fmt.Sprintf("Request %d of %d", i+1, len(result.Exchanges)), Request: x.Method + " " + x.URL}
		if x.Preflight {
			e.Heading += ", the preflight"
		}
		for _, h := range x.Headers {
			e.Sent = append(e.Sent, headerView{h, mark(d.mattersInRequest(h, x.Preflight), false)})
		}
		if e.Error = x.Error; x.Error == "" {
			e.Status = fmt.Sprint(x.Status)
		}
		here := ok && decided.Exchange == i && decided.Result == fetch.Blocked.String()
		e.StatusDecides = here && byStatus
		for _, h := range x.ResponseHeaders {
			e.Received = append(e.Received, headerView{h, mark(d.mattersInResponse(h, x), here && strings.EqualFold(h.Name, decisive))})
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
