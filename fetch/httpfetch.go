package fetch

import (
	"strconv"
	"strings"

	"github.com/concors/concors/fetch/reason"
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
		return nil, f.fail(reason.RedirectModeError, resp.exchange, NetworkError{}, Input{"status", strconv.Itoa(resp.status)})
	case RedirectManual:
		return f.opaqueRedirect(resp)
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
	return location == "" && (!present || f.request.redirect == RedirectError) && f.profile.deviates(RedirectNeedsLocation) ||
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
	block := func(why reason.Reason, header, value string, present bool) *NetworkError {
		if preflight {
			why = why.InPreflight()
		}
		return f.fail(why, resp.exchange, NetworkError{Header: header, Value: value, Present: present}, inputs...)
	}
	pass := func(outcome string) *NetworkError {
		f.step(Step{Algorithm: "CORS check", Anchor: fetchSpec + "#cors-check", Inputs: inputs,
			Result: Passed, Outcome: outcome, Exchange: resp.exchange})
		return nil
	}
	include := req.credentials == CredentialsInclude
	switch {
	case !present:
		return block(reason.MissingAllowOriginHeader, acao, "", false)
	case value == "*" && !include:
		return pass("the server lets every origin in")
	case value == "*":
		return block(reason.WildcardOriginNotAllowed, acao, value, true)
	case value != serialized:
		return block(AllowOriginReason(value), acao, value, true)
	case !include:
		return pass("the server lets this origin in")
	}
	credentials, present := resp.header.Get(acac)
	inputs = append(inputs, presentOrNot(acac, credentials, present))
	if credentials != "true" {
		return block(reason.InvalidAllowCredentials, acac, credentials, present)
	}
	return pass("the server lets this origin in, with credentials")
}

// AllowOriginReason returns the reason why a value of Access-Control-Allow-Origin
// that is not equal to the request's origin fails the CORS check. The standard has
// one case; the three reasons and their order are those of Chromium's DevTools.
func AllowOriginReason(value string) reason.Reason {
	if strings.ContainsAny(value, " ,") {
		return reason.MultipleAllowOriginValues
	}
	if value != "null" {
		if _, err := weburl.Parse(value, nil); err != nil {
			return reason.InvalidAllowOriginValue
		}
	}
	return reason.AllowOriginMismatch
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
	embedder := f.embedderPolicy()
	invalid := policy == "" && value != "" && f.profile.deviates(InvalidCORPSatisfiesCOEP)
	defaulted := policy == "" && !invalid && (embedder == RequireCORP || embedder == Credentialless && resp.requestIncludesCredentials)
	if defaulted {
		policy = "same-origin"
	}
	inputs := []Input{presentOrNot(corp, value, present), {"page's embedder policy", string(embedder)}, {"request origin", req.origin.String()}}
	responseOrigin := origin.Of(req.currentURL())
	why := reason.Reason(0)
	switch policy {
	case "same-origin":
		if !origin.SameOrigin(req.origin, responseOrigin) {
			why = reason.CorpNotSameOrigin
			if defaulted {
				why = reason.CorpNotSameOriginAfterDefaultedByCoep
			}
		}
	case "same-site":
		if !origin.SchemelesslySameSite(req.origin, responseOrigin) ||
			req.origin.Scheme() != "https" && responseOrigin.Scheme() == "https" {
			why = reason.CorpNotSameSite
		}
	}
	if why != 0 {
		return f.fail(why, resp.exchange, NetworkError{Header: corp, Value: value, Present: present}, inputs...)
	}
	f.step(Step{Algorithm: "cross-origin resource policy check", Anchor: fetchSpec + "#cross-origin-resource-policy-check",
		Inputs: inputs, Result: Passed, Outcome: "the server lets this page load it", Exchange: resp.exchange})
	return nil
}

// embedderPolicy is the page's, as far as the browser knows of it.
func (f *fetchParams) embedderPolicy() EmbedderPolicy {
	policy := orDefault(f.request.client.page.EmbedderPolicy, UnsafeNone)
	if policy == Credentialless && f.profile.deviates(NoCredentialless) {
		return UnsafeNone
	}
	return policy
}

// coepAllowsCredentials: https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials.
// The standard's text asks, since July 2025, for a redirect-taint that is *not*
// same-origin; what is meant, and was written before, is the opposite.
func (f *fetchParams) coepAllowsCredentials(req *request) bool {
	return req.mode != ModeNoCORS || f.embedderPolicy() != Credentialless ||
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
