package operations

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

// The kinds of problems that package probe does not have.
const (
	optionalHeaderBlocked = "optional-header-blocked"
	headerNotSettable     = "header-not-settable"
	forbiddenMethod       = "forbidden-method"
	bodyNotAllowed        = "body-not-allowed"
	routeOff              = "route-off"
	reportOnly            = "report-only"
	blocked               = "blocked" // for another reason, which is reported
)

// A trial is what was found out about one operation for one page.
type trial struct {
	op                 operation
	page               string
	byPolicy, byServer []need
	unknown            string
	tally              tally
}

// try sends everything that an operation needs for one page.
func (r *run) try(ctx context.Context, op operation, page string) *trial {
	t := &trial{op: op, page: page}
	if r.policy != nil {
		t.byPolicy, _ = r.needs(ctx, op, page, func(q probe.Question) *probe.Outcome {
			return r.policy.send(ctx, q)
		}, &tally{})
	}
	if r.session != nil {
		t.byServer, t.unknown = r.needs(ctx, op, page, func(q probe.Question) *probe.Outcome {
			o := r.session.Send(ctx, q)
			if !q.GrantCredentials && o.Status != 0 {
				r.session.Offer(q, o)
			}
			return o
		}, &t.tally)
	}
	return t
}

// isRefused reports whether the server blocked something in the trial, which a
// limiter may have done instead.
func (t *trial) isRefused() bool {
	return slices.ContainsFunc(t.byServer, func(n need) bool { return n.blocked && n.outcome.Status != 0 })
}

// forget removes from a trial what the server blocked, because that shows nothing.
func (t *trial) forget(why string) {
	t.unknown = why
	before := len(t.byServer)
	t.byServer = slices.DeleteFunc(t.byServer, func(n need) bool { return n.blocked && n.outcome.Status != 0 })
	t.tally.notKnown += before - len(t.byServer)
	t.tally.cause = cmp.Or(t.tally.cause, why)
}

// tryAll tries operations for one page each, and makes sure that what blocks them is
// the server and not something in front of it.
func (r *run) tryAll(ctx context.Context, ops []operation, page func(operation) string) []*trial {
	out := make([]*trial, len(ops))
	r.options.Each(len(ops), func(i int) {
		r.options.Waiting(ops[i].Method + " " + ops[i].Path)
		out[i] = r.try(ctx, ops[i], page(ops[i]))
	})
	if r.session == nil || !slices.ContainsFunc(out, (*trial).isRefused) {
		return out
	}
	const rounds = 3
	for range rounds {
		switch r.session.Check(ctx) {
		case probe.Steady:
			return out
		case probe.Recovered:
			r.options.Each(len(out), func(i int) {
				if out[i].isRefused() {
					out[i] = r.try(ctx, ops[i], page(ops[i]))
				}
			})
			continue
		case probe.NotAsked:
			for _, t := range out {
				if t.isRefused() {
					t.forget("the limit --max-requests was reached")
				}
			}
			return out
		}
		break
	}
	for _, t := range out {
		if t.isRefused() {
			t.forget("a rate limiter or a bot filter refused the requests")
		}
	}
	return out
}

// merge adds what is wrong to the results.
func (r *run) merge(ctx context.Context, t *trial) {
	op, page, byPolicy, byServer := t.op, t.page, t.byPolicy, t.byServer
	s := r.site
	s.Skipped, s.NoResponse, s.NotKnown = s.Skipped+t.tally.skipped, s.NoResponse+t.tally.noResponse, s.NotKnown+t.tally.notKnown
	s.Cause = cmp.Or(s.Cause, t.tally.cause)
	result := op.result
	result.Pages = append(result.Pages, page)
	if result.Unknown == "" {
		result.Unknown = t.unknown
	}
	result.tested = result.tested || len(byServer) > 0 || r.session == nil && len(byPolicy) > 0
	for _, n := range byServer {
		if n.outcome.Status != 0 && !n.outcome.Withheld {
			r.statuses = append(r.statuses, n.outcome.Status)
		}
	}
	for i := range byPolicy {
		if n := &byPolicy[i]; n.blocked {
			r.addPolicyProblems(ctx, op, page, n, find(byServer, n.key))
		}
	}
	for i := range byServer {
		n := &byServer[i]
		inPolicy := find(byPolicy, n.key)
		switch {
		case !n.blocked:
			continue
		case inPolicy != nil && inPolicy.blocked:
			continue // the policy must be fixed first
		case r.policy != nil && inPolicy == nil && !n.outcome.Reason.Refused():
			continue // it depends on something that is reported already
		}
		p := serverProblem(op, n)
		if inPolicy != nil {
			p.PolicySays, p.Differs = probe.PageOn(page)+" may "+n.action, true
		}
		result.add(p, page)
	}
}

func find(needs []need, key string) *need {
	i := slices.IndexFunc(needs, func(n need) bool { return n.key == key })
	if i < 0 {
		return nil
	}
	return &needs[i]
}

// addPolicyProblems adds the changes that the policy needs for something, as one
// problem each. onServer is the same need of the server, nil if it was not tested.
func (r *run) addPolicyProblems(ctx context.Context, op operation, page string, n, onServer *need) {
	for _, c := range r.policy.changes(ctx, op, n) {
		r.changes = append(r.changes, c)
		p := Problem{Kind: c.kind, Note: n.optional, Line: c.place.Line, Column: c.place.Column, File: c.place.File,
			Problem: c.action, Change: c.text, Reason: c.reason}
		if onServer != nil && !onServer.blocked {
			if p.ServerDoes, p.BrowserDoes = howAllowed(onServer); p.ServerDoes != "" {
				p.PolicySays = probe.PageOn(page) + " may not " + n.action
				p.Request, p.Response, p.Differs = onServer.outcome.Request, onServer.outcome.Response, true
			}
		}
		op.result.add(p, page)
	}
}

