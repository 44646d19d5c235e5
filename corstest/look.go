package corstest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// What Check looks at with browsers' eyes.

// keptOut returns the first browser in which a page does not get what it should,
// and the names of all of them. A browser that refuses to ask, as some do with
// streams, does not count.
func (c *checker) keptOut(q question) (first *seen, names string) {
	return those(c.browse(q), func(s *seen) bool {
		return !s.readable() && len(s.Trace.Exchanges) > 0
	})
}

// letIn is keptOut for what a page should not get: the answer, or, where a
// preflight stands before it, the request through to the server.
func (c *checker) letIn(q question) (first *seen, names string) {
	return those(c.browse(q), func(s *seen) bool {
		return s.readable() || s.preflights() > 0 && s.actual() != nil
	})
}

func those(all []seen, wrong func(*seen) bool) (first *seen, names string) {
	var list []string
	for i := range all {
		if s := &all[i]; wrong(s) {
			if first == nil {
				first = s
			}
			list = append(list, s.Profile.Name)
		}
	}
	if len(list) == len(all) {
		return first, "every browser"
	}
	return first, strings.Join(list, " and ")
}

// blocked notes a finding if a browser blocks what a page should get.
func (c *checker) blocked(name string, q question, sentence string) bool {
	s, names := c.keptOut(q)
	if s == nil {
		return false
	}
	c.evidence = s.evidence
	c.find(name, "%s with %s, in %s", sentence, s.why(), names)
	return true
}

// granted notes a finding if a browser lets through what a page should not get.
func (c *checker) granted(name string, q question, sentence string) bool {
	s, names := c.letIn(q)
	if s == nil {
		return false
	}
	c.evidence = s.evidence
	c.find(name, "%s, in %s", sentence, names)
	return true
}

func (s *seen) why() string {
	if s.Err == nil {
		return "opaque"
	}
	return s.Err.Reason.String()
}

// origins looks at who is let in, and finds a page for all that follows.
func (c *checker) origins() {
	plain := []question{
		{method: "GET"}, {method: "HEAD"},
		{method: "POST", body: fetch.TextBody("corstest")},
	}
	for _, o := range c.allowed {
		bad := false
		for _, q := range plain {
			q.origin = o
			bad = c.blocked(allowedOriginBlocked, q, "a "+q.method+" from "+o+", which is promised, is blocked") || bad
		}
		if !bad && c.page == "" {
			c.page = o
		}
	}
	for _, o := range c.foreign {
		if c.within.match(o) {
			continue
		}
		name := foreignOriginLetIn
		if o == "null" {
			name = nullOriginLetIn
		}
		if c.granted(name, question{origin: o, method: "GET"}, "a page on "+o+", which is not promised, may read answers") && name == foreignOriginLetIn {
			continue
		}
		c.granted(name, question{origin: o, method: c.anyMethod(), headers: c.someHeaders()}, "a page on "+o+", which is not promised, may send what needs a preflight")
	}
	if c.within.null {
		c.blocked(allowedOriginBlocked, question{origin: "null", method: "GET"}, "a GET from null, which is promised, is blocked")
	}
}

// anyMethod is a promised method that needs leave, PUT if there is none.
func (c *checker) anyMethod() string {
	for _, m := range c.promisedMethods() {
		if !slices.Contains([]string{"GET", "HEAD", "POST"}, m) {
			return m
		}
	}
	return "PUT"
}

// promisedMethods are such that a browser sends them, with one that stands for
// all if all are promised.
func (c *checker) promisedMethods() []string {
	var out []string
	for _, m := range c.promise.Methods {
		switch strings.ToUpper(m) {
		case "*":
			out = append(out, "PUT", "DELETE", "CORSTEST")
		case "CONNECT", "TRACE", "TRACK": // no page may send them
		default:
			out = append(out, m)
		}
	}
	return out
}

