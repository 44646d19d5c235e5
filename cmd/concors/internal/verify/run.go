package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
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
				simulation: simulation, session: t.Session(browser),
			}
			site := v.run(ctx)
			report.Sites = append(report.Sites, *site)
			if site.Verdict == Unknown || site.Verdict == Differs && report.Verdict == Agrees {
				report.Verdict = site.Verdict
			}
		}
		t.Close()
	}
	if !o.ShowSecrets {
		*report = secret.Copy(o.Masker(), *report)
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
	session    *probe.Session
	site       *Site
	policy     cors.Policy // that applies to a GET

	findings             map[string]int // indexes of the site's findings, by kind
	reported             map[reportedKey]bool
	preflightWorks       bool            // at least one was allowed that should be
	withCredentialsWorks bool            // the same for credentials
	blockedOrigins       map[string]bool // allowed origins whose pages cannot read a GET
}

// A reportedKey is what one test found, which is counted once.
type reportedKey struct{ kind, subject string }

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
	v.findings, v.reported = map[string]int{}, map[reportedKey]bool{}
	v.findPolicy(ctx)
	allowed, foreign, err := probe.Samples(v.policy)
	if err != nil { // cannot happen: routes.Wrap has read the patterns
		return v.unknown(err.Error())
	}
	allowed, foreign = v.withoutOwnOrigin(allowed), v.withoutOwnOrigin(foreign)

	get := question{probe.Question{URL: v.target, Method: "GET", Raw: true}, caching}
	plain := v.send(ctx, get)
	v.site.Status = plain.server.Status
	if !plain.server.Known() {
		return v.unknown(plain.server.Cause)
	}
	// The first requests show whether the server allows an allowed origin, and whether
	// it allows those that it must not: if it stops responding later, that is known.
	lead := v.lead(ctx, allowed, foreign)
	v.setControl(ctx, &plain, lead)
	sent := map[string]bool{}
	for _, c := range lead {
		sent[c.key()] = true
	}
	rest := func(questions []question) []question {
		return slices.DeleteFunc(questions, func(q question) bool { return sent[q.key()] })
	}
	all := append(lead, v.compareAll(ctx, rest(allowedQuestions(v.target, allowed, v.policy)))...)
	slices.SortStableFunc(all, func(a, b comparison) int { return slices.Index(allowed, a.Origin) - slices.Index(allowed, b.Origin) })
	if cause := refusesEverything(append(all, plain)); cause != "" {
		return v.unknown(cause)
	}
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
	// The other foreign origins come last, because there can be any number of them.
	gets, preflighted := foreignQuestions(v.target, foreign, v.policy)
	all = append(all, v.compareAll(ctx, rest(gets))...)
	doubtUnlike(foreignGetsOf(all))
	all = append(all, v.compareAll(ctx, preflighted)...)
	near, err := credentialQuestions(v.target, v.policy)
	if err != nil { // cannot happen, as above
		return v.unknown(err.Error())
	}
	for i := range all {
		sent[all[i].key()] = true
	}
	all = append(all, v.compareAll(ctx, rest(near))...)
	all = append(all, v.compareAll(ctx, rawQuestions(v.target, allowed))...)
	all = append(all, v.compareAll(ctx, schemeQuestions(v.target, v.policy))...)
	v.blockedOrigins = map[string]bool{}
	for i := range all {
		c := &all[i]
		if c.topic == allowedOrigins && c.policy.Allowed && !c.server.Allowed && c.server.Known() {
			v.blockedOrigins[c.Origin] = true
		}
	}

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
	foreignGets := foreignGetsOf(all)
	v.compareVary(plain, found.page, foreignGets)
	v.compareRejection(foreignGets)
	if v.site.Off {
		v.judgeOff()
	}
	v.finish(append(all, plain))
	return v.site
}

// foreignGetsOf returns the GETs from foreign origins.
func foreignGetsOf(all []comparison) []comparison {
	return slices.DeleteFunc(slices.Clone(all), func(c comparison) bool {
		return c.topic != foreignOrigins || c.Method != http.MethodGet
	})
}

// lead sends the first questions, one after the other: about an allowed origin, an
// unrelated origin, null and the near miss that is most often allowed by mistake.
func (v *verifier) lead(ctx context.Context, allowed, foreign []string) (out []comparison) {
	var first string // an allowed origin whose pages can send requests here
	for _, o := range allowed {
		q := probe.Question{URL: v.target, Origin: o, Method: http.MethodGet}
		if policy, _ := v.simulation.Send(ctx, v.browser, q); policy.Allowed {
			first = o
			out = append(out, v.send(ctx, question{q, allowedOrigins}))
			break
		}
	}
	few := slices.Clone(foreign[:min(len(foreign), 3)])
	for _, o := range foreign[len(few):] {
		if first != "" && strings.HasPrefix(o, first+".") && len(o) > len(first)+1 {
			few[2] = o
			break
		}
	}
	for _, o := range few {
		q := probe.Question{URL: v.target, Origin: o, Method: http.MethodGet}
		out = append(out, v.send(ctx, question{q, foreignOrigins}))
	}
	return out
}

