package term

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes a value as indented JSON. Characters that a terminal could
// act on are escaped in it, so that it is safe to look at.
func WriteJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false) // a URL's & is easier to read and to search for
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	raw := b.Bytes()
	out := make([]byte, 0, len(raw))
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
	_, err := w.Write(out)
	return err
}
