package term

import (
	"io"
	"os"

	"github.com/charmbracelet/x/ansi"
	"github.com/mattn/go-isatty"
)

// A Style is a way to make text stand out on a terminal.
type Style = ansi.Attr

// The styles. No meaning may depend on them alone.
const (
	Bold   = ansi.AttrBold
	Faint  = ansi.AttrFaint
	Red    = ansi.AttrRedForegroundColor
	Green  = ansi.AttrGreenForegroundColor
	Yellow = ansi.AttrYellowForegroundColor
)

// IsTerminal reports whether a reader or writer is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// Coloured reports whether to write colours: to terminals that have them, unless
// NO_COLOR is set (https://no-color.org).
func Coloured(w io.Writer) bool {
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
