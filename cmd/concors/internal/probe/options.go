package probe

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

// Options has the servers to send questions to, and how. Zero values have the
// defaults named.
type Options struct {
	URLs []string

	As       string        // chromium, firefox, webkit, standard or all; "" is chromium
	Timeout  time.Duration // of one question; 0 is 30 seconds
	Insecure bool          // do not verify certificates
	CACert   string        // a PEM file of further certificate authorities
	Resolve  []string      // "host:port:address", as often as wanted

	// MaxRequests is how many requests one URL is sent at most for one browser:
	// 500 by default.
	MaxRequests int
	// Concurrency is how many questions are sent at a time: 4 by default.
	Concurrency int
	// UnsafeMethods sends the requests themselves too: PUT, DELETE and what the
	// policy names. Without it a server is sent nothing but GET, HEAD and
	// OPTIONS.
	UnsafeMethods bool

	// Progress, if set, is called before each wait, with what the wait is for.
	Progress func(what string)
}

// A Target is one server and the browsers to test it with.
type Target struct {
	URL      string // as the URL Standard serializes it
	Browsers []fetch.Profile

	options Options
	base    *http.Transport
}

// Targets validates the options and returns a target for each of the URLs,
// before any of them is sent a request. The error is a *cli.UsageError.
func (o Options) Targets() ([]Target, error) {
	o.MaxRequests, o.Concurrency = cmp.Or(o.MaxRequests, 500), cmp.Or(o.Concurrency, 4)
	if o.MaxRequests < 1 || o.Concurrency < 1 || o.Concurrency > 64 {
		return nil, &cli.UsageError{
			Problem: "--max-requests must be at least 1, and --concurrency from 1 to 64",
			Hint:    "omit them for the defaults, 500 and 4",
		}
	}
	targets := make([]Target, 0, len(o.URLs))
	for _, u := range o.URLs {
		url, browsers, transport, err := request.Question{URL: u, As: o.As, Timeout: o.Timeout,
			Insecure: o.Insecure, CACert: o.CACert, Resolve: o.Resolve}.Wire()
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			return nil, &cli.UsageError{
				Problem: fmt.Sprintf("URL %s: CORS is for http: and https: URLs", term.Quote(u)),
				Hint:    "write https://api.example/items",
			}
		}
		targets = append(targets, Target{url, browsers, o, transport})
	}
	return targets, nil
}

// Transport returns a new transport to the target, with a budget of its own.
func (t *Target) Transport() *Transport {
	return &Transport{Base: t.base, UnsafeMethods: t.options.UnsafeMethods, MaxRequests: t.options.MaxRequests}
}

// Close closes the connections to the target.
func (t *Target) Close() { t.base.CloseIdleConnections() }

// Each calls f with 0 to n-1, as many at a time as the options allow, and waits
// for all of them.
func (o Options) Each(n int, f func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(cmp.Or(o.Concurrency, 4), n) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	workers.Wait()
}

// Waiting calls Progress, if it is set.
func (o Options) Waiting(what string) {
	if o.Progress != nil {
		o.Progress(what)
	}
}
