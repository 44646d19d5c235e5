package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// sections tell a fix. The files are for whoever copies them, so they stand as
// they are.
func (f *Fix) sections() (list []section) {
	if len(f.Signs) > 0 {
		part := section{Heading: "What its answers tell of the server", Sentences: f.Layers}
		for _, s := range f.Signs {
			part.Table = append(part.Table, Header{s.Header, s.Value})
		}
		list = append(list, part)
	}
	list = append(list, section{Heading: "The smallest policy that lets the request in", Lines: lines(f.Policy)})
	switch {
	case f.Title == "" && len(f.Refused) > 0:
		list[len(list)-1].Sentences = append([]string{"It is not one to have, so nothing is written for it."}, f.Refused...)
	case f.Stack == "":
		list[len(list)-1].Sentences = []string{"Its answers do not say what the server is. With --for and a name that concors recipe --list has, the policy is written in its language."}
	case len(f.Refused) > 0:
		list[len(list)-1].Sentences = append([]string{fmt.Sprintf("%s can't do that.", f.Title)}, f.Refused...)
	}
	for _, file := range f.Files {
		list = append(list, section{Heading: fmt.Sprintf("For %s: %s", f.Title, file.Name), Lines: lines(file.Text)})
	}
	if proof := f.proof(); proof != "" {
		list = append(list, section{Heading: "Whether that is enough", Sentences: []string{proof,
			"On the server itself: write the policy to policy.yaml, and run concors verify policy.yaml with the URL."}})
	}
	return list
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// proof says in a sentence what came of asking again.
func (f *Fix) proof() string {
	var in, out []string
	for _, p := range f.Proof {
		name := strings.ToUpper(p.Browser[:1]) + p.Browser[1:]
		if p.Verdict == Allowed {
			in = append(in, name)
		} else {
			out = append(out, fmt.Sprintf("%s does not (%s)", name, p.Reason))
		}
	}
	if len(f.Proof) == 0 {
		return ""
	}
	said := "Asked again on a model, of the same answers with this policy's headers: "
	if len(in) > 0 {
		out = slices.Insert(out, 0, strings.Join(in, ", ")+" lets the page in")
		if len(in) > 1 {
			out[0] = strings.Join(in, ", ") + " let the page in"
		}
	}
	return said + strings.Join(out, "; ") + "."
}

// fix tells the fix on a terminal.
func (t *teller) fix() {
	f := t.report.Fix
	if f == nil {
		return
	}
	for _, s := range f.sections() {
		t.heading(s.Heading)
		for _, sentence := range s.Sentences {
			t.say(2, term.Bounded(sentence))
		}
		t.pairs(s.Table)
		for _, line := range s.Lines {
			t.lines = append(t.lines, strings.TrimRight("  "+term.Printable(line), " "))
		}
	}
}
