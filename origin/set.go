package origin

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/concors/concors/weburl"
)

// A Set is a set of patterns, compiled so that asking it takes time that grows
// with the length of what is asked about and not with the set. The zero Set and
// a nil one are empty. It is safe for concurrent use; [Set.Match] takes no lock.
//
// An exact origin costs about 14 bytes beside its text, of which https:// is not
// kept, and no pointer. A set holds up to four gigabytes of them.
type Set struct {
	mu sync.Mutex // for Add and Remove
	t  atomic.Pointer[tables]
}

// tables are not changed once published. What was added since the exact origins
// were last laid out is in added, so that to add one copies little.
type tables struct {
	exact exactTable
	few   []member // all exact origins where they are few, which is faster
	added map[string]int32
	gone  map[string]struct{} // in exact, and removed since
	wild  *wildTable
	next  int // the index that the next pattern gets
	anyAt int // the index of "*", or -1
}

type member struct {
	value string
	index int
}

// maxValueLength is longer than any origin: a scheme of 64 bytes, a name of
// 253, a port.
const maxValueLength = 64 + len("://") + 253 + len(":65535")

// fewOrigins is up to how many exact origins are compared one by one.
const fewOrigins = 4

// NewSet returns a set of the patterns. What [Set.Match] returns are their
// indexes; of patterns that are equal, the first one's.
func NewSet(patterns ...Pattern) *Set {
	t := &tables{anyAt: -1, next: len(patterns)}
	wild := newWildTable()
	for i, p := range patterns {
		switch {
		case p.Any():
			if t.anyAt < 0 {
				t.anyAt = i
			}
		case p.IsExact():
			t.exact.add(p, i)
		default:
			wild.add(p, i)
		}
	}
	t.exact.finish()
	if wild.n > 0 {
		t.wild = wild
	}
	s := &Set{}
	s.publish(t)
	return s
}

// Match reports whether value, the value of an Origin field, is an origin that
// one of the patterns stands for, and that pattern's index: an exact pattern's
// before a wider one's. What no browser serializes is no origin, and not let in
// by any pattern; neither is null. "*" does not count: it is the caller's to
// decide what it means, see [Set.Any].
//
// Match allocates nothing, unless a pattern with a star is asked about a name in
// IDNA's ASCII form.
func (s *Set) Match(value string) (index int, ok bool) {
	if s == nil || len(value) > maxValueLength {
		return 0, false
	}
	t := s.t.Load()
	if t == nil {
		return 0, false
	}
	if t.few != nil {
		for i := range t.few {
			if t.few[i].value == value {
				return t.few[i].index, true
			}
		}
	} else if i, found := t.exact.find(value); found {
		if _, gone := t.gone[value]; t.gone == nil || !gone {
			return i, true
		}
	}
	if t.added != nil {
		if i, found := t.added[value]; found {
			return int(i), true
		}
	}
	if t.wild != nil {
		return t.wild.match(value)
	}
	return 0, false
}

// Any returns the index of "*", or false if it is not in the set.
func (s *Set) Any() (index int, ok bool) {
	if s == nil {
		return 0, false
	}
	if t := s.t.Load(); t != nil && t.anyAt >= 0 {
		return t.anyAt, true
	}
	return 0, false
}

// Len returns the number of different patterns.
func (s *Set) Len() int {
	if s == nil || s.t.Load() == nil {
		return 0
	}
	t := s.t.Load()
	n := t.exact.n - len(t.gone) + len(t.added)
	if t.wild != nil {
		n += t.wild.n
	}
	if t.anyAt >= 0 {
		n++
	}
	return n
}

// Patterns yields the index and the text of every pattern, exact ones first.
func (s *Set) Patterns() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		if s == nil || s.t.Load() == nil {
			return
		}
		t := s.t.Load()
		for i, value := range t.exact.all() {
			if _, gone := t.gone[value]; !gone && !yield(i, value) {
				return
			}
		}
		for value, i := range t.added {
			if !yield(int(i), value) {
				return
			}
		}
		if t.wild != nil {
			for _, p := range t.wild.patterns {
				if !yield(p.index, p.pattern.String()) {
					return
				}
			}
		}
		if t.anyAt >= 0 {
			yield(t.anyAt, "*")
		}
	}
}

