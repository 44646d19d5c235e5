package fetch

import "github.com/concors/concors/origin"

// elementSendsOrigin reports whether the request is that of an element with
// crossorigin that sends Origin to the page's own origin too.
func (q quirks) elementSendsOrigin(req *request) bool {
	if req.mode != ModeCORS || req.initiator != InitiatorElement {
		return false
	}
	switch req.destination {
	case DestinationAudio, DestinationVideo:
		return q.deviates(CORSMediaSendsOrigin)
	}
	return q.deviates(CORSElementSendsOrigin)
}

// originSent stores the Origin header for the next hop; "" means none.
func (q quirks) originSent(req *request, value string) { req.memory.sentOrigin = value }

// appendKeptOrigin appends the Origin header of the previous hop if the browser keeps
// it, and reports whether it does.
func (q quirks) appendKeptOrigin(req *request, header *HeaderList) bool {
	n := len(req.urlList)
	if n == 1 || !q.deviates(OriginKeptOnSameOriginRedirect) ||
		!origin.SameOrigin(origin.Of(req.urlList[n-2]), origin.Of(req.urlList[n-1])) {
		return false
	}
	if req.memory.sentOrigin != "" {
		header.Append("Origin", req.memory.sentOrigin)
	}
	return true
}

// originFollowsReferrerPolicy reports whether the Origin header of a request
// without CORS depends on its referrer policy.
func (q quirks) originFollowsReferrerPolicy(req *request) bool {
	return !q.deviates(OriginIgnoresReferrerPolicy) && q.referrerCounts(req)
}

// referrerCounts reports whether the referrer and its policy still matter after
// the redirects of the request.
func (q quirks) referrerCounts(req *request) bool {
	return !req.memory.crossedOrigins || !q.deviates(ReferrerPolicyNullsFirstOriginOnly)
}

// noCORSOrigin is the Origin header of a request that is not checked by CORS.
func (q quirks) noCORSOrigin(req *request, serialized string) string {
	switch {
	case req.mode != ModeCORS && req.referrer == nil && q.deviates(NoReferrerNullsOrigin) && q.referrerCounts(req) &&
		!(req.client.isExtension() && q.deviates(ExtensionOriginWithoutReferrer)):
		return "null"
	case req.mode == ModeNoCORS && req.memory.crossedOrigins && q.deviates(NoCORSRedirectNullsOrigin):
		return "null"
	}
	return serialized
}
