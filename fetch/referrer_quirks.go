package fetch

import (
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// opaqueOriginHasReferrer reports whether a page with an opaque origin sends its
// URL as the referrer.
func (q quirks) opaqueOriginHasReferrer(i Initiator) bool {
	return q.deviates(OpaqueOriginSendsReferrer) ||
		i == InitiatorElement && q.deviates(ElementOpaqueOriginSendsReferrer)
}

// downgradesReferrer reports whether a request to u is less secure than a page over https.
func (q quirks) downgradesReferrer(u *weburl.URL) bool {
	return !origin.URLPotentiallyTrustworthy(u) || u.Scheme == "http" && q.deviates(LoopbackDowngradesReferrer)
}

// treatsReferrerAsCrossOrigin reports whether the referrer counts as cross-origin
// to every URL.
func (q quirks) treatsReferrerAsCrossOrigin(req *request) bool {
	return req.origin.IsOpaque() && q.deviates(ElementOpaqueOriginSendsReferrer)
}

// referrerDetermined is called once the request's referrer has been determined
// from source with the policy.
func (q quirks) referrerDetermined(req *request, source *weburl.URL, policy ReferrerPolicy) {
	m := &req.memory
	m.sentReferrer = req.referrer
	if source != nil && source.IsHTTP() && policy.relaxed() && q.deviates(RelaxedReferrerPolicyIgnoredCrossSite) &&
		(req.origin.IsOpaque() || !origin.SameSite(origin.Of(source), req.currentOrigin())) {
		m.sentReferrer = applyReferrerPolicy(req, source, StrictOriginWhenCrossOrigin, q)
		m.policyIgnored = true
		req.referrer = source // the next hop begins with all of it
	}
	if len(req.urlList) == 1 {
		m.firstReferrer = m.sentReferrer
	}
}

// relaxed reports whether the policy may send more to another site than the
// default policy.
func (p ReferrerPolicy) relaxed() bool {
	return p == UnsafeURL || p == NoReferrerWhenDowngrade || p == OriginWhenCrossOrigin
}

// referrerOnWire is the URL in the Referer header.
func (q quirks) referrerOnWire(req *request) *weburl.URL {
	if req.memory.policyIgnored {
		return req.memory.sentReferrer
	}
	return req.referrer
}

// referrerPolicyChanged is called when a redirect has set the referrer policy.
func (q quirks) referrerPolicyChanged(req *request) {
	if req.memory.policyIgnored {
		req.referrer = req.memory.sentReferrer // a new policy begins with what was sent
	}
}
