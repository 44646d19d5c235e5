package cors

import (
	"errors"
	"fmt"
	"slices"
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
	var b strings.Builder
	b.WriteString("cors: ")
	b.WriteString(f.Field)
	if f.Index >= 0 {
		fmt.Fprintf(&b, "[%d]", f.Index)
	}
	if f.Value != "" {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(f.Value))
	}
	b.WriteString(": ")
	b.WriteString(f.Problem)
	if f.Repair != "" {
		b.WriteString("; ")
		b.WriteString(f.Repair)
	}
	return b.String()
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
	if f := (Fault{}); errors.As(err, &f) {
		all = append(all, f)
	}
	return all
}

// Check returns all that is wrong with the policy, warnings included.
func (p Policy) Check() []Fault {
	_, faults := p.check()
	return faults
}

// check returns the set of Origins too; its indexes are those of Origins if none
// of them has a fault.
func (p Policy) check() (*origin.Set, []Fault) {
	c := checker{policy: &p}
	origins := c.origins()
	c.methods()
	c.requestHeaders()
	c.exposedHeaders()
	c.rest()
	return origins, c.faults
}

type checker struct {
	policy *Policy
	faults []Fault
}

func (c *checker) add(warning bool, field string, index int, value string, reason FaultReason, problem, repair string) {
	c.faults = append(c.faults, Fault{Field: field, Index: index, Value: value, Reason: reason, Warning: warning, Problem: problem, Repair: repair})
}

func (c *checker) fault(field string, index int, value string, reason FaultReason, problem, repair string) {
	c.add(false, field, index, value, reason, problem, repair)
}

func (c *checker) warn(field string, index int, value string, reason FaultReason, problem, repair string) {
	c.add(true, field, index, value, reason, problem, repair)
}

func (c *checker) origins() *origin.Set {
	p := c.policy
	if len(p.Origins) == 0 && p.Lookup == nil && !p.DangerouslyAllowNull {
		c.fault("Origins", -1, "", FaultNoOrigins, "nobody is let in", "name an origin, set Lookup, or use the zero Middleware, which lets all requests through unchanged")
	}
	insecure, public, anybody := false, false, false
	patterns := make([]origin.Pattern, 0, len(p.Origins))
	var wide []int // the patterns that cover more than one origin
	for i, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			c.badPattern(i, value, err)
			continue
		}
		patterns = append(patterns, pattern)
		if !pattern.IsExact() {
			wide = append(wide, len(patterns)-1)
		}
		if pattern.Any() {
			anybody = true
			if p.Credentials && !p.DangerouslyAllowAnyOriginWithCredentials {
				c.fault("Origins", i, value, FaultAnyOriginWithCredentials,
					"with Credentials, every page on the web could read what the user may read", "name the origins, or set Credentials to false")
			}
			continue
		}
		if p.Credentials && pattern.Insecure() {
			insecure = true
			if !p.DangerouslyAllowInsecureOriginsWithCredentials {
				c.fault("Origins", i, value, FaultInsecureOrigin,
					"with Credentials, whoever sits on the network between the page and its user could act as the page", "use https")
			}
		}
		if suffix, ok := pattern.OverPublicSuffix(); ok {
			public = true
			if !p.DangerouslyAllowPublicSuffixes {
				c.fault("Origins", i, value, FaultPublicSuffix,
					"anybody may register a name under "+suffix+" that matches", "name the origins, or put the star below a name that is yours")
			}
		}
	}
	set := origin.NewSet(patterns...)
	if len(patterns) == len(p.Origins) {
		c.redundant(set, patterns, wide)
	}
	unused := func(set, used bool, field string) {
		if set && !used {
			c.warn(field, -1, "", WarnUnusedDanger, "it lifts a safeguard that nothing runs into", "leave it out")
		}
	}
	unused(p.DangerouslyAllowAnyOriginWithCredentials, anybody && p.Credentials, "DangerouslyAllowAnyOriginWithCredentials")
	unused(p.DangerouslyAllowInsecureOriginsWithCredentials, insecure || p.Credentials && p.Lookup != nil, "DangerouslyAllowInsecureOriginsWithCredentials")
	unused(p.DangerouslyAllowPublicSuffixes, public, "DangerouslyAllowPublicSuffixes")
	if anybody && p.Lookup != nil {
		c.warn("Lookup", -1, "", WarnLookupUnused, "* lets everybody in before it is asked", `leave "*" out of Origins`)
	}
	return set
}

