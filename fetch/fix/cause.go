package fix

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Cause is what went wrong where a failed check of the headers is only the symptom:
// the server answered with an error, or the page sent the wrong request. "" means
// that the headers themselves are the cause, or that no other cause is known.
type Cause string

// The causes.
const (
	ServerFailed            Cause = "server-failed"              // the server, or the one behind a proxy, does not work
	Challenged              Cause = "challenged"                 // a firewall wants to see a browser's page, or refuses
	LoginRequired           Cause = "login-required"             // 401 or 407
	LoginRedirect           Cause = "login-redirect"             // a redirect to a login page
	Forbidden               Cause = "forbidden"                  // 403
	OriginRefused           Cause = "origin-refused"             // the server's own CORS check refused the request with an error
	NotFound                Cause = "not-found"                  // 404 or 410
	MethodNotServed         Cause = "method-not-served"          // 405 or 501, or a router that answers OPTIONS by itself
	TooManyRequests         Cause = "too-many-requests"          // 429
	RequestRejected         Cause = "request-rejected"           // another status from 400 to 499
	Redirected              Cause = "redirected"                 // a redirect that was not meant to be followed
	ResponseHeaderInRequest Cause = "response-header-in-request" // the page sends Access-Control-Allow-Origin or the like
	HTMLInstead             Cause = "html-instead"               // a page in place of a script or style sheet
)

// findCause completes the fix where something else than the headers is the cause.
func (e failure) findCause(f *Fix) {
	switch r := e.Reason.WithoutPreflight(); {
	case r == reason.MIMETypeNotAllowed || r == reason.NosniffMIMETypeMismatch || r == reason.OpaqueResponseBlocked:
		e.htmlInstead(f)
	case !e.Reason.CORS():
	case e.sentByPage(f):
	case (e.Reason.Preflight() || r == reason.MissingAllowOriginHeader) && e.appsScript(f):
	case e.failed(f):
	case e.loginRedirect(f):
	case e.tainted() || e.maybeTainted():
		e.requestDirectly(f)
	case r == reason.MissingAllowOriginHeader || r == reason.PreflightInvalidStatus || r == reason.PreflightDisallowedRedirect:
		e.status(f)
	}
}

// blame sets the cause, and removes the change of headers that does not help.
func (f *Fix) blame(cause Cause, why, sentence, caution string) {
	f.Cause, f.Why, f.Sentence, f.Caution = cause, why, sentence, caution
	f.Set, f.Remove, f.Status, f.Unwise = nil, nil, 0, false
}

// add adds a cause; the one that was found first comes first.
func (f *Fix) add(cause Cause, why string) {
	if f.Cause == "" {
		f.Cause, f.Why = cause, why
	} else if why != "" {
		f.Why += " " + why
	}
}

// byPage makes the page responsible for the change.
func (f *Fix) byPage() { f.Party, f.URL, f.Preflight = reason.Page, "", false }

// statusText is a status with its name: 502 Bad Gateway.
func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// CauseHeaders returns the names, in lower case, of the response headers that tell causes
// apart, besides Location.
func CauseHeaders() []string {
	return []string{"allow", "cf-mitigated", "server", "vary", "x-amzn-errortype", "x-amzn-waf-action", "x-datadome", "x-powered-by", "x-sucuri-block", "x-vercel-mitigated"}
}

// response is the last exchange with the response that was blocked, or nil. Errors
// that were read from a text have none.
func (e failure) response() *fetch.Exchange {
	if e.Trace == nil {
		return nil
	}
	for i := len(e.Trace.Exchanges) - 1; i >= 0; i-- {
		if x := &e.Trace.Exchanges[i]; x.Preflight == e.Reason.Preflight() && x.Status != 0 {
			return x
		}
	}
	return nil
}

// responseHeader returns a header of the blocked response.
func (e failure) responseHeader(name string) string {
	if x := e.response(); x != nil {
		value, _ := x.ResponseHeader.Get(name)
		return value
	}
	return ""
}

// preflightAllowed reports whether there was a preflight and its response allowed
// the request: CORS is then configured.
func (e failure) preflightAllowed() bool {
	return !e.Reason.Preflight() && e.Trace != nil &&
		slices.ContainsFunc(e.Trace.Exchanges, func(x fetch.Exchange) bool { return x.Preflight })
}

