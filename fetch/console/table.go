package console

import (
	"github.com/concors/concors/fetch/reason"
)

// silent lists the reasons for which no browser's console prints anything, except
// perhaps the script's own exception. table has no row for them.
var silent = []reason.Reason{
	reason.InvalidURL, reason.URLContainsCredentials, reason.InvalidMethod, reason.ForbiddenMethod, reason.InvalidHeader,
	reason.BodyNotAllowed, reason.InvalidReferrer, reason.InvalidRequest, reason.NoCorsMethodNotSafelisted,
	reason.InvalidDataURL, reason.LoginBodyNotReplayable, reason.RedirectBodyNotReplayable, reason.Timeout, reason.Canceled,
	reason.ResponseTooLarge,
}

// The columns of table, and the programs without a profile whose messages are known.
const (
	chromium = iota
	firefox
	webkit
	columns

	explorer = iota - 1
	jsdom
)

var browsers = [...]string{
	chromium: "Chromium", firefox: "Firefox", webkit: "WebKit", explorer: "Internet Explorer", jsdom: "jsdom",
}

// Texts that many rows share. view.value replaces the names in braces; a line that
// is then empty is not printed.
const (
	// Chromium: how every line about CORS begins, the line that follows it, and
	// how lines about the network begin.
	chAccess = "Access to {kind} at '{url}'{redirected} from origin '{page origin}' has been blocked by CORS policy: {in preflight}"
	chFailed = "\nFailed to load resource: net::ERR_FAILED"
	chLoad   = "Failed to load resource: net::"
	// Firefox: how every line about CORS begins. {then} is the line in which it
	// reports the failed request again, {element} the line that an element adds.
	ffBlocked = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
	ffReason  = ffBlocked + "{url}. (Reason: "
	ffThen    = "{then}\n{element}"
	ffCORP    = "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). " +
		"See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#\n{element}"
	// WebKit: {denied} is the second line, which depends on the kind of request.
	// {redirection} comes first if a redirect failed the CORS check.
	wkOrigin     = "{redirection}Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}\n{denied}"
	wkNoRedirect = "Cross-origin redirection to {target} denied by Cross-Origin Resource Sharing policy: "
	wkCORP       = "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header.\n{denied}"
)

