package probe

import (
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
)

// A Simulation is a server in this process that has a policy: package cors around
// a handler that responds to everything. It is safe for concurrent use.
type Simulation struct{ transport http.RoundTripper }

// Simulate returns a simulation of a server with policies.
func Simulate(policies routes.Policies) (*Simulation, error) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "ok")
	})
	handler, err := routes.Wrap(policies, recordDecision, ok)
	return &Simulation{fetch.HandlerTransport(handler)}, err
}

// decisionKey is the context key of a *recorder.
type decisionKey struct{}

type recorder struct{ last *cors.Decision }

func recordDecision(r *http.Request, d cors.Decision) {
	if to, ok := r.Context().Value(decisionKey{}).(*recorder); ok {
		to.last = &d
	}
}

// Send sends a question to the simulation. It also returns the policy's decision on
// the last request, because the response to a refused preflight does not say what
// was refused. The decision is nil if the route is off.
func (s *Simulation) Send(ctx context.Context, browser fetch.Profile, q Question) (*Outcome, *cors.Decision) {
	var decision recorder
	outcome := Send(context.WithValue(ctx, decisionKey{}, &decision), browser, s.transport, 0, q)
	return outcome, decision.last
}

// NoOrigin is an origin that no page has.
const NoOrigin = "https://concors.invalid"

// CredentialSamples returns origins of OriginsWithCredentials, and near misses of those
// that the policy allows without credentials.
func CredentialSamples(p cors.Policy) (with, without []string, err error) {
	policy, err := cors.New(p)
	if err != nil {
		return nil, nil, err
	}
	const mostNear = 80
	with, near, err := corstest.Samples(p.OriginsWithCredentials)
	for _, o := range near {
		d := policy.Decide(context.Background(), cors.Request{Method: http.MethodGet, Origin: []string{o}})
		if d.Allowed && len(without) < mostNear {
			without = append(without, o)
		}
	}
	return with, without, err
}

// Samples returns origins that a policy allows, and foreign ones that are close
// to those, as [corstest.Samples] does. If only some origins have credentials, the
// allowed ones begin with some of those, and then have some that resemble them and
// have none.
func Samples(p cors.Policy) (allowed, foreign []string, err error) {
	patterns := slices.Concat(p.Origins, p.DangerouslyAllowAnyHost, p.DangerouslyAllowAddressRanges)
	if p.DangerouslyAllowNull {
		patterns = append(patterns, "null")
	}
	allowed, foreign, err = corstest.Samples(patterns)
	if err != nil || len(p.OriginsWithCredentials) == 0 {
		return allowed, foreign, err
	}
	listed, near, err := CredentialSamples(p)
	if err != nil {
		return nil, nil, err
	}
	const mostListed, mostNear = 4, 6
	first := slices.Concat(listed[:min(len(listed), mostListed)], near[:min(len(near), mostNear)])
	rest := slices.DeleteFunc(allowed, func(o string) bool { return slices.Contains(first, o) })
	return append(first, rest...), foreign, nil
}