// someHeaders are promised request headers.
func (c *checker) someHeaders() []string {
	var out []string
	for _, name := range c.promise.RequestHeaders {
		if name == "*" {
			name = "X-Corstest-Any"
		}
		if !unsettable(name) {
			out = append(out, name)
		}
	}
	return out
}

// unsettable reports whether no page may set the header, so that a promise of it
// is idle: https://fetch.spec.whatwg.org/#forbidden-request-header
func unsettable(name string) bool {
	name = lower(name)
	return strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "proxy-") || slices.Contains([]string{
		"accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method", "connection",
		"content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin", "referer", "set-cookie",
		"te", "trailer", "transfer-encoding", "upgrade", "via"}, name)
}

func (c *checker) credentials() {
	if !c.promise.Credentials {
		c.granted(credentialsUnpromised, question{origin: c.page, method: "GET", credentials: true},
			"a page on "+c.page+" may read the answer to a request with credentials")
		return
	}
	ok := true
	for _, o := range c.allowed {
		ok = !c.blocked(credentialsUnusable, question{origin: o, method: "GET", credentials: true},
			"a GET with credentials from "+o+" is blocked") && ok
	}
	c.include = ok
	if len(c.promise.Methods) == 0 {
		return
	}
	// A method that works without credentials must work with them.
	q := question{origin: c.page, method: c.anyMethod()}
	if s, _ := c.keptOut(q); s == nil {
		q.credentials = true
		c.include = !c.blocked(credentialsUnusable, q, "a "+q.method+" with credentials from "+q.origin+" is blocked") && c.include
	}
}

func (c *checker) methods() {
	for _, m := range c.promisedMethods() {
		if c.blocked(methodBlocked, question{origin: c.page, method: m, credentials: c.include}, "a "+m+" is blocked") {
			continue
		}
		// What fetch() puts in upper case by itself can't come out wrong.
		small := strings.ToLower(m)
		if small == m || slices.Contains([]string{"delete", "get", "head", "options", "post", "put"}, small) ||
			slices.Contains(c.promise.Methods, small) || slices.Contains(c.promise.Methods, "*") {
			continue
		}
		c.granted(methodCaseIgnored, question{origin: c.page, method: small, credentials: c.include},
			"a page may use the method "+small+", and "+m+" is promised")
	}
	if slices.Contains(c.promise.Methods, "*") {
		return
	}
	for _, m := range []string{"PUT", "PATCH", "DELETE", "PURGE"} {
		if !slices.Contains(c.promise.Methods, m) {
			c.granted(methodUnpromised, question{origin: c.page, method: m, credentials: c.include}, "a page may use the method "+m)
		}
	}
}

func (c *checker) requestHeaders() {
	names := c.someHeaders()
	bad := false
	for _, name := range names {
		bad = c.blocked(requestHeaderBlocked, question{origin: c.page, method: "GET", headers: []string{name}, credentials: c.include},
			"a request with "+name+" is blocked") || bad
	}
	together := question{origin: c.page, method: c.anyMethod(), headers: names, credentials: c.include}
	if s, _ := c.keptOut(question{origin: c.page, method: together.method, credentials: c.include}); s != nil {
		together.method = "GET"
	}
	if len(names) > 1 && !bad {
		bad = c.blocked(requestHeaderBlocked, together, "a request with all promised headers is blocked")
	}
	if len(names) > 0 && !bad {
		c.proxied(together)
	}
	if !slices.Contains(names, "X-Corstest-Any") {
		c.unpromisedHeaders(names)
	}
}

// What a preflight says it asks for.
const askedHeaders = "Access-Control-Request-Headers"

