package corstest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// A Finding is one difference between a middleware and its promise.
type Finding struct {
	// Kind is the Name of the finding's [Kind].
	Kind string
	// Sentence says what was found, and names the origin, method or header.
	Sentence string
	// Request and Response show it, as they were sent, without headers that make
	// no difference. If it takes several requests, they are the last ones.
	Request, Response string
}

// String returns the kind and the sentence.
func (f Finding) String() string { return f.Kind + ": " + f.Sentence }

// Check tests whether a middleware keeps a promise. It returns at most one Finding
// of each of the [Kinds], in their order, and none for a middleware that allows
// all it promises and nothing else. The error is an invalid promise: an origin
// that is not a pattern, no origin that a page can have, or an invalid URL.
//
// Of all that a kind's finding could show, it shows the most dangerous: a foreign
// origin with credentials before one without, and every site before a domain that
// anyone can register, another host of an allowed origin's site, its http: origin,
// and another port.
//
// Most checks change a request that works in one respect. A request that fails is
// a finding, and another one takes its place: a GET, POST or HEAD from any of the
// promised origins, or a request with a promised method. If none works, the
// finding not-checked lists the kinds that could not be checked.
//
// Every request of a page is made in all browser profiles. One Check makes several
// thousand requests, in about a tenth of a second.
//
// Check calls middleware a few times, with handlers of its own. The handlers that
// middleware returns are called by one goroutine at a time. Check measures the
// memory that they allocate, and cannot distinguish it from what other goroutines
// allocate at the same time.
//
// The middleware must respond to the same request in the same way each time. Check
// overwrites header values that reach its handlers, and restores them at the end.
// Do not serve with the same middleware at the same time: it may keep such values
// in package variables.
func Check(middleware func(http.Handler) http.Handler, promise Promise) ([]Finding, error) {
	return checkIn(fetch.Profiles(), middleware, promise)
}

// checkIn is Check in some browsers.
func checkIn(
	browsers []fetch.Profile, middleware func(http.Handler) http.Handler, promise Promise,
) ([]Finding, error) {
	c, err := newChecker(browsers, middleware, promise)
	if err != nil {
		return nil, err
	}
	return c.run(c.checkAllocations), nil
}

// run checks everything. Tests replace the check of allocations, which takes most
// of the time.
func (c *checker) run(checkAllocations func()) []Finding {
	c.findWorking()
	c.checkOrigins()
	c.checkCredentials()
	c.checkMethods()
	c.checkRequestHeaders()
	c.checkPreflightedPosts()
	c.checkExposedHeaders()
	c.checkMaxAge()
	c.checkErrorResponses()
	c.checkAllowOriginTwice()
	c.checkOwnOrigin()
	c.checkInvalidOrigins()
	c.checkVary()
	c.checkHandlerReached()
	checkAllocations()
	c.checkSharedValues() // the last one, because it may break the middleware
	c.findNotChecked()

	var findings []Finding
	for _, k := range kinds {
		if f, ok := c.found[k.Name]; ok {
			findings = append(findings, f)
		}
	}
	return findings
}

// A checker is one run of Check.
type checker struct {
	browsers   []fetch.Profile
	promise    Promise
	url        *url.URL   // of the requests
	origins    *allowlist // the promised ones
	listed     *allowlist // the promised ones with credentials, if only some have them
	middleware func(http.Handler) http.Handler
	handler    http.Handler // the middleware around handleInner

	allowed []string // promised origins that pages can have
	foreign []string // origins that are not promised, the most dangerous first

	// withoutCredentials are promised origins without credentials that resemble those with credentials,
	// if only some have them.
	withoutCredentials []string

	foreignOrigin string // one of them, "" if every origin is promised

	// What other checks build on. findWorking sets them.
	works     bool         // base works
	base      pageRequest  // a promised request, without credentials
	preflight *pageRequest // one that works and is preflighted, nil if there is none
	page      string       // base.origin
	// headers are promised request headers that work, alone and together. It is set
	// by checkRequestHeaders.
	headers []string

	// credentials reports whether requests of other checks are made with
	// credentials: they are if that is promised, and works.
	credentials bool

	inner   http.HandlerFunc // the inner handler; nil means serveOK
	reached bool             // the inner handler was called

	last    exchange // the last request and its response
	found   map[string]Finding
	ranks   map[string]int // of findings that findRanked added
	skipped []skip
}

