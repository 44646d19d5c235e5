// Package spring has recipes for Spring. The limits are from DefaultCorsProcessor and
// CorsConfiguration of 7.1.0-M1. The recipes were once tested with concors verify on
// spring-web 7.1 and Tomcat 10.1.
package spring

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

//go:embed usual/*.tmpl
var usual embed.FS

// Stack writes policies. Spring's responses do not name it, but its CORS check adds
// three lines of Vary to each.
var Stack = recipe.Stack{
	Name: "spring", Title: "Spring (Boot, servlets)", Comment: "// ",
	Templates: templates,
	Usual:     &Short, UsualTemplates: recipe.Folder(usual, "usual"),
	Functions: map[string]any{"methodsWithSafelisted": methodsWithSafelisted},
	AnyRoute:  true,
	Signatures: []recipe.Signature{{Product: "Spring", Header: "Vary",
		Word: "origin; access-control-request-method; access-control-request-headers"}},
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.RouteByHost), "a route by host can't be written: write one recipe for the server of each host"),
		recipe.Answers403,
		recipe.Lose(func(r *recipe.Rule) bool { return recipe.SomeOrigins(r) && !r.AnyMethod }, "cross-origin requests with a method that is not in the policy, except GET, HEAD and POST, are rejected with status 403"),
		recipe.Lose(recipe.SomeOrigins, "every response has Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers: caches store more copies than needed"),
		recipe.Lose(recipe.AnyOrigin, "preflight responses have Vary: Origin too, and a preflight whose Origin is not a URL is rejected with status 403 (no browser sends one)"),
	},
}

// methodsWithSafelisted returns the allowed methods, and those that need no
// permission, because Spring checks the method of every cross-origin request.
func methodsWithSafelisted(r *recipe.Rule) []string {
	out := []string{"GET", "HEAD", "POST"}
	for _, m := range r.Methods {
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the bean that Spring Security uses.
var Short = recipe.Stack{
	Name: "spring", Title: "Spring", Comment: "// ",
	Where:     "In a @Configuration class, with http.cors(withDefaults()) for Spring Security (without it, make this a CorsFilter: return new CorsFilter(source)):",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.RejectingShortLimits(recipe.RefusesPartLabel, recipe.LosesOwnStatus),
}
