package request

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/concors/concors/fetch/fix"
)

// A Line is a line of the response that has to change, or the URL of the request.
type Line struct {
	// Part is header, status or url. Name is a header's name, and Value its value, the
	// status line or the URL. Missing means that there is no such header.
	Part    fix.Part `json:"part"`
	Name    string   `json:"name,omitempty"`
	Value   string   `json:"value"`
	Missing bool     `json:"missing,omitempty"`
	// Start and End are the characters that are wrong in the whole line, which is Name,
	// a colon, a space and Value for a header and Value otherwise. They are equal where
	// something is missing. Use Split: a secret in the line may have been masked since.
	Start int `json:"start"`
	End   int `json:"end"`

	sent string // the whole line before secrets were masked
}

// lineOf returns a line as a Result has it: of a header, one character for each byte.
func lineOf(l fix.Line) Line {
	out := Line{Part: l.Part, Name: text(l.Name), Value: text(l.Value), Missing: l.Missing, Start: l.Start, End: l.End}
	if l.Part != fix.HeaderLine {
		out.Value = cut(l.Value)
		out.Start, out.End = utf8.RuneCountInString(l.Value[:l.Start]), utf8.RuneCountInString(l.Value[:l.End])
	}
	out.sent = out.whole()
	length := utf8.RuneCountInString(out.sent) // what was cut off has no place
	out.Start, out.End = min(out.Start, length), min(out.End, length)
	return out
}

func (l *Line) whole() string {
	if l.Part == fix.HeaderLine {
		return l.Name + ": " + l.Value
	}
	return l.Value
}

// Split returns the line in three parts, of which the second is wrong.
func (l Line) Split() (before, wrong, after string) {
	line := []rune(l.whole())
	start, end := l.place(line)
	return string(line[:start]), string(line[start:end]), string(line[end:])
}

// place returns what is wrong in the line as it is now. If what is wrong was masked, it
// is all that was.
func (l *Line) place(line []rune) (start, end int) {
	if l.sent == "" || l.sent == string(line) {
		end = max(0, min(l.End, len(line)))
		return max(0, min(l.Start, end)), end
	}
	sent := []rune(l.sent)
	first, last := 0, 0
	for first < min(len(sent), len(line)) && sent[first] == line[first] {
		first++
	}
	for last < min(len(sent), len(line))-first && sent[len(sent)-1-last] == line[len(line)-1-last] {
		last++
	}
	moved := func(i, otherwise int) int {
		switch {
		case i <= first:
			return i
		case i >= len(sent)-last:
			return i + len(line) - len(sent)
		}
		return otherwise
	}
	start = moved(l.Start, first)
	return start, max(start, moved(l.End, len(line)-last))
}

// MarshalJSON writes the line with the place of what is wrong as it is now.
func (l Line) MarshalJSON() ([]byte, error) {
	type plain Line
	l.Start, l.End = l.place([]rune(l.whole()))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(plain(l))
	return b.Bytes(), err
}