func newChecker(
	browsers []fetch.Profile, middleware func(http.Handler) http.Handler, promise Promise,
) (*checker, error) {
	origins, err := parseAllowlist(promise.Origins)
	if err != nil {
		return nil, fmt.Errorf("the promised origins: %w", err)
	}
	listed, err := parseAllowlist(promise.OriginsWithCredentials)
	if err != nil {
		return nil, fmt.Errorf("the promised origins with credentials: %w", err)
	}
	u, err := promise.url()
	if err != nil {
		return nil, err
	}
	c := &checker{
		browsers: browsers, promise: promise, url: u, origins: origins, middleware: middleware,
		allowed: origins.samples(), foreign: origins.foreign(seedOf(promise.Origins), 50),
		found: map[string]Finding{}, ranks: map[string]int{}, listed: listed,
	}
	withCredentials, without := c.credentialSamples()
	c.allowed, c.withoutCredentials = append(withCredentials, c.allowed...), without
	own, _ := origin.FromURL(u.String())
	isOwn := func(o string) bool { return o == own.String() } // a page may always read its own origin
	c.allowed = slices.DeleteFunc(c.allowed, isOwn)
	c.foreign = slices.DeleteFunc(c.foreign, isOwn)
	c.withoutCredentials = slices.DeleteFunc(c.withoutCredentials, isOwn)
	if origins.any {
		c.allowed = append(c.allowed, anySamples()...)
	} else {
		c.foreignOrigin = c.foreign[0]
	}
	if len(c.allowed) == 0 {
		return nil, errors.New("no page can have any of the promised origins: name at least one http: or https: origin")
	}
	c.handler = middleware(http.HandlerFunc(c.handleInner))
	return c, nil
}

// handleInner is the handler inside the middleware.
func (c *checker) handleInner(w http.ResponseWriter, r *http.Request) {
	c.reached = true
	if c.inner != nil {
		c.inner(w, r)
		return
	}
	serveOK(w, r)
}

// find adds a finding, unless there is one of its kind, with the last request and
// response.
func (c *checker) find(kind, format string, args ...any) {
	c.findRanked(kind, 0, format, args...)
}

// findRanked is find for one of several samples: a finding with a lower rank
// replaces one with a higher rank.
func (c *checker) findRanked(kind string, rank int, format string, args ...any) {
	if _, ok := c.found[kind]; ok && rank >= c.ranks[kind] {
		return
	}
	c.ranks[kind] = rank
	c.found[kind] = Finding{kind, fmt.Sprintf(format, args...), c.last.requestText(), c.last.responseText()}
}

// A skip is what could not be checked, and why.
type skip struct {
	kinds []string
	why   string
}

// skip notes that kinds could not be checked.
func (c *checker) skip(why string, kinds ...string) {
	c.skipped = append(c.skipped, skip{kinds, why})
}

// findNotChecked adds the finding that lists what was skipped and not found
// otherwise.
func (c *checker) findNotChecked() {
	var reasons []string
	kindsOf := map[string][]string{}
	for _, s := range c.skipped {
		for _, kind := range s.kinds {
			if _, found := c.found[kind]; found || slices.Contains(kindsOf[s.why], kind) {
				continue
			}
			if kindsOf[s.why] == nil {
				reasons = append(reasons, s.why)
			}
			kindsOf[s.why] = append(kindsOf[s.why], kind)
		}
	}
	for i, why := range reasons {
		reasons[i] = why + ": " + strings.Join(kindsOf[why], ", ")
	}
	if len(reasons) > 0 {
		c.last = exchange{}
		c.find(notChecked, "could not be checked, because %s", strings.Join(reasons, "; because "))
	}
}
