package field

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestIsToken(t *testing.T) {
	for s, want := range map[string]bool{
		"":                 false,
		"GET":              true,
		"x-custom_1.2~":    true,
		"!#$%&'*+-.^_`|~":  true,
		"*":                true,
		"a b":              false,
		"a\t":              false,
		"a,b":              false,
		"a:b":              false,
		`"a"`:              false,
		"(a)":              false,
		"a/b":              false,
		"na\xc3\xafve":     false,
		"a\x00":            false,
		"a\x7f":            false,
		"ZYXWVUTSRQPONMLK": true,
	} {
		if got := IsToken(s); got != want {
			t.Errorf("IsToken(%q) = %t", s, got)
		}
	}
}

// RFC 9110 defines tchar twice: as a list, which the package uses, and as visible characters except
// delimiters, which this test uses.
func TestIsTokenByte(t *testing.T) {
	for i := range 256 {
		c := byte(i)
		want := c > ' ' && c < 0x7F && !strings.ContainsRune("\"(),/:;<=>?@[\\]{}", rune(c))
		if IsTokenByte(c) != want {
			t.Errorf("IsTokenByte(%q) = %t", c, !want)
		}
	}
}

func TestNormalizeValue(t *testing.T) {
	for s, want := range map[string]string{
		"":              "",
		"a":             "a",
		" \t\r\n":       "",
		"\r\n a b\t\n":  "a b",
		"a\r\nb":        "a\r\nb",
		"\x0ba\x0c":     "\x0ba\x0c", // neither VT nor FF is HTTP whitespace
		"\u00a0a\u00a0": "\u00a0a\u00a0",
	} {
		if got := NormalizeValue(s); got != want {
			t.Errorf("NormalizeValue(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestValidValue(t *testing.T) {
	for s, want := range map[string]bool{
		"":              true,
		"a":             true,
		"a b\tc":        true,
		"\x01\x7f":      true, // unlike HTTP's field-value
		"\xff":          true,
		" a":            false,
		"a ":            false,
		"\ta":           false,
		"a\t":           false,
		"a\x00b":        false,
		"a\nb":          false,
		"a\rb":          false,
		"\u00e9t\u00e9": true,
	} {
		if got := ValidValue(s); got != want {
			t.Errorf("ValidValue(%q) = %t", s, got)
		}
	}
}

func TestLower(t *testing.T) {
	for s, want := range map[string]string{
		"":             "",
		"abc-1":        "abc-1",
		"aBC-X":        "abc-x",
		"@AZ[":         "@az[",
		"\u212a\u00c9": "\u212a\u00c9", // the Kelvin sign and É are not ASCII
	} {
		if got := Lower(s); got != want {
			t.Errorf("Lower(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"Content-Type", "cONTENT-tYPE", true},
		{"a", "b", false},
		{"a", "aa", false},
		{"@", "`", false}, // 0x40 and 0x60 differ in the same bit as A and a
		{"[", "{", false},
		{"\u212a", "k", false},
		{"\u00e9", "\u00c9", false},
	} {
		if got := EqualFold(test.a, test.b); got != test.want {
			t.Errorf("EqualFold(%q, %q) = %t", test.a, test.b, got)
		}
	}
}

func TestGet(t *testing.T) {
	for _, test := range []struct {
		name    string
		lines   []string
		want    string
		present bool
	}{
		{"absent", nil, "", false},
		{"empty is not absent", []string{""}, "", true},
		{"one line", []string{"a,b"}, "a,b", true},
		{"lines are joined with a space", []string{"a", "", "b"}, "a, , b", true},
	} {
		got, present := Get(test.lines)
		if got != test.want || present != test.present {
			t.Errorf("%s: Get(%q) = %q, %t", test.name, test.lines, got, present)
		}
	}
}

func TestGetDecodeSplit(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  []string
	}{
		// The examples of the standard.
		{"trailing comma", []string{"nosniff,"}, []string{"nosniff", ""}},
		{"trailing empty line", []string{"nosniff", ""}, []string{"nosniff", ""}},
		{"empty line", []string{""}, []string{""}},
		{"absent", nil, nil},
		{"open quote", []string{`text/html;", x/x`}, []string{`text/html;", x/x`}},
		{"open quote over lines", []string{`text/html;"`, "x/x"}, []string{`text/html;", x/x`}},
		{"closed quote", []string{`x/x;test="hi",y/y`}, []string{`x/x;test="hi"`, "y/y"}},
		{"closed quote over lines", []string{`x/x;test="hi"`, "y/y"}, []string{`x/x;test="hi"`, "y/y"}},
		{"empty members", []string{"x / x,,,1"}, []string{"x / x", "", "", "1"}},
		{"empty members over lines", []string{"x / x", ",", "1"}, []string{"x / x", "", "", "1"}},
		{"quoted comma", []string{`"1,2", 3`}, []string{`"1,2"`, "3"}},
		{"quoted comma over lines", []string{`"1,2"`, "3"}, []string{`"1,2"`, "3"}},
		// More.
		{"escaped quote", []string{`"a\",b",c`}, []string{`"a\",b"`, "c"}},
		{"escaped backslash", []string{`"a\\",b`}, []string{`"a\\"`, "b"}},
		{"backslash at the end", []string{`"a\`}, []string{`"a\`}},
		{"backslash outside quotes", []string{`\,a`}, []string{`\`, "a"}},
		{"text after a quoted string", []string{`"a"b, "c" "d,"`}, []string{`"a"b`, `"c" "d,"`}},
		{"tabs and spaces only", []string{" \t,\t a\x0b "}, []string{"", "a\x0b"}},
	} {
		got, present := GetDecodeSplit(test.lines)
		if !slices.Equal(got, test.want) || present != (test.lines != nil) {
			t.Errorf("%s: GetDecodeSplit(%q) = %q, %t, want %q", test.name, test.lines, got, present, test.want)
		}
	}
}

func TestExtractTokens(t *testing.T) {
	for _, test := range []struct {
		name        string
		lines       []string
		want        []string
		present, ok bool
	}{
		{"absent header is valid", nil, nil, false, true},
		{"empty line lists nothing", []string{""}, nil, true, true},
		{"only commas list nothing", []string{", ,\t,"}, nil, true, true},
		{"one", []string{"PUT"}, []string{"PUT"}, true, true},
		{"order and case are kept", []string{"X-b, x-A,*"}, []string{"X-b", "x-A", "*"}, true, true},
		{"empty members are skipped", []string{",a,,b ,\t, c,"}, []string{"a", "b", "c"}, true, true},
		{"tabs and spaces around members", []string{" \ta\t ,\t b "}, []string{"a", "b"}, true, true},
		{"lines are combined", []string{"a", "", "b,c"}, []string{"a", "b", "c"}, true, true},
		{"duplicates are kept", []string{"a, a"}, []string{"a", "a"}, true, true},
		{"two words are not a token", []string{"a b"}, nil, true, false},
		{"a bad byte invalidates the whole line", []string{"a, b:c, d"}, nil, true, false},
		{"a bad line invalidates the whole header", []string{"a", "b@"}, nil, true, false},
		{"a quoted string is not a token", []string{`"a"`}, nil, true, false},
		{"quotes do not protect a comma", []string{`a","b`}, nil, true, false},
		{"vertical tab is not whitespace", []string{"a\x0b"}, nil, true, false},
		{"line feed is not whitespace", []string{"a,\nb"}, nil, true, false},
		{"parameters are not allowed", []string{"a;q=1"}, nil, true, false},
		{"not ASCII", []string{"\u00e9"}, nil, true, false},
	} {
		got, present, ok := ExtractTokens(test.lines)
		if !slices.Equal(got, test.want) || present != test.present || ok != test.ok {
			t.Errorf("%s: ExtractTokens(%q) = %q, %t, %t, want %q, %t, %t",
				test.name, test.lines, got, present, ok, test.want, test.present, test.ok)
		}
	}
}

func TestTokensYieldsInvalidMemberLast(t *testing.T) {
	for _, test := range []struct {
		line string
		good []string
		bad  string
	}{
		{"a, b c ,d", []string{"a"}, "b c"},
		{"a, \t@", []string{"a"}, "@"},
		{"x:", nil, "x:"},
		{`"q", a`, nil, `"q"`},
	} {
		var good []string
		bad := "none"
		for token, ok := range Tokens(test.line) {
			if ok {
				good = append(good, token)
			} else {
				bad = token
			}
		}
		if !slices.Equal(good, test.good) || bad != test.bad {
			t.Errorf("Tokens(%q) yields %q and the invalid %q; want %q and %q", test.line, good, bad, test.good, test.bad)
		}
	}
}

// The runtime panics if an iterator continues after a break.
func TestIteratorsStopOnBreak(t *testing.T) {
	for range Tokens("a,b") {
		break
	}
	for range SplitSeq("a,b") {
		break
	}
}

func TestDeltaSeconds(t *testing.T) {
	for _, test := range []struct {
		name        string
		lines       []string
		want        int64
		present, ok bool
	}{
		{"absent header is valid", nil, 0, false, true},
		{"zero", []string{"0"}, 0, true, true},
		{"number", []string{"600"}, 600, true, true},
		{"whitespace around", []string{" 600\t"}, 600, true, true},
		{"whitespace within", []string{"6 00"}, 0, true, false},
		{"leading zeros", []string{"000600"}, 600, true, true},
		{"greatest int64", []string{"9223372036854775807"}, math.MaxInt64, true, true},
		{"greatest int64 plus one", []string{"9223372036854775808"}, math.MaxInt64, true, true},
		{"2^64", []string{"18446744073709551616"}, math.MaxInt64, true, true},
		{"1000 digits", []string{strings.Repeat("9", 1000)}, math.MaxInt64, true, true},
		{"1000 leading zeros", []string{strings.Repeat("0", 1000) + "7"}, 7, true, true},
		{"empty", []string{""}, 0, true, false},
		{"two lines", []string{"60", "60"}, 0, true, false},
		{"list", []string{"60, 60"}, 0, true, false},
		{"plus", []string{"+60"}, 0, true, false},
		{"minus", []string{"-1"}, 0, true, false},
		{"fraction", []string{"5.5"}, 0, true, false},
		{"exponent", []string{"6e1"}, 0, true, false},
		{"hexadecimal", []string{"0x3c"}, 0, true, false},
		{"unit", []string{"60s"}, 0, true, false},
		{"parameter", []string{"60;x"}, 0, true, false},
		{"quoted", []string{`"60"`}, 0, true, false},
		{"digits that are not ASCII", []string{"\u0661"}, 0, true, false},
	} {
		got, present, ok := DeltaSeconds(test.lines)
		if got != test.want || present != test.present || ok != test.ok {
			t.Errorf("%s: DeltaSeconds(%q) = %d, %t, %t, want %d, %t, %t",
				test.name, test.lines, got, present, ok, test.want, test.present, test.ok)
		}
	}
}

func TestParseSingleRange(t *testing.T) {
	const max, beyond = "9223372036854775807", "9223372036854775808"
	for _, test := range []struct {
		name       string
		value      string
		whitespace bool
		want       string // start-end, followed by ! if beyond an int64; "" if invalid
	}{
		{"start and end", "bytes=0-499", false, "0-499"},
		{"start only", "bytes=500-", false, "500-"},
		{"end only (the last bytes)", "bytes=-500", false, "-500"},
		{"one byte", "bytes=5-5", false, "5-5"},
		{"zero start is a start", "bytes=0-", false, "0-"},
		{"leading zeros", "bytes=007-0008", false, "7-8"},
		{"equal except for leading zeros", "bytes=00-0", false, "0-0"},
		{"compared as numbers", "bytes=9-10", false, "9-10"},
		{"greatest int64", "bytes=0-" + max, false, "0-" + max},
		{"greatest int64 plus one", "bytes=0-" + beyond, false, "0-" + beyond + "!"},
		{"start beyond int64", "bytes=" + beyond + "-", false, beyond + "-!"},
		{"both beyond int64, in order", "bytes=" + beyond + "-9" + beyond, false, beyond + "-9" + beyond + "!"},
		{"both beyond int64, reversed", "bytes=9" + beyond + "-" + beyond, false, ""},
		{"40 leading zeros", "bytes=" + strings.Repeat("0", 40) + "1-2", false, "1-2"},
		{"ends before it starts", "bytes=5-1", false, ""},
		{"neither start nor end", "bytes=-", false, ""},
		{"unit is case-sensitive", "BYTES=0-1", false, ""},
		{"other unit", "items=0-1", false, ""},
		{"several ranges", "bytes=0-1,3-4", false, ""},
		{"no hyphen", "bytes=5", false, ""},
		{"no equals sign", "bytes 0-1", false, ""},
		{"unit only", "bytes", false, ""},
		{"empty", "", false, ""},
		{"sign", "bytes=+1-2", false, ""},
		{"two hyphens", "bytes=1--2", false, ""},
		{"trailing garbage", "bytes=0-1x", false, ""},
		{"digits that are not ASCII", "bytes=\u0661-", false, ""},
		{"whitespace not allowed", "bytes= 0-1", false, ""},
		{"whitespace allowed", "bytes \t= 0\t- 1", true, "0-1"},
		{"trailing whitespace, although allowed elsewhere", "bytes=0-1 ", true, ""},
		{"leading whitespace, although allowed elsewhere", " bytes=0-1", true, ""},
		{"line feed is not whitespace", "bytes=\n0-1", true, ""},
	} {
		got := ""
		if r, ok := ParseSingleRange(test.value, test.whitespace); ok {
			got = r.Start + "-" + r.End
			if r.BeyondInt64 {
				got += "!"
			}
			if r.HasStart != (r.Start != "") || r.HasEnd != (r.End != "") {
				t.Errorf("%s: HasStart and HasEnd do not match Start and End: %+v", test.name, r)
			}
		}
		if got != test.want {
			t.Errorf("%s: ParseSingleRange(%q, %t) = %q, want %q", test.name, test.value, test.whitespace, got, test.want)
		}
	}
}
