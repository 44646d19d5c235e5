package fetch

import "github.com/concors/concors/fetch/reason"

// prohibitsMixedContent reports whether mixed content is blocked and upgraded in the
// page.
func (q quirks) prohibitsMixedContent(env *environment) bool {
	return env.prohibitsMixedContent ||
		env.page.Sandboxed && env.url.Scheme == "https" && q.deviates(SandboxedProhibitsMixedContent)
}

// upgradesMixedContent reports whether images, audio and video over http are requested
// over https in the page.
func (q quirks) upgradesMixedContent(env *environment) bool {
	return q.prohibitsMixedContent(env) || env.isExtension() && q.deviates(ExtensionMediaUpgraded)
}

// upgradesEveryHost reports whether a redirect is followed over https whatever the host
// of its URL is.
func (q quirks) upgradesEveryHost(req *request) bool {
	return len(req.urlList) > 1 && req.url().Scheme == "https" && q.deviates(MediaRedirectsUpgradedOnLoopback)
}

// loopbackIsMixed reports whether http on localhost and loopback addresses is mixed
// content for the request.
func (q quirks) loopbackIsMixed(req *request) bool {
	return req.currentURL().Scheme == "http" && q.deviates(LoopbackIsMixedContent) &&
		(!req.isUpgradable() || len(req.urlList) > 1)
}

// mixedContentBlockedLater reports whether the browser blocks a redirect to mixed
// content only after the preflight. If so, it stores the reason for redirectRefused.
func (q quirks) mixedContentBlockedLater(req *request) bool {
	if len(req.urlList) == 1 || req.mode != ModeCORS || !q.deviates(RedirectMixedContentAfterPreflight) {
		return false
	}
	req.memory.refused = reason.MixedContent
	return true
}
