package corsecho_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corsecho "github.com/concors/concors/adapters/echo"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

const (
	app      = "https://app.example.com"
	stranger = "https://stranger.example"
)

func policy() cors.Policy {
	return cors.Policy{Origins: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-Trace"}}
}

func ok(c *echo.Context) error { return c.String(http.StatusOK, "handler") }

// serve has a policy before routing and routes of several methods.
func serve(m *cors.Middleware) *echo.Echo {
	e := echo.New()
	e.Pre(corsecho.Middleware(m))
	routes(e)
	return e
}

func routes(e *echo.Echo) {
	e.GET("/items", ok)
	e.PUT("/items/:id", ok)
	e.OPTIONS("/options", ok)
	e.GET("/fails", func(c *echo.Context) error { return errors.New("no") })
}

// ask sends a request with the header fields given in pairs.
func ask(h http.Handler, method, target string, fields ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
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
		{"a GET of an origin let in", "GET", "/items", []string{"Origin", app}, 200, app, "", "handler"},
		{"a GET of another origin reaches the handler", "GET", "/items", []string{"Origin", stranger}, 200, "", "", "handler"},
		{"a GET without Origin", "GET", "/items", nil, 200, "", "", "handler"},
		{"two Origins are not let in", "GET", "/items", []string{"Origin", app, "Origin", app}, 200, "", "", "handler"},
		{"the preflight of a route for PUT only", "OPTIONS", "/items/1", preflightOf(app, "PUT"), 204, app, "PUT", ""},
		{"the preflight of a route for OPTIONS too", "OPTIONS", "/options", preflightOf(app, "PUT"), 204, app, "PUT", ""},
		{"the preflight of no route", "OPTIONS", "/nowhere", preflightOf(app, "PUT"), 204, app, "PUT", ""},
		{"a preflight of another origin", "OPTIONS", "/items/1", preflightOf(stranger, "PUT"), 403, "", "", ""},
		{"a preflight for another method", "OPTIONS", "/items/1", preflightOf(app, "DELETE"), 403, "", "", ""},
		{"OPTIONS without Origin reaches the handler", "OPTIONS", "/options", []string{"Access-Control-Request-Method", "PUT"}, 200, "", "", "handler"},
		{"OPTIONS that is no preflight reaches the handler", "OPTIONS", "/options", []string{"Origin", app}, 200, app, "", "handler"},
		{"OPTIONS that is no preflight, of a route for others", "OPTIONS", "/items", nil, 204, "", "", ""},
		{"what is not found can be read", "GET", "/nowhere", []string{"Origin", app}, 404, app, "", `{"message":"Not Found"}` + "\n"},
		{"an error can be read", "GET", "/fails", []string{"Origin", app}, 500, app, "", `{"message":"Internal Server Error"}` + "\n"},
	}
	used := echo.New()
	used.Use(corsecho.Middleware(cors.MustNew(policy())))
	routes(used)
	for where, e := range map[string]*echo.Echo{"Pre": serve(cors.MustNew(policy())), "Use": used} {
		for _, tt := range tests {
			t.Run(where+"/"+tt.name, func(t *testing.T) {
				resp := ask(e, tt.method, tt.target, tt.fields...)
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
}

func TestRejectedRequestDoesNotReachTheHandler(t *testing.T) {
	p := policy()
	p.RejectRefused = true
	resp := ask(serve(cors.MustNew(p)), "GET", "/items", "Origin", stranger)
	if got := body(resp); resp.StatusCode != 403 || got != "origin not allowed\n" {
		t.Errorf("status %d, %q", resp.StatusCode, got)
	}
}

func TestVaryOfOthersStays(t *testing.T) {
	for _, tt := range []struct{ before, want []string }{
		{nil, []string{"Origin"}},
		{[]string{"Accept-Encoding", "Cookie"}, []string{"Accept-Encoding", "Cookie", "Origin"}},
		{[]string{"Accept-Encoding, origin"}, []string{"Accept-Encoding, origin"}},
		{[]string{"*"}, []string{"*"}},
	} {
		e := echo.New()
		e.Pre(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				for _, line := range tt.before {
					c.Response().Header().Add("Vary", line)
				}
				return next(c)
			}
		}, corsecho.Middleware(cors.MustNew(policy())))
		e.GET("/", ok)
		if got := ask(e, "GET", "/", "Origin", app).Header["Vary"]; !slices.Equal(got, tt.want) {
			t.Errorf("%q became %q, want %q", tt.before, got, tt.want)
		}
	}
}

func TestGroupWithItsOwnPolicy(t *testing.T) {
	e := echo.New()
	group := e.Group("/api", corsecho.Middleware(cors.MustNew(policy())))
	group.PUT("", ok)
	group.PUT("/items/:id", ok)
	e.PUT("/items/:id", ok)

	for _, tt := range []struct {
		target string
		want   string
	}{
		{"/api", app},
		{"/api/items/1", app},
		{"/items/1", ""},
	} {
		resp := ask(e, "OPTIONS", tt.target, preflightOf(app, "PUT")...)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 204 || got != tt.want {
			t.Errorf("%s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
		resp = ask(e, "PUT", tt.target, "Origin", app)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != tt.want {
			t.Errorf("PUT %s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
	}
	if resp := ask(e, "OPTIONS", "/api/items/1"); resp.StatusCode != 404 {
		t.Errorf("OPTIONS that is no preflight: %d", resp.StatusCode)
	}
}

// What the package comment says of Echo: should one of these fail, Echo has
// changed, and the comment with it.
func TestWhereEchoAnswersPreflightsItself(t *testing.T) {
	open := cors.MustNew(policy())

	t.Run("a group without its own routes for what is not found", func(t *testing.T) {
		e := echo.NewWithConfig(echo.Config{NoGroupAutoRegister404Routes: true})
		e.Group("/api", corsecho.Middleware(open)).PUT("/items", ok)
		resp := ask(e, "OPTIONS", "/api/items", preflightOf(app, "PUT")...)
		if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
	})
	t.Run("redirects in Pre, from which the policy in Pre is safe", func(t *testing.T) {
		for _, pre := range []bool{true, false} {
			e := echo.New()
			if pre {
				e.Pre(corsecho.Middleware(open))
			} else {
				e.Use(corsecho.Middleware(open))
			}
			e.Pre(middleware.AddTrailingSlashWithConfig(middleware.AddTrailingSlashConfig{RedirectCode: 308}))
			e.PUT("/items/", ok)
			preflight := ask(e, "OPTIONS", "/items", preflightOf(app, "PUT")...)
			redirect := ask(e, "PUT", "/items", "Origin", app)
			if redirect.StatusCode != 308 {
				t.Fatalf("no redirect: %d", redirect.StatusCode)
			}
			if granted := preflight.StatusCode == 204; granted != pre {
				t.Errorf("in Pre %v: preflight %d", pre, preflight.StatusCode)
			}
			if readable := redirect.Header.Get("Access-Control-Allow-Origin") == app; readable != pre {
				t.Errorf("in Pre %v: %v", pre, redirect.Header)
			}
		}
	})
}

func TestObserverIsTold(t *testing.T) {
	m := cors.MustNew(policy())
	var got []cors.Decision
	m.SetObserver(func(_ *http.Request, d cors.Decision) { got = append(got, d) })
	e := echo.New()
	e.Pre(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			c.Response().Header().Set("Access-Control-Allow-Origin", "*")
			return next(c)
		}
	}, corsecho.Middleware(m))
	ask(e, "GET", "/", "Origin", stranger)
	if len(got) != 1 || got[0].Reason != cors.OriginRefused || !got[0].Stacked {
		t.Errorf("%+v", got)
	}
}

func TestNoValueIsSharedBetweenRequests(t *testing.T) {
	m := cors.MustNew(policy())
	e := serve(m)
	e.GET("/spoil", func(c *echo.Context) error {
		for _, values := range c.Response().Header() {
			values[0] = "spoilt"
			_ = append(values, "spoilt")
		}
		return nil
	})
	ask(e, "GET", "/spoil", "Origin", app)
	for name, values := range ask(e, "GET", "/items", "Origin", app).Header {
		if strings.Contains(strings.Join(values, ""), "spoilt") {
			t.Errorf("%s: %q", name, values)
		}
	}
}

func TestReconfigureWhileServing(t *testing.T) {
	m := cors.MustNew(policy())
	e := serve(m)
	other := policy()
	other.Origins, other.Methods = []string{stranger}, []string{"DELETE"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				resp := ask(e, "OPTIONS", "/items/1", preflightOf(app, "PUT")...)
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
	if resp := ask(e, "OPTIONS", "/items/1", preflightOf(app, "PUT")...); resp.StatusCode != 403 {
		t.Errorf("the new policy is not in force: %d", resp.StatusCode)
	}
}

func TestBrowser(t *testing.T) {
	transport := fetch.HandlerTransport(serve(cors.MustNew(policy())))
	tests := []struct {
		name, page, method, target string
		blocked                    reason.Reason // 0 for let in
	}{
		{"a page let in reads", app, "GET", "/items", 0},
		{"a page let in sends a PUT", app, "PUT", "/items/1", 0},
		{"a page let in must not DELETE", app, "DELETE", "/items/1", reason.PreflightMissingAllowOriginHeader},
		{"a stranger's page does not read", stranger, "GET", "/items", reason.MissingAllowOriginHeader},
		{"a stranger's page sends no PUT", stranger, "PUT", "/items/1", reason.PreflightMissingAllowOriginHeader},
	}
	for _, profile := range fetch.Profiles() {
		for _, tt := range tests {
			t.Run(profile.Name+"/"+tt.name, func(t *testing.T) {
				agent := fetch.NewAgent(profile)
				agent.Transport = transport
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

// Behind the framework's own router, the policy is still what it promises to
// browsers, caches and proxies.
func TestKeepsThePromiseOfThePolicy(t *testing.T) {
	named := corstest.Promise{
		Origins: []string{app, "https://*.example.net"}, Methods: []string{"PUT", "DELETE"},
		RequestHeaders: []string{"Authorization", "X-Trace"}, ExposedHeaders: []string{"X-Total-Count"},
		Credentials: true, MaxAge: 10 * time.Minute,
	}
	everybody := named
	everybody.Origins, everybody.Credentials = []string{"*"}, false
	for _, promise := range []corstest.Promise{named, everybody} {
		m := cors.MustNew(cors.Policy{
			Origins: promise.Origins, Methods: promise.Methods, RequestHeaders: promise.RequestHeaders,
			ExposedHeaders: promise.ExposedHeaders, Credentials: promise.Credentials, MaxAgeSeconds: int(promise.MaxAge.Seconds()),
		})
		findings, err := corstest.Check(func(next http.Handler) http.Handler {
			e := echo.New()
			e.Pre(corsecho.Middleware(m))
			e.Any("/*", echo.WrapHandler(next))
			return e
		}, promise)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("%q: %s\n%s\n\n%s", promise.Origins, f, f.Request, f.Answer)
		}
	}
}
