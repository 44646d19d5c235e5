package cors_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

const (
	varyOrigin    = "\nVary: Origin"
	varyPreflight = "\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
)

func TestResponsesToRanges(t *testing.T) {
	lan := wrap(t, cors.Policy{
		DangerouslyAllowAnyHost:       []string{"moz-extension://*", "capacitor://*"},
		DangerouslyAllowAddressRanges: []string{"http://192.168.0.0/16:*", "https://[fd12:3456:789a::/48]:8443"},
		Methods:                       []string{"PUT"},
	})
	for _, row := range []struct {
		origin  string
		allowed bool
	}{
		{"moz-extension://6b1c1d1e-8a7a-4c7e-9d9f-0b1c2d3e4f50", true}, {"capacitor://localhost", true},
		{"chrome-extension://6b1c1d1e-8a7a-4c7e-9d9f-0b1c2d3e4f50", false}, {"moz-extension://", false}, {"moz-extension://a/b", false}, {"https://moz-extension", false},
		{"http://192.168.0.0", true}, {"http://192.168.255.255:65535", true}, {"http://192.168.1.1:8080", true},
		{"http://192.167.255.255", false}, {"http://192.169.0.0", false}, {"https://192.168.1.1", false}, {"http://192.168.1.1:80", false},
		{"http://192.168.1.1.evil.example", false}, {"http://192.168.1.01", false}, {"http://0xc0a80101", false}, {"http://[::ffff:c0a8:101]", false}, {"http://router.lan", false},
		{"https://[fd12:3456:789a::1]:8443", true}, {"https://[fd12:3456:789b::1]:8443", false}, {"https://[fd12:3456:789a::1]", false}, {"https://[fd12:3456:789a:0::1]:8443", false},
		{"null", false}, {"https://foreign.example", false},
	} {
		want := "OK" + varyOrigin
		wantPreflight := "Forbidden"
		if row.allowed {
			want = "OK\nAllow-Origin: " + row.origin + varyOrigin
			wantPreflight = "No Content\nAllow-Origin: " + row.origin + "\nAllow-Methods: PUT" + varyPreflight
		}
		if got := send(lan, "GET\nOrigin: "+row.origin); got != want {
			t.Errorf("GET from %s: %s", row.origin, got)
		}
		if got := send(lan, "OPTIONS\nOrigin: "+row.origin+"\nAccess-Control-Request-Method: PUT"); got != wantPreflight {
			t.Errorf("preflight from %s: %s", row.origin, got)
		}
	}
	if got := send(lan, "GET\nOrigin: http://192.168.1.1\nOrigin: http://192.168.1.1"); got != "OK"+varyOrigin {
		t.Errorf("two origins: %s", got)
	}
}

// A range is decided before Lookup, and the decision names it.
func TestDecisionNamesTheRange(t *testing.T) {
	var asked []string
	m := cors.MustNew(cors.Policy{
		Origins: []string{"https://app.example"}, DangerouslyAllowAnyHost: []string{"moz-extension://*"},
		DangerouslyAllowAddressRanges: []string{"http://10.0.0.0/8"}, Credentials: true,
		DangerouslyAllowInsecureOriginsWithCredentials: true,
		Lookup: func(_ context.Context, o origin.Origin) (bool, error) {
			asked = append(asked, o.String())
			return false, nil
		},
	})
	for _, row := range []struct{ origin, pattern string }{
		{"https://app.example", "https://app.example"}, {"moz-extension://a", "moz-extension://*"}, {"http://10.1.2.3", "http://10.0.0.0/8"}, {"http://11.1.2.3", ""},
	} {
		d := m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{row.origin}})
		if d.PatternText != row.pattern || d.Labels().Pattern != row.pattern || d.Allowed != (row.pattern != "") || d.Credentials != d.Allowed {
			t.Errorf("%s: %+v", row.origin, d)
		}
	}
	if fmt.Sprint(asked) != "[http://11.1.2.3]" {
		t.Errorf("Lookup was called for %v", asked)
	}
}

