package operations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// summarizeChanges lists the changes to the policy, those that most operations
// need first.
func (r *run) summarizeChanges() {
	index := map[string]int{} // of the changes, by text
	for _, c := range r.changes {
		if _, seen := index[c.text]; c.text != "" && !seen {
			index[c.text] = len(r.site.Changes)
			r.site.Changes = append(r.site.Changes, Change{Text: c.text})
		}
	}
	for i := range r.site.Operations {
		counted := map[string]bool{}
		for _, p := range r.site.Operations[i].Problems {
			if at, ok := index[p.Change]; ok && !counted[p.Change] {
				counted[p.Change] = true
				r.site.Changes[at].Operations++
			}
		}
	}
	slices.SortStableFunc(r.site.Changes, func(a, b Change) int {
		if a.Operations != b.Operations {
			return b.Operations - a.Operations
		}
		return strings.Compare(a.Text, b.Text)
	})
}

// fixedPolicies returns the policies with all changes made.
func (r *run) fixedPolicies() routes.Policies {
	fixed := clone(r.policy.policies)
	made := map[string]bool{}
	for _, c := range r.changes {
		if c.text == "" || c.apply == nil || made[c.text] {
			continue
		}
		made[c.text] = true
		changed := clone(fixed)
		c.apply(&changed)
		if _, err := simulate(changed, r.browser); err == nil {
			fixed = changed
		}
	}
	return fixed
}

// findUnneeded finds what the policy grants and no operation needs: of the policy
// with all changes made, each grant is removed in turn, and is needed if an
// operation then gets something else.
func (r *run) findUnneeded(ctx context.Context, all []operation) {
	fixed := r.fixedPolicies()
	full, err := simulate(fixed, r.browser)
	if err != nil {
		return
	}
	used := map[int]bool{} // the routes that operations use
	before := make([]string, len(all))
	for i, op := range all {
		before[i] = r.gets(ctx, full, op)
		q := probe.Question{URL: op.url, Origin: probe.NoOrigin, Method: op.Method}
		if _, d := full.decide(ctx, q); d != nil {
			used[full.route(d)] = true
		}
	}
	for _, g := range grantsOf(r.policy.policies, used) {
		if ctx.Err() != nil {
			return
		}
		without := clone(fixed)
		for route := range used {
			g.remove(policyAt(&without, route))
		}
		s, err := simulate(without, r.browser)
		if err != nil {
			continue // a route has it in its pattern
		}
		needed := false
		for i := 0; i < len(all) && !needed; i++ {
			needed = r.gets(ctx, s, all[i]) != before[i]
		}
		if !needed {
			r.site.Unneeded = append(r.site.Unneeded, g.Grant)
		}
	}
}

// gets lists what an operation gets from a policy, in each of its ways to
// authenticate. One page is enough: methods and headers are granted to all alike.
func (r *run) gets(ctx context.Context, s *simulation, op operation) string {
	var b strings.Builder
	for i := range max(len(op.Security), 1) {
		one, copied := op, *op.Operation
		if len(copied.Security) > 0 {
			copied.Security = copied.Security[i : i+1]
		}
		one.Operation = &copied
		send := func(q probe.Question) *probe.Outcome { return s.send(ctx, q) }
		needs, _ := r.needs(ctx, one, op.pages[0], send, &tally{})
		for _, n := range needs {
			fmt.Fprintf(&b, "%d %s %v\n", i, n.key, n.blocked)
		}
	}
	return b.String()
}

// A removable is a grant that can be removed from a policy.
type removable struct {
	Grant
	remove func(*cors.Policy)
}

// grantsOf returns the grants of the policies of some routes, each once.
func grantsOf(p routes.Policies, used map[int]bool) (out []removable) {
	lists := []struct {
		field string
		of    func(*cors.Policy) *[]string
	}{
		{"methods", func(p *cors.Policy) *[]string { return &p.Methods }},
		{"requestHeaders", func(p *cors.Policy) *[]string { return &p.RequestHeaders }},
		{"exposedHeaders", func(p *cors.Policy) *[]string { return &p.ExposedHeaders }},
	}
	seen := map[Grant]bool{}
	credentials, some := false, false
	for _, list := range lists {
		for route := noRoute; route < len(p.Routes); route++ {
			if !used[route] {
				continue
			}
			own := policyAt(&p, route)
			credentials = credentials || own.Credentials
			some = some || len(own.OriginsWithCredentials) > 0
			for _, value := range *list.of(own) {
				g := Grant{Field: list.field, Value: value}
				if seen[g] {
					continue
				}
				seen[g] = true
				out = append(out, removable{g, func(p *cors.Policy) {
					values := list.of(p)
					*values = slices.DeleteFunc(*values, func(v string) bool { return v == value })
				}})
			}
		}
	}
	if credentials {
		remove := func(p *cors.Policy) { p.Credentials = false }
		out = append(out, removable{Grant{Field: "credentials", Value: "true"}, remove})
	}
	if some {
		remove := func(p *cors.Policy) { p.OriginsWithCredentials = nil }
		out = append(out, removable{Grant{Field: "originsWithCredentials"}, remove})
	}
	return out
}
