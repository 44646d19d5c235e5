package cors

import (
	"slices"

	"github.com/concors/concors/internal/grant"
	"github.com/concors/concors/origin"
)

// compiled is a policy with everything computed that does not depend on a request. It does not
// change.
type compiled struct {
	policy Policy      // as given, but see manyOrigins
	grant  grant.Grant // what is sent

	origins     *origin.Set
	wildcard    int     // the index of "*" in Policy.Origins; -1 if it is not there
	reflectAny  bool    // "*" with Credentials: every origin is allowed and sent back
	lookup      *lookup // nil without Policy.Lookup
	ranges      origin.Ranges
	credentials *origin.Set // OriginsWithCredentials; nil if there are none

	headerSet     map[string]bool // grant.RequestHeaders, if there are more than fewHeaders
	maxNameLength int             // at least that of every allowed request header
	maxNames      int             // in a preflight's Access-Control-Request-Headers
	maxLineLength int             // of a line of it
}

const (
	// fewHeaders is the largest number of names for which searching a list is faster than a map.
	fewHeaders = 8

	// maxNameLength is the length of the longest request header name that a policy may list.
	maxNameLength = 128

	// forbiddenNameLength is at least the length of every name that browsers do not let scripts set. These
	// names are allowed in every preflight.
	forbiddenNameLength = 40

	// leastNames is the number of names that every preflight may request, counting empty list
	// elements and repeats. Firefox repeats a name that a script set twice.
	leastNames = 32

	// leastLineLength is the length of the lines of Access-Control-Request-Headers in which the names are
	// always read, so that an observer receives the name that is refused.
	leastLineLength = 4096

	// manyOrigins is the number of origins above which a compiled policy drops the list, because the
	// set holds the same in a third of the memory. See original.
	manyOrigins = 10_000
)

// compile compiles a policy without faults. It copies what it keeps.
func compile(p Policy, origins *origin.Set) *compiled {
	c := &compiled{
		policy: p.Clone(),
		grant: *grant.New(grant.Policy{
			Origins: p.Origins, Methods: p.Methods, RequestHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
			Credentials: p.Credentials, SomeCredentials: len(p.OriginsWithCredentials) > 0,
			MaxAgeSeconds: p.MaxAgeSeconds, PreflightStatus: p.PreflightStatus,
			TimingAllowOrigin: p.TimingAllowOrigin, ResourcePolicy: p.ResourcePolicy, VaryHeaders: p.LookupKeyHeaders,
		}),
		origins:  origins,
		wildcard: slices.Index(p.Origins, "*"),
		maxNames: max(leastNames, 2*len(p.RequestHeaders)),
	}
	c.reflectAny = c.wildcard >= 0 && p.Credentials
	c.ranges, c.credentials = compileRanges(&p), compileCredentials(&p)
	if len(p.Origins) > manyOrigins {
		c.policy.Origins = nil
	}
	if p.Lookup != nil {
		c.lookup = newLookup(p.Lookup, p.LookupCache.withDefaults())
	}
	c.maxNameLength = forbiddenNameLength
	for _, name := range c.grant.RequestHeaders {
		c.maxNameLength = max(c.maxNameLength, len(name))
	}
	if c.grant.AnyRequestHeader {
		c.maxNameLength = maxNameLength
	}
	c.maxLineLength = max(leastLineLength, c.maxNames*(c.maxNameLength+len(","))+maxSpace)
	if len(c.grant.RequestHeaders) > fewHeaders {
		c.headerSet = make(map[string]bool, len(c.grant.RequestHeaders))
		for _, name := range c.grant.RequestHeaders {
			c.headerSet[name] = true
		}
	}
	return c
}

// original returns the policy as it was given, except that duplicates are missing from a list of
// more than manyOrigins.
func (c *compiled) original() Policy {
	p := c.policy.Clone()
	if p.Origins == nil && c.origins.Len() > 0 {
		type entry struct {
			index int
			value string
		}
		var entries []entry
		for i, value := range c.origins.Patterns() {
			entries = append(entries, entry{i, value})
		}
		slices.SortFunc(entries, func(a, b entry) int { return a.index - b.index })
		for _, e := range entries {
			p.Origins = append(p.Origins, e.value)
		}
	}
	return p
}
