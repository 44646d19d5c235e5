//go:build concors_nopsl

package cookie

import "testing"

// Without the Public Suffix List any parent domain may be a public suffix, so all cookies are
// host-only.
func TestWithoutPublicSuffixListCookiesAreHostOnly(t *testing.T) {
	var s Store
	x := Exchange{Scheme: "https", Host: "www.site.example", Path: "/"}
	if _, err := s.Set(x, "a=1; Domain=site.example"); err == nil {
		t.Error("a cookie for a parent domain was stored")
	}
	if c, err := s.Set(x, "a=1; Domain=www.site.example"); err != nil || !c.HostOnly {
		t.Errorf("a cookie for the host itself: %+v, %v", c, err)
	}
	if value, _, _ := s.Header(x); value != "a=1" {
		t.Errorf("got %q, want a=1", value)
	}
}
