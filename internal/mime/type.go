package mime

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
)

// Type is a MIME type (a MIME type record in the standard). Type, Subtype and the names of parameters
// are in lower case. The zero Type is not a valid MIME type.
// See https://mimesniff.spec.whatwg.org/#mime-type-representation.
type Type struct {
	Type    string
	Subtype string
	Params  []Param // in the order of the header, with unique names
}

// Param is a parameter of a MIME type, such as charset=utf-8. Value is unquoted.
type Param struct {
	Name, Value string
}

// Parse parses a MIME type. It returns false only if s does not start with two tokens and a slash
// between them. Invalid parameters are dropped, and so are parameters whose name occurred before.
// See https://mimesniff.spec.whatwg.org/#parsing-a-mime-type.
func Parse(s string) (Type, bool) {
	s = field.NormalizeValue(s)
	typ, rest, found := strings.Cut(s, "/")
	if !found || !field.IsToken(typ) {
		return Type{}, false
	}
	subtype, rest, more := strings.Cut(rest, ";")
	subtype = trimEnd(subtype)
	if !field.IsToken(subtype) {
		return Type{}, false
	}
	t := Type{Type: field.Lower(typ), Subtype: field.Lower(subtype)}
	seen := map[string]bool{} // a map, because the server chooses how many parameters there are
	for more {
		var p Param
		var ok bool
		p, ok, rest, more = parseParam(rest)
		if ok && !seen[p.Name] {
			seen[p.Name] = true
			t.Params = append(t.Params, p)
		}
	}
	return t, true
}

// parseParam parses one parameter at the start of s, after a semicolon. ok is false if the parameter is
// to be dropped. more reports whether another semicolon follows, and rest is the text after it.
func parseParam(s string) (p Param, ok bool, rest string, more bool) {
	s = trimStart(s)
	i := strings.IndexAny(s, ";=")
	if i < 0 {
		return Param{}, false, "", false
	}
	name, hasValue := s[:i], s[i] == '='
	s = s[i+1:]
	if !hasValue {
		return Param{}, false, s, true
	}
	var value string
	if strings.HasPrefix(s, `"`) {
		value, s = collectQuotedString(s)
		// Text between the quoted string and the semicolon is ignored:
		// charset="shift_jis"iso-2022-jp is shift_jis.
		_, rest, more = strings.Cut(s, ";")
	} else {
		value, rest, more = strings.Cut(s, ";")
		value = trimEnd(value)
		if value == "" {
			return Param{}, false, rest, more
		}
	}
	if !field.IsToken(name) || !isQuotedStringText(value) {
		return Param{}, false, rest, more
	}
	return Param{field.Lower(name), value}, true, rest, more
}

// collectQuotedString returns the unescaped text of the HTTP quoted string that s starts with, and the
// rest of s. A string that is not closed extends to the end.
// See https://fetch.spec.whatwg.org/#collect-an-http-quoted-string, with extract-value.
func collectQuotedString(s string) (value, rest string) {
	var text strings.Builder
	for s = s[1:]; ; {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			text.WriteString(s)
			return text.String(), ""
		}
		text.WriteString(s[:i])
		if s[i] == '"' {
			return text.String(), s[i+1:]
		}
		if i+1 == len(s) {
			text.WriteByte('\\') // there is nothing to escape
			return text.String(), ""
		}
		text.WriteByte(s[i+1])
		s = s[i+2:]
	}
}

// isQuotedStringText reports whether s consists of HTTP quoted-string token code points.
// See https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point.
func isQuotedStringText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// whitespace is the "HTTP whitespace" of the Fetch standard.
const whitespace = "\n\r\t "

func trimStart(s string) string { return strings.TrimLeft(s, whitespace) }

func trimEnd(s string) string { return strings.TrimRight(s, whitespace) }

// Essence returns the type and subtype with a slash between them, such as "text/html".
// See https://mimesniff.spec.whatwg.org/#mime-type-essence.
func (t Type) Essence() string { return t.Type + "/" + t.Subtype }