// Add adds a pattern and returns its index: that of its equal, or one that has
// not been used. It takes as long as the set had additions of late, and now and
// then as long as the set is.
func (s *Set) Add(p Pattern) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.edit()
	index := t.next
	switch value, exact := p.Exact(); {
	case p.Any():
		if t.anyAt >= 0 {
			return t.anyAt
		}
		t.anyAt = index
	case exact:
		if i, found := t.exact.find(value); found {
			if _, gone := t.gone[value]; !gone {
				return i
			}
			index = i // its old index is as good as a new one
			t.gone = without(t.gone, value)
			t.next--
			break
		}
		if i, found := t.added[value]; found {
			return int(i)
		}
		t.added = with(t.added, value, int32(index))
	default:
		if i := t.wild.find(p); i >= 0 {
			return i
		}
		t.wild = t.wild.clone()
		t.wild.add(p, index)
	}
	t.next++
	s.publish(t)
	return index
}

// Remove takes a pattern out and reports whether it was in.
func (s *Set) Remove(p Pattern) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.edit()
	switch value, exact := p.Exact(); {
	case p.Any():
		if t.anyAt < 0 {
			return false
		}
		t.anyAt = -1
	case exact:
		if _, found := t.added[value]; found {
			t.added = without(t.added, value)
			break
		}
		_, found := t.exact.find(value)
		_, gone := t.gone[value]
		if !found || gone {
			return false
		}
		t.gone = with(t.gone, value, struct{}{})
	default:
		if t.wild.find(p) < 0 {
			return false
		}
		old := t.wild
		t.wild = newWildTable()
		for _, w := range old.patterns {
			if w.pattern != p {
				t.wild.add(w.pattern, w.index)
			}
		}
	}
	s.publish(t)
	return true
}

// edit returns a copy of the tables to change, with maps that are still shared.
func (s *Set) edit() *tables {
	if t := s.t.Load(); t != nil {
		c := *t
		return &c
	}
	return &tables{anyAt: -1}
}

// publish lays the exact origins out anew if many have been added or removed,
// and puts the tables in force.
func (s *Set) publish(t *tables) {
	if late := len(t.added) + len(t.gone); late > 256 && late > t.exact.n/256 {
		var exact exactTable
		for i, value := range t.exact.all() {
			if _, gone := t.gone[value]; !gone {
				exact.addValue(value, i)
			}
		}
		for value, i := range t.added {
			exact.addValue(value, int(i))
		}
		exact.finish()
		t.exact, t.added, t.gone = exact, nil, nil
	}
	t.few = nil
	if t.gone == nil && t.exact.n <= fewOrigins {
		for i, value := range t.exact.all() {
			t.few = append(t.few, member{value, i})
		}
	}
	if t.wild != nil && t.wild.n == 0 {
		t.wild = nil
	}
	s.t.Store(t)
}

func with[V any](m map[string]V, key string, v V) map[string]V {
	c := make(map[string]V, len(m)+1)
	for k, old := range m {
		c[k] = old
	}
	c[strings.Clone(key)] = v
	return c
}

func without[V any](m map[string]V, key string) map[string]V {
	c := make(map[string]V, len(m))
	for k, old := range m {
		if k != key {
			c[k] = old
		}
	}
	if len(c) == 0 {
		return nil
	}
	return c
}

// exactTable is a hash table of origins in two flat slices, which the garbage
// collector does not look into: a lookup touches one place in each.
type exactTable struct {
	seed  maphash.Seed
	n     int
	text  []byte   // the entries, one behind the other
	slots []uint32 // by hash, 0 for free; a power of two of them
	shift int      // slots hold an offset in text + 1 in their lower bits, and bits of the hash above
}

// An entry is a header and the origin; of an https origin what follows the
// scheme. The header is the length in two bytes, of which the upper has flags
// as well, and the index of the pattern in four.
const (
	https      = "https://"
	headerSize = 6
	isHTTPS    = 1 << 6
	isDead     = 1 << 7 // equals an earlier one
	lengthMask = isHTTPS - 1
)

// add appends an exact pattern's origin. It is found after finish only.
func (t *exactTable) add(p Pattern, index int) {
	start := len(t.text)
	t.text = append(t.text, 0, 0, byte(index), byte(index>>8), byte(index>>16), byte(index>>24))
	flags := 0
	if p.scheme == "https" {
		flags = isHTTPS
	} else {
		t.text = append(append(t.text, p.scheme...), "://"...)
	}
	t.text = append(t.text, p.host...)
	if p.ports != "" {
		t.text = append(append(t.text, ':'), p.ports...)
	}
	length := len(t.text) - start - headerSize
	t.text[start], t.text[start+1] = byte(length), byte(length>>8|flags)
}

