package origin

import (
	"strings"
	"testing"

	"github.com/concors/concors/weburl"
)

// FuzzCanonicalHost holds isCanonicalHost, which is all that a policy's hosts are checked with, to
// the URL parser: it takes exactly what the parser returns unchanged. What spellHost makes of
// another spelling is what the parser makes of it too.
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
			t.Fatalf("%q: %v, an IP address: %v; the URL parser: %q, %v", s, ok, ip, parsed, err)
		}
		if spelt, ok := spellHost(s); ok && (err != nil || spelt != parsed.String()) {
			t.Fatalf("%q is spelt %q; the URL parser: %q, %v", s, spelt, parsed, err)
		}
		_, asciiErr := weburl.ParseASCIIHost(s)
		if o, err := Parse("http://" + s); asciiErr == nil && err != nil && err.(*ParseError).Reason == InvalidHost {
			t.Fatalf("%q is taken for an invalid host: %v, %v", s, o, err)
		}
	})
}

// What TryParse takes is what Parse takes.
func TestTryParse(t *testing.T) {
	for _, s := range []string{"https://example.com", "http://[::1]:3000", "null", "", "NULL", "https://Example.com", "https://127.1", "https://a..b", "https://" + strings.Repeat("a", weburl.MaxLength)} {
		want, err := Parse(s)
		got, ok := TryParse(s)
		if ok != (err == nil) || got.String() != want.String() || !got.IsOpaque() && got != want {
			t.Errorf("%.50q: %v, %v, want %v, %v", s, got, ok, want, err)
		}
	}
	if a, _ := TryParse("null"); !SameOrigin(a, a) {
		t.Error("null is not same origin with itself")
	}
	if n := testing.AllocsPerRun(100, func() { TryParse("https://example.com/") }); n != 0 {
		t.Errorf("refusing allocates %v times", n)
	}
}
