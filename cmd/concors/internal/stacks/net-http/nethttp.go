// Package nethttp has recipes for Go's net/http. They call package cors.
package nethttp

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

// Templates are also the templates of Gin and Echo. The recipe wraps a program's
// whole handler, whatever made it. Middleware inside a framework, including the
// adapters of this repository, does not run for the framework's own redirects, and
// has one policy for all routes.
//
//go:embed *.tmpl
var Templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "net-http", Title: "Go's net/http", Verified: "1.26", Comment: "// ",
	Templates:       Templates,
	UsesPackageCors: true,
}

//go:embed short/*.tmpl
var short embed.FS

// Short is package cors in five lines.
var Short = recipe.Stack{
	Name: "net-http", Title: "Go's net/http with package cors", Verified: "Go 1.26", Comment: "// ",
	Where:           "Around the handler that the server gets (import \"github.com/concors/concors/cors\"):",
	Templates:       recipe.Folder(short, "short"),
	UsesPackageCors: true,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.Routed), "these lines are one policy for all paths: write a policy without routes"),
	},
}
