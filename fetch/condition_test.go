package fetch_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Chromium safelists client hints, but Save-Data only with the value that a browser sends.
func TestClientHintsAreSafelistedByValue(t *testing.T) {
	for _, row := range []struct {
		header string
		safe   bool
	}{
		{"Save-Data: on", true}, {"save-data: ON", true}, {"Save-Data: off", false}, {"Save-Data: 1", false}, {"Save-Data: ", false},
		{"DPR: 2", true}, {"Device-Memory: 8", true}, {"Width: 100", true}, {"Viewport-Width: 100", true}, {"Downlink: 1.5", true},
		{"ECT: 4g", true}, {"RTT: 50", true}, {"RTT: " + strings.Repeat("1", 129), false},
	} {
		for _, profile := range fetch.Profiles() {
			w := newWeb(map[string]string{"https://b.test/x": open, "OPTIONS https://b.test/x": allowAll})
			do(t, agentOn(w, profile), fetch.Request{URL: "https://b.test/x", Header: list(row.header)})
			if got, want := len(w.Preflights()) == 0, row.safe && profile.Name == "Chromium"; got != want {
				t.Errorf("%s, %s: safelisted %v, want %v", profile.Name, row.header, got, want)
			}
		}
	}
}

// Nothing is cached. WebKit then sends the request.
func TestOnlyIfCachedIsANetworkError(t *testing.T) {
	for _, profile := range fetch.Profiles() {
		w := newWeb(map[string]string{"https://a.test/x": "200"})
		_, err := do(t, agentOn(w, profile), fetch.Request{URL: "/x", Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached})
		if sent := w.Requests() != nil; sent != (profile.Name == "WebKit") || (reasonOf(err) == reason.NotCached) == sent {
			t.Errorf("%s: %v, sent: %v", profile.Name, err, sent)
		}
	}
}

// Firefox's opaque response blocking allows the types of streaming formats.
func TestStreamingTypesInOpaqueResponseBlocking(t *testing.T) {
	for _, kind := range []string{"application/dash+xml", "application/vnd.apple.mpegurl", "audio/mpegurl", "text/vtt"} {
		for _, profile := range fetch.Profiles() {
			w := newWeb(map[string]string{"https://b.test/x": "200\nContent-Type: " + kind + "\n\n\x89PNG\r\n\x1a\n"})
			_, err := do(t, agentOn(w, profile), element(t, fetch.Element{Kind: "img", URL: "https://b.test/x"}, pageA))
			if blocked := reasonOf(err) == reason.OpaqueResponseBlocked; blocked != (profile.Name == "Standard") {
				t.Errorf("%s, %s: %v", profile.Name, kind, err)
			}
		}
	}
}

// Firefox says cross-site after a redirect within a site, over plain http only.
func TestSiteAfterARedirectDependsOnTheScheme(t *testing.T) {
	for _, row := range []struct{ scheme, profile, want string }{
		{"http", "Firefox", "cross-site"}, {"https", "Firefox", "same-site"},
		{"http", "Chromium", "same-site"}, {"https", "Chromium", "same-site"},
	} {
		for _, profile := range fetch.Profiles() {
			if profile.Name != row.profile {
				continue
			}
			one, two := row.scheme+"://one.a.localhost/x", row.scheme+"://two.a.localhost/y"
			w := newWeb(map[string]string{one: "302\nAccess-Control-Allow-Origin: *\nLocation: " + two, two: open})
			do(t, agentOn(w, profile), fetch.Request{URL: one, Page: &fetch.Page{URL: row.scheme + "://a.localhost/"}})
			if got := w.Last(t).Header.Get("Sec-Fetch-Site"); got != row.want {
				t.Errorf("%s over %s: %s, want %s", row.profile, row.scheme, got, row.want)
			}
		}
	}
}

