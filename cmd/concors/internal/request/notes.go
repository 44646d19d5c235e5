package request

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A NoteKind is what a [Note] is about.
type NoteKind string

// The kinds.
const (
	NoteHiddenHeader   NoteKind = "hidden-header"   // a useful header is not exposed to the page
	NoteVary           NoteKind = "vary"            // the response names the origin, without Vary: Origin
	NoteAuthorization  NoteKind = "authorization"   // * alone allows Authorization in today's browsers
	NoteResponseHeader NoteKind = "response-header" // the page sends a header of responses
	NoteCookieRefused  NoteKind = "cookie-refused"  // a Set-Cookie was ignored
	NoteCookieWithheld NoteKind = "cookie-withheld" // a cookie was not sent
	NoteLocalNetwork   NoteKind = "local-network"   // what follows if Local Network Access allows it
)

// A Note says what is wrong beside the verdict: an allowed request can have them too.
type Note struct {
	Kind NoteKind `json:"kind"`
	// Sentence says it, with what to change.
	Sentence string `json:"sentence"`
	// Set are the headers that the response must have with exactly this value.
	Set []Header `json:"set"`
}

// notes says what is wrong beside the verdict. response is nil if the request failed.
func (p *plan) notes(trace *fetch.Trace, response *fetch.Response) []Note {
	out := []Note{}
	add := func(kind NoteKind, sentence string, set ...Header) {
		n := Note{kind, cut(sentence), append([]Header{}, set...)}
		if !slices.ContainsFunc(out, func(other Note) bool { return other.Sentence == n.Sentence }) && len(out) < maxNotes {
			out = append(out, n)
		}
	}
	if response != nil && p.request.Initiator != fetch.InitiatorElement && response.Type == fetch.TypeCORS {
		p.hiddenHeaders(response, add)
	}
	if response != nil && response.Type == fetch.TypeCORS && len(trace.Exchanges) > 0 {
		p.vary(trace, response, add)
		p.preflightNotes(trace, add)
	}
	for i := range trace.Exchanges {
		p.cookieNotes(&trace.Exchanges[i], add)
	}
	return out
}

// maxNotes is how many notes a result has at most: a response can set any number of cookies.
const maxNotes = 20

// hiddenHeaders notes the headers of a response that a script probably needs and cannot read.
func (p *plan) hiddenHeaders(r *fetch.Response, add func(NoteKind, string, ...Header)) {
	var names []string
	header, value := slices.Clone(r.Internal.Header), ""
	for _, h := range r.Internal.Header {
		if r.Header.Contains(h.Name) || !p.useful(h, r.Status) || slices.Contains(names, h.Name) || len(names) == maxNotes {
			continue
		}
		f := fix.Expose(h.Name, header, p.request.Credentials)
		value, _ = f.Set.Get("Access-Control-Expose-Headers")
		header.Delete("Access-Control-Expose-Headers")
		header.Append("Access-Control-Expose-Headers", value)
		names = append(names, h.Name)
	}
	if len(names) == 0 {
		return
	}
	it := "it"
	if len(names) > 1 {
		it = "them"
	}
	sentence := fmt.Sprintf("The response has %s, which the page's script cannot read. To expose %s: Access-Control-Expose-Headers: %s.",
		text(strings.Join(names, ", ")), it, text(value))
	if p.request.Credentials == fetch.CredentialsInclude && listed(r.Internal.Header, "Access-Control-Expose-Headers", "*") {
		sentence += " The wildcard * there does not count for a request with credentials."
	}
	add(NoteHiddenHeader, sentence, Header{"Access-Control-Expose-Headers", text(value)})
}

// listed reports whether a list of header names has the name.
func listed(header fetch.HeaderList, list, name string) bool {
	value, _ := header.Get(list)
	return slices.ContainsFunc(strings.Split(value, ","), func(s string) bool { return field.EqualFold(field.Trim(s), name) })
}

// usefulNames are response headers that scripts read, and usefulParts parts of such names.
var (
	usefulNames = []string{
		"content-disposition", "content-range", "deprecation", "link", "next", "operation-location", "preference-applied", "retry-after", "sunset",
		"tus-extension", "tus-max-size", "tus-resumable", "tus-version", "upload-expires", "upload-length", "upload-metadata", "upload-offset",
		"www-authenticate", "x-amz-version-id", "x-api-version", "x-filename", "x-file-name", "x-goog-upload-url", "x-guploader-uploadid",
	}
	usefulParts = []string{
		"correlation-id", "csrf", "cursor", "page", "pagination", "ratelimit", "rate-limit", "request-id", "requestid", "total", "xsrf", "-count",
		"-token", "x-amz-meta-", "trace-id",
	}
)

// useful reports whether a header is one that scripts usually need. ETag is one if the request changes
// something, or if the server chose it: frameworks add weak ones (W/"…") to every response.
func (p *plan) useful(h fetch.Header, status int) bool {
	switch name := field.Lower(h.Name); name {
	case "etag":
		safe := p.request.Method == "" || field.EqualFold(p.request.Method, "GET") || field.EqualFold(p.request.Method, "HEAD")
		return !safe || !strings.HasPrefix(h.Value, "W/")
	case "location":
		return status == 201 || status == 202
	default:
		return slices.Contains(usefulNames, name) ||
			slices.ContainsFunc(usefulParts, func(part string) bool { return strings.Contains(name, part) })
	}
}

