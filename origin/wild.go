package origin

import (
	"slices"
	"strings"

	"github.com/concors/concors/weburl"
)

// wildTable holds the patterns that stand for more than one origin. It is not
// changed once published. What a value is looked up by is cut from it: ends of
// its host, at dots, and parts of its first label. There are no more ways to do
// so than a host has, whatever the number of patterns.
type wildTable struct {
	patterns []Pattern
	indexes  []int // what Set.Match returns for each
	hosts    map[wildKey]*wildHost
	lengths  [4]uint64 // a bit for each length that a suffix of subdomains has

	// Whether there are patterns with an exact host, and with part of a label: if
	// not, nobody need look.
	exact, parts bool
}

// wildKey is a scheme and an exact host; or a scheme and the end of hosts,
// ".example.com"; or, in a wildHost's parts, what precedes and what follows the
// star in the first label. Which of the first two it is cannot be seen from the
// host: in some schemes one may begin with a dot.
type wildKey struct {
	first, second string
	isEnd         bool
}

// wildHost are the patterns for one key.
type wildHost struct {
	ports  ports // of the exact host, of the subdomains, or of the part
	shapes []shape
	parts  map[wildKey]*wildHost
}

// shape are the lengths of what precedes and of what follows a star. There are no
// more shapes than keys in parts can have.
type shape struct{ before, after int }

// newWildTable returns a table of patterns that are all different, or nil if there
// are none. An earlier one has its ports before a later one.
func newWildTable(patterns []Pattern, indexes []int) *wildTable {
	if len(patterns) == 0 {
		return nil
	}
	t := &wildTable{patterns: patterns, indexes: indexes, hosts: map[wildKey]*wildHost{}}
	for i, p := range patterns {
		var h *wildHost
		if p.kind == exactHost {
			t.exact = true
			h = entry(t.hosts, wildKey{p.Scheme(), p.host(), false})
		} else {
			before, after := p.before(), p.after()
			dot := strings.IndexByte(after, '.')
			h = entry(t.hosts, wildKey{p.Scheme(), after[dot:], true})
			if p.kind == partLabel {
				t.parts = true
				h = h.part(before, after[:dot])
			} else {
				t.lengths[len(after)/64] |= 1 << (len(after) % 64)
			}
		}
		h.ports = h.ports.with(p.portRanges(), indexes[i])
	}
	return t
}

// entry returns what is in the map, and puts something in if there is nothing.
func entry(m map[wildKey]*wildHost, key wildKey) *wildHost {
	h := m[key]
	if h == nil {
		h = &wildHost{}
		m[key] = h
	}
	return h
}

// part returns the entry for part of the first label.
func (h *wildHost) part(before, after string) *wildHost {
	if h.parts == nil {
		h.parts = map[wildKey]*wildHost{}
	}
	s := shape{len(before), len(after)}
	if !slices.Contains(h.shapes, s) {
		h.shapes = append(h.shapes, s)
	}
	return entry(h.parts, wildKey{before, after, false})
}

func (t *wildTable) find(p Pattern) int {
	if t == nil {
		return -1
	}
	return slices.Index(t.patterns, p)
}

// match is Set.Match for these patterns. A host that equals a pattern's, or ends
// as a pattern's does and is a name otherwise, is known to be as browsers
// serialize it: it is the end that tells names from addresses.
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
			return 0, false // no port, or one that browsers leave out
		}
		port = n
	}
	if t.exact {
		if h := t.hosts[wildKey{scheme, host, false}]; h != nil {
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
	if t.parts {
		if h := t.hosts[wildKey{scheme, host[first:], true}]; h != nil {
			if index, ok = h.findPart(host[:first], port); ok {
				return index, true
			}
		}
	}
	for i := first; i < len(host); i++ {
		if n := len(host) - i; host[i] == '.' && t.lengths[n/64]&(1<<(n%64)) != 0 {
			if h := t.hosts[wildKey{scheme, host[i:], true}]; h != nil {
				if index, ok = h.ports.find(port); ok {
					return index, true
				}
			}
		}
	}
	return 0, false
}

func (h *wildHost) findPart(label string, port uint16) (index int, ok bool) {
	for _, s := range h.shapes {
		if s.before+s.after >= len(label) {
			continue
		}
		if part := h.parts[wildKey{label[:s.before], label[len(label)-s.after:], false}]; part != nil {
			if index, ok = part.ports.find(port); ok {
				return index, true
			}
		}
	}
	return 0, false
}

// ports tells which pattern each port belongs to, in ascending order.
type ports []portOwner

type portOwner struct {
	portRange
	index int32
}

// with returns ports with those of the ranges that have no owner yet.
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
				o = append(o, portOwner{})
				copy(o[i+1:], o[i:])
				o[i] = portOwner{portRange{uint16(next), uint16(end)}, int32(index)}
			}
			next = int(o[i].last) + 1
		}
	}
	return o
}

// find returns the pattern that a port belongs to.
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
