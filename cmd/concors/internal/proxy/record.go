package proxy

import (
	"net/http"
	"time"
)

// A Record is one request that reached the proxy, and what became of it. Values of headers that
// Config.Headers injects are in none of its fields.
type Record struct {
	Started time.Time
	Took    time.Duration // until the last byte was sent, or the WebSocket was closed

	Page   string // the origin of the page: Origin, or that of Referer; the alias's own origin for its own requests; "" if none is known
	Method string
	Asked  string // the URL at the proxy
	Target string // the URL at the API; "" if the request was refused before one was chosen
	Route  string // the prefix of the route; "" if none

	Request  http.Header // as the page sent it, before injected headers were added
	Cookies  []string    // the Cookie lines as the API received them: its own names, and none of another target
	Status   int         // what the page received; 0 if the connection was closed first
	Upstream int         // what the API responded with; 0 if it did not
	Received http.Header // as the API sent it, with Set-Cookie as the API wrote it; nil if it sent none
	Sent     http.Header // as the page received it
	Bytes    int64       // of the response body, as sent

	Preflight bool // answered by the proxy: the API did not see it
	Upgrade   bool // a WebSocket, or another protocol
	Own       bool // the page's own files (the alias form) or the report of the proxy: not the API's

	Changes []Change // what was changed for the browser
	Fault   *Fault   // why the request failed or was refused; nil if it went through
}

// A Change is one thing that the proxy changed, because a browser would otherwise refuse it.
type Change struct {
	Kind  Kind
	Field string // the header field, such as Set-Cookie
	Name  string // which one, such as the cookie's name; ""
	From  string // as it was, without the values of cookies and secrets; "" if it was added
	To    string // as it is now; "" if it was removed
	Why   string // one sentence: what changed, and why the browser needs it
}

// Kind is the kind of a [Change]. Its values are stable.
type Kind string

// The kinds of changes.
const (
	CORS      Kind = "cors"      // CORS headers were added for the page, and the API's own removed
	Cookie    Kind = "cookie"    // an attribute or the name of a cookie
	Location  Kind = "location"  // Location, Content-Location, Refresh
	Link      Kind = "link"      // Link
	Secret    Kind = "secret"    // a header was injected: Field is its name
	Header    Kind = "header"    // another response header that would stop the page, such as Cross-Origin-Resource-Policy
	Requested Kind = "requested" // a request header: Origin, Referer, Host, Sec-Fetch-…, as the API gets it
	Kept      Kind = "kept"      // not changed, because browsers refuse it from the API too, or because it leads elsewhere
)

// A Fault says why a request was refused or failed. The page gets its text as the body of the response.
type Fault struct {
	Kind   FaultKind
	Text   string // one line: what happened, and what to do
	Status int    // the status that the page received; 0 if the response had begun
}

// Error returns the text.
func (f *Fault) Error() string { return f.Text }

// FaultKind is the kind of a [Fault]. Its values are stable.
type FaultKind string

// The kinds of faults. Those of the first group are refused by the proxy (see RefusedByProxy): the API has
// not seen the request, or the page not the redirect.
const (
	NotAllowedHost    FaultKind = "not-allowed-host"    // Host names another server: DNS rebinding
	NotAllowedOrigin  FaultKind = "not-allowed-origin"  // the page is not one of Config.Pages
	NotAllowedMethod  FaultKind = "not-allowed-method"  // CONNECT, TRACE
	NotAllowedTarget  FaultKind = "not-allowed-target"  // a redirect out of the routes
	NotAllowedAddress FaultKind = "not-allowed-address" // the target's address is private, link-local …
	NoRoute           FaultKind = "no-route"            // no route has the path
	Loop              FaultKind = "loop"                // the target is this proxy
	BadRequest        FaultKind = "bad-request"         // a path or header that servers read differently
	InvalidPreflight  FaultKind = "invalid-preflight"   // a method or header that is not one

	NotFound       FaultKind = "name-not-found"  // DNS has no such name
	Unreachable    FaultKind = "unreachable"     // nothing listens there, or the network fails
	Certificate    FaultKind = "certificate"     // not valid: self-signed, expired, another name
	NotTLS         FaultKind = "not-tls"         // https asked of a server that speaks http, or TLS failed
	BadResponse    FaultKind = "bad-response"    // not HTTP
	UpgradeRefused FaultKind = "upgrade-refused" // a WebSocket's handshake was refused by the API
	Timeout        FaultKind = "timeout"         // no response in time
	TooLarge       FaultKind = "too-large"       // headers over the limit
	Interrupted    FaultKind = "interrupted"     // the API broke off its response
	Cancelled      FaultKind = "cancelled"       // the page went away first
)

// RefusedByProxy reports whether the proxy refused the request, to protect itself and the API or because
// nothing leads to an API. Of other faults the network or the API is the cause, or the page.
func (k FaultKind) RefusedByProxy() bool {
	switch k {
	case NotAllowedHost, NotAllowedOrigin, NotAllowedMethod, NotAllowedTarget, NotAllowedAddress, NoRoute, Loop, BadRequest,
		InvalidPreflight:
		return true
	}
	return false
}
