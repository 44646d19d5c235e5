package operations

import (
	"fmt"
	"slices"

	"github.com/concors/concors/fetch/reason"
)

// causeKey is what problems with one cause have in common.
type causeKey struct {
	kind    string
	note    bool
	reason  reason.Reason
	change  string
	problem string // if there is no change
	differs bool
}

// groupCauses groups the problems of all operations by their cause: first those that
// make operations unusable, those of most operations first.
func (s *Site) groupCauses(document string) {
	s.Causes = []Cause{}
	index := map[causeKey]int{}
	for i := range s.Operations {
		counted := map[int]bool{}
		for j := range s.Operations[i].Problems {
			p := &s.Operations[i].Problems[j]
			key := causeKey{p.Kind, p.Note, p.Reason, p.Change, "", p.Differs}
			if p.Change == "" {
				key.problem = p.Problem
			}
			at, ok := index[key]
			if !ok {
				at = len(s.Causes)
				index[key] = at
				s.Causes = append(s.Causes, Cause{Kind: p.Kind, Note: p.Note, Problem: p.Problem, Change: p.Change,
					Reason: p.Reason, Places: []string{}})
			}
			c := &s.Causes[at]
			c.where = append(c.where, [2]int{i, j})
			if !counted[at] {
				counted[at] = true
				c.Operations++
				c.Places = append(c.Places, s.Operations[i].place(document))
			}
		}
	}
	slices.SortStableFunc(s.Causes, func(a, b Cause) int {
		if a.Note != b.Note {
			if a.Note {
				return 1
			}
			return -1
		}
		return b.Operations - a.Operations
	})
}

// place names an operation.
func (r *Result) place(document string) string {
	return fmt.Sprintf("%s: %s %s", placeOf(document, r.File, r.Line), r.Method, r.Path)
}
