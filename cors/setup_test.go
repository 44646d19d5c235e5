package cors_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/cors"
)

func TestSetupMistakes(t *testing.T) {
	put := cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}}
	withHeader := cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: []string{"Content-Type"}}
	keyed := cors.Policy{Origins: []string{"https://a.test"}, LookupKeyHeaders: []string{"X-Tenant"}}
	const own, page = "\nOrigin: http://server.test\nSec-Fetch-Site: same-origin", "\nOrigin: https://a.test\nSec-Fetch-Site: cross-site"
	at := func(patterns ...string) func(*cors.Middleware) http.Handler {
		return func(m *cors.Middleware) http.Handler {
			mux := http.NewServeMux()
			for _, pattern := range patterns {
				mux.Handle(pattern, m.Wrap(hello))
			}
			return mux
		}
	}
	around := func(h http.HandlerFunc) func(*cors.Middleware) http.Handler {
		return func(m *cors.Middleware) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("GET /x", h)
			return m.Wrap(mux)
		}
	}
	set := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.Header().Set(name, value) }
	}
	add := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.Header().Add(name, value) }
	}
	const pattern, headers, vary = "pattern with a method", "handler sets CORS headers", "handler replaces Vary"
	for _, row := range []struct {
		name     string
		policy   cors.Policy
		set      func(*cors.Middleware) http.Handler
		requests []string
		want     string
	}{
		{"PUT in a mux", put, at("PUT /x"), []string{"PUT" + own}, pattern},
		{"PUT in a mux, with a host", put, at("PUT server.test/x"), []string{"PUT" + own}, pattern},
		{"is reported once", put, at("PUT /x"), []string{"PUT" + own, "PUT" + own}, pattern},
		{"is reported for each pattern", put, at("PUT /x", "DELETE /x"), []string{"PUT" + own, "DELETE" + own, "PUT" + own}, pattern + ", " + pattern},
		{"a page of another site has sent it, so its preflight was granted", put, at("PUT /x"), []string{"PUT" + page}, ""},
		{"a page of the same site has sent it, so its preflight was granted", put, at("PUT /x"), []string{"PUT\nOrigin: http://a.server.test\nSec-Fetch-Site: same-site"}, ""},
		{"no Origin", put, at("PUT /x"), []string{"PUT"}, ""},
		{"GET with an allowed header", withHeader, at("GET /x"), []string{"GET" + page}, pattern},
		{"GET without allowed headers", put, at("GET /x"), []string{"GET" + page}, ""},
		{"another pattern takes OPTIONS to the policy", put, at("PUT /x", "OPTIONS /"), []string{preflightPUT, "PUT" + own}, ""},
		{"a pattern without a method", put, at("/x"), []string{"PUT" + own}, ""},
		{"a pattern for OPTIONS", withHeader, at("OPTIONS /x"), []string{"OPTIONS" + own}, ""},
		{"around the mux", put, around(hello), []string{"GET" + page}, ""},
		{"a handler that allows every origin", put, around(set("Access-Control-Allow-Origin", "*")), []string{"GET" + page, "GET" + page}, headers},
		{"a handler that allows an origin the policy refuses", put, around(set("Access-Control-Allow-Origin", "https://b.test")), []string{"GET\nOrigin: https://b.test"}, headers},
		{"a handler that adds a second Access-Control-Allow-Origin", put, around(add("Access-Control-Allow-Origin", "https://a.test")), []string{"GET" + page}, headers},
		{"a handler that sets the same value", put, around(set("Access-Control-Allow-Origin", "https://a.test")), []string{"GET" + page}, ""},
		{"a request without Origin reports nothing", put, around(set("Access-Control-Allow-Origin", "*")), []string{"GET"}, ""},
		{"a handler that sets Vary", put, around(set("Vary", "Accept-Encoding")), []string{"GET" + page}, vary},
		{"a handler that sets Vary with origin in it", put, around(set("Vary", "Accept-Encoding, origin")), []string{"GET" + page}, ""},
		{"a handler that sets Vary without the header of the key", keyed, around(set("Vary", "Origin")), []string{"GET" + page}, vary},
		{"a handler that sets Vary with the header of the key", keyed, around(set("Vary", "x-tenant, Origin")), []string{"GET" + page}, ""},
		{"a handler that sets Vary to *", put, around(set("Vary", "*")), []string{"GET" + page}, ""},
		{"a handler that adds to Vary", put, around(add("Vary", "Accept-Encoding")), []string{"GET" + page}, ""},
		{"a handler that sets Vary, and every origin is allowed", cors.Policy{Origins: []string{"*"}}, around(set("Vary", "Accept-Encoding")), []string{"GET" + page}, ""},
		{"report only", cors.Policy{Origins: []string{"https://a.test"}, ReportOnly: true}, around(set("Access-Control-Allow-Origin", "*")), []string{"GET" + page}, ""},
		{"a redirect of the mux", put, func(m *cors.Middleware) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/x/", hello)
			return m.Wrap(mux)
		}, []string{preflightPUT, "GET" + page}, ""},
		{"a timeout and a limit", put, func(m *cors.Middleware) http.Handler {
			return m.Wrap(http.TimeoutHandler(http.MaxBytesHandler(hello, 10), time.Minute, ""))
		}, []string{"GET" + page}, ""},
	} {
		var got []string
		m := cors.MustNew(row.policy)
		m.SetObserver(func(r *http.Request, d cors.Decision) {
			if d.SetupMistake != cors.NoSetupMistake {
				got = append(got, d.Labels().SetupMistake)
				if d.Kind != cors.Actual || d.Origin != r.Header.Get("Origin") || d.Allowed != (d.Origin == "https://a.test") {
					t.Errorf("%s: the decision with the setup mistake is %+v", row.name, d)
				}
			}
		})
		h := row.set(m)
		for _, request := range row.requests {
			send(h, request)
		}
		if s := strings.Join(got, ", "); s != row.want {
			t.Errorf("%s: %q, want %q", row.name, s, row.want)
		}
	}
}

