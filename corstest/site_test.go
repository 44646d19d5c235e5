package corstest_test

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A fakeTB is a test that may fail without anything being wrong.
type fakeTB struct {
	testing.TB // nil: what is not below must not be called
	errors     []string
	fatal      bool
	cleanups   []func()
}

func (f *fakeTB) Helper()                  {}
func (f *fakeTB) Context() context.Context { return context.Background() }
func (f *fakeTB) Cleanup(g func())         { f.cleanups = append(f.cleanups, g) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

// stopped is what a fakeTB panics with where a test would end.
type stopped struct{}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	f.fatal = true
	panic(stopped{})
}

// run does what a test would do and returns what it says.
func run(test func(tb testing.TB)) *fakeTB {
	f := &fakeTB{}
	func() {
		defer func() {
			if v := recover(); v != nil && v != (stopped{}) {
				panic(v)
			}
		}()
		test(f)
	}()
	for _, g := range f.cleanups {
		g()
	}
	return f
}

func (f *fakeTB) text() string { return strings.Join(f.errors, "\n\n") }

// items is the server of most tests.
func items() http.Handler {
	return middleware(nil)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", "3")
		w.Header().Set("X-Internal", "7")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/login"):
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "secret", Secure: true, SameSite: http.SameSiteNoneMode})
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusGone)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/items", http.StatusFound)
			return
		}
		io.WriteString(w, "[]")
	}))
}

