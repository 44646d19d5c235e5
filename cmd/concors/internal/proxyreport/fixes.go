package proxyreport

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// A NotFixed is a blocked request that no CORS policy of its API would allow: it is redirected to a server
// that allows it neither, or what blocks it is not about CORS.
type NotFixed struct {
	Method string        `json:"method"`
	URL    string        `json:"url"`
	Reason reason.Reason `json:"reason"` // with the policy
	// RedirectedTo is where the API redirects it; "" if it does not.
	RedirectedTo string `json:"redirectedTo,omitempty"`
}

// fixOf returns the fix of an API for its requests, of which the first ones are blocked, without those
// that stay blocked in Chromium whatever the policy is. It returns nil if nothing is left.
func fixOf(ctx context.Context, requests []serverfix.Request, blocked int) (*serverfix.Fix, []NotFixed, error) {
	fix, err := serverfix.ForAll(ctx, requests, "")
	if err != nil || fix == nil || blockedIn(fix) == 0 {
		return fix, nil, err
	}
	var helped []serverfix.Request
	browsers := 0 // that block helped[0]: all of Safari's requests may be blocked as mixed content
	var not []NotFixed
	for i, r := range requests {
		together := []serverfix.Request{r}
		if i >= blocked { // it alone needs no policy
			if len(helped) == 0 {
				break
			}
			together = []serverfix.Request{helped[0], r}
		}
		one, err := serverfix.ForAll(ctx, together, "")
		if err != nil {
			return nil, nil, err
		}
		why := stillBlocked(one)
		switch {
		case i >= blocked && one != nil && blockedIn(one) > browsers: // by something else, with the policy or without it
		case one != nil && why == nil:
			if len(helped) == 0 {
				browsers = blockedIn(one)
			}
			helped = append(helped, r)
		case i < blocked:
			n := NotFixed{Method: cmp.Or(r.Question.Method, http.MethodGet), URL: r.Question.URL, Reason: r.Result.Results[0].Reason}
			if why != nil {
				n.Reason = why.Reason
			}
			for _, x := range r.Result.Results[0].Exchanges {
				if location := location(x); location != "" && !x.Preflight && n.RedirectedTo == "" {
					n.RedirectedTo = location
				}
			}
			if len(not) < maxSamples {
				not = append(not, n)
			}
		}
	}
	if len(helped) == 0 {
		return nil, not, nil
	}
	fix, err = serverfix.ForAll(ctx, helped, "")
	return fix, not, err
}

// stillBlocked returns the simulation of Chromium, as which the requests are judged, if it is blocked.
func stillBlocked(f *serverfix.Fix) *serverfix.Simulation {
	if f == nil {
		return nil
	}
	i := slices.IndexFunc(f.Simulated, func(s serverfix.Simulation) bool {
		return s.Browser == "chromium" && s.Verdict == request.Blocked
	})
	if i < 0 {
		return nil
	}
	return &f.Simulated[i]
}

// blockedIn returns how many browsers block a request with the policy.
func blockedIn(f *serverfix.Fix) (n int) {
	for _, s := range f.Simulated {
		if s.Verdict == request.Blocked {
			n++
		}
	}
	return n
}

// location returns the Location of a redirect.
func location(x request.Exchange) string {
	if x.Status < 300 || x.Status > 399 {
		return ""
	}
	for _, h := range x.ResponseHeaders {
		if http.CanonicalHeaderKey(h.Name) == "Location" {
			return h.Value
		}
	}
	return ""
}

// notFixed says which requests stay blocked with a policy.
func (r *Report) notFixed() string {
	if len(r.NotFixed) == 0 {
		return ""
	}
	n := r.NotFixed[0]
	s := fmt.Sprintf("No policy of the API allows %s: %s", term.Printable(n.Method+" "+term.Shorten(pathOf(n.URL), 30)), n.Reason)
	if n.RedirectedTo != "" {
		s += ", after the redirect to " + term.Shorten(term.Printable(n.RedirectedTo), 40)
	}
	if more := len(r.NotFixed) - 1; more > 0 {
		s += fmt.Sprintf("; nor %s", term.Count(more, "other request"))
	}
	return s + "."
}
