package field

import "strings"

// Range is a single byte range of a Range header, such as bytes=0-499. The numbers are text, because
// the standard does not limit how many digits they have.
type Range struct {
	Start, End       string // decimal without leading zeros, or "" for null; End is inclusive
	HasStart, HasEnd bool   // bytes=-500 (the last 500 bytes) has no start; bytes=500- has no end
	BeyondInt64      bool   // Start or End does not fit into an int64; some browsers refuse it
}

// ParseSingleRange parses the value of a Range header with a single range. The unit "bytes" is
// case-sensitive. It returns false if value is anything else, lists several ranges, has neither start
// nor end, or ends before it starts. With allowWhitespace, tabs and spaces may surround "=" and "-",
// though not the whole value. See https://fetch.spec.whatwg.org/#simple-range-header-value.
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

// collectNumber cuts leading ASCII digits off s and removes leading zeros, so that numbers can be
// compared by length. The number is "" only if there is no digit.
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

// greater reports whether a is greater than b. Both are decimal without leading zeros.
func greater(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}
