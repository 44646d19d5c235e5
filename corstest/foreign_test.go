package corstest_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
)

// Comparisons that are made in earnest.
func TestSloppyComparisonsLetForeignOriginsIn(t *testing.T) {
	one := []string{app}
	pattern := []string{"https://*.example.com"}
	part := []string{"https://pr-*.preview.example.com"}
	port := []string{"http://localhost:3000"}
	either := func(allowed []string, also func(o string) bool) func(string) bool {
		return func(o string) bool { return slices.Contains(allowed, o) || also(o) }
	}
	dot := regexp.MustCompile(`^https://app.example.com$`)
	tests := map[string]struct {
		allowed []string
		letsIn  func(string) bool
	}{
		"everybody":            {one, func(string) bool { return true }},
		"a prefix":             {one, func(o string) bool { return strings.HasPrefix(o, app) }},
		"a suffix":             {one, func(o string) bool { return strings.HasSuffix(o, "app.example.com") }},
		"a part":               {one, func(o string) bool { return strings.Contains(o, "app.example.com") }},
		"the parent":           {one, func(o string) bool { return strings.HasSuffix(o, ".example.com") }},
		"a dot in a regexp":    {one, dot.MatchString},
		"the host":             {one, either(one, func(o string) bool { return o == "http://app.example.com" })},
		"any port":             {one, either(one, func(o string) bool { return strings.HasPrefix(o, app+":") })},
		"a trailing dot":       {one, either(one, func(o string) bool { return o == app+"." })},
		"null":                 {one, either(one, func(o string) bool { return o == "null" })},
		"a prefix of a port":   {port, func(o string) bool { return strings.HasPrefix(o, port[0]) }},
		"two put together":     {[]string{app, "https://b.example"}, either([]string{app, "https://b.example"}, func(o string) bool { return o == app+".b.example" })},
		"what is before a dot": {pattern, func(o string) bool { return strings.HasSuffix(o, "example.com") }},
		"what is after it":     {pattern, func(o string) bool { return strings.Contains(o, ".example.com") && strings.HasPrefix(o, "https://") }},
		"the bare domain": {pattern, func(o string) bool {
			return strings.HasSuffix(o, ".example.com") && strings.HasPrefix(o, "https://") || o == "https://example.com"
		}},
		"a star over dots": {part, func(o string) bool {
			return strings.HasPrefix(o, "https://pr-") && strings.HasSuffix(o, ".preview.example.com")
		}},
		"a star for nothing": {part, func(o string) bool {
			return o == "https://pr-.preview.example.com" || strings.HasPrefix(o, "https://pr-") && !strings.Contains(strings.TrimSuffix(o, ".preview.example.com"), ".")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sloppy := middleware(func(m *reference) { m.letsIn = test.letsIn })
			attempt := func() *fakeTB {
				return run(func(tb testing.TB) {
					corstest.ForeignOriginsStayOut(tb, corstest.Middleware(tb, sloppy).WithProfiles(fetch.Chromium), test.allowed)
				})
			}
			first := attempt()
			if len(first.errors) != 1 || !strings.Contains(first.text(), "seed 0x") {
				t.Fatalf("%d errors: %s", len(first.errors), first.text())
			}
			if again := attempt(); again.text() != first.text() {
				t.Errorf("another time it says\n%s\nand first\n%s", again.text(), first.text())
			}
		})
	}
}

func TestExactComparisonsKeepForeignOriginsOut(t *testing.T) {
	corstest.ForeignOriginsStayOut(t, corstest.Middleware(t, middleware(nil)), promised.Origins)
	null := middleware(func(m *reference) { m.letsIn = func(o string) bool { return o == "null" || o == app } })
	corstest.ForeignOriginsStayOut(t, corstest.Middleware(t, null), []string{"null", app})
	// A page may always read its own origin, though it is on no list.
	corstest.ForeignOriginsStayOut(t, corstest.Middleware(t, middleware(nil)).WithURL("https://app.example.com."), promised.Origins)
}

// A server that grants no more than the preflight lets a foreign page do
// something, though the page may not read what came of it.
func TestAGrantedPreflightIsInEnough(t *testing.T) {
	const neighbour = "https://evil.app.example.com"
	m := middleware(func(m *reference) {
		letsIn := m.letsIn
		m.letsIn = func(o string) bool { return letsIn(o) || o == neighbour }
		m.set = func(h http.Header, name, value string) {
			if value != neighbour {
				h.Set(name, value)
			}
		}
		m.preflight = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Origin") != neighbour {
				return false
			}
			w.Header().Set("Access-Control-Allow-Origin", neighbour)
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
			return true
		}
	})
	f := run(func(tb testing.TB) { corstest.ForeignOriginsStayOut(tb, corstest.Middleware(tb, m), []string{app}) })
	if !strings.Contains(f.text(), "\n  PUT from "+neighbour) || strings.Contains(f.text(), "GET and PUT from") {
		t.Error(f.text())
	}
}
