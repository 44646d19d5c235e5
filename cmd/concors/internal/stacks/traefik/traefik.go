// Package traefik has recipes for Traefik 3. The limits are from
// pkg/middlewares/headers/header.go and pkg/muxer/http/matcher.go of 3.7.9. The
// recipes were once tested with concors verify, on this middleware alone.
package traefik

import (
	"embed"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. Traefik's responses do not name it.
var Stack = recipe.Stack{
	Name: "traefik", Title: "Traefik 3", Comment: "# ",
	Templates: templates,
	Functions: map[string]any{
		"routerRule": routerRule, "authorizationRule": authorizationRule,
		"priority": priority, "authorizationPriority": authorizationPriority,
	},
	AnyRoute: true,
	Limits: []recipe.Limit{
		recipe.Lose(recipe.SomeOrigins, "if an application sends Vary in several lines, only the first is kept: let it send one line"),
		recipe.LosesStatus,
		recipe.LosesTimingOfList,
		recipe.LosesReject,
	},
}

// routerRule returns the rule of a router: the requests that a policy applies to. A
// preflight belongs to the route of the method that it requests.
func routerRule(r *recipe.Rule) string {
	var and []string
	if r.Host != "" {
		and = append(and, "Host(`"+r.Host+"`)")
	}
	if r.Method != "" {
		methods := []string{r.Method}
		if r.Method == "GET" {
			methods = append(methods, "HEAD") // as in http.ServeMux
		}
		var or []string
		for _, m := range methods {
			or = append(or, "Method(`"+m+"`)", "Method(`OPTIONS`) && Header(`Access-Control-Request-Method`, `"+m+"`)")
		}
		and = append(and, "("+strings.Join(or, " || ")+")")
	}
	switch {
	case r.Exact != "":
		and = append(and, "Path(`"+r.Exact+"`)")
	case r.Prefix != "":
		and = append(and, "PathPrefix(`"+r.Prefix+"`)")
	case r.Path != "":
		and = append(and, "PathRegexp(`"+r.Path+"`)")
	default:
		and = append(and, "PathPrefix(`/`)")
	}
	return strings.Join(and, " && ")
}

// authorizationRule returns the same rule for preflights that request Authorization.
func authorizationRule(r *recipe.Rule) string {
	return routerRule(r) + " && Method(`OPTIONS`) && HeaderRegexp(`Access-Control-Request-Headers`, `(?i)(^|,)[ \t]*authorization[ \t]*(,|$)`)"
}

// priority returns the priority of a rule's router: the first rule has the highest.
func priority(r *recipe.Rule) int { return 10000 - 2*r.Index }

// authorizationPriority returns the priority of the router for authorizationRule,
// which comes just before the rule's own.
func authorizationPriority(r *recipe.Rule) int { return priority(r) + 1 }
