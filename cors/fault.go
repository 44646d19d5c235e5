package cors

import (
	"errors"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// A Fault is one problem of a [Policy], or a warning about it. It is an error.
type Fault struct {
	Field   string // the field of Policy, such as "Origins" or "LookupCache.MaxEntries"
	Index   int    // the index in that field; -1 if the problem is not one value of a list
	Value   string // the value with the problem; "" if a value is missing
	Reason  FaultReason
	Warning bool                 // the policy is valid and does what it says, but should be improved
	Problem string               // what is wrong, in one sentence
	Repair  string               // what to write instead, in one sentence
	Pattern *origin.PatternError // details, with FaultPattern; otherwise nil

	// Instead holds the values that were probably meant. They may be written in place of Value, and are
	// never wider. It is nil if there is no good guess.
	Instead []string
}

// FaultReason is the kind of a fault. Its values are stable.
type FaultReason string

// The reasons of faults, and then those of warnings.
const (
	FaultPattern                  FaultReason = "pattern"                     // not a valid origin pattern
	FaultNull                     FaultReason = "null"                        // null needs DangerouslyAllowNull
	FaultAnyOriginWithCredentials FaultReason = "any-origin-with-credentials" // * together with Credentials
	FaultInsecureOrigin           FaultReason = "insecure-origin"             // http together with Credentials
	FaultPublicSuffix             FaultReason = "public-suffix"               // anyone can register a match
	FaultMethod                   FaultReason = "method"                      // not a method that browsers send
	FaultForbiddenMethod          FaultReason = "forbidden-method"            // browsers never send it for a script
	FaultHeaderName               FaultReason = "header-name"                 // not a valid header name
	FaultForbiddenHeader          FaultReason = "forbidden-header"            // scripts cannot set or read it
	FaultExposeAllWithCredentials FaultReason = "expose-all-with-credentials" // * is not a wildcard then
	FaultMaxAge                   FaultReason = "max-age"                     // out of range
	FaultStatus                   FaultReason = "status"                      // browsers reject the response
	FaultResourcePolicy           FaultReason = "resource-policy"             // not a valid value
	FaultSelf                     FaultReason = "self"                        // not an origin
	FaultLookupCache              FaultReason = "lookup-cache"                // out of range
	FaultNoOrigins                FaultReason = "no-origins"                  // no origin is allowed
	FaultRange                    FaultReason = "range"                       // not a valid range of origins
	FaultOriginsWithCredentials   FaultReason = "origins-with-credentials"    // credentials for an origin that is not allowed

	WarnDuplicate        FaultReason = "duplicate"                         // listed twice
	WarnRedundant        FaultReason = "redundant"                         // another value covers it
	WarnSafelistedMethod FaultReason = "safelisted-method"                 // always allowed
	WarnMethodCase       FaultReason = "method-case"                       // patch is not PATCH
	WarnSafelistedHeader FaultReason = "safelisted-header"                 // scripts can always read it
	WarnMaxAge           FaultReason = "max-age-capped"                    // longer than browsers cache
	WarnUnusedDanger     FaultReason = "unused-danger"                     // a safeguard is off without need
	WarnForbiddenHeader  FaultReason = "forbidden-request-header"          // browsers never send it for a script
	WarnPublicSuffix     FaultReason = "public-suffix-without-credentials" // anyone can register a match
	WarnLookupUnused     FaultReason = "lookup-unused"                     // * allows every origin before Lookup is called
)

// Error returns the place of the fault, the problem and the repair, as in
//
//	cors: Methods[0] "put": browsers send PUT, and methods are case-sensitive; write PUT
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

// Faults returns the faults in an error of [New], [Middleware.Reconfigure] or
// [Middleware.SetShadow], in the order of Policy's fields, and the faults of all policies in an error of
// package routes. The error may be wrapped. Faults returns nil for any other error.
func Faults(err error) []Fault {
	var all []Fault
	switch e := err.(type) {
	case Fault:
		all = append(all, e)
	case interface{ Unwrap() error }:
		return Faults(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, Faults(inner)...)
		}
	}
	return all
}

// faultsError is the error of a policy with faults.
type faultsError struct{ faults []Fault }

// Error returns the faults, one per line.
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

// Unwrap returns the faults.
func (e *faultsError) Unwrap() []error {
	errs := make([]error, len(e.faults))
	for i, f := range e.faults {
		errs[i] = f
	}
	return errs
}

// faults returns the policy's faults, without warnings, and the set of Origins. If none of the
// origins has a fault, the indexes in the set are those in Origins.
func (p *Policy) faults() (*origin.Set, []Fault) {
	c := checker{policy: p}
	origins := c.origins()
	c.originsWithCredentials(origins)
	c.ranges()
	c.list("LookupKeyHeaders", p.LookupKeyHeaders, lookupKeyHeaderFault)
	c.list("Methods", p.Methods, methodFault)
	c.list("RequestHeaders", p.RequestHeaders, requestHeaderFault)
	c.list("ExposedHeaders", p.ExposedHeaders, exposedHeaderFault)
	c.otherFields()
	return origins, c.found
}

