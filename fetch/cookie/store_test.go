//go:build !concors_nopsl

package cookie

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A clock provides the time of a Store in tests.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newStore(rules Rules) (*Store, *clock) {
	c := &clock{noon}
	return &Store{Rules: rules, Now: c.now}, c
}

// to returns an exchange between a page and its own site at scheme://host/path.
func to(url string) Exchange {
	scheme, rest, _ := strings.Cut(url, "://")
	host, path, _ := strings.Cut(rest, "/")
	return Exchange{Scheme: scheme, Host: host, Path: "/" + path, Method: "GET"}
}

// These methods return a changed exchange.

func (x Exchange) crossSite() Exchange { x.SameSiteMode = UnsetOrLess; return x }
func (x Exchange) script() Exchange    { x.Script = true; return x }
func (x Exchange) trusted() Exchange   { x.Trustworthy = true; return x }
func (x Exchange) linkFollow() Exchange {
	x.SameSiteMode, x.TopLevelNavigation = LaxOrLess, true
	return x
}
func (x Exchange) formPost() Exchange {
	x.SameSiteMode, x.TopLevelNavigation, x.Method = UnsetOrLess, true, "POST"
	return x
}

// under returns an exchange that is embedded in a page of another site.
func (x Exchange) under(site string) Exchange {
	x.SameSiteMode, x.TopLevelSite, x.ThirdParty, x.CrossSiteAncestor = UnsetOrLess, site, true, true
	return x
}

func mustSet(t *testing.T, s *Store, x Exchange, lines ...string) Cookie {
	t.Helper()
	var c Cookie
	for _, line := range lines {
		var err error
		if c, err = s.Set(x, line); err != nil {
			t.Fatalf("Set(%q): %v", line, err)
		}
	}
	return c
}

// reasonOf returns the reason of a *RejectedError, or 0 for nil.
func reasonOf(t *testing.T, err error) Reason {
	t.Helper()
	if err == nil {
		return 0
	}
	var rejected *RejectedError
	if !errors.As(err, &rejected) {
		t.Fatalf("error is a %T, not a *RejectedError: %v", err, err)
	}
	return rejected.Reason
}

