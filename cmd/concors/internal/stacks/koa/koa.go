// Package koa has the short form for Koa with @koa/cors.
package koa

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the package @koa/cors.
var Short = recipe.Stack{
	Name: "koa", Title: "Koa with @koa/cors", Verified: "@koa/cors 5.0.0", Comment: "// ",
	Aliases:   []string{"@koa/cors"},
	Where:     "In the file that creates the app, above all other middleware (npm install @koa/cors):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.Lose(recipe.StatusChosenOtherThan(204), "preflight responses have status 204"),
		recipe.Lose(recipe.SomeOrigins, "responses to exceptions lack Vary: Origin if the origin is refused"),
	}, recipe.OptionLimits...),
}
