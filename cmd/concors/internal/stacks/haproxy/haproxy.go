// Package haproxy has recipes for HAProxy.
package haproxy

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. HAProxy's responses do not name it.
var Stack = recipe.Stack{
	Name: "haproxy", Title: "HAProxy", Verified: "2.6", Comment: "# ",
	Templates: templates,
	Ranges:    true, SomeCredentials: true,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.RouteLongerThan(1800)), "a line of HAProxy's configuration can have 2,047 characters, and the regular expression of the route would be longer: shorten the path"),
		recipe.LosesReject,
	},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is rules of a frontend.
var Short = recipe.Stack{
	Name: "haproxy", Title: "HAProxy", Verified: "2.6", Comment: "# ",
	Where:     "In the frontend, above its other http-request rules:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
