package fetch

import (
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// httpRequestCopied changes the headers of the HTTP request before the browser
// adds its own.
func (q quirks) httpRequestCopied(req *request, header *HeaderList) {
	if req.memory.typeOnWire != "" && header.Contains("Content-Type") {
		header.Delete("Content-Type")
		header.Append("Content-Type", req.memory.typeOnWire)
	}
}

// sendsUncached reports whether a request for a cached response is sent if there is none.
func (q quirks) sendsUncached() bool { return q.deviates(OnlyIfCachedIsSent) }

// keepsCredentials reports whether a request with credentials mode same-origin
// has credentials although a redirect has led to another origin.
func (q quirks) keepsCredentials(req *request) bool {
	return req.mode == ModeNoCORS && q.deviates(CredentialsKeptAfterRedirect) &&
		origin.SameOrigin(req.origin, origin.Of(req.url()))
}

// sendsZeroLength reports whether an empty body is sent with a Content-Length.
func (q quirks) sendsZeroLength(req *request) bool {
	if req.method == "POST" || req.method == "PUT" || !q.deviates(EmptyBodyWithoutLength) {
		return true
	}
	source := req.body.source
	return source != sourceBlob && !(source == sourceURLSearchParams && req.initiator == InitiatorXHR)
}

// rewriteRange changes the Range header before Accept-Encoding is chosen.
func (q quirks) rewriteRange(req *request, header *HeaderList) {
	if !q.deviates(RangeRewritten) || req.method != "GET" || req.cache == CacheNoStore || isConditional(*header) {
		return
	}
	value, ok := header.Get("Range")
	if !ok {
		return
	}
	if r, ok := field.ParseSingleRange(field.Lower(value), true); ok {
		header.Delete("Range")
		header.Append("Range", "bytes="+r.Start+"-"+r.End)
	}
}

// valueOnWire is a header's value as its bytes are sent.
func (q quirks) valueOnWire(value string) string {
	if q.deviates(HeadersSentAsUTF8) {
		return latin1ToUTF8(value)
	}
	return value
}

// latin1ToUTF8 encodes each byte of s as the code point with its number.
func latin1ToUTF8(s string) string {
	if isASCII(s) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
