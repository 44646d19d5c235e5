package corsfiber_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	corsfiber "github.com/concors/concors/adapters/fiber"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
	"github.com/gofiber/fiber/v3"
)

const (
	allowed = "https://app.example.com"
	foreign = "https://foreign.example"
)

func policy() cors.Policy {
	return cors.Policy{Origins: []string{allowed}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-Trace"}}
}

func ok(c fiber.Ctx) error { return c.SendString("handler") }

// serve returns an app with a policy and routes for several methods.
func serve(m *cors.Middleware) *fiber.App {
	app := fiber.New()
	app.Use(corsfiber.Middleware(m, nil))
	app.Get("/items", ok)
	app.Put("/items/:id", ok)
	app.Options("/options", ok)
	app.Get("/fails", func(c fiber.Ctx) error { return errors.New("no") })
	return app
}

// transport sends requests to an app in this process, in the form of bytes.
type transport struct{ app *fiber.App }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.app.Test(r, fiber.TestConfig{Timeout: 0})
}

// send sends a request with the header fields given in pairs.
func send(t *testing.T, app *fiber.App, method, target string, fields ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	resp, err := transport{app}.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func body(resp *http.Response) string {
	b, _ := io.ReadAll(resp.Body)
	return string(b)
}

func preflightOf(origin, method string) []string {
	return []string{"Origin", origin, "Access-Control-Request-Method", method}
}

func TestMiddleware(t *testing.T) {
	tests := []struct {
		name           string
		method, target string
		fields         []string
		status         int
		allowOrigin    string
		allowMethods   string
		body           string
	}{
		{"a GET of an allowed origin", "GET", "/items", []string{"Origin", allowed}, 200, allowed, "", "handler"},
		{"a GET of a foreign origin reaches the handler", "GET", "/items", []string{"Origin", foreign}, 200, "", "", "handler"},
		{"a GET without Origin", "GET", "/items", nil, 200, "", "", "handler"},
		{"two Origin fields are refused", "GET", "/items", []string{"Origin", allowed, "Origin", allowed}, 200, "", "", "handler"},
		{"a preflight for a route that has only PUT", "OPTIONS", "/items/1", preflightOf(allowed, "PUT"), 204, allowed, "PUT", ""},
		{"a preflight for a route that has OPTIONS", "OPTIONS", "/options", preflightOf(allowed, "PUT"), 204, allowed, "PUT", ""},
		{"a preflight for a path without a route", "OPTIONS", "/nowhere", preflightOf(allowed, "PUT"), 204, allowed, "PUT", ""},
		{"a preflight of a foreign origin", "OPTIONS", "/items/1", preflightOf(foreign, "PUT"), 403, "", "", ""},
		{"a preflight for a method that is not allowed", "OPTIONS", "/items/1", preflightOf(allowed, "DELETE"), 403, "", "", ""},
		{"OPTIONS without Origin reaches the handler", "OPTIONS", "/options", []string{"Access-Control-Request-Method", "PUT"}, 200, "", "", "handler"},
		{"OPTIONS that is not a preflight reaches the handler", "OPTIONS", "/options", []string{"Origin", allowed}, 200, allowed, "", "handler"},
		{"OPTIONS that is not a preflight, for a route that has only GET", "OPTIONS", "/items", nil, 405, "", "", "Method Not Allowed"},
		{"an allowed origin can read a 404", "GET", "/nowhere", []string{"Origin", allowed}, 404, allowed, "", "Not Found"},
		{"an allowed origin can read an error", "GET", "/fails", []string{"Origin", allowed}, 500, allowed, "", "no"},
	}
	app := serve(cors.MustNew(policy()))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := send(t, app, tt.method, tt.target, tt.fields...)
			if got := body(resp); resp.StatusCode != tt.status || got != tt.body {
				t.Errorf("status %d, %q; want %d, %q", resp.StatusCode, got, tt.status, tt.body)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != tt.allowOrigin {
				t.Errorf("Access-Control-Allow-Origin %q, want %q", got, tt.allowOrigin)
			}
			if got := resp.Header.Get("Access-Control-Allow-Methods"); got != tt.allowMethods {
				t.Errorf("Access-Control-Allow-Methods %q, want %q", got, tt.allowMethods)
			}
		})
	}
}

