package alike_test

import (
	"testing"
	"unicode/utf8"

	"github.com/concors/concors/internal/alike"
)

func TestCompare(t *testing.T) {
	for _, row := range []struct{ name, have, want, at, how string }{
		{"equal", "example", "example", "", ""},
		{"a letter is missing", "exmple", "example", "", `"a" is missing`},
		{"a letter is missing at the end", "exampl", "example", "", `"e" is missing`},
		{"a letter too much", "exammple", "example", "m", `"m" is too much`},
		{"two letters are swapped", "exmaple", "example", "ma", "two letters are swapped"},
		{"another letter", "ezample", "example", "z", `"z" is not "x"`},
		{"a sign", "x_api_key", "x_api-key", "_", `"_" is not "-"`},
		{"a letter that looks alike", "ex\u0430mple", "example", "\u0430", "\"\u0430\" (U+0430) is not \"a\""},
		{"half of a character in common", "ab\u00e9cd", "ab\u00eacd", "\u00e9", "\"\u00e9\" (U+00E9) is not \"\u00ea\" (U+00EA)"},
		{"two places", "ezamplo", "example", "", ""},
		{"three letters", "eabcple", "example", "", ""},
		{"short", "put", "get", "", ""},
		{"a dot", "a.bexample", "abexample", "", ""},
	} {
		start, end, how := alike.Compare(row.have, row.want)
		if how != row.how || row.have[start:end] != row.at {
			t.Errorf("%s: %q at %q, want %q at %q", row.name, how, row.have[start:end], row.how, row.at)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("example", "exmaple")
	f.Add("\xffabcd\u00e9", "\xfeabcd\u00ea")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, have, want string) {
		start, end, how := alike.Compare(have, want)
		if how == "" {
			return
		}
		if have == want || start < 0 || start > end || end > len(have) {
			t.Fatalf("Compare(%q, %q) = %d, %d, %q", have, want, start, end, how)
		}
		if utf8.ValidString(have) && utf8.ValidString(want) && !(utf8.ValidString(have[:start]) && utf8.ValidString(have[:end])) {
			t.Fatalf("Compare(%q, %q): within a character", have, want)
		}
	})
}
