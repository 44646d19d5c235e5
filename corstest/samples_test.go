package corstest

import (
	"fmt"
	"slices"
	"testing"
)

func TestSamplesAreOnTheRightSide(t *testing.T) {
	for _, patterns := range [][]string{
		{"https://app.example.com"}, {"https://*.example.com", "http://localhost:*"}, {"https://pr-*.preview.example.com", "null"},
		{"http://localhost:[3000,8000-8099]"}, {"*"}, {"capacitor://localhost"}, {},
	} {
		allowed, foreign, err := Samples(patterns)
		if err != nil {
			t.Fatal(err)
		}
		within, _ := parsePatterns(patterns)
		for _, o := range allowed {
			if !within.match(o) {
				t.Errorf("%q: %s is said to be allowed", patterns, o)
			}
		}
		for _, o := range foreign {
			if within.match(o) {
				t.Errorf("%q: %s is said to be foreign", patterns, o)
			}
		}
		if within.any != (len(foreign) == 0) {
			t.Errorf("%q: %d foreign origins", patterns, len(foreign))
		}
	}
}

func TestSamplesHaveTheNearMissesThatMatter(t *testing.T) {
	_, foreign, err := Samples([]string{"https://app.example.com", "https://b.example.org:8443"})
	if err != nil {
		t.Fatal(err)
	}
	first := foreign[:min(len(foreign), 100)]
	for shows, want := range map[string][]string{
		"a prefix":         {"https://app.example.com.evil.example", "https://b.example.org.evil.example:8443"},
		"a suffix":         {"https://evilapp.example.com", "https://evilb.example.org:8443"},
		"another scheme":   {"http://app.example.com", "http://b.example.org:8443"},
		"a trailing dot":   {"https://app.example.com.", "https://b.example.org.:8443"},
		"a subdomain":      {"https://evil.app.example.com", "https://evil.b.example.org:8443"},
		"a sandboxed page": {"null"},
	} {
		if !slices.ContainsFunc(want, func(o string) bool { return slices.Contains(first, o) }) {
			t.Errorf("%s: none of %q is among the first hundred: %q", shows, want, first)
		}
	}
	if _, _, err := Samples([]string{"example.com"}); err == nil {
		t.Error("a pattern that is none has samples")
	}
}

func ExampleSamples() {
	allowed, foreign, err := Samples([]string{"https://*.example.com"})
	if err != nil {
		panic(err)
	}
	fmt.Println(allowed)
	fmt.Println(foreign[:3])
	// Output:
	// [https://app.example.com https://a.b.example.com]
	// [null https://stranger.example http://app.example.com]
}
