package mime

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
)

// Type is a MIME type (MIME type record). Type, Subtype and the names of parameters are in lower
// case. The zero Type is none. See https://mimesniff.spec.whatwg.org/#mime-type-representation.
type Type struct {
	Type    string
	Subtype string
	Params  []Param // in order, names unique
}

// Param is a parameter of a MIME type, such as charset=utf-8. Value is unquoted.
type Param struct {
	Name, Value string
}

// Parse parses a MIME type from bytes. It fails only if s does not start with two tokens around a
// slash; parameters that make no sense are dropped one by one, and of two with one name the first
// stays. See https://mimesniff.spec.whatwg.org/#parsing-a-mime-type.
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
	seen := map[string]bool{} // and not a search of t.Params: a stranger chooses how many there are
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

// parseParam parses one parameter from s, which starts after a semicolon. rest is what follows the
// next semicolon, if there is one more. ok is false for a parameter that is to be dropped.
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
		// Whatever else stands before the semicolon counts for nothing:
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

// collectQuotedString returns the text of the HTTP quoted string that s starts with, and what
// follows it. A string that is never closed runs to the end.
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
			text.WriteByte('\\') // it escapes nothing, so it stands for itself
			return text.String(), ""
		}
		text.WriteByte(s[i+1])
		s = s[i+2:]
	}
}

// isQuotedStringText reports whether s has HTTP quoted-string token code points only.
// See https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point.
func isQuotedStringText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// whitespace is Fetch's HTTP whitespace.
const whitespace = "\n\r\t "

func trimStart(s string) string { return strings.TrimLeft(s, whitespace) }

func trimEnd(s string) string { return strings.TrimRight(s, whitespace) }

// Essence returns the type and subtype with a slash between them: what most rules look at.
// See https://mimesniff.spec.whatwg.org/#mime-type-essence.
func (t Type) Essence() string { return t.Type + "/" + t.Subtype }

// Param returns the value of the parameter called name, in lower case, and whether it is there.
func (t Type) Param(name string) (string, bool) {
	for _, p := range t.Params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// String serializes a MIME type. [Parse] reads it back as the same Type.
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

// Extract extracts a MIME type from the lines of a Content-Type header: the last that parses and
// is not */*, with the charset of an earlier one of the same essence if it has none itself. It
// returns false if there is none.
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

// Nosniff determines nosniff from the lines of an X-Content-Type-Options header: whether the first
// value is nosniff. Later values do not count.
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

// IsScriptable reports whether t is a scriptable MIME type: one whose documents can run scripts.
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
