// Package reason has every reason for which a browser blocks a fetch: one row
// each in the table below. Everything else that depends on a reason, such as
// console lines and fixes, is keyed by the type.
package reason

import "fmt"

// A Reason is one way in which a fetch can fail. Most names are those of
// Chromium's DevTools protocol (CorsError). The zero Reason means "not blocked".
type Reason uint8

// The reasons. Nothing depends on their order; their names are stable.
const (
	_ Reason = iota

	// What fetch() and XMLHttpRequest refuse before there is a request.

	InvalidURL
	URLContainsCredentials
	InvalidMethod
	ForbiddenMethod
	InvalidHeader
	BodyNotAllowed
	InvalidReferrer
	InvalidRequest
	NoCorsMethodNotSafelisted
	NoCorsRedirectModeNotFollow

	// What is refused before anything goes on the wire.

	DisallowedByMode
	CorsDisabledScheme
	InvalidDataURL
	BlockedPort
	MixedContent

	// The preflight.

	PreflightMissingAllowOriginHeader
	PreflightMultipleAllowOriginValues
	PreflightInvalidAllowOriginValue
	PreflightAllowOriginMismatch
	PreflightWildcardOriginNotAllowed
	PreflightInvalidAllowCredentials
	PreflightInvalidStatus
	PreflightDisallowedRedirect
	InvalidAllowMethodsPreflightResponse
	InvalidAllowHeadersPreflightResponse
	MethodDisallowedByPreflightResponse
	HeaderDisallowedByPreflightResponse

	// The CORS check on the answer itself.

	MissingAllowOriginHeader
	MultipleAllowOriginValues
	InvalidAllowOriginValue
	AllowOriginMismatch
	WildcardOriginNotAllowed
	InvalidAllowCredentials

	// Redirects.

	RedirectModeError
	RedirectContainsCredentials
	RedirectInvalidLocation
	RedirectDisallowedScheme
	RedirectBodyNotReplayable
	TooManyRedirects
	StreamRequiresHTTP2

	// Policies around CORS.

	CorpNotSameOrigin
	CorpNotSameSite
	CorpNotSameOriginAfterDefaultedByCoep
	OpaqueResponseBlocked
	NosniffMIMETypeMismatch
	MIMETypeNotAllowed
	InsecureLocalNetwork
	InvalidLocalNetworkAccess
	LocalNetworkAccessPermissionDenied

	// The network and the limits of this package.

	ConnectionFailed
	Timeout
	Canceled
	InvalidResponse
	ResponseTooLarge

	count
)

// A Phase is the part of a fetch in which a reason arises.
type Phase uint8

// The phases, in the order in which a fetch goes through them.
const (
	Call      Phase = iota + 1 // fetch() or XMLHttpRequest refuses the call itself
	Before                     // blocked before anything is sent
	Preflight                  // the response to the CORS preflight
	Send                       // blocked when the request is about to be sent
	CORSCheck                  // the CORS check on the response
	Redirect                   // a redirect that may not be followed
	Policy                     // policies around CORS
	Network                    // the network, and the limits of package fetch
)

// A Party is who can fix what a reason names.
type Party string

// The parties.
const (
	Server Party = "server" // its response
	Page   Party = "page"   // its request, or the page itself
	User   Party = "user"   // the person at the browser, or who runs the agent
)

// A row is all that is known of a reason.
type row struct {
	name        string
	phase       Phase
	algorithm   string // of the standard, in which the reason arises
	anchor      string // of that place in the standard
	explanation string
	protects    string
	party       Party
	inPreflight Reason // the same failure in the response to a preflight
}

const (
	fetchSpec = "https://fetch.spec.whatwg.org/"
	lnaSpec   = "https://wicg.github.io/local-network-access/"
)

// Sentences that several rows share.
const (
	protectsAnswer    = "A page must not read what a server answers to its visitor, unless the server says that this page may."
	protectsCookies   = "Answers to requests with cookies are the visitor's own; a server must name the page that may read them, and say that it means requests with cookies."
	protectsServer    = "A server that has never heard of CORS must not receive what no HTML form could send; so it is asked first."
	protectsSyntax    = "A permission that cannot be read might mean anything, and is taken for none."
	protectsNoRequest = "A request that is not well-formed could mean different things to the page, the browser and the server."
	protectsTarget    = "A redirect must not take a request to a place that the page could not have asked for itself."
	protectsLoad      = "A server can keep its resources out of other sites' pages and processes, where side channels could read them."
	protectsLocal     = "Pages of the public web must not reach into the visitor's home or office network, or the machine itself."
	protectsNetwork   = "Nothing is being protected here: there is no answer that could be judged."
)