// table holds each browser's text for each reason. The first row of a reason whose
// condition holds is used. A failed CORS check on the response to a preflight uses
// the rows of the same failure on the response to the request itself. A reason
// without a row is in silent.
var table = []struct {
	reason reason.Reason
	when   func(view) bool
	text   [columns]string
}{
	{reason.MissingAllowOriginHeader, nil, [...]string{
		chAccess + "No 'Access-Control-Allow-Origin' header is present on the requested resource." + chFailed,
		ffReason + "CORS header ‘Access-Control-Allow-Origin’ missing). Status code: {status}.\n" + ffThen,
		wkOrigin,
	}},
	{reason.MultipleAllowOriginValues, view.manyLines, [...]string{
		chAccess + "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{advice}" + chFailed,
		ffReason + "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).\n" + ffThen,
		"{redirection}Access-Control-Allow-Origin cannot contain more than one origin.\n{denied}",
	}},
	{reason.MultipleAllowOriginValues, view.hasComma, [...]string{
		chAccess + "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{advice}" + chFailed,
		ffReason + "CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).\n" + ffThen,
		"{redirection}Access-Control-Allow-Origin cannot contain more than one origin.\n{denied}",
	}},
	{reason.MultipleAllowOriginValues, nil, [...]string{
		chAccess + "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed.{advice}" + chFailed,
		ffReason + "CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).\n" + ffThen,
		wkOrigin,
	}},
	{reason.InvalidAllowOriginValue, nil, [...]string{
		chAccess + "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.{advice}" + chFailed,
		ffReason + "CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).\n" + ffThen,
		wkOrigin,
	}},
	{reason.AllowOriginMismatch, nil, [...]string{
		chAccess + "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin.{advice}" + chFailed,
		ffReason + "CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).\n" + ffThen,
		wkOrigin,
	}},
	{reason.WildcardOriginNotAllowed, nil, [...]string{
		chAccess + "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' " +
			"when the request's credentials mode is 'include'.{withCredentials}" + chFailed,
		ffBlocked + "‘{url}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).\n" + ffThen,
		"{redirection}Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.\n{denied}",
	}},
	{reason.InvalidAllowCredentials, nil, [...]string{
		chAccess + "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' " +
			"when the request's credentials mode is 'include'.{withCredentials}" + chFailed,
		ffReason + "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).\n" + ffThen,
		"{redirection}Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".\n{denied}",
	}},

	{reason.PreflightInvalidStatus, nil, [...]string{
		chAccess + "It does not have HTTP ok status." + chFailed,
		ffReason + "CORS preflight response did not succeed). Status code: {status}.\n" + ffThen,
		"Preflight response is not successful. Status code: {status}\n{denied}",
	}},
	{reason.PreflightDisallowedRedirect, nil, [...]string{
		chAccess + "Redirect is not allowed for a preflight request." + chFailed,
		ffReason + "CORS request external redirect not allowed).\n" +
			ffReason + "CORS preflight response did not succeed). Status code: {status}.\n" + ffThen,
		"Preflight response is not successful. Status code: {status}\n{denied}",
	}},
	{reason.InvalidAllowMethodsPreflightResponse, nil, [...]string{
		chAccess + "Cannot parse Access-Control-Allow-Methods response header field in preflight response." + chFailed,
		ffReason + "invalid token ‘{bad token}’ in CORS header ‘Access-Control-Allow-Methods’).\n" + ffThen,
		"Header Access-Control-Allow-Methods has an invalid value: {value}\n{denied}",
	}},
	{reason.InvalidAllowHeadersPreflightResponse, nil, [...]string{
		chAccess + "Cannot parse Access-Control-Allow-Headers response header field in preflight response." + chFailed,
		ffReason + "invalid token ‘{bad token}’ in CORS header ‘Access-Control-Allow-Headers’).\n" + ffThen,
		"Header Access-Control-Allow-Headers has an invalid value: {value}\n{denied}",
	}},
	{reason.MethodDisallowedByPreflightResponse, nil, [...]string{
		chAccess + "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response." + chFailed,
		ffReason + "Did not find method in CORS header ‘Access-Control-Allow-Methods’).\n" + ffThen,
		"Method {method} is not allowed by Access-Control-Allow-Methods.\n{denied}",
	}},
	{reason.HeaderDisallowedByPreflightResponse, nil, [...]string{
		chAccess + "Request header field {lower header} is not allowed by Access-Control-Allow-Headers in preflight response." + chFailed,
		ffReason + "header ‘{lower header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response).\n" + ffThen,
		"Request header field {header} is not allowed by Access-Control-Allow-Headers.\n{denied}",
	}},

	{reason.RedirectModeError, nil, [...]string{
		"Failed to load resource: net::ERR_FAILED",
		"{element}",
		"Not allowed to follow a redirection while loading {url}\n{denied}",
	}},
	{reason.RedirectContainsCredentials, nil, [...]string{
		// Chromium's text has a place for the location, but leaves it empty.
		"Access to {kind} at '{wire}'{redirected to wire} from origin '{page origin}' has been blocked by CORS policy: " +
			"Redirect location '' contains a username and password, which is disallowed for cross-origin requests." + chFailed,
		ffBlocked + "{wire}. (Reason: CORS request did not succeed). Status code: (null).\n{element}",
		wkNoRedirect + "redirection URL {url} has credentials\n{denied}",
	}},
	{reason.RedirectInvalidLocation, nil, [...]string{
		chLoad + "ERR_INVALID_REDIRECT",
		ffThen,
		wkNoRedirect + "not allowed to follow a cross-origin CORS redirection with non CORS scheme\n{denied}",
	}},
	{reason.RedirectDisallowedScheme, scheme("data"), [...]string{
		chLoad + "ERR_UNSAFE_REDIRECT",
		"Redirecting to data: URI not allowed (Blocked loading of: “{url}”)\n" + ffThen,
		wkNoRedirect + "not allowed to follow a cross-origin CORS redirection with non CORS scheme\n{denied}",
	}},
	{reason.RedirectDisallowedScheme, scheme("file"), [...]string{
		chLoad + "ERR_UNSAFE_REDIRECT",
		"Security Error: Content at {redirecting content} may not load or link to {url}.\n" + ffThen,
		wkNoRedirect + "not allowed to follow a cross-origin CORS redirection with non CORS scheme\n{denied}",
	}},
	{reason.RedirectDisallowedScheme, nil, [...]string{
		chAccess + chSchemes + chFailed,
		ffReason + "CORS request not http).\n" + ffThen,
		wkNoRedirect + "not allowed to follow a cross-origin CORS redirection with non CORS scheme\n{denied}",
	}},
	{reason.TooManyRedirects, nil, [...]string{
		chLoad + "ERR_TOO_MANY_REDIRECTS",
		ffThen,
		"Load cannot follow more than 20 redirections\n{denied}",
	}},
	{reason.NotCached, nil, [...]string{chLoad + "ERR_CACHE_MISS", "", ""}},
	{reason.StreamRequiresHTTP2, nil, [...]string{chLoad + "ERR_ALPN_NEGOTIATION_FAILED", "", ""}},

	{reason.NoCorsRedirectModeNotFollow, nil, [...]string{
		`Fetch API cannot load {url}. Request mode is "no-cors" but the redirect mode is not "follow".`,
		"",
		"No-Cors mode requires follow redirect mode\nNot allowed to request resource\n{denied}",
	}},
	{reason.DisallowedByMode, all(kind("fetch"), direct), [...]string{
		`Fetch API cannot load {url}. Request mode is "same-origin" but the URL's origin is not same as the request origin {page origin}.`,
		ffSameOrigin,
		"Fetch API cannot load {url}.",
	}},
	{reason.DisallowedByMode, kind("fetch"), [...]string{
		chSameOrigin,
		ffSameOrigin,
		wkSameOrigin + "\nFetch API cannot load {url} due to access control checks.",
	}},
	{reason.DisallowedByMode, all(kind("worker"), direct), [...]string{"", ffSameOrigin, ""}}, // the Worker constructor throws
	{reason.DisallowedByMode, kind("worker"), [...]string{
		"",
		ffSameOrigin,
		wkSameOrigin + "\nCannot load {url} due to access control checks.",
	}},
	{reason.DisallowedByMode, nil, [...]string{chSameOrigin, ffSameOrigin, ""}},
	{reason.CorsDisabledScheme, scheme("file"), [...]string{
		"Not allowed to load local resource: {url}",
		"Security Error: Content at {page} may not load or link to {url}.\n{element}",
		"{local resource}\n{denied}",
	}},
	{reason.CorsDisabledScheme, kind("fetch"), [...]string{
		`Fetch API cannot load {url}. URL scheme "{scheme}" is not supported.`,
		ffReason + "CORS request not http).",
		"Cross origin requests are only supported for HTTP.\n{denied}",
	}},
	{reason.CorsDisabledScheme, nil, [...]string{
		chAccess + chSchemes + chFailed,
		ffReason + "CORS request not http).\n{element}",
		"Cross origin requests are only supported for HTTP.\n{denied}",
	}},
	{reason.BlockedPort, nil, [...]string{
		chLoad + "ERR_UNSAFE_PORT",
		"{element}",
		"Not allowed to use restricted network port {port}: {url}",
	}},
	{reason.MixedContent, kind("fetch", "XMLHttpRequest"), [...]string{
		chMixed,
		"Blocked loading mixed active content “{url}”",
		wkMixed + "\n{not allowed}\n{denied}",
	}},
	{reason.MixedContent, kind("image", "audio", "video"), [...]string{
		// Other insecure elements of these kinds are upgraded, not blocked.
		"Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure element '{url}'. " +
			"This request was not upgraded to HTTPS because its URL's host is an IP address.\n" + chMixed,
		"",
		wkMixed,
	}},
	{reason.MixedContent, kind("track", "manifest"), [...]string{chMixed, "", wkMixed}},
	{reason.MixedContent, nil, [...]string{
		chMixed,
		"Blocked loading mixed active content “{url}”\n{element}",
		wkMixed,
	}},

	{reason.CorpNotSameOrigin, nil, [...]string{chLoad + "ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", ffCORP, wkCORP}},
	{reason.CorpNotSameSite, nil, [...]string{chLoad + "ERR_BLOCKED_BY_RESPONSE.NotSameSite", ffCORP, wkCORP}},
	{reason.CorpNotSameOriginAfterDefaultedByCoep, nil, [...]string{
		chLoad + "ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep", ffCORP, wkCORP,
	}},
	{reason.OpaqueResponseBlocked, nil, [...]string{
		"",
		"A resource is blocked by OpaqueResponseBlocking, please check browser console for details.\n{element}",
		"",
	}},
	{reason.NosniffMIMETypeMismatch, kind("CSS stylesheet"), [...]string{
		"Refused to apply style from '{url}' because its MIME type ('{type}') is not a supported stylesheet MIME type, and strict MIME checking is enabled.",
		ffNosniff,
		"Did not parse stylesheet at '{url}' because non CSS MIME types are not allowed in strict mode.",
	}},
	{reason.NosniffMIMETypeMismatch, kind("module"), [...]string{
		chModule,
		"Loading module from “{url}” was blocked because of a disallowed MIME type (“{type}”).\n" + ffThen,
		"TypeError: '{type}' is not a valid JavaScript MIME type.",
	}},
	{reason.NosniffMIMETypeMismatch, kind("worker"), [...]string{
		chScript + ", and strict MIME type checking is enabled.",
		"Loading Worker from “{url}” was blocked because of a disallowed MIME type (“{type}”).",
		"",
	}},
	{reason.NosniffMIMETypeMismatch, nil, [...]string{
		chScript + ", and strict MIME type checking is enabled.",
		ffNosniff + "\n" + ffThen,
		`Refused to execute {url} as script because "X-Content-Type-Options: nosniff" was given and its Content-Type is not a script MIME type.`,
	}},
	{reason.MIMETypeNotAllowed, view.isNoModule, [...]string{
		chModule,
		"Loading module from “{url}” was blocked because of a disallowed MIME type (“{type}”).\n" + ffThen,
		"TypeError: '{type}' is not a valid JavaScript MIME type.",
	}},
	{reason.MIMETypeNotAllowed, kind("module"), [...]string{
		chModule,
		ffScript + "\n" + ffThen,
		"TypeError: '{type}' is not a valid JavaScript MIME type.",
	}},
	{reason.MIMETypeNotAllowed, kind("worker"), [...]string{chScript + ".", ffScript, ""}},
	{reason.MIMETypeNotAllowed, nil, [...]string{
		chScript + ".",
		ffScript + "\n" + ffThen,
		"Refused to execute {url} as script because {type} is not a script MIME type.",
	}},

	// Firefox and WebKit did not enforce Local Network Access when these texts
	// were recorded.
	{reason.InsecureLocalNetwork, nil, [...]string{
		chAccess + "The request client is not a secure context and the resource is in more-private address space `{space}`." + chFailed, "", "",
	}},
	{reason.InvalidLocalNetworkAccess, nil, [...]string{
		chAccess + "Request had a target IP address space of `{value}` yet the resource is in address space `{space}`." + chFailed, "", "",
	}},
	{reason.LocalNetworkAccessPermissionDenied, nil, [...]string{
		chAccess + "Permission was denied for this request to access the `{space}` address space." + chFailed, "", "",
	}},

	{reason.ConnectionFailed, view.inPreflight, [...]string{chLoad + "{net error}", "{then}\n{then}", "{net error}\n{denied}"}},
	{reason.ConnectionFailed, nil, [...]string{chLoad + "{net error}", ffThen, ""}},
	{reason.InvalidResponse, view.inPreflight, [...]string{
		chLoad + "ERR_INVALID_HTTP_RESPONSE", "{then}\n{then}", "Could not parse HTTP response\n{denied}",
	}},
	{reason.InvalidResponse, nil, [...]string{chLoad + "ERR_INVALID_HTTP_RESPONSE", ffThen, ""}},
}

