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

// Mistakes that real servers make when they compare origins.
func TestSloppyComparisonsAllowForeignOrigins(t *testing.T) {
	one := []string{app}
	pattern := []string{"https://*.example.com"}
	part := []string{"https://pr-*.preview.example.com"}
	port := []string{"http://localhost:3000"}
	dotted := []string{app + ".", "https://*.example.org."}
	allowedOr := func(allowed []string, also func(o string) bool) func(string) bool {
		return func(o string) bool { return slices.Contains(allowed, o) || also(o) }
	}
	dot := regexp.MustCompile(`^https://app.example.com$`)
	tests := map[string]struct {
		allowed []string
		allows  func(string) bool
	}{
		"every origin":                   {one, func(string) bool { return true }},
		"a prefix":                       {one, func(o string) bool { return strings.HasPrefix(o, app) }},
		"a suffix":                       {one, func(o string) bool { return strings.HasSuffix(o, "app.example.com") }},
		"a part":                         {one, func(o string) bool { return strings.Contains(o, "app.example.com") }},
		"the parent":                     {one, func(o string) bool { return strings.HasSuffix(o, ".example.com") }},
		"a dot in a regexp":              {one, dot.MatchString},
		"the host":                       {one, allowedOr(one, func(o string) bool { return o == "http://app.example.com" })},
		"any port":                       {one, allowedOr(one, func(o string) bool { return strings.HasPrefix(o, app+":") })},
		"a trailing dot":                 {one, allowedOr(one, func(o string) bool { return o == app+"." })},
		"a trailing dot below a domain":  {pattern, allowedOr(pattern, func(o string) bool { return strings.HasSuffix(o, ".example.com.") })},
		"no trailing dot":                {dotted, allowedOr(dotted, func(o string) bool { return o == app })},
		"no trailing dot below a domain": {dotted, allowedOr(dotted, func(o string) bool { return strings.HasSuffix(o, ".example.org") })},
		"null":                           {one, allowedOr(one, func(o string) bool { return o == "null" })},
		"a prefix of a port":             {port, func(o string) bool { return strings.HasPrefix(o, port[0]) }},
		"two joined hosts":               {[]string{app, "https://b.example"}, allowedOr([]string{app, "https://b.example"}, func(o string) bool { return o == app+".b.example" })},
		"a suffix without its dot":       {pattern, func(o string) bool { return strings.HasSuffix(o, "example.com") }},
		"a suffix that is not the end":   {pattern, func(o string) bool { return strings.Contains(o, ".example.com") && strings.HasPrefix(o, "https://") }},
		"the bare domain": {pattern, func(o string) bool {
			return strings.HasSuffix(o, ".example.com") && strings.HasPrefix(o, "https://") || o == "https://example.com"
		}},
		"a wildcard that matches dots": {part, func(o string) bool {
			return strings.HasPrefix(o, "https://pr-") && strings.HasSuffix(o, ".preview.example.com")
		}},
		"a wildcard that matches nothing": {part, func(o string) bool {
			return o == "https://pr-.preview.example.com" || strings.HasPrefix(o, "https://pr-") && !strings.Contains(strings.TrimSuffix(o, ".preview.example.com"), ".")
		}},
	}
	for name, test := range tests {
		if testing.Short() && len(name)%3 > 0 {
			continue // a sample
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sloppy := middleware(func(m *reference) { m.allows = test.allows })
			attempt := func() *fakeTB {
				return run(func(tb testing.TB) {
					corstest.ForeignOriginsAreBlocked(tb, corstest.Middleware(tb, sloppy).WithProfiles(fetch.Chromium), test.allowed)
				})
			}
			first := attempt()
			if len(first.errors) != 1 || !strings.Contains(first.text(), "seed 0x") {
				t.Fatalf("%d errors: %s", len(first.errors), first.text())
			}
			if again := attempt(); again.text() != first.text() {
				t.Errorf("the second run reports:\n%s\nthe first run:\n%s", again.text(), first.text())
			}
		})
	}
}

func TestExactComparisonsBlockForeignOrigins(t *testing.T) {
	site := func(m func(http.Handler) http.Handler) *corstest.Site {
		return corstest.Middleware(t, m).WithProfiles(browsers()...)
	}
	corstest.ForeignOriginsAreBlocked(t, site(middleware(nil)), promised.Origins)
	null := middleware(func(m *reference) { m.allows = func(o string) bool { return o == "null" || o == app } })
	corstest.ForeignOriginsAreBlocked(t, site(null), []string{"null", app})
	// A page may always read its own origin, which is on no list.
	corstest.ForeignOriginsAreBlocked(t, site(middleware(nil)).WithURL("https://app.example.com."), promised.Origins)
}

// A server that allows only the preflight carries out the foreign page's request,
// although the page may not read the response.
func TestAnAllowedPreflightIsAFailure(t *testing.T) {
	const sibling = "https://evil.app.example.com"
	m := middleware(func(m *reference) {
		allows := m.allows
		m.allows = func(o string) bool { return allows(o) || o == sibling }
		m.set = func(h http.Header, name, value string) {
			if value != sibling {
				h.Set(name, value)
			}
		}
		m.preflight = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Origin") != sibling {
				return false
			}
			w.Header().Set("Access-Control-Allow-Origin", sibling)
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
			return true
		}
	})
	f := run(func(tb testing.TB) { corstest.ForeignOriginsAreBlocked(tb, corstest.Middleware(tb, m), []string{app}) })
	if !strings.Contains(f.text(), "\n  PUT from "+sibling) || strings.Contains(f.text(), "GET and PUT from "+sibling) {
		t.Error(f.text())
	}
}
