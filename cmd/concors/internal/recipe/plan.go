package recipe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/internal/grant"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Plan is the policies in the form that templates need: one [Rule] per route,
// with all header values computed.
type Plan struct {
	Policies routes.Policies // as given to Write

	// Rules are the routes in order of precedence, Closed if there are routes, and then
	// the rule for all other paths. [Plan.Matches] says which applies to a request.
	Rules []*Rule

	// Closed is for paths and hosts that different servers may read as those of
	// different routes. It allows no origin. It is nil if there are no routes.
	Closed *Rule
}

// Rest returns the rule without a route. In a file with one policy it is the only rule.
func (p *Plan) Rest() *Rule { return p.Rules[len(p.Rules)-1] }

// Routes returns the rules that have a route.
func (p *Plan) Routes() []*Rule {
	if p.Closed == nil {
		return nil
	}
	return p.Rules[:len(p.Rules)-2]
}

// WithCORS returns the rules that are not off.
func (p *Plan) WithCORS() (out []*Rule) {
	for _, r := range p.Rules {
		if !r.Off {
			out = append(out, r)
		}
	}
	return out
}

// Statuses returns the statuses of preflight responses, each once.
func (p *Plan) Statuses() (out []int) {
	for _, r := range p.WithCORS() {
		if !slices.Contains(out, r.Status) {
			out = append(out, r.Status)
		}
	}
	return out
}

// HasOff reports whether any rule is off.
func (p *Plan) HasOff() bool { return slices.ContainsFunc(p.Rules, Off) }

// Sets reports whether any rule sets the response header of this name.
func (p *Plan) Sets(header string) bool {
	return slices.ContainsFunc(p.WithCORS(), func(r *Rule) bool { return r.sets(header) })
}

// Sends is like Sets, and true of all headers if any rule is off: the application's
// headers then pass.
func (p *Plan) Sends(header string) bool { return p.HasOff() || p.Sets(header) }

// ExcludesAuthorization reports whether [Rule.ExcludesAuthorization] holds for any
// rule that is not off.
func (p *Plan) ExcludesAuthorization() bool {
	return slices.ContainsFunc(p.WithCORS(), (*Rule).ExcludesAuthorization)
}

// PolicyHeaders returns the response headers that only the policy may set: a
// recipe removes the application's own.
func (p *Plan) PolicyHeaders() []string {
	out := grant.CORSHeaders()
	for _, name := range []string{grant.TimingAllowOrigin, grant.ResourcePolicy} {
		if p.Sets(name) {
			out = append(out, name)
		}
	}
	return out
}

// A Rule is the policy of one route, or of all other paths.
type Rule struct {
	*grant.Grant // the headers that the policy sends

	policy cors.Policy // as given to Write
	route  int         // in Plan.Policies.Routes; -1 if there is no route

	Index int    // in Plan.Rules: makes names unique
	Route string // the pattern, as in the policy file; "" for all other paths

	Method, Host string // of the route's pattern
	path         string // a regular expression of a canonical path: "^/items/.*$"
	subtree      bool   // covers all paths below, as in "/items/" and "/items/{rest...}"
	root         bool   // "/items/" and "/items/{$}" cover "/items" too
	slashed      bool   // there is a route for exactly this path with a slash at its end
	closed       bool   // is Plan.Closed

	Off bool // no CORS here: the application's responses pass unchanged

	// The allowed origins. All are empty if AnyOrigin is set.
	Origins  []string  // exact origins
	Patterns []Pattern // all others, and ranges
	Null     bool      // the origin null

	// CredentialRegexps matches the origins that have credentials, if only some have.
	CredentialRegexps []string

	AnyOriginWithCredentials bool

	ExposedHeaders []string // may contain "*"
	Credentials    bool
	Timing         bool // Timing-Allow-Origin has the value of Access-Control-Allow-Origin
	RejectRefused  bool // status 403 for requests from refused origins, except from the server's own pages
	reportOnly     bool
	self           bool // the policy lists the server's own origins

	defaults *Defaults // of the product, if the options that these cover are left out
}

// sets reports whether the policy sets the response header of this name.
func (r *Rule) sets(header string) bool {
	return slices.ContainsFunc(slices.Concat(r.Allowed, r.AllowedWithCredentials, r.Preflight), func(h grant.Header) bool { return h.Name == header })
}

// Label returns what the rule is for: a route's pattern, or what it is in place of one.
func (r *Rule) Label() string {
	switch {
	case r.closed:
		return "paths and hosts that may belong to several routes"
	case r.Route == "":
		return "all other paths"
	}
	return r.Route
}

