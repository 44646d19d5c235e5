package corstest

import (
	"net/http"
	"net/url"
	"time"

	"github.com/concors/concors/fetch"
)

// How a middleware responds to preflights of POST, and how long browsers cache
// its responses to preflights.

func (c *checker) checkPreflightedPosts() {
	p := c.withCredentials(c.request("POST"))
	if !c.isReadable(p) {
		c.skip("no POST from a promised origin works", preflightedPostBlocked)
		return
	}
	p.upload = true
	if !c.findIfBlocked(preflightedPostBlocked, 0, p, "a POST of text with an upload listener is blocked") {
		p.stream, p.upload, p.body = true, false, nil
		c.findIfBlocked(preflightedPostBlocked, 0, p, "a POST of a stream is blocked")
	}
}

// checkMaxAge repeats a request while the clock advances. It uses the Standard
// profile, because browsers have limits of their own.
func (c *checker) checkMaxAge() {
	const longest = 24 * time.Hour // the Standard profile's limit
	age := min(c.promise.MaxAge, longest)
	if age == 0 {
		return
	}
	if c.preflight == nil {
		c.skip(noPreflightWorks, maxAgeDiffers)
		return
	}
	p := c.withCredentials(*c.preflight)
	clock := newClock()
	agent := fetch.NewAgent(fetch.Standard)
	agent.Now = clock.now
	first := c.inBrowser(agent, p)
	if first.Err != nil || first.preflights() == 0 {
		c.skip(noPreflightWorks, maxAgeDiffers)
		return
	}
	preflight := preflightExchange(first.Trace)
	preflightedAfter := func(d time.Duration) bool {
		clock.advance(d)
		again := c.inBrowser(agent, p)
		c.last = preflight
		return again.preflights() > 0
	}
	switch {
	case age < 0:
		if !preflightedAfter(0) {
			c.find(maxAgeDiffers, "a preflight is cached, although the promise forbids it")
		}
	case preflightedAfter(age - time.Second):
		c.find(maxAgeDiffers, "a preflight is not cached for %v", age)
	case !preflightedAfter(2 * time.Second):
		c.find(maxAgeDiffers, "a preflight is cached for more than %v", age)
	}
}

// preflightExchange is the first preflight of a trace.
func preflightExchange(trace *fetch.Trace) exchange {
	for _, x := range trace.Exchanges {
		if !x.Preflight {
			continue
		}
		u, err := url.Parse(x.URL)
		if err != nil {
			continue
		}
		e := requestExchange(&http.Request{Method: x.Method, URL: u, Header: httpHeader(x.Header)})
		e.status, e.responseHeader = x.Status, httpHeader(x.ResponseHeader)
		return e
	}
	return exchange{}
}

func httpHeader(list fetch.HeaderList) http.Header {
	h := http.Header{}
	for _, f := range list {
		h.Add(f.Name, f.Value)
	}
	return h
}
