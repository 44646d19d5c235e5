package verify

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// OperationsFormatVersion is the OperationsReport's as JSON. It grows when a
// field is removed or changes its meaning.
const OperationsFormatVersion = 1

// The verdicts of an OperationsReport; Unreachable is one too.
const (
	Usable   Verdict = "usable"
	Unusable Verdict = "unusable"
)

// An OperationsReport is what [RunOperations] found. As JSON it is documented in
// docs/verify-json.md.
type OperationsReport struct {
	Version  int              `json:"version"`  // OperationsFormatVersion
	Document string           `json:"document"` // its file
	Verdict  Verdict          `json:"verdict"`  // the worst of the sites'
	Sites    []OperationsSite `json:"sites"`    // one for each URL and browser, or each browser
}

// An OperationsSite is what one browser was told: by the policy alone, or by a
// server.
type OperationsSite struct {
	URL            string            `json:"url"` // "" if no server was asked
	Browser        string            `json:"browser"`
	BrowserVersion string            `json:"browserVersion"`
	Policy         bool              `json:"policy"` // there is one
	Verdict        Verdict           `json:"verdict"`
	Cause          string            `json:"cause,omitempty"` // why there was no answer
	Requests       int               `json:"requests"`        // sent
	Skipped        int               `json:"skipped"`         // questions not asked, for the limit on requests
	Silent         int               `json:"silent"`          // questions without an answer
	NotFound       bool              `json:"notFound"`        // no answer had another status than 404
	Operations     []OperationResult `json:"operations"`      // all, in the document's order
	Changes        []Change          `json:"changes"`         // to the policy, that would help
	Unneeded       []Grant           `json:"unneeded"`        // what the policy grants and no operation needs
}

// An OperationResult is what came of one operation.
type OperationResult struct {
	ID       string             `json:"id"` // its operationId
	Method   string             `json:"method"`
	Path     string             `json:"path"`
	Line     int                `json:"line"`
	Column   int                `json:"column"`
	URL      string             `json:"url"`   // that was asked, with values made up
	Pages    []string           `json:"pages"` // the origins that it was asked for
	Usable   bool               `json:"usable"`
	Untold   string             `json:"untold,omitempty"` // what could not be told, and why
	Problems []OperationProblem `json:"problems"`

	told bool
}

// An OperationProblem is something that pages cannot do.
type OperationProblem struct {
	Kind string `json:"kind"`
	// Note marks what pages can do without: an optional header.
	Note    bool     `json:"note"`
	Line    int      `json:"line"` // of what asks for it
	Column  int      `json:"column"`
	Problem string   `json:"problem"` // what a page cannot: "send PUT"
	Origins []string `json:"origins"` // of the pages
	// Change is the smallest one that helps, "" if there is none: to the policy,
	// or to the server if the policy has it, or there is no policy.
	Change string `json:"change,omitempty"`
	Reason string `json:"reason,omitempty"` // the browser's for blocking
	// Differs says that server and policy do not agree; the sentences say how.
	Differs          bool   `json:"differs"`
	PolicySays       string `json:"policySays,omitempty"`
	ServerDoes       string `json:"serverDoes,omitempty"`
	BrowserTherefore string `json:"browserTherefore,omitempty"`
	// Request and Answer are the evidence, as text.
	Request string `json:"request,omitempty"`
	Answer  string `json:"answer,omitempty"`
}

// A Change to a policy.
type Change struct {
	Text       string `json:"text"`
	Operations int    `json:"operations"` // how many need it
}

// A Grant is one of a policy's.
type Grant struct {
	Field string `json:"field"` // methods, requestHeaders, exposedHeaders or credentials
	Value string `json:"value"`
}

// WriteText tells the report in at most 80 columns.
func (r *OperationsReport) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Sites {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.Sites[i].tell(&b, r.Document)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *OperationsSite) tell(b *strings.Builder, document string) {
	usable := 0
	for _, o := range s.Operations {
		if o.Usable {
			usable++
		}
	}
	against := "the policy"
	switch {
	case s.URL != "" && s.Policy:
		against = s.URL + " and the policy"
	case s.URL != "":
		against = s.URL
	}
	hang(b, "", 0, fmt.Sprintf("%s: pages can use %d of %d operations", term.Bounded(document), usable, len(s.Operations)))
	by := "by " + against + ", in " + s.Browser + " " + s.BrowserVersion
	if s.Verdict == Unreachable && usable == 0 {
		hang(b, "", 2, by+": no answer: "+term.Bounded(s.Cause))
		s.tellUntold(b, document)
		return
	}
	var pages []string
	for _, o := range s.Operations {
		pages = append(pages, o.Pages...)
	}
	slices.Sort(pages)
	hang(b, "", 2, by+", for "+pagesOn(slices.Compact(pages)))
	shown := map[string]bool{}
	for i := range s.Operations {
		if len(s.Operations[i].Problems) > 0 {
			b.WriteByte('\n')
			s.Operations[i].tell(b, document, shown)
		}
	}
	if len(s.Changes) > 0 {
		b.WriteString("\nWhat would help, in the policy\n")
		for _, c := range s.Changes {
			hang(b, "-", 2, fmt.Sprintf("%s (%s)", c.Text, counted(c.Operations, "operation")))
		}
	}
	if len(s.Unneeded) > 0 {
		b.WriteString("\nWhat the policy grants and no operation needs\n")
		for _, g := range s.Unneeded {
			if g.Field == "credentials" {
				hang(b, "-", 2, g.Field)
				continue
			}
			hang(b, "-", 2, term.Bounded(g.Value)+" in "+g.Field)
		}
	}
	s.tellUntold(b, document)
}

