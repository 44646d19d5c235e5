package recipe

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/concors/concors/cmd/concors/internal/file"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteText writes the files one after the other, each with its name above it if
// there are several.
func (r *Recipe) WriteText(w io.Writer) error {
	for i, f := range r.Files {
		text := f.Text
		if len(r.Files) > 1 {
			text = r.Stack.CommentLine("file: "+f.Name) + "\n" + text
		}
		if i > 0 {
			text = "\n" + text
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON writes the recipe as indented JSON.
func (r *Recipe) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int `json:"version"`
		*Recipe
	}{1, r})
}

// WriteFolder writes the files to a folder, which it creates if it does not exist,
// and returns their names. Existing files are replaced. Everyone may read the files, as a
// server that runs as another user has to; there are no secrets in them.
func (r *Recipe) WriteFolder(folder string) (names []string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, f := range r.Files {
		name := filepath.Join(folder, f.Name)
		if err := file.WriteIn(root, filepath.FromSlash(f.Name), file.Public, []byte(f.Text)); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		names = append(names, name)
	}
	return names, nil
}

// WriteLost writes what the policy says and the recipe cannot express, if anything.
func (r *Recipe) WriteLost(w io.Writer) error {
	if len(r.Lost) == 0 {
		return nil
	}
	t := term.Text{}
	for _, lost := range r.Lost {
		t.Hang(0, 2, "lost: "+lost)
	}
	return t.Write(w)
}

// A List is a list of stacks to present.
type List []Stack

// WriteText writes a line for each stack: its name, its title, and whether it is
// verified.
func (l List) WriteText(w io.Writer) error {
	t := term.Text{}
	for _, s := range l {
		t.Add(term.Pad(s.Name, 20) + " " + s.heading())
	}
	return t.Write(w)
}

// WriteText writes all about a stack: whether it is verified, and what it cannot do.
func (s Stack) WriteText(w io.Writer) error {
	t := term.Text{}
	t.Add(s.Name + ": " + s.heading())
	refused, lost := s.Cannot()
	for _, sentence := range refused {
		t.Hang(2, 4, "refused: "+sentence)
	}
	for _, sentence := range lost {
		t.Hang(2, 4, "lost: "+sentence)
	}
	if len(refused)+len(lost) == 0 {
		t.Add("  It can do all that a policy says.")
	}
	return t.Write(w)
}

func (s Stack) heading() string {
	if s.Verified == "" {
		return s.Title + ", not verified"
	}
	return s.Title + ", verified with " + s.Verified
}

// WriteJSON writes the stacks as indented JSON.
func (l List) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int         `json:"version"`
		Stacks  []listEntry `json:"stacks"`
	}{1, l.entries()})
}

type listEntry struct {
	Stack
	Refused []string `json:"refused"`
	Lost    []string `json:"lost"`
}

func (l List) entries() (entries []listEntry) {
	for _, s := range l {
		refused, lost := s.Cannot()
		entries = append(entries, listEntry{s, append([]string{}, refused...), append([]string{}, lost...)})
	}
	return entries
}

// Lists are the stacks that policies are written for, and the short forms.
type Lists struct{ Stacks, Shorts List }

// WriteText writes both lists.
func (l Lists) WriteText(w io.Writer) error {
	if err := l.Stacks.WriteText(w); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\nShort forms, the lines to change (--short):\n\n"); err != nil {
		return err
	}
	return l.Shorts.WriteText(w)
}

// WriteJSON writes both lists as indented JSON.
func (l Lists) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int         `json:"version"`
		Stacks  []listEntry `json:"stacks"`
		Shorts  []listEntry `json:"shorts"`
	}{1, l.Stacks.entries(), l.Shorts.entries()})
}
