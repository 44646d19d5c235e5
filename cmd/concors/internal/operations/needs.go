package operations

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// A need is one thing that an operation needs, and whether a page gets it.
type need struct {
	key      string // what it is, the same for policy and server
	place    openapi.Place
	action   string // what a page may or may not do: "send PUT"
	question probe.Question
	outcome  *probe.Outcome
	blocked  bool
	optional bool
	exposed  string           // the response header that it is about
	tried    []probe.Question // one for each way to authenticate that was tried
}

// A sender sends a question to a policy or to a server.
type sender func(probe.Question) *probe.Outcome

// A tally counts the questions that have no outcome.
type tally struct {
	skipped, noResponse, notKnown int
	cause                         string
}

func (t *tally) count(o *probe.Outcome) {
	switch {
	case o.Skipped:
		t.skipped++
		return
	case o.NotKnown:
		t.notKnown++
	default:
		t.noResponse++
	}
	t.cause = cmp.Or(t.cause, o.Cause)
}

// needs sends a question for everything that an operation needs. unknown says why
// not everything is known. Of several ways to authenticate, the first that works is
// enough.
func (r *run) needs(
	ctx context.Context, op operation, page string, send sender, t *tally,
) (all []need, unknown string) {
	contents := op.ContentTypes
	if len(contents) == 0 {
		contents = []openapi.Named{{Place: op.Place}}
	}
	var base *need // the first request that is allowed
	for _, content := range contents {
		n := r.requestNeed(op, page, content, send)
		if !n.outcome.Known() {
			t.count(n.outcome)
		}
		if why := notSeen(n.outcome, op.Method, page); why != "" {
			unknown = why
			continue
		}
		n.blocked = !n.outcome.Allowed
		all = append(all, n)
		if n.blocked {
			// What else blocks it shows once credentials are allowed.
			if n = withCredentials(n, send, t); n.outcome == nil {
				continue
			}
			if n.blocked {
				all = append(all, n)
				continue
			}
		}
		if base == nil {
			base = &n
		}
		all = append(all, unsettable(op, n, all)...)
	}
	if base == nil {
		return all, unknown
	}
	all = append(all, r.optionalNeeds(op, *base, send, t)...)
	exposed, unseen := r.exposedNeeds(ctx, op, *base)
	return append(all, exposed...), cmp.Or(unknown, unseen)
}

// withCredentials repeats a request that is blocked because of its credentials, as if
// the responses allowed them. The outcome is nil if that shows nothing.
func withCredentials(n need, send sender, t *tally) need {
	if !n.question.Credentials || probe.KindOfReason(n.outcome.Reason) != probe.CredentialsUnusable {
		n.outcome = nil
		return n
	}
	n.key += ", with credentials allowed"
	n.question.GrantCredentials = true
	n.outcome = send(n.question)
	if !n.outcome.Known() {
		t.count(n.outcome)
		n.outcome = nil
		return n
	}
	n.blocked, n.tried = !n.outcome.Allowed, []probe.Question{n.question}
	return n
}

// requestNeed sends the request of an operation with one of its content types, in
// each of the ways to authenticate until one works.
func (r *run) requestNeed(op operation, page string, content openapi.Named, send sender) need {
	n := need{key: "request " + content.Name, place: op.Place, action: "send " + op.Method}
	switch {
	case len(op.ContentTypes) > 1:
		n.place, n.action = content.Place, "send "+op.Method+" with "+term.Bounded(content.Name)
	case op.Method == http.MethodGet || op.Method == http.MethodHead:
		n.action = "read the response to a " + op.Method
	}
	ways := op.Security
	if len(ways) == 0 {
		ways = []openapi.Requirement{{Place: op.Place}}
	}
	for i, way := range ways {
		q := op.question(page, content, way)
		outcome := send(q)
		n.tried = append(n.tried, q)
		last := outcome.Allowed || !outcome.Known()
		if i == 0 || last {
			n.question, n.outcome = q, outcome
		}
		if last {
			break
		}
	}
	return n
}

// notSeen says why an outcome shows nothing about the server, "" if it does.
func notSeen(o *probe.Outcome, method, page string) string {
	switch {
	case o.Skipped:
		return "the limit --max-requests was reached"
	case o.NoResponse:
		return "it got no response"
	case o.NotKnown:
		return o.Cause
	case o.Status == 0 && o.Err != nil && !o.Withheld && !o.Reason.CORS() && !o.Reason.Refused():
		// The browser blocked it before anything was sent: mostly a page on https:
		// and an http: server.
		return fmt.Sprintf("browsers do not send requests from %s there (%v): %s",
			probe.PageOn(page), o.Reason, strings.TrimSuffix(o.Reason.Explanation(), "."))
	case o.Withheld && o.PreflightHeader == nil:
		return method + " without a preflight is only sent with --unsafe-methods"
	}
	return ""
}

