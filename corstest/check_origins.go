package corstest

import (
	"net/http"
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

// works reports whether no browser blocks the request.
func (c *checker) works(p pageRequest) bool {
	first, _ := firstOf(c.inBrowsers(p), isBlocked)
	return first == nil
}

// findIfBlocked adds a finding if a browser blocks the request, and reports
// whether one does.
func (c *checker) findIfBlocked(kind string, p pageRequest, sentence string) bool {
	first, browsers := firstOf(c.inBrowsers(p), isBlocked)
	if first == nil {
		return false
	}
	why := "because the response is opaque"
	if first.Err != nil {
		why = "with " + first.Err.Reason.String()
	}
	c.last = first.last
	c.find(kind, "%s %s, in %s", sentence, why, browsers)
	return true
}

// findIfAllowed adds a finding if a browser allows the request, and reports
// whether one does.
func (c *checker) findIfAllowed(kind string, p pageRequest, sentence string) bool {
	first, browsers := firstOf(c.inBrowsers(p), isAllowed)
	if first == nil {
		return false
	}
	c.last = first.last
	c.find(kind, "%s, in %s", sentence, browsers)
	return true
}

// checkOrigins checks which origins are allowed, and finds a page for the other
// checks.
func (c *checker) checkOrigins() {
	for _, o := range c.allowed {
		if c.checkSimpleRequests(o) && c.page == "" {
			c.page = o
		}
	}
	for _, o := range c.foreign {
		if !c.origins.match(o) {
			c.checkForeignOrigin(o)
		}
	}
	if c.origins.null {
		c.findIfBlocked(allowedOriginBlocked, pageRequest{origin: "null", method: "GET"},
			"a GET from null, which is promised, is blocked")
	}
}

// checkSimpleRequests reports whether all simple requests from a promised origin
// work.
func (c *checker) checkSimpleRequests(o string) bool {
	ok := true
	for _, p := range []pageRequest{
		{origin: o, method: "GET"},
		{origin: o, method: "HEAD"},
		{origin: o, method: "POST", body: fetch.TextBody("corstest")},
	} {
		sentence := "a " + p.method + " from " + o + ", which is promised, is blocked"
		if c.findIfBlocked(allowedOriginBlocked, p, sentence) {
			ok = false
		}
	}
	return ok
}

func (c *checker) checkForeignOrigin(o string) {
	kind := foreignOriginAllowed
	if o == "null" {
		kind = nullOriginAllowed
	}
	allowed := c.findIfAllowed(kind, pageRequest{origin: o, method: "GET"},
		"a page on "+o+", which is not promised, may read responses")
	if allowed && o != "null" {
		return
	}
	c.findIfAllowed(kind, pageRequest{origin: o, method: c.unsafeMethod(), headers: c.promisedHeaders()},
		"a page on "+o+", which is not promised, may send preflighted requests")
}

// checkOwnOrigin checks that the server's own pages can send a POST. Browsers send
// Origin with it, although no list has the server's origin.
func (c *checker) checkOwnOrigin() {
	if o, _ := origin.FromURL(defaultBase); c.origins.match(o.String()) {
		return
	}
	post := pageRequest{origin: defaultBase, method: "POST", body: fetch.TextBody("corstest")}
	failed := func(r *browserResult) bool { return r.Err != nil || r.Status != http.StatusOK }
	if first, browsers := firstOf(c.inBrowsers(post), failed); first != nil {
		c.last = first.last
		c.find(ownOriginBlocked, "a POST from the server's own page fails with the status %d, in %s",
			first.Status, browsers)
	}
}

// checkInvalidOrigins sends Origin headers that no browser sends.
func (c *checker) checkInvalidOrigins() {
	if c.origins.any {
		return // every origin may be allowed
	}
	for _, o := range c.allowed {
		if upper := strings.ToUpper(o); c.allows(c.sendGET(upper)) {
			c.find(upperCaseOriginAllowed, "the Origin %s is allowed", upper)
		}
		for _, two := range [][]string{{o, c.foreignOrigin}, {c.foreignOrigin, o}} {
			if r := c.sendGET(two...); c.allows(r) {
				c.find(twoOriginsAllowed,
					"the response to a request with two Origin headers, %s, has Access-Control-Allow-Origin: %s",
					strings.Join(two, " and "), printable(r.allowOrigin()))
			}
		}
		for _, invalid := range invalidOrigins(o) {
			if !c.origins.match(invalid) && c.allows(c.sendGET(invalid)) {
				c.find(invalidOriginAllowed, "the Origin %s is allowed", printable(invalid))
			}
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
	constant := c.sendGET().allowOrigin()
	c.last = last
	return allowed != constant
}
