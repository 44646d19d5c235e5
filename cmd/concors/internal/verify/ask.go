package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A question is what a page asks. With raw it is one that no page can ask: a GET
// with an Origin that no browser sends.
type question struct {
	about       string // the Check that it belongs to
	url         string
	origin      string // "" for none, which only raw questions have
	method      string
	headers     []string
	credentials bool
	listener    bool // to the upload, which takes a preflight
	raw         bool
	values      map[string]string // of headers, by their names in lower case; others have one that says nothing
	body        bool              // it has one
}

// String names the question in a list.
func (q question) String() string {
	if q.raw && q.origin == "" {
		return "a request without Origin"
	}
	s := q.method + " from " + q.origin
	if len(q.headers) > 0 {
		s += " with " + strings.Join(q.headers, ", ")
	}
	if q.credentials {
		s += ", with credentials"
	}
	return s
}

// An answer is what came of a question.
type answer struct {
	// granted says that the page may read the answer or, where the request
	// itself was held back, that the preflight let it through.
	granted bool
	reason  reason.Reason
	err     *fetch.NetworkError
	// status and header are of the last answer, and preflightHeader of the
	// preflight's, nil if there was none. request and reply are evidence.
	status          int
	header          fetch.HeaderList
	preflightHeader fetch.HeaderList
	request, reply  string
	// sent is what the request itself had, whether it was held back or not.
	sent    fetch.HeaderList
	held    bool // the request itself was not sent
	skipped bool // for the limit on requests
	silent  bool // nothing came, and cause says why
	cause   string
}

var (
	errHeld  = errors.New("held back: the preflight has said what there is to say")
	errLimit = errors.New("the limit on requests is reached")
)

// gate stands before a live server: it lets through what changes nothing there,
// as often as is allowed.
type gate struct {
	inner  http.RoundTripper
	unsafe bool
	most   int64
	sent   atomic.Int64
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	err := errHeld
	switch {
	case g.unsafe, r.Method == http.MethodGet, r.Method == http.MethodHead, r.Method == http.MethodOptions:
		if g.sent.Add(1) <= g.most {
			return g.inner.RoundTrip(r)
		}
		g.sent.Add(-1)
		err = errLimit
	}
	if r.Body != nil {
		r.Body.Close()
	}
	return nil, err
}

// ask puts a question to what is behind a transport.
func ask(ctx context.Context, profile fetch.Profile, wire http.RoundTripper, timeout time.Duration, q question) *answer {
	if q.raw {
		return askRaw(ctx, wire, timeout, q)
	}
	agent := fetch.NewAgent(profile)
	agent.Transport, agent.Timeout = wire, timeout
	r := &fetch.Request{Page: pageOf(q.origin), Method: q.method, URL: q.url}
	if q.credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	if q.listener {
		r.Initiator, r.UseCORSPreflight, r.Body = fetch.InitiatorXHR, true, fetch.TextBody("concors")
	}
	if q.body {
		r.Body = fetch.TextBody("concors")
	}
	for _, name := range q.headers {
		value := "concors"
		if strings.EqualFold(name, "Content-Type") {
			value = "application/json"
		}
		value = cmp.Or(q.values[strings.ToLower(name)], value)
		r.Header.Append(name, value)
	}
	a := &answer{}
	var trace *fetch.Trace
	response, err := agent.Fetch(ctx, r)
	if err == nil {
		response.Body.Close()
		a.granted, trace = !response.Hidden(), response.Trace
	} else if !errors.As(err, &a.err) {
		a.silent, a.cause = true, err.Error()
		return a
	} else {
		a.reason, trace = a.err.Reason, a.err.Trace
		a.held = errors.Is(err, errHeld)
		a.granted = a.held
		a.skipped = errors.Is(err, errLimit)
		if a.silent = a.reason.Unreachable() && !a.held && !a.skipped; a.silent && a.err.Err != nil {
			a.cause = a.err.Err.Error()
		}
	}
	if trace == nil {
		return a
	}
	for i := range trace.Exchanges {
		x := &trace.Exchanges[i]
		if !x.Preflight {
			a.sent = x.Header
		}
		if x.Err != nil && errors.Is(x.Err, errHeld) {
			continue
		}
		a.request, a.reply = requestText(x), answerText(x.Status, x.ResponseHeader)
		a.status, a.header = x.Status, x.ResponseHeader
		if x.Preflight {
			a.preflightHeader = append(fetch.HeaderList{}, x.ResponseHeader...)
		}
	}
	return a
}

// pageOf is a page on an origin; of null, a sandboxed one.
func pageOf(origin string) *fetch.Page {
	if origin == "null" {
		return &fetch.Page{URL: "https://sandboxed.invalid/", Sandboxed: true}
	}
	return &fetch.Page{URL: origin + "/"}
}

// askRaw makes a GET that is no page's.
func askRaw(ctx context.Context, wire http.RoundTripper, timeout time.Duration, q question) *answer {
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, q.method, q.url, nil)
	if err != nil {
		return &answer{silent: true, cause: err.Error()}
	}
	r.Header.Set("Accept", "*/*")
	if q.origin != "" {
		r.Header.Set("Origin", q.origin)
	}
	x := &fetch.Exchange{Method: q.method, URL: q.url, Header: listOf(r.Header)}
	resp, err := wire.RoundTrip(r)
	if err != nil {
		skipped := errors.Is(err, errLimit)
		return &answer{skipped: skipped, silent: !skipped, cause: err.Error()}
	}
	resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: listOf(resp.Header), request: requestText(x)}
	a.reply = answerText(a.status, a.header)
	value, _ := a.header.Get("Access-Control-Allow-Origin")
	a.granted = value == "*" || value != "" && value == q.origin
	return a
}

func listOf(h http.Header) (list fetch.HeaderList) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			list.Append(name, value)
		}
	}
	return list
}

// evidenceLines is how many headers of one message are kept as evidence.
const evidenceLines = 30

// requestText is a request without what browsers always send.
func requestText(x *fetch.Exchange) string {
	return message(x.Method+" "+term.Bounded(x.URL), x.Header, func(name string) bool {
		switch name {
		case "accept", "accept-encoding", "accept-language", "user-agent", "referer", "connection", "host", "content-length", "priority":
			return true
		}
		return strings.HasPrefix(name, "sec-")
	})
}

func answerText(status int, h fetch.HeaderList) string {
	if status == 0 {
		return "(no answer)"
	}
	return message(strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status))), h, func(name string) bool {
		switch name {
		case "date", "content-length", "set-cookie", "set-cookie2":
			return true // a cookie is nobody's business in a report
		}
		return false
	})
}

func message(first string, h fetch.HeaderList, leaveOut func(string) bool) string {
	lines := []string{first}
	for _, line := range h {
		if leaveOut(strings.ToLower(line.Name)) {
			continue
		}
		if len(lines) > evidenceLines {
			lines = append(lines, "(and more)")
			break
		}
		lines = append(lines, term.Bounded(line.Name)+": "+term.Bounded(line.Value))
	}
	return strings.Join(lines, "\n")
}
