package origin

import (
	"slices"
	"strings"

	"github.com/concors/concors/weburl"
)

// wildTable holds the patterns that stand for more than one origin. It is immutable.
//
// A lookup cuts keys from the value: its whole host, the parts of the host that follow a dot, and
// the beginning and end of its first label. Their number is limited by the length of the host,
// whatever the number of patterns.
type wildTable struct {
	patterns []Pattern
	indexes  []int // what Set.Match returns for each

	hosts         map[hostKey]*hostPatterns
	suffixLengths [4]uint64 // a bit for each length of a suffix that follows "*", as in *.example.com

	// Match skips the lookups that no pattern needs.
	hasExactHosts, hasPartLabels bool
}

// hostKey is a scheme and either a whole host or a suffix of hosts such as ".example.com". isSuffix
// tells them apart, because a host may begin with a dot if its scheme is unknown to the standard.
type hostKey struct {
	scheme, host string
	isSuffix     bool
}

// hostPatterns are the patterns with the same hostKey. For a suffix, ports is for the patterns whose
// wildcard is the whole first label, and parts for those whose wildcard is only part of that label.
type hostPatterns struct {
	ports       ports
	partLengths []partLength // which lengths the keys of parts have
	parts       map[labelKey]ports
}

// labelKey is what precedes and follows the wildcard in the first label of a host.
type labelKey struct{ before, after string }

// partLength holds the lengths of the strings of a labelKey.
type partLength struct{ before, after int }

// newWildTable returns a table of distinct patterns, or nil if there are none. Where two patterns
// stand for the same origin, the earlier one takes precedence.
func newWildTable(patterns []Pattern, indexes []int) *wildTable {
	if len(patterns) == 0 {
		return nil
	}
	t := &wildTable{patterns: patterns, indexes: indexes, hosts: map[hostKey]*hostPatterns{}}
	for i, p := range patterns {
		switch p.kind {
		case exactHost:
			t.hasExactHosts = true
			h := t.host(hostKey{p.Scheme(), p.host(), false})
			h.ports = h.ports.with(p.portRanges(), indexes[i])
		case subdomains:
			suffix := p.after()
			t.suffixLengths[len(suffix)/64] |= 1 << (len(suffix) % 64)
			h := t.host(hostKey{p.Scheme(), suffix, true})
			h.ports = h.ports.with(p.portRanges(), indexes[i])
		case partLabel:
			t.hasPartLabels = true
			after := p.after()
			dot := strings.IndexByte(after, '.')
			h := t.host(hostKey{p.Scheme(), after[dot:], true})
			h.addPart(labelKey{p.before(), after[:dot]}, p.portRanges(), indexes[i])
		}
	}
	return t
}

// host returns the patterns for key, which it adds to the table if necessary.
func (t *wildTable) host(key hostKey) *hostPatterns {
	h := t.hosts[key]
	if h == nil {
		h = &hostPatterns{}
		t.hosts[key] = h
	}
	return h
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
// The host needs no full validation. A host that is equal to a pattern's is valid because the
// pattern is. For the other patterns isHostname is enough: the last label decides whether a host is
// a name or an IP address, and that label is the pattern's.
func (t *wildTable) match(value string) (index int, ok bool) {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return 0, false
	}
	host, portText, hasPort := cutPorts(rest)
	port := uint16(weburl.DefaultPort(scheme))
	if hasPort {
		n, ok := portNumber(portText)
		if !ok || n == port {
			return 0, false // invalid, or the default port, which browsers omit
		}
		port = n
	}
	if t.hasExactHosts {
		if h := t.hosts[hostKey{scheme, host, false}]; h != nil {
			if index, ok = h.ports.find(port); ok {
				return index, true
			}
		}
	}
	if !isHostname(host) {
		return 0, false
	}
	first := strings.IndexByte(host, '.')
	if first < 0 {
		return 0, false
	}
	if t.hasPartLabels {
		if h := t.hosts[hostKey{scheme, host[first:], true}]; h != nil {
			if index, ok = h.findPart(host[:first], port); ok {
				return index, true
			}
		}
	}
	for i := first; i < len(host); i++ {
		if n := len(host) - i; host[i] == '.' && t.suffixLengths[n/64]&(1<<(n%64)) != 0 {
			if h := t.hosts[hostKey{scheme, host[i:], true}]; h != nil {
				if index, ok = h.ports.find(port); ok {
					return index, true
				}
			}
		}
	}
	return 0, false
}

func (h *hostPatterns) findPart(label string, port uint16) (index int, ok bool) {
	for _, l := range h.partLengths {
		if l.before+l.after >= len(label) {
			continue
		}
		key := labelKey{label[:l.before], label[len(label)-l.after:]}
		if index, ok = h.parts[key].find(port); ok {
			return index, true
		}
	}
	return 0, false
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
