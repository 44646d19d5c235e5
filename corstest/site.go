package corstest

import (
	"io"
	"net/http"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Site is a server under test, and the browsers that visit it. The methods
// whose names begin with With return another Site that shares the cookies. A Site
// is safe for concurrent use; parallel tests each use their own [Site.WithTB].
type Site struct {
	tb        testing.TB
	base      string
	transport http.RoundTripper
	profiles  []fetch.Profile
	cookies   map[string]*cookie.Store // by the profile's name
}

// defaultBase is the URL of a handler, unless WithURL sets another: no other page
// of the tests has its origin or its site.
const defaultBase = "https://server.example"

// Handler returns the site that a handler serves at https://server.example. The
// handler runs in this process, without a network. It also receives requests to
// all other hosts, and can tell them apart by their Host.
func Handler(tb testing.TB, h http.Handler) *Site {
	return newSite(tb, defaultBase, fetch.HandlerTransport(h))
}

// Middleware returns the site of a middleware around a minimal handler. The
// handler responds to preflights with 405, like a router without a route for
// OPTIONS, and to all other requests with 200.
func Middleware(tb testing.TB, middleware func(http.Handler) http.Handler) *Site {
	return Handler(tb, middleware(http.HandlerFunc(serveOK)))
}

// URL returns the site of a server that listens already, such as
// "http://127.0.0.1:8080". Paths are resolved against the URL as links are: with
// the base "http://127.0.0.1/v1/", "items" means "/v1/items" and "/items" means
// "/items". An invalid URL ends the test.
func URL(tb testing.TB, base string) *Site {
	tb.Helper()
	transport := fetch.NewTransport()
	tb.Cleanup(transport.CloseIdleConnections)
	s := newSite(tb, defaultBase, transport)
	return s.WithURL(base)
}

func newSite(tb testing.TB, base string, transport http.RoundTripper) *Site {
	s := &Site{
		tb: tb, base: base, transport: transport,
		profiles: fetch.Profiles(), cookies: map[string]*cookie.Store{},
	}
	for _, p := range s.profiles {
		s.cookies[p.Name] = &cookie.Store{Rules: p.Cookies}
	}
	return s
}

// WithURL returns the same server under another URL. Cookies, redirects and mixed
// content depend on the URL. The requests still go to the same handler or
// transport. An invalid URL ends the test.
func (s *Site) WithURL(base string) *Site {
	s.tb.Helper()
	u, err := weburl.Parse(base, nil)
	switch {
	case err != nil:
		s.tb.Fatalf("corstest: invalid URL of the site %s: %v", printable(base), err)
	case u.Scheme != "http" && u.Scheme != "https":
		s.tb.Fatalf("corstest: the URL of the site %s is not an http: or https: URL", printable(base))
	}
	c := *s
	c.base = base
	return &c
}

// WithTransport returns the same site, reached through another transport. Use it,
// for example, for the certificate of an [net/http/httptest.Server] with TLS.
func (s *Site) WithTransport(transport http.RoundTripper) *Site {
	c := *s
	c.transport = transport
	return &c
}

// WithProfiles returns the same site, visited only by these browsers instead of
// all [fetch.Profiles].
func (s *Site) WithProfiles(profiles ...fetch.Profile) *Site {
	c := *s
	c.profiles = profiles
	// Profiles of one name share one store, with the rules of the first.
	c.cookies = map[string]*cookie.Store{}
	for _, p := range profiles {
		switch old := s.cookies[p.Name]; {
		case c.cookies[p.Name] != nil:
		case old != nil && old.Rules == p.Cookies:
			c.cookies[p.Name] = old
		default:
			c.cookies[p.Name] = &cookie.Store{Rules: p.Cookies}
		}
	}
	return &c
}

// WithTB returns the same site for another test, such as a subtest. Failures are
// then reported to that test.
func (s *Site) WithTB(tb testing.TB) *Site {
	c := *s
	c.tb = tb
	return &c
}

// SetCookie stores a cookie in all browsers, as an earlier visit to the site
// itself would have. The line is the value of a Set-Cookie header. SetCookie
// returns s. A line that a browser would refuse is an error of the test.
func (s *Site) SetCookie(line string) *Site {
	s.tb.Helper()
	u, err := weburl.Parse(s.base, nil)
	if err != nil {
		s.tb.Fatalf("corstest: invalid URL of the site %s: %v", printable(s.base), err)
	}
	visit := cookie.Exchange{
		Scheme: u.Scheme, Host: u.Hostname(), Path: "/", Method: http.MethodGet,
		Trustworthy: origin.URLPotentiallyTrustworthy(u), SameSiteMode: cookie.StrictOrLess,
		TopLevelNavigation: true, TopLevelSite: origin.Of(u).Site().String(),
	}
	for _, p := range s.profiles {
		if _, err := s.cookies[p.Name].Set(visit, line); err != nil {
			s.tb.Errorf("corstest: %s does not store the cookie %s: %v", p.Name, printable(line), err)
		}
	}
	return s
}

// From returns a page on an origin, which is written as in an Origin header:
// "https://app.example.com" or "capacitor://localhost", or "null" for a sandboxed
// page. Any other spelling ends the test.
func (s *Site) From(pageOrigin string) *Page {
	s.tb.Helper()
	if pageOrigin == "null" {
		return s.FromPage(sandboxedPage())
	}
	o, err := origin.Parse(pageOrigin)
	if err != nil {
		s.tb.Fatalf("corstest: no page has the origin %s: %v", printable(pageOrigin), err)
	}
	if !o.IsPage() {
		s.tb.Fatalf("corstest: no page has the origin %s: its scheme is not one of pages", printable(pageOrigin))
	}
	return s.FromPage(&fetch.Page{URL: pageOrigin + "/"})
}

// FromPage returns a page with more properties than its origin, such as the
// frames around it or its policies.
func (s *Site) FromPage(p *fetch.Page) *Page { return &Page{site: s, page: p} }

// sandboxedPage is a page whose requests have Origin: null.
func sandboxedPage() *fetch.Page {
	return &fetch.Page{URL: "https://sandbox.example/", Sandboxed: true}
}

// serveOK is the handler inside a middleware under test.
func serveOK(w http.ResponseWriter, r *http.Request) {
	isPreflight := r.Method == http.MethodOptions &&
		r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
	if isPreflight {
		w.Header()["Allow"] = []string{"GET, HEAD, POST"}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	w.WriteHeader(http.StatusOK)
	io.WriteString(w, "ok")
}
