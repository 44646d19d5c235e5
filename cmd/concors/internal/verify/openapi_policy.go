package verify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
)

// A model is a policy in this process, that a browser asks: package cors around
// a handler that answers everything. What it decides is kept beside what the
// browser makes of it, for a refused preflight says nothing of why.
type model struct {
	policies routes.Policies
	profile  fetch.Profile
	wire     http.RoundTripper

	mu   sync.Mutex // one question at a time, for its decision to be its own
	last *cors.Decision
}

func newModel(policies routes.Policies, profile fetch.Profile) (*model, error) {
	m := &model{policies: policies, profile: profile}
	handler, err := routes.Wrap(policies, func(_ *http.Request, d cors.Decision) { m.last = &d },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "ok")
		}))
	m.wire = fetch.HandlerTransport(handler)
	return m, err
}

// ask puts a question to the policy.
func (m *model) ask(ctx context.Context, q question) *answer {
	a, _ := m.decide(ctx, q)
	return a
}

// decide is ask with the last decision; nil is that no policy was asked, since
// its route is off.
func (m *model) decide(ctx context.Context, q question) (*answer, *cors.Decision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = nil
	return ask(ctx, m.profile, m.wire, 0, q), m.last
}

// route is the index of the route that a decision was made by, -1 for the policy
// of all else.
func (m *model) route(d *cors.Decision) int {
	return slices.IndexFunc(m.policies.Routes, func(r routes.Route) bool { return r.Pattern == d.Route })
}

// policyAt is a route's policy, or with -1 the one for all else.
func policyAt(p *routes.Policies, route int) *cors.Policy {
	if route < 0 {
		return &p.Policy
	}
	return &p.Routes[route].Policy
}

func clone(p routes.Policies) routes.Policies {
	p.Policy = p.Policy.Clone()
	p.Routes = slices.Clone(p.Routes)
	for i := range p.Routes {
		p.Routes[i].Policy = p.Routes[i].Policy.Clone()
	}
	return p
}

// samples are origins that the policy for a request lets in.
func (m *model) samples(ctx context.Context, url, method string) []string {
	// Nobody has this origin. It is only to see who decides.
	_, d := m.decide(ctx, question{url: url, origin: "https://concors.invalid", method: method})
	route := -1
	if d != nil {
		route = m.route(d)
	}
	allowed, _, err := samples(*policyAt(&m.policies, route))
	if err != nil {
		return nil // New has read them
	}
	return allowed
}

// A change is one of those that a policy needs for a request to get through.
type change struct {
	kind   string
	reason string // the browser's, where no policy can help
	place  openapi.Place
	may    string // what the page cannot do
	text   string // "" if there is none
	apply  func(*routes.Policies)
}

// steps are the changes that let something through: of the several ways to
// authenticate those for the one that needs the fewest. They are found by making
// one and asking again.
func (m *model) steps(ctx context.Context, a asked, o *outcome) (fewest []change) {
	if o.exposed != "" {
		_, d := m.decide(ctx, o.question)
		if d == nil {
			return nil
		}
		route := m.route(d)
		return []change{{kind: "exposed-header-hidden", place: o.place, may: o.may, text: m.in(route) + "add " + o.exposed + " to exposedHeaders",
			apply: func(p *routes.Policies) {
				own := policyAt(p, route)
				own.ExposedHeaders = append(own.ExposedHeaders, o.exposed)
			}}}
	}
	if o.answer.granted { // and yet dropped by the browser
		return []change{{kind: "header-not-settable", place: o.place, may: o.may}}
	}
	helps := false
	for _, q := range o.tried {
		steps, through := m.stepsFor(ctx, a, q)
		if fewest == nil || through && !helps || through == helps && len(steps) < len(fewest) {
			fewest, helps = steps, through
		}
	}
	if o.optional {
		for i := range fewest {
			fewest[i].kind = "optional-header-blocked"
		}
	}
	return fewest
}

// maxSteps is more than any operation needs: its headers are limited.
const maxSteps = 500

func (m *model) stepsFor(ctx context.Context, a asked, q question) (steps []change, through bool) {
	for range maxSteps {
		answer, d := m.decide(ctx, q)
		if answer.granted {
			return steps, true
		}
		step := m.step(ctx, a, q, answer, d)
		steps = append(steps, step)
		if step.apply == nil {
			return steps, false
		}
		changed := clone(m.policies)
		step.apply(&changed)
		next, err := newModel(changed, m.profile)
		if err != nil {
			if step.kind == "allowed-origin-blocked" || step.kind == "credentials-unusable" {
				// It would take a field whose name says the danger, such as for http:
				// origins with credentials. That is not for a tool to propose.
				steps[len(steps)-1].text = ""
			}
			return steps, false
		}
		m = next
	}
	return steps, false
}

