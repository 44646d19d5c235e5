package origin

import (
	"slices"
	"strings"

	"github.com/concors/concors/weburl"
)

// wildTable holds the patterns that stand for more than one origin. It is immutable.
//
// A lookup cuts keys from the value: its whole host, and the parts of the host that begin with a dot.
// Their number is limited by the length of the host, whatever the number of patterns. A key has no
// scheme, because the hash of one short string takes half the time of a match.
type wildTable struct {
	patterns []Pattern
	indexes  []int // what Set.Match returns for each

	few fewWild // all patterns if they are few; the other fields are then empty

	hosts         map[string][]hostPatterns // by the whole host; patterns such as http://localhost:*
	suffixes      map[string][]hostPatterns // by what follows the label of the wildcard: .example.com
	suffixLengths [4]uint64                 // a bit for each length of a suffix
}

// hostPatterns are the patterns with the same scheme and the same host or suffix. For a suffix, ports
// is for the patterns whose wildcard is the whole first label, and parts for those whose wildcard is
// only part of that label.
type hostPatterns struct {
	scheme      string
	ports       ports
	partLengths []partLength // which lengths the keys of parts have
	parts       map[labelKey]ports
}

// labelKey is what precedes and follows the wildcard in the first label of a host.
type labelKey struct{ before, after string }

// partLength holds the lengths of the strings of a labelKey.
type partLength struct{ before, after int }

// newWildTable returns a table of distinct patterns, or nil if there are none. Where two patterns
// stand for the same origin, the more specific one takes precedence, and then the earlier one.
func newWildTable(patterns []Pattern, indexes []int) *wildTable {
	if len(patterns) == 0 {
		return nil
	}
	t := &wildTable{patterns: patterns, indexes: indexes}
	if len(patterns) <= maxFewWild {
		t.few = newFewWild(patterns, indexes)
		return t
	}
	t.hosts, t.suffixes = map[string][]hostPatterns{}, map[string][]hostPatterns{}
	for i, p := range patterns {
		switch p.kind {
		case exactHost:
			h := hostEntry(t.hosts, p.host(), p.Scheme())
			h.ports = h.ports.with(p.portRanges(), indexes[i])
		case subdomains:
			h := t.suffix(p.after(), p.Scheme())
			h.ports = h.ports.with(p.portRanges(), indexes[i])
		case partLabel:
			after := p.after()
			dot := strings.IndexByte(after, '.')
			h := t.suffix(after[dot:], p.Scheme())
			h.addPart(labelKey{p.before(), after[:dot]}, p.portRanges(), indexes[i])
		}
	}
	return t
}

func (t *wildTable) suffix(suffix, scheme string) *hostPatterns {
	t.suffixLengths[len(suffix)/64] |= 1 << (len(suffix) % 64)
	return hostEntry(t.suffixes, suffix, scheme)
}

// hostEntry returns the patterns for a key and a scheme, which it adds to m if necessary. The result
// is valid until the next call.
func hostEntry(m map[string][]hostPatterns, key, scheme string) *hostPatterns {
	if h := forScheme(m[key], scheme); h != nil {
		return h
	}
	m[key] = append(m[key], hostPatterns{scheme: scheme})
	return &m[key][len(m[key])-1]
}

func (h *hostPatterns) addPart(key labelKey, ranges []portRange, index int) {
	if h.parts == nil {
		h.parts = map[labelKey]ports{}
	}
	if l := (partLength{len(key.before), len(key.after)}); !slices.Contains(h.partLengths, l) {
		h.partLengths = append(h.partLengths, l)
	}
	h.parts[key] = h.parts[key].with(ranges, index)
}

func (t *wildTable) find(p Pattern) int {
	if t == nil {
		return -1
	}
	return slices.Index(t.patterns, p)
}