func TestCredentialsForSomeOrigins(t *testing.T) {
	some := cors.Policy{
		Origins: []string{"https://*.a.test", "https://b.test", "https://c.test"}, OriginsWithCredentials: []string{"https://app.a.test", "https://b.test"},
		Methods: []string{"PUT"}, ExposedHeaders: []string{"X-Total"}, TimingAllowOrigin: true, DangerouslyAllowNull: true,
	}
	anyone := cors.Policy{
		Origins: []string{"*"}, OriginsWithCredentials: []string{"https://app.a.test", "https://*.b.test"}, Methods: []string{"*"}, RequestHeaders: []string{"*"},
		MaxAgeSeconds: 60, LookupKeyHeaders: []string{"X-Tenant"}, TimingAllowOrigin: true,
	}
	with, without := "OK\nAllow-Origin: %s\nAllow-Credentials: true\nExpose-Headers: X-Total\nTiming-Allow-Origin: %[1]s", "OK\nAllow-Origin: %s\nExpose-Headers: X-Total\nTiming-Allow-Origin: %[1]s"
	for _, row := range []struct {
		name    string
		policy  cors.Policy
		request string
		want    string
	}{
		{"a listed origin", some, "GET\nOrigin: https://b.test", fmt.Sprintf(with, "https://b.test") + varyOrigin},
		{"a listed origin that a wildcard allows", some, "GET\nOrigin: https://app.a.test", fmt.Sprintf(with, "https://app.a.test") + varyOrigin},
		{"an allowed origin that is not listed", some, "GET\nOrigin: https://c.test", fmt.Sprintf(without, "https://c.test") + varyOrigin},
		{"a sibling of a listed origin", some, "GET\nOrigin: https://x.a.test", fmt.Sprintf(without, "https://x.a.test") + varyOrigin},
		{"null is allowed, and never listed", some, "GET\nOrigin: null", fmt.Sprintf(without, "null") + varyOrigin},
		{"a foreign origin", some, "GET\nOrigin: https://d.test", "OK" + varyOrigin},
		{"no origin", some, "GET", "OK" + varyOrigin},
		{"a preflight of a listed origin", some, "OPTIONS\nOrigin: https://b.test\nAccess-Control-Request-Method: PUT",
			"No Content\nAllow-Origin: https://b.test\nAllow-Credentials: true\nAllow-Methods: PUT" + varyPreflight},
		{"a preflight of an origin that is not listed", some, "OPTIONS\nOrigin: https://c.test\nAccess-Control-Request-Method: PUT",
			"No Content\nAllow-Origin: https://c.test\nAllow-Methods: PUT" + varyPreflight},
		{"a refused preflight of a listed origin", some, "OPTIONS\nOrigin: https://b.test\nAccess-Control-Request-Method: DELETE", "Forbidden"},

		{"any origin: a listed one", anyone, "GET\nOrigin: https://app.a.test", "OK\nAllow-Origin: https://app.a.test\nAllow-Credentials: true\nTiming-Allow-Origin: https://app.a.test" + varyOrigin},
		{"any origin: one that a wildcard lists", anyone, "GET\nOrigin: https://x.b.test", "OK\nAllow-Origin: https://x.b.test\nAllow-Credentials: true\nTiming-Allow-Origin: https://x.b.test" + varyOrigin},
		{"any origin: another", anyone, "GET\nOrigin: https://evil.test", "OK\nAllow-Origin: *\nTiming-Allow-Origin: *" + varyOrigin},
		{"any origin: null", anyone, "GET\nOrigin: null", "OK\nAllow-Origin: *\nTiming-Allow-Origin: *" + varyOrigin},
		{"any origin: invalid", anyone, "GET\nOrigin: https://app.a.test/", "OK\nAllow-Origin: *\nTiming-Allow-Origin: *" + varyOrigin},
		{"any origin: two, the first of them listed", anyone, "GET\nOrigin: https://app.a.test\nOrigin: https://evil.test", "OK\nAllow-Origin: *\nTiming-Allow-Origin: *" + varyOrigin},
		{"any origin: none", anyone, "GET", "OK\nAllow-Origin: *\nTiming-Allow-Origin: *" + varyOrigin},
		{"any origin: a preflight of a listed one", anyone, "OPTIONS\nOrigin: https://app.a.test\nAccess-Control-Request-Method: PURGE\nAccess-Control-Request-Headers: x-a",
			"No Content\nAllow-Origin: https://app.a.test\nAllow-Credentials: true\nAllow-Methods: PURGE\nAllow-Headers: x-a\nMax-Age: 60" + varyPreflight},
		{"any origin: a preflight of another", anyone, "OPTIONS\nOrigin: https://evil.test\nAccess-Control-Request-Method: PURGE\nAccess-Control-Request-Headers: x-a",
			"No Content\nAllow-Origin: *\nAllow-Methods: PURGE\nAllow-Headers: x-a\nMax-Age: 60" + varyPreflight},
		{"any origin: a preflight with Authorization", anyone, "OPTIONS\nOrigin: https://app.a.test\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: authorization", "Forbidden"},
	} {
		if got := send(wrap(t, row.policy), row.request); got != row.want {
			t.Errorf("%s:\n%s\nwant\n%s", row.name, got, row.want)
		}
	}
}

