package fetch

// appendOriginHeader: https://fetch.spec.whatwg.org/#append-a-request-origin-header
func (f *fetchParams) appendOriginHeader(req *request, header *HeaderList) {
	// 2. Serialize the origin: "null" once redirects have tainted the request.
	serialized := req.serializeOrigin()
	switch {
	// 3. With CORS the Origin header is always sent.
	case req.tainting == taintingCORS || f.quirks.elementSendsOrigin(req):
		header.Append("Origin", serialized)
	case f.quirks.appendKeptOrigin(req, header):
	// 4. Without CORS it depends on the method and the referrer policy.
	case req.method != "GET" && req.method != "HEAD":
		// 4.1.
		if req.mode != ModeCORS && f.quirks.originFollowsReferrerPolicy(req) && referrerPolicyHidesOrigin(req) {
			serialized = "null"
		}
		// 4.2.
		serialized = f.quirks.noCORSOrigin(req, serialized)
		header.Append("Origin", serialized)
		f.quirks.originSent(req, serialized)
	default:
		f.quirks.originSent(req, "")
	}
}

// referrerPolicyHidesOrigin is the switch of step 4.1.
func referrerPolicyHidesOrigin(req *request) bool {
	current := req.currentURL()
	switch orDefault(req.referrerPolicy, StrictOriginWhenCrossOrigin) {
	case NoReferrer:
		return true
	case NoReferrerWhenDowngrade, StrictOrigin, StrictOriginWhenCrossOrigin:
		return req.origin.Scheme() == "https" && current.Scheme != "https"
	case SameOriginReferrer:
		return !isOwnOrigin(req)
	}
	return false
}
