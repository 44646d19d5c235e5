package reason

// The reasons, each with a row in table below. Their names are stable; their
// numbers and order mean nothing.
const (
	_ Reason = iota

	// fetch() or XMLHttpRequest refuses the call.

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

	// The request is blocked before anything is sent.

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

	// The request is blocked when it is about to be sent, or to be sent again.

	NotCached
	StreamRequiresHTTP2
	LoginBodyNotReplayable

	// The CORS check on the response itself.

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

	// The network, and the limits of package fetch.

	ConnectionFailed
	Timeout
	Canceled
	InvalidResponse
	ResponseTooLarge
)

// A row holds everything that this package knows about a reason.
type row struct {
	reason      Reason
	name        string
	phase       Phase
	algorithm   string // the standard's algorithm in which the reason arises
	anchor      string // the rule in its standard
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
	protectsResponse = "A response is meant for the visitor. A page on another origin may read it only if the server allows that origin."
	protectsCookies  = "Responses to requests with cookies are personal to the visitor. " +
		"The server must name the origin that may read them, and allow credentials explicitly."
	protectsServer  = "Servers that do not use CORS must not receive requests that no HTML form could send. The preflight asks the server first."
	protectsSyntax  = "A header that cannot be parsed could mean anything, so it allows nothing."
	protectsParsing = "The page, the browser and the server could each understand a malformed request differently."
	protectsTarget  = "A redirect must not take a request to a URL that the page could not have requested itself."
	protectsLoad    = "A server can prevent other sites from loading its resources into their processes, where side-channel attacks could read them."
	protectsLocal   = "Pages on the public web must not reach devices in the visitor's home or office, or programs on the visitor's own computer."
	protectsNothing = "Nothing, because there is no response to check."
)

