// Package axum has recipes for axum with tower-http. The limits are from
// tower-http/src/cors of 0.7.0; 0.6 differs only in the default Vary. The recipes
// were once compiled with tower-http 0.7.
package axum

import (
	"embed"

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
