package routes_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })

func TestRoutes(t *testing.T) {
	var policies routes.Policies
	err := json.Unmarshal([]byte(`{
		"policy": {"origins": ["https://a.test"], "methods": ["PUT"], "credentials": true},
		"routes": [
			{"pattern": "/public/", "policy": {"origins": ["*"], "credentials": false}},
			{"pattern": "PUT /items/{id}", "policy": {"requestHeaders": ["X-A"]}},
			{"pattern": "GET /items/{id}", "policy": {"methods": []}},
			{"pattern": "/off/", "off": true}
		]}`), &policies)
	if err != nil {
		t.Fatal(err)
	}
	var route string
	h, err := routes.Wrap(policies, func(r *http.Request, d cors.Decision) { route = d.Route }, hello)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method, path, requestMethod, headers, want, route string
	}{
		{"GET", "/x", "", "", "https://a.test true", ""},
		{"GET", "/public/x", "", "", "* ", "/public/"},
		{"GET", "/public", "", "", "* ", "/public/"},
		{"OPTIONS", "/public/x", "PUT", "", "* ", "/public/"},
		{"OPTIONS", "/items/1", "PUT", "x-a", "https://a.test true", "PUT /items/{id}"},
		{"OPTIONS", "/x", "PUT", "x-a", " ", ""},
		{"GET", "/off/x", "", "", " ", ""},
		{"DELETE", "/items/1", "", "", "https://a.test true", ""},
	} {
		route = ""
		r := httptest.NewRequest(row.method, row.path, nil)
		r.Header.Set("Origin", "https://a.test")
		if row.requestMethod != "" {
			r.Header.Set("Access-Control-Request-Method", row.requestMethod)
		}
		if row.headers != "" {
			r.Header.Set("Access-Control-Request-Headers", row.headers)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin") + " " + w.Header().Get("Access-Control-Allow-Credentials"); got != row.want || route != row.route {
			t.Errorf("%s %s: %q by route %q, want %q by %q", row.method, row.path, got, route, row.want, row.route)
		}
	}
	for _, bad := range []routes.Policies{
		{Policy: cors.Policy{}}, {Policy: policies.Policy, Routes: []routes.Route{{Pattern: "/{", Off: true}}},
		{Policy: policies.Policy, Routes: []routes.Route{{Pattern: "/", Off: true}, {Pattern: "/", Off: true}}},
		{Policy: policies.Policy, Routes: []routes.Route{{Pattern: "/", Policy: cors.Policy{Origins: []string{"null"}}}}},
	} {
		if _, err := routes.Wrap(bad, nil, hello); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestRoutesThatCannotWork(t *testing.T) {
	base := cors.Policy{Origins: []string{"https://a.test"}}
	reported := base
	reported.ReportOnly = true
	for _, row := range []struct {
		name string
		routes.Route
		wrong string
	}{
		{"OPTIONS", routes.Route{Pattern: "OPTIONS /x", Policy: base}, "never by OPTIONS"},
		{"OPTIONS, off", routes.Route{Pattern: "OPTIONS /x", Off: true}, "never by OPTIONS"},
		{"a method that the policy refuses", routes.Route{Pattern: "PUT /x", Policy: base}, `add "PUT" to methods`},
		{"a method that the policy refuses, off", routes.Route{Pattern: "PUT /x", Off: true}, ""},
		{"a method that the policy refuses, report only", routes.Route{Pattern: "PUT /x", Policy: reported}, ""},
		{"a method that the policy lists", routes.Route{Pattern: "PUT /x", Policy: cors.Policy{Origins: base.Origins, Methods: []string{"PUT"}}}, ""},
		{"a method that a wildcard covers", routes.Route{Pattern: "PUT /x", Policy: cors.Policy{Origins: base.Origins, Methods: []string{"*"}}}, ""},
		{"a method that needs no permission", routes.Route{Pattern: "POST /x", Policy: base}, ""},
	} {
		_, err := routes.Wrap(routes.Policies{Policy: base, Routes: []routes.Route{row.Route}}, nil, hello)
		if row.wrong == "" && err != nil || row.wrong != "" && (err == nil || !strings.Contains(err.Error(), row.wrong) || !strings.HasPrefix(err.Error(), "routes[0] ")) {
			t.Errorf("%s: %v, want %q", row.name, err, row.wrong)
		}
	}
}

// TestRoutesReportAllFaults checks that the error of Wrap has the faults of all routes.
func TestRoutesReportAllFaults(t *testing.T) {
	bad := cors.Policy{Origins: []string{"null", "a.test"}}
	_, err := routes.Wrap(routes.Policies{Policy: cors.Policy{}, Routes: []routes.Route{
		{Pattern: "/a/", Policy: bad}, {Pattern: "OPTIONS /b", Off: true}, {Pattern: "/{", Off: true}, {Pattern: "/c", Policy: bad},
	}}, nil, hello)
	if err == nil || len(cors.Faults(err)) != 5 {
		t.Fatalf("%v: %d faults", err, len(cors.Faults(err)))
	}
	for _, want := range []string{"policy: ", `routes[0] "/a/": `, `routes[1] "OPTIONS /b": `, `routes[2] "/{": `, `routes[3] "/c": `} {
		if !strings.Contains("\n"+err.Error(), "\n"+want) {
			t.Errorf("%v: nothing begins with %s", err, want)
		}
	}
}

func ExampleWrap() {
	h, err := routes.Wrap(routes.Policies{
		Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Credentials: true},
		Routes: []routes.Route{
			{Pattern: "/public/", Policy: cors.Policy{Origins: []string{"*"}}},
			{Pattern: "/internal/", Off: true},
		},
	}, nil, http.NotFoundHandler())
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/public/data", nil)
	r.Header.Set("Origin", "https://any.example")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Access-Control-Allow-Origin"))
	// Output: *
}

