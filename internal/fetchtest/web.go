// Package fetchtest is shared by the tests of package fetch and of the packages
// that are built on it. It has servers that exist only in memory, and a case for
// every reason.
package fetchtest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/fetch"
)

// PageA is the page that sends a request, unless a test says otherwise. a.test,
// b.test and c.test are three sites; sub.a.test is another origin of the first.
var PageA = &fetch.Page{URL: "https://a.test/page?q#f"}

// Responses that many tests use.
const (
	AllowAny        = "200\nAccess-Control-Allow-Origin: *"
	AllowEverything = "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: *"
)

// A Web is every server that exists in a test, as an http.RoundTripper. A URL
// without a response belongs to a server that does not exist.
type Web struct {
	// Responses holds each response's text, by URL or by "METHOD URL". See
	// [Response] for its form. A status such as "200 from 10.0.0.1:80" also sets
	// the server's address. The text "silence" means that no response arrives.
	Responses map[string]string

	// Sent lists the requests that servers received, in order.
	Sent []Sent

	mu sync.Mutex
}

// A Sent is a request as a server received it.
type Sent struct {
	Method, URL string
	Header      http.Header
	Body        string
}

// NewWeb returns a Web with these responses.
func NewWeb(responses map[string]string) *Web { return &Web{Responses: responses} }

// RoundTrip implements http.RoundTripper.
func (w *Web) RoundTrip(r *http.Request) (*http.Response, error) {
	s := Sent{Method: r.Method, URL: r.URL.Scheme + "://" + r.Host + r.URL.RequestURI(), Header: r.Header.Clone()}
	w.mu.Lock()
	text, ok := w.Responses[r.Method+" "+s.URL]
	if !ok {
		text, ok = w.Responses[s.URL]
	}
	w.mu.Unlock()
	status, _, _ := strings.Cut(text, "\n")
	if _, address, ok := strings.Cut(status, " from "); ok {
		conn := &remoteConn{address: address}
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
			trace.GotConn(httptrace.GotConnInfo{Conn: conn})
		}
		if conn.closed {
			return nil, net.ErrClosed
		}
	}
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.Body = string(b)
	}
	w.mu.Lock()
	w.Sent = append(w.Sent, s)
	w.mu.Unlock()
	switch {
	case !ok:
		return nil, errors.New("no such server")
	case text == "silence":
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	resp := Response(text)
	resp.Request = r
	return resp, nil
}

// A remoteConn is a connection that has a remote address and nothing else.
type remoteConn struct {
	net.Conn
	address string
	closed  bool
}

func (c *remoteConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.address))
}

func (c *remoteConn) Close() error { c.closed = true; return nil }

// Response makes a response from its text: a status, header lines, an empty line
// and a body.
func Response(text string) *http.Response {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	status, _ := strconv.Atoi(strings.Fields(lines[0])[0])
	header := http.Header{}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		header.Add(name, strings.TrimPrefix(value, " "))
	}
	return &http.Response{StatusCode: status, Status: strconv.Itoa(status) + " " + http.StatusText(status),
		Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

// Requests returns the requests since the last call, each as "METHOD URL".
func (w *Web) Requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var requests []string
	for _, s := range w.Sent {
		requests = append(requests, s.Method+" "+s.URL)
	}
	w.Sent = nil
	return requests
}

// Last returns the last request.
func (w *Web) Last(t testing.TB) Sent {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.Sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return w.Sent[len(w.Sent)-1]
}

// Preflights returns the preflights among the requests.
func (w *Web) Preflights() []Sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.Sent), func(s Sent) bool {
		return s.Method != "OPTIONS" || s.Header.Get("Access-Control-Request-Method") == ""
	})
}

// Agent returns an agent with this transport.
func Agent(transport http.RoundTripper, p fetch.Profile) *fetch.Agent {
	agent := fetch.NewAgent(p)
	agent.Transport = transport
	return agent
}

// Fetch sends a request of PageA, unless the request has a page. One of the
// results is nil.
func Fetch(t testing.TB, agent *fetch.Agent, r fetch.Request) (*fetch.Response, *fetch.NetworkError) {
	t.Helper()
	if r.Page == nil {
		r.Page = PageA
	}
	resp, err := agent.Fetch(context.Background(), &r)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close(); resp.Internal.Body.Close() })
		return resp, nil
	}
	var blocked *fetch.NetworkError
	if !errors.As(err, &blocked) || blocked.Reason == 0 || blocked.Trace == nil {
		t.Fatalf("%#v is not a complete NetworkError", err)
	}
	if resp != nil {
		t.Fatal("both a response and an error")
	}
	return nil, blocked
}

// Headers makes a header list from lines.
func Headers(lines ...string) fetch.HeaderList {
	var l fetch.HeaderList
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		l.Append(name, strings.TrimPrefix(value, " "))
	}
	return l
}
