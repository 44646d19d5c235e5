// Package console has what browsers' consoles print when they block a fetch.
package console

import (
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// Lines returns what the console of the profile's browser shows for an error, in
// the order in which it shows it. It is nil where the browser prints nothing:
// for a call that the API itself refuses, and for the Standard profile, which has
// no console.
//
// The texts were recorded from the versions that the profiles name. Where a
// browser's checks run in another order than the standard's, Lines returns the
// text of the check that fails first in that browser. Some lines say more if the
// error has its Trace, as every error of [fetch.Agent.Fetch] has. Lines about the
// markup and not about the fetch, such as those that name a font's family, are
// left out. It is safe for concurrent use.
func Lines(err *fetch.NetworkError, p fetch.Profile) []string {
	browser := slices.Index(browsers[:], p.Name)
	if browser < 0 {
		return nil
	}
	v := view{NetworkError: err, browser: browser, reason: shownReason(err, browser)}
	if v.silent() {
		return nil
	}
	for _, row := range table {
		if row.reason == v.reason && (row.when == nil || row.when(v)) {
			return v.render(row.text[browser])
		}
	}
	return nil
}

// Silent reports whether no browser's console prints anything for a reason.
func Silent(r reason.Reason) bool { return slices.Contains(silent, r) }

// silent lists the reasons for which no browser's console prints anything: table
// has no row for them. At most, the console shows the script's own exception.
var silent = []reason.Reason{
	reason.InvalidURL, reason.URLContainsCredentials, reason.InvalidMethod, reason.ForbiddenMethod, reason.InvalidHeader,
	reason.BodyNotAllowed, reason.InvalidReferrer, reason.InvalidRequest, reason.NoCorsMethodNotSafelisted,
	reason.InvalidDataURL, reason.RedirectBodyNotReplayable, reason.Timeout, reason.Canceled, reason.ResponseTooLarge,
}

// The columns of table.
const (
	chromium = iota
	firefox
	webkit
)

var browsers = [...]string{chromium: "Chromium", firefox: "Firefox", webkit: "WebKit"}

// The parts of which many lines are made. What stands in braces is filled in by
// view.value; a line that comes out empty is dropped.
const (
	// Chromium: the first part of every line about CORS, and the line that
	// follows it and all others of the network.
	chAccess = "Access to {kind} at '{url}'{redirected} from origin '{page origin}' has been blocked by CORS policy: {in preflight}"
	chFailed = "\nFailed to load resource: net::ERR_FAILED"
	chLoad   = "Failed to load resource: net::"
	// Firefox: the same; {then} is the line with which it reports the failed
	// request once more, {element} what the element adds.
	ffBlocked = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
	ffReason  = ffBlocked + "{url}. (Reason: "
	ffThen    = "{then}\n{element}"
	ffCORP    = "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). " +
		"See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#\n{element}"
	// WebKit: {denied} is the second line, which depends on what asked, and
	// {redirection} comes first where a redirect failed the CORS check.
	wkOrigin     = "{redirection}Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}\n{denied}"
	wkNoRedirect = "Cross-origin redirection to {target} denied by Cross-Origin Resource Sharing policy: "
	wkCORP       = "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header.\n{denied}"
)

// table has each browser's texts for each reason, in the columns'
// order. The first row of a reason whose condition holds is the one. The
// reasons of a failed CORS check in a preflight share the rows of the same
// reason outside one. A reason without a row is one for which no browser
// prints anything.
var table = []struct {
	reason reason.Reason
	when   func(view) bool
	text   [len(browsers)]string
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
		// Chromium means to name the location, and doesn't.
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
	{reason.DisallowedByMode, all(kind("worker"), direct), [...]string{"", ffSameOrigin, ""}}, // the constructor throws
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
		// All others of these are upgraded and not blocked.
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

	// Firefox and WebKit did not enforce Local Network Access when these
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

// More parts, each used by a few rows.
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

// A part is what a name in braces can become, for those that become more
// than a value: lines of their own, or a piece of a line that is not always
// there. The texts stand here so that they can be read back, see Parse;
// which of them it is, is for view.value to say.
type part struct {
	name, text string
	kind       string // what asked, where the text depends on it
}

// browserParts has each browser's parts.
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
		{name: "denied", text: "Cross-origin script load denied by Cross-Origin Resource Sharing policy.", kind: "script"},
		{name: "denied", text: "Cross-origin text track load denied by Cross-Origin Resource Sharing policy.", kind: "track"},
		{name: "local resource", text: "Not allowed to load local resource: {url}\nNot allowed to request resource"},
		{name: "only http", text: "Cross origin requests are only supported for HTTP."},
		{name: "not allowed", text: "Not allowed to request resource"},
		{name: "refused", text: "Could not connect to {host}: Connection refused"},
		{name: "reset", text: "Error receiving data: Connection reset by peer"},
	},
}

// part fills in the part of that name that the initiator has.
func (c view) part(name string) string {
	for _, p := range browserParts[c.browser] {
		if p.name == name && (p.kind == "" || p.kind == c.Kind) {
			return c.fill(p.text)
		}
	}
	return ""
}

