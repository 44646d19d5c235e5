// Package routes applies policies of package cors by route: one for most of a
// server, and others for the paths, hosts and methods that need them, as data.
//
// It is a package of its own for programs with one policy to be without what it
// needs to read JSON.
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
)

// Policies are policies by route. Their JSON form lets a route say only what
// differs: a field that is absent has the value that Policy has.
type Policies struct {
	// Policy is for requests that no route matches, and what routes inherit from
	// in JSON.
	Policy cors.Policy `json:"policy"`

	// Routes are tried by the rules of [http.ServeMux]: the most specific
	// pattern wins, and two that conflict are an error.
	Routes []Route `json:"routes,omitempty"`
}

// A Route is a policy for what a pattern matches.
type Route struct {
	// Pattern is one that [http.ServeMux] takes, such as "/public/",
	// "api.example.com/v2/" or "PUT /items/{id}". A preflight is matched by the
	// method that it asks for.
	Pattern string `json:"pattern"`

	// Off leaves the route without CORS: requests go through unchanged.
	Off bool `json:"off,omitempty"`

	Policy cors.Policy `json:"policy"`
}

// UnmarshalJSON reads routes whose policies begin as copies of Policy.
func (p *Policies) UnmarshalJSON(data []byte) error {
	var raw struct {
		Policy cors.Policy       `json:"policy"`
		Routes []json.RawMessage `json:"routes"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	out := Policies{Policy: raw.Policy}
	for i, line := range raw.Routes {
		route := Route{Policy: raw.Policy.Clone()}
		if err := json.Unmarshal(line, &route); err != nil {
			return fmt.Errorf("routes[%d]: %w", i, err)
		}
		out.Routes = append(out.Routes, route)
	}
	*p = out
	return nil
}

// MarshalJSON writes of each route's policy what differs from Policy, so that
// [Policies.UnmarshalJSON] reads the same routes: a field that a route sets back
// to nothing is written, which omitempty alone would leave out and the route
// then inherit.
func (p Policies) MarshalJSON() ([]byte, error) {
	type line struct {
		Pattern string          `json:"pattern"`
		Off     bool            `json:"off,omitempty"`
		Policy  json.RawMessage `json:"policy"`
	}
	out := struct {
		Policy cors.Policy `json:"policy"`
		Routes []line      `json:"routes,omitempty"`
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
		out.Routes = append(out.Routes, line{route.Pattern, route.Off, own})
	}
	return json.Marshal(out)
}

// difference is the JSON object that, read over base, gives own. Both leave out
// what is empty.
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

// Wrap returns a handler that applies to each request the policy of its route.
// Observe, if not nil, is as in [cors.Middleware.SetObserver], with
// [cors.Decision].Route set. The error holds the faults of all policies, with
// the route in front, and of all patterns: one for OPTIONS is a fault, since no
// preflight is matched by it, and so is one for a method that its policy does
// not allow.
func Wrap(policies Policies, observe func(*http.Request, cors.Decision), next http.Handler) (http.Handler, error) {
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

// target is what follows a route, apart from the handlers of ServeMux's own.
type target struct{ http.Handler }

// check says what is wrong with a route that its policy can't show.
func (r *Route) check() error {
	method := ""
	if i := strings.IndexAny(r.Pattern, " \t"); i > 0 {
		method = r.Pattern[:i]
	}
	switch method {
	case http.MethodOptions:
		return errors.New("a preflight is matched by the method that it asks for, and never by OPTIONS; name that method, or none")
	case "", "GET", "HEAD", "POST": // https://fetch.spec.whatwg.org/#cors-safelisted-method
		return nil
	}
	if r.Off || r.Policy.ReportOnly || slices.Contains(r.Policy.Methods, method) || slices.Contains(r.Policy.Methods, "*") {
		return nil
	}
	return fmt.Errorf("no page can send %s here, for the policy refuses its preflight; add %q to methods, or turn the route off", method, method)
}

// register turns ServeMux's panic about a bad or conflicting pattern into an
// error.
func register(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// match finds the route of a request; of a preflight, that of the request it
// asks for.
func match(mux *http.ServeMux, r *http.Request) *target {
	if wanted := r.Header["Access-Control-Request-Method"]; r.Method == http.MethodOptions && len(wanted) == 1 && len(r.Header["Origin"]) > 0 {
		probe := *r
		probe.Method = wanted[0]
		r = &probe
	}
	h, pattern := mux.Handler(r)
	if pattern == "" {
		return nil
	}
	// ServeMux answers some paths with a redirect to a route; the policy of that
	// route is for the redirect too.
	if route, ok := h.(*target); ok {
		return route
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		probe := *r
		u := *r.URL
		u.Path += "/"
		probe.URL = &u
		if h, _ := mux.Handler(&probe); h != nil {
			if route, ok := h.(*target); ok {
				return route
			}
		}
	}
	return nil
}
