// Package ingressnginx has recipes for the Kubernetes controller ingress-nginx. The
// limits are from internal/ingress/annotations/cors/main.go,
// controller/template/template.go and nginx.tmpl of March 2026, its last version.
package ingressnginx

import (
	"embed"
	"regexp"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. The controller's responses do not name it.
var Stack = recipe.Stack{
	Name: "ingress-nginx", Title: "ingress-nginx", Comment: "# ",
	Templates: templates,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Origins(recipe.OtherScheme), "only origins with http and https can be written, and for an origin that the annotation does not accept, ingress-nginx would allow every origin: leave this one out"),
		recipe.Refuse(recipe.Origins(recipe.PartOfLabel), "a wildcard for a part of a label can't be written, and for an origin that the annotation does not accept, ingress-nginx would allow every origin: list the hosts"),
		recipe.Refuse(recipe.Origins(recipe.AnyPort), "any port can't be written, and for an origin that the annotation does not accept, ingress-nginx would allow every origin: list the ports"),
		recipe.Refuse(recipe.Origins(recipe.IPv6), "an IPv6 address can't be written, and for an origin that the annotation does not accept, ingress-nginx would allow every origin: use a host name"),
		recipe.Refuse(recipe.Origins(recipe.Underscore), "an underscore can't be written, and for an origin that the annotation does not accept, ingress-nginx would allow every origin: use another host name"),
		recipe.Refuse(recipe.Origins(recipe.NotAccepted(validOrigin.MatchString)), "this form of an origin can't be written, and for an origin that the annotation does not accept, ingress-nginx would allow every origin: leave this one out"),
		recipe.Refuse(recipe.MoreOriginsThan(64), "the annotation is for 64 combinations of origin and port at most, and with this one there are more: remove some"),
		recipe.Refuse(recipe.At("dangerouslyAllowNull", "true", recipe.NullOrigin), "null would allow every origin that ends in null, because ingress-nginx does not compare the beginning of an origin: leave it out"),
		recipe.Refuse(recipe.At("origins", "*", recipe.AnyOriginWithCredentials), "for any origin, ingress-nginx would send *, which browsers refuse with credentials: list the origins"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeader), "the annotation does not accept a wildcard for request headers, and would use its default, which allows Authorization: list the headers"),
		recipe.Refuse(recipe.Items("methods", func(name string) bool { return !validMethod.MatchString(name) }), "the annotation accepts only letters in a method, and would use its default, which allows more: use another method"),
		recipe.Refuse(recipe.Items("requestHeaders", notValidHeader), "the annotation accepts only letters, digits, '-' and '_' in a header's name, and would use its default, which allows more: use another name"),
		recipe.Refuse(recipe.Items("exposedHeaders", notValidHeader), "the annotation accepts only letters, digits, '-' and '_' in a header's name, and would use its default, which is none: use another name"),
		recipe.Refuse(recipe.Route(recipe.Routed), "the annotations apply to a whole Ingress: write one recipe for the Ingress of each path"),
		recipe.Refuse(recipe.Embedding, "Cross-Origin-Resource-Policy needs a configuration snippet, and without it more sites could embed responses: let the application send it"),
		recipe.Refuse(recipe.At("origins", "", recipe.NoOrigin), "without origins, the annotation would allow every origin: leave out enable-cors instead"),
		recipe.Lose(recipe.SomeOrigins, "ingress-nginx does not compare the beginning of an origin, and ignores case: an origin whose scheme ends in http or https would be allowed (no page has such an origin)"),
		recipe.Lose(recipe.SomeOrigins, "Vary: Origin is not sent: a cache in front may serve one origin the response for another, and its page is blocked. Let the application send Vary"),
		losesSubdomains,
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

var losesSubdomains = recipe.Lose(recipe.Subdomains, "a wildcard matches one label: deeper subdomains are refused")

var (
	validOrigin = regexp.MustCompile(`^https?://(\*\.)?[A-Za-z0-9.-]*[A-Za-z0-9-](:[0-9]+)?$`)
	validMethod = regexp.MustCompile(`^[A-Za-z]+$`)
	validHeader = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

func notValidHeader(name string) bool { return !validHeader.MatchString(name) }

//go:embed short/*.tmpl
var short embed.FS

// Short is annotations.
var Short = recipe.Stack{
	Name: "ingress-nginx", Title: "ingress-nginx", Comment: "# ",
	Where:     "In the metadata of the Ingress, under annotations:",
	Templates: recipe.Folder(short, "short"),
	Defaults:  &recipe.Defaults{Methods: recipe.UsualDefaults.Methods, Headers: []string{"Authorization", "Cache-Control", "Content-Type", "Range", "X-Requested-With"}},
	Limits:    recipe.ShortLimits(append(recipe.Refusals(Stack.Limits), recipe.LosesNoVary, losesSubdomains, recipe.LosesOtherMethods, recipe.LosesOwnStatus)...),
}
