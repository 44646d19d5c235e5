package har

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// The limits on a file's contents. They bound the memory that reading takes,
// whatever the file's size.
const (
	// MaxString is how many bytes of one JSON string are kept. Longer bodies do
	// not matter; a longer URL or header makes the verdict on its request unknown.
	MaxString = 64 << 10
	// MaxEntry is how many bytes one entry may have, after its strings are cut.
	MaxEntry = 8 << 20
	// MaxEntries is how many entries a file may have.
	MaxEntries = 1_000_000
	// maxPages is how many pages are kept.
	maxPages = 10_000
)

// An Error says why a file cannot be read as a recording.
type Error struct {
	// Entry is the number of the invalid entry, from 1, or 0.
	Entry int
	// Problem is what is wrong, and Hint what to do about it.
	Problem, Hint string
	// Err is the underlying error, if there is one.
	Err error
}

// Error returns the place and the problem, without the hint.
func (e *Error) Error() string {
	if e.Entry > 0 {
		return fmt.Sprintf("entry %d: %s", e.Entry, e.Problem)
	}
	return e.Problem
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A rawEntry is the part of an entry that is read. Members that begin with an
// underscore are each browser's own and may have any type.
type rawEntry struct {
	Started any         `json:"startedDateTime"`
	Took    any         `json:"time"`
	PageRef any         `json:"pageref"`
	Request *rawRequest `json:"request"`
	// Response is nil, or has status 0, if no response was recorded.
	Response     *rawResponse `json:"response"`
	ResourceType any          `json:"_resourceType"`
	FetchType    any          `json:"_fetchType"`
	Initiator    any          `json:"_initiator"`
	// Some programs record the error beside the response.
	Error       any `json:"_error"`
	FailureText any `json:"_failureText"`
}

type rawRequest struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers []rawHeader `json:"headers"`
	// Cookies and PostData have other types in the recordings of some programs.
	Cookies  any `json:"cookies"`
	PostData any `json:"postData"`
}

type rawResponse struct {
	Status           float64     `json:"status"`
	StatusText       any         `json:"statusText"`
	Headers          []rawHeader `json:"headers"`
	Content          any         `json:"content"`
	RedirectURL      string      `json:"redirectURL"`
	Error            any         `json:"_error"`
	FailureText      any         `json:"_failureText"`
	ViaServiceWorker any         `json:"_fetchedViaServiceWorker"`
}

type rawHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// text returns a value as a string, or "" if it is not a string.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// A file is a recording while it is read.
type file struct {
	in      *shortener
	dec     *json.Decoder
	entries int
	// creator and browser are the programs that the file names; pages has the
	// origins of its pages, by id.
	creator, browser program
	pages            map[string]string
}

type program struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// read reads the file and calls take for each entry.
func (f *file) read(r io.Reader, take func(number int, e *rawEntry)) error {
	in, err := uncompressed(bufio.NewReaderSize(r, 32<<10))
	if err != nil {
		return err
	}
	if err := checkStart(in); err != nil {
		return err
	}
	f.in = &shortener{r: in}
	f.dec = json.NewDecoder(f.in)
	f.dec.UseNumber() // a number beyond float64 is still JSON
	f.pages = map[string]string{}
	logged, listed := false, false
	err = f.members(func(name string) error {
		if name != "log" || logged {
			return f.skip()
		}
		logged = true
		return f.members(func(name string) error {
			switch {
			case name == "creator":
				return f.value(&f.creator, "log.creator")
			case name == "browser":
				return f.value(&f.browser, "log.browser")
			case name == "pages":
				return f.pagesList()
			case name == "entries" && !listed:
				listed = true
				return f.elements("log.entries", func() error { return f.entry(take) })
			}
			return f.skip()
		})
	})
	switch {
	case err != nil:
		return f.explain(err)
	case !logged:
		return &Error{Problem: "this is JSON, but not an HTTP Archive: it has no log", Hint: notHAR}
	case !listed:
		return &Error{Problem: "this is an HTTP Archive without log.entries",
			Hint: "record again: open the network panel first, then load the page, then export"}
	}
	return nil
}

