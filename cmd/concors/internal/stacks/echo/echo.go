// Package echo has recipes for Echo.
package echo

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	nethttp "github.com/concors/concors/cmd/concors/internal/stacks/net-http"
)

// Stack writes policies. Echo's responses do not name it.
var Stack = recipe.Stack{
	Name: "echo", Title: "Echo", Verified: "5.4", Comment: "// ",
	Templates:       nethttp.Templates,
	UsesPackageCors: true,
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the middleware that comes with Echo 5.
var Short = recipe.Stack{
	Name: "echo", Title: "Echo with middleware.CORS", Verified: "echo 5.4.5", Comment: "// ",
	Where:     "Before the routes; e is the *echo.Echo (import \"github.com/labstack/echo/v5/middleware\"):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Methods: recipe.AnyName, Headers: recipe.AnyName},
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.Lose(recipe.StatusChosenOtherThan(204), "preflight responses have status 204"),
	}, recipe.OptionLimits...),
}
