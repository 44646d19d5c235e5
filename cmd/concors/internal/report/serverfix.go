package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// serverFixSections lists the sections about a change to the server. Files are for copying, so their
// text stays as it is.
func serverFixSections(f *serverfix.Fix) (list []section) {
	if f == nil {
		return nil
	}
	if len(f.Fingerprints) > 0 {
		part := section{Heading: "Server detection", Sentences: f.Layers}
		for _, h := range f.Fingerprints {
			part.Table = append(part.Table, request.Header{Name: h.Header, Value: h.Value})
		}
		list = append(list, part)
	}
	policy := section{Heading: "The smallest policy that allows this one request", Lines: splitLines(f.Policy)}
	switch {
	case f.Title == "" && len(f.Refused) > 0:
		policy.Sentences = append([]string{"This policy is not advisable, so no configuration is written for it."},
			f.Refused...)
	case f.Stack == "":
		policy.Sentences = []string{"The responses do not identify the server. To get the policy in its language, " +
			"add --for and a name from concors recipe --list."}
	case len(f.Refused) > 0:
		policy.Sentences = append([]string{fmt.Sprintf("%s cannot express this policy.", f.Title)}, f.Refused...)
	}
	policy.Sentences = append(policy.Sentences,
		"It keeps what these responses grant today. Add the other pages, methods and headers that the server has to allow.")
	policy.Sentences = append(policy.Sentences, f.Notes...)
	list = append(list, policy)
	if lines := f.Short; lines != nil {
		list = append(list, section{Heading: "The lines to change, for " + lines.Title, Lines: splitLines(lines.Text),
			Sentences: append([]string{lines.Where, completion(lines)}, lines.Notes...)})
	}
	for _, file := range f.Files {
		list = append(list, section{Heading: fmt.Sprintf("For %s: %s", f.Title, file.Name), Lines: splitLines(file.Text)})
	}
	if len(f.Simulated) > 0 {
		list = append(list, section{Heading: "Is that enough?", Sentences: []string{
			Simulated(f.Simulated, 0),
			"To test the server itself: write the policy to policy.yaml, and run concors verify policy.yaml with the URL.",
		}})
	}
	return list
}

// splitLines returns the lines of a file. A tab, which would be escaped, becomes spaces.
func splitLines(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\t", "    "), "\n")
}

// Simulated says in a sentence how the simulated requests ended. status is that of the
// response if it is an error, or 0.
func Simulated(list []serverfix.Simulation, status int) string {
	var allowed, unknown, redirected, results []string
	var reasons []reason.Reason
	blocked := map[reason.Reason][]string{}
	for _, s := range list {
		switch name := shortName(s.Browser); {
		case s.Verdict == request.Allowed:
			allowed = append(allowed, name)
		case s.Verdict == request.Unknown && s.Redirected:
			redirected = append(redirected, name)
		case s.Verdict == request.Unknown:
			unknown = append(unknown, name)
		default:
			if !slices.Contains(reasons, s.Reason) {
				reasons = append(reasons, s.Reason)
			}
			blocked[s.Reason] = append(blocked[s.Reason], name)
		}
	}
	for _, r := range reasons {
		results = append(results, fmt.Sprintf("%s still %s it (%s)", term.And(blocked[r]), plural(len(blocked[r]), "blocks", "block"), r))
	}
	if n := len(redirected); n > 0 {
		results = append([]string{term.And(redirected) + plural(n, " follows", " follow") + " the redirect; the next request was never sent, " +
			"so the response to it is not known"}, results...)
	}
	if n := len(unknown); n > 0 {
		results = append([]string{term.And(unknown) + plural(n, " passes", " pass") +
			" the preflight; the request itself was never sent, so the server's response to it is not known"}, results...)
	}
	seen := ""
	if status != 0 {
		seen = fmt.Sprintf(", and the page sees the status %d", status)
	}
	if n := len(allowed); n > 0 {
		results = append([]string{term.And(allowed) + plural(n, " allows", " allow") + " the request" + seen}, results...)
	}
	return "Simulated with this policy: " + strings.Join(results, "; ") + "."
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// serverFix adds the change to the server.
func (t *text) serverFix() {
	for _, s := range serverFixSections(t.report.ServerFix) {
		t.heading(s.Heading)
		for _, sentence := range s.Sentences {
			t.Hang(2, 2, term.Bounded(sentence))
		}
		t.pairs(s.Table)
		for _, line := range s.Lines {
			t.Add(strings.TrimRight("  "+term.Printable(line), " "))
		}
	}
}
