package field

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// linesOf splits a fuzzer's string into header lines. The empty string has no lines.
func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// slowSplit is a literal implementation of "get, decode, and split".
func slowSplit(input string) []string {
	position, values, temporary := 0, []string{}, ""
	collect := func(until string) (collected string) {
		for position < len(input) && strings.IndexByte(until, input[position]) < 0 {
			collected += string([]byte{input[position]})
			position++
		}
		return collected
	}
	collectQuotedString := func() string {
		start := position
		position++
		for {
			collect(`"\`)
			if position >= len(input) {
				break
			}
			quoteOrBackslash := input[position]
			position++
			if quoteOrBackslash == '"' || position >= len(input) {
				break
			}
			position++
		}
		return input[start:position]
	}
	for {
		temporary += collect(`",`)
		if position < len(input) && input[position] == '"' {
			temporary += collectQuotedString()
			if position < len(input) {
				continue
			}
		}
		values = append(values, strings.Trim(temporary, "\t "))
		temporary = ""
		if position >= len(input) {
			return values
		}
		position++
	}
}

func FuzzGetDecodeSplit(f *testing.F) {
	for _, s := range []string{"", "\n", "a,b\nc", `"1,2", 3`, "\"a\\\"\nb,c\"d,\te ", `"\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := linesOf(s)
		got, present := GetDecodeSplit(lines)
		if present != (len(lines) > 0) {
			t.Fatalf("GetDecodeSplit(%q): present = %t", lines, present)
		}
		if !present {
			return
		}
		if want := slowSplit(strings.Join(lines, ", ")); !slices.Equal(got, want) {
			t.Fatalf("GetDecodeSplit(%q) = %q, want %q", lines, got, want)
		}
	})
}

var tokenOrNothing = regexp.MustCompile("^[\t ]*([!#$%&'*+\\-.^_`|~0-9A-Za-z]*)[\t ]*$")

// slowTokens splits each line at commas and matches each member against a regular expression.
func slowTokens(lines []string) (values []string, ok bool) {
	for _, line := range lines {
		for _, member := range strings.Split(line, ",") {
			m := tokenOrNothing.FindStringSubmatch(member)
			if m == nil {
				return nil, false
			}
			if m[1] != "" {
				values = append(values, m[1])
			}
		}
	}
	return values, true
}

func FuzzExtractTokens(f *testing.F) {
	for _, s := range []string{"", "\n", "a,b\nc", ",a,\t, b ", "a b", "a,@\nb", "\"a\"", "a\x0b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := linesOf(s)
		got, present, ok := ExtractTokens(lines)
		want, wantOK := slowTokens(lines)
		if present != (len(lines) > 0) || ok != wantOK || !slices.Equal(got, want) {
			t.Fatalf("ExtractTokens(%q) = %q, %t, %t, want %q, %t", lines, got, present, ok, want, wantOK)
		}
	})
}

var singleRange = map[bool]*regexp.Regexp{
	false: regexp.MustCompile(`^bytes=(\d*)-(\d*)$`),
	true:  regexp.MustCompile("^bytes[\t ]*=[\t ]*(\\d*)[\t ]*-[\t ]*(\\d*)$"),
}

// slowRange returns the start and end of a range, which are nil for null.
func slowRange(value string, allowWhitespace bool) (start, end *big.Int, ok bool) {
	m := singleRange[allowWhitespace].FindStringSubmatch(value)
	if m == nil {
		return nil, nil, false
	}
	if m[1] != "" {
		start, _ = new(big.Int).SetString(m[1], 10)
	}
	if m[2] != "" {
		end, _ = new(big.Int).SetString(m[2], 10)
	}
	if start == nil && end == nil || start != nil && end != nil && start.Cmp(end) > 0 {
		return nil, nil, false
	}
	return start, end, true
}

func FuzzParseSingleRange(f *testing.F) {
	for _, s := range []string{
		"bytes=0-499", "bytes=-5", "bytes=5-", "bytes=-", "bytes = 00 - 0", "bytes=10-9",
		"bytes=9223372036854775807-9223372036854775808", "bytes=1-2\n",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	text := func(n *big.Int) string {
		if n == nil {
			return ""
		}
		return n.String()
	}
	f.Fuzz(func(t *testing.T, value string, allowWhitespace bool) {
		got, ok := ParseSingleRange(value, allowWhitespace)
		start, end, wantOK := slowRange(value, allowWhitespace)
		want := Range{}
		if wantOK {
			want = Range{
				Start: text(start), End: text(end), HasStart: start != nil, HasEnd: end != nil,
				BeyondInt64: start != nil && !start.IsInt64() || end != nil && !end.IsInt64(),
			}
		}
		if ok != wantOK || got != want {
			t.Fatalf("ParseSingleRange(%q, %t) = %+v, %t, want %+v, %t", value, allowWhitespace, got, ok, want, wantOK)
		}
	})
}