// Texts that a few rows share.
const (
	chSchemes = "Cross origin requests are only supported for protocol schemes: chrome, chrome-experimental-site-token-provider, " +
		"chrome-extension, chrome-untrusted, data, http, https, isolated-app."
	chSameOrigin = "Unsafe attempt to load URL {url} from frame with URL {page}. Domains, protocols and ports must match."
	chMixed      = "Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure {mixed} '{url}'. " +
		"This request has been blocked; the content must be served over HTTPS."
	chModule = "Failed to load module script: Expected a JavaScript-or-Wasm module script but the server responded with a MIME type of \"{type}\". " +
		"Strict MIME type checking is enforced for module scripts per HTML spec."
	chScript     = "Refused to execute script from '{url}' because its MIME type ('{type}') is not executable"
	ffSameOrigin = "Security Error: Content at {page} may not load data from {url}."
	ffNosniff    = "The resource from “{url}” was blocked due to MIME type (“{type}”) mismatch (X-Content-Type-Options: nosniff)."
	ffScript     = "Script from “{url}” was blocked because of a disallowed MIME type (“{type}”)."
	wkSameOrigin = "Unsafe attempt to load URL {url} from origin {origin}. Domains, protocols and ports must match."
	wkMixed      = "[blocked] The page at {page} requested insecure content from {url}. This content was blocked and must be served over HTTPS."
)

