// Package axum has recipes for axum with tower-http. The limits are from
// tower-http/src/cors of 0.7.0; 0.6 differs only in the default Vary. The recipes
// were once compiled with tower-http 0.7.
package axum

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. axum's responses do not name it.
var Stack = recipe.Stack{
	Name: "axum", Title: "axum (tower-http)", Comment: "// ",
	Templates: templates,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.Routed), "a layer has one policy: write one recipe per Router and nest the Routers"),
		recipe.Lose(recipe.Always, "every OPTIONS request is treated as a preflight: none reaches a handler"),
		recipe.LosesReject,
	},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is a CorsLayer.
var Short = recipe.Stack{
	Name: "axum", Title: "axum (tower-http)", Comment: "// ",
	Where:     "After the routes and the layer that checks logins, so that it is the outermost layer (cargo add tower-http --features cors):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(
		recipe.RefusesNull, recipe.RefusesPatterns, recipe.LosesOwnStatus,
		recipe.Refuse(recipe.Items("methods", func(m string) bool { return !slices.Contains(methods, m) }), "the type Method has no constant for it: use another method"),
	),
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