// table has the reasons, phase by phase.
var table = []row{
	// fetch() or XMLHttpRequest refuses the call.

	{reason: InvalidURL, name: "InvalidURL", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "The URL cannot be parsed, so no request is made.",
		protects:    protectsParsing},
	{reason: URLContainsCredentials, name: "URLContainsCredentials", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "fetch() refuses a URL that contains a user name or password.",
		protects:    "User names and passwords in URLs end up in logs, histories and error messages."},
	{reason: InvalidMethod, name: "InvalidMethod", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "The method is not a valid HTTP token.",
		protects:    protectsParsing},
	{reason: ForbiddenMethod, name: "ForbiddenMethod", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#forbidden-method",
		explanation: "Scripts may not use the methods CONNECT, TRACE and TRACK.",
		protects:    "The response to TRACE repeats the request, cookies included, and CONNECT opens a tunnel. Scripts must not be able to use either."},
	{reason: InvalidHeader, name: "InvalidHeader", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#concept-headers-append",
		explanation: "A header has a name that is not a valid HTTP token, or a value with bytes that headers may not contain.",
		protects:    "A line break in a header would begin another header, or another request, that the page may not send."},
	{reason: BodyNotAllowed, name: "BodyNotAllowed", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "A GET or HEAD request cannot have a body.",
		protects:    protectsParsing},
	{reason: InvalidReferrer, name: "InvalidReferrer", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "The referrer cannot be parsed as a URL.",
		protects:    protectsParsing},
	{reason: InvalidRequest, name: "InvalidRequest", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "An option has a value that fetch() does not know, or two options contradict each other.",
		protects:    protectsParsing},
	{reason: NoCorsMethodNotSafelisted, name: "NoCorsMethodNotSafelisted", phase: Call, party: Page,
		algorithm: "new Request()", anchor: fetchSpec + "#dom-request",
		explanation: "In no-cors mode, only GET, HEAD and POST are allowed.",
		protects:    protectsServer},
	{reason: NoCorsRedirectModeNotFollow, name: "NoCorsRedirectModeNotFollow", phase: Call, party: Page,
		algorithm: "main fetch", anchor: fetchSpec + "#main-fetch",
		explanation: "A cross-origin request in no-cors mode must follow redirects.",
		protects:    "Whether another site redirects can reveal that the visitor is logged in there. A page must not find out."},

	// The request is blocked before anything is sent.

	{reason: DisallowedByMode, name: "DisallowedByMode", phase: Before, party: Page,
		algorithm: "main fetch", anchor: fetchSpec + "#main-fetch",
		explanation: "The request's mode is same-origin, but the URL has another origin.",
		protects:    "The page itself required that the request stay on its own origin."},
	{reason: CorsDisabledScheme, name: "CorsDisabledScheme", phase: Before, party: Page,
		algorithm: "main fetch", anchor: fetchSpec + "#main-fetch",
		explanation: "Cross-origin requests work only for http: and https: URLs.",
		protects:    "Files on disk, mail addresses and other programs' data have no server that could say who may read them."},
	{reason: InvalidDataURL, name: "InvalidDataURL", phase: Before, party: Page,
		algorithm: "scheme fetch", anchor: fetchSpec + "#data-url-processor",
		explanation: "The data: URL has no comma, or its base64 cannot be decoded.",
		protects:    protectsParsing},
	{reason: BlockedPort, name: "BlockedPort", phase: Before, party: Server,
		algorithm: "port blocking", anchor: fetchSpec + "#port-blocking",
		explanation: "The URL's port is reserved for another protocol, so browsers send no HTTP to it.",
		protects:    "Mail, file and chat servers could mistake the lines of an HTTP request for commands."},
	{reason: MixedContent, name: "MixedContent", phase: Before, party: Server,
		algorithm: "mixed content", anchor: "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
		explanation: "A page loaded over HTTPS may not load this over plain HTTP.",
		protects:    "Anyone on the network can read and change plain HTTP, and would so change a page that was loaded securely."},

	// The preflight.

	{reason: PreflightMissingAllowOriginHeader, name: "PreflightMissingAllowOriginHeader", phase: Preflight, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The preflight response has no Access-Control-Allow-Origin header.",
		protects:    protectsServer},
	{reason: PreflightMultipleAllowOriginValues, name: "PreflightMultipleAllowOriginValues", phase: Preflight, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The preflight response has more than one value in Access-Control-Allow-Origin; only one is allowed.",
		protects:    protectsSyntax},
	{reason: PreflightInvalidAllowOriginValue, name: "PreflightInvalidAllowOriginValue", phase: Preflight, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The preflight response's Access-Control-Allow-Origin is not a valid origin.",
		protects:    protectsSyntax},
	{reason: PreflightAllowOriginMismatch, name: "PreflightAllowOriginMismatch", phase: Preflight, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The preflight response's Access-Control-Allow-Origin is not identical to the request's Origin.",
		protects:    protectsResponse},
	{reason: PreflightWildcardOriginNotAllowed, name: "PreflightWildcardOriginNotAllowed", phase: Preflight, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The preflight response allows any origin with the wildcard *, which does not count for a request with credentials.",
		protects:    protectsCookies},
	{reason: PreflightInvalidAllowCredentials, name: "PreflightInvalidAllowCredentials", phase: Preflight, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The request has credentials, but the preflight response does not have Access-Control-Allow-Credentials: true.",
		protects:    protectsCookies},
	{reason: PreflightInvalidStatus, name: "PreflightInvalidStatus", phase: Preflight, party: Server,
		algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "The preflight response does not have a status from 200 to 299.",
		protects:    protectsServer},
	{reason: PreflightDisallowedRedirect, name: "PreflightDisallowedRedirect", phase: Preflight, party: Server,
		algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "The preflight response is a redirect, and a preflight may not be redirected.",
		protects:    protectsServer},
	{reason: InvalidAllowMethodsPreflightResponse, name: "InvalidAllowMethodsPreflightResponse", phase: Preflight, party: Server,
		algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Methods is not a list of methods; one invalid member makes the whole header invalid.",
		protects:    protectsSyntax},
	{reason: InvalidAllowHeadersPreflightResponse, name: "InvalidAllowHeadersPreflightResponse", phase: Preflight, party: Server,
		algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Headers is not a list of header names; one invalid member makes the whole header invalid.",
		protects:    protectsSyntax},
	{reason: MethodDisallowedByPreflightResponse, name: "MethodDisallowedByPreflightResponse", phase: Preflight, party: Server,
		algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Methods does not list the request's method.",
		protects:    protectsServer},
	{reason: HeaderDisallowedByPreflightResponse, name: "HeaderDisallowedByPreflightResponse", phase: Preflight, party: Server,
		algorithm: "CORS-preflight fetch", anchor: fetchSpec + "#cors-preflight-fetch",
		explanation: "Access-Control-Allow-Headers does not list one of the request's headers.",
		protects:    protectsServer},

	// The request is blocked when it is about to be sent.

	{reason: NotCached, name: "NotCached", phase: Send, party: Page,
		algorithm: "HTTP-network-or-cache fetch", anchor: fetchSpec + "#concept-http-network-or-cache-fetch",
		explanation: "The cache mode is only-if-cached, and there is no cached response.",
		protects:    "A page that asks for the cache alone is not connected to the network."},
	{reason: StreamRequiresHTTP2, name: "StreamRequiresHTTP2", phase: Send, party: Server,
		algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The body is a stream, which is sent only over HTTP/2 or HTTP/3.",
		protects:    "Old servers and proxies cannot tell where a streamed request over HTTP/1.1 ends."},
	{reason: LoginBodyNotReplayable, name: "LoginBodyNotReplayable", phase: Send, party: Page,
		algorithm: "HTTP-network-or-cache fetch", anchor: fetchSpec + "#concept-http-network-or-cache-fetch",
		explanation: "The response's status is 401, and a login would need the request's body again, but a stream can be sent only once.",
		protects:    "The browser's memory. To send a stream again, the browser would have to keep all of it."},

	// The CORS check on the response itself.

	{reason: MissingAllowOriginHeader, name: "MissingAllowOriginHeader", phase: CORSCheck, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The response has no Access-Control-Allow-Origin header.",
		protects:    protectsResponse, inPreflight: PreflightMissingAllowOriginHeader},
	{reason: MultipleAllowOriginValues, name: "MultipleAllowOriginValues", phase: CORSCheck, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The response has more than one value in Access-Control-Allow-Origin; only one is allowed.",
		protects:    protectsSyntax, inPreflight: PreflightMultipleAllowOriginValues},
	{reason: InvalidAllowOriginValue, name: "InvalidAllowOriginValue", phase: CORSCheck, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The response's Access-Control-Allow-Origin is not a valid origin.",
		protects:    protectsSyntax, inPreflight: PreflightInvalidAllowOriginValue},
	{reason: AllowOriginMismatch, name: "AllowOriginMismatch", phase: CORSCheck, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The response's Access-Control-Allow-Origin is not identical to the request's Origin.",
		protects:    protectsResponse, inPreflight: PreflightAllowOriginMismatch},
	{reason: WildcardOriginNotAllowed, name: "WildcardOriginNotAllowed", phase: CORSCheck, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The response allows any origin with the wildcard *, which does not count for a request with credentials.",
		protects:    protectsCookies, inPreflight: PreflightWildcardOriginNotAllowed},
	{reason: InvalidAllowCredentials, name: "InvalidAllowCredentials", phase: CORSCheck, party: Server,
		algorithm: "CORS check", anchor: fetchSpec + "#cors-check",
		explanation: "The request has credentials, but the response does not have Access-Control-Allow-Credentials: true.",
		protects:    protectsCookies, inPreflight: PreflightInvalidAllowCredentials},

	// Redirects.

	{reason: RedirectModeError, name: "RedirectModeError", phase: Redirect, party: Page,
		algorithm: "HTTP fetch", anchor: fetchSpec + "#concept-http-fetch",
		explanation: "The request's redirect mode is error, and the response is a redirect.",
		protects:    "The page itself required that a redirect be an error."},
	{reason: RedirectContainsCredentials, name: "RedirectContainsCredentials", phase: Redirect, party: Server,
		algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect leads to a URL with a user name or password, which a cross-origin request may not follow.",
		protects:    "A server must not make a page's request log in somewhere with a name and password that the server chose."},
	{reason: RedirectInvalidLocation, name: "RedirectInvalidLocation", phase: Redirect, party: Server,
		algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect's Location is not a valid URL.",
		protects:    protectsTarget},
	{reason: RedirectDisallowedScheme, name: "RedirectDisallowedScheme", phase: Redirect, party: Server,
		algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect leads to a URL that is neither http: nor https:, which a fetch may not follow.",
		protects:    protectsTarget},
	{reason: RedirectBodyNotReplayable, name: "RedirectBodyNotReplayable", phase: Redirect, party: Page,
		algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The redirect needs the request's body again, but a stream can be sent only once.",
		protects:    "The browser's memory. To send a stream again, the browser would have to keep all of it."},
	{reason: TooManyRedirects, name: "TooManyRedirects", phase: Redirect, party: Server,
		algorithm: "HTTP-redirect fetch", anchor: fetchSpec + "#concept-http-redirect-fetch",
		explanation: "The request was redirected more than 20 times.",
		protects:    "A loop of redirects would keep the browser and the servers busy forever."},

	// Policies around CORS.

	{reason: CorpNotSameOrigin, name: "CorpNotSameOrigin", phase: Policy, party: Server,
		algorithm: "cross-origin resource policy check", anchor: fetchSpec + "#cross-origin-resource-policy-header",
		explanation: "The response's Cross-Origin-Resource-Policy allows only pages of the server's own origin to load it.",
		protects:    protectsLoad},
	{reason: CorpNotSameSite, name: "CorpNotSameSite", phase: Policy, party: Server,
		algorithm: "cross-origin resource policy check", anchor: fetchSpec + "#cross-origin-resource-policy-header",
		explanation: "The response's Cross-Origin-Resource-Policy allows only pages of the server's own site to load it.",
		protects:    protectsLoad},
	{reason: CorpNotSameOriginAfterDefaultedByCoep, name: "CorpNotSameOriginAfterDefaultedByCoep", phase: Policy, party: Server,
		algorithm: "cross-origin resource policy check", anchor: fetchSpec + "#cross-origin-resource-policy-header",
		explanation: "The page's Cross-Origin-Embedder-Policy requires a Cross-Origin-Resource-Policy header, and the response has none.",
		protects: "An isolated page has precise timers, with which it could read everything in its process. " +
			"It may load only resources whose server agrees to that."},
	{reason: OpaqueResponseBlocked, name: "OpaqueResponseBlocked", phase: Policy, party: Server,
		algorithm: "opaque response blocking", anchor: "https://github.com/annevk/orb",
		explanation: "The response looks like data that no element could use, so opaque response blocking hides it from the page's process.",
		protects:    protectsLoad},
	{reason: NosniffMIMETypeMismatch, name: "NosniffMIMETypeMismatch", phase: Policy, party: Server,
		algorithm: "nosniff", anchor: fetchSpec + "#should-response-to-request-be-blocked-due-to-nosniff?",
		explanation: "With X-Content-Type-Options: nosniff, a script or style sheet must have the correct Content-Type.",
		protects:    "A file that a user uploaded as text or an image must not run as a script or act as a style sheet."},
	{reason: MIMETypeNotAllowed, name: "MIMETypeNotAllowed", phase: Policy, party: Server,
		algorithm: "MIME type check", anchor: fetchSpec + "#should-response-to-request-be-blocked-due-to-mime-type?",
		explanation: "A script may not have an image, audio, video or CSV Content-Type, and a module must have that of JavaScript.",
		protects:    "A file that a user uploaded as an image, a table or a page must not run as a script."},
	{reason: InsecureLocalNetwork, name: "InsecureLocalNetwork", phase: Policy, party: Page,
		algorithm: "Local Network Access check", anchor: lnaSpec + "#local-network-access-check",
		explanation: "A page that is not a secure context may not send requests to a more local network.",
		protects:    protectsLocal},
	{reason: InvalidLocalNetworkAccess, name: "InvalidLocalNetworkAccess", phase: Policy, party: Page,
		algorithm: "Local Network Access check", anchor: lnaSpec + "#local-network-access-check",
		explanation: "The page named an address space, but the server is in another one.",
		protects:    protectsLocal},
	{reason: LocalNetworkAccessPermissionDenied, name: "LocalNetworkAccessPermissionDenied", phase: Policy, party: User,
		algorithm: "Local Network Access check", anchor: lnaSpec + "#local-network-access-check",
		explanation: "The user has not allowed the page to reach a more local network.",
		protects:    protectsLocal},

	// The network, and the limits of package fetch.

	{reason: ConnectionFailed, name: "ConnectionFailed", phase: Network, party: User,
		algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The server could not be reached, or the connection closed before a response arrived.",
		protects:    protectsNothing},
	{reason: Timeout, name: "Timeout", phase: Network, party: User,
		algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The fetch took longer than the time limit allows.",
		protects:    protectsNothing},
	{reason: Canceled, name: "Canceled", phase: Network, party: Page,
		algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The fetch was canceled.",
		protects:    protectsNothing},
	{reason: InvalidResponse, name: "InvalidResponse", phase: Network, party: Server,
		algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The server did not send a valid HTTP response.",
		protects:    "Bytes that are not HTTP could be the response of another protocol, which pages must not read."},
	{reason: ResponseTooLarge, name: "ResponseTooLarge", phase: Network, party: User,
		algorithm: "HTTP-network fetch", anchor: fetchSpec + "#http-network-fetch",
		explanation: "The response is larger than the agent's limit.",
		protects:    "An endless response would use up all memory."},
}
