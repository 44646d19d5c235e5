package routes

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/grant"
	"github.com/concors/concors/internal/keyrequest"
)

// serveAmbiguous serves a request whose path or host has readings on several routes. It applies what
// the policies of all of them grant.
func (h *handler) serveAmbiguous(w http.ResponseWriter, r *http.Request, all []*target) {
	request := cors.Request{
		Method: r.Method, Origin: r.Header["Origin"], RequestMethod: r.Header["Access-Control-Request-Method"],
		RequestHeaders: r.Header["Access-Control-Request-Headers"],
		Host:           r.Host, FetchSite: r.Header.Get("Sec-Fetch-Site"), TLS: r.TLS != nil,
	}
	var c combination
	for _, t := range all {
		c.add(t, r, request)
	}
	if h.observe != nil && c.decision.Kind != cors.NotCORS {
		h.observe(r, c.decision)
	}
	status := c.status
	preflight := c.decision.Kind == cors.Preflight
	switch {
	case !preflight || !c.enforced:
	case c.allowed:
		status = c.preflightStatus
	default:
		c.fields, c.vary, status = nil, nil, http.StatusForbidden // as package cors does
	}
	for name, value := range c.fields {
		w.Header().Set(name, value)
	}
	for _, names := range c.vary {
		grant.AddVary(w.Header(), names)
	}
	switch {
	case status == 0:
		h.next.ServeHTTP(w, r)
	case preflight:
		w.WriteHeader(status)
	default:
		http.Error(w, "origin not allowed", status)
	}
}

// A combination is what each of several policies grants to one request.
type combination struct {
	added    int           // the number of policies
	enforced bool          // at least one is neither off nor report only
	allowed  bool          // by all policies
	decision cors.Decision // of a policy that refuses, otherwise of the first

	fields map[string]string // response headers, without Vary
	vary   []string          // the names that each adds to Vary
	status int               // of the response to a request that a policy rejects, otherwise 0

	preflightStatus int // if the preflight is granted
}

// add adds the policy of a route.
func (c *combination) add(t *target, r *http.Request, request cors.Request) {
	off := t.policy == nil
	policy := t.policy
	if off {
		policy = new(cors.Middleware) // changes nothing
	}
	if t.lookupKey != nil && len(request.Origin) > 0 {
		request.LookupKey = t.lookupKey(keyrequest.New(r, t.lookupKeyHeaders))
	}
	d, list, vary, status := policy.Fields(r.Context(), request)
	d.Route = t.pattern
	fields := make(map[string]string, len(list))
	for _, f := range list {
		fields[f.Name] = f.Value
	}
	granted := fields[grant.AllowOrigin] != ""
	first := c.added == 0
	switch {
	case first:
		c.fields, c.decision, c.preflightStatus = fields, d, status
	case granted && c.allowed:
		c.fields = common(c.fields, fields, request)
		c.decision.Credentials = c.decision.Credentials && d.Credentials
	default:
		embedding := strictest(c.fields[grant.ResourcePolicy], fields[grant.ResourcePolicy])
		if c.fields = map[string]string{}; embedding != "" {
			c.fields[grant.ResourcePolicy] = embedding
		}
	}
	if !first && granted != c.allowed && c.decision.Reason != cors.AmbiguousRoute {
		if c.allowed {
			c.decision = d
		}
		c.decision.Allowed, c.decision.Reason, c.decision.ReportOnly = false, cors.AmbiguousRoute, false
	}
	c.added++
	c.allowed = granted && (first || c.allowed)
	c.enforced = c.enforced || !off && !d.ReportOnly
	c.vary = append(c.vary, vary)
	if d.Kind != cors.Preflight && status != 0 {
		c.status = status
	}
}

// common returns the headers that grant what both a and b grant. Both allow the origin, and the method
// and headers of a preflight.
func common(a, b map[string]string, request cors.Request) map[string]string {
	out := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	same := func(name, otherwise string) {
		if a[name] == b[name] {
			otherwise = a[name]
		}
		set(name, otherwise)
	}
	specific := func(name string) {
		switch {
		case a[name] == "" || b[name] == "":
		case a[name] == "*":
			set(name, b[name])
		default:
			set(name, a[name])
		}
	}
	specific(grant.AllowOrigin)
	same(grant.AllowCredentials, "")
	specific(grant.TimingAllowOrigin)
	set(grant.ExposeHeaders, commonNames(a, b))
	set(grant.ResourcePolicy, strictest(a[grant.ResourcePolicy], b[grant.ResourcePolicy]))
	if len(request.RequestMethod) > 0 { // the fields are those of a preflight
		same(grant.AllowMethods, request.RequestMethod[0])
		same(grant.AllowHeaders, strings.Join(request.RequestHeaders, ","))
		same(grant.MaxAge, "0")
	}
	return out
}

// commonNames returns the names that both expose. "*" exposes all, unless there are credentials.
func commonNames(a, b map[string]string) string {
	all := func(of map[string]string) bool {
		return of[grant.ExposeHeaders] == "*" && of[grant.AllowCredentials] == ""
	}
	switch {
	case all(a):
		return b[grant.ExposeHeaders]
	case all(b):
		return a[grant.ExposeHeaders]
	}
	var out []string
	others := strings.Split(b[grant.ExposeHeaders], ", ")
	for name := range strings.SplitSeq(a[grant.ExposeHeaders], ", ") {
		if slices.ContainsFunc(others, func(other string) bool { return field.EqualFold(name, other) }) {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// strictest returns the value of Cross-Origin-Resource-Policy that lets fewer pages embed a response.
// Without the header, all may.
func strictest(a, b string) string {
	for _, value := range []string{"same-origin", "same-site", "cross-origin"} {
		if a == value || b == value {
			return value
		}
	}
	return ""
}
