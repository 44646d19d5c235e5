// Package traefik has recipes for Traefik 3. The limits are from
// pkg/middlewares/headers/header.go and pkg/muxer/http/matcher.go of 3.7.9. The
// recipes were once tested with concors verify, on this middleware alone.
package traefik

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. Traefik's responses do not name it.
var Stack = recipe.Stack{
	Name: "traefik", Title: "Traefik 3", Comment: "# ",
	Templates: templates,
	AnyRoute:  true,
	Limits: []recipe.Limit{
		recipe.RefusesRoutes,
		recipe.Lose(recipe.SomeOrigins, "if an application sends Vary in several lines, only the first is kept: let it send one line"),
		recipe.LosesStatus,
		recipe.LosesTimingOfList,
		recipe.LosesReject,
	},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is a headers middleware.
var Short = recipe.Stack{
	Name: "traefik", Title: "Traefik 3", Comment: "# ",
	Where:     "In the dynamic configuration, and cors first in the middlewares of the router:",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.LosesOwnStatus,
		recipe.Lose(recipe.NoMaxAge, "browsers do not cache preflights: Traefik sends Access-Control-Max-Age: 0")),
}
