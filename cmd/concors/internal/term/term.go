// Package term makes text for terminals: it escapes and bounds what servers
// sent, breaks lines at 80 columns, aligns tables, and knows where colour is wanted.
package term

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width is the number of columns that all text fits into. Nearly every terminal has
// as many, and a text looks the same wherever it is copied.
const Width = 80

// MaxValue is how many bytes of one value from a server are printed as text.
// JSON reports have more of it.
const MaxValue = 300

// MaxLines is how many headers of one message are printed as text.
const MaxLines = 40

// Printable escapes what could move a cursor, change a colour or reorder a line:
// control and format characters, combining marks, and bytes that are not UTF-8.
func Printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r < utf8.RuneSelf && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case !unicode.IsPrint(r) || unicode.Is(unicode.M, r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// Bounded makes a server's value fit for a line of text: escaped and not too long.
func Bounded(s string) string {
	if len(s) <= MaxValue {
		return Printable(s)
	}
	return fmt.Sprintf("%s (%d bytes in all)", Printable(Cut(s, MaxValue)), len(s))
}

// Quote returns a value between double quotes, as Bounded writes it.
func Quote(s string) string { return `"` + Bounded(s) + `"` }

// Cut returns at most n bytes of a text, and three dots if it was longer. It does
// not cut within a character.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := n
	for end > max(n-utf8.UTFMax, 0) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// ShellQuote quotes a word for a POSIX shell.
func ShellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Columns returns how many columns a text takes on a terminal: Chinese, Japanese
// and Korean characters and most emoji take two.
func Columns(s string) int { return ansi.StringWidth(s) }

// Pad appends spaces to a text until it takes n columns.
func Pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-Columns(s))) }

// Shorten cuts a text to n columns in the middle, where a URL says least.
func Shorten(s string, n int) string {
	const gap = "..."
	width := Columns(s)
	if width <= n {
		return s
	}
	if n <= len(gap) {
		return ansi.Truncate(s, max(n, 0), "")
	}
	head := (n - len(gap) + 1) * 2 / 3
	rest := n - len(gap) - head
	tail := ansi.TruncateLeft(s, width-rest, "")
	if Columns(tail) > rest { // a wide character stands across the cut
		tail = ansi.TruncateLeft(s, width-rest+1, "")
	}
	return ansi.Truncate(s, head, "") + gap + tail
}

// Clip cuts a text to n columns at its end, where "…" shows that it was longer.
func Clip(s string, n int) string {
	if Columns(s) <= n {
		return s
	}
	return strings.TrimRight(ansi.Truncate(s, max(n-1, 0), ""), " ") + "…"
}

// Wrap breaks a text into lines of at most n columns: at spaces, and within words
// that are longer than a line. It does not break at hyphens, as ansi.Wrap does,
// so that header names stay whole.
func Wrap(s string, n int) []string {
	var lines []string
	line, width := "", 0
	for _, word := range strings.Fields(s) {
		wide := Columns(word)
		if width > 0 && width+1+wide > n {
			lines, line, width = append(lines, line), "", 0
		}
		if wide > n {
			parts := strings.Split(ansi.Hardwrap(word, n, true), "\n")
			last := len(parts) - 1
			lines, word, wide = append(lines, parts[:last]...), parts[last], Columns(parts[last])
		}
		if width > 0 {
			line, width = line+" ", width+1
		}
		line, width = line+word, width+wide
	}
	if width > 0 {
		lines = append(lines, line)
	}
	return lines
}

// Hang makes a paragraph of at most 80 columns. first and rest are the indentations
// of its first line and of the others. The text is made Printable.
func Hang(first, rest int, text string) []string { return HangWithin(Width, first, rest, text) }

// HangWithin is [Hang] for lines of at most width columns.
func HangWithin(width, first, rest int, text string) []string {
	var lines []string
	for i, line := range Wrap(Printable(text), width-max(first, rest)) {
		indent := rest
		if i == 0 {
			indent = first
		}
		lines = append(lines, strings.Repeat(" ", indent)+line)
	}
	return lines
}

// labelled makes a paragraph of at most width columns beside a label: the text begins
// at column indent in every line, and the label stands before it in the first.
// The text is made Printable.
func labelled(width int, label string, indent int, text string) []string {
	lines := HangWithin(width, indent, indent, text)
	if len(lines) > 0 {
		lines[0] = Pad(label, indent) + lines[0][indent:]
	}
	return lines
}

// Count returns a number with its noun: "1 header", "2 headers".
func Count(n int, noun string) string { return fmt.Sprintf("%d %s", n, Plural(n, noun)) }

// Plural returns the noun for n things, which must have a plural in s.
func Plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// A Text is a text under construction, of at most 80 columns or those of Columns.
type Text struct {
	Coloured bool
	Columns  int // of a line; 0 is 80
	lines    []string
}

// Width returns the number of columns that the lines fit into.
func (t *Text) Width() int {
	if t.Columns == 0 {
		return Width
	}
	return t.Columns
}

// Add adds lines as they are.
func (t *Text) Add(lines ...string) { t.lines = append(t.lines, lines...) }

// AddText adds the lines of another text.
func (t *Text) AddText(other *Text) { t.Add(other.lines...) }

// Len returns the number of lines.
func (t *Text) Len() int { return len(t.lines) }

// Hang adds what [Hang] makes of a paragraph.
func (t *Text) Hang(first, rest int, text string) {
	t.Add(HangWithin(t.Width(), first, rest, text)...)
}

// Label adds what [Label] makes of a paragraph.
func (t *Text) Label(label string, indent int, text string) {
	t.Add(labelled(t.Width(), label, indent, text)...)
}

// Table adds what [Table] makes of rows.
func (t *Text) Table(indent int, rows [][]string) { t.Add(table(t.Width(), indent, rows)...) }

// Heading adds a paragraph in the given styles.
func (t *Text) Heading(text string, styles ...Style) {
	for _, line := range HangWithin(t.Width(), 0, 0, text) {
		t.Add(t.Paint(line, styles...))
	}
}

// Paint returns s in the given styles if the text is coloured.
func (t *Text) Paint(s string, styles ...Style) string {
	if !t.Coloured {
		return s
	}
	return ansi.NewStyle(styles...).Styled(s)
}

// Write writes all lines, each with a line break.
func (t *Text) Write(w io.Writer) error {
	_, err := io.WriteString(w, t.String())
	return err
}

// String returns all lines.
func (t *Text) String() string { return strings.Join(t.lines, "\n") + "\n" }

// And joins names: "Chromium, Firefox and Safari".
func And(list []string) string {
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return strings.Join(list, "")
}