// addValue is add for an origin that is serialized.
func (t *exactTable) addValue(value string, index int) {
	scheme, rest, _ := strings.Cut(value, "://")
	t.add(Pattern{scheme: scheme, host: rest}, index)
}

// finish makes what was added findable. The first of equals counts.
func (t *exactTable) finish() {
	t.text = slices.Clip(slices.Clone(t.text))
	total := 0
	for range t.entries() {
		total++
	}
	if total == 0 {
		return
	}
	size := 8
	for size < total+total/3 {
		size *= 2
	}
	t.seed, t.slots, t.shift, t.n = maphash.MakeSeed(), make([]uint32, size), bits.Len(uint(len(t.text))), 0
	for start := range t.entries() {
		hash, text := t.hashOf(start)
		at, found := t.probe(hash, text, t.text[start+1]&isHTTPS)
		if found {
			t.text[start+1] |= isDead
			continue
		}
		t.slots[at] = t.tag(hash) | uint32(start+1)
		t.n++
	}
}

func (t *exactTable) hashOf(start int) (hash uint64, text string) {
	b := t.entry(start)
	return maphash.Bytes(t.seed, b), string(b)
}

// tag is the upper bits of a hash, as far as offsets leave room: they tell
// most others apart without a look at the text.
func (t *exactTable) tag(hash uint64) uint32 {
	return uint32(hash>>32) >> t.shift << t.shift
}

// probe looks for an entry and returns its slot, or the free one it would get.
func (t *exactTable) probe(hash uint64, text string, flag byte) (slot uint64, found bool) {
	mask, tag, offset := uint64(len(t.slots)-1), t.tag(hash), uint32(1)<<t.shift-1
	for i := hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return i, false
		}
		if s&^offset == tag {
			start := int(s&offset) - 1
			if t.text[start+1]&isHTTPS == flag && string(t.entry(start)) == text {
				return i, true
			}
		}
	}
}

// find returns the index of the pattern that stands for value.
func (t *exactTable) find(value string) (index int, found bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	flag := byte(0)
	if rest, ok := strings.CutPrefix(value, https); ok {
		value, flag = rest, isHTTPS
	}
	slot, found := t.probe(maphash.String(t.seed, value), value, flag)
	if !found {
		return 0, false
	}
	return t.index(int(t.slots[slot]&(1<<t.shift-1)) - 1), true
}

func (t *exactTable) entry(start int) []byte {
	length := int(t.text[start]) | int(t.text[start+1]&lengthMask)<<8
	return t.text[start+headerSize : start+headerSize+length]
}

func (t *exactTable) index(start int) int {
	h := t.text[start+2 : start+headerSize]
	return int(h[0]) | int(h[1])<<8 | int(h[2])<<16 | int(h[3])<<24
}

// entries yields where every entry starts.
func (t *exactTable) entries() iter.Seq[int] {
	return func(yield func(int) bool) {
		for start := 0; start < len(t.text); start += headerSize + len(t.entry(start)) {
			if t.text[start+1]&isDead == 0 && !yield(start) {
				return
			}
		}
	}
}

// all yields the index and the text of every origin.
func (t *exactTable) all() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for start := range t.entries() {
			value := string(t.entry(start))
			if t.text[start+1]&isHTTPS != 0 {
				value = https + value
			}
			if !yield(t.index(start), value) {
				return
			}
		}
	}
}

// wildTable holds the patterns that stand for more than one origin. What a
// value is looked up by is cut from it, in as many ways as there are shapes of
// patterns: ends of hosts of some length, parts of labels of some lengths.
type wildTable struct {
	n        int
	patterns []wildPattern

	hosts  map[hostKey][]wildPattern // exact hosts with several ports
	ends   map[hostKey][]wildPattern // subdomains, by ".example.com"
	parts  map[partKey][]wildPattern
	shapes []partShape
	// lengths has a bit for each length that a key of ends has.
	lengths [4]uint64
}

type wildPattern struct {
	pattern Pattern
	index   int
	any     bool // any port
	ports   []portRange
}