// What holds says nothing, and what does not says why.
func TestAssertions(t *testing.T) {
	const evil = "https://evil.example"
	none := func(*corstest.Outcome) {}
	get := func(origin string, options ...corstest.Option) func(*corstest.Site) *corstest.Outcome {
		return func(s *corstest.Site) *corstest.Outcome { return s.From(origin).Fetch("GET", "/items", options...) }
	}
	put := func(origin string, options ...corstest.Option) func(*corstest.Site) *corstest.Outcome {
		return func(s *corstest.Site) *corstest.Outcome { return s.From(origin).Fetch("PUT", "/items", options...) }
	}
	cookie := func(s *corstest.Site) *corstest.Outcome {
		return s.WithURL("https://api.example.com").SetCookie("session=secret; Secure; SameSite=None").
			From(app).Fetch("GET", "/items", corstest.Credentials())
	}
	element := func(s *corstest.Site) *corstest.Outcome {
		r, err := fetch.Element{Kind: "img", URL: "/items.png"}.Request(nil)
		if err != nil {
			t.Fatal(err)
		}
		return s.From(evil).Do(r)
	}
	tests := []struct {
		name    string
		outcome func(*corstest.Site) *corstest.Outcome
		holds   func(*corstest.Outcome)
		fails   func(*corstest.Outcome)
		says    []string
	}{
		{"MayRead", get(app),
			func(o *corstest.Outcome) { o.MayRead().HasStatus(200).HasBody("[]") },
			func(o *corstest.Outcome) { o.MayNotRead() },
			[]string{"a page on https://app.example.com may not read the answer to GET https://server.example/items",
				"not in Standard, Chromium, Firefox, WebKit: the page reads the answer, status 200 and 2 bytes",
				"without Access-Control-Allow-Origin: https://app.example.com"}},
		{"MayRead of a foreign page", get(evil),
			func(o *corstest.Outcome) { o.MayNotRead().IsBlocked().IsBlocked(reason.MissingAllowOriginHeader) },
			func(o *corstest.Outcome) { o.MayRead() },
			[]string{"blocked with MissingAllowOriginHeader. The answer has no Access-Control-Allow-Origin header.",
				"would have to answer with\n    Access-Control-Allow-Origin: https://evil.example\n    Vary: Origin"}},
		{"HasStatus", get(app), none, func(o *corstest.Outcome) { o.HasStatus(404) },
			[]string{"sees the status 404 in the answer to GET", "the status is 200"}},
		{"HasBody", get(app), none, func(o *corstest.Outcome) { o.HasBody("{}") },
			[]string{"sees the body {}", "the body is []"}},
		{"IsBlocked", get(app), none, func(o *corstest.Outcome) { o.IsBlocked() }, []string{"is blocked", "the page reads the answer"}},
		{"IsBlocked for another reason", get(evil), none,
			func(o *corstest.Outcome) { o.IsBlocked(reason.AllowOriginMismatch, reason.WildcardOriginNotAllowed) },
			[]string{"is blocked with AllowOriginMismatch or WildcardOriginNotAllowed", "blocked with MissingAllowOriginHeader"}},
		{"MayReadHeader", get(app),
			func(o *corstest.Outcome) {
				o.MayReadHeader("x-total-count").MayReadHeader("Content-Type").MayNotReadHeader("X-Internal").MayNotReadHeader("Set-Cookie")
			},
			func(o *corstest.Outcome) { o.MayReadHeader("X-Internal") },
			[]string{"the browser hides it: Access-Control-Expose-Headers is X-Total-Count", "Access-Control-Expose-Headers: X-Internal"}},
		{"MayReadHeader of what is not there", get(app), none, func(o *corstest.Outcome) { o.MayReadHeader("ETag") },
			[]string{"the server did not send it"}},
		{"MayReadHeader of Set-Cookie", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("GET", "/login") }, none,
			func(o *corstest.Outcome) { o.MayReadHeader("Set-Cookie") }, []string{"no browser shows it"}},
		{"MayReadHeader where it is blocked", get(evil), none, func(o *corstest.Outcome) { o.MayReadHeader("ETag") },
			[]string{"MissingAllowOriginHeader"}},
		{"MayNotReadHeader", get(app), none, func(o *corstest.Outcome) { o.MayNotReadHeader("X-Total-Count") },
			[]string{"the page sees it: 3"}},
		{"WasPreflighted", put(app, corstest.Body("application/json", "{}")),
			func(o *corstest.Outcome) { o.WasPreflighted().ReachedServer().MayRead() },
			func(o *corstest.Outcome) { o.WasNotPreflighted() },
			[]string{"PUT https://server.example/items from a page on https://app.example.com is not preflighted", "a preflight was sent"}},
		{"WasNotPreflighted", get(app), func(o *corstest.Outcome) { o.WasNotPreflighted() },
			func(o *corstest.Outcome) { o.WasPreflighted() }, []string{"no preflight was sent"}},
		{"an upload listener", func(s *corstest.Site) *corstest.Outcome {
			return s.From(app).Fetch("POST", "/items", corstest.Body("text/plain", "hello"), corstest.UploadListener())
		}, func(o *corstest.Outcome) { o.WasPreflighted().MayRead() }, func(o *corstest.Outcome) { o.WasNotPreflighted() }, nil},
		{"DidNotReachServer", put(evil), func(o *corstest.Outcome) { o.WasPreflighted().DidNotReachServer() },
			func(o *corstest.Outcome) { o.ReachedServer() },
			[]string{"PreflightMissingAllowOriginHeader", "would have to answer the preflight with\n    Access-Control-Allow-Origin: https://evil.example"}},
		{"ReachedServer without a preflight", get(evil), func(o *corstest.Outcome) { o.ReachedServer() },
			func(o *corstest.Outcome) { o.DidNotReachServer() }, []string{"sent without a preflight", "Sec-Fetch-Site"}},
		{"ReachedServer after a preflight", put(app), func(o *corstest.Outcome) { o.ReachedServer() },
			func(o *corstest.Outcome) { o.DidNotReachServer() }, []string{"sent after a preflight that granted it"}},
		{"SentCookie", cookie, func(o *corstest.Outcome) { o.SentCookie("session").MayRead() },
			func(o *corstest.Outcome) { o.SentNoCookie() }, []string{"sent were session"}},
		{"SentNoCookie", get(app), func(o *corstest.Outcome) { o.SentNoCookie() },
			func(o *corstest.Outcome) { o.SentCookie("session") }, []string{"made without credentials"}},
		{"a cookie of another site", func(s *corstest.Site) *corstest.Outcome {
			return s.SetCookie("session=secret; Secure; SameSite=Strict").From(app).Fetch("GET", "/items", corstest.Credentials())
		}, func(o *corstest.Outcome) { o.SentNoCookie() }, func(o *corstest.Outcome) { o.SentCookie("session") },
			[]string{"the browser kept it back"}},
		{"a cookie that nobody set", get(app, corstest.Credentials()), func(o *corstest.Outcome) { o.SentNoCookie() },
			func(o *corstest.Outcome) { o.SentCookie("other") }, []string{"no cookie of that name"}},
		{"After", func(s *corstest.Site) *corstest.Outcome {
			return s.From(app).Fetch("PUT", "/items").WasPreflighted().After(9 * time.Minute)
		}, func(o *corstest.Outcome) { o.WasNotPreflighted().MayRead().After(2 * time.Minute).WasPreflighted() },
			func(o *corstest.Outcome) { o.WasPreflighted() }, []string{"no preflight was sent"}},
		{"an element", element, func(o *corstest.Outcome) { o.MayNotRead().ReachedServer() },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"opaque"}},
		{"a sandboxed page", get("null"), func(o *corstest.Outcome) { o.IsBlocked() },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"a sandboxed page (origin null)", "Access-Control-Allow-Origin: null"}},
		{"a method", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("DELETE", "/items") },
			func(o *corstest.Outcome) { o.IsBlocked(reason.MethodDisallowedByPreflightResponse) },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"\n    Access-Control-Allow-Methods: DELETE"}},
		{"a header", get(app, corstest.Header("X-Trace", "1")),
			func(o *corstest.Outcome) { o.IsBlocked(reason.HeaderDisallowedByPreflightResponse) },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"\n    Access-Control-Allow-Headers: X-Trace"}},
		{"a stream", func(s *corstest.Site) *corstest.Outcome {
			return s.WithProfiles(fetch.Standard, fetch.Firefox).From(app).Do(&fetch.Request{Method: "POST", URL: "/items", Body: fetch.StreamBody(strings.NewReader("hello"))})
		}, func(o *corstest.Outcome) { o.MayRead() }, func(o *corstest.Outcome) { o.MayNotRead() }, []string{"not in Standard:", "not in Firefox:"}},
		{"the server's own page", get("https://server.example"), func(o *corstest.Outcome) { o.MayRead().MayReadHeader("X-Internal") },
			func(o *corstest.Outcome) { o.MayNotRead() }, []string{"own origin"}},
		{"an error's status", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("GET", "gone") },
			func(o *corstest.Outcome) { o.MayRead().HasStatus(410) }, func(o *corstest.Outcome) { o.HasStatus(200) }, []string{"the status is 410"}},
		{"a redirect", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("GET", "/moved") },
			func(o *corstest.Outcome) { o.MayRead().HasBody("[]") }, func(o *corstest.Outcome) { o.IsBlocked() }, []string{"Location: /items"}},
		{"what no page may ask", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("TRACE", "/items") },
			func(o *corstest.Outcome) { o.IsBlocked(reason.ForbiddenMethod).DidNotReachServer() },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"the browser refuses the call", "Nothing went over the wire."}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			good := run(func(tb testing.TB) { test.holds(test.outcome(corstest.Handler(tb, items()))) })
			if len(good.errors) > 0 {
				t.Errorf("fails:\n%s", good.text())
			}
			bad := run(func(tb testing.TB) { test.fails(test.outcome(corstest.Handler(tb, items()))) })
			if len(bad.errors) != 1 || bad.fatal {
				t.Fatalf("%d errors, fatal %v; want one:\n%s", len(bad.errors), bad.fatal, bad.text())
			}
			for _, s := range test.says {
				if !strings.Contains(bad.text(), s) {
					t.Errorf("no %q in:\n%s", s, bad.text())
				}
			}
			if strings.Contains(bad.text(), "secret") {
				t.Errorf("a cookie's value is told:\n%s", bad.text())
			}
		})
	}
}

