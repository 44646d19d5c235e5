package fetch

import (
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/weburl"
)

// quirks is a profile as the algorithms see it. Each method is a named place in
// one algorithm at which some browser departs from the standard. The method does
// what the standard says unless the profile has the deviation. So an algorithm only
// calls the method, and does not depend on the browser.
//
// A method is named after the question that it decides (keepsCredentials), after what
// it does (rewriteRange), or, if it only stores or changes something, after what has
// just happened (originSent). The methods of an algorithm are in the quirks file
// beside it: those of redirect.go are in redirect_quirks.go.
type quirks struct{ *Profile }

// deviates reports whether the profile has the deviation.
func (q quirks) deviates(d Deviation) bool { return q.deviations[d] }

// memory is what some browsers keep about a request from one hop to the next. Only
// quirks files use it, because the standard does not need it.
type memory struct {
	firstMethod   string
	firstHeader   HeaderList  // as the constructor made it
	firstReferrer *weburl.URL // that of the first hop

	// The body's headers.
	typeFromBody bool       // Content-Type came with the body: the script set none
	typeOnWire   string     // sent instead of Content-Type; see CharsetNamedAfterPreflight
	bodyHeader   HeaderList // dropped when a redirect made the method GET
	namedHeader  HeaderList // no longer sent, but named in preflights; see PreflightNamesBodyHeaders

	// If policyIgnored is set, sentReferrer is sent, and the request's own referrer
	// is only for the next hop; see RelaxedReferrerPolicyIgnoredCrossSite.
	policyIgnored bool
	sentReferrer  *weburl.URL

	cacheOwner     *cacheOwner   // see NullOriginPreflightNotCached
	preflighted    bool          // an earlier hop needed a preflight
	ignoresTaint   bool          // see PreflightIgnoresTaint
	sentOrigin     string        // the Origin header of the previous hop
	crossedOrigins bool          // a redirect led to another origin
	refused        reason.Reason // why the redirect to this hop should not have been followed
}