// MaxUncompressed is how many bytes a compressed recording may have.
const MaxUncompressed = 4 << 30

// uncompressed returns the contents of a file that gzip has compressed (.har.gz),
// and any other file as it is.
func uncompressed(in *bufio.Reader) (*bufio.Reader, error) {
	if start, _ := in.Peek(2); string(start) != "\x1f\x8b" {
		return in, nil
	}
	gz, err := gzip.NewReader(in)
	if err != nil {
		return nil, &Error{Problem: "the file is damaged: it begins as a gzip file does, and is not one", Hint: "export or copy it again", Err: err}
	}
	return bufio.NewReaderSize(io.LimitReader(gz, MaxUncompressed), 32<<10), nil
}

const notHAR = `export one from the browser's network panel ("Save all as HAR", "Export HAR")`

// checkStart examines the first bytes. A file that is not a JSON object is an error
// that says what the file looks like.
func checkStart(in *bufio.Reader) error {
	if start, _ := in.Peek(3); string(start) == "\xef\xbb\xbf" {
		in.Discard(3)
	} else if len(start) >= 2 && (string(start[:2]) == "\xff\xfe" || string(start[:2]) == "\xfe\xff") {
		return &Error{Problem: "the file is in UTF-16, and an HTTP Archive is in UTF-8",
			Hint: "export it again, without a program in between; or convert it: iconv -f UTF-16 -t UTF-8"}
	}
	for {
		c, err := in.ReadByte()
		switch {
		case err == io.EOF:
			return &Error{Problem: "the file is empty", Hint: notHAR}
		case err != nil:
			return fmt.Errorf("reading the recording: %w", err)
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		}
		in.UnreadByte()
		if c == '{' {
			return nil
		}
		start, _ := in.Peek(40)
		line, _, _ := bytes.Cut(start, []byte("\n"))
		return &Error{Problem: fmt.Sprintf("this is not an HTTP Archive, which is JSON and begins with {; it begins with %s", term.Quote(string(line))),
			Hint: "if the file holds lines of a console: concors explain <FILE; otherwise " + notHAR}
	}
}

// members reads an object; each is called to read a member's value.
func (f *file) members(each func(name string) error) error {
	if err := f.open('{', "an object"); err != nil {
		return err
	}
	for f.dec.More() {
		f.in.budget = MaxEntry
		t, err := f.dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := each(name); err != nil {
			return err
		}
	}
	_, err := f.dec.Token()
	return err
}

// elements reads an array; each is called to read one element.
func (f *file) elements(name string, each func() error) error {
	if err := f.open('[', name+" must be an array"); err != nil {
		return err
	}
	for f.dec.More() {
		f.in.budget = MaxEntry
		if err := each(); err != nil {
			return err
		}
	}
	_, err := f.dec.Token()
	return err
}

func (f *file) open(delim json.Delim, problem string) error {
	f.in.budget = MaxEntry
	t, err := f.dec.Token()
	if err != nil {
		return err
	}
	if t != delim {
		if delim == '{' {
			problem = "this is JSON, but not an HTTP Archive: log is not an object"
		}
		return &Error{Problem: problem, Hint: notHAR}
	}
	return nil
}

