package origins_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/origins"
)

func report(t *testing.T, urls ...string) *origins.Report {
	t.Helper()
	r, err := origins.New(urls)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPlaces(t *testing.T) {
	for _, row := range []struct {
		url, origin, site string
		port              int
		isDefault         bool
		secure            origins.Answer
		opaque            string // a part of the explanation
	}{
		{"https://shop.example.co.uk/cart?a#b", "https://shop.example.co.uk", "https://example.co.uk", 443, true, origins.Yes, ""},
		{"HTTP://App.Example:80", "http://app.example", "http://app.example", 80, true, origins.No, ""},
		{"http://localhost:3000", "http://localhost:3000", "http://localhost", 3000, false, origins.Yes, ""},
		{"http://app.localhost", "http://app.localhost", "http://app.localhost", 80, true, origins.Yes, ""},
		{"http://127.0.0.1", "http://127.0.0.1", "http://127.0.0.1", 80, true, origins.Yes, ""},
		{"http://0.0.0.0:3000", "http://0.0.0.0:3000", "http://0.0.0.0", 3000, false, origins.No, ""},
		{"http://192.168.1.5", "http://192.168.1.5", "http://192.168.1.5", 80, true, origins.No, ""},
		{"http://[::1]:3000", "http://[::1]:3000", "http://[::1]", 3000, false, origins.Yes, ""},
		{"https://a.github.io", "https://a.github.io", "https://a.github.io", 443, true, origins.Yes, ""},
		{"https://münchen.example", "https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example", 443, true, origins.Yes, ""},
		{"wss://chat.example", "wss://chat.example", "https://chat.example", 443, true, origins.Yes, ""},
		{"chrome-extension://abc/page.html", "chrome-extension://abc", "chrome-extension://abc", 0, false, origins.Depends, ""},
		{"blob:https://a.example/1", "https://a.example", "https://a.example", 443, true, origins.Yes, ""},
		{"blob:null/1", "null", "", 0, false, origins.Depends, "names no http: or https: origin"},
		{"data:text/html,x", "null", "", 0, false, origins.Depends, "data: URL"},
		{"file:///a.html", "null", "", 0, false, origins.Yes, "every file"},
		{"about:blank", "null", "", 0, false, origins.Depends, "the page that opened it"},
		{"about:srcdoc", "null", "", 0, false, origins.Depends, "the page that opened it"},
		{"javascript:alert(1)", "null", "", 0, false, origins.Depends, "javascript: URL"},
		{"null", "null", "", 0, false, origins.Depends, "every opaque origin"},
	} {
		p := report(t, row.url).First
		if p.Origin != row.origin || p.Site != row.site || p.Port != row.port || p.DefaultPort != row.isDefault || p.Secure != row.secure || p.SecureWhy == "" ||
			!strings.Contains(p.Opaque, row.opaque) || (row.opaque == "") != (p.Opaque == "") {
			t.Errorf("%s: %+v", row.url, p)
		}
	}
}

func TestComparisons(t *testing.T) {
	for _, row := range []struct {
		a, b               string
		sameOrigin, saSite bool
		differs, site      string // a part of it
		means              string
	}{
		{"http://a.example/x", "http://a.example/x", true, true, "", "one origin", ""},
		{"http://a.example/x", "http://a.example/y", true, true, "only the path differs", "one origin", ""},
		{"http://a.example/x", "http://a.example/x?y", true, true, "only what follows the path differs", "one origin", ""},
		{"http://a.example/x", "http://a.example:80/y", true, true, "port 80 is the default of http", "one origin", ""},
		{"http://a.example/x", "HTTP://A.example/x", true, true, "upper and lower case do not matter", "one origin", ""},
		{"http://a.example/x", "http://u@a.example/x", true, true, "user name is not part", "one origin", ""},
		{"http://127.0.0.1/", "http://127.1/", true, true, "another spelling", "one origin", ""},
		{"https://a.example", "blob:https://a.example/1", true, true, "blob:", "one origin", ""},
		{"http://a.example", "https://a.example", false, false, "https, not http", "the scheme is part of the site", "only with CORS headers"},
		{"https://a.example", "http://a.example", false, false, "http, not https", "the scheme is part of the site", "mixed content"},
		{"https://a.example", "http://localhost:8080", false, false, "host localhost", "https://a.example and http://localhost", "stays on this computer"},
		{"http://localhost:5173", "http://localhost:3000", false, true, "port 3000, not 5173", "both are http://localhost", "whatever their SameSite"},
		{"http://localhost:5173", "http://127.0.0.1:5173", false, false, "127.0.0.1, not localhost", "http://localhost and http://127.0.0.1", "SameSite=None"},
		{"https://app.example.com", "https://api.example.com", false, true, "subdomain api, not app", "both are https://example.com", "whatever their SameSite"},
		{"https://example.com", "https://www.example.com", false, true, "with www, not without", "both are", "only with CORS"},
		{"https://a.github.io", "https://b.github.io", false, false, "host b.github.io", "github.io is a public suffix", "SameSite=None"},
		{"https://app.example.com", "wss://app.example.com", false, true, "wss, not https", "begins with a request over https, so both are https://example.com", "Cookies are sent with its first request, whatever their SameSite."},
		{"https://app.example.com", "wss://chat.example.com:8443", false, true, "wss, not https", "so both are https://example.com", "does not apply to WebSockets"},
		{"https://app.example.com", "wss://chat.other.example", false, false, "host chat.other.example", "https://example.com and https://other.example", "only with its first request if they have SameSite=None; Secure"},
		{"https://app.example.com", "ws://app.example.com", false, false, "ws, not https", "the scheme is part of the site: https://example.com and http://example.com", "may not request ws: that is mixed content"},
		{"http://app.example.com", "ws://app.example.com", false, true, "ws, not http", "over http, so both are http://example.com", "except those with Secure"},
		{"http://a.example", "http://b.example", false, false, "host b.example", "http://a.example and http://b.example", "Chromium sends no cookies: for another site they need SameSite=None; Secure, and those with Secure are not sent over http."},
		{"http://app.example.com", "http://api.example.com", false, true, "subdomain api", "both are", "whatever their SameSite, except those with Secure: they need https."},
		{"https://a.example", "http://localhost:8080", false, false, "host localhost", "https://a.example and http://localhost", "to this computer alone, and not by Safari"},
		{"https://a.example", "https://b.example", false, false, "host b.example", "", "and not by browsers that block third-party cookies."},
		{"https://a.example", "null", false, false, "every opaque origin", "an opaque origin", "sends Origin: null"},
		{"https://a.example", "data:text/html,x", false, false, "data: URL", "an opaque origin", "sends Origin: null"},
		{"https://a.example", "about:blank", false, false, "the page that opened it", "an opaque origin", "sends Origin: null"},
		{"https://a.example", "file:///x", false, false, "every file", "an opaque origin", "can read a file"},
		{"file:///x", "file:///x", false, false, "both origins are opaque", "an opaque origin", "can read a file"},
		{"null", "null", false, false, "both origins are opaque", "an opaque origin", "sends Origin: null"},
		{"null", "https://a.example", false, false, "every opaque origin", "an opaque origin", "only with CORS headers. It sends Origin: null. A server that allows null allows every sandboxed page"},
	} {
		r := report(t, row.a, row.b)
		c := r.Others[0]
		if c.SameOrigin != row.sameOrigin || c.SameSite != row.saSite || !strings.Contains(strings.Join(c.Differs, "; "), row.differs) ||
			!strings.Contains(c.SiteWhy, row.site) || !strings.Contains(strings.Join(c.Means, " "), row.means) || (row.means == "") != (len(c.Means) == 0) ||
			r.AllSame() != row.sameOrigin {
			t.Errorf("%s and %s: %+v", row.a, row.b, c)
		}
	}
}

func TestSecretsInURLsAreNotPrinted(t *testing.T) {
	var b bytes.Buffer
	r := report(t, "https://anna:s3cret-pass@a.example/?access_token=abcdef123456", "https://anna:s3cret-pass@b.example/")
	if err := r.WriteText(&b, false, false); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "s3cret") || strings.Contains(b.String(), "abcdef") {
		t.Error(b.String())
	}
}

