package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/reason"
)

// An Agent is one browser: a profile, a preflight cache, cookies, and a transport
// for the network. The zero value follows the standard and uses the real network.
// An Agent is safe for concurrent use once its fields are set. It must not be
// copied.
type Agent struct {
	// Profile is the browser that the agent acts as. The zero Profile is Standard.
	Profile Profile

	// Transport sends the requests. If it is nil, the agent makes its own with
	// NewTransport. It must not follow redirects or store cookies, as the
	// contract of [net/http.RoundTripper] demands.
	Transport http.RoundTripper

	// Cookies is the cookie store. If it is nil, the agent makes one with the
	// profile's rules at the first fetch.
	Cookies *cookie.Store

	// Now is the clock of the preflight cache. If it is nil, time.Now is used.
	Now func() time.Time

	// MaxBody is the largest response body in bytes. 0 means 64 MiB.
	MaxBody int64

	// Timeout limits one fetch from its start to the headers of its last
	// response. 0 means 30 seconds. Only the context limits the body.
	Timeout time.Duration

	// AllowLocalNetwork is the user's reply to the browser's prompt when a page
	// requests something in a more local address space. If it is nil, the user
	// refuses.
	AllowLocalNetwork func(page *Page, space AddressSpace) bool

	once      sync.Once
	transport http.RoundTripper
	cookies   *cookie.Store
	preflight preflightCache
}

// NewAgent returns an agent with a browser's profile.
func NewAgent(p Profile) *Agent { return &Agent{Profile: p} }

const (
	defaultMaxBody    = 64 << 20
	defaultTimeout    = 30 * time.Second
	maxResponseHeader = 256 << 10
)

func (a *Agent) init() {
	a.once.Do(func() {
		a.transport, a.cookies = a.Transport, a.Cookies
		if a.transport == nil {
			a.transport = NewTransport()
		}
		if a.cookies == nil {
			a.cookies = &cookie.Store{Rules: a.Profile.Cookies, Now: a.Now}
		}
		a.preflight.quirks = quirks{&a.Profile}
		a.preflight.now = a.Now
		if a.preflight.now == nil {
			a.preflight.now = time.Now
		}
	})
}

// NewTransport returns the transport that an Agent uses if its Transport is nil:
// HTTP/1.1 and HTTP/2, proxies from the environment, no transparent compression,
// and response headers of at most 256 KiB. To change which certificates it trusts
// or where it connects, set its TLSClientConfig or DialContext before its first
// use.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	t.MaxResponseHeaderBytes = maxResponseHeader
	return t
}

// CookieStore returns the agent's cookies.
func (a *Agent) CookieStore() *cookie.Store {
	a.init()
	return a.cookies
}

// ClearPreflightCache removes all preflights from the cache.
func (a *Agent) ClearPreflightCache() {
	a.init()
	a.preflight.reset()
}

// Fetch makes the request for its page: https://fetch.spec.whatwg.org/#concept-fetch.
// The error, if any, is a *NetworkError. Both it and the Response have the Trace.
func (a *Agent) Fetch(ctx context.Context, r *Request) (*Response, error) {
	a.init()
	f := &fetchParams{agent: a, profile: &a.Profile, quirks: quirks{&a.Profile}}
	// As many as most fetches have.
	f.trace.Steps, f.trace.Exchanges = make([]Step, 0, 8), make([]Exchange, 0, 2)
	timeout := a.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	// The time limit ends with the headers, but the context also covers the body.
	// So this is a timer and not a context with a deadline.
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(timeout, func() { cancel(errTimeout) })
	defer timer.Stop()
	f.ctx = ctx

	// 4. The constructor populates the request from its client.
	req, nerr := f.newRequest(r)
	if nerr == nil {
		f.request = req
		// 11. Nothing is preloaded. 12–14: see appendBrowserHeaders.
		// 17. Run main fetch.
		var resp *response
		if resp, nerr = f.mainFetch(false); nerr == nil {
			if !timer.Stop() && context.Cause(ctx) == errTimeout {
				resp.body.Close()
				nerr = f.fail(reason.Timeout, resp.exchange, NetworkError{Err: errTimeout})
			} else {
				resp.body = &cancelBody{resp.body, cancel}
				return f.filter(resp), nil
			}
		}
	}
	cancel(nil)
	nerr.Trace = &f.trace
	return nil, nerr
}

var errTimeout = errors.New("the time limit ran out; raise Agent.Timeout to wait longer")

// cancelBody cancels the fetch's context when its body is closed.
type cancelBody struct {
	body   io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *cancelBody) Read(p []byte) (int, error) { return b.body.Read(p) }

func (b *cancelBody) Close() error {
	err := b.body.Close()
	b.cancel(nil)
	return err
}
