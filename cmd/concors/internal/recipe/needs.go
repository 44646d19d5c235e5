package recipe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Need reports whether a rule needs something of the server. Needs that are about a
// policy are false for rules that are off.
type Need func(*Rule) bool

// A Limit is something that a server can't do. It has one of need and refuses.
type Limit struct {
	sentence string // why, or what the server does instead, without a full stop
	need     Need   // the recipe lacks something
	refuses  Find   // the recipe would allow more than the policy, or no page at all
}

// Refuse returns a limit for which no recipe is written. The sentence says why, and
// what to do.
func Refuse(find Find, sentence string) Limit { return Limit{sentence: sentence, refuses: find} }

// Lose returns a limit for which a recipe is written. The sentence says what is lost.
func Lose(need Need, sentence string) Limit { return Limit{sentence: sentence, need: need} }

// Limits that several servers have.
var (
	LosesReject       = Lose(Rejects, "requests from refused origins are served, not rejected with status 403 (the page can't read the response)")
	LosesTimingOfList = Lose(timingOfPatterns, "Timing-Allow-Origin is not sent if an origin is a pattern: its value can only be a list of exact origins")
	LosesStatus       = Lose(StatusOtherThan(200), "preflight responses have status 200 and no Vary (browsers accept any status from 200 to 299, and no cache stores the response)")

	// RefusesRoutes is for servers whose rules for routes match a path in one spelling
	// only, or in a form that the application may not have.
	RefusesRoutes = Refuse(Route(Routed), "a route can't be written safely: the application may read a path such as /public/..%2Fprivate/x as that of another route, so write one policy for all paths, or let the application apply the routes")

	LosesSelf = Lose(func(r *Rule) bool { return Rejects(r) && r.self }, "self is not used: the server's own origin is recognized by Sec-Fetch-Site, or else by the Host header")

	refusesHost   = Refuse(Route(RouteByHost), "a route by host belongs in the configuration of that host: write one recipe per host")
	refusesMethod = Refuse(Route(RouteByMethod), "a route by method can't be written: write a route for the path, and the methods in its policy")
)

// compare returns a reason for each value of the plan that the stack refuses, and a
// sentence for each limit that loses something.
func (s Stack) compare(p *Plan) (refused []Reason, lost []string) {
	limits := s.limits()
	if !s.UsesPackageCors { // which takes any value
		limits = append(unwritable(), limits...)
	}
	for _, l := range limits {
		if l.refuses != nil {
			continue
		}
		if i := slices.IndexFunc(p.Rules, func(r *Rule) bool { return !r.closed && l.need(r) }); i >= 0 {
			sentence := l.sentence
			if !l.need(p.Rest()) {
				sentence = fmt.Sprintf("%s (route %s)", l.sentence, p.Rules[i].Route)
			}
			lost = append(lost, sentence)
		}
	}
	type place struct {
		route, index int
		field        string
	}
	found := map[place]bool{} // a value has one reason: the first
	for i := len(p.Rules) - 1; i >= 0; i-- {
		r := p.Rules[i]
		for _, l := range limits {
			if l.refuses == nil || r.closed {
				continue
			}
			for _, v := range l.refuses(r) {
				if at := (place{r.route, v.Index, v.Field}); !found[at] {
					found[at] = true
					refused = append(refused, Reason{Field: v.Field, Value: v.Text, Sentence: l.sentence, route: r.route, index: v.Index})
				}
			}
		}
	}
	return refused, lost
}

// limits returns the stack's limits, and those of all stacks that can't express
// routes by method or host.
func (s Stack) limits() []Limit {
	if len(s.AlwaysAllows) > 0 {
		s.Limits = append(slices.Clip(s.Limits), Refuse(func(r *Rule) []Value {
			if r.Off || r.AnyRequestHeader || !slices.ContainsFunc(s.AlwaysAllows, func(name string) bool { return !slices.Contains(r.RequestHeaders, name) }) {
				return nil
			}
			return []Value{{"requestHeaders", -1, ""}}
		}, "these request headers are always allowed: add them to the policy: "+strings.Join(s.AlwaysAllows, ", ")))
	}
	switch {
	case s.UsesPackageCors:
		return s.Limits
	case s.AnyRoute:
		return append(s.rangeLimits(), s.Limits...)
	}
	return append(append([]Limit{refusesHost, refusesMethod}, s.rangeLimits()...), s.Limits...)
}

// Always is true of every rule.
func Always(*Rule) bool { return true }

// Routed reports whether the rule is for a route.
func Routed(r *Rule) bool { return r.Route != "" }

