package operations

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/junit"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteText writes the report in at most 80 columns.
func (r *Report) WriteText(w io.Writer) error {
	var t term.Text
	for i := range r.Sites {
		if i > 0 {
			t.Add("")
		}
		r.Sites[i].addTo(&t, r.Document)
	}
	return t.Write(w)
}

func (s *Site) addTo(t *term.Text, document string) {
	usable := 0
	for _, o := range s.Operations {
		if o.Usable {
			usable++
		}
	}
	by := "according to the policy"
	switch {
	case s.URL != "" && s.Policy:
		by = "with " + s.URL + " and the policy"
	case s.URL != "":
		by = "with " + s.URL
	}
	by += ", in " + s.Browser + " " + s.BrowserVersion
	t.Hang(0, 0, fmt.Sprintf("%s: pages can use %d of %d operations",
		term.Bounded(document), usable, len(s.Operations)))
	if s.Verdict == Unknown && usable == 0 {
		cause := term.Bounded(s.Cause)
		if s.NoResponse > 0 {
			cause = "no response: " + cause
		}
		t.Hang(2, 2, by+": "+cause)
		s.addUnknown(t, document)
		return
	}
	var pages []string
	for _, o := range s.Operations {
		pages = append(pages, o.Pages...)
	}
	slices.Sort(pages)
	t.Hang(2, 2, by+", for "+pagesOn(slices.Compact(pages)))
	shown := map[string]bool{}
	for i := range s.Operations {
		if len(s.Operations[i].Problems) > 0 {
			t.Add("")
			s.Operations[i].addTo(t, document, shown)
		}
	}
	if len(s.Changes) > 0 {
		t.Add("", "Changes to the policy that fix this")
		for _, c := range s.Changes {
			t.Label("-", 2, fmt.Sprintf("%s (%s)", c.Text, term.Count(c.Operations, "operation")))
		}
	}
	if len(s.Unneeded) > 0 {
		t.Add("", "Granted by the policy, but needed by no operation")
		for _, g := range s.Unneeded {
			if g.Field == "credentials" || g.Value == "" {
				t.Label("-", 2, g.Field)
				continue
			}
			t.Label("-", 2, term.Bounded(g.Value)+" in "+g.Field)
		}
	}
	s.addUnknown(t, document)
}

// addUnknown adds what is not known, and how many requests were sent.
func (s *Site) addUnknown(t *term.Text, document string) {
	var causes []string
	places := map[string][]string{} // by cause
	for _, o := range s.Operations {
		if o.Unknown == "" {
			continue
		}
		if places[o.Unknown] == nil {
			causes = append(causes, o.Unknown)
		}
		places[o.Unknown] = append(places[o.Unknown], fmt.Sprintf("%s:%d", document, o.Line))
	}
	if len(causes) > 0 {
		t.Add("", "Not known")
	}
	for _, cause := range causes {
		where := places[cause]
		text := strings.Join(where[:min(len(where), 5)], ", ")
		if more := len(where) - 5; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		t.Label("-", 2, text+": "+cause)
	}
	if s.URL == "" {
		return
	}
	t.Add("")
	t.Hang(0, 0, term.Count(s.Requests, "request")+" sent")
	if s.NotFound {
		t.Hang(0, 0, "every response had status 404: check whether the paths start where the URL ends")
	}
	if s.Skipped > 0 {
		t.Hang(0, 0, term.Count(s.Skipped, "test")+" left out because of the limit --max-requests")
	}
	if s.NoResponse > 0 {
		t.Hang(0, 0, term.Count(s.NoResponse, "test")+" without a response: "+term.Bounded(s.Cause))
	}
}

// addTo adds one operation. Evidence in shown was printed before and is left out.
func (r *Result) addTo(t *term.Text, document string, shown map[string]bool) {
	t.Hang(0, 0, fmt.Sprintf("%s:%d: %s %s", document, r.Line, r.Method, r.Path))
	for i := range r.Problems {
		p := &r.Problems[i]
		mark, where, who := "✘ ", "", pagesOn(p.Origins)+" cannot "
		if p.Note {
			mark = "- "
		}
		if p.Line != r.Line {
			where = fmt.Sprintf(" (%s:%d)", document, p.Line)
		}
		if len(p.Origins) == len(r.Pages) {
			who = "no page can "
		}
		t.Label(mark, 2, p.Kind+where+": "+who+p.Problem)
		indent := 20
		if p.ServerDoes == "" {
			indent = 10
		}
		for _, line := range []struct{ label, text string }{
			{"  the policy says", p.PolicySays}, {"  the server", p.ServerDoes},
			{"  the browser", p.BrowserDoes}, {"  change", p.Change},
		} {
			if line.text != "" {
				t.Label(line.label, max(indent, len(line.label)+1), line.text)
			}
		}
		if evidence := p.Kind + p.Response; !shown[evidence] {
			shown[evidence] = true
			probe.AddEvidence(t, p.Request, p.Response)
		}
	}
}

// pagesOn names the pages on some origins, at most three of them.
func pagesOn(origins []string) string {
	if len(origins) == 1 {
		return probe.PageOn(origins[0])
	}
	text := "pages on " + strings.Join(origins[:min(len(origins), 3)], ", ")
	if more := len(origins) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more origins", more)
	}
	return text
}

// WriteJUnit writes the report as JUnit XML: one suite for each site, with a case
// for each operation. Notes are not failures; what is not known is skipped.
func (r *Report) WriteJUnit(w io.Writer) error {
	suites := make([]junit.Suite, 0, len(r.Sites))
	for i := range r.Sites {
		s := &r.Sites[i]
		class := "concors.verify.openapi." + s.Browser
		name := strings.TrimSpace(term.Printable(r.Document)+" "+term.Printable(s.URL)) + " in " + s.Browser
		suite := junit.Suite{Name: name}
		for j := range s.Operations {
			o := &s.Operations[j]
			name := fmt.Sprintf("%s:%d: %s %s", term.Printable(r.Document), o.Line, o.Method, term.Printable(o.Path))
			c := junit.Case{Class: class, Name: name}
			for _, p := range o.Problems {
				if p.Note {
					continue
				}
				alone := Result{Method: o.Method, Path: o.Path, Line: o.Line, Pages: o.Pages,
					Problems: []Problem{p}}
				var t term.Text
				alone.addTo(&t, r.Document, map[string]bool{})
				c.Failures = append(c.Failures, junit.Message{
					Message: term.Printable(pagesOn(p.Origins) + " cannot " + p.Problem), Type: p.Kind, Text: "\n" + t.String(),
				})
			}
			if len(c.Failures) == 0 && !o.Usable {
				c.Skipped = &junit.Message{Message: term.Printable(o.Unknown)}
			}
			suite.Cases = append(suite.Cases, c)
		}
		if s.Verdict == Unknown {
			suite.Cases = append(suite.Cases, junit.Unreachable(class, term.Bounded(s.Cause)))
		}
		suites = append(suites, suite)
	}
	return junit.Write(w, suites)
}
