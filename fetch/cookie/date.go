package cookie

import (
	"strings"
	"time"

	"github.com/concors/concors/internal/field"
)

// parseDate parses the value of an Expires attribute
// (https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#cookie-date). Servers
// write dates in many formats, so the algorithm looks for a time, a day, a month and a year anywhere
// in the input and ignores the rest.
func parseDate(input string) (time.Time, bool) {
	var hour, minute, second, day, year int
	var month time.Month
	foundTime, foundDay, foundMonth, foundYear := false, false, false, false

	for token := range strings.FieldsFuncSeq(input, isDateDelimiter) {
		if !foundTime {
			if h, m, s, ok := parseTime(token); ok {
				foundTime, hour, minute, second = true, h, m, s
				continue
			}
		}
		if !foundDay {
			if n, ok := leadingNumber(token, 1, 2); ok {
				foundDay, day = true, n
				continue
			}
		}
		if !foundMonth {
			if m, ok := parseMonth(token); ok {
				foundMonth, month = true, m
				continue
			}
		}
		if !foundYear {
			if n, ok := leadingNumber(token, 2, 4); ok {
				foundYear, year = true, n
			}
		}
	}

	switch {
	case 70 <= year && year <= 99:
		year += 1900
	case 0 <= year && year <= 69:
		year += 2000
	}
	if !foundTime || !foundDay || !foundMonth || !foundYear ||
		day < 1 || year < 1601 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Day() != day {
		return time.Time{}, false // the month has fewer days, so time.Date returned a day of the next one
	}
	return t, true
}

// isDateDelimiter reports whether r separates the parts of a date. Control characters, digits, the
// colon, letters and characters that are not ASCII do not.
func isDateDelimiter(r rune) bool {
	return r == '\t' || ' ' <= r && r <= '/' || ';' <= r && r <= '@' ||
		'[' <= r && r <= '`' || '{' <= r && r <= '~'
}

// parseTime parses a time: three numbers of one or two digits with colons between them. Anything but
// a digit may follow.
func parseTime(token string) (hour, minute, second int, ok bool) {
	h, rest, ok1 := strings.Cut(token, ":")
	m, s, ok2 := strings.Cut(rest, ":")
	if !ok1 || !ok2 || digits(h) != len(h) || digits(m) != len(m) {
		return 0, 0, 0, false
	}
	hour, ok1 = leadingNumber(h, 1, 2)
	minute, ok2 = leadingNumber(m, 1, 2)
	second, ok = leadingNumber(s, 1, 2)
	return hour, minute, second, ok && ok1 && ok2
}

func parseMonth(token string) (time.Month, bool) {
	if len(token) < 3 {
		return 0, false
	}
	// An index that is not a multiple of three is a match across two names.
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", field.Lower(token[:3]))
	if i < 0 || i%3 != 0 {
		return 0, false
	}
	return time.Month(i/3 + 1), true
}

// leadingNumber parses the digits at the start of token. It returns false unless there are min to max
// of them.
func leadingNumber(token string, min, max int) (int, bool) {
	n := digits(token)
	if n < min || n > max {
		return 0, false
	}
	value := 0
	for _, c := range []byte(token[:n]) {
		value = value*10 + int(c-'0')
	}
	return value, true
}

// digits returns the number of ASCII digits at the start of s.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
