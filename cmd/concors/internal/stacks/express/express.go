// Package express has recipes for Express.
package express

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed cors.js.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "express", Title: "Express", Verified: "5.3.0", Comment: "// ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	Limits:     []recipe.Limit{recipe.LosesSelf},
	AnyRoute:   true,
	Signatures: []recipe.Signature{{Product: "Express", Word: "express"}},
}

//go:embed secret/*.tmpl
var secretTemplates embed.FS

// Secret writes routes with a secret.
var Secret = recipe.Stack{
	Name: "express", Title: "Express", Verified: "5.3.0", Comment: "// ",
	Templates: recipe.Folder(secretTemplates, "secret"), TypeScript: true,
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the npm package cors, which most applications use.
var Short = recipe.Stack{
	Name: "express", Title: "Express with the npm package cors", Verified: "cors 2.8.6", Comment: "// ",
	Aliases:   []string{"cors"},
	Where:     "In the file that creates the app, above the login check and all routes (npm install cors):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
	}, recipe.OptionLimits...),
}
