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
	friend   = "https://app.example.com"
	stranger = "https://stranger.example"
)

func policy() cors.Policy {
	return cors.Policy{Origins: []string{friend}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-Trace"}}
}

func ok(c fiber.Ctx) error { return c.SendString("handler") }

// serve has an app with a policy and routes of several methods.
func serve(m *cors.Middleware) *fiber.App {
	app := fiber.New()
	app.Use(corsfiber.Middleware(m, nil))
	app.Get("/items", ok)
	app.Put("/items/:id", ok)
	app.Options("/options", ok)
	app.Get("/fails", func(c fiber.Ctx) error { return errors.New("no") })
	return app
}

// transport sends requests to an app in this process, as bytes.
type transport struct{ app *fiber.App }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.app.Test(r, fiber.TestConfig{Timeout: 0})
}

// ask sends a request with the header fields given in pairs.
func ask(t *testing.T, app *fiber.App, method, target string, fields ...string) *http.Response {
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
		{"a GET of an origin let in", "GET", "/items", []string{"Origin", friend}, 200, friend, "", "handler"},
		{"a GET of another origin reaches the handler", "GET", "/items", []string{"Origin", stranger}, 200, "", "", "handler"},
		{"a GET without Origin", "GET", "/items", nil, 200, "", "", "handler"},
		{"two Origins are not let in", "GET", "/items", []string{"Origin", friend, "Origin", friend}, 200, "", "", "handler"},
		{"the preflight of a route for PUT only", "OPTIONS", "/items/1", preflightOf(friend, "PUT"), 204, friend, "PUT", ""},
		{"the preflight of a route for OPTIONS too", "OPTIONS", "/options", preflightOf(friend, "PUT"), 204, friend, "PUT", ""},
		{"the preflight of no route", "OPTIONS", "/nowhere", preflightOf(friend, "PUT"), 204, friend, "PUT", ""},
		{"a preflight of another origin", "OPTIONS", "/items/1", preflightOf(stranger, "PUT"), 403, "", "", ""},
		{"a preflight for another method", "OPTIONS", "/items/1", preflightOf(friend, "DELETE"), 403, "", "", ""},
		{"OPTIONS without Origin reaches the handler", "OPTIONS", "/options", []string{"Access-Control-Request-Method", "PUT"}, 200, "", "", "handler"},
		{"OPTIONS that is no preflight reaches the handler", "OPTIONS", "/options", []string{"Origin", friend}, 200, friend, "", "handler"},
		{"OPTIONS that is no preflight, of no route", "OPTIONS", "/items", nil, 405, "", "", "Method Not Allowed"},
		{"what is not found can be read", "GET", "/nowhere", []string{"Origin", friend}, 404, friend, "", "Not Found"},
		{"an error can be read", "GET", "/fails", []string{"Origin", friend}, 500, friend, "", "no"},
	}
	app := serve(cors.MustNew(policy()))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := ask(t, app, tt.method, tt.target, tt.fields...)
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
	resp := ask(t, serve(cors.MustNew(p)), "GET", "/items", "Origin", stranger)
	if got := body(resp); resp.StatusCode != 403 || got != "origin not allowed" {
		t.Errorf("status %d, %q", resp.StatusCode, got)
	}
}

