// Package ingressnginx has recipes for the Kubernetes controller ingress-nginx. The
// limits are from internal/ingress/annotations/cors/main.go,
// controller/template/template.go and nginx.tmpl of March 2026, its last version.
package ingressnginx

import (
	"embed"
	"regexp"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. The controller's responses do not name it.
var Stack = recipe.Stack{
	Name: "ingress-nginx", Title: "ingress-nginx", Comment: "# ",
	Templates: templates,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.OriginsOtherThan(validOrigin.MatchString, 64), "with an origin that its annotation does not accept, ingress-nginx allows every origin, with credentials: part of a label, any port, IPv6 addresses, underscores, a dot at the end of a host, schemes other than http and https, and more than 64 combinations of origin and port can't be written"),
		recipe.Refuse(recipe.NullOrigin, "null would allow every origin that ends in null, because ingress-nginx does not compare the beginning of an origin"),
		recipe.Refuse(recipe.AnyOriginWithCredentials, "any origin with credentials: ingress-nginx would send *, which browsers refuse"),
		recipe.Refuse(recipe.AnyHeader, "the annotation does not accept a wildcard for request headers, and would use its default, which allows Authorization: list the headers"),
		recipe.Refuse(invalidName, "for methods with other characters than letters, or headers with other characters than letters, digits, - and _, the annotations would use their defaults, which allow more"),
		recipe.Refuse(recipe.Routed, "the annotations apply to a whole Ingress: write one recipe for the Ingress of each path"),
		recipe.Refuse(recipe.RestrictsEmbedding, "Cross-Origin-Resource-Policy needs a configuration snippet, and without it more sites could embed responses: let the application send it"),
		recipe.Refuse(recipe.NoOrigin, "without origins, the annotation would allow every origin: leave out enable-cors instead"),
		recipe.Lose(recipe.SomeOrigins, "ingress-nginx does not compare the beginning of an origin, and ignores case: an origin whose scheme ends in http or https would be allowed (no page has such an origin)"),
		recipe.Lose(recipe.SomeOrigins, "Vary: Origin is not sent: a cache in front may serve one origin the response for another, and its page is blocked. Let the application send Vary"),
		recipe.Lose(recipe.Subdomains, "a wildcard matches one label: deeper subdomains are refused"),
		recipe.Lose(recipe.AnyMethod, "any method is written as GET, HEAD, POST, PUT, PATCH and DELETE: other methods are refused"),
		recipe.Lose(recipe.NoMaxAge, "browsers may cache preflights for 5 seconds, as they do without the header: the annotation's default is 20 days"),
		recipe.Lose(recipe.StatusOtherThan(204), "preflight responses have status 204"),
		recipe.Lose(recipe.SomeOrigins, "every OPTIONS request from an allowed origin is treated as a preflight, and every other OPTIONS request reaches the application"),
		recipe.Lose(recipe.AnyOrigin, "every OPTIONS request is treated as a preflight: none reaches the application"),
		recipe.Lose(recipe.Timing, "Timing-Allow-Origin is not sent: let the application send it"),
		recipe.Lose(recipe.AllowsEmbedding, "Cross-Origin-Resource-Policy is not sent: let the application send it"),
		recipe.LosesReject,
	},
}

var (
	validOrigin = regexp.MustCompile(`^https?://(\*\.)?[A-Za-z0-9.-]*[A-Za-z0-9-](:[0-9]+)?$`)
	validMethod = regexp.MustCompile(`^[A-Za-z]+$`)
	validHeader = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// invalidName reports whether an annotation would not accept a name.
func invalidName(r *recipe.Rule) bool {
	invalid := func(valid *regexp.Regexp) func(string) bool {
		return func(name string) bool { return name != "*" && !valid.MatchString(name) }
	}
	return !r.Off && (slices.ContainsFunc(r.Methods, invalid(validMethod)) ||
		slices.ContainsFunc(slices.Concat(r.RequestHeaders, r.ExposedHeaders), invalid(validHeader)))
}