// Name returns what the rule is called in a configuration.
func (r *Rule) Name() string {
	switch {
	case r.closed:
		return "closed"
	case r.Route == "":
		return "rest"
	}
	return "r" + strconv.Itoa(r.Index)
}

// NoOrigin reports whether no origin is allowed.
func (r *Rule) NoOrigin() bool {
	return !r.AnyOrigin && len(r.Origins) == 0 && len(r.Patterns) == 0 && !r.Null
}

// ExcludesAuthorization reports whether any request header is allowed except
// Authorization. The standard says so of "*" in Access-Control-Allow-Headers, but
// browsers allow Authorization too. A recipe therefore omits the header from the
// response to a preflight that requests Authorization.
func (r *Rule) ExcludesAuthorization() bool { return r.AnyRequestHeader && !r.AuthorizationListed }

// ManyOrigins reports whether a list of exact origins is so long that a recipe should
// look origins up in a table, even where a few regular expressions are simpler.
func (r *Rule) ManyOrigins() bool { return len(r.Origins) > 20 }

// ManyOrigins reports whether any rule has many origins.
func (p *Plan) ManyOrigins() bool { return slices.ContainsFunc(p.WithCORS(), (*Rule).ManyOrigins) }

// PatternRegexps is [Rule.OriginRegexps] without exact origins.
func (r *Rule) PatternRegexps() []string { return r.OriginRegexps()[len(r.Origins):] }

// ExactOrigins returns the allowed origins that are not patterns, including null.
func (r *Rule) ExactOrigins() []string {
	if r.Null {
		return append(slices.Clone(r.Origins), "null")
	}
	return r.Origins
}

// OriginRegexps returns a regular expression without anchors for each allowed
// origin and pattern, including null.
func (r *Rule) OriginRegexps() (out []string) {
	for _, e := range r.Origins {
		out = append(out, regexp.QuoteMeta(e))
	}
	for _, p := range r.Patterns {
		out = append(out, p.Regexp())
	}
	if r.Null {
		out = append(out, "null")
	}
	return out
}

// OriginRegexp returns one regular expression, with anchors, that matches the
// allowed origins. If there are none, it matches nothing. Many origins are sorted, so
// that an engine such as RE2 makes a tree of them.
func (r *Rule) OriginRegexp() string {
	all := r.OriginRegexps()
	if r.ManyOrigins() {
		slices.Sort(all[:len(r.Origins)])
	}
	if len(all) == 0 {
		return `^[^\s\S]$`
	}
	return "^(?:" + strings.Join(all, "|") + ")$"
}

// OriginList returns the allowed origins and patterns, without null. A pattern with
// a list of ports becomes one entry per port. The list is cut off after 500 entries,
// more than any server accepts.
func (r *Rule) OriginList() []string {
	if r.AnyOrigin || r.AnyOriginWithCredentials {
		return []string{"*"} // must be the only entry
	}
	out := slices.Clone(r.Origins)
	for _, p := range r.Patterns {
		if !p.isRange() { // such a server refuses ranges
			out = append(out, originAndPorts(p.String())...)
		}
	}
	return out[:min(len(out), 500)]
}

// originAndPorts returns an origin or a pattern, or one entry per port if it has a
// list of ports. It returns at most 500, more than any server accepts.
func originAndPorts(text string) (out []string) {
	i := strings.LastIndex(text, ":[")
	if i < 0 || strings.HasPrefix(text[i:], ":[:") {
		return []string{text}
	}
	scheme, _, _ := strings.Cut(text, ":")
	defaultPort := weburl.DefaultPort(scheme)
	for item := range strings.SplitSeq(strings.TrimSuffix(text[i+2:], "]"), ",") {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		from, _ := strconv.Atoi(first) // valid: the pattern was parsed
		to, _ := strconv.Atoi(last)
		for port := from; port <= to && len(out) < 500; port++ {
			if port == defaultPort {
				out = append(out, text[:i])
			} else {
				out = append(out, text[:i]+":"+strconv.Itoa(port))
			}
		}
	}
	return out
}

// TimingOrigins returns a value of Timing-Allow-Origin that is the same for all
// requests, or "" if there is none.
func (r *Rule) TimingOrigins() string {
	switch {
	case !r.Timing || len(r.Patterns) > 0:
		return ""
	case r.AnyOrigin:
		return "*"
	case r.Null:
		return strings.Join(append(slices.Clone(r.Origins), "null"), ", ")
	}
	return strings.Join(r.Origins, ", ")
}

