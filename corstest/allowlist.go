package corstest

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/concors/concors/origin"
)

// An allowlist is a list of allowed origins.
type allowlist struct {
	patterns []string // as they were written, without "*" and "null"
	set      *origin.Set
	ranges   origin.Ranges
	any      bool // "*" is allowed
	null     bool // "null" is allowed
}

// parseAllowlist parses patterns as [origin.ParsePattern] takes them, ranges as
// [origin.ParseRange] takes them, and "null".
func parseAllowlist(patterns []string) (*allowlist, error) {
	l := &allowlist{set: origin.NewSet()}
	for _, s := range patterns {
		if s == "null" {
			l.null = true
			continue
		}
		pattern, err := origin.ParsePattern(s)
		if r, rangeErr := origin.ParseRange(s); err != nil && rangeErr == nil {
			l.ranges = append(l.ranges, r)
			continue
		}
		if err != nil {
			return nil, err
		}
		if pattern.Any() {
			l.any = true
			continue
		}
		l.set.Add(pattern)
		l.patterns = append(l.patterns, s)
	}
	return l, nil
}

// match reports whether the origin, written as in an Origin header, is allowed.
func (l *allowlist) match(o string) bool {
	if o == "null" {
		return l.null || l.any
	}
	_, ok := l.set.Match(o)
	_, inRange := l.ranges.Match(o)
	return ok || inRange || l.any
}

// maxSamples limits how many allowed origins are tried, because a list may have a
// million.
const maxSamples = 16

// samples returns allowed origins that pages can have. The samples of the last
// pattern may exceed maxSamples.
func (l *allowlist) samples() (all []string) {
	for _, pattern := range l.patterns {
		if len(all) >= maxSamples {
			break
		}
		all = append(all, patternSamples(pattern)...)
	}
	for _, r := range l.ranges {
		if len(all) >= maxSamples {
			break
		}
		all = append(all, rangeSamples(r)...)
	}
	return all
}

// anySamples are allowed origins where every origin is allowed.
func anySamples() []string {
	return []string{"https://anybody.example", "http://somebody.example:8080"}
}

// foreign returns origins of pages that are not allowed, the most dangerous first:
// foreignSample, localSamples, near misses of those that are allowed, random origins, and null.
func (l *allowlist) foreign(seed uint64, randomOrigins int) []string {
	random := rand.New(rand.NewPCG(seed, 0))
	allowed := l.samples()
	allowed = allowed[:min(len(allowed), maxSamples)]
	all := append([]string{foreignSample}, localSamples()...)
	for i, o := range allowed {
		all = append(all, nearMisses(o, allowed[(i+1)%len(allowed)])...)
	}
	for _, pattern := range l.patterns[:min(len(l.patterns), maxSamples)] {
		all = append(all, patternNearMisses(pattern)...)
	}
	for _, r := range l.ranges {
		all = append(all, rangeNearMisses(r)...)
	}
	for range randomOrigins {
		if len(allowed) > 0 && random.IntN(2) == 0 {
			all = append(all, mutate(random, allowed[random.IntN(len(allowed))]))
		} else {
			all = append(all, randomOrigin(random))
		}
	}
	all = append(all, "null")
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(o string) bool {
		remove := seen[o] || l.match(o) || o != "null" && !isPageOrigin(o)
		seen[o] = true
		return remove
	})
	l.sortByDanger(all)
	return all
}

// patternSamples returns origins that a pattern matches and a page can have: at
// least one, if there are any.
func patternSamples(pattern string) (all []string) {
	scheme, rest, _ := strings.Cut(pattern, "://")
	host, port := splitPort(rest)
	hosts := []string{host}
	switch {
	case strings.HasPrefix(host, "*."):
		hosts = []string{"app" + host[1:], "a.b" + host[1:]}
	case strings.Contains(host, "*"):
		hosts = []string{strings.Replace(host, "*", "1", 1), strings.Replace(host, "*", "app-2", 1)}
	}
	ports := []string{port}
	switch {
	case port == "*":
		ports = []string{"", "8123"}
	case strings.HasPrefix(port, "["):
		ports = strings.FieldsFunc(port, func(r rune) bool { return strings.ContainsRune("[],-", r) })
	}
	for _, h := range hosts {
		for _, p := range ports {
			if scheme == "https" && p == "443" || scheme == "http" && p == "80" {
				p = "" // browsers omit it
			}
			if p != "" {
				p = ":" + p
			}
			if o := scheme + "://" + h + p; isPageOrigin(o) {
				all = append(all, o)
			}
		}
	}
	return all
}

// splitPort splits what follows the scheme of a pattern or an origin.
func splitPort(rest string) (host, port string) {
	from := 0
	if strings.HasPrefix(rest, "[") { // an IPv6 address
		from = max(strings.IndexByte(rest, ']'), 0)
	}
	if i := strings.IndexByte(rest[from:], ':'); i >= 0 {
		return rest[:from+i], rest[from+i+1:]
	}
	return rest, ""
}

// isPageOrigin reports whether a page can have the origin.
func isPageOrigin(s string) bool {
	o, err := origin.Parse(s)
	return err == nil && o.IsPage()
}