// A part is a text that a name in braces stands for: a whole line, or a piece of a
// line that is not always there. The texts are here so that Parse can read them
// back; view.value decides which of them is printed.
type part struct {
	name, text string
	kind       string // the kind of request with this text; "" means every kind
}

// other is the kind of a part that is only read back.
const other = "other"

// browserParts holds each browser's parts.
var browserParts = [len(browsers)][]part{
	chromium: {
		{name: "redirected", text: " (redirected from '{first url}')"},
		{name: "redirected to wire", text: " (redirected from '{first url}')"},
		{name: "in preflight", text: "Response to preflight request doesn't pass access control check: "},
		{name: "advice", text: " Have the server send the header with a valid value.", kind: "fetch"},
		{name: "withCredentials", kind: "XMLHttpRequest",
			text: " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute."},
	},
	firefox: {
		{name: "then", text: ffBlocked + "{wire}. (Reason: CORS request did not succeed). Status code: (null)."},
		{name: "element", text: "<script> source URI is not allowed in this document: “{first url}”.", kind: "script"},
		{name: "element", text: "Module source URI is not allowed in this document: “{first url}”.", kind: "module"},
		{name: "element failed", text: "Loading failed for the <script> with source “{first url}”.", kind: "script"},
		{name: "element failed", text: "Loading failed for the module with source “{first url}”.", kind: "module"},
	},
	webkit: {
		{name: "redirection", text: wkNoRedirect},
		{name: "denied", text: "Fetch API cannot load {wire} due to access control checks.", kind: "fetch"},
		{name: "denied", text: "XMLHttpRequest cannot load {wire} due to access control checks.", kind: "XMLHttpRequest"},
		{name: "denied", text: "Cannot load image {first url} due to access control checks.", kind: "image"},
		{name: "denied", text: "Cannot load {wire} due to access control checks.", kind: other},
		{name: "denied", text: "Cross-origin script load denied by Cross-Origin Resource Sharing policy.", kind: "script"},
		{name: "denied", text: "Cross-origin text track load denied by Cross-Origin Resource Sharing policy.", kind: "track"},
		{name: "local resource", text: "Not allowed to load local resource: {url}\nNot allowed to request resource"},
		{name: "only http", text: "Cross origin requests are only supported for HTTP."},
		{name: "not allowed", text: "Not allowed to request resource"},
		{name: "refused", text: "Could not connect to {host}: Connection refused"},
		{name: "reset", text: "Error receiving data: Connection reset by peer"},
	},
}

// part returns the text of the part with that name for the view's kind of request,
// or "" if there is none.
func (v view) part(name string) string {
	for _, p := range browserParts[v.browser] {
		if p.name == name && (p.kind == "" || p.kind == v.Kind) {
			return v.fill(p.text)
		}
	}
	return ""
}
