// Package next has recipes for Next.js.
package next

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

//go:embed alias/*.tmpl
var aliasTemplates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "next", Title: "Next.js", Verified: "16.4.5", Comment: "// ",
	Templates: templates,
	AnyRoute:  true,
	Ranges:    true, SomeCredentials: true,
	Limits: []recipe.Limit{
		recipe.LosesSelf,
		recipe.Lose(recipe.Always, "CORS headers that a route handler sets itself are sent too, even to refused origins: delete them, or wrap the handler in underPolicy. The headers of an API route in pages/ can only be deleted"),
		recipe.Lose(recipe.Always, "redirects in next.config.js are sent before the proxy runs, without CORS headers"),
	},
	Signatures: []recipe.Signature{
		{Product: "Next.js", Word: "next.js"},
		{Product: "Next.js", Header: "X-Nextjs-Cache"},
	},
}

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "next", Title: "Next.js", Comment: "// ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
	Limits: []recipe.Limit{
		recipe.Lose(recipe.Always, "WebSockets don't work: a route handler can't accept them"),
		recipe.Lose(recipe.Always, "the last slash of a path is removed, unless next.config.js sets skipTrailingSlashRedirect: true"),
	},
}