func TestInvalidURLsHaveAHint(t *testing.T) {
	for _, row := range []struct{ url, problem, hint string }{
		{"http:/localhost:3000", "two slashes", "write http://localhost:3000"},
		{"localhost:3000", "no scheme", "write http://localhost:3000"},
		{"app.example", "no scheme", "write https://app.example"},
		{"//app.example", "no scheme", "write https://app.example"},
		{"", "it is empty", "write a whole URL"},
		{"https://", "host", "write a whole URL"},
		{"https://a b", "", "write a whole URL"},
		{"*", "* is a wildcard", "write an origin, such as https://app.example"},
		{"https://*.a.example", "* is a wildcard", "write an origin, such as https://app.a.example"},
		{"*.a.example", "* is a wildcard", "write an origin, such as https://app.example"},
		{"http://localhost:*", "* is a wildcard", "write an origin, such as http://localhost:3000"},
		{"http://a.example:99999", "port", "write a whole URL"},
	} {
		_, err := origins.New([]string{"https://a.example", row.url})
		var usage *cli.UsageError
		if !errors.As(err, &usage) || !strings.Contains(usage.Problem, row.problem) || !strings.Contains(usage.Hint, row.hint) {
			t.Errorf("%q: %+v", row.url, err)
		}
	}
	if _, err := origins.New(nil); err == nil {
		t.Error("no URL, and no error")
	}
}

