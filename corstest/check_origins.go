package corstest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// Which origins a middleware allows.

// A resultTest reports whether a result is not as it should be.
type resultTest func(*browserResult) bool

// isBlocked is the test of a result that should be readable. A browser that sends
// nothing, as some do for streams, does not count as blocking.
func isBlocked(r *browserResult) bool { return !r.readable() && len(r.Trace.Exchanges) > 0 }

// isAllowed is the test of a result that the page should not get: the response,
// or, for a request that needs a preflight, the request through to the server.
func isAllowed(r *browserResult) bool {
	return r.readable() || r.preflights() > 0 && r.actual() != nil
}

// firstOf returns the first result for which the test is true, and the names of
// the browsers of all of them.
func firstOf(results []browserResult, test resultTest) (first *browserResult, browsers string) {
	var names []string
	for i := range results {
		if r := &results[i]; test(r) {
			if first == nil {
				first = r
			}
			names = append(names, r.Profile.Name)
		}
	}
	if len(names) == len(results) {
		return first, "every browser"
	}
	return first, strings.Join(names, " and ")
}

// isReadable reports whether no browser blocks the request.
func (c *checker) isReadable(p pageRequest) bool {
	first, _ := firstOf(c.inBrowsers(p), isBlocked)
	return first == nil
}

// findIfBlocked adds a finding, with a rank, if a browser blocks the request, and
// reports whether one does.
func (c *checker) findIfBlocked(kind string, rank int, p pageRequest, sentence string) bool {
	first, browsers := firstOf(c.inBrowsers(p), isBlocked)
	if first == nil {
		return false
	}
	why := "because the response is opaque"
	if first.Err != nil {
		why = "with " + first.Err.Reason.String()
	}
	c.last = first.last
	c.findRanked(kind, rank, "%s %s, in %s", sentence, why, browsers)
	return true
}

// findIfAllowed adds a finding, with a rank, if a browser allows the request, and
// reports whether one does.
func (c *checker) findIfAllowed(kind string, rank int, p pageRequest, sentence string) bool {
	first, browsers := firstOf(c.inBrowsers(p), isAllowed)
	if first == nil {
		return false
	}
	c.last = first.last
	c.findRanked(kind, rank, "%s, in %s", sentence, browsers)
	return true
}

// findWorking finds the requests that other checks build on.
func (c *checker) findWorking() {
	c.base = pageRequest{origin: c.allowed[0], method: "GET"}
	defer func() { c.page = c.base.origin }()
	methods := []string{"GET", "POST", "HEAD"}
	for _, m := range c.promisedMethods() {
		if !slices.Contains(methods, m) && m != http.MethodOptions {
			methods = append(methods, m)
		}
	}
	for _, m := range methods {
		for _, o := range c.allowed {
			if p := simpleRequest(o, m); c.isReadable(p) {
				c.works, c.base = true, p
				c.preflight = c.findPreflighted()
				return
			}
		}
	}
}

// findPreflighted returns a promised request that works and is preflighted, or nil.
func (c *checker) findPreflighted() *pageRequest {
	var candidates []pageRequest
	for _, m := range c.promisedMethods() {
		candidates = append(candidates, c.request(m))
	}
	for _, name := range c.promisedHeaders() {
		p := c.base
		p.headers = []string{name}
		candidates = append(candidates, p)
	}
	post := c.request("POST")
	post.upload = true
	for _, p := range append(candidates, post) {
		results := c.inBrowsers(p)
		first, _ := firstOf(results, isBlocked)
		if first == nil && slices.ContainsFunc(results, func(r browserResult) bool { return r.preflights() > 0 }) {
			return &p
		}
	}
	return nil
}

// request returns a request from the page, without credentials.
func (c *checker) request(method string) pageRequest { return simpleRequest(c.base.origin, method) }

// withCredentials returns p with credentials, if they work.
func (c *checker) withCredentials(p pageRequest) pageRequest {
	p.credentials = c.credentials
	return p
}

func simpleRequest(o, method string) pageRequest {
	p := pageRequest{origin: o, method: method}
	if method == http.MethodPost {
		p.body = fetch.TextBody("corstest")
	}
	return p
}

