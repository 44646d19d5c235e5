package cors

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// Check returns all faults and warnings of the policy, in the order of Policy's fields. [New]
// refuses a policy with faults, and ignores warnings. Check takes about as long as New.
func (p Policy) Check() []Fault {
	_, all := p.faults()
	all = append(all, p.warnings()...)
	slices.SortStableFunc(all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(fieldOrder(a.Field), fieldOrder(b.Field)), cmp.Compare(a.Index, b.Index))
	})
	return all
}

// fieldOrder returns the position of a field in Policy.
func fieldOrder(name string) int {
	name, _, _ = strings.Cut(name, ".")
	return slices.Index([]string{
		"Origins", "Lookup", "LookupCache", "LookupKey", "LookupKeyHeaders", "Methods", "RequestHeaders", "ExposedHeaders",
		"OriginsWithCredentials", "MaxAgeSeconds", "PreflightStatus", "Self", "ResourcePolicy", "DangerouslyAllowNull",
		"DangerouslyAllowAnyOriginWithCredentials", "DangerouslyAllowInsecureOriginsWithCredentials",
		"DangerouslyAllowPublicSuffixes", "DangerouslyAllowAnyHost", "DangerouslyAllowAddressRanges",
	}, name)
}

// warnings returns the warnings about the policy. A value with a fault gets none.
func (p *Policy) warnings() []Fault {
	c := checker{policy: p}
	c.originWarnings()
	c.methodWarnings()
	c.requestHeaderWarnings()
	c.exposedHeaderWarnings()
	if age := p.MaxAgeSeconds; age > 86400 && age <= 1<<31-1 {
		c.warn("MaxAgeSeconds", -1, strconv.Itoa(age), WarnMaxAge,
			"browsers cache for less: Firefox for 86400 seconds at most, Chromium for 7200, WebKit for 600",
			maxAgeRepair(age, "write 86400 or less"))
	}
	return c.found
}

func (c *checker) warn(field string, index int, value string, reason FaultReason, problem, repair string) {
	c.fault(field, index, value, reason, problem, repair)
	c.found[len(c.found)-1].Warning = true
}

func (c *checker) originWarnings() {
	p := c.policy
	insecure, public, anyOrigin := false, false, false
	patterns := make([]origin.Pattern, 0, len(p.Origins))
	for i, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			continue
		}
		patterns = append(patterns, pattern)
		suffix, under := pattern.OverPublicSuffix()
		if under && !p.Credentials && !p.DangerouslyAllowPublicSuffixes {
			c.warn("Origins", i, value, WarnPublicSuffix, "anyone can register a name under "+suffix+" that matches",
				"list the origins, put the wildcard under a domain that you own, or write * if the data are public")
		}
		anyOrigin, insecure, public = anyOrigin || pattern.Any(), insecure || pattern.Insecure(), public || under
	}
	if len(patterns) == len(p.Origins) {
		c.redundantOrigins(patterns)
	}
	c.rangeWarnings(anyOrigin)
	listed := c.originsWithCredentialsWarnings()
	public = public || listed.public
	unused := func(field string, set, needed bool) {
		if set && !needed {
			c.warn(field, -1, "", WarnUnusedDanger, "nothing in the policy needs it", "remove it")
		}
	}
	unused("DangerouslyAllowAnyOriginWithCredentials",
		p.DangerouslyAllowAnyOriginWithCredentials, p.Credentials && anyOrigin)
	unused("DangerouslyAllowInsecureOriginsWithCredentials",
		p.DangerouslyAllowInsecureOriginsWithCredentials, listed.insecure ||
			p.Credentials && (insecure || p.Lookup != nil || slices.ContainsFunc(compileRanges(p), origin.Range.Insecure)))
	unused("DangerouslyAllowPublicSuffixes", p.DangerouslyAllowPublicSuffixes, public)
	if anyOrigin && p.Lookup != nil {
		c.warn("Lookup", -1, "", WarnLookupUnused,
			"never called, because * allows every origin", `remove "*" from Origins`)
	}
	if p.LookupKey != nil && p.Lookup == nil {
		c.warn("LookupKey", -1, "", WarnLookupUnused, "never called, because there is no Lookup", "set Lookup")
	}
}

