// Package fastify has recipes for Fastify.
package fastify

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. Fastify's responses do not name it.
var Stack = recipe.Stack{
	Name: "fastify", Title: "Fastify", Verified: "5.12.8", Comment: "// ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	Limits:   []recipe.Limit{recipe.LosesSelf},
	AnyRoute: true,
}
