package field

import (
	"iter"
	"math"
)

// ExtractTokens parses the lines of a header whose grammar is a list of tokens:
// Access-Control-Allow-Methods, -Allow-Headers or -Expose-Headers.
// See https://fetch.spec.whatwg.org/#extract-header-list-values.
//
// present is false if there are no lines (null in the standard). ok is false if a member of any line
// is not a token (failure in the standard); values is then nil, because browsers ignore the whole
// header. Otherwise values holds the tokens in order and as written. It is empty for a header that
// lists nothing.
func ExtractTokens(lines []string) (values []string, present, ok bool) {
	if len(lines) == 0 {
		return nil, false, true
	}
	for _, line := range lines {
		for token, ok := range Tokens(line) {
			if !ok {
				return nil, true, false
			}
			values = append(values, token)
		}
	}
	return values, true, true
}

// Tokens yields the members of one line of a list of tokens. It allocates nothing. It skips empty
// members and removes tabs and spaces around members, as HTTP requires of recipients
// (https://www.rfc-editor.org/rfc/rfc9110#name-recipient-requirements). A member that is not a token
// is yielded with false and ends the iteration, because it makes the line invalid. Quoted strings
// are such members: a quote is not a token byte.
func Tokens(line string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		position := 0
		for position < len(line) {
			if c := line[position]; c == ',' || isTabOrSpace(c) {
				position++
				continue
			}
			start := position
			for position < len(line) && tokenByte[line[position]] {
				position++
			}
			end := position
			for position < len(line) && isTabOrSpace(line[position]) {
				position++
			}
			if position < len(line) && line[position] != ',' {
				for position < len(line) && line[position] != ',' {
					position++
				}
				yield(Trim(line[start:position]), false)
				return
			}
			if !yield(line[start:end], true) {
				return
			}
		}
	}
}

// DeltaSeconds parses the lines of Access-Control-Max-Age, whose value is a number of seconds in
// decimal digits. See https://fetch.spec.whatwg.org/#http-new-header-syntax.
//
// present is false if there are no lines (null in the standard). ok is false, and seconds is 0, if
// there are several lines, or if the line has anything but digits with tabs and spaces around them
// (failure in the standard). A number that does not fit into an int64 becomes math.MaxInt64, as HTTP
// caching requires (https://www.rfc-editor.org/rfc/rfc9111#name-delta-seconds). Callers apply their
// own limits.
func DeltaSeconds(lines []string) (seconds int64, present, ok bool) {
	switch len(lines) {
	case 0:
		return 0, false, true
	case 1:
	default:
		return 0, true, false
	}
	digits := Trim(lines[0])
	if digits == "" || !allDigits(digits) {
		return 0, true, false
	}
	seconds, fits := parseDigits(digits)
	if !fits {
		seconds = math.MaxInt64
	}
	return seconds, true, true
}

// allDigits reports whether s consists of ASCII digits.
func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseDigits parses a string of ASCII digits. It returns false if the number exceeds an int64.
func parseDigits(digits string) (int64, bool) {
	var n int64
	for i := range len(digits) {
		d := int64(digits[i] - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}