// proxied asks what works anew, with Access-Control-Request-Headers spelled in
// another way that means the same. Browsers sort the names, write them in lower
// case and put nothing between but a comma; nobody else has to.
func (c *checker) proxied(works question) {
	rewrite := func(kind, sentence string, to func(names []string) []string) {
		q := works
		q.onTheWay = func(h http.Header) {
			if lines := h[askedHeaders]; len(lines) > 0 {
				h[askedHeaders] = to(strings.Split(lines[0], ","))
			}
		}
		c.blocked(kind, q, sentence)
	}
	rewrite(requestHeadersCase, "a request whose preflight comes with the names in canonical case is blocked", func(names []string) []string {
		for i, name := range names {
			names[i] = http.CanonicalHeaderKey(name)
		}
		return []string{strings.Join(names, ",")}
	})
	rewrite(requestHeadersSpaces, "a request whose preflight comes with spaces behind the commas is blocked", func(names []string) []string {
		if len(names) == 1 {
			return []string{" " + names[0] + " "}
		}
		return []string{strings.Join(names, ", ")}
	})
	if len(works.headers) < 2 {
		return
	}
	rewrite(requestHeadersOrder, "a request whose preflight comes with the names in reverse is blocked", func(names []string) []string {
		slices.Reverse(names)
		return []string{strings.Join(names, ",")}
	})
	rewrite(requestHeadersLines, "a request whose preflight comes with the names on lines of their own is blocked", func(names []string) []string {
		return names
	})
}

func (c *checker) unpromisedHeaders(promised []string) {
	has := func(name string) bool {
		return slices.ContainsFunc(promised, func(p string) bool { return strings.EqualFold(p, name) })
	}
	for _, name := range []string{"X-Corstest-Stranger", "Authorization", "Content-Type"} {
		if has(name) {
			continue
		}
		c.granted(requestHeaderUnpromised, question{origin: c.page, method: "GET", headers: []string{name}, credentials: c.include},
			"a page may set the header "+name)
	}
	if len(promised) == 0 {
		return
	}
	// Behind one that is promised, and on a line of its own.
	q := question{origin: c.page, method: "GET", headers: []string{promised[0], "X-Corstest-Stranger"}, credentials: c.include}
	c.granted(requestHeaderUnpromised, q, "a page may set the header X-Corstest-Stranger beside "+promised[0])
	q.onTheWay = func(h http.Header) {
		if h[askedHeaders] != nil {
			h[askedHeaders] = []string{lower(promised[0]), "x-corstest-stranger"}
		}
	}
	c.granted(requestHeaderUnpromised, q, "a page may set the header X-Corstest-Stranger if a proxy puts it on a second line")
}

func (c *checker) plainPosts() {
	q := question{origin: c.page, method: "POST", body: fetch.TextBody("corstest"), credentials: c.include, upload: true}
	if !c.blocked(plainPostPreflight, q, "a POST of text with a listener to its upload is blocked") {
		q.stream, q.upload, q.body = true, false, nil
		c.blocked(plainPostPreflight, q, "a POST of a stream is blocked")
	}
}

func (c *checker) exposedHeaders() {
	names := slices.Clone(c.promise.ExposedHeaders)
	all := slices.Contains(names, "*")
	for i, name := range names {
		if name == "*" {
			names[i] = "X-Corstest-Any"
		}
	}
	const secret = "X-Corstest-Secret"
	c.next = func(w http.ResponseWriter, r *http.Request) {
		for _, name := range append(names, secret) {
			w.Header().Set(name, "1")
		}
		answer(w, r)
	}
	defer func() { c.next = nil }()
	results := c.browse(question{origin: c.page, method: "GET", credentials: c.include})
	for _, name := range names {
		if name := lower(name); name == "set-cookie" || name == "set-cookie2" {
			continue // no page reads them
		}
		first, browsers := those(results, func(s *seen) bool { return s.Err == nil && !s.Header.Contains(name) })
		if first != nil {
			c.evidence = first.evidence
			c.find(exposedHeaderHidden, "the response header %s is hidden, in %s", name, browsers)
		}
	}
	first, browsers := those(results, func(s *seen) bool { return s.Err == nil && s.Header.Contains(secret) })
	if first != nil && !all {
		c.evidence = first.evidence
		c.find(exposedHeaderUnpromised, "a page sees the response header %s, in %s", secret, browsers)
	}
}