// skip skips a value of any size.
func (f *file) skip() error {
	depth := 0
	for {
		f.in.budget = MaxEntry
		t, err := f.dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// value reads a value into a struct. name is its name in an error.
func (f *file) value(into any, name string) error {
	var raw json.RawMessage
	f.in.budget = MaxEntry
	if err := f.dec.Decode(&raw); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return wrongType(raw, err, name)
	}
	return nil
}

// pagesList reads log.pages. Pages help to find an entry's page, and no verdict needs
// them, so a list or a page of another type is skipped.
func (f *file) pagesList() error {
	f.in.budget = MaxEntry
	t, err := f.dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
	case json.Delim('{'):
		for f.dec.More() { // skip the members, which are names and values
			if err := f.skip(); err != nil {
				return err
			}
		}
		_, err := f.dec.Token()
		return err
	default:
		return nil
	}
	for f.dec.More() {
		f.in.budget = MaxEntry
		if err := f.page(); err != nil {
			return err
		}
	}
	_, err = f.dec.Token()
	return err
}

func (f *file) page() error {
	var p struct {
		ID    any `json:"id"`
		Title any `json:"title"`
	}
	err := f.value(&p, "")
	var wrong *Error
	if errors.As(err, &wrong) {
		return nil
	}
	// Browsers write the page's URL as its title.
	if u, e := weburl.Parse(text(p.Title), nil); e == nil && len(f.pages) < maxPages && len(text(p.ID)) < 256 {
		if o := origin.OfPage(u); o.IsPage() {
			f.pages[text(p.ID)] = o.String()
		}
	}
	return err
}

func (f *file) entry(take func(int, *rawEntry)) error {
	if f.entries == MaxEntries {
		return &Error{Problem: fmt.Sprintf("the file has more than %d entries", MaxEntries),
			Hint: "record less of it, or split the file"}
	}
	f.entries++
	var e rawEntry
	err := f.value(&e, "")
	var wrong *Error
	switch {
	case errors.As(err, &wrong):
		wrong.Entry = f.entries
		return wrong
	case err != nil:
		return err
	case e.Request == nil:
		return &Error{Entry: f.entries, Problem: "the entry has no request", Hint: notHAR}
	}
	take(f.entries, &e)
	return nil
}

// explain turns a reading error into an *Error with the number of the entry in which
// it occurred.
func (f *file) explain(err error) error {
	var known *Error
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errTooLarge):
		return &Error{Entry: f.entries, Problem: fmt.Sprintf("the entry has more than %d MiB besides its bodies", MaxEntry>>20), Hint: "entries of real recordings are smaller: check whether the file is damaged", Err: err}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, new(flate.CorruptInputError)):
		return &Error{Entry: f.entries, Problem: "the compressed file is damaged", Hint: "export or copy it again", Err: err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Entry: f.entries, Problem: "the file ends in the middle",
			Hint: "the file is truncated: export or copy it again", Err: err}
	case errors.As(err, &syntax):
		return &Error{Entry: f.entries, Problem: "the file is not JSON from here on: " + term.Printable(syntax.Error()), Hint: "the file may have been edited by hand: export it again", Err: err}
	}
	return fmt.Errorf("reading the recording, after entry %d: %w", f.entries, err)
}

// wrongType returns an *Error that names the value with the wrong type, such as
// "response.headers[3].value is a number, not a string".
func wrongType(raw []byte, err error, name string) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	path := pathTo(raw, wrong.Offset)
	if name != "" && path != "" {
		name += "."
	}
	name += path
	if name == "" {
		name = "the entry"
	}
	article := func(s string) string {
		if s != "" && strings.Contains("aeio", s[:1]) {
			return "an " + s
		}
		return "a " + s
	}
	wanted := map[reflect.Kind]string{
		reflect.String: "a string", reflect.Float64: "a number", reflect.Slice: "an array",
	}[wrong.Type.Kind()]
	if wanted == "" {
		wanted = "an object"
	}
	kind, _, _ := strings.Cut(wrong.Value, " ") // "number 5"
	if article(kind) == wanted {
		return &Error{Problem: term.Bounded(name) + " is a number out of range",
			Hint: "export the recording again, or correct that value", Err: err}
	}
	return &Error{Problem: fmt.Sprintf("%s is %s, not %s", term.Bounded(name), article(kind), wanted),
		Hint: "browsers do not write this; export the recording again, or correct that value", Err: err}
}

