package mime

import (
	"bytes"

	"github.com/concors/concors/internal/field"
)

// Markup is the result of [SniffMarkup].
type Markup int

const (
	MarkupNone          Markup = iota // possibly a script
	MarkupHTML                        // HTML
	MarkupXML                         // XML
	MarkupParserBreaker               // data with a prefix that prevents it from running as a script
	MarkupJSON                        // a JSON object with at least one key
)

// String returns a name for people, such as "HTML" or "a parser breaker".
func (m Markup) String() string {
	switch m {
	case MarkupHTML:
		return "HTML"
	case MarkupXML:
		return "XML"
	case MarkupParserBreaker:
		return "a parser breaker"
	case MarkupJSON:
		return "JSON"
	default:
		return "unknown"
	}
}

// markupLength is the number of bytes that opaque-response blocking looks at.
const markupLength = 1024

// SniffMarkup reports whether the first 1024 bytes of b prove that b is a document or data, and
// therefore not a script. Browsers use it for opaque-response blocking, instead of parsing the response
// as JavaScript as https://github.com/annevk/orb requires. The result is MarkupNone if b could be a
// script, or if the first 1024 bytes do not prove anything.
//
// The rules are Chromium's. A UTF-8 byte order mark is skipped. Whitespace may come first, except
// before a parser breaker.
func SniffMarkup(b []byte) Markup {
	b = b[:min(len(b), markupLength)]
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	switch {
	case isMarkupHTML(b):
		return MarkupHTML
	case bytes.HasPrefix(skipSpace(b), []byte("<?xml")):
		return MarkupXML
	case isParserBreaker(b):
		return MarkupParserBreaker
	case isJSONObject(b):
		return MarkupJSON
	}
	return MarkupNone
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// htmlStarts are prefixes of tags: <b also matches <body and <br.
var htmlStarts = []string{
	"<!doctype html", "<script", "<html", "<head", "<iframe", "<h1", "<div", "<font", "<table",
	"<a", "<style", "<title", "<b", "<p",
}

// isMarkupHTML reports whether b starts with a tag, after any number of comments. A comment alone proves
// nothing, because "<!--" and "-->" are also comments in JavaScript, which extend to the end of the
// line. For the same reason the tag must be on a later line than the comment: on the same line it would
// be part of the JavaScript comment.
func isMarkupHTML(b []byte) bool {
	for {
		b = skipSpace(b)
		for _, start := range htmlStarts {
			if len(b) >= len(start) && field.EqualFold(string(b[:len(start)]), start) {
				return true
			}
		}
		comment, ok := bytes.CutPrefix(b, []byte("<!--"))
		if !ok {
			return false
		}
		end := bytes.Index(comment, []byte("-->"))
		if end < 0 {
			return false
		}
		b = skipLine(comment[end+len("-->"):])
	}
}

// skipLine returns the rest of b from its first JavaScript line terminator, or nil.
func skipLine(b []byte) []byte {
	if i := bytes.IndexAny(b, "\n\r\u2028\u2029"); i >= 0 {
		return b[i:]
	}
	return nil
}

// parserBreakers are prefixes that servers put before JSON so that a page of another origin cannot run
// it as a script. They are syntax errors or endless loops.
var parserBreakers = []string{
	")]}'", "{}&&", "{} &&", "for(;;);", "while(1);", "for (;;);", "while (1);",
}

func isParserBreaker(b []byte) bool {
	for _, prefix := range parserBreakers {
		if bytes.HasPrefix(b, []byte(prefix)) {
			return true
		}
	}
	return false
}

// isJSONObject reports whether b starts with a JSON object that has at least one key. This is a syntax
// error in JavaScript, where the brace opens a block. An empty object or an array is valid JavaScript.
func isJSONObject(b []byte) bool {
	b, ok := bytes.CutPrefix(skipSpace(b), []byte("{"))
	if !ok {
		return false
	}
	b, ok = bytes.CutPrefix(skipSpace(b), []byte(`"`))
	if !ok {
		return false
	}
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++ // skip the escaped byte
		case '"':
			return bytes.HasPrefix(skipSpace(b[i+1:]), []byte(":"))
		}
	}
	return false
}

// CannotBeginScript reports whether b starts with something that no JavaScript program starts with, such
// as "#id" in CSS or a closing bracket. Whitespace and comments may come first. It takes the place of a
// parser for the whole language; false means that b could be a script.
func CannotBeginScript(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(b, []byte("#!")) {
		b = skipLine(b)
	}
	for {
		b = bytes.TrimLeft(b, " \t\r\n\v\f")
		switch {
		case bytes.HasPrefix(b, []byte("//")), bytes.HasPrefix(b, []byte("<!--")), bytes.HasPrefix(b, []byte("-->")):
			b = skipLine(b)
		case bytes.HasPrefix(b, []byte("/*")):
			_, after, ok := bytes.Cut(b[2:], []byte("*/"))
			if !ok {
				return false // the comment may end later
			}
			b = after
		case len(b) == 0:
			return false
		case b[0] == '.':
			return len(b) > 1 && (b[1] < '0' || b[1] > '9')
		default:
			return bytes.IndexByte([]byte(")]},:?=|&^%*<>#"), b[0]) >= 0
		}
	}
}
