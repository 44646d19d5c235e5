// Package gorilla has the short form for gorilla/handlers.
package gorilla

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is handlers.CORS of gorilla/handlers.
var Short = recipe.Stack{
	Name: "gorilla", Title: "gorilla/handlers", Verified: "gorilla/handlers 1.5.2", Comment: "// ",
	Aliases:   []string{"gorilla/handlers", "gorilla/mux"},
	Where:     "Around the router that the server gets (import \"github.com/gorilla/handlers\"):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Methods: recipe.NoOthers},
	Limits: append([]recipe.Limit{
		recipe.RefusesLowerCase,
		recipe.LosesOtherMethods,
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeader), "these lines can't allow any request header: list the headers"),
		recipe.LosesZeroMaxAge,
		recipe.LosesVary,
		recipe.Lose(func(r *recipe.Rule) bool { return !r.Off && r.MaxAgeSeconds(0) > 600 }, "browsers may cache preflights for 600 seconds, the most that the middleware sends"),
	}, recipe.OptionLimits...),
}
