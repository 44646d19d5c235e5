package corstest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A Result is what a request resulted in, in one browser. It is plain data.
type Result struct {
	Profile fetch.Profile

	// Err is why the browser blocked the request; nil means that it did not. If
	// Err is nil, Type, Status, Header and Body are what the page sees.
	Err    *fetch.NetworkError
	Type   fetch.ResponseType
	Status int
	Header fetch.HeaderList
	Body   []byte

	// Trace has the requests and responses, and the browser's steps.
	Trace *fetch.Trace
}

// A clock is the clock of the preflight caches. It stands still, except when a
// test moves it forward.
type clock struct{ time time.Time }

func newClock() *clock                   { return &clock{time.Now()} }
func (c *clock) now() time.Time          { return c.time }
func (c *clock) advance(d time.Duration) { c.time = c.time.Add(d) }

// fetchOnce makes a request in one browser and reads the response.
func fetchOnce(ctx context.Context, agent *fetch.Agent, r *fetch.Request) Result {
	result := Result{Profile: agent.Profile}
	resp, err := agent.Fetch(ctx, r)
	if err == nil {
		defer resp.Body.Close()
		result.Type, result.Status, result.Header, result.Trace = resp.Type, resp.Status, resp.Header, resp.Trace
		result.Body, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		return result
	}
	if !errors.As(err, &result.Err) { // the connection broke within the body
		result.Err = &fetch.NetworkError{Reason: reason.ConnectionFailed, URL: r.URL, Err: err}
	}
	if result.Trace == nil {
		result.Trace = result.Err.Trace
	}
	if result.Trace == nil {
		result.Trace = &fetch.Trace{}
	}
	return result
}

// readable reports whether the page may read the response.
func (r *Result) readable() bool {
	return r.Err == nil && r.Type != fetch.TypeOpaque && r.Type != fetch.TypeOpaqueRedirect
}

// preflights counts the preflights that the browser sent.
func (r *Result) preflights() (n int) {
	for _, x := range r.Trace.Exchanges {
		if x.Preflight {
			n++
		}
	}
	return n
}

// actual is the last request, other than a preflight, that the server received.
// It is nil if there is none.
func (r *Result) actual() *fetch.Exchange {
	for i := range slices.Backward(r.Trace.Exchanges) {
		if x := &r.Trace.Exchanges[i]; !x.Preflight && x.Err == nil {
			return x
		}
	}
	return nil
}

// serverHeader returns the headers of the server's response, before the browser
// hid any.
func (r *Result) serverHeader() fetch.HeaderList {
	if x := r.actual(); x != nil {
		return x.ResponseHeader
	}
	return nil
}

// cookieNames returns the names of the cookies that were sent with a request.
func cookieNames(x *fetch.Exchange) []string {
	value, _ := x.Header.Get("Cookie")
	var names []string
	for pair := range strings.SplitSeq(value, ";") {
		if name, _, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			names = append(names, name)
		}
	}
	return names
}
