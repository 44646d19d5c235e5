package cors

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// A Middleware applies a [Policy]. The zero Middleware lets everything through
// unchanged. It is safe for concurrent use and must not be copied.
type Middleware struct {
	state    atomic.Pointer[compiled]
	shadow   atomic.Pointer[compiled]
	observed atomic.Pointer[observed]
	// explain is what SetDebug turns on. It is kept here, and not called by its
	// name, for a program without SetDebug to be without it.
	explain atomic.Value // of type explainer
	mu      sync.Mutex   // one Reconfigure at a time
}

// New compiles a policy. If it has faults the error holds all of them:
// [Faults] takes it apart.
func New(p Policy) (*Middleware, error) {
	c, err := compileChecked(p)
	if err != nil {
		return nil, err
	}
	m := &Middleware{}
	m.state.Store(c)
	return m, nil
}

// MustNew is [New] for policies that are written in the program: it panics if
// there are faults.
func MustNew(p Policy) *Middleware {
	m, err := New(p)
	if err != nil {
		panic(err)
	}
	return m
}

func compileChecked(p Policy) (*compiled, error) {
	origins, faults := p.faults()
	if len(faults) > 0 {
		return nil, &faultsError{faults}
	}
	return compile(p, origins), nil
}

// Reconfigure puts another policy in place of the one in force: requests that
// have begun end under the old one. If the new one has faults the old one
// stays. What Lookup has answered is forgotten.
func (m *Middleware) Reconfigure(p Policy) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := compileChecked(p)
	if err != nil {
		return err
	}
	m.state.Store(c)
	return nil
}

// Policy returns the policy in force, as it was given: New(m.Policy()) makes
// the same middleware. A zero Middleware has the zero Policy.
func (m *Middleware) Policy() Policy {
	if c := m.state.Load(); c != nil {
		return c.given()
	}
	return Policy{}
}

// Warnings returns what [Policy.Check] has to say of the policy in force. It
// takes about as long as [New]. Of more than 10,000 origins it is not known any
// more which were named twice.
func (m *Middleware) Warnings() []Fault {
	if m.state.Load() == nil {
		return nil
	}
	return m.Policy().Check()
}

// SetDebug makes refused preflights explain themselves: they grant what they
// can, so that the browser's console names the method or header that is
// missing, and not just a preflight that failed. Refused requests stay refused.
func (m *Middleware) SetDebug(on bool) {
	var explain explainer
	if on {
		explain = (*compiled).explain
	}
	m.explain.Store(explain)
}

type explainer func(*compiled, http.ResponseWriter, Decision)

// SetShadow has another policy decide about every request too, and be
// observed, without acting on it: to see what a change would do. Nil ends that.
func (m *Middleware) SetShadow(p *Policy) error {
	if p == nil {
		m.shadow.Store(nil)
		return nil
	}
	c, err := compileChecked(*p)
	if err != nil {
		return err
	}
	m.shadow.Store(c)
	return nil
}

// Wrap returns a handler that applies the policy and then calls next.
//
// Preflights are answered here: next does not see them, so whatever needs
// authentication, or routes by method, belongs inside. All else goes to next,
// an OPTIONS that is no preflight included, and so does a request of an origin
// that is not let in, unless the policy says RejectRefused.
//
// Wrap a whole [http.ServeMux], not a handler that is registered for one
// method: the mux would answer the preflight with 405 before it got here. That
// and other mistakes around a policy are told to an observer, as a [Trap].
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.serve(m.state.Load(), w, r, "", next)
	})
}

// serve applies a policy, which may be nil for none, and calls next.
func (m *Middleware) serve(p *compiled, w http.ResponseWriter, r *http.Request, route string, next http.Handler) {
	if m.handle(p, w, r, route, next) {
		next.ServeHTTP(w, r)
	}
}

// Handle does the middleware's part of a request and reports whether the next
// handler is to be called: it is what Wrap is made of, for routers with a
// middleware form of their own. The response has been written if it returns
// false.
func (m *Middleware) Handle(w http.ResponseWriter, r *http.Request) (callNext bool) {
	return m.handle(m.state.Load(), w, r, "", nil)
}