func TestRejectedRequestDoesNotReachTheHandler(t *testing.T) {
	p := policy()
	p.RejectRefused = true
	resp := send(t, serve(cors.MustNew(p)), "GET", "/items", "Origin", foreign)
	if got := body(resp); resp.StatusCode != 403 || got != "origin not allowed" {
		t.Errorf("status %d, %q", resp.StatusCode, got)
	}
}

// The Fiber middleware uses Fields, and net/http uses Handle. What matters to browsers and caches
// has to be the same.
func TestResponsesAreThoseOfNetHTTP(t *testing.T) {
	credentials := policy()
	credentials.Credentials = true
	credentials.ExposedHeaders = []string{"X-Total-Count"}
	credentials.MaxAgeSeconds = 600
	credentials.TimingAllowOrigin = true
	credentials.ResourcePolicy = "same-site"
	reject := policy()
	reject.RejectRefused = true
	reject.PreflightStatus = 200
	reportOnly := policy()
	reportOnly.ReportOnly = true
	public := cors.Policy{Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}}

	names := []string{
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Expose-Headers",
		"Timing-Allow-Origin", "Cross-Origin-Resource-Policy", "Vary",
	}
	requests := []struct {
		method string
		fields []string
	}{
		{"GET", nil},
		{"GET", []string{"Origin", allowed}},
		{"GET", []string{"Origin", foreign}},
		{"GET", []string{"Origin", ""}},
		{"GET", []string{"Origin", allowed, "Origin", foreign}},
		{"GET", []string{"Origin", "https://example.com"}},                                 // the server's own
		{"POST", []string{"Origin", "https://example.com", "Sec-Fetch-Site", "same-site"}}, // not the server's own
		{"POST", []string{"Origin", foreign, "Sec-Fetch-Site", "same-origin"}},
		{"OPTIONS", []string{"Origin", allowed}},
		{"OPTIONS", preflightOf(allowed, "PUT")},
		{"OPTIONS", preflightOf(allowed, "PATCH")},
		{"OPTIONS", preflightOf(allowed, "")},
		{"OPTIONS", append(preflightOf(allowed, "PUT"), "Access-Control-Request-Method", "PUT")},
		{"OPTIONS", append(preflightOf(allowed, "PUT"), "Access-Control-Request-Headers", "x-trace")},
		{"OPTIONS", append(preflightOf(allowed, "PUT"), "Access-Control-Request-Headers", "x-trace", "Access-Control-Request-Headers", "x-other")},
		{"OPTIONS", preflightOf(foreign, "PUT")},
	}
	for i, p := range []cors.Policy{policy(), credentials, reject, reportOnly, public} {
		m := cors.MustNew(p)
		app := fiber.New()
		app.Use(corsfiber.Middleware(m, nil))
		app.All("/", ok)
		plain := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
		for _, tt := range requests {
			got := send(t, app, tt.method, "/", tt.fields...)
			r := httptest.NewRequest(tt.method, "/", nil)
			for i := 0; i < len(tt.fields); i += 2 {
				r.Header.Add(tt.fields[i], tt.fields[i+1])
			}
			w := httptest.NewRecorder()
			plain.ServeHTTP(w, r)
			if got.StatusCode != w.Code {
				t.Errorf("policy %d, %s %q: status %d, net/http has %d", i, tt.method, tt.fields, got.StatusCode, w.Code)
			}
			for _, name := range names {
				if got, want := got.Header[name], w.Header()[name]; !slices.Equal(got, want) {
					t.Errorf("policy %d, %s %q: %s %q, net/http has %q", i, tt.method, tt.fields, name, got, want)
				}
			}
		}
	}
}

func TestVaryIsAddedTo(t *testing.T) {
	for _, tt := range []struct{ before, want []string }{
		{nil, []string{"Origin"}},
		{[]string{"Accept-Encoding", "Cookie"}, []string{"Accept-Encoding", "Cookie", "Origin"}},
		{[]string{"Accept-Encoding, origin"}, []string{"Accept-Encoding, origin"}},
		{[]string{"*"}, []string{"*"}},
	} {
		app := fiber.New()
		app.Use(func(c fiber.Ctx) error {
			for _, line := range tt.before {
				c.Response().Header.Add("Vary", line)
			}
			return c.Next()
		}, corsfiber.Middleware(cors.MustNew(policy()), nil))
		app.Get("/", ok)
		if got := send(t, app, "GET", "/", "Origin", allowed).Header["Vary"]; !slices.Equal(got, tt.want) {
			t.Errorf("%q became %q, want %q", tt.before, got, tt.want)
		}
	}
}

