// Package actix has the options of actix-cors. The limits are from its 0.7.1.
package actix

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a Cors.
var Short = recipe.Stack{
	Name: "actix", Title: "Actix with actix-cors", Comment: "// ",
	Where:     "In the closure of HttpServer::new, as the last wrap of the App (cargo add actix-cors, use actix_cors::Cors):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(
		recipe.RefusesNull, recipe.RefusesPatterns, recipe.LosesOwnStatus,
		recipe.Lose(recipe.AnyMethod, "any method is the nine methods of HTTP: other methods are refused"),
	),
}