// WebKit's preflight after redirects has Sec-Fetch headers only if the first URL was potentially trustworthy.
func TestMetadataOfAPreflightDependsOnTheFirstURL(t *testing.T) {
	for _, row := range []struct {
		name   string
		page   string
		chain  []string
		webkit string // Sec-Fetch-Site of the last preflight
	}{
		{"plain http", "http://localhost/", []string{"http://o.test/", "https://c.test/"}, ""},
		{"plain http, of the page's own origin", "http://a.test/", []string{"http://a.test/", "https://c.test/"}, ""},
		{"plain http, two redirects", "http://localhost/", []string{"http://o.test/", "https://b.test/", "https://c.test/"}, ""},
		{"plain http, the last one within an origin", "http://localhost/", []string{"http://o.test/", "https://c.test/1", "https://c.test/2"}, ""},
		{"https", "http://localhost/", []string{"https://b.test/", "https://c.test/"}, "cross-site"},
		{"https, plain http between", "http://localhost/", []string{"https://b.test/", "http://o.test/", "https://c.test/"}, "cross-site"},
		{"a page over plain http", "http://a.test/", []string{"https://b.test/", "https://c.test/"}, "cross-site"},
		{"localhost", "http://localhost/", []string{"http://localhost/", "https://c.test/"}, "cross-site"},
		{"no redirect", "http://localhost/", []string{"https://c.test/"}, "cross-site"},
	} {
		for _, profile := range fetch.Profiles() {
			script := map[string]string{}
			for i, u := range row.chain {
				script["OPTIONS "+u], script[u] = allowAll, open
				if i+1 < len(row.chain) {
					script[u] = "307\nAccess-Control-Allow-Origin: *\nLocation: " + row.chain[i+1]
				}
			}
			w := newWeb(script)
			if _, err := do(t, agentOn(w, profile), fetch.Request{URL: row.chain[0], Page: &fetch.Page{URL: row.page}, Header: list("X-A: 1")}); err != nil {
				t.Errorf("%s, %s: %v", profile.Name, row.name, err)
				continue
			}
			want := "cross-site"
			if profile.Name == "WebKit" {
				want = row.webkit
			}
			preflights := w.Preflights()
			if got := preflights[len(preflights)-1].Header.Get("Sec-Fetch-Site"); got != want {
				t.Errorf("%s, first %s: Sec-Fetch-Site %q, want %q", profile.Name, row.name, got, want)
			}
		}
	}
}

func TestSchemesWithoutANetwork(t *testing.T) {
	for _, row := range []struct {
		name string
		req  fetch.Request
		want reason.Reason
	}{
		{"a blob: URL of the page's own origin", fetch.Request{URL: "blob:https://a.test/8c0a"}, reason.CorsDisabledScheme},
		{"a blob: URL of another origin", fetch.Request{URL: "blob:https://b.test/8c0a"}, reason.CorsDisabledScheme},
		{"about:blank, redirects not followed", fetch.Request{URL: "about:blank", Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}, reason.NoCorsRedirectModeNotFollow},
	} {
		for _, profile := range fetch.Profiles() {
			w := newWeb(nil)
			if _, err := do(t, agentOn(w, profile), row.req); reasonOf(err) != row.want || w.Requests() != nil {
				t.Errorf("%s, %s: %v", profile.Name, row.name, err)
			}
		}
	}
}

// A stream is sent over HTTP/2 only.
func TestStreamsNeedHTTP2(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}))
		server.EnableHTTP2 = http2
		server.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		transport := fetch.NewTransport()
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		for _, profile := range []fetch.Profile{fetch.Standard, fetch.Chromium} {
			_, err := do(t, agentOn(transport, profile), fetch.Request{
				URL: server.URL + "/x", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))})
			if want := map[bool]reason.Reason{false: reason.StreamRequiresHTTP2}[http2]; reasonOf(err) != want {
				t.Errorf("%s, HTTP/2 %v: %v", profile.Name, http2, err)
			}
		}
		transport.CloseIdleConnections()
		server.Close()
	}
	for _, profile := range []fetch.Profile{fetch.Standard, fetch.Chromium} {
		w := newWeb(map[string]string{"http://localhost/x": open, "OPTIONS http://localhost/x": allowAll})
		_, err := do(t, agentOn(w, profile), fetch.Request{URL: "http://localhost/x", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))})
		if reasonOf(err) != reason.StreamRequiresHTTP2 {
			t.Errorf("%s over http: %v", profile.Name, err)
		}
	}
}

