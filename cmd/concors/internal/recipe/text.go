package recipe

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

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
	title := s.Title
	if s.Where != "" {
		title += ", short form"
	}
	if s.Verified == "" {
		return title + ", not verified"
	}
	return title + ", verified with " + s.Verified
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

// Lists are the stacks that policies or aliases are written for, the short forms, and the
// stacks that routes with a secret are written for.
type Lists struct{ Stacks, Shorts, Secrets List }

// Named returns those whose name, or one of whose other names, this is.
func (l Lists) Named(name string) (named Lists) {
	is := func(s Stack) bool { return s.Name == name || slices.Contains(s.Aliases, name) }
	for _, s := range slices.Concat(l.Stacks, l.Shorts, l.Secrets) {
		if is(s) {
			name = s.Name
		}
	}
	for _, part := range []struct{ from, to *List }{{&l.Stacks, &named.Stacks}, {&l.Shorts, &named.Shorts}, {&l.Secrets, &named.Secrets}} {
		for _, s := range *part.from {
			if is(s) {
				*part.to = append(*part.to, s)
			}
		}
	}
	return named
}

// WriteText writes all lists.
func (l Lists) WriteText(w io.Writer) error {
	if err := l.Stacks.WriteText(w); err != nil {
		return err
	}
	for _, part := range []struct {
		heading string
		list    List
	}{{"Short forms, the lines to change (--short):", l.Shorts}, {"Routes with a secret (--secret-header):", l.Secrets}} {
		if len(part.list) == 0 {
			continue
		}
		if _, err := io.WriteString(w, "\n"+part.heading+"\n\n"); err != nil {
			return err
		}
		if err := part.list.WriteText(w); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON writes all lists as indented JSON.
func (l Lists) WriteJSON(w io.Writer) error {
	return term.WriteJSON(w, struct {
		Version int         `json:"version"`
		Stacks  []listEntry `json:"stacks"`
		Shorts  []listEntry `json:"shorts,omitempty"`
		Secrets []listEntry `json:"secrets,omitempty"`
	}{1, l.Stacks.entries(), l.Shorts.entries(), l.Secrets.entries()})
}