func TestGroupWithItsOwnPolicy(t *testing.T) {
	app := fiber.New()
	group := app.Group("/api", corsfiber.Middleware(cors.MustNew(policy()), nil))
	group.Put("", ok)
	group.Put("/items/:id", ok)
	app.Put("/items/:id", ok)

	for _, tt := range []struct {
		target string
		status int
		want   string
	}{
		{"/api", 204, allowed},
		{"/api/items/1", 204, allowed},
		{"/items/1", 405, ""},
	} {
		resp := send(t, app, "OPTIONS", tt.target, preflightOf(allowed, "PUT")...)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != tt.status || got != tt.want {
			t.Errorf("%s: status %d, %q; want %d, %q", tt.target, resp.StatusCode, got, tt.status, tt.want)
		}
		resp = send(t, app, "PUT", tt.target, "Origin", allowed)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != tt.want {
			t.Errorf("PUT %s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
	}
	if resp := send(t, app, "OPTIONS", "/api/items/1"); resp.StatusCode != 405 {
		t.Errorf("OPTIONS that is not a preflight: %d", resp.StatusCode)
	}
}

// These are the properties of Fiber that the package comment describes. If one fails, Fiber has
// changed: update the comment.
func TestWhereFiberSkipsMiddleware(t *testing.T) {
	middleware := corsfiber.Middleware(cors.MustNew(policy()), nil)
	before, route := fiber.New(), fiber.New()
	before.Put("/items", ok)
	before.Use(middleware)
	route.Put("/items", middleware, ok)
	for _, tt := range []struct {
		name   string
		app    *fiber.App
		status int    // of the preflight
		origin string // that may read the PUT
	}{
		{"a route that was registered before", before, 204, ""},
		{"the handlers of one route", route, 405, allowed},
	} {
		if got := send(t, tt.app, "OPTIONS", "/items", preflightOf(allowed, "PUT")...); got.StatusCode != tt.status {
			t.Errorf("%s: preflight %d, want %d", tt.name, got.StatusCode, tt.status)
		}
		if got := send(t, tt.app, "PUT", "/items", "Origin", allowed).Header.Get("Access-Control-Allow-Origin"); got != tt.origin {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.origin)
		}
	}
}

func TestObserverReceivesDecisions(t *testing.T) {
	var got []cors.Decision
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		c.Set("Access-Control-Allow-Origin", "*")
		return c.Next()
	}, corsfiber.Middleware(cors.MustNew(policy()), func(_ fiber.Ctx, d cors.Decision) { got = append(got, d) }))
	app.Get("/", ok)
	send(t, app, "GET", "/")
	send(t, app, "GET", "/", "Origin", foreign)
	send(t, app, "GET", "/", "Origin", "https://another.example.org")
	if len(got) != 2 || got[0].Reason != cors.OriginRefused || !got[0].Stacked || got[0].Origin != foreign {
		t.Errorf("%+v", got)
	}
}

// The key is derived from Fiber's context, and Vary names the header that it comes from.
func TestLookupKey(t *testing.T) {
	policy := cors.MustNew(cors.Policy{
		Lookup:           func(ctx context.Context, _ origin.Origin) (bool, error) { return cors.LookupKey(ctx) == "a", nil },
		LookupKey:        func(*http.Request) string { panic("there is no net/http request") },
		LookupKeyHeaders: []string{"X-Tenant"},
	})
	app := fiber.New()
	app.Use(corsfiber.WithLookupKey(policy, func(c fiber.Ctx) string { return c.Get("X-Tenant") }, nil))
	app.Get("/", ok)
	for _, tenant := range []string{"a", "b", "a", ""} {
		resp := send(t, app, "GET", "/", "Origin", foreign, "X-Tenant", tenant)
		want := ""
		if tenant == "a" {
			want = foreign
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want || resp.Header.Get("Vary") != "Origin, X-Tenant" {
			t.Errorf("tenant %q: %v", tenant, resp.Header)
		}
	}
	// Without a key, nothing is looked up.
	app = fiber.New()
	app.Use(corsfiber.Middleware(policy, nil))
	app.Get("/", ok)
	if got := send(t, app, "GET", "/", "Origin", foreign, "X-Tenant", "a").Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("without a key: %q", got)
	}
}

