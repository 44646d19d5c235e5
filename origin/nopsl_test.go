//go:build concors_nopsl

package origin

import "testing"

// Without the list every host is its own public suffix. Only origins with the same host are the same
// site, and document.domain can only be set to the host itself.
func TestWithoutPublicSuffixList(t *testing.T) {
	for _, test := range []struct{ host, suffix string }{
		{"www.example.com", "www.example.com"},
		{"example.com.", "example.com."},
		{"localhost", "localhost"},
		{"127.0.0.1", ""},
		{"a..b", ""},
	} {
		if got := PublicSuffix(test.host); got != test.suffix {
			t.Errorf("public suffix of %q: got %q, want %q", test.host, got, test.suffix)
		}
		if got := RegistrableDomain(test.host); got != "" {
			t.Errorf("registrable domain of %q: got %q, want none", test.host, got)
		}
	}

	a, b := mustParse(t, "https://a.example.com"), mustParse(t, "https://b.example.com")
	if SameSite(a, b) || SchemelesslySameSite(a, b) {
		t.Errorf("%s and %s are the same site", a, b)
	}
	if other := mustParse(t, "https://a.example.com:8443"); !SameSite(a, other) {
		t.Errorf("%s and %s are not the same site", a, other)
	}
	if got := a.Site().String(); got != "https://a.example.com" {
		t.Errorf("the site of %s is %s", a, got)
	}
	if _, err := a.WithDomain("example.com"); err == nil {
		t.Error("document.domain was set to the parent domain")
	}
	if _, err := a.WithDomain("a.example.com"); err != nil {
		t.Error(err)
	}
}
