// Package django has recipes for Django.
package django

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "django", Title: "Django", Verified: "3.2", Comment: "# ",
	Templates:  templates,
	Ranges:     true,
	Limits:     []recipe.Limit{recipe.LosesSelf},
	Signatures: []recipe.Signature{{Product: "Django's development server", Word: "wsgiserver"}},
}
