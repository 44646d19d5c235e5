//go:build !concors_nopsl

package cookie

import (
	"errors"
	"testing"
)

// What WebKitGTK stores for a page in the address bar: with TopLevelHost, a new cookie's domain decides.
func TestPartyOfNewCookiesByDomain(t *testing.T) {
	for _, row := range []struct {
		name, topLevel, host, domain string
		stored                       bool
	}{
		{"the page's own host", "site.test", "site.test", "", true},
		{"its Domain", "site.test", "site.test", "site.test", true},
		{"a subdomain without a listed suffix", "site.test", "sub.site.test", "", false},
		{"its own Domain", "site.test", "sub.site.test", "sub.site.test", false},
		{"the Domain of the page", "site.test", "sub.site.test", "site.test", true},
		{"a parent without a listed suffix", "sub.site.test", "site.test", "", false},
		{"the Domain of a parent", "sub.site.test", "site.test", "site.test", true},
		{"below localhost", "a.localhost", "sub.a.localhost", "", false},
		{"a subdomain of a public name", "example.com", "www.example.com", "", true},
		{"its own Domain there", "example.com", "www.example.com", "www.example.com", true},
		{"a parent of a public name", "www.example.com", "example.com", "", true},
		{"another public name", "example.com", "example.org", "", false},
		{"a neighbour under a public suffix", "me.github.io", "you.github.io", "", false},
		{"the same IP address", "127.0.0.1", "127.0.0.1", "", true},
		{"another IP address", "127.0.0.1", "127.0.0.2", "", false},
		{"a single name", "intranet", "intranet", "", true},
		{"a host that ends in the page's", "site.test", "evilsite.test", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := newStore(Rules{ThirdParty: BlockNewThirdParty, DefaultSameSite: SameSiteNone})
			x := to("https://" + row.host + "/")
			x.TopLevelHost = row.topLevel
			// Set must not use it.
			x.ThirdParty = row.stored
			line := "a=1"
			if row.domain != "" {
				line += "; Domain=" + row.domain
			}
			_, err := s.Set(x, line)
			var rejected *RejectedError
			if stored := err == nil; stored != row.stored || err != nil && (!errors.As(err, &rejected) || rejected.Reason != ReasonThirdPartyBlocked) {
				t.Errorf("page on %s, %s sets %q: %v, want it stored: %v", row.topLevel, row.host, line, err, row.stored)
			}
		})
	}
}

func TestNoCookiesOfPublicSuffixes(t *testing.T) {
	for _, row := range []struct {
		host, domain   string
		standard, rule bool // whether the cookie is stored
	}{
		{"github.io", "", true, false},
		{"github.io", "github.io", true, false},
		{"me.github.io", "", true, true},
		{"me.github.io", "github.io", false, false},
		{"localhost", "", true, true},
		{"localhost", "localhost", true, false},
		{"a.localhost", "localhost", false, false},
		{"site.test", "site.test", true, true},
		{"127.0.0.1", "127.0.0.1", true, true},
	} {
		for _, rule := range []bool{false, true} {
			s, _ := newStore(Rules{NoCookiesOfPublicSuffixes: rule})
			line := "a=1"
			if row.domain != "" {
				line += "; Domain=" + row.domain
			}
			want := row.standard && !rule || row.rule && rule
			if _, err := s.Set(to("https://"+row.host+"/"), line); (err == nil) != want {
				t.Errorf("%s sets %q with the rule %v: %v, want it stored: %v", row.host, line, rule, err, want)
			}
		}
	}
}

func TestLongDomainsFirst(t *testing.T) {
	for _, row := range []struct {
		name, host string
		rule       bool
		lines      []string
		want       string
	}{
		{"by age", "www.site.example", false,
			[]string{"parent=1; Domain=site.example", "host=1", "own=1; Domain=www.site.example"}, "parent=1; host=1; own=1"},
		{"by domain", "www.site.example", true,
			[]string{"parent=1; Domain=site.example", "host=1", "own=1; Domain=www.site.example"}, "own=1; host=1; parent=1"},
		{"by age in one domain", "www.site.example", true,
			[]string{"b=1; Domain=site.example", "a=1; Domain=site.example"}, "b=1; a=1"},
		{"longer paths before all", "www.site.example", true,
			[]string{"own=1; Domain=www.site.example; Path=/", "parent=1; Domain=site.example; Path=/a"}, "parent=1; own=1"},
		{"by age with an IP address", "127.0.0.1", true,
			[]string{"host=1", "own=1; Domain=127.0.0.1"}, "host=1; own=1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := newStore(Rules{LongDomainsFirst: row.rule})
			x := to("https://" + row.host + "/a/b")
			mustSet(t, s, x, row.lines...)
			if got, _, _ := s.Header(x); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
