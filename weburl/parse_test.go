package weburl

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name        string
		input, base string
		want        string
	}{
		// Rules newer than the published test data.
		{"space before a query in an opaque path is encoded", "data:a b  ?q", "", "data:a b %20?q"},
		{"space before a fragment in an opaque path is encoded", "data:a #f", "", "data:a%20#f"},
		{"space at the end of an opaque path is stripped", "data:a  ", "", "data:a"},
		{"caret in a path is encoded", "https://h/^", "", "https://h/%5E"},
		{"caret in a query is kept", "https://h/?^", "", "https://h/?^"},
		{"caret in a fragment is kept", "https://h/#^", "", "https://h/#^"},
		{"caret in a username is encoded", "https://^@h/", "", "https://%5E@h/"},
		{"caret in an opaque path is kept", "foo:^", "", "foo:^"},
		{"empty Punycode label in an ASCII domain", "https://xn--/", "", "https://xn--/"},
		{"Punycode of code points that are mapped", "https://xn--8i7caa/", "", "https://xn--8i7caa/"},
		{"hyphens in the third and fourth place", "https://r3---sn-p5qlsnz6.example/", "", "https://r3---sn-p5qlsnz6.example/"},
		{"hyphens in the third and fourth place of a label that is not ASCII", "https://ab--ü.example/", "", "https://xn--ab---3ra.example/"},
		{"sharp s is kept", "https://faß.example/", "", "https://xn--fa-hia.example/"},
		{"capital sharp s becomes the small one", "https://FAẞ.example/", "", "https://xn--fa-hia.example/"},
		{"not-equal sign is a valid code point", "https://≠/", "", "https://xn--1ch/"},
		{"emoji are valid", "https://☕.example", "", "https://xn--53h.example/"},

		// Canonicalization.
		{"scheme and host become lower-case", "HTTPS://EXAMPLE.com/A", "", "https://example.com/A"},
		{"default port is removed", "https://h:443/", "", "https://h/"},
		{"default port of another scheme is kept", "http://h:443/", "", "http://h:443/"},
		{"port zero", "https://h:0/", "", "https://h:0/"},
		{"port with leading zeros", "https://h:0000000000000000000000080/", "", "https://h:80/"},
		{"port without digits", "https://h:/", "", "https://h/"},
		{"backslashes", `https:\\h\a\..\b`, "", "https://h/b"},
		{"missing slashes", "https:h", "", "https://h/"},
		{"tabs and newlines anywhere", "ht\ttps:\n//h\r/a", "", "https://h/a"},
		{"several @", "https://a@b:c:d@h/", "", "https://a%40b:c%3Ad@h/"},
		{"fullwidth letters and dots", "https://ＧＯ｡com", "", "https://go.com/"},
		{"percent-encoded host", "https://%65xample.com/", "", "https://example.com/"},
		{"invalid UTF-8 becomes U+FFFD", "https://h/\xff\xe2\x82", "", "https://h/%EF%BF%BD%EF%BF%BD%EF%BF%BD"},
		{"trailing dot is kept", "https://example.com./", "", "https://example.com./"},
		{"empty labels are kept", "https://a..b/", "", "https://a..b/"},

		{"hexadecimal IPv4", "http://0x7f000001/", "", "http://127.0.0.1/"},
		{"octal IPv4", "http://0177.0.0.01/", "", "http://127.0.0.1/"},
		{"short IPv4", "http://127.1/", "", "http://127.0.0.1/"},
		{"IPv4 with a trailing dot", "http://127.0.0.1./", "", "http://127.0.0.1/"},
		{"IPv4 address 0x", "http://0x/", "", "http://0.0.0.0/"},
		{"no IPv4 addresses in opaque hosts", "foo://127.1/", "", "foo://127.1/"},
		{"IPv6", "http://[2001:DB8:0:0:1:0:0:1]:80/", "", "http://[2001:db8::1:0:0:1]/"},
		{"IPv6 with an IPv4 part", "http://[::ffff:127.0.0.1]/", "", "http://[::ffff:7f00:1]/"},
		{"IPv6 with one zero piece", "http://[1:0:2:3:4:5:6:7]/", "", "http://[1:0:2:3:4:5:6:7]/"},

		{"relative path", "c", "https://u:p@h:1/a/b?q#f", "https://u:p@h:1/a/c"},
		{"relative query", "?r", "https://h/a/b?q#f", "https://h/a/b?r"},
		{"relative fragment", "#g", "https://h/a/b?q#f", "https://h/a/b?q#g"},
		{"empty input", "", "https://h/a/b?q#f", "https://h/a/b?q"},
		{"base with a different scheme", "https:c", "http://h/a", "https://c/"},
		{"base with the same scheme", "http:c", "http://h/a", "http://h/c"},
		{"scheme-relative", "//i/x", "https://h/a", "https://i/x"},
		{"encoded dot segments", "/a/%2E%2e/b/.%2e/c/%2e", "https://h/", "https://h/c/"},
		{"fragment against an opaque path", "#f", "mailto:a@b.example", "mailto:a@b.example#f"},
		{"path that would look like a host", "web+demo:/.//not-a-host/", "", "web+demo:/.//not-a-host/"},

		{"Windows drive", "file:///C|/a", "", "file:///C:/a"},
		{"Windows drive as host", "file://c:/a", "", "file:///c:/a"},
		{".. does not leave a Windows drive", "../..", "file:///C:/a/b", "file:///C:/"},
		{"a rooted path keeps the Windows drive", "/x", "file:///C:/a/b", "file:///C:/x"},
		{"file on localhost", "file://loc%61lhost/a", "", "file:///a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := Parse(test.input, mustParseBase(t, test.base))
			if err != nil {
				t.Fatal(err)
			}
			if u.String() != test.want {
				t.Errorf("got %q, want %q", u, test.want)
			}
		})
	}
}

