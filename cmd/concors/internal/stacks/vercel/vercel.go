// Package vercel has the headers of a project on Vercel.
package vercel

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the headers of vercel.json.
var Short = recipe.Stack{
	Name: "vercel", Title: "Vercel", Comment: "// ",
	Where:     "In vercel.json (a function still has to respond to OPTIONS, with status 204):",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesSecondOrigin, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader, recipe.LosesOwnStatus),
	Signatures: []recipe.Signature{
		{Product: "Vercel", Word: "vercel", Proxy: true, Edge: true},
		{Product: "Vercel", Header: "X-Vercel-Id", Proxy: true, Edge: true},
	},
}
