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
	if c.works {
		c.headers = c.checkPromisedHeaders(names)
	} else {
		c.skip(noRequestWorks, requestHeaderUnpromised)
		if len(names) > 0 {
			c.skip(noRequestWorks, append([]string{requestHeaderBlocked}, requestHeadersSpellings...)...)
		}
	}
	c.checkUnpromisedHeaders(names)
}

// requestHeadersSpellings are the kinds that checkRequestHeadersSpelling finds. The
// last two need two names.
var requestHeadersSpellings = []string{
	requestHeadersCase, requestHeadersSpaces, requestHeadersOrder, requestHeadersLines,
}

// checkPromisedHeaders returns the names that work, alone and together.
func (c *checker) checkPromisedHeaders(names []string) (working []string) {
	for _, name := range names {
		p := c.withCredentials(c.base)
		p.headers = []string{name}
		if !c.findIfBlocked(requestHeaderBlocked, 0, p, "a request with "+name+" is blocked") {
			working = append(working, name)
		}
	}
	together := c.withCredentials(c.base)
	if p := c.withCredentials(c.request(c.unsafeMethod())); c.isReadable(p) {
		together = p
	}
	what := "all promised headers"
	if len(working) < len(names) {
		what = strings.Join(working, ", ")
	}
	together.headers = working
	switch {
	case len(names) == 0:
	case len(working) == 0:
		c.skip("no promised request header works", requestHeadersSpellings[:2]...)
	case len(working) > 1 &&
		c.findIfBlocked(requestHeaderBlocked, 0, together, "a request with "+what+" is blocked"):
		for i := range working {
			together.headers = working[i : i+1]
			c.checkRequestHeadersSpelling(together)
		}
		working = working[:1]
	default:
		c.checkRequestHeadersSpelling(together)
	}
	if len(names) > 1 && len(working) < 2 {
		c.skip("no two promised request headers work", requestHeadersSpellings[2:]...)
	}
	return working
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
		c.findIfBlocked(kind, 0, p, "a request whose preflight has "+spelling+" in "+requestHeadersName+" is blocked")
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

// checkUnpromisedHeaders looks for headers that are allowed and not promised, also
// together with a promised one.
func (c *checker) checkUnpromisedHeaders(promised []string) {
	isPromised := func(name string) bool {
		return slices.ContainsFunc(promised, func(p string) bool { return field.EqualFold(p, name) })
	}
	if slices.Contains(promised, wildcardHeader) {
		return // most browsers take "*" for Authorization too
	}
	for _, name := range []string{otherHeader, "Authorization", "Content-Type"} {
		if !isPromised(name) {
			p := c.withCredentials(c.base)
			p.headers = []string{name}
			c.findIfAllowed(requestHeaderUnpromised, 0, p, "a page may set the header "+name)
		}
	}
	if len(c.headers) == 0 {
		return
	}
	// After a promised header, and on a second line.
	p := c.withCredentials(c.base)
	p.headers = []string{c.headers[0], otherHeader}
	c.findIfAllowed(requestHeaderUnpromised, 0, p,
		"a page may set the header "+otherHeader+" together with "+c.headers[0])
	p.changePreflight = func(h http.Header) {
		if h[requestHeadersName] != nil {
			h[requestHeadersName] = []string{field.Lower(c.headers[0]), field.Lower(otherHeader)}
		}
	}
	c.findIfAllowed(requestHeaderUnpromised, 0, p,
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
	results := c.inBrowsers(c.withCredentials(c.base))
	if !c.works {
		c.skip(noRequestWorks, exposedHeaderHidden, exposedHeaderUnpromised)
		return
	}
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
