package recipe

import (
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

// addRanges adds the ranges of a policy to the rule's patterns, without those that no
// regular expression matches exactly. Every stack refuses these.
func (r *Rule) addRanges(policy cors.Policy) {
	for _, list := range [][]string{policy.DangerouslyAllowAnyHost, policy.DangerouslyAllowAddressRanges} {
		for _, text := range list {
			inRange, err := origin.ParseRange(text)
			if err != nil {
				continue // cannot happen, for a policy without faults
			}
			if expression, ok := inRange.Regexp(); ok {
				r.Patterns = append(r.Patterns, Pattern{inRange: inRange, regexp: expression})
			}
		}
	}
}

// CredentialsForSome reports whether only some of the allowed origins have credentials.
func CredentialsForSome(r *Rule) bool { return !r.Off && len(r.CredentialRegexps) > 0 }

// rangesIn finds the ranges in a list for which refused returns true, unless any origin
// is allowed.
func rangesIn(field string, refused func(text string) bool) Find {
	items := Items(field, refused)
	return func(r *Rule) []Value {
		if !SomeOrigins(r) {
			return nil
		}
		return items(r)
	}
}

// rangeLimits returns the limits of the stack for ranges and for credentials for some
// origins.
func (s Stack) rangeLimits() (out []Limit) {
	every := func(string) bool { return true }
	if s.Ranges {
		out = append(out, Refuse(rangesIn("dangerouslyAllowAddressRanges", withoutRegexp),
			"no regular expression matches exactly its addresses, because its prefix has a group of 0: write a prefix without one, such as fd12:3456:789a::/48"))
	} else {
		const untested = "this recipe has no tested form for a range of origins: list the origins"
		out = append(out, Refuse(rangesIn("dangerouslyAllowAnyHost", every), untested),
			Refuse(rangesIn("dangerouslyAllowAddressRanges", every), untested))
	}
	if !s.SomeCredentials {
		out = append(out, Refuse(At("originsWithCredentials", "", CredentialsForSome),
			"this recipe sends Access-Control-Allow-Credentials to all allowed origins or to none: allow only these origins, with credentials: true"))
	}
	return out
}

// withoutRegexp reports whether a range has no regular expression.
func withoutRegexp(text string) bool {
	inRange, _ := origin.ParseRange(text) // valid: the policy has no faults
	_, ok := inRange.Regexp()
	return !ok
}

// CredentialsForSome reports whether only some origins have credentials under any rule.
func (p *Plan) CredentialsForSome() bool { return slices.ContainsFunc(p.Rules, CredentialsForSome) }
