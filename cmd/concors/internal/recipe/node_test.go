package recipe

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// TestRulesByMethodAndHost holds the order of rules against package routes where
// routes are by more than paths.
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
	p, _ := newPlan(policies)
	for _, host := range []string{"api.example", "other.example", "nobody.example"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
			for _, path := range []string{"/", "/a", "/a/b", "/a/c", "/tree", "/tree/a", "/c", "/c/d"} {
				r := httptest.NewRequest(method, "http://"+host+path, nil)
				r.Header.Set("Origin", "https://app.example") // without one there is nothing to observe
				handler.ServeHTTP(httptest.NewRecorder(), r)
				i := slices.IndexFunc(p.Rules, func(r *rule) bool {
					return (r.Method == "" || r.Method == method || r.Method == "GET" && method == "HEAD") &&
						(r.Host == "" || r.Host == host) && (r.Path == "" || regexp.MustCompile(r.Path).MatchString(path))
				})
				if p.Rules[i].Route != got {
					t.Errorf("%s %s%s is on %q, and for package routes on %q", method, host, path, p.Rules[i].Route, got)
				}
			}
		}
	}
}
