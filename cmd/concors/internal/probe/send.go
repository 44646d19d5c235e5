package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// An Outcome is what a browser makes of the responses to a [Question].
type Outcome struct {
	// Allowed means that the page may read the response or, where the request
	// itself was withheld, that the preflight allows it.
	Allowed bool
	Reason  reason.Reason // why the browser blocks it
	Err     *fetch.NetworkError

	// Status and Header are those of the last response. PreflightHeader is that
	// of the response to the preflight, nil if there was none.
	Status          int
	Header          fetch.HeaderList
	PreflightHeader fetch.HeaderList
	PreflightStatus int
	// Sent is the header of the request itself, even if it was withheld.
	Sent fetch.HeaderList
	// Request and Response are the last messages as text, for evidence.
	Request, Response string

	Withheld   bool   // the request itself was not sent, because its method is unsafe
	Skipped    bool   // not sent, because the limit on requests was reached
	NoResponse bool   // nothing came back
	NotKnown   bool   // the response does not show what the server's policy is
	Cause      string // why there was no response, or why it shows nothing
}

// Known reports whether the outcome says anything about the server.
func (o *Outcome) Known() bool { return !o.Skipped && !o.NoResponse && !o.NotKnown }

// Missing reports whether the response says that the URL has nothing.
func (o *Outcome) Missing() bool {
	return o.Status == http.StatusNotFound || o.Status == http.StatusGone
}

var (
	errWithheld = errors.New("withheld: only its preflight is sent")
	errLimit    = errors.New("the limit on requests was reached")
)

const (
	// defaultUserAgent is for profiles that have none.
	defaultUserAgent = "Mozilla/5.0 (compatible; Concors)"
	// Marker is the header by which operators recognize the tool's requests.
	Marker      = "X-Concors"
	markerValue = "verify"
	// noTimeout is for agents whose transport has the timeout of each request: the
	// time that a request waits for its turn must not count.
	noTimeout = 24 * time.Hour
	// drainBytes and drainTime limit what is read of a body that nothing needs.
	drainBytes = 64 << 10
	drainTime  = 200 * time.Millisecond
)

// A Transport passes requests on to a live server if they cannot change anything
// there, until a limit is reached.
type Transport struct {
	Base          http.RoundTripper
	UnsafeMethods bool // pass on every method
	MaxRequests   int

	// UserAgent is sent by requests that have none.
	UserAgent string
	// Header is added to requests to the origin Own, except to preflights, because
	// browsers send those without a page's headers and cookies.
	Header http.Header
	Own    string
	// Timeout is how long to wait for each response. 0 waits as long as the
	// request's context.
	Timeout time.Duration

	replaceUserAgent bool // send UserAgent with all requests
	pace             *pace
	sent             atomic.Int64
	reserve          atomic.Int64 // requests of MaxRequests that only control questions may use
}

// Sent returns how many requests were passed on.
func (t *Transport) Sent() int { return int(t.sent.Load()) }

type controlKey struct{}

// controlContext marks the requests of a control question.
func controlContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, controlKey{}, true)
}

// take takes one of the requests that may be sent.
func (t *Transport) take(ctx context.Context) bool {
	limit := int64(t.MaxRequests)
	if ctx.Value(controlKey{}) == nil {
		limit -= t.reserve.Load()
	}
	for {
		sent := t.sent.Load()
		if sent >= limit {
			return false
		}
		if t.sent.CompareAndSwap(sent, sent+1) {
			return true
		}
	}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	err := errWithheld
	switch {
	case t.UnsafeMethods, r.Method == http.MethodGet, r.Method == http.MethodHead,
		r.Method == http.MethodOptions:
		err = errLimit
		if t.take(r.Context()) {
			return t.send(r)
		}
	}
	if r.Body != nil {
		r.Body.Close()
	}
	return nil, err
}

