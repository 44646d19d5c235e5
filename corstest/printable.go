package corstest

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPrinted is how many bytes of one value are printed.
const maxPrinted = 300

// printable returns s escaped, and cut after maxPrinted bytes. Servers choose most
// of what is printed.
func printable(s string) string {
	if len(s) > maxPrinted {
		return escaped(s[:maxPrinted]) + fmt.Sprintf("… (%d bytes)", len(s))
	}
	return escaped(s)
}

// escaped returns s with escapes for control characters and invalid UTF-8.
func escaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// printableURL is a URL for a sentence. A long one loses its query and fragment.
func printableURL(rawURL string) string {
	if u, err := url.Parse(rawURL); err == nil && len(rawURL) > 100 {
		u.RawQuery, u.Fragment = "", ""
		rawURL = u.String()
	}
	return strings.TrimSpace(printable(rawURL))
}
