// Package cloudflareworkers has CORS for a Worker without a framework.
package cloudflareworkers

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed secret/*.tmpl
var secretTemplates embed.FS

// Secret writes routes with a secret.
var Secret = recipe.Stack{
	Name: "cloudflare-workers", Title: "Cloudflare Workers (workerd)", Verified: "1.20260730.1", Comment: "// ",
	Templates: recipe.Folder(secretTemplates, "secret"), TypeScript: true,
	Limits: []recipe.Limit{
		recipe.Lose(recipe.Always, "Workers resolve .. before they see the path: such a spelling of a listed path is accepted, and it reaches no other path"),
	},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the code around a fetch handler.
var Short = recipe.Stack{
	Name: "cloudflare-workers", Title: "Cloudflare Workers", Comment: "// ",
	Aliases:   []string{"workers"},
	Where:     "In the Worker, whose own fetch handler is now called handle:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
