package fetch

import (
	"fmt"

	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// ReferrerPolicy is a referrer policy,
// https://w3c.github.io/webappsec-referrer-policy/#referrer-policy.
type ReferrerPolicy string

// The referrer policies. "" means strict-origin-when-cross-origin.
const (
	NoReferrer                  ReferrerPolicy = "no-referrer"
	NoReferrerWhenDowngrade     ReferrerPolicy = "no-referrer-when-downgrade"
	SameOriginReferrer          ReferrerPolicy = "same-origin"
	OriginReferrer              ReferrerPolicy = "origin"
	StrictOrigin                ReferrerPolicy = "strict-origin"
	OriginWhenCrossOrigin       ReferrerPolicy = "origin-when-cross-origin"
	StrictOriginWhenCrossOrigin ReferrerPolicy = "strict-origin-when-cross-origin"
	UnsafeURL                   ReferrerPolicy = "unsafe-url"
)

func (p ReferrerPolicy) valid() bool {
	switch p {
	case "", NoReferrer, NoReferrerWhenDowngrade, SameOriginReferrer, OriginReferrer,
		StrictOrigin, OriginWhenCrossOrigin, StrictOriginWhenCrossOrigin, UnsafeURL:
		return true
	}
	return false
}

// referrerOf is step 14 of the Request constructor: the referrer is the page's URL,
// none, or a URL of the page's own origin.
func referrerOf(r *Request, env *environment, q quirks) (*weburl.URL, error) {
	switch r.Referrer {
	case "", "about:client":
		if env.origin.IsOpaque() && !q.opaqueOriginHasReferrer(r.Initiator) {
			return nil, nil
		}
		return env.url, nil
	case "no-referrer":
		return nil, nil
	}
	u, err := q.parseURL(r.Referrer, env.url)
	if err != nil {
		return nil, fmt.Errorf("referrer: %w", err)
	}
	if !origin.SameOrigin(origin.Of(u), env.origin) {
		return referrerOf(&Request{}, env, q) // "client"
	}
	return u, nil
}

// determineReferrer applies the request's referrer policy to its referrer:
// https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
// It is called for every hop, and a later hop does not get back what an earlier
// one removed. The constructor has replaced "client" (step 3) by the page's URL.
func (f *fetchParams) determineReferrer() {
	req := f.request
	source := req.referrer
	policy := orDefault(req.referrerPolicy, StrictOriginWhenCrossOrigin)
	req.referrer = nil
	if source != nil && source.IsHTTP() {
		req.referrer = applyReferrerPolicy(req, source, policy, f.quirks)
	}
	f.quirks.referrerDetermined(req, source, policy)
}

// applyReferrerPolicy is steps 4 to 8. It returns what the policy allows of the
// referrer's URL, or nil for no referrer.
func applyReferrerPolicy(req *request, source *weburl.URL, policy ReferrerPolicy, q quirks) *weburl.URL {
	current := req.currentURL()
	// 4–6.
	bare := func() *weburl.URL { return stripForReferrer(source, true) }
	full := func() *weburl.URL {
		if u := stripForReferrer(source, false); len(u.String()) <= 4096 {
			return u
		}
		return bare()
	}
	sameOrigin := origin.SameOrigin(origin.Of(source), req.currentOrigin()) && !q.treatsReferrerAsCrossOrigin(req)
	// In the text a referrer on http://localhost could be downgraded too; all browsers
	// look at its scheme.
	downgrade := source.Scheme == "https" && q.downgradesReferrer(current)
	// 8.
	switch policy {
	case NoReferrer:
		return nil
	case OriginReferrer:
		return bare()
	case UnsafeURL:
		return full()
	case StrictOrigin:
		if downgrade {
			return nil
		}
		return bare()
	case StrictOriginWhenCrossOrigin:
		switch {
		case sameOrigin:
			return full()
		case downgrade:
			return nil
		}
		return bare()
	case SameOriginReferrer:
		if sameOrigin {
			return full()
		}
		return nil
	case OriginWhenCrossOrigin:
		if sameOrigin {
			return full()
		}
		return bare()
	case NoReferrerWhenDowngrade:
		if downgrade {
			return nil
		}
		return full()
	}
	return nil
}

// stripForReferrer: https://w3c.github.io/webappsec-referrer-policy/#strip-url
func stripForReferrer(u *weburl.URL, originOnly bool) *weburl.URL {
	c := *u
	c.Username, c.Password = "", ""
	c.Fragment, c.HasFragment = "", false
	if originOnly {
		c.Path, c.Query, c.HasQuery = "/", "", false
	}
	return &c
}
