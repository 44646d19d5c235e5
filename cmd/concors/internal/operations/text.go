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
	var b strings.Builder
	for i := range r.Sites {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.Sites[i].write(&b, r.Document)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Site) write(b *strings.Builder, document string) {
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
	probe.WriteLabelled(b, "", 0, fmt.Sprintf("%s: pages can use %d of %d operations", term.Bounded(document), usable, len(s.Operations)))
	if s.Verdict == Unknown && usable == 0 {
		cause := term.Bounded(s.Cause)
		if s.NoResponse > 0 {
			cause = "no response: " + cause
		}
		probe.WriteLabelled(b, "", 2, by+": "+cause)
		s.writeUnknown(b, document)
		return
	}
	var pages []string
	for _, o := range s.Operations {
		pages = append(pages, o.Pages...)
	}
	slices.Sort(pages)
	probe.WriteLabelled(b, "", 2, by+", for "+pagesOn(slices.Compact(pages)))
	shown := map[string]bool{}
	for i := range s.Operations {
		if len(s.Operations[i].Problems) > 0 {
			b.WriteByte('\n')
			s.Operations[i].write(b, document, shown)
		}
	}
	if len(s.Changes) > 0 {
		b.WriteString("\nChanges to the policy that fix this\n")
		for _, c := range s.Changes {
			probe.WriteLabelled(b, "-", 2, fmt.Sprintf("%s (%s)", c.Text, count(c.Operations, "operation")))
		}
	}
	if len(s.Unneeded) > 0 {
		b.WriteString("\nGranted by the policy, but needed by no operation\n")
		for _, g := range s.Unneeded {
			if g.Field == "credentials" {
				probe.WriteLabelled(b, "-", 2, g.Field)
				continue
			}
			probe.WriteLabelled(b, "-", 2, term.Bounded(g.Value)+" in "+g.Field)
		}
	}
	s.writeUnknown(b, document)
}

// writeUnknown writes what is not known, and how many requests were sent.
func (s *Site) writeUnknown(b *strings.Builder, document string) {
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
		b.WriteString("\nNot known\n")
	}
	for _, cause := range causes {
		where := places[cause]
		text := strings.Join(where[:min(len(where), 5)], ", ")
		if more := len(where) - 5; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		probe.WriteLabelled(b, "-", 2, text+": "+cause)
	}
	if s.URL == "" {
		return
	}
	b.WriteByte('\n')
	probe.WriteLabelled(b, "", 0, count(s.Requests, "request")+" sent")
	if s.NotFound {
		probe.WriteLabelled(b, "", 0, "every response had status 404: check whether the paths start where the URL ends")
	}
	if s.Skipped > 0 {
		probe.WriteLabelled(b, "", 0, count(s.Skipped, "test")+" left out because of the limit --max-requests")
	}
	if s.NoResponse > 0 {
		probe.WriteLabelled(b, "", 0, count(s.NoResponse, "test")+" without a response: "+term.Bounded(s.Cause))
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// write writes one operation, without evidence that shown says was shown already.
func (r *Result) write(b *strings.Builder, document string, shown map[string]bool) {
	probe.WriteLabelled(b, "", 0, fmt.Sprintf("%s:%d: %s %s", document, r.Line, r.Method, r.Path))
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
		probe.WriteLabelled(b, mark, 2, p.Kind+where+": "+who+p.Problem)
		indent := 20
		if p.ServerDoes == "" {
			indent = 10
		}
		for _, line := range []struct{ label, text string }{
			{"  the policy says", p.PolicySays}, {"  the server", p.ServerDoes}, {"  the browser", p.BrowserDoes}, {"  change", p.Change},
		} {
			if line.text != "" {
				probe.WriteLabelled(b, line.label, max(indent, len(line.label)+1), line.text)
			}
		}
		if evidence := p.Kind + p.Response; !shown[evidence] {
			shown[evidence] = true
			probe.WriteEvidence(b, p.Request, p.Response)
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
		suite := junit.Suite{Name: strings.TrimSpace(term.Printable(r.Document) + " " + term.Printable(s.URL) + " in " + s.Browser)}
		for j := range s.Operations {
			o := &s.Operations[j]
			c := junit.Case{Class: class, Name: fmt.Sprintf("%s:%d: %s %s", term.Printable(r.Document), o.Line, o.Method, term.Printable(o.Path))}
			for _, p := range o.Problems {
				if p.Note {
					continue
				}
				alone := Result{Method: o.Method, Path: o.Path, Line: o.Line, Pages: o.Pages, Problems: []Problem{p}}
				var b strings.Builder
				alone.write(&b, r.Document, map[string]bool{})
				c.Failures = append(c.Failures, junit.Message{Message: term.Printable(pagesOn(p.Origins) + " cannot " + p.Problem), Type: p.Kind, Text: "\n" + b.String()})
			}
			if len(c.Failures) == 0 && !o.Usable {
				c.Skipped = &junit.Message{Message: term.Printable(o.Unknown)}
			}
			suite.Cases = append(suite.Cases, c)
		}
		if s.Verdict == Unknown {
			suite.Cases = append(suite.Cases, junit.Case{Class: class, Name: "reachable", Error: &junit.Message{Message: "no response", Type: "unreachable", Text: term.Bounded(s.Cause)}})
		}
		suites = append(suites, suite)
	}
	return junit.Write(w, suites)
}
