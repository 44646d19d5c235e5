//go:build !concors_nopsl

package cookie

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// FuzzStore sets two cookies and sends requests, with rules and exchanges chosen by the bits of a
// number, and checks what must hold whatever a server sends.
func FuzzStore(f *testing.F) {
	for bits, seed := range [][2]string{
		{"a=1", "a=2; Max-Age=0"},
		{"__Host-a=1; Secure; Path=/", "__host-A=1; Secure; Path=/; HttpOnly"},
		{"a=1; Domain=site.example; SameSite=None; Secure; Partitioned", "a=1; Domain=.example"},
		{"a=\r\nSet-Cookie: b=1", "a=1; Path=/x; Expires=Wed, 01 Jul 2026 13:00:00 GMT"},
		{"=__Secure-a=1", "a; SameSite=Strict; HttpOnly"},
	} {
		f.Add(seed[0], seed[1], "www.site.example", "/x/y", uint16(bits*37))
	}
	f.Add("a=1; Domain=127.0.0.1", "b", "127.0.0.1", "", uint16(1))
	f.Add("a=1; Domain=amazonaws.com", "b", "bucket.s3.amazonaws.com", "x", uint16(0xFFFF))

	f.Fuzz(func(t *testing.T, first, second, host, path string, bits uint16) {
		bit := func(i int) bool { return bits>>i&1 == 1 }
		rules := Rules{ThirdParty: ThirdParty(bits & 3 % 3), SecureOverPlainLoopback: bit(2), NoPartitioned: bit(3)}
		if bit(4) {
			rules.DefaultSameSite, rules.LaxAllowUnsafe = SameSiteNone, time.Minute
		}
		s, _ := newStore(rules)
		x := Exchange{Scheme: "http", Host: host, Path: path, Trustworthy: bit(5), Script: bit(6),
			TopLevelNavigation: bit(7), SameSiteMode: Mode(bits >> 8 & 3 % 3)}
		if bit(10) {
			x.Scheme = "https"
		}
		if bit(11) {
			x.TopLevelSite, x.ThirdParty = "https://top.example", true
		}

		for _, line := range []string{first, second} {
			before := s.All()
			c, err := s.Set(x, line)
			after := s.All()
			if err != nil {
				if reasonOf(t, err) == 0 || !reflect.DeepEqual(before, after) {
					t.Fatalf("Set(%q) returned an error (%v) and changed the store from %+v to %+v", line, err, before, after)
				}
				continue
			}
			checkStored(t, x, c)
			if c.Secure && x.Scheme == "http" && !(rules.SecureOverPlainLoopback && x.Trustworthy) {
				t.Fatalf("Set(%q) over http stored %+v", line, c)
			}
			if second, err := s.Set(x, line); err != nil || second != c || !reflect.DeepEqual(after, s.All()) {
				t.Fatalf("the second Set(%q) returned %+v, %v; the store has %+v, before it had %+v", line, second, err, s.All(), after)
			}
		}

		for _, c := range s.All() {
			checkStored(t, x, c)
		}
		for _, to := range []string{host, "x." + host, strings.TrimPrefix(host, "www."), "other.example", "x" + host} {
			for _, scheme := range []string{"https", "http"} {
				y := x
				y.Host, y.Scheme, y.Script = to, scheme, bit(12)
				checkSent(t, s, y)
			}
		}
	})
}

// checkStored checks what must hold for every cookie that was set with x.
func checkStored(t *testing.T, x Exchange, c Cookie) {
	t.Helper()
	prefix := field.Lower(c.Name)
	if c.Name == "" {
		prefix = field.Lower(c.Value)
	}
	switch {
	case len(c.Name)+len(c.Value) > 4096 || c.Name+c.Value == "":
		t.Fatalf("name and value have %d bytes", len(c.Name)+len(c.Value))
	case !strings.HasPrefix(c.Path, "/") || len(c.Path) > max(1024, len(x.Path)):
		t.Fatalf("path %q", c.Path)
	case c.Expires.Sub(noon) > 400*24*time.Hour:
		t.Fatalf("expires %v", c.Expires)
	case c.HostOnly && c.Domain != x.Host:
		t.Fatalf("host-only cookie for %q, set by %q", c.Domain, x.Host)
	case !c.HostOnly && c.Domain != x.Host && !strings.HasSuffix(x.Host, "."+c.Domain):
		t.Fatalf("domain %q set by %q", c.Domain, x.Host)
	case !c.HostOnly && origin.PublicSuffix(c.Domain) == c.Domain:
		t.Fatalf("cookie for the public suffix %q", c.Domain)
	case x.Script && c.HTTPOnly:
		t.Fatalf("a script set an HttpOnly cookie: %+v", c)
	case c.SameSite == SameSiteNone && !c.Secure, c.Partitioned && !c.Secure:
		t.Fatalf("Secure is missing: %+v", c)
	case strings.HasPrefix(prefix, "__secure-") && (c.Name == "" || !c.Secure),
		strings.HasPrefix(prefix, "__host-") && (c.Name == "" || !c.Secure || !c.HostOnly || c.Path != "/"),
		strings.HasPrefix(prefix, "__http-") && (c.Name == "" || !c.Secure || !c.HTTPOnly):
		t.Fatalf("attributes that the prefix requires are missing: %+v", c)
	}
}

// checkSent checks what must hold for every request.
func checkSent(t *testing.T, s *Store, x Exchange) {
	t.Helper()
	value, sent, withheld := s.Header(x)
	if strings.ContainsAny(value, "\x00\r\n\x7f\x1b") {
		t.Fatalf("header %q", value)
	}
	stored := s.All()
	var pairs []string
	for _, c := range sent {
		pair := c.Value
		if c.Name != "" {
			pair = c.Name + "=" + c.Value
		}
		pairs = append(pairs, pair)
		switch {
		case c.HostOnly && c.Domain != x.Host:
			t.Fatalf("host-only cookie %+v was sent to %q", c, x.Host)
		case c.Domain != x.Host && !strings.HasSuffix(x.Host, "."+c.Domain):
			t.Fatalf("%+v was sent to %q", c, x.Host)
		case c.Secure && x.Scheme == "http" && !(s.Rules.SecureOverPlainLoopback && x.Trustworthy):
			t.Fatalf("Secure cookie %+v was sent over http", c)
		case c.HTTPOnly && x.Script:
			t.Fatalf("HttpOnly cookie %+v was sent to a script", c)
		case c.SameSite == SameSiteStrict && x.SameSiteMode != StrictOrLess:
			t.Fatalf("SameSite=Strict cookie %+v was sent in mode %v", c, x.SameSiteMode)
		case c.PartitionKey == "" && x.ThirdParty && s.Rules.ThirdParty != AllowThirdParty:
			t.Fatalf("%+v was sent to a third party", c)
		case !contains(stored, c):
			t.Fatalf("%+v was sent but is not in the store", c)
		}
	}
	if joined := strings.Join(pairs, "; "); joined != value {
		t.Fatalf("header %q, want that of the sent cookies, %q", value, joined)
	}
	for _, w := range withheld {
		if w.Reason.Explanation() == "" || contains(sent, w.Cookie) || !contains(stored, w.Cookie) {
			t.Fatalf("withheld: %+v, sent: %+v, stored: %+v", w, sent, stored)
		}
	}
}

func contains(list []Cookie, c Cookie) bool {
	for _, d := range list {
		if d == c {
			return true
		}
	}
	return false
}
