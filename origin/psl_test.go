//go:build !concors_nopsl

package origin

import (
	"errors"
	"fmt"
	"testing"
)

func TestHasListedSuffix(t *testing.T) {
	for host, want := range map[string]bool{
		"com": true, "example.com": true, "www.example.com.": true, "github.io": true, "me.github.io": true, "a.b.ck": true,
		"www.ck": true, "home.arpa": true, "WWW.Example.Co.UK": true,
		"localhost": false, "a.localhost": false, "site.test": false, "api.corp.internal": false, "127.0.0.1": false,
		"[::1]": false, "": false, "a b": false, "a..com": false,
	} {
		if got := HasListedSuffix(host); got != want {
			t.Errorf("HasListedSuffix(%q) = %v", host, got)
		}
	}
}

func TestPublicSuffix(t *testing.T) {
	for _, test := range []struct{ host, suffix, registrable string }{
		// The examples of the standard.
		{"com", "com", ""},
		{"example.com", "com", "example.com"},
		{"www.example.com", "com", "example.com"},
		{"sub.www.example.com", "com", "example.com"},
		{"EXAMPLE.COM", "com", "example.com"},
		{"example.com.", "com.", "example.com."},
		{"github.io", "github.io", ""},
		{"whatwg.github.io", "github.io", "whatwg.github.io"},
		{"إختبار", "xn--kgbechtv", ""},
		{"example.إختبار", "xn--kgbechtv", "example.xn--kgbechtv"},
		{"sub.example.إختبار", "xn--kgbechtv", "example.xn--kgbechtv"},
		{"[2001:0db8:85a3:0000:0000:8a2e:0370:7334]", "", ""},

		{"127.0.0.1", "", ""},
		{"127.1", "", ""},
		{"", "", ""},
		{"a b", "", ""},
		{"com.", "com.", ""},
		{"a.co.uk", "co.uk", "a.co.uk"},
		{"a.b.co.uk.", "co.uk.", "b.co.uk."},
		{"a.b.ck", "b.ck", "a.b.ck"}, // a wildcard rule
		{"www.ck", "ck", "www.ck"},   // and its exception
		{"localhost", "localhost", ""},
		{"a.localhost", "localhost", "a.localhost"},
		{"x.a.localhost", "localhost", "a.localhost"},
		{"a..com", "", ""},
		{".com", "", ""},
		{".", "", ""},
	} {
		if got := PublicSuffix(test.host); got != test.suffix {
			t.Errorf("public suffix of %q: got %q, want %q", test.host, got, test.suffix)
		}
		if got := RegistrableDomain(test.host); got != test.registrable {
			t.Errorf("registrable domain of %q: got %q, want %q", test.host, got, test.registrable)
		}
	}
}

func TestSameSite(t *testing.T) {
	for _, test := range []struct {
		a, b                  string
		schemeless, schemeful bool
	}{
		{"https://example.com", "https://sub.example.com", true, true},
		{"https://a.example.com", "https://b.example.com:8443", true, true},
		{"https://example.com", "http://sub.example.com", true, false},
		{"https://example.com", "wss://example.com", true, false},
		{"https://example.com", "https://example.org", false, false},
		{"https://example.com", "https://notexample.com", false, false},
		{"https://example.com", "https://sub.example.com.", false, false},
		{"https://a.github.io", "https://b.github.io", false, false},
		{"https://github.io", "https://a.github.io", false, false},
		{"https://github.io", "https://github.io:8443", true, true},
		{"http://localhost:3000", "http://localhost:8080", true, true},
		{"http://localhost", "http://a.localhost", false, false},
		{"http://a.localhost", "http://b.localhost", false, false},
		{"http://a.localhost", "http://x.a.localhost", true, true},
		{"http://127.0.0.1:1", "http://127.0.0.1:2", true, true},
		{"http://127.0.0.1", "http://127.0.0.2", false, false},
		{"http://10.0.0.1", "http://20.0.0.1", false, false},
		{"http://[::1]:1", "http://[::1]:2", true, true},
		{"http://[::1]", "http://127.0.0.1", false, false},
	} {
		a, b := mustParse(t, test.a), mustParse(t, test.b)
		if got := SameSite(a, b); got != test.schemeful || SameSite(b, a) != got {
			t.Errorf("SameSite(%s, %s) = %t", a, b, got)
		}
		if got := SchemelesslySameSite(a, b); got != test.schemeless || SchemelesslySameSite(b, a) != got {
			t.Errorf("SchemelesslySameSite(%s, %s) = %t", a, b, got)
		}
	}
}

