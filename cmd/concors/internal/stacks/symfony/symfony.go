// Package symfony has the configuration of nelmio/cors-bundle.
package symfony

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is nelmio_cors.yaml.
var Short = recipe.Stack{
	Name: "symfony", Title: "Symfony with nelmio/cors-bundle", Comment: "# ",
	Where:      "In config/packages/nelmio_cors.yaml (composer require nelmio/cors-bundle):",
	Templates:  recipe.Folder(short, "short"),
	Limits:     recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesLowerCase, recipe.LosesOtherMethods, recipe.LosesOwnStatus, recipe.LosesNoVary, recipe.LosesZeroMaxAge),
	Signatures: []recipe.Signature{{Product: "Symfony", Header: "X-Debug-Token"}},
}