func (c *checker) badPattern(i int, value string, err error) {
	if value == "null" {
		c.fault("Origins", i, value, FaultNull, "every sandboxed frame on any page has the origin null", "set DangerouslyAllowNull if it must be")
		return
	}
	f := Fault{Field: "Origins", Index: i, Value: value, Reason: FaultPattern, Problem: err.Error()}
	if errors.As(err, &f.Pattern) {
		f.Problem, f.Repair = f.Pattern.Problem(), f.Pattern.Repair()
	}
	c.faults = append(c.faults, f)
}

// redundant warns of patterns that are there before, or that a wider one covers.
func (c *checker) redundant(set *origin.Set, patterns []origin.Pattern, wide []int) {
	if set.Len() < len(patterns) {
		seen := make(map[string]int, len(patterns))
		for i, value := range c.policy.Origins {
			if first, ok := seen[value]; ok {
				c.warn("Origins", i, value, WarnDuplicate, fmt.Sprintf("it is Origins[%d] again", first), "leave it out")
			} else {
				seen[value] = i
			}
		}
	}
	if len(wide) > 100 {
		return // it would take long for a hint
	}
	for i, pattern := range patterns {
		for _, w := range wide {
			if w != i && pattern != patterns[w] && patterns[w].Covers(pattern) && !(w > i && pattern.Covers(patterns[w])) {
				c.warn("Origins", i, c.policy.Origins[i], WarnRedundant, fmt.Sprintf("%q covers it", c.policy.Origins[w]), "leave it out")
				break
			}
		}
	}
}

func (c *checker) methods() {
	seen := map[string]int{}
	for i, m := range c.policy.Methods {
		first, again := seen[m]
		seen[m] = i
		upper := strings.ToUpper(m)
		switch {
		case again:
			c.warn("Methods", i, m, WarnDuplicate, fmt.Sprintf("it is Methods[%d] again", first), "leave it out")
		case m == "*":
		case !field.IsToken(m):
			c.fault("Methods", i, m, FaultMethod, "it is no method", "write a name such as PUT")
		case upper == "CONNECT" || upper == "TRACE" || upper == "TRACK":
			c.fault("Methods", i, m, FaultForbiddenMethod, "no browser lets a script use it", "leave it out")
		case m == "GET" || m == "HEAD" || m == "POST":
			c.warn("Methods", i, m, WarnSafelistedMethod, "it needs no leave", "leave it out")
		case m != upper && slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, upper):
			c.fault("Methods", i, m, FaultMethod, "browsers send "+upper+", and case counts", "write "+upper)
		case m != upper:
			c.warn("Methods", i, m, WarnMethodCase, "case counts, and scripts mostly say "+upper, "write "+upper+" unless the scripts do not")
		case slices.Contains(c.policy.Methods, "*"):
			c.warn("Methods", i, m, WarnRedundant, "* covers it", "leave it out")
		}
	}
}

func (c *checker) requestHeaders() {
	seen := map[string]int{}
	for i, name := range c.policy.RequestHeaders {
		lowered := field.Lower(name)
		first, again := seen[lowered]
		seen[lowered] = i
		switch {
		case again:
			c.warn("RequestHeaders", i, name, WarnDuplicate, fmt.Sprintf("it is RequestHeaders[%d] again", first), "leave it out")
		case name == "*":
		case !field.IsToken(name) || len(name) > maxNameLength:
			c.fault("RequestHeaders", i, name, FaultHeaderName, "it is no header name", "write a name such as X-Requested-With")
		case forbiddenRequestHeader(lowered):
			c.fault("RequestHeaders", i, name, FaultForbiddenHeader, "no browser lets a script set it", "leave it out")
		case strings.HasPrefix(lowered, "access-control-allow-") || lowered == "access-control-expose-headers" || lowered == "access-control-max-age":
			c.fault("RequestHeaders", i, name, FaultForbiddenHeader, "it is a header of responses", "leave it out")
		case lowered != "authorization" && slices.Contains(c.policy.RequestHeaders, "*"):
			c.warn("RequestHeaders", i, name, WarnRedundant, "* covers it", "leave it out")
		}
	}
}

