package fetch

import (
	"strconv"

	"github.com/concors/concors/fetch/reason"
)

// httpFetch: https://fetch.spec.whatwg.org/#http-fetch
func (f *fetchParams) httpFetch(makeCORSPreflight bool) (*response, *NetworkError) {
	req := f.request
	// 3 and 4.2. There are no service workers.
	// 4.1. A preflight, unless the cache has one.
	if makeCORSPreflight {
		if err := f.corsPreflightIfNeeded(); err != nil {
			return nil, err
		}
	}
	if err := f.quirks.redirectRefused(f); err != nil {
		return nil, err
	}
	// 4.3. Send the request.
	resp, err := f.httpNetworkOrCacheFetch(req, false, false)
	if err != nil {
		return nil, err
	}
	// 4.4–5. Check the response.
	if err := f.checkHop(resp); err != nil {
		resp.body.Close()
		return nil, err
	}
	// 6. Is it a redirect? An HTTP/2 stream (6.2) is ended when the body is closed.
	if !isRedirectStatus(resp.status) || f.quirks.notARedirect(req, resp) {
		return resp, nil
	}
	// 6.3. The redirect mode decides.
	switch req.redirect {
	case RedirectError:
		resp.body.Close()
		status := Input{"status", strconv.Itoa(resp.status)}
		return nil, f.fail(reason.RedirectModeError, resp.exchange, NetworkError{}, status)
	case RedirectManual:
		// Navigations are made with redirect mode "follow" here, although HTML
		// makes them with "manual" and follows each redirect itself.
		if err := f.quirks.manualRedirectBlocked(f, resp); err != nil {
			resp.body.Close()
			return nil, err
		}
		resp.opaqueRedirect = true
		return resp, nil
	}
	return f.httpRedirectFetch(resp)
}

// checkHop is steps 4.4 and 5. It checks every response before the redirect mode is
// applied. So a redirect by another origin needs its own Access-Control-Allow-Origin
// in every redirect mode.
func (f *fetchParams) checkHop(resp *response) *NetworkError {
	switch f.request.tainting {
	case taintingCORS:
		// 4.4. The CORS check.
		return f.corsCheck(f.request, resp, false)
	case taintingOpaque:
		// 5. The cross-origin resource policy check.
		return f.crossOriginResourcePolicyCheck(resp)
	}
	return nil
}

// isRedirectStatus: https://fetch.spec.whatwg.org/#redirect-status
func isRedirectStatus(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}