// The whole text of failures.
func TestAFailureTellsTheStory(t *testing.T) {
	tests := map[string]func(tb testing.TB){
		"method": func(tb testing.TB) {
			corstest.Handler(tb, items()).From(app).Fetch("DELETE", "/items/1").MayRead()
		},
		"browsers-differ": func(tb testing.TB) {
			star := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Access-Control-Allow-Origin", "*")
					w.Header().Set("Access-Control-Allow-Headers", "*")
					if r.Method == "OPTIONS" {
						return
					}
					next.ServeHTTP(w, r)
				})
			}
			corstest.Middleware(tb, star).From(app).Fetch("GET", "/", corstest.Header("Authorization", "Bearer secret")).MayRead()
		},
		"cookie": func(tb testing.TB) {
			site := corstest.Handler(tb, items()).WithProfiles(fetch.Chromium).SetCookie("session=secret; Secure; SameSite=None")
			site.From(app).Fetch("GET", "/login", corstest.Credentials()).SentCookie("session")
		},
		"foreign": func(tb testing.TB) {
			prefix := middleware(func(m *reference) { m.letsIn = func(o string) bool { return strings.HasPrefix(o, app) } })
			corstest.ForeignOriginsStayOut(tb, corstest.Middleware(tb, prefix).WithProfiles(fetch.Standard), []string{app})
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := run(test).text() + "\n"
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is another; write it anew with -update\n%s", file, got)
			}
		})
	}
}