// forbiddenRequestHeader: https://fetch.spec.whatwg.org/#forbidden-request-header,
// but for those that are forbidden with some values only.
func forbiddenRequestHeader(name string) bool {
	switch name {
	case "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
		"connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin",
		"referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via":
		return true
	}
	return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-")
}

func (c *checker) exposedHeaders() {
	seen := map[string]int{}
	for i, name := range c.policy.ExposedHeaders {
		lowered := field.Lower(name)
		first, again := seen[lowered]
		seen[lowered] = i
		switch {
		case again:
			c.warn("ExposedHeaders", i, name, WarnDuplicate, fmt.Sprintf("it is ExposedHeaders[%d] again", first), "leave it out")
		case name == "*" && c.policy.Credentials:
			c.fault("ExposedHeaders", i, name, FaultExposeAllWithCredentials, "with Credentials browsers take * for the name of a header", "name the headers")
		case name == "*":
		case !field.IsToken(name):
			c.fault("ExposedHeaders", i, name, FaultHeaderName, "it is no header name", "write a name such as X-Total-Count")
		case lowered == "set-cookie" || lowered == "set-cookie2":
			c.fault("ExposedHeaders", i, name, FaultForbiddenHeader, "no browser lets a script read it", "leave it out")
		case slices.Contains([]string{"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}, lowered):
			c.warn("ExposedHeaders", i, name, WarnSafelistedHeader, "scripts may read it anyway", "leave it out")
		case slices.Contains(c.policy.ExposedHeaders, "*"):
			c.warn("ExposedHeaders", i, name, WarnRedundant, "* covers it", "leave it out")
		}
	}
}

func (c *checker) rest() {
	p := c.policy
	switch age := p.MaxAgeSeconds; {
	case age < -1 || age > 1<<31-1:
		c.fault("MaxAgeSeconds", -1, strconv.Itoa(age), FaultMaxAge, "it is no age", "write seconds, 0 for the browser's default, or -1 for not at all")
	case age > 86400:
		c.warn("MaxAgeSeconds", -1, strconv.Itoa(age), WarnMaxAge, "no browser goes higher than 86400, Chromium than 7200, WebKit than 600", "write 86400 or less")
	}
	if s := p.PreflightStatus; s != 0 && (s < 200 || s > 299) {
		c.fault("PreflightStatus", -1, strconv.Itoa(s), FaultStatus, "browsers refuse a preflight with that status", "write 0 for 204, or a status from 200 to 299")
	}
	switch p.ResourcePolicy {
	case "", "same-origin", "same-site", "cross-origin":
	default:
		c.fault("ResourcePolicy", -1, p.ResourcePolicy, FaultResourcePolicy, "it is no Cross-Origin-Resource-Policy", "write same-origin, same-site or cross-origin")
	}
	l := p.LookupCache
	for _, f := range []struct {
		name         string
		value, least int
	}{
		{"PositiveSeconds", l.PositiveSeconds, -1}, {"NegativeSeconds", l.NegativeSeconds, -1},
		{"MaxEntries", l.MaxEntries, 0}, {"TimeoutMilliseconds", l.TimeoutMilliseconds, 0},
	} {
		if f.value < f.least || f.value > 1<<31-1 {
			c.fault("LookupCache."+f.name, -1, strconv.Itoa(f.value), FaultLookupCache, "it is out of range", "write 0 for the default")
		}
	}
}
