package fetch

import (
	"errors"
	"slices"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/weburl"
)

// parseURL parses a URL against a base, which may be nil.
func (q quirks) parseURL(s string, base *weburl.URL) (*weburl.URL, error) {
	u, err := weburl.Parse(s, base)
	if err != nil || !u.IsHTTP() {
		return u, err
	}
	if q.deviates(BarEscapedInPath) {
		u.Path = strings.ReplaceAll(u.Path, "|", "%7C")
	}
	if q.deviates(PercentEncodingUpperCase) {
		u.Path, u.Query = upperPercentEncoding(u.Path), upperPercentEncoding(u.Query)
	}
	return u, nil
}

// upperPercentEncoding writes the digits of percent-encoded bytes in upper case.
func upperPercentEncoding(s string) string {
	isHex := func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
	at := strings.IndexByte(s, '%')
	if at < 0 {
		return s
	}
	b := []byte(s)
	for i := at; i+2 < len(b); i++ {
		if b[i] == '%' && isHex(b[i+1]) && isHex(b[i+2]) {
			copy(b[i:], strings.ToUpper(s[i:i+3]))
		}
	}
	return string(b)
}

// headersSet changes the header list once it is filled. It returns the headers
// that were silently dropped.
func (q quirks) headersSet(req *request, dropped HeaderList) HeaderList {
	if q.deviates(HeadersCombined) {
		req.header = req.header.combine()
	}
	if q.deviates(UserAgentNotSent) && req.initiator != InitiatorElement && req.header.Contains("User-Agent") {
		req.header.Delete("User-Agent")
		dropped = append(dropped, Header{Name: "User-Agent"})
	}
	return dropped
}

// bodyInit returns the body that the browser makes from the script's body.
func (q quirks) bodyInit(b *Body) *Body {
	if b != nil && b.Stream != nil && q.deviates(StreamBodyStringified) {
		return TextBody("[object ReadableStream]")
	}
	return b
}

// streamBody refuses a stream if the browser cannot send one.
func (q quirks) streamBody() *NetworkError {
	if !q.deviates(StreamBodyNotSupported) {
		return nil
	}
	err := errors.New("this browser cannot send a stream as a body")
	return &NetworkError{Reason: reason.InvalidRequest, Err: err}
}

// xhrBodyIgnored is called when an XMLHttpRequest drops its body because of its
// method.
func (q quirks) xhrBodyIgnored(req *request) {
	if q.deviates(XHRBodyTypeWithoutBody) && !req.header.Contains("Content-Type") &&
		strings.HasPrefix(req.body.ContentType, "application/x-www-form-urlencoded") {
		req.header.Append("Content-Type", req.body.ContentType)
	}
}

// bodyTypeNotGuarded reports whether a body's type becomes the Content-Type in
// no-cors mode even if it is not safelisted.
func (q quirks) bodyTypeNotGuarded() bool { return q.deviates(BodyTypeNotGuarded) }

// bodyTypeSet is called when a body's type has become the Content-Type.
func (q quirks) bodyTypeSet(req *request) { req.memory.typeFromBody = true }

// requestConstructed changes the request once its headers and body are set, and
// stores what later hops need.
func (q quirks) requestConstructed(req *request) {
	q.conditionalCacheMode(req)
	m := &req.memory
	m.firstMethod = req.method
	m.firstHeader = slices.Clone(req.header)
	m.preflighted = q.deviates(PreflightsStickFromHome) && req.unsafeRequest && req.mode == ModeCORS &&
		len(q.unsafeNames(req)) > 0
	if q.fontWithoutCORS(req) {
		req.mode, req.credentials = ModeNoCORS, CredentialsInclude
	}
	if req.body == nil && q.deviates(UploadListenerNeedsBody) {
		req.useCORSPreflight = false
	}
}

// conditionalCacheMode sets the cache mode of a conditional request earlier than
// the standard does.
func (q quirks) conditionalCacheMode(req *request) {
	if req.cache != CacheDefault || !isConditional(req.header) {
		return
	}
	switch {
	case q.deviates(ConditionalIsNoCache):
		req.cache = CacheNoCache
	case q.deviates(ConditionalIsNoStore) && req.initiator == InitiatorFetch:
		req.cache = CacheNoStore
	}
}

// fontWithoutCORS reports whether the request is a font that the browser loads
// without CORS.
func (q quirks) fontWithoutCORS(req *request) bool {
	return req.destination == DestinationFont && req.initiator == InitiatorElement && q.deviates(FontsWithoutCORS)
}

// constructorDeviation returns the deviation that the constructor's step shows, or
// 0.
func (q quirks) constructorDeviation(req *request) Deviation {
	if q.fontWithoutCORS(req) {
		return FontsWithoutCORS
	}
	return 0
}

// setXHRContentType puts the Content-Type with its charset rewritten into the
// header list, or stores it for the wire.
func (q quirks) setXHRContentType(req *request, value string) {
	if q.deviates(CharsetNamedAfterPreflight) {
		req.memory.typeOnWire = value
		return
	}
	req.header.Delete("Content-Type")
	req.header.Append("Content-Type", value)
}

// rewriteCharset is withUTF8Charset as the browser does it.
func (q quirks) rewriteCharset(value string, source bodySource) string {
	switch {
	case q.deviates(CharsetReplacedInText):
		return replaceCharsets(value)
	case source == sourceURLSearchParams && q.deviates(URLSearchParamsCharsetReplacedInText):
		return replaceLastCharsets(value)
	case source == sourceString || q.deviates(URLSearchParamsNamesCharset):
		return withUTF8Charset(value)
	}
	return value
}

// replaceCharsets replaces the value of every charset in a text without parsing
// it. Quotes stay, closed or not. An empty value ends the search.
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
// type in a comma-separated list, including their quotes.
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
			quote = "'" // not a quotation mark in this grammar, so it stays
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
