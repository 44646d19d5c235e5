// Package serverfix turns a blocked request into the change that the server needs:
// the smallest policy that allows the request, written for the server or framework
// that was detected, or for the one that is given.
//
// [For] detects the server from its responses (detect.go), has package recipe write
// the policy, and then simulates the result: the same request is made again, to a
// transport that returns the server's recorded responses with the CORS headers that
// package cors writes for the policy.
package serverfix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// A Fix is the change to a server that makes browsers allow the request: a policy,
// and that policy in the server's own language. docs/check-json.md documents its JSON.
type Fix struct {
	Server string `json:"server"` // the origin of the server that has to change
	// Fingerprints are the response headers that identify its software, and
	// Layers says in sentences what follows from them.
	Fingerprints []Fingerprint `json:"fingerprints"`
	Layers       []string      `json:"layers"`
	// Applications is the one of Layers that says which applications the server may run;
	// "" if the stack is known, or nothing is.
	Applications string `json:"applications,omitempty"`
	// Stack is the recipe's name, as concors recipe --list has it: the one that
	// was given, or the one that was detected; "" if neither.
	Stack    string `json:"stack,omitempty"`
	Title    string `json:"title,omitempty"`
	Verified string `json:"verified,omitempty"` // the version that the recipe was verified with
	// Policy is the smallest that allows the request and keeps what the server's
	// responses grant today, as a policy file. Notes say what it does not keep.
	Policy string   `json:"policy"`
	Notes  []string `json:"notes"`
	// NotKept are the notes about what pages have today and lose.
	NotKept []string `json:"-"`
	// Short is the policy in the product's usual form, the lines to change, or nil if
	// the product has none, or if it can't hold the policy. It may allow more methods and
	// request headers, and says so.
	Short *recipe.Lines `json:"short,omitempty"`
	// Headers are the lines that the response that blocked the request has with the
	// policy.
	Headers []string `json:"-"`
	// Files are the recipe, Lost is what the recipe cannot express, and Refused
	// says why there is no recipe, or why the policy is not advisable.
	Files   []recipe.File `json:"files"`
	Lost    []string      `json:"lost"`
	Refused []string      `json:"refused"`
	// Simulated has the result of making the request again, with the server's
	// responses and the policy's headers.
	Simulated []Simulation `json:"simulated"`
}

// A Simulation is one browser's verdict with the policy's headers. It is
// request.Unknown if all that was sent is allowed, but the request itself was never
// sent, because its preflight failed, or, with Redirected, the one that a redirect
// leads to.
type Simulation struct {
	Browser string          `json:"browser"`
	Verdict request.Verdict `json:"verdict"`
	Reason  reason.Reason   `json:"reason,omitempty"`

	Redirected bool `json:"redirected,omitempty"`
}

// A Request is a request that was made, with its result.
type Request struct {
	Question request.Question
	Result   *request.Result
}

// For returns the fix if the server's CORS headers are what blocks the request,
// and nil if not. q is the question that the result is for. stack is a name that
// [stacks.Known] knows, or "" for the server that is detected. No request goes over the
// network.
func For(ctx context.Context, q request.Question, result *request.Result, stack string) (*Fix, error) {
	return ForAll(ctx, []Request{{q, result}}, stack)
}

