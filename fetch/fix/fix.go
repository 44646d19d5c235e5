// Package fix says what to change so that a blocked fetch is allowed: for every
// [reason.Reason], the smallest change, who must make it, and what to consider
// first. Every part of Concors that advises a change takes it from here.
package fix

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// The headers that a Fix sets.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	exposeHeaders    = "Access-Control-Expose-Headers"
	resourcePolicy   = "Cross-Origin-Resource-Policy"
)

// A Fix is the smallest change that removes the reason of a
// [fetch.NetworkError]. The fetch may then fail for another reason. It is plain
// data.
//
// A Fix never allows more than the failed request needs. It names the one origin
// that sent the request, and keeps what the server already allows. It proposes
// neither a wildcard nor reflecting every Origin.
type Fix struct {
	// Party is who must make the change.
	Party reason.Party
	// URL is the URL whose response must change. Preflight means that it is the
	// response to the preflight. Both are set only if Party is the server.
	URL       string
	Preflight bool
	// Set lists the headers that the response must have, each with exactly this
	// value, in place of all headers with that name. If the error does not show the
	// value that a header needs, the header is only in Sentence.
	Set fetch.HeaderList
	// Remove lists the names of headers that the response must not have.
	Remove []string
	// Status is the status that the response must have; 0 leaves it as it is.
	Status int
	// Sentence describes the change in words. Like Caution, it may quote what the
	// server and the page sent.
	Sentence string
	// Caution says what the change allows, or what to check before making it.
	Caution string
	// Unwise means that the change would work but should not be made. Caution
	// says why, and what to do instead.
	Unwise bool
	// Cause is set if the failed check is only a symptom, and Why says it in
	// sentences. The fix is then one for the cause.
	Cause Cause
	Why   string
	// Differs says in what the response, or the request, is not what it has to be, where there is
	// something to compare: each in one clause, in lower case and without a full stop, such as "port
	// 3000, not 5173". Where a clause is only the usual cause, it says so.
	Differs []string
	// Evidence lists the lines in which it can be seen, the most important one first. They are lines of
	// the response with that reason, or the URL of its request.
	Evidence []Line
}

