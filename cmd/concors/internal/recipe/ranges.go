package recipe

import (
	"fmt"
	"slices"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

// A Pattern is a pattern or a range of origins.
type Pattern struct {
	origin.Pattern
	inRange origin.Range // in place of Pattern, if it is not zero
	regexp  string       // of inRange
}

// String returns the text of the pattern or range.
func (p Pattern) String() string {
	if p.isRange() {
		return p.inRange.String()
	}
	return p.Pattern.String()
}

// Regexp returns a regular expression without anchors, as [origin.Pattern.Regexp] does.
func (p Pattern) Regexp() string {
	if p.isRange() {
		return p.regexp
	}
	return p.Pattern.Regexp()
}

func (p Pattern) isRange() bool { return p.inRange.String() != "" }

// addRanges adds the ranges of a policy to the rule's patterns. unwritten has those that
// no regular expression matches exactly.
func (r *Rule) addRanges(policy cors.Policy) {
	r.anyHost, r.addressRanges = len(policy.DangerouslyAllowAnyHost) > 0, len(policy.DangerouslyAllowAddressRanges) > 0
	for _, list := range [][]string{policy.DangerouslyAllowAnyHost, policy.DangerouslyAllowAddressRanges} {
		for _, text := range list {
			inRange, err := origin.ParseRange(text)
			if err != nil {
				continue // cannot happen, for a policy without faults
			}
			if expression, ok := inRange.Regexp(); ok {
				r.Patterns = append(r.Patterns, Pattern{inRange: inRange, regexp: expression})
			} else {
				r.unwritten = append(r.unwritten, text)
			}
		}
	}
}

// unwrittenRanges returns a sentence for each range without a regular expression.
func (r *Rule) unwrittenRanges() (out []string) {
	for _, text := range r.unwritten {
		out = append(out, fmt.Sprintf("dangerouslyAllowAddressRanges: no regular expression matches the addresses of %s, because its prefix has a group of 0: write a prefix without one, such as fd12:3456:789a::/48", text))
	}
	return out
}

// AnyHost and AddressRanges report whether the policy allows any host of a scheme, or
// address ranges.
func AnyHost(r *Rule) bool       { return !r.Off && r.anyHost && !r.AnyOrigin }
func AddressRanges(r *Rule) bool { return !r.Off && r.addressRanges && !r.AnyOrigin }

// CredentialsForSome reports whether only some of the allowed origins have credentials.
func CredentialsForSome(r *Rule) bool { return !r.Off && len(r.CredentialRegexps) > 0 }

// rangeLimits returns the limits of the stacks that can't express ranges or credentials
// for some origins.
func (s Stack) rangeLimits() (out []Limit) {
	if !s.Ranges {
		out = append(out,
			Refuse(AnyHost, "dangerouslyAllowAnyHost: this recipe has no tested form for a range of origins: list the origins"),
			Refuse(AddressRanges, "dangerouslyAllowAddressRanges: this recipe has no tested form for a range of origins: list the origins"))
	}
	if !s.SomeCredentials {
		out = append(out, Refuse(CredentialsForSome, "originsWithCredentials: this recipe sends Access-Control-Allow-Credentials to all allowed origins or to none"))
	}
	return out
}

// CredentialsForSome reports whether only some origins have credentials under any rule.
func (p *Plan) CredentialsForSome() bool { return slices.ContainsFunc(p.Rules, CredentialsForSome) }
