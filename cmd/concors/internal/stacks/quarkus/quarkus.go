// Package quarkus has the properties of Quarkus' CORS filter, which allows every method and
// header that is not listed, and credentials unless they are turned off.
package quarkus

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is application.properties.
var Short = recipe.Stack{
	Name: "quarkus", Title: "Quarkus", Comment: "# ",
	Where:     "In src/main/resources/application.properties (before Quarkus 3.19, the first line is quarkus.http.cors=true):",
	Templates: recipe.Folder(short, "short"),
	Defaults:  &recipe.Defaults{Methods: recipe.AnyName, Headers: recipe.AnyName},
	Limits:    recipe.RejectingShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.LosesOwnStatus, recipe.LosesVary),
}
