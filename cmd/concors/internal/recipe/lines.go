package recipe

import (
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors/routes"
)

// Lines are a policy as people who use a product usually write it: the few lines of
// options that they already have, and not a file of its own. The long form, which
// holds every policy exactly, is a [Recipe].
type Lines struct {
	Name     string   `json:"name"` // what --for takes
	Title    string   `json:"title"`
	Verified string   `json:"verified,omitempty"` // as in Stack
	Where    string   `json:"where"`              // one sentence: which file, and where in it
	Text     string   `json:"text"`               // ends without a newline
	Replaces bool     `json:"-"`                  // as in Stack
	Notes    []string `json:"notes"`              // how the lines differ from the policy; no page gets more than the policy allows

	Comment string `json:"-"` // as in Stack
}

// WriteLines writes policies as the lines of a stack that has [Stack.Where]. The error
// is as in [Write].
func WriteLines(policies routes.Policies, s Stack) (*Lines, error) {
	r, err := Write(policies, s)
	if err != nil {
		return nil, err
	}
	return &Lines{
		Name: s.Name, Title: s.Title, Verified: s.Verified, Where: s.Where, Replaces: s.Replaces,
		Text: strings.Trim(r.Files[0].Text, "\n"), Notes: r.Lost, Comment: s.Comment,
	}, nil
}

// WriteText writes the lines, with a comment above them that says where they go, and one
// below them with the notes.
func (l *Lines) WriteText(w io.Writer) error {
	var b strings.Builder
	comment := func(first, rest, text string) {
		for _, line := range term.Wrap(text, 78-len(l.Comment+rest)) {
			b.WriteString(l.Comment + first + line + "\n")
			first = rest
		}
	}
	verified := "not verified: test it with concors verify policy.yaml URL."
	if l.Verified != "" {
		verified = "verified with " + l.Verified + "."
	}
	comment("", "", l.Title+", "+verified)
	comment("", "", l.Where)
	b.WriteString("\n" + l.Text + "\n")
	if len(l.Notes) > 0 {
		b.WriteString("\n")
		comment("", "", "Differences from the policy:")
		for _, note := range l.Notes {
			comment("- ", "  ", note+".")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the lines as indented JSON.
func (l *Lines) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int `json:"version"`
		*Lines
	}{1, l})
}
