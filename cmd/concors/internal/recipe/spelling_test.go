package recipe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// ruleOf returns the rule of a request, by the plan's matches.
func (p *Plan) ruleOf(method, host, target string, ignoreCase bool) *Rule {
	matches := p.Matches()
	if ignoreCase {
		matches = p.MatchesIgnoringCase()
	}
	for _, m := range matches {
		name := host
		if m.AnySpelling {
			name = strings.TrimRight(strings.ToLower(host), ".")
		}
		if (m.Method == "" || m.Method == method || m.Method == "GET" && method == "HEAD") &&
			(m.Host == "" || m.Host == name) && compiled(m.Path).MatchString(target) {
			return m.Rule
		}
	}
	return p.Rest()
}

// compiled returns a regular expression, which it compiles once.
func compiled(text string) *regexp.Regexp {
	if expressions[text] == nil {
		expressions[text] = regexp.MustCompile(text)
	}
	return expressions[text]
}

var expressions = map[string]*regexp.Regexp{}

// originPerRoute returns policies in which each route allows one origin, its own.
func originPerRoute(patterns ...string) routes.Policies {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://rest.example"}}}
	for i, pattern := range patterns {
		policies.Routes = append(policies.Routes, routes.Route{
			Pattern: pattern, Policy: cors.Policy{Origins: []string{fmt.Sprintf("https://r%d.example", i)}},
		})
	}
	return policies
}

var spelledRoutes = []string{"/public/", "/private/", "/items/", "/items/private/", "/users/{id}", "/users/{id}/notes", "/exact", "/x/{a}/{b}/c/", "/dir/{$}", "/a.b/c", "/both", "/both/"}

