// Package springmvc has the CORS registry of Spring MVC.
package springmvc

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a WebMvcConfigurer's method.
var Short = recipe.Stack{
	Name: "spring-mvc", Title: "Spring MVC (WebMvcConfigurer)", Comment: "// ",
	Where:     "In a @Configuration class that implements WebMvcConfigurer (with Spring Security, also http.cors(withDefaults()) in the SecurityFilterChain):",
	Templates: recipe.Folder(short, "short"),
	Defaults:  &recipe.Defaults{Methods: recipe.NoOthers, Headers: recipe.AnyName},
	Limits:    recipe.RejectingShortLimits(recipe.RefusesPartLabel, recipe.LosesOwnStatus, recipe.LosesNoMaxAge("30 minutes")),
}
