package proxy

import (
	"strings"
	"testing"

	"github.com/concors/concors/weburl"
)

func refsFor(t testing.TB, p *Proxy, upstream, asked string) *references {
	t.Helper()
	u, err := weburl.Parse(upstream, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := weburl.Parse(asked, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &references{p, u, a}
}

func TestRedirectsOfTheAPILeadToTheProxy(t *testing.T) {
	p := testProxy(t, Config{Routes: []Route{
		testRoute(t, "/api", "https://api.example.com/v1", false),
		testRoute(t, "/keep", "https://keep.example", true),
		testRoute(t, "/", "https://www.example.com", false),
	}})
	const api, asked = "https://api.example.com/v1/a/b?q", "http://localhost:8010/api/a/b?q"
	for _, row := range []struct {
		value, want string
		where       where
	}{
		{"https://api.example.com/v1/x?y=z#f", "http://localhost:8010/api/x?y=z#f", mapped},
		{"https://api.example.com:443/v1", "http://localhost:8010/api", mapped},
		{"HTTPS://API.example.com/v1/", "http://localhost:8010/api/", mapped},
		{"//api.example.com/v1/x", "http://localhost:8010/api/x", mapped},
		{"/v1/x", "http://localhost:8010/api/x", mapped},
		{"c", "c", unchanged},
		{"?p=2", "?p=2", unchanged},
		{"#f", "#f", unchanged},
		{"../x", "../x", unchanged},
		{`\\api.example.com\v1\x`, "http://localhost:8010/api/x", mapped},
		{"https://user:pw@api.example.com/v1/x", "http://localhost:8010/api/x", mapped},
		{"https://www.example.com/x", "http://localhost:8010/x", mapped},
		{"https://www.example.com//evil.example/x", "http://localhost:8010//evil.example/x", mapped},
		{"https://keep.example/keep/x", "http://localhost:8010/keep/x", mapped},

		{"https://keep.example/other", "https://keep.example/other", outside},
		{"https://www.example.com/api/x", "https://www.example.com/api/x", outside}, // /api is another target's
		{"/login", "https://api.example.com/login", outside},
		{"https://api.example.com/v10", "https://api.example.com/v10", outside},
		{"https://api.example.com/v1/../x", "https://api.example.com/x", outside},
		{"https://login.example/", "https://login.example/", outside},
		{"http://api.example.com/v1/x", "http://api.example.com/v1/x", outside},
		{"https://api.example.com:8443/v1/x", "https://api.example.com:8443/v1/x", outside},
		{"https://api.example.com.evil.example/v1", "https://api.example.com.evil.example/v1", outside},
		{"https://[", "https://[", unchanged},
		{"mailto:a@b.example", "mailto:a@b.example", unchanged},
		{"javascript:alert(1)", "javascript:alert(1)", unchanged},
	} {
		got, w := refsFor(t, p, api, asked).reference(row.value)
		if got != row.want || w != row.where {
			t.Errorf("%q: %q (%d), not %q (%d)", row.value, got, w, row.want, row.where)
		}
	}
}

func TestRefreshAndLinkLeadToTheProxy(t *testing.T) {
	p := testProxy(t, Config{Routes: []Route{testRoute(t, "/api", "https://api.example.com", false)}})
	m := refsFor(t, p, "https://api.example.com/a", "http://localhost:8010/api/a")
	for value, want := range map[string]string{
		"5":                                      "5",
		"5; url=https://api.example.com/b":       "5; url=http://localhost:8010/api/b",
		"0;URL='/b'":                             "0;URL='http://localhost:8010/api/b'",
		"0, https://api.example.com/b":           "0, http://localhost:8010/api/b",
		"0; url = \"https://api.example.com/b\"": "0; url = \"http://localhost:8010/api/b\"",
		"0; url=https://other.example/":          "0; url=https://other.example/",
		"soon":                                   "soon",
	} {
		if got, _ := m.refresh(value); got != want {
			t.Errorf("Refresh %q: %q, not %q", value, got, want)
		}
	}
	for value, want := range map[string]string{
		`<https://api.example.com/a?page=2>; rel="next", <https://api.example.com/a?page=9>; rel="last"`: `<http://localhost:8010/api/a?page=2>; rel="next", <http://localhost:8010/api/a?page=9>; rel="last"`,
		`</a?page=2>; rel=next`:                        `<http://localhost:8010/api/a?page=2>; rel=next`,
		`<https://cdn.example/a.css>; rel=preload`:     `<https://cdn.example/a.css>; rel=preload`,
		`<?page=2>; title="<https://api.example.com>"`: `<?page=2>; title="<https://api.example.com>"`,
		`<https://api.example.com/a`:                   `<https://api.example.com/a`,
	} {
		if got, _ := m.link(value); got != want {
			t.Errorf("Link %q: %q, not %q", value, got, want)
		}
	}
}

func TestPathsThatCouldLeaveARouteAreFound(t *testing.T) {
	for path, want := range map[string]bool{
		"/a/../b": true, "/..": true, "/a/%2e%2E/b": true, "/a/.%2e": true, "/a%2f..%2fb": true, `/a\..\b`: true, "/a%5c..%5cb": true,
		"/a/%252e%252e/b": true, "/..;x=y/b": true, "/a/..": true,
		"/a/...": false, "/a..b/c": false, "/.well-known/x": false, "/a/./b": false, "/%": false, "/a/%zz": false, "/a%20b": false, "": false,
	} {
		if got := hasDotSegments(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func FuzzLocations(f *testing.F) {
	for _, value := range []string{
		"https://api.example.com/v1/x?y#z", "//api.example.com/v1", `\\evil.example`, "/v1//evil.example", "5; url='/v1/x'", "</v1/x>; rel=next",
		"https://api.example.com/v1/%2e%2e/x", "\thttps:/v1/x\n", "\thttps:/v1/|\n",
	} {
		f.Add(value)
	}
	p := testProxy(f, Config{Routes: []Route{
		testRoute(f, "/api", "https://api.example.com/v1", false), testRoute(f, "/api/other", "https://other.example", false),
	}})
	f.Fuzz(func(t *testing.T, value string) {
		m := refsFor(t, p, "https://api.example.com/v1/a/b", "http://localhost:8010/api/a/b")
		to, w := m.reference(value)
		if w == mapped {
			// It leads to the proxy, and from there to where it led before.
			u, err := weburl.Parse(to, nil)
			before, _ := weburl.Parse(value, m.upstream)
			if err != nil || u.HostPort() != "localhost:8010" || u.Scheme != "http" || u.HasCredentials() {
				t.Fatalf("%q became %q", value, to)
			}
			r := p.routeOf(u.Path)
			if r == nil {
				t.Fatalf("%q became %q, which no route has", value, to)
			}
			at, ok := r.urlFor(u.Path, u.Query, u.HasQuery)
			if !ok {
				return // such a path is not sent
			}
			after, err := weburl.Parse(at.String(), nil)
			// net/url percent-encodes more bytes than browsers do, such as "|".
			was := weburl.PercentDecode(before.Path)
			is := ""
			if err == nil {
				is = weburl.PercentDecode(after.Path)
			}
			if err != nil || after.HostPort() != before.HostPort() || after.Scheme != before.Scheme || is != was && is != was+"/" {
				t.Errorf("%q became %q, which leads to %s", value, to, at)
			}
		}
		for _, rewrite := range []func(string) (string, where){m.refresh, m.link} {
			to, w := rewrite(value)
			if w != mapped && to != value {
				t.Errorf("%q became %q, and nothing says so", value, to)
			}
			if strings.Count(to, "\n") > strings.Count(value, "\n") {
				t.Errorf("%q became %q", value, to)
			}
		}
	})
}
