package fix

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
)

// A Part is what a [Line] is a part of.
type Part string

// The parts.
const (
	HeaderLine Part = "header" // a header of the response
	StatusLine Part = "status" // the status line of the response
	URLLine    Part = "url"    // the request's URL
)

// A Line is a line of the blocked response, or the URL of the request, with the part of it that is
// wrong. It is plain data, and may be quoted from what the server and the page sent.
type Line struct {
	Part Part
	// Name is that of a header, as it was sent. Value is the header's value, the status line, or the URL.
	Name, Value string
	// Missing means that the response has no header of that name.
	Missing bool
	// Start and End are the bytes of String that are wrong. They are equal where something is missing.
	// They are on boundaries of characters.
	Start, End int
}

// String returns the whole line: "Access-Control-Allow-Origin: *", "HTTP/1.1 404 Not Found" or a URL.
func (l Line) String() string {
	if l.Part == HeaderLine {
		return l.Name + ": " + l.Value
	}
	return l.Value
}

// Split returns the line in three parts, of which the second is wrong.
func (l Line) Split() (before, wrong, after string) {
	s := l.String()
	return s[:l.Start], s[l.Start:l.End], s[l.End:]
}

// maxShown is how many lines, and how many differences, a fix has at most.
const maxShown = 8

// show adds a line as evidence.
func (f *Fix) show(l Line) {
	if len(f.Evidence) < maxShown {
		f.Evidence = append(f.Evidence, l)
	}
}

// differ adds a difference, unless it was said already.
func (f *Fix) differ(clause string) {
	if len(f.Differs) < maxShown && !slices.Contains(f.Differs, clause) {
		f.Differs = append(f.Differs, clause)
	}
}

// showValue shows a header, of whose value the bytes from start to end are wrong.
func (f *Fix) showValue(h fetch.Header, start, end int) {
	before := len(h.Name) + len(": ")
	f.show(Line{Part: HeaderLine, Name: h.Name, Value: h.Value, Start: before + start, End: before + end})
}

// showMissing shows that the response lacks a header.
func (f *Fix) showMissing(name string) {
	f.show(Line{Part: HeaderLine, Name: name, Missing: true, End: len(name) + len(": ")})
}

// showStatus shows the status line.
func (f *Fix) showStatus(status int) {
	if status == 0 {
		return
	}
	const protocol = "HTTP/1.1 "
	code := strconv.Itoa(status)
	f.show(Line{Part: StatusLine, Value: strings.TrimSpace(protocol + code + " " + http.StatusText(status)),
		Start: len(protocol), End: len(protocol) + len(code)})
}

// showURL shows a URL, of which the bytes from start to end are wrong.
func (f *Fix) showURL(url string, start, end int) {
	f.show(Line{Part: URLLine, Value: url, Start: start, End: end})
}
