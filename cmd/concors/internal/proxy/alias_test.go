package proxy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/fetch"
)

// folder writes files and returns their folder.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFolderOfThePageIsServedSafely(t *testing.T) {
	dir := folder(t, "index.html", "app.js", "sub/index.html", "empty/x/y.txt", ".env", ".git/config", "a/.hidden/b", ".well-known/x")
	outside := folder(t, "secret")
	if runtime.GOOS != "windows" {
		if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, "linked")); err != nil {
			t.Fatal(err)
		}
	}
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "api ", r.URL.Path) })
	route.Prefix = "/api"
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}, Alias: dir})
	const navigate = "Sec-Fetch-Mode: navigate"
	for _, row := range []struct {
		path, line string
		status     int
		body       string
	}{
		{"/", "", 200, "index.html"},
		{"/app.js", "", 200, "app.js"},
		{"/sub/", "", 200, "sub/index.html"},
		{"/sub", "", 307, ""},
		{"/a/page/of/the/app", navigate, 200, "index.html"},
		{"/a/page/of/the/app", "Accept: text/html,*/*", 200, "index.html"},
		{"/a/page/of/the/app", "", 404, "no such file"},
		{"/missing.js", navigate, 404, "no such file"},
		{"/empty/", "", 404, "no such file"}, // no list of files
		{"/.env", "", 404, ""},
		{"/.git/config", "", 404, ""},
		{"/a/.hidden/b", "", 404, ""},
		{"/.well-known/x", "", 200, ".well-known/x"},
		{"/link", "", 404, ""},
		{"/linked/secret", "", 404, ""},
		{"/../../etc/passwd", "", 404, ""},
		{"/%2e%2e/%2e%2e/etc/passwd", "", 404, ""},
		{"/..%2f..%2fetc%2fpasswd", "", 404, ""},
		{"/..%5c..%5cetc", "", 404, ""},
		{"/app.js%00", "", 404, ""},
		{"/api", "", 200, "api /"},
		{"/api/x", "", 200, "api /x"},
		{"/apis", "", 404, ""},
	} {
		res, body := get(t, "GET", "http://"+s.addr+row.path, row.line)
		if res.StatusCode != row.status || !strings.Contains(body, row.body) {
			t.Errorf("%s %s: %d %q; want %d %q", row.path, row.line, res.StatusCode, body, row.status, row.body)
		}
	}
	if res, _ := get(t, "POST", s.url+"/app.js"); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestAliasFormNeedsNoCORSAndAllowsItsOwnPagesOnly(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // which must not reach other pages
		w.Header().Set("Set-Cookie", "session=1; Secure; SameSite=None; Path=/")
		fmt.Fprint(w, r.Method, r.Header.Get("Cookie"))
	})
	route.Prefix = "/api"
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}, Alias: folder(t, "index.html")})
	for _, profile := range []fetch.Profile{fetch.Standard, fetch.Chromium, fetch.Firefox, fetch.WebKit} {
		agent := fetch.NewAgent(profile)
		own := &fetch.Page{URL: s.url + "/"}
		for i, want := range []string{"PUT", "PUTsession=1"} {
			res, err := agent.Fetch(t.Context(), &fetch.Request{Page: own, URL: "/api/x", Method: "PUT", Body: fetch.TextBody("x")})
			if err != nil {
				t.Fatal(profile, err)
			}
			body := make([]byte, 100)
			n, _ := res.Body.Read(body)
			res.Body.Close()
			if string(body[:n]) != want || len(res.Trace.Exchanges) != 1 {
				t.Errorf("%v, request %d: %q in %d requests, not %q", profile, i, body[:n], len(res.Trace.Exchanges), want)
			}
		}
		for _, path := range []string{"/api/x", "/"} {
			if res, err := agent.Fetch(t.Context(), &fetch.Request{Page: &fetch.Page{URL: "http://localhost:1/"}, URL: s.url + path, Mode: fetch.ModeNoCORS}); err == nil {
				res.Body.Close()
			}
			n := 0
			s.mu.Lock()
			n = len(s.records)
			s.mu.Unlock()
			if rec := s.record(t, n); rec.Status != 403 || rec.Upstream != 0 {
				t.Errorf("%v: another page's request to %s: %+v", profile, path, rec)
			}
		}
	}
}

func TestDevServerIsServedBesideTheAPI(t *testing.T) {
	dev := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "http://"+r.Host+"/new", http.StatusFound)
			return
		}
		fmt.Fprint(w, "dev ", r.URL, " ", r.Header.Get("Origin") == "http://"+r.Host, r.Header.Get("X-Key"))
	}))
	defer dev.Close()
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "api ", r.Header.Get("X-Key")) })
	route.Prefix = "/api"
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}, Alias: dev.URL, Headers: []proxy.InjectedHeader{{Name: "X-Key", Value: "k"}}})
	if _, body := get(t, "GET", s.url+"/src/main.js?v=1", "Origin: "+s.url); body != "dev /src/main.js?v=1 true" {
		t.Errorf("%q", body)
	}
	if _, body := get(t, "GET", s.url+"/api/x", "Origin: "+s.url); body != "api k" {
		t.Errorf("%q", body)
	}
	if res, _ := get(t, "GET", s.url+"/old"); res.Header.Get("Location") != s.url+"/new" {
		t.Errorf("%v", res.Header)
	}
	if rec := s.record(t, 1); !rec.Own || rec.Page != s.url {
		t.Errorf("%+v", rec)
	}
	if res, _ := get(t, "GET", s.url+"/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"); res.StatusCode != 200 {
		t.Errorf("a link to the page: %d", res.StatusCode)
	}
	if res, _ := get(t, "GET", s.url+"/src/main.js", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"); res.StatusCode != 403 {
		t.Errorf("a script element of another site: %d", res.StatusCode)
	}
}

func TestReportIsForTheUserOnly(t *testing.T) {
	_, route := api(t, func(http.ResponseWriter, *http.Request) { t.Error("the API saw it") })
	route.Prefix = "/api"
	own := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		fmt.Fprint(w, r.URL.Path)
	})
	for _, s := range []*served{
		serve(t, proxy.Config{Routes: []proxy.Route{route}, Own: own}),
		serve(t, proxy.Config{Routes: []proxy.Route{route}, Own: own, Alias: folder(t, "index.html")}),
	} {
		for _, row := range []struct {
			lines  []string
			status int
		}{
			{nil, 200},
			{[]string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200},
			{[]string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Referer: " + page + "/"}, 200},
			{[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Referer: " + s.url + "/"}, 200},
			{[]string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Origin: " + page}, 403},
			{[]string{"Origin: " + page}, 403},
			{[]string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
			{[]string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403},
			{[]string{"Referer: https://evil.example/"}, 403},
			// A page at the proxy, and the API's own pages there.
			{[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}, 403},
			{[]string{"Sec-Fetch-Site: same-origin", "Origin: " + s.url}, 403},
			{[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
			{[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}, 403},
			{[]string{"Origin: " + s.url}, 403},
			{[]string{"Referer: " + s.url + "/"}, 403},
		} {
			res, body := get(t, "GET", s.url+"/__concors/data.json", row.lines...)
			if res.StatusCode != row.status || row.status == 200 && body != "/__concors/data.json" || res.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%q: %d %q", row.lines, res.StatusCode, body)
			}
			if policies := strings.Join(res.Header["Content-Security-Policy"], ", "); !strings.Contains(policies, "sandbox") ||
				strings.Contains(policies, "allow-same-origin") {
				t.Errorf("%q: a page that opens it in a window can read it: %q", row.lines, policies)
			}
		}
	}
}
