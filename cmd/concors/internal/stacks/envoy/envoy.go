// Package envoy has recipes for Envoy. The limits are from cors_filter.cc and the
// protocol buffers of go-control-plane 1.40. The recipes were once decoded into these
// protocol buffers and passed their validation.
package envoy

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "envoy", Title: "Envoy", Comment: "# ",
	Templates: templates,
	Limits: []recipe.Limit{
		recipe.RefusesRoutes,
		recipe.Lose(recipe.Always, "redirects and direct responses that Envoy makes itself have no CORS headers: the filter does not run on their routes"),
		recipe.Lose(recipe.AnyOrigin, "for any origin, the response repeats the request's Origin, with Vary: Origin, in place of *: caches store one copy per origin"),
		recipe.LosesStatus,
		recipe.LosesTimingOfList,
		recipe.LosesReject,
	},
	Signatures: []recipe.Signature{
		{Product: "Envoy", Word: "envoy", Proxy: true},
		{Product: "Envoy", Word: "istio-envoy", Proxy: true},
		{Product: "Envoy", Header: "X-Envoy-Upstream-Service-Time", Proxy: true},
	},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is a CorsPolicy.
var Short = recipe.Stack{
	Name: "envoy", Title: "Envoy", Comment: "# ",
	Where:     "In the route or the virtual host (and the filter envoy.filters.http.cors first in http_filters):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.LosesNoVary, recipe.LosesOwnStatus,
		recipe.Lose(recipe.AnyOrigin, "the response repeats the request's Origin in place of *, without Vary: Origin: a cache may serve one origin the response for another")),
}
