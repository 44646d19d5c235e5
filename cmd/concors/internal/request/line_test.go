package request

import (
	"encoding/json"
	"testing"

	"github.com/concors/concors/fetch/fix"
)

// What is wrong in a line stays marked, whatever was masked in the line.
func TestALineKeepsItsPlace(t *testing.T) {
	location := func(value, wrong string) fix.Line {
		start := len("Location: ")
		for i := range value {
			if len(value) >= i+len(wrong) && value[i:i+len(wrong)] == wrong {
				start += i
				break
			}
		}
		return fix.Line{Part: fix.HeaderLine, Name: "Location", Value: value, Start: start, End: start + len(wrong)}
	}
	for _, row := range []struct {
		name          string
		line          fix.Line
		masked        string // the value, "" if nothing is masked
		before, wrong string
	}{
		{"nothing is masked", location("https://a.example/x", "a.example"), "", "Location: https://", "a.example"},
		{"bytes that are not UTF-8", location("\xe9\xff", "\xff"), "", "Location: \u00e9", "\u00ff"},
		{"after it", location("https://a.example/?token=secret", "a.example"), "https://a.example/?token=***", "Location: https://", "a.example"},
		{"before it", location("https://user:password@a.example/x", "a.example"), "https://***@a.example/x", "Location: https://***@", "a.example"},
		{"itself", location("https://user:password@a.example/x", "user:password"), "https://***@a.example/x", "Location: https://", "***"},
		{"a part of it", location("https://user:password@a.example/x", "password@a"), "https://***@a.example/x", "Location: https://", "***@a"},
		{"all", location("https://a.example/x", "a.example"), "***", "Location: ", "***"},
		{"everything", location("https://a.example/x", "a.example"), "-", "Location: ", "-"},
		{"a URL", fix.Line{Part: fix.URLLine, Value: "http://\u00e9.example", Start: 7, End: 9}, "", "http://", "\u00e9"},
	} {
		l := lineOf(row.line)
		if row.masked != "" {
			l.Value = row.masked
		}
		before, wrong, after := l.Split()
		if before != row.before || wrong != row.wrong || before+wrong+after != l.whole() {
			t.Errorf("%s: %q, %q, %q", row.name, before, wrong, after)
		}
		raw, err := json.Marshal(l)
		var back Line
		if err != nil || json.Unmarshal(raw, &back) != nil || back.Start != len([]rune(before)) || back.End != len([]rune(before+wrong)) {
			t.Errorf("%s: %s, %v", row.name, raw, err)
		}
	}
	for _, l := range []Line{{}, {Value: "a", Start: -1, End: 9}, {Part: fix.HeaderLine, Start: 7, End: 3}} {
		if before, wrong, after := l.Split(); before+wrong+after != l.whole() {
			t.Errorf("%+v: %q, %q, %q", l, before, wrong, after)
		}
	}
}
