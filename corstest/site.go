package corstest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Site is a server under test, and the browsers that visit it. Its methods
// whose names begin with With return another Site that has the same cookies. A
// Site may be used by several tests at a time, each with its own [Site.WithTB].
type Site struct {
	tb       testing.TB
	base     string
	wire     http.RoundTripper
	profiles []fetch.Profile
	cookies  map[string]*cookie.Store // by the profile's name
}

// defaultBase is where a handler is served, unless WithURL says otherwise: a
// name that is nobody's, of another site than any page.
const defaultBase = "https://server.example"

// Handler is the site that a handler serves, under https://server.example. The
// handler runs in this process, without a network, and for requests to any
// other host too: it can tell them apart by their Host.
func Handler(tb testing.TB, h http.Handler) *Site {
	return newSite(tb, defaultBase, fetch.HandlerTransport(h))
}

// Middleware is the site of a middleware around a handler that answers every
// request with 200, but a preflight with 405 as a router without a route for
// OPTIONS does.
func Middleware(tb testing.TB, middleware func(http.Handler) http.Handler) *Site {
	return Handler(tb, middleware(http.HandlerFunc(answer)))
}

// URL is a site where something listens already, such as "http://127.0.0.1:8080".
// A path in it is the base of the paths that are fetched, in the way of links:
// behind "http://127.0.0.1/v1/", "items" is "/v1/items" and "/items" is "/items".
// A URL that is none ends the test.
func URL(tb testing.TB, base string) *Site {
	tb.Helper()
	wire := fetch.NewTransport()
	tb.Cleanup(wire.CloseIdleConnections)
	s := newSite(tb, defaultBase, wire)
	return s.WithURL(base)
}

func newSite(tb testing.TB, base string, wire http.RoundTripper) *Site {
	s := &Site{tb: tb, base: base, wire: wire, profiles: fetch.Profiles(), cookies: map[string]*cookie.Store{}}
	for _, p := range s.profiles {
		s.cookies[p.Name] = &cookie.Store{Rules: p.Cookies}
	}
	return s
}

// WithURL is the same server under another URL: cookies, redirects and mixed
// content depend on it. What serves it stays. A URL that is none ends the test.
func (s *Site) WithURL(base string) *Site {
	s.tb.Helper()
	u, err := weburl.Parse(base, nil)
	switch {
	case err != nil:
		s.tb.Fatalf("corstest: the site's URL %s: %v", show(base), err)
	case u.Scheme != "http" && u.Scheme != "https":
		s.tb.Fatalf("corstest: the site's URL %s is not an http: or https: one", show(base))
	}
	c := *s
	c.base = base
	return &c
}

// WithTransport is the same site reached in another way: that of an
// [net/http/httptest.Server] with TLS, say.
func (s *Site) WithTransport(wire http.RoundTripper) *Site {
	c := *s
	c.wire = wire
	return &c
}