// Param returns the value of the parameter name, which must be in lower case, and whether there is one.
func (t Type) Param(name string) (string, bool) {
	for _, p := range t.Params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// String returns the serialized MIME type, which [Parse] parses to an equal Type.
// See https://mimesniff.spec.whatwg.org/#serializing-a-mime-type.
func (t Type) String() string {
	var b strings.Builder
	b.WriteString(t.Essence())
	for _, p := range t.Params {
		b.WriteByte(';')
		b.WriteString(p.Name)
		b.WriteByte('=')
		if field.IsToken(p.Value) {
			b.WriteString(p.Value)
			continue
		}
		b.WriteByte('"')
		for i := range len(p.Value) {
			if c := p.Value[i]; c == '"' || c == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(p.Value[i])
		}
		b.WriteByte('"')
	}
	return b.String()
}

// Extract returns the MIME type of a response, from the lines of its Content-Type header. It is the last
// value that is valid and not */*. If it has no charset, it inherits the charset of an earlier value with
// the same essence. Extract returns false if there is no such value.
// See https://fetch.spec.whatwg.org/#concept-header-extract-mime-type.
func Extract(lines []string) (Type, bool) {
	combined, present := field.Get(lines)
	if !present {
		return Type{}, false
	}
	var (
		t                Type
		ok               bool
		essence, charset string
		hasCharset       bool
	)
	for value := range field.SplitSeq(combined) {
		next, parsed := Parse(value)
		if !parsed || next.Essence() == "*/*" {
			continue
		}
		t, ok = next, true
		own, hasOwn := t.Param("charset")
		switch {
		case t.Essence() != essence:
			charset, hasCharset = own, hasOwn
			essence = t.Essence()
		case !hasOwn && hasCharset:
			t.Params = append(t.Params, Param{"charset", charset})
		}
	}
	return t, ok
}

// Nosniff reports whether an X-Content-Type-Options header forbids sniffing: the first value of its
// lines is nosniff, in any case. Later values do not count.
// See https://fetch.spec.whatwg.org/#determine-nosniff.
func Nosniff(lines []string) bool {
	values, present := field.GetDecodeSplit(lines)
	return present && field.EqualFold(values[0], "nosniff")
}

// IsImage reports whether t is an image MIME type.
// See https://mimesniff.spec.whatwg.org/#image-mime-type.
func (t Type) IsImage() bool { return t.Type == "image" }

// IsAudioOrVideo reports whether t is an audio or video MIME type.
// See https://mimesniff.spec.whatwg.org/#audio-or-video-mime-type.
func (t Type) IsAudioOrVideo() bool {
	return t.Type == "audio" || t.Type == "video" || t.Essence() == "application/ogg"
}

// IsFont reports whether t is a font MIME type.
// See https://mimesniff.spec.whatwg.org/#font-mime-type.
func (t Type) IsFont() bool {
	return t.Type == "font" || t.Type == "application" && slices.Contains(fontSubtypes, t.Subtype)
}

var fontSubtypes = []string{
	"font-cff", "font-otf", "font-sfnt", "font-ttf", "font-woff",
	"vnd.ms-fontobject", "vnd.ms-opentype",
}

// IsXML reports whether t is an XML MIME type.
// See https://mimesniff.spec.whatwg.org/#xml-mime-type.
func (t Type) IsXML() bool {
	return strings.HasSuffix(t.Subtype, "+xml") || t.isTextOrApplication() && t.Subtype == "xml"
}

// IsHTML reports whether t is an HTML MIME type.
// See https://mimesniff.spec.whatwg.org/#html-mime-type.
func (t Type) IsHTML() bool { return t.Type == "text" && t.Subtype == "html" }

// IsScriptable reports whether t is a scriptable MIME type: its documents can run scripts.
// See https://mimesniff.spec.whatwg.org/#scriptable-mime-type.
func (t Type) IsScriptable() bool {
	return t.IsXML() || t.IsHTML() || t.Type == "application" && t.Subtype == "pdf"
}

// IsJSON reports whether t is a JSON MIME type.
// See https://mimesniff.spec.whatwg.org/#json-mime-type.
func (t Type) IsJSON() bool {
	return strings.HasSuffix(t.Subtype, "+json") || t.isTextOrApplication() && t.Subtype == "json"
}

// IsJavaScript reports whether t is a JavaScript MIME type.
// See https://mimesniff.spec.whatwg.org/#javascript-mime-type.
func (t Type) IsJavaScript() bool {
	return t.isTextOrApplication() && slices.Contains(javaScriptSubtypes, t.Subtype) ||
		t.Type == "text" && slices.Contains(javaScriptTextSubtypes, t.Subtype)
}

var javaScriptSubtypes = []string{"ecmascript", "javascript", "x-ecmascript", "x-javascript"}

var javaScriptTextSubtypes = []string{
	"javascript1.0", "javascript1.1", "javascript1.2", "javascript1.3", "javascript1.4",
	"javascript1.5", "jscript", "livescript",
}

func (t Type) isTextOrApplication() bool { return t.Type == "text" || t.Type == "application" }
