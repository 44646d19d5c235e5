package corstest

import "fmt"

// Samples returns origins to try a server with whose allowed origins are these
// patterns (as [origin.ParsePattern] takes them, "*" and "null"): some that pages
// can have and the patterns let in, at least one if there are any, and near
// misses of those, which they do not. The near misses come in an order in which
// the first hundred or so hold one of each sort. The same patterns give the same
// samples. The error is a pattern that is none.
//
// [ForeignOriginsStayOut] and [Check] try these themselves. Samples is for those
// who ask a server that is not in a test.
func Samples(patterns []string) (allowed, foreign []string, err error) {
	within, err := parsePatterns(patterns)
	if err != nil {
		return nil, nil, fmt.Errorf("the allowed origins: %w", err)
	}
	for _, text := range within.texts {
		if len(allowed) < maxSamples {
			allowed = append(allowed, samples(text)...)
		}
	}
	allowed = allowed[:min(len(allowed), maxSamples)]
	if within.any {
		allowed = append(allowed, "https://anybody.example", "http://somebody.example:8080")
	}
	if within.null {
		allowed = append(allowed, "null")
	}
	if within.any {
		return allowed, nil, nil // not even null is foreign
	}
	seen := map[string]bool{}
	add := func(o string) {
		if !seen[o] && !within.match(o) && (o == "null" || isPageOrigin(o)) {
			foreign = append(foreign, o)
		}
		seen[o] = true
	}
	add("null")
	add("https://stranger.example")
	var near [][]string
	longest := 0
	for i, o := range allowed {
		if o != "null" {
			near = append(near, nearMisses(o, allowed[(i+1)%len(allowed)]))
			longest = max(longest, len(near[len(near)-1]))
		}
	}
	// One sort after the other, of another origin each, and then all the rest.
	for i := range longest {
		if list := near[i%len(near)]; i < len(list) {
			add(list[i])
		}
	}
	for _, text := range within.texts[:min(len(within.texts), maxSamples)] {
		for _, o := range besidePattern(text) {
			add(o)
		}
	}
	for _, list := range near {
		for _, o := range list {
			add(o)
		}
	}
	return allowed, foreign, nil
}
