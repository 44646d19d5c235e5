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
		recipe.Refuse(recipe.Origins(recipe.OtherScheme), "only origins with http and https can be written: leave this one out"),
		recipe.Refuse(recipe.Origins(recipe.PartOfLabel), "a wildcard for a part of a label can't be written: list the hosts"),
		recipe.Refuse(recipe.Origins(recipe.AnyPort), "any port can't be written: list the ports"),
		recipe.Refuse(recipe.Origins(recipe.IPv6), "an IPv6 address can't be written: use a host name"),
		recipe.Refuse(recipe.Origins(recipe.Underscore), "an underscore can't be written: use another host name"),
		recipe.Refuse(recipe.Origins(recipe.NotAccepted(validOrigin.MatchString)), "the schema of the resource does not accept this form of an origin: leave this one out"),
		recipe.Refuse(recipe.MoreOriginsThan(64), "the filter can have 64 combinations of origin and port, and with this one there are more: remove some"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.ExcludesAuthorization), "for a wildcard in request headers, the gateway may respond with the requested headers, which would allow Authorization: list the headers, or add Authorization to the wildcard"),
		recipe.RefusesRoutes,
		recipe.Lose(recipe.Always, "each implementation treats CORS headers of the application differently: the application should send none"),
		recipe.Lose(recipe.NullOrigin, "sandboxed frames are refused: null can't be written"),
		losesMethods,
		losesAuthorization,
		losesZeroMaxAge,
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

//go:embed short/*.tmpl
var short embed.FS

// Short is a filter.
var Short = recipe.Stack{
	Name: "gateway-api", Title: "Kubernetes Gateway API", Comment: "# ",
	Where:     "In the rule of the HTTPRoute:",
	Templates: recipe.Folder(short, "short"),
	Functions: Stack.Functions,
	Limits: recipe.ShortLimits(append(recipe.Refusals(Stack.Limits),
		recipe.RefusesNull, losesMethods, losesAuthorization, losesZeroMaxAge, recipe.LosesOwnStatus)...),
}

// What the filter can't hold.
var (
	losesMethods       = recipe.Lose(recipe.MethodsOtherThan(methods), "only the methods of RFC 9110 and PATCH can be written: other methods are refused")
	losesAuthorization = recipe.Lose(func(r *recipe.Rule) bool { return recipe.AnyHeader(r) && !r.Credentials }, "Authorization can't be listed beside a wildcard: whether browsers may send it depends on the implementation")
	losesZeroMaxAge    = recipe.Lose(recipe.ZeroMaxAge, "browsers may cache preflights for one second: a shorter time can't be written")
)
