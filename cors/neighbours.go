package cors

import (
	"net/http"
	"strings"
)

// What stands beside CORS on the same list of origins: form posts, which CORS
// does not stop, WebSockets, which it does not know, and a proxied server's own
// CORS headers.

// Protect is [Middleware.Wrap] with [http.CrossOriginProtection] inside: it
// stops what changes something and comes from a page of another origin, form
// posts above all, unless the policy trusts that origin. A refusal has CORS
// headers like any response, so that a script sees the 403 and the console
// shows no CORS error that isn't one.
//
// The policy trusts an origin for this if it lets the origin in with
// Credentials, by name and not by "*". One that is let in without credentials
// may change things too, as long as its request carries none: neither a cookie
// nor an Authorization.
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

// CheckOrigin reports whether a WebSocket may be opened: it fits the CheckOrigin
// field of upgraders. CORS knows no WebSockets, so without it every page could
// open one as its user. Allowed are clients that are no browsers (no Origin),
// the server's own origin, and the origins that [Middleware.Protect] trusts.
func (m *Middleware) CheckOrigin(r *http.Request) bool {
	lines := r.Header["Origin"]
	if len(lines) == 0 {
		return true
	}
	// Browsers send no Sec-Fetch-Site that tells http from ws, so the host counts.
	return len(lines) == 1 && ownOrigin(lines[0], r.Host, "") || m.trusts(r)
}

// trusts reports whether a request of another origin may act.
func (m *Middleware) trusts(r *http.Request) bool {
	p := m.state.Load()
	if p == nil {
		return false
	}
	lines := r.Header["Origin"]
	if len(lines) == 0 {
		return false
	}
	var d Decision
	if p.decideOrigin(r.Context(), Actual, lines, &d); !d.Allowed {
		return false
	}
	if p.policy.Credentials && !p.anyoneCredentialed {
		return true
	}
	return len(r.Header["Cookie"]) == 0 && len(r.Header["Authorization"]) == 0
}

// StripResponse takes the CORS fields off a response: for the ModifyResponse of
// an [httputil.ReverseProxy] inside a [Middleware], where the server behind it
// has CORS headers of its own. Browsers refuse a response with two
// Access-Control-Allow-Origin fields, whatever they say.
func StripResponse(r *http.Response) error {
	for name := range r.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			delete(r.Header, name)
		}
	}
	return nil
}