// shownReason is the reason whose text the browser shows.
func shownReason(e *fetch.NetworkError, browser int) reason.Reason {
	if e.Reason.Preflight() && e.Status != 0 {
		switch {
		case browser == chromium && e.IsRedirect():
			// The network stack stops at the redirect and never sees the headers.
			return reason.PreflightDisallowedRedirect
		case browser == webkit && (e.Status < 200 || e.Status > 299):
			return reason.PreflightInvalidStatus // looked at first
		}
	}
	return e.Reason.WithoutPreflight()
}

// The conditions of rows.

func kind(kinds ...string) func(view) bool {
	return func(c view) bool { return slices.Contains(kinds, c.Kind) }
}

func scheme(s string) func(view) bool {
	return func(c view) bool { return schemeOf(c.URL) == s }
}

func direct(c view) bool { return c.FirstURL == "" }

func all(conditions ...func(view) bool) func(view) bool {
	return func(c view) bool {
		return !slices.ContainsFunc(conditions, func(holds func(view) bool) bool { return !holds(c) })
	}
}

func schemeOf(u string) string {
	s, _, _ := strings.Cut(u, ":")
	return field.Lower(s)
}

// A view is an error as one browser's console sees it.
type view struct {
	*fetch.NetworkError
	browser int
	reason  reason.Reason // the row's
}

// silent reports whether the browser prints nothing of what its table has. WebKit
// prints nothing about a font that its server does not share.
func (c view) silent() bool {
	if c.browser != webkit || c.Kind != "font" {
		return false
	}
	switch c.reason {
	case reason.RedirectContainsCredentials, reason.RedirectInvalidLocation, reason.RedirectDisallowedScheme:
		return true
	}
	return c.reason.CORS()
}

func (c view) hasComma() bool { return strings.Contains(c.Value, ",") }

// manyLines reports whether the response had the header more than once. Its
// combined value alone doesn't tell.
func (c view) manyLines() bool {
	x := c.LastExchange()
	if x == nil {
		return false
	}
	lines := 0
	for _, h := range x.ResponseHeader {
		if field.EqualFold(h.Name, "Access-Control-Allow-Origin") {
			lines++
		}
	}
	return lines > 1
}

// inPreflight reports whether it was the preflight that failed.
func (c view) inPreflight() bool {
	x := c.LastExchange()
	return c.Reason.Preflight() || x != nil && x.Preflight
}

func (c view) firstURL() string {
	if c.FirstURL != "" {
		return c.FirstURL
	}
	return c.URL
}

// cors reports whether what was asked for last had the response tainting
// "cors".
func (c view) cors() bool {
	if c.Mode != fetch.ModeCORS {
		return false
	}
	home := c.PageOrigin
	foreign := func(u string) bool { return u != home && !strings.HasPrefix(u, home+"/") }
	if c.Trace != nil && slices.ContainsFunc(c.Trace.Exchanges, func(x fetch.Exchange) bool { return foreign(x.URL) }) {
		return true
	}
	return foreign(c.LastRequestURL())
}

// render fills a template in. The filled-in lines that are empty are dropped.
func (c view) render(template string) []string {
	var out []string
	for line := range strings.Lines(template) {
		line = c.fill(strings.TrimSuffix(line, "\n"))
		for _, l := range strings.Split(line, "\n") {
			if l != "" {
				out = append(out, l)
			}
		}
	}
	return out
}

// fill replaces what stands in braces. What it puts in is not looked at again:
// a header's value may have braces of its own.
func (c view) fill(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(c.value(name))
		template = after
	}
}

// value is what a template's name in braces stands for.
func (c view) value(name string) string {
	switch name {
	case "url":
		return c.URL
	case "wire":
		return c.LastRequestURL()
	case "origin":
		return c.Origin
	case "page origin":
		return c.PageOrigin
	case "page":
		return c.Page
	case "value":
		return c.Value
	case "header":
		return c.Header
	case "lower header":
		return field.Lower(c.Header)
	case "method":
		return c.Method
	case "space":
		return string(c.Space)
	case "scheme":
		return schemeOf(c.URL)
	case "status":
		return strconv.Itoa(c.Status)
	case "first url":
		return c.firstURL()
	case "port", "host":
		u, err := url.Parse(c.URL)
		switch {
		case err != nil:
			return ""
		case name == "host":
			return u.Hostname()
		}
		return u.Port()
	case "type":
		essence, _, _ := strings.Cut(c.Value, ";")
		return field.Lower(field.NormalizeValue(essence))
	case "bad token":
		return badToken(c.Value)
	}
	switch c.browser {
	case chromium:
		return c.chromiumValue(name)
	case firefox:
		return c.firefoxValue(name)
	}
	return c.webkitValue(name)
}