// ForAll is [For] for several requests to one server: its policy allows all of them. A
// browser's simulation is the worst of all requests.
func ForAll(ctx context.Context, requests []Request, stack string) (*Fix, error) {
	result := &request.Result{} // with the results of all
	for _, r := range requests {
		result.Results = append(result.Results, r.Result.Results...)
	}
	blocked := blockedByServer(result)
	if blocked == nil {
		return nil, nil
	}
	server, err := origin.FromURL(blocked.Fix.URL)
	if err != nil {
		return nil, nil // it is not known which server has to change
	}
	f := &Fix{
		Server: server.String(), Layers: []string{}, Files: []recipe.File{}, Lost: []string{}, Refused: []string{},
		Simulated: []Simulation{}, Notes: []string{},
	}
	f.Fingerprints = fingerprints(result, f.Server)
	detected, sentences := detect(blocked, f.Fingerprints)
	f.Layers = append(f.Layers, sentences...)
	f.Stack = stack
	if stack == "" {
		f.Stack = detected
	}
	f.Applications = applications(f.Stack, f.Fingerprints)
	policy := policyFor(requests, f.Server)
	f.NotKept = keep(&policy, result, f.Server)
	f.Notes = append(append(f.Notes, f.NotKept...), allowAlways(&policy, f.Stack)...)
	f.Policy = policyYAML(policy)
	for _, fault := range policy.Check() {
		if !fault.Warning {
			f.Refused = append(f.Refused, strings.TrimPrefix(fault.Value+": "+policyfile.InFileWords(fault.Problem), ": "))
		}
	}
	if len(f.Refused) > 0 {
		return f, nil
	}
	if f.Stack != "" {
		if err := f.write(policy); err != nil {
			return nil, err
		}
	}
	f.Headers = headersOf(ctx, policy, blocked)
	for _, r := range requests {
		if err := f.simulate(ctx, r, blocked, policy); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// blockedByServer returns a browser's result that a change of the server's CORS
// headers would change, or nil.
func blockedByServer(result *request.Result) *request.BrowserResult {
	for i := range result.Results {
		r := &result.Results[i]
		if r.Verdict == request.Blocked && r.Reason.CORS() && r.Fix != nil && r.Fix.Party == reason.Server &&
			(len(r.Fix.Set) > 0 || len(r.Fix.Remove) > 0 || r.Fix.Status != 0) {
			return r
		}
	}
	return nil
}

// headersOf returns the CORS headers that the response that blocked a request has with a
// policy.
func headersOf(ctx context.Context, policy cors.Policy, blocked *request.BrowserResult) (lines []string) {
	middleware, err := cors.New(policy)
	if err != nil {
		return nil
	}
	for _, x := range blocked.Exchanges {
		if x.URL != blocked.Fix.URL || x.Preflight != blocked.Fix.Preflight {
			continue
		}
		get := func(name string) (values []string) {
			for _, h := range x.Headers {
				if strings.EqualFold(h.Name, name) {
					values = append(values, h.Value)
				}
			}
			return values
		}
		lines = nil // the last exchange is the one that blocked
		_, fields, _, _ := middleware.Fields(ctx, cors.Request{Method: x.Method, Origin: get("Origin"),
			RequestMethod: get("Access-Control-Request-Method"), RequestHeaders: get("Access-Control-Request-Headers")})
		for _, h := range fields {
			lines = append(lines, h.Name+": "+h.Value)
		}
	}
	return lines
}

// OnErrors returns the line with which a server's error responses have
// Access-Control-Allow-Origin too, and a sentence about it. ok is false if the result
// was not blocked by an error response without the header, or if the server adds its
// headers to error responses anyway, as far as is known.
func OnErrors(result *request.BrowserResult, page string) (sentence, line string, ok bool) {
	if result.Reason != reason.MissingAllowOriginHeader || len(result.Exchanges) == 0 {
		return "", "", false
	}
	x := result.Exchanges[len(result.Exchanges)-1]
	if x.Preflight || x.Status < 400 {
		return "", "", false
	}
	for _, h := range x.ResponseHeaders {
		d, _ := stacks.Detect(h.Name, h.Value)
		if line, ok := stacks.LineOnErrors(d.Stack, page); ok {
			return fmt.Sprintf("To let the page read the error: if %s adds the header, it needs always to add it to status %d.",
				d.Product, x.Status), line, true
		}
	}
	return "", "", false
}

// policyFor is the smallest policy that allows the requests. Its methods and
// headers are those of the browsers' preflights, if there were any.
func policyFor(requests []Request, server string) (p cors.Policy) {
	for _, r := range requests {
		page := r.Result.Page.Origin
		p.Credentials = p.Credentials || r.Result.Request.Credentials == string(fetch.CredentialsInclude)
		for _, x := range exchangesWith(r.Result, server) {
			for _, h := range x.Headers {
				switch {
				case strings.EqualFold(h.Name, "Origin") && h.Value == "null":
					page = "null" // a sandboxed page, or a redirect that tainted the origin
				case strings.EqualFold(h.Name, "Access-Control-Request-Method") && !field.IsCORSSafelistedMethod(h.Value):
					p.Methods = addTo(p.Methods, h.Value)
				case strings.EqualFold(h.Name, "Access-Control-Request-Headers"):
					for name := range strings.SplitSeq(h.Value, ",") {
						if name = strings.TrimSpace(name); len(fix.ResponseHeaders([]string{name})) == 0 {
							p.RequestHeaders = addTo(p.RequestHeaders, name)
						}
					}
				}
			}
		}
		p.Origins = addTo(p.Origins, page)
	}
	return p
}

// exchangesWith returns a result's exchanges with a server.
func exchangesWith(result *request.Result, server string) (list []request.Exchange) {
	for _, r := range result.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err == nil && o.String() == server {
				list = append(list, x)
			}
		}
	}
	return list
}

