// Package apache has recipes for Apache httpd.
package apache

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
	Name: "apache", Title: "Apache httpd", Verified: "2.4", Comment: "# ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	OnErrors: "Header always set Access-Control-Allow-Origin %s",
	Limits: []recipe.Limit{
		recipe.LosesReject,
		recipe.Refuse(recipe.Status(recipe.UnnamedStatus), "Apache only responds with a status that it has a name for: choose 200 or 204 for preflights"),
	},
	Signatures: []recipe.Signature{{Product: "Apache", Word: "apache", Proxy: true}},
}

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "apache", Title: "Apache httpd", Verified: "2.4", Comment: "# ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
}

//go:embed short/*.tmpl
var short embed.FS

// Short is directives of a VirtualHost.
var Short = recipe.Stack{
	Name: "apache", Title: "Apache httpd", Verified: "2.4", Comment: "# ",
	Where:     "In the VirtualHost, above its other RewriteRules (a2enmod headers rewrite setenvif):",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
