package operations

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/junit"
	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteText writes the report in at most 80 columns.
func (r *Report) WriteText(w io.Writer) error {
	var t term.Text
	if len(r.Sites) == 0 {
		t.Hang(0, 0, term.Bounded(r.Document)+": "+r.Cause)
	}
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
	switch {
	case len(s.Changes) > 0:
		t.Add("", "Changes to the policy that fix this")
		for _, c := range s.Changes {
			t.Label("-", 2, fmt.Sprintf("%s (%s)", c.Text, term.Count(c.Operations, "operation")))
		}
	case len(s.Causes) > 1:
		t.Add("", "Causes")
		for _, c := range s.Causes {
			t.Label("-", 2, fmt.Sprintf("%s: %s (%s)", c.Kind, cmp.Or(c.Change, "pages cannot "+c.Problem),
				term.Count(c.Operations, "operation")))
		}
	}
	for i := range s.Causes {
		t.Add("")
		s.addCause(t, document, &s.Causes[i])
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
		places[o.Unknown] = append(places[o.Unknown], placeOf(document, o.File, o.Line))
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
	if s.NotKnown > 0 {
		t.Hang(0, 0, term.Count(s.NotKnown, "test")+" without a result that is known: "+term.Bounded(s.Cause))
	}
	if s.NoResponse > 0 {
		t.Hang(0, 0, term.Count(s.NoResponse, "test")+" without a response: "+term.Bounded(s.Cause))
	}
}

// maxPlaces is how many operations a cause names in the text.
const maxPlaces = 5

// addCause adds one cause, with the details of its first problem, and the operations
// that have it.
func (s *Site) addCause(t *term.Text, document string, c *Cause) {
	first := &s.Operations[c.where[0][0]]
	p := first.Problems[c.where[0][1]]
	everywhere, alike := true, true
	for _, w := range c.where {
		o := &s.Operations[w[0]]
		everywhere = everywhere && len(o.Problems[w[1]].Origins) == len(o.Pages)
		alike = alike && o.Problems[w[1]].Problem == p.Problem
	}
	who := pagesOn(p.Origins) + " cannot "
	if everywhere {
		who = "no page can "
	}
	if !alike {
		who = "for example, " + who
	}
	p.addTo(t, term.Count(c.Operations, "operation"), who)
	named := map[string]bool{}
	for _, w := range c.where {
		o := &s.Operations[w[0]]
		place := o.place(document)
		need := placeOf(document, o.Problems[w[1]].File, o.Problems[w[1]].Line)
		if need != placeOf(document, o.File, o.Line) {
			place += " (" + need + ")"
		}
		if len(named) < maxPlaces && !named[place] {
			named[place] = true
			t.Hang(2, 4, place)
		}
	}
	if more := c.Operations - maxPlaces; more > 0 {
		t.Hang(2, 4, fmt.Sprintf("and %s (--json lists all)", term.Count(more, "more operation")))
	}
}

// addTo adds one problem: where it is, who has it, and the evidence.
func (p *Problem) addTo(t *term.Text, where, who string) {
	mark := "✘ "
	if p.Note {
		mark = "- "
	}
	t.Label(mark, 2, p.Kind+" ("+where+"): "+who+p.Problem)
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
	probe.AddEvidence(t, p.Request, p.Response)
}

// placeOf is a line of the document, or of a file that it refers to.
func placeOf(document, file string, line int) string {
	return fmt.Sprintf("%s:%d", openapi.PathOf(document, openapi.Place{File: file}), line)
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
			name := term.Printable(o.place(r.Document))
			c := junit.Case{Class: class, Name: name}
			for _, p := range o.Problems {
				if p.Note {
					continue
				}
				var t term.Text
				p.addTo(&t, term.Printable(placeOf(r.Document, p.File, p.Line)), pagesOn(p.Origins)+" cannot ")
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
			unknown := junit.NotKnown
			if s.NoResponse > 0 {
				unknown = junit.Unreachable
			}
			suite.Cases = append(suite.Cases, unknown(class, term.Bounded(s.Cause)))
		}
		suites = append(suites, suite)
	}
	return junit.Write(w, suites)
}