// failed blames a server that does not work: its error page lacks the headers that
// its usual responses may well have.
func (e failure) failed(f *Fix) bool {
	missing := e.Reason.WithoutPreflight() == reason.MissingAllowOriginHeader || e.Reason == reason.PreflightInvalidStatus
	if !missing {
		return false
	}
	const later = "Then check again. If the header is still missing, it is the server's CORS configuration."
	switch what := e.challenge(); {
	case what != "":
		f.blame(Challenged, what+" answered in place of the server, with status "+strconv.Itoa(e.Status)+
			": it wants to see a person's browser, which no fetch() can show it.",
			"Have that protection pass requests to "+or(e.URL, "this URL")+", and OPTIONS requests in particular, to the server.", later)
	case e.Status == http.StatusServiceUnavailable:
		f.blame(ServerFailed, "The status is "+statusText(e.Status)+": the server, or a proxy before it, cannot serve requests at the moment. "+
			"Whether its usual responses have CORS headers cannot be seen.",
			"Find out why the server is down, overloaded or in maintenance: see its logs, and those of a proxy before it, for "+or(e.URL, "this request")+".", later)
	case e.Status >= 502 && e.Status <= 504 || e.Status >= 520 && e.Status <= 530:
		f.blame(ServerFailed, "The status is "+statusText(e.Status)+": a proxy or gateway answered, because the server behind it does not answer as it should. "+
			"Whether that server sends CORS headers cannot be seen.",
			"Find out why the server behind the proxy is down, slow or not reached: see the proxy's and the server's logs for "+or(e.URL, "this request")+".", later)
	case e.Status == 500 && e.preflightAllowed():
		f.blame(ServerFailed, "The status is 500: the server failed while it handled the request. CORS is configured, since the preflight was allowed; the error page only lacks the header.",
			"Find the error in the server's log, and correct it.",
			"So that pages can see the next error's status, have the CORS headers added to error responses too.")
	default:
		return false
	}
	return true
}

// challenge names the protection that answered in place of the server, or returns "".
func (e failure) challenge() string {
	switch {
	case e.Status == 0 || e.Status < 400 && e.Status != 202:
		return ""
	case field.EqualFold(e.responseHeader("Cf-Mitigated"), "challenge"):
		return "Cloudflare"
	case e.responseHeader("X-Vercel-Mitigated") != "":
		return "Vercel's firewall"
	case e.responseHeader("X-Amzn-Waf-Action") != "":
		return "AWS WAF"
	case e.responseHeader("X-Datadome") != "":
		return "DataDome"
	case e.responseHeader("X-Sucuri-Block") != "":
		return "Sucuri"
	}
	return ""
}

// status blames the status of a response without CORS headers. The fix then has the
// headers and the status together: one without the other leads to the next error.
func (e failure) status(f *Fix) {
	if !e.Reason.Preflight() {
		if e.Status >= 300 {
			f.add(e.statusCause())
		}
		if to := e.redirectTarget(); to != "" {
			f.Sentence = "Have the page request " + to + ". If the redirect has to stay: " + lowerFirst(f.Sentence) +
				" The response that the redirect leads to needs it too."
		} else if e.Status >= 300 && e.Status < 400 {
			f.Sentence = "See first where the redirect leads. If it has to stay: " + lowerFirst(f.Sentence) +
				" The response that it leads to needs it too."
		}
		return
	}
	if e.Status == 0 || e.Status >= 200 && e.Status < 300 {
		e.answeredByRouter(f)
		return
	}
	f.add(e.statusCause())
	if e.statusFirst && e.Reason == reason.PreflightInvalidStatus {
		f.Why = strings.ReplaceAll(f.Why, ", and the error response lacks the CORS headers", "") +
			" Safari checks the status first: whether the CORS headers are there is not known."
		f.Sentence += " That response needs the CORS headers too."
	}
	if f.Status = http.StatusNoContent; e.Status < 400 {
		f.Remove = []string{"Location"}
	}
	e.completePreflight(f)
	var names []string
	for _, h := range f.Set {
		names = append(names, h.Name+": "+h.Value)
	}
	if len(names) > 0 {
		f.Sentence = "Respond to the preflight (OPTIONS " + or(e.URL, "the URL") + ") with 204, not " + strconv.Itoa(e.Status) + ", and with " +
			strings.Join(names, "; ") + "."
		if f.Set.Contains(allowOrigin) {
			f.Sentence += " The response to the request itself needs Access-Control-Allow-Origin too."
		}
	}
	if to := e.redirectTarget(); to != "" {
		f.Sentence = "Have the page request " + to + ". If the page's URL is the right one: " + lowerFirst(f.Sentence)
	}
}