func TestWhatMakesNoSenseEndsTheTest(t *testing.T) {
	tests := map[string]struct {
		test func(tb testing.TB)
		says string
	}{
		"an origin with a slash": {func(tb testing.TB) { corstest.Handler(tb, items()).From(app + "/") }, app},
		"an origin with a path":  {func(tb testing.TB) { corstest.Handler(tb, items()).From(app + "/x") }, app},
		"a host":                 {func(tb testing.TB) { corstest.Handler(tb, items()).From("app.example.com") }, "app.example.com"},
		"a URL without scheme":   {func(tb testing.TB) { corstest.URL(tb, "127.0.0.1:8080") }, "127.0.0.1:8080"},
		"a URL of a file":        {func(tb testing.TB) { corstest.URL(tb, "file:///etc") }, "http: or https:"},
		"a path that is none":    {func(tb testing.TB) { corstest.Handler(tb, items()).From(app).Fetch("GET", "http://a b/") }, "http://a b/"},
		"everybody is foreign": {func(tb testing.TB) {
			corstest.ForeignOriginsStayOut(tb, corstest.Handler(tb, items()), []string{"*"})
		}, "nobody is foreign"},
		"allowed is no pattern": {func(tb testing.TB) {
			corstest.ForeignOriginsStayOut(tb, corstest.Handler(tb, items()), []string{"app.example.com"})
		}, app},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := run(test.test); !f.fatal || !strings.Contains(f.text(), test.says) {
				t.Errorf("fatal %v, and no %q in %s", f.fatal, test.says, f.text())
			}
		})
	}
	refused := run(func(tb testing.TB) { corstest.Handler(tb, items()).SetCookie("__Host-a=b; Path=/x") })
	if refused.fatal || len(refused.errors) == 0 {
		t.Errorf("a cookie that is not kept: %s", refused.text())
	}
}

func TestALiveServer(t *testing.T) {
	server := httptest.NewServer(http.StripPrefix("/v1", items()))
	defer server.Close()
	site := corstest.URL(t, server.URL+"/v1/")
	site.From(app).Fetch("GET", "items").MayRead().HasBody("[]")
	site.From(app).Fetch("PUT", "/v1/items", corstest.Credentials()).WasPreflighted().MayRead()
	site.From("http://localhost:3000").Fetch("GET", server.URL+"/v1/gone").HasStatus(410)
	corstest.ForeignOriginsStayOut(t, site.WithProfiles(fetch.Standard), promised.Origins)
}

func TestAServerOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(items())
	defer server.Close()
	wire := fetch.NewTransport()
	wire.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	defer wire.CloseIdleConnections()
	corstest.URL(t, server.URL).WithTransport(wire).From(app).Fetch("GET", "/items").MayRead()

	closed := httptest.NewServer(nil)
	closed.Close()
	f := run(func(tb testing.TB) { corstest.URL(tb, closed.URL).From(app).Fetch("GET", "/").MayRead() })
	if !strings.Contains(f.text(), "no answer: ConnectionFailed") || !strings.Contains(f.text(), "would have to answer at all") {
		t.Error(f.text())
	}
}

