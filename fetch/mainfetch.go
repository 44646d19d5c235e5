package fetch

import (
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// mainFetch: https://fetch.spec.whatwg.org/#main-fetch. HTTP-redirect fetch calls
// it again with recursive set; the outermost call checks the final response.
func (f *fetchParams) mainFetch(recursive bool) (*response, *NetworkError) {
	req := f.request
	// 3. No request here has the local-URLs-only flag.
	// 4–5. Content Security Policy, also in steps 7 and 20: not implemented.
	// 6. Upgrade mixed content.
	f.upgradeMixedContent()
	// 7. Block bad ports and mixed content. Integrity Policy is not implemented.
	if err := f.badPort(); err != nil {
		return nil, err
	}
	if err := f.blockMixedContent(); err != nil {
		return nil, err
	}
	// 8. The referrer policy defaults to the page's.
	if req.referrerPolicy == "" {
		req.referrerPolicy = req.client.page.ReferrerPolicy
	}
	// 9. Determine the referrer.
	f.determineReferrer()
	// 10. HSTS and HTTPS records of DNS: not implemented.
	// 11. Nothing runs in parallel: the caller waits.
	// 12. Fetch by scheme, mode and origin.
	resp, err := f.schemeOrHTTPFetch()
	// 13. A redirected fetch ends here.
	if err != nil || recursive {
		return resp, err
	}
	// 14–19. Agent.Fetch filters the response after step 20, which examines the
	// response behind the filter.
	// 20. Block the response because of its type.
	if err := f.checkResponse(resp); err != nil {
		resp.body.Close()
		return nil, err
	}
	// 21. Only a service worker can respond with a range that was not requested.
	// 22. setResponseBody has removed the body of a response that has none.
	// 23. Subresource integrity: not implemented.
	// 24. Agent.Fetch hands the response over.
	return resp, nil
}

// schemeOrHTTPFetch is step 12 of main fetch: the first case that matches decides
// the response tainting and whether a preflight may be needed. There are no
// preloaded responses, and WebSocket and WebTransport are not implemented.
//
// Scheme fetch (https://fetch.spec.whatwg.org/#scheme-fetch) is part of it: about:
// and data: URLs have a case each, and HTTP(S) URLs continue with HTTP fetch. blob:
// URLs have no contents here, and the standard leaves file: URLs to the browser.
func (f *fetchParams) schemeOrHTTPFetch() (*response, *NetworkError) {
	req := f.request
	u := req.currentURL()
	switch {
	// The page's own origin, if no redirect has left it.
	case isOwnOrigin(req) && req.tainting == taintingBasic && u.IsHTTP():
		f.mainFetchStep("the URL has the page's own origin: CORS does not apply")
		return f.httpFetch(false)

	// Step 3 of scheme fetch, for about:blank.
	case u.Scheme == "about" && u.Path == "blank" && req.mode == ModeNoCORS && req.redirect == RedirectFollow &&
		f.quirks.fetchesAboutBlank():
		req.tainting = taintingOpaque
		f.mainFetchStep("about:blank is an empty page")
		return &response{status: 200, statusText: "OK", url: u.String(), exchange: -1, body: noBody,
			header: HeaderList{{"Content-Type", "text/html;charset=utf-8"}}}, nil

	// A data: URL.
	case u.Scheme == "data" && f.quirks.fetchesData(req):
		f.mainFetchStep("every page can read a data: URL")
		return f.dataURL()

	// The mode is navigate.
	case req.mode == ModeNavigate:
		req.tainting = taintingBasic
		f.mainFetchStep("a navigation: the response replaces the page, which cannot read it")
		if !u.IsHTTP() {
			return nil, f.fail(reason.CorsDisabledScheme, -1, NetworkError{})
		}
		return f.httpFetch(false)

	// The mode is same-origin.
	case req.mode == ModeSameOrigin:
		if err := f.quirks.preflightSameOrigin(f); err != nil {
			return nil, err
		}
		return nil, f.fail(reason.DisallowedByMode, -1, NetworkError{},
			Input{"request origin", req.origin.String()}, Input{"URL's origin", req.currentOrigin().String()})

	// The mode is no-cors.
	case req.mode == ModeNoCORS:
		if req.redirect != RedirectFollow {
			mode := Input{"redirect mode", string(req.redirect)}
			return nil, f.fail(reason.NoCorsRedirectModeNotFollow, -1, NetworkError{}, mode)
		}
		if !u.IsHTTP() {
			return nil, f.fail(reason.CorsDisabledScheme, -1, NetworkError{}, Input{"scheme", u.Scheme})
		}
		req.tainting = taintingOpaque
		f.mainFetchStep("cross-origin without CORS: the request is sent, and the response will be opaque")
		return f.httpFetch(false)

	// CORS with a scheme that is not HTTP(S).
	case !u.IsHTTP():
		return nil, f.fail(reason.CorsDisabledScheme, -1, NetworkError{}, Input{"scheme", u.Scheme})
	}
	// CORS with a preflight, or else without one.
	why := f.preflightCause()
	req.tainting = taintingCORS
	if why == "" {
		f.mainFetchStep("cross-origin with CORS: a simple request, which needs no preflight")
		return f.httpFetch(false)
	}
	f.mainFetchStep("cross-origin with CORS: a preflight is needed, because " + why)
	resp, err := f.httpFetch(true)
	if err != nil && f.quirks.failureClearsPreflightCache() {
		f.agent.preflight.clear(req)
	}
	return resp, err
}

// mainFetchStep records which case of step 12 was chosen.
func (f *fetchParams) mainFetchStep(outcome string) {
	req := f.request
	f.step(Step{
		Algorithm: "main fetch", Anchor: fetchSpec + "#main-fetch",
		Inputs: []Input{
			{"request origin", req.origin.String()}, {"URL's origin", req.currentOrigin().String()},
			{"mode", string(req.mode)},
		},
		Outcome: outcome, Exchange: -1,
	})
}

// preflightCause is the condition of the case with a preflight: the
// use-CORS-preflight flag, the method or the headers. It says in words why the
// request needs a preflight, and returns "" if it does not.
func (f *fetchParams) preflightCause() string {
	req := f.request
	var why []string
	switch {
	case req.body != nil && req.body.Stream != nil:
		why = append(why, "its body is a stream")
	case req.useCORSPreflight && req.initiator == InitiatorXHR:
		why = append(why, "its upload has listeners")
	case req.useCORSPreflight: // its body was a stream before a redirect
		why = append(why, "its use-CORS-preflight flag is set")
	}
	if req.unsafeRequest {
		if !field.IsCORSSafelistedMethod(req.method) {
			why = append(why, "its method is "+req.method)
		}
		if names := f.quirks.unsafeNames(req); len(names) > 0 {
			why = append(why, "it has headers that are not safelisted: "+strings.Join(names, ", "))
		}
	}
	if len(why) == 0 {
		return f.quirks.preflightCause(req)
	}
	return strings.Join(why, " and ")
}
