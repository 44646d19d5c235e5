// Package screen makes text that is safe to show in a terminal: what strangers
// sent is escaped and bounded, and lines are broken at 80 columns.
package term

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fatih/color"
)

// Width is how many columns the text has: what every terminal has.
const Width = 80

// Most is how much of one value from a server is printed as text. The JSON
// report has more of it.
const Most = 300

// MostLines is how many headers of one message are printed as text.
const MostLines = 40

// Printable escapes what could move a cursor, change a colour or reorder a line:
// control and format characters, combining marks and bytes that are no UTF-8.
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

// ASCII is Printable for places where every character must be one column wide.
func ASCII(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 0x20 && c < 0x7F {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

// Shorten cuts an ASCII string in the middle, where a URL says least.
func Shorten(s string, n int) string {
	const gap = "..."
	if len(s) <= n {
		return s
	}
	if n <= len(gap) {
		return s[:max(n, 0)]
	}
	head := (n - len(gap) + 1) * 2 / 3
	return s[:head] + gap + s[len(s)-(n-len(gap)-head):]
}

// Bounded is a server's value for a line of text: escaped and not too long.
func Bounded(s string) string {
	if len(s) <= Most {
		return Printable(s)
	}
	cut := Most
	for !utf8.RuneStart(s[cut]) && cut > Most-utf8.UTFMax {
		cut--
	}
	return fmt.Sprintf("%s... (%d bytes in all)", Printable(s[:cut]), len(s))
}

// Wrap breaks a text into lines of at most n columns, at spaces where it can.
func Wrap(s string, n int) []string {
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(s) {
		runes := []rune(word)
		if length > 0 && length+1+len(runes) > n {
			lines, line, length = append(lines, line), "", 0
		}
		for ; len(runes) > n; runes = runes[n:] {
			lines = append(lines, string(runes[:n]))
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+string(runes), length+len(runes)
	}
	if length > 0 {
		lines = append(lines, line)
	}
	return lines
}

// Hang makes a paragraph of at most 80 columns whose first line is indented
// otherwise than the rest, and whose text is made Printable.
func Hang(first, rest int, text string) []string {
	var lines []string
	for i, line := range Wrap(Printable(text), Width-max(first, rest)) {
		indent := rest
		if i == 0 {
			indent = first
		}
		lines = append(lines, strings.Repeat(" ", indent)+line)
	}
	return lines
}

// A Text is lines under construction, of at most 80 columns.
type Text struct {
	Coloured bool
	lines    []string
}

// Add adds lines as they are.
func (t *Text) Add(lines ...string) { t.lines = append(t.lines, lines...) }

// Hang adds what [Hang] makes of a paragraph.
func (t *Text) Hang(first, rest int, text string) { t.Add(Hang(first, rest, text)...) }

// Heading adds a paragraph that stands out, if the text is coloured.
func (t *Text) Heading(text string, attributes ...color.Attribute) {
	for _, line := range Hang(0, 0, text) {
		if t.Coloured {
			c := color.New(attributes...)
			c.EnableColor()
			line = c.Sprint(line)
		}
		t.Add(line)
	}
}

// Write writes all of it.
func (t *Text) Write(w io.Writer) error {
	_, err := io.WriteString(w, strings.Join(t.lines, "\n")+"\n")
	return err
}

// WriteJSON writes a value as indented JSON. Characters that a terminal could
// act on are escaped in it, so that it can be looked at as well as parsed.
func WriteJSON(w io.Writer, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	out := make([]byte, 0, len(raw)+1)
	for len(raw) > 0 {
		c, size := utf8.DecodeRune(raw)
		switch {
		case c == '\n' || unicode.IsPrint(c):
			out = append(out, raw[:size]...)
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
		raw = raw[size:]
	}
	_, err = w.Write(append(out, '\n'))
	return err
}
