package fetch

import (
	"slices"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// mainFetch: https://fetch.spec.whatwg.org/#main-fetch. HTTP-redirect fetch calls
// it anew (recursive) for every redirect; what looks at the final response is
// left to the outermost call.
func (f *fetchParams) mainFetch(recursive bool) (*response, *NetworkError) {
	f.upgradeMixedContent()
	if err := f.badPort(); err != nil {
		return nil, err
	}
	if err := f.blockMixedContent(); err != nil {
		return nil, err
	}
	f.determineReferrer()
	resp, err := f.schemeOrHTTPFetch()
	if err != nil || recursive {
		return resp, err
	}
	if err := f.checkResponse(resp); err != nil {
		resp.body.Close()
		return nil, err
	}
	return resp, nil
}

// schemeOrHTTPFetch is the switch in the middle of main fetch: it decides the
// response tainting, and whether a preflight may be needed.
func (f *fetchParams) schemeOrHTTPFetch() (*response, *NetworkError) {
	req := f.request
	u := req.currentURL()
	choose := func(outcome string) {
		f.step(Step{
			Algorithm: "main fetch", Anchor: fetchSpec + "#main-fetch",
			Inputs: []Input{
				{"request origin", req.origin.String()}, {"URL's origin", origin.Of(u).String()},
				{"mode", string(req.mode)},
			},
			Outcome: outcome, Exchange: -1,
		})
	}
	switch {
	case origin.SameOrigin(origin.Of(u), req.origin) && req.tainting == taintingBasic:
		choose("the URL is of the page's own origin: CORS does not apply")
		return f.httpFetch(false)
	case u.Scheme == "about" && u.Path == "blank" && req.mode == ModeNoCORS && !f.profile.deviates(AboutBlankNotFetched):
		req.tainting = taintingOpaque
		choose("about:blank is an empty page")
		return &response{status: 200, statusText: "OK", url: u.String(), exchange: -1, body: noBody,
			header: HeaderList{{"Content-Type", "text/html;charset=utf-8"}}}, nil
	case req.mode == ModeNoCORS && req.redirect != RedirectFollow && f.profile.deviates(NoCORSRedirectModeFirst):
		return nil, f.fail(reason.NoCorsRedirectModeNotFollow, -1, NetworkError{}, Input{"redirect mode", string(req.redirect)})
	case u.Scheme == "data":
		choose("a data: URL is readable from every page")
		return f.dataURL()
	case req.mode == ModeNavigate:
		req.tainting = taintingBasic
		choose("a navigation: the response replaces the page and is not read by it")
		if !u.IsHTTP() {
			return nil, f.fail(reason.CorsDisabledScheme, -1, NetworkError{})
		}
		return f.httpFetch(false)
	case req.mode == ModeSameOrigin:
		if req.body != nil && req.body.Stream != nil && f.profile.deviates(SameOriginStreamPreflights) {
			if err := f.corsPreflightIfNeeded(); err != nil {
				return nil, err
			}
		}
		return nil, f.fail(reason.DisallowedByMode, -1, NetworkError{}, Input{"request origin", req.origin.String()}, Input{"URL's origin", origin.Of(u).String()})
	case req.mode == ModeNoCORS:
		if req.redirect != RedirectFollow {
			return nil, f.fail(reason.NoCorsRedirectModeNotFollow, -1, NetworkError{}, Input{"redirect mode", string(req.redirect)})
		}
		if !u.IsHTTP() {
			return nil, f.fail(reason.CorsDisabledScheme, -1, NetworkError{}, Input{"scheme", u.Scheme})
		}
		req.tainting = taintingOpaque
		choose("cross-origin without CORS: it is sent, and the response will be opaque")
		return f.httpFetch(false)
	case !u.IsHTTP():
		return nil, f.fail(reason.CorsDisabledScheme, -1, NetworkError{}, Input{"scheme", u.Scheme})
	}
	why := f.preflightCause()
	req.tainting = taintingCORS
	if why != "" {
		choose("cross-origin with CORS; a preflight must come first, because " + why)
		resp, err := f.httpFetch(true)
		if err != nil && !f.profile.deviates(FailureKeepsPreflightCache) {
			f.agent.preflight.clear(f.request)
		}
		return resp, err
	}
	choose("cross-origin with CORS; no preflight is needed")
	return f.httpFetch(false)
}

// preflightCause says in words why the request needs the server's leave before
// it is sent; "" if it does not.
func (f *fetchParams) preflightCause() string {
	req := f.request
	var why []string
	switch {
	case req.body != nil && req.body.Stream != nil:
		why = append(why, "its body is a stream")
	case req.useCORSPreflight:
		why = append(why, "its upload has listeners")
	}
	if req.unsafeRequest {
		if !field.IsCORSSafelistedMethod(req.method) {
			why = append(why, "its method is "+req.method)
		}
		if names := f.unsafeNames(req); len(names) > 0 {
			why = append(why, "of its headers "+strings.Join(names, ", "))
		}
	}
	if len(why) == 0 && req.preflighted && f.profile.deviates(PreflightsStick) {
		why = append(why, "it needed one before the redirect")
	}
	return strings.Join(why, " and ")
}

// unsafeNames is corsUnsafeRequestHeaderNames for the request as it stands.
func (f *fetchParams) unsafeNames(req *request) []string {
	return corsUnsafeRequestHeaderNames(f.namedHeaders(req), f.profile)
}

// authorNames is corsUnsafeRequestHeaderNames for what the script set, without
// the Content-Type that its body brought along.
func (f *fetchParams) authorNames(req *request) []string {
	header := slices.Clone(req.firstHeader)
	if req.typeOfBody {
		header.Delete("Content-Type")
	}
	return corsUnsafeRequestHeaderNames(header, f.profile)
}

// namedHeaders are the headers that a preflight asks leave for: the request's,
// and what some browsers have already dropped from it.
func (f *fetchParams) namedHeaders(req *request) HeaderList {
	switch {
	case f.profile.deviates(PreflightNamesFirstHeaders):
		return req.firstHeader
	case f.profile.deviates(PreflightNamesBodyHeaders) && len(req.ghosts) > 0:
		return append(slices.Clone(req.header), req.ghosts...)
	}
	return req.header
}