type hostKey struct{ scheme, host string }

type partKey struct{ scheme, before, after, parent string }

// partShape is the lengths of what stands around the star in the label.
type partShape struct{ before, after int }

func newWildTable() *wildTable {
	return &wildTable{hosts: map[hostKey][]wildPattern{}, ends: map[hostKey][]wildPattern{}, parts: map[partKey][]wildPattern{}}
}

func (t *wildTable) clone() *wildTable {
	c := newWildTable()
	if t != nil {
		for _, w := range t.patterns {
			c.add(w.pattern, w.index)
		}
	}
	return c
}

// find returns the index of a pattern, or -1.
func (t *wildTable) find(p Pattern) int {
	if t != nil {
		for _, w := range t.patterns {
			if w.pattern == p {
				return w.index
			}
		}
	}
	return -1
}

func (t *wildTable) add(p Pattern, index int) {
	w := wildPattern{p, index, p.ports == "*", p.portRanges()}
	put := func(list []wildPattern) []wildPattern {
		if slices.ContainsFunc(list, func(have wildPattern) bool { return have.pattern == p }) {
			return list
		}
		t.n++
		t.patterns = append(t.patterns, w)
		return append(list, w)
	}
	switch p.kind {
	case exactHost:
		key := hostKey{p.scheme, p.host}
		t.hosts[key] = put(t.hosts[key])
	case subdomains:
		key := hostKey{p.scheme, p.host}
		t.ends[key] = put(t.ends[key])
		t.lengths[len(p.host)/64] |= 1 << (len(p.host) % 64)
	case partLabel:
		after, parent, _ := strings.Cut(p.host, ".")
		key := partKey{p.scheme, p.before, after, parent}
		t.parts[key] = put(t.parts[key])
		if shape := (partShape{len(p.before), len(after)}); !slices.Contains(t.shapes, shape) {
			t.shapes = append(t.shapes, shape)
		}
	}
}

func (t *wildTable) match(value string) (index int, ok bool) {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return 0, false
	}
	host, portText := rest, ""
	if end := strings.LastIndexByte(rest, ':'); end >= 0 && rest[len(rest)-1] != ']' {
		host, portText = rest[:end], rest[end+1:]
		if portText == "" {
			return 0, false
		}
	}
	port := uint16(weburl.DefaultPort(scheme))
	if portText != "" {
		n, ok := portNumber(portText)
		if !ok || n == port {
			return 0, false // no port, or one that browsers leave out
		}
		port = n
	}
	// A host that equals a pattern's needs no look: the pattern's is canonical.
	if index, ok = pick(t.hosts[hostKey{scheme, host}], port); ok {
		return index, true
	}
	if len(t.ends) == 0 && len(t.parts) == 0 || !isCanonicalDomain(host) {
		return 0, false
	}
	for i := 1; i < len(host); i++ {
		if n := len(host) - i; host[i] == '.' && n < 256 && t.lengths[n/64]&(1<<(n%64)) != 0 {
			if index, ok = pick(t.ends[hostKey{scheme, host[i:]}], port); ok {
				return index, true
			}
		}
	}
	label, parent, ok := strings.Cut(host, ".")
	if !ok {
		return 0, false
	}
	for _, s := range t.shapes {
		if s.before+s.after >= len(label) {
			continue
		}
		key := partKey{scheme, label[:s.before], label[len(label)-s.after:], parent}
		if index, ok = pick(t.parts[key], port); ok {
			return index, true
		}
	}
	return 0, false
}

// pick returns the first of the patterns that has the port.
func pick(patterns []wildPattern, port uint16) (index int, ok bool) {
	for i := range patterns {
		w := &patterns[i]
		if w.any {
			return w.index, true
		}
		for _, r := range w.ports {
			if r.first <= port && port <= r.last {
				return w.index, true
			}
		}
	}
	return 0, false
}

// isCanonicalDomain reports whether a host is a domain as browsers serialize it.
func isCanonicalDomain(host string) bool {
	if isPlainDomain(host) {
		return true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if !strings.Contains(host, "xn--") && (last == "" || last[0] < '0' || last[0] > '9') {
		return false
	}
	parsed, err := weburl.ParseHost(host, false)
	return err == nil && parsed.String() == host && !strings.Contains(host, "..") &&
		!strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
}