// ResponseLines returns the lines of the response that the fix changes: the
// status line, if the status changes, and then the headers of Set.
func (f Fix) ResponseLines() []string {
	var lines []string
	if f.Status != 0 {
		lines = append(lines, strings.TrimSpace("HTTP/1.1 "+strconv.Itoa(f.Status)+" "+http.StatusText(f.Status)))
	}
	for _, h := range f.Set {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return lines
}

// For returns the fix for an error. An error of [fetch.Agent.Fetch] has
// everything that For needs. If an error has less, its fix is less specific. The
// Fix of an error without a reason is empty. For is safe for concurrent use.
func For(err *fetch.NetworkError) Fix { return ForPrinted(err, "") }

// ForPrinted is [For] for an error that was read from what a browser printed. browser is
// the name of its profile, such as WebKit, or "" if it is not known: which checks had
// passed before depends on it.
func ForPrinted(err *fetch.NetworkError, browser string) Fix {
	e := failure{err, browser == fetch.WebKit.Name}
	row, ok := table[e.Reason.WithoutPreflight()]
	if !ok {
		return Fix{}
	}
	f := Fix{Party: e.Reason.Party()}
	if f.Party == reason.Server {
		f.URL, f.Preflight = e.LastRequestURL(), e.Reason.Preflight()
		e.change(&f)
	}
	caution := row.caution
	if f.Unwise {
		caution = nullCaution
		if e.PageOrigin != "null" && e.PageOrigin != "" {
			caution = taintedCaution
		}
	}
	words := e.words()
	f.Sentence, f.Caution = words.Replace(row.sentence), words.Replace(caution)
	e.findCause(&f)
	e.compare(&f)
	return f
}

// Opaque returns the fix for an opaque response, whose type is [fetch.TypeOpaque]
// or [fetch.TypeOpaqueRedirect]: the fetch did not fail, but the page may not read
// the response.
func Opaque(responseType fetch.ResponseType) Fix {
	if responseType == fetch.TypeOpaqueRedirect {
		return Fix{Party: reason.Page, Sentence: opaqueRedirectSentence, Caution: followCaution}
	}
	return Fix{Party: reason.Page, Sentence: opaqueSentence, Caution: opaqueCaution}
}

// Expose returns the fix for a header that the server sent and the browser hides
// from the page. header is what the server sent, and credentials the request's
// credentials mode. The Fix is empty for Set-Cookie and Set-Cookie2: browsers hide
// these from every page.
func Expose(name string, header fetch.HeaderList, credentials fetch.Credentials) Fix {
	if field.IsForbiddenResponseHeaderName(name) {
		return Fix{}
	}
	e := failure{NetworkError: &fetch.NetworkError{Header: name, Credentials: credentials}}
	e.Value, e.Present = header.Get(exposeHeaders)
	words := e.words()
	f := Fix{Party: reason.Server, Sentence: words.Replace(exposeSentence), Caution: words.Replace(exposeCaution)}
	f.Set.Append(exposeHeaders, e.listWith(name))
	return f
}

// A failure is an error for which a Fix is made.
type failure struct {
	*fetch.NetworkError
	// statusFirst means that a preflight's status was checked before its headers.
	statusFirst bool
}

// change fills in what the server must change.
func (e failure) change(f *Fix) {
	switch r := e.Reason.WithoutPreflight(); r {
	case reason.MissingAllowOriginHeader, reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue,
		reason.AllowOriginMismatch, reason.WildcardOriginNotAllowed:
		e.setOrigin(f)
		f.Unwise = e.Origin == "null"
	case reason.InvalidAllowCredentials:
		f.Set.Append(allowCredentials, "true")
		f.Unwise = e.Origin == "null"
	case reason.PreflightInvalidStatus:
		f.Status = http.StatusNoContent
	case reason.PreflightDisallowedRedirect:
		f.Status = http.StatusNoContent
		f.Remove = []string{"Location"}
	case reason.InvalidAllowMethodsPreflightResponse:
		f.setList(allowMethods, e.listWith())
	case reason.InvalidAllowHeadersPreflightResponse:
		f.setList(allowHeaders, e.listWith())
	case reason.MethodDisallowedByPreflightResponse:
		if e.Method != "" {
			f.setList(allowMethods, e.listWith(e.Method))
		}
	case reason.HeaderDisallowedByPreflightResponse:
		if e.Header != "" {
			f.setList(allowHeaders, e.listWith(e.missingHeaders()...))
		}
	case reason.RedirectContainsCredentials:
		if u, err := weburl.Parse(e.URL, nil); err == nil && u.HasCredentials() {
			u.Username, u.Password = "", ""
			f.Set.Append("Location", u.String())
		}
	case reason.CorpNotSameOrigin, reason.CorpNotSameSite, reason.CorpNotSameOriginAfterDefaultedByCoep:
		f.Set.Append(resourcePolicy, e.strictestPolicy())
	case reason.NosniffMIMETypeMismatch, reason.MIMETypeNotAllowed:
		f.Set.Append("Content-Type", e.expectedType())
	}
}

// setOrigin sets the headers that allow the request's origin.
func (e failure) setOrigin(f *Fix) {
	if o := e.requestOrigin(); o != "" {
		f.Set.Append(allowOrigin, o)
	}
	if e.Credentials == fetch.CredentialsInclude || e.Reason.WithoutPreflight() == reason.WildcardOriginNotAllowed {
		f.Set.Append(allowCredentials, "true")
	}
}

func (f *Fix) setList(name, value string) {
	if value == "" {
		f.Remove = append(f.Remove, name)
		return
	}
	f.Set.Append(name, value)
}

// requestOrigin returns the origin that sent the request, or "" if it is not valid.
// If the error was read from a text, it may be anything, such as "*".
func (e failure) requestOrigin() string {
	if o, err := origin.Parse(e.Origin); err != nil || o.String() != e.Origin {
		return ""
	}
	return e.Origin
}

// wildcardCounts reports whether a * in a list is a wildcard for this request.
func (e failure) wildcardCounts() bool {
	return e.Credentials == fetch.CredentialsOmit || e.Credentials == fetch.CredentialsSameOrigin
}

// missingHeaders returns the request headers that the preflight response does not
// allow. A browser names only the first one, and the next one at the next attempt.
func (e failure) missingHeaders() []string {
	missing := e.notAllowed()
	if name := field.Lower(e.Header); !slices.Contains(missing, name) {
		missing = append(missing, name)
		slices.Sort(missing)
	}
	return missing
}

// notAllowed returns the headers in the last preflight that the error's header value
// does not allow.
func (e failure) notAllowed() []string {
	var requested []string
	if e.Trace != nil {
		for _, x := range e.Trace.Exchanges {
			if x.Preflight { // the last one counts
				value, _ := x.Header.Get("Access-Control-Request-Headers")
				requested = strings.Split(value, ",")
			}
		}
	}
	allowed := strings.Split(field.Lower(e.Value), ",")
	for i := range allowed {
		allowed[i] = field.Trim(allowed[i])
	}
	wildcard := e.wildcardCounts() && slices.Contains(allowed, "*")
	var missing []string
	for _, name := range requested {
		covered := slices.Contains(allowed, name) || wildcard && name != "authorization"
		if name != "" && !covered && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// listWith returns the error's header value with more members. It omits what is not
// a token, and a * that does not count for this request. It also reads a list that
// was written with spaces instead of commas.
func (e failure) listWith(members ...string) string {
	var list []string
	separator := func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }
	for _, name := range append(strings.FieldsFunc(e.Value, separator), members...) {
		if field.IsToken(name) && (name != "*" || e.wildcardCounts()) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// strictestPolicy returns the strictest Cross-Origin-Resource-Policy that allows
// the page to load the resource.
func (e failure) strictestPolicy() string {
	page, err := origin.FromURL(e.PageOrigin)
	server, err2 := origin.FromURL(e.URL)
	// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check
	if err == nil && err2 == nil && e.Reason != reason.CorpNotSameSite &&
		origin.SchemelesslySameSite(page, server) && (page.Scheme() == "https" || server.Scheme() != "https") {
		return "same-site"
	}
	return "cross-origin"
}

// expectedType returns the Content-Type that the page needs.
func (e failure) expectedType() string {
	if e.Kind == "CSS stylesheet" {
		return "text/css"
	}
	return "text/javascript"
}
