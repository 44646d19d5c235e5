package proxy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/weburl"
)

func testProxy(t testing.TB, c Config) *Proxy {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8010"
	}
	if c.Alias == "" && c.Pages == nil {
		c.Pages = []string{"http://localhost:5173"}
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testRoute(t testing.TB, prefix, target string, keep bool) Route {
	t.Helper()
	u, err := weburl.Parse(target, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Route{Prefix: prefix, Target: &url.URL{Scheme: u.Scheme, Host: u.HostPort(), Path: u.Path}, KeepPrefix: keep}
}

func rewriterFor(p *Proxy, upstreamPath, asked string) *cookieRewriter {
	r := p.routeOf(asked)
	return &cookieRewriter{proxy: p, route: r, host: r.target.Hostname(), upstream: upstreamPath, asked: asked}
}

func TestCookiesOfTheAPIAreUsableAtTheProxy(t *testing.T) {
	for _, row := range []struct {
		what, line   string
		http, https  string // "" is the line itself
		prefix, base string
		changes      int // over http
	}{
		{what: "nothing to change", line: "a=1; HttpOnly; Max-Age=60; Priority=High"},
		{what: "odd spaces stay if nothing changes", line: " a = 1 ;HttpOnly; ;x"},
		{what: "Domain", line: "a=1; Domain=api.example.com; HttpOnly", http: "a=1; HttpOnly", https: "a=1; HttpOnly", changes: 1},
		{what: "Domain of the parent", line: "a=1; domain=.example.com", http: "a=1", https: "a=1", changes: 1},
		{what: "Secure", line: "a=1; Secure", http: "a=1", changes: 1},
		{what: "SameSite=None", line: "a=1; SameSite=None; Secure", http: "a=1; SameSite=Lax", changes: 2},
		{what: "Lax and Strict", line: "a=1; SameSite=Strict; Expires=Wed, 21 Oct 2065 07:28:00 GMT"},
		{what: "Partitioned", line: "a=1; Secure; Partitioned; SameSite=None", http: "a=1; SameSite=Lax", changes: 3},
		{what: "__Host-", line: "__Host-a=1; Secure; Path=/", http: "concors__Host-a=1; Path=/", changes: 2},
		{what: "__Secure-", line: "__Secure-a=1; Secure", http: "concors__Secure-a=1", changes: 2},
		{what: "__hOsT-", line: "__hOsT-a=1; Secure; Path=/", http: "concors__hOsT-a=1; Path=/", changes: 2},
		{what: "__Host-Http-", line: "__Host-Http-a=1; Secure; HttpOnly; Path=/", http: "concors__Host-Http-a=1; HttpOnly; Path=/", changes: 2},
		{what: "Path / below a prefix", line: "a=1; Path=/", prefix: "/api", http: "a=1; Path=/api", https: "a=1; Path=/api", changes: 1},
		{what: "a path below a prefix", line: "a=1; Path=/user", prefix: "/api", http: "a=1; Path=/api/user", https: "a=1; Path=/api/user", changes: 1},
		{what: "a path below a base", line: "a=1; Path=/v1/user", prefix: "/api", base: "/v1", http: "a=1; Path=/api/user", https: "a=1; Path=/api/user", changes: 1},
		{what: "a path above a base", line: "a=1; Path=/", prefix: "/api", base: "/v1", http: "a=1; Path=/api", https: "a=1; Path=/api", changes: 1},
		{what: "no path", line: "a=1", prefix: "/api", base: "/v1"},
		{what: "__Host- needs Path=/", line: "__Host-a=1; Secure; Path=/", prefix: "/api", http: "concors__Host-a=1; Path=/api", changes: 3},
		{what: "the last path wins", line: "a=1; Path=/x; Path=/", prefix: "/api", http: "a=1; Path=/api", https: "a=1; Path=/api", changes: 1},
		{what: "a value without a name", line: "=1; Secure", http: "=1", changes: 1},

		// Browsers refuse these from the API too: the proxy must not hide that.
		{what: "another domain", line: "a=1; Domain=other.example; Secure", changes: 1},
		{what: "a public suffix", line: "a=1; Domain=com", changes: 1},
		{what: "a sibling", line: "a=1; Domain=www.example.com", changes: 1},
		{what: "None without Secure", line: "a=1; SameSite=None", changes: 1},
		{what: "__Host- without Secure", line: "__Host-a=1; Path=/", changes: 1},
		{what: "__Host- with Domain", line: "__Host-a=1; Path=/; Secure; Domain=api.example.com", changes: 1},
		{what: "__Host- with a path", line: "__Host-a=1; Path=/a; Secure", changes: 1},
		{what: "__Secure- without Secure", line: "__Secure-a=1", changes: 1},
		{what: "Partitioned without Secure", line: "a=1; Partitioned", changes: 1},
	} {
		for _, https := range []bool{false, true} {
			p := testProxy(t, Config{HTTPS: https, Routes: []Route{testRoute(t, row.prefix, "https://api.example.com"+row.base, false)}})
			want := row.http
			if https {
				want = row.https
			}
			if want == "" {
				want = row.line
			}
			got, changes := rewriterFor(p, row.base+"/login", row.prefix+"/login").rewrite(row.line)
			if got != want {
				t.Errorf("%s, https %v: %q, not %q", row.what, https, got, want)
			}
			if !https && len(changes) != row.changes {
				t.Errorf("%s: changes %+v", row.what, changes)
			}
			for _, c := range changes {
				if c.Why == "" || c.Name == "" && !strings.HasPrefix(row.line, "=") || strings.Contains(fmt.Sprintf("%+v", c), "=1") {
					t.Errorf("%s: %+v", row.what, c)
				}
			}
		}
	}
}

// Each browser stores the cookies that it would take from the API, and sends them to the proxy, which
// gives them back to the API under their own names.
func TestCookiesGoRoundInEveryBrowser(t *testing.T) {
	lines := []string{
		"plain=1", "dom=1; Domain=example.com", "sec=1; Secure", "none=1; SameSite=None; Secure", "strict=1; SameSite=Strict",
		"part=1; SameSite=None; Secure; Partitioned; Path=/", "__Host-h=1; Secure; Path=/", "__Secure-s=1; Secure; Domain=example.com",
		"root=1; Path=/", "deep=1; Path=/v1/notes",
	}
	want := []string{"__Host-h=1", "__Secure-s=1", "deep=1", "dom=1", "none=1", "part=1", "plain=1", "root=1", "sec=1", "strict=1"}
	p := testProxy(t, Config{Routes: []Route{testRoute(t, "/api", "https://api.example.com/v1", false)}})
	c := rewriterFor(p, "/v1/notes", "/api/notes")
	// The strictest browser: one that does not trust http://localhost, and takes no Secure from it.
	at := cookie.Exchange{Scheme: "http", Host: "localhost", Path: "/api/notes/1"}
	var store cookie.Store
	for _, line := range lines {
		to, _ := c.rewrite(line)
		if _, err := store.Set(cookie.Exchange{Scheme: "http", Host: "localhost", Path: "/api/notes"}, to); err != nil {
			t.Errorf("%q: a browser refuses %q: %v", line, to, err)
		}
	}
	sent, _, _ := store.Header(at)
	back, dropped := p.requestCookies([]string{sent}, c.route)
	got := strings.Split(strings.Join(back, "; "), "; ")
	slices.Sort(got)
	if !slices.Equal(got, want) || len(dropped) > 0 {
		t.Errorf("the API gets %q, not %q", got, want)
	}
}

func TestCookiesOfOneTargetDoNotReachAnother(t *testing.T) {
	p := testProxy(t, Config{Alias: t.TempDir(), Routes: []Route{
		testRoute(t, "/a", "https://a.example", false), testRoute(t, "/a/b", "https://b.example", false),
	}})
	p.cookies.claim("session", "https://a.example")
	to, dropped := p.requestCookies([]string{"session=1; other=2", "session=3"}, p.routeOf("/a/b/c"))
	if !slices.Equal(to, []string{"other=2"}) || !slices.Equal(dropped, []string{"session", "session"}) {
		t.Errorf("sent %q, dropped %q", to, dropped)
	}
	if to, _ := p.requestCookies([]string{"session=1; other=2"}, p.routeOf("/a/c")); !slices.Equal(to, []string{"session=1; other=2"}) {
		t.Errorf("its own target gets %q", to)
	}
}

// With each form of the name that two APIs give a cookie, each gets its own, also after the other one has
// set or deleted its cookie.
func TestCookiesOfTheSameNameStayWithTheirTargets(t *testing.T) {
	for _, row := range []struct {
		https       bool
		a, b        string // what they set
		fromA, want string // what they get
	}{
		{false, "sid=a; Path=/", "sid=b; Path=/", "sid=a", "sid=b"},
		{false, "__Host-sid=a; Path=/; Secure", "__Host-sid=b; Path=/; Secure", "__Host-sid=a", "__Host-sid=b"},
		{true, "__Host-sid=a; Path=/; Secure", "__Host-sid=b; Path=/; Secure", "__Host-sid=a", "__Host-sid=b"},
		{false, "=a; Path=/", "=b; Path=/", "a", "b"},
		{false, "a", "b", "a", "b"},
	} {
		for _, alias := range []string{"", t.TempDir()} {
			c := Config{HTTPS: row.https, Alias: alias, Routes: []Route{
				testRoute(t, "/x", "https://a.example", false), testRoute(t, "/x/id", "https://b.example", false)}}
			p := testProxy(t, c)
			scheme := "http"
			if row.https {
				scheme = "https"
			}
			var store cookie.Store
			set := func(path, line string) {
				to, changes := rewriterFor(p, strings.TrimPrefix(strings.TrimPrefix(path, "/x"), "/id"), path).rewrite(line)
				if _, err := store.Set(cookie.Exchange{Scheme: scheme, Host: "localhost", Path: path, Trustworthy: row.https}, to); err != nil {
					t.Errorf("%q became %q: %v", line, to, err)
				}
				if to != line && len(changes) == 0 {
					t.Errorf("%q became %q, and nothing says so", line, to)
				}
			}
			sent := func(path string) string {
				header, _, _ := store.Header(cookie.Exchange{Scheme: scheme, Host: "localhost", Path: path, Trustworthy: row.https})
				to, _ := p.requestCookies([]string{header}, p.routeOf(path))
				return strings.Join(to, "|")
			}
			for range 2 {
				set("/x/login", row.a)
				set("/x/id/login", row.b)
				if a, b := sent("/x/me"), sent("/x/id/me"); a != row.fromA || b != row.want {
					t.Errorf("%+v, alias %q: A gets %q and B %q", row, alias, a, b)
				}
			}
			set("/x/id/login", row.b+"; Max-Age=0")
			if a, b := sent("/x/me"), sent("/x/id/me"); a != row.fromA || b != "" {
				t.Errorf("%+v, alias %q: after B's was deleted A gets %q and B %q", row, alias, a, b)
			}
		}
	}
}

func TestCookiesLeftFromAnotherRunAreNotMixedUp(t *testing.T) {
	two := []Route{testRoute(t, "/a", "https://a.example", false), testRoute(t, "/b", "https://b.example", false)}
	p := testProxy(t, Config{Routes: two})
	p.cookies.claim("new", "https://b.example")
	for _, row := range []struct{ path, line, want string }{
		{"/b/x", "concors2-sid=1; concors1-sid=2; concors3-sid=3; concors-x=4; concors2=5", "sid=1; concors-x=4; concors2=5"},
		{"/a/x", "concors2-sid=1; concors1-sid=2", "sid=2"},
		{"/b/x", "concors2-new=old; new=1", "new=1"},
	} {
		if to, _ := p.requestCookies([]string{row.line}, p.routeOf(row.path)); strings.Join(to, "|") != row.want {
			t.Errorf("%s %q: %q, not %q", row.path, row.line, to, row.want)
		}
	}
	p = testProxy(t, Config{Routes: two[:1]})
	if to, _ := p.requestCookies([]string{"concors1-sid=1; x=2"}, p.routeOf("/a")); strings.Join(to, "|") != "x=2" {
		t.Errorf("with one target: %q", to)
	}
}

// With more names than the proxy remembers, cookies have their target's name in theirs.
func TestManyCookieNamesAreNotMixedUp(t *testing.T) {
	p := testProxy(t, Config{Routes: []Route{testRoute(t, "/a", "https://a.example", false), testRoute(t, "/b", "https://b.example", false)}})
	for i := range maxCookieNames + 1 {
		rewriterFor(p, "/", "/a").rewrite(fmt.Sprintf("n%d=1; Path=/", i))
	}
	if to, _ := rewriterFor(p, "/", "/b").rewrite("late=1; Path=/"); to != "concors2-late=1; Path=/b" {
		t.Errorf("%q", to)
	}
	if n := len(p.cookies.names); n != maxCookieNames {
		t.Errorf("%d names", n)
	}
}

// Scripts read a token from a cookie with Path=/ (double submit), as they do where page and API have one origin.
func TestCookiesForEveryPathStaySoInTheAliasForm(t *testing.T) {
	for _, row := range []struct {
		line, want string
		https      bool
	}{
		{"XSRF-TOKEN=1; Path=/", "XSRF-TOKEN=1; Path=/", false},
		{"XSRF-TOKEN=1; Path=/; Secure", "XSRF-TOKEN=1; Path=/", false},
		{"XSRF-TOKEN=1; Path=/; Secure", "XSRF-TOKEN=1; Path=/; Secure", true},
		{"__Host-x=1; Path=/; Secure", "concors__Host-x=1; Path=/", false},
		{"x=1; Path=/v1/me", "x=1; Path=/api/me", false},
		{"x=1; Path=/v1", "x=1; Path=/api", false},
		{"x=1; Secure; Path=/x; Path=/", "x=1; Path=/", false},
		{"x=1", "x=1", false},
	} {
		p := testProxy(t, Config{Alias: t.TempDir(), HTTPS: row.https, Routes: []Route{testRoute(t, "/api", "https://api.example.com/v1", false)}})
		if got, _ := rewriterFor(p, "/v1/login", "/api/login").rewrite(row.line); got != row.want {
			t.Errorf("%q, https %v: %q, not %q", row.line, row.https, got, row.want)
		}
	}
}

func TestCookiePathIsThatOfTheRouteThePageUses(t *testing.T) {
	routes := []Route{testRoute(t, "", "https://a.example", false), testRoute(t, "/v", "https://a.example/v1", false),
		testRoute(t, "/w", "https://a.example/v1/notes", false)}
	for range 2 {
		p := testProxy(t, Config{Routes: routes})
		for _, row := range []struct{ route, at, want string }{
			{"/v/notes/1", "/v1/notes", "/v/notes"},
			{"/v/notes/1", "/v1/notes/2", "/v/notes/2"},
			{"/v/notes/1", "/other", "/other"},
			{"/notes", "/v1/notes", "/v1/notes"},
			{"/w", "/v1/notes/3", "/w/3"},
			{"/w", "/v1/else", "/v/else"},
			{"/v", "/", "/"},
		} {
			if got := p.cookiePath(p.routeOf(row.route), row.at); got != row.want {
				t.Errorf("%s %s: %s, not %s", row.route, row.at, got, row.want)
			}
		}
		slices.Reverse(routes)
	}
}

func TestCookiePathCoversAllRoutesOfATargetAndNoMore(t *testing.T) {
	p := testProxy(t, Config{Alias: t.TempDir(), Routes: []Route{
		testRoute(t, "/x/api", "https://a.example/v1", false), testRoute(t, "/x/auth", "https://a.example/auth", false),
		testRoute(t, "/keep", "https://b.example", true),
	}})
	for _, row := range []struct{ route, at, want string }{
		{"/x/api", "/", "/x"},
		{"/x/api", "/v1", "/x/api"},
		{"/x/api", "/v1/notes", "/x/api/notes"},
		{"/x/api", "/auth/me", "/x/auth/me"},
		{"/x/api", "/elsewhere", "/x/api/elsewhere"},
		{"/keep", "/", "/keep"},
		{"/keep", "/keep/a", "/keep/a"},
	} {
		if got := p.cookiePath(p.routeOf(row.route), row.at); got != row.want {
			t.Errorf("%s %s: %s, not %s", row.route, row.at, got, row.want)
		}
	}
}

func TestPageOfAnotherSiteKeepsTheAttributesItNeeds(t *testing.T) {
	p := testProxy(t, Config{Routes: []Route{testRoute(t, "", "https://api.example.com", false)}})
	c := rewriterFor(p, "/", "/")
	c.crossSite = true
	const line = "__Host-a=1; Secure; SameSite=None; Path=/"
	if got, changes := c.rewrite(line); got != line || len(changes) != 0 {
		t.Errorf("%q, %+v", got, changes)
	}
}

func FuzzCookies(f *testing.F) {
	for _, line := range []string{
		"a=1; Domain=api.example.com; Path=/; Secure; SameSite=None", "__Host-a=b; Secure; Path=/", "=;=;;", "a", ";", "a=1; Path=//evil.example",
		"a=1;\tpath=/x\x00; sECure", "concors__Host-a=1",
	} {
		f.Add(line, "a=1; concors__Host-a=2; =x")
	}
	proxies := []*Proxy{}
	for _, https := range []bool{false, true} {
		proxies = append(proxies, testProxy(f, Config{HTTPS: https, Alias: f.TempDir(),
			Routes: []Route{testRoute(f, "/api", "https://api.example.com/v1", false), testRoute(f, "/other", "https://other.example", false)}}))
	}
	f.Fuzz(func(t *testing.T, line, request string) {
		for _, p := range proxies {
			p.cookies.names = nil
			c := rewriterFor(p, "/v1/login", "/api/login")
			to, changes := c.rewrite(line)
			if len(to) > 2*len(line)+200 {
				t.Errorf("%d bytes became %d", len(line), len(to))
			}
			if to != line && len(changes) == 0 {
				t.Errorf("%q became %q, and nothing says so", line, to)
			}
			// What a browser stores is either refused from the API too, or is below the route.
			if changes == nil || changes[0].Kind != Kept {
				var store cookie.Store
				if stored, err := store.Set(cookie.Exchange{Scheme: "http", Host: "localhost", Path: "/api/login", Trustworthy: true}, to); err == nil &&
					!below(stored.Path, "/api") && stored.Path != "/" && !(p.config.HTTPS && isHostPrefix(prefixOf(stored.Name))) {
					t.Errorf("%q became %q, whose path %s is outside of the route", line, to, stored.Path)
				}
				// The value is what it was.
				var before cookie.Store
				stored, err := before.Set(cookie.Exchange{Scheme: "https", Host: "api.example.com", Path: "/v1/login", Trustworthy: true}, line)
				if now, err2 := store.Set(cookie.Exchange{Scheme: "http", Host: "localhost", Path: "/api/login", Trustworthy: true}, to); err == nil && err2 == nil &&
					(now.Value != stored.Value || now.HTTPOnly != stored.HTTPOnly || strings.TrimPrefix(now.Name, renamed) != strings.TrimPrefix(stored.Name, renamed)) {
					t.Errorf("%q became %q", line, to)
				}
			}
			back, _ := p.requestCookies([]string{request}, c.route)
			if len(strings.Join(back, "")) > len(request) {
				t.Errorf("%q became %q", request, back)
			}
		}
	})
}
