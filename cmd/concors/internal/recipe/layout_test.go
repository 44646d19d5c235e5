package recipe

import (
	"strings"
	"testing"
)

func TestLinesAreBrokenWhereTheyAreTooWide(t *testing.T) {
	few, many := []string{"'a'", "'b'"}, []string{"'first'", "'second'", "'third'", "'fourth'"}
	for _, row := range []struct{ name, text, want string }{
		{"a list that fits", "  x: [" + list(openMark, trailingMark, "  ", few) + "],", "  x: ['a', 'b'],"},
		{"an empty list", "x: [" + list(openMark, trailingMark, "  ", nil) + "]", "x: []"},
		{"a comma behind the last item", "  x: [" + list(openMark, trailingMark, "  ", many) + "],\n",
			"  x: [\n    'first', 'second',\n    'third', 'fourth',\n  ],\n"},
		{"no comma behind it", "x: [" + list(openMark, closeMark, "  ", many) + "]", "x: [\n  'first', 'second',\n  'third', 'fourth'\n]"},
		{"what follows stays behind it", "f(" + list(openMark, hugMark, "    ", many) + ");", "f(\n    'first', 'second',\n    'third', 'fourth');"},
		{"the first item stays", "origins " + list(argumentMark, hugMark, "  ", many), "origins 'first',\n  'second', 'third',\n  'fourth'"},
		{"a blank that stays", "key:" + soft("", "  ") + "value", "key: value"},
		{"a blank that ends a line", "Header set Name" + soft(` \`, "    ") + "a-long-value-here", "Header set Name \\\n    a-long-value-here"},
		{"a tab is 4 columns", "\tx: {" + list(openMark, trailingMark, "\t", []string{"111111111", "222222222"}) + "}", "\tx: {\n\t\t111111111,\n\t\t222222222,\n\t}"},
		{"an item that is too wide for any line", "x: [" + list(openMark, hugMark, "  ", []string{strings.Repeat("a", 40), "b"}) + "]",
			"x: [\n  " + strings.Repeat("a", 40) + ",\n  b]"},
		{"only the line that is too wide", "a: [" + list(openMark, hugMark, "  ", few) + "]\nb: [" + list(openMark, hugMark, "  ", many) + "]",
			"a: ['a', 'b']\nb: [\n  'first', 'second',\n  'third', 'fourth']"},
		{"text without marks", strings.Repeat("a", 90) + "\n", strings.Repeat("a", 90) + "\n"},
	} {
		if got := layOut(row.text, 24); got != row.want {
			t.Errorf("%s: got\n%s\nwant\n%s", row.name, got, row.want)
		}
	}
}
