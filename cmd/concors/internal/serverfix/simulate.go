package serverfix

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/origin"
)

// simulate makes a request again as each browser of its result and as Chromium,
// Firefox and WebKit, with the server's responses and the policy's CORS headers. A
// browser that is not in the result gets the responses that blocked got, or the first
// browser if blocked is that of another request.
func (f *Fix) simulate(ctx context.Context, asked Request, blocked *request.BrowserResult, policy cors.Policy) error {
	q, result := asked.Question, asked.Result
	others := blocked.Exchanges
	if !slices.ContainsFunc(result.Results, func(r request.BrowserResult) bool { return r.Fix == blocked.Fix }) {
		others = result.Results[0].Exchanges
	}
	middleware, err := cors.New(policy)
	if err != nil {
		return fmt.Errorf("the policy that allows the request: %w", err)
	}
	type run struct {
		browser string
		before  []request.Exchange
	}
	var runs []run
	for _, browser := range request.BrowserNames() {
		i := slices.IndexFunc(result.Results, func(r request.BrowserResult) bool { return r.Browser == browser })
		switch {
		case i >= 0:
			runs = append(runs, run{browser, result.Results[i].Exchanges})
		case browser != "standard":
			runs = append(runs, run{browser, others})
		}
	}
	for _, run := range runs {
		again := q
		again.As, again.Progress = run.browser, nil
		again.Header = withoutResponseHeaders(q.Header)
		responses := &recording{server: f.Server, policy: middleware, exchanges: run.before}
		again.Transport = responses
		after, err := request.Run(ctx, again)
		if err != nil {
			return fmt.Errorf("simulating the request: %w", err)
		}
		r := after.Results[0]
		if responses.assumed && r.Verdict == request.Allowed {
			r.Verdict = request.Unknown
		}
		f.addSimulation(Simulation{Browser: run.browser, Verdict: r.Verdict, Reason: r.Reason,
			Redirected: r.Verdict == request.Unknown && sentItself(run.before)})
	}
	return nil
}

// addSimulation adds a simulation, or puts it in place of that browser's for another
// request if it is worse.
func (f *Fix) addSimulation(s Simulation) {
	i := slices.IndexFunc(f.Simulated, func(other Simulation) bool { return other.Browser == s.Browser })
	if i < 0 {
		f.Simulated = append(f.Simulated, s)
		return
	}
	worse := []request.Verdict{request.Allowed, request.Unknown, request.Blocked, request.Unreachable}
	if slices.Index(worse, s.Verdict) > slices.Index(worse, f.Simulated[i].Verdict) {
		f.Simulated[i] = s
	}
}

// sentItself reports whether the last request that was sent is not a preflight.
func sentItself(list []request.Exchange) bool {
	return len(list) > 0 && !list[len(list)-1].Preflight
}

// withoutResponseHeaders leaves out the headers that the page must not send: the fix
// says so.
func withoutResponseHeaders(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return len(fix.ResponseHeaders([]string{strings.TrimSpace(name)})) > 0
	})
}

// A recording responds as the servers did, except for the CORS headers of one of
// them, which are the policy's. A request that was never sent, because its
// preflight failed, gets an empty response with status 200; assumed reports that
// there was one.
type recording struct {
	server    string // the one with the policy; others stay as they are
	policy    *cors.Middleware
	exchanges []request.Exchange
	assumed   bool
}

// RoundTrip implements http.RoundTripper.
func (m *recording) RoundTrip(r *http.Request) (*http.Response, error) {
	o, err := origin.FromURL(r.URL.String())
	fixed := err == nil && o.String() == m.server
	var found *request.Exchange
	for i, x := range m.exchanges {
		preflight := r.Header.Get("Access-Control-Request-Method") != ""
		if x.URL == r.URL.String() && x.Method == r.Method && x.Status != 0 && x.Preflight == preflight {
			found = &m.exchanges[i]
			break
		}
	}
	if found == nil && r.Header.Get("Access-Control-Request-Method") == "" {
		m.assumed = true
	}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if found == nil {
			return
		}
		for _, h := range found.ResponseHeaders {
			switch name := strings.ToLower(h.Name); {
			case fixed && strings.HasPrefix(name, "access-control-"):
			case name == "content-length" || name == "content-encoding" || name == "transfer-encoding": // the body is not recorded
			default:
				w.Header().Add(h.Name, request.Bytes(h.Value))
			}
		}
		w.WriteHeader(found.Status)
	})
	if fixed {
		handler = m.policy.Wrap(handler)
	}
	return fetch.HandlerTransport(handler).RoundTrip(r)
}