// A checker collects the faults of a policy.
type checker struct {
	policy *Policy
	found  []Fault
}

func (c *checker) fault(field string, index int, value string, reason FaultReason, problem, repair string) {
	c.found = append(c.found, Fault{
		Field: field, Index: index, Value: value, Reason: reason, Problem: problem, Repair: repair,
	})
}

// A valueCheck returns what is wrong with a value of a list. reason is "" if it is valid.
type valueCheck func(p *Policy, value string) (reason FaultReason, problem, repair string, instead []string)

// list checks each value of a list.
func (c *checker) list(field string, values []string, check valueCheck) {
	for i, value := range values {
		if reason, problem, repair, instead := check(c.policy, value); reason != "" {
			c.fault(field, i, value, reason, problem, repair)
			c.found[len(c.found)-1].Instead = instead
		}
	}
}

func (c *checker) origins() *origin.Set {
	p := c.policy
	if len(p.Origins) == 0 && p.Lookup == nil && !p.DangerouslyAllowNull && !p.hasRanges() {
		c.fault("Origins", -1, "", FaultNoOrigins, "no origin is allowed",
			"list an origin, set Lookup, or use PassThrough or the zero Middleware, which change nothing")
	}
	patterns := make([]origin.Pattern, 0, len(p.Origins))
	for i, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			c.invalidPattern(i, value, err)
			continue
		}
		patterns = append(patterns, pattern)
		if p.Credentials && pattern.Any() && !p.DangerouslyAllowAnyOriginWithCredentials {
			c.fault("Origins", i, value, FaultAnyOriginWithCredentials,
				"with Credentials, every site could read what the user can read",
				"list the origins, or set Credentials to false")
		}
		if p.Credentials && !p.DangerouslyAllowInsecureOriginsWithCredentials && pattern.Insecure() {
			c.fault("Origins", i, value, FaultInsecureOrigin,
				"with Credentials, an attacker on the network could change the page and act as its user",
				"use https")
		}
		if suffix, ok := pattern.OverPublicSuffix(); ok && p.Credentials && !p.DangerouslyAllowPublicSuffixes {
			c.fault("Origins", i, value, FaultPublicSuffix,
				"anyone can register a name under "+suffix+" that matches",
				"list the origins, or put the wildcard under a domain that you own")
		}
	}
	return origin.NewSet(patterns...)
}

func (c *checker) invalidPattern(i int, value string, err error) {
	if value == "null" {
		c.fault("Origins", i, value, FaultNull, "every site can make a sandboxed frame, whose origin is null",
			"remove it, or set DangerouslyAllowNull")
		return
	}
	var e *origin.PatternError
	if field := rangeField(value); field != "" {
		c.fault("Origins", i, value, FaultPattern, "it is a range of origins", "list it in "+field)
	} else if errors.As(err, &e) {
		repair := e.Repair()
		if e.Reason == origin.PatternAddressRange {
			repair += "; or list a private network, such as http://192.168.0.0/16:*, in DangerouslyAllowAddressRanges"
		}
		c.fault("Origins", i, value, FaultPattern, e.Problem(), repair)
		c.found[len(c.found)-1].Pattern, c.found[len(c.found)-1].Instead = e, e.Instead
	}
}

func methodFault(p *Policy, m string) (reason FaultReason, problem, repair string, instead []string) {
	valid := func(m string) bool { reason, _, _, _ := methodFault(p, m); return reason == "" }
	if problem, repair, instead = entryFault(m, spacedMethods, valid); problem != "" {
		return FaultMethod, problem, repair, instead
	}
	switch lower := strings.ToLower(m); {
	case m == "*":
	case lower == "all" || lower == "any":
		return FaultMethod, "a word is not a method, and * stands for all", "write *", []string{"*"}
	case strings.Contains(m, "*"):
		return FaultMethod, "a wildcard can't be part of a method", "list the methods, or write * for all", nil
	case !field.IsToken(m):
		return FaultMethod, "not a valid method", "write a name such as PUT", nil
	case field.IsForbiddenMethod(m):
		return FaultForbiddenMethod, "browsers never send it for a script", "remove it", nil
	case m != field.NormalizeMethod(m):
		normal := field.NormalizeMethod(m)
		return FaultMethod, "browsers send " + normal + ", and methods are case-sensitive",
			"write " + normal, []string{normal}
	}
	return "", "", "", nil
}

func requestHeaderFault(p *Policy, name string) (reason FaultReason, problem, repair string, instead []string) {
	valid := func(name string) bool { reason, _, _, _ := requestHeaderFault(p, name); return reason == "" }
	if problem, repair, instead = entryFault(name, spacedNames, valid); problem != "" {
		return FaultHeaderName, problem, repair, instead
	}
	switch {
	case name == "*":
	case strings.Contains(name, "*"):
		return FaultHeaderName, "a wildcard can't be part of a name", "list the headers, or write * for all", nil
	case !field.IsToken(name):
		return FaultHeaderName, "not a valid header name", "write a name such as X-Requested-With", nil
	case len(name) > maxNameLength:
		return FaultHeaderName, "longer than " + strconv.Itoa(maxNameLength) + " bytes", "use a shorter name", nil
	case isCORSResponseHeader(field.Lower(name)):
		return FaultForbiddenHeader, "it is a response header", "remove it", nil
	}
	return "", "", "", nil
}

