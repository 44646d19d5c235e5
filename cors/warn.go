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

// Warnings are not looked for by [New]: a program that does not ask for them
// has none of this code in it.

// Check returns all that is wrong with the policy, warnings included, in the
// order of Policy's fields.
func (p Policy) Check() []Fault {
	_, all := p.faults()
	all = append(all, p.warnings()...)
	slices.SortStableFunc(all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(fieldOrder(a.Field), fieldOrder(b.Field)), cmp.Compare(a.Index, b.Index))
	})
	return all
}

// fieldOrder is where in Policy a field is.
func fieldOrder(name string) int {
	name, _, _ = strings.Cut(name, ".")
	return slices.Index([]string{
		"Origins", "Lookup", "LookupCache", "Methods", "RequestHeaders", "ExposedHeaders", "MaxAgeSeconds", "PreflightStatus", "ResourcePolicy",
		"DangerouslyAllowNull", "DangerouslyAllowAnyOriginWithCredentials", "DangerouslyAllowInsecureOriginsWithCredentials", "DangerouslyAllowPublicSuffixes",
	}, name)
}

// warnings returns what could be better. A value with a fault gets none.
func (p *Policy) warnings() []Fault {
	c := checker{policy: p}
	c.originWarnings()
	c.methodWarnings()
	c.requestHeaderWarnings()
	c.exposedHeaderWarnings()
	if age := p.MaxAgeSeconds; age > 86400 && age <= 1<<31-1 {
		c.warn("MaxAgeSeconds", -1, strconv.Itoa(age), WarnMaxAge, "no browser goes higher than 86400, Chromium than 7200, WebKit than 600", "write 86400 or less")
	}
	return c.found
}

func (c *checker) warn(field string, index int, value string, reason FaultReason, problem, repair string) {
	c.fault(field, index, value, reason, problem, repair)
	c.found[len(c.found)-1].Warning = true
}

func (c *checker) originWarnings() {
	p := c.policy
	insecure, public, anybody := false, false, false
	patterns := make([]origin.Pattern, 0, len(p.Origins))
	for _, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			continue
		}
		patterns = append(patterns, pattern)
		_, under := pattern.OverPublicSuffix()
		anybody, insecure, public = anybody || pattern.Any(), insecure || pattern.Insecure(), public || under
	}
	if len(patterns) == len(p.Origins) {
		c.redundantOrigins(patterns)
	}
	unused := func(set, used bool, field string) {
		if set && !used {
			c.warn(field, -1, "", WarnUnusedDanger, "it lifts a safeguard that nothing runs into", "leave it out")
		}
	}
	unused(p.DangerouslyAllowAnyOriginWithCredentials, p.Credentials && anybody, "DangerouslyAllowAnyOriginWithCredentials")
	unused(p.DangerouslyAllowInsecureOriginsWithCredentials, p.Credentials && (insecure || p.Lookup != nil), "DangerouslyAllowInsecureOriginsWithCredentials")
	unused(p.DangerouslyAllowPublicSuffixes, public, "DangerouslyAllowPublicSuffixes")
	if anybody && p.Lookup != nil {
		c.warn("Lookup", -1, "", WarnLookupUnused, "* lets everybody in before it is asked", `leave "*" out of Origins`)
	}
}

// redundantOrigins warns of patterns that are there before, or that a wider one
// covers.
func (c *checker) redundantOrigins(patterns []origin.Pattern) {
	seen := make(map[string]int, len(patterns))
	var wide []int // the patterns that cover more than one origin
	for i, value := range c.policy.Origins {
		if first, ok := seen[value]; ok {
			c.warn("Origins", i, value, WarnDuplicate, fmt.Sprintf("it is Origins[%d] again", first), "leave it out")
		} else {
			seen[value] = i
		}
		if !patterns[i].IsExact() {
			wide = append(wide, i)
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

func (c *checker) methodWarnings() {
	p := c.policy
	c.eachSound("Methods", p.Methods, func(s string) string { return s }, methodFault, func(i int, m string) {
		upper := strings.ToUpper(m)
		switch {
		case m == "*":
		case m == "GET" || m == "HEAD" || m == "POST":
			c.warn("Methods", i, m, WarnSafelistedMethod, "it needs no leave", "leave it out")
		case m != upper:
			c.warn("Methods", i, m, WarnMethodCase, "case counts, and scripts mostly say "+upper, "write "+upper+" unless the scripts do not")
		case slices.Contains(p.Methods, "*"):
			c.warn("Methods", i, m, WarnRedundant, "* covers it", "leave it out")
		}
	})
}

func (c *checker) requestHeaderWarnings() {
	p := c.policy
	c.eachSound("RequestHeaders", p.RequestHeaders, field.Lower, requestHeaderFault, func(i int, name string) {
		if name != "*" && !field.EqualFold(name, "authorization") && slices.Contains(p.RequestHeaders, "*") {
			c.warn("RequestHeaders", i, name, WarnRedundant, "* covers it", "leave it out")
		}
	})
}

func (c *checker) exposedHeaderWarnings() {
	p := c.policy
	c.eachSound("ExposedHeaders", p.ExposedHeaders, field.Lower, exposedHeaderFault, func(i int, name string) {
		switch field.Lower(name) {
		case "*":
		case "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma":
			c.warn("ExposedHeaders", i, name, WarnSafelistedHeader, "scripts may read it anyway", "leave it out")
		default:
			if slices.Contains(p.ExposedHeaders, "*") {
				c.warn("ExposedHeaders", i, name, WarnRedundant, "* covers it", "leave it out")
			}
		}
	})
}

// eachSound warns of values that equal an earlier one, by their keys, and has
// look look at the others. Values with a fault are passed over.
func (c *checker) eachSound(field string, values []string, key func(string) string,
	check func(*Policy, string) (FaultReason, string, string), look func(i int, value string)) {
	seen := map[string]int{}
	for i, value := range values {
		if reason, _, _ := check(c.policy, value); reason != "" {
			continue
		}
		k := key(value)
		if first, again := seen[k]; again {
			c.warn(field, i, value, WarnDuplicate, fmt.Sprintf("it is %s[%d] again", field, first), "leave it out")
		} else {
			seen[k] = i
			look(i, value)
		}
	}
}