func TestSite(t *testing.T) {
	for _, test := range []struct{ origin, want, host string }{
		{"https://a.b.example.com:8443", "https://example.com", "example.com"},
		{"http://github.io", "http://github.io", "github.io"},
		{"http://127.0.0.1:8080", "http://127.0.0.1", "127.0.0.1"},
		{"http://[::1]:8080", "http://[::1]", "[::1]"},
		{"null", "null", ""},
	} {
		s := mustParse(t, test.origin).Site()
		if s.String() != test.want || s.Host() != test.host || s.IsOpaque() != (test.want == "null") {
			t.Errorf("%s: got %q %q", test.origin, s, s.Host())
		}
	}
}

func TestWithDomain(t *testing.T) {
	for _, test := range []struct {
		origin, domain string
		want           string // "" for an error
	}{
		{"https://a.b.example.com", "a.b.example.com", "a.b.example.com"},
		{"https://a.b.example.com", "b.example.com", "b.example.com"},
		{"https://a.b.example.com", "Example.COM", "example.com"},
		{"https://a.b.example.com", "com", ""},
		{"https://a.b.example.com", "ample.com", ""},
		{"https://a.b.example.com", "x.a.b.example.com", ""},
		{"https://a.b.example.com", "example.com.", ""},
		{"https://a.b.example.com", "", ""},
		{"https://a.b.example.com", "a b", ""},
		{"https://a.example.com.", "example.com.", "example.com."},
		{"https://a.example.com.", "com.", ""},
		{"https://com", "com", "com"},
		{"https://a.github.io", "github.io", ""},
		{"https://a.github.io", "io", ""},
		{"https://github.io", "github.io", "github.io"},
		{"https://github.io", "io", ""},
		{"http://127.0.0.1", "127.0.0.1", "127.0.0.1"},
		{"http://127.0.0.1", "127.1", "127.0.0.1"},
		{"http://127.0.0.1", "0.0.1", ""},
		{"http://127.0.0.1", "1", ""},
		{"http://[::1]", "[0::1]", "[::1]"},
		{"http://[::1]", "::1", ""},
		{"http://a.localhost", "localhost", ""},
		{"null", "example.com", ""},
	} {
		o := mustParse(t, test.origin)
		got, err := o.WithDomain(test.domain)
		if test.want == "" {
			var typed *DomainError
			if !errors.As(err, &typed) {
				t.Errorf("%s, %q: got %q, %v, want a *DomainError", o, test.domain, got.Domain(), err)
			}
			continue
		}
		if err != nil || got.Domain() != test.want || got.String() != o.String() || !SameOrigin(got, o) || o.Domain() != "" {
			t.Errorf("%s, %q: got %q, %v", o, test.domain, got.Domain(), err)
		}
	}
}

