package operations

import (
	"context"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A simulation is a policy in this process, used by one browser.
type simulation struct {
	policies routes.Policies
	browser  fetch.Profile
	server   *probe.Simulation
}

func simulate(policies routes.Policies, browser fetch.Profile) (*simulation, error) {
	server, err := probe.Simulate(policies)
	return &simulation{policies, browser, server}, err
}

func (s *simulation) send(ctx context.Context, q probe.Question) *probe.Outcome {
	o, _ := s.decide(ctx, q)
	return o
}

// decide is send, with the policy's decision: nil if the route is off.
func (s *simulation) decide(ctx context.Context, q probe.Question) (*probe.Outcome, *cors.Decision) {
	return s.server.Send(ctx, s.browser, q)
}

// route returns the index of the route that made a decision: noRoute for the
// policy of everything else.
func (s *simulation) route(d *cors.Decision) int {
	return slices.IndexFunc(s.policies.Routes, func(r routes.Route) bool { return r.Pattern == d.Route })
}

const noRoute = -1

// policyAt returns the policy of a route, or of noRoute.
func policyAt(p *routes.Policies, route int) *cors.Policy {
	if route == noRoute {
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

// samples returns origins that the policy for a request allows.
func (s *simulation) samples(ctx context.Context, url, method string) []string {
	route := noRoute
	if _, d := s.decide(ctx, probe.Question{URL: url, Origin: probe.NoOrigin, Method: method}); d != nil {
		route = s.route(d)
	}
	allowed, _, err := probe.Samples(*policyAt(&s.policies, route))
	if err != nil {
		return nil // cannot happen: routes.Wrap has read the patterns
	}
	return allowed
}

// needsCredentials reports whether every request of an operation has credentials.
func needsCredentials(op *openapi.Operation) bool {
	if op.Cookie != nil || len(op.Security) == 0 {
		return op.Cookie != nil
	}
	for _, way := range op.Security {
		if !slices.ContainsFunc(way.Schemes, func(s openapi.Scheme) bool { return s.Credentials }) {
			return false
		}
	}
	return true
}

// withCredentials returns the pages that may send credentials, if the policy allows
// credentials to some origins only. Otherwise it returns all pages.
func (s *simulation) withCredentials(ctx context.Context, url, method string, pages []string) (out []string) {
	for _, page := range pages {
		_, d := s.decide(ctx, probe.Question{URL: url, Origin: page, Method: method})
		if d != nil && d.Credentials {
			out = append(out, page)
		}
	}
	if len(out) == 0 {
		return pages
	}
	return out
}

// A change is one of those that a policy needs to allow a request.
type change struct {
	kind   string
	reason reason.Reason // why the browser blocks it, if no policy can change that
	place  openapi.Place
	action string                 // what the page cannot do
	text   string                 // "" if there is no change that fixes it
	apply  func(*routes.Policies) // nil if there is no change
}

// changes returns the changes to the policy that something needs: of several ways
// to authenticate, those for the way that needs the fewest.
func (s *simulation) changes(ctx context.Context, op operation, n *need) (fewest []change) {
	switch {
	case n.exposed != "":
		return s.expose(ctx, n)
	case n.outcome.Allowed: // but the browser dropped the header
		return []change{{kind: headerNotSettable, place: n.place, action: n.action}}
	}
	works := false
	for _, q := range n.tried {
		changes, allowed := s.changesFor(ctx, op, q)
		if fewest == nil || allowed && !works || allowed == works && len(changes) < len(fewest) {
			fewest, works = changes, allowed
		}
	}
	if n.optional {
		for i := range fewest {
			fewest[i].kind = optionalHeaderBlocked
		}
	}
	return fewest
}

// expose returns the change that exposes a response header.
func (s *simulation) expose(ctx context.Context, n *need) []change {
	_, d := s.decide(ctx, n.question)
	if d == nil {
		return nil
	}
	route := s.route(d)
	return []change{{kind: probe.ExposedHeaderHidden, place: n.place, action: n.action,
		text: s.inRoute(route) + "add " + n.exposed + " to exposedHeaders",
		apply: func(p *routes.Policies) {
			own := policyAt(p, route)
			own.ExposedHeaders = append(own.ExposedHeaders, n.exposed)
		}}}
}

// maxChanges is more than any operation needs, because its headers are limited.
const maxChanges = 500

// changesFor finds the changes that a request needs by making one and trying
// again. It reports whether the request is allowed then.
func (s *simulation) changesFor(
	ctx context.Context, op operation, q probe.Question,
) (changes []change, allowed bool) {
	for range maxChanges {
		outcome, d := s.decide(ctx, q)
		if outcome.Allowed {
			return changes, true
		}
		c := s.nextChange(ctx, op, q, outcome, d)
		changes = append(changes, c)
		if c.apply == nil {
			return changes, false
		}
		changed := clone(s.policies)
		c.apply(&changed)
		next, err := simulate(changed, s.browser)
		if err != nil {
			if c.kind == probe.AllowedOriginBlocked || c.kind == probe.CredentialsUnusable {
				// It needs a field whose name begins with dangerously, for example for
				// http: origins with credentials. A tool must not propose that.
				changes[len(changes)-1].text = ""
			}
			return changes, false
		}
		s = next
	}
	return changes, false
}

// inRoute begins the text of a change to the policy of a route.
func (s *simulation) inRoute(route int) string {
	if route == noRoute {
		return ""
	}
	return "in the policy of the route " + s.policies.Routes[route].Pattern + ", "
}

// nextChange returns the next change that a request needs.
func (s *simulation) nextChange(
	ctx context.Context, op operation, q probe.Question, o *probe.Outcome, d *cors.Decision,
) change {
	if !o.Reason.CORS() { // the browser's own rules: a method or body that it never sends
		return change{kind: kindOfBlock(o), reason: o.Reason, place: op.Place,
			action: "send " + q.Method + ": " + strings.TrimSuffix(o.Reason.Explanation(), ".")}
	}
	if d == nil {
		return s.turnOn(ctx, op, q)
	}
	route := s.route(d)
	in := s.inRoute(route)
	switch d.Reason {
	case cors.OriginRefused, cors.OriginMalformed:
		if q.Origin == "null" {
			return change{kind: probe.AllowedOriginBlocked, place: op.Place,
				action: "read anything: its origin is null, which any page can give itself"}
		}
		return change{kind: probe.AllowedOriginBlocked, place: op.Place,
			action: "read anything: its origin is not allowed", text: in + "add " + q.Origin + " to origins",
			apply: func(p *routes.Policies) {
				own := policyAt(p, route)
				own.Origins = append(own.Origins, q.Origin)
			}}
	case cors.MethodRefused:
		return change{kind: probe.MethodBlocked, place: op.Place, action: "send " + d.Method,
			text: in + "add " + d.Method + " to methods",
			apply: func(p *routes.Policies) {
				own := policyAt(p, route)
				own.Methods = append(own.Methods, d.Method)
			}}
	case cors.HeaderRefused, cors.RequestHeadersTooLarge:
		name := s.refusedHeader(ctx, q, d)
		place, action := op.header(name, q)
		return change{kind: probe.RequestHeaderBlocked, place: place, action: action,
			text: in + "add " + name + " to requestHeaders",
			apply: func(p *routes.Policies) {
				own := policyAt(p, route)
				own.RequestHeaders = append(own.RequestHeaders, name)
			}}
	case cors.Granted:
		if d.ReportOnly {
			return change{kind: reportOnly, place: op.Place,
				action: "read anything: the policy is reportOnly", text: in + "remove reportOnly",
				apply: func(p *routes.Policies) { policyAt(p, route).ReportOnly = false }}
		}
		if q.Credentials && !policyAt(&s.policies, route).Credentials {
			place, action := op.credentials()
			tried := policyAt(&s.policies, route).Clone()
			return change{kind: probe.CredentialsUnusable, place: place, action: action,
				text:  in + allowCredentials(&tried, q.Origin),
				apply: func(p *routes.Policies) { allowCredentials(policyAt(p, route), q.Origin) }}
		}
	}
	return change{kind: kindOfBlock(o), reason: o.Reason, place: op.Place, action: "send " + q.Method}
}

// turnOn finds the route that is off: the one that decides once it is on.
func (s *simulation) turnOn(ctx context.Context, op operation, q probe.Question) change {
	c := change{kind: routeOff, place: op.Place, action: "read anything: the policy's route for it is off"}
	for i, r := range s.policies.Routes {
		if !r.Off {
			continue
		}
		on := clone(s.policies)
		on.Routes[i].Off = false
		on.Routes[i].Policy = cors.Policy{Origins: []string{"*"}, Methods: []string{"*"}}
		withRoute, err := simulate(on, s.browser)
		if err != nil {
			continue
		}
		if _, d := withRoute.decide(ctx, q); d != nil {
			c.action = "read anything: the route " + r.Pattern + " is off"
			c.text = `remove "off" from the route ` + r.Pattern
			c.apply = func(p *routes.Policies) { p.Routes[i].Off = false }
			return c
		}
	}
	return c
}

// refusedHeader returns the name of the refused header, as the document has it. A
// decision has no name if a preflight has too many headers, and a cut one if the
// name is long: then each header is tried alone.
func (s *simulation) refusedHeader(ctx context.Context, q probe.Question, d *cors.Decision) string {
	for _, name := range q.Headers {
		if strings.EqualFold(name, d.Header) {
			return name
		}
	}
	for _, name := range q.Headers {
		alone := q
		alone.Headers = []string{name}
		if _, d := s.decide(ctx, alone); d != nil &&
			(d.Reason == cors.HeaderRefused || d.Reason == cors.RequestHeadersTooLarge) {
			return name
		}
	}
	return d.Header
}

// allowCredentials allows credentials, and makes the other changes that package cors
// then requires. It returns all of them in words.
func allowCredentials(p *cors.Policy, page string) string {
	text := "set credentials: true"
	if p.Credentials = len(p.OriginsWithCredentials) == 0; !p.Credentials {
		p.OriginsWithCredentials = append(p.OriginsWithCredentials, page)
		text = "add " + page + " to originsWithCredentials"
	}
	for _, fault := range p.Check() {
		switch {
		case fault.Reason == cors.FaultAnyOriginWithCredentials:
			p.Origins = append(slices.DeleteFunc(p.Origins, func(o string) bool { return o == "*" }), page)
			text += `, and replace "*" in origins with ` + page
		case fault.Reason == cors.FaultExposeAllWithCredentials:
			p.ExposedHeaders = slices.DeleteFunc(p.ExposedHeaders, func(h string) bool { return h == "*" })
			text += `, and replace "*" in exposedHeaders with the headers' names`
		case fault.Reason == cors.FaultInsecureOrigin && !p.DangerouslyAllowInsecureOriginsWithCredentials:
			p.DangerouslyAllowInsecureOriginsWithCredentials = true
			text += ", which needs dangerouslyAllowInsecureOriginsWithCredentials for http: origins"
		}
	}
	return text
}
