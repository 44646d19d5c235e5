// Package cloudflareworkers has CORS for a Worker without a framework.
package cloudflareworkers

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the code around a fetch handler.
var Short = recipe.Stack{
	Name: "cloudflare-workers", Title: "Cloudflare Workers", Comment: "// ",
	Where:     "In the Worker, whose own fetch handler is now called handle:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
