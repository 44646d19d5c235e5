package recipe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
)

// TestRulesByMethodAndHost compares the order of rules with package routes, for
// routes by method and host.
func TestRulesByMethodAndHost(t *testing.T) {
	policy := cors.Policy{Origins: []string{"https://app.example"}, Methods: []string{"*"}}
	policies := routes.Policies{Policy: policy}
	for _, pattern := range []string{"GET /a/{id}", "PUT /a/{id}", "api.example/a/", "GET /a/b", "GET /tree/", "PUT /tree", "other.example/", "PUT api.example/c/", "/c/"} {
		policies.Routes = append(policies.Routes, routes.Route{Pattern: pattern, Policy: policy})
	}
	got := ""
	handler, err := routes.Wrap(policies, func(_ *http.Request, d cors.Decision) { got = d.Route }, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	p := NewPlan(policies)
	for _, host := range []string{"api.example", "other.example", "unrouted.example"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
			for _, path := range []string{"/", "/a", "/a/b", "/a/c", "/tree", "/tree/a", "/c", "/c/d"} {
				r := httptest.NewRequest(method, "http://"+host+path, nil)
				r.Header.Set("Origin", "https://app.example") // without it, the observer is not called
				handler.ServeHTTP(httptest.NewRecorder(), r)
				if r := p.ruleOf(method, host, path, false); r.Route != got || r.closed {
					t.Errorf("%s %s%s: route %q, package routes says %q", method, host, path, r.Route, got)
				}
			}
		}
	}
}

// TestMostSpecificRouteFirst compares the order of rules, and their regular
// expressions, with package routes.
func TestMostSpecificRouteFirst(t *testing.T) {
	patterns := []string{"/", "/a/", "/a", "/a/{id}", "/c/{id}/b", "/c/b/b", "/c/b/b/", "/a/b/{$}", "/a/b/c", "/x/{rest...}", "/x/y/{z}/w", "/a.b/", "/d/{id}/", "/e/", "/{one}", "/f/{id}/", "/f/g", "/g/{$}"}
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://rest.example"}}}
	for i, pattern := range patterns {
		policies.Routes = append(policies.Routes, routes.Route{Pattern: pattern, Policy: cors.Policy{Origins: []string{fmt.Sprintf("https://r%d.example", i)}}})
	}
	p := NewPlan(policies)
	for _, path := range []string{"/", "/a", "/a/", "/a/1", "/a/1/", "/c/1/b", "/c/b/b", "/c/b/b/", "/c/b/b/c", "/c/b", "/a/b", "/a/b/", "/a/b/c", "/a/b/c/", "/a/b/d", "/x", "/x/", "/x/y", "/x/y/1/w", "/aXb/", "/a.b/c", "/a.b", "/q", "/d/1", "/d/1/2", "/e", "/e/", "/f/g", "/f/h", "/g", "/g/", "/g/h"} {
		for _, query := range []string{"", "?", "?a=/../b%2F..%2Fc"} {
			r, want := p.ruleOf("GET", "api.example", path+query, false), routeOf(t, policies, path)
			if path == "/a/1/" || path == "/a/b/c/" || path == "/aXb/" { // without the slash, it is on another route
				want = ""
			}
			if r.Route != want || r.closed != (want == "") {
				t.Errorf("%s: route %q, package routes says %q", path+query, r.Label(), want)
			}
		}
	}
}

// TestOriginRegexp matches the regular expression of a rule with corstest's samples
// of the policy.
func TestOriginRegexp(t *testing.T) {
	origins := []string{"https://app.example.com", "https://*.example.org", "https://pr-*.preview.example.net", "http://localhost:*", "http://[::1]:[3000,8000-8099]", "capacitor://localhost"}
	p := NewPlan(routes.Policies{Policy: cors.Policy{Origins: origins, DangerouslyAllowNull: true}})
	re := regexp.MustCompile(p.Rest().OriginRegexp())
	allowed, foreign, err := corstest.Samples(append(origins, "null"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range allowed {
		if !re.MatchString(o) {
			t.Errorf("%s is refused", o)
		}
	}
	for _, o := range foreign {
		if re.MatchString(o) {
			t.Errorf("%s is allowed", o)
		}
	}
	if len(allowed) < 8 || len(foreign) < 50 {
		t.Errorf("%d and %d samples", len(allowed), len(foreign))
	}
	noOrigins := NewPlan(routes.Policies{})
	if regexp.MustCompile(noOrigins.Rest().OriginRegexp()).MatchString("") {
		t.Error("a rule without origins matches the empty string")
	}
}

// routeOf returns the pattern of the route that package routes finds for a path.
func routeOf(t *testing.T, policies routes.Policies, path string) (pattern string) {
	h, err := routes.Wrap(policies, func(_ *http.Request, d cors.Decision) { pattern = d.Route }, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "http://api.example"+path, nil)
	r.Header.Set("Origin", "https://app.example") // without it, the observer is not called
	h.ServeHTTP(httptest.NewRecorder(), r)
	return pattern
}