func TestCookiesOfOneFetchGoWithTheNext(t *testing.T) {
	site := corstest.Handler(t, items()).WithURL("https://api.example.com")
	page := site.From(app)
	page.Fetch("GET", "/login", corstest.Credentials()).MayRead().SentNoCookie()
	page.Fetch("GET", "/items", corstest.Credentials()).SentCookie("session")
	site.WithTB(t).From(app).Fetch("GET", "/items", corstest.Credentials()).SentCookie("session")
	corstest.Handler(t, items()).WithURL("https://api.example.com").From(app).Fetch("GET", "/items", corstest.Credentials()).SentNoCookie()
}

func TestResultsAreThereForWhatNoAssertionSays(t *testing.T) {
	o := corstest.Handler(t, items()).From(app).Fetch("GET", "/items")
	if len(o.Results) != len(fetch.Profiles()) {
		t.Fatalf("%d results", len(o.Results))
	}
	for _, r := range o.Results {
		if v, _ := r.Header.Get("X-Total-Count"); v != "3" || string(r.Body) != "[]" || r.Type != fetch.TypeCORS || len(r.Trace.Steps) == 0 {
			t.Errorf("%s: %+v", r.Profile.Name, r)
		}
	}
}

// Tests may share a site. Run with -race.
func TestASiteIsForManyTestsAtATime(t *testing.T) {
	site := corstest.Handler(t, items())
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			page := site.WithTB(t).From(app)
			page.Fetch("PUT", "/login", corstest.Credentials()).WasPreflighted().MayRead().After(time.Second).WasNotPreflighted()
		})
	}
}

func TestAGridAsksEveryCombination(t *testing.T) {
	asked := map[string]bool{}
	grid := corstest.Grid{
		Origins: []string{app, "https://evil.example", "null"},
		Methods: []string{"GET", "PUT", "DELETE"},
		Headers: [][]string{nil, {"Content-Type", "X-Request-Id"}, {"X-Other"}},
		Path:    "/items", Credentials: true,
		Allowed: func(origin, method string, headers []string) bool {
			asked[origin+" "+method+" "+strings.Join(headers, ",")] = true
			return origin == app && method != "DELETE" && (len(headers) == 0 || headers[0] != "X-Other")
		},
	}
	grid.Run(t, corstest.Handler(t, items()))
	if len(asked) != 27 {
		t.Errorf("%d combinations: %v", len(asked), asked)
	}
	asked = map[string]bool{}
	corstest.Grid{Origins: []string{app}, Allowed: grid.Allowed}.Run(t, corstest.Handler(t, items()))
	if len(asked) != 1 {
		t.Errorf("%d combinations: %v", len(asked), asked)
	}
}

// A Grid needs a real test to fail, hence another process.
func TestAGridFailsByName(t *testing.T) {
	if os.Getenv("CORSTEST_FAIL") != "" {
		corstest.Grid{
			Origins: []string{app, "https://evil.example"}, Methods: []string{"PUT", "DELETE"}, Headers: [][]string{{"X-Request-Id"}},
			Allowed: func(string, string, []string) bool { return true },
		}.Run(t, corstest.Handler(t, items()))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAGridFailsByName$", "-test.v")
	cmd.Env = append(os.Environ(), "CORSTEST_FAIL=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("it does not fail:\n%s", out)
	}
	var failed []string
	for _, m := range regexp.MustCompile(`--- FAIL: TestAGridFailsByName/(\S+)`).FindAllStringSubmatch(string(out), -1) {
		failed = append(failed, m[1])
	}
	want := "https:app.example.com_DELETE_X-Request-Id https:evil.example_PUT_X-Request-Id https:evil.example_DELETE_X-Request-Id"
	if got := strings.Join(failed, " "); got != want {
		t.Errorf("failed are\n%s, want\n%s", got, want)
	}
}
