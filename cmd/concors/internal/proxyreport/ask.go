package proxyreport

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/internal/field"
)

// Limits of the requests with which Ask learns what an API says to the page. They are sent
// one after the other, for the first kinds of requests only.
const (
	maxAsked   = 60
	askPause   = 100 * time.Millisecond
	askTimeout = 5 * time.Second
	// askWait is how long a report waits for what is being sent, unless Options.Wait says.
	askWait = 3 * time.Second
)

// Ask sends the API what the page's browser would send it without the proxy, until ctx
// ends: for each kind of request its preflight, and the request itself if it is a GET or
// HEAD. The proxy sends the API's own origin in Origin, so that what it recorded does not
// show what the API says to the page.
func (l *Log) Ask(ctx context.Context) {
	if l.options.Wire == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case k := <-l.toAsk:
			o := k.ask(ctx, l.options.Wire)
			l.mu.Lock()
			k.asked, k.request = o, nil
			l.pending--
			if l.pending == 0 && l.idle != nil {
				close(l.idle)
				l.idle = nil
			}
			l.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askPause):
		}
	}
}

// wantsAnswer queues a kind of request, if the API's response to the page is not known
// from the recorded one.
func (l *Log) wantsAnswer(k *kind, r proxy.Record) {
	if l.options.Wire == nil || len(l.order) > maxAsked || k.mode == "no-cors" {
		return
	}
	k.request = bounded(withCookies(r))
	l.toAsk <- k // which has room for all of them
	l.pending++
}

// wait waits until everything that is queued was sent, but not for long.
func (l *Log) wait(ctx context.Context) {
	l.mu.Lock()
	if l.pending == 0 {
		l.mu.Unlock()
		return
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	case <-time.After(cmp.Or(l.options.Wait, askWait)):
	}
}

// ask makes a request as the page's browser would, straight to the API. It returns nil if
// that shows nothing.
func (k *kind) ask(ctx context.Context, wire http.RoundTripper) *outcome {
	o := &outcome{question: k.question()}
	t := &live{wire: wire, kind: k, ctx: ctx}
	q := o.question
	q.Transport, q.Timeout = t, askTimeout
	result, err := request.Run(ctx, q)
	if err != nil || ctx.Err() != nil {
		return nil
	}
	o.sent = t.sent
	r := &result.Results[0]
	switch {
	case t.anonymous && len(t.sent) > 0 && t.sent[len(t.sent)-1].status >= 400 && k.status < 400:
		return nil // what it says to a page that is not logged in
	case t.withheld:
		o.preflight = t.preflight // what is left to know is in the recorded response
		return o
	case r.Verdict == request.Unreachable:
		return nil
	}
	o.result, o.verdict = result, r.Verdict
	return o
}

var errNotRepeated = errors.New("only GET and HEAD are sent again")

// live is the transport by which a request is sent to an API.
type live struct {
	wire      http.RoundTripper
	kind      *kind
	ctx       context.Context
	sent      []sentExchange
	preflight *http.Response // the last one
	withheld  bool
	// anonymous means that the request was sent without the values of the page's cookies and
	// headers: it goes to another server, or the response sets cookies, and a server may
	// replace those that it gets.
	anonymous bool
}

// A sentExchange is one that the report made, for HAR.
type sentExchange struct {
	started       time.Time
	method, url   string
	request       http.Header
	status        int
	response      http.Header
	page, comment string
}

// RoundTrip implements [http.RoundTripper].
func (t *live) RoundTrip(r *http.Request) (*http.Response, error) {
	isPreflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	if !isPreflight && r.Method != http.MethodGet && r.Method != http.MethodHead {
		t.withheld = true
		return nil, errNotRepeated
	}
	out := r.Clone(r.Context())
	if !isPreflight {
		t.anonymous = len(t.kind.response["Set-Cookie"]) > 0 || originOf(r.URL.String()) != originOf(t.kind.url)
		if !t.anonymous {
			t.addPagesHeaders(out.Header)
		}
	}
	started := time.Now()
	response, err := t.wire.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	response.Request = r
	t.sent = append(t.sent, sentExchange{started: started, method: r.Method, url: r.URL.String(), request: out.Header,
		status: response.StatusCode, response: response.Header.Clone(), page: t.kind.page,
		comment: "Sent by concors proxy, as the page's browser would send it without the proxy."})
	if isPreflight {
		t.preflight = response
	}
	return response, nil
}

// addPagesHeaders adds what the page's browser sent, with the values that the question does
// not have, and with the cookies that the API received.
func (t *live) addPagesHeaders(h http.Header) {
	for name, values := range t.kind.request {
		switch lower := field.Lower(name); {
		case strings.HasPrefix(lower, "sec-"), strings.HasPrefix(lower, "if-"), strings.HasPrefix(lower, "access-control-"),
			slices.Contains([]string{"origin", "referer", "host", "connection", "content-length", "content-type", "te", "upgrade",
				"accept-encoding", "keep-alive", "proxy-connection", "transfer-encoding"}, lower):
		default:
			h[name] = values
		}
	}
}
