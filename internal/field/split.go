package field

import (
	"iter"
	"strings"
)

// Get returns the combined value of a header's lines: joined by a comma and a space, in order. It
// returns false if there are no lines. A single line is returned as it is.
// See https://fetch.spec.whatwg.org/#concept-header-list-get.
func Get(lines []string) (string, bool) {
	return strings.Join(lines, ", "), len(lines) > 0
}

// GetDecodeSplit combines a header's lines and splits them at the commas that stand outside quoted
// strings. It returns false if there are no lines. With at least one line it returns at least one
// value, which may be empty: an empty line is one empty value, and "a," is two values. A quoted
// string left open at the end of one line swallows the lines that follow.
// See https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split.
func GetDecodeSplit(lines []string) ([]string, bool) {
	value, ok := Get(lines)
	if !ok {
		return nil, false
	}
	return Split(value), true
}

// Split gets, decodes and splits one header value: what [GetDecodeSplit] does once the lines are
// combined. It returns at least one value. The parts are slices of value; as bytes and not as
// isomorphically decoded text, which no caller needs, since every comparison made with them is of
// ASCII. See https://fetch.spec.whatwg.org/#header-value-get-decode-and-split.
func Split(value string) []string {
	var values []string
	for v := range SplitSeq(value) {
		values = append(values, v)
	}
	return values
}

// SplitSeq yields the values of [Split] one by one without allocating.
func SplitSeq(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, position := 0, 0
		for position < len(value) {
			switch value[position] {
			case '"':
				position = skipQuotedString(value, position)
			case ',':
				if !yield(Trim(value[start:position])) {
					return
				}
				position++
				start = position
			default:
				position++
			}
		}
		yield(Trim(value[start:]))
	}
}

// skipQuotedString returns the position after the HTTP quoted string that starts at position. A
// string that is never closed runs to the end.
// See https://fetch.spec.whatwg.org/#collect-an-http-quoted-string.
func skipQuotedString(s string, position int) int {
	for position++; position < len(s); position++ {
		switch s[position] {
		case '\\':
			position++ // whatever it escapes
		case '"':
			return position + 1
		}
	}
	return len(s)
}