// redundantOrigins warns about patterns that are listed twice, and about those that a wider pattern
// covers.
func (c *checker) redundantOrigins(patterns []origin.Pattern) {
	seen := make(map[string]int, len(patterns))
	var wide []int // the patterns that cover more than one origin
	for i, value := range c.policy.Origins {
		if first, ok := seen[value]; ok {
			c.warn("Origins", i, value, WarnDuplicate,
				fmt.Sprintf("already listed as Origins[%d]", first), "remove it")
		} else {
			seen[value] = i
		}
		if !patterns[i].IsExact() {
			wide = append(wide, i)
		}
	}
	if len(wide) > 100 {
		return // comparing all with all would take too long for a warning
	}
	for i, pattern := range patterns {
		for _, w := range wide {
			wider := patterns[w]
			if w == i || wider == pattern || !wider.Covers(pattern) {
				continue
			}
			if w > i && pattern.Covers(wider) {
				continue // both match the same: the later one is redundant
			}
			c.warn("Origins", i, c.policy.Origins[i], WarnRedundant,
				fmt.Sprintf("%q covers it", c.policy.Origins[w]), "remove it")
			break
		}
	}
}

func (c *checker) methodWarnings() {
	p := c.policy
	c.eachValid("Methods", p.Methods, func(s string) string { return s }, methodFault, func(i int, m string) {
		upper := strings.ToUpper(m)
		switch {
		case m == "*":
		case field.IsCORSSafelistedMethod(m):
			c.warn("Methods", i, m, WarnSafelistedMethod, "GET, HEAD and POST are always allowed", "remove it")
		case m != upper:
			c.warn("Methods", i, m, WarnMethodCase,
				"methods are case-sensitive, and most scripts send "+upper,
				"write "+upper+", unless your scripts send "+m)
		case slices.Contains(p.Methods, "*"):
			c.warn("Methods", i, m, WarnRedundant, "* covers it", "remove it")
		}
	})
}

func (c *checker) requestHeaderWarnings() {
	p := c.policy
	c.eachValid("RequestHeaders", p.RequestHeaders, field.Lower, requestHeaderFault, func(i int, name string) {
		if field.IsForbiddenRequestHeaderName(name) {
			c.warn("RequestHeaders", i, name, WarnForbiddenHeader, "browsers do not let scripts set it", "remove it")
			return
		}
		covered := name != "*" && !field.IsCORSNonWildcardRequestHeaderName(name)
		if covered && slices.Contains(p.RequestHeaders, "*") {
			c.warn("RequestHeaders", i, name, WarnRedundant, "* covers it", "remove it")
		}
	})
}

func (c *checker) exposedHeaderWarnings() {
	p := c.policy
	c.eachValid("ExposedHeaders", p.ExposedHeaders, field.Lower, exposedHeaderFault, func(i int, name string) {
		switch {
		case name == "*":
		case field.IsCORSSafelistedResponseHeaderName(name):
			c.warn("ExposedHeaders", i, name, WarnSafelistedHeader, "scripts can always read it", "remove it")
		case slices.Contains(p.ExposedHeaders, "*"):
			c.warn("ExposedHeaders", i, name, WarnRedundant, "* covers it", "remove it")
		}
	})
}

// eachValid warns about values that equal an earlier one, compared by their keys, and calls
// warnAbout for the others. Values with a fault are skipped.
func (c *checker) eachValid(field string, values []string, key func(string) string,
	check valueCheck, warnAbout func(i int, value string)) {
	seen := map[string]int{}
	for i, value := range values {
		if reason, _, _, _ := check(c.policy, value); reason != "" {
			continue
		}
		k := key(value)
		if first, ok := seen[k]; ok {
			c.warn(field, i, value, WarnDuplicate, fmt.Sprintf("already listed as %s[%d]", field, first), "remove it")
		} else {
			seen[k] = i
			warnAbout(i, value)
		}
	}
}