// pathTo returns the path to the value at an offset.
func pathTo(raw []byte, offset int64) string {
	type level struct {
		array bool
		index int
		name  string
		key   bool // a name is expected
	}
	var stack []level
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	for {
		t, err := dec.Token()
		if err != nil {
			break
		}
		top := len(stack) - 1
		if name, ok := t.(string); ok && top >= 0 && stack[top].key {
			stack[top].name, stack[top].key = name, false
			continue
		}
		delim, _ := t.(json.Delim)
		if delim == '}' || delim == ']' {
			stack = stack[:top]
		} else if dec.InputOffset() >= offset {
			break
		}
		switch {
		case delim == '{' || delim == '[':
			stack = append(stack, level{array: delim == '[', key: delim == '{'})
			continue
		case len(stack) == 0:
			continue
		}
		if last := &stack[len(stack)-1]; last.array {
			last.index++
		} else {
			last.key = true
		}
	}
	var b strings.Builder
	for _, l := range stack {
		switch {
		case l.array:
			fmt.Fprintf(&b, "[%d]", l.index)
		case l.key:
		case b.Len() > 0:
			b.WriteString("." + l.name)
		default:
			b.WriteString(l.name)
		}
	}
	return b.String()
}

var errTooLarge = errors.New("too large")

// A shortener reads JSON and cuts every string to MaxString bytes, so that bodies of
// any size are never held in memory. A string that was cut ends with a NUL, which
// neither headers nor URLs contain.
type shortener struct {
	r *bufio.Reader
	// budget is how many bytes may be read before the reader raises it again.
	budget int

	inString bool
	escaped  bool // the next byte follows a backslash
	digits   int  // how many digits of a \uXXXX are still to come
	length   int  // of the string so far
	cut      bool // the rest of the string is dropped
}

const cutMark = `\u0000`

// Read implements [io.Reader].
func (s *shortener) Read(p []byte) (int, error) {
	for len(p) > len(cutMark) {
		if s.budget <= 0 {
			return 0, errTooLarge
		}
		if _, err := s.r.Peek(1); err != nil {
			return 0, err
		}
		in, _ := s.r.Peek(min(s.r.Buffered(), len(p)-len(cutMark)))
		n := s.shorten(p, in)
		s.r.Discard(len(in))
		s.budget -= n
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.ErrShortBuffer
}

// shorten copies JSON, cutting long strings, and returns how many bytes it wrote. At
// most one cut string ends within MaxString bytes of input, so out must have room for
// in and one cutMark.
func (s *shortener) shorten(out, in []byte) (n int) {
	for i := 0; i < len(in); i++ {
		c := in[i]
		whole := !s.escaped && s.digits == 0 // never cut within an escape sequence
		if s.inString && whole {
			run := 0
			for i+run < len(in) && in[i+run] != '"' && in[i+run] != '\\' {
				run++
			}
			if run > 0 {
				if !s.cut {
					keep := min(run, max(MaxString-s.length, 0))
					n += copy(out[n:], in[i:i+keep])
					s.cut = keep < run
				}
				s.length += run
				i += run - 1
				continue
			}
			s.cut = s.cut || s.length >= MaxString && c != '"'
		}
		switch {
		case !s.inString:
			if c == '"' {
				s.inString, s.length, s.cut = true, 0, false
			}
			out[n] = c
			n++
			continue
		case s.escaped:
			s.escaped = false
			if c == 'u' && !s.cut {
				s.digits = 4
			}
		case s.digits > 0:
			s.digits--
		case c == '\\':
			s.escaped = true
		case c == '"':
			s.inString = false
			if s.cut {
				n += copy(out[n:], cutMark)
				s.cut = false
			}
		}
		s.length++
		if !s.cut {
			out[n] = c
			n++
		}
	}
	return n
}