func lookupKeyHeaderFault(p *Policy, name string) (reason FaultReason, problem, repair string, instead []string) {
	valid := func(name string) bool { reason, _, _, _ := lookupKeyHeaderFault(p, name); return reason == "" }
	if problem, repair, instead = entryFault(name, spacedNames, valid); problem != "" {
		return FaultHeaderName, problem, repair, instead
	}
	if !field.IsToken(name) || name == "*" {
		return FaultHeaderName, "not a valid header name", "write a name such as X-Tenant", nil
	}
	return "", "", "", nil
}

func isCORSResponseHeader(lowerName string) bool {
	switch lowerName {
	case "access-control-expose-headers", "access-control-max-age":
		return true
	}
	return strings.HasPrefix(lowerName, "access-control-allow-")
}

func exposedHeaderFault(p *Policy, name string) (reason FaultReason, problem, repair string, instead []string) {
	valid := func(name string) bool { reason, _, _, _ := exposedHeaderFault(p, name); return reason == "" }
	if problem, repair, instead = entryFault(name, spacedNames, valid); problem != "" {
		return FaultHeaderName, problem, repair, instead
	}
	why := onlyInRequests(field.Lower(name))
	switch {
	case name == "*" && (p.Credentials || len(p.OriginsWithCredentials) > 0):
		return FaultExposeAllWithCredentials,
			"with Credentials, browsers read * as a header name and not as a wildcard", "list the headers", nil
	case name == "*":
	case strings.Contains(name, "*"):
		return FaultHeaderName, "a wildcard can't be part of a name", "list the headers", nil
	case !field.IsToken(name):
		return FaultHeaderName, "not a valid header name", "write a name such as X-Total-Count", nil
	case field.IsForbiddenResponseHeaderName(name):
		return FaultForbiddenHeader, "browsers do not let scripts read it", "remove it", nil
	case why != "":
		return FaultForbiddenHeader, "it is a request header: " + why,
			"remove it; headers that scripts set belong in RequestHeaders", nil
	}
	return "", "", "", nil
}

func selfFault(_ *Policy, value string) (reason FaultReason, problem, repair string, instead []string) {
	const example = "write an origin such as https://app.example.com"
	pattern, err := origin.ParsePattern(value)
	var e *origin.PatternError
	switch {
	case errors.As(err, &e):
		for _, s := range e.Instead {
			if p, _ := origin.ParsePattern(s); !p.IsExact() {
				return FaultSelf, e.Problem(), example, nil
			}
		}
		return FaultSelf, e.Problem(), e.Repair(), e.Instead
	case err != nil:
		return FaultSelf, "not an origin", example, nil
	case !pattern.IsExact():
		return FaultSelf, "a pattern, not an origin", example, nil
	}
	return "", "", "", nil
}

// otherFields checks the fields that are not lists.
func (c *checker) otherFields() {
	p := c.policy
	c.number("MaxAgeSeconds", p.MaxAgeSeconds, -1, FaultMaxAge, maxAgeRepair(p.MaxAgeSeconds,
		"write seconds, 0 for the browser's default, or -1 to disable caching"))
	if s := p.PreflightStatus; s != 0 && (s < 200 || s > 299) {
		c.fault("PreflightStatus", -1, strconv.Itoa(s), FaultStatus,
			"browsers reject a preflight response with this status", "write a status from 200 to 299, or 0 for 204")
	}
	c.list("Self", p.Self, selfFault)
	switch p.ResourcePolicy {
	case "", "same-origin", "same-site", "cross-origin":
	default:
		c.fault("ResourcePolicy", -1, p.ResourcePolicy, FaultResourcePolicy,
			"not a valid Cross-Origin-Resource-Policy", "write same-origin, same-site or cross-origin")
	}
	cache, useDefault := p.LookupCache, "write 0 for the default"
	c.number("LookupCache.PositiveSeconds", cache.PositiveSeconds, -1, FaultLookupCache, useDefault)
	c.number("LookupCache.NegativeSeconds", cache.NegativeSeconds, -1, FaultLookupCache, useDefault)
	c.number("LookupCache.StaleSeconds", cache.StaleSeconds, -1, FaultLookupCache, useDefault)
	c.number("LookupCache.ErrorSeconds", cache.ErrorSeconds, -1, FaultLookupCache, useDefault)
	c.number("LookupCache.MaxConcurrent", cache.MaxConcurrent, 0, FaultLookupCache, useDefault)
	c.number("LookupCache.MaxEntries", cache.MaxEntries, 0, FaultLookupCache, useDefault)
	c.number("LookupCache.TimeoutMilliseconds", cache.TimeoutMilliseconds, 0, FaultLookupCache, useDefault)
}

// number checks that a number is at least least and fits into 32 bits.
func (c *checker) number(field string, value, least int, reason FaultReason, repair string) {
	if value < least || value > 1<<31-1 {
		c.fault(field, -1, strconv.Itoa(value), reason, "out of range", repair)
	}
}
