package entry

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func never([]string) bool { return false }

func always([]string) bool { return true }

func TestFind(t *testing.T) {
	for _, row := range []struct {
		entry  string
		kind   Kind
		values string // separated by |
	}{
		{"", Empty, ""}, {" \t", Empty, ""}, {"\u200b", Empty, ""}, {`""`, Empty, ""}, {` ' ' `, Empty, ""},
		{"a,b", List, "a|b"}, {"a;b", List, "a|b"}, {"a, 'b' ,", List, "a|b"}, {"a b", List, "a|b"}, {",", List, ""}, {"a，b", List, "a|b"},
		{`["a","b"]`, List, "a|b"}, {`[]`, List, ""}, {"[a,b]", List, "a|b"}, {"[x://a x://b]", List, "x://a|x://b"},
		{`"a"`, Quoted, "a"}, {"«a»", Quoted, "a"}, {` "a" `, Quoted, "a"}, {`\"a\"`, Quoted, "a"}, {`'a`, Quoted, "a"},
		{" a", Space, "a"}, {"a\n", Space, "a"}, {"a\u200bb", Space, "ab"}, {"x: //a", List, "x:|//a"}, {"a\xff", Space, ""},
		{"${A}", Placeholder, ""}, {"x$A", Placeholder, ""}, {"<a>", Placeholder, ""}, {"{{a}}", Placeholder, ""}, {"{a}", Placeholder, ""},
		{"%A_B%", Placeholder, ""}, {"@A_B@", Placeholder, ""}, {"__A_B__", Placeholder, ""}, {"env(A)", Placeholder, ""}, {"${A},${B}", Placeholder, ""},
		{"a", 0, ""}, {"x:[1,2]", 0, ""}, {"[::1]", 0, ""}, {"o'brien", 0, ""}, {"a__b", 0, ""}, {"a{2}", 0, ""}, {"100%", 0, ""}, {"a$", 0, ""}, {"ü", 0, ""},
	} {
		m, ok := Find(row.entry, always)
		if ok != (row.kind != 0) || m.Kind != row.kind || strings.Join(m.Values, "|") != row.values || ok && m.Problem == "" {
			t.Errorf("Find(%q) = %+v, want kind %d, values %q", row.entry, m, row.kind, row.values)
		}
	}
	if m, _ := Find("a b", never); m.Kind != Space || m.Values != nil {
		t.Errorf("a space inside one value: %+v", m)
	}
}

func TestFindSaysWhere(t *testing.T) {
	for _, row := range []struct{ entry, marked string }{
		{"a, b", ", "}, {" 'a';b", ";"}, {"a b", " "}, {`["a","b"]`, "["}, {"a,", ","}, {",a", ","}, {"a，b", "，"},
		{`"a"`, `"`}, {"«a»", "«"}, {`a"`, `"`}, {`\"a\"`, `\`}, {" a", " "}, {"a\u200b\u200bb", "\u200b\u200b"}, {"a\r", "\r"},
		{"a\xff\xfeb", "\xff\xfe"}, {"x${A}y", "${A}"}, {"", ""}, {" ", " "},
	} {
		m, _ := Find(row.entry, always)
		if got := row.entry[m.Start:m.End]; got != row.marked {
			t.Errorf("%q: marks %q, want %q", row.entry, got, row.marked)
		}
	}
}

func TestSentence(t *testing.T) {
	for n, want := range []string{
		"", "write a", "write 2 entries: a and a", "write 3 entries: a, a and a", "write 4 entries: a, a, a and a", "write 5 entries: a, a, a and 2 more",
	} {
		if got := Sentence(slices.Repeat([]string{"a"}, n)); got != want {
			t.Errorf("%d values: %q, want %q", n, got, want)
		}
	}
}

// FuzzFind checks that what is found consists of parts of the text and has none of the same mistakes.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"", " ", "a,b", `["a"]`, "'a", "${A}", "\u200b a", "\\", `\"`, "{[(", "a b", "\xff", `"\xff`, "_", "__A", "'\\'", "-\u0085"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, spaced := range []func([]string) bool{never, always} {
			m, ok := Find(s, spaced)
			if ok != (m.Kind != 0) || ok && (m.Problem == "" || !utf8.ValidString(m.Problem) && utf8.ValidString(s)) {
				t.Fatalf("Find(%q) = %+v, %t", s, m, ok)
			}
			if m.Start < 0 || m.Start > m.End || m.End > len(s) {
				t.Fatalf("Find(%q): from %d to %d", s, m.Start, m.End)
			}
			rest := s
			for _, v := range m.Values {
				if v == "" || v != strings.TrimFunc(v, isBlank) {
					t.Fatalf("Find(%q): the value %q", s, v)
				}
				for _, r := range v {
					i := strings.IndexRune(rest, r)
					if i < 0 && r != utf8.RuneError {
						t.Fatalf("Find(%q): the value %q is not a part of it", s, v)
					}
					rest = rest[max(i, 0):]
				}
			}
		}
	})
}

func ExampleFind() {
	m, _ := Find("https://a.example, https://b.example", func([]string) bool { return false })
	fmt.Println(m.Problem)
	fmt.Println(Sentence(m.Values))
	// Output:
	// it holds 2 values, and an entry is one value
	// write 2 entries: https://a.example and https://b.example
}