// unsettable returns the required headers that the browser dropped from an allowed
// request, because scripts may not set them.
func unsettable(op operation, n need, have []need) (out []need) {
	if n.outcome.Sent == nil {
		return nil
	}
	for _, header := range op.Headers {
		key := "set " + header.Name
		if header.Required && !n.outcome.Sent.Contains(header.Name) &&
			!slices.ContainsFunc(have, func(h need) bool { return h.key == key }) {
			out = append(out, need{
				key: key, place: header.Place, question: n.question, outcome: n.outcome, blocked: true,
				action: "set " + header.Name + ", a required header parameter: scripts cannot set it",
			})
		}
	}
	return out
}

// question returns the request of an operation.
func (op operation) question(page string, content openapi.Named, way openapi.Requirement) probe.Question {
	// This form of Range needs no preflight, others do.
	q := probe.Question{URL: op.url, Origin: page, Method: op.Method, Credentials: op.Cookie != nil,
		Values: map[string]string{"range": "bytes=0-9"}}
	for _, header := range op.Headers {
		if header.Required {
			q.Headers = append(q.Headers, header.Name)
		}
	}
	for _, scheme := range way.Schemes {
		q.Credentials = q.Credentials || scheme.Credentials
		if scheme.Header != "" && !slices.Contains(q.Headers, scheme.Header) {
			q.Headers = append(q.Headers, scheme.Header)
		}
	}
	if content.Name != "" {
		q.Headers, q.Body = append(q.Headers, "Content-Type"), true
		q.Values["content-type"] = content.Name
	}
	return q
}

// optionalNeeds tries the optional header parameters: all at once and, if that is
// blocked, each alone.
func (r *run) optionalNeeds(op operation, base need, send sender, t *tally) (out []need) {
	var optional []openapi.Named
	for _, header := range op.Headers {
		if !header.Required && !slices.Contains(base.question.Headers, header.Name) {
			optional = append(optional, header)
		}
	}
	if len(optional) == 0 {
		return nil
	}
	with := func(headers ...openapi.Named) probe.Question {
		q := base.question
		q.Headers = slices.Clone(q.Headers)
		for _, h := range headers {
			q.Headers = append(q.Headers, h.Name)
		}
		return q
	}
	all := send(with(optional...))
	for _, header := range optional {
		q, outcome := base.question, all
		if !all.Allowed {
			q = with(header)
			if outcome = send(q); !outcome.Known() {
				t.count(outcome)
				return out
			}
		}
		out = append(out, need{
			key: "optional " + header.Name, place: header.Place,
			action:   "set " + header.Name + ", an optional header parameter",
			question: q, outcome: outcome, blocked: !outcome.Allowed,
			optional: true, tried: []probe.Question{q},
		})
	}
	return out
}

// exposedNeeds finds which of the documented response headers a page sees. They
// are not known if the request itself was withheld.
func (r *run) exposedNeeds(ctx context.Context, op operation, base need) (out []need, unknown string) {
	var headers []openapi.Named
	var names []string
	for _, header := range op.ResponseHeaders {
		switch name := strings.ToLower(header.Name); {
		case strings.HasPrefix(name, "access-control-"), strings.HasPrefix(name, "set-cookie"),
			name == "content-encoding", name == "transfer-encoding":
			// These are for the browser, not for scripts.
		default:
			headers, names = append(headers, header), append(names, header.Name)
		}
	}
	switch {
	case len(names) == 0:
		return nil, ""
	case base.outcome.Withheld:
		return nil, "its response headers are only seen in its response, and " + op.Method +
			" is only sent with --unsafe-methods"
	}
	visible := probe.VisibleHeaders(ctx, r.browser, base.question, names, base.outcome.Header)
	for _, header := range headers {
		out = append(out, need{
			key: "exposed " + header.Name, place: header.Place,
			action:   "read the response header " + header.Name,
			question: base.question, outcome: base.outcome, blocked: !visible.Contains(header.Name),
			exposed: header.Name,
		})
	}
	return out, ""
}