// WithProfiles is the site seen by these browsers only, instead of by all of
// [fetch.Profiles].
func (s *Site) WithProfiles(profiles ...fetch.Profile) *Site {
	c := *s
	c.profiles = profiles
	// Profiles of one name have one store: the first one's rules hold.
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

// WithTB is the site in another test, to which failures then belong: a subtest.
func (s *Site) WithTB(tb testing.TB) *Site {
	c := *s
	c.tb = tb
	return &c
}

// SetCookie gives all browsers a cookie, from a Set-Cookie line, as an earlier
// visit of the site itself would have. It returns the site. A line that a
// browser would not keep is an error of the test.
func (s *Site) SetCookie(line string) *Site {
	s.tb.Helper()
	u, err := weburl.Parse(s.base, nil)
	if err != nil {
		s.tb.Fatalf("corstest: the site's URL %s: %v", show(s.base), err)
	}
	visit := cookie.Exchange{
		Scheme: u.Scheme, Host: u.Hostname(), Path: "/", Method: "GET",
		Trustworthy: origin.URLPotentiallyTrustworthy(u), SameSiteMode: cookie.StrictOrLess,
		TopLevelNavigation: true, TopLevelSite: origin.Of(u).Site().String(),
	}
	for _, p := range s.profiles {
		if _, err := s.cookies[p.Name].Set(visit, line); err != nil {
			s.tb.Errorf("corstest: %s does not keep the cookie %s: %v", p.Name, show(line), err)
		}
	}
	return s
}

// From is a page on an origin, spelled as an Origin header is:
// "https://app.example.com", or "null" for a sandboxed page. Another spelling
// ends the test.
func (s *Site) From(pageOrigin string) *Page {
	s.tb.Helper()
	if pageOrigin == "null" {
		return s.FromPage(&fetch.Page{URL: "https://sandbox.example/", Sandboxed: true})
	}
	if _, err := origin.Parse(pageOrigin); err != nil {
		s.tb.Fatalf("corstest: no page has the origin %s: %v", show(pageOrigin), err)
	}
	return s.FromPage(&fetch.Page{URL: pageOrigin + "/"})
}

// FromPage is a page of which more is to be said than its origin: what it is
// framed in, or its policies.
func (s *Site) FromPage(p *fetch.Page) *Page { return &Page{site: s, page: p} }

// A Page is a document whose scripts make requests to a [Site].
type Page struct {
	site *Site
	page *fetch.Page
}

// origin is the page's, as it is serialized.
func (p *Page) origin() string {
	if p.page.Sandboxed {
		return "null"
	}
	o, err := origin.FromURL(p.page.URL)
	if err != nil {
		return p.page.URL // the fetch will say what is wrong with it
	}
	return o.String()
}

// An Option is one more thing about a request. It may set any field; URL and
// Page are set already.
type Option func(*fetch.Request)

// Header sets a request header.
func Header(name, value string) Option {
	return func(r *fetch.Request) { r.Header.Append(name, value) }
}

// Credentials sends cookies along, as fetch() does with credentials: "include".
func Credentials() Option {
	return func(r *fetch.Request) { r.Credentials = fetch.CredentialsInclude }
}

// Body gives the request a body of a type; "" is none, as bytes without a type
// have none.
func Body(contentType, body string) Option {
	return func(r *fetch.Request) { r.Body = &fetch.Body{Bytes: []byte(body), ContentType: contentType} }
}

// UploadListener makes the request an XMLHttpRequest that listens to the
// progress of its upload, which asks for a preflight whatever it sends.
func UploadListener() Option {
	return func(r *fetch.Request) { r.Initiator, r.UseCORSPreflight = fetch.InitiatorXHR, true }
}

// Fetch has the page's script call fetch() in every browser. The path is
// resolved against the site's URL; a whole URL will do too. Each browser starts
// without remembered preflights, and with the cookies that the site has set in
// it before.
func (p *Page) Fetch(method, path string, options ...Option) *Outcome {
	p.site.tb.Helper()
	r := &fetch.Request{Method: method, URL: path, Page: p.page}
	for _, o := range options {
		o(r)
	}
	return p.Do(r)
}

// Do makes a request of any kind, such as [fetch.XHR] and [fetch.Element] make,
// in every browser. Its Page is this one whatever it says, and its URL is
// resolved as Fetch does. It is not changed, but a body that is a stream is
// read.
func (p *Page) Do(r *fetch.Request) *Outcome {
	p.site.tb.Helper()
	c := *r
	c.Page, c.Header = p.page, slices.Clone(r.Header)
	if c.Method == "" {
		c.Method = http.MethodGet
	}
	target, err := resolve(p.site.base, c.URL)
	if err != nil {
		p.site.tb.Fatalf("corstest: the URL %s: %v", show(c.URL), err)
	}
	c.URL = target
	o := &Outcome{site: p.site, page: p, request: c}
	if c.Body != nil && c.Body.Stream != nil {
		// A stream can be sent once, and there is more than one browser.
		if o.stream, err = io.ReadAll(c.Body.Stream); err != nil {
			p.site.tb.Fatalf("corstest: reading the request's body: %v", err)
		}
	}
	o.clock = newClock()
	for _, profile := range p.site.profiles {
		agent := fetch.NewAgent(profile)
		agent.Transport, agent.Cookies, agent.Now = p.site.wire, p.site.cookies[profile.Name], o.clock.now
		o.agents = append(o.agents, agent)
	}
	o.run()
	return o
}

// resolve is a link's URL. What is no URL at all is left to the fetch, which
// refuses it as a browser would.
func resolve(base, path string) (string, error) {
	b, err := weburl.Parse(base, nil)
	if err != nil {
		return "", err
	}
	u, err := weburl.Parse(path, b)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// answer is the handler that a middleware is put around.
func answer(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil {
		w.Header()["Allow"] = []string{"GET, HEAD, POST"}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	w.WriteHeader(http.StatusOK)
	io.WriteString(w, "ok")
}

// streamOf is a request with a fresh copy of its stream.
func streamOf(r fetch.Request, stream []byte) *fetch.Request {
	if stream != nil {
		body := *r.Body
		body.Stream = bytes.NewReader(stream)
		r.Body = &body
	}
	return &r
}

// where is a URL as a sentence names it: without its query, which may be long.
func where(rawURL string) string {
	if u, err := url.Parse(rawURL); err == nil && len(rawURL) > 100 {
		u.RawQuery, u.Fragment = "", ""
		rawURL = u.String()
	}
	return strings.TrimSpace(show(rawURL))
}
