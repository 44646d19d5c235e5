package cors_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
)

// TestProxy puts a policy in front of a server that sends early hints, trailers and CORS headers of
// its own.
func TestProxy(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		own := func() {
			h.Set("Access-Control-Allow-Origin", "https://backend.example")
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Set("Access-Control-Expose-Headers", "X-Secret")
			h.Set("Link", "</style.css>; rel=preload")
		}
		own()
		if r.URL.Path != "/plain" {
			w.WriteHeader(http.StatusEarlyHints)
		}
		own()
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Backend", "yes")
		if strings.HasPrefix(r.URL.Path, "/trailers") {
			h.Set("Trailer", "X-Sum, Access-Control-Allow-Origin")
		}
		if r.URL.Path == "/empty" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, "hello")
		if r.URL.Path == "/trailers-later" {
			h.Set(http.TrailerPrefix+"Access-Control-Max-Age", "5")
			h.Set(http.TrailerPrefix+"X-Later", "6")
		}
		h.Set("X-Sum", "5")
		h.Set("Access-Control-Allow-Origin", "*")
	}))
	defer backend.Close()
	to, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Credentials: true})
	outer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=5")
			next.ServeHTTP(w, r)
		})
	}
	front := httptest.NewServer(outer(policy.Wrap(cors.Proxy(proxy))))
	defer front.Close()
	for _, path := range []string{"/", "/plain", "/empty", "/trailers", "/trailers-later"} {
		for _, origin := range []string{"https://a.test", "https://foreign.test", ""} {
			t.Run(path+" from "+origin, func(t *testing.T) {
				interim := 0
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
					interim = code
					for name := range h {
						if strings.HasPrefix(name, "Access-Control-") {
							t.Errorf("the response %d has %s: %q", code, name, h[name])
						}
					}
					if h.Get("Link") == "" {
						t.Errorf("the response %d has no Link", code)
					}
					return nil
				}})
				r, err := http.NewRequestWithContext(ctx, "GET", front.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if origin != "" {
					r.Header.Set("Origin", origin)
				}
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				io.Copy(io.Discard, resp.Body)
				if (interim == http.StatusEarlyHints) != (path != "/plain") {
					t.Errorf("the interim response is %d", interim)
				}
				want := map[string]string{"Access-Control-Expose-Headers": "", "X-Backend": "yes", "Strict-Transport-Security": "max-age=5"}
				if origin == "https://a.test" {
					want["Access-Control-Allow-Origin"], want["Access-Control-Allow-Credentials"] = origin, "true"
				} else {
					want["Access-Control-Allow-Origin"], want["Access-Control-Allow-Credentials"] = "", ""
				}
				for name, value := range want {
					if got := strings.Join(resp.Header.Values(name), "|"); got != value {
						t.Errorf("%s: %q, want %q", name, got, value)
					}
				}
				if vary := strings.Join(resp.Header.Values("Vary"), ", "); !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Accept-Encoding") || strings.Count(vary, "Origin") > 1 {
					t.Errorf("Vary: %q", vary)
				}
				for name := range resp.Trailer {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("the trailer %s: %q", name, resp.Trailer[name])
					}
				}
				if strings.HasPrefix(path, "/trailers") && resp.Trailer.Get("X-Sum") != "5" || path == "/trailers-later" && resp.Trailer.Get("X-Later") != "6" {
					t.Errorf("trailers: %v", resp.Trailer)
				}
			})
		}
	}
}

// TestProxyOfHandlersThatWriteNothing checks the headers of an empty response.
func TestProxyOfHandlersThatWriteNothing(t *testing.T) {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
	h := policy.Wrap(cors.Proxy(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Vary", "Cookie")
	})))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Origin", "https://a.test")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := w.Header(); got.Get("Access-Control-Allow-Origin") != "https://a.test" || strings.Join(got["Vary"], ",") != "Cookie,Origin" {
		t.Errorf("%v", got)
	}
}