// match is Set.Match for these patterns.
//
// Only what a wildcard stands for needs validation, because the rest is equal to a pattern's text, and
// isLabels is enough: the last label decides whether a host is a name or an IP address, and that
// label is the pattern's.
func (t *wildTable) match(value string) (index int, ok bool) {
	if t.few != nil {
		return t.few.match(value)
	}
	rest, port, hasPort := cutPort(value)
	colon := strings.IndexByte(rest, ':')
	if colon < 0 || !strings.HasPrefix(rest[colon:], "://") {
		return 0, false
	}
	scheme, host := rest[:colon], rest[colon+len("://"):]
	switch defaultPort := uint16(weburl.DefaultPort(scheme)); {
	case !hasPort:
		port = defaultPort
	case port == defaultPort:
		return 0, false // browsers omit the default port
	}
	if len(strings.TrimSuffix(host, ".")) > maxHostLength {
		return 0, false
	}
	if len(t.hosts) > 0 {
		if h := forScheme(t.hosts[host], scheme); h != nil {
			if index, ok = h.ports.find(port); ok {
				return index, true
			}
		}
	}
	first := strings.IndexByte(host, '.')
	if first < 0 {
		return 0, false
	}
	for dot := first; dot < len(host); dot++ {
		if host[dot] != '.' {
			continue
		}
		suffix := host[dot:]
		if t.suffixLengths[len(suffix)/64]&(1<<(len(suffix)%64)) == 0 {
			continue
		}
		h := forScheme(t.suffixes[suffix], scheme)
		if h == nil {
			continue
		}
		if !isLabels(host[:dot]) {
			return 0, false
		}
		if dot == first {
			if index, ok = h.findPart(host[:dot], port); ok {
				return index, true
			}
		}
		if index, ok = h.ports.find(port); ok {
			return index, true
		}
	}
	return 0, false
}

// cutPort splits a port from the end of an origin. If that is not a valid port, the rest is the whole
// value, and its colon makes sure that it matches no pattern.
func cutPort(value string) (rest string, port uint16, hasPort bool) {
	i := len(value)
	for i > 0 && '0' <= value[i-1] && value[i-1] <= '9' && len(value)-i < len("65535") {
		i--
	}
	if i == 0 || value[i-1] != ':' {
		return value, 0, false
	}
	if port, hasPort = portNumber(value[i:]); !hasPort {
		return value, 0, false
	}
	return value[:i-1], port, true
}

func forScheme(all []hostPatterns, scheme string) *hostPatterns {
	for i := range all {
		if all[i].scheme == scheme {
			return &all[i]
		}
	}
	return nil
}

func (h *hostPatterns) findPart(label string, port uint16) (index int, ok bool) {
	for _, l := range h.partLengths {
		if l.before+l.after >= len(label) {
			continue
		}
		key := labelKey{label[:l.before], label[len(label)-l.after:]}
		if i, found := h.parts[key].find(port); found && (!ok || i < index) {
			index, ok = i, true
		}
	}
	return index, ok
}

// ports maps ports to the indexes of patterns. The ranges are in ascending order and disjoint.
type ports []portOwner

type portOwner struct {
	portRange
	index int32
}

// with returns o plus the ports of ranges that have no owner yet, which index then owns.
func (o ports) with(ranges []portRange, index int) ports {
	for _, r := range ranges {
		i := 0
		for i < len(o) && o[i].last < r.first {
			i++
		}
		for next := int(r.first); next <= int(r.last); i++ {
			end := int(r.last)
			if i < len(o) {
				end = min(end, int(o[i].first)-1)
			}
			if next <= end {
				o = slices.Insert(o, i, portOwner{portRange{uint16(next), uint16(end)}, int32(index)})
			}
			next = int(o[i].last) + 1
		}
	}
	return o
}

// find returns the index of the pattern that owns a port, by binary search.
func (o ports) find(port uint16) (index int, ok bool) {
	for len(o) > 0 {
		switch mid := &o[len(o)/2]; {
		case port < mid.first:
			o = o[:len(o)/2]
		case port > mid.last:
			o = o[len(o)/2+1:]
		default:
			return int(mid.index), true
		}
	}
	return 0, false
}
