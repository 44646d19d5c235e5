// Package micronaut has Micronaut's CORS configuration, which allows every method and header
// that is not listed, and credentials unless they are turned off.
package micronaut

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is application.yml.
var Short = recipe.Stack{
	Name: "micronaut", Title: "Micronaut", Comment: "# ",
	Where:     "In src/main/resources/application.yml:",
	Templates: recipe.Folder(short, "short"),
	Defaults:  &recipe.Defaults{Methods: recipe.AnyName, Headers: recipe.AnyName},
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.LosesOwnStatus, recipe.LosesNoMaxAge("30 minutes"), recipe.LosesVary,
		recipe.Lose(recipe.AnyOrigin, "the response repeats the request's Origin in place of *; a server reached as localhost responds 403 unless micronaut.server.cors.localhost-pass-through is true")),
}
