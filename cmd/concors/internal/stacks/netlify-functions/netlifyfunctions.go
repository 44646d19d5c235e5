// Package netlifyfunctions has CORS for functions of Netlify.
package netlifyfunctions

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the code around a function.
var Short = recipe.Stack{
	Name: "netlify-functions", Title: "Netlify Functions", Comment: "// ",
	Where:     "In the function, whose own handler is now called handle:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
