package cors

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/concors/concors/internal/grant"
)

// A Middleware applies a [Policy]. The zero Middleware applies none: it changes nothing. All methods
// may be called concurrently. A Middleware must not be copied.
type Middleware struct {
	policy   atomic.Pointer[compiled] // nil in the zero Middleware
	shadow   atomic.Pointer[compiled]
	observer atomic.Pointer[observer]
	debug    atomic.Bool

	// reconfiguring makes the later of two calls of Reconfigure win, however long each compiles.
	reconfiguring sync.Mutex
}

// New compiles a policy. If the policy has faults, the error holds all of them, and [Faults] returns
// them. A policy of a million origins takes about a second.
func New(p Policy) (*Middleware, error) {
	c, err := compileValid(p)
	if err != nil {
		return nil, err
	}
	m := &Middleware{}
	m.policy.Store(c)
	return m, nil
}

// MustNew is like [New] but panics if the policy has faults. It is for policies that are part of the
// program.
func MustNew(p Policy) *Middleware {
	m, err := New(p)
	if err != nil {
		panic(err)
	}
	return m
}

// compileValid compiles a policy, or returns its faults.
func compileValid(p Policy) (*compiled, error) {
	origins, faults := p.faults()
	if len(faults) > 0 {
		return nil, &faultsError{faults}
	}
	return compile(p, origins), nil
}

// Reconfigure replaces the policy. It does not affect requests for which the decision has been made.
// If the new policy has faults, the old one stays. The cached results of Lookup are dropped, even if the
// new policy has the same function: Go cannot compare functions, and results of another one must not be
// used. To keep them, change what Lookup reads and not the policy.
//
// A zero Policy has a fault. To stop applying a policy, use [Middleware.PassThrough].
func (m *Middleware) Reconfigure(p Policy) error {
	m.reconfiguring.Lock()
	defer m.reconfiguring.Unlock()
	c, err := compileValid(p)
	if err != nil {
		return err
	}
	m.policy.Store(c)
	return nil
}

// PassThrough removes the policy. The middleware then changes nothing, like the zero Middleware, until
// [Middleware.Reconfigure] sets a policy: no response gets CORS headers, preflights reach the next
// handler, and neither RejectRefused nor a shadow policy or an observer has an effect. [Middleware.Protect]
// and [Middleware.CheckOrigin] still refuse other origins, because no policy trusts them. It does not
// affect requests for which the decision has been made.
func (m *Middleware) PassThrough() {
	m.reconfiguring.Lock()
	defer m.reconfiguring.Unlock()
	m.policy.Store(nil)
}

// Policy returns a copy of the policy in force, as it was given: New(m.Policy()) makes an equal
// Middleware. If the policy lists more than 10,000 origins, the copy has no duplicates. A zero
// Middleware has the zero Policy.
func (m *Middleware) Policy() Policy {
	if c := m.policy.Load(); c != nil {
		return c.original()
	}
	return Policy{}
}

// Warnings returns the warnings about the policy in force: [Policy.Check] of [Middleware.Policy]. It
// takes about as long as [New].
func (m *Middleware) Warnings() []Fault {
	if m.policy.Load() == nil {
		return nil
	}
	return m.Policy().Check()
}

// SetDebug turns debug mode on or off. In debug mode the response to a preflight that is refused for
// its method or headers has the status of a granted one and the headers of what the policy does
// allow. The browser's console then names the method or header that is missing, instead of only
// reporting a failed preflight. The request stays refused.
func (m *Middleware) SetDebug(on bool) { m.debug.Store(on) }

// SetShadow makes a second policy decide about every request too, without any effect on the
// response: the observer of [Middleware.SetObserver] receives its decisions with [Decision].Shadow
// set. Use it to see what a change of the policy would do. The response waits for its Lookup, if it has
// one. Nil removes the second policy.
func (m *Middleware) SetShadow(p *Policy) error {
	if p == nil {
		m.shadow.Store(nil)
		return nil
	}
	c, err := compileValid(*p)
	if err != nil {
		return err
	}
	m.shadow.Store(c)
	return nil
}

