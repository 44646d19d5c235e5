package cors

import (
	"errors"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// A Fault is one thing that is wrong with a [Policy], or, as a warning, not as
// good as it could be. It is an error.
type Fault struct {
	Field   string // of Policy, such as "Origins"
	Index   int    // in that field; -1 if the field is no list
	Value   string
	Reason  FaultReason
	Warning bool                 // the policy works, and does what it says
	Problem string               // what is wrong, in one sentence
	Repair  string               // what to write instead
	Pattern *origin.PatternError // of FaultPattern, else nil
}

// FaultReason is the kind of a fault. Its value is stable.
type FaultReason string

// The faults, and then the warnings.
const (
	FaultPattern                  FaultReason = "pattern"                     // it is no origin pattern
	FaultNull                     FaultReason = "null"                        // null needs DangerouslyAllowNull
	FaultAnyOriginWithCredentials FaultReason = "any-origin-with-credentials" // * beside Credentials
	FaultInsecureOrigin           FaultReason = "insecure-origin"             // http: beside Credentials
	FaultPublicSuffix             FaultReason = "public-suffix"               // strangers can register a match
	FaultMethod                   FaultReason = "method"                      // it is no method
	FaultForbiddenMethod          FaultReason = "forbidden-method"            // no browser sends it
	FaultHeaderName               FaultReason = "header-name"                 // it is no header name
	FaultForbiddenHeader          FaultReason = "forbidden-header"            // no script may set or read it
	FaultExposeAllWithCredentials FaultReason = "expose-all-with-credentials" // * stands for nothing then
	FaultMaxAge                   FaultReason = "max-age"
	FaultStatus                   FaultReason = "status"
	FaultResourcePolicy           FaultReason = "resource-policy"
	FaultLookupCache              FaultReason = "lookup-cache"
	FaultNoOrigins                FaultReason = "no-origins" // nobody is let in

	WarnDuplicate        FaultReason = "duplicate"         // it is there already
	WarnRedundant        FaultReason = "redundant"         // another entry covers it
	WarnSafelistedMethod FaultReason = "safelisted-method" // it needs no leave
	WarnMethodCase       FaultReason = "method-case"       // patch is not PATCH
	WarnSafelistedHeader FaultReason = "safelisted-header" // scripts may read it anyway
	WarnMaxAge           FaultReason = "max-age-capped"    // browsers go no higher
	WarnUnusedDanger     FaultReason = "unused-danger"     // a safeguard is lifted for nothing
	WarnLookupUnused     FaultReason = "lookup-unused"     // everybody is let in before it is asked
)

// Error says where the fault is, what, and what to do.
func (f Fault) Error() string {
	where := "cors: " + f.Field
	if f.Index >= 0 {
		where += "[" + strconv.Itoa(f.Index) + "]"
	}
	if f.Value != "" {
		where += " " + strconv.Quote(f.Value)
	}
	what := f.Problem
	if f.Repair != "" {
		what += "; " + f.Repair
	}
	return where + ": " + what
}

// Faults returns the faults in an error of [New] or [Middleware.Reconfigure],
// in the order of Policy's fields.
func Faults(err error) []Fault {
	var all []Fault
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, Faults(e)...)
		}
		return all
	}
	var f Fault
	if errors.As(err, &f) {
		all = append(all, f)
	}
	return all
}

// faultsError is the error of a policy with faults.
type faultsError struct{ faults []Fault }

func (e *faultsError) Error() string {
	text := ""
	for i, f := range e.faults {
		if i > 0 {
			text += "\n"
		}
		text += f.Error()
	}
	return text
}

func (e *faultsError) Unwrap() []error {
	errs := make([]error, len(e.faults))
	for i, f := range e.faults {
		errs[i] = f
	}
	return errs
}

// faults returns what is wrong with the policy, without warnings, and the set of
// Origins, whose indexes are those of Origins if none of them has a fault.
func (p *Policy) faults() (*origin.Set, []Fault) {
	c := checker{policy: p}
	origins := c.origins()
	c.each("Methods", p.Methods, methodFault)
	c.each("RequestHeaders", p.RequestHeaders, requestHeaderFault)
	c.each("ExposedHeaders", p.ExposedHeaders, exposedHeaderFault)
	c.rest()
	return origins, c.found
}

// checker collects what it finds wrong with a policy.
type checker struct {
	policy *Policy
	found  []Fault
}

// fault is not inlined because it is called from so many places that they would
// be most of the package's code.
//
//go:noinline
func (c *checker) fault(field string, index int, value string, reason FaultReason, problem, repair string) {
	c.found = append(c.found, Fault{Field: field, Index: index, Value: value, Reason: reason, Problem: problem, Repair: repair})
}

// each checks the values of a field, each by itself. No reason is no fault.
func (c *checker) each(field string, values []string, check func(*Policy, string) (reason FaultReason, problem, repair string)) {
	for i, value := range values {
		if reason, problem, repair := check(c.policy, value); reason != "" {
			c.fault(field, i, value, reason, problem, repair)
		}
	}
}

