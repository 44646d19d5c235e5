package fetch

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// httpFetch: https://fetch.spec.whatwg.org/#http-fetch, without service workers.
func (f *fetchParams) httpFetch(makeCORSPreflight bool) (*response, *NetworkError) {
	req := f.request
	if makeCORSPreflight {
		if err := f.corsPreflightIfNeeded(); err != nil {
			return nil, err
		}
	}
	if req.refused != 0 {
		return nil, f.fail(req.refused, -1, NetworkError{})
	}
	resp, err := f.httpNetworkOrCacheFetch(req)
	if err != nil {
		return nil, err
	}
	if err := f.checkHop(resp); err != nil {
		resp.body.Close()
		return nil, err
	}
	if !isRedirectStatus(resp.status) || f.notARedirect(resp) {
		return resp, nil
	}
	switch req.redirect {
	case RedirectError:
		resp.body.Close()
		return nil, f.fail(RedirectModeError, resp.exchange, NetworkError{}, Input{"status", strconv.Itoa(resp.status)})
	case RedirectManual:
		resp.opaqueRedirect = true
		return resp, nil
	}
	return f.httpRedirectFetch(resp)
}

// checkHop is what every response must pass before a redirect in it is looked
// at: so a redirect from another origin needs its own
// Access-Control-Allow-Origin, whatever the redirect mode.
func (f *fetchParams) checkHop(resp *response) *NetworkError {
	req := f.request
	if req.tainting == taintingCORS {
		if err := f.corsCheck(req, resp, false); err != nil {
			return err
		}
	}
	if req.tainting == taintingOpaque {
		if err := f.crossOriginResourcePolicyCheck(resp); err != nil {
			return err
		}
	}
	return nil
}

// notARedirect reports whether the browser takes a response for an ordinary one
// although its status is a redirect's, because there is nowhere to go.
func (f *fetchParams) notARedirect(resp *response) bool {
	if f.request.redirect == RedirectManual {
		return false
	}
	location, present := resp.header.Get("Location")
	return !present && f.profile.deviates(RedirectNeedsLocation) ||
		present && location == "" && f.profile.deviates(EmptyLocationNotFollowed)
}

