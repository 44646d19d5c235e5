package corstest

import (
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/field"
)

// A Grid is a table of requests: every origin with every method and every set of
// headers.
type Grid struct {
	// Origins are the origins of the pages, as [Site.From] takes them.
	Origins []string
	// Methods are the requests' methods. No methods means GET alone.
	Methods []string
	// Headers are sets of request header names. Each set is sent in requests of
	// its own. No sets means requests without headers. Headers that can be part of
	// a simple request, such as Content-Type, get a value that needs a preflight
	// (application/json).
	Headers [][]string
	// Credentials makes the requests with cookies.
	Credentials bool
	// Path is the requests' path; "" means the site's URL.
	Path string

	// Allowed reports whether the page may read the response.
	Allowed func(origin, method string, headers []string) bool
}

// Run makes the requests, each in a subtest named by its origin, method and
// headers.
func (g Grid) Run(t *testing.T, site *Site) {
	t.Helper()
	methods, headers := g.Methods, g.Headers
	if len(methods) == 0 {
		methods = []string{"GET"}
	}
	if len(headers) == 0 {
		headers = [][]string{nil}
	}
	for _, o := range g.Origins {
		for _, method := range methods {
			for _, names := range headers {
				t.Run(subtestName(o, method, names), func(t *testing.T) {
					t.Helper()
					outcome := site.WithTB(t).From(o).Fetch(method, g.Path, g.option(names))
					if g.Allowed(o, method, names) {
						outcome.MayRead()
					} else {
						outcome.MayNotRead()
					}
				})
			}
		}
	}
}

func (g Grid) option(names []string) Option {
	return func(r *fetch.Request) {
		if g.Credentials {
			r.Credentials = fetch.CredentialsInclude
		}
		for _, name := range names {
			r.Header.Append(name, field.CORSUnsafeValue(name))
		}
	}
}

// subtestName names one combination. It has no slashes, because they separate the
// levels of subtests.
func subtestName(o, method string, names []string) string {
	name := strings.ReplaceAll(o, "://", ":") + " " + method
	if len(names) > 0 {
		name += " " + strings.Join(names, ",")
	}
	return strings.ReplaceAll(name, "/", "|")
}
