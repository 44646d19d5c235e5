package fetch

import (
	"strings"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
)

// appendCookieHeader: https://fetch.spec.whatwg.org/#append-a-request-cookie-header.
// It returns the cookies that were not sent.
func (f *fetchParams) appendCookieHeader(x cookie.Exchange, header *HeaderList) (withheld []CookieNote) {
	value, _, notSent := f.agent.cookies.Header(x)
	appendUnlessPresent(header, "Cookie", value)
	for _, w := range notSent {
		withheld = append(withheld, CookieNote{w.Cookie.Name, w.Reason.String()})
	}
	return withheld
}

// storeCookies: https://fetch.spec.whatwg.org/#parse-and-store-response-set-cookie-headers
func (f *fetchParams) storeCookies(x cookie.Exchange, resp *response) {
	for _, line := range resp.header.lines("Set-Cookie") {
		if _, err := f.agent.cookies.Set(x, line); err != nil {
			name, _, _ := strings.Cut(line, "=")
			rec := &f.trace.Exchanges[resp.exchange]
			rec.Refused = append(rec.Refused, CookieNote{strings.TrimSpace(name), err.Error()})
		}
	}
}

// cookieExchange describes to the cookie store between whom a request's cookies
// travel.
func (f *fetchParams) cookieExchange(req *request) cookie.Exchange {
	u := req.currentURL()
	o := origin.Of(u)
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
	x.ThirdParty = !origin.SameSite(o, topLevel)
	if f.profile.Cookies.SeparateLocalhosts && strings.HasSuffix(topLevel.Host(), ".localhost") {
		x.ThirdParty = o.Host() != topLevel.Host()
	}
	x.CrossSiteAncestor = req.client.hasCrossSiteAncestor
	return x
}

// sameSiteMode: https://fetch.spec.whatwg.org/#determine-the-same-site-mode.
// The standard asserts that the method is GET or POST. Other methods are treated
// like POST.
func (f *fetchParams) sameSiteMode(req *request, initiator origin.Origin) cookie.Mode {
	current := origin.Of(req.currentURL())
	crossSite := !origin.SameSite(initiator, current)
	tainted := req.redirectTaint() == redirectTaintCrossSite && f.quirks.redirectsCountForCookies(initiator, current)
	topLevel := req.mode == ModeNavigate && len(req.client.page.Ancestors) == 0
	switch {
	// 2–3. A navigation of the top-level page from another site.
	case topLevel && (crossSite || tainted):
		if req.method == "GET" && req.destination == DestinationDocument {
			return cookie.LaxOrLess
		}
		return cookie.UnsetOrLess
	case crossSite && !topLevel:
		return cookie.UnsetOrLess
	// 4. A page in a frame of another site.
	case req.client.hasCrossSiteAncestor:
		return cookie.UnsetOrLess
	// 5. A redirect through another site.
	case tainted:
		return cookie.UnsetOrLess
	case f.quirks.sandboxIsCrossSite(req, initiator, current):
		return cookie.UnsetOrLess
	}
	// 6.
	return cookie.StrictOrLess
}
