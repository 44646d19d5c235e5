// Package paste reads the request that someone copied: a curl command or what
// curl -v printed, a fetch() call as DevTools copies it or as a person wrote it, or
// a request's headers.
//
// [Read] and the functions that it calls turn such a text into a [Pasted]: the request as a question
// in the words of the command line, and notes on everything that a page could not
// have sent in that way. A copied request mixes the headers that the browser added
// with those that the page's script set, and the difference matters: a script that
// sets Cache-Control causes a preflight, a browser that adds it does not. So
// Origin, Referer, Cookie, Sec-Fetch-Mode and similar headers are read as facts
// about the page, and left out of the request.
//
// Nothing in a text is run, no shell variable is expanded and no file is read. Where the
// text cannot be understood, the error is an *[Error] with line and column. All
// functions are safe for concurrent use and take time linear in the text.
package paste

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// Limit is how long a text may be, in bytes.
const Limit = 1 << 20

// Pasted is the request that was read from a text.
type Pasted struct {
	// Question has every field that the text decides. From is empty if the
	// text does not name the page; the caller has to add it.
	Question request.Question
	// Notes say what was concluded, changed or left out. Each is a sentence
	// without its full stop, and one line.
	Notes []string
}

func (p *Pasted) note(format string, args ...any) {
	p.Notes = append(p.Notes, oneLine(fmt.Sprintf(format, args...)))
}

// oneLine escapes control characters and cuts long text: a pasted text may come from
// anywhere, and is shown on a terminal.
func oneLine(s string) string { return term.Printable(term.Cut(s, 400)) }

// An Error is a place where a text cannot be understood, and in Hint what to write
// instead. Line and Column count from 1, the column in characters; both are 0 if
// the problem is the text as a whole.
type Error struct {
	Line, Column  int
	Problem, Hint string
}

// Error returns the position and the problem, without the hint.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// errorAt returns an Error at a byte offset of text.
func errorAt(text string, offset int, problem, hint string) *Error {
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1,
		Problem: oneLine(problem), Hint: oneLine(hint)}
}

// Read reads a text of any kind that holds a request: it calls [Curl], [Fetch],
// [Headers] or [Transcript]. Code fences, backquotes and quotation marks of a mail
// around it are skipped. For a text of another kind the error says what it is, and
// what to do with it.
func Read(text string) (*Pasted, error) {
	if otherKinds[0].is.MatchString(text) {
		return nil, whatElse(text) // a HAR may be longer than Limit
	}
	if err := acceptable(text); err != nil {
		return nil, err
	}
	text = unwrapped(text)
	if request := safariRequest(text); request != "" {
		return Headers(request)
	}
	switch kindOf(text) {
	case curlCommand:
		return Curl(text)
	case fetchCall:
		return Fetch(text)
	case requestHeaders:
		return Headers(text)
	case transcript:
		return Transcript(text)
	}
	return nil, whatElse(text)
}

// IsRequest reports whether a text is of a kind that [Read] reads: a curl command, what
// curl -v printed, a fetch() call, or a request's headers.
func IsRequest(text string) bool {
	if acceptable(text) != nil {
		return false
	}
	text = unwrapped(text)
	kind := kindOf(text)
	return safariRequest(text) != "" || kind == curlCommand || kind == fetchCall || kind == requestHeaders || kind == transcript
}

// acceptable returns an error for a text that neither language allows.
func acceptable(text string) error {
	switch {
	case len(text) > Limit:
		return &Error{Problem: fmt.Sprintf("the text is %d bytes long; the limit is %d", len(text), Limit),
			Hint: "shorten the body: its content does not matter to CORS"}
	case strings.IndexByte(text, 0) >= 0:
		return errorAt(text, strings.IndexByte(text, 0), "a zero byte", "copy the request as text")
	case !utf8.ValidString(text):
		return &Error{Problem: "the text is not UTF-8", Hint: "save it as UTF-8"}
	}
	return nil
}

// short cuts a piece of the text for a message.
func short(s string) string { return term.Cut(s, 60) }

// quote is short, in quotes and escaped.
func quote(s string) string { return strconv.Quote(short(s)) }

// A header is one header of the text. Its value has the bytes that go on the wire.
type header struct{ name, value string }

func (h header) String() string { return h.name + ": " + h.value }
