package origin

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/concors/concors/weburl"
)

func mustRange(t testing.TB, s string) Range {
	t.Helper()
	r, err := ParseRange(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRangeMatchesItsOriginsOnly(t *testing.T) {
	for _, row := range []struct {
		of      string
		yes, no []string
	}{
		{"moz-extension://*", []string{
			"moz-extension://6b1c1d1e-8a7a-4c7e-9d9f-0b1c2d3e4f50", "moz-extension://a",
		}, []string{
			"chrome-extension://6b1c1d1e-8a7a-4c7e-9d9f-0b1c2d3e4f50", "moz-extension://", "moz-extension://a/", "moz-extension://a:80", "moz-extension:a",
			"moz-extension://a b", "moz-extension://a@b", "moz-extension://a#", "moz-extension://a?", "moz-extension://a,https://b.example", "moz-extension://é",
			"moz-extensions://a", "xmoz-extension://a", "MOZ-EXTENSION://a", "https://moz-extension.example", "https://moz-extension://a", "null", "", "moz-extension",
			"moz-extension://" + strings.Repeat("a", 254), " moz-extension://a",
		}},
		{"safari-web-extension://*", []string{"safari-web-extension://AB12CD34-0000-0000-0000-000000000000"}, []string{"safari-web-extension://a%20b"}},
		{"capacitor://*", []string{"capacitor://localhost", "capacitor://app.example"}, []string{"capacitor://localhost:80", "ionic://localhost", "http://localhost"}},
		{"http://192.168.0.0/16", []string{
			"http://192.168.0.0", "http://192.168.1.1", "http://192.168.255.255",
		}, []string{
			"http://192.167.255.255", "http://192.169.0.0", "https://192.168.1.1", "ws://192.168.1.1", "http://192.168.1.1:80", "http://192.168.1.1:8080",
			"http://192.168.1.1/", "http://192.168.1.1.", "http://192.168.1.01", "http://192.168.1", "http://192.168.1.1.1", "http://192.168.257", "http://3232235777",
			"http://0xc0a80101", "http://0xc0.168.1.1", "http://0300.168.1.1", "http://192.168.1.256", "http://192.168.1.", "http://192.168..1", "http://.192.168.1.1",
			"http://192.168.1.1.evil.example", "http://192.168.1.1-evil.example", "http://evil.192.168.1.1", "http://192.168.1.1@evil.example",
			"http://user@192.168.1.1", "http://[192.168.1.1]", "http://[::ffff:192.168.1.1]", "http://[::ffff:c0a8:101]", "http://[::c0a8:101]", "http://router.local",
			"http://192-168-1-1.example", "http://192.168.1.1:", "http://192.168.1.1:080", "http://192.168.1.1:0", "http://192.168.1.1:65536", "http:192.168.1.1",
			"http://192.168.1.1 ", "http://+192.168.1.1", "http://192.168.1.-1", "http://192.168.1.1%00", "http://１９２.168.1.1",
		}},
		{"http://192.168.0.0/16:*", []string{"http://192.168.1.1", "http://192.168.1.1:1", "http://192.168.1.1:65535"}, []string{"http://192.168.1.1:80", "http://192.168.1.1:*", "http://192.168.1.1:65536"}},
		{"http://192.168.4.0/22:[80,8000-8099]", []string{"http://192.168.4.0", "http://192.168.7.255:8099", "http://192.168.5.5:8000"}, []string{"http://192.168.8.0", "http://192.168.3.255", "http://192.168.5.5:8100", "http://192.168.5.5:7999"}},
		{"https://10.0.0.0/8", []string{"https://10.0.0.1", "https://10.255.255.255"}, []string{"http://10.0.0.1", "https://10.0.0.1:443", "https://11.0.0.0", "https://9.255.255.255", "https://10.0.0.1:80"}},
		{"http://172.16.0.0/12:8080", []string{"http://172.16.0.0:8080", "http://172.31.255.255:8080"}, []string{"http://172.16.0.0", "http://172.32.0.0:8080", "http://172.15.255.255:8080"}},
		{"http://127.0.0.0/8", []string{"http://127.0.0.1", "http://127.255.0.3"}, []string{"http://localhost", "http://[::1]", "http://126.0.0.1"}},
		{"http://[::1/128]:*", []string{"http://[::1]", "http://[::1]:3000"}, []string{"http://[::2]", "http://[0:0:0:0:0:0:0:1]", "http://::1", "http://[::1", "http://[::1]3000", "http://[::1]x:3000"}},
		{"http://[fd12:3456:789a::/48]", []string{
			"http://[fd12:3456:789a::]", "http://[fd12:3456:789a::1]", "http://[fd12:3456:789a:1::]", "http://[fd12:3456:789a:0:1:2:3:4]",
			"http://[fd12:3456:789a:ffff:ffff:ffff:ffff:ffff]",
		}, []string{
			"http://[fd12:3456:789b::]", "http://[fd12:3456:7899:ffff:ffff:ffff:ffff:ffff]", "http://[FD12:3456:789a::1]", "http://[fd12:3456:789a:0::1]", "http://[fd12:3456:789a::0001]",
			"http://[fd12:3456:789a::1%eth0]", "http://[fd12:3456:789a::1%25eth0]", "http://fd12:3456:789a::1", "http://[fd12:3456:789a::0.0.0.1]", "https://[fd12:3456:789a::1]",
			"http://[fd12:3456:789a::1].evil.example",
		}},
	} {
		rs := Ranges{mustRange(t, "https://172.20.0.0/30:1"), mustRange(t, row.of)}
		for _, value := range row.yes {
			if i, ok := rs.Match(value); !ok || i != 1 {
				t.Errorf("%s does not match %s: %d %v", row.of, value, i, ok)
			}
			if _, err := Parse(value); err != nil {
				t.Errorf("a wrong row: %v", err)
			}
		}
		for _, value := range row.no {
			if _, ok := rs.Match(value); ok {
				t.Errorf("%s matches %q", row.of, value)
			}
		}
	}
	if _, ok := (Ranges{{}}).Match("https://app.example.com"); ok {
		t.Error("the zero range matches")
	}
	if _, ok := (Ranges{{}}).Match("://"); ok {
		t.Error("the zero range matches an origin without a scheme")
	}
}

func TestRangeThatIsNotPrivateOrNotWellSpelledIsRefused(t *testing.T) {
	for _, row := range []struct{ value, problem, repair string }{
		{"", "no scheme", "moz-extension://*"},
		{"chrome-extension", "no scheme", "write chrome-extension://*"},
		{"Chrome-Extension:", "no scheme", "write chrome-extension://*"},
		{"https", "no scheme", rangeExample},
		{"192.168.0.0/16", "no scheme", "write http://192.168.0.0/16, or http://192.168.0.0/16:*"},
		{"192.168.1.5/24", "no scheme", "write http://192.168.1.0/24,"},
		{"fd00::/8", "no scheme", "write http://[fd00::/8],"},
		{"8.0.0.0/8", "no scheme", rangeExample},
		{"*", "no scheme", rangeExample},
		{"*://*", "not a scheme", rangeExample},
		{"Moz-Extension://*", "lower case", "write moz-extension://*"},
		{"http://*", "every site on the web", "http://192.168.0.0/16"},
		{"https://*", "every site on the web", "list the origins"},
		{"ws://*", "page that opens the WebSocket", "list the origin of the page"},
		{"wss://*", "page that opens the WebSocket", "list the origin of the page"},
		{"file://*", "downloaded", "serve the page"},
		{"data://*", "browsers never send", "list the origin"},
		{"blob://*", "browsers never send", "list the origin"},
		{"chrome-extension://*:*", "only the whole host", "write chrome-extension://*"},
		{"chrome-extension://*.a", "only the whole host", "write chrome-extension://*"},
		{"chrome-extension://*/", "only the whole host", "write chrome-extension://*"},
		{"chrome-extension://abcdef", "one origin", "list it as an origin"},
		{"chrome-extension://", "one origin", "list it as an origin"},
		{"capacitor://192.168.0.0/16", "schemes http and https", "write http"},
		{"ws://192.168.0.0/16", "schemes http and https", "write http"},
		{"http://192.168.*.*", "a wildcard cannot be part", "http://192.168.0.0/16:*"},
		{"http://*.168.1.1", "a wildcard cannot be part", "http://192.168.0.0/16:*"},
		{"http://192.168.1.1", "one origin", "list it as an origin"},
		{"http://192.168.1.1/", "an origin has no path", "without the slash"},
		{"http://192.168.1.1/24/", "bits after its prefix", "write http://192.168.1.0/24"},
		{"http://192.168.1.0/24/", "a range has no path", "write http://192.168.1.0/24"},
		{"https://[fd00::/8]:8080//", "not", "[3000,8000-8099]"},
		{"HTTP://*", "every site on the web", "list the origins"},
		{"HTTP://192.168.0.1/16", "bits after its prefix", "write http://192.168.0.0/16"},
		{"http://[::]/0", "public addresses", "fc00::/7"},
		{"http://[fd00::]/8:3000", "in the brackets", "write http://[fd00::/8]:3000"},
		{"http://[fd00::]/]/8", "not at the end", "http://[fd00::/8]"},
		{"http://8.8.8.8/24", "public addresses", "10.0.0.0/8"},
		{"http://2001:db8::/32", "public addresses", "fc00::/7"},
		{"http://192.168.1.1-5/24", "not a range", "http://192.168.0.0/16:*"},
		{"http://192.168.0.0/33", "not a range", "http://192.168.0.0/16:*"},
		{"http://192.168.0.0/016", "not a range", "http://192.168.0.0/16:*"},
		{"http://192.168.0.00/16", "not a range", "http://192.168.0.0/16:*"},
		{"http://192.168/16", "not a range", "http://192.168.0.0/16:*"},
		{"http://localhost/8", "not a range", "http://192.168.0.0/16:*"},
		{"http://192.168.1.5/24:*", "bits after its prefix", "write http://192.168.1.0/24:*"},
		{"http://[192.168.0.0/16]", "in brackets", "write http://192.168.0.0/16"},
		{"http://fd00::/8", "in brackets", "write http://[fd00::/8]"},
		{"http://[fd00::]/8", "in the brackets", "write http://[fd00::/8]"},
		{"http://[FD00::/8]:*", "one spelling", "write http://[fd00::/8]:*"},
		{"http://[fd00:0::/8]", "one spelling", "write http://[fd00::/8]"},
		{"http://[::ffff:192.168.0.0/112]", "a different origin", ""},
		{"http://[::ffff:c0a8:0/112]", "a different origin", ""},
		{"http://0.0.0.0/0", "public addresses", "10.0.0.0/8"},
		{"http://192.0.0.0/8", "public addresses", "192.168.0.0/16"},
		{"http://192.168.0.0/15", "public addresses", "192.168.0.0/16"},
		{"http://172.16.0.0/11", "public addresses", "172.16.0.0/12"},
		{"http://172.32.0.0/12", "public addresses", ""},
		{"http://8.8.8.0/24", "public addresses", ""},
		{"http://100.64.0.0/10", "RFC 6598", "by name"},
		{"http://100.100.0.0/16:*", "RFC 6598", "by name"},
		{"http://[fe80::/10]", "zone", ""},
		{"http://[fe80::/64]:*", "zone", ""},
		{"http://[::/0]", "public addresses", "fc00::/7"},
		{"http://[2001:db8::/32]", "public addresses", "fc00::/7"},
		{"http://[fec0::/10]", "public addresses", ""},
		{"http://[::/127]", "public addresses", ""},
		{"http://[64:ff9b::/96]", "public addresses", ""},
		{"http://192.168.0.0/16:", "not a port", ""},
		{"http://192.168.0.0/16:80", "omit the default port", "write http://192.168.0.0/16"},
		{"https://[fd00::/8]:443", "omit the default port", "write https://[fd00::/8]"},
		{"http://192.168.0.0/16:0", "not a port", "[3000,8000-8099]"},
		{"http://192.168.0.0/16:65536", "not a port", ""},
		{"http://192.168.0.0/16:[]", "not a port", ""},
		{"http://192.168.0.0/16:8080/", "not", ""},
		{"http://[fd00::/8]x", "not", ""},
		{"http://[fd00::/8", "not closed", "http://[fd00::/8]"},
		{"http://" + strings.Repeat("1", 5000), "4096 bytes", ""},
	} {
		_, err := ParseRange(row.value)
		var e *RangeError
		if !errors.As(err, &e) || e.Value != row.value || !strings.Contains(e.Problem, row.problem) || !strings.Contains(e.Repair, row.repair) || e.Repair == "" {
			t.Errorf("%q: got %v, want %q … %q", row.value, err, row.problem, row.repair)
		}
	}
}

// The repairs that say what to write are ranges.
func TestRepairOfARangeIsARange(t *testing.T) {
	for _, value := range []string{"chrome-extension", "192.168.1.5/24", "fd00::/8", "Moz-Extension://*", "http://192.168.1.5/24:*", "http://[192.168.0.0/16]", "http://fd00::/8", "http://[fd00::]/8", "http://[FD00::/8]:*", "http://192.168.0.0/16:80", "a://*:*"} {
		_, err := ParseRange(value)
		var e *RangeError
		if !errors.As(err, &e) {
			t.Fatalf("%q is a range", value)
		}
		repair, _, _ := strings.Cut(strings.TrimPrefix(e.Repair, "write "), ",")
		if _, err := ParseRange(repair); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// Regexp and Match are compared on every address near each end of the range, on every value of each byte of
// an address, and on other spellings.
func TestRegexpOfARangeMatchesTheSameAddresses(t *testing.T) {
	for i, text := range []string{
		"http://192.168.0.0/16:*", "http://10.0.0.0/8", "http://172.16.0.0/12:8080", "http://192.168.4.0/22:[80,8000-8099]", "https://10.1.2.128/25:[443,1-79]",
		"http://192.168.1.77/32", "http://192.168.1.76/30", "http://127.0.0.0/8:*", "http://169.254.0.0/16", "http://10.64.0.0/10", "http://10.96.0.0/11", "http://10.200.0.0/13",
		"http://[::1/128]", "http://[fc00::/7]", "http://[fd00::/8]:*", "http://[fd12:3456:789a::/48]", "http://[fd12:3456:789a:1::/64]", "http://[fd12:30::/28]", "http://[fd12:5::/32]",
		"http://[fd12:4000::/19]", "http://[fdff:1:2:3:4:5:6:0/113]",
	} {
		if testing.Short() && i%7 > 0 {
			continue // a sample
		}
		r, err := ParseRange(text)
		if text == "http://[fdff:1:2:3:4:5:6:0/113]" {
			if _, ok := r.Regexp(); err != nil || ok {
				t.Errorf("%s: %v, and a regular expression: %v", text, err, ok)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		expression, ok := r.Regexp()
		if !ok {
			t.Errorf("%s has no regular expression", text)
			continue
		}
		re := regexp.MustCompile("^(?:" + expression + ")$")
		compare := func(value string) {
			if _, matches := (Ranges{r}).Match(value); matches != re.MatchString(value) {
				t.Errorf("%s and %s: Match is %v, Regexp is not", text, value, matches)
			}
		}
		for _, addr := range addressesNear(r.Network()) {
			host := addr.String()
			if addr.Is6() {
				host = "[" + weburlIPv6(t, addr) + "]"
			}
			for _, port := range []string{"", ":1", ":79", ":81", ":8000", ":8080", ":8099", ":8100"} {
				compare("http://" + host + port)
				compare("https://" + host + port)
			}
			compare("http://" + host + ".evil.example")
			compare("http://evil." + host)
			compare("http://0" + host)
			compare("http://" + host + "0")
		}
	}
}

// addressesNear returns addresses in and around a network: those at its ends, and those that differ from
// its first address in one byte, in every way.
func addressesNear(network netip.Prefix) (all []netip.Addr) {
	first := network.Addr()
	last := first.AsSlice()
	for bit := network.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	end, _ := netip.AddrFromSlice(last)
	for _, a := range []netip.Addr{first, end} {
		for range 40 {
			all = append(all, a)
			if a = a.Prev(); !a.IsValid() {
				break
			}
		}
		for a := first; a.IsValid() && len(all)%256 != 0; a = a.Next() {
			all = append(all, a)
		}
	}
	for a, n := end, 0; a.IsValid() && n < 40; a, n = a.Next(), n+1 {
		all = append(all, a)
	}
	for _, from := range []netip.Addr{first, end} {
		for i := range last {
			for b := range 256 {
				bytes := from.AsSlice()
				bytes[i] = byte(b)
				a, _ := netip.AddrFromSlice(bytes)
				all = append(all, a)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		bytes := first.AsSlice()
		for bit := network.Bits(); bit < len(bytes)*8; bit++ {
			if random.IntN(3) == 0 {
				bytes[bit/8] |= 0x80 >> (bit % 8)
			}
		}
		a, _ := netip.AddrFromSlice(bytes)
		all = append(all, a)
	}
	return all
}

// weburlIPv6 serializes an address as the URL Standard says.
func weburlIPv6(t *testing.T, addr netip.Addr) string {
	host, err := weburl.ParseASCIIHost("[" + addr.StringExpanded() + "]")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(host.String(), "[]")
}

func TestEveryAddressOfASmallNetworkMatchesAlike(t *testing.T) {
	r := mustRange(t, "http://192.168.0.0/19")
	expression, _ := r.Regexp()
	re := regexp.MustCompile("^(?:" + expression + ")$")
	step := 1
	if testing.Short() {
		step = 17 // from 0 to 255 too
	}
	for b := 167; b < 170; b++ {
		for c := range 256 {
			for d := 0; d < 256; d += step {
				value := fmt.Sprintf("http://192.%d.%d.%d", b, c, d)
				want := b == 168 && c < 32
				if _, got := (Ranges{r}).Match(value); got != want || re.MatchString(value) != want {
					t.Fatalf("%s: Match %v, Regexp %v, want %v", value, got, re.MatchString(value), want)
				}
			}
		}
	}
}

func TestCanonicalAddressAgreesWithTheURLStandard(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var b [16]byte
		for i := range b {
			if random.IntN(2) == 0 {
				b[i] = byte(random.IntN(256))
			}
		}
		addr := netip.AddrFrom16(b)
		if addr.Is4In6() {
			continue
		}
		host := "[" + weburlIPv6(t, addr) + "]"
		if got, ok := canonicalAddress(host); !ok || got != addr {
			t.Fatalf("%s: %v %v", host, got, ok)
		}
		v4 := netip.AddrFrom4([4]byte(b[:4]))
		if got, ok := canonicalAddress(v4.String()); !ok || got != v4 {
			t.Fatalf("%s: %v %v", v4, got, ok)
		}
	}
}

func TestRangesCoverPatternsAndRanges(t *testing.T) {
	for _, row := range []struct {
		of, other string
		want      bool
	}{
		{"http://192.168.0.0/16:*", "http://192.168.1.1", true},
		{"http://192.168.0.0/16:*", "http://192.168.1.1:[80,3000]", true},
		{"http://192.168.0.0/16", "http://192.168.1.1:[80,3000]", false},
		{"http://192.168.0.0/16", "http://192.168.1.1", true},
		{"http://192.168.0.0/16", "https://192.168.1.1", false},
		{"http://192.168.0.0/16", "http://10.0.0.1", false},
		{"http://192.168.0.0/16", "http://router.local", false},
		{"http://192.168.0.0/16", "*", false},
		{"chrome-extension://*", "chrome-extension://abc", true},
		{"chrome-extension://*", "chrome-extension://abc:80", false},
		{"chrome-extension://*", "moz-extension://abc", false},
		{"app://*", "app://[::1]", false},
		{"app://*", "app://.", true},
		{"http://192.168.0.0/16:*", "http://192.168.4.0/22", true},
		{"http://192.168.0.0/16", "http://192.168.4.0/22:*", false},
		{"http://192.168.4.0/22", "http://192.168.0.0/16", false},
		{"http://192.168.0.0/16", "https://192.168.4.0/22", false},
		{"moz-extension://*", "moz-extension://*", true},
		{"moz-extension://*", "http://192.168.0.0/16", false},
	} {
		r, got := mustRange(t, row.of), false
		if p, err := ParsePattern(row.other); err == nil {
			got = r.Covers(p)
		} else {
			got = r.CoversRange(mustRange(t, row.other))
		}
		if got != row.want {
			t.Errorf("%s covers %s: %v", row.of, row.other, got)
		}
	}
	if (Range{}).Covers(Pattern{}) || (Range{}).CoversRange(Range{}) {
		t.Error("the zero range covers something")
	}
}

func TestMatchingRangesAllocatesNothing(t *testing.T) {
	rs := Ranges{mustRange(t, "moz-extension://*"), mustRange(t, "http://192.168.0.0/16:*"), mustRange(t, "http://[fd00::/8]")}
	for _, value := range []string{"https://foreign.example", "http://192.168.1.1:8080", "http://[fd00::1]", "moz-extension://a", "http://10.0.0.1", "http://1.2.3.4.5", "chrome-extension://a", "http://" + strings.Repeat("1.", 1000)} {
		if n := testing.AllocsPerRun(100, func() { rs.Match(value) }); n > 0 {
			t.Errorf("%s: %v allocations", value[:min(len(value), 40)], n)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"moz-extension://*", "http://192.168.0.0/16:*", "https://[fd00::/8]:[443,8000-8099]", "http://192.168.1.5/24", "192.168.0.0/16", "http://[::1/128]"} {
		f.Add(s, "http://192.168.1.1:8080")
		f.Add(s, "http://[fd00::1]")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		r, err := ParseRange(text)
		if err != nil {
			var e *RangeError
			if !errors.As(err, &e) || e.Problem == "" || e.Repair == "" || err.Error() == "" {
				t.Fatalf("%q: %v", text, err)
			}
			if instead, ok := strings.CutPrefix(e.Repair, "write "); ok && strings.Contains(instead, "://") && !strings.Contains(instead, " ") {
				if _, err := ParseRange(instead); err != nil {
					t.Fatalf("%q: %q: %v", text, e.Repair, err)
				}
			}
			return
		}
		if again, err := ParseRange(r.String()); err != nil || again.String() != text || !r.CoversRange(again) {
			t.Fatalf("%q: again %v, %v", text, again, err)
		}
		expression, ok := r.Regexp()
		_, matches := Ranges{r}.Match(value)
		if matches {
			o, err := Parse(value)
			if err != nil || o.Scheme() != r.Scheme() {
				t.Fatalf("%q matches %q, which is not an origin: %v", text, value, err)
			}
			if ok && !regexp.MustCompile("^(?:"+expression+")$").MatchString(value) {
				t.Fatalf("%q matches %q, and its regular expression does not", text, value)
			}
			if p, err := ParsePattern(value); err == nil && !r.Covers(p) {
				t.Fatalf("%q matches %q, and does not cover it", text, value)
			}
		} else if p, err := ParsePattern(value); err == nil && p.IsExact() && r.Covers(p) {
			t.Fatalf("%q covers %q, and does not match it", text, value)
		} else if ok {
			// Among origins, the regular expression matches nothing else.
			if o, err := Parse(value); err == nil && !o.IsOpaque() && regexp.MustCompile("^(?:"+expression+")$").MatchString(value) &&
				(!r.AnyHost() || len(value) < 250) {
				t.Fatalf("%q: the regular expression matches the origin %q, and the range does not", text, value)
			}
		}
	})
}