// fasthttp reuses the buffers of a request for later ones, on the same connection and on others.
func TestNoValueIsSharedBetweenRequests(t *testing.T) {
	lookup := func(_ context.Context, o origin.Origin) (bool, error) {
		return strings.HasPrefix(o.String(), "https://a"), nil
	}
	var mu sync.Mutex
	var kept []cors.Decision
	app := fiber.New()
	app.Use(corsfiber.Middleware(cors.MustNew(cors.Policy{Lookup: lookup}), func(_ fiber.Ctx, d cors.Decision) {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, d)
	}))
	app.Get("/", ok)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 50 {
				from := fmt.Sprintf("https://%c%d%d.example.com", "ab"[n%2], i, n%7)
				want := ""
				if n%2 == 0 {
					want = from
				}
				resp, err := transport{app}.RoundTrip(&http.Request{
					Method: "GET", URL: &url.URL{Scheme: "http", Host: "api.example.net", Path: "/"}, Host: "api.example.net",
					Header: http.Header{"Origin": {from}},
				})
				if err != nil {
					t.Error(err)
					return
				}
				if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
					t.Errorf("%s: %q, want %q", from, got, want)
				}
			}
		})
	}
	wg.Wait()
	if len(kept) != 200 {
		t.Fatalf("%d decisions", len(kept))
	}
	for _, d := range kept {
		if !strings.HasSuffix(d.Origin, ".example.com") || d.Allowed != strings.HasPrefix(d.Origin, "https://a") {
			t.Errorf("a decision changed: %+v", d)
		}
	}
}

func TestReconfigureWhileServing(t *testing.T) {
	m := cors.MustNew(policy())
	app := serve(m)
	other := policy()
	other.Origins, other.Methods = []string{foreign}, []string{"DELETE"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				resp := send(t, app, "OPTIONS", "/items/1", preflightOf(allowed, "PUT")...)
				granted := resp.Header.Get("Access-Control-Allow-Methods") == "PUT"
				if (resp.StatusCode == 204) != granted || resp.StatusCode != 204 && resp.StatusCode != 403 {
					t.Errorf("the response mixes two policies: %d %v", resp.StatusCode, resp.Header)
				}
			}
		})
	}
	for i := range 101 {
		p := other
		if i%2 == 1 {
			p = policy()
		}
		if err := m.Reconfigure(p); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if resp := send(t, app, "OPTIONS", "/items/1", preflightOf(allowed, "PUT")...); resp.StatusCode != 403 {
		t.Errorf("the new policy is not in force: %d", resp.StatusCode)
	}
}

func TestBrowser(t *testing.T) {
	wire := transport{serve(cors.MustNew(policy()))}
	tests := []struct {
		name, page, method, target string
		blocked                    reason.Reason // 0 if it is allowed
	}{
		{"an allowed page reads", allowed, "GET", "/items", 0},
		{"an allowed page sends a PUT", allowed, "PUT", "/items/1", 0},
		{"an allowed page does not send a DELETE", allowed, "DELETE", "/items/1", reason.PreflightMissingAllowOriginHeader},
		{"a foreign page does not read", foreign, "GET", "/items", reason.MissingAllowOriginHeader},
		{"a foreign page does not send a PUT", foreign, "PUT", "/items/1", reason.PreflightMissingAllowOriginHeader},
	}
	for _, profile := range fetch.Profiles() {
		for _, tt := range tests {
			t.Run(profile.Name+"/"+tt.name, func(t *testing.T) {
				agent := fetch.NewAgent(profile)
				agent.Transport = wire
				resp, err := agent.Fetch(t.Context(), &fetch.Request{
					Page: &fetch.Page{URL: tt.page + "/"}, Method: tt.method, URL: "https://api.example.net" + tt.target,
				})
				var blocked *fetch.NetworkError
				switch {
				case err == nil:
					defer resp.Body.Close()
					if b, _ := io.ReadAll(resp.Body); tt.blocked != 0 || string(b) != "handler" {
						t.Errorf("allowed, read %q", b)
					}
				case !errors.As(err, &blocked) || blocked.Reason != tt.blocked:
					t.Errorf("%v, want reason %v", err, tt.blocked)
				}
			})
		}
	}
}