// A * in the path is a character as any other.
func TestAWildcardInThePathIsNotAPattern(t *testing.T) {
	for _, u := range []string{"https://a.example/*", "https://a.example?*", "data:text/html,*"} {
		if _, err := origins.New([]string{u}); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestReadURLs(t *testing.T) {
	list, err := origins.ReadURLs(strings.NewReader("# page\nhttps://a.example\r\n\n  https://b.example  \n"))
	if err != nil || strings.Join(list, " ") != "https://a.example https://b.example" {
		t.Errorf("%q, %v", list, err)
	}
	if _, err := origins.ReadURLs(strings.NewReader(strings.Repeat("https://a.example\n", origins.MaxURLs+1))); err == nil {
		t.Error("too many URLs are read")
	}
}

// What is printed fits on a terminal of 24 lines and 80 columns, whatever the URLs are.
func TestTheTextFitsOnAScreen(t *testing.T) {
	long := "https://" + strings.Repeat("a.", 100) + "example/" + strings.Repeat("path/", 400)
	for _, urls := range [][]string{
		{"https://a.example"}, {long}, {"data:text/html," + strings.Repeat("x", 9000)}, {"file:///x", "data:,x"}, {long, "http://localhost:1"}, {"https://a.example", "http://localhost:1"},
		{"https://\u202ea.example", "chrome-extension://" + strings.Repeat("x", 500)},
	} {
		r, err := origins.New(urls)
		if err != nil {
			continue
		}
		var b bytes.Buffer
		if err := r.WriteText(&b, false, false); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) > 23 {
			t.Errorf("%.60q: %d lines", urls, len(lines))
		}
		for _, line := range lines {
			if len([]rune(line)) > 80 {
				t.Errorf("%.60q: %q", urls, line)
			}
		}
	}
}

func FuzzNew(f *testing.F) {
	for _, s := range []string{"https://a.example", "blob:", "about:blank", "null", "file://host/x", "a:b", "\x1b[2J", "http://[::1", "data:", "x://\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := origins.New([]string{s, "https://a.example", s})
		if err != nil {
			return
		}
		var b bytes.Buffer
		for _, table := range []bool{false, true} {
			if err := r.WriteText(&b, table, false); err != nil {
				t.Fatal(err)
			}
		}
		if strings.ContainsAny(b.String(), "\x1b\r\x00\u202e") {
			t.Fatalf("%q is printed as it is: %q", s, b.String())
		}
		if same := r.Others[1].SameOrigin; same != (r.First.Opaque == "") {
			t.Fatalf("%q equals itself: %t, opaque: %q", s, same, r.First.Opaque)
		}
	})
}