// answeredByRouter says that the router answered the preflight by itself, as many do where a path has no
// handler for OPTIONS: a CORS handler on single routes then never sees it.
func (e failure) answeredByRouter(f *Fix) {
	x := e.response()
	if x == nil || e.responseHeader("Allow") == "" || len(corsNames(x.ResponseHeader)) > 0 || variesByOrigin(x.ResponseHeader) {
		return
	}
	who, how := "the server's router", "Put the CORS handler around the router, or on OPTIONS too."
	if field.EqualFold(e.responseHeader("X-Powered-By"), "Express") {
		who, how = "Express", "If cors() is on single routes, add app.options(path, cors()), or call app.use(cors()) before the routes."
	}
	f.add(MethodNotServed, "The response has Allow: "+short(e.responseHeader("Allow"))+" and no CORS header: "+who+" itself answered OPTIONS, and no CORS handler saw it. "+how)
}

// lowerFirst continues a sentence with another one.
func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// redirectTarget returns the URL that the blocked response redirects to, or "".
func (e failure) redirectTarget() string {
	base, err := weburl.Parse(e.URL, nil)
	location := e.responseHeader("Location")
	if err != nil || location == "" || e.Status < 300 || e.Status > 399 {
		return ""
	}
	to, err := weburl.Parse(location, base)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" {
		return ""
	}
	return to.String()
}

// completePreflight adds to the fix all that the preflight response lacks for the
// request, not only what the browser found first.
func (e failure) completePreflight(f *Fix) {
	x := e.response()
	if x == nil {
		return
	}
	with := func(list string) failure {
		value, _ := x.ResponseHeader.Get(list)
		one := *e.NetworkError
		one.Value = value
		return failure{NetworkError: &one}
	}
	if value, _ := x.ResponseHeader.Get(allowOrigin); e.Reason == reason.PreflightDisallowedRedirect && value != e.Origin &&
		(value != "*" || e.Credentials == fetch.CredentialsInclude) {
		e.setOrigin(f) // the redirect was found first
		if e.Origin == "null" {
			f.Unwise, f.Caution = true, nullCaution
		}
	}
	method, _ := x.Header.Get("Access-Control-Request-Method")
	if methods := with(allowMethods); !field.IsCORSSafelistedMethod(method) && !methods.lists(method) {
		f.setList(allowMethods, methods.listWith(method))
	}
	headers := with(allowHeaders)
	if missing := slices.DeleteFunc(headers.notAllowed(), isResponseHeader); len(missing) > 0 {
		f.setList(allowHeaders, headers.listWith(missing...))
	}
}

// lists reports whether the error's header value has a method, or a * that counts.
func (e failure) lists(method string) bool {
	for name := range strings.SplitSeq(e.Value, ",") {
		if name = field.Trim(name); name == method || name == "*" && e.wildcardCounts() {
			return true
		}
	}
	return false
}

