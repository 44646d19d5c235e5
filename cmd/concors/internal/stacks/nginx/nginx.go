// Package nginx has recipes for nginx.
package nginx

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

//go:embed alias/*.tmpl
var aliasTemplates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "nginx", Title: "nginx", Verified: "1.22", Comment: "# ",
	Templates: templates,
	Functions: map[string]any{"routePrefix": routePrefix},
	Ranges:    true, SomeCredentials: true,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.RouteLongerThan(3900), "nginx reads parameters of up to 4,095 characters, and the regular expression of the route would be longer: shorten the path"),
		recipe.LosesReject,
	},
	Signatures: []recipe.Signature{
		{Product: "nginx", Word: "nginx", Proxy: true},
		{Product: "OpenResty (nginx)", Word: "openresty", Proxy: true},
	},
}

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "nginx", Title: "nginx", Verified: "1.22", Comment: "# ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
}

// routePrefix returns what the keys of a map begin with, so that they match only
// requests on the route of a rule: "" if there are no routes.
func routePrefix(p *recipe.Plan, r *recipe.Rule) string {
	if len(p.Rules) == 1 {
		return ""
	}
	return r.Name() + ":"
}
