package fetch

import (
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

// nameCharset makes the Content-Type that a script set name the charset its
// body is sent in, if it names another, as XMLHttpRequest's send() does for
// strings, https://xhr.spec.whatwg.org/#the-send()-method. The header list has
// it already when leave is asked for, except in Firefox.
func (f *fetchParams) nameCharset(req *request) {
	value, ok := req.header.Get("Content-Type")
	if !ok || req.initiator != InitiatorXHR {
		return
	}
	source := req.body.source
	if source != sourceString && source != sourceURLSearchParams {
		return
	}
	named := value
	switch {
	case f.profile.deviates(CharsetReplacedInText):
		named = replaceCharsets(value)
	case source == sourceURLSearchParams && f.profile.deviates(URLSearchParamsCharsetReplacedInText):
		named = replaceLastCharsets(value)
	case source == sourceString, f.profile.deviates(URLSearchParamsNamesCharset):
		if t, ok := mime.Parse(value); ok {
			for i, p := range t.Params {
				if p.Name == "charset" && !field.EqualFold(p.Value, "UTF-8") {
					t.Params[i].Value = "UTF-8"
					named = t.String()
				}
			}
		}
	}
	if f.profile.deviates(CharsetNamedAfterPreflight) {
		req.typeOnWire = named
		return
	}
	req.header.Delete("Content-Type")
	req.header.Append("Content-Type", named)
}

// replaceCharsets replaces every charset's value in a text that it does not
// parse. Quotes stay, closed or not; an empty value ends the search.
func replaceCharsets(value string) string {
	lower := field.Lower(value)
	var b strings.Builder
	copied := 0
	for at := 0; ; {
		n := strings.Index(lower[at:], "charset")
		if n < 0 {
			break
		}
		word := at + n
		at = word + len("charset")
		rest := strings.TrimLeft(lower[at:], " \t")
		if word == 0 || lower[word-1] > ' ' && lower[word-1] != ';' || !strings.HasPrefix(rest, "=") {
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t\"'")
		from := len(lower) - len(rest)
		to := len(lower)
		if n := strings.IndexAny(rest, " \t\"';"); n >= 0 {
			to = from + n
		}
		if from == to {
			break
		}
		b.WriteString(value[copied:from] + "UTF-8")
		at, copied = to, to
	}
	return b.String() + value[copied:]
}

// replaceLastCharsets replaces the values of the charset parameters of the last
// type in a comma-separated list, with their quotes.
func replaceLastCharsets(value string) string {
	start := 0
	quoted := false
	for i := range len(value) {
		switch {
		case value[i] == '"':
			quoted = !quoted
		case value[i] == ',' && !quoted:
			start = i + 1
		}
	}
	parts := splitUnquoted(value[start:], ';')
	if !strings.Contains(parts[0], "/") {
		return value
	}
	for i, p := range parts[1:] {
		name, v, ok := strings.Cut(p, "=")
		if !ok || !field.EqualFold(strings.TrimLeft(name, " \t"), "charset") || field.EqualFold(v, "UTF-8") {
			continue
		}
		quote := ""
		if len(v) >= 2 && v[0] == '\'' && v[len(v)-1] == '\'' {
			quote = "'" // not a quote to it
		}
		parts[i+1] = name + "=" + quote + "UTF-8" + quote
	}
	return value[:start] + strings.Join(parts, ";")
}

// splitUnquoted splits a text at a separator outside quotes.
func splitUnquoted(s string, sep byte) (parts []string) {
	quoted, start := false, 0
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
