// Package routes applies policies of package cors by route: one for most of a server, and others
// for the paths, hosts and methods that need them. The policies are data, with a JSON form.
//
// It is separate from package cors so that programs with a single policy do not link encoding/json.
package routes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/field"
)

// Policies holds policies by route. In JSON a route states only what differs: a field that is
// absent has the value of the field in Policy.
type Policies struct {
	// Policy is for requests that no route matches. In JSON the routes inherit from it.
	Policy cors.Policy `json:"policy"`

	// Routes are matched by the rules of [http.ServeMux]: the most specific pattern wins, and two
	// patterns that conflict are an error.
	Routes []Route `json:"routes,omitempty"`
}

// A Route is a policy for the requests that a pattern matches.
type Route struct {
	// Pattern is a pattern of [http.ServeMux], such as "/public/", "api.example.com/v2/" or "PUT
	// /items/{id}". A preflight is matched by the method that it requests, so a pattern with
	// OPTIONS is an error.
	Pattern string `json:"pattern"`

	// Off turns CORS off for the route: no policy is applied, and all requests reach the handler.
	Off bool `json:"off,omitempty"`

	Policy cors.Policy `json:"policy"`
}

// UnmarshalJSON reads policies from JSON. A route's fields that are absent are copied from Policy.
func (p *Policies) UnmarshalJSON(data []byte) error {
	var raw struct {
		Policy cors.Policy       `json:"policy"`
		Routes []json.RawMessage `json:"routes"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	out := Policies{Policy: raw.Policy}
	for i, text := range raw.Routes {
		route := Route{Policy: raw.Policy.Clone()}
		if err := json.Unmarshal(text, &route); err != nil {
			return fmt.Errorf("routes[%d]: %w", i, err)
		}
		out.Routes = append(out.Routes, route)
	}
	*p = out
	return nil
}

// MarshalJSON writes the policies as JSON from which [Policies.UnmarshalJSON] reads the same policies.
// It writes only those fields of a route's policy that differ from Policy. These include fields that
// are zero in the route only: omitempty would leave them out, and the route would inherit them.
func (p Policies) MarshalJSON() ([]byte, error) {
	type routeJSON struct {
		Pattern string          `json:"pattern"`
		Off     bool            `json:"off,omitempty"`
		Policy  json.RawMessage `json:"policy"`
	}
	out := struct {
		Policy cors.Policy `json:"policy"`
		Routes []routeJSON `json:"routes,omitempty"`
	}{Policy: p.Policy}
	base, err := json.Marshal(p.Policy)
	if err != nil {
		return nil, err
	}
	for i, route := range p.Routes {
		own, err := json.Marshal(route.Policy)
		if err == nil {
			own, err = difference(base, own)
		}
		if err != nil {
			return nil, fmt.Errorf("routes[%d]: %w", i, err)
		}
		out.Routes = append(out.Routes, routeJSON{route.Pattern, route.Off, own})
	}
	return json.Marshal(out)
}

// difference returns the JSON object that turns base into own when it is read over base. Both leave
// out empty values.
func difference(base, own []byte) ([]byte, error) {
	var from, to map[string]json.RawMessage
	if err := json.Unmarshal(base, &from); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(own, &to); err != nil {
		return nil, err
	}
	out := map[string]json.RawMessage{}
	for name, value := range to {
		if !bytes.Equal(value, from[name]) {
			out[name] = value
		}
	}
	for name, value := range from {
		to, kept := to[name]
		switch {
		case value[0] == '{':
			if !kept {
				to = json.RawMessage("{}")
			}
			inner, err := difference(value, to)
			if err != nil {
				return nil, err
			}
			if delete(out, name); len(inner) > len("{}") {
				out[name] = inner
			}
		case kept:
		case value[0] == '[':
			out[name] = json.RawMessage("[]")
		case value[0] == '"':
			out[name] = json.RawMessage(`""`)
		case value[0] == 't':
			out[name] = json.RawMessage("false")
		default:
			out[name] = json.RawMessage("0")
		}
	}
	return json.Marshal(out)
}

// Wrap returns a handler that applies to each request the policy of its route, and calls next as
// [cors.Middleware.Wrap] does. observe, if not nil, receives the decisions as described at
// [cors.Middleware.SetObserver], with [cors.Decision].Route set.
//
// A path such as /public/..%2Fprivate/x, and a host such as API.example, is read differently by
// different servers, and next may serve another route than the one that the pattern matches. Wrap
// therefore finds all routes that the path and the host could belong to, and grants what the policies
// of all of them grant. If that is nothing, the response has no CORS headers, and next still runs. The
// readings of a path are: as received; percent-decoded, repeatedly; with dot segments removed; with
// slashes merged; with backslashes and semicolons as slashes; without what follows a semicolon in a
// segment; without what follows an encoded "?" or "#"; without a slash at the end, unless a pattern is
// for exactly the path with it. Those of a host are: as received, and in lower case without the final
// dot. A path with control characters, overlong UTF-8 or "%u", with more than 64 readings, or of more
// than 2 KiB and not canonical, is taken to belong to every route.
//
// The error holds everything that is wrong: each fault with its route, in a message that names the
// route, and all of them for [cors.Faults]. In addition to invalid patterns, three kinds of pattern are
// errors: one for OPTIONS, because it matches no preflight; one for a method that its policy does not
// allow; and one with a host in upper case, because no browser sends one.
//
// A request with a canonical path costs one match in a ServeMux in addition to the cost of a single policy.
func Wrap(policies Policies, observe func(*http.Request, cors.Decision), next http.Handler) (
	http.Handler, error,
) {
	h := &handler{mux: http.NewServeMux(), next: next, observe: observe}
	var problems []error
	var err error
	if h.fallback, err = h.target("", policies.Policy); err != nil {
		problems = append(problems, fmt.Errorf("policy: %w", err))
	}
	h.all = append(h.all, h.fallback)
	for i, route := range policies.Routes {
		t := &target{Handler: next, pattern: route.Pattern}
		err := route.Check()
		if err == nil && !route.Off {
			t, err = h.target(route.Pattern, route.Policy)
		}
		if err == nil {
			err = register(h.mux, route.Pattern, t)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("routes[%d] %q: %w", i, route.Pattern, err))
		}
		h.all = append(h.all, t)
		h.hosts = h.hosts || hostOf(route.Pattern) != ""
	}
	switch len(problems) {
	case 0:
		return h, nil
	case 1:
		return nil, problems[0]
	}
	return nil, errors.Join(problems...)
}

// A handler applies policies by route.
type handler struct {
	mux      *http.ServeMux // finds the *target of a route
	fallback *target
	all      []*target // with fallback
	hosts    bool      // a route has a host
	next     http.Handler
	observe  func(*http.Request, cors.Decision)
}

// A target is a route with the handler that applies its policy. Its type distinguishes it from
// handlers that the ServeMux makes.
type target struct {
	http.Handler
	pattern string
	policy  *cors.Middleware // nil if the route is off

	// Those of the policy.
	lookupKey        func(*http.Request) string
	lookupKeyHeaders []string
}

// target returns the target of a route that has a policy.
func (h *handler) target(pattern string, p cors.Policy) (*target, error) {
	m, err := cors.New(p)
	if err != nil {
		return nil, err
	}
	if h.observe != nil {
		m.SetObserver(func(r *http.Request, d cors.Decision) {
			d.Route = pattern
			h.observe(r, d)
		})
	}
	return &target{m.Wrap(h.next), pattern, m, p.LookupKey, slices.Clone(p.LookupKeyHeaders)}, nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var all []*target
	if canonicalPath(r.URL) && (!h.hosts || canonicalHost(r.Host)) {
		t := h.match(r)
		other := h.matchWithoutSlash(r, t)
		if other == t {
			t.ServeHTTP(w, r)
			return
		}
		all = []*target{t, other}
	} else {
		all = h.matchAll(r)
	}
	if len(all) == 1 {
		all[0].ServeHTTP(w, r)
	} else {
		h.serveAmbiguous(w, r, all)
	}
}

// match returns the target of a request.
func (h *handler) match(r *http.Request) *target {
	if t := match(h.mux, r); t != nil {
		return t
	}
	return h.fallback
}

// matchWithoutSlash returns the target of a request for a path without the slash at its end. It returns t,
// which is the target of the path as it is, if there is no slash, or if t's pattern is for exactly that path.
func (h *handler) matchWithoutSlash(r *http.Request, t *target) *target {
	path := r.URL.Path
	if len(path) < 2 || path[len(path)-1] != '/' {
		return t
	}
	without := *r
	u := *r.URL
	u.Path, u.RawPath = path[:len(path)-1], strings.TrimSuffix(u.RawPath, "/")
	without.URL = &u
	if other := h.match(&without); !slashed(t.pattern, other.pattern) {
		return other
	}
	return t
}

// matchAll returns the targets of all readings of a request, each once: all targets, if the readings
// are not known.
func (h *handler) matchAll(r *http.Request) []*target {
	readings, ok := paths(r.URL.EscapedPath())
	if !ok {
		return h.all
	}
	// ServeMux's own reading comes first: it finds the segments and then decodes each.
	escaped := []string{r.URL.EscapedPath()}
	for _, path := range readings {
		escaped = append(escaped, escape(path))
	}
	names := []string{r.Host}
	if h.hosts {
		names = hosts(r.Host)
	}
	var all []*target
	add := func(t *target) {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	for _, host := range names {
		for _, path := range escaped {
			spelled := literal(r, host, path)
			t := h.match(spelled)
			add(t)
			add(h.matchWithoutSlash(spelled, t))
		}
	}
	return all
}

// Check returns an error if no page could use a route, although its pattern and its policy are
// valid: its pattern has a host in upper case, the method OPTIONS, or a method that the policy does
// not allow. The error says what to write. [Wrap] checks the same.
func (r *Route) Check() error {
	method, host := "", hostOf(r.Pattern)
	if i := strings.IndexAny(r.Pattern, " \t"); i > 0 {
		method = r.Pattern[:i]
	}
	switch {
	case host != strings.ToLower(host):
		return fmt.Errorf("browsers send hosts in lower case; write %q", strings.ToLower(host))
	case method == http.MethodOptions:
		return errors.New("a preflight is matched by the method that it requests, never by OPTIONS; " +
			"write that method, or none")
	case method == "", field.IsCORSSafelistedMethod(method):
		return nil
	}
	methods := r.Policy.Methods
	if r.Off || r.Policy.ReportOnly || slices.Contains(methods, method) || slices.Contains(methods, "*") {
		return nil
	}
	return fmt.Errorf("no page can send %s here, because the policy refuses its preflight; "+
		"add %q to methods, or turn the route off", method, method)
}

// hostOf returns the host of a pattern, "" for none.
func hostOf(pattern string) string {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		pattern = strings.TrimLeft(pattern[i:], " \t")
	}
	host, _, _ := strings.Cut(pattern, "/")
	return host
}

// register adds a handler to a ServeMux, and returns its panic about an invalid or conflicting
// pattern as an error.
func register(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// match returns the route of a request, or nil. The route of a preflight is that of the request
// after it.
func match(mux *http.ServeMux, r *http.Request) *target {
	method := r.Header["Access-Control-Request-Method"]
	if r.Method == http.MethodOptions && len(method) == 1 && len(r.Header["Origin"]) > 0 {
		actual := *r
		actual.Method = method[0]
		r = &actual
	}
	h, pattern := mux.Handler(r)
	if pattern == "" {
		return nil
	}
	// ServeMux redirects some paths to a route. That route's policy applies to the redirect too.
	if route, ok := h.(*target); ok {
		return route
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		redirected := *r
		u := *r.URL
		u.Path += "/"
		redirected.URL = &u
		if h, _ := mux.Handler(&redirected); h != nil {
			if route, ok := h.(*target); ok {
				return route
			}
		}
	}
	return nil
}
