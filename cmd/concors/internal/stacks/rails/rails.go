// Package rails has the configuration of the gem rack-cors, which Rails' own template names.
package rails

import (
	"embed"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is config/initializers/cors.rb.
var Short = recipe.Stack{
	Name: "rails", Title: "Rails with the gem rack-cors", Verified: "1.1.1", Comment: "# ",
	Where:     "In config/initializers/cors.rb (bundle add rack-cors):",
	Templates: recipe.Folder(short, "short"),
	Functions: map[string]any{
		"railsOrigins": origins,
		"lowered":      func(list []string) []string { return strings.Fields(strings.ToLower(strings.Join(list, " "))) },
	},
	Limits: recipe.ShortLimits(
		recipe.RefusesLowerCase, recipe.LosesOtherMethods, recipe.LosesOwnStatus,
		recipe.LosesNoMaxAge("2 hours"),
	),
	AlwaysAllows: []string{"content-type"},
	Signatures:   []recipe.Signature{{Product: "Rails", Header: "X-Runtime"}},
}

// origins returns the arguments of the call of origins: strings, and regular expressions.
func origins(r *recipe.Rule) []string {
	var out []string
	if r.AnyOrigin {
		out = append(out, "'*'")
	}
	for _, o := range r.Origins {
		out = append(out, "'"+o+"'")
	}
	for _, p := range r.Patterns {
		out = append(out, `%r{\A`+p.Regexp()+`\z}`)
	}
	if r.Null {
		out = append(out, `/\Anull\z/`)
	}
	return out
}
