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

func TestTraps(t *testing.T) {
	put := cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}}
	asks := cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: []string{"Content-Type"}}
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
	const pattern, headers, vary = "pattern with a method", "handler has CORS headers of its own", "handler replaces Vary"
	for _, row := range []struct {
		name     string
		policy   cors.Policy
		set      func(*cors.Middleware) http.Handler
		requests []string
		want     string
	}{
		{"PUT in a mux", put, at("PUT /x"), []string{"PUT" + own}, pattern},
		{"with a host", put, at("PUT server.test/x"), []string{"PUT" + own}, pattern},
		{"said once", put, at("PUT /x"), []string{"PUT" + own, "PUT" + own}, pattern},
		{"and at each pattern", put, at("PUT /x", "DELETE /x"), []string{"PUT" + own, "DELETE" + own, "PUT" + own}, pattern + ", " + pattern},
		{"a page has sent it, so it was let", put, at("PUT /x"), []string{"PUT" + page}, ""},
		{"a page of the same site too", put, at("PUT /x"), []string{"PUT\nOrigin: http://a.server.test\nSec-Fetch-Site: same-site"}, ""},
		{"no Origin", put, at("PUT /x"), []string{"PUT"}, ""},
		{"GET with headers to ask for", asks, at("GET /x"), []string{"GET" + page}, pattern},
		{"GET without", put, at("GET /x"), []string{"GET" + page}, ""},
		{"OPTIONS is led here too", put, at("PUT /x", "OPTIONS /"), []string{preflightPUT, "PUT" + own}, ""},
		{"any method", put, at("/x"), []string{"PUT" + own}, ""},
		{"OPTIONS itself", asks, at("OPTIONS /x"), []string{"OPTIONS" + own}, ""},
		{"around the mux", put, around(hello), []string{"GET" + page}, ""},
		{"a handler that lets everybody in", put, around(set("Access-Control-Allow-Origin", "*")), []string{"GET" + page, "GET" + page}, headers},
		{"and those we refuse", put, around(set("Access-Control-Allow-Origin", "https://b.test")), []string{"GET\nOrigin: https://b.test"}, headers},
		{"a second field", put, around(add("Access-Control-Allow-Origin", "https://a.test")), []string{"GET" + page}, headers},
		{"the same again is no harm", put, around(set("Access-Control-Allow-Origin", "https://a.test")), []string{"GET" + page}, ""},
		{"to others than pages nothing is said", put, around(set("Access-Control-Allow-Origin", "*")), []string{"GET"}, ""},
		{"Vary is set", put, around(set("Vary", "Accept-Encoding")), []string{"GET" + page}, vary},
		{"to something that has ours", put, around(set("Vary", "Accept-Encoding, origin")), []string{"GET" + page}, ""},
		{"to a star", put, around(set("Vary", "*")), []string{"GET" + page}, ""},
		{"Vary is added to", put, around(add("Vary", "Accept-Encoding")), []string{"GET" + page}, ""},
		{"where all are answered alike", cors.Policy{Origins: []string{"*"}}, around(set("Vary", "Accept-Encoding")), []string{"GET" + page}, ""},
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
			if d.Trap != cors.NoTrap {
				got = append(got, d.Labels().Trap)
				if d.Kind != cors.Actual || d.Origin != r.Header.Get("Origin") || d.Allowed != (d.Origin == "https://a.test") {
					t.Errorf("%s: the trap's decision is %+v", row.name, d)
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

// A proxied server with CORS headers of its own is noticed, and no more once
// they are taken off.
func TestTrapOfAReverseProxy(t *testing.T) {
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
		trap := cors.NoTrap
		m.SetObserver(func(_ *http.Request, d cors.Decision) { trap = d.Trap })
		front := httptest.NewServer(m.Wrap(proxy)) // a real one: it copies headers for who looks late
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
		if (trap == cors.HeadersReplaced) != !strip {
			t.Errorf("stripped: %v, trap %q, headers %q", strip, trap, resp.Header["Access-Control-Allow-Origin"])
		}
	}
}

// However many requests come at once, and whatever a router writes into
// Pattern, a trap is told of once at each place, and of no more places than can
// be remembered.
func TestTrapsAreToldOfOnce(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}})
	var told atomic.Int32
	m.SetObserver(func(_ *http.Request, d cors.Decision) {
		if d.Trap != cors.NoTrap {
			told.Add(1)
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
	if n := told.Load(); n != 1 {
		t.Errorf("told of %d times, want 1", n)
	}
	for i := range 3000 {
		put("PUT /x/" + strconv.Itoa(i))
	}
	if n := told.Load(); n != 1000 {
		t.Errorf("told of at %d places, want 1000", n)
	}
}

func TestLogRefusalsSaysTraps(t *testing.T) {
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
	}{{"CORS set-up: pattern with a method", 1}, {`pattern="PUT /x"`, 1}, {"CORS request refused", 3}} {
		if got := strings.Count(buf.String(), word.what); got != word.n {
			t.Errorf("%q is there %d times, want %d:\n%s", word.what, got, word.n, &buf)
		}
	}
}

// plainLog writes records without the time.
func plainLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// ask makes a request as a page of https://app.example.com would, and prints
// what a browser looks at first.
func ask(h http.Handler, method, path, asks string) {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Origin", "https://app.example.com")
	if asks != "" {
		r.Header.Set("Access-Control-Request-Method", asks)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(method, w.Code, w.Header()["Access-Control-Allow-Origin"])
}

// Incorrect: inside a mux, at a pattern with a method. The preflight does not
// get here; the first request that does tells of it.
func ExampleTrap_incorrectPattern() {
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, RequestHeaders: []string{"Content-Type"}})
	open.SetObserver(cors.LogRefusals(plainLog()))
	mux := http.NewServeMux()
	mux.Handle("POST /items", open.Wrap(http.NotFoundHandler())) // wrong: wrap the mux

	ask(mux, "OPTIONS", "/items", "POST")
	ask(mux, "POST", "/items", "")
	// Output:
	// OPTIONS 405 []
	// level=ERROR msg="CORS set-up: pattern with a method" pattern="POST /items" do="wrap the mux, which answers a preflight to this pattern with 405 unless another pattern takes OPTIONS" path=/items
	// POST 404 [https://app.example.com]
}

