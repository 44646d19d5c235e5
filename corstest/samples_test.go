package corstest

import (
	"slices"
	"testing"
)

func TestSamplesAreAllowedOrForeign(t *testing.T) {
	for _, patterns := range [][]string{
		{"https://app.example.com"}, {"https://*.example.com", "http://localhost:*"}, {"https://pr-*.preview.example.com", "null"},
		{"http://localhost:[3000,8000-8099]"}, {"*"}, {"capacitor://localhost"}, {},
	} {
		allowed, foreign, err := Samples(patterns)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := parseAllowlist(patterns)
		for _, o := range allowed {
			if !list.match(o) {
				t.Errorf("%q: the allowed sample %s does not match", patterns, o)
			}
		}
		for _, o := range foreign {
			if list.match(o) {
				t.Errorf("%q: the foreign sample %s matches", patterns, o)
			}
		}
		if list.any != (len(foreign) == 0) {
			t.Errorf("%q: %d foreign origins", patterns, len(foreign))
		}
	}
}

func TestFirstSamplesHaveEverySortOfNearMiss(t *testing.T) {
	_, foreign, err := Samples([]string{"https://app.example.com", "https://b.example.org:8443"})
	if err != nil {
		t.Fatal(err)
	}
	first := foreign[:min(len(foreign), 100)]
	for sort, want := range map[string][]string{
		"a prefix":         {"https://app.example.com.evil.example", "https://b.example.org.evil.example:8443"},
		"a suffix":         {"https://evilapp.example.com", "https://evilb.example.org:8443"},
		"another scheme":   {"http://app.example.com", "http://b.example.org:8443"},
		"a trailing dot":   {"https://app.example.com.", "https://b.example.org.:8443"},
		"a subdomain":      {"https://evil.app.example.com", "https://evil.b.example.org:8443"},
		"a sandboxed page": {"null"},
	} {
		if !slices.ContainsFunc(want, func(o string) bool { return slices.Contains(first, o) }) {
			t.Errorf("%s: none of %q is among the first hundred: %q", sort, want, first)
		}
	}
	if _, _, err := Samples([]string{"example.com"}); err == nil {
		t.Error("no error for an invalid pattern")
	}
}