// vary notes a response that may depend on Origin, and that a cache may give to another origin's page.
func (p *plan) vary(trace *fetch.Trace, r *fetch.Response, add func(NoteKind, string, ...Header)) {
	header := r.Internal.Header
	allowed, _ := header.Get("Access-Control-Allow-Origin")
	last := trace.Exchanges[len(trace.Exchanges)-1]
	if allowed == "*" || listed(header, "Vary", "origin") || listed(header, "Vary", "*") || listed(header, "Cache-Control", "no-store") ||
		last.Method != "GET" && last.Method != "HEAD" {
		return
	}
	vary := "Origin"
	if value, ok := header.Get("Vary"); ok && value != "" {
		vary = value + ", Origin"
	}
	add(NoteVary, fmt.Sprintf("The response names this page's origin (Access-Control-Allow-Origin: %s) and has no Vary: Origin. If the server takes the value from the "+
		"request, a cache can give this response to a page on another origin, which is then blocked. Send Vary: %s, unless this one origin is all that the server ever allows.",
		text(allowed), text(vary)), Header{"Vary", text(vary)})
}

// preflightNotes notes what the preflight response allows, and should not have to or does not allow by the
// standard.
func (p *plan) preflightNotes(trace *fetch.Trace, add func(NoteKind, string, ...Header)) {
	for i := range trace.Exchanges {
		x := &trace.Exchanges[i]
		if !x.Preflight {
			continue
		}
		value, _ := x.Header.Get("Access-Control-Request-Headers")
		requested := strings.Split(value, ",")
		if wrong := fix.ResponseHeaders(requested); len(wrong) > 0 {
			for i := range wrong {
				wrong[i] = http.CanonicalHeaderKey(wrong[i])
			}
			add(NoteResponseHeader, "The page sends "+text(strings.Join(wrong, ", "))+" with its request. Servers send that, in responses; in a request it has no effect "+
				"but to need a preflight that allows it. Delete it in the page.")
		}
		if slices.Contains(requested, "authorization") && listed(x.ResponseHeader, "Access-Control-Allow-Headers", "*") &&
			!listed(x.ResponseHeader, "Access-Control-Allow-Headers", "authorization") {
			allowed, _ := x.ResponseHeader.Get("Access-Control-Allow-Headers")
			set := text(allowed + ", Authorization")
			add(NoteAuthorization, "By the Fetch standard, the wildcard in Access-Control-Allow-Headers: * does not include Authorization: this browser allows it, and another one, or "+
				"a later version, may not. Send Access-Control-Allow-Headers: "+set+".", Header{"Access-Control-Allow-Headers", set})
		}
	}
}

// cookieNotes notes the cookies of an exchange that were not stored or not sent.
func (p *plan) cookieNotes(x *fetch.Exchange, add func(NoteKind, string, ...Header)) {
	name := func(s string) string { return term.Cut(text(s), 64) }
	for _, c := range x.Refused {
		add(NoteCookieRefused, fmt.Sprintf("The browser ignores the cookie %s that the response sets. %s", name(c.Name), cookieProblem(c.Reason)))
	}
	for _, c := range x.Withheld {
		add(NoteCookieWithheld, fmt.Sprintf("The browser does not send the cookie %s. %s", name(c.Name), cookieProblem(c.Reason)))
	}
	if x.Preflight || !x.ResponseHeader.Contains("Set-Cookie") || p.request.Credentials == fetch.CredentialsInclude || p.sameOrigin(x.URL) &&
		p.request.Credentials != fetch.CredentialsOmit {
		return
	}
	include := `credentials: "include"`
	if p.request.Initiator == fetch.InitiatorXHR {
		include = "withCredentials"
	} else if p.request.Initiator == fetch.InitiatorElement {
		include = `crossorigin="use-credentials"`
	}
	for _, h := range x.ResponseHeader {
		if cookieName, _, _ := strings.Cut(h.Value, "="); field.EqualFold(h.Name, "Set-Cookie") {
			add(NoteCookieRefused, fmt.Sprintf("The browser ignores the cookie %s that the response sets: the request is made without credentials. "+
				"If the page needs the cookie, it has to make the request with %s.", name(field.Trim(cookieName)), include))
		}
	}
}

func (p *plan) sameOrigin(url string) bool {
	u, err := weburl.Parse(url, nil)
	return err == nil && !p.page.Sandboxed && origin.SameOrigin(origin.Of(u), p.origin)
}

// cookieProblem says why a cookie is not stored or not sent, and what usually helps.
func cookieProblem(r cookie.Reason) string {
	change := ""
	switch r {
	case cookie.ReasonSameSiteStrict, cookie.ReasonSameSiteLax, cookie.ReasonSameSiteUnspecifiedTreatedAsLax:
		change = " For pages on other sites, it needs SameSite=None; Secure."
	case cookie.ReasonSameSiteNoneInsecure, cookie.ReasonPartitionedInsecure:
		change = " Add Secure, and serve it over https."
	case cookie.ReasonSecureOnly:
		change = " Serve it over https."
	case cookie.ReasonDomainMismatch, cookie.ReasonInvalidDomain, cookie.ReasonPublicSuffixDomain:
		change = " Omit Domain, or name the server's own domain."
	case cookie.ReasonThirdPartyBlocked:
		change = " Serve it from the page's own site, or add Partitioned; Secure; SameSite=None where the browser supports that."
	}
	return r.Explanation() + change
}
