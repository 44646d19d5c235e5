package recipe

import (
	"math"
	"regexp"
	"strings"
)

// gofmtLines lays out Go code as gofmt does, for what the templates write: statements, calls and composite
// literals, with each line broken where gofmt would leave the break. It sets the indentation, aligns the
// values of literals, and removes blank lines at the ends and after another one. Package go/format would do the
// same and half a megabyte more.
func gofmtLines(text string) string {
	var lines []string
	var openers []int // the indentation of the line of each open bracket
	var keys []int    // the lines whose values are aligned, which end with the last line
	var names []int   // the lengths of their keys
	align := func() {
		width := 0
		for _, i := range keys {
			width = max(width, strings.Index(lines[i], ": "))
		}
		for _, i := range keys {
			key, value, _ := strings.Cut(lines[i], ": ")
			lines[i] = key + ":" + strings.Repeat(" ", width-len(key)+1) + value
		}
		keys, names = nil, nil
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			align()
			if lines[len(lines)-1] != "" {
				lines = append(lines, "")
			}
			continue
		}
		code := goStrings.ReplaceAllString(line, "")
		indent := 0
		if n := len(openers); n > 0 {
			indent = openers[n-1]
			if code == "" || !strings.ContainsAny(code[:1], ")]}") {
				indent++
			}
		}
		before := len(openers)
		for _, c := range code {
			switch c {
			case '(', '[', '{':
				openers = append(openers, indent)
			case ')', ']', '}':
				openers = openers[:max(0, len(openers)-1)]
			}
		}
		// A value that goes on in the next line is aligned with nothing.
		isKey := goKey.MatchString(code) && len(openers) == before
		name, _, _ := strings.Cut(line, ":")
		if !isKey || len(keys) > 0 && indentOf(lines[len(lines)-1]) != indent || unlike(names, len(name)) {
			align()
		}
		if isKey {
			keys, names = append(keys, len(lines)), append(names, len(name))
		}
		lines = append(lines, strings.Repeat("\t", indent)+line)
	}
	align()
	end := "\n"
	if !strings.Contains(text, "package ") {
		end = text[len(strings.TrimRight(text, "\n")):] // of a part of a file
	}
	return strings.Join(lines, "\n") + end
}

// goStrings matches what is not code: strings, runes and comments.
var goStrings = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|'(?:[^'\\\\]|\\\\.)+'|//.*")

// goKey matches a line of a composite literal.
var goKey = regexp.MustCompile(`^[A-Z]\w*: .*, ?$`)

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, "\t")) }

// unlike reports whether gofmt does not align a key with those before it: it is long, and its length is 2.5 times
// their geometric mean, or the other way round.
func unlike(before []int, length int) bool {
	const short, ratio = 40, 2.5
	if n := len(before); n == 0 || before[n-1] <= short && length <= short {
		return false
	}
	sum := 0.0
	for _, l := range before {
		sum += math.Log(float64(l))
	}
	times := float64(length) / math.Exp(sum/float64(len(before)))
	return times*ratio <= 1 || times >= ratio
}
