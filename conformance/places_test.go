package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPlacesDependOnlyOnSeedAndIndex(t *testing.T) {
	few, many := GeneratePlaces(7, 20), GeneratePlaces(7, 2000)
	if !reflect.DeepEqual(few, many[:20]) {
		t.Error("the first cases of a seed depend on the number of cases")
	}
	seen := map[string]int{}
	for _, c := range many {
		seen[c.Family]++
		secure := scheme(c.Page.Host) == "https"
		if want := c.Family == "https" || c.Family == "mixed"; secure != want {
			t.Errorf("case %d of the family %s: a page on %s", c.ID, c.Family, c.Page.Host)
		}
		for _, s := range c.Steps {
			// An Origin or a Location that a response has may have any scheme.
			if wrongScheme.MatchString(s.Request.URL) {
				t.Errorf("case %d: %s has the wrong scheme", c.ID, s.Request.URL)
			}
		}
	}
	for _, family := range Places {
		if seen[family] < 10 {
			t.Errorf("%d of 2000 cases are of the family %s", seen[family], family)
		}
	}
}

func TestAppsDependOnlyOnSeedAndIndex(t *testing.T) {
	for browser, app := range AppOrigins {
		few, many := GenerateApps(browser, 7, 20), GenerateApps(browser, 7, 300)
		if !reflect.DeepEqual(few, many[:20]) {
			t.Errorf("%s: the first cases of a seed depend on the number of cases", browser)
		}
		allowed := 0
		for _, c := range slices.Concat(many, HandwrittenApps(browser)) {
			if c.Family != Apps || c.Page != (Page{Host: app}) {
				t.Errorf("case %d of the family %s in %+v", c.ID, c.Family, c.Page)
			}
			for _, s := range c.Steps {
				if wrongScheme.MatchString(s.Request.URL) || s.Request.Via == "script" || s.Request.Via == "module" {
					t.Errorf("case %d: %s of %s cannot run in an extension", c.ID, s.Request.Via, s.Request.URL)
				}
				if s.Hops[0].Actual.get("Access-Control-Allow-Origin") == app {
					allowed++
				}
			}
		}
		if allowed < 50 {
			t.Errorf("%s: %d responses allow %s by name", browser, allowed, app)
		}
	}
	if cases := append(GenerateApps("webkit", 7, 5), HandwrittenApps("webkit")...); len(cases) != 0 {
		t.Error("there are cases for a browser without extensions")
	}
}

// wrongScheme matches a URL, with or without user and password, whose scheme is not its host's.
var wrongScheme = regexp.MustCompile(`^(http://([^/]*@)?\{p?s\.|https://([^/]*@)?\{[op]\.)`)

func TestTemplatesOfPlaces(t *testing.T) {
	h := Hosts{40001, 40002, 40003, 40004}
	for template, want := range map[string]string{
		"http://{o.a}/": "http://site.test:40001/", "https://{s.a}/": "https://site.test:40003/", "{s.a2}": "site.test:40004",
		"{ps.sub.a}": "www.example.com:40003", "http://{p.a2}/": "http://example.com:40002/", "{ps.b}": "example.org:40003",
		"{o.sub.a}": "sub.site.test:40001", "http://{l}/": "http://localhost:40001/", "http://{ip}/": "http://127.0.0.1:40001/",
	} {
		if got := h.Expand(template); got != want || h.Template(want) != template {
			t.Errorf("%s: %s, and back: %s", template, got, h.Template(want))
		}
	}
}

// A client finds every host through the proxy, over http and https.
func TestNetworkServesAllHosts(t *testing.T) {
	var hosts Hosts
	n, err := startNetwork(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }),
		func(h Hosts) { hosts = h })
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	proxy, err := url.Parse(n.proxy())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(n.cert)
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	for _, name := range []string{"o.a", "o.a2", "o.sub.a", "s.a", "s.a2", "s.sub.a", "s.b", "s.c", "p.sub.a", "ps.a2"} {
		target := hosts.Expand(scheme(name) + "://{" + name + "}/")
		resp, err := (&http.Client{Transport: transport}).Get(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := hosts.Template(string(body)); got != "{"+name+"}" {
			t.Errorf("%s: served as %s", target, got)
		}
	}
	if resp, err := (&http.Client{Transport: transport}).Get("https://elsewhere.test:1/"); err == nil {
		resp.Body.Close()
		t.Error("the proxy connects to a host that is not its own")
	}
	if !slices.Contains(ordinaryNames(), "sub.site.test") || !strings.Contains(n.overrides(), "site.test:") || n.spki() == "" {
		t.Error("a browser is not told to trust the hosts")
	}
}