// tellUntold says what was not asked, and what for.
func (s *OperationsSite) tellUntold(b *strings.Builder, document string) {
	var order []string
	lines := map[string][]string{}
	for _, o := range s.Operations {
		if o.Untold == "" {
			continue
		}
		if lines[o.Untold] == nil {
			order = append(order, o.Untold)
		}
		lines[o.Untold] = append(lines[o.Untold], fmt.Sprintf("%s:%d", document, o.Line))
	}
	if len(order) > 0 {
		b.WriteString("\nWhat could not be told\n")
	}
	for _, why := range order {
		where := lines[why]
		text := strings.Join(where[:min(len(where), 5)], ", ")
		if more := len(where) - 5; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		hang(b, "-", 2, why+" ("+text+")")
	}
	if s.URL == "" {
		return
	}
	b.WriteByte('\n')
	hang(b, "", 0, counted(s.Requests, "request")+" sent")
	if s.NotFound {
		hang(b, "", 0, "no answer had another status than 404: see whether the paths begin where the URL ends")
	}
	if s.Skipped > 0 {
		hang(b, "", 0, counted(s.Skipped, "question")+" not asked: more than --max-requests allows")
	}
	if s.Silent > 0 {
		hang(b, "", 0, counted(s.Silent, "question")+" without an answer: "+term.Bounded(s.Cause))
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// tell writes one operation. Evidence that was shown already is left out.
func (o *OperationResult) tell(b *strings.Builder, document string, shown map[string]bool) {
	hang(b, "", 0, fmt.Sprintf("%s:%d: %s %s", document, o.Line, o.Method, o.Path))
	for i := range o.Problems {
		p := &o.Problems[i]
		mark, where, who := "✘ ", "", pagesOn(p.Origins)
		if p.Note {
			mark = "- "
		}
		if p.Line != o.Line {
			where = fmt.Sprintf(" (%s:%d)", document, p.Line)
		}
		if len(p.Origins) == len(o.Pages) {
			who = "no page can "
		} else {
			who += " cannot "
		}
		hang(b, mark, 2, p.Kind+where+": "+who+p.Problem)
		indent := 20
		if p.ServerDoes == "" {
			indent = 10
		}
		for _, line := range []struct{ label, text string }{
			{"  the policy says", p.PolicySays}, {"  the server", p.ServerDoes}, {"  a browser", p.BrowserTherefore}, {"  change", p.Change},
		} {
			if line.text != "" {
				hang(b, line.label, max(indent, len(line.label)+1), line.text)
			}
		}
		evidence := p.Kind + p.Answer
		if shown[evidence] {
			continue
		}
		shown[evidence] = true
		for _, part := range []struct{ mark, text string }{{"  > ", p.Request}, {"  < ", p.Answer}} {
			if part.text == "" {
				continue
			}
			for line := range strings.SplitSeq(part.text, "\n") {
				for _, piece := range term.Wrap(term.Printable(line), 76) {
					b.WriteString(part.mark + piece + "\n")
				}
			}
		}
	}
}

// pagesOn names the pages on some origins, the first three of them.
func pagesOn(origins []string) string {
	if len(origins) == 1 {
		return pageOn(origins[0])
	}
	text := "pages on " + strings.Join(origins[:min(len(origins), 3)], ", ")
	if more := len(origins) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more origins", more)
	}
	return text
}

// WriteJSON writes the report as indented JSON, escaped as [Report.WriteJSON]
// does.
func (r *OperationsReport) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// WriteJUnit writes the report as JUnit XML: one suite for each site, with a case
// for each operation. Notes are no failures; what could not be told is skipped.
func (r *OperationsReport) WriteJUnit(w io.Writer) error {
	all := struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}{}
	for i := range r.Sites {
		s := &r.Sites[i]
		out := junitSuite{Name: strings.TrimSpace(term.Printable(r.Document) + " " + term.Printable(s.URL) + " in " + s.Browser)}
		for j := range s.Operations {
			o := &s.Operations[j]
			c := junitCase{Class: "concors.verify.openapi." + s.Browser, Name: fmt.Sprintf("%s:%d: %s %s", term.Printable(r.Document), o.Line, o.Method, term.Printable(o.Path))}
			for _, p := range o.Problems {
				if !p.Note {
					one := OperationResult{Method: o.Method, Path: o.Path, Line: o.Line, Pages: o.Pages, Problems: []OperationProblem{p}}
					var b strings.Builder
					one.tell(&b, r.Document, map[string]bool{})
					c.Failures = append(c.Failures, junitFailure{term.Printable(pagesOn(p.Origins) + " cannot " + p.Problem), p.Kind, "\n" + b.String()})
				}
			}
			switch {
			case len(c.Failures) > 0:
				out.Failures++
			case !o.Usable:
				c.Skipped = &junitFailure{Message: term.Printable(o.Untold)}
				out.Skipped++
			}
			out.Cases = append(out.Cases, c)
		}
		if s.Verdict == Unreachable {
			out.Errors = 1
			out.Cases = append(out.Cases, junitCase{Class: "concors.verify.openapi." + s.Browser, Name: "reachable", Error: &junitFailure{"no answer", "unreachable", term.Bounded(s.Cause)}})
		}
		out.Tests = len(out.Cases)
		all.Suites = append(all.Suites, out)
	}
	return writeXML(w, all)
}
