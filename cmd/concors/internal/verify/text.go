package verify

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteText tells the report in at most 80 columns.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Sites {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.Sites[i].tell(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// hang writes a paragraph, its first line behind a label.
func hang(b *strings.Builder, label string, indent int, text string) {
	for _, line := range term.Wrap(term.Printable(text), 80-indent) {
		fmt.Fprintf(b, "%-*s%s\n", indent, label, line)
		label = ""
	}
}

func (s *Site) tell(b *strings.Builder) {
	hang(b, "", 0, s.title())
	if s.Verdict == Unreachable && len(s.Checks) == 0 {
		hang(b, "", 2, "no answer: "+term.Bounded(s.Cause))
		return
	}
	asked := 0
	for _, c := range s.Checks {
		asked += c.Asked
	}
	switch {
	case s.Off:
		hang(b, "", 2, "the policy turns CORS off here: pages of other origins should read nothing")
	case s.Masked:
		hang(b, "", 2, "no page that the policy lets in gets in, so that its methods and headers could not be asked for: mend that first")
	}
	b.WriteByte('\n')
	for i := range s.Findings {
		s.Findings[i].tell(b)
		b.WriteByte('\n')
	}
	for _, c := range s.Checks {
		outcome := "all as the policy says"
		if c.Differs > 0 {
			outcome = fmt.Sprintf("%d differ", c.Differs)
		}
		fmt.Fprintf(b, "  %-26s %4d asked, %s\n", c.About, c.Asked, outcome)
	}
	hang(b, "", 2, fmt.Sprintf("%d requests were sent; a GET is answered with %d", s.Requests, s.Status))
	if s.Barred > 0 {
		hang(b, "", 2, fmt.Sprintf("pages on %d of the allowed origins cannot ask here, whatever the server says: mostly https: pages an http: server", s.Barred))
	}
	if s.Skipped > 0 {
		hang(b, "", 2, fmt.Sprintf("%d questions were not asked: more than --max-requests allows", s.Skipped))
	}
	if s.Silent > 0 {
		hang(b, "", 2, fmt.Sprintf("%d questions got no answer: %s", s.Silent, term.Bounded(s.Cause)))
	}
}

func (s *Site) title() string {
	t := s.URL + ", in " + s.Browser + " " + s.BrowserVersion
	if s.Route != "" {
		t += ", by the route " + s.Route
	}
	different, notes := 0, 0
	for _, f := range s.Findings {
		if f.Note {
			notes++
		} else {
			different++
		}
	}
	switch {
	case s.Verdict == Unreachable:
		return t + ": cannot be reached"
	case different > 0:
		return fmt.Sprintf("%s: differs from the policy (%d)", t, different)
	case notes > 0:
		return fmt.Sprintf("%s: agrees with the policy (notes: %d)", t, notes)
	}
	return t + ": agrees with the policy"
}

func (f *Finding) tell(b *strings.Builder) {
	mark := "✘ "
	if f.Note {
		mark = "- "
	}
	hang(b, mark, 2, f.Kind+": "+f.Title)
	hang(b, "  the policy says", 20, f.PolicySays)
	hang(b, "  the server", 20, f.ServerDoes)
	hang(b, "  a browser", 20, f.BrowserTherefore)
	if len(f.Also) > 0 {
		list := strings.Join(f.Also, "; ")
		if more := f.Count - 1 - len(f.Also); more > 0 {
			list += fmt.Sprintf("; and %d more", more)
		}
		hang(b, "  the same for", 20, list)
	}
	for _, part := range []struct{ mark, text string }{{"  > ", f.Request}, {"  < ", f.Answer}} {
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

// WriteJSON writes the report as indented JSON. What came from the server is
// escaped in it already, as in the text.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// WriteJUnit writes the report as JUnit XML: one suite for each site, with a
// case for each of the [Kinds]. Notes are no failures.
func (r *Report) WriteJUnit(w io.Writer) error {
	all := struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}{}
	for i := range r.Sites {
		s := &r.Sites[i]
		out := junitSuite{Name: term.Printable(s.URL) + " in " + s.Browser}
		for _, k := range Kinds() {
			c := junitCase{Class: "concors.verify." + s.Browser, Name: k.Name}
			for j := range s.Findings {
				f := &s.Findings[j]
				if f.Kind != k.Name || f.Note {
					continue
				}
				var b strings.Builder
				f.tell(&b)
				c.Failures = append(c.Failures, junitFailure{k.Title, k.Name, "\n" + b.String()})
			}
			if len(c.Failures) > 0 {
				out.Failures++
			}
			out.Cases = append(out.Cases, c)
		}
		if s.Verdict == Unreachable {
			out.Errors = 1
			out.Cases = append(out.Cases, junitCase{Class: "concors.verify." + s.Browser, Name: "reachable", Error: &junitFailure{"no answer", "unreachable", term.Bounded(s.Cause)}})
		}
		out.Tests = len(out.Cases)
		all.Suites = append(all.Suites, out)
	}
	return writeXML(w, all)
}

// JUnit's form, as CI servers read it.
type (
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
	junitCase struct {
		Class    string         `xml:"classname,attr"`
		Name     string         `xml:"name,attr"`
		Failures []junitFailure `xml:"failure"`
		Error    *junitFailure  `xml:"error"`
		Skipped  *junitFailure  `xml:"skipped"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr,omitempty"`
		Cases    []junitCase `xml:"testcase"`
	}
)

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
