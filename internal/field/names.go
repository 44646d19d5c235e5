package field

import (
	"slices"
	"strings"
)

// IsForbiddenMethod reports whether browsers refuse to send method for a script: CONNECT, TRACE
// and TRACK, in any case. See https://fetch.spec.whatwg.org/#forbidden-method.
func IsForbiddenMethod(method string) bool {
	switch strings.ToUpper(method) {
	case "CONNECT", "TRACE", "TRACK":
		return true
	}
	return false
}

// NormalizeMethod upper-cases DELETE, GET, HEAD, OPTIONS, POST and PUT, as browsers do before they
// send a request. Any other method is returned as it is, so "patch" stays in lower case.
// See https://fetch.spec.whatwg.org/#concept-method-normalize.
func NormalizeMethod(method string) string {
	for _, m := range [...]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"} {
		if EqualFold(method, m) {
			return m
		}
	}
	return method
}

// IsCORSSafelistedMethod reports whether a simple request may use method: GET, HEAD or POST. The
// comparison is case-sensitive. See https://fetch.spec.whatwg.org/#cors-safelisted-method.
func IsCORSSafelistedMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "POST"
}

// IsForbiddenRequestHeader reports whether browsers ignore a script's attempt to set the request
// header name to value. Only the method override headers (X-HTTP-Method-Override and its two
// variants) depend on the value: they are forbidden if it lists a forbidden method. name may be in
// any case. See https://fetch.spec.whatwg.org/#forbidden-request-header.
func IsForbiddenRequestHeader(name, value string) bool {
	switch Lower(name) {
	case "x-http-method", "x-http-method-override", "x-method-override":
		return slices.ContainsFunc(Split(value), IsForbiddenMethod)
	}
	return IsForbiddenRequestHeaderName(name)
}

// IsForbiddenRequestHeaderName reports whether browsers ignore a script's attempt to set the
// request header name, whatever its value. name may be in any case.
// See [IsForbiddenRequestHeader] for the headers that depend on their value.
func IsForbiddenRequestHeaderName(name string) bool {
	if len(name) >= 4 && EqualFold(name[:4], "sec-") || len(name) >= 6 && EqualFold(name[:6], "proxy-") {
		return true
	}
	var buffer [len("access-control-request-headers")]byte // on the stack, because servers call this for each request
	if len(name) > len(buffer) {
		return false
	}
	lower := buffer[:len(name)]
	for i := range lower {
		lower[i] = LowerByte(name[i])
	}
	switch string(lower) {
	case "accept-charset", "accept-encoding", "access-control-request-headers",
		"access-control-request-method", "connection", "content-length", "cookie",
		"cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin", "referer",
		"set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via":
		return true
	}
	return false
}

// IsCORSNonWildcardRequestHeaderName reports whether Access-Control-Allow-Headers must list name
// itself because "*" does not cover it. Only Authorization is such a header.
// See https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
func IsCORSNonWildcardRequestHeaderName(name string) bool {
	return EqualFold(name, "Authorization")
}

// CORSUnsafeValue returns a value for the request header name (in any case) that makes browsers
// send a preflight. It stands in for a value that is not known, since a preflight names the
// headers of the request that follows but not their values.
// See https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
func CORSUnsafeValue(name string) string {
	switch Lower(name) {
	case "accept", "accept-language", "content-language":
		return `"x"`
	case "content-type":
		return "application/json"
	case "range":
		return "bytes=-1"
	}
	return "x"
}

// IsRequestBodyHeaderName reports whether name describes a request's body, so that a redirect that
// drops the body also drops the header.
// See https://fetch.spec.whatwg.org/#request-body-header-name.
func IsRequestBodyHeaderName(name string) bool {
	return isOneOf(name, "content-encoding", "content-language", "content-location", "content-type")
}

// IsForbiddenResponseHeaderName reports whether browsers hide the response header name from every
// script: Set-Cookie and Set-Cookie2.
// See https://fetch.spec.whatwg.org/#forbidden-response-header-name.
func IsForbiddenResponseHeaderName(name string) bool {
	return EqualFold(name, "Set-Cookie") || EqualFold(name, "Set-Cookie2")
}

// IsCORSSafelistedResponseHeaderName reports whether scripts may read the response header name
// without Access-Control-Expose-Headers.
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func IsCORSSafelistedResponseHeaderName(name string) bool {
	return isOneOf(name, "cache-control", "content-language", "content-length", "content-type", "expires",
		"last-modified", "pragma")
}

// isOneOf reports whether name, in any case, is one of the names. It allocates nothing.
func isOneOf(name string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return EqualFold(n, name) })
}
