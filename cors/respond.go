package cors

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/internal/grant"
)

// respond returns what a decision does to the response: the headers that it puts there, and the
// status if the middleware writes the response itself. Status 0 means that the next handler is
// called.
//
// The response to a refused preflight has no headers, not even Vary: caches must not store
// responses to OPTIONS, and this one has nothing in it that depends on the origin.
func (p *compiled) respond(r *Request, d *Decision, debug bool) (headers []grant.Header, status int) {
	switch {
	case p.policy.ReportOnly:
		return nil, 0
	case d.Kind == Preflight && d.Allowed && d.Credentials:
		return p.grant.PreflightWithCredentials, p.grant.Status
	case d.Kind == Preflight && d.Allowed:
		return p.grant.Preflight, p.grant.Status
	case d.Kind == Preflight && debug && !d.Reason.concernsOrigin():
		return p.explain(d), p.grant.Status
	case d.Kind == Preflight:
		return nil, http.StatusForbidden
	case d.Credentials:
		return p.grant.AllowedWithCredentials, 0
	case d.Allowed || p.grant.AnyOrigin:
		return p.grant.Allowed, 0
	case d.Kind == Actual && p.policy.RejectRefused && !p.ownOrigin(d.Origin, r.Host, r.fetchSite(), r.TLS):
		return p.grant.Refused, http.StatusForbidden
	}
	return p.grant.Refused, 0
}

// write carries out what respond returns, and reports whether to call the next handler.
func (p *compiled) write(w http.ResponseWriter, r *Request, d *Decision, debug bool) (callNext bool) {
	headers, status := p.respond(r, d, debug)
	if len(headers) > 0 {
		setHeaders(w.Header(), headers, d.Origin, d.Method, r.RequestHeaders)
	}
	switch {
	case status == 0:
		return true
	case d.Kind == Preflight:
		w.WriteHeader(status)
	default:
		http.Error(w, "origin not allowed", status)
	}
	return false
}

// writeNotCORS does what write does for a request without an Origin. Most requests of a service may
// have none, so they are spared the Decision.
func (p *compiled) writeNotCORS(w http.ResponseWriter) {
	headers := p.grant.Refused
	if p.grant.AnyOrigin {
		headers = p.grant.Allowed
	}
	if !p.policy.ReportOnly && len(headers) > 0 {
		setHeaders(w.Header(), headers, "", "", nil)
	}
}

// setHeaders sets the headers in h, removes those whose value is empty, and adds to Vary.
//
// The values share one array, which saves allocations. The capacity of each slice is its length: a
// handler that appends to one gets a new array. No array is used for a second response, so a handler
// that overwrites a value changes no other response.
func setHeaders(h http.Header, headers []grant.Header, origin, method string, requestHeaders []string) {
	values := make([]string, len(headers))
	for i := range headers {
		header := &headers[i]
		value := header.Value
		if header.From != grant.Fixed { // a call costs time, and most values are fixed
			value = header.ValueFor(origin, method, requestHeaders)
		}
		switch {
		case value == "":
			delete(h, header.Name)
		case header.Name == grant.Vary && len(h) > 0 && len(h[grant.Vary]) > 0:
			grant.AddVary(h, value)
		default:
			values[i] = value
			h[header.Name] = values[i : i+1 : i+1]
		}
	}
}

// explain returns the headers of the response to a preflight that is refused for its method or
// headers, in debug mode: what the policy allows, so that the browser can say what is missing.
//
// They must not grant what is refused: neither by a "*" that covers it, nor by the absence of
// Access-Control-Allow-Methods, which grants the method of an upload with progress events. They also
// must not be cached. A later header replaces an earlier one with the same name, or removes it if its
// value is empty.
func (p *compiled) explain(d *Decision) []grant.Header {
	granted := p.grant.Preflight
	if d.Credentials {
		granted = p.grant.PreflightWithCredentials
	}
	headers := append(slices.Clone(granted), grant.Header{Name: grant.MaxAge})
	methodRefused := d.Reason == MethodRefused
	if methodRefused && (p.grant.AnyMethod || len(p.grant.Methods) == 0) {
		headers = append(headers, grant.Header{Name: grant.AllowMethods, Value: "GET, HEAD, POST"})
	}
	if p.grant.EchoHeaders || p.grant.AnyRequestHeader && !methodRefused {
		headers = append(headers, grant.Header{Name: grant.AllowHeaders})
	}
	return headers
}

// ownOrigin reports whether a request comes from the server's own origin, as far as the server can
// know. Policy.Self decides if there is one, then the browser's Sec-Fetch-Site, and otherwise the
// host. A server behind a proxy does not know its own scheme, but one that has TLS does.
func (p *compiled) ownOrigin(origin, host, fetchSite string, tls bool) bool {
	switch {
	case len(p.policy.Self) > 0:
		return slices.Contains(p.policy.Self, origin)
	case fetchSite != "":
		return fetchSite == "same-origin" || fetchSite == "none"
	}
	scheme, authority, ok := strings.Cut(origin, "://")
	return ok && authority != "" && authority == host && (!tls || scheme == "https")
}