// Wrap returns a handler that applies the policy and calls next.
//
// It responds to preflights itself, without calling next. Authentication and routing by method
// belong inside next, because preflights carry no credentials and use OPTIONS. Every other request
// reaches next, including an OPTIONS request that is not a preflight, and, unless the policy has
// RejectRefused, a request whose origin is not allowed.
//
// Wrap a whole [http.ServeMux], not the handler of a pattern with a method: the mux would respond to
// the preflight with 405 before it reaches the policy. An observer receives this and other mistakes
// as a [SetupMistake].
//
// A request costs one allocation if next is called or a preflight is granted, none if a preflight is
// refused, and no lock.
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.handle(w, r, next) {
			next.ServeHTTP(w, r)
		}
	})
}

// Handle applies the policy to one request, for routers whose middleware does not have the form of
// [Middleware.Wrap]. It reports whether to call the next handler. If it returns false, it has written
// the response.
func (m *Middleware) Handle(w http.ResponseWriter, r *http.Request) (callNext bool) {
	return m.handle(w, r, nil)
}

// handle applies the policy to one request and reports whether the caller is to call the next
// handler. next is nil if it is not known. With an observer, handle calls next itself, to see
// afterwards which headers next has changed.
func (m *Middleware) handle(w http.ResponseWriter, r *http.Request, next http.Handler) (callNext bool) {
	p := m.policy.Load()
	if p == nil {
		return true
	}
	var q Request
	if q.read(r); len(q.Origin) == 0 {
		p.writeNotCORS(w)
		return true
	}
	var d Decision
	p.decide(r.Context(), &q, &d)
	o := m.observer.Load()
	if o != nil && d.Kind != NotCORS {
		o.beforeResponse(p, m.shadow.Load(), w, r, &q, d)
	}
	callNext = p.write(w, &q, &d, m.debug.Load())
	if callNext && o != nil && next != nil && d.Kind == Actual && !p.policy.ReportOnly {
		o.serveNext(p, w, r, d, next)
		return false
	}
	return callNext
}

// Decide returns the decision that [Middleware.Wrap] would act on, and does nothing else: the
// observer does not receive it. Decide allocates nothing, and blocks only while Policy.Lookup is
// called.
func (m *Middleware) Decide(ctx context.Context, r Request) Decision {
	var d Decision
	m.decide(ctx, &r, &d)
	return d
}

// Fields is [Middleware.Wrap] for servers that are not net/http. It returns the decision about a
// request and what to do: set each of fields on the response, in place of what is there; add the
// names in vary to the response's Vary, if vary is not ""; and, if status is not 0, respond with
// that status and do not call the next handler.
func (m *Middleware) Fields(ctx context.Context, r Request) (
	d Decision, fields []Field, vary string, status int,
) {
	p := m.decide(ctx, &r, &d)
	if p == nil {
		return d, nil, "", 0
	}
	headers, status := p.respond(&r, &d, false)
	for i := range headers {
		h := &headers[i]
		switch value := h.ValueFor(d.Origin, d.Method, r.RequestHeaders); {
		case h.Name == grant.Vary:
			vary = value
		case value != "":
			fields = append(fields, Field{h.Name, value})
		}
	}
	return d, fields, vary, status
}

// A Field is one header field of a response.
type Field struct{ Name, Value string }

// decide fills in d and returns the policy that decided, nil for none.
func (m *Middleware) decide(ctx context.Context, r *Request, d *Decision) *compiled {
	p := m.policy.Load()
	if p == nil {
		d.Kind, d.Pattern = r.kind(), -1
		return nil
	}
	p.decide(ctx, r, d)
	p.namePattern(d)
	return p
}
