// Package express has recipes for Express.
package express

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
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
