package corstest

import (
	"bytes"
	"io"
	"net/http"
	"slices"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Page is a document whose scripts make requests to a [Site].
type Page struct {
	site *Site
	page *fetch.Page
}

// An Option changes a request before it is made. It may set any field. URL and
// Page are set already.
type Option func(*fetch.Request)

// Header adds a request header.
func Header(name, value string) Option {
	return func(r *fetch.Request) { r.Header.Append(name, value) }
}

// Credentials makes the request with cookies, like fetch() with credentials:
// "include".
func Credentials() Option {
	return func(r *fetch.Request) { r.Credentials = fetch.CredentialsInclude }
}

// Body gives the request a body with a Content-Type. If contentType is "", the
// request has no Content-Type header, like one whose body is an ArrayBuffer.
func Body(contentType, body string) Option {
	return func(r *fetch.Request) { r.Body = &fetch.Body{Bytes: []byte(body), ContentType: contentType} }
}

// UploadListener makes the request an XMLHttpRequest that listens to the progress
// of its upload. Browsers send a preflight for it even if it is otherwise a
// simple request.
func UploadListener() Option {
	return func(r *fetch.Request) { r.Initiator, r.UseCORSPreflight = fetch.InitiatorXHR, true }
}

// Fetch calls fetch() as a script of the page, in every browser. The path is
// resolved against the site's URL, and may also be a full URL. Each browser starts
// with an empty preflight cache, and with the cookies that the site has set in it
// before. An invalid URL ends the test. In this process, a fetch takes a fraction
// of a millisecond per browser.
func (p *Page) Fetch(method, path string, options ...Option) *Outcome {
	p.site.tb.Helper()
	r := &fetch.Request{Method: method, URL: path, Page: p.page}
	for _, o := range options {
		o(r)
	}
	return p.Do(r)
}

// Do makes a request of any kind in every browser, such as one of [fetch.XHR] or
// [fetch.Element]. Its URL is resolved as Fetch does, and its Page is replaced by
// this one. Do does not change r, but it reads a body that is a stream.
func (p *Page) Do(r *fetch.Request) *Outcome {
	p.site.tb.Helper()
	request := *r
	request.Page, request.Header = p.page, slices.Clone(r.Header)
	if request.Method == "" {
		request.Method = http.MethodGet
	}
	target, err := resolve(p.site.base, request.URL)
	if err != nil {
		p.site.tb.Fatalf("corstest: invalid URL %s: %v", printable(request.URL), err)
	}
	request.URL = target
	o := &Outcome{site: p.site, page: p, request: request, clock: newClock()}
	if request.Body != nil && request.Body.Stream != nil {
		// A stream can be read once, but every browser sends it.
		if o.stream, err = io.ReadAll(request.Body.Stream); err != nil {
			p.site.tb.Fatalf("corstest: reading the request's body: %v", err)
		}
	}
	for _, profile := range p.site.profiles {
		// A test's server on loopback is in the place of the one that will be deployed.
		agent := fetch.NewAgent(profile.Without(fetch.LoopbackIsMixedContent))
		agent.Transport, agent.Cookies = p.site.transport, p.site.cookies[profile.Name]
		agent.Now = o.clock.now
		o.agents = append(o.agents, agent)
	}
	o.run()
	return o
}

// resolve resolves a path against the site's URL.
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

// withStream returns a request whose body is a new stream of these bytes. If they
// are nil, the body is not a stream.
func withStream(r fetch.Request, stream []byte) *fetch.Request {
	if stream != nil {
		body := *r.Body
		body.Stream = bytes.NewReader(stream)
		r.Body = &body
	}
	return &r
}

// origin is the page's origin as the Origin header has it.
func (p *Page) origin() string {
	if p.page.Sandboxed {
		return "null"
	}
	u, err := weburl.Parse(p.page.URL, nil)
	if err != nil {
		return p.page.URL // the fetch reports what is wrong with it
	}
	return origin.OfPage(u).String()
}

// name describes the page in a sentence.
func (p *Page) name() string {
	if p.page.Sandboxed {
		return "a sandboxed page (origin null)"
	}
	return "a page on " + p.origin()
}
