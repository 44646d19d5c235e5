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

// An Agent is one browser: a profile, its preflight cache, its cookies and the
// wire. The zero value follows the standard over the real network. An Agent is
// safe for concurrent use once its fields are set, and must not be copied.
type Agent struct {
	// Profile says which browser. The zero Profile is Standard.
	Profile Profile

	// Transport carries the requests; nil means a transport of the agent's
	// own on the real network. It must not follow redirects or keep cookies:
	// any [net/http.RoundTripper] that keeps its contract will do.
	Transport http.RoundTripper

	// Cookies is the cookie store. Nil means one of the agent's own with the
	// profile's rules, made at the first fetch.
	Cookies *cookie.Store

	// Now is the clock of the preflight cache; nil means time.Now.
	Now func() time.Time

	// MaxBody bounds a response body, in bytes; 0 means 64 MiB.
	MaxBody int64

	// Timeout bounds one fetch from its start to the last response's
	// headers; 0 means 30 seconds. The body is bounded by the context alone.
	Timeout time.Duration

	// AllowLocalNetwork answers the question a browser puts to its user when
	// a page asks for something in a more local address space. Nil means no.
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

// NewTransport returns the transport that an Agent uses when it is given none:
// HTTP/1.1 and HTTP/2, proxies from the environment, no transparent
// compression, and response headers of at most 256 KiB. Set its TLSClientConfig
// or DialContext before its first use to change whom it trusts or where it goes.
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

// ClearPreflightCache forgets all preflights.
func (a *Agent) ClearPreflightCache() {
	a.init()
	a.preflight.reset()
}

// Fetch makes the request for its page, https://fetch.spec.whatwg.org/#concept-fetch.
// The error, if any, is a *NetworkError; it and the Response carry the Trace.
func (a *Agent) Fetch(ctx context.Context, r *Request) (*Response, error) {
	a.init()
	f := &fetchParams{agent: a, profile: &a.Profile, quirks: quirks{&a.Profile}}
	timeout := a.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	// The time limit must end with the headers, while the context goes on to
	// cover the body: hence a timer and not a context with a deadline.
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(timeout, func() { cancel(errTimeout) })
	defer timer.Stop()
	f.ctx = ctx

	req, nerr := f.newRequest(r)
	if nerr == nil {
		f.request = req
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

// cancelBody releases the fetch's context with its body.
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