// In JSON a route states only what differs from the policy of the other requests.
func ExamplePolicies_UnmarshalJSON() {
	var policies routes.Policies
	err := json.Unmarshal([]byte(`{
		"policy": {"origins": ["https://app.example.com"], "methods": ["PUT"], "credentials": true},
		"routes": [{"pattern": "/public/", "policy": {"origins": ["*"], "credentials": false}}]
	}`), &policies)
	if err != nil {
		fmt.Println(err)
		return
	}
	public := policies.Routes[0].Policy
	fmt.Println(public.Origins, public.Methods, public.Credentials)
	// Output: [*] [PUT] false
}

// Incorrect: routes that cannot work are errors when the server starts.
func ExampleWrap_incorrect() {
	app := cors.Policy{Origins: []string{"https://app.example.com"}}
	for _, pattern := range []string{"OPTIONS /items", "PUT /items"} {
		_, err := routes.Wrap(routes.Policies{Policy: app, Routes: []routes.Route{{Pattern: pattern, Policy: app}}}, nil, http.NotFoundHandler())
		fmt.Println(err)
	}
	// Output:
	// routes[0] "OPTIONS /items": a preflight is matched by the method that it requests, never by OPTIONS; write that method, or none
	// routes[0] "PUT /items": no page can send PUT here, because the policy refuses its preflight; add "PUT" to methods, or turn the route off
}

// Decisions and setup mistakes are reported with the route.
func TestDecisionsHaveTheRoute(t *testing.T) {
	setsHeaders := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "*") })
	var got []string
	h, err := routes.Wrap(routes.Policies{
		Policy: cors.Policy{Origins: []string{"https://a.test"}},
		Routes: []routes.Route{{Pattern: "/x", Policy: cors.Policy{Origins: []string{"https://b.test"}}}},
	}, func(_ *http.Request, d cors.Decision) {
		l := d.Labels()
		got = append(got, strings.Join([]string{l.Route, l.Outcome, l.SetupMistake}, "|"))
	}, setsHeaders)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/x"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Origin", "https://b.test")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	const mistake = "handler sets CORS headers"
	want := []string{"|refused|", "|refused|" + mistake, "/x|allowed|", "/x|allowed|" + mistake}
	for i, w := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], w) {
			t.Fatalf("reported %q, want %q", got, want)
		}
	}
}

func TestRoutesReadTheJSONTheyWrite(t *testing.T) {
	everything := cors.Policy{
		Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}, ExposedHeaders: []string{"X-B"},
		Credentials: true, MaxAgeSeconds: 60, PreflightStatus: 200, RejectRefused: true, TimingAllowOrigin: true, ResourcePolicy: "same-site",
		LookupCache: cors.LookupCache{PositiveSeconds: 5, MaxEntries: 7},
	}
	other := everything
	other.Origins, other.Credentials = []string{"*"}, false
	other.LookupCache.PositiveSeconds = 0
	for name, policy := range map[string]cors.Policy{"nothing": {}, "the same": everything, "something else": other} {
		t.Run("a route with "+name, func(t *testing.T) {
			want := routes.Policies{Policy: everything, Routes: []routes.Route{{Pattern: "/x/", Policy: policy}, {Pattern: "/off/", Off: true, Policy: everything}}}
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var got routes.Policies
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			for _, l := range [][]string{got.Routes[0].Policy.Origins, got.Routes[0].Policy.Methods, got.Routes[0].Policy.RequestHeaders, got.Routes[0].Policy.ExposedHeaders} {
				if name == "nothing" && len(l) > 0 {
					t.Errorf("a list that the route empties is inherited: %v", l)
				}
			}
			again, _ := json.Marshal(got)
			if string(again) != string(text) || got.Routes[0].Policy.Credentials != policy.Credentials || got.Routes[0].Policy.LookupCache != policy.LookupCache || got.Routes[0].Policy.MaxAgeSeconds != policy.MaxAgeSeconds {
				t.Errorf("wrote\n%s\nand read\n%s", text, again)
			}
		})
	}
}