func TestSetParses(t *testing.T) {
	session := Cookie{Name: "a", Value: "1", Domain: "www.site.example", HostOnly: true, Path: "/dir",
		Created: noon, LastAccess: noon}
	with := func(change func(*Cookie)) Cookie {
		c := session
		change(&c)
		return c
	}
	long := strings.Repeat("x", 1025)
	tests := []struct {
		name, line string
		want       Cookie
	}{
		{"name and value", "a=1", session},
		{"spaces and tabs around names and values are removed", " \t a \t = \t 1 \t ", session},
		{"spaces inside are kept", "a b=1 2", with(func(c *Cookie) { c.Name, c.Value = "a b", "1 2" })},
		{"a tab inside a value is kept", "a=1\t2", with(func(c *Cookie) { c.Value = "1\t2" })},
		{"quotes belong to the value", `a="1"`, with(func(c *Cookie) { c.Value = `"1"` })},
		{"bytes that are not ASCII are kept", "a=\xff\u00e9", with(func(c *Cookie) { c.Value = "\xff\u00e9" })},
		{"percent-encoded bytes are kept", "%41=%31", with(func(c *Cookie) { c.Name, c.Value = "%41", "%31" })},
		{"a second equals sign belongs to the value", "a=1=2", with(func(c *Cookie) { c.Value = "1=2" })},
		{"no equals sign: the whole pair is the value", "1", with(func(c *Cookie) { c.Name = "" })},
		{"a leading equals sign: the name is empty", "=1", with(func(c *Cookie) { c.Name = "" })},
		{"an empty value", "a=", with(func(c *Cookie) { c.Value = "" })},
		{"a comma does not separate cookies", "a=1, b=2", with(func(c *Cookie) { c.Value = "1, b=2" })},
		{"unknown attributes are ignored", "a=1; Port=8; ; =; Priority=High", session},
		{"4096 bytes of name and value", "a=" + strings.Repeat("1", 4095), with(func(c *Cookie) { c.Value = strings.Repeat("1", 4095) })},

		{"attribute names in any case", "a=1; sEcUrE; HTTPONLY; sAmEsItE=sTrIcT", with(func(c *Cookie) { c.Secure, c.HTTPOnly, c.SameSite = true, true, SameSiteStrict })},
		{"flags ignore their values", "a=1; Secure=no; HttpOnly=0", with(func(c *Cookie) { c.Secure, c.HTTPOnly = true, true })},
		{"SameSite=Lax", "a=1; SameSite=Lax", with(func(c *Cookie) { c.SameSite = SameSiteLax })},
		{"SameSite=None with Secure", "a=1; SameSite=None; Secure", with(func(c *Cookie) { c.SameSite, c.Secure = SameSiteNone, true })},
		{"an unknown SameSite counts as none", "a=1; SameSite=Stern", session},
		{"the last SameSite counts", "a=1; SameSite=Strict; SameSite=Lax", with(func(c *Cookie) { c.SameSite = SameSiteLax })},
		{"the last SameSite counts, even if unknown", "a=1; SameSite=Strict; SameSite=Stern", session},
		{"an attribute value of 1025 bytes is ignored", "a=1; SameSite=Strict; SameSite=" + long + "; Path=/" + long, with(func(c *Cookie) { c.SameSite = SameSiteStrict })},

		{"Domain with the host itself", "a=1; Domain=www.site.example", with(func(c *Cookie) { c.HostOnly = false })},
		{"Domain with a parent", "a=1; Domain=site.example", with(func(c *Cookie) { c.Domain, c.HostOnly = "site.example", false })},
		{"Domain with a leading dot, in capitals", "a=1; Domain=.SITE.example", with(func(c *Cookie) { c.Domain, c.HostOnly = "site.example", false })},
		{"an empty Domain counts as none", "a=1; Domain=", session},
		{"the last Domain counts, even if empty", "a=1; Domain=site.example; Domain=", session},

		{"Path", "a=1; Path=/x/y", with(func(c *Cookie) { c.Path = "/x/y" })},
		{"a Path of another directory is allowed", "a=1; Path=/elsewhere/", with(func(c *Cookie) { c.Path = "/elsewhere/" })},
		{"a Path without a leading slash means the default path", "a=1; Path=x", session},
		{"the last Path counts, even without a slash", "a=1; Path=/x; Path=y", session},

		{"Max-Age", "a=1; Max-Age=60", with(func(c *Cookie) { c.Expires = noon.Add(time.Minute) })},
		{"Max-Age is capped at 400 days", "a=1; Max-Age=34560001", with(func(c *Cookie) { c.Expires = noon.AddDate(0, 0, 400) })},
		{"Max-Age beyond any integer is capped", "a=1; Max-Age=99999999999999999999999999", with(func(c *Cookie) { c.Expires = noon.AddDate(0, 0, 400) })},
		{"leading zeros are ignored", "a=1; Max-Age=0000000000060", with(func(c *Cookie) { c.Expires = noon.Add(time.Minute) })},
		{"Max-Age with a plus sign is ignored", "a=1; Max-Age=+60", session},
		{"Max-Age with a fraction is ignored", "a=1; Max-Age=60.5", session},
		{"Max-Age with a lone minus is ignored", "a=1; Max-Age=-", session},
		{"an empty Max-Age is ignored", "a=1; Max-Age=", session},
		{"Max-Age=0 expires the cookie", "a=1; Max-Age=0", with(func(c *Cookie) { c.Expires = longAgo })},
		{"a negative Max-Age expires the cookie", "a=1; Max-Age=-60", with(func(c *Cookie) { c.Expires = longAgo })},
		{"Expires", "a=1; Expires=Wed, 01 Jul 2026 13:00:00 GMT", with(func(c *Cookie) { c.Expires = noon.Add(time.Hour) })},
		{"Expires is capped at 400 days", "a=1; Expires=Wed, 01 Jul 9999 13:00:00 GMT", with(func(c *Cookie) { c.Expires = noon.AddDate(0, 0, 400) })},
		{"an invalid Expires is ignored", "a=1; Expires=tomorrow", session},
		{"Max-Age overrides a later Expires", "a=1; Max-Age=60; Expires=Wed, 01 Jul 2026 13:00:00 GMT", with(func(c *Cookie) { c.Expires = noon.Add(time.Minute) })},
		{"Max-Age overrides an earlier Expires", "a=1; Expires=Wed, 01 Jul 2026 13:00:00 GMT; Max-Age=60", with(func(c *Cookie) { c.Expires = noon.Add(time.Minute) })},
		{"an invalid Max-Age does not override Expires", "a=1; Max-Age=x; Expires=Wed, 01 Jul 2026 13:00:00 GMT", with(func(c *Cookie) { c.Expires = noon.Add(time.Hour) })},

		{"Partitioned", "a=1; Secure; Partitioned", with(func(c *Cookie) { c.Secure, c.Partitioned, c.PartitionKey = true, true, "https://site.example" })},
		{"__Host- with its attributes", "__Host-a=1; Secure; Path=/", with(func(c *Cookie) { c.Name, c.Secure, c.Path = "__Host-a", true, "/" })},
		{"__Http- with its attributes", "__Http-a=1; Secure; HttpOnly", with(func(c *Cookie) { c.Name, c.Secure, c.HTTPOnly = "__Http-a", true, true })},
		{"__Host-Http- with its attributes", "__Host-Http-a=1; Secure; Path=/; HttpOnly", with(func(c *Cookie) { c.Name, c.Secure, c.HTTPOnly, c.Path = "__Host-Http-a", true, true, "/" })},
		{"__Secure- with its attributes", "__Secure-a=1; Secure; Domain=site.example", with(func(c *Cookie) { c.Name, c.Secure, c.Domain, c.HostOnly = "__Secure-a", true, "site.example", false })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newStore(Rules{})
			got, err := s.Set(to("https://www.site.example/dir/page"), test.line)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	site := to("https://www.site.example/dir/page")
	plain := to("http://www.site.example/dir/page")
	tests := []struct {
		name  string
		rules Rules
		x     Exchange
		line  string
		want  Reason // zero if the cookie is stored
	}{
		{"NUL", Rules{}, site, "a=1\x00", ReasonDisallowedCharacter},
		{"a line break", Rules{}, site, "a=1\r\nb=2", ReasonDisallowedCharacter},
		{"a control character in an unknown attribute", Rules{}, site, "a=1; x=\x7f", ReasonDisallowedCharacter},
		{"neither name nor value", Rules{}, site, "", ReasonNoCookieContent},
		{"only spaces", Rules{}, site, " = ; Secure", ReasonNoCookieContent},
		{"4097 bytes", Rules{}, site, "a=" + strings.Repeat("1", 4096), ReasonNameValuePairExceedsMaxSize},

		{"an ftp URL", Rules{}, to("ftp://site.example/"), "a=1", ReasonSchemeNotSupported},
		{"a URL without host", Rules{}, Exchange{Scheme: "https"}, "a=1", ReasonSchemeNotSupported},
		{"a WebSocket handshake", Rules{}, to("wss://site.example/"), "a=1; Secure", 0},

		{"Domain of another site", Rules{}, site, "a=1; Domain=other.example", ReasonDomainMismatch},
		{"Domain of a sibling", Rules{}, site, "a=1; Domain=api.site.example", ReasonDomainMismatch},
		{"Domain of a subdomain", Rules{}, site, "a=1; Domain=x.www.site.example", ReasonDomainMismatch},
		{"a Domain that is a suffix of the host, but not at a dot", Rules{}, to("https://notsite.example/"), "a=1; Domain=site.example", ReasonDomainMismatch},
		{"a Domain that is not ASCII", Rules{}, site, "a=1; Domain=s\u00edte.example", ReasonInvalidDomain},
		{"a Domain with a space", Rules{}, site, "a=1; Domain=site example", ReasonInvalidDomain},
		{"a top-level domain", Rules{}, site, "a=1; Domain=example", ReasonPublicSuffixDomain},
		{"a public suffix of two labels", Rules{}, to("https://www.site.co.uk/"), "a=1; Domain=co.uk", ReasonPublicSuffixDomain},
		{"a private public suffix", Rules{}, to("https://me.github.io/"), "a=1; Domain=github.io", ReasonPublicSuffixDomain},
		{"a parent of a private public suffix", Rules{}, to("https://bucket.s3.amazonaws.com/"), "a=1; Domain=amazonaws.com", ReasonPublicSuffixDomain},
		{"a public suffix itself", Rules{}, to("https://github.io/"), "a=1; Domain=github.io", 0},
		{"localhost itself", Rules{}, to("http://localhost/"), "a=1; Domain=localhost", 0},
		{"localhost for its subdomains", Rules{}, to("http://app.localhost/"), "a=1; Domain=localhost", ReasonPublicSuffixDomain},
		{"Domain is the IPv4 address itself", Rules{}, to("http://127.0.0.1/"), "a=1; Domain=127.0.0.1", 0},
		{"a parent of a host with an empty label, which has no site", Rules{}, to("https://x.y..example/"), "a=1; Domain=y..example", ReasonPublicSuffixDomain},
		{"Domain is part of an IPv4 address", Rules{}, to("http://127.0.0.1/"), "a=1; Domain=0.0.1", ReasonDomainMismatch},
		{"Domain is the IPv6 address itself", Rules{}, to("http://[::1]/"), "a=1; Domain=[::1]", 0},

		{"Secure over http", Rules{}, plain, "a=1; Secure", ReasonSecureOnly},
		{"Secure over http to localhost, standard rules", Rules{}, to("http://localhost/").trusted(), "a=1; Secure", ReasonSecureOnly},
		{"Secure over http to localhost, SecureOverPlainLoopback", Rules{SecureOverPlainLoopback: true}, to("http://localhost/").trusted(), "a=1; Secure", 0},
		{"Secure over http to another host, SecureOverPlainLoopback", Rules{SecureOverPlainLoopback: true}, plain, "a=1; Secure", ReasonSecureOnly},
		{"HttpOnly by a script", Rules{}, site.script(), "a=1; HttpOnly", ReasonHTTPOnly},
		{"other attributes by a script", Rules{}, site.script(), "a=1; SameSite=Strict", 0},

		{"SameSite=None without Secure", Rules{}, site, "a=1; SameSite=None", ReasonSameSiteNoneInsecure},
		{"no SameSite without Secure, default None", Rules{DefaultSameSite: SameSiteNone}, site, "a=1", 0},
		{"SameSite=Strict in a cross-site subresource", Rules{}, site.crossSite(), "a=1; SameSite=Strict", ReasonSameSiteStrict},
		{"SameSite=Lax in a cross-site subresource", Rules{}, site.crossSite(), "a=1; SameSite=Lax", ReasonSameSiteLax},
		{"no SameSite in a cross-site subresource", Rules{}, site.crossSite(), "a=1", ReasonSameSiteUnspecifiedTreatedAsLax},
		{"no SameSite in a cross-site subresource, default None", Rules{DefaultSameSite: SameSiteNone}, site.crossSite(), "a=1", 0},
		{"SameSite=Lax in a cross-site subresource, default None", Rules{DefaultSameSite: SameSiteNone}, site.crossSite(), "a=1; SameSite=Lax", ReasonSameSiteLax},
		{"SameSite=None in a cross-site subresource", Rules{}, site.crossSite(), "a=1; SameSite=None; Secure", 0},
		{"SameSite=Strict in a navigation from another site", Rules{}, site.linkFollow(), "a=1; SameSite=Strict", 0},
		{"SameSite=Strict in a navigation by POST from another site", Rules{}, site.formPost(), "a=1; SameSite=Strict", 0},
		{"SameSite=Lax by a script in a cross-site frame", Rules{}, site.crossSite().script(), "a=1; SameSite=Lax", ReasonSameSiteLax},
		{"a script is never a navigation", Rules{}, site.linkFollow().script(), "a=1; SameSite=Lax", ReasonSameSiteLax},

		{"Partitioned without Secure", Rules{}, site, "a=1; Partitioned", ReasonPartitionedInsecure},
		{"Partitioned without Secure, NoPartitioned", Rules{NoPartitioned: true}, site, "a=1; Partitioned", 0},
		{"third party, BlockThirdParty", Rules{ThirdParty: BlockThirdParty}, site.under("https://top.example"), "a=1; SameSite=None; Secure", ReasonThirdPartyBlocked},
		{"third party with Partitioned, BlockThirdParty", Rules{ThirdParty: BlockThirdParty}, site.under("https://top.example"), "a=1; SameSite=None; Secure; Partitioned", 0},
		{"third party with Partitioned, BlockThirdParty and NoPartitioned", Rules{ThirdParty: BlockThirdParty, NoPartitioned: true}, site.under("https://top.example"), "a=1; SameSite=None; Secure; Partitioned", ReasonThirdPartyBlocked},
		{"third party, PartitionThirdParty", Rules{ThirdParty: PartitionThirdParty}, site.under("https://top.example"), "a=1; SameSite=None; Secure", 0},

		{"__Secure- without Secure", Rules{}, site, "__Secure-a=1", ReasonInvalidPrefix},
		{"__Secure- in any case", Rules{}, site, "__sEcUrE-a=1", ReasonInvalidPrefix},
		{"__Host- without Secure", Rules{}, site, "__Host-a=1; Path=/", ReasonInvalidPrefix},
		{"__Host- without Path", Rules{}, to("https://site.example/"), "__Host-a=1; Secure", ReasonInvalidPrefix},
		{"__Host- with a different Path", Rules{}, site, "__Host-a=1; Secure; Path=/dir", ReasonInvalidPrefix},
		{"__Host- with Path=/ and a later Path", Rules{}, to("https://site.example/"), "__Host-a=1; Secure; Path=/; Path=x", ReasonInvalidPrefix},
		{"__Host- with Domain", Rules{}, site, "__Host-a=1; Secure; Path=/; Domain=www.site.example", ReasonInvalidPrefix},
		{"__Host- in any case", Rules{}, site, "__HOST-a=1; Secure", ReasonInvalidPrefix},
		{"__Http- without HttpOnly", Rules{}, site, "__Http-a=1; Secure", ReasonInvalidPrefix},
		{"__Http- without Secure", Rules{}, site, "__Http-a=1; HttpOnly", ReasonInvalidPrefix},
		{"__Host-Http- without HttpOnly", Rules{}, site, "__Host-Http-a=1; Secure; Path=/", ReasonInvalidPrefix},
		{"__Host-Http- without Path", Rules{}, site, "__Host-Http-a=1; Secure; HttpOnly", ReasonInvalidPrefix},
		{"a value with __Host- and no name", Rules{}, site, "=__Host-a=1; Secure; Path=/", ReasonInvalidPrefix},
		{"a value with __Secure- and no name", Rules{}, site, "__SECURE-a; Secure", ReasonInvalidPrefix},
		{"a value with __Http- and no name", Rules{}, site, "=__http-a=1", ReasonInvalidPrefix},
		{"a prefix inside the name does not count", Rules{}, site, "x__Host-a=1", 0},
		{"the Kelvin sign does not count as k", Rules{}, site, "__Host\u212a-a=1", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newStore(test.rules)
			c, err := s.Set(test.x, test.line)
			if got := reasonOf(t, err); got != test.want {
				t.Fatalf("got %v (%v), want %v", got, err, test.want)
			}
			all := s.All()
			if test.want != 0 && (len(all) > 0 || c != Cookie{}) {
				t.Errorf("refused, but Set returned %+v and the store has %+v", c, all)
			}
			if test.want == 0 && (len(all) != 1 || all[0] != c) {
				t.Errorf("Set returned %+v, but the store has %+v", c, all)
			}
		})
	}
}

func TestSetWithExistingCookie(t *testing.T) {
	type set struct {
		x    Exchange
		line string
	}
	https, http := to("https://www.site.example/login/en"), to("http://www.site.example/login/en")
	tests := []struct {
		name   string
		before set
		then   set
		want   Reason
		all    string // the names, values and paths of the cookies in the store afterwards
	}{
		{"same name, host and path: replaced", set{https, "a=1"}, set{https, "a=2"}, 0, "a=2 /login"},
		{"different path: both kept", set{https, "a=1"}, set{https, "a=2; Path=/"}, 0, "a=1 /login|a=2 /"},
		{"with Domain, though it is the same host: both kept", set{https, "a=1"}, set{https, "a=2; Domain=www.site.example"}, 0, "a=1 /login|a=2 /login"},
		{"names differ in case: both kept", set{https, "a=1"}, set{https, "A=2"}, 0, "a=1 /login|A=2 /login"},
		{"no name: both kept", set{https, "a=1"}, set{https, "a"}, 0, "a=1 /login|=a /login"},
		{"deleted by Max-Age", set{https, "a=1"}, set{https, "a=; Max-Age=0"}, 0, ""},
		{"deleted by Expires", set{https, "a=1"}, set{https, "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, 0, ""},
		{"not deleted by another path", set{https, "a=1"}, set{https, "a=; Max-Age=0; Path=/"}, 0, "a=1 /login"},
		{"deleting a cookie that does not exist", set{https, "a=1"}, set{https, "b=; Max-Age=0"}, 0, "a=1 /login"},

		{"http must not hide a Secure cookie", set{https, "a=1; Secure; Path=/login"}, set{http, "a=2; Path=/login/en"}, ReasonOverwriteSecure, "a=1 /login"},
		{"http must not replace a Secure cookie", set{https, "a=1; Secure; Path=/login"}, set{http, "a=2; Path=/login"}, ReasonOverwriteSecure, "a=1 /login"},
		{"http must not delete a Secure cookie", set{https, "a=1; Secure"}, set{http, "a=; Max-Age=0"}, ReasonOverwriteSecure, "a=1 /login"},
		{"http must not hide a Secure cookie of a parent domain", set{https, "a=1; Secure; Domain=site.example"}, set{http, "a=2"}, ReasonOverwriteSecure, "a=1 /login"},
		{"http must not hide a Secure cookie of a subdomain", set{https, "a=1; Secure"}, set{http, "a=2; Domain=site.example"}, ReasonOverwriteSecure, "a=1 /login"},
		{"http may set a cookie for a parent path", set{https, "a=1; Secure; Path=/login"}, set{http, "a=2; Path=/"}, 0, "a=1 /login|a=2 /"},
		{"http may set a cookie for a sibling host", set{to("https://api.site.example/"), "a=1; Secure"}, set{http, "a=2"}, 0, "a=1 /|a=2 /login"},
		{"http may set a cookie with another name", set{https, "a=1; Secure"}, set{http, "b=2"}, 0, "a=1 /login|b=2 /login"},
		{"https may replace a Secure cookie by one that is not Secure", set{https, "a=1; Secure"}, set{https, "a=2"}, 0, "a=2 /login"},
		{"http may set a cookie in another partition", set{https, "a=1; Secure; Partitioned"}, set{http, "a=2"}, 0, "a=1 /login|a=2 /login"},

		{"a script must not replace an HttpOnly cookie", set{https, "a=1; HttpOnly"}, set{https.script(), "a=2"}, ReasonOverwriteHTTPOnly, "a=1 /login"},
		{"a script must not delete an HttpOnly cookie", set{https, "a=1; HttpOnly"}, set{https.script(), "a=; Max-Age=0"}, ReasonOverwriteHTTPOnly, "a=1 /login"},
		{"a script may set a cookie for another path", set{https, "a=1; HttpOnly"}, set{https.script(), "a=2; Path=/"}, 0, "a=1 /login|a=2 /"},
		{"a response may replace an HttpOnly cookie", set{https, "a=1; HttpOnly"}, set{https, "a=2"}, 0, "a=2 /login"},
		{"a cross-site response must not replace a Strict cookie by another", set{https, "a=1; SameSite=Strict"}, set{https.crossSite(), "a=2; SameSite=Strict"}, ReasonSameSiteStrict, "a=1 /login"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newStore(Rules{})
			mustSet(t, s, test.before.x, test.before.line)
			_, err := s.Set(test.then.x, test.then.line)
			if got := reasonOf(t, err); got != test.want {
				t.Errorf("got %v (%v), want %v", got, err, test.want)
			}
			var all []string
			for _, c := range s.All() {
				all = append(all, c.Name+"="+c.Value+" "+c.Path)
			}
			if got := strings.Join(all, "|"); got != test.all {
				t.Errorf("the store has %s, want %s", got, test.all)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	site := to("https://www.site.example/dir/page")
	plain := to("http://www.site.example/dir/page")
	lines := func(l ...string) []string { return l }
	partitioned := Rules{ThirdParty: PartitionThirdParty}
	tests := []struct {
		name     string
		rules    Rules
		set      Exchange
		lines    []string
		x        Exchange
		want     string
		withheld string
	}{
		{"nothing stored", Rules{}, site, nil, site, "", ""},
		{"in the order of creation", Rules{}, site, lines("b=1", "a=2", "c=3"), site, "b=1; a=2; c=3", ""},
		{"longer paths first", Rules{}, site, lines("a=1; Path=/", "b=2; Path=/dir", "c=3; Path=/", "d=4; Path=/dir/"), site, "d=4; b=2; a=1; c=3", ""},
		{"without a name: only the value", Rules{}, site, lines("a", "d="), site, "a; d=", ""},
		{"without a name: a value may look like name and value", Rules{}, site, lines("a", "=b=c"), site, "b=c", ""},
		{"several cookies with the same name", Rules{}, site, lines("a=1; Path=/", "a=2; Domain=site.example; Path=/"), site, "a=1; a=2", ""},

		{"host-only: not to a subdomain", Rules{}, to("https://site.example/"), lines("a=1"), site, "", ""},
		{"Domain: to a subdomain", Rules{}, to("https://site.example/"), lines("a=1; Domain=site.example"), site, "a=1", ""},
		{"Domain: to the parent domain", Rules{}, site, lines("a=1; Domain=site.example; Path=/"), to("https://site.example/"), "a=1", ""},
		{"Domain: not to a host that ends in it, but not at a dot", Rules{}, to("https://site.example/"), lines("a=1; Domain=site.example"), to("https://notsite.example/"), "", ""},
		{"IP address: to itself", Rules{}, to("https://127.0.0.1/"), lines("a=1; Domain=127.0.0.1"), to("https://127.0.0.1/"), "a=1", ""},
		{"path below the cookie's", Rules{}, site, lines("a=1; Path=/dir"), to("https://www.site.example/dir/x/y"), "a=1", ""},
		{"path with the same prefix", Rules{}, site, lines("a=1; Path=/dir"), to("https://www.site.example/dirt"), "", ""},
		{"an empty path means /", Rules{}, site, lines("a=1; Path=/"), Exchange{Scheme: "https", Host: "www.site.example"}, "a=1", ""},
		{"Secure: not to http", Rules{}, site, lines("a=1; Secure", "b=2"), plain, "b=2", "a: SecureOnly"},
		{"set over http: to https", Rules{}, plain, lines("a=1"), site, "a=1", ""},
		{"Secure: to http://localhost, standard rules", Rules{}, to("https://localhost/"), lines("a=1; Secure"), to("http://localhost/").trusted(), "", "a: SecureOnly"},
		{"Secure: to http://localhost, SecureOverPlainLoopback", Rules{SecureOverPlainLoopback: true}, to("https://localhost/"), lines("a=1; Secure"), to("http://localhost/").trusted(), "a=1", ""},
		{"Secure: to a WebSocket", Rules{}, site, lines("a=1; Secure"), to("wss://www.site.example/dir/"), "a=1", ""},
		{"not to a file: URL", Rules{}, site, lines("a=1"), to("file://www.site.example/dir/"), "", ""},
		{"HttpOnly: not to a script", Rules{}, site, lines("a=1; HttpOnly", "b=2"), site.script(), "b=2", "a: HTTPOnly"},
		{"HttpOnly: to HTTP", Rules{}, site, lines("a=1; HttpOnly"), site, "a=1", ""},

		{"SameSite: same-site", Rules{}, site, lines("s=1; SameSite=Strict", "l=2; SameSite=Lax", "u=3", "n=4; SameSite=None; Secure"), site, "s=1; l=2; u=3; n=4", ""},
		{"SameSite: link from another site", Rules{}, site, lines("s=1; SameSite=Strict", "l=2; SameSite=Lax", "u=3", "n=4; SameSite=None; Secure"), site.linkFollow(), "l=2; u=3; n=4", "s: SameSiteStrict"},
		{"SameSite: fetch from another site", Rules{}, site, lines("s=1; SameSite=Strict", "l=2; SameSite=Lax", "u=3", "n=4; SameSite=None; Secure"), site.crossSite(), "n=4", "s: SameSiteStrict, l: SameSiteLax, u: SameSiteUnspecifiedTreatedAsLax"},
		{"SameSite: POST form from another site", Rules{}, site, lines("s=1; SameSite=Strict", "l=2; SameSite=Lax", "u=3", "n=4; SameSite=None; Secure"), site.formPost(), "n=4", "s: SameSiteStrict, l: SameSiteLax, u: SameSiteUnspecifiedTreatedAsLax"},
		{"SameSite: POST form from another site, LaxAllowUnsafe", Rules{LaxAllowUnsafe: 2 * time.Minute}, site, lines("s=1; SameSite=Strict", "l=2; SameSite=Lax", "u=3", "n=4; SameSite=None; Secure"), site.formPost(), "u=3; n=4", "s: SameSiteStrict, l: SameSiteLax"},
		{"SameSite: fetch from another site, LaxAllowUnsafe", Rules{LaxAllowUnsafe: 2 * time.Minute}, site, lines("u=3"), site.crossSite(), "", "u: SameSiteUnspecifiedTreatedAsLax"},
		{"SameSite: fetch from another site, default None", Rules{DefaultSameSite: SameSiteNone}, site, lines("s=1; SameSite=Strict", "l=2; SameSite=Lax", "u=3"), site.crossSite(), "u=3", "s: SameSiteStrict, l: SameSiteLax"},
		{"SameSite: script in a cross-site frame", Rules{}, site, lines("l=2; SameSite=Lax", "n=4; SameSite=None; Secure"), site.crossSite().script(), "n=4", "l: SameSiteLax"},
		{"SameSite: a script is never a navigation", Rules{}, site, lines("l=2; SameSite=Lax"), site.linkFollow().script(), "", "l: SameSiteLax"},

		{"third party: allowed", Rules{}, site, lines("n=4; SameSite=None; Secure"), site.under("https://top.example"), "n=4", ""},
		{"third party: blocked", Rules{ThirdParty: BlockThirdParty}, site, lines("n=4; SameSite=None; Secure", "l=2; SameSite=Lax"), site.under("https://top.example"), "", "n: ThirdPartyBlocked, l: SameSiteLax"},
		{"third party: not in the first party's partition", partitioned, site, lines("n=4; SameSite=None; Secure"), site.under("https://top.example"), "", "n: OtherPartition"},
		{"third party: in its own partition", partitioned, site.under("https://top.example"), lines("n=4; SameSite=None; Secure"), site.under("https://top.example"), "n=4", ""},
		{"third party: not in the partition of another page", partitioned, site.under("https://top.example"), lines("n=4; SameSite=None; Secure"), site.under("https://else.example"), "", "n: OtherPartition"},
		{"third party: not sent as first party", partitioned, site.under("https://top.example"), lines("n=4; SameSite=None; Secure"), site, "", "n: OtherPartition"},
		{"Partitioned: under the page where it was set", Rules{ThirdParty: BlockThirdParty}, site.under("https://top.example"), lines("p=5; SameSite=None; Secure; Partitioned"), site.under("https://top.example"), "p=5", ""},
		{"Partitioned: not under another page", Rules{}, site.under("https://top.example"), lines("p=5; SameSite=None; Secure; Partitioned"), site.under("https://else.example"), "", "p: OtherPartition"},
		{"Partitioned: set as first party, not sent as third", Rules{}, site, lines("p=5; SameSite=None; Secure; Partitioned"), site.under("https://top.example"), "", "p: OtherPartition"},
		{"Partitioned: set and sent as first party, with TopLevelSite spelled out", Rules{}, site, lines("p=5; Secure; Partitioned"), Exchange{Scheme: "https", Host: "www.site.example", Path: "/dir/", TopLevelSite: "https://site.example"}, "p=5", ""},
		{"Partitioned: not through a frame of another site", Rules{}, site, lines("p=5; SameSite=None; Secure; Partitioned"), Exchange{Scheme: "https", Host: "www.site.example", Path: "/dir/", TopLevelSite: "https://site.example", CrossSiteAncestor: true, SameSiteMode: UnsetOrLess}, "", "p: OtherPartition"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newStore(test.rules)
			mustSet(t, s, test.set, test.lines...)
			value, _, withheld := s.Header(test.x)
			if value != test.want {
				t.Errorf("got %q, want %q", value, test.want)
			}
			var notes []string
			for _, w := range withheld {
				notes = append(notes, fmt.Sprintf("%s: %v", w.Cookie.Name, w.Reason))
			}
			if got := strings.Join(notes, ", "); got != test.withheld {
				t.Errorf("withheld %q, want %q", got, test.withheld)
			}
		})
	}
}

// Taken literally, the Fetch standard gives a link from another site the mode unset-or-less. Method
// and TopLevelNavigation still identify the navigation.
func TestLaxIsSentWithSafeNavigationInAnyMode(t *testing.T) {
	s, _ := newStore(Rules{})
	x := to("https://site.example/")
	mustSet(t, s, x, "l=1; SameSite=Lax", "s=2; SameSite=Strict")
	x.SameSiteMode, x.TopLevelNavigation = UnsetOrLess, true
	for method, want := range map[string]string{"": "l=1", "GET": "l=1", "HEAD": "l=1", "POST": "", "PUT": ""} {
		x.Method = method
		if got, _, _ := s.Header(x); got != want {
			t.Errorf("%q: got %q, want %q", method, got, want)
		}
	}
}

func TestLaxAllowUnsafeEndsWithAge(t *testing.T) {
	s, clock := newStore(Rules{LaxAllowUnsafe: 2 * time.Minute})
	x := to("https://site.example/")
	mustSet(t, s, x, "a=1")
	clock.advance(2 * time.Minute)
	if got, _, _ := s.Header(x.formPost()); got != "a=1" {
		t.Errorf("after two minutes: got %q, want a=1", got)
	}
	// Replacing the cookie keeps its creation time.
	mustSet(t, s, x, "a=2")
	clock.advance(time.Second)
	if got, _, _ := s.Header(x.formPost()); got != "" {
		t.Errorf("a second later: got %q, want nothing", got)
	}
}

func TestOverwriteKeepsCreationTime(t *testing.T) {
	s, clock := newStore(Rules{})
	x := to("https://site.example/")
	mustSet(t, s, x, "a=1", "b=1")
	clock.advance(time.Hour)
	c := mustSet(t, s, x, "a=2; HttpOnly")
	if !c.Created.Equal(noon) || !c.LastAccess.Equal(clock.t) {
		t.Errorf("created %v, last access %v; want %v, %v", c.Created, c.LastAccess, noon, clock.t)
	}
	if got, _, _ := s.Header(x); got != "a=2; b=1" {
		t.Errorf("got %q, want a=2 still before b=1", got)
	}
}

func TestExpiredCookie(t *testing.T) {
	s, clock := newStore(Rules{})
	x := to("https://site.example/")
	mustSet(t, s, x, "a=1; Max-Age=60; HttpOnly; Secure", "b=2")
	clock.advance(time.Minute - 1)
	if got, _, _ := s.Header(x); got != "a=1; b=2" {
		t.Errorf("before the expiry time: got %q", got)
	}
	clock.advance(1)
	got, _, withheld := s.Header(x)
	if got != "b=2" || len(withheld) != 0 || len(s.All()) != 1 {
		t.Errorf("at the expiry time: got %q, withheld %v, all %v", got, withheld, s.All())
	}
	// An expired Secure, HttpOnly cookie does not prevent its replacement, which is a new cookie.
	c := mustSet(t, s, to("http://site.example/").script(), "a=3")
	if !c.Created.Equal(clock.t) {
		t.Errorf("created %v, want %v", c.Created, clock.t)
	}
}

func TestHeaderUpdatesLastAccessOfSentCookies(t *testing.T) {
	s, clock := newStore(Rules{})
	x := to("https://site.example/")
	mustSet(t, s, x, "a=1", "b=2; HttpOnly")
	clock.advance(time.Hour)
	s.Header(x.script())
	for _, c := range s.All() {
		if want := map[string]time.Time{"a": clock.t, "b": noon}[c.Name]; !c.LastAccess.Equal(want) {
			t.Errorf("%s: last access %v, want %v", c.Name, c.LastAccess, want)
		}
	}
}

func names(s *Store) string {
	var all []string
	for _, c := range s.All() {
		all = append(all, c.Name)
	}
	return strings.Join(all, " ")
}

func TestHostLimit(t *testing.T) {
	x := to("https://site.example/")
	t.Run("insecure cookies are removed first, then the least recently used", func(t *testing.T) {
		s, clock := newStore(Rules{HostLimit: 3})
		for _, line := range []string{"a=1; Secure", "b=1; Path=/x", "c=1", "d=1; Secure"} {
			clock.advance(time.Second)
			mustSet(t, s, x, line)
		}
		if got := names(s); got != "a c d" {
			t.Errorf("got %s, want b removed: it is the older one of those without Secure", got)
		}
		mustSet(t, s, x, "e=1; Secure")
		if got := names(s); got != "a d e" {
			t.Errorf("got %s, want c removed: it is the only one without Secure", got)
		}
		clock.advance(time.Second)
		s.Header(to("https://site.example/elsewhere"))
		mustSet(t, s, x, "f=1; Secure")
		if got := names(s); got != "d e f" {
			t.Errorf("got %s, want a removed: all were used at the same time, and it is the oldest", got)
		}
	})
	t.Run("Set returns an error if the new cookie is removed", func(t *testing.T) {
		s, _ := newStore(Rules{HostLimit: 1})
		mustSet(t, s, x, "a=1; Secure")
		_, err := s.Set(x, "b=1")
		if got := reasonOf(t, err); got != ReasonLimitReached || names(s) != "a" {
			t.Errorf("got %v, want %v; the store has %s, want a", got, ReasonLimitReached, names(s))
		}
	})
	t.Run("hosts and partitions have separate limits", func(t *testing.T) {
		s, _ := newStore(Rules{HostLimit: 1})
		mustSet(t, s, x, "a=1", "p=1; Secure; Partitioned")
		mustSet(t, s, to("https://www.site.example/"), "w=1")
		if got := names(s); got != "a p w" {
			t.Errorf("got %s, want all three", got)
		}
	})
	t.Run("the default limit is the minimum of the standard", func(t *testing.T) {
		s, _ := newStore(Rules{})
		for i := range 60 {
			mustSet(t, s, x, fmt.Sprintf("c%d=1", i))
		}
		if all := s.All(); len(all) != 50 || all[0].Name != "c10" {
			t.Errorf("%d cookies, the oldest is %s; want 50 from c10", len(all), all[0].Name)
		}
	})
}

func TestTotalLimit(t *testing.T) {
	s, clock := newStore(Rules{TotalLimit: 3})
	set := func(host, line string) {
		t.Helper()
		clock.advance(time.Second)
		mustSet(t, s, to("https://"+host+"/"), line)
	}
	set("a.example", "a=1")
	set("b.example", "b=1; Max-Age=4")
	set("c.example", "c=1")
	s.Header(to("https://a.example/"))
	set("d.example", "d=1")
	if got := names(s); got != "a c d" {
		t.Errorf("got %s, want b removed: it is the least recently used", got)
	}
	set("e.example", "e=1; Max-Age=2")
	if got := names(s); got != "c d e" {
		t.Errorf("got %s, want a removed: it was used at the same time as c, and is older", got)
	}
	clock.advance(time.Minute)
	set("f.example", "f=1")
	if got := names(s); got != "c d f" {
		t.Errorf("got %s, want only e removed: expired cookies are removed first", got)
	}
}

func TestClear(t *testing.T) {
	s, _ := newStore(Rules{TotalLimit: 1})
	x := to("https://site.example/")
	mustSet(t, s, x, "a=1")
	s.Clear()
	if got := names(s); got != "" {
		t.Errorf("after Clear the store has %s", got)
	}
	mustSet(t, s, x, "b=1")
	if got := names(s); got != "b" {
		t.Errorf("got %s, want b: cleared cookies must not count", got)
	}
}

func TestPartitionKey(t *testing.T) {
	line := "a=1; Secure; SameSite=None; Partitioned"
	site := to("https://www.site.example/")
	throughOtherSite := Exchange{Scheme: "https", Host: "www.site.example", TopLevelSite: "https://site.example", CrossSiteAncestor: true}
	withoutFrame := site.under("https://top.example") // a request of the page itself
	withoutFrame.CrossSiteAncestor = false
	tests := []struct {
		name  string
		rules Rules
		x     Exchange
		line  string
		key   string
		cross bool
	}{
		{"without Partitioned: none", Rules{}, site, "a=1", "", false},
		{"first party: its site", Rules{}, site, line, "https://site.example", false},
		{"WebSocket: the https site", Rules{}, to("wss://www.site.example/"), line, "https://site.example", false},
		{"IP address: scheme and host", Rules{SecureOverPlainLoopback: true}, to("http://[::1]/").trusted(), line, "http://[::1]", false},
		{"third party: the site of the page", Rules{}, site.under("https://top.example"), line, "https://top.example", true},
		{"third party, requested by the page itself: the site of the page", Rules{}, withoutFrame, line, "https://top.example", true},
		{"own site through a frame of another site: a separate partition", Rules{}, throughOtherSite, line, "https://site.example", true},
		{"third party without Partitioned, PartitionThirdParty", Rules{ThirdParty: PartitionThirdParty}, site.under("https://top.example"), "a=1; Secure; SameSite=None", "https://top.example", true},
		{"first party without Partitioned, PartitionThirdParty", Rules{ThirdParty: PartitionThirdParty}, site, "a=1; Secure; SameSite=None", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newStore(test.rules)
			c := mustSet(t, s, test.x, test.line)
			if c.PartitionKey != test.key || c.CrossSiteAncestor != test.cross {
				t.Errorf("got %q, %v; want %q, %v", c.PartitionKey, c.CrossSiteAncestor, test.key, test.cross)
			}
		})
	}
}

func TestZeroStore(t *testing.T) {
	var s Store
	x := to("https://site.example/")
	if value, sent, withheld := s.Header(x); value != "" || sent != nil || withheld != nil || len(s.All()) != 0 {
		t.Errorf("an empty store returns %q, %v, %v", value, sent, withheld)
	}
	s.Clear()
	start := time.Now()
	c := mustSet(t, &s, x, "a=1; Max-Age=3600")
	if d := c.Created.Sub(start); d < -time.Second || d > time.Minute {
		t.Errorf("created %v after the test started", d)
	}
	if value, _, _ := s.Header(x); value != "a=1" {
		t.Errorf("got %q", value)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := &Store{Rules: Rules{HostLimit: 5, TotalLimit: 40}}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 200 {
				x := to(fmt.Sprintf("https://h%d.site%d.example/", i%3, (worker+i)%4))
				if _, err := s.Set(x, fmt.Sprintf("c%d=%d; Domain=site%d.example", i%9, worker, (worker+i)%4)); err != nil {
					t.Error(err)
				}
				value, sent, _ := s.Header(x)
				if (value == "") != (len(sent) == 0) {
					t.Errorf("header %q with %d cookies", value, len(sent))
				}
				if n := len(s.All()); n > 40 {
					t.Errorf("%d cookies, want at most 40", n)
				}
				if worker == 0 && i%50 == 49 {
					s.Clear()
				}
			}
		})
	}
	group.Wait()
}

func TestReasonsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		name, why := r.String(), r.Explanation()
		if name == "" || seen[name] || strings.Contains(name, " ") {
			t.Errorf("reason %d: invalid or duplicate name %q", r, name)
		}
		seen[name] = true
		if !strings.HasSuffix(why, ".") || !strings.HasPrefix(r.Anchor(), "https://") {
			t.Errorf("%s: explanation %q, anchor %q", name, why, r.Anchor())
		}
	}
	if len(seen) != int(reasonCount)-1 {
		t.Errorf("%d reasons, want %d", len(seen), reasonCount-1)
	}
	for _, r := range []Reason{0, reasonCount, 255} {
		if want := fmt.Sprintf("Reason(%d)", uint8(r)); r.String() != want || r.Explanation() != "" || r.Anchor() != "" {
			t.Errorf("%d: %q, %q, %q", r, r.String(), r.Explanation(), r.Anchor())
		}
	}
}

