// Package fastapi has the short form for FastAPI.
package fastapi

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the CORSMiddleware of Starlette, which FastAPI is made of.
var Short = recipe.Stack{
	Name: "fastapi", Title: "FastAPI", Verified: "starlette 0.26.1", Comment: "# ",
	Aliases:   []string{"starlette"},
	Where:     "In the file that creates the app:",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Limits: append([]recipe.Limit{
		recipe.Refuse(func(r *recipe.Rule) []recipe.Value {
			if r.Off || r.AnyRequestHeader || slices.Contains(r.RequestHeaders, "content-type") {
				return nil
			}
			return []recipe.Value{{Field: "requestHeaders", Index: -1}}
		}, "the middleware always allows Content-Type: add it to requestHeaders"),
		recipe.LosesOtherMethods,
		recipe.Lose(recipe.StatusChosenOtherThan(200), "preflight responses have status 200"),
		recipe.LosesVaryOfRefused,
		recipe.Lose(recipe.AnyOrigin, "responses to requests with cookies name the origin in place of *, without Vary: Origin in the others"),
		recipe.Lose(recipe.Always, "responses to unhandled exceptions have no CORS headers: if they should, wrap the finished app instead, app = CORSMiddleware(app, …)"),
	}, recipe.OptionLimits...),
}
