// Package springannotation has Spring's annotation @CrossOrigin.
package springannotation

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the annotation of a controller.
var Short = recipe.Stack{
	Name: "spring-annotation", Title: "Spring (@CrossOrigin)", Comment: "// ",
	Where:     "On the controller class (with Spring Security, also http.cors(withDefaults()) in the SecurityFilterChain):",
	Templates: recipe.Folder(short, "short"),
	Defaults:  &recipe.Defaults{Methods: recipe.AnyName, Headers: recipe.AnyName},
	Limits: recipe.RejectingShortLimits(recipe.RefusesPartLabel, recipe.LosesOwnStatus, recipe.LosesNoMaxAge("30 minutes"),
		recipe.Refuse(recipe.Items("methods", func(m string) bool { return !slices.Contains(methods, m) }),
			"the annotation has a fixed list of methods, without this one: use another method"),
		recipe.LosesOtherMethods,
		recipe.Lose(recipe.Always, "responses that no handler of the controller makes, such as a 404 or the 401 of a filter, have no CORS headers"),
	),
}

// methods are those of RequestMethod.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
