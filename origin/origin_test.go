package origin

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/weburl"
)

func mustParse(t testing.TB, s string) Origin {
	t.Helper()
	o, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestParseAcceptsWhatBrowsersSend(t *testing.T) {
	for _, test := range []struct {
		input, scheme, host string
		port                int
	}{
		{"https://example.com", "https", "example.com", 443},
		{"http://example.com", "http", "example.com", 80},
		{"https://example.com:8443", "https", "example.com", 8443},
		{"http://example.com:443", "http", "example.com", 443},
		{"https://example.com:0", "https", "example.com", 0},
		{"https://example.com:65535", "https", "example.com", 65535},
		{"wss://example.com", "wss", "example.com", 443},
		{"ws://example.com", "ws", "example.com", 80},
		{"ftp://example.com", "ftp", "example.com", 21},
		{"http://localhost:3000", "http", "localhost", 3000},
		{"http://127.0.0.1:8080", "http", "127.0.0.1", 8080},
		{"http://[::1]", "http", "[::1]", 80},
		{"http://[2001:db8::1]:8080", "http", "[2001:db8::1]", 8080},
		{"https://xn--mnchen-3ya.example", "https", "xn--mnchen-3ya.example", 443},
		{"https://example.com.", "https", "example.com.", 443},
		{"https://under_score.example", "https", "under_score.example", 443},
		{"https://*.example.com", "https", "*.example.com", 443}, // a valid host, according to the URL Standard
	} {
		o, err := Parse(test.input)
		if err != nil {
			t.Error(err)
			continue
		}
		if o.IsOpaque() || o.Scheme() != test.scheme || o.Host() != test.host || o.Port() != test.port || o.String() != test.input {
			t.Errorf("%q: got %q %q %d %q", test.input, o.Scheme(), o.Host(), o.Port(), o)
		}
		u, err := weburl.Parse(test.input, nil)
		if err != nil {
			t.Fatal(err)
		}
		if Of(u) != o {
			t.Errorf("%q: Of returns %#v, Parse %#v", test.input, Of(u), o)
		}
	}
}

func TestParseRefusesEverythingElse(t *testing.T) {
	for _, test := range []struct {
		input      string
		want       Reason
		suggestion string
	}{
		{"", Empty, ""},
		{" https://example.com", Whitespace, "https://example.com"},
		{"https://example.com ", Whitespace, "https://example.com"},
		{"https://exa\tmple.com", Whitespace, "https://example.com"},
		{"https://example.com\r\n", Whitespace, "https://example.com"},
		{"https://a.example https://b.example", Whitespace, ""},
		{"https://example.com\x00", Whitespace, "https://example.com"},
		{"https://Example.com", UpperCase, "https://example.com"},
		{"HTTPS://example.com", UpperCase, "https://example.com"},
		{"NULL", UpperCase, "null"},
		{"Null", UpperCase, "null"},
		{"null ", Whitespace, "null"},
		{"null, https://example.com", Whitespace, ""},
		{"https://münchen.example", NotASCII, "https://xn--mnchen-3ya.example"},
		{"https://\xff", NotASCII, ""},
		{"*", MissingScheme, "https://*"},
		{"example.com", MissingScheme, "https://example.com"},
		{"//example.com", MissingScheme, "https://example.com"},
		{"https:example.com", MissingScheme, ""},
		{"://example.com", NoTupleScheme, ""},
		{"1app://x", NoTupleScheme, ""},
		{"a_b://x", NoTupleScheme, ""},
		{strings.Repeat("a", 65) + "://x", NoTupleScheme, ""},
		{"data://x", NoTupleScheme, ""},
		{"blob://x", NoTupleScheme, ""},
		{"about://blank", NoTupleScheme, ""},
		{"javascript://x", NoTupleScheme, ""},
		{"filesystem://x", NoTupleScheme, ""},
		{"App://x", UpperCase, "app://x"},
		{"app:x", MissingScheme, ""},
		{"app:/x", MissingScheme, "https://app"},
		{"app://x/", NotOnlyOrigin, "app://x"},
		{"capacitor://localhost/index.html", NotOnlyOrigin, "capacitor://localhost"},
		{"app:///", NotOnlyOrigin, "app://"},
		{"file:///etc/hosts", NotOnlyOrigin, ""},
		{"app://x?", NotOnlyOrigin, "app://x"},
		{"app://user@x", Credentials, "app://x"},
		{"app://a b", Whitespace, ""},
		{"app://x\n", Whitespace, "app://x"},
		{"app://ü", NotASCII, "app://%C3%BC"},
		{"app://a^b", InvalidHost, ""},
		{"app://a|b", InvalidHost, ""},
		{"app://<x>", InvalidHost, ""},
		{"app://[::1", InvalidHost, ""},
		{"app://[0::1]", HostNotCanonical, "app://[::1]"},
		{"app://x:", InvalidPort, "app://x"},
		{"app://x:08", InvalidPort, "app://x:8"},
		{"app://x:65536", InvalidPort, ""},
		{"app://:80", InvalidPort, ""},
		{"file://x:80", InvalidPort, ""},
		{"file://localhost", HostNotCanonical, ""},
		{"file://Server", UpperCase, ""},
		{"blob:https://example.com", NoTupleScheme, "https://example.com"},
		{"https://example.com/", NotOnlyOrigin, "https://example.com"},
		{"https://example.com/a?b#c", NotOnlyOrigin, "https://example.com"},
		{"https://example.com?", NotOnlyOrigin, "https://example.com"},
		{"https://example.com#", NotOnlyOrigin, "https://example.com"},
		{`https://example.com\`, NotOnlyOrigin, "https://example.com"},
		{"https:///example.com", NotOnlyOrigin, "https://example.com"},
		{"https://user@example.com", Credentials, "https://example.com"},
		{"https://example.com@evil.example", Credentials, "https://evil.example"},
		{"https://", InvalidHost, ""},
		{"https://:8443", InvalidHost, ""},
		{"https://1.2.3.4.5", InvalidHost, ""},
		{"https://a,b|c", InvalidHost, ""},
		{"https://[::1", InvalidHost, ""},
		{"https://[::1]x", InvalidHost, ""},
		{"https://127.1", HostNotCanonical, "https://127.0.0.1"},
		{"https://127.0.0.1.", HostNotCanonical, "https://127.0.0.1"},
		{"https://0x7f000001", HostNotCanonical, "https://127.0.0.1"},
		{"https://010.0.0.1", HostNotCanonical, "https://8.0.0.1"},
		{"https://[0::1]", HostNotCanonical, "https://[::1]"},
		{"https://[::ffff:127.0.0.1]", HostNotCanonical, "https://[::ffff:7f00:1]"},
		{"https://%65xample.com", HostNotCanonical, "https://example.com"},
		{"https://.example.com", EmptyLabel, ""},
		{"https://a..example.com", EmptyLabel, ""},
		{"https://example.com..", EmptyLabel, ""},
		{"https://.", EmptyLabel, ""},
		{"https://example.com:", InvalidPort, "https://example.com"},
		{"https://example.com:08443", InvalidPort, "https://example.com:8443"},
		{"https://example.com:65536", InvalidPort, ""},
		{"https://example.com:99999999999999999999", InvalidPort, ""},
		{"https://example.com:8443:1", InvalidPort, ""},
		{"https://example.com:+1", InvalidPort, ""},
		{"https://example.com:443", DefaultPort, "https://example.com"},
		{"http://[::1]:80", DefaultPort, "http://[::1]"},
		{"https://" + strings.Repeat("a", weburl.MaxLength-8), TooLong, ""},
	} {
		o, err := Parse(test.input)
		var typed *ParseError
		if !errors.As(err, &typed) {
			t.Errorf("Parse(%.50q) = %.50q, %v; want a *ParseError", test.input, o, err)
			continue
		}
		if typed.Reason != test.want || typed.Input != test.input || typed.Suggestion() != test.suggestion {
			t.Errorf("Parse(%.50q): reason %s, suggestion %q; want %s, %q",
				test.input, typed.Reason, typed.Suggestion(), test.want, test.suggestion)
		}
		if typed.Reason.Explanation() == string(typed.Reason) {
			t.Errorf("%s has no explanation", typed.Reason)
		}
		if typed.Reason == InvalidHost != (errors.Unwrap(err) != nil) {
			t.Errorf("Parse(%.50q): cause %v", test.input, errors.Unwrap(err))
		}
		if len(err.Error()) > 1000 {
			t.Errorf("Parse(%.50q): the error message has %d bytes, want at most 1000", test.input, len(err.Error()))
		}
	}
}

// The schemes of extensions and applications are not in the URL Standard. Their origins are tuples.
func TestParseAcceptsOriginsOfOtherSchemes(t *testing.T) {
	for _, test := range []struct {
		input, scheme, host string
		port                int
	}{
		{"capacitor://localhost", "capacitor", "localhost", 0},
		{"ionic://localhost", "ionic", "localhost", 0},
		{"tauri://localhost", "tauri", "localhost", 0},
		{"app://.", "app", ".", 0},
		{"app://obsidian.md", "app", "obsidian.md", 0},
		{"app://", "app", "", 0}, // of app:///index.html
		{"file://", "file", "", 0},
		{"file://server", "file", "server", 0},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop", "chrome-extension", "abcdefghijklmnopabcdefghijklmnop", 0},
		{"moz-extension://0f7ec5e6-bf35-4b26-a3d6-0c3fa5b8a4f7", "moz-extension", "0f7ec5e6-bf35-4b26-a3d6-0c3fa5b8a4f7", 0},
		{"safari-web-extension://5F4BD2B4-6A39-4F3F-A9AB-AC1D5F0B7E66", "safari-web-extension", "5F4BD2B4-6A39-4F3F-A9AB-AC1D5F0B7E66", 0},
		{"vscode-webview://0qahlf6ugrgpa8lq6h1sch3ohpikcq7b2m1e4gqkk5v3ckfdmmbe", "vscode-webview", "0qahlf6ugrgpa8lq6h1sch3ohpikcq7b2m1e4gqkk5v3ckfdmmbe", 0},
		{"vscode-file://vscode-app", "vscode-file", "vscode-app", 0},
		{"git+ssh.x2://h:8080", "git+ssh.x2", "h", 8080},
		{"app://x:0", "app", "x", 0},
		{"app://x:443", "app", "x", 443},
		{"app://a..b", "app", "a..b", 0}, // not a DNS name, and need not be one
		{"app://127.1", "app", "127.1", 0},
		{"app://%C3%BC", "app", "%C3%BC", 0},
		{"app://a,b;c=(d)!$&'*+~", "app", "a,b;c=(d)!$&'*+~", 0},
		{"app://[::1]:80", "app", "[::1]", 80},
	} {
		o, err := Parse(test.input)
		if err != nil {
			t.Error(err)
			continue
		}
		if o.IsOpaque() || o.Scheme() != test.scheme || o.Host() != test.host || o.Port() != test.port || o.String() != test.input {
			t.Errorf("%q: got %q %q %d %q", test.input, o.Scheme(), o.Host(), o.Port(), o)
		}
		if try, ok := TryParse(test.input); !ok || try != o {
			t.Errorf("%q: TryParse returns %#v, Parse %#v", test.input, try, o)
		}
		if test.input == "app://x:0" {
			continue // New has no way to say port 0
		}
		if made, err := New(test.scheme, test.host, test.port); err != nil || made != o {
			t.Errorf("%q: New returns %#v, %v, Parse %#v", test.input, made, err, o)
		}
	}
}

// A host is a domain only if the standard defines the scheme.
func TestOriginsOfOtherSchemesHaveNoDomain(t *testing.T) {
	a, b := mustParse(t, "app://a.example.com"), mustParse(t, "app://b.example.com")
	if SameSite(a, b) || SchemelesslySameSite(a, b) || !SameSite(a, a) {
		t.Error("origins of an unknown scheme are compared by domain")
	}
	if got := a.Site().String(); got != "app://a.example.com" {
		t.Errorf("the site is %s", got)
	}
	if _, err := a.WithDomain("example.com"); err == nil {
		t.Error("document.domain can be set to a parent")
	}
	if SameOrigin(mustParse(t, "app://x"), mustParse(t, "app://x:0")) || SameOrigin(mustParse(t, "app://x"), mustParse(t, "app://X")) {
		t.Error("origins with different serializations are the same origin")
	}
	for text, want := range map[string]bool{
		"tauri://localhost": true, "capacitor://a.localhost": true, "file://": true, "app://x": false, "chrome-extension://abc": false, "app://127.0.0.1": false,
		"app://[::1]": true,
	} {
		if got := mustParse(t, text).PotentiallyTrustworthy(); got != want {
			t.Errorf("%s: PotentiallyTrustworthy = %t", text, got)
		}
	}
}

// Parse accepts the origin of the longest URL that weburl parses.
func TestParseLongestOrigin(t *testing.T) {
	longest := "https://" + strings.Repeat("a", weburl.MaxLength-len("https:///"))
	if fromURL(t, longest) != mustParse(t, longest) {
		t.Error("FromURL and Parse return different origins")
	}
}

func TestParseErrorSuggestsOrigin(t *testing.T) {
	_, err := Parse("https://Example.com/")
	if !strings.HasSuffix(err.Error(), "; write https://example.com") {
		t.Errorf("got %q", err)
	}
}

func TestOf(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"https://user:pass@EXAMPLE.com:443/a?b#c", "https://example.com"},
		{"http://example.com:443/", "http://example.com:443"},
		{"ftp://example.com/", "ftp://example.com"},
		{"blob:https://example.com:8443/6f2c", "https://example.com:8443"},
		{"blob:https:example.com", "https://example.com"},
		{"blob:ftp://example.com/6f2c", "null"},
		{"blob:ws://example.com/6f2c", "null"},
		{"blob:file:///a", "null"},
		{"blob:blob:https://example.com/", "null"},
		{"blob:6f2c", "null"},
		{"blob:", "null"},
		{"data:text/html,x", "null"},
		{"about:blank", "null"},
		{"file:///etc/hosts", "null"},
		{"foo://example.com/", "null"},
		{"javascript:1", "null"},
	} {
		o, err := FromURL(test.url)
		if err != nil {
			t.Errorf("%q: %v", test.url, err)
			continue
		}
		if o.String() != test.want || o.IsOpaque() != (test.want == "null") {
			t.Errorf("%q: got %q, want %q", test.url, o, test.want)
		}
	}
	if o, err := FromURL("/a"); err == nil {
		t.Errorf("FromURL of a relative URL = %q, want an error", o)
	}
}

// TestOfPublishedTestData checks every row of the URL Standard's test data
// that has an origin.
func TestOfPublishedTestData(t *testing.T) {
	data, err := os.ReadFile("../weburl/testdata/urltestdata.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, raw := range rows {
		var row struct{ Input, Base, Origin string }
		if raw[0] == '"' {
			continue
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		if row.Origin == "" {
			continue
		}
		tested++
		var base *weburl.URL
		if row.Base != "" {
			if base, err = weburl.Parse(row.Base, nil); err != nil {
				t.Fatal(err)
			}
		}
		u, err := weburl.Parse(row.Input, base)
		if err != nil {
			t.Errorf("%q against %q: %v", row.Input, row.Base, err)
			continue
		}
		if got := Of(u).String(); got != row.Origin {
			t.Errorf("%q against %q: got %q, want %q", row.Input, row.Base, got, row.Origin)
		}
	}
	if tested != 327 {
		t.Errorf("tested %d rows, want 327", tested)
	}
}

func TestNew(t *testing.T) {
	for _, test := range []struct {
		scheme, host string
		port         int
		want         string
	}{
		{"https", "example.com", 0, "https://example.com"},
		{"HTTPS", "Example.COM", 443, "https://example.com"},
		{"http", "example.com", 8080, "http://example.com:8080"},
		{"http", "127.1", 0, "http://127.0.0.1"},
		{"http", "::1", 0, "http://[::1]"},
		{"http", "[0::1]", 81, "http://[::1]:81"},
		{"https", "münchen.example", 0, "https://xn--mnchen-3ya.example"},
	} {
		o, err := New(test.scheme, test.host, test.port)
		if err != nil {
			t.Error(err)
			continue
		}
		if o != mustParse(t, test.want) {
			t.Errorf("%s, %s, %d: got %q, want %q", test.scheme, test.host, test.port, o, test.want)
		}
	}
	for _, test := range []struct {
		scheme, host string
		port         int
		want         Reason
	}{
		{"", "example.com", 0, NoTupleScheme},
		{"https:", "example.com", 0, NoTupleScheme},
		{"data", "example.com", 0, NoTupleScheme},
		{"file", "example.com", 80, InvalidPort},
		{"app", "", 80, InvalidPort},
		{"app", "a/b", 0, InvalidHost},
		{"https", "", 0, InvalidHost},
		{"https", "example.com/", 0, InvalidHost},
		{"https", "example.com:443", 0, InvalidHost},
		{"https", "a..b", 0, EmptyLabel},
		{"https", strings.Repeat("a", weburl.MaxLength), 0, TooLong},
		{"https", "example.com", -1, InvalidPort},
		{"https", "example.com", 65536, InvalidPort},
	} {
		o, err := New(test.scheme, test.host, test.port)
		var typed *ParseError
		if !errors.As(err, &typed) || typed.Reason != test.want {
			t.Errorf("%q, %q, %d: got %q, %v, want %s", test.scheme, test.host, test.port, o, err, test.want)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	a := mustParse(t, "https://example.com")
	opaque := NewOpaque()
	copied := opaque
	for _, test := range []struct {
		name string
		a, b Origin
		want bool
	}{
		{"same value", a, a, true},
		{"different spelling of the URL", a, fromURL(t, "HTTPS://Example.com:443/x"), true},
		{"different scheme", a, mustParse(t, "http://example.com"), false},
		{"different scheme, same port", a, mustParse(t, "http://example.com:443"), false},
		{"different scheme, same default port", a, mustParse(t, "wss://example.com"), false},
		{"different host", a, mustParse(t, "https://www.example.com"), false},
		{"trailing dot", a, mustParse(t, "https://example.com."), false},
		{"different port", a, mustParse(t, "https://example.com:8443"), false},
		{"opaque and tuple", opaque, a, false},
		{"opaque and a copy of it", opaque, copied, true},
		{"two opaque origins", opaque, NewOpaque(), false},
		{"two parsed from null", mustParse(t, "null"), mustParse(t, "null"), false},
		{"zero value and itself", Origin{}, Origin{}, false},
		{"zero value and an opaque origin", Origin{}, opaque, false},
	} {
		if SameOrigin(test.a, test.b) != test.want || SameOrigin(test.b, test.a) != test.want {
			t.Errorf("%s: SameOrigin = %t", test.name, !test.want)
		}
		// Without domains, these follow from same origin.
		if SameOriginDomain(test.a, test.b) != test.want {
			t.Errorf("%s: SameOriginDomain = %t", test.name, !test.want)
		}
		if test.want && (!SameSite(test.a, test.b) || !SchemelesslySameSite(test.a, test.b)) {
			t.Errorf("%s: same origin, but not same site", test.name)
		}
		if !test.a.IsOpaque() && !test.b.IsOpaque() && (test.a == test.b) != test.want {
			t.Errorf("%s: == is %t", test.name, !test.want)
		}
	}
}

func fromURL(t testing.TB, s string) Origin {
	t.Helper()
	o, err := FromURL(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestText(t *testing.T) {
	type page struct{ Origin Origin }
	for _, s := range []string{`{"Origin":"https://example.com:8443"}`, `{"Origin":"null"}`} {
		var p page
		if err := json.Unmarshal([]byte(s), &p); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != s {
			t.Errorf("got %s, want %s", text, s)
		}
	}
	p := page{mustParse(t, "https://example.com")}
	if err := json.Unmarshal([]byte(`{"Origin":"https://example.com/"}`), &p); err == nil {
		t.Error("an origin with a path was accepted")
	}
	if p.Origin.String() != "https://example.com" {
		t.Errorf("a failed UnmarshalText changed the origin to %s", p.Origin)
	}
	if (Origin{}).String() != "null" {
		t.Errorf("zero Origin: String() = %s, want null", Origin{})
	}
}

func TestPotentiallyTrustworthy(t *testing.T) {
	for _, test := range []struct {
		url                 string
		wantOrigin, wantURL bool
	}{
		{"https://example.com/", true, true},
		{"wss://example.com/", true, true},
		{"http://example.com/", false, false},
		{"ws://example.com/", false, false},
		{"http://127.0.0.1/", true, true},
		{"http://127.255.0.9:8080/", true, true},
		{"http://128.0.0.1/", false, false},
		{"http://[::1]/", true, true},
		{"http://[::2]/", false, false},
		{"http://[::ffff:127.0.0.1]/", false, false},
		{"http://0.0.0.0/", false, false},
		{"http://localhost/", true, true},
		{"http://localhost./", true, true},
		{"http://a.localhost/", true, true},
		{"http://a.localhost./", true, true},
		{"http://notlocalhost/", false, false},
		{"http://localhost.example/", false, false},
		{"file:///a", false, true},
		{"data:,a", false, true},
		{"about:blank", false, true},
		{"about:blank?a#b", false, true},
		{"about:srcdoc", false, true},
		{"about:config", false, false},
		{"about://blank", false, false},
		{"blob:https://example.com/6f2c", true, true},
		{"blob:http://example.com/6f2c", false, false},
		{"blob:6f2c", false, false},
		{"foo://localhost/", false, false},
	} {
		u, err := weburl.Parse(test.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := Of(u).PotentiallyTrustworthy(); got != test.wantOrigin {
			t.Errorf("%s: PotentiallyTrustworthy = %t", test.url, got)
		}
		if got := URLPotentiallyTrustworthy(u); got != test.wantURL {
			t.Errorf("%s: URLPotentiallyTrustworthy = %t", test.url, got)
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	n := testing.AllocsPerRun(100, func() {
		if _, err := Parse("https://www.example.com:8443"); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzParse checks that Parse accepts only strings that are their own serialization and that are, as
// URLs, their own origin; and that Parse accepts its own suggestions.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"null", "https://example.com", "http://[::1]:8080", "https://EXAMPLE.com:443/", "https://127.1",
		"https://a..b", "https://xn--a", "https://[::1]x:1", "https://a:b:1", "wss://1.2.3.4:65535", "example.com.",
		"app://.", "app://", "file://", "file://localhost", "safari-web-extension://AB12:0", "app://[::1]:1", "app://%41|", "APP://x/", "app:x", "app://user:p@X:080",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := Parse(s)
		if err != nil {
			var typed *ParseError
			if !errors.As(err, &typed) || typed.Reason.Explanation() == string(typed.Reason) {
				t.Fatalf("%v: want a *ParseError with an explanation", err)
			}
			if suggestion := typed.Suggestion(); suggestion != "" {
				if o, err := Parse(suggestion); err != nil || suggestion == s {
					t.Fatalf("the suggestion for %q is %q: Parse returns %v, %v", s, suggestion, o, err)
				}
			}
			return
		}
		if o.String() != s {
			t.Fatalf("%q serializes to %q", s, o)
		}
		if o.IsOpaque() {
			return
		}
		u, err := weburl.Parse(s, nil)
		if err != nil {
			t.Fatalf("%q is not a URL: %v", s, err)
		}
		if !isTupleScheme(o.scheme) { // to the standard, the URL's origin is opaque
			port := ""
			if u.Port != "" {
				port = ":" + u.Port
			}
			if got := u.Scheme + "://" + u.Host.String() + port; got != s || o.host != u.Host.String() || !SameOrigin(o, o) {
				t.Fatalf("%q is parsed as %#v, and the URL as %q", s, o, got)
			}
			return
		}
		if Of(u) != o || !SameOrigin(Of(u), o) {
			t.Fatalf("%q: Of returns %#v, Parse %#v", s, Of(u), o)
		}
	})
}

// FuzzFromURL checks that Parse accepts the tuple origin of every URL, unless its host has an empty
// label, and that every origin is same origin and same site with itself.
func FuzzFromURL(f *testing.F) {
	for _, s := range []string{
		"https://u:p@EXAMPLE.com:8443/a", "blob:https://example.com/x", "http://0x7f.1:80", "ftp://h.", "wss://[::1]:0",
		"https://a..co.uk", "http://faß.github.io", "file:///a", "data:,", "https://co.uk.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := FromURL(s)
		if err != nil {
			return
		}
		if !SameOrigin(o, o) || !SameOriginDomain(o, o) || !SameSite(o, o) || !SchemelesslySameSite(o, o) {
			t.Fatalf("%q: %q is not same origin and same site with itself", s, o)
		}
		if o.IsOpaque() {
			return
		}
		parsed, err := Parse(o.String())
		if !o.ip && hasEmptyLabel(o.Host()) {
			var typed *ParseError
			if !errors.As(err, &typed) || typed.Reason != EmptyLabel {
				t.Fatalf("%q: got %v, want reason %s", o, err, EmptyLabel)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if parsed != o {
			t.Fatalf("%#v parses to %#v", o, parsed)
		}
		if site := o.Site().Host(); o.Host() != site && !strings.HasSuffix(o.Host(), "."+site) {
			t.Fatalf("the site of %q is %q", o, site)
		}
		if relaxed, err := o.WithDomain(o.Site().Host()); err != nil || !SameOriginDomain(relaxed, relaxed) || SameOriginDomain(relaxed, o) {
			t.Fatalf("%q: WithDomain(%q): %v", o, o.Site().Host(), err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, input := range []string{"https://www.example.com", "http://127.0.0.1:8080", "http://[::1]:8080"} {
		b.Run(input, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(input); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseRefuses(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("https://www.example.com/"); err == nil {
			b.Fatal("accepted")
		}
	}
}

func BenchmarkSameSite(b *testing.B) {
	x, y := mustParse(b, "https://a.example.co.uk"), mustParse(b, "https://b.example.co.uk")
	b.ReportAllocs()
	for b.Loop() {
		_ = SameSite(x, y)
	}
}

func TestOfPage(t *testing.T) {
	for url, want := range map[string]string{
		"https://app.example/x":      "https://app.example",
		"http://localhost:5173/":     "http://localhost:5173",
		"capacitor://localhost/":     "capacitor://localhost",
		"app:///index.html":          "app://",
		"app://./x":                  "app://.",
		"chrome-extension://AbC/p":   "chrome-extension://AbC",
		"foo://host:81/":             "foo://host:81",
		"blob:https://app.example/1": "https://app.example",
		"file:///x":                  "null",
		"about:blank":                "null",
		"data:text/html,x":           "null",
		"mailto:a@b.example":         "null",
		"javascript:1":               "null",
	} {
		u, err := weburl.Parse(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		o := OfPage(u)
		if o.String() != want || o.IsPage() != (want != "null") {
			t.Errorf("%s: %s, IsPage %v", url, o, o.IsPage())
		}
		if parsed, err := Parse(want); want != "null" && (err != nil || !SameOrigin(parsed, o)) {
			t.Errorf("%s: %s is not the origin that Parse returns (%v)", url, o, err)
		}
	}
	for _, s := range []string{"ws://a.example", "wss://a.example", "ftp://a.example", "file://"} {
		if o, err := Parse(s); err != nil || o.IsPage() {
			t.Errorf("%s is called the origin of a page (%v)", s, err)
		}
	}
}

func TestWithTopLabel(t *testing.T) {
	for _, tt := range []struct {
		url, label string
		ok         bool
	}{
		{"http://app.localhost:3000/", "localhost", true},
		{"http://app.localhost/", "LOCALHOST", true},
		{"http://a.site.test/", "test", true},
		{"http://a.site.test/", "site.test", false}, // WithDomain is for that
		{"http://app.localhost/", "app", false},
		{"http://app.localhost/", "local", false},
		{"http://app.localhost/", "", false},
		{"http://localhost/", "localhost", false},
		{"http://127.0.0.1/", "1", false},
		{"data:,x", "localhost", false},
	} {
		o, err := FromURL(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := o.WithTopLabel(tt.label)
		if (err == nil) != tt.ok {
			t.Errorf("%s with the domain %q: error %v, want allowed %t", tt.url, tt.label, err, tt.ok)
		}
		if err == nil && (!SameOrigin(got, o) || got.Domain() != strings.ToLower(tt.label)) {
			t.Errorf("%s with the domain %q is %s with %q", tt.url, tt.label, got, got.Domain())
		}
	}
}
