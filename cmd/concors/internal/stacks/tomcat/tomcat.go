// Package tomcat has recipes for Tomcat and other servlet containers.
package tomcat

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "tomcat", Title: "Tomcat", Verified: "10.1", Comment: "// ",
	Templates: templates,
	Ranges:    true,
	Limits: []recipe.Limit{
		recipe.LosesSelf,
		recipe.Lose(recipe.Always, "responses to requests that a security-constraint in web.xml refuses have no CORS headers, because Tomcat checks passwords before any filter runs. For preflights to get through, set allowCorsPreflight=\"always\" on the authenticator's Valve in context.xml"),
	},
	Signatures: []recipe.Signature{{Product: "Tomcat", Word: "apache-coyote"}},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is Tomcat's CorsFilter.
var Short = recipe.Stack{
	Name: "tomcat", Title: "Tomcat", Verified: "10.1", Comment: "// ",
	Where:     "In WEB-INF/web.xml (or conf/web.xml for all applications), above every other filter-mapping:",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.RejectingShortLimits(
		recipe.RefusesPatterns, recipe.RefusesNull, recipe.LosesOtherMethods, recipe.LosesOwnStatus,
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeader), "the filter has no wildcard for request headers: list the headers"),
		recipe.LosesVary, recipe.LosesNoMaxAge("30 minutes"),
		recipe.Lose(recipe.AnyOrigin, "a request whose Origin is not a URL is rejected with status 403 (no browser sends one)"),
	),
}