func TestSameOriginDomain(t *testing.T) {
	with := func(origin, domain string) Origin {
		o := mustParse(t, origin)
		if domain == "" {
			return o
		}
		o, err := o.WithDomain(domain)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	// The examples of the standard (with hosts that have a registrable domain) and more.
	for _, test := range []struct {
		name             string
		a, b             Origin
		same, sameDomain bool
	}{
		{"no domains", with("https://example.org", ""), with("https://example.org", ""), true, true},
		{"different ports, no domains", with("https://example.org:314", ""), with("https://example.org:420", ""), false, false},
		{"different ports, same domain", with("https://example.org:314", "example.org"), with("https://example.org:420", "example.org"), false, true},
		{"only one has a domain", with("https://example.org", ""), with("https://example.org", "example.org"), true, false},
		{"different schemes, same domain", with("https://example.org", "example.org"), with("http://example.org", "example.org"), false, false},
		{"siblings that set their parent domain", with("https://a.example.org", "example.org"), with("https://b.example.org", "example.org"), false, true},
		{"child that set its parent domain, and the parent without a domain", with("https://a.example.org", "example.org"), with("https://example.org", ""), false, false},
		{"different domains", with("https://a.example.org", "a.example.org"), with("https://a.example.org", "example.org"), true, false},
		{"opaque and domain", NewOpaque(), with("https://example.org", "example.org"), false, false},
	} {
		if SameOrigin(test.a, test.b) != test.same {
			t.Errorf("%s: SameOrigin = %t", test.name, !test.same)
		}
		if SameOriginDomain(test.a, test.b) != test.sameDomain || SameOriginDomain(test.b, test.a) != test.sameDomain {
			t.Errorf("%s: SameOriginDomain = %t", test.name, !test.sameDomain)
		}
	}
}

// The next domain must be a suffix of the domain that was set before.
func TestWithDomainTwice(t *testing.T) {
	o, err := mustParse(t, "https://a.b.example.com").WithDomain("b.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.WithDomain("a.b.example.com"); err == nil {
		t.Error("the domain was changed back to the host")
	}
	if o, err = o.WithDomain("example.com"); err != nil || o.Domain() != "example.com" {
		t.Errorf("got %q, %v", o.Domain(), err)
	}
}

func ExampleSameSite() {
	a, _ := Parse("https://shop.example.com")
	b, _ := Parse("https://api.example.com:8443")
	fmt.Println(SameOrigin(a, b), SameSite(a, b), a.Site())
	// Output: false true https://example.com
}

func ExampleRegistrableDomain() {
	fmt.Println(RegistrableDomain("a.b.example.co.uk"))
	fmt.Println(RegistrableDomain("someone.github.io"))
	fmt.Printf("%q\n", RegistrableDomain("github.io"))
	// Output:
	// example.co.uk
	// someone.github.io
	// ""
}

func ExampleOrigin_WithDomain() {
	a, _ := Parse("https://a.example.com")
	b, _ := Parse("https://b.example.com")
	a, _ = a.WithDomain("example.com")
	b, _ = b.WithDomain("example.com")
	fmt.Println(SameOrigin(a, b), SameOriginDomain(a, b))
	_, err := a.WithDomain("com")
	fmt.Println(err)
	// Output:
	// false true
	// setting the domain of https://a.example.com to "com": it is neither the host nor a registrable parent domain of it; use the host, or a parent domain below the public suffix
}

func ExamplePublicSuffix() {
	fmt.Println(PublicSuffix("www.example.co.uk"))
	fmt.Println(PublicSuffix("someone.github.io"))
	// Output:
	// co.uk
	// github.io
}

func ExampleSchemelesslySameSite() {
	a, _ := Parse("http://shop.example.com")
	b, _ := Parse("https://api.example.com")
	fmt.Println(SameSite(a, b), SchemelesslySameSite(a, b))
	// Output: false true
}

func ExamplePattern_OverPublicSuffix() {
	p, _ := ParsePattern("https://*.github.io")
	fmt.Println(p.OverPublicSuffix())
	// Output: github.io true
}

func TestWithTopLabelRefusesListedSuffixes(t *testing.T) {
	o, err := FromURL("https://app.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.WithTopLabel("com"); err == nil {
		t.Errorf("the domain com gives %s", got)
	}
}
