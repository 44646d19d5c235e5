package origin

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"
)

// A Set is a set of patterns, compiled so that the time of a lookup depends on the length of the
// value and not on the size of the set. A zero Set and a nil *Set are empty. All methods are safe
// for concurrent use, and [Set.Match] takes no lock. A Set must not be copied after first use.
//
// An exact origin takes about 10 bytes in addition to its text without https://.
type Set struct {
	tables    atomic.Pointer[tables]
	mu        sync.Mutex // held by Add and Remove
	nextIndex int        // the index of the next pattern
}

// tables are immutable once published, except for exact, which supports concurrent lookups itself.
type tables struct {
	exact    *exactTable // all exact origins; nil if there never were any
	wild     *wildTable  // the patterns that stand for more than one origin; nil if there are none
	anyIndex int         // the index of "*", or -1

	// Match looks up exact origins in few (by comparing one by one, which is faster for a small
	// number) or in many, which is exact or nil.
	few        []string
	fewIndexes []int
	many       *exactTable
}

// fewOrigins is the largest number of exact origins that are compared one by one.
const fewOrigins = 16

// NewSet returns a set of the patterns. [Set.Match] returns their positions in the argument list.
// A pattern that is equal to an earlier one is skipped, and so is the zero Pattern. Building a set of
// a million exact origins takes about a tenth of a second.
func NewSet(patterns ...Pattern) *Set {
	t := &tables{anyIndex: -1}
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
			t.anyIndex = i
		} else {
			wild = append(wild, p)
			indexes = append(indexes, i)
		}
	}
	if exact > 0 {
		t.exact = newExactTable(patterns)
	}
	t.wild = newWildTable(wild, indexes)
	s := &Set{nextIndex: len(patterns)}
	s.publish(t)
	return s
}

// Match reports whether one of the patterns stands for value, the value of an Origin header, and
// returns that pattern's index. Exact origins take precedence over hosts with several ports, these over
// wildcards for part of a label, and these over other wildcards, of which the one with the longest
// text takes precedence. Among equals the first does. A value that is not spelled as browsers
// serialize origins, such as "https://EXAMPLE.com/", never matches, and neither does "null". The
// pattern "*" does not count; see [Set.Any].
//
// Match allocates nothing. Its time is bounded even for a very long value, because no pattern stands
// for an origin of more than about 300 bytes.
func (s *Set) Match(value string) (index int, ok bool) {
	if s == nil {
		return 0, false
	}
	t := s.tables.Load()
	if t == nil {
		return 0, false
	}
	// Patterns are valid origins, so a value equal to one needs no validation.
	for i := range t.few {
		if t.few[i] == value {
			return t.fewIndexes[i], true
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

// Any returns the index of the pattern "*", or false if the set does not contain it.
func (s *Set) Any() (index int, ok bool) {
	if s == nil {
		return 0, false
	}
	if t := s.tables.Load(); t != nil && t.anyIndex >= 0 {
		return t.anyIndex, true
	}
	return 0, false
}

// Len returns the number of distinct patterns.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	t := s.tables.Load()
	if t == nil {
		return 0
	}
	n := 0
	if t.exact != nil {
		n = int(t.exact.count.Load())
	}
	if t.wild != nil {
		n += len(t.wild.patterns)
	}
	if t.anyIndex >= 0 {
		n++
	}
	return n
}

// Patterns yields the index and the text of every pattern, exact ones first. A pattern that is
// added or removed during the iteration may or may not be yielded.
func (s *Set) Patterns() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		if s == nil {
			return
		}
		t := s.tables.Load()
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
		if t.anyIndex >= 0 {
			yield(t.anyIndex, "*")
		}
	}
}

// Add adds a pattern and returns its index: the existing one if an equal pattern is in the set, or
// else one that was never used before. It returns -1 for the zero Pattern. Adding an exact origin
// takes microseconds whatever the size of the set; adding another pattern takes time proportional
// to the number of such patterns.
func (s *Set) Add(p Pattern) int {
	if p.kind == 0 {
		return -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.copyTables()
	switch {
	case p.IsExact():
		if t.exact == nil {
			t.exact = newExactTable(nil)
		}
		if i, found := t.exact.find(p.text); found {
			return i
		}
		t.exact.add(p.text, s.nextIndex)
	case p.Any():
		if t.anyIndex >= 0 {
			return t.anyIndex
		}
		t.anyIndex = s.nextIndex
	default:
		var wild []Pattern
		var indexes []int
		if t.wild != nil {
			if i := t.wild.find(p); i >= 0 {
				return t.wild.indexes[i]
			}
			wild, indexes = t.wild.patterns, t.wild.indexes
		}
		t.wild = newWildTable(append(slices.Clip(wild), p), append(slices.Clip(indexes), s.nextIndex))
	}
	s.nextIndex++
	s.publish(t)
	return s.nextIndex - 1
}

// Remove removes a pattern and reports whether it was in the set. It takes as long as [Set.Add].
func (s *Set) Remove(p Pattern) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.copyTables()
	switch {
	case p.IsExact():
		if t.exact == nil || !t.exact.remove(p.text) {
			return false
		}
	case p.Any():
		if t.anyIndex < 0 {
			return false
		}
		t.anyIndex = -1
	default:
		i := t.wild.find(p)
		if i < 0 {
			return false
		}
		patterns := slices.Delete(slices.Clone(t.wild.patterns), i, i+1)
		indexes := slices.Delete(slices.Clone(t.wild.indexes), i, i+1)
		t.wild = newWildTable(patterns, indexes)
	}
	s.publish(t)
	return true
}

// copyTables returns a copy of the published tables, which the caller may change and publish.
func (s *Set) copyTables() *tables {
	if t := s.tables.Load(); t != nil {
		c := *t
		return &c
	}
	return &tables{anyIndex: -1}
}

// publish makes the tables visible to Match.
func (s *Set) publish(t *tables) {
	t.few, t.fewIndexes, t.many = nil, nil, nil
	if t.exact != nil && t.exact.count.Load() <= fewOrigins {
		for i, value := range t.exact.all() {
			t.few, t.fewIndexes = append(t.few, value), append(t.fewIndexes, i)
		}
	} else {
		t.many = t.exact
	}
	s.tables.Store(t)
}