// handle reports whether next is still to be called. There may be no next, where
// the caller's business is not known.
func (m *Middleware) handle(p *compiled, w http.ResponseWriter, r *http.Request, route string, next http.Handler) (callNext bool) {
	if p == nil {
		return true
	}
	if o := m.observed.Load(); o != nil {
		return (*o)(m, p, w, r, route, next)
	}
	var d Decision
	requestHeaders := p.decideHTTP(r, &d)
	return m.answer(p, w, r, requestHeaders, &d)
}

// decideHTTP decides about a request of net/http's. It returns the headers that a
// preflight asks for, if that counts: they are not looked for where an origin is
// refused, for it would be a sixth of the time.
func (p *compiled) decideHTTP(r *http.Request, d *Decision) (requestHeaders []string) {
	lines := r.Header["Origin"]
	if len(lines) == 0 {
		// The most frequent case, and nothing to decide.
		d.Pattern, d.anyOrigin = -1, p.anyone
		return nil
	}
	kind := Actual
	var method []string
	if r.Method == http.MethodOptions {
		if method = r.Header["Access-Control-Request-Method"]; len(method) > 0 {
			kind = Preflight
		}
	}
	if p.decideOrigin(r.Context(), kind, lines, d); kind != Preflight || !d.Allowed {
		return nil
	}
	requestHeaders = r.Header["Access-Control-Request-Headers"]
	p.decidePreflight(method, requestHeaders, d)
	return requestHeaders
}

// answer acts on a decision, and reports whether next is to be called.
func (m *Middleware) answer(p *compiled, w http.ResponseWriter, r *http.Request, requestHeaders []string, d *Decision) (callNext bool) {
	if p.policy.ReportOnly {
		return true
	}
	switch {
	case d.Kind == Preflight:
		p.answerPreflight(w, d, requestHeaders, &m.explain)
		return false
	case !d.Allowed && p.policy.RejectRefused && d.Kind == Actual && !ownOrigin(d.Origin, r.Host, r.Header.Get("Sec-Fetch-Site")):
		p.answerActual(w.Header(), d)
		http.Error(w, "origin not allowed", http.StatusForbidden)
		return false
	}
	p.answerActual(w.Header(), d)
	return true
}

// ownOrigin reports whether a request comes from the server's own origin, so
// far as it can be known: from what the browser says of it, and else by the
// host, since a server behind a proxy does not know its scheme.
func ownOrigin(origin, host, fetchSite string) bool {
	if fetchSite != "" {
		return fetchSite == "same-origin" || fetchSite == "none"
	}
	_, authority, ok := strings.Cut(origin, "://")
	return ok && authority != "" && authority == host
}

// answerActual puts on a response what the decision about its request grants.
//
// The values share one array, and each slice's capacity is its length: a
// handler that appends to one gets another array, and one that writes into it
// reaches no other request's. That is why nothing is ever shared.
func (p *compiled) answerActual(h http.Header, d *Decision) {
	if d.anyOrigin {
		if p.exposed == "" && !p.extras {
			h[allowOrigin] = []string{"*"}
			return
		}
	} else if !d.Allowed && !p.extras {
		if len(h) == 0 || len(h["Vary"]) == 0 {
			h["Vary"] = []string{"Origin"}
		} else {
			addVary(h, "Origin")
		}
		return
	}
	p.answerMore(h, d)
}

func (p *compiled) answerMore(h http.Header, d *Decision) {
	if p.policy.ResourcePolicy != "" {
		h["Cross-Origin-Resource-Policy"] = []string{p.policy.ResourcePolicy}
	}
	values := new([4]string)
	n := 0
	set := func(name, value string) {
		values[n] = value
		h[name] = values[n : n+1 : n+1]
		n++
	}
	if vary := p.vary(Actual); vary != "" {
		if len(h) == 0 || len(h["Vary"]) == 0 {
			set("Vary", vary)
		} else {
			addVary(h, vary)
		}
	}
	who := "*"
	if !d.anyOrigin {
		if !d.Allowed {
			return
		}
		who = d.Origin
	}
	set(allowOrigin, who)
	if p.credentials != "" { // never beside the star
		set(allowCredentials, p.credentials)
	}
	if p.exposed != "" {
		set(exposeHeaders, p.exposed)
	}
	if p.policy.TimingAllowOrigin {
		h["Timing-Allow-Origin"] = []string{who}
	}
}

