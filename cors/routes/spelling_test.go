package routes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/origin"
)

const page = "https://page.example"

// attacks are paths that some server reads as one below /private/, although they begin otherwise.
var attacks = []string{
	"/public/..%2Fprivate/secret.txt", "/public/%2e%2e/private/secret.txt", "/public/%2E%2E%2Fprivate/secret.txt",
	"/public/.%2e/private/secret.txt", "/public/%252e%252e/private/secret.txt", "/public/..%252Fprivate/secret.txt",
	"/public/..;/private/secret.txt", "/public/..;x=1/private/secret.txt", "/public/..%3B/private/secret.txt",
	`/public/..\private/secret.txt`, "/public/..%5Cprivate/secret.txt", "/public/..%255Cprivate/secret.txt",
	"/public/../private/secret.txt", "/public/x/../../private/secret.txt", "/public//../private/secret.txt",
	"/public/.%00./private/secret.txt", "/public/..%00/private/secret.txt", "/public/%c0%ae%c0%ae/private/secret.txt",
	"/public/..%c0%afprivate/secret.txt", "/public/..%e0%80%afprivate/secret.txt", "/public/..%0A/private/secret.txt",
	"/public/..%25%32%46private/secret.txt", "/public/%2%65%2%65/private/secret.txt",
	"/public/..;/..;/private/secret.txt", "/public;/../private/secret.txt", "/public/./../private/secret.txt",
}

// spellings are paths below /private/ that do not begin so.
var spellings = []string{
	"//private/secret.txt", "/private%2Fsecret.txt", "/x//../private/secret.txt", "/%70rivate/secret.txt", "/%2570rivate/secret.txt",
	"/./private/secret.txt", "/x/../private/secret.txt", "/private%252Fsecret.txt", `/private\secret.txt`, "/private%5csecret.txt",
	"/private;x=1/secret.txt", "/;x/private/secret.txt", "/private;/secret.txt", "/%2Fprivate/secret.txt", "/%2e/private/secret.txt",
	"/private%3Fsecret.txt", "/private%23", "/private%00/secret.txt", "/.//private/secret.txt", "/private%3B/secret.txt",
	"/private/secret.txt/", "/private/secret.txt%2F", "/private/secret.txt//", "/private/secret.txt/.", "/%25u0070rivate/secret.txt",
	`\private\secret.txt`, "/x%2F..%2Fprivate%2Fsecret.txt", "/private/%2e%2e/private/secret.txt", "///private///secret.txt",
}

// respond sends a request as a server receives it, or returns nil if net/http does not accept it.
func respond(t *testing.T, h http.Handler, method, host, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil
	}
	r := &http.Request{Method: method, URL: u, RequestURI: target, Host: host, Header: http.Header{"Origin": {page}}}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func open() cors.Policy   { return cors.Policy{Origins: []string{"*"}} }
func closed() cors.Policy { return cors.Policy{Origins: []string{"https://other.example"}} }

func wrap(t testing.TB, policies routes.Policies, next http.Handler) http.Handler {
	t.Helper()
	h, err := routes.Wrap(policies, nil, next)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestNoSpellingWidensAPolicy sends attacks to servers that read paths in different ways, with the
// private part closed and with the public part open.
func TestNoSpellingWidensAPolicy(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"public/notes.txt", "private/secret.txt"} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := http.FileServer(http.Dir(folder))
	mux := http.NewServeMux()
	mux.Handle("/", files)
	for _, backend := range []struct {
		name string
		http.Handler
	}{
		{"FileServer", files},
		{"FileServer in a ServeMux", mux},
		{"FileServer after StripPrefix", http.StripPrefix("/", http.FileServer(http.Dir(folder)))},
		{"any path", hello},
	} {
		t.Run(backend.name, func(t *testing.T) {
			publicOpen := wrap(t, routes.Policies{Policy: closed(), Routes: []routes.Route{{Pattern: "/public/", Policy: open()}}}, backend)
			privateClosed := wrap(t, routes.Policies{Policy: open(), Routes: []routes.Route{{Pattern: "/private/", Policy: closed()}}}, backend)
			privateOff := wrap(t, routes.Policies{Policy: open(), Routes: []routes.Route{{Pattern: "/private/", Off: true}}}, backend)
			for _, target := range attacks {
				check(t, publicOpen, "closed but for /public/", target)
				check(t, privateClosed, "open but for /private/", target)
				check(t, privateOff, "open, /private/ off", target)
			}
			for _, target := range spellings {
				check(t, privateClosed, "open but for /private/", target)
				check(t, privateOff, "open, /private/ off", target)
				check(t, publicOpen, "closed but for /public/", target)
			}
		})
	}
	for _, h := range []http.Handler{hello} {
		w := respond(t, wrap(t, routes.Policies{Policy: closed(), Routes: []routes.Route{{Pattern: "/public/", Policy: open()}}}, h), "GET", "api.example", attacks[0])
		if w.Body.String() != "hello" {
			t.Error("the handler does not run")
		}
	}
}