// badToken is the first member of a list that is no token.
func badToken(list string) string {
	for member := range strings.SplitSeq(list, ",") {
		member = field.NormalizeValue(member)
		if member != "" && !field.IsToken(member) {
			return member
		}
	}
	return list
}

func (c view) chromiumValue(name string) string {
	switch name {
	case "kind":
		switch c.Kind {
		case "module":
			return "script"
		case "track":
			return "text track"
		case "":
			return "resource"
		}
		return c.Kind
	case "mixed":
		switch c.Kind {
		case "fetch", "":
			return "resource"
		case "XMLHttpRequest":
			return "XMLHttpRequest endpoint"
		case "module":
			return "script"
		case "CSS stylesheet":
			return "stylesheet"
		case "track":
			return "Text Track"
		case "iframe":
			return "frame"
		}
		return c.Kind
	case "redirected":
		if c.FirstURL != "" && c.FirstURL != c.URL {
			return c.part(name)
		}
	case "redirected to wire":
		if c.FirstURL != "" && c.FirstURL != c.LastRequestURL() {
			return c.part(name)
		}
	case "in preflight":
		switch r := c.Reason; {
		case r == reason.PreflightInvalidStatus, r == reason.PreflightDisallowedRedirect, r.CORSCheck() && r.Preflight():
			return c.part(name)
		}
	case "advice", "withCredentials":
		return c.part(name)
	case "net error":
		switch c.connection() {
		case connectionRefused:
			return "ERR_CONNECTION_REFUSED"
		case connectionReset:
			return "ERR_CONNECTION_RESET"
		case connectionClosed:
			return "ERR_EMPTY_RESPONSE"
		case nameNotResolved:
			return "ERR_NAME_NOT_RESOLVED"
		}
		return "ERR_FAILED"
	}
	return ""
}

func (c view) firefoxValue(name string) string {
	switch name {
	case "then":
		// A CORS check that fails on the final answer is reported once. All
		// else makes the request fail, and that is reported too, by all who
		// meet it.
		line := c.part(name)
		checked := c.reason.CORSCheck()
		redirect := c.IsRedirect()
		switch {
		case !c.cors(), checked && !c.inPreflight() && !redirect, c.reason == reason.NosniffMIMETypeMismatch && c.Kind == "script":
			return ""
		case checked && c.inPreflight() && redirect:
			return line + "\n" + line
		}
		return line
	case "element":
		if c.cors() && c.Reason != reason.BlockedPort && c.Reason != reason.MixedContent {
			return c.part(name)
		}
		return c.part("element failed")
	case "redirecting content":
		if c.Kind == "XMLHttpRequest" {
			return c.value("page")
		}
		return c.LastRequestURL()
	}
	return ""
}

func (c view) webkitValue(name string) string {
	switch name {
	case "denied":
		return c.part(name)
	case "redirection":
		if x := c.LastExchange(); x != nil && x.IsRedirect() && !x.Preflight {
			return c.part(name)
		}
	case "target":
		switch {
		case c.Reason.Phase() != reason.Redirect, c.Reason == reason.RedirectModeError, c.Reason == reason.RedirectInvalidLocation:
			return c.location()
		}
		return withoutUserinfo(c.URL)
	case "local resource":
		if c.Mode == fetch.ModeNoCORS {
			return c.part(name)
		}
		return c.part("only http")
	case "not allowed":
		if c.FirstURL == "" {
			return c.part(name)
		}
	case "net error":
		switch c.connection() {
		case connectionRefused:
			if c.value("host") != "" {
				return c.part("refused")
			}
		case connectionReset:
			return c.part("reset")
		}
	}
	return ""
}

// location is where the last answer redirects to: as an absolute URL, or as it
// stands where it is none.
func (c view) location() string {
	x := c.LastExchange()
	if x == nil {
		return c.Value
	}
	value, _ := x.ResponseHeader.Get("Location")
	base, err := url.Parse(x.URL)
	if err != nil {
		return value
	}
	u, err := base.Parse(value)
	if err != nil {
		return value
	}
	return u.String()
}

func withoutUserinfo(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return s
	}
	u.User = nil
	return u.String()
}

// connectionFailure is how a connection failed, as far as browsers tell.
type connectionFailure uint8

const (
	connectionFailedSomehow connectionFailure = iota
	connectionRefused
	connectionReset
	connectionClosed // before an answer
	nameNotResolved
)

// connection looks at the transport's error. The system's error numbers differ,
// so where Go has no value of its own the words decide.
func (c view) connection() connectionFailure {
	var dns *net.DNSError
	switch {
	case c.Err == nil:
		return connectionFailedSomehow
	case errors.As(c.Err, &dns):
		return nameNotResolved
	case errors.Is(c.Err, io.EOF), errors.Is(c.Err, io.ErrUnexpectedEOF):
		return connectionClosed
	case strings.Contains(c.Err.Error(), "refused"):
		return connectionRefused
	case strings.Contains(c.Err.Error(), "reset"), strings.Contains(c.Err.Error(), "forcibly closed"):
		return connectionReset
	}
	return connectionFailedSomehow
}
