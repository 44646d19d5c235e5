package verify

import (
	"fmt"
	"io"
	"net/http"
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
		r.Sites[i].addTo(&t)
	}
	return t.Write(w)
}

func (s *Site) addTo(t *term.Text) {
	t.Hang(0, 0, s.title())
	if s.Verdict == Unknown && len(s.Checks) == 0 {
		cause := term.Bounded(s.Cause)
		if s.Status == 0 && s.BlockedBefore == 0 {
			cause = "no response: " + cause
		}
		t.Hang(2, 2, cause)
		return
	}
	switch {
	case s.Off:
		t.Hang(2, 2, "the policy turns CORS off here, and the server itself allows no page either")
	case s.MethodsUntested:
		t.Hang(2, 2, "the server allows none of the allowed origins, so methods and headers could not be tested: "+
			"fix that first")
	}
	t.Add("")
	for i := range s.Findings {
		s.Findings[i].addTo(t)
		t.Add("")
	}
	for _, c := range s.Checks {
		outcome := "all as the policy says"
		switch {
		case c.Differs == 1:
			outcome = "1 differs"
		case c.Differs > 1:
			outcome = fmt.Sprintf("%d differ", c.Differs)
		}
		t.Add(fmt.Sprintf("  %-26s %4d tested, %s", c.Topic, c.Tested, outcome))
	}
	note := func(format string, args ...any) { t.Hang(2, 2, fmt.Sprintf(format, args...)) }
	note("%d requests sent; a plain GET has status %d", s.Requests, s.Status)
	if s.Status == http.StatusUnauthorized || s.Status == http.StatusForbidden {
		note("if a login stands in front of the server, send what it needs with -H or --cookie")
	}
	if s.BlockedBefore > 0 {
		note("%d of the allowed origins could not be tested: browsers send no requests from their pages to this server "+
			"(mostly pages on https: and an http: server)", s.BlockedBefore)
	}
	if s.Skipped > 0 {
		note("%d tests left out because of the limit --max-requests: their results are not known", s.Skipped)
	}
	if s.NotKnown > 0 {
		note("%d tests have no result that is known: %s", s.NotKnown, term.Bounded(s.Cause))
	}
	if s.NoResponse > 0 {
		note("%d tests got no response: %s", s.NoResponse, term.Bounded(s.Cause))
	}
	if s.Verdict == Unknown && s.Skipped+s.NoResponse+s.NotKnown == 0 {
		note("%s", term.Bounded(s.Cause))
	}
}

func (s *Site) title() string {
	title := s.URL + ", in " + s.Browser + " " + s.BrowserVersion
	if s.Route != "" {
		title += ", route " + s.Route
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
	case s.Verdict == Unknown && len(s.Checks) == 0:
		return title + ": could not be tested"
	case s.Verdict == Unknown:
		return title + ": not known whether it agrees with the policy"
	case different > 0:
		return fmt.Sprintf("%s: differs from the policy (%d)", title, different)
	case notes > 0:
		return fmt.Sprintf("%s: agrees with the policy (notes: %d)", title, notes)
	}
	return title + ": agrees with the policy"
}

func (f *Finding) addTo(t *term.Text) {
	mark := "✘ "
	if f.Note {
		mark = "- "
	}
	t.Label(mark, 2, f.Kind+": "+f.Title)
	t.Label("  the policy says", 20, f.PolicySays)
	t.Label("  the server", 20, f.ServerDoes)
	t.Label("  the browser", 20, f.BrowserDoes)
	if len(f.Also) > 0 {
		list := strings.Join(f.Also, "; ")
		if more := f.Count - 1 - len(f.Also); more > 0 {
			list += fmt.Sprintf("; and %d more", more)
		}
		t.Label("  the same for", 20, list)
	}
	probe.AddEvidence(t, f.Request, f.Response)
}

// WriteJSON writes the report as indented JSON. Text from the server is escaped
// in it, as it is in the text form.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// WriteJUnit writes the report as JUnit XML: one suite for each site, with a
// case for each of the [Kinds]. Notes are not failures.
func (r *Report) WriteJUnit(w io.Writer) error {
	suites := make([]junit.Suite, 0, len(r.Sites))
	for i := range r.Sites {
		s := &r.Sites[i]
		class := "concors.verify." + s.Browser
		suite := junit.Suite{Name: term.Printable(s.URL) + " in " + s.Browser}
		for _, k := range Kinds() {
			c := junit.Case{Class: class, Name: k.Name}
			for j := range s.Findings {
				f := &s.Findings[j]
				if f.Kind != k.Name || f.Note {
					continue
				}
				var t term.Text
				f.addTo(&t)
				failure := junit.Message{Message: k.Title, Type: k.Name, Text: "\n" + t.String()}
				c.Failures = append(c.Failures, failure)
			}
			suite.Cases = append(suite.Cases, c)
		}
		if s.Verdict == Unknown {
			unknown := junit.NotKnown
			if s.Status == 0 {
				unknown = junit.Unreachable
			}
			suite.Cases = append(suite.Cases, unknown(class, term.Bounded(s.Cause)))
		}
		suites = append(suites, suite)
	}
	return junit.Write(w, suites)
}
