// Package awss3 has recipes for Amazon S3. The limits are from the API reference
// (CORSRule), the user guide (ManageCorsUsing), and measurements published by the
// authors of servers compatible with S3.
package awss3

import (
	"embed"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "aws-s3", Title: "Amazon S3", Comment: "# ",
	Templates: templates,
	Functions: map[string]any{"s3Origins": s3Origins, "s3ExposedHeaders": s3ExposedHeaders},
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.At("credentials", "false", func(r *recipe.Rule) bool {
			return recipe.SomeOrigins(r) && !r.Credentials && !recipe.CredentialsForSome(r)
		}), "S3 sends Access-Control-Allow-Credentials: true to every origin in a list: write credentials: true if that is acceptable, or allow any origin"),
		recipe.Refuse(recipe.At("origins", "*", recipe.AnyOriginWithCredentials), "for any origin, S3 would send *, which browsers refuse with credentials: list the origins"),
		recipe.Refuse(recipe.Origins(recipe.PartOfLabel), "the wildcard would match any characters, not only a part of a label: list the hosts"),
		recipe.Refuse(recipe.Origins(func(o string) bool { return recipe.HostWildcard(o) && recipe.AnyPort(o) }), "an origin can have one wildcard, not one in the host and one for the port: list the ports"),
		recipe.Refuse(recipe.Origins(recipe.NotAccepted(validOrigin.MatchString)), "it is not known whether S3 accepts an origin of this form: leave this one out"),
		recipe.Refuse(recipe.MoreOriginsThan(100), "a bucket can have 100 combinations of origin and port, and with this one there are more: remove some"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.ExcludesAuthorization), "for a wildcard in request headers, S3 responds with the requested headers, which would allow Authorization: list the headers, or add Authorization to the wildcard"),
		recipe.Refuse(recipe.Route(recipe.Routed), "a bucket has one policy for all its objects: write a policy without routes"),
		recipe.Refuse(recipe.Embedding, "S3 can't send Cross-Origin-Resource-Policy, and without it more sites could embed responses: use a CloudFront response headers policy"),
		recipe.Refuse(recipe.At("origins", "", recipe.NoOriginExceptNull), "a rule without origins can't be written: leave the bucket without CORS"),
		recipe.Lose(recipe.SomeOrigins, "Vary is sent only if the request has an Origin: a cache in front may store a response without CORS headers. Add Origin, Access-Control-Request-Method and Access-Control-Request-Headers to its cache key"),
		recipe.Lose(recipe.NullOrigin, "sandboxed frames are refused: it is untested whether S3 accepts null"),
		losesMethods,
		losesAnyMethod,
		losesExposed,
		recipe.Lose(recipe.StatusOtherThan(200), "preflight responses have status 200, or 403 for refused origins"),
		recipe.Lose(recipe.Timing, "Timing-Allow-Origin can't be sent"),
		recipe.Lose(recipe.AllowsEmbedding, "Cross-Origin-Resource-Policy can't be sent"),
		recipe.LosesReject,
	},
	Signatures: []recipe.Signature{
		{Product: "Amazon S3", Word: "amazons3"},
		{Product: "Amazon S3", Header: "X-Amz-Request-Id"},
	},
}

var validOrigin = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://(\*\.[^*]+|[^*]+(:\*)?)$`)

var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE"}

// s3Origins returns the origins as S3 compares them. A wildcard for any port needs
// the colon, so the origin without a port is a second entry.
func s3Origins(r *recipe.Rule) (out []string) {
	for _, o := range r.OriginList() {
		if host, anyPort := strings.CutSuffix(o, ":*"); anyPort {
			out = append(out, host)
		}
		out = append(out, o)
	}
	return out
}

// s3ExposedHeaders returns the exposed headers without "*", which S3 does not accept.
func s3ExposedHeaders(r *recipe.Rule) []string {
	return slices.DeleteFunc(slices.Clone(r.ExposedHeaders), func(name string) bool { return name == "*" })
}

//go:embed short/*.tmpl
var short embed.FS

// Short is what the console of S3 takes.
var Short = recipe.Stack{
	Name: "aws-s3", Title: "Amazon S3", Comment: "# ",
	Where:     "In the bucket, under Permissions, Cross-origin resource sharing (CORS):",
	Templates: recipe.Folder(short, "short"),
	Functions: Stack.Functions,
	Limits: recipe.ShortLimits(append(recipe.Refusals(Stack.Limits[1:]), // not for policies without credentials
		recipe.Lose(func(r *recipe.Rule) bool { return recipe.SomeOrigins(r) && !r.Credentials },
			"S3 always sends Access-Control-Allow-Credentials to listed origins, but reads no cookies"),
		recipe.RefusesNull, losesMethods, losesAnyMethod, losesExposed, recipe.LosesOwnStatus,
	)...),
}

// What the lists of a bucket can't hold.
var (
	losesMethods   = recipe.Lose(recipe.MethodsOtherThan(methods), "only GET, HEAD, POST, PUT and DELETE can be written: other methods are refused")
	losesAnyMethod = recipe.Lose(recipe.AnyMethod, "any method is written as GET, HEAD, POST, PUT and DELETE: other methods are refused")
	losesExposed   = recipe.Lose(func(r *recipe.Rule) bool { return !r.Off && slices.Contains(r.ExposedHeaders, "*") }, "exposedHeaders: a wildcard can't be written: list the headers")
)