// Fields and Handle are two ways through package cors: what a browser and a
// cache go by has to be the same.
func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
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
		{"GET", []string{"Origin", friend}},
		{"GET", []string{"Origin", stranger}},
		{"GET", []string{"Origin", ""}},
		{"GET", []string{"Origin", friend, "Origin", stranger}},
		{"GET", []string{"Origin", "https://example.com"}},                                 // the server's own
		{"POST", []string{"Origin", "https://example.com", "Sec-Fetch-Site", "same-site"}}, // not the server's own
		{"POST", []string{"Origin", stranger, "Sec-Fetch-Site", "same-origin"}},
		{"OPTIONS", []string{"Origin", friend}},
		{"OPTIONS", preflightOf(friend, "PUT")},
		{"OPTIONS", preflightOf(friend, "PATCH")},
		{"OPTIONS", preflightOf(friend, "")},
		{"OPTIONS", append(preflightOf(friend, "PUT"), "Access-Control-Request-Method", "PUT")},
		{"OPTIONS", append(preflightOf(friend, "PUT"), "Access-Control-Request-Headers", "x-trace")},
		{"OPTIONS", append(preflightOf(friend, "PUT"), "Access-Control-Request-Headers", "x-trace", "Access-Control-Request-Headers", "x-other")},
		{"OPTIONS", preflightOf(stranger, "PUT")},
	}
	for i, p := range []cors.Policy{policy(), credentials, reject, reportOnly, public} {
		m := cors.MustNew(p)
		app := fiber.New()
		app.Use(corsfiber.Middleware(m, nil))
		app.All("/", ok)
		plain := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
		for _, tt := range requests {
			got := ask(t, app, tt.method, "/", tt.fields...)
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

func TestVaryOfOthersStays(t *testing.T) {
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
		if got := ask(t, app, "GET", "/", "Origin", friend).Header["Vary"]; !slices.Equal(got, tt.want) {
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
		{"/api", 204, friend},
		{"/api/items/1", 204, friend},
		{"/items/1", 405, ""},
	} {
		resp := ask(t, app, "OPTIONS", tt.target, preflightOf(friend, "PUT")...)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != tt.status || got != tt.want {
			t.Errorf("%s: status %d, %q; want %d, %q", tt.target, resp.StatusCode, got, tt.status, tt.want)
		}
		resp = ask(t, app, "PUT", tt.target, "Origin", friend)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != tt.want {
			t.Errorf("PUT %s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
	}
	if resp := ask(t, app, "OPTIONS", "/api/items/1"); resp.StatusCode != 405 {
		t.Errorf("OPTIONS that is no preflight: %d", resp.StatusCode)
	}
}

// What the package comment says of Fiber: should one of these fail, Fiber has
// changed, and the comment with it.
func TestWhereFiberDoesWithoutMiddleware(t *testing.T) {
	open := corsfiber.Middleware(cors.MustNew(policy()), nil)
	before, route := fiber.New(), fiber.New()
	before.Put("/items", ok)
	before.Use(open)
	route.Put("/items", open, ok)
	for _, tt := range []struct {
		name   string
		app    *fiber.App
		status int    // of the preflight
		origin string // that may read the PUT
	}{
		{"a route that was registered before", before, 204, ""},
		{"a route whose handler it is", route, 405, friend},
	} {
		if got := ask(t, tt.app, "OPTIONS", "/items", preflightOf(friend, "PUT")...); got.StatusCode != tt.status {
			t.Errorf("%s: preflight %d, want %d", tt.name, got.StatusCode, tt.status)
		}
		if got := ask(t, tt.app, "PUT", "/items", "Origin", friend).Header.Get("Access-Control-Allow-Origin"); got != tt.origin {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.origin)
		}
	}
}

func TestObserverIsTold(t *testing.T) {
	var got []cors.Decision
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		c.Set("Access-Control-Allow-Origin", "*")
		return c.Next()
	}, corsfiber.Middleware(cors.MustNew(policy()), func(_ fiber.Ctx, d cors.Decision) { got = append(got, d) }))
	app.Get("/", ok)
	ask(t, app, "GET", "/")
	ask(t, app, "GET", "/", "Origin", stranger)
	ask(t, app, "GET", "/", "Origin", "https://another.example.org")
	if len(got) != 2 || got[0].Reason != cors.OriginRefused || !got[0].Stacked || got[0].Origin != stranger {
		t.Errorf("%+v", got)
	}
}

// Fasthttp gives the next request the buffers of the one before, on one
// connection and over several.
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
	other.Origins, other.Methods = []string{stranger}, []string{"DELETE"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				resp := ask(t, app, "OPTIONS", "/items/1", preflightOf(friend, "PUT")...)
				granted := resp.Header.Get("Access-Control-Allow-Methods") == "PUT"
				if (resp.StatusCode == 204) != granted || resp.StatusCode != 204 && resp.StatusCode != 403 {
					t.Errorf("a mixture: %d %v", resp.StatusCode, resp.Header)
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
	if resp := ask(t, app, "OPTIONS", "/items/1", preflightOf(friend, "PUT")...); resp.StatusCode != 403 {
		t.Errorf("the new policy is not in force: %d", resp.StatusCode)
	}
}

func TestBrowser(t *testing.T) {
	wire := transport{serve(cors.MustNew(policy()))}
	tests := []struct {
		name, page, method, target string
		blocked                    reason.Reason // 0 for let in
	}{
		{"a page let in reads", friend, "GET", "/items", 0},
		{"a page let in sends a PUT", friend, "PUT", "/items/1", 0},
		{"a page let in must not DELETE", friend, "DELETE", "/items/1", reason.PreflightMissingAllowOriginHeader},
		{"a stranger's page does not read", stranger, "GET", "/items", reason.MissingAllowOriginHeader},
		{"a stranger's page sends no PUT", stranger, "PUT", "/items/1", reason.PreflightMissingAllowOriginHeader},
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
						t.Errorf("let in, read %q", b)
					}
				case !errors.As(err, &blocked) || blocked.Reason != tt.blocked:
					t.Errorf("%v, want reason %v", err, tt.blocked)
				}
			})
		}
	}
}
