package corstest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
)

// Which request and response headers a middleware allows.

const (
	requestHeadersName = "Access-Control-Request-Headers"

	// wildcardHeader stands for "*" in a list of headers.
	wildcardHeader = "X-Corstest-Any"
	// otherHeader is never promised.
	otherHeader = "X-Corstest-Other"
)

// promisedHeaders returns the promised request headers that pages can set. One
// example stands for "*".
func (c *checker) promisedHeaders() (names []string) {
	for _, name := range c.promise.RequestHeaders {
		if name == "*" {
			name = wildcardHeader
		}
		if !field.IsForbiddenRequestHeaderName(name) {
			names = append(names, name)
		}
	}
	return names
}

func (c *checker) checkRequestHeaders() {
	names := c.promisedHeaders()
	blocked := false
	for _, name := range names {
		p := pageRequest{origin: c.page, method: "GET", headers: []string{name}, credentials: c.credentials}
		if c.findIfBlocked(requestHeaderBlocked, p, "a request with "+name+" is blocked") {
			blocked = true
		}
	}
	together := pageRequest{origin: c.page, method: c.unsafeMethod(), headers: names, credentials: c.credentials}
	if !c.works(pageRequest{origin: c.page, method: together.method, credentials: c.credentials}) {
		together.method = "GET"
	}
	if len(names) > 1 && !blocked {
		blocked = c.findIfBlocked(requestHeaderBlocked, together, "a request with all promised headers is blocked")
	}
	if len(names) > 0 && !blocked {
		c.checkRequestHeadersSpelling(together)
	}
	if !slices.Contains(names, wildcardHeader) {
		c.checkUnpromisedHeaders(names)
	}
}

// checkRequestHeadersSpelling repeats a request that works, with other spellings
// of Access-Control-Request-Headers that mean the same. Browsers sort the names
// and send them in lower case, separated only by commas. Proxies need not.
func (c *checker) checkRequestHeadersSpelling(works pageRequest) {
	check := func(kind, spelling string, respell func(names []string) []string) {
		p := works
		p.changePreflight = func(h http.Header) {
			if lines := h[requestHeadersName]; len(lines) > 0 {
				h[requestHeadersName] = respell(strings.Split(lines[0], ","))
			}
		}
		c.findIfBlocked(kind, p, "a request whose preflight has "+spelling+" in "+requestHeadersName+" is blocked")
	}
	check(requestHeadersCase, "canonical names", func(names []string) []string {
		for i, name := range names {
			names[i] = http.CanonicalHeaderKey(name)
		}
		return []string{strings.Join(names, ",")}
	})
	check(requestHeadersSpaces, "spaces", func(names []string) []string {
		if len(names) == 1 {
			return []string{" " + names[0] + " "}
		}
		return []string{strings.Join(names, ", ")}
	})
	if len(works.headers) < 2 {
		return
	}
	check(requestHeadersOrder, "names in reverse order", func(names []string) []string {
		slices.Reverse(names)
		return []string{strings.Join(names, ",")}
	})
	check(requestHeadersLines, "one line for each name", func(names []string) []string { return names })
}

func (c *checker) checkUnpromisedHeaders(promised []string) {
	isPromised := func(name string) bool {
		return slices.ContainsFunc(promised, func(p string) bool { return field.EqualFold(p, name) })
	}
	for _, name := range []string{otherHeader, "Authorization", "Content-Type"} {
		if !isPromised(name) {
			p := pageRequest{origin: c.page, method: "GET", headers: []string{name}, credentials: c.credentials}
			c.findIfAllowed(requestHeaderUnpromised, p, "a page may set the header "+name)
		}
	}
	if len(promised) == 0 {
		return
	}
	// After a promised header, and on a second line.
	p := pageRequest{
		origin: c.page, method: "GET", headers: []string{promised[0], otherHeader}, credentials: c.credentials,
	}
	c.findIfAllowed(requestHeaderUnpromised, p,
		"a page may set the header "+otherHeader+" together with "+promised[0])
	p.changePreflight = func(h http.Header) {
		if h[requestHeadersName] != nil {
			h[requestHeadersName] = []string{field.Lower(promised[0]), field.Lower(otherHeader)}
		}
	}
	c.findIfAllowed(requestHeaderUnpromised, p,
		"a page may set the header "+otherHeader+" if a proxy moves it to a second line")
}

func (c *checker) checkExposedHeaders() {
	names := slices.Clone(c.promise.ExposedHeaders)
	all := slices.Contains(names, "*")
	for i, name := range names {
		if name == "*" {
			names[i] = wildcardHeader
		}
	}
	c.inner = func(w http.ResponseWriter, r *http.Request) {
		for _, name := range append(names, otherHeader) {
			w.Header().Set(name, "1")
		}
		serveOK(w, r)
	}
	defer func() { c.inner = nil }()
	results := c.inBrowsers(pageRequest{origin: c.page, method: "GET", credentials: c.credentials})
	for _, name := range names {
		if field.IsForbiddenResponseHeaderName(name) {
			continue // no page can read it
		}
		hidden := func(r *browserResult) bool { return r.Err == nil && !r.Header.Contains(name) }
		if first, browsers := firstOf(results, hidden); first != nil {
			c.last = first.last
			c.find(exposedHeaderHidden, "the response header %s is hidden, in %s", name, browsers)
		}
	}
	if all {
		return
	}
	shown := func(r *browserResult) bool { return r.Err == nil && r.Header.Contains(otherHeader) }
	if first, browsers := firstOf(results, shown); first != nil {
		c.last = first.last
		c.find(exposedHeaderUnpromised, "a page may read the response header %s, in %s", otherHeader, browsers)
	}
}
