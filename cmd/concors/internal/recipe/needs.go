package recipe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/origin"
)

// A limit is something that a server can't do.
type limit struct {
	of     func(*rule) bool // does a rule need it
	says   string           // what the server does instead: a sentence without its full stop
	refuse bool             // would it let in more than the policy, or serve nobody
}

// can't is a limit for which a policy is refused, and loses one with which it is
// written, and the loss told.
func cant(of func(*rule) bool, says string) limit  { return limit{of, says, true} }
func loses(of func(*rule) bool, says string) limit { return limit{of, says, false} }

// compare holds what the plan needs against what the stack is without.
func (s Stack) compare(p *plan) (refused, lost []string) {
	for _, l := range s.allLimits() {
		i := slices.IndexFunc(p.Rules, l.of)
		switch {
		case i < 0:
		case l.refuse:
			refused = append(refused, l.says)
		case !l.of(p.Rest()):
			lost = append(lost, fmt.Sprintf("%s (route %s)", l.says, p.Rules[i].Route))
		default:
			lost = append(lost, l.says)
		}
	}
	return refused, lost
}

// allLimits are the stack's, and before them those that all have but the few for
// which a route is what it is for http.ServeMux.
func (s Stack) allLimits() []limit {
	if s.runsCors || s.anyRoute {
		return s.limits
	}
	return append([]limit{
		cant(aRouteHost, "a route by host belongs into the configuration of that host: write one recipe for each"),
		cant(aRouteMethod, "a route by method is none here: write a route for the path, with the methods in its policy"),
	}, s.limits...)
}

// What a rule may need of a server. Those of its policy say nothing of rules
// that are off.

func always(*rule) bool { return true }

func aRoute(r *rule) bool         { return r.Route != "" }
func aRouteMethod(r *rule) bool   { return r.Method != "" }
func aRouteHost(r *rule) bool     { return r.Host != "" }
func aRouteWildcard(r *rule) bool { return r.wildcards }
func anOff(r *rule) bool          { return r.Off }

// nobody is a policy that lets no origin in.
func nobody(r *rule) bool { return !r.Off && r.Nobody() }

// subdomains is a pattern such as https://*.example.com.
func subdomains(r *rule) bool {
	return !r.Off && slices.ContainsFunc(r.Patterns, func(p origin.Pattern) bool { return strings.Contains(p.String(), "://*.") })
}

func null(r *rule) bool                     { return !r.Off && r.Null }
func anyOrigin(r *rule) bool                { return !r.Off && r.Any }
func anyOriginWithCredentials(r *rule) bool { return !r.Off && r.insecureStar }
func credentials(r *rule) bool              { return !r.Off && r.Credentials }
func anyMethod(r *rule) bool                { return !r.Off && r.AnyMethod }
func anyHeader(r *rule) bool                { return !r.Off && r.AnyHeader }

// anyMethodWithCredentials and anyHeaderWithCredentials take an echo: a star is
// a name like any other there.
func anyMethodWithCredentials(r *rule) bool { return !r.Off && r.EchoMethod }
func anyHeaderWithCredentials(r *rule) bool { return !r.Off && r.EchoHeaders }

// anyHeaderButAuthorization is a star that browsers take for more than it says.
func anyHeaderButAuthorization(r *rule) bool { return !r.Off && r.BarAuthorization }

func exposed(r *rule) bool    { return !r.Off && len(r.Exposed) > 0 }
func noMaxAge(r *rule) bool   { return !r.Off && r.MaxAge == "" }
func zeroMaxAge(r *rule) bool { return !r.Off && r.MaxAge == "0" }
func unknownStatus(r *rule) bool {
	return !r.Off && http.StatusText(r.Status) == ""
}
func timing(r *rule) bool         { return !r.Off && r.Timing }
func resourcePolicy(r *rule) bool { return !r.Off && r.CORP != "" }
func rejection(r *rule) bool      { return !r.Off && r.Reject }
