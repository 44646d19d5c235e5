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

func TestOnlyIfCachedIsANetworkError(t *testing.T) {
	for _, profile := range fetch.Profiles() {
		w := newWeb(map[string]string{"https://a.test/x": "200"})
		_, err := do(t, agentOn(w, profile), fetch.Request{URL: "/x", Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached})
		if reasonOf(err) != reason.NotCached || w.Requests() != nil {
			t.Errorf("%s: %v", profile.Name, err)
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