// noRequestWorks is why checks are skipped.
const noRequestWorks = "no promised request of any promised origin works"

// checkOrigins checks which origins are allowed.
func (c *checker) checkOrigins() {
	for i, m := range []string{"GET", "POST", "HEAD"} {
		for _, o := range c.allowed {
			c.findIfBlocked(allowedOriginBlocked, i, simpleRequest(o, m),
				"a "+m+" from "+o+", which is promised, is blocked")
		}
	}
	if c.origins.null {
		c.findIfBlocked(allowedOriginBlocked, 3, simpleRequest("null", "GET"),
			"a GET from null, which is promised, is blocked")
	}
	for _, o := range c.foreign {
		c.checkForeignOrigin(o)
	}
}

func (c *checker) checkForeignOrigin(o string) {
	kind := foreignOriginAllowed
	if o == "null" {
		kind = nullOriginAllowed
	}
	simple, unsafe := c.base, c.request(c.unsafeMethod())
	if c.preflight != nil {
		unsafe = *c.preflight
	}
	simple.origin, unsafe.origin = o, o
	for _, test := range []struct {
		pageRequest
		may string
	}{
		{simple, "read responses"},
		{unsafe, "send preflighted requests"},
	} {
		p, rank := test.pageRequest, int(c.origins.danger(o))
		sentence := "a page on " + o + ", which is not promised, may " + test.may
		if !c.findIfAllowed(kind, int(noPage)+1+rank, p, sentence) {
			continue
		}
		p.credentials = true
		c.findIfAllowed(kind, rank, p, sentence+" with credentials")
	}
}

// checkOwnOrigin checks that the server's own pages can send a POST. Browsers send
// Origin with it, although no list has the server's origin.
func (c *checker) checkOwnOrigin() {
	own, _ := origin.FromURL(c.url.String())
	method := "" // one with which browsers send Origin to the page's own server
	for _, m := range append([]string{"POST"}, c.promisedMethods()...) {
		if method == "" && m != "GET" && m != "HEAD" && c.isReadable(c.request(m)) {
			method = m
		}
	}
	if method == "" {
		c.skip("no POST from a promised origin works", ownOriginBlocked)
		return
	}
	failed := func(r *browserResult) bool { return r.Err != nil || r.Status != http.StatusOK }
	if first, browsers := firstOf(c.inBrowsers(simpleRequest(own.String(), method)), failed); first != nil {
		c.last = first.last
		c.find(ownOriginBlocked, "a %s from the server's own page fails with the status %d, in %s",
			method, first.Status, browsers)
	}
}

// checkInvalidOrigins sends Origin headers that no browser sends.
func (c *checker) checkInvalidOrigins() {
	if c.origins.any {
		return // every origin may be allowed
	}
	if !c.works {
		c.skip(noRequestWorks, upperCaseOriginAllowed, twoOriginsAllowed)
	}
	for _, o := range c.allowed {
		if upper := strings.ToUpper(o); c.allows(c.sendBase(upper)) {
			c.find(upperCaseOriginAllowed, "the Origin %s is allowed", upper)
		}
		for _, two := range [][]string{{o, c.foreignOrigin}, {c.foreignOrigin, o}} {
			if r := c.sendBase(two...); c.allows(r) {
				c.find(twoOriginsAllowed,
					"the response to a request with two Origin headers, %s, has Access-Control-Allow-Origin: %s",
					strings.Join(two, " and "), printable(r.allowOrigin()))
			}
		}
		for _, invalid := range invalidOrigins(o) {
			if c.origins.match(invalid) || !c.allows(c.sendBase(invalid)) {
				continue
			}
			rank := 0
			if !strings.Contains(invalid, "evil.example") { // names no other host
				rank = 1
			}
			c.findRanked(invalidOriginAllowed, rank, "the Origin %s is allowed", printable(invalid))
		}
	}
}

// allows reports whether a response allows an origin because of the request. A
// server whose responses all name the same origin allows no other by that.
func (c *checker) allows(r *directResponse) bool {
	allowed := r.allowOrigin()
	if allowed == "" || allowed == "*" {
		return false
	}
	last := c.last
	constant := c.sendBase().allowOrigin()
	c.last = last
	return allowed != constant
}
