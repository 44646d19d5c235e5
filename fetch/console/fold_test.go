package console

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A wrap is what a program does to a text that it folds or quotes.
type wrap struct {
	name string
	do   func(text string, width int) string
}

var wraps = []wrap{
	{"plain", func(s string, w int) string { return fold(s, w, "") }},
	{"quoted mail", func(s string, w int) string { return prefix(fold(s, w-2, ""), "> ") }},
	{"a quoted quote", func(s string, w int) string { return prefix(fold(s, w-4, ""), "> > ") }},
	{"a quote without a blank", func(s string, w int) string { return prefix(fold(s, w-1, ""), ">") }},
	{"indented", func(s string, w int) string { return prefix(fold(s, w-4, ""), "    ") }},
	{"a hanging indent", func(s string, w int) string { return "  " + fold(s, w, "      ") }},
	{"a Markdown list", func(s string, w int) string { return "- " + fold(s, w-2, "  ") }},
	{"a numbered list", func(s string, w int) string { return "1. " + fold(s, w-3, "   ") }},
	{"a code fence", func(s string, w int) string { return "```\n" + fold(s, w, "") + "\n```" }},
	{"a bold quote", func(s string, w int) string { return prefix("**"+fold(s, w-4, "")+"**", "> ") }},
	{"a time before each line", func(s string, w int) string { return prefix(fold(s, w, ""), "2026-05-01T10:00:00.123Z ") }},
	{"another time before each line", func(s string, w int) string { return prefix(fold(s, w, ""), "[10:22:33] ") }},
	{"a container's name", func(s string, w int) string { return prefix(fold(s, w, ""), "app-web-1  | ") }},
	{"a place in a script", func(s string, w int) string { return prefix(fold(s, w, ""), "main.js:12:7 ") }},
	{"a comment", func(s string, w int) string { return prefix(fold(s, w, ""), "// ") }},
	{"a terminal", hardFold},
	{"a box", func(s string, w int) string {
		lines := strings.Split(fold(s, w-4, ""), "\n")
		for i, l := range lines {
			lines[i] = "│ " + l + strings.Repeat(" ", max(0, w-4-utf8.RuneCountInString(l))) + " │"
		}
		return strings.Join(lines, "\n")
	}},
	{"carriage returns", func(s string, w int) string { return strings.ReplaceAll(fold(s, w, ""), "\n", "\r\n") }},
	{"lines apart", func(s string, w int) string { return strings.ReplaceAll(fold(s, w, ""), "\n", "\n\n") }},
}

// fold folds each line of a text at blanks, as mail programs and editors do. A word
// that is longer than the width gets a line of its own.
func fold(text string, width int, indent string) string {
	var out []string
	for i, line := range strings.Split(text, "\n") {
		current, length := "", 0
		if i > 0 {
			current = indent
		}
		for _, word := range strings.Split(line, " ") {
			n := utf8.RuneCountInString(word)
			if length > 0 && length+1+n > width {
				out = append(out, current)
				current, length = indent, 0
			}
			if length > 0 {
				current, length = current+" ", length+1
			}
			current, length = current+word, length+n
		}
		out = append(out, current)
	}
	return strings.Join(out, "\n")
}

// hardFold cuts each line of a text at the width, also within words.
func hardFold(text string, width int) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		runes := []rune(line)
		for len(runes) > width {
			out, runes = append(out, string(runes[:width])), runes[width:]
		}
		out = append(out, string(runes))
	}
	return strings.Join(out, "\n")
}

func prefix(text, with string) string {
	return with + strings.ReplaceAll(text, "\n", "\n"+with)
}

// knownTexts returns one recorded text of each browser, reason and kind.
func knownTexts(t testing.TB) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range readRecordings(t) {
		key := fmt.Sprint(r.Browser, r.Reason, r.Kind, len(r.Lines), r.FirstURL == "")
		if len(r.Lines) > 0 && !seen[key] {
			seen[key] = true
			out = append(out, strings.Join(r.Lines, "\n"))
		}
	}
	return out
}

// A text is read in the same way at whatever width it was folded, and whatever was
// put before its lines.
func TestFoldedTextsAreReadAsUnfolded(t *testing.T) {
	texts := knownTexts(t)
	// With CONCORS_ALL_FOLDS=1 every text is folded at many widths, which takes
	// minutes; the rest is a sample.
	step, every := 37, 8
	switch {
	case os.Getenv("CONCORS_ALL_FOLDS") != "":
		step, every = 11, 1
	case testing.Short():
		step, every = 73, 40
	}
	failures, tried := 0, 0
	for i, text := range texts {
		if i%every != 0 {
			continue
		}
		want := told(Parse(text))
		for j, w := range wraps {
			for width := 40 + (i+3*j)%step; width <= 120; width += step {
				tried++
				folded := w.do(text, width)
				if got := told(Parse(folded)); got != want {
					if failures++; failures < 20 {
						t.Errorf("%s, width %d:\n%s\n got %s\nwant %s", w.name, width, folded, got, want)
					}
				}
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d of %d foldings of %d texts were read otherwise", failures, tried, len(texts))
	}
	t.Logf("%d foldings of %d texts", tried, len(texts))
}

// told is what messages say, apart from where they were found.
func told(messages []Message) string {
	var out []string
	for _, m := range messages {
		k := m.Known
		out = append(out, fmt.Sprintf("%v %v %t %+v", m.Browsers, m.Reasons, m.Unsaid, k))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
