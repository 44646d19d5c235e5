package origin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// fewWild holds a small number of patterns that stand for more than one origin, in the order in which
// they take precedence. A value is compared with them one by one: first with both ends of a pattern,
// which are valid, and then only what is between them is validated. That is faster than the lookups
// in a [wildTable].
type fewWild []wildEnds

// maxFewWild is the largest number of patterns that are compared one by one.
const maxFewWild = 4

// wildEnds is a pattern as what its origins begin and end with.
type wildEnds struct {
	before string // "https://", "https://pr-"; a pattern without a wildcard is all before
	after  string // ".example.com"; if the pattern has one port only, with that: ".example.com:8443"

	// The wildcard stands for 1 to longest bytes. longest is 0 if there is no wildcard.
	longest       int
	severalLabels bool // the wildcard may stand for several labels

	ports       ports // nil if after has the port
	defaultPort uint16

	index int // what Set.Match returns
}

// newFewWild returns the patterns with the indexes that Set.Match returns for them.
func newFewWild(patterns []Pattern, indexes []int) fewWild {
	order := make([]int, len(patterns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return precedence(patterns[a]) - precedence(patterns[b]) })
	few := make(fewWild, len(patterns))
	for i, at := range order {
		few[i] = newWildEnds(patterns[at], indexes[at])
	}
	return few
}

// precedence returns a smaller number for the more specific of two patterns that stand for the same
// origin, and the same number if the earlier one takes precedence.
func precedence(p Pattern) int {
	switch p.kind {
	case exactHost:
		return 0
	case partLabel:
		return 1
	}
	return 2 + maxHostLength - len(p.after())
}

func newWildEnds(p Pattern, index int) wildEnds {
	e := wildEnds{index: index, defaultPort: uint16(weburl.DefaultPort(p.Scheme()))}
	switch p.kind {
	case exactHost:
		e.before = p.text[:p.hostEnd]
	case subdomains:
		e.before, e.after, e.severalLabels = p.text[:p.wildcard], p.after(), true
		e.longest = maxHostLength - len(strings.TrimSuffix(e.after, "."))
	case partLabel:
		e.before, e.after = p.text[:p.wildcard], p.after()
		inLabel := len(p.before()) + strings.IndexByte(e.after, '.')
		e.longest = min(maxLabelLength-inLabel, maxHostLength-len(p.before())-len(strings.TrimSuffix(e.after, ".")))
	}
	ranges := p.portRanges()
	if p.kind == exactHost || len(ranges) > 1 || ranges[0].first < ranges[0].last {
		e.ports = e.ports.with(ranges, index)
	} else if port := ranges[0].first; port != e.defaultPort {
		e.after += ":" + strconv.Itoa(int(port))
	}
	return e
}

// match is [Set.Match] for these patterns.
func (few fewWild) match(value string) (index int, ok bool) {
	for i := range few {
		if few[i].match(value) {
			return few[i].index, true
		}
	}
	return 0, false
}

func (e *wildEnds) match(value string) bool {
	if e.ports != nil {
		rest, port, hasPort := cutPort(value)
		switch {
		case !hasPort:
			port = e.defaultPort
		case port == e.defaultPort:
			return false // browsers omit the default port
		}
		if _, ok := e.ports.find(port); !ok {
			return false
		}
		value = rest
	}
	start, end := len(e.before), len(value)-len(e.after)
	if end < start || value[end:] != e.after || value[:start] != e.before {
		return false
	}
	middle := value[start:end]
	if e.longest == 0 {
		return middle == ""
	}
	// isLabels is enough. The last label decides whether a host is a name or an IP address, and that
	// label is the pattern's.
	return len(middle) <= e.longest && isLabels(middle) && (e.severalLabels || strings.IndexByte(middle, '.') < 0)
}
