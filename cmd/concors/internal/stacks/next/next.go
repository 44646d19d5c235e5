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
	Name: "next", Title: "Next.js", Verified: "16.4.5", Comment: "// ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
	Limits: []recipe.Limit{
		recipe.Lose(recipe.Always, "WebSockets don't work: a route handler can't accept them"),
		recipe.Lose(recipe.Always, "the last slash of a path is removed, unless next.config.js sets skipTrailingSlashRedirect: true"),
		respelledQuery,
	},
}

// respelledQuery is what a route with parameters does to a query.
var respelledQuery = recipe.Lose(recipe.Always, "the query keeps its names and values, but Next.js spells it in its own way: b becomes b=, and a slash becomes %2F")

//go:embed secret/*.tmpl
var secretTemplates embed.FS

// Secret writes routes with a secret.
var Secret = recipe.Stack{
	Name: "next", Title: "Next.js", Verified: "16.4.5", Comment: "// ",
	Templates: recipe.Folder(secretTemplates, "secret"), TypeScript: true,
	Limits: []recipe.Limit{
		recipe.Lose(recipe.Always, "Next.js resolves .. before the route sees the path: such a spelling of a listed path is accepted, and it reaches no other path"),
		respelledQuery,
	},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is headers() of the configuration, whose values are fixed.
var Short = recipe.Stack{
	Name: "next", Title: "Next.js with headers() in its configuration", Verified: "", Comment: "// ",
	Where:     "In next.config.js, in the configuration; for an API route in pages/, the handler itself must respond to OPTIONS:",
	Templates: recipe.Folder(short, "short"),
	Limits: append([]recipe.Limit{
		recipe.RefusesPatterns,
		recipe.Refuse(recipe.MoreOriginsThan(1), "the value is the same for every request, so it can name one origin: allow one, or use the long form"),
		recipe.Refuse(recipe.At("dangerouslyAllowNull", "true", recipe.NullOrigin), "the value is the same for every request: leave null out, or use the long form"),
		recipe.Refuse(recipe.At("methods", "*", recipe.AnyMethodWithCredentials), "with credentials, browsers do not accept a wildcard for methods: list the methods"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeaderWithCredentials), "with credentials, browsers do not accept the wildcard that would be sent: list the headers"),
		recipe.Lose(recipe.StatusChosenOtherThan(204), "preflight responses have status 204"),
	}, recipe.OptionLimits...),
}