var table = [count]row{
	InvalidURL: {name: "InvalidURL", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "The URL cannot be parsed, so no request is made.",
		protects:    protectsNoRequest, party: Page},
	URLContainsCredentials: {name: "URLContainsCredentials", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "fetch() refuses a URL that has a user name or password in it.",
		protects:    "User names and passwords in URLs end up in logs, histories and error messages.", party: Page},
	InvalidMethod: {name: "InvalidMethod", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "The method is not an HTTP token.",
		protects:    protectsNoRequest, party: Page},
	ForbiddenMethod: {name: "ForbiddenMethod", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#forbidden-method",
		explanation: "Scripts may not use CONNECT, TRACE or TRACK.",
		protects:    "TRACE sends back what it was sent, cookies included, and CONNECT opens a tunnel: scripts must have neither.", party: Page},
	InvalidHeader: {name: "InvalidHeader", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#concept-headers-append",
		explanation: "A header's name is not a token, or its value has bytes that no header may have.",
		protects:    "A line break in a header would begin another header, or another request, that the page may not send.", party: Page},
	BodyNotAllowed: {name: "BodyNotAllowed", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "A GET or HEAD request cannot have a body.",
		protects:    protectsNoRequest, party: Page},
	InvalidReferrer: {name: "InvalidReferrer", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "The referrer is not a URL.",
		protects:    protectsNoRequest, party: Page},
	InvalidRequest: {name: "InvalidRequest", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "An option has a value that fetch() does not know, or two options contradict each other.",
		protects:    protectsNoRequest, party: Page},
	NoCorsMethodNotSafelisted: {name: "NoCorsMethodNotSafelisted", phase: Call, algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "In no-cors mode only GET, HEAD and POST are allowed.",
		protects:    protectsServer, party: Page},
	NoCorsRedirectModeNotFollow: {name: "NoCorsRedirectModeNotFollow", phase: Call, algorithm: "main fetch", anchor: fetchSpec + "#main-fetch",
		explanation: "A cross-origin no-cors request must follow redirects.",
		protects:    "Whether a foreign URL redirects says whether the visitor is logged in there; a page must not find out.", party: Page},

	DisallowedByMode: {name: "DisallowedByMode", phase: Before, algorithm: "main fetch", anchor: fetchSpec + "#main-fetch",
		explanation: "The request's mode is same-origin, and the URL is of another origin.",
		protects:    "The page itself asked that nothing leave its own origin.", party: Page},
	CorsDisabledScheme: {name: "CorsDisabledScheme", phase: Before, algorithm: "main fetch", anchor: fetchSpec + "#main-fetch",
		explanation: "Cross-origin requests work for http: and https: URLs only.",
		protects:    "Files on disk, mail addresses and other apps' data have no server that could say who may read them.", party: Page},
	InvalidDataURL: {name: "InvalidDataURL", phase: Before, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#data-url-processor",
		explanation: "The data: URL has no comma, or its base64 does not decode.",
		protects:    protectsNoRequest, party: Page},
	BlockedPort: {name: "BlockedPort", phase: Before, algorithm: "port blocking", anchor: fetchSpec + "#port-blocking",
		explanation: "The URL's port belongs to another protocol, and browsers send no HTTP there.",
		protects:    "Mail, file and chat servers could take the lines of an HTTP request for commands.", party: Server},
	MixedContent: {name: "MixedContent", phase: Before, algorithm: "mixed content", anchor: "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
		explanation: "A page loaded over HTTPS may not load this over plain HTTP.",
		protects:    "What comes over plain HTTP can be read and changed on the way, and would then be part of a page that came over HTTPS.", party: Server},

	PreflightMissingAllowOriginHeader: {name: "PreflightMissingAllowOriginHeader", phase: Preflight, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer to the preflight has no Access-Control-Allow-Origin header.",
		protects:    protectsServer, party: Server},
	PreflightMultipleAllowOriginValues: {name: "PreflightMultipleAllowOriginValues", phase: Preflight, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer to the preflight names more than one origin in Access-Control-Allow-Origin; only one is allowed.",
		protects:    protectsSyntax, party: Server},
	PreflightInvalidAllowOriginValue: {name: "PreflightInvalidAllowOriginValue", phase: Preflight, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The Access-Control-Allow-Origin of the answer to the preflight is not an origin.",
		protects:    protectsSyntax, party: Server},
	PreflightAllowOriginMismatch: {name: "PreflightAllowOriginMismatch", phase: Preflight, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The Access-Control-Allow-Origin of the answer to the preflight is not, byte for byte, the page's origin.",
		protects:    protectsAnswer, party: Server},
	PreflightWildcardOriginNotAllowed: {name: "PreflightWildcardOriginNotAllowed", phase: Preflight, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer to the preflight allows any origin with *, which does not count for a request with credentials.",
		protects:    protectsCookies, party: Server},
	PreflightInvalidAllowCredentials: {name: "PreflightInvalidAllowCredentials", phase: Preflight, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The request has credentials, and the answer to the preflight does not say Access-Control-Allow-Credentials: true.",
		protects:    protectsCookies, party: Server},
	PreflightInvalidStatus: {name: "PreflightInvalidStatus", phase: Preflight, algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "The answer to the preflight does not have a status from 200 to 299.",
		protects:    protectsServer, party: Server},
	PreflightDisallowedRedirect: {name: "PreflightDisallowedRedirect", phase: Preflight, algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "The server answered the preflight with a redirect, and preflights follow none.",
		protects:    protectsServer, party: Server},
	InvalidAllowMethodsPreflightResponse: {name: "InvalidAllowMethodsPreflightResponse", phase: Preflight, algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Methods is not a list of methods; one bad member spoils it all.",
		protects:    protectsSyntax, party: Server},
	InvalidAllowHeadersPreflightResponse: {name: "InvalidAllowHeadersPreflightResponse", phase: Preflight, algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Headers is not a list of header names; one bad member spoils it all.",
		protects:    protectsSyntax, party: Server},
	MethodDisallowedByPreflightResponse: {name: "MethodDisallowedByPreflightResponse", phase: Preflight, algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Methods does not list the request's method.",
		protects:    protectsServer, party: Server},
	HeaderDisallowedByPreflightResponse: {name: "HeaderDisallowedByPreflightResponse", phase: Preflight, algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Headers does not list a header that the request has.",
		protects:    protectsServer, party: Server},

	MissingAllowOriginHeader: {name: "MissingAllowOriginHeader", phase: CORSCheck, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer has no Access-Control-Allow-Origin header.",
		protects:    protectsAnswer, party: Server, inPreflight: PreflightMissingAllowOriginHeader},
	MultipleAllowOriginValues: {name: "MultipleAllowOriginValues", phase: CORSCheck, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer names more than one origin in Access-Control-Allow-Origin; only one is allowed.",
		protects:    protectsSyntax, party: Server, inPreflight: PreflightMultipleAllowOriginValues},
	InvalidAllowOriginValue: {name: "InvalidAllowOriginValue", phase: CORSCheck, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer's Access-Control-Allow-Origin is not an origin.",
		protects:    protectsSyntax, party: Server, inPreflight: PreflightInvalidAllowOriginValue},
	AllowOriginMismatch: {name: "AllowOriginMismatch", phase: CORSCheck, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer's Access-Control-Allow-Origin is not, byte for byte, the origin that asked.",
		protects:    protectsAnswer, party: Server, inPreflight: PreflightAllowOriginMismatch},
	WildcardOriginNotAllowed: {name: "WildcardOriginNotAllowed", phase: CORSCheck, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The answer allows any origin with *, which does not count for a request with credentials.",
		protects:    protectsCookies, party: Server, inPreflight: PreflightWildcardOriginNotAllowed},
	InvalidAllowCredentials: {name: "InvalidAllowCredentials", phase: CORSCheck, algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The request has credentials, and the answer does not say Access-Control-Allow-Credentials: true.",
		protects:    protectsCookies, party: Server, inPreflight: PreflightInvalidAllowCredentials},

	RedirectModeError: {name: "RedirectModeError", phase: Redirect, algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-fetch",
		explanation: "The request's redirect mode is error, and the server redirects.",
		protects:    "The page itself asked that a redirect be an error.", party: Page},
	RedirectContainsCredentials: {name: "RedirectContainsCredentials", phase: Redirect, algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect goes to a URL with a user name or password, which a cross-origin request may not follow.",
		protects:    "A server must not make a page's request log in somewhere with a name and password of its choosing.", party: Server},
	RedirectInvalidLocation: {name: "RedirectInvalidLocation", phase: Redirect, algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect's Location is not a URL.",
		protects:    protectsTarget, party: Server},
	RedirectDisallowedScheme: {name: "RedirectDisallowedScheme", phase: Redirect, algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect leaves http: and https:, and a fetch may not follow it there.",
		protects:    protectsTarget, party: Server},
	RedirectBodyNotReplayable: {name: "RedirectBodyNotReplayable", phase: Redirect, algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect asks for the request's body again, and a stream can be sent only once.",
		protects:    protectsNoRequest, party: Page},
	TooManyRedirects: {name: "TooManyRedirects", phase: Redirect, algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "There were more than 20 redirects.",
		protects:    "A loop of redirects would keep the browser and the servers busy for ever.", party: Server},

	StreamRequiresHTTP2: {name: "StreamRequiresHTTP2", phase: Send, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The body is a stream, which this browser sends over HTTP/2 or HTTP/3 only.",
		protects:    "Old servers and proxies cannot tell where a streamed request over HTTP/1.1 ends.", party: Server},

	CorpNotSameOrigin: {name: "CorpNotSameOrigin", phase: Policy, algorithm: "cross-origin resource policy check", anchor: fetchSpec + "#cross-origin-resource-policy-header",
		explanation: "The server's Cross-Origin-Resource-Policy lets only its own origin load this.",
		protects:    protectsLoad, party: Server},
	CorpNotSameSite: {name: "CorpNotSameSite", phase: Policy, algorithm: "cross-origin resource policy check", anchor: fetchSpec + "#cross-origin-resource-policy-header",
		explanation: "The server's Cross-Origin-Resource-Policy lets only its own site load this.",
		protects:    protectsLoad, party: Server},
	CorpNotSameOriginAfterDefaultedByCoep: {name: "CorpNotSameOriginAfterDefaultedByCoep", phase: Policy, algorithm: "cross-origin resource policy check", anchor: fetchSpec + "#cross-origin-resource-policy-header",
		explanation: "The page's Cross-Origin-Embedder-Policy asks for a Cross-Origin-Resource-Policy header, and the answer has none.",
		protects:    "An isolated page has precise timers with which it could read what lies in its process; so only what agrees to that may be loaded.", party: Server},
	OpaqueResponseBlocked: {name: "OpaqueResponseBlocked", phase: Policy, algorithm: "opaque response blocking", anchor: "https://github.com/annevk/orb",
		explanation: "The answer looks like data that no element could use, so opaque response blocking keeps it out of the page's process.",
		protects:    protectsLoad, party: Server},
	NosniffMIMETypeMismatch: {name: "NosniffMIMETypeMismatch", phase: Policy, algorithm: "nosniff", anchor: fetchSpec + "#should-response-to-request-be-blocked-due-to-nosniff?",
		explanation: "With X-Content-Type-Options: nosniff, a script or style sheet must have the right Content-Type.",
		protects:    "A file that a user uploaded as text or image must not be run as a script, or shape a page as its style.", party: Server},
	MIMETypeNotAllowed: {name: "MIMETypeNotAllowed", phase: Policy, algorithm: "MIME type check", anchor: fetchSpec + "#should-response-to-request-be-blocked-due-to-mime-type?",
		explanation: "A script may not have an image, audio, video or CSV Content-Type.",
		protects:    "A file that a user uploaded as image, sound, film or table must not be run as a script.", party: Server},
	InsecureLocalNetwork: {name: "InsecureLocalNetwork", phase: Policy, algorithm: "Local Network Access check", anchor: lnaSpec + "#local-network-access-check",
		explanation: "A page that is not a secure context may not reach into a more local network.",
		protects:    protectsLocal, party: Page},
	InvalidLocalNetworkAccess: {name: "InvalidLocalNetworkAccess", phase: Policy, algorithm: "Local Network Access check", anchor: lnaSpec + "#local-network-access-check",
		explanation: "The page named an address space that the server is not in.",
		protects:    protectsLocal, party: Page},
	LocalNetworkAccessPermissionDenied: {name: "LocalNetworkAccessPermissionDenied", phase: Policy, algorithm: "Local Network Access check", anchor: lnaSpec + "#local-network-access-check",
		explanation: "The user has not given the page leave to reach a more local network.",
		protects:    protectsLocal, party: User},

	ConnectionFailed: {name: "ConnectionFailed", phase: Network, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "No connection to the server, or it was cut before an answer came.",
		protects:    protectsNetwork, party: User},
	Timeout: {name: "Timeout", phase: Network, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The time allowed for the fetch ran out.",
		protects:    protectsNetwork, party: User},
	Canceled: {name: "Canceled", phase: Network, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The fetch was canceled.",
		protects:    protectsNetwork, party: Page},
	InvalidResponse: {name: "InvalidResponse", phase: Network, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "What the server sent is not an HTTP response.",
		protects:    "What cannot be read as HTTP might be another protocol's answer, and is not for pages.", party: Server},
	ResponseTooLarge: {name: "ResponseTooLarge", phase: Network, algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The answer is larger than the agent's limit.",
		protects:    "An endless answer would take all the memory there is.", party: User},
}

