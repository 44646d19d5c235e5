package fetch

import (
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// crossOriginResourcePolicyCheck is the cross-origin resource policy internal
// check with the page's embedder policy:
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check
//
// In the standard, the cross-origin resource policy check calls it up to three times,
// in order to report violations. One call is enough for the result. Navigations
// (step 1) are not checked here.
func (f *fetchParams) crossOriginResourcePolicyCheck(resp *response) *NetworkError {
	const corp = "Cross-Origin-Resource-Policy"
	req := f.request
	embedder := f.embedderPolicy(req)
	// 2. Get the header.
	value, present := resp.header.Get(corp)
	policy := value
	// 3. An invalid policy is none.
	if policy != "same-origin" && policy != "same-site" && policy != "cross-origin" {
		policy = ""
	}
	// 4. Without a policy, the page's embedder policy may require same-origin.
	defaulted := policy == "" && !f.quirks.satisfiesEmbedderPolicy(value) &&
		(embedder == RequireCORP || embedder == Credentialless && resp.requestIncludesCredentials)
	if defaulted {
		policy = "same-origin"
	}
	// 5. Compare the origins.
	inputs := []Input{
		presentOrNot(corp, value, present), {"page's embedder policy", string(embedder)},
		{"request origin", req.origin.String()},
	}
	responseOrigin := req.currentOrigin()
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
	f.step(Step{
		Algorithm: "cross-origin resource policy check", Anchor: fetchSpec + "#cross-origin-resource-policy-check",
		Inputs: inputs, Result: Passed, Outcome: "the server allows this page to load the response",
		Exchange: resp.exchange,
	})
	return nil
}

// embedderPolicy returns the embedder policy of the request's page:
// https://html.spec.whatwg.org/multipage/browsers.html#obtain-an-embedder-policy.
func (f *fetchParams) embedderPolicy(req *request) EmbedderPolicy {
	// 2. A page that is not a secure context has none.
	if !req.client.secureContext {
		return UnsafeNone
	}
	return f.quirks.embedderPolicy(orDefault(req.client.page.EmbedderPolicy, UnsafeNone))
}

// coepAllowsCredentials: https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials.
// Since July 2025 the text of step 5 requires a redirect-taint that is *not*
// same-origin. Its earlier text required the opposite, which is what is meant.
func (f *fetchParams) coepAllowsCredentials(req *request) bool {
	switch {
	// 2. All but no-cors requests may have credentials. 3. There is a client.
	case req.mode != ModeNoCORS:
		return true
	// 4. Only the embedder policy credentialless forbids them.
	case f.embedderPolicy(req) != Credentialless:
		return true
	}
	// 5–6. Requests that have not left the page's own origin have them.
	return isOwnOrigin(req) && req.redirectTaint() == redirectTaintSameOrigin
}
