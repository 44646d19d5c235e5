// Package ktor has the configuration of Ktor's plugin CORS. The limits are from
// ktor-server-cors of 3.
package ktor

import (
	"embed"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the plugin's block.
var Short = recipe.Stack{
	Name: "ktor", Title: "Ktor", Comment: "// ",
	Where:     "In the module function, above routing (the dependency is io.ktor:ktor-server-cors):",
	Templates: recipe.Folder(short, "short"),
	Functions: map[string]any{"ktorHost": hostAndScheme, "ktorMethods": methods},
	Limits: recipe.RejectingShortLimits(
		recipe.RefusesNull, recipe.RefusesWebOnly, recipe.RefusesPartLabel, recipe.RefusesAnyPort,
		recipe.Refuse(recipe.Origins(recipe.IPv6), "it is untested whether the plugin accepts an IPv6 address: use a host name"),
		recipe.LosesOwnStatus, recipe.LosesOtherMethods, recipe.LosesNoMaxAge("a day"),
	),
	Signatures: []recipe.Signature{{Product: "Ktor", Word: "ktor"}},
}

func hostAndScheme(o string) []string {
	scheme, host, _ := strings.Cut(o, "://")
	return []string{host, scheme}
}

// methods returns Kotlin's names of the methods that the plugin does not always allow.
func methods(r *recipe.Rule) (out []string) {
	for _, m := range r.MethodList()[3:] {
		switch m {
		case "PUT", "PATCH", "DELETE", "OPTIONS":
			out = append(out, "HttpMethod."+m[:1]+strings.ToLower(m[1:]))
		default:
			out = append(out, "HttpMethod("+strconv.Quote(m)+")")
		}
	}
	return out
}
