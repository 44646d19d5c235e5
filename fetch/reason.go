package fetch

import "fmt"

// A Reason is one way in which a fetch can fail. The names are those that
// Chromium's DevTools uses (the protocol's CorsError), where it has one. The
// zero Reason means "not blocked".
type Reason uint8

// The reasons. Their order is that of the tables below and may change; their
// names do not.
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

	reasonCount
)

// Reasons returns every reason.
func Reasons() []Reason {
	all := make([]Reason, 0, reasonCount-1)
	for r := Reason(1); r < reasonCount; r++ {
		all = append(all, r)
	}
	return all
}

// String is the reason's name.
func (r Reason) String() string {
	if r == 0 || r >= reasonCount {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasonTable[r].name
}

// MarshalText writes the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Explanation is one plain sentence: what was found and why that ends a fetch.
func (r Reason) Explanation() string {
	if r >= reasonCount {
		return ""
	}
	return reasonTable[r].explanation
}

// Anchor links to the place in a standard that asks for it.
func (r Reason) Anchor() string {
	if r >= reasonCount {
		return ""
	}
	return reasonTable[r].anchor
}

// Preflight reports whether the reason lies in the answer to a CORS preflight:
// the request that the page asked for was then never sent.
func (r Reason) Preflight() bool {
	return r >= PreflightMissingAllowOriginHeader && r <= HeaderDisallowedByPreflightResponse
}

// CORS reports whether a server can lift the reason with CORS headers alone.
func (r Reason) CORS() bool {
	return r >= PreflightMissingAllowOriginHeader && r <= InvalidAllowCredentials
}

// Unreachable reports whether no usable answer came from the server, as against
// one that a browser keeps from the page.
func (r Reason) Unreachable() bool {
	return r == ConnectionFailed || r == Timeout || r == Canceled || r == InvalidResponse || r == ResponseTooLarge
}

// Refused reports whether the API refuses the call itself, whatever the server.
func (r Reason) Refused() bool { return r >= InvalidURL && r <= NoCorsRedirectModeNotFollow }

const (
	fetchSpec = "https://fetch.spec.whatwg.org/"
	lnaSpec   = "https://wicg.github.io/local-network-access/"
)

var reasonTable = [reasonCount]struct{ name, explanation, anchor string }{
	InvalidURL:                  {"InvalidURL", "The URL cannot be parsed, so no request is made.", fetchSpec + "#dom-request"},
	URLContainsCredentials:      {"URLContainsCredentials", "fetch() refuses a URL that has a user name or password in it.", fetchSpec + "#dom-request"},
	InvalidMethod:               {"InvalidMethod", "The method is not an HTTP token.", fetchSpec + "#dom-request"},
	ForbiddenMethod:             {"ForbiddenMethod", "Scripts may not use CONNECT, TRACE or TRACK.", fetchSpec + "#forbidden-method"},
	InvalidHeader:               {"InvalidHeader", "A header's name is not a token, or its value has bytes that no header may have.", fetchSpec + "#concept-headers-append"},
	BodyNotAllowed:              {"BodyNotAllowed", "A GET or HEAD request cannot have a body.", fetchSpec + "#dom-request"},
	InvalidReferrer:             {"InvalidReferrer", "The referrer is not a URL.", fetchSpec + "#dom-request"},
	InvalidRequest:              {"InvalidRequest", "An option has a value that fetch() does not know, or two options contradict each other.", fetchSpec + "#dom-request"},
	NoCorsMethodNotSafelisted:   {"NoCorsMethodNotSafelisted", "In no-cors mode only GET, HEAD and POST are allowed.", fetchSpec + "#dom-request"},
	NoCorsRedirectModeNotFollow: {"NoCorsRedirectModeNotFollow", "A cross-origin no-cors request must follow redirects.", fetchSpec + "#main-fetch"},

	DisallowedByMode:   {"DisallowedByMode", "The request's mode is same-origin, and the URL is of another origin.", fetchSpec + "#main-fetch"},
	CorsDisabledScheme: {"CorsDisabledScheme", "Cross-origin requests work for http: and https: URLs only.", fetchSpec + "#main-fetch"},
	InvalidDataURL:     {"InvalidDataURL", "The data: URL has no comma, or its base64 does not decode.", fetchSpec + "#data-url-processor"},
	BlockedPort:        {"BlockedPort", "The URL's port belongs to another protocol, and browsers send no HTTP there.", fetchSpec + "#port-blocking"},
	MixedContent:       {"MixedContent", "A page loaded over HTTPS may not load this over plain HTTP.", "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch"},

	PreflightMissingAllowOriginHeader:    {"PreflightMissingAllowOriginHeader", "The answer to the preflight has no Access-Control-Allow-Origin header.", fetchSpec + "#cors-check"},
	PreflightMultipleAllowOriginValues:   {"PreflightMultipleAllowOriginValues", "The answer to the preflight names more than one origin in Access-Control-Allow-Origin; only one is allowed.", fetchSpec + "#cors-check"},
	PreflightInvalidAllowOriginValue:     {"PreflightInvalidAllowOriginValue", "The Access-Control-Allow-Origin of the answer to the preflight is not an origin.", fetchSpec + "#cors-check"},
	PreflightAllowOriginMismatch:         {"PreflightAllowOriginMismatch", "The Access-Control-Allow-Origin of the answer to the preflight is not, byte for byte, the page's origin.", fetchSpec + "#cors-check"},
	PreflightWildcardOriginNotAllowed:    {"PreflightWildcardOriginNotAllowed", "The answer to the preflight allows any origin with *, which does not count for a request with credentials.", fetchSpec + "#cors-check"},
	PreflightInvalidAllowCredentials:     {"PreflightInvalidAllowCredentials", "The request has credentials, and the answer to the preflight does not say Access-Control-Allow-Credentials: true.", fetchSpec + "#cors-check"},
	PreflightInvalidStatus:               {"PreflightInvalidStatus", "The answer to the preflight does not have a status from 200 to 299.", fetchSpec + "#cors-preflight-fetch"},
	PreflightDisallowedRedirect:          {"PreflightDisallowedRedirect", "The server answered the preflight with a redirect, and preflights follow none.", fetchSpec + "#cors-preflight-fetch"},
	InvalidAllowMethodsPreflightResponse: {"InvalidAllowMethodsPreflightResponse", "Access-Control-Allow-Methods is not a list of methods; one bad member spoils it all.", fetchSpec + "#cors-preflight-fetch"},
	InvalidAllowHeadersPreflightResponse: {"InvalidAllowHeadersPreflightResponse", "Access-Control-Allow-Headers is not a list of header names; one bad member spoils it all.", fetchSpec + "#cors-preflight-fetch"},
	MethodDisallowedByPreflightResponse:  {"MethodDisallowedByPreflightResponse", "Access-Control-Allow-Methods does not list the request's method.", fetchSpec + "#cors-preflight-fetch"},
	HeaderDisallowedByPreflightResponse:  {"HeaderDisallowedByPreflightResponse", "Access-Control-Allow-Headers does not list a header that the request has.", fetchSpec + "#cors-preflight-fetch"},

	MissingAllowOriginHeader:  {"MissingAllowOriginHeader", "The answer has no Access-Control-Allow-Origin header.", fetchSpec + "#cors-check"},
	MultipleAllowOriginValues: {"MultipleAllowOriginValues", "The answer names more than one origin in Access-Control-Allow-Origin; only one is allowed.", fetchSpec + "#cors-check"},
	InvalidAllowOriginValue:   {"InvalidAllowOriginValue", "The answer's Access-Control-Allow-Origin is not an origin.", fetchSpec + "#cors-check"},
	AllowOriginMismatch:       {"AllowOriginMismatch", "The answer's Access-Control-Allow-Origin is not, byte for byte, the origin that asked.", fetchSpec + "#cors-check"},
	WildcardOriginNotAllowed:  {"WildcardOriginNotAllowed", "The answer allows any origin with *, which does not count for a request with credentials.", fetchSpec + "#cors-check"},
	InvalidAllowCredentials:   {"InvalidAllowCredentials", "The request has credentials, and the answer does not say Access-Control-Allow-Credentials: true.", fetchSpec + "#cors-check"},

	RedirectModeError:           {"RedirectModeError", "The request's redirect mode is error, and the server redirects.", fetchSpec + "#concept-http-fetch"},
	RedirectContainsCredentials: {"RedirectContainsCredentials", "The redirect goes to a URL with a user name or password, which a cross-origin request may not follow.", fetchSpec + "#concept-http-redirect-fetch"},
	RedirectInvalidLocation:     {"RedirectInvalidLocation", "The redirect's Location is not a URL.", fetchSpec + "#concept-http-redirect-fetch"},
	RedirectDisallowedScheme:    {"RedirectDisallowedScheme", "The redirect leaves http: and https:, and a fetch may not follow it there.", fetchSpec + "#concept-http-redirect-fetch"},
	RedirectBodyNotReplayable:   {"RedirectBodyNotReplayable", "The redirect asks for the request's body again, and a stream can be sent only once.", fetchSpec + "#concept-http-redirect-fetch"},
	TooManyRedirects:            {"TooManyRedirects", "There were more than 20 redirects.", fetchSpec + "#concept-http-redirect-fetch"},

	StreamRequiresHTTP2: {"StreamRequiresHTTP2", "The body is a stream, which this browser sends over HTTP/2 or HTTP/3 only.", fetchSpec + "#http-network-fetch"},

	CorpNotSameOrigin:                     {"CorpNotSameOrigin", "The server's Cross-Origin-Resource-Policy lets only its own origin load this.", fetchSpec + "#cross-origin-resource-policy-header"},
	CorpNotSameSite:                       {"CorpNotSameSite", "The server's Cross-Origin-Resource-Policy lets only its own site load this.", fetchSpec + "#cross-origin-resource-policy-header"},
	CorpNotSameOriginAfterDefaultedByCoep: {"CorpNotSameOriginAfterDefaultedByCoep", "The page's Cross-Origin-Embedder-Policy asks for a Cross-Origin-Resource-Policy header, and the answer has none.", fetchSpec + "#cross-origin-resource-policy-header"},
	OpaqueResponseBlocked:                 {"OpaqueResponseBlocked", "The answer looks like data that no element could use, so opaque response blocking keeps it out of the page's process.", "https://github.com/annevk/orb"},
	NosniffMIMETypeMismatch:               {"NosniffMIMETypeMismatch", "With X-Content-Type-Options: nosniff, a script or style sheet must have the right Content-Type.", fetchSpec + "#should-response-to-request-be-blocked-due-to-nosniff?"},
	MIMETypeNotAllowed:                    {"MIMETypeNotAllowed", "A script may not have an image, audio, video or CSV Content-Type.", fetchSpec + "#should-response-to-request-be-blocked-due-to-mime-type?"},
	InsecureLocalNetwork:                  {"InsecureLocalNetwork", "A page that is not a secure context may not reach into a more local network.", lnaSpec + "#local-network-access-check"},
	InvalidLocalNetworkAccess:             {"InvalidLocalNetworkAccess", "The page named an address space that the server is not in.", lnaSpec + "#local-network-access-check"},
	LocalNetworkAccessPermissionDenied:    {"LocalNetworkAccessPermissionDenied", "The user has not given the page leave to reach a more local network.", lnaSpec + "#local-network-access-check"},

	ConnectionFailed: {"ConnectionFailed", "No connection to the server, or it was cut before an answer came.", fetchSpec + "#http-network-fetch"},
	Timeout:          {"Timeout", "The time allowed for the fetch ran out.", fetchSpec + "#http-network-fetch"},
	Canceled:         {"Canceled", "The fetch was canceled.", fetchSpec + "#http-network-fetch"},
	InvalidResponse:  {"InvalidResponse", "What the server sent is not an HTTP response.", fetchSpec + "#http-network-fetch"},
	ResponseTooLarge: {"ResponseTooLarge", "The answer is larger than the agent's limit.", fetchSpec + "#http-network-fetch"},
}
