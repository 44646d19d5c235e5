// Package fastapi has the short form for FastAPI.
package fastapi

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the CORSMiddleware of Starlette, which FastAPI is made of.
var Short = recipe.Stack{
	Name: "fastapi", Title: "FastAPI", Verified: "starlette 0.26.1", Comment: "# ",
	Aliases:      []string{"starlette"},
	Where:        "In the file that creates the app:",
	Templates:    recipe.Folder(short, "short"),
	Ranges:       true,
	AlwaysAllows: []string{"content-type"},
	Defaults:     &recipe.Defaults{Headers: []string{"Content-Type"}},
	Limits: append([]recipe.Limit{
		recipe.LosesOtherMethods,
		recipe.Lose(recipe.StatusChosenOtherThan(200), "preflight responses have status 200"),
		recipe.LosesVary,
		recipe.Lose(recipe.Always, "responses to unhandled exceptions have no CORS headers: if they should, wrap the finished app instead, app = CORSMiddleware(app, …)"),
	}, recipe.OptionLimits...),
}
