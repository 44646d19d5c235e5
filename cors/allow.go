package cors

import (
	"errors"
	"fmt"

	"github.com/concors/concors/origin"
)

// This file has two kinds of list besides Policy.Origins: the ranges of origins that
// DangerouslyAllowAnyHost and DangerouslyAllowAddressRanges allow, and OriginsWithCredentials.

// maxRanges is the number of values that each list of ranges may have. A request may be compared with all
// of them.
const maxRanges = 32

func (p *Policy) hasRanges() bool {
	return len(p.DangerouslyAllowAnyHost)+len(p.DangerouslyAllowAddressRanges) > 0
}

// compileRanges returns the valid ranges of a policy.
func compileRanges(p *Policy) (ranges origin.Ranges) {
	for _, list := range [][]string{p.DangerouslyAllowAnyHost, p.DangerouslyAllowAddressRanges} {
		for _, value := range list {
			if r, err := origin.ParseRange(value); err == nil {
				ranges = append(ranges, r)
			}
		}
	}
	return ranges
}

// compileCredentials returns the set of OriginsWithCredentials, nil if it is empty.
func compileCredentials(p *Policy) *origin.Set {
	var patterns []origin.Pattern
	for _, value := range p.OriginsWithCredentials {
		if pattern, err := origin.ParsePattern(value); err == nil {
			patterns = append(patterns, pattern)
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	return origin.NewSet(patterns...)
}

// allowsCredentials reports whether the origin of a request is allowed with credentials. d is the decision
// about that origin.
func (p *compiled) allowsCredentials(r *Request, d *Decision) bool {
	return d.Allowed && (p.policy.Credentials || p.credentials != nil && p.listsCredentials(r))
}

// listsCredentials reports whether the origin of a request is one of OriginsWithCredentials.
func (p *compiled) listsCredentials(r *Request) bool {
	if len(r.Origin) != 1 {
		return false // "*" allows a request with several
	}
	_, ok := p.credentials.Match(r.Origin[0])
	return ok
}

const (
	anyHostField      = "DangerouslyAllowAnyHost"
	addressRangeField = "DangerouslyAllowAddressRanges"
	credentialsField  = "OriginsWithCredentials"
)

// rangeField returns the field in which a range belongs, "" if the value is not one.
func rangeField(value string) string {
	r, err := origin.ParseRange(value)
	switch {
	case err != nil:
		return ""
	case r.AnyHost():
		return anyHostField
	}
	return addressRangeField
}

// ranges checks the lists of ranges.
func (c *checker) ranges() {
	c.rangesIn(anyHostField, c.policy.DangerouslyAllowAnyHost)
	c.rangesIn(addressRangeField, c.policy.DangerouslyAllowAddressRanges)
}

func (c *checker) rangesIn(field string, values []string) {
	if len(values) > maxRanges {
		c.fault(field, -1, "", FaultRange, fmt.Sprintf("more than %d ranges", maxRanges), "write wider ones")
	}
	for i, value := range values {
		r, err := origin.ParseRange(value)
		var e *origin.RangeError
		switch _, notPattern := origin.ParsePattern(value); {
		case value == "null":
			c.fault(field, i, value, FaultNull, "every site can make a sandboxed frame, whose origin is null",
				"remove it, or set DangerouslyAllowNull")
		case value == "*":
			c.fault(field, i, value, FaultRange, "it has no scheme", `write a range, or list "*" in Origins`)
		case err != nil && notPattern == nil:
			c.fault(field, i, value, FaultRange, "it is a pattern of origins, not a range", "list it in Origins")
		case errors.As(err, &e):
			c.fault(field, i, value, FaultRange, e.Problem, e.Repair)
		case rangeField(value) != field:
			c.fault(field, i, value, FaultRange, "it is a range of another kind", "list it in "+rangeField(value))
		case c.policy.Credentials && r.Insecure() && !r.AnyHost() && !c.policy.DangerouslyAllowInsecureOriginsWithCredentials:
			c.fault(field, i, value, FaultInsecureOrigin,
				"with Credentials, an attacker on the network could change the page and act as its user", "use https")
		}
	}
}

// originsWithCredentials checks OriginsWithCredentials. origins is the set of Origins.
func (c *checker) originsWithCredentials(origins *origin.Set) {
	p := c.policy
	if len(p.OriginsWithCredentials) > 0 && p.Credentials {
		c.fault(credentialsField, -1, "", FaultOriginsWithCredentials,
			"Credentials already allows credentials to every allowed origin", "set Credentials to false, or remove the list")
	}
	covered := c.covered(origins)
	for i, value := range p.OriginsWithCredentials {
		pattern, err := origin.ParsePattern(value)
		var e *origin.PatternError
		switch {
		case value == "null":
			c.fault(credentialsField, i, value, FaultNull, "every site can make a sandboxed frame, whose origin is null", "remove it")
			continue
		case rangeField(value) != "":
			c.fault(credentialsField, i, value, FaultOriginsWithCredentials,
				"a range stands for origins without a common owner", "list the origins")
			continue
		case errors.As(err, &e):
			c.fault(credentialsField, i, value, FaultPattern, e.Problem(), e.Repair())
			c.found[len(c.found)-1].Pattern = e
			continue
		case pattern.Any():
			c.fault(credentialsField, i, value, FaultAnyOriginWithCredentials,
				"every site could read what the user can read", "list the origins")
			continue
		case !covered(pattern):
			c.fault(credentialsField, i, value, FaultOriginsWithCredentials,
				"no pattern in Origins covers it, so that it would have no effect", "list it in Origins too, or remove it")
		}
		if pattern.Insecure() && !p.DangerouslyAllowInsecureOriginsWithCredentials {
			c.fault(credentialsField, i, value, FaultInsecureOrigin,
				"with credentials, an attacker on the network could change the page and act as its user", "use https")
		}
		if suffix, ok := pattern.OverPublicSuffix(); ok && !p.DangerouslyAllowPublicSuffixes {
			c.fault(credentialsField, i, value, FaultPublicSuffix,
				"anyone can register a name under "+suffix+" that matches",
				"list the origins, or put the wildcard under a domain that you own")
		}
	}
}

// covered returns a function that reports whether the policy may allow all origins of a pattern: one
// pattern or range covers it, or Lookup decides.
func (c *checker) covered(origins *origin.Set) func(origin.Pattern) bool {
	p := c.policy
	var wide []origin.Pattern
	if len(p.OriginsWithCredentials) > 0 { // otherwise no one calls the function
		for _, value := range p.Origins {
			if pattern, err := origin.ParsePattern(value); err == nil && !pattern.IsExact() {
				wide = append(wide, pattern)
			}
		}
	}
	ranges := compileRanges(p)
	return func(pattern origin.Pattern) bool {
		if p.Lookup != nil {
			return true
		}
		if exact, ok := pattern.Exact(); ok {
			if _, ok := origins.Match(exact); ok {
				return true
			}
		}
		for _, w := range wide {
			if w.Covers(pattern) {
				return true
			}
		}
		for _, r := range ranges {
			if r.Covers(pattern) {
				return true
			}
		}
		return false
	}
}

// rangeWarnings warns about ranges that have no effect, and about origins that a range covers.
func (c *checker) rangeWarnings(anyOrigin bool) {
	p := c.policy
	if !p.hasRanges() {
		return
	}
	for _, list := range []struct {
		field  string
		values []string
	}{{anyHostField, p.DangerouslyAllowAnyHost}, {addressRangeField, p.DangerouslyAllowAddressRanges}} {
		for i, value := range list.values {
			if rangeField(value) == list.field {
				c.redundantRange(list.field, i, list.values, anyOrigin)
			}
		}
	}
	ranges := compileRanges(p)
	for i, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			continue
		}
		for _, r := range ranges {
			if r.Covers(pattern) {
				c.warn("Origins", i, value, WarnRedundant, fmt.Sprintf("%q covers it", r), "remove it")
				break
			}
		}
	}
}

