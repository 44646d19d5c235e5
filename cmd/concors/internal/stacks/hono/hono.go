// Package hono has recipes for Hono.
package hono

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. Hono's responses do not name it.
var Stack = recipe.Stack{
	Name: "hono", Title: "Hono", Verified: "4.13.19", Comment: "// ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	Limits:   []recipe.Limit{recipe.LosesSelf},
	AnyRoute: true,
}
