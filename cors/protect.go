package cors

import "net/http"

// This file applies the list of origins where CORS itself does nothing: to form posts, which CORS
// does not stop, to WebSockets, which it does not cover, and to the CORS headers of a proxied
// server.

// Protect is [Middleware.Wrap] with [http.CrossOriginProtection] inside. It refuses requests from
// pages of other origins that may change something, such as form posts, unless the policy trusts
// the origin. The 403 response has the policy's CORS headers, so that a script on an allowed origin
// can read it, and the console reports no CORS error. A policy with ReportOnly refuses nothing.
//
// The policy trusts an origin that it allows with Credentials, unless only "*" allows it, and one of
// OriginsWithCredentials. It also trusts an origin of DangerouslyAllowAnyHost or
// DangerouslyAllowAddressRanges, if that is allowed with credentials. An origin
// that is allowed without Credentials is trusted as long as the request has no credentials: neither
// a cookie nor an Authorization header nor a TLS client certificate. Credentials of a connection are
// not seen: with NTLM, Negotiate, or a proxy that checks client certificates, use a policy with
// Credentials and list the origins.
//
// Requests from the server's own pages are not refused. Policy.Self says which these are, or without
// it the browser's Sec-Fetch-Site, or without both the Host header. Under TLS, an http:// origin is
// not the server's own. With Self, a form of an own page with Referrer-Policy: no-referrer is refused,
// because browsers send Origin: null with it, which does not show whose page it is: use same-origin, or
// a policy that sends more. Protect does not check the Host header: a server that can be reached under
// any name should refuse requests for names that are not its own, for example by the patterns of its
// ServeMux.
func (m *Middleware) Protect(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	decide := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.own(r, r.Header.Get("Sec-Fetch-Site")) || m.trusts(r) || m.enforced().ReportOnly {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, "cross-origin request refused", http.StatusForbidden)
	})
	protection.SetDenyHandler(decide)
	protected := protection.Handler(next)
	return m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		// CrossOriginProtection knows neither Self nor the scheme.
		decidedHere := r.Header.Get("Sec-Fetch-Site") == "" || len(m.enforced().Self) > 0
		if !safe && len(r.Header["Origin"]) > 0 && decidedHere {
			decide(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	}))
}

// CheckOrigin reports whether a request may open a WebSocket. It can be assigned to the CheckOrigin
// field of common WebSocket upgraders. CORS does not cover WebSockets: without a check, every site
// could open one as the user. CheckOrigin allows clients other than browsers (they send no Origin),
// the server's own origin, and the origins that the policy trusts (see [Middleware.Protect]).
func (m *Middleware) CheckOrigin(r *http.Request) bool {
	if len(r.Header["Origin"]) == 0 || m.enforced().ReportOnly {
		return true
	}
	// Not all browsers send Sec-Fetch-Site with WebSockets, and they differ in whether wss:// is the
	// same site as https://. So it can confirm that the origin is the server's own, and not deny it.
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" && m.own(r, site) || m.own(r, "") || m.trusts(r)
}

// enforced returns the policy in force, the zero Policy if there is none.
func (m *Middleware) enforced() *Policy {
	if p := m.policy.Load(); p != nil {
		return &p.policy
	}
	return &Policy{}
}

// own reports whether a request comes from a page of the server's own origin.
func (m *Middleware) own(r *http.Request, fetchSite string) bool {
	p := m.policy.Load()
	if p == nil {
		p = new(compiled)
	}
	lines := r.Header["Origin"]
	return len(lines) == 1 && p.ownOrigin(lines[0], r.Host, fetchSite, r.TLS != nil)
}

// trusts reports whether a request from a page of another origin may change something.
func (m *Middleware) trusts(r *http.Request) bool {
	p := m.policy.Load()
	var q Request
	q.read(r)
	if p == nil || len(q.Origin) == 0 {
		return false
	}
	var d Decision
	if p.decideOrigin(r.Context(), &q, &d); !d.Allowed {
		return false
	}
	if p.allowsCredentials(&q, &d) && !p.reflectAny {
		return true
	}
	certificate := r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	return len(r.Header["Cookie"]) == 0 && len(r.Header["Authorization"]) == 0 && !certificate
}

// StripResponse removes the CORS headers (Access-Control-…) from a response and returns nil. Use it
// as ModifyResponse of an [httputil.ReverseProxy] inside a [Middleware], if the proxied server
// sends CORS headers too: browsers reject a response with two Access-Control-Allow-Origin headers,
// whatever they say. [Proxy] does the same and more, for trailers and interim responses.
func StripResponse(r *http.Response) error {
	for name := range r.Header {
		if isCORSHeader(name) {
			delete(r.Header, name)
		}
	}
	return nil
}