// appsScript says that no change of a Google Apps Script makes it respond to a
// preflight: only doGet and doPost exist. What it returns as data has the header, so that
// a response without it is another one, such as a login or an error page.
func (e failure) appsScript(f *Fix) bool {
	last, script := e.URL, e.URL
	if !isAppsScript(script) {
		if script = e.FirstURL; !isAppsScript(script) {
			return false
		}
	}
	if e.Reason.Preflight() && script == last {
		f.blame(MethodNotServed, "A Google Apps Script cannot respond to preflights: it has doGet and doPost, and nothing for OPTIONS.",
			"Send a request that needs no preflight: GET, or POST with the Content-Type text/plain (the script can still parse it as JSON), without other headers.",
			"Deploy the script so that anyone can access it, or a login page comes back instead.")
		f.byPage()
		return true
	}
	if e.FirstURL != "" {
		script = e.FirstURL // the other one is made for one request
	}
	cause, why := ServerFailed, "What a Google Apps Script returns with ContentService has the header, so this is something else: "+
		"a login page, because the deployment is not open to anyone, the error page of a script that failed, or a page of HtmlService."
	if isLogin(last, nil) {
		cause, why = LoginRedirect, "Google sent the request on to its login page: the deployment of the Apps Script is not open to anyone."
	}
	f.blame(cause, why, "Deploy a new version of the script, executed as its owner and with access for Anyone. Then open "+script+
		" in a private window: it has to show what the script returns. If it shows an error, correct the script (see its executions).",
		"Everyone who knows the URL can then call the script: check in it who may do what.")
	f.URL, f.Preflight = script, false
	return true
}

// isAppsScript reports whether a URL is that of a Google Apps Script, or of its output.
func isAppsScript(s string) bool {
	u, err := weburl.Parse(s, nil)
	return err == nil && (u.Hostname() == "script.google.com" || u.Hostname() == "script.googleusercontent.com")
}

// statusCause says what the status of a response without CORS headers means.
func (e failure) statusCause() (Cause, string) {
	status := "The status is " + statusText(e.Status) + ": "
	if e.Reason.Preflight() {
		status = "The response to the preflight has status " + statusText(e.Status) + ": "
	}
	preflight := e.Reason.Preflight()
	switch {
	case e.Status >= 300 && e.Status < 400:
		return Redirected, e.redirectCause()
	case e.Reason == reason.PreflightInvalidStatus && !e.statusFirst && e.Status < 500 && e.Status != 429:
		// The CORS check has passed, so the headers are there.
		return e.kindOfStatus(), status + "the CORS headers are there, but the request is then passed on, to something that refuses OPTIONS. The CORS handler must respond to preflights itself."
	case preflight && (e.Status == 401 || e.Status == 407):
		return LoginRequired, status + "something asks for a login before the CORS headers are added. Preflights never carry credentials, so they can never pass that."
	case e.Status == 401 || e.Status == 407:
		return LoginRequired, status + "the request has no valid login (a missing or expired token or cookie), and the error response lacks the CORS headers."
	case e.Status == 403 && e.springRefuses():
		return OriginRefused, status + "that is how Spring's own CORS check refuses (Invalid CORS request). This origin, method or header is not in the server's CORS configuration."
	case e.Status == 403:
		return Forbidden, e.forbiddenCause(status)
	case preflight && (e.Status == 404 || e.Status == 410):
		return NotFound, status + "nothing handles OPTIONS at this path. The path may be wrong, or the router answers before the CORS handler does: put the CORS handler around the router."
	case e.Status == 404 || e.Status == 410:
		return NotFound, status + "nothing is at this URL, and the error response lacks the CORS headers. Check the URL's path first."
	case preflight && (e.Status == 405 || e.Status == 501):
		return MethodNotServed, status + "the router has no OPTIONS for this path and answers before the CORS handler does: put the CORS handler around the router, not into a route."
	case e.Status == 405 || e.Status == 501:
		return MethodNotServed, status + "the path does not accept this method, and the error response lacks the CORS headers. Check the method and the path first."
	case e.Status == 429:
		return TooManyRequests, status + "a rate limit was reached, and the error response lacks the CORS headers."
	case e.Status >= 500:
		return ServerFailed, status + "the server failed, and error responses often lack the CORS headers. Its log has the error."
	case e.Status >= 400:
		return RequestRejected, status + "the server rejects the request, and the error response lacks the CORS headers."
	}
	return "", ""
}

// kindOfStatus is the cause that the status alone shows.
func (e failure) kindOfStatus() Cause {
	switch e.Status {
	case 401, 407:
		return LoginRequired
	case 403:
		return Forbidden
	case 404, 410:
		return NotFound
	case 405, 501:
		return MethodNotServed
	}
	return RequestRejected
}

