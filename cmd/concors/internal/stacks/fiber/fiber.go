// Package fiber has the short form for Fiber with middleware/cors.
package fiber

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the middleware that comes with Fiber 3.
var Short = recipe.Stack{
	Name: "fiber", Title: "Fiber with middleware/cors", Verified: "fiber 3.1.0", Comment: "// ",
	Where:     "Before the routes (import \"github.com/gofiber/fiber/v3/middleware/cors\"):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.Lose(recipe.StatusChosenOtherThan(204), "preflight responses have status 204"),
		recipe.LosesVaryOfNoOrigin,
	}, recipe.OptionLimits...),
}