// All returns every reason.
func All() []Reason {
	all := make([]Reason, 0, count-1)
	for r := Reason(1); r < count; r++ {
		all = append(all, r)
	}
	return all
}

// row returns the reason's row; an unknown reason has an empty one.
func (r Reason) row() row {
	if r >= count {
		return row{}
	}
	return table[r]
}

// String returns the reason's name.
func (r Reason) String() string {
	if name := r.row().name; name != "" {
		return name
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// MarshalText writes the name; the zero Reason is "".
func (r Reason) MarshalText() ([]byte, error) {
	if r == 0 {
		return []byte{}, nil
	}
	return []byte(r.String()), nil
}

// Phase returns the part of a fetch in which the reason arises.
func (r Reason) Phase() Phase { return r.row().phase }

// Algorithm returns the name of the standard's algorithm in which the reason arises.
func (r Reason) Algorithm() string { return r.row().algorithm }

// Anchor links to the place in a standard that demands it.
func (r Reason) Anchor() string { return r.row().anchor }

// Explanation is one plain sentence: what was found and why that ends a fetch.
func (r Reason) Explanation() string { return r.row().explanation }

// Protects says in one plain sentence whom the rule behind the reason protects
// from what.
func (r Reason) Protects() string { return r.row().protects }

// Party returns who can fix what the reason names.
func (r Reason) Party() Party { return r.row().party }

// Preflight reports whether the reason lies in the response to a CORS preflight:
// the page's own request was then never sent.
func (r Reason) Preflight() bool { return r.Phase() == Preflight }

// CORS reports whether a server can fix the reason with CORS headers alone.
func (r Reason) CORS() bool { return r.Phase() == Preflight || r.Phase() == CORSCheck }

// Unreachable reports whether the server sent no usable response, as opposed to
// one that a browser hides from the page.
func (r Reason) Unreachable() bool { return r.Phase() == Network }

// Refused reports whether the API refuses the call itself, whatever the server.
func (r Reason) Refused() bool { return r.Phase() == Call }

// InPreflight returns the reason that a failed CORS check has when it fails on
// the response to a preflight; any other reason is returned as it is.
func (r Reason) InPreflight() Reason {
	if p := r.row().inPreflight; p != 0 {
		return p
	}
	return r
}

// WithoutPreflight is the reverse of InPreflight.
func (r Reason) WithoutPreflight() Reason {
	for plain, row := range table {
		if r != 0 && row.inPreflight == r {
			return Reason(plain)
		}
	}
	return r
}
