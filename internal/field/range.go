package field

import "strings"

// Range is a single byte range as a Range header states it, such as bytes=0-499. Its numbers stay
// text, because the standard puts no limit on how many digits they have.
type Range struct {
	Start, End       string // decimal, without leading zeros; "" for null. End is inclusive.
	HasStart, HasEnd bool   // bytes=-500, the last 500 bytes, has no start; bytes=500- has no end
	BeyondInt64      bool   // Start or End is greater than an int64 holds, which some browsers refuse
}

// ParseSingleRange parses a single range header value; "bytes" is matched case-sensitively. It
// returns false if value is something else, several ranges, a range without start and end, or one
// that ends before it starts. allowWhitespace lets tabs and spaces stand around "=" and before and
// after "-". See https://fetch.spec.whatwg.org/#simple-range-header-value.
func ParseSingleRange(value string, allowWhitespace bool) (r Range, ok bool) {
	skip := func(s string) string {
		for allowWhitespace && s != "" && isTabOrSpace(s[0]) {
			s = s[1:]
		}
		return s
	}
	rest, ok := strings.CutPrefix(value, "bytes")
	if !ok {
		return Range{}, false
	}
	rest, ok = strings.CutPrefix(skip(rest), "=")
	if !ok {
		return Range{}, false
	}
	start, rest := collectNumber(skip(rest))
	rest, ok = strings.CutPrefix(skip(rest), "-")
	if !ok {
		return Range{}, false
	}
	end, rest := collectNumber(skip(rest))
	if rest != "" {
		return Range{}, false
	}
	if start == "" && end == "" {
		return Range{}, false
	}
	if start != "" && end != "" && greater(start, end) {
		return Range{}, false
	}
	_, startFits := parseDigits(start)
	_, endFits := parseDigits(end)
	return Range{
		Start: start, End: end,
		HasStart: start != "", HasEnd: end != "",
		BeyondInt64: !startFits || !endFits,
	}, true
}

// collectNumber splits leading ASCII digits from s, dropping leading zeros so that two numbers can
// be compared by length. It returns "" only if there is no digit.
func collectNumber(s string) (number, rest string) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	number, rest = s[:i], s[i:]
	for len(number) > 1 && number[0] == '0' {
		number = number[1:]
	}
	return number, rest
}

// greater compares two numbers of any length written without leading zeros.
func greater(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}
