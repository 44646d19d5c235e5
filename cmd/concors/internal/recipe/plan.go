package recipe

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/origin"
)

// plan is what the policies come to on the wire, worked out for templates.
type plan struct {
	Policies routes.Policies // as they were given

	// Rules are by route, the more specific before the less, so that the first
	// that matches is the one. The last is for every path that no route is for.
	Rules []*rule
}

// Rest is the rule for the paths that no route is for: all of them, in a file
// with one policy.
func (p *plan) Rest() *rule { return p.Rules[len(p.Rules)-1] }

// Routes are the rules but the last.
func (p *plan) Routes() []*rule { return p.Rules[:len(p.Rules)-1] }

// On are the rules that are not off.
func (p *plan) On() (out []*rule) {
	for _, r := range p.Rules {
		if !r.Off {
			out = append(out, r)
		}
	}
	return out
}

// Statuses are the different ones that preflights are answered with.
func (p *plan) Statuses() (out []int) {
	for _, r := range p.On() {
		if !slices.Contains(out, r.Status) {
			out = append(out, r.Status)
		}
	}
	return out
}

// Tag is what a rule is called in keys that have the route in front; "" where
// there are no routes.
func (p *plan) Tag(r *rule) string {
	if len(p.Rules) == 1 {
		return ""
	}
	return ruleName(r) + ":"
}

// Sends reports whether any rule sends a header of this sort, or leaves it to the
// application.
func (p *plan) Sends(what string) bool {
	return slices.ContainsFunc(p.Rules, func(r *rule) bool {
		return r.Off || map[string]bool{
			"credentials": r.Credentials, "methods": r.EchoMethod || r.AllowMethods() != "", "headers": r.EchoHeaders || r.AllowHeaders() != "",
			"max age": r.MaxAge != "", "expose": len(r.Exposed) > 0, "timing": r.Timing, "resource policy": r.CORP != "",
		}[what]
	})
}

// HasOff reports whether any route is left without CORS, and HasCredentials
// whether any rule lets pages act as the user.
func (p *plan) HasOff() bool         { return slices.ContainsFunc(p.Rules, anOff) }
func (p *plan) HasCredentials() bool { return slices.ContainsFunc(p.Rules, credentials) }

// HasTiming and HasCORP report whether any rule sends these headers.
func (p *plan) HasTiming() bool { return slices.ContainsFunc(p.Rules, timing) }
func (p *plan) HasCORP() bool   { return slices.ContainsFunc(p.Rules, resourcePolicy) }

// OwnHeaders are the response headers that are the policy's to send, and nobody
// else's.
func (p *plan) OwnHeaders() []string {
	out := corsHeaders()
	if p.HasTiming() {
		out = append(out, "Timing-Allow-Origin")
	}
	if p.HasCORP() {
		out = append(out, "Cross-Origin-Resource-Policy")
	}
	return out
}

func corsHeaders() []string {
	return []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Expose-Headers"}
}

// A rule is one policy. Values that are "" are those of headers that are not sent.
type rule struct {
	Index int    // among the rules, from 0: for names that must differ
	Route string // the pattern as the policy file has it; "" for the rest

	// Of the route's pattern: exactly one of Exact and Prefix if it has no
	// wildcards, and for all of them a regular expression of the whole path.
	Method, Host  string
	Exact, Prefix string // "/items", "/items/"
	Path          string // ^/items/.*$, "" for the rest
	wildcards     bool
	tree          bool // for every path below, as of "/items/" and "/items/{rest...}"

	Off bool // no CORS: what the server behind says goes through unchanged

	// Any is everybody, without credentials: Access-Control-Allow-Origin: *, for
	// requests without Origin too. Otherwise the request's Origin is sent back if
	// it is among Exacts, or one of Patterns matches it, or it is null and Null is set.
	Any      bool
	Exacts   []string
	Patterns []origin.Pattern // those that are not exact
	Null     bool

	Credentials bool // Access-Control-Allow-Credentials: true, beside an origin

	// Of preflights. Echo is to send back what the preflight asks for: a star
	// counts for nothing beside credentials.
	Methods     []string // without the star
	AnyMethod   bool
	EchoMethod  bool
	Headers     []string // in lower case, without the star
	AnyHeader   bool
	EchoHeaders bool
	// BarAuthorization is to answer a preflight that asks for Authorization
	// without Access-Control-Allow-Headers: the policy's star is not for it, and
	// browsers, other than the standard, let the star on the wire cover it.
	BarAuthorization bool
	MaxAge           string // seconds, "" if not said
	Status           int

	Exposed      []string // may be the star
	Timing       bool     // Timing-Allow-Origin, with the value of Allow-Origin
	CORP         string   // Cross-Origin-Resource-Policy of all responses
	Reject       bool     // 403 for refused origins' actual requests, but the server's own
	reportOnly   bool
	insecureStar bool // everybody, with credentials
}

