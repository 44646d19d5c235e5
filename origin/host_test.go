package origin

import (
	"strings"
	"testing"

	"github.com/concors/concors/weburl"
)

// FuzzCanonicalHost checks isCanonicalHost and isCanonicalOpaqueHost against the URL parser, which must
// return exactly these hosts unchanged, and checks canonicalHost against the parser's result.
func FuzzCanonicalHost(f *testing.F) {
	for _, s := range []string{
		"example.com", "EXAMPLE.com", "a..b", ".", "", "example.com.", "xn--a", "xn--", "a_b!$&'()*+,;=", "a%41", "%C3%BC", "ü", "\u212a.com",
		"127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "0x", "a.0x", "a.0xg", "a.0X1", "1.2.3.04", "1.2.3.256", "a.1", "a.1a", "1..", "08", "4294967296",
		"[::1]", "[0::1]", "[::FFFF:1.2.3.4]", "[::ffff:102:304]", "[::1.2.3.4]", "[1::0:0:1:0:0]", "[1:0:1::]", "[::1", "[::1]]", "[fe80::1%eth0]", "[1.2.3.4]", "[]", "[",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := weburl.ParseHost(s, false)
		ip, ok := isCanonicalHost(s)
		if want := err == nil && parsed.String() == s; ok != want || ok && ip != parsed.IsIP() {
			t.Fatalf("isCanonicalHost(%q) = %t, %t; the URL parser returns %q, %v", s, ip, ok, parsed, err)
		}
		parsedOpaque, opaqueErr := weburl.ParseHost(s, true)
		ip, ok = isCanonicalOpaqueHost(s)
		if want := opaqueErr == nil && parsedOpaque.String() == s; ok != want || ok && ip != parsedOpaque.IsIP() {
			t.Fatalf("isCanonicalOpaqueHost(%q) = %t, %t; the URL parser returns %q, %v", s, ip, ok, parsedOpaque, opaqueErr)
		}
		if canonical, ok := canonicalHost(s); ok && (err != nil || canonical != parsed.String()) {
			t.Fatalf("canonicalHost(%q) = %q; the URL parser returns %q, %v", s, canonical, parsed, err)
		}
		_, asciiErr := weburl.ParseASCIIHost(s)
		if o, err := Parse("http://" + s); asciiErr == nil && err != nil && err.(*ParseError).Reason == InvalidHost {
			t.Fatalf("Parse treats the valid host %q as invalid: %v, %v", s, o, err)
		}
	})
}

// TryParse accepts what Parse accepts.
func TestTryParse(t *testing.T) {
	for _, s := range []string{"https://example.com", "http://[::1]:3000", "null", "", "NULL", "https://Example.com", "https://127.1", "https://a..b", "https://" + strings.Repeat("a", weburl.MaxLength)} {
		want, err := Parse(s)
		got, ok := TryParse(s)
		if ok != (err == nil) || got.String() != want.String() || !got.IsOpaque() && got != want {
			t.Errorf("TryParse(%.50q) = %v, %v; Parse returns %v, %v", s, got, ok, want, err)
		}
	}
	if a, _ := TryParse("null"); !SameOrigin(a, a) {
		t.Error("null is not the same origin as itself")
	}
	if n := testing.AllocsPerRun(100, func() { TryParse("https://example.com/") }); n != 0 {
		t.Errorf("refusing a value: %v allocations, want 0", n)
	}
}