// A proxied server that sends CORS headers is reported, unless StripResponse removes them.
func TestSetupMistakeOfAReverseProxy(t *testing.T) {
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://a.test")
	}))
	defer behind.Close()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, strip := range []bool{false, true} {
		proxy := httputil.NewSingleHostReverseProxy(target)
		if strip {
			proxy.ModifyResponse = cors.StripResponse
		}
		m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
		mistake := cors.NoSetupMistake
		m.SetObserver(func(_ *http.Request, d cors.Decision) { mistake = d.SetupMistake })
		front := httptest.NewServer(m.Wrap(proxy)) // a real server, whose Header returns a copy once the response has begun
		r, err := http.NewRequestWithContext(t.Context(), "GET", front.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://a.test")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		front.Close()
		if (mistake == cors.HeadersReplaced) != !strip {
			t.Errorf("stripped: %v, setup mistake %q, headers %q", strip, mistake, resp.Header["Access-Control-Allow-Origin"])
		}
	}
}

// A setup mistake is reported once for each pattern, and for no more patterns than the limit, even
// if many requests arrive at once and a router writes anything into Pattern.
func TestSetupMistakesAreReportedOnce(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}})
	var reported atomic.Int32
	m.SetObserver(func(_ *http.Request, d cors.Decision) {
		if d.SetupMistake != cors.NoSetupMistake {
			reported.Add(1)
		}
	})
	h := m.Wrap(hello)
	put := func(pattern string) {
		r := httptest.NewRequest("PUT", "/x", nil)
		r.Header.Set("Origin", "https://b.test")
		r.Pattern = pattern
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				put("PUT /x")
			}
		})
	}
	wg.Wait()
	if n := reported.Load(); n != 1 {
		t.Errorf("reported %d times, want 1", n)
	}
	for i := range 3000 {
		put("PUT /x/" + strconv.Itoa(i))
	}
	if n := reported.Load(); n != 1000 {
		t.Errorf("reported for %d patterns, want 1000", n)
	}
}

func TestLogRefusalsLogsSetupMistakes(t *testing.T) {
	var buf bytes.Buffer
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}})
	m.SetObserver(cors.LogRefusals(slog.New(slog.NewTextHandler(&buf, nil))))
	mux := http.NewServeMux()
	mux.Handle("PUT /x", m.Wrap(hello))
	for range 3 {
		send(mux, "PUT\nOrigin: https://b.test")
	}
	for _, word := range []struct {
		what string
		n    int
	}{{"CORS setup: pattern with a method", 1}, {`pattern="PUT /x"`, 1}, {"CORS request refused", 3}} {
		if got := strings.Count(buf.String(), word.what); got != word.n {
			t.Errorf("%q is logged %d times, want %d:\n%s", word.what, got, word.n, &buf)
		}
	}
}