func check(t *testing.T, h http.Handler, policy, target string) {
	t.Helper()
	w := respond(t, h, "GET", "api.example", target)
	if w == nil {
		return // net/http responds with 400
	}
	if value := w.Header().Get("Access-Control-Allow-Origin"); value != "" {
		t.Errorf("%s: GET %s has Access-Control-Allow-Origin: %s (%q)", policy, target, value, w.Body)
	}
	w = respond(t, h, "OPTIONS", "api.example", target, "Access-Control-Request-Method", "GET")
	if value := w.Header().Get("Access-Control-Allow-Origin"); value != "" || w.Code == http.StatusNoContent {
		t.Errorf("%s: the preflight of %s is granted", policy, target)
	}
}

func TestHostSpellings(t *testing.T) {
	h := wrap(t, routes.Policies{Policy: open(), Routes: []routes.Route{{Pattern: "api.example/", Policy: closed()}}}, hello)
	for host, want := range map[string]string{
		"api.example": "", "api.example:8080": "", "API.example": "", "api.example.": "", "Api.Example.:443": "", "api.example..": "",
		"other.example": "*", "OTHER.example": "*", "[::1]:80": "*", "[::1]": "*",
	} {
		if got := respond(t, h, "GET", host, "/x").Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
	_, err := routes.Wrap(routes.Policies{Policy: open(), Routes: []routes.Route{{Pattern: "API.example/", Policy: closed()}}}, nil, hello)
	if err == nil || !strings.Contains(err.Error(), `write "api.example"`) {
		t.Errorf("a host in upper case: %v", err)
	}
}

// Routers that remove a slash at the end, as chi's StripSlashes and CleanPath do, serve /exact for /exact/.
func TestFinalSlashes(t *testing.T) {
	for target, want := range map[string]string{
		"/exact": "", "/exact/": "", "/exact//": "", "/exact%2F": "", "/exact/.": "", "/exact/%2e": "", "/exact;x/": "",
		"/items/5": "", "/items/5/": "", "/items/5%2f": "", "/sub/": "", "/sub": "", "/sub/x/": "",
		"/": "*", "/other/": "*", "/items/": "*", "/items/5/6/": "*", "/open/": "*", "/open": "*", "/open/x/": "*", "/both/": "*", "/both": "", "/both/x/": "*", "/users/5": "", "/users/5/": "*", "/users/5%2F": "", "/dir": "", "/dir/": "*",
	} {
		h := wrap(t, routes.Policies{Policy: open(), Routes: []routes.Route{
			{Pattern: "/exact", Policy: closed()}, {Pattern: "GET /items/{id}", Policy: closed()}, {Pattern: "/sub/", Policy: closed()},
			{Pattern: "/open/", Policy: open()}, {Pattern: "/both", Policy: closed()}, {Pattern: "/both/", Policy: open()},
			{Pattern: "/users/{id}", Policy: closed()}, {Pattern: "/users/{name}/{$}", Policy: open()},
			{Pattern: "/dir", Policy: closed()}, {Pattern: "/dir/{$}", Policy: open()},
		}}, hello)
		if got := respond(t, h, "GET", "api.example", target).Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

// TestEncodedCharactersInOneRoute checks that a path keeps its route's policy if all readings stay in it.
func TestEncodedCharactersInOneRoute(t *testing.T) {
	h := wrap(t, routes.Policies{Policy: closed(), Routes: []routes.Route{
		{Pattern: "/items/", Policy: open()},
		{Pattern: "/items/private/", Policy: closed()},
		{Pattern: "/users/{id}", Policy: open()},
		{Pattern: "/bücher/", Policy: open()},
	}}, hello)
	for target, want := range map[string]string{
		"/items/a%2Fb": "*", "/items/a%20b": "*", "/items/100%25": "*", "/items/%C3%BC": "*", "/items/a;v=1": "*", "/items//a": "*",
		"/items/a%252Fb": "*", "/items/x/../y": "*", "/items/%61": "*", "/items/a%5Cb": "*", "/items/.hidden": "*", "/items/...": "*",
		"/items/https%3A%2F%2Fa.example%2F%3Fq%3D1": "*",
		"/items/private%2Fx":                        "", "/items//private/x": "", "/items/x%2F..%2Fprivate/": "", "/items%2Fx": "", "/%69tems/x": "",
		"/users/ann%40example": "*", "/users/a%20b": "*", "/users/a%2Fb": "", "/users/%D0%B0": "*",
		"/b%C3%BCcher/x": "*", "/b%C3%BCcher/x%2Fy": "*",
	} {
		if got := respond(t, h, "GET", "api.example", target).Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

// TestAmbiguousRoutes checks that a path with readings on two routes is granted what both grant.
func TestAmbiguousRoutes(t *testing.T) {
	base := cors.Policy{
		Origins: []string{page, "https://other.example"}, Methods: []string{"PUT", "DELETE"}, RequestHeaders: []string{"X-A", "X-B"},
		ExposedHeaders: []string{"X-C", "X-D"}, Credentials: true, MaxAgeSeconds: 600, TimingAllowOrigin: true,
	}
	route := cors.Policy{
		Origins: []string{page}, Methods: []string{"PUT"}, RequestHeaders: []string{"x-b"}, ExposedHeaders: []string{"x-d"},
		MaxAgeSeconds: 60, ResourcePolicy: "same-site", PreflightStatus: 200,
	}
	wildcard := cors.Policy{Origins: []string{"*"}, ExposedHeaders: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}}
	reject := cors.Policy{Origins: []string{"https://other.example"}, RejectRefused: true}
	reports := base
	reports.ReportOnly = true
	var d cors.Decision
	h, err := routes.Wrap(routes.Policies{Policy: base, Routes: []routes.Route{
		{Pattern: "/r/", Policy: route}, {Pattern: "/any/", Policy: wildcard}, {Pattern: "/reject/", Policy: reject},
		{Pattern: "/off/", Off: true}, {Pattern: "/off2/", Off: true}, {Pattern: "/reports/", Policy: reports},
	}}, func(_ *http.Request, got cors.Decision) { d = got }, hello)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, method, target string
		header               []string
		status               int
		want                 string // response headers
		decision             string // reason and route
	}{
		{"two policies", "GET", "/r%2Fx", nil, 200, "Access-Control-Allow-Origin: " + page + "; Access-Control-Expose-Headers: X-D; Cross-Origin-Resource-Policy: same-site; Vary: Origin", "granted "},
		{"an origin that one refuses", "GET", "/r%2Fx", []string{"Origin", "https://other.example"}, 200, "Cross-Origin-Resource-Policy: same-site; Vary: Origin", "ambiguous route /r/"},
		{"an origin that both refuse", "GET", "/r%2Fx", []string{"Origin", "https://foreign.example"}, 200, "Cross-Origin-Resource-Policy: same-site; Vary: Origin", "origin refused "},
		{"a wildcard and a list", "GET", "/any%2Fx", nil, 200, "Access-Control-Allow-Origin: " + page + "; Access-Control-Expose-Headers: X-C, X-D; Vary: Origin", "granted "},
		{"no Origin", "GET", "/any%2Fx", []string{"Origin", ""}, 200, "Vary: Origin", ""},
		{"a preflight", "OPTIONS", "/r%2Fx", []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-b"}, 204, "Access-Control-Allow-Headers: x-b; Access-Control-Allow-Methods: PUT; Access-Control-Allow-Origin: " + page + "; Access-Control-Max-Age: 0; Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers", "granted "},
		{"a preflight for a method that one refuses", "OPTIONS", "/r%2Fx", []string{"Access-Control-Request-Method", "DELETE"}, 403, "", "ambiguous route /r/"},
		{"a preflight for a header that one refuses", "OPTIONS", "/r%2Fx", []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a"}, 403, "", "ambiguous route /r/"},
		{"a route that rejects", "GET", "/reject%2Fx", nil, 403, "Vary: Origin", "ambiguous route /reject/"},
		{"a route that rejects, from an allowed origin", "GET", "/reject%2Fx", []string{"Origin", "https://other.example"}, 200, "Access-Control-Allow-Origin: https://other.example; Vary: Origin", "granted "},
		{"a route that is off", "GET", "/off%2Fx", nil, 200, "Vary: Origin", "ambiguous route /off/"},
		{"a preflight to a route that is off", "OPTIONS", "/off%2Fx", []string{"Access-Control-Request-Method", "PUT"}, 403, "", "ambiguous route /off/"},
		{"a route that reports only", "GET", "/reports%2Fx", nil, 200, "Vary: Origin", "ambiguous route /reports/"},
		{"any route", "GET", "/x%00", nil, 403, "Cross-Origin-Resource-Policy: same-site; Vary: Origin", "ambiguous route /reject/"},
	} {
		d = cors.Decision{}
		w := respond(t, h, row.method, "api.example", row.target, row.header...)
		if row.name == "no Origin" { // an empty Origin is not a missing one
			r := httptest.NewRequest("GET", row.target, nil)
			w = httptest.NewRecorder()
			d = cors.Decision{}
			h.ServeHTTP(w, r)
		}
		var got []string
		for _, name := range []string{"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Cross-Origin-Resource-Policy", "Timing-Allow-Origin", "Vary"} {
			if lines := w.Header().Values(name); len(lines) > 0 {
				got = append(got, name+": "+strings.Join(lines, ", "))
			}
		}
		if w.Code != row.status || strings.Join(got, "; ") != row.want {
			t.Errorf("%s: %d %s\nwant %d %s", row.name, w.Code, strings.Join(got, "; "), row.status, row.want)
		}
		if decision := fmt.Sprint(d.Reason, " ", d.Route); row.decision != "" && decision != row.decision {
			t.Errorf("%s: decision %q, want %q", row.name, decision, row.decision)
		}
	}
}

// TestAmbiguousRoutesThatAreOff checks that preflights reach the handler if no reading has a policy.
func TestAmbiguousRoutesThatAreOff(t *testing.T) {
	h := wrap(t, routes.Policies{Policy: open(), Routes: []routes.Route{{Pattern: "/", Off: true}, {Pattern: "/off/", Off: true}}}, hello)
	w := respond(t, h, "OPTIONS", "api.example", "/off%2Fx", "Access-Control-Request-Method", "PUT")
	if w.Code != http.StatusOK || w.Body.String() != "hello" || len(w.Header()["Access-Control-Allow-Origin"]) > 0 {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
}

// TestAmbiguousRoutesWithLookupKeys checks that a request on several routes gets its tenant from each
// policy's own LookupKey, which sees only the headers of that policy, and that Vary has all of them.
func TestAmbiguousRoutesWithLookupKeys(t *testing.T) {
	tenants := func(header, allowed string) cors.Policy {
		return cors.Policy{
			Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
				return cors.LookupKey(ctx) == allowed && o.String() == page, nil
			},
			LookupKeyHeaders: []string{header},
			LookupKey:        func(r *http.Request) string { return r.Header.Get("X-A") + r.Header.Get("X-Longer") },
		}
	}
	h := wrap(t, routes.Policies{Policy: tenants("X-A", "a"), Routes: []routes.Route{
		{Pattern: "/private/", Policy: tenants("X-Longer", "b")},
	}}, http.NotFoundHandler())
	for _, row := range []struct{ a, b, allowed string }{
		{"a", "b", page}, {"a", "a", ""}, {"b", "b", ""}, {"a", "", ""}, {"", "b", ""}, {"", "", ""},
	} {
		w := respond(t, h, "GET", "api.example", "//private/x", "X-A", row.a, "X-Longer", row.b)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != row.allowed {
			t.Errorf("%+v: the allowed origin is %q", row, got)
		}
		if got := strings.Join(w.Header()["Vary"], ", "); got != "Origin, X-A, X-Longer" {
			t.Errorf("%+v: Vary: %s", row, got)
		}
	}
}

func TestAmbiguousRoutesAddToVary(t *testing.T) {
	h := wrap(t, routes.Policies{Policy: closed(), Routes: []routes.Route{{Pattern: "/a/", Policy: open()}}}, hello)
	for given, want := range map[string]string{"": "Origin", "Cookie, origin": "Cookie, origin", "*": "*", "Cookie": "Cookie|Origin"} {
		outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if given != "" {
				w.Header().Set("Vary", given)
			}
			h.ServeHTTP(w, r)
		})
		if got := strings.Join(respond(t, outer, "GET", "api.example", "/a%2Fb").Header()["Vary"], "|"); got != want {
			t.Errorf("Vary is %q, and then %q, want %q", given, got, want)
		}
	}
}

// readers are how servers find out what a path names. They share no code with package routes.
var readers = map[string]func(u *url.URL) string{
	"as received":           func(u *url.URL) string { return u.EscapedPath() },
	"decoded":               func(u *url.URL) string { return u.Path },
	"decoded, cleaned":      func(u *url.URL) string { return clean(u.Path) },
	"cleaned, decoded":      func(u *url.URL) string { return unescape(clean(u.EscapedPath())) },
	"decoded twice":         func(u *url.URL) string { return unescape(u.Path) },
	"twice, cleaned":        func(u *url.URL) string { return clean(unescape(u.Path)) },
	"cleaned each time":     func(u *url.URL) string { return clean(unescape(clean(u.Path))) },
	"Tomcat":                func(u *url.URL) string { return clean(unescape(parameters.Replace(u.EscapedPath()))) },
	"backslashes":           func(u *url.URL) string { return clean(strings.ReplaceAll(u.Path, `\`, "/")) },
	"backslashes twice":     func(u *url.URL) string { return clean(strings.ReplaceAll(unescape(u.Path), `\`, "/")) },
	"without a final slash": func(u *url.URL) string { return strings.TrimSuffix(u.Path, "/") },
	"path.Clean":            func(u *url.URL) string { return path.Clean("/" + u.Path) },
	"URL in URL": func(u *url.URL) string {
		if again, err := url.ParseRequestURI(u.Path); err == nil {
			return clean(again.Path)
		}
		return u.Path
	},
}

// parameters removes path parameters that the fuzz target's paths have.
var parameters = strings.NewReplacer(";x=1", "", ";", "")

func clean(p string) string {
	out := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && out != "/" {
		out += "/"
	}
	return out
}

func unescape(p string) string {
	if out, err := url.PathUnescape(p); err == nil {
		return out
	}
	return p
}

// FuzzSpelling checks that whatever the path is, no server's reading of it is on a route that grants
// less than what is sent.
func FuzzSpelling(f *testing.F) {
	for _, target := range append(attacks, spellings...) {
		f.Add(target)
	}
	f.Add("/open/%2e%2e;x=1%2f%2e%2e/deep/closed%5c..")
	policies := routes.Policies{Policy: open(), Routes: []routes.Route{
		{Pattern: "/private/", Policy: closed()}, {Pattern: "/private/open/", Policy: open()}, {Pattern: "/exact", Policy: closed()},
	}}
	h := wrap(f, policies, hello)
	isClosed := func(p string) bool {
		return p == "/exact" || p == "/private" || strings.HasPrefix(p, "/private/") && !strings.HasPrefix(p, "/private/open/")
	}
	f.Fuzz(func(t *testing.T, target string) {
		if strings.ContainsAny(target, "?") || !strings.HasPrefix(target, "/") {
			return
		}
		w := respond(t, h, "GET", "api.example", target)
		if w == nil || w.Header().Get("Access-Control-Allow-Origin") == "" {
			return
		}
		u, _ := url.ParseRequestURI(target)
		for name, read := range readers {
			if name == "Tomcat" && strings.Contains(strings.NewReplacer(";x=1", "", ";/", "/").Replace(target), ";") {
				continue // other parameters, which this reader does not know
			}
			if p := read(u); isClosed(p) {
				t.Errorf("%s is sent Access-Control-Allow-Origin: *, and the reader %q finds the closed %s", target, name, p)
			}
		}
	})
}

// BenchmarkWrap measures what routes cost, by how the path is spelled.
func BenchmarkWrap(b *testing.B) {
	policies := routes.Policies{Policy: open(), Routes: []routes.Route{
		{Pattern: "/public/", Policy: open()}, {Pattern: "/private/", Policy: closed()}, {Pattern: "api.example/items/{id}", Policy: closed()},
	}}
	h := wrap(b, policies, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, row := range []struct{ name, target string }{
		{"canonical", "/private/reports/2026/summary.txt"},
		{"encoded", "/private/reports/a%2Fb"},
		{"attack", "/public/..%252F..;/private/x"},
		{"hostile, 2 KiB", "/" + strings.Repeat(`%25;\/..//`, 204)},
		{"hostile encodings, 2 KiB", "/%" + strings.Repeat("25", 1000)},
		{"hostile segments, 2 KiB", "/" + strings.Repeat("a%2F", 500)},
		{"canonical, 2 KiB", "/" + strings.Repeat("abcdefghi/", 204)},
		{"a slash at the end", "/private/reports/2026/"},
	} {
		b.Run(row.name, func(b *testing.B) {
			u, err := url.ParseRequestURI(row.target)
			if err != nil {
				b.Fatal(err)
			}
			r := &http.Request{Method: "GET", URL: u, Host: "api.example", Header: http.Header{"Origin": {page}}}
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				clear(w.Header())
				h.ServeHTTP(w, r)
			}
		})
	}
}
