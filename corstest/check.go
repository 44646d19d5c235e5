package corstest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/concors/concors/fetch"
)

// A Promise is what the configuration of a CORS middleware says that pages may do.
type Promise struct {
	// Origins are the allowed origins: patterns as [origin.ParsePattern] takes
	// them, "*" for every origin, and "null".
	Origins []string
	// Methods are the allowed methods besides GET, HEAD and POST, which are always
	// allowed. They are case-sensitive. "*" allows all methods.
	Methods []string
	// RequestHeaders are the names of the request headers that pages may set. "*"
	// allows all but Authorization.
	RequestHeaders []string
	// ExposedHeaders are the names of the response headers that pages may read, in
	// addition to the seven safelisted ones. "*" exposes all.
	ExposedHeaders []string
	// Credentials allows pages to send requests with cookies and read the
	// responses.
	Credentials bool
	// MaxAge is how long browsers may cache a preflight. 0 promises nothing about
	// it. A negative MaxAge means that they may not cache it.
	MaxAge time.Duration
}

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
// that is not a pattern, or no origin that a page can have.
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
	c.checkOrigins()
	if c.page != "" { // otherwise everything else would fail for the same reason
		c.checkCredentials()
		c.checkMethods()
		c.checkRequestHeaders()
		c.checkPreflightedPosts()
		c.checkExposedHeaders()
		c.checkMaxAge()
		c.checkErrorResponses()
		c.checkAllowOriginTwice()
	}
	c.checkOwnOrigin()
	c.checkInvalidOrigins()
	c.checkVary()
	c.checkHandlerReached()
	c.checkAllocations()
	c.checkSharedValues() // the last one, because it may break the middleware

	var findings []Finding
	for _, k := range kinds {
		if f, ok := c.found[k.Name]; ok {
			findings = append(findings, f)
		}
	}
	return findings, nil
}

// A checker is one run of Check.
type checker struct {
	browsers   []fetch.Profile
	promise    Promise
	origins    *allowlist // the promised ones
	middleware func(http.Handler) http.Handler
	handler    http.Handler // the middleware around handleInner

	allowed       []string // promised origins that pages can have
	foreign       []string // origins that are not promised
	foreignOrigin string   // one of them, "" if every origin is promised
	page          string   // an origin that the middleware allows, "" if there is none
	// credentials reports whether requests of other checks are made with
	// credentials: they are if that is promised, and works.
	credentials bool

	inner   http.HandlerFunc // the inner handler; nil means serveOK
	reached bool             // the inner handler was called

	last  exchange // the last request and its response
	found map[string]Finding
}

func newChecker(
	browsers []fetch.Profile, middleware func(http.Handler) http.Handler, promise Promise,
) (*checker, error) {
	origins, err := parseAllowlist(promise.Origins)
	if err != nil {
		return nil, fmt.Errorf("the promised origins: %w", err)
	}
	c := &checker{
		browsers: browsers, promise: promise, origins: origins, middleware: middleware,
		allowed: origins.samples(), foreign: origins.foreign(seedOf(promise.Origins), 50),
		found: map[string]Finding{},
	}
	if origins.any {
		c.allowed = append(c.allowed, anySamples()...)
	} else if c.foreignOrigin = foreignSample; origins.match(foreignSample) {
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
	if _, ok := c.found[kind]; !ok {
		c.found[kind] = Finding{kind, fmt.Sprintf(format, args...), c.last.requestText(), c.last.responseText()}
	}
}
