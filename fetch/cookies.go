package fetch

import (
	"errors"
	"strings"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
)

// appendCookieHeader: https://fetch.spec.whatwg.org/#append-a-request-cookie-header.
// Steps 1 to 5 are in x, which says what the cookie store has to know.
// It returns the cookies that were not sent.
func (f *fetchParams) appendCookieHeader(x cookie.Exchange, header *HeaderList) (withheld []CookieNote) {
	value, _, notSent := f.agent.cookies.Header(x)
	appendUnlessPresent(header, "Cookie", value)
	for _, w := range notSent {
		withheld = append(withheld, CookieNote{w.Cookie.Name, w.Reason})
	}
	return withheld
}

// storeCookies: https://fetch.spec.whatwg.org/#parse-and-store-response-set-cookie-headers
func (f *fetchParams) storeCookies(x cookie.Exchange, resp *response) {
	for _, line := range resp.header.lines("Set-Cookie") {
		_, err := f.agent.cookies.Set(x, line)
		var rejected *cookie.RejectedError
		if errors.As(err, &rejected) {
			name, _, _ := strings.Cut(line, "=")
			rec := &f.trace.Exchanges[resp.exchange]
			rec.Refused = append(rec.Refused, CookieNote{strings.TrimSpace(name), rejected.Reason})
		}
	}
}

// cookieExchange describes the request to the cookie store: its URL, and how that
// relates to the page and to the page's ancestors.
func (f *fetchParams) cookieExchange(req *request) cookie.Exchange {
	u := req.currentURL()
	initiator, topLevel := f.quirks.cookieParties(req)
	x := cookie.Exchange{
		Scheme: u.Scheme, Host: u.Hostname(), Path: u.Path,
		Trustworthy:  origin.URLPotentiallyTrustworthy(u),
		SameSiteMode: f.sameSiteMode(req, initiator),
		Method:       req.method,
	}
	if req.mode == ModeNavigate && req.destination == DestinationDocument {
		// The URL becomes the top-level page, so it is not a third party.
		x.TopLevelNavigation = true
		return x
	}
	x.TopLevelSite = topLevel.Site().String()
	x.ThirdParty = !origin.SameSite(req.currentOrigin(), topLevel) && !f.quirks.hasNoThirdParties(req.client)
	x.TopLevelHost = f.quirks.partyOfNewCookies(topLevel)
	x.CrossSiteAncestor = req.client.hasCrossSiteAncestor
	return x
}

// sameSiteMode: https://fetch.spec.whatwg.org/#determine-the-same-site-mode.
// The standard asserts that the method is GET or POST. Other methods are treated
// like POST.
//
// Taken literally, steps 2 and 3 send no SameSite=Lax cookies with a link from
// another site, but SameSite=Strict cookies with an image on another site's page.
// This function follows section 5.2 of RFC 6265bis instead, which the steps are
// meant to express.
func (f *fetchParams) sameSiteMode(req *request, initiator origin.Origin) cookie.Mode {
	current := req.currentOrigin()
	crossSite := !origin.SameSite(initiator, current)
	tainted := req.redirectTaint() == redirectTaintCrossSite && f.quirks.redirectsCountForCookies(initiator, current)
	topLevel := req.mode == ModeNavigate && len(req.client.page.Ancestors) == 0
	switch {
	// 2–3. A navigation of the top-level page, from another site or through one.
	case topLevel && (crossSite || tainted):
		if req.method == "GET" && req.destination == DestinationDocument {
			return cookie.LaxOrLess
		}
		return cookie.UnsetOrLess
	// Any other request of a page on another site.
	case crossSite:
		return cookie.UnsetOrLess
	// 4. A page in a frame of another site.
	case req.client.hasCrossSiteAncestor:
		return cookie.UnsetOrLess
	// 5. A redirect through another site.
	case tainted:
		return cookie.UnsetOrLess
	// A browser may add cases.
	case f.quirks.sandboxIsCrossSite(req, initiator, current):
		return cookie.UnsetOrLess
	}
	// 6.
	return cookie.StrictOrLess
}
