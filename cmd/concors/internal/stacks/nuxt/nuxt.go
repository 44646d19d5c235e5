// Package nuxt has the short form for Nuxt and Nitro.
package nuxt

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is handleCors of h3, which Nuxt and Nitro are made of.
var Short = recipe.Stack{
	Name: "nuxt", Title: "Nuxt and Nitro", Verified: "", Comment: "// ",
	Aliases:   []string{"nitro", "h3"},
	Where:     "In a new file, server/middleware/cors.ts (in Nitro: middleware/cors.ts, with imports from 'h3'):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.LosesVary,
	}, recipe.OptionLimits...),
}