// setControl chooses the control question: the page that the server allows or, if
// it allows none, the plain GET. It then makes sure of the first outcomes.
func (v *verifier) setControl(ctx context.Context, plain *comparison, lead []comparison) {
	v.session.SetControl(plain.Question, plain.server)
	questions := make([]probe.Question, len(lead))
	outcomes := make([]*probe.Outcome, len(lead))
	for i := range lead {
		c := &lead[i]
		questions[i], outcomes[i] = c.Question, c.server
		if c.topic == allowedOrigins && c.bothAllow() && c.server.Known() {
			v.session.SetControl(c.Question, c.server)
		}
	}
	v.session.Settle(ctx, questions, outcomes)
	for i := range lead {
		lead[i].server = outcomes[i]
	}
}

// refusesEverything says why nothing can be told about a server that refuses all
// requests, pages' or not: a login or a filter may stand in front of it.
func refusesEverything(all []comparison) string {
	status, location := 0, ""
	for i := range all {
		o := all[i].server
		if !o.Known() || o.Status == 0 {
			continue
		}
		refused := o.Status == http.StatusUnauthorized || o.Status == http.StatusForbidden || o.Missing()
		if !refused && !redirects(o.Status) || o.Header.Contains("Access-Control-Allow-Origin") {
			return ""
		}
		if status = o.Status; !refused {
			location = probe.HeaderText(o.Header, "Location")
		}
	}
	switch {
	case status == 0:
		return ""
	case status == http.StatusNotFound, status == http.StatusGone:
		return fmt.Sprintf("every response has status %d and no CORS headers: check the URL", status)
	case location != "":
		return fmt.Sprintf("every response is a redirect without CORS headers (status %d, %s): test the URL that it leads to. "+
			"If that is a login, send what the login needs with -H or --cookie", status, location)
	}
	return fmt.Sprintf("every response has status %d and no CORS headers: a login or a bot filter may stand in front "+
		"of the server. Send what it needs with -H or --cookie", status)
}

// redirects reports whether browsers follow responses with a status.
func redirects(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// doubtUnlike marks refusals of foreign origins as not known that are unlike the
// refusal of an ordinary one: a filter may have refused the request because of how the
// origin looks, before the server compared it.
func doubtUnlike(foreignGets []comparison) {
	i := slices.IndexFunc(foreignGets, func(c comparison) bool {
		return c.Origin != "null" && c.server.Known() && c.server.Status != 0
	})
	if i < 0 || foreignGets[i].server.Allowed {
		return
	}
	usual := foreignGets[i].server
	for _, c := range foreignGets[i+1:] {
		if o := c.server; o.Known() && !o.Allowed && o.Status != 0 && !o.LooksLike(usual) {
			o.NotKnown = true
			o.Cause = fmt.Sprintf("the server refuses some foreign origins in another way than others (status %d for %s, %d for %s): "+
				"a filter may have refused them before the server looked at the origin", o.Status, c.Origin, usual.Status, foreignGets[i].Origin)
		}
	}
}

// judgeOff sets the result for a route that is off: the policy adds no headers
// there, and does not say which headers the server may send itself.
func (v *verifier) judgeOff() {
	if len(v.site.Findings) == 0 {
		return
	}
	v.site.Cause = "the policy turns CORS off here, and the server sends CORS headers of its own (it " +
		v.site.Findings[0].ServerDoes + "): the policy does not say whether they are right"
	v.site.Findings, v.site.Checks = []Finding{}, []Check{}
}

// unknown ends a run that found out nothing.
func (v *verifier) unknown(cause string) *Site {
	v.site.Verdict, v.site.Cause, v.site.Requests = Unknown, cause, v.session.Sent()
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
			if !c.bothAllow() {
				continue
			}
			v.withCredentialsWorks = true
			if s.page != nil && c.Origin == s.page.Origin {
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

// key identifies a question.
func (q *question) key() string {
	return fmt.Sprint(q.topic, " ", q.Question.String(), " ", q.UploadListener)
}

// send sends one question to the policy and to the server.
func (v *verifier) send(ctx context.Context, q question) comparison {
	v.options.Waiting(v.target + ": " + string(q.topic))
	policy, _ := v.simulation.Send(ctx, v.browser, q.Question)
	return comparison{q, policy, v.session.Send(ctx, q.Question)}
}

// compareAll sends all of the questions to the policy and to the server.
func (v *verifier) compareAll(ctx context.Context, questions []question) []comparison {
	if len(questions) == 0 {
		return nil
	}
	v.options.Waiting(v.target + ": " + string(questions[0].topic))
	toServer := make([]probe.Question, len(questions))
	for i, q := range questions {
		toServer[i] = q.Question
	}
	outcomes := v.session.SendAll(ctx, toServer)
	out := make([]comparison, len(questions))
	for i, q := range questions {
		policy, _ := v.simulation.Send(ctx, v.browser, q.Question)
		out[i] = comparison{q, policy, outcomes[i]}
	}
	return out
}