// isRedirectStatus: https://fetch.spec.whatwg.org/#redirect-status
func isRedirectStatus(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// httpRedirectFetch: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
func (f *fetchParams) httpRedirectFetch(resp *response) (*response, *NetworkError) {
	req := f.request
	current := req.currentURL()
	value, present := resp.header.Get("Location")
	inputs := []Input{{"status", strconv.Itoa(resp.status)}, presentOrNot("Location", value, present)}
	if !present {
		// A redirect status without Location is an ordinary response.
		return resp, nil
	}
	resp.body.Close()
	block := func(r Reason, u *weburl.URL) (*response, *NetworkError) {
		detail := NetworkError{Header: "Location", Value: value, Present: true}
		if u != nil {
			detail.URL = u.String()
			detail.FirstURL = req.url().String()
		}
		return nil, f.fail(r, resp.exchange, detail, inputs...)
	}
	location, err := weburl.Parse(value, current)
	if lines := resp.header.lines("Location"); len(lines) > 1 && f.profile.deviates(DuplicateLocationFollowed) &&
		!slices.ContainsFunc(lines, func(line string) bool { return line != lines[0] }) {
		location, err = weburl.Parse(lines[0], current)
	} else if len(lines) > 1 && !f.profile.deviates(LocationsJoined) {
		err = errSeveralLocations
	}
	if err != nil || value == "" && f.profile.deviates(EmptyLocationFails) {
		return block(RedirectInvalidLocation, nil)
	}
	if !location.HasFragment {
		location.Fragment, location.HasFragment = current.Fragment, current.HasFragment
	}
	sameOrigin := origin.SameOrigin(req.origin, origin.Of(location))
	switch {
	case !location.IsHTTP():
		return block(RedirectDisallowedScheme, location)
	case req.redirectCount == 20:
		return block(TooManyRedirects, location)
	case location.HasCredentials() && (req.mode == ModeCORS && !sameOrigin || req.tainting == taintingCORS),
		location.HasCredentials() && req.mode != ModeNavigate && f.profile.deviates(SameOriginRedirectWithUserinfoBlocked):
		return block(RedirectContainsCredentials, location)
	case resp.status != 303 && req.body != nil && req.body.Stream != nil:
		return block(RedirectBodyNotReplayable, location)
	}
	req.redirectCount++
	if req.tainting == taintingCORS && req.credentials == CredentialsSameOrigin &&
		origin.SameOrigin(req.origin, origin.Of(req.url())) && f.profile.deviates(RedirectCheckedWithCredentials) {
		if acao, _ := resp.header.Get("Access-Control-Allow-Origin"); acao == "*" {
			req.refused = WildcardOriginNotAllowed
		} else if acac, _ := resp.header.Get("Access-Control-Allow-Credentials"); acac != "true" {
			req.refused = InvalidAllowCredentials
		}
	}
	var changes []string
	changed := rewritesToGET(resp.status, req.method)
	if changed {
		changes = append(changes, "the method becomes GET")
		req.method, req.body = "GET", nil
		req.bodyHeaders = slices.Clone(req.header)
		for _, name := range requestBodyHeaderNames {
			req.header.Delete(name)
		}
	}
	if changed && req.initiator == InitiatorXHR && f.profile.deviates(RelaxedReferrerPolicyIgnoredCrossSite) {
		req.referrer = req.sentReferrer
	}
	req.ghosts = nil
	if !changed && rewritesToGET(resp.status, req.firstMethod) {
		req.ghosts = slices.DeleteFunc(slices.Clone(req.bodyHeaders), func(h Header) bool { return !isRequestBodyHeaderName(h.Name) })
	}
	wouldChange := rewritesToGET(resp.status, req.firstMethod)
	leaves := !origin.SameOrigin(origin.Of(current), origin.Of(location))
	switch {
	case changed:
	case f.profile.deviates(BodyHeadersReturn) && (req.mode == ModeCORS || !wouldChange),
		f.profile.deviates(BodyHeadersReturnToFetch) && (req.initiator == InitiatorFetch || !leaves) && !wouldChange:
		for _, h := range req.bodyHeaders {
			if isRequestBodyHeaderName(h.Name) {
				req.header.Delete(h.Name)
				req.header = append(req.header, h)
			}
		}
	case f.profile.deviates(BodyHeadersReturnToFetch) && wouldChange:
		for _, name := range requestBodyHeaderNames {
			req.header.Delete(name)
		}
	}
	if !origin.SameOrigin(origin.Of(current), origin.Of(location)) {
		req.crossedOrigins = true
		if req.method == "DELETE" && f.profile.deviates(DeleteBecomesGET) {
			changes = append(changes, "the method becomes GET")
			req.method, req.body = "GET", nil
		}
	}
	if !origin.SameOrigin(origin.Of(current), origin.Of(location)) && req.header.Contains("Authorization") {
		changes = append(changes, "the Authorization header is dropped")
		req.header.Delete("Authorization")
	}
	if f.profile.deviates(ClientHintsDroppedOnRedirect) {
		req.header = slices.DeleteFunc(req.header, func(h Header) bool { return isClientHint(field.Lower(h.Name)) && !field.EqualFold(h.Name, "Save-Data") })
	}
	before := req.serializeOrigin()
	req.urlList = append(req.urlList, location)
	if after := req.serializeOrigin(); after != before {
		changes = append(changes, "the request is tainted: its Origin becomes "+after)
	}
	if policy, ok := parseReferrerPolicy(resp.header.lines("Referrer-Policy")); ok {
		req.referrerPolicy = policy
	}
	outcome := "followed"
	if len(changes) > 0 {
		outcome += "; " + strings.Join(changes, "; ")
	}
	f.step(Step{Algorithm: "HTTP-redirect fetch", Anchor: fetchSpec + "#concept-http-redirect-fetch",
		Inputs: inputs, Outcome: outcome, Exchange: resp.exchange})
	return f.mainFetch(true)
}

var errSeveralLocations = errors.New("more than one Location")

// rewritesToGET reports whether a redirect turns the method into GET.
func rewritesToGET(status int, method string) bool {
	return (status == 301 || status == 302) && method == "POST" ||
		status == 303 && method != "GET" && method != "HEAD"
}

// corsCheck: https://fetch.spec.whatwg.org/#cors-check. The request is the one
// the page asked for, also where the response answers its preflight.
func (f *fetchParams) corsCheck(req *request, resp *response, preflight bool) *NetworkError {
	const acao, acac = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
	value, present := resp.header.Get(acao)
	serialized := req.serializeOrigin()
	inputs := []Input{
		{"credentials mode", string(req.credentials)}, {"Origin", serialized},
		presentOrNot(acao, value, present),
	}
	block := func(reason Reason, header, value string, present bool) *NetworkError {
		if preflight {
			reason = preflightReason(reason)
		}
		return f.fail(reason, resp.exchange, NetworkError{Header: header, Value: value, Present: present}, inputs...)
	}
	pass := func(outcome string) *NetworkError {
		f.step(Step{Algorithm: "CORS check", Anchor: fetchSpec + "#cors-check", Inputs: inputs,
			Result: Passed, Outcome: outcome, Exchange: resp.exchange})
		return nil
	}
	include := req.credentials == CredentialsInclude
	switch {
	case !present:
		return block(MissingAllowOriginHeader, acao, "", false)
	case value == "*" && !include:
		return pass("the server lets every origin in")
	case value == "*":
		return block(WildcardOriginNotAllowed, acao, value, true)
	case value != serialized:
		return block(whyNotEqual(value), acao, value, true)
	case !include:
		return pass("the server lets this origin in")
	}
	credentials, present := resp.header.Get(acac)
	inputs = append(inputs, presentOrNot(acac, credentials, present))
	if credentials != "true" {
		return block(InvalidAllowCredentials, acac, credentials, present)
	}
	return pass("the server lets this origin in, with credentials")
}

// whyNotEqual tells in which way an Access-Control-Allow-Origin is not the
// origin that asked. The standard only says that it isn't; the three reasons and
// their order are DevTools'.
func whyNotEqual(value string) Reason {
	if strings.ContainsAny(value, " ,") {
		return MultipleAllowOriginValues
	}
	if value != "null" {
		if u, err := weburl.Parse(value, nil); err != nil || origin.Of(u).IsOpaque() {
			return InvalidAllowOriginValue
		}
	}
	return AllowOriginMismatch
}

// preflightReason is the name that a failed CORS check has in a preflight.
func preflightReason(r Reason) Reason {
	switch r {
	case MissingAllowOriginHeader:
		return PreflightMissingAllowOriginHeader
	case MultipleAllowOriginValues:
		return PreflightMultipleAllowOriginValues
	case InvalidAllowOriginValue:
		return PreflightInvalidAllowOriginValue
	case AllowOriginMismatch:
		return PreflightAllowOriginMismatch
	case WildcardOriginNotAllowed:
		return PreflightWildcardOriginNotAllowed
	case InvalidAllowCredentials:
		return PreflightInvalidAllowCredentials
	}
	return r
}

// crossOriginResourcePolicyCheck:
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check
func (f *fetchParams) crossOriginResourcePolicyCheck(resp *response) *NetworkError {
	const corp = "Cross-Origin-Resource-Policy"
	req := f.request
	value, present := resp.header.Get(corp)
	policy := value
	if policy != "same-origin" && policy != "same-site" && policy != "cross-origin" {
		policy = ""
	}
	embedder := orDefault(req.client.page.EmbedderPolicy, UnsafeNone)
	invalid := policy == "" && value != "" && f.profile.deviates(InvalidCORPSatisfiesCOEP)
	defaulted := policy == "" && !invalid && (embedder == RequireCORP || embedder == Credentialless && resp.requestIncludesCredentials)
	if defaulted {
		policy = "same-origin"
	}
	inputs := []Input{presentOrNot(corp, value, present), {"page's embedder policy", string(embedder)}, {"request origin", req.origin.String()}}
	responseOrigin := origin.Of(req.currentURL())
	reason := Reason(0)
	switch policy {
	case "same-origin":
		if !origin.SameOrigin(req.origin, responseOrigin) {
			reason = CorpNotSameOrigin
			if defaulted {
				reason = CorpNotSameOriginAfterDefaultedByCoep
			}
		}
	case "same-site":
		if !origin.SchemelesslySameSite(req.origin, responseOrigin) ||
			req.origin.Scheme() != "https" && responseOrigin.Scheme() == "https" {
			reason = CorpNotSameSite
		}
	}
	if reason != 0 {
		return f.fail(reason, resp.exchange, NetworkError{Header: corp, Value: value, Present: present}, inputs...)
	}
	f.step(Step{Algorithm: "cross-origin resource policy check", Anchor: fetchSpec + "#cross-origin-resource-policy-check",
		Inputs: inputs, Result: Passed, Outcome: "the server lets this page load it", Exchange: resp.exchange})
	return nil
}

// coepAllowsCredentials: https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials.
// The standard's text asks, since July 2025, for a redirect-taint that is *not*
// same-origin; what is meant, and was written before, is the opposite.
func coepAllowsCredentials(req *request) bool {
	return req.mode != ModeNoCORS || req.client == nil ||
		req.client.page.EmbedderPolicy != Credentialless ||
		origin.SameOrigin(req.origin, origin.Of(req.currentURL())) && req.redirectTaint() == redirectTaintSameOrigin
}

// parseReferrerPolicy: https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header;
// the last policy that is known counts.
func parseReferrerPolicy(lines []string) (policy ReferrerPolicy, ok bool) {
	tokens, _, parsed := field.ExtractTokens(lines)
	if !parsed {
		return "", false
	}
	for _, token := range tokens {
		if p := ReferrerPolicy(field.Lower(token)); p != "" && p.valid() {
			policy, ok = p, true
		}
	}
	return policy, ok
}
