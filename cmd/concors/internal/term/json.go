package term

import (
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
