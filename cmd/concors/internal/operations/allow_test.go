package operations

import (
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// An operation that needs cookies is tested for the pages that may send them, if the policy allows
// credentials to some origins only. All others are tested for all pages.
func TestOperationsThatNeedCredentials(t *testing.T) {
	const schemes = `components:
  securitySchemes:
    session: {type: apiKey, in: cookie, name: sid}
`
	open := `    get: {responses: {"200": {description: ok}}}
`
	session := `    put:
      security: [{session: []}]
      responses: {"200": {description: ok}}
`
	policy := func(change func(*cors.Policy)) *routes.Policies {
		p := cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://app.example.com"}, Methods: []string{"PUT"}}
		change(&p)
		return &routes.Policies{Policy: p}
	}
	same := func(*cors.Policy) {}
	for _, row := range []struct {
		name, operations string
		policy           *routes.Policies
		from             []string
		verdict          Verdict
		change           string // of the first problem
		unneeded         string
	}{
		{"pages with credentials, and any page", open + session, policy(same), nil, Usable, "", ""},
		{"a page without credentials", session, policy(same), []string{"https://other.example"}, Unusable, "add https://other.example to originsWithCredentials", ""},
		{"no page with credentials", session, policy(func(p *cors.Policy) { p.OriginsWithCredentials = nil }), []string{"https://other.example"}, Unusable,
			`set credentials: true, and replace "*" in origins with https://other.example`, ""},
		{"no operation needs them", open, policy(func(p *cors.Policy) { p.Methods = nil }), nil, Usable, "", "originsWithCredentials"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := report(t, probe.Options{}, pathX(t, row.operations, schemes), row.policy, row.from...)
			var unneeded []string
			for _, g := range r.Sites[0].Unneeded {
				unneeded = append(unneeded, g.Field)
			}
			problems := problemsOf(r)
			if r.Verdict != row.verdict || strings.Join(unneeded, " ") != row.unneeded {
				t.Errorf("%s, unneeded %v: %s", r.Verdict, unneeded, text(t, r))
			}
			if row.change != "" && !slices.ContainsFunc(problems, func(p string) bool { return strings.HasSuffix(p, row.change) }) {
				t.Errorf("%q is not among the changes of %q", row.change, problems)
			}
		})
	}
}
