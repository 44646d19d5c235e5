// Package gin has recipes for Gin.
package gin

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	nethttp "github.com/concors/concors/cmd/concors/internal/stacks/net-http"
)

// Stack writes policies. Gin's responses do not name it.
var Stack = recipe.Stack{
	Name: "gin", Title: "Gin", Verified: "1.12", Comment: "// ",
	Templates:       nethttp.Templates,
	UsesPackageCors: true,
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the package gin-contrib/cors.
var Short = recipe.Stack{
	Name: "gin", Title: "Gin with gin-contrib/cors", Verified: "gin-contrib/cors 1.7.7", Comment: "// ",
	Aliases:   []string{"gin-contrib"},
	Where:     "Where the engine is created, before the routes (import \"github.com/gin-contrib/cors\"):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Limits: append([]recipe.Limit{
		recipe.RefusesLowerCase,
		recipe.LosesMethodsWithAuth,
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeaderWithCredentials), "with credentials, browsers do not accept the wildcard that would be sent: list the headers"),
		recipe.LosesVary,
		recipe.LosesZeroMaxAge,
		recipe.Lose(func(r *recipe.Rule) bool { return recipe.SomeOrigins(r) && !r.RejectRefused }, "requests from refused origins are rejected with status 403"),
	}, recipe.RejectingOptionLimits...),
}
