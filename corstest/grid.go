package corstest

import (
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
)

// A Grid is a table of requests: every origin with every method and every set
// of headers.
type Grid struct {
	// Origins are the pages', as [Site.From] takes them.
	Origins []string
	// Methods are GET alone if there are none.
	Methods []string
	// Headers are sets of request headers, by name: each is one request's. If
	// there are none, requests have no headers. Content-Type is sent with a
	// value that needs leave, application/json.
	Headers [][]string
	// Credentials sends cookies along.
	Credentials bool
	// Path is what is asked for; "" is the site's URL.
	Path string

	// Allowed says whether the page may read the answer.
	Allowed func(origin, method string, headers []string) bool
}

// Run makes the requests, each in a subtest that is named by its origin, its
// method and its headers.
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
				t.Run(subtest(o, method, names), func(t *testing.T) {
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
			r.Header.Append(name, valueFor(name))
		}
	}
}

// subtest names one combination. A slash would make levels of it, which -run
// takes apart.
func subtest(o, method string, names []string) string {
	name := strings.ReplaceAll(o, "://", ":") + " " + method
	if len(names) > 0 {
		name += " " + strings.Join(names, ",")
	}
	return strings.ReplaceAll(name, "/", "|")
}

// valueFor is a value of a header that makes a browser ask for leave, if any of
// that header does.
func valueFor(name string) string {
	switch lower(name) {
	case "content-type":
		return "application/json"
	case "authorization":
		return "Bearer corstest"
	case "accept", "accept-language", "content-language", "range":
		return strings.Repeat("x", 129) // too long to be safelisted
	}
	return "1"
}
