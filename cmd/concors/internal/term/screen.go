package term

import (
	"bytes"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
)

// The widths of a text on a terminal, in columns. Longer lines are harder to read,
// and narrower ones hold no header.
const (
	narrowest = 40
	widest    = 100
)

// A Screen is what a text is written for.
type Screen struct {
	Terminal bool
	Coloured bool
	// Columns is how many columns the lines of a text should have at most.
	Columns int
	// Width and Height are the terminal's size, 0 if it is not known.
	Width, Height int
}

// Rows is how many rows a text has that stays on the terminal together with the shell's
// prompt, or 0 if the height is not known.
func (s Screen) Rows() int { return max(s.Height-1, 0) }

// A Capture collects a text that is written later, to a writer with this Screen.
type Capture struct {
	bytes.Buffer
	Screen Screen
}

// ScreenOf returns the screen that a writer leads to. A writer that is not a terminal has
// lines of 80 columns.
func ScreenOf(w io.Writer) Screen {
	if c, ok := w.(*Capture); ok {
		return c.Screen
	}
	s := Screen{Columns: Width}
	if !IsTerminal(w) {
		return s
	}
	s.Terminal, s.Coloured = true, Coloured(w)
	if width, height, err := term.GetSize(w.(*os.File).Fd()); err == nil && width > 0 {
		s.Width, s.Height = width, height
		s.Columns = min(max(width, narrowest), widest)
	}
	return s
}