// In debug mode the response to a refused preflight has the credentials that the origin has.
func TestDebugModeWithCredentialsForSomeOrigins(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://a.test"}, Methods: []string{"PUT"}})
	m.SetDebug(true)
	for o, want := range map[string]string{
		"https://a.test": "No Content\nAllow-Origin: https://a.test\nAllow-Credentials: true\nAllow-Methods: PUT" + varyPreflight,
		"https://b.test": "No Content\nAllow-Origin: *\nAllow-Methods: PUT" + varyPreflight,
	} {
		if got := send(m.Wrap(hello), "OPTIONS\nOrigin: "+o+"\nAccess-Control-Request-Method: DELETE"); got != want {
			t.Errorf("%s: %s", o, got)
		}
	}
}

// Lookup allows an origin, and the list adds credentials. The list alone allows nothing.
func TestOriginsWithCredentialsNeverAllowAnOrigin(t *testing.T) {
	h := wrap(t, cors.Policy{
		OriginsWithCredentials: []string{"https://a.test", "https://b.test"},
		Lookup:                 func(_ context.Context, o origin.Origin) (bool, error) { return o.Host() != "b.test", nil },
	})
	for o, want := range map[string]string{
		"https://a.test": "OK\nAllow-Origin: https://a.test\nAllow-Credentials: true" + varyOrigin,
		"https://b.test": "OK" + varyOrigin,
		"https://c.test": "OK\nAllow-Origin: https://c.test" + varyOrigin,
	} {
		if got := send(h, "GET\nOrigin: "+o); got != want {
			t.Errorf("%s: %s", o, got)
		}
	}
}

