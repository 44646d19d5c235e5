// Package fix turns a blocked request into the change to the server that lets it
// in: the smallest policy that does, and that policy in the language of the server
// that was seen to answer, or of the one that is asked for.
//
// [For] reads what package check found, and adds to it. It looks at the answers
// for what they tell of the server (signs.go), has package recipe write the
// policy, and then proves on a model that it is enough: the same question is asked
// again, of answers that are the server's own but for their CORS headers, which
// package cors puts there for the policy.
package serverfix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// Known returns a *check.UsageError if there is no recipe of that name; "" leaves
// it to the server's answers.
func Known(stack string) error {
	if stack != "" && !stacks.Known(stack) {
		return &check.UsageError{Problem: fmt.Sprintf("--for %s: there is no recipe for that", term.Bounded(stack)), Hint: "concors recipe --list prints what there are recipes for"}
	}
	return nil
}

// For sets report.Fix, if what blocked the request is for the server to change:
// q is the question that the report answers. Stack is a name that [Known] knows.
// No request is made of anybody.
func For(ctx context.Context, q check.Question, report *check.Report, stack string) error {
	blocked := blockedByServer(report)
	if blocked == nil {
		return nil
	}
	server, err := origin.FromURL(blocked.Mend.URL)
	if err != nil {
		return nil // whose answer it is can't be said
	}
	f := &check.Fix{Server: server.String(), Signs: []check.Sign{}, Layers: []string{}, Files: []check.FixFile{}, Lost: []string{}, Refused: []string{}}
	report.Fix = f
	f.Signs = signs(report, f.Server)
	var seen string
	seen, f.Layers = layers(report, blocked, f.Signs)
	f.Stack = stack
	if stack == "" {
		f.Stack = seen
	}
	policy := policyFor(report, f.Server)
	f.Policy = yamlOf(policy)
	for _, fault := range policy.Check() {
		if !fault.Warning {
			f.Refused = append(f.Refused, strings.TrimPrefix(fmt.Sprintf("%s: %s", fault.Value, fault.Problem), ": "))
		}
	}
	if len(f.Refused) > 0 {
		return nil
	}
	if f.Stack != "" {
		if err := write(f, policy); err != nil {
			return err
		}
	}
	return prove(ctx, q, report, policy)
}

// blockedByServer is a result that a change of the server's CORS headers would
// lift, or nil.
func blockedByServer(report *check.Report) *check.Result {
	for i := range report.Results {
		r := &report.Results[i]
		if r.Verdict == check.Blocked && r.Mend != nil && r.Mend.By == "server" && slices.ContainsFunc(reason.All(), func(why reason.Reason) bool {
			return why.CORS() && why.String() == r.Reason
		}) {
			return r
		}
	}
	return nil
}

// policyFor is the smallest policy that lets the request in: what the browsers'
// preflights asked for, where there were any.
func policyFor(report *check.Report, server string) cors.Policy {
	p := cors.Policy{Origins: []string{report.Page.Origin}, Credentials: report.Request.Credentials == string(fetch.CredentialsInclude)}
	for _, r := range report.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err != nil || o.String() != server {
				continue
			}
			for _, h := range x.Headers {
				switch {
				case strings.EqualFold(h.Name, "Origin") && h.Value == "null":
					// A sandboxed page, or one that a redirect made a stranger.
					p.Origins = []string{"null"}
				case strings.EqualFold(h.Name, "Access-Control-Request-Method") && !slices.Contains([]string{"GET", "HEAD", "POST"}, h.Value):
					p.Methods = addTo(p.Methods, h.Value)
				case strings.EqualFold(h.Name, "Access-Control-Request-Headers"):
					for name := range strings.SplitSeq(h.Value, ",") {
						p.RequestHeaders = addTo(p.RequestHeaders, strings.TrimSpace(name))
					}
				}
			}
		}
	}
	return p
}

func addTo(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// yamlOf is a policy as a policy file has it.
func yamlOf(p cors.Policy) string {
	var b strings.Builder
	for _, line := range []struct {
		name string
		list []string
	}{{"origins", p.Origins}, {"methods", p.Methods}, {"requestHeaders", p.RequestHeaders}} {
		if len(line.list) > 0 {
			text, _ := json.Marshal(line.list) // strings can be written; and JSON is YAML
			fmt.Fprintf(&b, "%s: %s\n", line.name, text)
		}
	}
	if p.Credentials {
		b.WriteString("credentials: true\n")
	}
	return b.String()
}

// write has the policy written for the stack.
func write(f *check.Fix, policy cors.Policy) error {
	r, err := stacks.Write(routes.Policies{Policy: policy}, f.Stack)
	var refusal *recipe.Refusal
	switch {
	case errors.As(err, &refusal):
		f.Title, f.Refused = refusal.Stack.Title, refusal.Reasons
		return nil
	case err != nil:
		return err
	}
	f.Title, f.Verified = r.Stack.Title, r.Stack.Verified
	f.Lost = append(f.Lost, r.Lost...)
	for _, file := range r.Files {
		f.Files = append(f.Files, check.FixFile{Name: file.Name, Text: file.Text})
	}
	return nil
}

// prove asks the question again, of the server's answers with the policy's CORS
// headers on them.
func prove(ctx context.Context, q check.Question, report *check.Report, policy cors.Policy) error {
	middleware, err := cors.New(policy)
	if err != nil {
		return fmt.Errorf("the policy that would let the request in: %w", err)
	}
	f := report.Fix
	for i := range report.Results {
		was := &report.Results[i]
		again := q
		again.As, again.Progress = was.Browser, nil
		again.Transport = &model{server: f.Server, policy: middleware, recorded: was.Exchanges}
		now, err := check.Run(ctx, again)
		if err != nil {
			return fmt.Errorf("asking again, of the model: %w", err)
		}
		result := now.Results[0]
		f.Proof = append(f.Proof, check.Proof{Browser: was.Browser, Verdict: result.Verdict, Reason: result.Reason})
	}
	return nil
}

// A model answers as the server did, but for its CORS headers, which are the
// policy's. What the server was never asked, because its answer to the preflight
// stood in the way, is answered with an empty 200.
type model struct {
	server   string // other servers on the way stay as they are
	policy   *cors.Middleware
	recorded []check.Exchange
}

func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	o, err := origin.FromURL(r.URL.String())
	mended := err == nil && o.String() == m.server
	recorded := -1
	for i, x := range m.recorded {
		if x.URL == r.URL.String() && x.Method == r.Method && x.Status != 0 && x.Preflight == (r.Header.Get("Access-Control-Request-Method") != "") {
			recorded = i
			break
		}
	}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if recorded < 0 {
			return
		}
		for _, h := range m.recorded[recorded].ResponseHeaders {
			switch name := strings.ToLower(h.Name); {
			case mended && strings.HasPrefix(name, "access-control-"):
			case name == "content-length" || name == "content-encoding" || name == "transfer-encoding": // of a body that is not kept
			default:
				w.Header().Add(h.Name, bytesOf(h.Value))
			}
		}
		w.WriteHeader(m.recorded[recorded].Status)
	})
	if mended {
		handler = m.policy.Wrap(handler)
	}
	return fetch.HandlerTransport(handler).RoundTrip(r)
}

// bytesOf undoes check's text of a server's bytes.
func bytesOf(text string) string {
	b := make([]byte, 0, len(text))
	for _, c := range text {
		b = append(b, byte(c))
	}
	return string(b)
}
