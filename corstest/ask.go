package corstest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
)

// How a middleware under check is asked: by browsers, and plainly.

// checkPath is what is asked for.
const checkPath = "/corstest"

// evidence is a request and its answer, as text.
type evidence struct{ request, answer string }

// A question is what a page asks.
type question struct {
	origin      string
	method      string
	headers     []string // their names
	credentials bool
	body        *fetch.Body
	stream      bool // the body, which is then read anew for each browser
	upload      bool // with a listener to its upload
	// onTheWay changes a preflight between browser and server, as a proxy does.
	onTheWay func(http.Header)
	handler  http.Handler // another than the checker's
}

// seen is what came of a question in one browser, with the last request that it
// sent and the answer.
type seen struct {
	Result
	evidence
}

// browse has every browser ask, without remembered preflights.
func (c *checker) browse(q question) []seen {
	var all []seen
	for _, p := range fetch.Profiles() {
		all = append(all, c.browseIn(fetch.NewAgent(p), q))
	}
	return all
}

// browseIn has one browser ask. An agent is used once, unless what it remembers
// is the point: then its Transport is that of the first question.
func (c *checker) browseIn(agent *fetch.Agent, q question) seen {
	if agent.Transport == nil {
		agent.Transport = c.wire(&q)
	}
	page := &fetch.Page{URL: q.origin + "/"}
	if q.origin == "null" {
		page = &fetch.Page{URL: "https://sandbox.example/", Sandboxed: true}
	}
	r := &fetch.Request{Page: page, Method: q.method, URL: defaultBase + checkPath, Body: q.body}
	if q.stream {
		r.Body = fetch.StreamBody(strings.NewReader("corstest"))
	}
	if q.credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	if q.upload {
		r.Initiator, r.UseCORSPreflight = fetch.InitiatorXHR, true
	}
	for _, name := range q.headers {
		r.Header.Append(name, valueFor(name))
	}
	c.evidence = evidence{"(nothing was sent)", "(none)"}
	result := fetchOnce(context.Background(), agent, r)
	return seen{result, c.evidence}
}

// wire carries a question's requests to the handler.
func (c *checker) wire(q *question) http.RoundTripper {
	handler := q.handler
	if handler == nil {
		handler = c.handler
	}
	inner := fetch.HandlerTransport(guarded{c, handler})
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if q.onTheWay != nil && r.Method == http.MethodOptions {
			r = r.Clone(r.Context())
			q.onTheWay(r.Header)
		}
		c.evidence = evidence{requestText(r), "(no answer)"}
		resp, err := inner.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		c.evidence.answer = answerText(resp.StatusCode, resp.Header)
		return resp, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// guarded notes a panic before it goes on.
type guarded struct {
	c *checker
	http.Handler
}

func (g guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			g.c.evidence = evidence{requestText(r), "(no answer)"}
			g.c.find(panics, "the middleware panicked: %s", show(fmt.Sprint(v)))
			panic(v)
		}
	}()
	g.Handler.ServeHTTP(w, r)
}

// reply is a handler's answer to a plain request.
type reply struct {
	status  int
	header  http.Header // as the handler left it, for what is shared to be seen
	reached bool        // the handler within
}

// ask makes a request that needs no browser. The header is the request's; before
// is what is set already when the middleware is called.
func (c *checker) ask(method string, header, before http.Header) *reply {
	r, err := http.NewRequest(method, defaultBase+checkPath, nil)
	if err != nil {
		panic(err) // the methods are ours
	}
	r.Header, r.RequestURI, r.RemoteAddr, r.Body = header, checkPath, "127.0.0.1:1", http.NoBody
	r.URL.Scheme, r.URL.Host = "", "" // as a server sees it
	c.evidence = evidence{requestText(r), "(no answer)"}
	w := &writer{header: before}
	if before == nil {
		w.header = http.Header{}
	}
	c.reached = false
	func() {
		defer func() { recover() }() // guarded has noted it
		guarded{c, c.handler}.ServeHTTP(w, r)
		w.WriteHeader(http.StatusOK)
		c.evidence.answer = answerText(w.status, w.sent)
	}()
	return &reply{w.status, w.header, c.reached}
}

// get asks with a GET of these Origin lines.
func (c *checker) get(origins ...string) *reply {
	return c.ask(http.MethodGet, originLines(origins...), nil)
}

func originLines(origins ...string) http.Header {
	if len(origins) == 0 {
		return http.Header{}
	}
	return http.Header{"Origin": origins}
}

// allowOrigin is an answer's Access-Control-Allow-Origin, "" if there is none.
func (r *reply) allowOrigin() string {
	return strings.Join(r.header["Access-Control-Allow-Origin"], ", ")
}

// members are those of a list header.
func (r *reply) members(name string) []string {
	var out []string
	for _, line := range r.header[name] {
		for m := range strings.SplitSeq(line, ",") {
			if m = lower(textproto.TrimString(m)); m != "" {
				out = append(out, m)
			}
		}
	}
	return out
}

// writer is a plain http.ResponseWriter.
type writer struct {
	header, sent http.Header
	status       int
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}

// requestText is a request as it is sent, without what browsers always add.
func requestText(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	return headerText(r.Method+" "+r.URL.RequestURI()+" HTTP/1.1\nHost: "+host, r.Header, func(name string) bool {
		return !slices.Contains(tellingOfRequests, name) && !strings.HasPrefix(name, "x-")
	})
}

func answerText(status int, h http.Header) string {
	return headerText(strings.TrimRight(fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status)), " "), h, func(name string) bool {
		return name == "content-length" || name == "date"
	})
}

func headerText(first string, h http.Header, leaveOut func(string) bool) string {
	var b bytes.Buffer
	b.WriteString(first)
	lines := 0
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if leaveOut(lower(name)) {
			continue
		}
		for _, value := range h[name] {
			if lines++; lines > 30 {
				b.WriteString("\n(and more)")
				return b.String()
			}
			b.WriteString("\n" + show(name) + ": " + shownValue(fetch.Header{Name: name, Value: value}))
		}
	}
	return b.String()
}
