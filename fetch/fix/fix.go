// Package fix says what to change so that a fetch that was blocked is not.
package fix

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Fix is the smallest change that removes the reason of a
// [fetch.NetworkError]. The fetch may then fail for another reason. It is plain
// data.
//
// A Fix never grants more than the failed request needs: it names the one origin
// that sent the request, and proposes neither a wildcard nor reflecting the
// request's Origin.
type Fix struct {
	// Party is who must change something.
	Party reason.Party
	// URL is the one whose response must change. Preflight means that it is the
	// response to the preflight. Both are for the Server only.
	URL       string
	Preflight bool
	// Set lists the headers that the response must have, each with exactly this
	// value, in place of all headers of that name. A header whose value the error
	// does not tell is left out here, and described in Sentence.
	Set fetch.HeaderList
	// Remove lists the names of headers that the response must not have.
	Remove []string
	// Status is the status that the response must have; 0 means as it is.
	Status int
	// Sentence describes the change. Like Caution, it may quote what the server
	// and the page sent.
	Sentence string
	// Caution says what the change permits, or what to check before making it.
	Caution string
	// Unwise means that the change is better not made: Caution says what to do
	// instead.
	Unwise bool
}

// For returns the fix for an error. It needs no more than an error of
// [fetch.Agent.Fetch] has; from an error that is known in part it makes what it
// can. It is safe for concurrent use.
func For(err *fetch.NetworkError) Fix {
	e := failure{err}
	row, ok := table[e.Reason]
	if !ok {
		return Fix{}
	}
	fill := e.words().Replace
	f := Fix{Party: e.Reason.Party(), Sentence: fill(row.sentence), Caution: fill(row.caution)}
	if f.Party != reason.Server {
		return f
	}
	f.URL, f.Preflight = e.LastRequestURL(), e.Reason.Preflight()
	const acao, acac, acam, acah = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
	switch r := e.Reason.WithoutPreflight(); r {
	case reason.MissingAllowOriginHeader, reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue, reason.AllowOriginMismatch, reason.WildcardOriginNotAllowed:
		if o := e.originToName(); o != "" {
			f.Set.Append(acao, o)
		}
		if e.Credentials == fetch.CredentialsInclude || r == reason.WildcardOriginNotAllowed {
			f.Set.Append(acac, "true")
		}
		if e.Origin == "null" {
			f.Caution, f.Unwise = fill(nullCaution), true
			if e.PageOrigin != "null" && e.PageOrigin != "" {
				f.Caution = fill(taintedCaution)
			}
		}
	case reason.InvalidAllowCredentials:
		f.Set.Append(acac, "true")
		if e.Origin == "null" {
			f.Caution, f.Unwise = fill(nullCaution), true
		}
	case reason.PreflightInvalidStatus, reason.PreflightDisallowedRedirect:
		f.Status = 204
		if r == reason.PreflightDisallowedRedirect {
			f.Remove = []string{"Location"}
		}
	case reason.InvalidAllowMethodsPreflightResponse:
		f.setList(acam, e.listWith(""))
	case reason.InvalidAllowHeadersPreflightResponse:
		f.setList(acah, e.listWith(""))
	case reason.MethodDisallowedByPreflightResponse:
		if e.Method != "" {
			f.setList(acam, e.listWith(e.Method))
		}
	case reason.HeaderDisallowedByPreflightResponse:
		if e.Header != "" {
			f.setList(acah, e.listWith(e.missingHeaders()...))
		}
	case reason.RedirectContainsCredentials:
		if to := withoutUserinfo(e.URL); to != e.URL {
			f.Set.Append("Location", to)
		}
	case reason.CorpNotSameOrigin, reason.CorpNotSameSite, reason.CorpNotSameOriginAfterDefaultedByCoep:
		f.Set.Append("Cross-Origin-Resource-Policy", e.leastResourcePolicy())
	case reason.NosniffMIMETypeMismatch, reason.MIMETypeNotAllowed:
		f.Set.Append("Content-Type", e.wantedType())
	}
	return f
}

