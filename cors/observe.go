package cors

import "net/http"

// observed is what handle does where there is an observer. It is called through
// a variable, and not by name, for a program without SetObserver to be without
// it.
type observed func(m *Middleware, p *compiled, w http.ResponseWriter, r *http.Request, route string, next http.Handler) (callNext bool)

// An observer is who is told, and what of.
type observer struct {
	tell  func(*http.Request, Decision)
	traps traps
}

// SetObserver has observe told of every decision about a request with an Origin,
// before the response is written, and once more of one that shows a [Trap] after
// it. It is on the path of every request, and must not keep or change r. Nil
// ends that. Requests that have begun go on with the observer there was.
func (m *Middleware) SetObserver(observe func(r *http.Request, d Decision)) {
	if observe == nil {
		m.observed.Store(nil)
		return
	}
	var f observed = (&observer{tell: observe}).handle
	m.observed.Store(&f)
}

// handle is [Middleware.handle], and tells of what is decided. If there is a
// next handler it calls that one itself, to look what it has left of the
// headers: what it makes of them can't be seen any earlier.
func (o *observer) handle(m *Middleware, p *compiled, w http.ResponseWriter, r *http.Request, route string, next http.Handler) (callNext bool) {
	h := r.Header
	req := Request{Method: r.Method, Origin: h["Origin"], RequestMethod: h["Access-Control-Request-Method"], RequestHeaders: h["Access-Control-Request-Headers"]}
	var d Decision
	p.decide(r.Context(), &req, &d)
	if d.Kind != NotCORS {
		o.tellDecision(m, p, w, r, req, d, route)
	}
	switch {
	case !m.answer(p, w, r, req.RequestHeaders, &d):
		return false
	case next == nil || d.Kind != Actual || p.policy.ReportOnly:
		return true
	}
	// The map is asked for once: a server copies it for whoever asks after the
	// response has begun.
	h = w.Header()
	before := firstLine(h[allowOrigin])
	next.ServeHTTP(w, r)
	d.Route, d.PatternText = route, p.patternText(d.Pattern)
	if lines := h[allowOrigin]; firstLine(lines) != before || len(lines) > 1 {
		o.tellTrap(r, d, HeadersReplaced)
	}
	if has, all := varies(h["Vary"], "Origin"); p.vary(Actual) != "" && !has && !all {
		o.tellTrap(r, d, VaryReplaced)
	}
	return false
}

// tellDecision tells of a decision, and of the shadow's about the same.
func (o *observer) tellDecision(m *Middleware, p *compiled, w http.ResponseWriter, r *http.Request, req Request, d Decision, route string) {
	d.Route, d.ReportOnly, d.PatternText = route, p.policy.ReportOnly, p.patternText(d.Pattern)
	_, d.Stacked = w.Header()[allowOrigin]
	d.Trap = o.traps.before(p, r, d.Kind)
	o.tell(r, d)
	if s := m.shadow.Load(); s != nil {
		var sd Decision
		s.decide(r.Context(), &req, &sd)
		sd.Route, sd.Shadow, sd.PatternText = route, true, s.patternText(sd.Pattern)
		o.tell(r, sd)
	}
}

// tellTrap tells of a decision again, for its trap, if that is new.
func (o *observer) tellTrap(r *http.Request, d Decision, t Trap) {
	if o.traps.first(t, r.Pattern) {
		d.Trap = t
		o.tell(r, d)
	}
}