func TestRejectedErrorText(t *testing.T) {
	tests := []struct {
		line, want string
	}{
		{"sid=1; SameSite=None", `cookie "sid" refused: a cookie with SameSite=None must also have Secure`},
		{"a\x01=1", "cookie refused: the Set-Cookie line has a control character other than a tab"},
		{strings.Repeat("n", 5000), "cookie refused: the cookie's name and value have more than 4096 bytes in total"},
		{strings.Repeat("n", 5000) + "=", `cookie "` + strings.Repeat("n", 64) + `…" refused: the cookie's name and value have more than 4096 bytes in total`},
	}
	for _, test := range tests {
		var s Store
		if _, err := s.Set(to("https://site.example/"), test.line); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestString(t *testing.T) {
	for value, want := range map[fmt.Stringer]string{
		SameSiteDefault: "Default", SameSiteNone: "None", SameSiteLax: "Lax", SameSiteStrict: "Strict",
		StrictOrLess: "strict-or-less", LaxOrLess: "lax-or-less", UnsetOrLess: "unset-or-less",
	} {
		if value.String() != want {
			t.Errorf("got %s, want %s", value, want)
		}
	}
}

func TestScriptReplacesHTTPOnly(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		s := &Store{Rules: Rules{ScriptReplacesHTTPOnly: allowed}}
		x := Exchange{Scheme: "https", Host: "a.example", Path: "/", Trustworthy: true, SameSiteMode: StrictOrLess}
		if _, err := s.Set(x, "a=1; HttpOnly"); err != nil {
			t.Fatal(err)
		}
		x.Script = true
		if _, err := s.Set(x, "a=2"); (err == nil) != allowed {
			t.Errorf("replaced by a script: error %v, want allowed %t", err, allowed)
		}
		if value, _, _ := s.Header(x); (value == "a=2") != allowed {
			t.Errorf("document.cookie is %q, want the new value: %t", value, allowed)
		}
	}
}
