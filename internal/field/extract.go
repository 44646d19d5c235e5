package field

import (
	"iter"
	"math"
)

// ExtractTokens extracts header list values for a header whose grammar is a list of tokens:
// #field-name or #method, that is Access-Control-Allow-Methods, -Allow-Headers and
// -Expose-Headers. See https://fetch.spec.whatwg.org/#extract-header-list-values.
//
// present is false if there are no lines: Fetch's null. ok is false if a member of any line is not
// a token: Fetch's failure, in which case values is nil, because nothing of such a header counts.
// Otherwise values holds the tokens in order, as written; it may be empty, for a header that lists
// nothing.
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

// Tokens yields the members of one line of a list of tokens, without allocating. Empty members
// are passed over and tabs and spaces around a member are dropped, as HTTP asks of every recipient
// (https://www.rfc-editor.org/rfc/rfc9110#name-recipient-requirements). A member that is not a
// token is yielded with false, and is the last: the line is then no such list. Nothing is quoted
// here, since a quote is not a token byte.
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

// DeltaSeconds extracts header list values for Access-Control-Max-Age, whose grammar is one
// delta-seconds: digits and nothing else. See https://fetch.spec.whatwg.org/#http-new-header-syntax.
//
// present is false if there are no lines: Fetch's null. ok is false, and seconds 0, if there is
// more than one line, or if the line, tabs and spaces around it aside, is not made of digits alone:
// Fetch's failure. A number beyond an int64 becomes the greatest int64, as HTTP caching asks
// (https://www.rfc-editor.org/rfc/rfc9111#name-delta-seconds); the caller imposes its own limit.
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

// allDigits reports whether s has ASCII digits only.
func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseDigits returns the number that ASCII digits stand for, or false if it exceeds an int64.
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
