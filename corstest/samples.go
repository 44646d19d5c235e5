package corstest

import "fmt"

// Samples returns origins to test a server with, whose allowed origins are the
// given patterns: "*", "null", and what [origin.ParsePattern] and [origin.ParseRange]
// take.
//
// allowed has origins that the patterns match and pages can have: at least one if
// there are any. foreign has near misses of those, which the patterns do not
// match. They are ordered so that the first hundred or so have a near miss of each
// sort. The same patterns always give the same samples. The error is about an
// invalid pattern.
//
// [ForeignOriginsAreBlocked] and [Check] make their own samples. Samples is for
// tests of servers in other ways.
func Samples(patterns []string) (allowed, foreign []string, err error) {
	list, err := parseAllowlist(patterns)
	if err != nil {
		return nil, nil, fmt.Errorf("the allowed origins: %w", err)
	}
	named := list.samples()
	named = named[:min(len(named), maxSamples)]
	allowed = named
	if list.any {
		allowed = append(allowed, anySamples()...)
	}
	if list.null {
		allowed = append(allowed, "null")
	}
	if list.any {
		return allowed, nil, nil // even null is allowed
	}
	return allowed, list.orderedForeign(named, allowed), nil
}

// orderedForeign returns near misses of the origins in named, which are the
// allowed ones without null. The first ones are one of each sort.
func (l *allowlist) orderedForeign(named, allowed []string) (foreign []string) {
	seen := map[string]bool{}
	add := func(origins ...string) {
		for _, o := range origins {
			if !seen[o] && !l.match(o) && (o == "null" || isPageOrigin(o)) {
				foreign = append(foreign, o)
			}
			seen[o] = true
		}
	}
	add("null", foreignSample)
	near := make([][]string, len(named)) // a list of near misses for each origin
	longest := 0
	for i, o := range named {
		near[i] = nearMisses(o, allowed[(i+1)%len(allowed)])
		longest = max(longest, len(near[i]))
	}
	// The lists have the same sorts in nearly the same order: take each sort from
	// another list, and then add the rest.
	for i := range longest {
		if list := near[i%len(near)]; i < len(list) {
			add(list[i])
		}
	}
	add(localSamples()...)
	for _, pattern := range l.patterns[:min(len(l.patterns), maxSamples)] {
		add(patternNearMisses(pattern)...)
	}
	for _, r := range l.ranges {
		add(rangeNearMisses(r)...)
	}
	for _, list := range near {
		add(list...)
	}
	return foreign
}

// foreignSample is a foreign origin that resembles no allowed one.
const foreignSample = "https://foreign.example"

// localSamples are origins of pages on a developer's machine, which are often left in a
// list, and one that is allowed where localhost is looked for anywhere in an origin.
func localSamples() []string {
	return []string{"http://localhost:3000", "https://localhost.evil.example"}
}
