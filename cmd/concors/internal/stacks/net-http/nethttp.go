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
