package corstest_test

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The complete text of some failures.
func TestFailureText(t *testing.T) {
	tests := map[string]func(tb testing.TB){
		"method": func(tb testing.TB) {
			corstest.Handler(tb, items()).From(app).Fetch("DELETE", "/items/1").MayRead()
		},
		"browsers-differ": func(tb testing.TB) {
			wildcard := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Access-Control-Allow-Origin", "*")
					w.Header().Set("Access-Control-Allow-Headers", "*")
					if r.Method == "OPTIONS" {
						return
					}
					next.ServeHTTP(w, r)
				})
			}
			corstest.Middleware(tb, wildcard).From(app).Fetch("GET", "/", corstest.Header("Authorization", "Bearer secret")).MayRead()
		},
		"cookie": func(tb testing.TB) {
			site := corstest.Handler(tb, items()).WithProfiles(fetch.Chromium).SetCookie("session=secret; Secure; SameSite=None")
			site.From(app).Fetch("GET", "/login", corstest.Credentials()).SentCookie("session")
		},
		// A router that gives its middleware to routes never sends it the preflight.
		"router": func(tb testing.TB) {
			mux := http.NewServeMux()
			allowing := middleware(func(m *reference) { m.allows = func(o string) bool { return o == app } })
			mux.Handle("PUT /items/1", allowing(http.NotFoundHandler()))
			corstest.Handler(tb, mux).WithProfiles(fetch.Standard).From(app).Fetch("PUT", "/items/1").MayRead()
		},
		"foreign": func(tb testing.TB) {
			prefix := middleware(func(m *reference) { m.allows = func(o string) bool { return strings.HasPrefix(o, app) } })
			corstest.ForeignOriginsAreBlocked(tb, corstest.Middleware(tb, prefix).WithProfiles(fetch.Standard), []string{app})
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
				t.Errorf("%s is out of date; rewrite it with -update:\n%s", file, got)
			}
		})
	}
}

func TestInvalidArgumentsEndTheTest(t *testing.T) {
	tests := map[string]struct {
		test    func(tb testing.TB)
		reports string
	}{
		"an origin with a slash": {func(tb testing.TB) { corstest.Handler(tb, items()).From(app + "/") }, app},
		"an origin with a path":  {func(tb testing.TB) { corstest.Handler(tb, items()).From(app + "/x") }, app},
		"a host":                 {func(tb testing.TB) { corstest.Handler(tb, items()).From("app.example.com") }, "app.example.com"},
		"a URL without scheme":   {func(tb testing.TB) { corstest.URL(tb, "127.0.0.1:8080") }, "127.0.0.1:8080"},
		"a URL of a file":        {func(tb testing.TB) { corstest.URL(tb, "file:///etc") }, "http: or https:"},
		"an invalid path":        {func(tb testing.TB) { corstest.Handler(tb, items()).From(app).Fetch("GET", "http://a b/") }, "http://a b/"},
		"every origin allowed": {func(tb testing.TB) {
			corstest.ForeignOriginsAreBlocked(tb, corstest.Handler(tb, items()), []string{"*"})
		}, "no origin is foreign"},
		"an invalid pattern": {func(tb testing.TB) {
			corstest.ForeignOriginsAreBlocked(tb, corstest.Handler(tb, items()), []string{"app.example.com"})
		}, app},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := run(test.test); !f.fatal || !strings.Contains(f.text(), test.reports) {
				t.Errorf("fatal: %v, report: %s; want %q in it", f.fatal, f.text(), test.reports)
			}
		})
	}
	refused := run(func(tb testing.TB) { corstest.Handler(tb, items()).SetCookie("__Host-a=b; Path=/x") })
	if refused.fatal || len(refused.errors) == 0 {
		t.Errorf("a cookie that browsers refuse: fatal: %v, report: %s", refused.fatal, refused.text())
	}
}
