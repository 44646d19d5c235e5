package cors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Routes are policies by route, as data. Its JSON form lets a route say only
// what differs: a field that is absent has the value that Policy has.
type Routes struct {
	// Policy is for requests that no route matches, and what routes inherit from
	// in JSON.
	Policy Policy `json:"policy"`

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

	Policy Policy `json:"policy"`
}

// UnmarshalJSON reads routes whose policies begin as copies of Policy.
func (r *Routes) UnmarshalJSON(data []byte) error {
	var raw struct {
		Policy Policy            `json:"policy"`
		Routes []json.RawMessage `json:"routes"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	out := Routes{Policy: raw.Policy}
	for i, line := range raw.Routes {
		route := Route{Policy: raw.Policy.clone()}
		if err := json.Unmarshal(line, &route); err != nil {
			return fmt.Errorf("routes[%d]: %w", i, err)
		}
		out.Routes = append(out.Routes, route)
	}
	*r = out
	return nil
}

// WrapRoutes returns a handler that applies to each request the policy of its
// route. Observe, if not nil, is as in [Middleware.Observe]. The error holds
// the faults of all policies, with the route in front, and of all patterns:
// one for OPTIONS is a fault, since no preflight is matched by it, and so is one
// for a method that its policy does not allow.
func WrapRoutes(routes Routes, observe func(*http.Request, Decision), next http.Handler) (http.Handler, error) {
	base, err := compileChecked(routes.Policy)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	m := &Middleware{Observe: observe}
	mux := http.NewServeMux()
	for i, route := range routes.Routes {
		var p *compiled
		if !route.Off {
			if p, err = compileChecked(route.Policy); err != nil {
				return nil, fmt.Errorf("routes[%d] %q: %w", i, route.Pattern, err)
			}
		}
		if err := route.check(p); err != nil {
			return nil, fmt.Errorf("routes[%d] %q: %w", i, route.Pattern, err)
		}
		if err := register(mux, route.Pattern, &routeHandler{m, p, route.Pattern, next}); err != nil {
			return nil, fmt.Errorf("routes[%d] %q: %w", i, route.Pattern, err)
		}
	}
	fallback := &routeHandler{m, base, "", next}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := fallback
		if h := match(mux, r); h != nil {
			target = h
		}
		target.ServeHTTP(w, r)
	}), nil
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
func match(mux *http.ServeMux, r *http.Request) *routeHandler {
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
	if route, ok := h.(*routeHandler); ok {
		return route
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		probe := *r
		u := *r.URL
		u.Path += "/"
		probe.URL = &u
		if h, _ := mux.Handler(&probe); h != nil {
			if route, ok := h.(*routeHandler); ok {
				return route
			}
		}
	}
	return nil
}

// routeHandler is one route's policy and what comes after it.
type routeHandler struct {
	m       *Middleware
	p       *compiled // nil for none
	pattern string
	next    http.Handler
}

func (h *routeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case h.p != nil && h.m.Observe != nil:
		h.m.serveObserved(h.p, w, r, h.pattern, h.next)
	case h.p == nil || h.m.handle(h.p, w, r, h.pattern, new(Decision)):
		h.next.ServeHTTP(w, r)
	}
}
