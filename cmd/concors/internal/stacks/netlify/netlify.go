// Package netlify has headers for the files that Netlify serves.
package netlify

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the headers of netlify.toml.
var Short = recipe.Stack{
	Name: "netlify", Title: "Netlify", Comment: "// ",
	Where:     "In netlify.toml, for files (functions send their own headers):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesPreflights("files respond to GET and HEAD alone, so a request that needs a preflight fails: send it to a function (--for netlify-functions)"),
		recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesSecondOrigin, recipe.LosesOwnStatus),
	Signatures: []recipe.Signature{
		{Product: "Netlify", Word: "netlify", Proxy: true, Edge: true},
		{Product: "Netlify", Header: "X-Nf-Request-Id", Proxy: true, Edge: true},
	},
}