func TestFaultsOfRangesAndCredentials(t *testing.T) {
	type p = cors.Policy
	a := []string{"https://a.test"}
	lan, ext := []string{"http://192.168.0.0/16:*"}, []string{"moz-extension://*"}
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprintf("http://10.%d.0.0/16", i)
	}
	for _, row := range []struct {
		name   string
		policy cors.Policy
		want   string // Field[index] reason, and ! for a warning
		says   string // what the first fault says
	}{
		{"ranges alone", p{DangerouslyAllowAnyHost: ext, DangerouslyAllowAddressRanges: lan}, "", ""},
		{"every site", p{DangerouslyAllowAnyHost: []string{"https://*"}}, "DangerouslyAllowAnyHost[0] range", "every site on the web"},
		{"every local file", p{DangerouslyAllowAnyHost: []string{"file://*"}}, "DangerouslyAllowAnyHost[0] range", "downloaded"},
		{"WebSockets", p{DangerouslyAllowAnyHost: []string{"ws://*", "wss://*"}}, "DangerouslyAllowAnyHost[0] range, DangerouslyAllowAnyHost[1] range", "opens the WebSocket"},
		{"a scheme alone", p{DangerouslyAllowAnyHost: []string{"chrome-extension"}}, "DangerouslyAllowAnyHost[0] range", "write chrome-extension://*"},
		{"one extension", p{DangerouslyAllowAnyHost: []string{"chrome-extension://abc"}}, "DangerouslyAllowAnyHost[0] range", "list it in Origins"},
		{"any origin", p{DangerouslyAllowAnyHost: []string{"*"}}, "DangerouslyAllowAnyHost[0] range", `"*" in Origins`},
		{"null", p{DangerouslyAllowAnyHost: []string{"null"}}, "DangerouslyAllowAnyHost[0] null", "DangerouslyAllowNull"},
		{"each in the other field", p{DangerouslyAllowAnyHost: lan, DangerouslyAllowAddressRanges: ext},
			"DangerouslyAllowAnyHost[0] range, DangerouslyAllowAddressRanges[0] range", "list it in DangerouslyAllowAddressRanges"},
		{"public addresses", p{DangerouslyAllowAddressRanges: []string{"http://8.8.0.0/16"}}, "DangerouslyAllowAddressRanges[0] range", "public addresses"},
		{"in Origins", p{Origins: []string{"moz-extension://*", "http://10.0.0.0/8"}}, "Origins[0] pattern, Origins[1] pattern", "list it in DangerouslyAllowAnyHost"},
		{"too many", p{DangerouslyAllowAddressRanges: many}, "DangerouslyAllowAddressRanges range", "32"},
		{"http with credentials", p{DangerouslyAllowAddressRanges: []string{"http://10.0.0.0/8", "https://10.0.0.0/8", "http://127.0.0.0/8"}, DangerouslyAllowAnyHost: ext, Credentials: true},
			"DangerouslyAllowAddressRanges[0] insecure-origin", "use https"},
		{"http with credentials, dangerously", p{DangerouslyAllowAddressRanges: lan, Credentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true}, "", ""},
		{"ranges twice, and covered", p{Origins: a, DangerouslyAllowAnyHost: []string{"a://*", "a://*"}, DangerouslyAllowAddressRanges: []string{"http://192.168.4.0/22", "http://192.168.0.0/16:*"}},
			"DangerouslyAllowAnyHost[1] duplicate!, DangerouslyAllowAddressRanges[0] redundant!", ""},
		{"origins that ranges cover", p{Origins: []string{"http://192.168.1.1", "https://192.168.1.1", "moz-extension://a"}, DangerouslyAllowAnyHost: ext, DangerouslyAllowAddressRanges: lan},
			"Origins[0] redundant!, Origins[2] redundant!", ""},
		{"any origin covers ranges", p{Origins: []string{"*"}, DangerouslyAllowAnyHost: ext}, "DangerouslyAllowAnyHost[0] redundant!", ""},

		{"credentials for one of two", p{Origins: []string{"https://a.test", "https://b.test"}, OriginsWithCredentials: a}, "", ""},
		{"credentials where a wildcard, a range, a scheme or any origin covers it", p{Origins: []string{"https://*.a.test", "http://localhost:*"}, DangerouslyAllowAddressRanges: []string{"http://127.0.0.0/8:*"},
			DangerouslyAllowAnyHost: ext, OriginsWithCredentials: []string{"https://*.b.a.test", "http://localhost:[80,3000]", "http://127.0.0.1:8080", "moz-extension://a"}}, "", ""},
		{"credentials beside any origin", p{Origins: []string{"*"}, OriginsWithCredentials: a}, "", ""},
		{"credentials beside Lookup", p{Lookup: func(context.Context, origin.Origin) (bool, error) { return true, nil }, OriginsWithCredentials: a}, "", ""},
		{"credentials for a foreign origin", p{Origins: a, OriginsWithCredentials: []string{"https://b.test"}}, "OriginsWithCredentials[0] origins-with-credentials", "no effect"},
		{"credentials for more than a pattern", p{Origins: a, OriginsWithCredentials: []string{"https://*.a.test", "https://a.test:*"}},
			"OriginsWithCredentials[0] origins-with-credentials, OriginsWithCredentials[1] origins-with-credentials", "no effect"},
		{"credentials for all and some", p{Origins: a, Credentials: true, OriginsWithCredentials: a}, "OriginsWithCredentials origins-with-credentials", "set Credentials to false"},
		{"credentials for any origin", p{Origins: []string{"*"}, OriginsWithCredentials: []string{"*"}}, "OriginsWithCredentials[0] any-origin-with-credentials", "every site"},
		{"credentials for null", p{DangerouslyAllowNull: true, OriginsWithCredentials: []string{"null"}}, "OriginsWithCredentials[0] null", "sandboxed"},
		{"credentials for a range", p{DangerouslyAllowAnyHost: ext, OriginsWithCredentials: ext}, "OriginsWithCredentials[0] origins-with-credentials", "common owner"},
		{"credentials for what is not a pattern", p{Origins: a, OriginsWithCredentials: []string{"https://a.test/"}}, "OriginsWithCredentials[0] pattern", "write https://a.test"},
		{"credentials over http", p{Origins: []string{"*"}, OriginsWithCredentials: []string{"http://a.test", "http://localhost"}}, "OriginsWithCredentials[0] insecure-origin", "use https"},
		{"credentials over http, dangerously", p{Origins: []string{"*"}, OriginsWithCredentials: []string{"http://a.test"}, DangerouslyAllowInsecureOriginsWithCredentials: true}, "", ""},
		{"credentials under a public suffix", p{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://*.dev"}}, "OriginsWithCredentials[0] public-suffix", "anyone can register"},
		{"credentials under a public suffix, dangerously", p{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://*.dev"}, DangerouslyAllowPublicSuffixes: true}, "", ""},
		{"credentials twice", p{Origins: a, OriginsWithCredentials: []string{"https://a.test", "https://a.test"}}, "OriginsWithCredentials[1] duplicate!", ""},
		{"credentials and all headers exposed", p{Origins: a, OriginsWithCredentials: a, ExposedHeaders: []string{"*"}}, "ExposedHeaders[0] expose-all-with-credentials", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			valid := true
			for i, f := range row.policy.Check() {
				s := f.Field
				if f.Index >= 0 {
					s += fmt.Sprintf("[%d]", f.Index)
				}
				s += " " + string(f.Reason)
				if valid = valid && f.Warning; f.Warning {
					s += "!"
				}
				if i == 0 && !strings.Contains(f.Error(), row.says) {
					t.Errorf("%v, want %q", f, row.says)
				}
				got = append(got, s)
			}
			if text := strings.Join(got, ", "); text != row.want {
				t.Errorf("got  %s\nwant %s", text, row.want)
			}
			if _, err := cors.New(row.policy); (err == nil) != valid {
				t.Errorf("New: %v", err)
			}
		})
	}
}

// Protect and CheckOrigin trust the origins that are allowed with credentials. Others are trusted only
// without credentials.
func TestProtectTrustsOriginsWithCredentials(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://a.test"}})
	ranges := cors.MustNew(cors.Policy{DangerouslyAllowAddressRanges: []string{"https://10.0.0.0/8"}, DangerouslyAllowAnyHost: []string{"moz-extension://*"}})
	rangesWithCredentials := cors.MustNew(cors.Policy{DangerouslyAllowAddressRanges: []string{"https://10.0.0.0/8"}, Credentials: true})
	for _, row := range []struct {
		m                     *cors.Middleware
		origin, with          string // with credentials, "" for none
		trusted, twoOriginsOK bool
	}{
		{m, "https://a.test", "cookie", true, false},
		{m, "https://a.test", "", true, true},
		{m, "https://b.test", "", true, true},
		{m, "https://b.test", "cookie", false, false},
		{m, "https://b.test", "certificate", false, false},
		{m, "null", "cookie", false, false},
		{ranges, "https://10.1.1.1", "", true, false},
		{ranges, "https://10.1.1.1", "cookie", false, false},
		{ranges, "https://11.1.1.1", "", false, false},
		{ranges, "moz-extension://a", "", true, false},
		{ranges, "moz-extension://a", "cookie", false, false},
		{rangesWithCredentials, "https://10.1.1.1", "cookie", true, false},
		{rangesWithCredentials, "https://11.1.1.1", "cookie", false, false},
	} {
		r := httptest.NewRequest("POST", "https://server.test/ws", nil)
		r.Header.Set("Origin", row.origin)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		switch row.with {
		case "cookie":
			r.Header.Set("Cookie", "a=b")
		case "certificate":
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
		}
		if got := row.m.CheckOrigin(r); got != row.trusted {
			t.Errorf("CheckOrigin of %s with %q: %v", row.origin, row.with, got)
		}
		w := httptest.NewRecorder()
		row.m.Protect(hello).ServeHTTP(w, r)
		if got := w.Code == http.StatusOK; got != row.trusted {
			t.Errorf("Protect, %s with %q: %v", row.origin, row.with, got)
		}
		r.Header["Origin"] = []string{row.origin, "https://evil.test"}
		if got := row.m.CheckOrigin(r); got != row.twoOriginsOK {
			t.Errorf("CheckOrigin of %s and another, with %q: %v", row.origin, row.with, got)
		}
	}
}

// A policy of any origin must have Vary: Origin if some have credentials, and a handler that removes it is
// reported.
func TestLostVaryIsReportedIfSomeOriginsHaveCredentials(t *testing.T) {
	for _, list := range [][]string{nil, {"https://a.test"}} {
		m := cors.MustNew(cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: list})
		var mistake cors.SetupMistake
		m.SetObserver(func(_ *http.Request, d cors.Decision) { mistake = max(mistake, d.SetupMistake) })
		send(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Vary", "Accept") })), "GET\nOrigin: https://b.test")
		if want := list != nil; want != (mistake == cors.VaryReplaced) {
			t.Errorf("%v: %v", list, mistake)
		}
	}
}

func TestAllocationsOfRangesAndCredentials(t *testing.T) {
	m := cors.MustNew(cors.Policy{
		Origins: []string{"https://*.a.test"}, OriginsWithCredentials: []string{"https://app.a.test"},
		DangerouslyAllowAnyHost: []string{"moz-extension://*"}, DangerouslyAllowAddressRanges: []string{"http://10.0.0.0/8:*", "https://[fd00::/8]"},
	})
	h := m.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, o := range []string{"https://app.a.test", "https://x.a.test", "moz-extension://a", "http://10.1.1.1:80", "http://10.1.1.1", "https://[fd00::1]", "https://foreign.test"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Origin", o)
		w := bare{http.Header{}}
		if got := testing.AllocsPerRun(200, func() {
			clear(w.h)
			h.ServeHTTP(w, r)
		}); got != 1 {
			t.Errorf("%s: %v allocations, want 1", o, got)
		}
	}
}