// springRefuses reports whether a response is like that of Spring's own CORS check.
func (e failure) springRefuses() bool {
	var vary []string
	if x := e.response(); x != nil {
		for _, h := range x.ResponseHeader {
			if field.EqualFold(h.Name, "Vary") {
				vary = append(vary, field.Lower(h.Value))
			}
		}
	}
	varies := strings.Join(vary, ",")
	return strings.Contains(varies, "access-control-request-method") && strings.Contains(varies, "access-control-request-headers")
}

// forbiddenCause tells apart who answers 403.
func (e failure) forbiddenCause(status string) string {
	switch {
	case field.EqualFold(e.responseHeader("Server"), "AmazonS3"):
		return status + "so S3 answers if the bucket has no CORS configuration that fits (CORS is not enabled), or no permission."
	case field.EqualFold(e.responseHeader("X-Amzn-Errortype"), "MissingAuthenticationTokenException"):
		return status + "so Amazon API Gateway answers if the path has no such method: OPTIONS is not configured for it, or the stage or path is wrong."
	case e.Reason.Preflight():
		return status + "something refuses it before the CORS headers are added: a login or CSRF check, a firewall, or the server's own CORS check, which does not know this origin."
	}
	return status + "the server refuses the request (a login or CSRF check, a firewall, or its own CORS check), and the error response lacks the CORS headers."
}

// redirectCause says where the redirect leads, and what usually causes it.
func (e failure) redirectCause() string {
	why := "The response is a redirect (" + statusText(e.Status) + ")"
	from, err := weburl.Parse(e.URL, nil)
	if err != nil {
		return why + unknownTarget
	}
	to, err := weburl.Parse(e.responseHeader("Location"), from)
	if err != nil || e.responseHeader("Location") == "" {
		return why + unknownTarget
	}
	difference := ""
	switch {
	case to.Scheme != from.Scheme && to.Host == from.Host:
		difference = ", which is on " + to.Scheme
	case to.Hostname() == "www."+from.Hostname() || from.Hostname() == "www."+to.Hostname():
		difference = ", which differs in www"
	case to.Host == from.Host && strings.TrimSuffix(to.Path, "/") == strings.TrimSuffix(from.Path, "/"):
		difference = ", which differs in the slash at the end"
	}
	return why + " to " + to.String() + difference + ": have the page request that URL, and the redirect is not needed."
}

// unknownTarget follows a redirect whose Location is not known.
const unknownTarget = ": see its Location in the network panel. If that is a login page, the session is over, and the server should respond with 401; " +
	"otherwise have the page request that URL."

// loginPath fits the paths of login pages, and loginHost the hosts of services for it.
var (
	loginPath  = regexp.MustCompile(`(?i)(?:^|[/_.-])(?:log-?in|log-?on|sign-?in|sign_in|sso|saml2?|oauth2?|oidc|openid|openid-connect|authorize|authenticate|auth|cas|adfs)(?:$|[/_.?-])`)
	loginHost  = regexp.MustCompile(`(?i)^(?:log-?in|signin|sso|auth|accounts|id|idp|identity|oauth|cas)\.|(?:^|\.)(?:okta(?:-emea|preview)?\.com|auth0\.com|onelogin\.com|cloudflareaccess\.com|microsoftonline\.com|amazoncognito\.com|b2clogin\.com)$`)
	loginQuery = regexp.MustCompile(`(?i)(?:^|&)(?:redirect_?ur[il]|return_?(?:url|to|path)|continue|next|service|SAMLRequest|response_type|came_from|destination)=`)
)

// LooksLikeLogin reports whether a URL looks like that of a login page or a service
// for logging in. It is a guess, by names that are usual for them.
func LooksLikeLogin(url string) bool { return isLogin(url, nil) }

// isLogin is LooksLikeLogin for a URL that may be relative.
func isLogin(s string, base *weburl.URL) bool {
	u, err := weburl.Parse(s, base)
	if err != nil {
		return false
	}
	return loginHost.MatchString(u.Hostname()) || loginPath.MatchString(u.Path) ||
		loginQuery.MatchString(u.Query) && strings.Contains(strings.ToLower(u.Path+u.Query), "log")
}