// maxAge asks twice, with a clock that is put forward. The standard's agent is
// asked: browsers have limits of their own.
func (c *checker) maxAge() {
	const longest = 24 * time.Hour // the agent's limit
	age := min(c.promise.MaxAge, longest)
	if age == 0 {
		return
	}
	q := question{origin: c.page, method: "POST", body: fetch.TextBody("corstest"), credentials: c.include, upload: true}
	if len(c.promise.Methods) > 0 {
		q.method, q.upload, q.body = c.anyMethod(), false, nil
	} else if names := c.someHeaders(); len(names) > 0 {
		q = question{origin: c.page, method: "GET", headers: names[:1], credentials: c.include}
	}
	clock := newClock()
	agent := fetch.NewAgent(fetch.Standard)
	agent.Now = clock.now
	first := c.browseIn(agent, q)
	if first.Err != nil || first.preflights() == 0 {
		return // said already, or GET is all that is promised
	}
	// The answer that counts is the preflight's.
	c.preflightEvidence(first.Trace)
	shown := c.evidence
	again := func(pass time.Duration) bool {
		clock.pass(pass)
		s := c.browseIn(agent, q)
		c.evidence = shown
		return s.preflights() > 0
	}
	switch {
	case age < 0:
		if again(0) {
			return
		}
		c.find(maxAgeNotKept, "a preflight is remembered, and is promised not to be")
	case again(age - time.Second):
		c.find(maxAgeNotKept, "a preflight is not remembered for %v", age)
	case !again(2 * time.Second):
		c.find(maxAgeNotKept, "a preflight is remembered for more than %v", age)
	}
}

func (c *checker) preflightEvidence(trace *fetch.Trace) {
	for i := range trace.Exchanges {
		if x := &trace.Exchanges[i]; x.Preflight {
			c.evidence = evidence{
				headerText(x.Method+" "+checkPath+" HTTP/1.1\nHost: server.example", mapOf(x.Header), func(name string) bool { return !slices.Contains(tellingOfRequests, name) }),
				answerText(x.Status, mapOf(x.ResponseHeader)),
			}
			return
		}
	}
}

func mapOf(list fetch.HeaderList) http.Header {
	h := http.Header{}
	for _, f := range list {
		h.Add(f.Name, f.Value)
	}
	return h
}

func (c *checker) errorAnswers() {
	defer func() { c.next = nil }()
	for _, status := range []int{http.StatusInternalServerError, http.StatusUnauthorized, http.StatusNotFound} {
		c.next = func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", status) }
		c.blocked(errorAnswerHidden, question{origin: c.page, method: "GET", credentials: c.include},
			"an answer with the status "+strconv.Itoa(status)+" is blocked")
	}
}

// doubles looks for two Access-Control-Allow-Origin, which browsers refuse.
func (c *checker) doubles() {
	if a := c.get(c.page); len(a.header["Access-Control-Allow-Origin"]) > 1 {
		c.find(allowOriginDoubled, "an answer has Access-Control-Allow-Origin twice")
		return
	}
	// It happens: one for the server, and one more for a route.
	twice := c.middleware(c.middleware(http.HandlerFunc(c.serve)))
	c.blocked(allowOriginDoubled, question{origin: c.page, method: "GET", credentials: c.include, handler: twice},
		"a GET is blocked where the middleware is inside itself")
}

// ownOrigin is what a server's own pages get: browsers send Origin with their
// POSTs too, and it is on no list.
func (c *checker) ownOrigin() {
	if o, _ := origin.FromURL(defaultBase); c.within.match(o.String()) {
		return
	}
	q := question{origin: defaultBase, method: "POST", body: fetch.TextBody("corstest")}
	results := c.browse(q)
	first, names := those(results, func(s *seen) bool { return s.Err != nil || s.Status != http.StatusOK })
	if first != nil {
		c.evidence = first.evidence
		c.find(ownOriginBlocked, "a POST of the server's own page fails, with the status %d, in %s", first.Status, names)
	}
}
