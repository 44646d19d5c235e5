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

//go:embed short/*.tmpl
var short embed.FS

// Short is the package @fastify/cors.
var Short = recipe.Stack{
	Name: "fastify", Title: "Fastify with @fastify/cors", Verified: "@fastify/cors 11.4.0", Comment: "// ",
	Aliases:   []string{"@fastify/cors"},
	Where:     "In the file that creates the server, before the routes are registered (npm install @fastify/cors):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Methods: recipe.NoOthers, Headers: recipe.AnyName},
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
	}, recipe.OptionLimits...),
}
