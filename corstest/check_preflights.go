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
	p := pageRequest{
		origin: c.page, method: "POST", body: fetch.TextBody("corstest"), credentials: c.credentials, upload: true,
	}
	if !c.findIfBlocked(preflightedPostBlocked, p, "a POST of text with an upload listener is blocked") {
		p.stream, p.upload, p.body = true, false, nil
		c.findIfBlocked(preflightedPostBlocked, p, "a POST of a stream is blocked")
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
	p := c.preflightedRequest()
	clock := newClock()
	agent := fetch.NewAgent(fetch.Standard)
	agent.Now = clock.now
	first := c.inBrowser(agent, p)
	if first.Err != nil || first.preflights() == 0 {
		return // another check reports it, or only simple requests are promised
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

// preflightedRequest is a promised request that needs a preflight.
func (c *checker) preflightedRequest() pageRequest {
	p := pageRequest{origin: c.page, credentials: c.credentials}
	if len(c.promise.Methods) > 0 {
		p.method = c.unsafeMethod()
		return p
	}
	if names := c.promisedHeaders(); len(names) > 0 {
		p.method, p.headers = "GET", names[:1]
		return p
	}
	p.method, p.body, p.upload = "POST", fetch.TextBody("corstest"), true
	return p
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
