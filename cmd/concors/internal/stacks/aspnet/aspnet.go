// Package aspnet has recipes for ASP.NET Core. The limits are from src/Middleware/CORS
// of .NET 8 to 10.
package aspnet

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

//go:embed usual/*.tmpl
var usual embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "aspnet", Title: "ASP.NET Core", Comment: "// ",
	Templates: templates,
	Usual:     &Short, UsualTemplates: recipe.Folder(usual, "usual"),
	AnyRoute: true,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.RouteByHost), "a route by host can't be written: write one recipe for the server of each host"),
		recipe.LosesReject,
	},
	Signatures: []recipe.Signature{{Product: "ASP.NET Core", Word: "kestrel"}},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is a named policy.
var Short = recipe.Stack{
	Name: "aspnet", Title: "ASP.NET Core", Comment: "// ",
	Where:     "In Program.cs:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPartLabel, recipe.RefusesAnyPort, recipe.LosesOwnStatus, recipe.LosesVary),
}