// Incorrect: a handler with CORS headers of its own lets everybody in, whatever
// the policy says.
func ExampleTrap_incorrectHeaders() {
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	open.SetObserver(cors.LogRefusals(plainLog()))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // wrong: leave it to the policy
	})

	ask(open.Wrap(mux), "GET", "/items", "")
	// Output:
	// level=ERROR msg="CORS set-up: handler has CORS headers of its own" pattern="GET /items" do="take the headers out of the handler; in a reverse proxy use StripResponse" path=/items
	// GET 200 [*]
}

// Incorrect: a handler that sets Vary takes away the Origin in it.
func ExampleTrap_incorrectVary() {
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	open.SetObserver(cors.LogRefusals(plainLog()))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding") // wrong: Add
	})

	ask(open.Wrap(mux), "GET", "/items", "")
	// Output:
	// level=ERROR msg="CORS set-up: handler replaces Vary" pattern="GET /items" do="add to Vary instead of setting it" path=/items
	// GET 200 [https://app.example.com]
}

// Incorrect: two middlewares around each other. Preflights are the outer one's
// matter alone, and a request is let in by either.
func ExampleTrap_incorrectStacking() {
	outer := cors.MustNew(cors.Policy{Origins: []string{"*"}})
	inner := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	inner.SetObserver(cors.LogRefusals(plainLog()))

	ask(outer.Wrap(inner.Wrap(http.NotFoundHandler())), "GET", "/items", "") // wrong: one is enough
	// Output:
	// level=ERROR msg="CORS middlewares are stacked: the outer one's headers were replaced" reason=granted kind=actual origin=https://app.example.com path=/items
	// GET 404 [https://app.example.com]
}

// Incorrect: what is around the middleware answers the preflight, which has no
// credentials and never will. Nothing inside can notice: a test with corstest
// does.
func ExampleTrap_incorrectAuthentication() {
	authenticate := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := r.BasicAuth(); !ok {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	h := http.NotFoundHandler()

	ask(authenticate(open.Wrap(h)), "OPTIONS", "/items", "PUT") // wrong
	ask(open.Wrap(authenticate(h)), "OPTIONS", "/items", "PUT") // right
	// Output:
	// OPTIONS 401 []
	// OPTIONS 204 [https://app.example.com]
}

// Incorrect: inside a mux that redirects. A preflight that is redirected has
// failed. Around the mux it is answered, and the redirect is followed.
func ExampleTrap_incorrectRedirect() {
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	inside, mux := http.NewServeMux(), http.NewServeMux()
	inside.Handle("/items/", open.Wrap(http.NotFoundHandler())) // wrong
	// A mux does this by itself, with a status that depends on Go's version.
	inside.Handle("/items", http.RedirectHandler("/items/", http.StatusTemporaryRedirect))
	mux.Handle("/items/", http.NotFoundHandler())

	ask(inside, "OPTIONS", "/items", "PUT")
	ask(open.Wrap(mux), "OPTIONS", "/items", "PUT")
	// Output:
	// OPTIONS 307 []
	// OPTIONS 204 [https://app.example.com]
}