// send passes a request on when its turn has come.
func (t *Transport) send(r *http.Request) (*http.Response, error) {
	if t.pace != nil {
		if err := t.pace.wait(r.Context()); err != nil {
			return nil, err
		}
	}
	ctx, cancel := r.Context(), func() {}
	if t.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, t.Timeout, errNoResponse)
	}
	r = r.Clone(ctx)
	r.Header.Set(Marker, markerValue)
	if t.UserAgent != "" && (t.replaceUserAgent || r.Header.Get("User-Agent") == "") {
		r.Header.Set("User-Agent", t.UserAgent)
	}
	isPreflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	if !isPreflight && r.URL.Scheme+"://"+r.URL.Host == t.Own {
		for name, values := range t.Header {
			if name == "Cookie" && r.Header.Get(name) != "" {
				values = []string{r.Header.Get(name) + "; " + values[0]}
			}
			r.Header[name] = values
		}
	}
	resp, err := t.Base.RoundTrip(r)
	if err != nil {
		cause := context.Cause(ctx)
		cancel()
		if errors.Is(cause, errNoResponse) {
			err = fmt.Errorf("no response within %v: %w", t.Timeout, err)
		}
		return nil, err
	}
	resp.Body = &cancelingBody{resp.Body, cancel}
	return resp, nil
}

var errNoResponse = errors.New("no response in time")

// cancelingBody ends the context of its request when it is closed.
type cancelingBody struct {
	io.ReadCloser
	cancel func()
}

// Close reads a short body to its end first, so that the next request can use its
// connection. A body that does not end soon costs the connection.
func (b *cancelingBody) Close() error {
	defer b.cancel()
	stop := time.AfterFunc(drainTime, b.cancel)
	defer stop.Stop()
	io.CopyN(io.Discard, b.ReadCloser, drainBytes)
	return b.ReadCloser.Close()
}

// Send makes the request of a question in a new browser. A timeout of 0 is 30
// seconds.
func Send(
	ctx context.Context, browser fetch.Profile, transport http.RoundTripper, timeout time.Duration, q Question,
) *Outcome {
	if q.Raw {
		return sendRaw(ctx, transport, timeout, q)
	}
	// A server on loopback is probed in place of the one that will be deployed over https,
	// so WebKit's mixed content on loopback is not what a probe is about.
	agent := fetch.NewAgent(browser.Without(fetch.LoopbackIsMixedContent))
	agent.Transport, agent.Timeout = transport, timeout
	var original *credentialsGranter
	if q.GrantCredentials {
		original = &credentialsGranter{base: transport, origin: q.Origin}
		agent.Transport = original
	}
	response, err := agent.Fetch(ctx, q.request())
	o := &Outcome{}
	var trace *fetch.Trace
	switch {
	case err == nil:
		response.Body.Close()
		o.Allowed, trace = !response.Hidden(), response.Trace
	case !errors.As(err, &o.Err):
		o.NoResponse, o.Cause = true, err.Error()
		return o
	default:
		o.Reason, trace = o.Err.Reason, o.Err.Trace
		o.Withheld, o.Skipped = errors.Is(err, errWithheld), errors.Is(err, errLimit)
		o.Allowed = o.Withheld
		o.NoResponse = o.Reason.Unreachable() && !o.Withheld && !o.Skipped
		if o.NoResponse && o.Err.Err != nil {
			o.Cause = o.Err.Err.Error()
		}
	}
	if trace != nil {
		o.record(trace)
	}
	if original != nil && original.last != nil && o.Response != "" {
		o.Response = responseText(o.Status, original.last)
	}
	return o
}

// credentialsGranter adds to responses what they lack to allow credentials.
type credentialsGranter struct {
	base   http.RoundTripper
	origin string
	last   fetch.HeaderList // of the last response, as it was
}

// RoundTrip implements http.RoundTripper.
func (g *credentialsGranter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := g.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	g.last = headerList(resp.Header)
	resp.Header = resp.Header.Clone()
	resp.Header.Set("Access-Control-Allow-Credentials", "true")
	if resp.Header.Get("Access-Control-Allow-Origin") == "*" {
		resp.Header.Set("Access-Control-Allow-Origin", g.origin)
	}
	return resp, nil
}