// A failure is the error that is to be fixed.
type failure struct{ *fetch.NetworkError }

// originToName is the origin that asked, if it is one: an error that was read
// out of a text may have anything in its place, such as a *.
func (e failure) originToName() string {
	if o, err := origin.Parse(e.Origin); err != nil || o.String() != e.Origin {
		return ""
	}
	return e.Origin
}

func (f *Fix) setList(name, value string) {
	if value == "" {
		f.Remove = append(f.Remove, name)
		return
	}
	f.Set.Append(name, value)
}

// missingHeaders are the request headers that the preflight asked for in vain. A
// browser names the first, and would name the next at the next attempt.
func (e failure) missingHeaders() []string {
	missing := []string{field.Lower(e.Header)}
	if e.Trace == nil {
		return missing
	}
	starCounts := e.Credentials == fetch.CredentialsOmit || e.Credentials == fetch.CredentialsSameOrigin
	listed := strings.Split(field.Lower(e.Value), ",")
	for i := range listed {
		listed[i] = field.Trim(listed[i])
	}
	var asked []string
	for _, x := range e.Trace.Exchanges {
		if x.Preflight {
			value, _ := x.Header.Get("Access-Control-Request-Headers")
			asked = strings.Split(value, ",") // the last preflight's
		}
	}
	for _, name := range asked {
		covered := slices.Contains(listed, name) || starCounts && name != "authorization" && slices.Contains(listed, "*")
		if name != "" && !covered && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// listWith is the error's header value with more members. What is no token is
// left out of it; so is a * unless it counts for this request. Lists that were
// written with spaces in place of commas are read as they were meant.
func (e failure) listWith(members ...string) string {
	var list []string
	split := func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }
	for _, name := range append(strings.FieldsFunc(e.Value, split), members...) {
		starCounts := e.Credentials == fetch.CredentialsOmit || e.Credentials == fetch.CredentialsSameOrigin
		if field.IsToken(name) && (name != "*" || starCounts) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// leastResourcePolicy is the strictest Cross-Origin-Resource-Policy that lets
// the page in.
func (e failure) leastResourcePolicy() string {
	page, err := origin.FromURL(e.PageOrigin)
	server, err2 := origin.FromURL(e.URL)
	if err == nil && err2 == nil && e.Reason != reason.CorpNotSameSite && origin.SameSite(page, server) {
		return "same-site"
	}
	return "cross-origin"
}

func (e failure) wantedType() string {
	if e.Kind == "CSS stylesheet" {
		return "text/css"
	}
	return "text/javascript"
}

// words fills in the sentences of table. It replaces in one pass: what a
// server sent may have braces of its own.
func (e failure) words() *strings.Replacer {
	or := func(value, unknown string) string {
		if value == "" || len(value) > 200 {
			return unknown // a sentence stays a sentence
		}
		return value
	}
	answer, also := "the answer", ""
	if e.Reason.Preflight() {
		answer = "the answer to the preflight"
		also = " The answer to the request itself needs it too."
	}
	credentials, withCookies := "", ""
	if e.Credentials == fetch.CredentialsInclude {
		credentials = " and Access-Control-Allow-Credentials: true"
		withCookies = " with the visitor's cookies"
	}
	status := ""
	if e.Status != 0 {
		status = ", not " + strconv.Itoa(e.Status)
	}
	why := "let the CORS handler answer OPTIONS before anything else does"
	switch {
	case e.Status == 401 || e.Status == 403:
		why = "preflights carry no cookies and no Authorization, so they must be answered before anybody is asked to log in"
	case e.Status == 404 || e.Status == 405 || e.Status == 501:
		why = "the route must know OPTIONS, or the CORS handler must come before the router"
	case e.Status >= 500:
		why = "it fails on OPTIONS, or what it hands them to does"
	}
	errorPage := ""
	switch {
	case e.Status == 0:
		errorPage = " Look at the status first: error pages of servers and proxies often lack the header that good answers have."
	case e.Status >= 400:
		errorPage = " Error pages too: the status " + strconv.Itoa(e.Status) + " is what went wrong, and only with the header can the page see that."
	}
	star := ""
	if strings.Contains(e.Value, "*") {
		star = " A * there does not cover it, as the request has credentials."
		if field.EqualFold(e.Header, "Authorization") {
			star = " A * there does not cover Authorization."
		}
	}
	secure := e.URL
	if rest, ok := strings.CutPrefix(secure, "http:"); ok {
		secure = "https:" + rest
	}
	return strings.NewReplacer(
		"{answer}", answer, "{also}", also, "{and credentials}", credentials, "{with cookies}", withCookies,
		"{origin}", or(e.originToName(), "the page's own origin"), "{url}", or(e.URL, "the URL"), "{secure url}", or(secure, "an https: URL"),
		"{method}", or(e.Method, "the request's method"), "{header}", or(strings.Join(e.missingHeaders(), ", "), "the header that the console names"),
		"{not status}", status, "{why status}", why, "{star}", star, "{error page}", errorPage,
		"{space}", or(string(e.Space), "the address space that the server is in"),
		"{type}", e.wantedType(), "{policy}", e.leastResourcePolicy(),
	)
}

// Sentences that many rows share.
const (
	sendOrigin = "Send Access-Control-Allow-Origin: {origin}{and credentials} in {answer}.{also}"

	originCaution = "This lets every script of that origin read the answer{with cookies}: do it only for an origin that you trust with it. " +
		"To let several in, compare the request's Origin with a list and add Vary: Origin; never send back whatever Origin comes in."
	credentialsCaution = "This lets every script of that origin act and read as the visitor who is logged in: do it only for an origin that you trust like your own. " +
		"If the page needs no cookies there, it should ask without credentials instead."
	nullCaution = "Not wise: granting null lets in every sandboxed page of anybody, for they all send Origin: null. " +
		"Better give the page an origin: serve it over https, and do not sandbox it or add allow-same-origin."
	taintedCaution = "Not wise: granting null lets in every sandboxed page of anybody, for they all send Origin: null. " +
		"It is null because of a redirect between two other origins: better have the page ask {url} directly."
	localCaution = "Not for the server to lift. Whoever grants it lets the page talk to devices that were built in the belief that strangers cannot reach them."
	listCaution  = "List what this page needs and no more: what is listed may be sent by all pages of the origins that are let in."
)

// table has, for each reason, what would lift it.
// What stands in braces is filled in by words.
var table = map[reason.Reason]struct{ sentence, caution string }{
	reason.InvalidURL: {"Give the request a URL that parses.",
		"Look at what the URL was put together from; parts that a user typed need encodeURIComponent()."},
	reason.URLContainsCredentials: {"Take user name and password out of the URL, and send an Authorization header.",
		"A password in a page's script is known to all who can open the page."},
	reason.InvalidMethod: {"Use a method that is an HTTP token, such as GET or PUT.",
		"If the method comes from data, a stranger may be choosing it."},
	reason.ForbiddenMethod: {"Use another method; no browser lets a script send this one.", "A server should not answer these methods either."},
	reason.InvalidHeader: {"Make the header's name a token, and leave line breaks and NUL out of its value.",
		"If the value comes from data, a stranger may be choosing it; encode it."},
	reason.BodyNotAllowed: {"Leave the body out, or use POST.",
		"A POST may be taken for a change where GET is not; see that the server expects it."},
	reason.InvalidReferrer: {"Leave the referrer option out, or give it a URL of the page's own origin.",
		"The full URL of a page can hold what others should not see; the default leaves it out across origins."},
	reason.InvalidRequest: {"Correct the option that the error names.",
		"A mode or credentials mode that is left out falls back to one that is safe; choose others on purpose."},
	reason.NoCorsMethodNotSafelisted: {"Use the mode cors, and have the server answer the preflight.",
		"With no-cors the page could not have read the answer anyway."},
	reason.NoCorsRedirectModeNotFollow: {"Use the redirect mode follow, or the mode cors.", "With cors the server has to let the page in, for every hop of a redirect."},

	reason.DisallowedByMode: {"Use the mode cors, if the request is meant to go to another origin.",
		"If it is not meant to, look at where the URL comes from: the mode has just done its work."},
	reason.CorsDisabledScheme: {"Ask an http: or https: URL: serve the file from a local web server, the page too.",
		"Do not start the browser with its web security off instead: every page that is open may then read everything."},
	reason.InvalidDataURL: {"Write a data: URL with a comma before its data, and base64 that decodes.",
		"Data that a stranger chose becomes part of the page if it is used as a document or script."},
	reason.BlockedPort: {"Serve HTTP on a port that no other protocol is known for, such as 443, 8080 or 8443.",
		"No header lifts this, and browser settings that do so open the port for every page."},
	reason.MixedContent: {"Serve it over HTTPS, and have the page ask {secure url}.",
		"No header lifts this, and serving the page itself over HTTP is no way out: it gives up the protection of everything else on it."},

	reason.PreflightMissingAllowOriginHeader:  {sendOrigin, originCaution},
	reason.PreflightMultipleAllowOriginValues: {"Send one Access-Control-Allow-Origin, with one value, {origin}{and credentials}, in {answer}. If there are several, server and proxy both add one: let one of them do it.{also}", originCaution},
	reason.PreflightInvalidAllowOriginValue:   {sendOrigin + " An origin is scheme, host and port, without a path or a slash at its end.", originCaution},
	reason.PreflightAllowOriginMismatch:       {sendOrigin, originCaution},
	reason.PreflightWildcardOriginNotAllowed:  {"Send Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Credentials: true in {answer}.{also}", credentialsCaution},
	reason.PreflightInvalidAllowCredentials:   {"Send Access-Control-Allow-Credentials: true, in lower case, in {answer}.{also}", credentialsCaution},
	reason.PreflightInvalidStatus: {"Answer the preflight (OPTIONS {url}) with 204{not status}: {why status}.",
		"Do so for preflights only (they have Access-Control-Request-Method); nothing may be done or given away on OPTIONS."},
	reason.PreflightDisallowedRedirect: {"Answer the preflight (OPTIONS {url}) with 204 and no redirect; or have the page ask the URL that it redirects to.",
		"It is often a matter of http: in place of https:, or of a slash at the end: then correct the page's URL and leave the server as it is."},
	reason.InvalidAllowMethodsPreflightResponse: {"Make Access-Control-Allow-Methods in {answer} a list of methods, with commas between them.", listCaution},
	reason.InvalidAllowHeadersPreflightResponse: {"Make Access-Control-Allow-Headers in {answer} a list of header names, with commas between them.", listCaution},
	reason.MethodDisallowedByPreflightResponse:  {"List {method} in Access-Control-Allow-Methods in {answer}, beside what is there.{star} Methods are compared as they are written, PATCH in capitals.", listCaution},
	reason.HeaderDisallowedByPreflightResponse:  {"List {header} in Access-Control-Allow-Headers in {answer}, beside what is there.{star}", listCaution},

	reason.MissingAllowOriginHeader:  {sendOrigin + "{error page}", originCaution},
	reason.MultipleAllowOriginValues: {"Send one Access-Control-Allow-Origin, with one value, {origin}{and credentials}, in {answer}. If there are several, server and proxy both add one: let one of them do it.", originCaution},
	reason.InvalidAllowOriginValue:   {sendOrigin + " An origin is scheme, host and port, without a path or a slash at its end.", originCaution},
	reason.AllowOriginMismatch:       {sendOrigin, originCaution},
	reason.WildcardOriginNotAllowed:  {"Send Access-Control-Allow-Origin: {origin} and Access-Control-Allow-Credentials: true in {answer}.", credentialsCaution},
	reason.InvalidAllowCredentials:   {"Send Access-Control-Allow-Credentials: true, in lower case, in {answer}.", credentialsCaution},

	reason.RedirectModeError: {"Ask the URL that it redirects to, or use the redirect mode follow.",
		"With follow the server decides where the request goes, body and custom headers included."},
	reason.RedirectContainsCredentials: {"Redirect to the URL without user name and password.", "If the target needs a login, let the page send its own Authorization there."},
	reason.RedirectInvalidLocation: {"Send one Location, with a URL that parses.",
		"If the target comes from the request, strangers may be choosing it: see that it stays on hosts you know."},
	reason.RedirectDisallowedScheme: {"Redirect to an http: or https: URL.",
		"If the target comes from the request, strangers may be choosing it: see that it stays on hosts you know."},
	reason.RedirectBodyNotReplayable: {"Send the body as a string, Blob or bytes and not as a stream, or ask the final URL.",
		"A server that means the redirect to end in a GET should answer with 303."},
	reason.TooManyRedirects: {"Redirect to a URL that gives an answer; in a loop, look for two rules that undo each other.",
		"Often it is a login that redirects because its cookie does not come with cross-origin requests."},
	reason.StreamRequiresHTTP2: {"Serve HTTP/2 over TLS; or have the page send a string, Blob or bytes.", "The server must still limit how much it reads."},

	reason.CorpNotSameOrigin: {"Send Cross-Origin-Resource-Policy: {policy} in {answer}, in place of same-origin.",
		"Someone chose to keep other origins out. Lift it only for what may lie in any other page's process: public files, nothing that depends on cookies."},
	reason.CorpNotSameSite: {"Send Cross-Origin-Resource-Policy: {policy} in {answer}, in place of same-site.",
		"Someone chose to keep other sites out. Lift it only for what may lie in any other page's process: public files, nothing that depends on cookies."},
	reason.CorpNotSameOriginAfterDefaultedByCoep: {"Send Cross-Origin-Resource-Policy: {policy} in {answer}; or let the element ask with crossorigin and the server answer with CORS.",
		"Send it for public files only: it lets every isolated page have the bytes in its process."},
	reason.OpaqueResponseBlocked: {"Send the Content-Type that the body really has; if it is data, have the page ask with the mode cors, and let it in.",
		"Data with a false Content-Type lies in other pages' processes, where side channels could read it: do not lift it that way."},
	reason.NosniffMIMETypeMismatch: {"Send Content-Type: {type} in {answer}.", "Leave X-Content-Type-Options: nosniff as it is, and see that the body is what its type then says."},
	reason.MIMETypeNotAllowed:      {"Send Content-Type: {type} in {answer}.", "Do so only for what is a script of yours, never for uploads."},
	reason.InsecureLocalNetwork:    {"Serve the page over HTTPS; the browser then asks the user.", localCaution},
	reason.InvalidLocalNetworkAccess: {"Name the right address space in the request: targetAddressSpace: \"{space}\".",
		"Look first whether the name should lead there at all: a name that changes its address may be an attack (DNS rebinding)."},
	reason.LocalNetworkAccessPermissionDenied: {"Allow the page to reach the local network, in the browser's question or its site settings.", localCaution},

	reason.ConnectionFailed: {"See that the server runs and that its name, port and certificate are right: open {url} in a tab.",
		"Consoles call this a CORS error although it has nothing to do with CORS; no header helps. Do not train yourself or others to click certificate warnings away."},
	reason.Timeout: {"Find out why the server takes so long, or allow the fetch more time.",
		"A request that ran out of time may have been carried out; repeating it may do it twice."},
	reason.Canceled: {"Do not abort it: look for an AbortController, or for a page that was left.",
		"A request that was aborted may have been carried out; repeating it may do it twice."},
	reason.InvalidResponse: {"Answer with well-formed HTTP: see that http: and https: are not mixed up, and that the body is in the coding that Content-Encoding names.",
		"Behind a proxy, look which of the two spoils it."},
	reason.ResponseTooLarge: {"Raise the agent's MaxBody, or have the server send less.", "This limit is the agent's own; a browser would go on reading."},
}

// withoutUserinfo returns a URL without its user name and password.
func withoutUserinfo(s string) string {
	u, err := weburl.Parse(s, nil)
	if err != nil || !u.HasCredentials() {
		return s
	}
	u.Username, u.Password = "", ""
	return u.String()
}
