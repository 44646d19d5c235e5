package fetch_test

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
	"github.com/concors/concors/fetch/reason"
)

// pageA is who asks, unless a row says otherwise. a.test, b.test and c.test are
// three sites; sub.a.test is another origin of the first.
var pageA = &fetch.Page{URL: "https://a.test/page?q#f"}

// What servers say in many rows.
const (
	open      = "200\nAccess-Control-Allow-Origin: *"
	credsA    = "200\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Credentials: true"
	credsNull = "200\nAccess-Control-Allow-Origin: null\nAccess-Control-Allow-Credentials: true"
	allowAll  = "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: *"
)

// A web is every server there is, as an http.RoundTripper: what each URL, or
// "METHOD URL", answers. An answer is a status, header lines, an empty line and
// a body; see reply. A URL that has none is a server that does not exist.
type web struct {
	answers map[string]string

	mu   sync.Mutex
	sent []sentRequest
}

// A sentRequest is what a server got.
type sentRequest struct {
	method, url string
	header      http.Header
	body        string
}

func newWeb(answers map[string]string) *web { return &web{answers: answers} }

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	s := sentRequest{method: r.Method, url: r.URL.Scheme + "://" + r.Host + r.URL.RequestURI(), header: r.Header.Clone()}
	w.mu.Lock()
	answer, ok := w.answers[r.Method+" "+s.url]
	if !ok {
		answer, ok = w.answers[s.url]
	}
	w.mu.Unlock()
	status, _, _ := strings.Cut(answer, "\n")
	_, address, remote := strings.Cut(status, " from ")
	if remote {
		conn := &farEnd{address: address}
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
		s.body = string(b)
	}
	w.mu.Lock()
	w.sent = append(w.sent, s)
	w.mu.Unlock()
	switch {
	case !ok:
		return nil, errors.New("no such server")
	case answer == "silence":
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	resp := reply(answer)
	resp.Request = r
	return resp, nil
}

// farEnd is a connection of which only the other end's address matters.
type farEnd struct {
	net.Conn
	address string
	closed  bool
}

func (c *farEnd) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.address))
}

func (c *farEnd) Close() error { c.closed = true; return nil }

// reply makes a response of its text.
func reply(text string) *http.Response {
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

// requests returns what was sent since the last call, as "METHOD URL".
func (w *web) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, s := range w.sent {
		out = append(out, s.method+" "+s.url)
	}
	w.sent = nil
	return out
}

// last returns what was sent last.
func (w *web) last(t testing.TB) sentRequest {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return w.sent[len(w.sent)-1]
}

// preflights returns the preflights that were sent.
func (w *web) preflights() []sentRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.sent), func(s sentRequest) bool {
		return s.method != "OPTIONS" || s.header.Get("Access-Control-Request-Method") == ""
	})
}

func agentOn(w http.RoundTripper, p fetch.Profile) *fetch.Agent {
	agent := fetch.NewAgent(p)
	agent.Transport = w
	return agent
}

// do fetches for pageA, unless the request has a page. One of the results is nil.
func do(t testing.TB, agent *fetch.Agent, r fetch.Request) (*fetch.Response, *fetch.NetworkError) {
	t.Helper()
	if r.Page == nil {
		r.Page = pageA
	}
	resp, err := agent.Fetch(context.Background(), &r)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close(); resp.Internal.Body.Close() })
		return resp, nil
	}
	var nerr *fetch.NetworkError
	if !errors.As(err, &nerr) || nerr.Reason == 0 || nerr.Trace == nil {
		t.Fatalf("%#v is not a whole NetworkError", err)
	}
	if resp != nil {
		t.Fatal("a response beside an error")
	}
	return nil, nerr
}

// reasonOf is the error's reason, 0 for none.
func reasonOf(err *fetch.NetworkError) reason.Reason {
	if err == nil {
		return 0
	}
	return err.Reason
}

// outcome says how a fetch ended in a word: the reason or the response's type.
func outcome(resp *fetch.Response, err *fetch.NetworkError) string {
	if err != nil {
		return err.Reason.String()
	}
	return string(resp.Type)
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lines writes a header list as its lines.
func lines(l fetch.HeaderList) []string {
	var out []string
	for _, h := range l {
		out = append(out, h.Name+": "+h.Value)
	}
	return out
}

// list makes a header list of lines.
func list(lines ...string) fetch.HeaderList {
	var l fetch.HeaderList
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		l.Append(name, strings.TrimPrefix(value, " "))
	}
	return l
}
