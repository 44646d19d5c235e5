// Package caddy has recipes for Caddy.
package caddy

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
	Name: "caddy", Title: "Caddy", Verified: "2.6", Comment: "# ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	Limits:     []recipe.Limit{recipe.LosesReject},
	Signatures: []recipe.Signature{{Product: "Caddy", Word: "caddy", Proxy: true}},
}

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "caddy", Title: "Caddy", Verified: "2.6", Comment: "# ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
}

//go:embed secret/*.tmpl
var secretTemplates embed.FS

// Secret writes routes with a secret.
var Secret = recipe.Stack{
	Name: "caddy", Title: "Caddy", Verified: "2.6", Comment: "# ",
	Templates: recipe.Folder(secretTemplates, "secret"),
}

//go:embed short/*.tmpl
var short embed.FS

// Short is directives of a site.
var Short = recipe.Stack{
	Name: "caddy", Title: "Caddy", Verified: "2.6", Comment: "# ",
	Where:     "In the site block of the Caddyfile:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