// TestSpellings checks which rule has a path that can be read in several ways.
func TestSpellings(t *testing.T) {
	p := NewPlan(originPerRoute(spelledRoutes...))
	const closed = "closed"
	for target, want := range map[string]string{
		"/public/..%2Fprivate/secret.txt": closed, "/public/%2e%2e/private/x": closed, "/public/%252e%252e/private/x": closed,
		"/public/..;/private/x": closed, "/public/..;a=b/private/x": closed, `/public/..\private/x`: closed, "/public/..%5cprivate": closed,
		"/public/%25%32%65./private": closed, "/public/%2%65./": closed, "/public/.%00./private": closed, "/public/..%c0%af": closed,
		"/public/..%E0%80%AF": closed, "/public/..%3B/private": closed, "/public/..": closed, "/public/.%2E?": closed, "/public;/../private/x": closed,
		"//private/x": closed, "/private%2Fx": closed, "/x//../private": closed, "/%70rivate/x": closed, "/%2570rivate": closed,
		`/private\x`: closed, "/private;x/y": closed, "/;x/private/y": closed, "/private%3Fx": closed, "/private%23": closed, "/%2Fprivate": closed,
		"http://api.example/private/x": closed, "": closed, "*": closed, "/exact%3F": closed, "/exact;": closed, "/%65xact": closed,
		"/a%2eb/c": closed, "/a.b%2Fc": closed, "/users/a%2Fnotes": closed, "/users/a%2Fb": closed, "/users/a;b/notes": closed,
		"/users%2Fa": closed, "/dir%2F": closed, "/dir//": closed, "/x/1%2F2/c/": closed, "/items/private%2Fx": closed, "/items//private/x": closed,
		"/items/%70rivate/x": closed, "/items/private;/x": closed, "/bad%zz": closed, "/bad%": closed, "/bad%2": closed, "/items////a": closed, "/items/%25252561": closed, "/users/%3F": closed, "/users/%3B": closed, "/users/%25252F": closed,

		"/items/a%2Fb": "/items/", "/items/a%20b": "/items/", "/items/100%25": "/items/", "/items/%61": "/items/", "/items//a": "/items/",
		"/items/a;b": "/items/", "/items/a%252Fb": "/items/", "/items/https%3A%2F%2Fa.example%2F%3Fq": "/items/", "/items?": "/items/",
		"/items/privat%2F": "/items/", "/items/private-": "/items/", "/items/.well-known": "/items/", "/items/...": "/items/",
		"/users/ann%40example": "/users/{id}", "/users/a%20b": "/users/{id}", "/users/100%25": "/users/{id}", "/users/100%25%20x": "/users/{id}", "/users/": "",
		"/both/": "/both/", "/both": "/both", "/both/x": "/both/", "/users/%25x": "/users/{id}", "/users/a%20b/notes": "/users/{id}/notes", "/users/%D0%B0?a=/../": "/users/{id}", "/users/5%25a_": "/users/{id}",
		"/other/a%2Fb": "", "/%61": "", "/other;a/b": "", "//other": "", "/users/a%20b/x": "", "/privat%65x": "", "/exact/x%2F": "", "/exactly": "",
	} {
		r := p.ruleOf("GET", "api.example", target, false)
		got := r.Route
		if r.closed {
			got = closed
		}
		if got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
	for target, want := range map[string]string{
		"/PRIVATE/x": closed, "/Exact": closed, "/exact/": closed, "/exact//": closed, "/%50rivate/": closed, "/private/X": "/private/",
		"/Other/": "", "/users/ANN": "/users/{id}", "/users/ann/": closed,
	} {
		r := p.ruleOf("GET", "api.example", target, true)
		got := r.Route
		if r.closed {
			got = closed
		}
		if got != want {
			t.Errorf("ignoring case: %s: %q, want %q", target, got, want)
		}
	}
}

func TestSpellingsOfHosts(t *testing.T) {
	p := NewPlan(originPerRoute("api.example/", "PUT /a"))
	for host, want := range map[string]string{"api.example": "api.example/", "API.example": "", "api.example.": "", "other.example": ""} {
		if r := p.ruleOf("GET", host, "/x", false); r.Route != want || r.closed != (want == "" && host != "other.example") {
			t.Errorf("%s: %q", host, r.Label())
		}
	}
	if r := p.ruleOf("PUT", "other.example", "/%61", false); !r.closed {
		t.Errorf("PUT /%%61: %q", r.Label())
	}
	if r := p.ruleOf("GET", "other.example", "/%61", false); r.closed {
		t.Errorf("GET /%%61: %q", r.Label())
	}
}

// TestClosedRule checks that the closed rule forbids what any policy forbids.
func TestClosedRule(t *testing.T) {
	policies := originPerRoute("/a", "/b")
	policies.Policy.ResourcePolicy = "cross-origin"
	policies.Routes[0].Policy.ResourcePolicy = "same-site"
	policies.Routes[1].Policy.RejectRefused = true
	p := NewPlan(policies)
	if c := p.Closed; !c.NoOrigin() || c.ResourcePolicy != "same-site" || !c.RejectRefused || c.Off {
		t.Errorf("%+v", c)
	}
	if p := NewPlan(originPerRoute()); p.Closed != nil || len(p.Matches()) > 0 || len(p.Routes()) > 0 {
		t.Errorf("a plan without routes: %+v", p)
	}
}

// FuzzSpellings checks that a plan gives a path to a route only if package routes
// does, which finds all readings of the path.
func FuzzSpellings(f *testing.F) {
	for _, target := range []string{
		"/public/..%2Fprivate/secret.txt", "/items/private%252fx", `/x/1\..;/%63/c/`, "/%2570rivate", "/users/a%2Fnotes", "/users/%25%32%46notes",
		"/private%3Fsecret", "//a.b//c", "/dir/.%2e/", "/items/100%25%20", "/users/5%25a_/notes", "/x/a%25%2Fb/d/c/",
	} {
		f.Add(target)
	}
	policies := originPerRoute(spelledRoutes...)
	p := NewPlan(policies)
	h, err := routes.Wrap(policies, nil, http.NotFoundHandler())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" || u.Path == "" || u.Opaque != "" {
			return // net/http doesn't accept it
		}
		r := p.ruleOf("GET", "api.example", target, false)
		kinds := 0 // of spellings: of all of them, or of long paths, there are more readings than package routes looks at
		for _, kind := range []string{`\`, ";", "%", "//", "/.", "#"} {
			if strings.Contains(target, kind) {
				kinds++
			}
		}
		if r.closed || kinds > 4 || len(target) > 200 {
			return
		}
		w := httptest.NewRecorder()
		request := &http.Request{Method: "GET", URL: u, Host: "api.example", Header: http.Header{"Origin": r.Origins}}
		if h.ServeHTTP(w, request); w.Header().Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: %s, and package routes does not grant it what that route grants", target, r.Label())
		}
	})
}

// TestSpellingsTakeLinearTime matches long paths with an engine that does not backtrack. Backtracking
// engines are tested in the module integration.
func TestSpellingsTakeLinearTime(t *testing.T) {
	p := NewPlan(originPerRoute(spelledRoutes...))
	start := time.Now()
	for _, part := range []string{"/", "%2F", "%25", "25", "%2525", `\`, ";", "%3B", "/x", "/..", ".", "%", "a"} {
		for _, prefix := range []string{"/", "/x/", "/users/", "/private", "/x/%25"} {
			p.ruleOf("GET", "api.example", prefix+strings.Repeat(part, 8192/len(part)), false)
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("65 paths of 8 KiB took %v", took)
	}
}
