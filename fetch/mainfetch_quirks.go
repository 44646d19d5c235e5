package fetch

import "slices"

// fetchesAboutBlank reports whether about:blank can be fetched in no-cors mode.
func (q quirks) fetchesAboutBlank() bool { return !q.deviates(AboutBlankNotFetched) }

// fetchesData reports whether a data: URL is fetched before the redirect mode is
// checked.
func (q quirks) fetchesData(req *request) bool {
	return req.mode != ModeNoCORS || req.redirect == RedirectFollow || !q.deviates(NoCORSRedirectModeFirst)
}

// preflightSameOrigin is called before a request in same-origin mode is blocked. Some
// browsers send a preflight first, which can fail.
func (q quirks) preflightSameOrigin(f *fetchParams) *NetworkError {
	if body := f.request.body; body == nil || body.Stream == nil || !q.deviates(SameOriginStreamPreflights) {
		return nil
	}
	return f.corsPreflightIfNeeded()
}

// preflightCause says why the browser sends a preflight for a request that needs
// none in the standard. It returns "" if the browser sends none.
func (q quirks) preflightCause(req *request) string {
	if req.memory.preflighted && q.deviates(PreflightsStick) {
		return "it needed one before the redirect"
	}
	return ""
}

// failureClearsPreflightCache reports whether the preflight cache's entries for a
// request are cleared when it fails.
func (q quirks) failureClearsPreflightCache() bool { return !q.deviates(FailureKeepsPreflightCache) }

// unsafeNames returns corsUnsafeRequestHeaderNames of preflightHeader.
func (q quirks) unsafeNames(req *request) []string {
	return corsUnsafeRequestHeaderNames(q.preflightHeader(req), q)
}

// preflightHeader returns the headers that a preflight names: the request's, and
// in some browsers also headers that redirects have removed.
func (q quirks) preflightHeader(req *request) HeaderList {
	switch {
	case q.deviates(PreflightNamesFirstHeaders):
		return req.memory.firstHeader
	case q.deviates(PreflightNamesBodyHeaders) && len(req.memory.namedHeader) > 0:
		return append(slices.Clone(req.header), req.memory.namedHeader...)
	}
	return req.header
}