// By the letter, https to http on localhost is neither mixed content nor a downgrade.
func TestLoopbackFromAPageOverHTTPS(t *testing.T) {
	image := fetch.Element{Kind: "img"}
	crossorigin := fetch.Element{Kind: "img", CrossOrigin: fetch.Anonymous}
	script := fetch.Element{Kind: "script"}
	const over = "https://a.test/ over https"
	for _, row := range []struct {
		name    string
		element *fetch.Element // nil for fetch()
		url     string
		// What arrives on loopback in each profile: the Referer, "none" for no Referer,
		// or "" for no request.
		standard, chromium, firefox, webkit string
	}{
		{"fetch()", nil, "http://localhost:1234/", "https://a.test/", "none", "none", ""},
		{"fetch() below localhost", nil, "http://x.localhost/", "https://a.test/", "none", "none", ""},
		{"fetch() to an address", nil, "http://127.0.0.1/", "https://a.test/", "none", "none", ""},
		{"fetch() to an IPv6 address", nil, "http://[::1]/", "https://a.test/", "none", "none", ""},
		{"a script", &script, "http://localhost:1234/", "https://a.test/", "none", "none", ""},
		{"an image", &image, "http://localhost:1234/", "https://a.test/", "none", "none", "none"},
		{"an image at an address", &image, "http://127.0.0.1/", "https://a.test/", "none", "none", "none"},
		{"an image with crossorigin", &crossorigin, "http://x.localhost/", "https://a.test/", "none", "none", "none"},
		{"https on localhost", nil, "https://localhost/", over, over, over, over},
		{"fetch() that is redirected", nil, "https://a.test/to-localhost", "https://a.test/", "none", "none", ""},
		{"an image that is redirected", &image, "https://a.test/to-localhost", "https://a.test/", over, "none", ""},
		{"an image that is redirected to an address", &image, "https://a.test/to-address", "https://a.test/", over, "none", ""},
	} {
		for _, profile := range fetch.Profiles() {
			t.Run(row.name+" in "+profile.Name, func(t *testing.T) {
				response := open + "\nContent-Type: image/svg+xml"
				if row.element == &script {
					response = open + "\nContent-Type: text/javascript"
				}
				w := newWeb(map[string]string{
					"https://localhost:1234/": response, "https://127.0.0.1/": response,
					"http://localhost:1234/": response, "http://x.localhost/": response, "http://127.0.0.1/": response,
					"http://[::1]/": response, "https://localhost/": response,
					"https://a.test/to-localhost": "302\nLocation: http://localhost:1234/",
					"https://a.test/to-address":   "302\nLocation: http://127.0.0.1/",
				})
				req := fetch.Request{URL: row.url}
				if row.element != nil {
					e := *row.element
					e.URL = row.url
					req = element(t, e, pageA)
				}
				_, err := do(t, agentOn(w, profile), req)
				got := ""
				for _, sent := range w.Sent {
					if strings.Contains(sent.URL, "/to-") {
						continue
					}
					if got = sent.Header.Get("Referer"); got == "" {
						got = "none"
					}
					if strings.HasPrefix(sent.URL, "https:") {
						got += " over https"
					}
				}
				want := map[string]string{"Standard": row.standard, "Chromium": row.chromium, "Firefox": row.firefox, "WebKit": row.webkit}
				if got != want[profile.Name] || (got == "") != (err != nil) {
					t.Errorf("sent with Referer %q, want %q (%v)", got, want[profile.Name], err)
				}
			})
		}
	}
}