func (m *model) in(route int) string {
	if route < 0 {
		return ""
	}
	return "in the policy of the route " + m.policies.Routes[route].Pattern + ", "
}

// step is the next change that a request needs.
func (m *model) step(ctx context.Context, a asked, q question, answer *answer, d *cors.Decision) change {
	if !answer.reason.CORS() { // the browser's own: a method or a body that it never sends
		return change{kind: kindOfAnswer(answer), reason: answer.reason.String(), place: a.Place, may: "send " + q.method + ": " + strings.TrimSuffix(answer.reason.Explanation(), ".")}
	}
	if d == nil {
		return m.turnOn(ctx, a, q)
	}
	route := m.route(d)
	in := m.in(route)
	switch d.Reason {
	case cors.OriginRefused, cors.OriginMalformed:
		if q.origin == "null" {
			return change{kind: "allowed-origin-blocked", place: a.Place, may: "read anything: its origin is null, which any page can give itself"}
		}
		return change{kind: "allowed-origin-blocked", place: a.Place, may: "read anything: its origin is not let in", text: in + "add " + q.origin + " to origins",
			apply: func(p *routes.Policies) { own := policyAt(p, route); own.Origins = append(own.Origins, q.origin) }}
	case cors.MethodRefused:
		return change{kind: "method-blocked", place: a.Place, may: "send " + d.Method, text: in + "add " + d.Method + " to methods",
			apply: func(p *routes.Policies) { own := policyAt(p, route); own.Methods = append(own.Methods, d.Method) }}
	case cors.HeaderRefused, cors.RequestHeadersTooLarge:
		name := m.refusedHeader(ctx, q, d)
		place, may := a.header(name, q)
		return change{kind: "request-header-blocked", place: place, may: may, text: in + "add " + name + " to requestHeaders",
			apply: func(p *routes.Policies) {
				own := policyAt(p, route)
				own.RequestHeaders = append(own.RequestHeaders, name)
			}}
	case cors.Granted:
		if d.ReportOnly {
			return change{kind: "report-only", place: a.Place, may: "read anything: the policy only reports", text: in + "take reportOnly away",
				apply: func(p *routes.Policies) { policyAt(p, route).ReportOnly = false }}
		}
		if q.credentials && !policyAt(&m.policies, route).Credentials {
			place, may := a.cookies()
			tried := policyAt(&m.policies, route).Clone()
			return change{kind: "credentials-unusable", place: place, may: may, text: in + allowCredentials(&tried, q.origin),
				apply: func(p *routes.Policies) { allowCredentials(policyAt(p, route), q.origin) }}
		}
	}
	return change{kind: kindOfAnswer(answer), reason: answer.reason.String(), place: a.Place, may: "send " + q.method}
}

// turnOn finds the route that is off: the one that decides once it is on.
func (m *model) turnOn(ctx context.Context, a asked, q question) change {
	c := change{kind: "route-off", place: a.Place, may: "read anything: the policy's route for it is off"}
	for i, r := range m.policies.Routes {
		if !r.Off {
			continue
		}
		on := clone(m.policies)
		on.Routes[i].Off, on.Routes[i].Policy = false, cors.Policy{Origins: []string{"*"}, Methods: []string{"*"}}
		other, err := newModel(on, m.profile)
		if err != nil {
			continue
		}
		if _, d := other.decide(ctx, q); d != nil {
			c.may = "read anything: the route " + r.Pattern + " is off"
			c.text = `take "off" out of the route ` + r.Pattern
			c.apply = func(p *routes.Policies) { p.Routes[i].Off = false }
			return c
		}
	}
	return c
}

// refusedHeader is the name of a header that is refused, as the document has it.
// A decision has no name if a preflight asks for too much at once, and half a
// name if it is long: then each is asked for alone.
func (m *model) refusedHeader(ctx context.Context, q question, d *cors.Decision) string {
	for _, name := range q.headers {
		if strings.EqualFold(name, d.Header) {
			return name
		}
	}
	for _, name := range q.headers {
		alone := q
		alone.headers = []string{name}
		if _, d := m.decide(ctx, alone); d != nil && (d.Reason == cors.HeaderRefused || d.Reason == cors.RequestHeadersTooLarge) {
			return name
		}
	}
	return d.Header
}

// allowCredentials sets credentials, and does what else package cors then asks
// for. It returns what it has done.
func allowCredentials(p *cors.Policy, page string) string {
	p.Credentials = true
	text := "set credentials: true"
	for _, fault := range p.Check() {
		switch {
		case fault.Reason == cors.FaultAnyOriginWithCredentials:
			p.Origins = append(slices.DeleteFunc(p.Origins, func(o string) bool { return o == "*" }), page)
			text += `, and name ` + page + ` in origins in place of "*"`
		case fault.Reason == cors.FaultExposeAllWithCredentials:
			p.ExposedHeaders = slices.DeleteFunc(p.ExposedHeaders, func(h string) bool { return h == "*" })
			text += `, and name the headers in exposedHeaders in place of "*"`
		case fault.Reason == cors.FaultInsecureOrigin && !p.DangerouslyAllowInsecureOriginsWithCredentials:
			p.DangerouslyAllowInsecureOriginsWithCredentials = true
			text += ", which for http: origins takes dangerouslyAllowInsecureOriginsWithCredentials"
		}
	}
	return text
}