// AllowMethods is the value of the header, "" for none and where it is an echo.
func (r *rule) AllowMethods() string {
	switch {
	case r.EchoMethod:
		return ""
	case r.AnyMethod:
		return "*"
	}
	return strings.Join(r.Methods, ", ")
}

// AllowHeaders is the value of the header, "" for none and where it is an echo.
func (r *rule) AllowHeaders() string {
	switch {
	case r.EchoHeaders:
		return ""
	case r.AnyHeader && slices.Contains(r.Headers, "authorization"):
		return "*, authorization"
	case r.AnyHeader:
		return "*"
	}
	return strings.Join(r.Headers, ", ")
}

// ExposeHeaders is the value of the header.
func (r *rule) ExposeHeaders() string { return strings.Join(r.Exposed, ", ") }

// Each has a regular expression for every origin and pattern, null included,
// without anchors.
func (r *rule) Each() (out []string) {
	for _, e := range r.Exacts {
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

// Regexp matches each origin that is let in, null included, whole: ^(?:…)$. If
// none is, it matches nothing.
func (r *rule) Regexp() string {
	all := r.Each()
	if len(all) == 0 {
		return `^[^\s\S]$`
	}
	return "^(?:" + strings.Join(all, "|") + ")$"
}

// Nobody reports whether no origin is let in at all.
func (r *rule) Nobody() bool {
	return !r.Any && len(r.Exacts) == 0 && len(r.Patterns) == 0 && !r.Null
}

// newPlan works a plan out, and tells what no server can be told: odd is one
// sentence for each.
func newPlan(policies routes.Policies) (p *plan, odd []string) {
	p = &plan{Policies: policies}
	for _, route := range policies.Routes {
		r := newRule(route.Policy)
		r.Route, r.Off = route.Pattern, route.Off
		r.setPath(route.Pattern)
		p.Rules = append(p.Rules, r)
	}
	// Patterns that do not conflict are ordered by their segments: the one that is
	// more specific has a name where the other has a wildcard.
	slices.SortStableFunc(p.Rules, func(a, b *rule) int {
		if (a.Host == "") != (b.Host == "") { // a host counts for more than any path
			return strings.Compare(b.Host, a.Host)
		}
		if bySegment := slices.Compare(specificity(a.Route), specificity(b.Route)); bySegment != 0 {
			return bySegment
		}
		return strings.Compare(b.Method+b.Host, a.Method+a.Host) // those with one first
	})
	p.treesWithoutSlash()
	p.Rules = append(p.Rules, newRule(policies.Policy))
	for i, r := range p.Rules {
		r.Index = i
		odd = append(odd, r.odd()...)
	}
	return p, odd
}

func newRule(policy cors.Policy) *rule {
	r := &rule{
		Null: policy.DangerouslyAllowNull, Credentials: policy.Credentials, Status: policy.PreflightStatus,
		Exposed: policy.ExposedHeaders, Timing: policy.TimingAllowOrigin, CORP: policy.ResourcePolicy,
		Reject: policy.RejectRefused, reportOnly: policy.ReportOnly,
	}
	if r.Status == 0 {
		r.Status = 204
	}
	if policy.MaxAgeSeconds != 0 {
		r.MaxAge = strconv.Itoa(max(policy.MaxAgeSeconds, 0))
	}
	for _, text := range policy.Origins {
		pattern, err := origin.ParsePattern(text)
		if exact, ok := pattern.Exact(); ok {
			r.Exacts = append(r.Exacts, exact)
		} else if err == nil { // a policy without faults has none
			r.Patterns = append(r.Patterns, pattern)
		}
		if pattern.Any() {
			r.Any, r.insecureStar = !policy.Credentials, policy.Credentials
		}
	}
	if r.Any {
		r.Exacts, r.Patterns, r.Null = nil, nil, false
	}
	for _, m := range policy.Methods {
		if m == "*" {
			r.AnyMethod, r.EchoMethod = true, policy.Credentials
		} else {
			r.Methods = append(r.Methods, m)
		}
	}
	for _, name := range policy.RequestHeaders {
		if name == "*" {
			r.AnyHeader, r.EchoHeaders = true, policy.Credentials
		} else {
			r.Headers = append(r.Headers, strings.ToLower(name))
		}
	}
	r.BarAuthorization = r.AnyHeader && !slices.Contains(r.Headers, "authorization")
	return r
}

// setPath reads a pattern of http.ServeMux, which is known to be one.
func (r *rule) setPath(pattern string) {
	if method, rest, ok := strings.Cut(pattern, " "); ok {
		r.Method, pattern = method, strings.TrimLeft(rest, " \t")
	}
	slash := strings.IndexByte(pattern, '/')
	r.Host, pattern = pattern[:slash], pattern[slash:]
	r.wildcards = strings.Contains(pattern, "{")
	r.tree = strings.HasSuffix(pattern, "/") || strings.HasSuffix(pattern, "...}")
	switch {
	case r.wildcards:
	case strings.HasSuffix(pattern, "/"):
		r.Prefix = pattern
	default:
		r.Exact = pattern
	}
	r.Path = "^"
	for i, segment := range strings.Split(pattern[1:], "/") {
		if i > 0 || !strings.HasSuffix(r.Path, "/") {
			r.Path += "/"
		}
		switch {
		case segment == "{$}":
		case segment == "" || strings.HasSuffix(segment, "...}"):
			r.Path += ".*"
		case strings.HasPrefix(segment, "{"):
			r.Path += "[^/]+"
		default:
			r.Path += regexp.QuoteMeta(segment)
		}
	}
	r.Path += "$"
}

// treesWithoutSlash makes the routes for all below /items/ the routes for /items
// too, as http.ServeMux does, which redirects from there: unless another is for
// exactly that.
func (p *plan) treesWithoutSlash() {
	for _, r := range p.Rules {
		path := r.Route[strings.IndexByte(r.Route, '/'):]
		if !r.tree || path == "/" {
			continue
		}
		root := wildcard.ReplaceAllString(path[:strings.LastIndexByte(path, '/')], "w")
		if !slices.ContainsFunc(p.Rules, func(other *rule) bool {
			return !other.tree && regexp.MustCompile(other.Path).MatchString(root) &&
				(other.Method == "" || other.Method == r.Method) && (other.Host == "" || other.Host == r.Host)
		}) {
			r.Path = strings.TrimSuffix(r.Path, "/.*$") + "(?:/.*)?$"
		}
	}
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// specificity has a text for each segment of a pattern's path, by which names
// come before one wildcard, and that before many.
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

// Names and paths with other characters than these mean something in one or the
// other server's language, and nobody has them.
var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	plainPath = regexp.MustCompile(`^[A-Za-z0-9_.~/{}$-]*$`)
)

// odd tells what a rule has that is not written for any server.
func (r *rule) odd() (out []string) {
	for _, list := range [][]string{r.Methods, r.Headers, r.Exposed} {
		for _, name := range list {
			if name != "*" && !plainName.MatchString(name) {
				out = append(out, fmt.Sprintf("the name %q has characters that configurations give a meaning to", name))
			}
		}
	}
	if path := r.Route[strings.IndexByte(r.Route, '/')+1:]; !plainPath.MatchString(path) {
		out = append(out, fmt.Sprintf("the path of the route %q has characters that configurations give a meaning to", r.Route))
	}
	if r.reportOnly {
		out = append(out, "reportOnly: to write down what would be refused takes package cors")
	}
	return out
}
