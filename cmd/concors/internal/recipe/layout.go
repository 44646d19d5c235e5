package recipe

import (
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// LineColumns is how wide a line of a recipe is at most, if it can be broken: 80 columns
// and the indentation that a report has.
const LineColumns = 76

// Marks in the text of a template, for places where a line may be broken. They are control
// characters, which no value of a policy has.
const (
	openMark     = '\x01' // begins a list: the indentation of its lines follows
	itemMark     = '\x02' // between two items
	hugMark      = '\x03' // ends a list: what follows stays behind the last item
	closeMark    = '\x04' // ends a list: what follows is on a line of its own
	trailingMark = '\x05' // as closeMark, with a comma behind the last item
	argumentMark = '\x06' // begins a list as openMark does, but its first item stays where it is
	softMark     = '\x07' // a blank, or the end of a line: what stands there, and the next line's indentation follow
	endMark      = '\x0e' // ends each text that belongs to a mark
	anyMark      = "\x01\x02\x03\x04\x05\x06\x07\x0e"
)

// list marks a list that can be broken into lines, which are indented by step.
func list(open, end rune, step string, items []string) string {
	if len(items) == 0 {
		return ""
	}
	return string(open) + step + string(endMark) + strings.Join(items, string(itemMark)) + string(end)
}

// soft marks a blank where a line can be broken. end is what stands at its end then, and
// step indents the next line.
func soft(end, step string) string {
	return string(softMark) + end + string(endMark) + step + string(endMark)
}

// layOut writes each line on one line if that has at most columns, and otherwise breaks it
// at its marks. Tabs count as 4 columns.
func layOut(text string, columns int) string {
	if !strings.ContainsAny(text, anyMark) {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if flat := flatten(line); width(strings.TrimSuffix(flat, "\n")) <= columns {
			b.WriteString(flat)
		} else {
			b.WriteString(breakAll(line, columns))
		}
	}
	return b.String()
}

// breakAll breaks a line at all of its marks, but has as many items on a line as fit.
func breakAll(line string, columns int) string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	var b strings.Builder
	at, step := 0, "" // the column, and the indentation of the list that is open
	write := func(s string) {
		b.WriteString(s)
		at += width(s)
	}
	breakLine := func(step string) {
		b.WriteString("\n" + indent + step)
		at = width(indent + step)
	}
	eachMark(line, write, func(mark rune, value, next, rest string) {
		switch mark {
		case openMark, argumentMark:
			if step = value; mark == openMark {
				breakLine(step)
			}
		case itemMark:
			item := rest
			if i := strings.IndexAny(rest, string([]rune{itemMark, closeMark, trailingMark})); i >= 0 {
				item = rest[:i]
			}
			if write(","); at+1+width(flatten(strings.TrimSuffix(item, "\n")))+1 > columns {
				breakLine(step)
			} else {
				write(" ")
			}
		case trailingMark:
			write(",")
			breakLine("")
		case closeMark:
			breakLine("")
		case softMark:
			write(value)
			breakLine(next)
		}
	})
	return b.String()
}

// flatten returns a text without its marks, as if no line was broken.
func flatten(text string) string {
	var b strings.Builder
	write := func(s string) { b.WriteString(s) }
	eachMark(text, write, func(mark rune, _, _, _ string) {
		switch mark {
		case softMark:
			write(" ")
		case itemMark:
			write(", ")
		}
	})
	return b.String()
}

// eachMark calls write for the text between the marks, and do for each mark, with the
// values that it has and what follows.
func eachMark(text string, write func(string), do func(mark rune, value, next, rest string)) {
	for {
		i := strings.IndexAny(text, anyMark)
		if i < 0 {
			write(text)
			return
		}
		write(text[:i])
		mark, value, next := rune(text[i]), "", ""
		text = text[i+1:]
		switch mark {
		case openMark, argumentMark:
			value, text, _ = strings.Cut(text, string(endMark))
		case softMark:
			value, text, _ = strings.Cut(text, string(endMark))
			next, text, _ = strings.Cut(text, string(endMark))
		}
		do(mark, value, next, text)
	}
}

func width(s string) int { return term.Columns(strings.ReplaceAll(s, "\t", "    ")) }
