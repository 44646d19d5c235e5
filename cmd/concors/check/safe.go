package check

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is how many columns the text has: what every terminal has.
const width = 80

// most is how much of one value from a server is printed as text. The JSON
// report has more of it.
const most = 300

// mostLines is how many headers of one message are printed as text.
const mostLines = 40

// printable escapes what could move a cursor, change a colour or reorder a line:
// control and format characters, combining marks and bytes that are no UTF-8.
func printable(s string) string {
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

// ascii is printable for places where every character must be one column wide.
func ascii(s string) string {
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

// shorten cuts an ASCII string in the middle, where a URL says least.
func shorten(s string, n int) string {
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

// bounded is a server's value for a line of text: escaped and not too long.
func bounded(s string) string {
	if len(s) <= most {
		return printable(s)
	}
	cut := most
	for !utf8.RuneStart(s[cut]) && cut > most-utf8.UTFMax {
		cut--
	}
	return fmt.Sprintf("%s... (%d bytes in all)", printable(s[:cut]), len(s))
}

// wrap breaks a text into lines of at most n columns, at spaces where it can.
func wrap(s string, n int) []string {
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
