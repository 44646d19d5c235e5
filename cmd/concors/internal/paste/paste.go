// Package paste reads what people have at hand when a request goes wrong: a curl
// command, or a fetch() call as DevTools copies it or as somebody wrote it.
//
// [Curl] and [Fetch] turn such a text into a [Pasted]: the question that it
// asks, in the words of the command line, and notes on whatever the text says
// otherwise than a page could. That is a good deal. A copied request has the
// headers that the browser wrote beside those that the page's script set, and
// taking the former for the latter would change the answer: a script that sets
// Cache-Control needs a preflight, a browser that sets it does not. So Origin,
// Referer, Cookie, Sec-Fetch-Mode and their like are taken for what they tell
// about the page, and left out of the request.
//
// Nothing in a text is run: no variable is looked up, no file is read. What
// cannot be understood is a *[Error] with its line and column. Both functions
// are safe for concurrent use and take time linear in the text.
package paste

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// Limit is how long a text may be, in bytes.
const Limit = 1 << 20

// Pasted is what a text was found to ask.
type Pasted struct {
	// Question has every field that the text decides. From is empty if the
	// text does not say which page asks; that the caller has to know.
	Question request.Question
	// Notes are sentences without a full stop: what was concluded, changed or
	// left out.
	Notes []string
}

func (p *Pasted) note(format string, args ...any) {
	p.Notes = append(p.Notes, oneLine(fmt.Sprintf(format, args...)))
}

// oneLine escapes what a terminal could act on, and cuts what is too long: a
// text that was pasted may come from anywhere.
func oneLine(s string) string {
	const most = 400
	var b strings.Builder
	n := 0
	for _, c := range s {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "\\u{%x}", c)
		}
	}
	return b.String()
}

// An Error says where a text stops making sense, and in Hint what to write
// instead. Line and Column count from 1, the column in characters; both are 0
// if it is the text as a whole.
type Error struct {
	Line, Column  int
	Problem, Hint string
}

// Error is the position and the problem, without the hint.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// errorAt is an Error at a byte offset of text.
func errorAt(text string, offset int, problem, hint string) *Error {
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1, Problem: oneLine(problem), Hint: oneLine(hint)}
}

// Read is Curl or Fetch, whichever the text is for.
func Read(text string) (*Pasted, error) {
	switch {
	case isCurl(text):
		return Curl(text)
	case strings.Contains(text, "Invoke-WebRequest"):
		return nil, &Error{Problem: "that is a PowerShell command, which is not read", Hint: "choose Copy as fetch, or Copy as cURL (bash), from the same menu"}
	case strings.Contains(text, "fetch"):
		return Fetch(text)
	case strings.TrimSpace(text) == "":
		return nil, &Error{Problem: "there is nothing in it", Hint: "in the browser's network panel: Copy as fetch, or Copy as cURL (bash)"}
	}
	return nil, &Error{Problem: "it is neither a curl command nor a fetch() call", Hint: "it begins with curl, or has fetch( in it"}
}

// acceptable refuses what neither language can have.
func acceptable(text string) error {
	switch {
	case len(text) > Limit:
		return &Error{Problem: fmt.Sprintf("it is %d bytes long, and %d are the limit", len(text), Limit), Hint: "shorten the body: only its length matters here"}
	case strings.IndexByte(text, 0) >= 0:
		return errorAt(text, strings.IndexByte(text, 0), "a zero byte", "copy it as text")
	case !utf8.ValidString(text):
		return &Error{Problem: "it is not UTF-8", Hint: "save it as UTF-8"}
	}
	return nil
}

// quote quotes a piece of the text for a message.
func quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// A header is one that was pasted. Its value is bytes, as on the wire.
type header struct{ name, value string }

func (h header) String() string { return h.name + ": " + h.value }
