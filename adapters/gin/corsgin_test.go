package corsgin_test

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

	corsgin "github.com/concors/concors/adapters/gin"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/gin-gonic/gin"
)

func init() { gin.SetMode(gin.TestMode) }

const (
	app      = "https://app.example.com"
	stranger = "https://stranger.example"
)

func policy() cors.Policy {
	return cors.Policy{Origins: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-Trace"}}
}

// serve has an engine with a policy and routes of several methods.
func serve(m *cors.Middleware) *gin.Engine {
	engine := gin.New()
	engine.Use(corsgin.Middleware(m))
	ok := func(c *gin.Context) { c.String(http.StatusOK, "handler") }
	engine.GET("/items", ok)
	engine.PUT("/items/:id", ok)
	engine.OPTIONS("/options", ok)
	return engine
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
		{"OPTIONS that is no preflight, of no route", "OPTIONS", "/items", nil, 404, "", "", "404 page not found"},
		{"what is not found can be read", "GET", "/nowhere", []string{"Origin", app}, 404, app, "", "404 page not found"},
	}
	engine := serve(cors.MustNew(policy()))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := ask(engine, tt.method, tt.target, tt.fields...)
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

func TestPreflightIsAnsweredWhereMethodsAreNotAllowed(t *testing.T) {
	engine := serve(cors.MustNew(policy()))
	engine.HandleMethodNotAllowed = true
	resp := ask(engine, "OPTIONS", "/items/1", preflightOf(app, "PUT")...)
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("status %d, %v", resp.StatusCode, resp.Header)
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

func TestNothingChangesTheStatusOfAnAnsweredPreflight(t *testing.T) {
	engine := gin.New()
	engine.Use(func(c *gin.Context) {
		c.Next()
		c.Status(http.StatusTeapot)
	}, corsgin.Middleware(cors.MustNew(policy())))
	if resp := ask(engine, "OPTIONS", "/", preflightOf(app, "PUT")...); resp.StatusCode != 204 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestVaryOfOthersStays(t *testing.T) {
	for _, tt := range []struct{ before, want []string }{
		{nil, []string{"Origin"}},
		{[]string{"Accept-Encoding", "Cookie"}, []string{"Accept-Encoding", "Cookie", "Origin"}},
		{[]string{"Accept-Encoding, origin"}, []string{"Accept-Encoding, origin"}},
		{[]string{"*"}, []string{"*"}},
	} {
		engine := gin.New()
		engine.Use(func(c *gin.Context) {
			for _, line := range tt.before {
				c.Writer.Header().Add("Vary", line)
			}
		}, corsgin.Middleware(cors.MustNew(policy())))
		engine.GET("/", func(c *gin.Context) {})
		if got := ask(engine, "GET", "/", "Origin", app).Header["Vary"]; !slices.Equal(got, tt.want) {
			t.Errorf("%q became %q, want %q", tt.before, got, tt.want)
		}
	}
}

func TestGroupWithItsOwnPolicy(t *testing.T) {
	engine := gin.New()
	group := engine.Group("/api", corsgin.Middleware(cors.MustNew(policy())))
	group.OPTIONS("", func(c *gin.Context) { c.Status(http.StatusNotFound) })
	group.OPTIONS("/*path", func(c *gin.Context) { c.Status(http.StatusNotFound) })
	group.PUT("", func(c *gin.Context) {})
	group.PUT("/items/:id", func(c *gin.Context) {})
	engine.PUT("/items/:id", func(c *gin.Context) {})

	for _, tt := range []struct {
		target string
		status int
		want   string
	}{
		{"/api", 204, app},
		{"/api/items/1", 204, app},
		{"/items/1", 404, ""},
	} {
		resp := ask(engine, "OPTIONS", tt.target, preflightOf(app, "PUT")...)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != tt.status || got != tt.want {
			t.Errorf("%s: status %d, %q; want %d, %q", tt.target, resp.StatusCode, got, tt.status, tt.want)
		}
		resp = ask(engine, "PUT", tt.target, "Origin", app)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != tt.want {
			t.Errorf("PUT %s: status %d, %q; want %q", tt.target, resp.StatusCode, got, tt.want)
		}
	}
	if resp := ask(engine, "OPTIONS", "/api/items/1"); resp.StatusCode != 404 {
		t.Errorf("OPTIONS that is no preflight: %d", resp.StatusCode)
	}
}

// What the package comment says of Gin: should one of these fail, Gin has
// changed, and the comment with it.
func TestWhereGinDoesWithoutMiddleware(t *testing.T) {
	open := cors.MustNew(policy())
	nothing := func(c *gin.Context) {}

	t.Run("a route that was registered before", func(t *testing.T) {
		engine := gin.New()
		engine.PUT("/items", nothing)
		engine.Use(corsgin.Middleware(open))
		if got := ask(engine, "OPTIONS", "/items", preflightOf(app, "PUT")...); got.StatusCode != 204 {
			t.Errorf("preflight: %d", got.StatusCode)
		}
		if got := ask(engine, "PUT", "/items", "Origin", app); got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("the policy was applied")
		}
	})
	t.Run("redirects", func(t *testing.T) {
		engine := gin.New()
		engine.Use(corsgin.Middleware(open))
		engine.PUT("/items/", nothing)
		engine.OPTIONS("/items/", nothing)
		for _, fields := range [][]string{preflightOf(app, "PUT"), {"Origin", app}} {
			for _, method := range []string{"OPTIONS", "PUT"} {
				resp := ask(engine, method, "/items", fields...)
				if resp.StatusCode != 307 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s: %d %v", method, resp.StatusCode, resp.Header)
				}
			}
		}
		wrapped := open.Wrap(engine)
		if resp := ask(wrapped, "OPTIONS", "/items", preflightOf(app, "PUT")...); resp.StatusCode != 204 {
			t.Errorf("wrapped, preflight: %d", resp.StatusCode)
		}
		if resp := ask(wrapped, "GET", "/items/", "Origin", app); resp.Header.Get("Access-Control-Allow-Origin") != app {
			t.Errorf("wrapped: %v", resp.Header)
		}
	})
}

func TestObserverIsTold(t *testing.T) {
	m := cors.MustNew(policy())
	var got []cors.Decision
	m.SetObserver(func(_ *http.Request, d cors.Decision) { got = append(got, d) })
	engine := gin.New()
	engine.Use(func(c *gin.Context) { c.Header("Access-Control-Allow-Origin", "*") }, corsgin.Middleware(m))
	ask(engine, "GET", "/", "Origin", stranger)
	if len(got) != 1 || got[0].Reason != cors.OriginRefused || !got[0].Stacked {
		t.Errorf("%+v", got)
	}
}

func TestNoValueIsSharedBetweenRequests(t *testing.T) {
	m := cors.MustNew(policy())
	engine := gin.New()
	engine.Use(corsgin.Middleware(m))
	engine.GET("/", func(c *gin.Context) {})
	engine.GET("/spoil", func(c *gin.Context) {
		for _, values := range c.Writer.Header() {
			values[0] = "spoilt"
			_ = append(values, "spoilt")
		}
	})
	ask(engine, "GET", "/spoil", "Origin", app)
	for name, values := range ask(engine, "GET", "/", "Origin", app).Header {
		if strings.Contains(strings.Join(values, ""), "spoilt") {
			t.Errorf("%s: %q", name, values)
		}
	}
}

func TestReconfigureWhileServing(t *testing.T) {
	m := cors.MustNew(policy())
	engine := serve(m)
	other := policy()
	other.Origins, other.Methods = []string{stranger}, []string{"DELETE"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				resp := ask(engine, "OPTIONS", "/items/1", preflightOf(app, "PUT")...)
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
	if resp := ask(engine, "OPTIONS", "/items/1", preflightOf(app, "PUT")...); resp.StatusCode != 403 {
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
			engine := gin.New()
			engine.Use(corsgin.Middleware(m))
			engine.NoRoute(gin.WrapH(next))
			return engine
		}, promise)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("%q: %s\n%s\n\n%s", promise.Origins, f, f.Request, f.Answer)
		}
	}
}
