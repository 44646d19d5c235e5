package verify

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Run tests the servers at o.URLs against the policies. The error is a
// *cli.UsageError if the options are invalid; a server that differs, or cannot
// be reached, is not an error.
func Run(ctx context.Context, o probe.Options, policies routes.Policies) (*Report, error) {
	if len(o.URLs) == 0 {
		return nil, &cli.UsageError{
			Problem: "no URL: a policy is tested against a server",
			Hint:    "write concors verify policy.yaml https://api.example/items",
		}
	}
	targets, err := o.Targets()
	if err != nil {
		return nil, err
	}
	simulation, err := probe.Simulate(policies)
	if err != nil {
		return nil, fmt.Errorf("the policy: %w", err)
	}
	report := &Report{Version: FormatVersion, Verdict: Agrees, Sites: []Site{}}
	for i := range targets {
		t := &targets[i]
		for _, browser := range t.Browsers {
			v := &verifier{
				options: o, policies: policies, target: t.URL, browser: browser,
				simulation: simulation, transport: t.Transport(),
			}
			site := v.run(ctx)
			report.Sites = append(report.Sites, *site)
			if site.Verdict == Unknown || site.Verdict == Differs && report.Verdict == Agrees {
				report.Verdict = site.Verdict
			}
		}
		t.Close()
	}
	return report, nil
}

// verifier tests one URL in one browser.
type verifier struct {
	options    probe.Options
	policies   routes.Policies
	target     string
	browser    fetch.Profile
	simulation *probe.Simulation
	transport  *probe.Transport
	site       *Site
	policy     cors.Policy // that applies to a GET

	findings       map[findingKey]int // indexes of the site's findings
	reported       map[reportedKey]bool
	preflightWorks bool // at least one was allowed that should be
}

// Findings with the same key are reported as one.
type findingKey struct {
	kind   string
	reason reason.Reason
}

type reportedKey struct {
	findingKey
	subject string
}

// A comparison is a question with its outcomes by the policy and on the server.
type comparison struct {
	question
	policy, server *probe.Outcome
}

// bothAllow reports whether the policy and the server allow the request.
func (c *comparison) bothAllow() bool { return c.policy.Allowed && c.server.Allowed }

func (v *verifier) run(ctx context.Context) *Site {
	v.site = &Site{
		URL: v.target, Browser: strings.ToLower(v.browser.Name), BrowserVersion: v.browser.Version,
		Verdict: Agrees, Checks: []Check{}, Findings: []Finding{},
	}
	v.findings, v.reported = map[findingKey]int{}, map[reportedKey]bool{}
	v.findPolicy(ctx)
	allowed, foreign, err := probe.Samples(v.policy)
	if err != nil { // cannot happen: routes.Wrap has read the patterns
		return v.unknown(err.Error())
	}
	allowed, foreign = v.withoutOwnOrigin(allowed), v.withoutOwnOrigin(foreign)

	get := question{probe.Question{URL: v.target, Method: "GET", Raw: true}, caching}
	plain := v.compareAll(ctx, []question{get})[0]
	v.site.Status = plain.server.Status
	if plain.server.NoResponse {
		return v.unknown(plain.server.Cause)
	}
	all := v.compareAll(ctx, allowedQuestions(v.target, allowed, v.policy))
	found := v.summarize(all)
	if page := found.page; page != nil {
		more := pageQuestions(v.target, page.Origin, v.policies, found.withCredentials != nil)
		missing := probe.Question{URL: sibling(v.target, "concors-no-such-page"), Origin: page.Origin,
			Method: "GET", Credentials: found.withCredentials != nil}
		all = append(all, v.compareAll(ctx, append(more, question{missing, errorResponses}))...)
	} else {
		v.site.MethodsUntested = found.promised
	}
	if b := found.blockedBefore; b != nil && !found.promised {
		// Nothing is known about the server, so the report must not say that it agrees.
		return v.unknown(fmt.Sprintf("browsers do not send requests from %s there (%v): %s",
			probe.PageOn(b.Origin), b.policy.Reason, b.policy.Reason.Explanation()))
	}
	// Foreign origins come last, because there can be any number of them.
	gets, preflighted := foreignQuestions(v.target, foreign, v.policy)
	foreignGets := v.compareAll(ctx, gets)
	all = append(all, foreignGets...)
	all = append(all, v.compareAll(ctx, preflighted)...)
	all = append(all, v.compareAll(ctx, rawQuestions(v.target, allowed))...)
	all = append(all, v.compareAll(ctx, schemeQuestions(v.target, v.policy))...)

	for i := range all {
		v.compare(&all[i])
	}
	if found.page != nil {
		best := found.page
		if found.withCredentials != nil {
			best = found.withCredentials
		}
		v.compareExposed(ctx, best)
		v.compareMaxAge(all, best.Origin)
		v.compareOtherHeaders(best)
	}
	v.compareVary(plain, found.page, foreignGets)
	v.compareRejection(foreignGets)
	v.finish()
	return v.site
}