// Every browser prohibits mixed content in a sandboxed page over https.
func TestMixedContentOfASandboxedPage(t *testing.T) {
	for _, profile := range fetch.Profiles() {
		w := newWeb(map[string]string{"http://b.test/x": open})
		page := &fetch.Page{URL: "https://a.test/", Sandboxed: true}
		_, err := do(t, agentOn(w, profile), fetch.Request{URL: "http://b.test/x", Page: page})
		if blocked := reasonOf(err) == reason.MixedContent; blocked != (profile.Name != "Standard") {
			t.Errorf("%s: %v", profile.Name, err)
		}
	}
}

// Chromium escapes | in paths: of the URL, of Location and of the page.
func TestBarInAPath(t *testing.T) {
	for _, profile := range fetch.Profiles() {
		bar := "|"
		if profile.Name == "Chromium" {
			bar = "%7C"
		}
		w := newWeb(map[string]string{
			"https://a.test/" + bar + "?|": "302\nLocation: /to|?|", "https://a.test/to" + bar + "?|": "200",
		})
		resp, err := do(t, agentOn(w, profile), fetch.Request{URL: "/|?|", Page: &fetch.Page{URL: "https://a.test/from|"}})
		if err != nil {
			t.Errorf("%s: %v", profile.Name, err)
			continue
		}
		last := w.Last(t)
		if resp.URL != "https://a.test/to"+bar+"?|" || last.Header.Get("Referer") != "https://a.test/from"+bar {
			t.Errorf("%s: %s, Referer %q", profile.Name, resp.URL, last.Header.Get("Referer"))
		}
	}
}

// WebKit preflights a redirected request before it blocks it as mixed content.
func TestRedirectToMixedContentIsPreflighted(t *testing.T) {
	for _, profile := range fetch.Profiles() {
		for _, header := range []string{"", "X-A: 1"} {
			w := newWeb(map[string]string{
				"OPTIONS https://b.test/x": allowAll, "https://b.test/x": "302\nLocation: http://c.test/y\nAccess-Control-Allow-Origin: *",
				"OPTIONS http://c.test/y": allowAll, "http://c.test/y": open,
			})
			req := fetch.Request{URL: "https://b.test/x"}
			if header != "" {
				req.Header = list(header)
			}
			_, err := do(t, agentOn(w, profile), req)
			want := "GET https://b.test/x"
			if header != "" && profile.Name == "WebKit" {
				want = "OPTIONS http://c.test/y"
			}
			last := w.Last(t)
			if got := last.Method + " " + last.URL; got != want || reasonOf(err) != reason.MixedContent {
				t.Errorf("%s, %q: the last request is %s, want %s (%v)", profile.Name, header, got, want, err)
			}
		}
	}
}

// WebKit writes percent-encoded bytes in upper case.
func TestWebKitWritesPercentEncodedBytesInUpperCase(t *testing.T) {
	const from, upper = "https://b.test/%7c%zz%e?q=%3d|#%7c", "https://b.test/%7C%zz%e?q=%3D|"
	for _, profile := range fetch.Profiles() {
		want := strings.TrimSuffix(from, "#%7c")
		if profile.Name == "WebKit" {
			want = upper
		}
		w := newWeb(map[string]string{"https://b.test/": "302\nAccess-Control-Allow-Origin: *\nLocation: " + from, want: open})
		resp, err := do(t, agentOn(w, profile), fetch.Request{URL: "https://b.test/"})
		if err != nil || resp.URL != want {
			t.Errorf("%s: %s", profile.Name, outcome(resp, err))
		}
		resp, err = do(t, agentOn(w, profile), fetch.Request{URL: from})
		if err != nil || resp.URL != want {
			t.Errorf("%s: %s", profile.Name, outcome(resp, err))
		}
	}
}