// add adds a problem, or another page that has it.
func (r *Result) add(p Problem, page string) {
	for i := range r.Problems {
		old := &r.Problems[i]
		if old.Kind == p.Kind && old.Problem == p.Problem && old.File == p.File && old.Line == p.Line &&
			old.Reason == p.Reason && old.Change == p.Change && old.Note == p.Note {
			if !slices.Contains(old.Origins, page) {
				old.Origins = append(old.Origins, page)
			}
			return
		}
	}
	p.Origins = []string{page}
	r.Problems = append(r.Problems, p)
}

// serverProblem is the problem that a server does not allow something.
func serverProblem(op operation, n *need) Problem {
	o := n.outcome
	p := Problem{Note: n.optional, Line: n.place.Line, Column: n.place.Column, File: n.place.File, Problem: n.action,
		Request: o.Request, Response: o.Response}
	switch {
	case n.exposed != "":
		p.Kind, p.ServerDoes = probe.ExposedHeaderHidden,
			probe.Responds(o.Header, "Access-Control-Expose-Headers")
		p.BrowserDoes = "hides it from scripts"
		p.Change = term.Bounded(fix.Expose(n.exposed, o.Header, n.question.CredentialsMode()).Sentence)
		return p
	case o.Err == nil: // allowed, but the browser dropped the header
		p.Kind, p.BrowserDoes = headerNotSettable, "drops it silently"
		return p
	}
	p.Reason, p.Kind, p.BrowserDoes = o.Reason, kindOfBlock(o), probe.BlocksIt(o.Reason)
	if o.Status == 0 { // nothing was sent
		return p
	}
	p.ServerDoes = o.Refusal()
	if o.Reason == reason.HeaderDisallowedByPreflightResponse && !n.optional {
		place, action := op.header(o.Err.Header, n.question)
		p.File, p.Line, p.Column, p.Problem = place.File, place.Line, place.Column, action
	}
	if n.optional {
		p.Kind = optionalHeaderBlocked
	}
	if f := fix.For(o.Err); f.Party == reason.Server && !f.Unwise {
		p.Change = term.Bounded(f.Sentence)
	}
	return p
}

// kindOfBlock returns the kind of a block.
func kindOfBlock(o *probe.Outcome) string {
	if kind := probe.KindOfReason(o.Reason); kind != "" {
		return kind
	}
	switch {
	case o.Reason == reason.ForbiddenMethod:
		return forbiddenMethod
	case o.Reason == reason.BodyNotAllowed:
		return bodyNotAllowed
	case o.Reason.Preflight():
		return probe.PreflightFails
	case o.Reason.CORS() && o.Status >= 400:
		return probe.ErrorResponseHidden
	case o.Reason.CORS():
		return probe.AllowedOriginBlocked
	}
	return blocked
}

// header finds what in the document needs a request header.
func (op operation) header(name string, q probe.Question) (place openapi.Place, action string) {
	for _, header := range op.Headers {
		if strings.EqualFold(header.Name, name) {
			kind := "a required"
			if !header.Required {
				kind = "an optional"
			}
			return header.Place, "set " + header.Name + ", " + kind + " header parameter"
		}
	}
	for _, way := range op.Security {
		for _, scheme := range way.Schemes {
			if strings.EqualFold(scheme.Header, name) {
				return way.Place, "set " + scheme.Header + ", for the security scheme " +
					term.Bounded(scheme.Name)
			}
		}
	}
	for _, content := range op.ContentTypes {
		if strings.EqualFold(name, "Content-Type") && content.Name == q.Values["content-type"] {
			return content.Place, "send the content type " + term.Bounded(content.Name)
		}
	}
	return op.Place, "set " + term.Bounded(name)
}

// credentials finds what in the document needs credentials.
func (op operation) credentials() (place openapi.Place, action string) {
	if op.Cookie != nil {
		return op.Cookie.Place, "use credentials, for the cookie " + term.Bounded(op.Cookie.Name)
	}
	for _, way := range op.Security {
		for _, scheme := range way.Schemes {
			if scheme.Credentials {
				return way.Place, "use credentials, for the security scheme " + term.Bounded(scheme.Name)
			}
		}
	}
	return op.Place, "use credentials"
}

// howAllowed says how a server allows what the policy does not.
func howAllowed(n *need) (serverDoes, browserDoes string) {
	o := n.outcome
	switch {
	case n.exposed != "":
		return probe.Responds(o.Header, "Access-Control-Expose-Headers"), "shows it to scripts"
	case o.PreflightHeader != nil:
		var parts []string
		for _, name := range []string{
			"Access-Control-Allow-Origin", "Access-Control-Allow-Methods",
			"Access-Control-Allow-Headers", "Access-Control-Allow-Credentials",
		} {
			if _, ok := o.PreflightHeader.Get(name); ok {
				parts = append(parts, probe.HeaderText(o.PreflightHeader, name))
			}
		}
		return "responds to the preflight with " + strings.Join(parts, ", "), "sends the request"
	case o.Header == nil:
		return "", ""
	}
	return probe.Responds(o.Header, "Access-Control-Allow-Origin"), "lets scripts there read the response"
}