func (c *checker) origins() *origin.Set {
	p := c.policy
	if len(p.Origins) == 0 && p.Lookup == nil && !p.DangerouslyAllowNull {
		c.fault("Origins", -1, "", FaultNoOrigins, "nobody is let in", "name an origin, set Lookup, or use the zero Middleware, which lets all requests through unchanged")
	}
	patterns := make([]origin.Pattern, 0, len(p.Origins))
	for i, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			c.badPattern(i, value, err)
			continue
		}
		patterns = append(patterns, pattern)
		if p.Credentials && pattern.Any() && !p.DangerouslyAllowAnyOriginWithCredentials {
			c.fault("Origins", i, value, FaultAnyOriginWithCredentials,
				"with Credentials, every page on the web could read what the user may read", "name the origins, or set Credentials to false")
		}
		if p.Credentials && !p.DangerouslyAllowInsecureOriginsWithCredentials && pattern.Insecure() {
			c.fault("Origins", i, value, FaultInsecureOrigin,
				"with Credentials, whoever sits on the network between the page and its user could act as the page", "use https")
		}
		if suffix, ok := pattern.OverPublicSuffix(); ok && !p.DangerouslyAllowPublicSuffixes {
			c.fault("Origins", i, value, FaultPublicSuffix,
				"anybody may register a name under "+suffix+" that matches", "name the origins, or put the star below a name that is yours")
		}
	}
	return origin.NewSet(patterns...)
}

func (c *checker) badPattern(i int, value string, err error) {
	if value == "null" {
		c.fault("Origins", i, value, FaultNull, "every sandboxed frame on any page has the origin null", "set DangerouslyAllowNull if it must be")
		return
	}
	if e, ok := err.(*origin.PatternError); ok {
		c.fault("Origins", i, value, FaultPattern, e.Problem(), e.Repair())
		c.found[len(c.found)-1].Pattern = e
	}
}

func methodFault(_ *Policy, m string) (reason FaultReason, problem, repair string) {
	switch {
	case m == "*":
		return "", "", ""
	case !field.IsToken(m):
		return FaultMethod, "it is no method", "write a name such as PUT"
	case strings.Contains(" connect trace track ", " "+field.Lower(m)+" "):
		return FaultForbiddenMethod, "no browser lets a script use it", "leave it out"
	}
	// https://fetch.spec.whatwg.org/#concept-method-normalize
	for _, normal := range strings.Fields("GET HEAD POST PUT DELETE OPTIONS") {
		if m != normal && field.EqualFold(m, normal) {
			return FaultMethod, "browsers send " + normal + ", and case counts", "write " + normal
		}
	}
	return "", "", ""
}

func requestHeaderFault(_ *Policy, name string) (reason FaultReason, problem, repair string) {
	lowered := field.Lower(name)
	switch {
	case name == "*":
	case !field.IsToken(name) || len(name) > maxNameLength:
		return FaultHeaderName, "it is no header name", "write a name such as X-Requested-With"
	case forbiddenRequestHeader(lowered):
		return FaultForbiddenHeader, "no browser lets a script set it", "leave it out"
	case strings.HasPrefix(lowered, "access-control-allow-") || lowered == "access-control-expose-headers" || lowered == "access-control-max-age":
		return FaultForbiddenHeader, "it is a header of responses", "leave it out"
	}
	return "", "", ""
}

// forbiddenRequestHeader: https://fetch.spec.whatwg.org/#forbidden-request-header,
// but for those that are forbidden with some values only. The name is a token.
func forbiddenRequestHeader(name string) bool {
	const names = " accept-charset accept-encoding access-control-request-headers access-control-request-method" +
		" connection content-length cookie cookie2 date dnt expect host keep-alive origin" +
		" referer set-cookie te trailer transfer-encoding upgrade via "
	if strings.Contains(names, " "+name+" ") {
		return true
	}
	return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-")
}

func exposedHeaderFault(p *Policy, name string) (reason FaultReason, problem, repair string) {
	switch {
	case name == "*" && p.Credentials:
		return FaultExposeAllWithCredentials, "with Credentials browsers take * for the name of a header", "name the headers"
	case name == "*":
	case !field.IsToken(name):
		return FaultHeaderName, "it is no header name", "write a name such as X-Total-Count"
	case field.EqualFold(name, "set-cookie") || field.EqualFold(name, "set-cookie2"):
		return FaultForbiddenHeader, "no browser lets a script read it", "leave it out"
	}
	return "", "", ""
}

func (c *checker) rest() {
	p := c.policy
	c.number("MaxAgeSeconds", p.MaxAgeSeconds, -1, FaultMaxAge, "it is no age", "write seconds, 0 for the browser's default, or -1 for not at all")
	if s := p.PreflightStatus; s != 0 && (s < 200 || s > 299) {
		c.fault("PreflightStatus", -1, strconv.Itoa(s), FaultStatus, "browsers refuse a preflight with that status", "write 0 for 204, or a status from 200 to 299")
	}
	switch p.ResourcePolicy {
	case "", "same-origin", "same-site", "cross-origin":
	default:
		c.fault("ResourcePolicy", -1, p.ResourcePolicy, FaultResourcePolicy, "it is no Cross-Origin-Resource-Policy", "write same-origin, same-site or cross-origin")
	}
	for i, value := range []int{p.LookupCache.PositiveSeconds, p.LookupCache.NegativeSeconds, p.LookupCache.MaxEntries, p.LookupCache.TimeoutMilliseconds} {
		least := -1
		if i > 1 {
			least = 0
		}
		name := [...]string{"PositiveSeconds", "NegativeSeconds", "MaxEntries", "TimeoutMilliseconds"}[i]
		c.number("LookupCache."+name, value, least, FaultLookupCache, "it is out of range", "write 0 for the default")
	}
}

// number checks that a number is not less than least, and not absurdly large.
func (c *checker) number(field string, value, least int, reason FaultReason, problem, repair string) {
	if value < least || value > 1<<31-1 {
		c.fault(field, -1, strconv.Itoa(value), reason, problem, repair)
	}
}