func mustParseBase(t testing.TB, base string) *URL {
	t.Helper()
	if base == "" {
		return nil
	}
	u, err := Parse(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestParseFailure(t *testing.T) {
	for _, test := range []struct {
		input string
		want  Reason
	}{
		{"", MissingScheme},
		{"/a", MissingScheme},
		{"https://", HostMissing},
		{"https://u@/a", HostMissing},
		{"foo://u@", HostMissing},
		{"https://:80/", HostMissing},
		{"foo://:80/", HostMissing},
		{"https://h:8O/", PortInvalid},
		{"https://::1/", HostMissing},
		{"https://h:70000x", PortInvalid},
		{"https://h:65536", PortOutOfRange},
		{"https://h:99999999999999999999999999", PortOutOfRange},
		{"https://a b/", DomainInvalidCodePoint},
		{"https://a%00b/", DomainInvalidCodePoint},
		{"https://℀/", DomainInvalidCodePoint}, // UTS 46 maps it to "a/c"
		{"https://*%2F/", DomainInvalidCodePoint},
		{"https://%ff/", DomainToASCII},
		{"https://\u00ad/", DomainToASCII}, // UTS 46 maps it to nothing
		{"https://xn--.ß/", DomainToASCII},
		{"https://xn--a.ß/", DomainToASCII},
		{"https://a\u200cb/", DomainToASCII}, // CheckJoiners
		{"https://a\u05d0/", DomainToASCII},  // CheckBidi
		{"https://" + strings.Repeat("ü", 513), DomainTooLong},
		{"foo://a b/", HostInvalidCodePoint},
		{"http://1.2.3.4.5/", IPv4TooManyParts},
		{"http://a.1/", IPv4NonNumericPart},
		{"http://09/", IPv4NonNumericPart},
		{"http://1..2/", IPv4NonNumericPart},
		{"http://256.0.0.1/", IPv4OutOfRangePart},
		{"http://4294967296/", IPv4OutOfRangePart},
		{"http://1.2.3.256/", IPv4OutOfRangePart},
		{"http://0xffffffffffffffffffffffffff/", IPv4OutOfRangePart},
		{"http://[::1/", IPv6Unclosed},
		{"http://[:1]/", IPv6InvalidCompression},
		{"http://[1:2:3:4:5:6:7:8:9]/", IPv6TooManyPieces},
		{"http://[1::2::3]/", IPv6MultipleCompression},
		{"http://[::1%25eth0]/", IPv6InvalidCodePoint},
		{"http://[1:2:3:4:5:6:7:]/", IPv6InvalidCodePoint},
		{"http://[1:2]/", IPv6TooFewPieces},
		{"http://[]/", IPv6TooFewPieces},
		{"http://[1:2:3:4:5:6:7:1.2.3.4]/", IPv4InIPv6TooManyPieces},
		{"http://[::.1.2.3]/", IPv4InIPv6InvalidCode},
		{"http://[::1.2.3.04]/", IPv4InIPv6InvalidCode},
		{"http://[::1.2.3.4.5]/", IPv4InIPv6InvalidCode},
		{"http://[::1.2.3.]/", IPv4InIPv6InvalidCode},
		{"http://[::1.2.3.256]/", IPv4InIPv6OutOfRangePart},
		{"http://[::1.2.3]/", IPv4InIPv6TooFewParts},
		{"data:," + strings.Repeat("a", MaxLength), TooLong},
		{"data:," + strings.Repeat("ü", MaxLength/2-10), TooLong}, // too long once percent-encoded
	} {
		t.Run(string(test.want), func(t *testing.T) {
			u, err := Parse(test.input, nil)
			var typed *Error
			if !errors.As(err, &typed) {
				t.Fatalf("Parse(%.50q) = %.50v, %v, want an *Error", test.input, u, err)
			}
			if typed.Reason != test.want || typed.Input != test.input {
				t.Errorf("Parse(%.50q): reason %v, want %v", test.input, typed.Reason, test.want)
			}
			if typed.Reason.Explanation() == string(typed.Reason) {
				t.Errorf("%v has no explanation", typed.Reason)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error message has %d bytes, want at most 1000", len(err.Error()))
			}
		})
	}
}

func TestLongestURL(t *testing.T) {
	input := "data:," + strings.Repeat("a", MaxLength-len("data:,"))
	u, err := Parse(input, nil)
	if err != nil {
		t.Fatal(err)
	}
	if u.String() != input {
		t.Error("the URL does not serialize to the input")
	}
}

func TestURLParts(t *testing.T) {
	for _, test := range []struct {
		input                      string
		hostname, hostPort         string
		port                       int
		special, http, credentials bool
		withoutFragment            string
	}{
		{"https://u@h/a?#f", "h", "h", 443, true, true, true, "https://u@h/a?"},
		{"http://h:8080/", "h", "h:8080", 8080, true, true, false, "http://h:8080/"},
		{"ws://[::1]:1/", "[::1]", "[::1]:1", 1, true, false, false, "ws://[::1]:1/"},
		{"wss://:p@h", "h", "h", 443, true, false, true, "wss://:p@h/"},
		{"ftp://h", "h", "h", 21, true, false, false, "ftp://h/"},
		{"https://h:0", "h", "h:0", 0, true, true, false, "https://h:0/"},
		{"file:///a#f", "", "", 0, true, false, false, "file:///a"},
		{"foo://h:443/", "h", "h:443", 443, false, false, false, "foo://h:443/"},
		{"foo:bar", "", "", 0, false, false, false, "foo:bar"},
	} {
		u, err := Parse(test.input, nil)
		if err != nil {
			t.Errorf("%q: %v", test.input, err)
			continue
		}
		if u.Hostname() != test.hostname || u.HostPort() != test.hostPort || u.EffectivePort() != test.port ||
			u.IsSpecial() != test.special || u.IsHTTP() != test.http || u.HasCredentials() != test.credentials ||
			u.StringWithoutFragment() != test.withoutFragment {
			t.Errorf("%q: got %q %q %d %t %t %t %q", test.input, u.Hostname(), u.HostPort(), u.EffectivePort(),
				u.IsSpecial(), u.IsHTTP(), u.HasCredentials(), u.StringWithoutFragment())
		}
	}
}

func TestParseHost(t *testing.T) {
	for _, test := range []struct {
		input    string
		isOpaque bool
		kind     HostKind
		text     string
		addr     netip.Addr
	}{
		{"EXAMPLE.com", false, HostDomain, "example.com", netip.Addr{}},
		{"EXAMPLE.com", true, HostOpaque, "EXAMPLE.com", netip.Addr{}},
		{"example%2Ecom", false, HostDomain, "example.com", netip.Addr{}},
		{"example%2Ecom", true, HostOpaque, "example%2Ecom", netip.Addr{}},
		{"faß.example", true, HostOpaque, "fa%C3%9F.example", netip.Addr{}},
		{"%30", false, HostIPv4, "0.0.0.0", netip.IPv4Unspecified()},
		{"0xffffffff", false, HostIPv4, "255.255.255.255", netip.MustParseAddr("255.255.255.255")},
		{"[0:0::1]", false, HostIPv6, "[::1]", netip.IPv6Loopback()},
		{"[0:0::1]", true, HostIPv6, "[::1]", netip.IPv6Loopback()},
		{"", true, HostEmpty, "", netip.Addr{}},
	} {
		h, err := ParseHost(test.input, test.isOpaque)
		if err != nil {
			t.Errorf("%q: %v", test.input, err)
			continue
		}
		if h.Kind() != test.kind || h.String() != test.text || h.Addr() != test.addr ||
			h.IsIP() != test.addr.IsValid() || h.IsDomain() != (test.kind == HostDomain) || h.IsNone() {
			t.Errorf("%q: got %v %q %v", test.input, h.Kind(), h, h.Addr())
		}
	}
	for _, input := range []string{"", "[0:0::1%5D", "[0:0::%31]", "09", "example.255", "example^example", strings.Repeat("a", MaxLength+1)} {
		if h, err := ParseHost(input, false); err == nil {
			t.Errorf("%.20q: got %q, want failure", input, h)
		}
	}
}

// Different spellings of a URL are the same map key.
func TestComparable(t *testing.T) {
	seen := make(map[URL]bool)
	for _, input := range []string{
		"https://127.0.0.1/%7Ea?q", `HTTPS:\\0x7f.1:443\b\..\%7Ea?q`, " https://127.1/./%7Ea?q\n",
	} {
		u, err := Parse(input, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[*u] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d distinct URLs, want 1", len(seen))
	}
}

func TestParseAllocatesOnlyURL(t *testing.T) {
	n := testing.AllocsPerRun(100, func() {
		if _, err := Parse(ordinary, nil); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}

// FuzzParse checks that every parsed URL parses to itself once serialized, is ASCII, and is not longer
// than its arguments allow.
func FuzzParse(f *testing.F) {
	for _, row := range readTestData(f) {
		f.Add(row.Input, row.Base)
	}
	f.Add("https://FAẞ.xn--.example", "")
	f.Add("//\\.\\..", "web+demo:/path/..//not-a-host/")
	f.Fuzz(func(t *testing.T, input, rawBase string) {
		base, err := Parse(rawBase, nil)
		if err != nil {
			base = nil
		}
		var before URL
		if base != nil {
			before = *base
		}
		u, err := Parse(input, base)
		if base != nil && *base != before {
			t.Fatal("the base was changed")
		}
		if err != nil {
			var typed *Error
			if !errors.As(err, &typed) || typed.Reason.Explanation() == string(typed.Reason) {
				t.Fatalf("%v: want an *Error with an explanation", err)
			}
			return
		}
		s := u.String()
		reparsed, err := Parse(s, nil)
		if err != nil {
			t.Fatalf("%q against %q gives %q, which does not parse: %v", input, rawBase, s, err)
		}
		if *reparsed != *u {
			t.Fatalf("%q against %q gives %#v, which serializes and parses to %#v", input, rawBase, *u, *reparsed)
		}
		if !isASCII(s) {
			t.Fatalf("%q is not ASCII", s)
		}
		// An invalid byte becomes three (U+FFFD), each of which is percent-encoded as three. The
		// host is counted separately, because UTS 46 may map one code point to many.
		if most := 9*len(input) + len(rawBase)*9 + 16 + 20*len(u.Hostname()); len(s) > most {
			t.Fatalf("input and base have %d bytes, the URL has %d", len(input)+len(rawBase), len(s))
		}
		if len(u.String()) > u.serializedLength() {
			t.Fatalf("serializedLength of %q is too small: %d", s, u.serializedLength())
		}
		if addr := u.Host.Addr(); u.Host.Kind() == HostIPv6 {
			// netip serializes addresses like browsers, except IPv4-mapped ones.
			if !addr.Is4In6() && u.Hostname() != "["+addr.String()+"]" {
				t.Fatalf("%v is serialized as %s", addr, u.Hostname())
			}
		}
	})
}

// FuzzParseHost checks that every parsed host parses to itself once serialized, and that
// ParseASCIIHost differs from ParseHost only for hosts that are not ASCII.
func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"EXAMPLE.com", "0x7f.1", "[::ffff:1.2.3.4]", "faß.example", "a%2eb", "xn--a", "≠.", "1."} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, input string, isOpaque bool) {
		h, err := ParseHost(input, isOpaque)
		if ascii, asciiErr := ParseASCIIHost(input); !isOpaque && (ascii != h || asciiErr != nil) {
			// Both must refuse it, unless it is not ASCII.
			var typed *Error
			if !errors.As(asciiErr, &typed) || err == nil && typed.Reason != DomainNotASCII ||
				typed.Reason == DomainNotASCII && isASCII(PercentDecode(input)) {
				t.Fatalf("%q: ParseHost returns %q, %v; ParseASCIIHost %q, %v", input, h, err, ascii, asciiErr)
			}
		}
		if err != nil {
			return
		}
		reparsed, err := ParseHost(h.String(), isOpaque)
		if err != nil {
			t.Fatalf("%q gives %q, which does not parse: %v", input, h, err)
		}
		if reparsed != h {
			t.Fatalf("%q gives %q, which parses to %q", input, h, reparsed)
		}
	})
}

const ordinary = "https://www.example.com/articles/2026/same-origin-policy?page=2&lang=en#top"

func BenchmarkParse(b *testing.B) {
	for _, bench := range []struct{ name, input string }{
		{"ordinary", ordinary},
		{"needs encoding", "https://WWW.example.com/a b/../ü?x y#z"},
		{"Unicode domain", "https://münchen.example/"},
		{"IPv4", "http://127.0.0.1:8080/"},
		{"IPv6", "http://[2001:db8::1]:8080/"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(bench.input, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	u, err := Parse(ordinary, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = u.String()
	}
}

// BenchmarkHostileDomain parses the longest Unicode domain that is allowed, with as many different
// code points as possible: the most expensive input for Punycode.
func BenchmarkHostileDomain(b *testing.B) {
	var s strings.Builder
	for r := rune(0x4e00); s.Len()+3 <= MaxUnicodeDomain; r += 7 {
		s.WriteRune(r)
	}
	host := s.String()
	for b.Loop() {
		if _, err := ParseHost(host, false); err != nil {
			b.Fatal(err)
		}
	}
}

// A label that starts with "xn--" is Punycode or invalid; it is never another host.
func TestLabelsThatOnlyLookLikePunycode(t *testing.T) {
	for _, host := range []string{
		"xn--mßnchen-3ya.example", "XN--münchen.example", "ｘｎ--münchen.example", "a.xn--ä.example", "xn--xn---epa.ä.example",
	} {
		if u, err := Parse("http://"+host+"/", nil); err == nil {
			t.Errorf("%s is the host %s", host, u.Hostname())
		}
	}
	for host, want := range map[string]string{
		"xn--mnchen-3ya.ä.example": "xn--mnchen-3ya.xn--4ca.example",
		"münchen.example":          "xn--mnchen-3ya.example",
		"xn-münchen.example":       "xn--xn-mnchen-t9a.example",
	} {
		if u, err := Parse("http://"+host+"/", nil); err != nil || u.Hostname() != want {
			t.Errorf("%s: %v, %v, want %s", host, u, err, want)
		}
	}
}

// Browsers have newer tables than x/net/idna, in which these code points were invalid.
func TestCodePointsThatWereInvalidBeforeUnicode16(t *testing.T) {
	for host, want := range map[string]string{
		"a\u10a0b.example":              "xn--ab-r51a.example", // a Georgian capital
		"a\u10c5b.example":              "xn--ab-x81a.example",
		"a\u04c0b.example":              "xn--ab-uyc.example",
		"a\u2132b.example":              "xn--ab-4tu.example",
		"a\u2183b.example":              "xn--ab-ryu.example",
		"stra\u1e9ee.example":           "xn--strae-oqa.example",
		"a\u180eb.example":              "ab.example", // ignored
		"a\u206bb\u115f\u3164.example":  "ab.example",
		"a\U0001d173b\u2062\uffa0.test": "ab.test",
		"a\U0002f868b.example":          "xn--ab-uf8a.example",
		"a\U0002f95fb.example":          "xn--ab-r00f.example",
	} {
		if u, err := Parse("http://"+host+"/", nil); err != nil || u.Hostname() != want {
			t.Errorf("%+q: %v, %v, want %s", host, u, err, want)
		}
	}
	for _, host := range []string{
		"\u180e",              // nothing is left
		"xn--\u180e",          // Punycode of nothing
		"x\u180en--münchen",   // not Punycode
		"xn--\u115fpokxncvks", // invalid Punycode
		"a\u2064b\u2028",
	} {
		if u, err := Parse("http://"+host+"/", nil); err == nil {
			t.Errorf("%+q is the host %s", host, u.Hostname())
		}
	}
}
