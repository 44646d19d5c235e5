// Package kong has the plugin cors of Kong Gateway. The limits are from its handler.lua of 3.
package kong

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a plugin.
var Short = recipe.Stack{
	Name: "kong", Title: "Kong Gateway", Comment: "# ",
	Where:     "In the declarative configuration, under a service or a route:",
	Templates: recipe.Folder(short, "short"),
	Defaults:  recipe.UsualDefaults,
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesWebOnly, recipe.RefusesLowerCase, recipe.LosesOtherMethods,
		recipe.Refuse(recipe.Origins(recipe.IPv6), "the plugin reads an IPv6 address as a regular expression: use a host name"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeader), "it is untested how the plugin reads a wildcard for request headers: list the headers"),
		recipe.LosesOwnStatus),
	Signatures: []recipe.Signature{
		{Product: "Kong", Word: "kong", Proxy: true},
		{Product: "Kong", Header: "X-Kong-Proxy-Latency", Proxy: true},
		{Product: "Kong", Header: "X-Kong-Response-Latency", Proxy: true},
	},
}