// unknown ends a run that found out nothing.
func (v *verifier) unknown(cause string) *Site {
	v.site.Verdict, v.site.Cause, v.site.Requests = Unknown, cause, v.transport.Sent()
	return v.site
}

// findPolicy finds the policy that applies to a GET of the URL.
func (v *verifier) findPolicy(ctx context.Context) {
	v.policy = v.policies.Policy
	get := probe.Question{URL: v.target, Origin: probe.NoOrigin, Method: "GET", Raw: true}
	_, decision := v.simulation.Send(ctx, v.browser, get)
	if decision == nil {
		v.site.Off = true
		return
	}
	for _, r := range v.policies.Routes {
		if r.Pattern == decision.Route {
			v.policy, v.site.Route = r.Policy, r.Pattern
			return
		}
	}
}

// allowedSummary is what the questions about allowed origins show.
type allowedSummary struct {
	promised        bool        // the policy allows an origin whose pages can send requests here
	page            *comparison // the first GET that both allow
	withCredentials *comparison // the same page's with credentials, if both allow it
	blockedBefore   *comparison // a GET that a browser blocks before it is sent
}

// summarize summarizes the questions about allowed origins.
func (v *verifier) summarize(all []comparison) (s allowedSummary) {
	for i := range all {
		c := &all[i]
		switch c.topic {
		case preflights:
			v.preflightWorks = v.preflightWorks || c.bothAllow()
		case allowedOrigins:
			s.promised = s.promised || c.policy.Allowed
			if !c.policy.Allowed && !c.policy.Reason.CORS() && c.policy.Reason != 0 {
				v.site.BlockedBefore++
				s.blockedBefore = c
			}
			if s.page == nil && c.bothAllow() {
				s.page = c
			}
		case credentials:
			if s.page != nil && c.Origin == s.page.Origin && c.bothAllow() {
				s.withCredentials = c
			}
		}
	}
	return s
}

// withoutOwnOrigin removes the server's own origin, whose pages need no permission.
func (v *verifier) withoutOwnOrigin(origins []string) (out []string) {
	u, err := url.Parse(v.target)
	for _, o := range origins {
		if err != nil || o != u.Scheme+"://"+u.Host {
			out = append(out, o)
		}
	}
	return out
}

// sibling returns the URL of a path next to the base's.
func sibling(base, path string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.ResolveReference(&url.URL{Path: path}).String()
}

// compareAll sends all of the questions to the policy and to the server.
func (v *verifier) compareAll(ctx context.Context, questions []question) []comparison {
	out := make([]comparison, len(questions))
	v.options.Each(len(questions), func(i int) {
		q := questions[i]
		v.options.Waiting(v.target + ": " + string(q.topic))
		policy, _ := v.simulation.Send(ctx, v.browser, q.Question)
		out[i] = comparison{q, policy, probe.Send(ctx, v.browser, v.transport, v.options.Timeout, q.Question)}
	})
	return out
}
