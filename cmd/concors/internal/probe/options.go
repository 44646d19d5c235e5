package probe

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/field"
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
	// Rate is how many requests are sent in a second at most: 10 by default. It is
	// lowered if the server limits the rate.
	Rate float64
	// Header has "Name: value" lines, and Cookie has name=value pairs, that are added
	// to all requests to the URL's origin except preflights. Their values are never
	// printed.
	Header, Cookie []string
	// Concurrency is how many questions are sent at a time: 4 by default.
	Concurrency int
	// UnsafeMethods sends the requests themselves too: PUT, DELETE and what the
	// policy names. Without it a server is sent nothing but GET, HEAD and
	// OPTIONS.
	UnsafeMethods bool

	// Progress, if set, is called before each wait, with what the wait is for.
	Progress func(what string)
	// Clock, if set, replaces the time by which requests are paced.
	Clock Clock

	// ShowSecrets does not mask secrets in reports.
	ShowSecrets bool

	header    http.Header // of Header and Cookie
	userAgent string      // of Header
}

// The defaults of Options.
const (
	DefaultMaxRequests = 500
	DefaultConcurrency = 4
	DefaultRate        = 10
)

// A Target is one server and the browsers to test it with.
type Target struct {
	URL      string // as the URL Standard serializes it
	Browsers []fetch.Profile

	options Options
	base    *http.Transport
	pace    *pace
}

// Targets validates the options and returns a target for each of the URLs,
// before any of them is sent a request. The error is a *cli.UsageError.
func (o Options) Targets() ([]Target, error) {
	o.MaxRequests = cmp.Or(o.MaxRequests, DefaultMaxRequests)
	o.Concurrency, o.Rate = cmp.Or(o.Concurrency, DefaultConcurrency), cmp.Or(o.Rate, DefaultRate)
	switch {
	case o.MaxRequests < 1 || o.Concurrency < 1 || o.Concurrency > 64:
		return nil, &cli.UsageError{
			Problem: "--max-requests must be at least 1, and --concurrency from 1 to 64",
			Hint:    "omit them for the defaults, 500 and 4",
		}
	case !(o.Rate >= 0.01 && o.Rate <= 1e6):
		return nil, &cli.UsageError{
			Problem: "--rate must be from 0.01 to 1000000 requests a second",
			Hint:    fmt.Sprintf("omit it for the default, %d", DefaultRate),
		}
	}
	if err := o.readHeaders(); err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	pace := &pace{clock: o.Clock, interval: time.Duration(float64(time.Second) / o.Rate)}
	targets := make([]Target, 0, len(o.URLs))
	for _, u := range o.URLs {
		target, browsers, transport, err := request.Question{URL: u, As: o.As, Timeout: o.Timeout,
			Insecure: o.Insecure, CACert: o.CACert, Resolve: o.Resolve}.Wire()
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
			return nil, &cli.UsageError{
				Problem: fmt.Sprintf("URL %s: CORS is for http: and https: URLs", term.Quote(u)),
				Hint:    "write https://api.example/items",
			}
		}
		transport.MaxIdleConnsPerHost = o.Concurrency // so that every request finds a connection
		targets = append(targets, Target{target, browsers, o, transport, pace})
	}
	return targets, nil
}

// readHeaders validates Header and Cookie. The errors never contain a value.
func (o *Options) readHeaders() error {
	o.header = http.Header{}
	for _, line := range o.Header {
		name, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !found:
			return cli.Usage("-H: a header has a colon between its name and its value", "write -H 'X-Name: value'")
		case !field.IsToken(name) || !field.ValidValue(value):
			return cli.Usage("-H: invalid header name, or a line break or a zero byte in the value",
				"write one header to each -H, as in -H 'X-Name: value'")
		case canonical == "Cookie":
			return cli.Usage("-H Cookie: cookies have a flag of their own", "write --cookie 'name=value'")
		case slices.Contains([]string{"Origin", "Host", "Connection", "Content-Length", "Transfer-Encoding"}, canonical),
			strings.HasPrefix(canonical, "Access-Control-"):
			return cli.Usage("-H "+canonical+": it would change what is tested", "omit it")
		case canonical == "User-Agent":
			o.userAgent = value
			continue
		}
		o.header.Add(canonical, value)
	}
	for _, cookie := range o.Cookie {
		name, value, found := strings.Cut(cookie, "=")
		if !found || !field.IsToken(strings.TrimSpace(name)) || !field.ValidValue(value) ||
			strings.Contains(value, ";") {
			return cli.Usage("--cookie: a cookie is name=value, without attributes",
				"write --cookie 'session=…', and repeat the flag for more cookies")
		}
	}
	if len(o.Cookie) > 0 {
		o.header.Set("Cookie", strings.Join(o.Cookie, "; "))
	}
	return nil
}

// Masker returns what masks the secrets of the options in a report: the values of
// headers and cookies, if a server repeats them, and what is secret in the URLs.
func (o Options) Masker() *secret.Masker {
	m := secret.Uniform()
	for _, line := range o.Header {
		name, value, _ := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		m.LearnHeader(strings.TrimSpace(name), value)
		m.Learn(value)
	}
	for _, cookie := range o.Cookie {
		m.LearnHeader("Cookie", cookie)
	}
	for _, u := range o.URLs {
		m.URL(u)
		if parsed, err := url.Parse(u); err == nil {
			m.Keep(parsed.Host)
		}
	}
	return m
}

// Transport returns a new transport to the target, with a budget of its own.
func (t *Target) Transport() *Transport {
	own := ""
	if u, err := url.Parse(t.URL); err == nil {
		own = u.Scheme + "://" + u.Host
	}
	return &Transport{Base: t.base, UnsafeMethods: t.options.UnsafeMethods, MaxRequests: t.options.MaxRequests,
		Header: t.options.header, Own: own, Timeout: cmp.Or(t.options.Timeout, 30*time.Second), pace: t.pace}
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
