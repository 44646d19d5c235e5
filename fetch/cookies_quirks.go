package fetch

import (
	"github.com/concors/concors/origin"
)

// cookieParties returns the origins that stand for the page and its top-level
// page when cookies are selected.
func (q quirks) cookieParties(req *request) (initiator, topLevel origin.Origin) {
	initiator, topLevel = req.origin, req.client.topLevel
	if q.deviates(SandboxedCookiesByURL) {
		initiator = origin.Of(req.client.url)
		if len(req.client.page.Ancestors) == 0 {
			topLevel = initiator
		}
	}
	return initiator, topLevel
}

// hasNoThirdParties reports whether no cookie is third-party in the page.
func (q quirks) hasNoThirdParties(env *environment) bool {
	return env.isExtension() && q.deviates(ExtensionCookiesFirstParty)
}

// partyOfNewCookies returns the host whose cookies a response may set although the browser
// blocks new third-party cookies, or "" if that depends on the URL's site.
func (q quirks) partyOfNewCookies(topLevel origin.Origin) string {
	if q.deviates(NewCookiePartyByDomain) {
		return topLevel.Host()
	}
	return ""
}

// redirectsCountForCookies reports whether SameSite depends on the redirects
// between the page and the URL.
func (q quirks) redirectsCountForCookies(initiator, current origin.Origin) bool {
	return !q.deviates(CookiesIgnoreRedirects) &&
		!(q.deviates(OwnHostCookiesIgnoreRedirects) && current.Host() == initiator.Host())
}

// sandboxIsCrossSite reports whether the request is cross-site because a sandboxed
// page, whose URL stands for its origin here, is on another host.
func (q quirks) sandboxIsCrossSite(req *request, initiator, current origin.Origin) bool {
	return req.origin.IsOpaque() && q.deviates(SandboxedCookiesByURL) && initiator.Host() != current.Host()
}
