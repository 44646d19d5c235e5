package fetch

import (
	"slices"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// location extracts the value of Location from its header lines. ok is false if
// the browser treats them as a network error.
func (q quirks) location(lines []string) (value string, ok bool) {
	value = strings.Join(lines, ", ")
	switch {
	case value == "" && q.deviates(EmptyLocationFails):
		return "", false
	case len(lines) <= 1:
		return value, true
	case q.deviates(DuplicateLocationFollowed) && len(slices.Compact(slices.Clone(lines))) == 1:
		return lines[0], true
	}
	return value, q.deviates(LocationsJoined)
}

// followsToData reports whether the browser follows a redirect to a data: URL.
func (q quirks) followsToData(req *request, location *weburl.URL) bool {
	return location.Scheme == "data" && req.mode == ModeNoCORS && req.destination == DestinationScript &&
		q.deviates(ScriptRedirectsToDataURL)
}

// blocksUserinfo reports whether the browser blocks a redirect to a URL with a
// user name or password even within one origin.
func (q quirks) blocksUserinfo(req *request) bool {
	return req.mode != ModeNavigate && req.initiator != InitiatorXHR &&
		q.deviates(SameOriginRedirectWithUserinfoBlocked)
}

// userinfoBlockedLater reports whether the browser blocks a redirect to a URL with a
// user name or password only after the preflight. If so, it stores the reason for
// redirectRefused.
func (q quirks) userinfoBlockedLater(req *request) bool {
	if req.tainting != taintingBasic || !q.deviates(RedirectUserinfoAfterPreflight) {
		return false
	}
	req.memory.refused = reason.RedirectContainsCredentials
	return true
}

// bodyHeadersDropped is called before a redirect drops the body's headers.
func (q quirks) bodyHeadersDropped(req *request) {
	if q.deviates(BodyHeadersAlwaysReturn) || q.deviates(BodyHeadersReturn) || q.deviates(PreflightNamesBodyHeaders) {
		req.memory.bodyHeader = req.header.bodyHeaders()
	}
}

// changeRedirectedRequest changes a redirected request as the browser does in
// addition to the standard, and returns the changes in words. It is called before
// the new URL is appended. changed is set if the method became GET, and leaves if
// the redirect leads to another origin.
func (q quirks) changeRedirectedRequest(req *request, resp *response, location *weburl.URL, changed, leaves bool,
) (changes []string) {
	m := &req.memory
	m.crossedOrigins = m.crossedOrigins || leaves
	m.typeOnWire = ""
	q.checkRedirectWithCredentials(req, resp)
	if leaves && req.method == "DELETE" && q.deviates(DeleteBecomesGET) {
		changes = append(changes, "the method becomes GET")
		req.method, req.body = "GET", nil
	}
	q.nameDroppedHeaders(req, resp, changed)
	q.restoreBodyHeaders(req, resp, location, changed)
	if value, ok := m.firstHeader.Get("Authorization"); ok && !leaves &&
		!req.header.Contains("Authorization") && q.deviates(AuthorizationReturns) {
		req.header.Append("Authorization", value)
	}
	if ua, ok := m.firstHeader.Get("User-Agent"); ok && q.deviates(UserAgentRevertsOnRedirect) {
		req.header.Delete("User-Agent")
		if req.mode == ModeCORS && !staysAtHome(req, location) {
			req.header.Append("User-Agent", ua)
		}
	}
	if !hasOwnOrigin(req, location) && q.deviates(ClientHintsDroppedOnRedirect) {
		req.header = slices.DeleteFunc(req.header, func(h Header) bool {
			return isClientHint(field.Lower(h.Name)) && !field.EqualFold(h.Name, "Save-Data")
		})
	}
	return changes
}

// hasOwnOrigin reports whether the URL has the page's origin.
func hasOwnOrigin(req *request, u *weburl.URL) bool {
	return origin.SameOrigin(req.origin, origin.Of(u))
}

// staysAtHome reports whether no redirect has left the page's origin, including
// this one.
func staysAtHome(req *request, location *weburl.URL) bool {
	return req.tainting == taintingBasic && hasOwnOrigin(req, location)
}

// keepsMethod reports whether a redirect with that status keeps every method.
func keepsMethod(status int) bool { return status == 307 || status == 308 }

// checkRedirectWithCredentials checks the redirect of another origin as if the
// request were sent with credentials, and stores a failure: see redirectRefused.
func (q quirks) checkRedirectWithCredentials(req *request, resp *response) {
	if req.tainting != taintingCORS || req.credentials != CredentialsSameOrigin ||
		!hasOwnOrigin(req, req.url()) || !q.deviates(RedirectCheckedWithCredentials) {
		return
	}
	if acao, _ := resp.header.Get("Access-Control-Allow-Origin"); acao == "*" {
		req.memory.refused = reason.WildcardOriginNotAllowed
	} else if acac, _ := resp.header.Get("Access-Control-Allow-Credentials"); acac != "true" {
		req.memory.refused = reason.InvalidAllowCredentials
	}
}

// nameDroppedHeaders decides which dropped headers the next preflight names. A
// browser that names any makes each redirected request from the first request's
// headers.
func (q quirks) nameDroppedHeaders(req *request, resp *response, changed bool) {
	if !q.deviates(PreflightNamesBodyHeaders) {
		return
	}
	m := &req.memory
	switch {
	case m.typeFromBody && req.initiator == InitiatorXHR:
		// The script's own headers are listed again for each hop, without the
		// body's Content-Type. If there are none, the previous hop's list stays.
		if len(q.authorNames(req)) > 0 || req.useCORSPreflight {
			m.namedHeader = nil
		} else if changed && m.preflighted {
			m.namedHeader = m.bodyHeader
		}
	case !changed && rewritesToGET(resp.status, m.firstMethod):
		m.namedHeader = m.bodyHeader
	default:
		m.namedHeader = nil
	}
}

// authorNames is corsUnsafeRequestHeaderNames for the headers that the script
// set, without the Content-Type that came with the body.
func (q quirks) authorNames(req *request) []string {
	header := slices.Clone(req.memory.firstHeader)
	if req.memory.typeFromBody {
		header.Delete("Content-Type")
	}
	return corsUnsafeRequestHeaderNames(header, q)
}

// restoreBodyHeaders puts back the body's headers that an earlier redirect
// dropped.
func (q quirks) restoreBodyHeaders(req *request, resp *response, location *weburl.URL, changed bool) {
	m := &req.memory
	isType := func(h Header) bool { return field.EqualFold(h.Name, "Content-Type") }
	restore := func(which func(Header) bool) {
		for _, h := range m.bodyHeader {
			if which(h) {
				req.header.Delete(h.Name)
				req.header = append(req.header, h)
			}
		}
	}
	switch {
	case q.deviates(BodyHeadersAlwaysReturn):
		if req.mode == ModeNoCORS && req.tainting == taintingBasic && !hasOwnOrigin(req, location) &&
			!keepsMethod(resp.status) && req.credentials == CredentialsSameOrigin {
			m.bodyHeader = nil
		}
		switch {
		case changed:
		case req.mode == ModeCORS && !staysAtHome(req, location):
			restore(func(Header) bool { return true })
		case keepsMethod(resp.status):
			restore(isType)
		}
	case q.deviates(BodyHeadersReturn) && !changed:
		if rewritesToGET(resp.status, m.firstMethod) {
			req.header.deleteBodyHeaders()
			return
		}
		// The Content-Type of an XMLHttpRequest's body does not return.
		restore(func(h Header) bool { return !(isType(h) && m.typeFromBody && req.initiator == InitiatorXHR) })
	}
}