// RouteByMethod and RouteByHost report what the route's pattern has.
func RouteByMethod(r *Rule) bool { return r.Method != "" }
func RouteByHost(r *Rule) bool   { return r.Host != "" }

// RouteLongerThan reports whether the regular expressions of the rule's route are longer
// than a server accepts.
func RouteLongerThan(limit int) Need {
	return func(r *Rule) bool {
		return Routed(r) && max(len(r.exactly()), len(r.anySpelling(false))) > limit
	}
}

// Off reports whether the rule turns CORS off.
func Off(r *Rule) bool { return r.Off }

// NoOrigin reports whether no origin is allowed.
func NoOrigin(r *Rule) bool { return !r.Off && r.NoOrigin() }

// SomeOrigins reports whether some origins are allowed and others are refused.
func SomeOrigins(r *Rule) bool { return !r.Off && !r.AnyOrigin }

// NoOriginExceptNull reports whether no origin is allowed, or only null.
func NoOriginExceptNull(r *Rule) bool {
	return SomeOrigins(r) && len(r.Origins)+len(r.Patterns) == 0
}

// Subdomains reports whether an origin is a pattern such as https://*.example.com.
func Subdomains(r *Rule) bool {
	return !r.Off && slices.ContainsFunc(r.Patterns, func(p Pattern) bool {
		return strings.Contains(p.String(), "://*.")
	})
}

// NullOrigin reports whether the origin null is allowed.
func NullOrigin(r *Rule) bool { return !r.Off && r.Null }

// AnyOrigin reports whether any origin is allowed, without credentials.
func AnyOrigin(r *Rule) bool { return !r.Off && r.AnyOrigin }

// AnyOriginWithCredentials reports whether any origin is allowed, with credentials.
func AnyOriginWithCredentials(r *Rule) bool { return !r.Off && r.AnyOriginWithCredentials }

// AnyMethod reports whether any method is allowed.
func AnyMethod(r *Rule) bool { return !r.Off && r.AnyMethod }

// AnyMethodWithCredentials reports whether the response must repeat the requested
// method, because browsers take "*" for a name if the request has credentials.
func AnyMethodWithCredentials(r *Rule) bool { return !r.Off && r.EchoMethod }

// AnyHeader reports whether any request header is allowed.
func AnyHeader(r *Rule) bool { return !r.Off && r.AnyRequestHeader }

// AnyHeaderWithCredentials is [AnyMethodWithCredentials] for request headers.
func AnyHeaderWithCredentials(r *Rule) bool { return !r.Off && r.EchoHeaders }

// ExcludesAuthorization is [Rule.ExcludesAuthorization].
func ExcludesAuthorization(r *Rule) bool { return !r.Off && r.ExcludesAuthorization() }

// NoMaxAge and ZeroMaxAge report whether the policy does not say how long browsers
// may cache a preflight, or forbids it.
func NoMaxAge(r *Rule) bool   { return !r.Off && r.MaxAge == "" }
func ZeroMaxAge(r *Rule) bool { return !r.Off && r.MaxAge == "0" }

// UnnamedStatus reports whether the status of preflight responses has no name in HTTP.
func UnnamedStatus(r *Rule) bool { return !r.Off && http.StatusText(r.Status) == "" }

// StatusOtherThan reports whether preflight responses must have another status.
func StatusOtherThan(status int) Need {
	return func(r *Rule) bool { return !r.Off && r.Status != status }
}

// MethodsOtherThan reports whether a method is allowed that a server doesn't know.
func MethodsOtherThan(known []string) Need {
	return func(r *Rule) bool {
		return !r.Off && slices.ContainsFunc(r.Methods, func(m string) bool { return !slices.Contains(known, m) })
	}
}

// Timing reports whether Timing-Allow-Origin is sent.
func Timing(r *Rule) bool { return !r.Off && r.Timing }

func timingOfPatterns(r *Rule) bool { return Timing(r) && r.TimingOrigins() == "" }

// RestrictsEmbedding and AllowsEmbedding report whether Cross-Origin-Resource-Policy
// is sent, and whether it forbids other sites to embed the response.
func RestrictsEmbedding(r *Rule) bool {
	return !r.Off && r.ResourcePolicy != "" && r.ResourcePolicy != "cross-origin"
}
func AllowsEmbedding(r *Rule) bool { return !r.Off && r.ResourcePolicy == "cross-origin" }

// Rejects reports whether requests from refused origins get status 403.
func Rejects(r *Rule) bool { return !r.Off && r.RejectRefused }