// redundantRange warns about a valid range that another value covers.
func (c *checker) redundantRange(field string, i int, values []string, anyOrigin bool) {
	if anyOrigin {
		c.warn(field, i, values[i], WarnRedundant, `"*" in Origins covers it`, "remove it")
		return
	}
	this, _ := origin.ParseRange(values[i])
	for j, value := range values {
		other, err := origin.ParseRange(value)
		if j == i || err != nil || !other.CoversRange(this) || j > i && this.CoversRange(other) {
			continue
		}
		if value == values[i] {
			c.warn(field, i, value, WarnDuplicate, fmt.Sprintf("already listed as %s[%d]", field, j), "remove it")
		} else {
			c.warn(field, i, values[i], WarnRedundant, fmt.Sprintf("%q covers it", value), "remove it")
		}
		return
	}
}

// A listedOrigins says which Dangerously fields OriginsWithCredentials needs.
type listedOrigins struct{ insecure, public bool }

// originsWithCredentialsWarnings warns about values that are listed twice.
func (c *checker) originsWithCredentialsWarnings() (listed listedOrigins) {
	seen := map[string]int{}
	for i, value := range c.policy.OriginsWithCredentials {
		pattern, err := origin.ParsePattern(value)
		if err != nil {
			continue
		}
		_, public := pattern.OverPublicSuffix()
		listed.insecure, listed.public = listed.insecure || pattern.Insecure(), listed.public || public
		if first, ok := seen[value]; ok {
			c.warn(credentialsField, i, value, WarnDuplicate,
				fmt.Sprintf("already listed as %s[%d]", credentialsField, first), "remove it")
		} else {
			seen[value] = i
		}
	}
	return listed
}