// answerPreflight answers a preflight.
//
// One that is refused has no Vary: there is nothing on it that a cache, which
// must not keep answers to OPTIONS, could hand to somebody else to advantage.
func (p *compiled) answerPreflight(w http.ResponseWriter, d *Decision, requestHeaders []string, debug *atomic.Value) {
	if !d.Allowed {
		explain, _ := debug.Load().(explainer)
		if explain != nil && (d.Reason == MethodRefused || d.Reason == HeaderRefused || d.Reason == RequestHeadersTooLarge) {
			explain(p, w, *d)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		return
	}
	h := w.Header()
	values := new([6]string)
	n := 0
	set := func(name, value string) {
		values[n] = value
		h[name] = values[n : n+1 : n+1]
		n++
	}
	if len(h) == 0 || len(h["Vary"]) == 0 {
		set("Vary", p.vary(Preflight))
	} else {
		addVary(h, p.vary(Preflight))
	}
	who := d.Origin
	if d.anyOrigin {
		who = "*"
	}
	set(allowOrigin, who)
	if p.credentials != "" { // never beside the star
		set(allowCredentials, p.credentials)
	}
	switch {
	case p.echoMethod:
		set(allowMethods, d.Method)
	case p.allowMethods != "":
		set(allowMethods, p.allowMethods)
	}
	switch {
	case p.echoHeaders:
		if headers := strings.Join(requestHeaders, ","); headers != "" {
			set(allowHeaders, headers)
		}
	case p.allowHeaders != "":
		set(allowHeaders, p.allowHeaders)
	}
	if p.maxAge != "" {
		set(maxAge, p.maxAge)
	}
	w.WriteHeader(p.status)
}

// explain answers a preflight that is refused for its method or headers with
// all that would have been granted, so that the browser can say what is missing.
func (p *compiled) explain(w http.ResponseWriter, d Decision) {
	h := w.Header()
	granted := d
	granted.Allowed = true
	for _, f := range p.grants(nil, &granted, nil) {
		h.Set(f.Name, f.Value)
	}
	// What is refused must not be granted in the explaining: by a "*" that
	// browsers take to cover it, or by a list of methods that is missing, which
	// grants an upload listener's method.
	switch {
	case d.Reason != MethodRefused && p.anyHeader:
		h.Del(allowHeaders)
	case d.Reason == MethodRefused && (p.anyMethod || p.allowMethods == ""):
		h.Set(allowMethods, "GET, HEAD, POST")
	}
	h.Del(maxAge) // what is explained is not to be remembered
	addVary(h, p.vary(Preflight))
	w.WriteHeader(p.status)
}

// Fields returns what a response is to have, for servers that are not
// net/http: the fields to set, and the value to add to Vary, "" for none. Done
// is the status to answer with, or 0 to call the next handler. The request is
// the one that was decided about.
func (m *Middleware) Fields(ctx context.Context, r Request) (d Decision, fields []Field, vary string, done int) {
	p := m.state.Load()
	if p == nil {
		return Decision{Kind: kindOf(&r), Pattern: -1}, nil, "", 0
	}
	p.decide(ctx, &r, &d)
	d.PatternText = p.patternText(d.Pattern)
	if p.policy.ReportOnly {
		d.ReportOnly = true
		return d, nil, "", 0
	}
	switch {
	case d.Kind == Preflight && d.Allowed:
		return d, p.grants(nil, &d, r.RequestHeaders), p.vary(Preflight), p.status
	case d.Kind == Preflight:
		return d, nil, "", http.StatusForbidden
	case !d.Allowed && p.policy.RejectRefused && d.Kind == Actual && !ownOrigin(d.Origin, r.Host, r.FetchSite):
		done = http.StatusForbidden
	}
	if p.policy.ResourcePolicy != "" {
		fields = append(fields, Field{"Cross-Origin-Resource-Policy", p.policy.ResourcePolicy})
	}
	fields = p.grants(fields, &d, nil)
	return d, fields, p.vary(d.Kind), done
}
