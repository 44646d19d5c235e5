// Package hono has recipes for Hono.
package hono

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. Hono's responses do not name it.
var Stack = recipe.Stack{
	Name: "hono", Title: "Hono", Verified: "4.13.19", Comment: "// ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	Limits:   []recipe.Limit{recipe.LosesSelf},
	AnyRoute: true,
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the middleware that comes with Hono.
var Short = recipe.Stack{
	Name: "hono", Title: "Hono with hono/cors", Verified: "hono 4.13.19", Comment: "// ",
	Aliases:   []string{"hono/cors"},
	Where:     "In the file that creates the app, above the login check and all routes:",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.Lose(recipe.StatusChosenOtherThan(204), "preflight responses have status 204"),
	}, recipe.OptionLimits...),
}
