package fetch

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

// A Header is one header: a name and a value.
type Header struct{ Name, Value string }

// A HeaderList is a header list, https://fetch.spec.whatwg.org/#concept-header-list:
// it keeps its order, and a name may occur more than once. Names compare
// byte-case-insensitively. The zero value is an empty list.
type HeaderList []Header

// Get returns all values of name, joined with a comma and a space, and whether
// there are any. https://fetch.spec.whatwg.org/#concept-header-list-get
func (l HeaderList) Get(name string) (string, bool) { return field.Get(l.lines(name)) }

// Contains reports whether the list has a header of that name.
func (l HeaderList) Contains(name string) bool {
	return slices.ContainsFunc(l, func(h Header) bool { return field.EqualFold(h.Name, name) })
}

// Append adds a header at the end.
func (l *HeaderList) Append(name, value string) { *l = append(*l, Header{name, value}) }

// Delete removes every header of that name.
func (l *HeaderList) Delete(name string) {
	*l = slices.DeleteFunc(*l, func(h Header) bool { return field.EqualFold(h.Name, name) })
}

// Names returns the names, byte-lowercased, sorted and without duplicates: what
// a script sees when it walks a Headers object.
func (l HeaderList) Names() []string {
	names := make([]string, len(l))
	for i, h := range l {
		names[i] = field.Lower(h.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lines returns the values of name, each by itself.
func (l HeaderList) lines(name string) []string {
	var lines []string
	for _, h := range l {
		if field.EqualFold(h.Name, name) {
			lines = append(lines, h.Value)
		}
	}
	return lines
}

// extract is "extract header list values" for one of the lists of tokens that
// CORS uses: ok is false if any line does not parse.
// https://fetch.spec.whatwg.org/#extract-header-list-values
func (l HeaderList) extract(name string) (values []string, present, ok bool) {
	return field.ExtractTokens(l.lines(name))
}

// isCORSUnsafeByte: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte
func isCORSUnsafeByte(b byte) bool {
	return b < 0x20 && b != '\t' || b == 0x7F || strings.IndexByte("\"():<>?@[\\]{}", b) >= 0
}

// isLanguageByte is one of those that Accept-Language and Content-Language may
// consist of.
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

// isCORSSafelistedRequestHeader: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func isCORSSafelistedRequestHeader(h Header, p *Profile) bool {
	if len(h.Value) > 128 {
		return false
	}
	noUnsafe := allBytes(h.Value, func(b byte) bool { return !isCORSUnsafeByte(b) })
	switch name := field.Lower(h.Name); name {
	case "accept":
		if p.deviates(NonASCIIAcceptUnsafe) && !allBytes(h.Value, func(b byte) bool { return b < 0x80 }) {
			return false
		}
		return noUnsafe
	case "accept-language", "content-language":
		return allBytes(h.Value, isLanguageByte)
	case "content-type":
		// The raw value, not "extract a MIME type": a value of two types
		// must not pass as one of them.
		t, ok := mime.Parse(h.Value)
		if !ok || !noUnsafe {
			return false
		}
		switch t.Essence() {
		case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
			return true
		}
		return false
	case "range":
		value := h.Value
		if p.deviates(RangeUnitAnyCase) {
			value = field.Lower(value)
		}
		r, ok := field.ParseSingleRange(value, false)
		if !ok || !r.HasStart {
			return false
		}
		return !(p.deviates(RangeBeyondInt64Unsafe) && r.BeyondInt64)
	default:
		return p.deviates(ClientHintsSafelisted) && isClientHint(name)
	}
}

// isClientHint lists the request headers that Chromium's safelist has beside
// the standard's.
func isClientHint(name string) bool {
	switch name {
	case "dpr", "device-memory", "save-data", "viewport-width", "width", "downlink", "ect", "rtt":
		return true
	}
	return false
}

// corsUnsafeRequestHeaderNames returns the names that need the server's leave,
// sorted and byte-lowercased.
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func corsUnsafeRequestHeaderNames(l HeaderList, p *Profile) []string {
	var unsafe, potentiallyUnsafe []string
	size := 0
	for _, h := range l {
		if isCORSSafelistedRequestHeader(h, p) {
			potentiallyUnsafe = append(potentiallyUnsafe, field.Lower(h.Name))
			size += len(h.Value)
		} else {
			unsafe = append(unsafe, field.Lower(h.Name))
		}
	}
	if size > 1024 {
		unsafe = append(unsafe, potentiallyUnsafe...)
	}
	slices.Sort(unsafe)
	if p.deviates(DuplicateUnsafeNames) {
		return unsafe
	}
	return slices.Compact(unsafe)
}

// isNoCORSSafelistedRequestHeader: https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header
func isNoCORSSafelistedRequestHeader(h Header, p *Profile) bool {
	switch field.Lower(h.Name) {
	case "accept", "accept-language", "content-language", "content-type":
		return isCORSSafelistedRequestHeader(h, p)
	}
	return false
}

// deleteBodyHeaders removes the headers that say something about the body.
func (l *HeaderList) deleteBodyHeaders() {
	*l = slices.DeleteFunc(*l, func(h Header) bool { return field.IsRequestBodyHeaderName(h.Name) })
}

// fill is what a Headers object with the request's guard makes of the caller's
// list (https://fetch.spec.whatwg.org/#concept-headers-append): it returns the
// headers that are kept, and those dropped without a word.
func (l HeaderList) fill(mode Mode, p *Profile) (kept, dropped HeaderList) {
	for _, h := range l {
		h.Value = field.NormalizeValue(h.Value)
		switch {
		case field.IsForbiddenRequestHeader(h.Name, h.Value):
			dropped = append(dropped, h)
			continue
		case mode == ModeNoCORS:
			// The guard "request-no-cors" judges the value that the header
			// would have once combined.
			combined := h
			if old, ok := kept.Get(h.Name); ok {
				combined.Value = old + ", " + h.Value
			}
			if !isNoCORSSafelistedRequestHeader(combined, p) {
				dropped = append(dropped, h)
				continue
			}
		}
		kept = append(kept, h)
	}
	return kept, dropped
}

// combine joins headers of one name into one.
func (l HeaderList) combine() HeaderList {
	var out HeaderList
	for _, h := range l {
		if i := slices.IndexFunc(out, func(o Header) bool { return field.EqualFold(o.Name, h.Name) }); i >= 0 {
			out[i].Value += ", " + h.Value
			continue
		}
		out = append(out, h)
	}
	return out
}
