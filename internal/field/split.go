package field

import (
	"iter"
	"strings"
)

// Get returns the combined value of a header's lines, joined with a comma and a space. It returns
// false if there are no lines. A single line is returned unchanged.
// See https://fetch.spec.whatwg.org/#concept-header-list-get.
func Get(lines []string) (string, bool) {
	return strings.Join(lines, ", "), len(lines) > 0
}

// GetDecodeSplit combines a header's lines and splits them at commas outside quoted strings. It
// returns false if there are no lines. Otherwise there is at least one value, which may be empty: an
// empty line is one empty value, and "a," is two values. A quoted string that is not closed in its
// line continues in the next one.
// See https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split.
func GetDecodeSplit(lines []string) ([]string, bool) {
	value, ok := Get(lines)
	if !ok {
		return nil, false
	}
	return Split(value), true
}

// Split splits one header value at commas outside quoted strings, as [GetDecodeSplit] does with the
// combined value. It returns at least one value. The values are substrings of value. The standard
// would isomorphic-decode them, which makes no difference because callers compare them with ASCII
// only. See https://fetch.spec.whatwg.org/#header-value-get-decode-and-split.
func Split(value string) []string {
	var values []string
	for v := range SplitSeq(value) {
		values = append(values, v)
	}
	return values
}

// SplitSeq yields the values that [Split] returns. It allocates nothing.
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

// skipQuotedString returns the position after the HTTP quoted string that starts at position, or the
// length of s if the string is not closed.
// See https://fetch.spec.whatwg.org/#collect-an-http-quoted-string.
func skipQuotedString(s string, position int) int {
	for position++; position < len(s); position++ {
		switch s[position] {
		case '\\':
			position++ // skip the escaped byte
		case '"':
			return position + 1
		}
	}
	return len(s)
}
