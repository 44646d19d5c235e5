// Package gatewayapi has recipes for the Kubernetes Gateway API. The limits are from
// apis/v1/httproute_types.go of 1.6.1. The CORS filter is in the standard channel
// since 1.5.
package gatewayapi

import (
	"embed"
	"regexp"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "gateway-api", Title: "Kubernetes Gateway API", Comment: "# ",
	Templates: templates,
	Functions: map[string]any{"gatewayMethods": gatewayMethods},
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.OriginsOtherThan(validOrigin.MatchString, 64), "origins must be http or https, with one port or the default port, and a wildcard for whole labels only: part of a label, any port, IPv6 addresses, underscores, and more than 64 combinations of origin and port can't be written"),
		recipe.Refuse(recipe.ExcludesAuthorization, "for a wildcard in request headers, the gateway may respond with the requested headers, which would allow Authorization: list the headers, or add Authorization to the wildcard"),
		recipe.RefusesRoutes,
		recipe.Lose(recipe.Always, "each implementation treats CORS headers of the application differently: the application should send none"),
		recipe.Lose(recipe.NullOrigin, "sandboxed frames are refused: null can't be written"),
		recipe.Lose(recipe.MethodsOtherThan(methods), "only the methods of RFC 9110 and PATCH can be written: other methods are refused"),
		recipe.Lose(func(r *recipe.Rule) bool { return recipe.AnyHeader(r) && !r.Credentials }, "Authorization can't be listed beside a wildcard: whether browsers may send it depends on the implementation"),
		recipe.Lose(recipe.ZeroMaxAge, "browsers may cache preflights for one second: a shorter time can't be written"),
		recipe.Lose(recipe.StatusOtherThan(0), "the status of preflight responses is 200 or 204, depending on the implementation"),
		recipe.LosesTimingOfList,
		recipe.LosesReject,
	},
}

var validOrigin = regexp.MustCompile(`^https?://(\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+(:[0-9]{1,5})?$`)

var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

// gatewayMethods returns the allowed methods that can be written.
func gatewayMethods(r *recipe.Rule) []string {
	return slices.DeleteFunc(slices.Clone(r.MethodsOrWildcard()), func(m string) bool {
		return m != "*" && !slices.Contains(methods, m)
	})
}