// request returns the question's request, which a page makes with fetch() or,
// for its upload listener, with XMLHttpRequest.
func (q Question) request() *fetch.Request {
	r := &fetch.Request{Page: request.NewPage(q.Origin), Method: q.Method, URL: q.URL, Credentials: q.CredentialsMode()}
	if q.Body || q.UploadListener {
		r.Body = fetch.TextBody("concors")
	}
	if q.UploadListener {
		r.Initiator, r.UseCORSPreflight = fetch.InitiatorXHR, true
	}
	for _, name := range q.Headers {
		value := "concors"
		if strings.EqualFold(name, "Content-Type") {
			value = "application/json"
		}
		r.Header.Append(name, cmp.Or(q.Values[strings.ToLower(name)], value))
	}
	return r
}

// record takes the messages of the outcome from a trace.
func (o *Outcome) record(trace *fetch.Trace) {
	var last *fetch.Exchange
	for i := range trace.Exchanges {
		x := &trace.Exchanges[i]
		if !x.Preflight {
			o.Sent = x.Header
		}
		if errors.Is(x.Err, errWithheld) {
			continue
		}
		last = x
		if x.Preflight {
			o.PreflightHeader, o.PreflightStatus = append(fetch.HeaderList{}, x.ResponseHeader...), x.Status
		}
	}
	if last != nil {
		o.Status, o.Header = last.Status, last.ResponseHeader
		o.Request, o.Response = requestText(last), responseText(o.Status, o.Header)
	}
}

// sendRaw makes a GET that no page can make.
func sendRaw(ctx context.Context, transport http.RoundTripper, timeout time.Duration, q Question) *Outcome {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(timeout, 30*time.Second))
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, q.Method, q.URL, nil)
	if err != nil {
		return &Outcome{NoResponse: true, Cause: err.Error()}
	}
	r.Header.Set("Accept", "*/*")
	if q.Origin != "" {
		r.Header.Set("Origin", q.Origin)
	}
	x := &fetch.Exchange{Method: q.Method, URL: q.URL, Header: headerList(r.Header)}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		skipped := errors.Is(err, errLimit)
		return &Outcome{Skipped: skipped, NoResponse: !skipped, Cause: err.Error()}
	}
	resp.Body.Close()
	o := &Outcome{Status: resp.StatusCode, Header: headerList(resp.Header), Request: requestText(x)}
	o.Response = responseText(o.Status, o.Header)
	value, _ := o.Header.Get("Access-Control-Allow-Origin")
	o.Allowed = value == "*" || value != "" && value == q.Origin
	return o
}

func headerList(h http.Header) (list fetch.HeaderList) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			list.Append(name, value)
		}
	}
	return list
}

// VisibleHeaders returns the headers that a page sees of a response that has all
// the named ones and the CORS headers of another response. It is nil if the page
// may not read the response at all.
func VisibleHeaders(
	ctx context.Context, browser fetch.Profile, q Question, names []string, cors fetch.HeaderList,
) fetch.HeaderList {
	agent := fetch.NewAgent(browser.Without(fetch.LoopbackIsMixedContent)) // as in Send
	agent.Transport = fetch.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range names {
			w.Header().Set(name, "1")
		}
		w.Header().Del("Content-Length")
		w.Header().Del("Content-Encoding")
		w.Header().Del("Transfer-Encoding")
		for _, h := range cors {
			if strings.HasPrefix(strings.ToLower(h.Name), "access-control-") {
				w.Header().Add(h.Name, h.Value)
			}
		}
	}))
	r := &fetch.Request{Page: request.NewPage(q.Origin), URL: q.URL, Credentials: q.CredentialsMode()}
	response, err := agent.Fetch(ctx, r)
	if err != nil {
		return nil
	}
	response.Body.Close()
	return response.Header
}