// loginRedirect blames a redirect to a login page: the session is over. The response to a
// preflight is never followed, so where the request was redirected, its own response did it.
func (e failure) loginRedirect(f *Fix) bool {
	at, from := "", e.URL
	switch base, _ := weburl.Parse(e.URL, nil); {
	case e.Status >= 300 && e.Status < 400 && base != nil && e.responseHeader("Location") != "" && isLogin(e.responseHeader("Location"), base):
		if to, err := weburl.Parse(e.responseHeader("Location"), base); err == nil {
			at = to.String()
		}
	case e.FirstURL != "" && e.FirstURL != e.URL && isLogin(e.URL, nil) && !isLogin(e.FirstURL, nil):
		at, from = e.URL, e.FirstURL
	}
	if at == "" {
		return false
	}
	f.blame(LoginRedirect, "The server sent the request on to a login page ("+at+"): the session is over, or the request carried no login. A page's script cannot use a login page.",
		"Have the server respond to "+from+" with 401 and the CORS headers when there is no login, and redirect only navigations. The page then asks its user to log in.",
		"Do not allow pages of other origins to read the login page.")
	if f.URL = from; at == e.URL || !e.Reason.Preflight() {
		f.Preflight = false
		return true
	}
	f.Why = "The server redirects the preflight to a login page (" + at + "). Preflights never carry credentials, so the server must respond to them before it checks for a login."
	f.Sentence = "Respond to the preflight (OPTIONS " + from + ") with 204 before anything checks for a login. " +
		"To the request itself, respond with 401 and the CORS headers when there is no login, and redirect only navigations."
	f.Status, f.Remove = http.StatusNoContent, []string{"Location"}
	if e.Origin == "null" {
		return true // no header should allow that
	}
	if e.Reason.WithoutPreflight() == reason.MissingAllowOriginHeader {
		e.setOrigin(f)
	}
	e.completePreflight(f)
	return true
}

// tainted reports whether the origin is null only because redirects have tainted it.
func (e failure) tainted() bool {
	return e.Origin == "null" && e.PageOrigin != "null" && e.PageOrigin != "" && e.FirstURL != ""
}

// maybeTainted reports whether the origin may be null because of a redirect: Chromium once
// printed that in place of the page's origin.
func (e failure) maybeTainted() bool {
	from, err := origin.FromURL(e.FirstURL)
	to, err2 := origin.FromURL(e.URL)
	return e.Trace == nil && e.Origin == "null" && e.PageOrigin == "null" && err == nil && err2 == nil && from.String() != to.String()
}

// requestDirectly has the page request the URL at which the redirects end.
func (e failure) requestDirectly(f *Fix) {
	switch e.Reason.WithoutPreflight() {
	case reason.MissingAllowOriginHeader, reason.AllowOriginMismatch, reason.InvalidAllowOriginValue,
		reason.MultipleAllowOriginValues, reason.WildcardOriginNotAllowed, reason.InvalidAllowCredentials:
	default:
		return
	}
	const caution = "Do not allow the origin null instead: every sandboxed page of any site sends it."
	if e.maybeTainted() {
		f.blame(Redirected, "The request's origin is null. A redirect between two other origins makes it null, and older versions of Chrome print null then; "+
			"a sandboxed page, or one that was opened from a file, has the origin null too.",
			"Have the page request "+e.URL+" directly, and have that server allow the page's origin. "+
				"If the page is sandboxed or a file, give it an origin: serve it over https, and do not sandbox it, or add allow-same-origin.", caution)
		f.byPage()
		return
	}
	needs := ", which that response already names."
	if e.Value != e.PageOrigin || e.Reason.WithoutPreflight() != reason.AllowOriginMismatch {
		needs = ": have that server send Access-Control-Allow-Origin: " + e.PageOrigin
		if e.Credentials == fetch.CredentialsInclude {
			needs += " and Access-Control-Allow-Credentials: true"
		}
		needs += "."
	}
	f.blame(Redirected, "A redirect between two other origins made the request's origin null.",
		"Have the page request "+e.URL+" directly. Its origin is then "+e.PageOrigin+needs, caution)
	f.byPage()
}

