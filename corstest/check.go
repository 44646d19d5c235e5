package corstest

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// A Promise is what the configuration of a CORS middleware says it grants.
type Promise struct {
	// Origins are those that are let in: patterns as [origin.ParsePattern] takes
	// them, "*" for everybody, and "null".
	Origins []string
	// Methods are those that pages may use beyond GET, HEAD and POST, which
	// need no leave, in the case in which they are sent. "*" is all.
	Methods []string
	// RequestHeaders are the names of the headers that pages may set. "*" is
	// all but Authorization.
	RequestHeaders []string
	// ExposedHeaders are the names of the response headers that pages may read
	// beyond the seven that they always may. "*" is all.
	ExposedHeaders []string
	// Credentials lets pages read answers to requests with cookies.
	Credentials bool
	// MaxAge is for how long a preflight may be remembered. 0 is that nothing is
	// said of it; less is not at all.
	MaxAge time.Duration
}

// A Finding is a place where a middleware and its promise part.
type Finding struct {
	// Name is that of its [Kind].
	Name string
	// Sentence says what was found, with the origin, method or header in it.
	Sentence string
	// Request and Answer are what shows it, as it goes over the wire but for
	// headers that make no difference. The last request counts where it takes
	// several.
	Request, Answer string
}

// String is the finding with its name, without request and answer.
func (f Finding) String() string { return f.Name + ": " + f.Sentence }

// Check holds a middleware to its promise, and returns what it finds: at most
// one Finding of each of the [Kinds], in their order; none is a middleware that
// does all it promises and nothing that it doesn't. Every page's request is made
// in all browser profiles. The error is a promise that cannot be held to: an
// origin that is no pattern, or none that a page can have.
//
// The middleware is called a few times, with handlers that answer what the check
// needs. What it returns is called by one goroutine at a time. Memory that other
// goroutines allocate meanwhile may be put down to it.
//
// Answers to a request that stays the same have to stay the same. Handlers are
// made to write into the headers they reach, and what they wrote is put back at
// the end: a middleware may keep headers in variables of its package, so don't
// serve with the same one meanwhile.
func Check(middleware func(http.Handler) http.Handler, promise Promise) ([]Finding, error) {
	within, err := parsePatterns(promise.Origins)
	if err != nil {
		return nil, fmt.Errorf("the promised origins: %w", err)
	}
	c := &checker{promise: promise, within: within, found: map[string]Finding{}}
	for _, text := range within.texts {
		if len(c.allowed) < maxSamples {
			c.allowed = append(c.allowed, samples(text)...)
		}
	}
	if within.any {
		c.allowed = append(c.allowed, "https://anybody.example", "http://somebody.example:8080")
	}
	if len(c.allowed) == 0 {
		return nil, errors.New("no page can have any of the promised origins: name one of http or https")
	}
	if c.foreign = within.foreign(seedOf(promise.Origins), 50); !within.any {
		c.stranger = "https://stranger.example"
		if within.match(c.stranger) {
			c.stranger = c.foreign[0]
		}
	}
	c.middleware = middleware
	c.handler = middleware(http.HandlerFunc(c.serve))

	c.origins()
	if c.page != "" { // else all that follows would say the same again
		c.credentials()
		c.methods()
		c.requestHeaders()
		c.plainPosts()
		c.exposedHeaders()
		c.maxAge()
		c.errorAnswers()
		c.doubles()
	}
	c.ownOrigin()
	c.oddOrigins()
	c.vary()
	c.passesOn()
	c.costs()
	c.sharing() // last: it may leave the middleware in pieces

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
	promise    Promise
	within     *patterns
	allowed    []string // origins of pages that are promised to be let in
	foreign    []string // origins of pages that are not
	stranger   string   // one of those, "" if everybody is let in
	page       string   // one that is let in, "" if none is
	middleware func(http.Handler) http.Handler
	handler    http.Handler
	// include is the credentials mode of requests that are about something
	// else: what is promised, if that works.
	include bool

	// What the handler within is to do, and whether it was asked.
	next    http.HandlerFunc
	reached bool

	evidence evidence // the last that was seen
	found    map[string]Finding
}

// serve is the handler within the middleware.
func (c *checker) serve(w http.ResponseWriter, r *http.Request) {
	c.reached = true
	if c.next != nil {
		c.next(w, r)
		return
	}
	answer(w, r)
}

// find notes a finding, the first of its kind, with the last request and answer.
func (c *checker) find(name, format string, args ...any) {
	if _, ok := c.found[name]; !ok {
		c.found[name] = Finding{name, fmt.Sprintf(format, args...), c.evidence.request, c.evidence.answer}
	}
}
