package openapi

import (
	"net/url"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
)

// sample makes up a value for a parameter: the document's example or default, or
// else a value of the right type. No such thing has to exist on the server: a 404
// response shows as much as any other.
func (r *reader) sample(parameter *position.Value) string {
	if s, ok := r.given(parameter); ok {
		return s
	}
	schema := parameter.Get("schema")
	if content := parameter.Get("content"); schema == nil && content != nil && len(content.Value.Fields) > 0 {
		return "{}" // usually JSON
	}
	if schema == nil {
		return "a"
	}
	// A broken reference to a schema is not reported: the value is a guess anyway.
	s, problem := r.resolve(schema.Value)
	if problem != nil {
		return "1"
	}
	if text, ok := r.given(s); ok {
		return text
	}
	types := s.Get("type")
	if types == nil {
		return "1"
	}
	name := types.Value.Text
	if types.Value.Kind == position.List && len(types.Value.Items) > 0 { // 3.1: [integer, "null"]
		name = types.Value.Items[0].Text
	}
	format := ""
	if f := s.Get("format"); f != nil {
		format = f.Value.Text
	}
	switch {
	case name == "boolean":
		return "true"
	case name == "integer" || name == "number":
		return "1"
	case format == "uuid":
		return "00000000-0000-4000-8000-000000000001"
	case format == "date":
		return "2000-01-01"
	case format == "date-time":
		return "2000-01-01T00:00:00Z"
	}
	return "a"
}

// maxExamples is how many examples are tried until one fits.
const maxExamples = 10

// given returns a value that the document gives for a parameter or a schema.
func (r *reader) given(v *position.Value) (string, bool) {
	for _, name := range []string{"example", "default", "const"} {
		if f := v.Get(name); f != nil {
			if s, ok := scalar(f.Value); ok {
				return s, true
			}
		}
	}
	if f := v.Get("examples"); f != nil {
		for _, example := range f.Value.Fields[:min(len(f.Value.Fields), maxExamples)] { // of a parameter
			e, problem := r.resolve(example.Value)
			if problem != nil {
				continue
			}
			if value := e.Get("value"); value != nil {
				if s, ok := scalar(value.Value); ok {
					return s, true
				}
			}
		}
		for _, item := range f.Value.Items[:min(len(f.Value.Items), maxExamples)] { // of a schema
			if s, ok := scalar(item); ok {
				return s, true
			}
		}
	}
	if f := v.Get("enum"); f != nil {
		for _, item := range f.Value.Items[:min(len(f.Value.Items), maxExamples)] {
			if s, ok := scalar(item); ok {
				return s, true
			}
		}
	}
	return "", false
}

// scalar returns the text of a value, if it can be part of a path.
func scalar(v *position.Value) (string, bool) {
	switch v.Kind {
	case position.String, position.Number, position.Bool:
		return v.Text, v.Text != "" && v.Text != "." && v.Text != ".." && len(v.Text) <= 200
	}
	return "", false
}

// fill replaces the parameters in a path by values. Unknown ones get "1".
func fill(path string, values map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(path, "{")
		b.WriteString(escapePath(before))
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString(escapePath("{" + rest))
			return b.String()
		}
		value, known := values[name]
		if !known {
			value = "1"
		}
		b.WriteString(url.PathEscape(value))
		path = after
	}
}

// escapePath escapes a path, except slashes and what is escaped already.
func escapePath(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])), c <= ' ' || c >= 0x7F ||
			strings.IndexByte("\"<>?#{}`^\\|", c) >= 0:
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
