package corstest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/field"
)

// How Check sends requests: from pages in browsers, and directly.

// A pageRequest is a request that a page makes.
type pageRequest struct {
	origin      string
	method      string
	headers     []string // names
	credentials bool
	body        *fetch.Body
	stream      bool // the body is a stream
	upload      bool // the upload has a listener
	// changePreflight changes the preflight's headers, as a proxy may do.
	changePreflight func(http.Header)
	handler         http.Handler // instead of the checker's
}

// A browserResult is the result of a pageRequest in one browser, with the last
// request that it sent.
type browserResult struct {
	Result
	last exchange
}

// inBrowsers makes the request in every browser, with empty preflight caches.
func (c *checker) inBrowsers(p pageRequest) []browserResult {
	var all []browserResult
	for _, profile := range c.browsers {
		all = append(all, c.inBrowser(fetch.NewAgent(profile), p))
	}
	return all
}

// inBrowser makes the request in one browser. An agent that is used again, for its
// preflight cache, keeps the transport of its first request.
func (c *checker) inBrowser(agent *fetch.Agent, p pageRequest) browserResult {
	if agent.Transport == nil {
		agent.Transport = c.transport(&p)
	}
	c.last = exchange{}
	result := fetchOnce(context.Background(), agent, p.fetchRequest(c.url.String()))
	return browserResult{result, c.last}
}

func (p *pageRequest) fetchRequest(url string) *fetch.Request {
	page := &fetch.Page{URL: p.origin + "/"}
	if p.origin == "null" {
		page = sandboxedPage()
	}
	r := &fetch.Request{Page: page, Method: p.method, URL: url, Body: p.body}
	if p.stream {
		r.Body = fetch.StreamBody(strings.NewReader("corstest"))
	}
	if p.credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	if p.upload {
		r.Initiator, r.UseCORSPreflight = fetch.InitiatorXHR, true
	}
	for _, name := range p.headers {
		r.Header.Append(name, field.CORSUnsafeValue(name))
	}
	return r
}

// transport carries a browser's requests to the handler.
func (c *checker) transport(p *pageRequest) http.RoundTripper {
	handler := p.handler
	if handler == nil {
		handler = c.handler
	}
	inner := fetch.HandlerTransport(panicFinder{c, handler})
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if p.changePreflight != nil && r.Method == http.MethodOptions {
			r = r.Clone(r.Context())
			p.changePreflight(r.Header)
		}
		c.last = requestExchange(r)
		resp, err := inner.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		c.last.status, c.last.responseHeader = resp.StatusCode, resp.Header
		return resp, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A panicFinder reports a panic of a handler, which then continues.
type panicFinder struct {
	c *checker
	http.Handler
}

func (h panicFinder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			h.c.last = requestExchange(r)
			h.c.find(panics, "the middleware panics: %s", printable(fmt.Sprint(v)))
			panic(v)
		}
	}()
	h.Handler.ServeHTTP(w, r)
}

// A directResponse is the response to a request that no browser sent.
type directResponse struct {
	status  int
	header  http.Header // the map that the handler wrote to
	reached bool        // the inner handler was called
}

// send sends a request with these headers. responseHeader has the headers that are
// set before the middleware is called; nil means none.
func (c *checker) send(method string, header, responseHeader http.Header) *directResponse {
	r := c.directRequest(method, header)
	c.last = requestExchange(r)
	w := &responseRecorder{header: responseHeader}
	if responseHeader == nil {
		w.header = http.Header{}
	}
	c.reached = false
	func() {
		defer func() { recover() }() // panicFinder has reported it
		panicFinder{c, c.handler}.ServeHTTP(w, r)
		w.WriteHeader(http.StatusOK)
		c.last.status, c.last.responseHeader = w.status, w.sent
	}()
	return &directResponse{w.status, w.header, c.reached}
}

// sendBase sends a request with the method of the base request and these Origin
// headers.
func (c *checker) sendBase(origins ...string) *directResponse {
	return c.send(c.base.method, originHeaders(origins...), nil)
}

// directRequest returns a request as a server receives it.
func (c *checker) directRequest(method string, header http.Header) *http.Request {
	u := &url.URL{Path: c.url.Path, RawPath: c.url.RawPath, RawQuery: c.url.RawQuery}
	return &http.Request{
		Method: method, URL: u, RequestURI: u.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: c.url.Host,
		Header: header, Body: http.NoBody, RemoteAddr: "127.0.0.1:1",
	}
}

func originHeaders(origins ...string) http.Header {
	if len(origins) == 0 {
		return http.Header{}
	}
	return http.Header{"Origin": origins}
}

// allowOrigin is the response's Access-Control-Allow-Origin, "" if there is none.
func (r *directResponse) allowOrigin() string {
	return strings.Join(r.header["Access-Control-Allow-Origin"], ", ")
}

// vary returns the members of Vary, in lower case.
func (r *directResponse) vary() (members []string) {
	for _, line := range r.header["Vary"] {
		for m := range strings.SplitSeq(line, ",") {
			if m = field.Lower(field.Trim(m)); m != "" {
				members = append(members, m)
			}
		}
	}
	return members
}

// A responseRecorder is a minimal http.ResponseWriter. header is the map that
// handlers write to, and sent a copy of it at the time when it was sent.
type responseRecorder struct {
	header, sent http.Header
	status       int
}

func (w *responseRecorder) Header() http.Header { return w.header }

func (w *responseRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *responseRecorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}

// An exchange is a request and its response, as evidence for a finding. The zero
// exchange means that nothing was sent. It is formatted only if it is needed.
type exchange struct {
	firstLines     string // the request line and Host
	requestHeader  http.Header
	status         int // 0 means that there was no response
	responseHeader http.Header
	note           string // instead of a response
}

// requestExchange is a request that has no response yet. It copies the headers,
// because middlewares may change them.
func requestExchange(r *http.Request) exchange {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	return exchange{
		firstLines:    r.Method + " " + r.URL.RequestURI() + " HTTP/1.1\nHost: " + host,
		requestHeader: r.Header.Clone(), note: "(no response)",
	}
}

// requestText is the request, without the headers that browsers always send.
func (x exchange) requestText() string {
	if x.firstLines == "" {
		return "(nothing was sent)"
	}
	return headerText(x.firstLines, x.requestHeader, func(name string) bool {
		return isCORSRequestHeader(name) || strings.HasPrefix(field.Lower(name), "x-")
	})
}

func (x exchange) responseText() string {
	switch {
	case x.firstLines == "":
		return "(none)"
	case x.status == 0:
		return x.note
	}
	first := strings.TrimRight(fmt.Sprintf("HTTP/1.1 %d %s", x.status, http.StatusText(x.status)), " ")
	return headerText(first, x.responseHeader, func(name string) bool {
		name = field.Lower(name)
		return name != "content-length" && name != "date"
	})
}

// headerText is a message's first line and those of its headers that are shown.
func headerText(first string, h http.Header, shown func(name string) bool) string {
	const most = 30
	var b bytes.Buffer
	b.WriteString(first)
	lines := 0
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !shown(name) {
			continue
		}
		for _, value := range h[name] {
			if lines++; lines > most {
				b.WriteString("\n(and more)")
				return b.String()
			}
			b.WriteString("\n" + printable(name) + ": " + redacted(fetch.Header{Name: name, Value: value}))
		}
	}
	return b.String()
}
