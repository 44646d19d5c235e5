// Package chi has the short form for chi with go-chi/cors.
package chi

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the package go-chi/cors.
var Short = recipe.Stack{
	Name: "chi", Title: "chi with go-chi/cors", Verified: "go-chi/cors 1.2.2", Comment: "// ",
	Aliases:   []string{"go-chi", "go-chi/cors"},
	Where:     "Before the routes; r is the chi.Router (import \"github.com/go-chi/cors\"):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Methods: recipe.NoOthers, Headers: []string{"Content-Type"}},
	Limits: append([]recipe.Limit{
		recipe.RefusesLowerCase,
		recipe.LosesOtherMethods,
		recipe.Lose(recipe.StatusChosenOtherThan(200), "preflight responses have status 200"),
		recipe.LosesZeroMaxAge,
		recipe.AlsoAllowsOPTIONS,
	}, recipe.OptionLimits...),
}
