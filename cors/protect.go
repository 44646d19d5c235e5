package cors

import (
	"net/http"
	"strings"
)

// This file applies the list of origins where CORS itself does nothing: to form posts, which CORS
// does not stop, to WebSockets, which it does not cover, and to the CORS headers of a proxied
// server.

// Protect is [Middleware.Wrap] with [http.CrossOriginProtection] inside. It refuses requests from
// pages of other origins that may change something, such as form posts, unless the policy trusts
// the origin. The 403 response has the policy's CORS headers, so that a script on an allowed origin
// can read it, and the console reports no CORS error.
//
// The policy trusts an origin that it allows with Credentials, unless only "*" allows it. An origin
// that is allowed without Credentials is trusted as long as the request has neither a cookie nor an
// Authorization header.
func (m *Middleware) Protect(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.trusts(r) {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, "cross-origin request refused", http.StatusForbidden)
	}))
	return m.Wrap(protection.Handler(next))
}

// CheckOrigin reports whether a request may open a WebSocket. It can be assigned to the CheckOrigin
// field of common WebSocket upgraders. CORS does not cover WebSockets: without a check, every site
// could open one as the user. CheckOrigin allows clients other than browsers (they send no Origin),
// the server's own origin, and the origins that the policy trusts (see [Middleware.Protect]).
func (m *Middleware) CheckOrigin(r *http.Request) bool {
	lines := r.Header["Origin"]
	if len(lines) == 0 {
		return true
	}
	// Sec-Fetch-Site does not distinguish ws from http, so only the host is compared.
	return len(lines) == 1 && ownOrigin(lines[0], r.Host, "") || m.trusts(r)
}

// trusts reports whether a request from a page of another origin may change something.
func (m *Middleware) trusts(r *http.Request) bool {
	p := m.policy.Load()
	lines := r.Header["Origin"]
	if p == nil || len(lines) == 0 {
		return false
	}
	var d Decision
	if p.decideOrigin(r.Context(), lines, &d); !d.Allowed {
		return false
	}
	if p.policy.Credentials && !p.reflectAny {
		return true
	}
	return len(r.Header["Cookie"]) == 0 && len(r.Header["Authorization"]) == 0
}

// StripResponse removes the CORS headers (Access-Control-…) from a response and returns nil. Use it
// as ModifyResponse of an [httputil.ReverseProxy] inside a [Middleware], if the proxied server
// sends CORS headers too: browsers reject a response with two Access-Control-Allow-Origin headers,
// whatever they say. [Proxy] does the same and more, for trailers and interim responses.
func StripResponse(r *http.Response) error {
	for name := range r.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			delete(r.Header, name)
		}
	}
	return nil
}
