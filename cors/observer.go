package cors

import (
	"net/http"

	"github.com/concors/concors/internal/grant"
)

// An observer is a function that receives decisions, and the setup mistakes reported to it so far.
type observer struct {
	observe  func(*http.Request, Decision)
	mistakes mistakes
}

// SetObserver makes observe receive every decision about a request with an Origin. observe is called
// before the response is written, and a second time if a [SetupMistake] shows after the handler has
// run. The request waits for it. It may be called concurrently, and must not keep or change r. Nil
// removes the observer. Requests that have begun keep the observer they have.
func (m *Middleware) SetObserver(observe func(r *http.Request, d Decision)) {
	if observe == nil {
		m.observer.Store(nil)
		return
	}
	m.observer.Store(&observer{observe: observe})
}

// beforeResponse reports the decision d of p about r, and that of the shadow policy, which may be nil.
func (o *observer) beforeResponse(
	p, shadow *compiled, w http.ResponseWriter, r *http.Request, q *Request, d Decision,
) {
	p.namePattern(&d)
	_, d.Stacked = w.Header()[grant.AllowOrigin]
	d.SetupMistake = o.mistakes.beforeHandler(p, r, d.Kind)
	o.observe(r, d)
	if shadow != nil {
		var sd Decision
		shadow.decide(r.Context(), q, &sd)
		sd.Shadow = true
		shadow.namePattern(&sd)
		o.observe(r, sd)
	}
}

// serveNext calls the next handler and reports the setup mistakes that its response headers show.
func (o *observer) serveNext(
	p *compiled, w http.ResponseWriter, r *http.Request, d Decision, next http.Handler,
) {
	// Header is called once, before the handler: net/http returns a copy if the response has begun.
	h := w.Header()
	before := firstLine(h[grant.AllowOrigin])
	next.ServeHTTP(w, r)
	p.namePattern(&d)
	if lines := h[grant.AllowOrigin]; firstLine(lines) != before || len(lines) > 1 {
		o.reportMistake(r, d, HeadersReplaced)
	}
	keyHeaders := p.policy.LookupKeyHeaders
	if p.grant.AnyOrigin {
		keyHeaders = nil // Lookup is never called
	}
	if p.grant.VariesByOrigin && !variesAsNeeded(h[grant.Vary], keyHeaders) {
		o.reportMistake(r, d, VaryReplaced)
	}
}

// variesAsNeeded reports whether the lines of Vary list Origin and the headers of the key of Lookup.
func variesAsNeeded(lines, keyHeaders []string) bool {
	listed, all := grant.Varies(lines, "Origin")
	for _, name := range keyHeaders {
		also, _ := grant.Varies(lines, name)
		listed = listed && also
	}
	return listed || all
}

// reportMistake reports d again with a setup mistake, unless that has been reported before.
func (o *observer) reportMistake(r *http.Request, d Decision, mistake SetupMistake) {
	if o.mistakes.isNew(mistake, r.Pattern) {
		d.SetupMistake = mistake
		o.observe(r, d)
	}
}

func firstLine(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
