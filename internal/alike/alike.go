// Package alike says in which letters a name differs from another one that it is easily taken for, such
// as exmple.com and example.com.
package alike

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Compare compares a name with the one that is wanted. If the two differ in one place, and there in at
// most two characters, it returns where they are in have, in bytes, and what is different there, as a
// clause. Otherwise how is "", as it is for names that have less than four bytes in common, and if only
// one of the places has a dot. The time is proportional to the length of the names.
func Compare(have, want string) (start, end int, how string) {
	first := 0
	for first < min(len(have), len(want)) && have[first] == want[first] {
		first++
	}
	last := 0
	for last < min(len(have), len(want))-first && have[len(have)-1-last] == want[len(want)-1-last] {
		last++
	}
	// A common byte may be part of two characters that differ.
	for first > 0 && !(boundary(have, first) && boundary(want, first)) {
		first--
	}
	for last > 0 && !(boundary(have, len(have)-last) && boundary(want, len(want)-last)) {
		last--
	}
	own, other := have[first:len(have)-last], want[first:len(want)-last]
	n, m := utf8.RuneCountInString(own), utf8.RuneCountInString(other)
	switch {
	case have == want || max(n, m) > 2 || first+last < 4 || strings.Contains(own, ".") != strings.Contains(other, "."):
		return 0, 0, ""
	case m == 0:
		how = quoted(own) + " is too much"
	case n == 0:
		how = quoted(other) + " is missing"
	case len(own) == 2 && len(other) == 2 && own[0] == other[1] && own[1] == other[0]:
		how = "two letters are swapped"
	default:
		how = quoted(own) + " is not " + quoted(other)
	}
	return first, len(have) - last, how
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// quoted quotes one or two characters, and names those outside ASCII, which may look like others.
func quoted(s string) string {
	var points []string
	for _, r := range s {
		if r >= utf8.RuneSelf {
			points = append(points, fmt.Sprintf("U+%04X", r))
		}
	}
	if len(points) == 0 {
		return strconv.Quote(s)
	}
	return strconv.Quote(s) + " (" + strings.Join(points, " ") + ")"
}
