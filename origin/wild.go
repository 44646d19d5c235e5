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
	patterns []wildPattern
	hosts    map[hostKey]ports  // exact hosts with several ports
	ends     map[hostKey]ports  // subdomains, by ".example.com"
	labels   map[hostKey]*parts // parts of a label, by ".preview.example.com"
	lengths  [4]uint64          // a bit for each length that a host has in ends
}

type wildPattern struct {
	pattern Pattern
	index   int
}

type hostKey struct{ scheme, host string }

// parts are the patterns for parts of the first label under one name.
type parts struct {
	shapes []shape // those that keys of ports have
	ports  map[partKey]ports
}

type partKey struct{ before, after string } // what stands around the star in the label

type shape struct{ before, after int } // the lengths thereof

// newWildTable returns a table of patterns that are all different, or nil if there
// are none. An earlier one has its ports before a later one.
func newWildTable(patterns []wildPattern) *wildTable {
	if len(patterns) == 0 {
		return nil
	}
	t := &wildTable{patterns: patterns, hosts: map[hostKey]ports{}, ends: map[hostKey]ports{}, labels: map[hostKey]*parts{}}
	for _, w := range patterns {
		p := w.pattern
		switch p.kind {
		case exactHost:
			key := hostKey{p.Scheme(), p.host()}
			t.hosts[key] = t.hosts[key].with(p.portRanges(), w.index)
		case subdomains:
			key := hostKey{p.Scheme(), p.after()}
			t.ends[key] = t.ends[key].with(p.portRanges(), w.index)
			t.lengths[len(key.host)/64] |= 1 << (len(key.host) % 64)
		case partLabel:
			dot := strings.IndexByte(p.after(), '.')
			key := hostKey{p.Scheme(), p.after()[dot:]}
			if t.labels[key] == nil {
				t.labels[key] = &parts{ports: map[partKey]ports{}}
			}
			l, part := t.labels[key], partKey{p.before(), p.after()[:dot]}
			l.ports[part] = l.ports[part].with(p.portRanges(), w.index)
			if s := (shape{len(part.before), len(part.after)}); !slices.Contains(l.shapes, s) {
				l.shapes = append(l.shapes, s)
			}
		}
	}
	return t
}

func (t *wildTable) find(p Pattern) int {
	if t == nil {
		return -1
	}
	return slices.IndexFunc(t.patterns, func(w wildPattern) bool { return w.pattern == p })
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
	if len(t.hosts) > 0 {
		if index, ok = t.hosts[hostKey{scheme, host}].find(port); ok {
			return index, true
		}
	}
	if len(t.ends) == 0 && len(t.labels) == 0 || !isHostname(host) {
		return 0, false
	}
	first := strings.IndexByte(host, '.')
	if first < 0 {
		return 0, false
	}
	if len(t.labels) > 0 {
		if l := t.labels[hostKey{scheme, host[first:]}]; l != nil {
			if index, ok = l.find(host[:first], port); ok {
				return index, true
			}
		}
	}
	for i := first; i < len(host); i++ {
		if n := len(host) - i; host[i] == '.' && t.lengths[n/64]&(1<<(n%64)) != 0 {
			if index, ok = t.ends[hostKey{scheme, host[i:]}].find(port); ok {
				return index, true
			}
		}
	}
	return 0, false
}

func (l *parts) find(label string, port uint16) (index int, ok bool) {
	for _, s := range l.shapes {
		if s.before+s.after >= len(label) {
			continue
		}
		if index, ok = l.ports[partKey{label[:s.before], label[len(label)-s.after:]}].find(port); ok {
			return index, true
		}
	}
	return 0, false
}

// ports tells which pattern each port belongs to, in ascending order.
type ports []portOwner

type portOwner struct {
	portRange
	index int
}

// with returns ports with those of the ranges that have no owner yet.
func (o ports) with(ranges []portRange, index int) ports {
	for _, r := range ranges {
		i, _ := slices.BinarySearchFunc(o, r.first, func(have portOwner, port uint16) int { return int(have.last) - int(port) })
		next := int(r.first)
		for next <= int(r.last) {
			end := int(r.last)
			if i < len(o) {
				end = min(end, int(o[i].first)-1)
			}
			if next <= end {
				o = slices.Insert(o, i, portOwner{portRange{uint16(next), uint16(end)}, index})
			}
			if i < len(o) {
				next = max(next, int(o[i].last)+1)
			}
			i++
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
			return mid.index, true
		}
	}
	return 0, false
}
