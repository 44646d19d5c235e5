package origin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParsePattern(t *testing.T) {
	for _, s := range []string{
		"*", "https://example.com", "http://example.com", "https://example.com:8443", "http://localhost", "http://localhost:3000",
		"http://127.0.0.1:3000", "http://[::1]", "http://[::1]:9090", "https://[2001:db8::1]:*", "https://*.example.com",
		"https://*.example.com:*", "https://pr-*.preview.example.com", "https://*--shop.netlify.app", "https://a*b.example.com",
		"http://localhost:*", "http://localhost:[3000,5173]", "http://localhost:[8000-8099]", "http://localhost:[3000,8000-8099,65535]",
		"capacitor://localhost", "chrome-extension://abcdefghijklmnop", "https://xn--bcher-kva.example", "https://*.xn--bcher-kva.example",
		"https://a_b.example.com", "https://*.github.io", "https://example.3com", "http://127.0.0.3com", "ionic://localhost", "tauri://localhost",
		"https://example.com.", "http://localhost.:3000", "https://*.example.com.", "https://pr-*.example.com.:[8443]", "http://*.localhost.", "capacitor://localhost.",
		"app://.", "safari-web-extension://AB12-CD", "moz-extension://0a1b", "https://*.com", "https://a.test:[443,8443]",
	} {
		p, err := ParsePattern(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if p.String() != s {
			t.Errorf("ParsePattern(%q).String() = %q", s, p)
		}
	}
}

func TestParsePatternRefuses(t *testing.T) {
	for _, row := range []struct {
		pattern string
		reason  PatternReason
		instead string
	}{
		{"", PatternEmpty, ""},
		{"null", PatternNull, ""},
		{"example.com", PatternNoScheme, "https://example.com"},
		{"https://example.com/", PatternNotOnlyOrigin, "https://example.com"},
		{"https://example.com/path", PatternNotOnlyOrigin, "https://example.com"},
		{"https://user@example.com", PatternNotOnlyOrigin, "https://example.com"},
		{"https://Example.com", PatternNotCanonical, "https://example.com"},
		{"HTTPS://example.com", PatternNotCanonical, "https://example.com"},
		{"https://bücher.example", PatternNotCanonical, "https://xn--bcher-kva.example"},
		{"https://bücher.example:8443", PatternNotCanonical, "https://xn--bcher-kva.example:8443"},
		{"https://example.com:443", PatternNotCanonical, "https://example.com"},
		{"http://example.com:80", PatternNotCanonical, "http://example.com"},
		{"http://[0:0::1]", PatternNotCanonical, "http://[::1]"},
		{"http://127.1", PatternNotCanonical, "http://127.0.0.1"},
		{"http://0x7f000001", PatternNotCanonical, "http://127.0.0.1"},
		{"*://example.com", PatternBadScheme, "https://example.com"},
		{"https://*", PatternBadWildcard, ""},
		{"https://*.*.example.com", PatternBadWildcard, ""},
		{"https://a.*.example.com", PatternBadWildcard, ""},
		{"https://example.*", PatternBadWildcard, ""},
		{"https://*example", PatternBadWildcard, ""},
		{"https://**.example.com", PatternBadWildcard, "https://*.example.com"},
		{"https://*.Example.com", PatternNotCanonical, "https://*.example.com"},
		{"https://PR-*.Example.com:443", PatternNotCanonical, "https://pr-*.example.com"},
		{"https://*.bücher.example", PatternNotCanonical, "https://*.xn--bcher-kva.example"},
		{"https://Example.com/", PatternNotOnlyOrigin, "https://example.com"},
		{"HTTPS://user@Bücher.example:443/path?q#f", PatternNotCanonical, "https://xn--bcher-kva.example"},
		{" https://example.com ", PatternSpace, "https://example.com"},
		{"*.example.com", PatternNoScheme, "https://*.example.com"},
		{"//example.com", PatternNoScheme, "https://example.com"},
		{"localhost:3000", PatternNoScheme, "http://localhost:3000"},
		{"127.0.0.1:3000", PatternNoScheme, "http://127.0.0.1:3000"},
		{"wss://example.com", PatternPagelessScheme, "https://example.com"},
		{"ws://localhost:80", PatternPagelessScheme, "http://localhost"},
		{"file://", PatternPagelessScheme, ""},
		{"data://x", PatternPagelessScheme, ""},
		{"Null", PatternNull, ""},
		{"https://example.com:*0", PatternBadPort, ""},
		{"https://example.com:0", PatternBadPort, ""},
		{"https://a!b.example.com", PatternBadHost, ""},
		{"https://(.example.com", PatternBadHost, ""},
		{"https://*!.example.com", PatternBadHost, ""},
		{"https://" + strings.Repeat("a", 64) + ".com", PatternBadHost, ""},
		{"capacitor://a%20b", PatternEscaped, ""},
		{"capacitor://", PatternBadHost, ""},
		{"capacitor://*", PatternBadWildcard, ""},
		{"capacitor://localhost/", PatternNotOnlyOrigin, "capacitor://localhost"},
		{"https://*.1.2.3.4", PatternBadHost, ""},
		{"https://example..com", PatternBadHost, ""},
		{"https://*..example.com", PatternBadHost, ""},
		{"https://.example.com", PatternBadHost, "https://*.example.com"},
		{"https://example.com..", PatternBadHost, ""},
		{"https://*.", PatternBadWildcard, ""},
		{"https://127.0.0.1.", PatternNotCanonical, "https://127.0.0.1"},
		{"https://*.Example.com.:443", PatternNotCanonical, "https://*.example.com."},
		{"https://", PatternBadHost, ""},
		{"https://exa mple.com", PatternSpace, ""},
		{"https://[::1", PatternBadHost, ""},
		{"https://[::1]x", PatternBadHost, ""},
		{"https://example.com:", PatternBadPort, "https://example.com"},
		{"https://example.com:08", PatternBadPort, "https://example.com:8"},
		{"https://example.com:65536", PatternBadPort, ""},
		{"https://example.com:[", PatternBadPort, ""},
		{"https://example.com:[]", PatternBadPort, ""},
		{"https://example.com:[2-1]", PatternBadPort, ""},
		{"https://example.com:[1,*]", PatternBadPort, ""},
		{"https://" + strings.Repeat("a", 5000) + ".com", PatternTooLong, ""},
		{"https://" + strings.Repeat("a.", 130) + "com", PatternBadHost, ""},
		{"https://" + strings.Repeat("a", 1000) + ".com", PatternBadHost, ""},
	} {
		if !hasPublicSuffixList && !isASCII(row.pattern) {
			row.instead = "" // the tables that it would take are left out
		}
		_, err := ParsePattern(row.pattern)
		var e *PatternError
		if !errors.As(err, &e) || e.Reason != row.reason || strings.Join(e.Instead, " ") != row.instead {
			t.Errorf("%.60s: got %#v, want reason %s, instead %q", row.pattern, err, row.reason, row.instead)
			continue
		}
		if e.Error() == "" || e.Problem() == "" || e.Repair() == "" {
			t.Errorf("%s: the error has no text", row.pattern)
		}
	}
}

func TestOverPublicSuffix(t *testing.T) {
	for pattern, want := range map[string]string{
		"https://*.com": "com", "https://*x.com": "com", "https://*.example.com": "", "http://*.localhost": "", "https://*.test": "",
		"https://*.internal": "", "https://*.local": "", "https://*.lan": "", "https://*.home.arpa": "", "https://*.example": "", "https://*.landing": "landing", "https://*.com.": "com", "https://*.local.": "", "https://*.example.com.": "",
		"https://me.github.io": "", "https://com": "", "*": "",
	} {
		checkPublicSuffix(t, pattern, want)
	}
	if !hasPublicSuffixList {
		checkPublicSuffix(t, "https://*.github.io", "") // not known without the list
		return
	}
	for pattern, want := range map[string]string{
		"https://*.kawasaki.jp": "kawasaki.jp", "https://*.city.kawasaki.jp": "", "https://ec2-*.compute.amazonaws.com": "compute.amazonaws.com",
		"https://*.github.io": "github.io", "https://*.co.uk": "co.uk", "https://*--shop.netlify.app": "netlify.app",
		"https://*.example.com": "", "https://*.example.co.uk": "", "https://pr-*.preview.example.com": "", "https://me.github.io": "",
		"https://*.me.github.io": "", "http://*.localhost": "", "*": "",
	} {
		checkPublicSuffix(t, pattern, want)
	}
}

func checkPublicSuffix(t *testing.T, pattern, want string) {
	t.Helper()
	if got, ok := mustParsePattern(t, pattern).OverPublicSuffix(); got != want || ok != (want != "") {
		t.Errorf("%s: OverPublicSuffix = %q, want %q", pattern, got, want)
	}
}

func mustParsePattern(t testing.TB, s string) Pattern {
	t.Helper()
	p, err := ParsePattern(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestInsecure(t *testing.T) {
	for pattern, want := range map[string]bool{
		"http://example.com": true, "http://*.example.com": true, "http://127.example.com": true, "http://127.0.0.3com": true, "http://*.localhost": false, "http://*localhost.com": true, "http://192.168.0.1": true,
		"http://localhost:*": false, "http://a.localhost": false, "http://localhost.": false, "http://*.localhost.": false, "http://a.test.": true, "http://127.0.0.2": false, "http://[::1]:3000": false,
		"https://example.com": false, "capacitor://localhost": false, "*": false,
	} {
		p, _ := ParsePattern(pattern)
		if got := p.Insecure(); got != want {
			t.Errorf("%s: Insecure = %t", pattern, got)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, row := range []struct {
		p, q string
		want bool
	}{
		{"*", "https://*.example.com", true}, {"https://a.example.com", "*", false}, {"https://*.example.com", "https://a.example.com", true},
		{"https://*.example.com", "https://a.b.example.com", true}, {"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "http://a.example.com", false}, {"https://*.example.com.", "https://a.example.com.", true}, {"https://*.example.com", "https://a.example.com.", false},
		{"https://*.example.com.", "https://pr-*.example.com.", true}, {"https://*.example.com.", "https://a.example.com", false}, {"https://example.com", "https://example.com.", false}, {"https://*.example.com", "https://a.example.com:8443", false},
		{"https://*.example.com:*", "https://a.example.com:8443", true}, {"https://*.example.com", "https://*.b.example.com", true},
		{"https://*.example.com", "https://pr-*.example.com", true}, {"https://*.b.example.com", "https://pr-*.example.com", false},
		{"https://pr-*.example.com", "https://pr-1.example.com", true}, {"https://pr-*.example.com", "https://pr-.example.com", false},
		{"https://pr-*.example.com", "https://pr-1.b.example.com", false}, {"https://pr-*.example.com", "https://pr-x-*.example.com", true},
		{"https://pr-*.example.com", "https://*.example.com", false}, {"http://localhost:[1-9]", "http://localhost:[2,5-6]", true},
		{"http://localhost:[1-9]", "http://localhost:10", false}, {"http://localhost:[80]", "http://localhost", true},
		{"https://notexample.com", "https://example.com", false}, {"http://localhost:[1-5,6-9]", "http://localhost:[4-7]", true},
		{"https://a.test:[1-65535]", "https://a.test:*", true}, {"https://a.test:[2-65535]", "https://a.test:*", false},
		{"https://a.test:*", "https://a.test", true}, {"https://*.a.test", "https://x*.b.a.test", true}, {"https://*.b.a.test", "https://x*.a.test", false},
		{"https://a*.x.test", "https://ab*c.x.test", true}, {"https://a*c.x.test", "https://a*.x.test", false}, {"https://*.x.test", "https://*.x.test", true}, {"https://*.example.com", "https://a.notexample.com", false},
	} {
		p, _ := ParsePattern(row.p)
		q, _ := ParsePattern(row.q)
		if got := p.Covers(q); got != row.want {
			t.Errorf("%s covers %s: got %t", row.p, row.q, got)
		}
	}
}

func FuzzParsePattern(f *testing.F) {
	for _, s := range []string{"*", "https://*.a.b", "http://[::1]:[1-2]", "https://a*b.c.d:*", "x://y"} {
		f.Add(s)
	}
	for _, row := range commonMistakes {
		f.Add(row.value)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePattern(s)
		if err != nil {
			checkSuggestions(t, err.(*PatternError))
			return
		}
		if p.String() != s {
			t.Fatalf("ParsePattern(%q).String() = %q", s, p)
		}
		if value, ok := p.Exact(); ok {
			set := NewSet(p)
			if _, ok := set.Match(value); !ok {
				t.Fatalf("a set of %q does not match it", value)
			}
			if isTupleScheme(p.Scheme()) {
				if _, err := Parse(value); err != nil {
					t.Fatalf("%q is a pattern but not an origin: %v", value, err)
				}
			}
		}
	})
}

func ExampleParsePattern() {
	p, err := ParsePattern("https://pr-*.preview.example.com")
	fmt.Println(p, err)
	_, err = ParsePattern("https://Example.com/")
	fmt.Println(err)
	// Output:
	// https://pr-*.preview.example.com <nil>
	// origin pattern "https://Example.com/": an origin has a scheme, a host and a port, and no slash at the end; write https://example.com
}
