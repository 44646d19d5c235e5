package snippet

import "github.com/concors/concors/fetch/reason"

// A verdict is a result of the script: its name, what the script prints, and the
// reasons that it may stand for, the likeliest first.
type verdict struct {
	name, sentence string
	reasons        []reason.Reason
}

// verdicts is the one list of what the script can find.
var verdicts = []verdict{
	{"allowed", "The page can read this response now. If the page still fails, its own request is another one.", nil},
	{"same-origin", "The URL has the page's own origin, so CORS does not apply to it.", nil},
	{"invalid", "fetch() does not make this request.", nil},
	{"unknown", "These tests do not show why.", nil},
	{"csp", "The page's own Content Security Policy (connect-src) forbids this URL. Nothing was sent.", nil},
	{"offline", "The browser is offline.", []reason.Reason{reason.ConnectionFailed}},
	{"mixed-content", "The page is on https: and the URL on http:, so the browser blocks it as mixed content.",
		[]reason.Reason{reason.MixedContent}},
	{"unreachable", "No response came: no server runs there, its name or port is wrong, or its certificate is not trusted. " +
		"Open the URL in a new tab: if it loads there, this is not the cause.",
		[]reason.Reason{reason.ConnectionFailed, reason.Timeout}},
	{"resource-policy", "A response came, with a Cross-Origin-Resource-Policy that hides it from this page even in mode no-cors, " +
		"and in mode cors without the CORS headers.", []reason.Reason{reason.MissingAllowOriginHeader, reason.CorpNotSameOrigin, reason.CorpNotSameSite}},
	{"extension", "An ad blocker, another extension or a filter in the network blocks this URL. Try a private window without extensions.", nil},
	{"local-network", "The user refused this page's requests to the local network.",
		[]reason.Reason{reason.LocalNetworkAccessPermissionDenied}},
	{"allow-origin", "The server responds, but does not allow this page's origin: Access-Control-Allow-Origin is missing, " +
		"has another value, or is sent twice.",
		[]reason.Reason{reason.MissingAllowOriginHeader, reason.AllowOriginMismatch, reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue}},
	{"redirect", "The URL redirects, and the response from there does not allow this page's origin.",
		[]reason.Reason{reason.MissingAllowOriginHeader, reason.AllowOriginMismatch}},
	{"cache", "A new request is allowed: the blocked response came from the browser's cache, and was stored for a request " +
		"of another kind or origin. The server must send Vary: Origin.",
		[]reason.Reason{reason.MissingAllowOriginHeader, reason.AllowOriginMismatch}},
	{"credentials", "The server allows this page without credentials, but not with them: Access-Control-Allow-Origin must then be " +
		"this page's origin (not *), and Access-Control-Allow-Credentials must be true.",
		[]reason.Reason{reason.WildcardOriginNotAllowed, reason.InvalidAllowCredentials}},
	{"preflight", "The preflight (OPTIONS) fails, whatever it asks for: its status is not 200 to 299 (a 401, 404, 405 or a redirect), " +
		"or its response does not allow this page's origin.",
		[]reason.Reason{reason.PreflightMissingAllowOriginHeader, reason.PreflightInvalidStatus, reason.PreflightDisallowedRedirect,
			reason.PreflightAllowOriginMismatch}},
	{"header", "The preflight does not allow a header: Access-Control-Allow-Headers must name it. " +
		"With credentials * does not stand for any name.", []reason.Reason{reason.HeaderDisallowedByPreflightResponse}},
	{"method", "The preflight does not allow the method: Access-Control-Allow-Methods must name it.",
		[]reason.Reason{reason.MethodDisallowedByPreflightResponse}},
	{"response", "The preflight passes. The response to the request itself does not allow this page's origin, " +
		"as error responses often do not.", []reason.Reason{reason.MissingAllowOriginHeader}},
	{"opaque", "The request succeeds, but mode no-cors makes its response opaque: the script sees no status, no headers and no body. " +
		"Remove mode: 'no-cors'; the server must then allow this page's origin.", nil},
}
