// Package nuxt has the short form for Nuxt and Nitro.
package nuxt

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a middleware of h3, which Nuxt and Nitro are made of.
var Short = recipe.Stack{
	Name: "nuxt", Title: "Nuxt and Nitro", Verified: "h3 1.15.11", Comment: "// ",
	Aliases:    []string{"nitro", "h3"},
	Where:      "In a new file, server/middleware/cors.ts (in Nitro: middleware/cors.ts):",
	Templates:  recipe.Folder(short, "short"),
	Ranges:     true,
	Signatures: []recipe.Signature{{Product: "Nuxt", Word: "nuxt"}},
	Limits: append([]recipe.Limit{
		recipe.Refuse(recipe.At("methods", "*", recipe.AnyMethodWithCredentials), "with credentials, browsers do not accept a wildcard for methods: list the methods"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeaderWithCredentials), "with credentials, browsers do not accept the wildcard that would be sent: list the headers"),
	}, recipe.OptionLimits...),
}
