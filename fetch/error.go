package fetch

import (
	"strings"

	"github.com/concors/concors/fetch/reason"
)

// A NetworkError is a network error (https://fetch.spec.whatwg.org/#concept-network-error)
// with its reason, which browsers hide from scripts. A script only sees that its
// fetch() was rejected with a TypeError, or that its XMLHttpRequest had an error
// event.
type NetworkError struct {
	Reason reason.Reason
	// URL is the URL that was being fetched when the fetch failed. FirstURL is
	// the URL before any redirects; it is empty if there were none.
	URL, FirstURL string
	// Page is the URL of the page that made the request, PageOrigin its origin.
	Page, PageOrigin string
	// Origin is the origin as it was sent. It is "null" once redirects have
	// tainted the request.
	Origin string
	// Mode and Credentials are the request's. "" means not known.
	Mode        Mode
	Credentials Credentials
	// Header and Value are the response header that failed a check and its
	// combined value, if the reason is about a header. For
	// HeaderDisallowedByPreflightResponse, Header is the request header that is
	// not allowed and Value is the server's Access-Control-Allow-Headers. Present
	// distinguishes an empty header from a missing one.
	Header, Value string
	Present       bool
	// Method is the method that is not allowed, if that is the reason.
	Method string
	// Status is that of the blocked response, or 0 if there was none.
	Status int
	// Kind is what made the request: "fetch", "XMLHttpRequest", "image",
	// "script", "module" …
	Kind string
	// Space is the address space of the server, for the reasons of Local Network
	// Access.
	Space AddressSpace
	// Err is the underlying error, if any.
	Err error

	Trace *Trace
}

// Error says what was blocked and why.
func (e *NetworkError) Error() string {
	var b strings.Builder
	if e.Kind != "" {
		b.WriteString(e.Kind + " ")
	}
	if e.URL != "" {
		b.WriteString(e.URL + ": ")
	}
	b.WriteString(e.Reason.String())
	switch {
	case e.Reason == reason.HeaderDisallowedByPreflightResponse:
		b.WriteString(" (" + e.Header + ")")
	case e.Reason == reason.MethodDisallowedByPreflightResponse && e.Method != "":
		b.WriteString(" (" + e.Method + ")")
	case e.Header != "" && e.Present:
		b.WriteString(" (" + e.Header + ": " + e.Value + ")")
	case e.Header != "":
		b.WriteString(" (" + e.Header + ")")
	case e.Method != "":
		b.WriteString(" (" + e.Method + ")")
	}
	b.WriteString(": " + lowerFirst(strings.TrimSuffix(e.Reason.Explanation(), ".")))
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns Err.
func (e *NetworkError) Unwrap() error { return e.Err }

// Sent reports whether the page's request was sent, not only its preflight. If so,
// the server may already have carried it out, although the page got an error.
func (e *NetworkError) Sent() bool { return e.Trace.sent() }

// LastExchange returns the last exchange before the fetch failed. It is nil if
// nothing was sent or the error has no Trace.
func (e *NetworkError) LastExchange() *Exchange {
	if e.Trace == nil || len(e.Trace.Exchanges) == 0 {
		return nil
	}
	return &e.Trace.Exchanges[len(e.Trace.Exchanges)-1]
}

// LastRequestURL returns the URL of the last request. It is URL, except where a
// redirect may not be followed: there it is the URL that redirects.
func (e *NetworkError) LastRequestURL() string {
	switch x := e.LastExchange(); {
	case x != nil:
		return x.URL
	case e.FirstURL != "" && e.Reason.Phase() == reason.Redirect:
		return e.FirstURL
	}
	return e.URL
}

// IsRedirect reports whether the response that was blocked has a redirect status.
func (e *NetworkError) IsRedirect() bool { return isRedirectStatus(e.Status) }

func (t *Trace) sent() bool {
	if t == nil {
		return false
	}
	for _, x := range t.Exchanges {
		if !x.Preflight && x.Err == nil {
			return true
		}
	}
	return false
}

// lowerFirst lower-cases a sentence that follows a colon, unless its first word is
// a name.
func lowerFirst(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if first == "" || strings.ToLower(first[1:]) != first[1:] || strings.Contains(first, "-") {
		return s
	}
	return strings.ToLower(first[:1]) + s[1:]
}
