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
	app     = "https://app.example.com"
	foreign = "https://foreign.example"
)

func policy() cors.Policy {
	return cors.Policy{Origins: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-Trace"}}
}

func ok(c *echo.Context) error { return c.String(http.StatusOK, "handler") }

// serve returns an Echo with a policy in Pre and routes for several methods.
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

// send sends a request with the header fields given in pairs.
func send(h http.Handler, method, target string, fields ...string) *http.Response {
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
		{"a GET of an allowed origin", "GET", "/items", []string{"Origin", app}, 200, app, "", "handler"},
		{"a GET of a foreign origin reaches the handler", "GET", "/items", []string{"Origin", foreign}, 200, "", "", "handler"},
		{"a GET without Origin", "GET", "/items", nil, 200, "", "", "handler"},
		{"two Origin fields are refused", "GET", "/items", []string{"Origin", app, "Origin", app}, 200, "", "", "handler"},
		{"a preflight for a route that has only PUT", "OPTIONS", "/items/1", preflightOf(app, "PUT"), 204, app, "PUT", ""},
		{"a preflight for a route that has OPTIONS", "OPTIONS", "/options", preflightOf(app, "PUT"), 204, app, "PUT", ""},
		{"a preflight for a path without a route", "OPTIONS", "/nowhere", preflightOf(app, "PUT"), 204, app, "PUT", ""},
		{"a preflight of a foreign origin", "OPTIONS", "/items/1", preflightOf(foreign, "PUT"), 403, "", "", ""},
		{"a preflight for a method that is not allowed", "OPTIONS", "/items/1", preflightOf(app, "DELETE"), 403, "", "", ""},
		{"OPTIONS without Origin reaches the handler", "OPTIONS", "/options", []string{"Access-Control-Request-Method", "PUT"}, 200, "", "", "handler"},
		{"OPTIONS that is not a preflight reaches the handler", "OPTIONS", "/options", []string{"Origin", app}, 200, app, "", "handler"},
		{"OPTIONS that is not a preflight, for a route that has only GET", "OPTIONS", "/items", nil, 204, "", "", ""},
		{"an allowed origin can read a 404", "GET", "/nowhere", []string{"Origin", app}, 404, app, "", `{"message":"Not Found"}` + "\n"},
		{"an allowed origin can read an error", "GET", "/fails", []string{"Origin", app}, 500, app, "", `{"message":"Internal Server Error"}` + "\n"},
	}
	used := echo.New()
	used.Use(corsecho.Middleware(cors.MustNew(policy())))
	routes(used)
	for where, e := range map[string]*echo.Echo{"Pre": serve(cors.MustNew(policy())), "Use": used} {
		for _, tt := range tests {
			t.Run(where+"/"+tt.name, func(t *testing.T) {
				resp := send(e, tt.method, tt.target, tt.fields...)
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
	resp := send(serve(cors.MustNew(p)), "GET", "/items", "Origin", foreign)
	if got := body(resp); resp.StatusCode != 403 || got != "origin not allowed\n" {
		t.Errorf("status %d, %q", resp.StatusCode, got)
	}
}

func TestVaryIsAddedTo(t *testing.T) {
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
		if got := send(e, "GET", "/", "Origin", app).Header["Vary"]; !slices.Equal(got, tt.want) {
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
		resp := send(e, "OPTIONS", tt.target, preflightOf(app, "PUT")...)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 204 || got != tt.want {
			t.Errorf("%s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
		resp = send(e, "PUT", tt.target, "Origin", app)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != tt.want {
			t.Errorf("PUT %s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
	}
	if resp := send(e, "OPTIONS", "/api/items/1"); resp.StatusCode != 404 {
		t.Errorf("OPTIONS that is not a preflight: %d", resp.StatusCode)
	}
}

// These are the properties of Echo that the package comment describes. If one fails, Echo has
// changed: update the comment.
func TestWhereEchoRespondsToPreflightsItself(t *testing.T) {
	m := cors.MustNew(policy())

	t.Run("a group with NoGroupAutoRegister404Routes", func(t *testing.T) {
		e := echo.NewWithConfig(echo.Config{NoGroupAutoRegister404Routes: true})
		e.Group("/api", corsecho.Middleware(m)).PUT("/items", ok)
		resp := send(e, "OPTIONS", "/api/items", preflightOf(app, "PUT")...)
		if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
	})
	t.Run("redirects in Pre, with the policy in Pre and in Use", func(t *testing.T) {
		for _, pre := range []bool{true, false} {
			e := echo.New()
			if pre {
				e.Pre(corsecho.Middleware(m))
			} else {
				e.Use(corsecho.Middleware(m))
			}
			e.Pre(middleware.AddTrailingSlashWithConfig(middleware.AddTrailingSlashConfig{RedirectCode: 308}))
			e.PUT("/items/", ok)
			preflight := send(e, "OPTIONS", "/items", preflightOf(app, "PUT")...)
			redirect := send(e, "PUT", "/items", "Origin", app)
			if redirect.StatusCode != 308 {
				t.Fatalf("status %d, want a redirect", redirect.StatusCode)
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

func TestObserverReceivesDecisions(t *testing.T) {
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
	send(e, "GET", "/", "Origin", foreign)
	if len(got) != 1 || got[0].Reason != cors.OriginRefused || !got[0].Stacked {
		t.Errorf("%+v", got)
	}
}

func TestNoValueIsSharedBetweenRequests(t *testing.T) {
	m := cors.MustNew(policy())
	e := serve(m)
	e.GET("/overwrite", func(c *echo.Context) error {
		for _, values := range c.Response().Header() {
			values[0] = "overwritten"
			_ = append(values, "overwritten")
		}
		return nil
	})
	send(e, "GET", "/overwrite", "Origin", app)
	for name, values := range send(e, "GET", "/items", "Origin", app).Header {
		if strings.Contains(strings.Join(values, ""), "overwritten") {
			t.Errorf("%s: %q", name, values)
		}
	}
}

func TestReconfigureWhileServing(t *testing.T) {
	m := cors.MustNew(policy())
	e := serve(m)
	other := policy()
	other.Origins, other.Methods = []string{foreign}, []string{"DELETE"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				resp := send(e, "OPTIONS", "/items/1", preflightOf(app, "PUT")...)
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
	if resp := send(e, "OPTIONS", "/items/1", preflightOf(app, "PUT")...); resp.StatusCode != 403 {
		t.Errorf("the new policy is not in force: %d", resp.StatusCode)
	}
}

func TestBrowser(t *testing.T) {
	transport := fetch.HandlerTransport(serve(cors.MustNew(policy())))
	tests := []struct {
		name, page, method, target string
		blocked                    reason.Reason // 0 if it is allowed
	}{
		{"an allowed page reads", app, "GET", "/items", 0},
		{"an allowed page sends a PUT", app, "PUT", "/items/1", 0},
		{"an allowed page does not send a DELETE", app, "DELETE", "/items/1", reason.PreflightMissingAllowOriginHeader},
		{"a foreign page does not read", foreign, "GET", "/items", reason.MissingAllowOriginHeader},
		{"a foreign page does not send a PUT", foreign, "PUT", "/items/1", reason.PreflightMissingAllowOriginHeader},
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
						t.Errorf("allowed, read %q", b)
					}
				case !errors.As(err, &blocked) || blocked.Reason != tt.blocked:
					t.Errorf("%v, want reason %v", err, tt.blocked)
				}
			})
		}
	}
}

// The policy keeps its promises to browsers, caches and proxies behind the framework's router too.
func TestKeepsThePromisesOfThePolicy(t *testing.T) {
	named := corstest.Promise{
		Origins: []string{app, "https://*.example.net"}, Methods: []string{"PUT", "DELETE"},
		RequestHeaders: []string{"Authorization", "X-Trace"}, ExposedHeaders: []string{"X-Total-Count"},
		Credentials: true, MaxAge: 10 * time.Minute,
	}
	anyOrigin := named
	anyOrigin.Origins, anyOrigin.Credentials = []string{"*"}, false
	for _, promise := range []corstest.Promise{named, anyOrigin} {
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
			t.Errorf("%q: %s\n%s\n\n%s", promise.Origins, f, f.Request, f.Response)
		}
	}
}
