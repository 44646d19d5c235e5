package mime

import (
	"bytes"

	"github.com/concors/concors/internal/field"
)

// Markup is what [SniffMarkup] takes bytes for.
type Markup int

const (
	MarkupNone          Markup = iota // nothing that is sure not to be a script
	MarkupHTML                        // HTML
	MarkupXML                         // XML
	MarkupParserBreaker               // data with a prefix that stops it from running as a script
	MarkupJSON                        // a JSON object with at least one key
)

// String returns a word or two for a person to read.
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
		return "nothing known"
	}
}

// markupLength is how much of a response opaque-response blocking waits for.
const markupLength = 1024

// SniffMarkup looks in the first 1024 bytes of b for proof that b is a document or data and
// therefore no script: opaque-response blocking as browsers ship it stops such a response, instead
// of parsing it as JavaScript as https://github.com/annevk/orb asks. What might as well be a
// script is MarkupNone; so is what the first 1024 bytes leave open.
//
// The rules are those of Chromium. A UTF-8 byte order mark is skipped. White space may come before
// anything but a parser breaker.
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

// htmlStarts are the starts of tags, and not the tags: <b is also that of <body and <br.
var htmlStarts = []string{
	"<!doctype html", "<script", "<html", "<head", "<iframe", "<h1", "<div", "<font", "<table",
	"<a", "<style", "<title", "<b", "<p",
}

// isMarkupHTML looks for a tag behind any number of comments. A comment alone proves nothing:
// JavaScript has "<!--" and "-->" as well, for the sake of browsers of 1995, and takes both for
// comments to the end of the line. So the tag has to come on a later line than the comment, or it
// would be hidden from a script.
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

// skipLine returns b from its first JavaScript line terminator on, or nothing.
func skipLine(b []byte) []byte {
	if i := bytes.IndexAny(b, "\n\r\u2028\u2029"); i >= 0 {
		return b[i:]
	}
	return nil
}

// parserBreakers are what servers put in front of JSON so that a page of another origin cannot run
// it as a script: a syntax error or an endless loop.
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

// isJSONObject reports whether b starts with an object and its first key. That is a syntax error
// in JavaScript, where such a brace opens a block; an empty object or an array is not.
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
			i++ // whatever it escapes
		case '"':
			return bytes.HasPrefix(skipSpace(b[i+1:]), []byte(":"))
		}
	}
	return false
}

// CannotBeginScript reports whether b starts with something that no JavaScript starts with, such
// as CSS's "#id" or a closing bracket: what can be known of "is it a script" without a parser for
// the whole language. White space and comments may come first.
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
				return false // it may end in what is not here
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