// TestProxyReplacesHeadersOfThePolicy checks the policy's headers that are not part of CORS. A server that sends
// them too would add to them: browsers ignore a Cross-Origin-Resource-Policy with two values.
func TestProxyReplacesHeadersOfThePolicy(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("Timing-Allow-Origin", "*")
		if r.URL.Path == "/hints" {
			w.WriteHeader(http.StatusEarlyHints)
		}
	}))
	defer backend.Close()
	to, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := cors.Proxy(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	all := cors.Policy{Origins: []string{"https://a.test"}, ResourcePolicy: "same-site", TimingAllowOrigin: true}
	for _, path := range []string{"/", "/hints"} {
		for _, row := range []struct {
			policy         cors.Policy
			origin         string
			resource, time string
		}{
			{all, "https://a.test", "same-site", "https://a.test"},
			{all, "https://b.test", "same-site", "*"}, // the server's own, which the policy says nothing about
			{cors.Policy{Origins: []string{"https://a.test"}}, "https://a.test", "cross-origin", "*"},
		} {
			front := httptest.NewServer(cors.MustNew(row.policy).Wrap(proxy))
			r, _ := http.NewRequest("GET", front.URL+path, nil)
			r.Header.Set("Origin", row.origin)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			front.Close()
			resource := strings.Join(resp.Header["Cross-Origin-Resource-Policy"], "|")
			time := strings.Join(resp.Header["Timing-Allow-Origin"], "|")
			if resource != row.resource || time != row.time {
				t.Errorf("%s from %s: %q and %q, want %q and %q", path, row.origin, resource, time, row.resource, row.time)
			}
		}
	}
}

// TestProxyKeepsHeadersSetBefore compares a response after early hints with one without them: a server's
// header with the same name is sent in addition to one that was set before, and a handler that does not
// clear the headers may remove those that it wants to remove.
func TestProxyKeepsHeadersSetBefore(t *testing.T) {
	clears := func(hints int) http.HandlerFunc { // what httputil.ReverseProxy does
		return func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			for range hints {
				h.Add("Link", "</style.css>; rel=preload")
				w.WriteHeader(http.StatusEarlyHints)
				clear(h)
			}
			h.Add("Set-Cookie", "inner=1")
			h.Add("Vary", "Cookie")
			w.WriteHeader(http.StatusOK)
		}
	}
	removes := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("X-Outer")
		w.Header().Set("Set-Cookie", "inner=1")
		w.Header().Set("Vary", "Cookie")
	}
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
	for name, row := range map[string]struct {
		handler        http.HandlerFunc
		cookies, outer string
	}{
		"no hints":   {clears(0), "outer=1|inner=1", "yes"},
		"hints":      {clears(1), "outer=1|inner=1", "yes"},
		"more hints": {clears(3), "outer=1|inner=1", "yes"},
		"removed":    {removes, "inner=1", ""},
	} {
		inner := policy.Wrap(cors.Proxy(row.handler))
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "outer=1")
			w.Header().Set("X-Outer", "yes")
			inner.ServeHTTP(w, r)
		}))
		r, _ := http.NewRequest("GET", front.URL, nil)
		r.Header.Set("Origin", "https://a.test")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		front.Close()
		h := resp.Header
		vary := strings.Join(h["Vary"], "|")
		if h.Get("Access-Control-Allow-Origin") != "https://a.test" || strings.Count(vary, "Origin") != 1 || strings.Count(vary, "Cookie") != 1 {
			t.Errorf("%s: %v", name, h)
		}
		if cookies := strings.Join(h["Set-Cookie"], "|"); cookies != row.cookies || h.Get("X-Outer") != row.outer {
			t.Errorf("%s: cookies %s, X-Outer %q", name, cookies, h.Get("X-Outer"))
		}
	}
}

// TestProxyAfterPanics checks the response that a handler outside writes after a panic: it has the
// policy's headers, and not those that the other server's response has left.
func TestProxyAfterPanics(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"at once": func(w http.ResponseWriter, r *http.Request) { panic("test") },
		"with headers": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header()["access-control-expose-headers"] = []string{"X-Secret"}
			panic("test")
		},
		"after early hints": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			clear(w.Header())
			panic("test")
		},
	} {
		policy := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
		inner := policy.Wrap(cors.Proxy(handler))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Origin", "https://a.test")
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
				w.WriteHeader(http.StatusInternalServerError)
			}()
			inner.ServeHTTP(w, r)
		}()
		if h := w.Header(); len(h) != 2 || h.Get("Access-Control-Allow-Origin") != "https://a.test" || h.Get("Vary") != "Origin" {
			t.Errorf("%s: %v", name, h)
		}
	}
}