// MethodsOrWildcard returns "*" alone, or the listed methods. It is for servers that
// respond to "*" with the requested method where credentials need that.
func (r *Rule) MethodsOrWildcard() []string {
	if r.AnyMethod {
		return []string{"*"}
	}
	return r.Methods
}

// HeadersOrWildcard is [Rule.MethodsOrWildcard] for request headers.
func (r *Rule) HeadersOrWildcard() []string {
	if r.AnyRequestHeader {
		return []string{"*"}
	}
	return r.RequestHeaders
}

// MethodsAmong returns GET, HEAD and POST, and the allowed methods among those that
// a server knows.
func (r *Rule) MethodsAmong(known ...string) []string {
	out := []string{"GET", "HEAD", "POST"}
	for _, m := range known {
		if !slices.Contains(out, m) && (r.AnyMethod || slices.Contains(r.Methods, m)) {
			out = append(out, m)
		}
	}
	return out
}

// ExposedNames returns the exposed headers without a "*" that browsers would read
// as a header's name, as they do with credentials.
func (r *Rule) ExposedNames() []string {
	return slices.DeleteFunc(slices.Clone(r.ExposedHeaders), func(name string) bool {
		return name == "*" && r.Credentials
	})
}

// NewPlan makes a plan.
func NewPlan(policies routes.Policies) *Plan {
	p := &Plan{Policies: policies}
	for i, route := range policies.Routes {
		r := newRule(route.Policy)
		r.route = i
		r.Route, r.Off = route.Pattern, route.Off
		r.setPath(route.Pattern)
		p.Rules = append(p.Rules, r)
	}
	// Patterns that do not conflict can be ordered segment by segment: the more
	// specific one has a name where the other has a wildcard.
	slices.SortStableFunc(p.Rules, func(a, b *Rule) int {
		if (a.Host == "") != (b.Host == "") { // a host takes precedence over any path
			return strings.Compare(b.Host, a.Host)
		}
		if bySegment := slices.Compare(specificity(a.Route), specificity(b.Route)); bySegment != 0 {
			return bySegment
		}
		return strings.Compare(b.Method+b.Host, a.Method+a.Host) // routes with a method first
	})
	p.matchSubtreeRoots()
	p.findSlashed()
	if len(p.Rules) > 0 {
		p.Closed = newClosedRule(policies)
		p.Rules = append(p.Rules, p.Closed)
	}
	p.Rules = append(p.Rules, newRule(policies.Policy))
	for i, r := range p.Rules {
		r.Index = i
	}
	return p
}

// newClosedRule returns the rule that allows nothing. It forbids what any policy forbids.
func newClosedRule(policies routes.Policies) *Rule {
	closed := cors.Policy{RejectRefused: policies.Policy.RejectRefused}
	embedding := []string{policies.Policy.ResourcePolicy}
	for _, route := range policies.Routes {
		if !route.Off {
			closed.RejectRefused = closed.RejectRefused || route.Policy.RejectRefused
			embedding = append(embedding, route.Policy.ResourcePolicy)
		}
	}
	for _, strictest := range []string{"same-origin", "same-site", "cross-origin"} {
		if slices.Contains(embedding, strictest) {
			closed.ResourcePolicy = strictest
			break
		}
	}
	r := newRule(closed)
	r.closed = true
	return r
}

func newRule(policy cors.Policy) *Rule {
	r := &Rule{
		policy: policy, route: -1,
		Grant: grant.New(grant.Policy{
			Origins: policy.Origins, Methods: policy.Methods, RequestHeaders: policy.RequestHeaders,
			ExposedHeaders: policy.ExposedHeaders, Credentials: policy.Credentials, MaxAgeSeconds: policy.MaxAgeSeconds,
			SomeCredentials: len(policy.OriginsWithCredentials) > 0, PreflightStatus: policy.PreflightStatus, TimingAllowOrigin: policy.TimingAllowOrigin,
			ResourcePolicy: policy.ResourcePolicy,
		}),
		ExposedHeaders: policy.ExposedHeaders, Credentials: policy.Credentials, Timing: policy.TimingAllowOrigin,
		RejectRefused: policy.RejectRefused, reportOnly: policy.ReportOnly, self: len(policy.Self) > 0,
		AnyOriginWithCredentials: policy.Credentials && slices.Contains(policy.Origins, "*"),
	}
	for _, text := range policy.OriginsWithCredentials {
		if pattern, err := origin.ParsePattern(text); err == nil {
			r.CredentialRegexps = append(r.CredentialRegexps, pattern.Regexp())
		}
	}
	if r.AnyOrigin {
		return r
	}
	r.addRanges(policy)
	r.Null = policy.DangerouslyAllowNull
	for _, text := range policy.Origins {
		pattern, err := origin.ParsePattern(text)
		if exact, ok := pattern.Exact(); ok {
			r.Origins = append(r.Origins, exact)
		} else if err == nil { // always, for a policy without faults
			r.Patterns = append(r.Patterns, Pattern{Pattern: pattern})
		}
	}
	return r
}

