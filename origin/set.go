package origin

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"
)

// A Set is a set of patterns, compiled so that asking it takes time that grows
// with the length of what is asked about and not with the set. The zero Set and
// a nil one are empty. It is safe for concurrent use; [Set.Match] takes no lock.
//
// An exact origin costs about 10 bytes beside its text, of which https:// is not
// kept, and no pointer.
type Set struct {
	_    [0]func() // no comparing, and no code for it
	t    atomic.Pointer[tables]
	mu   sync.Mutex // for Add and Remove
	next int        // the index that the next pattern gets
}

// tables are not changed once published, but for exact, which sees to itself.
type tables struct {
	few   []string    // all exact origins where they are few, which is faster
	index []int       // those of few
	many  *exactTable // all of them where they are not
	wild  *wildTable  // nil if there are none
	anyAt int         // the index of "*", or -1
	exact *exactTable // all exact origins; nil if there never were any
}

// fewOrigins is up to how many exact origins are compared one by one.
const fewOrigins = 16

// NewSet returns a set of the patterns. What [Set.Match] returns are their
// indexes; of patterns that are equal, the first one's. The zero Pattern is
// passed over. A million exact origins take about a tenth of a second.
func NewSet(patterns ...Pattern) *Set {
	t := &tables{anyAt: -1}
	var wild []Pattern
	var indexes []int
	seen := map[string]bool{}
	exact := 0
	for i, p := range patterns {
		if p.IsExact() {
			exact++
			continue
		}
		if p.kind == 0 || seen[p.text] {
			continue
		}
		seen[p.text] = true
		if p.Any() {
			t.anyAt = i
		} else {
			wild = append(wild, p)
			indexes = append(indexes, i)
		}
	}
	if exact > 0 {
		t.exact = newExactTable(patterns)
	}
	t.wild = newWildTable(wild, indexes)
	s := &Set{next: len(patterns)}
	s.publish(t)
	return s
}

// Match reports whether value, the value of an Origin field, is an origin that
// one of the patterns stands for, and that pattern's index: an exact pattern's
// before a wider one's. What no browser serializes is no origin, and not let in
// by any pattern; neither is null. "*" does not count: it is the caller's to
// decide what it means, see [Set.Any].
//
// Match allocates nothing.
func (s *Set) Match(value string) (index int, ok bool) {
	if s == nil {
		return 0, false
	}
	t := s.t.Load()
	if t == nil {
		return 0, false
	}
	// What equals a pattern needs no other look: the pattern is a valid origin.
	for i := range t.few {
		if t.few[i] == value {
			return t.index[i], true
		}
	}
	if len(value) > maxValueLength {
		return 0, false
	}
	if t.many != nil {
		if index, ok = t.many.find(value); ok {
			return index, true
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
	if s == nil {
		return 0
	}
	t := s.t.Load()
	if t == nil {
		return 0
	}
	n := 0
	if t.exact != nil {
		n = int(t.exact.n.Load())
	}
	if t.wild != nil {
		n += len(t.wild.patterns)
	}
	if t.anyAt >= 0 {
		n++
	}
	return n
}

// Patterns yields the index and the text of every pattern, exact ones first. One
// that is added or removed meanwhile may be yielded or not.
func (s *Set) Patterns() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		if s == nil {
			return
		}
		t := s.t.Load()
		if t == nil {
			return
		}
		if t.exact != nil {
			for i, value := range t.exact.all() {
				if !yield(i, value) {
					return
				}
			}
		}
		if t.wild != nil {
			for i, p := range t.wild.patterns {
				if !yield(t.wild.indexes[i], p.text) {
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
// not been used; -1 for the zero Pattern. An exact origin takes microseconds,
// however large the set, any other pattern time in the number of such patterns.
func (s *Set) Add(p Pattern) int {
	if p.kind == 0 {
		return -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.edit()
	switch {
	case p.IsExact():
		if t.exact == nil {
			t.exact = newExactTable(nil)
		}
		if i, found := t.exact.find(p.text); found {
			return i
		}
		t.exact.add(p.text, s.next)
	case p.Any():
		if t.anyAt >= 0 {
			return t.anyAt
		}
		t.anyAt = s.next
	default:
		var wild []Pattern
		var indexes []int
		if t.wild != nil {
			if i := t.wild.find(p); i >= 0 {
				return t.wild.indexes[i]
			}
			wild, indexes = t.wild.patterns, t.wild.indexes
		}
		t.wild = newWildTable(append(slices.Clip(wild), p), append(slices.Clip(indexes), s.next))
	}
	s.next++
	s.publish(t)
	return s.next - 1
}

// Remove takes a pattern out and reports whether it was in. It takes as long as
// [Set.Add].
func (s *Set) Remove(p Pattern) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.edit()
	switch {
	case p.IsExact():
		if t.exact == nil || !t.exact.remove(p.text) {
			return false
		}
	case p.Any():
		if t.anyAt < 0 {
			return false
		}
		t.anyAt = -1
	default:
		i := t.wild.find(p)
		if i < 0 {
			return false
		}
		t.wild = newWildTable(slices.Delete(slices.Clone(t.wild.patterns), i, i+1), slices.Delete(slices.Clone(t.wild.indexes), i, i+1))
	}
	s.publish(t)
	return true
}

// edit returns a copy of the tables to change.
func (s *Set) edit() *tables {
	if t := s.t.Load(); t != nil {
		c := *t
		return &c
	}
	return &tables{anyAt: -1}
}

// publish puts the tables in force.
func (s *Set) publish(t *tables) {
	t.few, t.index, t.many = nil, nil, nil
	if t.exact != nil && t.exact.n.Load() <= fewOrigins {
		for i, value := range t.exact.all() {
			t.few, t.index = append(t.few, value), append(t.index, i)
		}
	} else {
		t.many = t.exact
	}
	s.t.Store(t)
}