// allowAlways adds the request headers that the product allows in any case, so that the
// policy is not stricter than the server. It returns a note for each.
func allowAlways(p *cors.Policy, stack string) (notes []string) {
	if slices.Contains(p.RequestHeaders, "*") && !slices.ContainsFunc(p.RequestHeaders, isAuthorization) {
		// Browsers read the server's * as covering Authorization, so this keeps what pages have.
		p.RequestHeaders = append(p.RequestHeaders, "Authorization")
	}
	for _, name := range stacks.AlwaysAllows(stack) {
		if slices.Contains(p.RequestHeaders, "*") || slices.ContainsFunc(p.RequestHeaders, func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		p.RequestHeaders = append(p.RequestHeaders, name)
		notes = append(notes, "The request header "+name+" is listed because the server's CORS middleware allows it in any case.")
	}
	return notes
}

func isAuthorization(name string) bool { return strings.EqualFold(name, "Authorization") }

func addTo(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// policyYAML writes a policy as a policy file.
func policyYAML(p cors.Policy) string {
	var b strings.Builder
	for _, line := range []struct {
		name string
		list []string
	}{
		{"origins", p.Origins}, {"methods", p.Methods}, {"requestHeaders", p.RequestHeaders},
		{"exposedHeaders", p.ExposedHeaders},
	} {
		if len(line.list) > 0 {
			text, _ := json.Marshal(line.list) // strings always marshal, and JSON is YAML
			fmt.Fprintf(&b, "%s: %s\n", line.name, text)
		}
	}
	if p.Credentials {
		b.WriteString("credentials: true\n")
	}
	return b.String()
}

// write writes the recipe for the stack.
func (f *Fix) write(policy cors.Policy) error {
	var refusal *recipe.Refusal
	lines, hasShort, err := stacks.WriteBrief(routes.Policies{Policy: policy}, f.Stack)
	switch {
	case errors.As(err, &refusal): // the recipe may hold it
	case err != nil:
		return err
	case hasShort:
		f.Short, f.Title, f.Verified = lines, lines.Title, lines.Verified
	}
	if _, err := stacks.Find(f.Stack); err != nil {
		if refusal != nil {
			f.Title, f.Refused = refusal.Stack.Title, refusal.Sentences()
		}
		return nil // it has a short form only
	}
	r, err := stacks.Write(routes.Policies{Policy: policy}, f.Stack)
	switch {
	case errors.As(err, &refusal):
		f.Title, f.Refused = refusal.Stack.Title, refusal.Sentences()
		return nil
	case err != nil:
		return err
	}
	f.Title, f.Verified = r.Stack.Title, r.Stack.Verified
	f.Lost = append(f.Lost, r.Lost...)
	f.Files = append(f.Files, r.Files...)
	return nil
}
