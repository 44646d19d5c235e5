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
// The error names the first route that cannot work, and wraps the faults of its policy
// ([cors.Faults]). In addition to invalid patterns, two kinds of pattern are errors: one for OPTIONS,
// because it matches no preflight, and one for a method that its policy does not allow.
//
// Each request costs one match in a ServeMux in addition to the cost of a single policy.
func Wrap(policies Policies, observe func(*http.Request, cors.Decision), next http.Handler) (
	http.Handler, error,
) {
	apply := func(p cors.Policy, pattern string) (http.Handler, error) {
		m, err := cors.New(p)
		if err != nil {
			return nil, err
		}
		if observe != nil {
			m.SetObserver(func(r *http.Request, d cors.Decision) {
				d.Route = pattern
				observe(r, d)
			})
		}
		return m.Wrap(next), nil
	}
	fallback, err := apply(policies.Policy, "")
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	mux := http.NewServeMux()
	for i, route := range policies.Routes {
		h := next
		err := route.check()
		if err == nil && !route.Off {
			h, err = apply(route.Policy, route.Pattern)
		}
		if err == nil {
			err = register(mux, route.Pattern, &target{h})
		}
		if err != nil {
			return nil, fmt.Errorf("routes[%d] %q: %w", i, route.Pattern, err)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := fallback
		if t := match(mux, r); t != nil {
			h = t
		}
		h.ServeHTTP(w, r)
	}), nil
}

// A target is the handler of a route. Its type distinguishes it from handlers that the ServeMux
// makes.
type target struct{ http.Handler }

// check returns a problem of the route that is not a fault of its policy.
func (r *Route) check() error {
	method := ""
	if i := strings.IndexAny(r.Pattern, " \t"); i > 0 {
		method = r.Pattern[:i]
	}
	switch {
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
