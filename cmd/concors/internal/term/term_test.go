package term

import (
	"os"
	"strings"
	"testing"
	"unicode"
)

func TestPrintableEscapesWhatATerminalActsOn(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"plain text stays", "no-store, max-age=0", "no-store, max-age=0"},
		{"letters of any script stay", "café ‘x’ 字", "café ‘x’ 字"},
		{"an escape sequence", "\x1b[31mred", `\x1b[31mred`},
		{"a carriage return and a bell", "a\rb\a", `a\x0db\x07`},
		{"a C1 control character", "a\u009bb", `a\u{9b}b`},
		{"a right-to-left override", "a\u202eb", `a\u{202e}b`},
		{"a zero-width joiner", "a\u200db", `a\u{200d}b`},
		{"a combining mark", "e\u0301", `e\u{301}`},
		{"bytes that are not UTF-8", "a\xff\x80b", `a\xff\x80b`},
		{"DEL", "\x7f", `\x7f`},
	} {
		if got := Printable(row.in); got != row.want {
			t.Errorf("%s: Printable(%q) = %q, want %q", row.name, row.in, got, row.want)
		}
	}
}

func TestShortenCutsInTheMiddle(t *testing.T) {
	for _, row := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"https://api.example/a/long/path/to/notes/1", 24, "https://api.ex...notes/1"},
		{"日本語日本語日本語", 11, "日本語...語"},
		{"日本語日本語日本語", 12, "日本語...語"},
		{"日本語", 3, "日"},
		{"abcdef", 3, "abc"},
		{"abcdef", 0, ""},
		{"abcdef", -1, ""},
	} {
		if got := Shorten(row.in, row.n); got != row.want {
			t.Errorf("Shorten(%q, %d) = %q, want %q", row.in, row.n, got, row.want)
		}
	}
}

func TestCutKeepsCharactersWhole(t *testing.T) {
	for _, row := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "longe..."},
		{"日本語", 9, "日本語"},
		{"日本語", 8, "日本..."},
		{"日本語", 6, "日本..."},
		{"a\xff\xff\xffb", 2, "a\xff..."},
		{"abc", 0, "..."},
	} {
		if got := Cut(row.in, row.n); got != row.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", row.in, row.n, got, row.want)
		}
	}
}

func TestWrapBreaksAtSpacesAndWithinWordsThatAreTooLong(t *testing.T) {
	for _, row := range []struct {
		in   string
		n    int
		want string
	}{
		{"one two three", 7, "one two|three"},
		{"one two three", 80, "one two three"},
		{"a abcdefghij b", 4, "a|abcd|efgh|ij b"},
		{"", 10, ""},
		{"Access-Control-Allow-Origin is missing", 12, "Access-Contr|ol-Allow-Ori|gin is|missing"},
		{"日本語 text 日本", 8, "日本語|text|日本"},
		{"日本語日本語", 5, "日本|語日|本語"},
		{"  spaces   vanish ", 10, "spaces|vanish"},
	} {
		if got := strings.Join(Wrap(row.in, row.n), "|"); got != row.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", row.in, row.n, got, row.want)
		}
	}
}

// FuzzText checks that output is safe for a terminal and lines are short,
// whatever a server sends.
func FuzzText(f *testing.F) {
	f.Add("\x1b]0;title\x07 \u202e\xff", uint8(10))
	f.Add(strings.Repeat("wide 字 ", 100), uint8(7))
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		size := int(n)%78 + 1
		for _, out := range []string{Printable(s), Bounded(s)} {
			for _, r := range out {
				if !unicode.IsPrint(r) || unicode.Is(unicode.M, r) {
					t.Fatalf("%q has the unprintable %U", out, r)
				}
			}
		}
		if Printable(Printable(s)) != Printable(s) {
			t.Errorf("Printable(%q) is not stable", s)
		}
		if out := Shorten(Printable(s), size); Columns(out) > size {
			t.Errorf("Shorten to %d columns returned %q", size, out)
		}
		lines := Wrap(Printable(s), size)
		for _, line := range lines {
			if Columns(line) > max(size, 2) { // a wide character has no room in one column
				t.Errorf("Wrap at %d columns returned %q", size, line)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(strings.Join(lines, " ")) != squeeze(Printable(s)) {
			t.Errorf("Wrap lost a part of %q", s)
		}
		if len(Bounded(s)) > 10*MaxValue {
			t.Errorf("Bounded returned %d bytes", len(Bounded(s)))
		}
	})
}

func TestTablesAlignWideCharacters(t *testing.T) {
	long := strings.Repeat("word ", 20)
	got := strings.Join(table(Width, 2, [][]string{
		{"name", "1", "x"},
		{"日本語", "22", "日本語 のヘッダー"},
		{"😀", "333", long},
		{Printable("e\u0301"), "4", ""},
	}), "\n")
	want := "  name      1    x\n" +
		"  日本語    22   日本語 のヘッダー\n" +
		"  😀        333  word word word word word word word word word word word word\n" +
		"                 word word word word word word word word\n" +
		"  e\\u{301}  4"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLabelsStandBeforeTheFirstLine(t *testing.T) {
	got := strings.Join(labelled(Width, "  日本", 8, strings.Repeat("word ", 20)), "\n")
	want := "  日本  word word word word word word word word word word word word word word\n        word word word word word word"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestColourIsForTerminalsOnly(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if Coloured(&strings.Builder{}) {
		t.Error("a builder counts as a terminal")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Logf("without a pseudo-terminal only files are tested: %v", err)
		return
	}
	defer terminal.Close()
	if !Coloured(terminal) {
		t.Error("no colour on a terminal")
	}
	for _, setting := range [][2]string{{"NO_COLOR", "1"}, {"TERM", "dumb"}} {
		t.Run(setting[0], func(t *testing.T) {
			t.Setenv(setting[0], setting[1])
			if Coloured(terminal) {
				t.Errorf("colour with %s=%s", setting[0], setting[1])
			}
		})
	}
}
