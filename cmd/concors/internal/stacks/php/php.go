// Package php has recipes for PHP.
package php

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "php", Title: "PHP", Verified: "8.2", Comment: "// ",
	Templates:  templates,
	Ranges:     true,
	Limits:     []recipe.Limit{recipe.LosesSelf},
	Signatures: []recipe.Signature{{Product: "PHP", Word: "php"}},
}
