package fix

import (
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// words returns a replacer for the names in braces. It works in one pass, because a
// value that a server sent may contain braces too.
func (e failure) words() *strings.Replacer {
	or := func(value, unknown string) string {
		if value == "" || len(value) > 200 { // a sentence stays readable
			return unknown
		}
		return value
	}
	secure := e.URL
	if rest, ok := strings.CutPrefix(secure, "http:"); ok {
		secure = "https:" + rest
	}
	response, also := "the response", ""
	if e.Reason.Preflight() {
		response, also = "the preflight response", " The response to the request itself needs it too."
	}
	credentials, withCookies := "", ""
	if e.Credentials == fetch.CredentialsInclude {
		credentials, withCookies = " and Access-Control-Allow-Credentials: true", ", with the visitor's data"
	}
	pages := "all pages"
	if e.strictestPolicy() == "same-site" {
		pages = "all pages of that site"
	}
	return strings.NewReplacer(
		"{response}", response, "{also}", also, "{and credentials}", credentials, "{with cookies}", withCookies,
		"{origin}", or(e.requestOrigin(), "<the page's origin>"), "{url}", or(e.URL, "the URL"), "{secure url}", or(secure, "an https: URL"),
		"{method}", or(e.Method, "the request's method"), "{method case}", e.methodCase(),
		"{header}", or(strings.Join(e.missingHeaders(), ", "), "the header that the console names"), "{wildcard}", e.wildcard(),
		"{not status}", e.notStatus(), "{why status}", e.whyStatus(), "{error page}", e.errorPage(),
		"{space}", or(string(e.Space), "the address space that the server is in"),
		"{type}", e.expectedType(), "{policy}", e.strictestPolicy(), "{pages}", pages,
	)
}

func (e failure) methodCase() string {
	upper := strings.ToUpper(e.Method)
	if e.Method == upper || len(e.Method) > 200 {
		return ""
	}
	return " Method names are case-sensitive: if the page means " + upper + ", it must send that."
}

// wildcard explains why a * in the list is not enough.
func (e failure) wildcard() string {
	switch {
	case !strings.Contains(e.Value, "*"):
		return ""
	case e.Reason == reason.HeaderDisallowedByPreflightResponse && field.EqualFold(e.Header, "Authorization"):
		return " The wildcard * there does not include Authorization."
	}
	return " The wildcard * there does not count for a request with credentials."
}

// loopbackName reports whether a host is a usual name of this computer.
func loopbackName(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "[::1]"
}

func (e failure) notStatus() string {
	if e.Status == 0 {
		return ""
	}
	return ", not " + strconv.Itoa(e.Status)
}

func (e failure) whyStatus() string {
	switch {
	case e.Status == 401 || e.Status == 403:
		return "preflights have no cookies and no Authorization header, so the server must respond to them before it checks for a login"
	case e.Status == 404 || e.Status == 405 || e.Status == 501:
		return "the route must accept OPTIONS, or the CORS handler must run before the router"
	case e.Status >= 500:
		return "the server, or one behind it, fails on OPTIONS"
	}
	return "the CORS handler must respond to OPTIONS before any other handler does"
}

func (e failure) errorPage() string {
	switch {
	case e.Status == 0 && e.Reason.Preflight():
		return " Check the preflight's status first: a router without OPTIONS (404, 405), a login (401, 403) and a failing server or proxy (500, 502) respond without the header, " +
			"and the header alone does not help then."
	case e.Reason.Preflight():
		return ""
	case e.Status == 0:
		return " Check the status first: redirects and the error pages of servers and proxies often lack a header that successful responses have."
	case e.Status >= 400:
		return " Error pages need it too: the status " + strconv.Itoa(e.Status) + " shows what failed, and without the header the page cannot see it."
	}
	return ""
}

// Sentences that several rows share.
const (
	sendOrigin = "Send Access-Control-Allow-Origin: {origin}{and credentials} in {response}.{also}"

	originCaution = "Every script on that origin can then read the response{with cookies}: allow only origins that you trust with it. " +
		"To allow several origins, compare the request's Origin with a list, and add Vary: Origin. Never reflect any Origin that comes in."
	credentialsCaution = "Every script on that origin can then act and read as the logged-in visitor: allow only origins that you trust like your own. " +
		"If the page needs no cookies there, it should send the request without credentials instead."
	nullCaution = "Not recommended: every sandboxed page of any site sends Origin: null, so allowing null allows all of them. " +
		"Give the page an origin instead: serve it over https, and do not sandbox it, or add allow-same-origin."
	taintedCaution = "Not recommended: every sandboxed page of any site sends Origin: null, so allowing null allows all of them. " +
		"Here the origin is null because of a redirect between two other origins: have the page request {url} directly instead."
	listCaution = "List only what this page needs: the pages of every allowed origin may then send it."

	followCaution = "With follow, the server decides where the request goes, including its body and custom headers."
	targetCaution = "If the target comes from the request, an attacker may be able to choose it: redirect only to hosts that you know."
	policyCaution = "The current policy may be there on purpose. Widen it only for public files that do not depend on cookies: {pages} can then load them."
	repeatCaution = "The server may have carried out the request already. Sending it again may do so twice."
	localCaution  = "No server can allow this. A page that reaches the local network can talk to devices whose makers assumed that outsiders could not reach them."

	exposeSentence = "Add {header} to Access-Control-Expose-Headers in the response.{wildcard}"
	exposeCaution  = "Every script on an allowed origin can then read this header."

	opaqueSentence = "Make the request in the mode cors (for an element: add crossorigin), and have the server allow the page's origin."
	opaqueCaution  = "In the mode cors, a page that the server does not allow no longer gets the response, not even to display it."

	opaqueRedirectSentence = "Use the redirect mode follow. The page may then read the response that the redirect leads to, if CORS allows it."
)

// table has the sentences for each reason. A failed CORS check has one row for the
// response to a preflight and to the request itself.
var table = map[reason.Reason]struct{ sentence, caution string }{
	reason.InvalidURL: {"Request a URL that can be parsed.",
		"Check the parts that the URL is built from: text that a user typed needs encodeURIComponent()."},
	reason.URLContainsCredentials: {"Remove the user name and password from the URL, and send an Authorization header instead.",
		"Everyone who can open the page can read a password in its scripts."},
	reason.InvalidMethod: {"Use a method that is a valid HTTP token, such as GET or PUT.",
		"If the method comes from data, an attacker may be able to choose it."},
	reason.ForbiddenMethod: {"Use another method. No browser sends this one for a script.",
		"A server should not accept these methods either."},
	reason.InvalidHeader: {"Use a valid HTTP token as the header's name, and remove line breaks and NUL from its value.",
		"If the value comes from data, an attacker may be able to choose it: encode it."},
	reason.BodyNotAllowed: {"Remove the body, or use POST.",
		"A POST can change data where a GET does not: check that the server expects it."},
	reason.InvalidReferrer: {"Remove the referrer option, or set it to a URL of the page's own origin.",
		"The full URL of a page can contain what other sites should not see. By default, browsers send them only the origin."},
	reason.InvalidRequest: {"Correct the option that the error names.",
		"The defaults of mode and credentials are safe. Choose other values only on purpose."},
	reason.NoCorsMethodNotSafelisted: {"Use the mode cors, and allow the method in the preflight response.",
		"In no-cors mode, the page could not have read the response anyway."},
	reason.NoCorsRedirectModeNotFollow: {"Use the redirect mode follow, or the mode cors.",
		"In cors mode, every response in a chain of redirects must allow the page's origin."},

	reason.DisallowedByMode: {"Use the mode cors, if the request is meant to go to another origin.",
		"If it is not, check where the URL comes from: the mode same-origin has done its job."},
	reason.CorsDisabledScheme: {"Request an http: or https: URL: serve the file, and the page too, from a local web server.",
		"Do not start the browser with its web security turned off: every open page could then read everything."},
	reason.InvalidDataURL: {"Write a data: URL with a comma before its data, and with valid base64.",
		"If the data becomes a document or a script, make sure that an attacker cannot choose it."},
	reason.BlockedPort: {"Serve HTTP on a port that is not reserved for another protocol, such as 443, 8080 or 8443.",
		"No header changes this. A browser setting can, but it opens the port for every page."},
	reason.MixedContent: {"Serve it over HTTPS, and have the page request {secure url}.",
		"No header changes this. Do not serve the page itself over HTTP instead: everything else on it would lose its protection."},

	reason.PreflightInvalidStatus: {"Respond to the preflight (OPTIONS {url}) with 204{not status}: {why status}.",
		"Do so only for preflights, which have an Access-Control-Request-Method header. OPTIONS must neither change nor reveal anything."},
	reason.PreflightDisallowedRedirect: {"Respond to the preflight (OPTIONS {url}) with 204 and without a redirect, or have the page request the URL that it redirects to.",
		"Often the page's URL is almost right: it has http: instead of https:, or lacks a slash at its end. In this case, correct the URL and do not change the server. " +
			"If the redirect leads to a login page, the server must respond to preflights before it checks for a login: they never carry credentials."},
	reason.InvalidAllowMethodsPreflightResponse: {"Make Access-Control-Allow-Methods in {response} a list of methods, separated by commas.", listCaution},
	reason.InvalidAllowHeadersPreflightResponse: {"Make Access-Control-Allow-Headers in {response} a list of header names, separated by commas.", listCaution},
	reason.MethodDisallowedByPreflightResponse:  {"Add {method} to Access-Control-Allow-Methods in {response}.{wildcard}{method case}", listCaution},
	reason.HeaderDisallowedByPreflightResponse:  {"Add {header} to Access-Control-Allow-Headers in {response}.{wildcard}", listCaution},

	reason.NotCached: {"Use another cache mode, such as force-cache, which asks the server if there is no cached response.",
		"A page that wants only what is cached should expect this error."},
	reason.LoginBodyNotReplayable: {"Log in first, or send the body as a string, a Blob or bytes instead of a stream, so that the page can read the 401.",
		"With credentials omit, the page can read the 401 of a stream too, but no cookies are sent."},
	reason.StreamRequiresHTTP2: {"Serve HTTP/2 over TLS, or have the page send a string, a Blob or bytes.",
		"The server should limit how much it reads."},

	reason.MissingAllowOriginHeader: {sendOrigin + "{error page}", originCaution},
	reason.MultipleAllowOriginValues: {"Send exactly one Access-Control-Allow-Origin header, with the one value {origin}{and credentials}, in {response}. " +
		"If there are two, the server and a proxy probably both add one: configure only one of them to do so.{also}", originCaution},
	reason.InvalidAllowOriginValue:  {sendOrigin + " An origin is a scheme, a host and a port, without a path or a slash at its end.", originCaution},
	reason.AllowOriginMismatch:      {sendOrigin, originCaution},
	reason.WildcardOriginNotAllowed: {"Send Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Credentials: true in {response}.{also}", credentialsCaution},
	reason.InvalidAllowCredentials:  {"Send Access-Control-Allow-Credentials: true, in lower case, in {response}.{also}", credentialsCaution},

	reason.RedirectModeError: {"Request the URL that it redirects to, or use the redirect mode follow.", followCaution},
	reason.RedirectContainsCredentials: {"Redirect to the URL without the user name and password.",
		"If the target needs a login, have the page send its own Authorization header there."},
	reason.RedirectInvalidLocation:  {"Send exactly one Location header, with a valid URL.", targetCaution},
	reason.RedirectDisallowedScheme: {"Redirect to an http: or https: URL.", targetCaution},
	reason.RedirectBodyNotReplayable: {"Send the body as a string, a Blob or bytes instead of a stream, or request the final URL.",
		"If the redirect is meant to lead to a GET, the server should respond with 303."},
	reason.TooManyRedirects: {"Redirect to a URL that does not redirect further. If there is a loop, look for two rules that undo each other.",
		"Often a login page causes the loop, because its cookie is not sent with cross-origin requests."},

	reason.CorpNotSameOrigin: {"Send Cross-Origin-Resource-Policy: {policy} in {response}, instead of same-origin.", policyCaution},
	reason.CorpNotSameSite:   {"Send Cross-Origin-Resource-Policy: {policy} in {response}, instead of same-site.", policyCaution},
	reason.CorpNotSameOriginAfterDefaultedByCoep: {"Send Cross-Origin-Resource-Policy: {policy} in {response}. " +
		"Or add crossorigin to the element, and allow the page's origin with CORS headers.",
		"Do so only for public files: {pages} can then load them, isolated or not."},
	reason.OpaqueResponseBlocked: {"Send the Content-Type that the body really has. If the page needs the data, have it use the mode cors, and allow its origin.",
		"Do not give data another Content-Type to get around this: it would then be in other pages' processes, where side-channel attacks could read it."},
	reason.NosniffMIMETypeMismatch: {"Send Content-Type: {type} in {response}.",
		"Keep X-Content-Type-Options: nosniff, and check that the body really has that type."},
	reason.MIMETypeNotAllowed: {"Send Content-Type: {type} in {response}.",
		"Do so only for scripts of your own, never for uploads."},
	reason.InsecureLocalNetwork: {"Serve the page over HTTPS. The browser then asks the user for permission.", localCaution},
	reason.InvalidLocalNetworkAccess: {"Name the correct address space in the request: targetAddressSpace: \"{space}\".",
		"Check first that the host name is meant to lead there: a name whose address changes may be an attack (DNS rebinding)."},
	reason.LocalNetworkAccessPermissionDenied: {"Allow the page to reach the local network, in the browser's prompt or its site settings.", localCaution},

	reason.ConnectionFailed: {"Check that the server runs, and that its name, port and certificate are correct: open {url} in a tab.",
		"Consoles may call this a CORS error, but it has nothing to do with CORS, and no header helps. Do not get used to dismissing certificate warnings."},
	reason.Timeout:  {"Find out why the server takes so long, or give the fetch more time.", repeatCaution},
	reason.Canceled: {"Do not abort the request: look for an AbortController, or for a page that the user left.", repeatCaution},
	reason.InvalidResponse: {"Respond with valid HTTP. Check that http: and https: are not mixed up, and that the body has the coding that Content-Encoding names.",
		"Behind a proxy, find out whether the proxy or the server causes it."},
	reason.ResponseTooLarge: {"Raise the agent's MaxBody, or have the server send less.",
		"This limit is the agent's own. A browser would read on."},
}