// responseHeaders are headers that only responses have, as pages set by mistake.
var responseHeaders = []string{
	"access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
	"access-control-allow-private-network", "access-control-expose-headers", "access-control-max-age", "content-security-policy",
	"cross-origin-embedder-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "strict-transport-security",
	"timing-allow-origin", "vary", "x-content-type-options", "x-frame-options",
}

func isResponseHeader(name string) bool { return slices.Contains(responseHeaders, field.Lower(name)) }

// ResponseHeaders returns those of the names that only responses have. A page that
// sets one on a request does so by mistake.
func ResponseHeaders(names []string) []string {
	var list []string
	for _, name := range names {
		if isResponseHeader(name) {
			list = append(list, name)
		}
	}
	return list
}

// requestedHeaders are the names in the last preflight's Access-Control-Request-Headers,
// and its method.
func (e failure) requestedHeaders() (method string, names []string) {
	if x := e.response(); x != nil && x.Preflight {
		method, _ = x.Header.Get("Access-Control-Request-Method")
		if list, _ := x.Header.Get("Access-Control-Request-Headers"); list != "" {
			names = strings.Split(list, ",")
		}
	}
	return method, names
}

// sentByPage blames a page that sets headers of responses on its request. It returns
// false if the request would need a preflight without them too: the server then has
// to change, whatever the page does.
func (e failure) sentByPage(f *Fix) bool {
	if !e.Reason.Preflight() {
		return false
	}
	method, names := e.requestedHeaders()
	if e.Reason == reason.HeaderDisallowedByPreflightResponse {
		names = e.missingHeaders()
	}
	wrong := ResponseHeaders(names)
	if len(wrong) == 0 {
		return false
	}
	list := strings.Join(wrong, ", ")
	why := "The page sends " + list + " with its request. " + plural(len(wrong), "That is a header", "These are headers") +
		" of responses, which servers send; in a request " + plural(len(wrong), "it only causes", "they only cause") + " a preflight."
	others := len(wrong) < len(names) || e.Reason != reason.HeaderDisallowedByPreflightResponse && !field.IsCORSSafelistedMethod(method)
	if others {
		f.Cause, f.Why = ResponseHeaderInRequest, why+" Delete "+plural(len(wrong), "it", "them")+" in the page, whatever the server does."
		if e.Reason == reason.HeaderDisallowedByPreflightResponse {
			rest := slices.DeleteFunc(e.missingHeaders(), isResponseHeader)
			f.Set = nil
			f.setList(allowHeaders, e.listWith(rest...))
			f.Sentence = "Add " + strings.Join(rest, ", ") + " to Access-Control-Allow-Headers in the preflight response, and delete " + list + " in the page."
		}
		return e.Reason == reason.HeaderDisallowedByPreflightResponse
	}
	f.blame(ResponseHeaderInRequest, why, "Delete "+list+" from the headers that the page sets on the request.",
		"The server must send the headers that allow the page. If the request is blocked without them, check it again: the reason is then another one.")
	f.byPage()
	return true
}

// htmlInstead blames a missing file: many servers answer with a page in its place.
func (e failure) htmlInstead(f *Fix) {
	essence, _, _ := strings.Cut(field.Lower(e.Value), ";")
	if essence = strings.TrimSpace(essence); essence != "text/html" && essence != "application/xhtml+xml" {
		return
	}
	what := "script"
	switch e.Kind {
	case "CSS stylesheet":
		what = "style sheet"
	case "image", "audio", "video":
		what = e.Kind
	case "script", "module", "worker":
	default:
		if e.Reason == reason.OpaqueResponseBlocked {
			return // not an element that shows what was expected
		}
	}
	status := ""
	if e.Status != 0 {
		status = ", with status " + strconv.Itoa(e.Status)
	}
	correct := "Correct the URL " + e.URL
	if e.URL == "" {
		correct = "Correct the URL"
	}
	f.blame(HTMLInstead, "An HTML page came back in place of the "+what+status+": the file is not at this URL, and the server sent its start page, an error page or a login page.",
		correct+", or put the file there. Common mistakes: an old file name in a cached page, a wrong base path, a fallback to index.html that also catches files.",
		"Do not give the page another Content-Type: it is not a "+what+".")
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
