// Package deno has the short form for Deno with Hono from JSR.
package deno

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the same middleware in Deno, from JSR.
var Short = recipe.Stack{
	Name: "deno", Title: "Deno with Hono from JSR", Verified: "", Comment: "// ",
	Where:     "In the file that creates the app, above the login check and all routes:",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.Lose(recipe.StatusChosenOtherThan(204), "preflight responses have status 204"),
	}, recipe.OptionLimits...),
}