// plainLog returns a logger that writes records without the time.
func plainLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// sendAndPrint sends a request as a page on https://app.example.com would, a preflight if
// requestMethod is not "", and prints what a browser checks first.
func sendAndPrint(h http.Handler, method, path, requestMethod string) {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Origin", "https://app.example.com")
	if requestMethod != "" {
		r.Header.Set("Access-Control-Request-Method", requestMethod)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(method, w.Code, w.Header()["Access-Control-Allow-Origin"])
}

// Incorrect: the policy is inside a mux, at a pattern with a method. The preflight does not reach
// it. The first request that does is reported.
func ExampleSetupMistake_incorrectPattern() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, RequestHeaders: []string{"Content-Type"}})
	policy.SetObserver(cors.LogRefusals(plainLog()))
	mux := http.NewServeMux()
	mux.Handle("POST /items", policy.Wrap(http.NotFoundHandler())) // wrong: wrap the mux

	sendAndPrint(mux, "OPTIONS", "/items", "POST")
	sendAndPrint(mux, "POST", "/items", "")
	// Output:
	// OPTIONS 405 []
	// level=ERROR msg="CORS setup: pattern with a method" pattern="POST /items" do="wrap the mux: it responds to a preflight for this pattern with 405, unless a different pattern takes OPTIONS" path=/items
	// POST 404 [https://app.example.com]
}

// Incorrect: a handler that sets CORS headers itself allows every origin, whatever the policy says.
func ExampleSetupMistake_incorrectHeaders() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	policy.SetObserver(cors.LogRefusals(plainLog()))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // wrong: remove this
	})

	sendAndPrint(policy.Wrap(mux), "GET", "/items", "")
	// Output:
	// level=ERROR msg="CORS setup: handler sets CORS headers" pattern="GET /items" do="remove the headers from the handler; wrap a reverse proxy in cors.Proxy" path=/items
	// GET 200 [*]
}

// Incorrect: a handler that sets Vary removes Origin from it.
func ExampleSetupMistake_incorrectVary() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	policy.SetObserver(cors.LogRefusals(plainLog()))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding") // wrong: use Add
	})

	sendAndPrint(policy.Wrap(mux), "GET", "/items", "")
	// Output:
	// level=ERROR msg="CORS setup: handler replaces Vary" pattern="GET /items" do="add to Vary instead of setting it" path=/items
	// GET 200 [https://app.example.com]
}

// Incorrect: two middlewares around each other. Only the outer one sees preflights, and an origin is
// allowed if either of them allows it.
func ExampleSetupMistake_incorrectStacking() {
	outer := cors.MustNew(cors.Policy{Origins: []string{"*"}})
	inner := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	inner.SetObserver(cors.LogRefusals(plainLog()))

	sendAndPrint(outer.Wrap(inner.Wrap(http.NotFoundHandler())), "GET", "/items", "") // wrong: use one
	// Output:
	// level=ERROR msg="CORS middlewares are stacked: the outer one's headers were replaced" reason=granted kind=actual origin=https://app.example.com path=/items
	// GET 404 [https://app.example.com]
}

// Incorrect: authentication around the middleware responds to the preflight, which never has
// credentials. Nothing inside can report it, but a test with package corstest finds it.
func ExampleSetupMistake_incorrectAuthentication() {
	authenticate := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := r.BasicAuth(); !ok {
				http.Error(w, "log in first", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	h := http.NotFoundHandler()

	sendAndPrint(authenticate(policy.Wrap(h)), "OPTIONS", "/items", "PUT") // wrong
	sendAndPrint(policy.Wrap(authenticate(h)), "OPTIONS", "/items", "PUT") // right
	// Output:
	// OPTIONS 401 []
	// OPTIONS 204 [https://app.example.com]
}

// Incorrect: the policy is inside a mux that redirects. Browsers reject a redirected preflight.
// Around the mux, the policy responds to the preflight, and the browser follows the redirect of the
// request after it.
func ExampleSetupMistake_incorrectRedirect() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	inside, mux := http.NewServeMux(), http.NewServeMux()
	inside.Handle("/items/", policy.Wrap(http.NotFoundHandler())) // wrong
	// A mux does this by itself, with a status that depends on the Go version.
	inside.Handle("/items", http.RedirectHandler("/items/", http.StatusTemporaryRedirect))
	mux.Handle("/items/", http.NotFoundHandler())

	sendAndPrint(inside, "OPTIONS", "/items", "PUT")
	sendAndPrint(policy.Wrap(mux), "OPTIONS", "/items", "PUT")
	// Output:
	// OPTIONS 307 []
	// OPTIONS 204 [https://app.example.com]
}