// sum says which changes let everything through, and what of the policy no
// operation needs. For the latter grants are taken away one by one, from the
// policy that lets everything through, until an operation misses one.
func (h *holder) sum(ctx context.Context, all []asked) {
	mended := clone(h.model.policies)
	seen := map[string]int{}
	for _, c := range h.changes {
		if c.text == "" {
			continue
		}
		if _, ok := seen[c.text]; !ok {
			seen[c.text] = len(h.site.Changes)
			h.site.Changes = append(h.site.Changes, Change{Text: c.text})
			if c.apply != nil {
				changed := clone(mended)
				c.apply(&changed)
				if _, err := newModel(changed, h.profile); err == nil {
					mended = changed
				}
			}
		}
	}
	for i := range h.site.Operations {
		counted := map[string]bool{}
		for _, p := range h.site.Operations[i].Problems {
			if at, ok := seen[p.Change]; ok && !counted[p.Change] {
				counted[p.Change] = true
				h.site.Changes[at].Operations++
			}
		}
	}
	slices.SortStableFunc(h.site.Changes, func(a, b Change) int {
		if a.Operations != b.Operations {
			return b.Operations - a.Operations
		}
		return strings.Compare(a.Text, b.Text)
	})
	full, err := newModel(mended, h.profile)
	if err != nil {
		return
	}
	// What each operation gets, in each of the ways to authenticate and by one
	// page: methods and headers are granted to all pages alike.
	gets := func(m *model, a asked) string {
		var b strings.Builder
		for i := range max(len(a.Security), 1) {
			one, op := a, *a.Operation
			if len(op.Security) > 0 {
				op.Security = op.Security[i : i+1]
			}
			one.Operation = &op
			outcomes, _ := h.probe(ctx, one, a.pages[0], func(q question) *answer { return m.ask(ctx, q) })
			for _, o := range outcomes {
				fmt.Fprintf(&b, "%d %s %v\n", i, o.key, o.blocked)
			}
		}
		return b.String()
	}
	serves := map[int]bool{} // the routes that operations go by
	before := make([]string, len(all))
	for i, a := range all {
		before[i] = gets(full, a)
		if _, d := full.decide(ctx, question{url: a.url, origin: "https://concors.invalid", method: a.Method}); d != nil {
			serves[full.route(d)] = true
		}
	}
	for _, g := range granted(h.model.policies, serves) {
		if ctx.Err() != nil {
			return
		}
		without := clone(mended)
		for route := range serves {
			g.take(policyAt(&without, route))
		}
		m, err := newModel(without, h.profile)
		if err != nil {
			continue // a route has it in its pattern
		}
		missed := false
		for i := 0; i < len(all) && !missed; i++ {
			missed = gets(m, all[i]) != before[i]
		}
		if !missed {
			h.site.Unneeded = append(h.site.Unneeded, g.Grant)
		}
	}
}

// grant is a Grant, and how to take it from a policy.
type grant struct {
	Grant
	take func(*cors.Policy)
}

// granted are all the grants of the policies that operations go by, each once.
func granted(p routes.Policies, serves map[int]bool) (out []grant) {
	lists := []struct {
		field string
		list  func(*cors.Policy) *[]string
	}{
		{"methods", func(p *cors.Policy) *[]string { return &p.Methods }},
		{"requestHeaders", func(p *cors.Policy) *[]string { return &p.RequestHeaders }},
		{"exposedHeaders", func(p *cors.Policy) *[]string { return &p.ExposedHeaders }},
	}
	seen := map[Grant]bool{}
	credentials := false
	for _, l := range lists {
		for route := -1; route < len(p.Routes); route++ {
			own := policyAt(&p, route)
			if !serves[route] {
				continue
			}
			credentials = credentials || own.Credentials
			for _, value := range *l.list(own) {
				g := Grant{Field: l.field, Value: value}
				if seen[g] {
					continue
				}
				seen[g] = true
				out = append(out, grant{g, func(p *cors.Policy) {
					list := l.list(p)
					*list = slices.DeleteFunc(*list, func(v string) bool { return v == value })
				}})
			}
		}
	}
	if credentials {
		out = append(out, grant{Grant{Field: "credentials", Value: "true"}, func(p *cors.Policy) { p.Credentials = false }})
	}
	return out
}
