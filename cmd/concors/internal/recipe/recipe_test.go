package recipe

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
)

func TestWriteRefusesWhatAServerCannotDo(t *testing.T) {
	app := cors.Policy{Origins: []string{"https://app.example"}}
	put := cors.Policy{Origins: app.Origins, Methods: []string{"PUT"}}
	route := func(pattern string, p cors.Policy) routes.Policies {
		return routes.Policies{Policy: app, Routes: []routes.Route{{Pattern: pattern, Policy: p}}}
	}
	for _, test := range []struct {
		name     string
		policies routes.Policies
		stack    string
		because  string
	}{
		{"a route by host", route("api.example/", app), "nginx", "a route by host"},
		{"a route by method", route("PUT /items/", put), "nginx", "a route by method"},
		{"a name that means something to nginx", routes.Policies{Policy: cors.Policy{Origins: app.Origins, RequestHeaders: []string{"X-$host"}}}, "nginx", `"x-$host"`},
		{"a path that would end its line", route(`/a";deny#`, app), "nginx", "the path of the route"},
		{"reporting", routes.Policies{Policy: cors.Policy{Origins: app.Origins, ReportOnly: true}}, "nginx", "reportOnly"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Write(test.policies, test.stack)
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(strings.Join(refusal.Because, "\n"), test.because) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := Write(route("PUT api.example/items/", put), "net-http"); err != nil {
		t.Errorf("net/http has routes of every sort: %v", err)
	}
	var unknown *UnknownStack
	if _, err := Write(routes.Policies{Policy: app}, "iis6"); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "nginx") {
		t.Errorf("a stack that there is not: %v", err)
	}
}

func TestWriteSaysWhatIsLost(t *testing.T) {
	r, err := Write(routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example"}, RejectRefused: true}}, "nginx")
	if err != nil || len(r.Lost) != 1 || !strings.Contains(r.Files[0].Text, "lost:") {
		t.Errorf("%v %+v", err, r)
	}
}

// TestRulesAreByTheMostSpecificRoute holds the order of rules, and their regular
// expressions, against package routes.
func TestRulesAreByTheMostSpecificRoute(t *testing.T) {
	patterns := []string{"/", "/a/", "/a", "/a/{id}", "/c/{id}/b", "/c/b/b", "/c/b/b/", "/a/b/{$}", "/a/b/c", "/x/{rest...}", "/x/y/{z}/w", "/a.b/", "/d/{id}/", "/e/", "/{one}", "/f/{id}/", "/f/g"}
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://rest.example"}}}
	for i, pattern := range patterns {
		policies.Routes = append(policies.Routes, routes.Route{Pattern: pattern, Policy: cors.Policy{Origins: []string{fmt.Sprintf("https://r%d.example", i)}}})
	}
	p, odd := newPlan(policies)
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	for _, path := range []string{"/", "/a", "/a/", "/a/1", "/a/1/", "/c/1/b", "/c/b/b", "/c/b/b/", "/c/b/b/c", "/c/b", "/a/b", "/a/b/", "/a/b/c", "/a/b/c/", "/a/b/d", "/x", "/x/", "/x/y", "/x/y/1/w", "/aXb/", "/a.b/c", "/a.b", "/q", "/d/1", "/d/1/2", "/e", "/e/", "/f/g", "/f/h"} {
		i := slices.IndexFunc(p.Rules, func(r *rule) bool { return r.Path == "" || regexp.MustCompile(r.Path).MatchString(path) })
		if want := routeOf(t, policies, path); p.Rules[i].Route != want {
			t.Errorf("%s is on %q, and for package routes on %q", path, p.Rules[i].Route, want)
		}
	}
}

// TestRegexpsAreThePolicys asks the regular expressions of a rule what the policy
// says of corstest's samples.
func TestRegexpsAreThePolicys(t *testing.T) {
	origins := []string{"https://app.example.com", "https://*.example.org", "https://pr-*.preview.example.net", "http://localhost:*", "http://[::1]:[3000,8000-8099]", "capacitor://localhost"}
	p, _ := newPlan(routes.Policies{Policy: cors.Policy{Origins: origins, DangerouslyAllowNull: true}})
	re := regexp.MustCompile(p.Rest().Regexp())
	allowed, foreign, err := corstest.Samples(append(origins, "null"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range allowed {
		if !re.MatchString(o) {
			t.Errorf("%s is kept out", o)
		}
	}
	for _, o := range foreign {
		if re.MatchString(o) {
			t.Errorf("%s is let in", o)
		}
	}
	if len(allowed) < 8 || len(foreign) < 50 {
		t.Errorf("%d and %d samples", len(allowed), len(foreign))
	}
	nobody, _ := newPlan(routes.Policies{})
	if regexp.MustCompile(nobody.Rest().Regexp()).MatchString("") {
		t.Error("nobody is somebody")
	}
}

// routeOf is the pattern of the route that package routes finds for a path.
func routeOf(t *testing.T, policies routes.Policies, path string) (pattern string) {
	h, err := routes.Wrap(policies, func(_ *http.Request, d cors.Decision) { pattern = d.Route }, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "http://api.example"+path, nil)
	r.Header.Set("Origin", "https://app.example") // without one there is nothing to observe
	h.ServeHTTP(httptest.NewRecorder(), r)
	return pattern
}
