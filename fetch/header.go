package fetch

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

// A Header is one header: a name and a value.
type Header struct{ Name, Value string }

// A HeaderList is a header list, https://fetch.spec.whatwg.org/#concept-header-list.
// It keeps its order, and a name may occur more than once. Names are compared
// byte-case-insensitively. The zero value is an empty list.
type HeaderList []Header

// Get returns all values of name, joined with a comma and a space, and reports
// whether there are any. See https://fetch.spec.whatwg.org/#concept-header-list-get.
func (l HeaderList) Get(name string) (string, bool) {
	var few [4]string // on the stack
	return field.Get(l.appendLines(few[:0], name))
}

// Contains reports whether the list has a header with that name.
func (l HeaderList) Contains(name string) bool {
	return slices.ContainsFunc(l, func(h Header) bool { return field.EqualFold(h.Name, name) })
}

// Append adds a header at the end.
func (l *HeaderList) Append(name, value string) { *l = append(*l, Header{name, value}) }

// Delete removes all headers with that name.
func (l *HeaderList) Delete(name string) {
	*l = slices.DeleteFunc(*l, func(h Header) bool { return field.EqualFold(h.Name, name) })
}

// Names returns the names, byte-lowercased, sorted and without duplicates, as a
// script sees them when it iterates over a Headers object.
func (l HeaderList) Names() []string {
	names := make([]string, len(l))
	for i, h := range l {
		names[i] = field.Lower(h.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lines returns the values of name without joining them.
func (l HeaderList) lines(name string) []string { return l.appendLines(nil, name) }

func (l HeaderList) appendLines(lines []string, name string) []string {
	for _, h := range l {
		if field.EqualFold(h.Name, name) {
			lines = append(lines, h.Value)
		}
	}
	return lines
}

// extract is "extract header list values" for the lists of tokens that CORS
// uses. ok is false if any line does not parse.
// https://fetch.spec.whatwg.org/#extract-header-list-values
func (l HeaderList) extract(name string) (values []string, present, ok bool) {
	return field.ExtractTokens(l.lines(name))
}

// isCORSUnsafeByte: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte
func isCORSUnsafeByte(b byte) bool {
	return b < 0x20 && b != '\t' || b == 0x7F || strings.IndexByte("\"():<>?@[\\]{}", b) >= 0
}

// isLanguageByte reports whether Accept-Language and Content-Language may contain
// the byte.
func isLanguageByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' ||
		strings.IndexByte(" *,-.;=", b) >= 0
}

func allBytes(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

// maxSafelistedValue is the length of the longest value that is safelisted.
const maxSafelistedValue = 128

// isCORSSafelistedRequestHeader: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func isCORSSafelistedRequestHeader(h Header) bool {
	// 1. The value is at most 128 bytes long.
	if len(h.Value) > maxSafelistedValue {
		return false
	}
	noUnsafe := func() bool {
		return allBytes(h.Value, func(b byte) bool { return !isCORSUnsafeByte(b) })
	}
	// 2. The byte-lowercased name decides.
	switch field.Lower(h.Name) {
	case "accept":
		return noUnsafe()
	case "accept-language", "content-language":
		return allBytes(h.Value, isLanguageByte)
	case "content-type":
		if !noUnsafe() {
			return false
		}
		// The raw value is parsed, not "extract a MIME type", so that a value of
		// two types does not pass as one of them.
		t, ok := mime.Parse(h.Value)
		if !ok {
			return false
		}
		switch t.Essence() {
		case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
			return true
		}
		return false
	case "range":
		r, ok := field.ParseSingleRange(h.Value, false)
		return ok && r.HasStart
	}
	return false
}

// corsUnsafeRequestHeaderNames returns the names of the headers that need a
// preflight, sorted and byte-lowercased.
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func corsUnsafeRequestHeaderNames(l HeaderList, q quirks) []string {
	// 1–3.
	var unsafe, potentiallyUnsafe []string
	safelistValueSize := 0
	// 4. Sort the headers into safelisted and unsafe ones.
	for _, h := range l {
		h.Name = field.Lower(h.Name)
		if q.safelists(h) {
			potentiallyUnsafe = append(potentiallyUnsafe, h.Name)
			safelistValueSize += len(h.Value)
		} else {
			unsafe = append(unsafe, h.Name)
		}
	}
	// 5. More than 1024 bytes of safelisted values are unsafe after all.
	if safelistValueSize > 1024 {
		unsafe = append(unsafe, potentiallyUnsafe...)
	}
	// 6. Return the names as a sorted set.
	slices.Sort(unsafe)
	return q.unsafeNameSet(unsafe)
}

// isNoCORSSafelistedRequestHeader: https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header
func isNoCORSSafelistedRequestHeader(h Header, q quirks) bool {
	switch field.Lower(h.Name) {
	case "accept", "accept-language", "content-language", "content-type":
		return q.safelists(h)
	}
	return false
}

// bodyHeaders returns the headers that describe the body.
// https://fetch.spec.whatwg.org/#request-body-header-name
func (l HeaderList) bodyHeaders() HeaderList {
	return slices.DeleteFunc(slices.Clone(l), func(h Header) bool { return !field.IsRequestBodyHeaderName(h.Name) })
}

// deleteBodyHeaders removes the headers that describe the body.
func (l *HeaderList) deleteBodyHeaders() {
	*l = slices.DeleteFunc(*l, func(h Header) bool { return field.IsRequestBodyHeaderName(h.Name) })
}

// fill appends the caller's headers to a Headers object with the request's guard
// (https://fetch.spec.whatwg.org/#concept-headers-append). It returns the headers
// that are kept and those that are silently dropped.
func (l HeaderList) fill(mode Mode, q quirks) (kept, dropped HeaderList) {
	for _, h := range l {
		// 1.
		h.Value = field.NormalizeValue(h.Value)
		switch {
		// 2. Forbidden headers are dropped.
		case field.IsForbiddenRequestHeader(h.Name, h.Value):
			dropped = append(dropped, h)
			continue
		case mode == ModeNoCORS:
			// 3 and 5. The guard "request-no-cors" checks the value that the header would
			// have once combined.
			combined := h
			if old, ok := kept.Get(h.Name); ok {
				combined.Value = old + ", " + h.Value
			}
			if !isNoCORSSafelistedRequestHeader(combined, q) {
				dropped = append(dropped, h)
				continue
			}
		}
		// 4.
		kept = append(kept, h)
	}
	return kept, dropped
}

// combine joins headers with the same name into one. The result takes the place of l.
func (l HeaderList) combine() HeaderList {
	out := l[:0]
	if len(l) <= 32 { // cheaper than a map, as almost always
		for _, h := range l {
			if i := slices.IndexFunc(out, func(o Header) bool { return field.EqualFold(o.Name, h.Name) }); i >= 0 {
				out[i].Value += ", " + h.Value
				continue
			}
			out = append(out, h)
		}
		return out
	}
	lines := make(map[string][]string, len(l))
	for _, h := range l {
		name := field.Lower(h.Name)
		if lines[name] == nil {
			out = append(out, h)
		}
		lines[name] = append(lines[name], h.Value)
	}
	for i := range out {
		out[i].Value, _ = field.Get(lines[field.Lower(out[i].Name)])
	}
	return out
}
