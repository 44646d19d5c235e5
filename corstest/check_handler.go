package corstest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
)

// How a middleware works with the handler that it wraps.

// checkErrorResponses checks that pages can read the handler's error responses.
func (c *checker) checkErrorResponses() {
	if !c.works {
		c.skip(noRequestWorks, errorResponseHidden)
		return
	}
	defer func() { c.inner = nil }()
	for _, status := range []int{http.StatusInternalServerError, http.StatusUnauthorized, http.StatusNotFound} {
		c.inner = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", status) }
		c.findIfBlocked(errorResponseHidden, 0, c.withCredentials(c.base),
			"a response with the status "+strconv.Itoa(status)+" is blocked")
	}
}

// checkAllowOriginTwice looks for a second Access-Control-Allow-Origin, which
// browsers refuse.
func (c *checker) checkAllowOriginTwice() {
	if r := c.sendBase(c.page); len(r.header["Access-Control-Allow-Origin"]) > 1 {
		c.find(allowOriginDuplicated, "a response has Access-Control-Allow-Origin twice")
		return
	}
	if !c.works {
		c.skip(noRequestWorks, allowOriginDuplicated)
		return
	}
	// Applications sometimes apply a middleware to the server and to a route.
	twice := c.middleware(c.middleware(http.HandlerFunc(c.handleInner)))
	p := c.withCredentials(c.base)
	p.handler = twice
	c.findIfBlocked(allowOriginDuplicated, 0, p, "a "+p.method+" is blocked if the middleware is applied twice")
}

// checkHandlerReached checks which requests reach the handler.
func (c *checker) checkHandlerReached() {
	c.inner = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	defer func() { c.inner = nil }()
	check := func(kind, method string, header http.Header, what string) {
		if r := c.send(method, header, nil); !r.reached {
			c.find(kind, "%s does not reach the handler; the status is %d", what, r.status)
		}
	}
	check(optionsSwallowed, http.MethodOptions, http.Header{}, "an OPTIONS without Origin")
	check(optionsSwallowed, http.MethodOptions, originHeaders(c.page),
		"an OPTIONS without Access-Control-Request-Method")
	for _, m := range append([]string{"GET", "HEAD", "POST"}, c.promisedMethods()...) {
		if m == http.MethodOptions {
			continue
		}
		check(actualRequestSwallowed, m, http.Header{}, "a "+m+" without Origin")
		check(actualRequestSwallowed, m, originHeaders(c.page), "a "+m+" from "+c.page)
	}
	if c.foreignOrigin == "" || c.promise.RejectsForeign {
		return
	}
	for _, m := range []string{"GET", "POST"} {
		check(foreignRequestSwallowed, m, originHeaders(c.foreignOrigin), "a "+m+" from "+c.foreignOrigin)
	}
}

// preflightHeader has the headers of a preflight for a promised method and promised
// headers.
func (c *checker) preflightHeader(origin string) http.Header {
	method := c.unsafeMethod()
	if c.preflight != nil {
		method = c.preflight.method
	}
	h := http.Header{"Origin": {origin}, "Access-Control-Request-Method": {method}}
	var names []string
	for _, name := range c.headers {
		names = append(names, field.Lower(name))
	}
	slices.Sort(names)
	if len(names) > 0 {
		h[requestHeadersName] = []string{strings.Join(names, ",")}
	}
	return h
}
