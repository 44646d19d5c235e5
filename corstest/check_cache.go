package corstest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// What caches may do with a middleware's responses. Responses to OPTIONS are not
// cached (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7).

// A varyTest is a request whose response needs Vary: Origin, if responses depend on
// the origin.
type varyTest struct {
	kind    string
	to      string   // whom the response is to
	origins []string // the Origin headers
}

func (c *checker) checkVary() {
	tests := []varyTest{
		{varyMissingAllowed, c.page, []string{c.page}},
		{varyMissingWithoutOrigin, "a request without Origin", nil},
	}
	if c.foreignOrigin != "" {
		tests = append(tests, varyTest{varyMissingRefused, c.foreignOrigin, []string{c.foreignOrigin}})
	}
	depends := c.dependsOnOrigin(tests)
	for _, t := range tests {
		r := c.sendBase(t.origins...)
		if vary := r.vary(); depends && !slices.Contains(vary, "origin") && !slices.Contains(vary, "*") {
			c.find(t.kind, "the response to %s has no Vary: Origin", t.to)
		}
		c.checkEarlierVary(t.origins)
	}
}

// dependsOnOrigin reports whether responses with different Origin headers differ.
func (c *checker) dependsOnOrigin(tests []varyTest) bool {
	first := c.sendBase(c.page)
	for _, t := range tests {
		r := c.sendBase(t.origins...)
		if corsHeaders(r) != corsHeaders(first) || r.status != first.status {
			return true
		}
	}
	last := c.sendBase(c.allowed[len(c.allowed)-1])
	return corsHeaders(last) != corsHeaders(first)
}

// checkEarlierVary checks what becomes of a Vary header that was set before the
// middleware ran.
func (c *checker) checkEarlierVary(origins []string) {
	r := c.send(c.base.method, originHeaders(origins...), http.Header{"Vary": {"Accept-Encoding"}})
	if !slices.Contains(r.vary(), "accept-encoding") {
		c.find(varyLost, "the Vary: Accept-Encoding that was set before the middleware ran is lost")
	}
	r = c.send(c.base.method, originHeaders(origins...), http.Header{"Vary": {"Accept-Encoding, Origin"}})
	n := 0
	for _, m := range r.vary() {
		if m == "origin" {
			n++
		}
	}
	if n > 1 {
		c.find(varyDuplicated, "Vary: Origin appears %d times if it was set before the middleware ran", n)
	}
}

// corsHeaders returns the headers that decide what a page may do with a response.
func corsHeaders(r *directResponse) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		if strings.HasPrefix(name, "Access-Control-") || name == "Timing-Allow-Origin" {
			b.WriteString(name + ": " + strings.Join(r.header[name], ", ") + "\n")
		}
	}
	return b.String()
}

// A sharingRequest is one of the requests that checkSharedValues repeats.
type sharingRequest struct {
	method string
	header http.Header
}

func (r sharingRequest) String() string {
	if o := r.header.Get("Origin"); o != "" {
		return "a " + r.method + " from " + o
	}
	return "a " + r.method + " without Origin"
}

// checkSharedValues overwrites every header value that the inner handler, or a
// middleware around this one, can reach. Later responses must not change.
func (c *checker) checkSharedValues() {
	requests := c.sharingRequests()
	send := func(r sharingRequest) *directResponse { return c.send(r.method, r.header.Clone(), nil) }
	text := func(r *directResponse) string {
		return headerText("", r.header, func(string) bool { return true })
	}
	var before []string
	for _, r := range requests {
		before = append(before, text(send(r)))
	}
	var undo []func()
	overwrite := func(h http.Header) {
		for _, values := range h {
			values = values[:cap(values)] // append would write there
			for i, old := range values {
				undo = append(undo, func() { values[i] = old })
				values[i] = "corstest"
			}
		}
	}
	defer func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}()
	c.inner = func(w http.ResponseWriter, _ *http.Request) {
		overwrite(w.Header())
		w.WriteHeader(http.StatusOK)
	}
	for _, r := range requests {
		overwrite(send(r).header)
	}
	c.inner = nil
	for i, r := range requests {
		if text(send(r)) != before[i] {
			c.find(sharedHeaderValues,
				"the response to %s changes after a handler modified header values of an earlier response", r)
		}
	}
}

// sharingRequests returns requests and OPTIONS without Origin, and requests and preflights
// from allowed and foreign origins.
func (c *checker) sharingRequests() []sharingRequest {
	requests := []sharingRequest{{c.base.method, http.Header{}}, {"OPTIONS", http.Header{}}}
	for _, o := range []string{c.page, c.allowed[len(c.allowed)-1], c.foreignOrigin} {
		if o != "" {
			requests = append(requests,
				sharingRequest{c.base.method, originHeaders(o)},
				sharingRequest{"OPTIONS", c.preflightHeader(o)})
		}
	}
	return requests
}