// setPath reads a valid pattern of http.ServeMux.
func (r *Rule) setPath(pattern string) {
	if method, rest, ok := strings.Cut(pattern, " "); ok {
		r.Method, pattern = method, strings.TrimLeft(rest, " \t")
	}
	slash := strings.IndexByte(pattern, '/')
	r.Host, pattern = pattern[:slash], pattern[slash:]
	r.subtree = strings.HasSuffix(pattern, "/") || strings.HasSuffix(pattern, "...}")
	r.path = "^"
	for i, segment := range strings.Split(pattern[1:], "/") {
		if i > 0 || !strings.HasSuffix(r.path, "/") {
			r.path += "/"
		}
		switch {
		case segment == "{$}":
		case segment == "" || strings.HasSuffix(segment, "...}"):
			r.path += ".*"
		case strings.HasPrefix(segment, "{"):
			r.path += "[^/]+"
		default:
			r.path += regexp.QuoteMeta(segment)
		}
	}
	r.path += "$"
}

// matchSubtreeRoots makes the routes /items/ and /items/{$} match /items too, unless
// another route matches exactly that path. http.ServeMux redirects from /items to /items/.
func (p *Plan) matchSubtreeRoots() {
	for _, r := range p.Rules {
		path := r.Route[strings.IndexByte(r.Route, '/'):]
		if !r.subtree && !strings.HasSuffix(path, "/{$}") || path == "/" || path == "/{$}" {
			continue
		}
		root := wildcard.ReplaceAllString(path[:strings.LastIndexByte(path, '/')], "w")
		if !slices.ContainsFunc(p.Rules, func(other *Rule) bool {
			return !other.subtree && regexp.MustCompile(other.path).MatchString(root) &&
				(other.Method == "" || other.Method == r.Method) && (other.Host == "" || other.Host == r.Host)
		}) {
			r.root = true
		}
	}
}

// findSlashed sets slashed of routes such as /items, if there is a route such as /items/.
func (p *Plan) findSlashed() {
	path := func(r *Rule) string {
		path := strings.TrimSuffix(r.Route[strings.IndexByte(r.Route, '/'):], "{$}")
		return wildcard.ReplaceAllString(path, "w")
	}
	for _, r := range p.Rules {
		r.slashed = slices.ContainsFunc(p.Rules, func(other *Rule) bool {
			return path(other) == path(r)+"/" &&
				(other.Method == "" || other.Method == r.Method) && (other.Host == "" || other.Host == r.Host)
		})
	}
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// specificity returns one sort key per segment of a pattern's path. Names sort
// before a wildcard for one segment, and that before a wildcard for many.
func specificity(pattern string) (out []string) {
	for segment := range strings.SplitSeq(pattern[strings.IndexByte(pattern, '/')+1:], "/") {
		switch {
		case segment == "" || strings.HasSuffix(segment, "...}"):
			out = append(out, "\xff")
		case segment == "{$}":
			out = append(out, "")
		case strings.HasPrefix(segment, "{"):
			out = append(out, "\xfe")
		default:
			out = append(out, segment)
		}
	}
	return out
}

// Any other character has a meaning in at least one server's language, and no one
// uses it in a header's name or a path.
var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	plainPath = regexp.MustCompile(`^[A-Za-z0-9_.~/{}$-]*$`)
)

// unwritable returns limits for values that no configuration can express.
func unwritable() []Limit {
	const name = "only letters, digits, '-', '_' and '.' have no special meaning in configuration files: use another name"
	special := func(name string) bool { return !plainName.MatchString(name) }
	return []Limit{
		Refuse(Items("methods", special), name),
		Refuse(Items("requestHeaders", special), name),
		Refuse(Items("exposedHeaders", special), name),
		Refuse(Route(func(r *Rule) bool {
			return !plainPath.MatchString(r.Route[strings.IndexByte(r.Route, '/')+1:])
		}), "its path has a character with a special meaning in configuration files: use letters, digits and -._~$ in the path"),
		Refuse(At("reportOnly", "true", func(r *Rule) bool { return r.reportOnly }),
			"only package cors can log what it would refuse: leave it out, or use a stack that calls package cors"),
	}
}
