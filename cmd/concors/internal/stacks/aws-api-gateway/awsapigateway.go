// Package awsapigateway has recipes for the HTTP APIs of Amazon API Gateway. The
// limits are from the developer guide (http-api-cors) and the CloudFormation
// reference (AWS::ApiGatewayV2::Api Cors).
package awsapigateway

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
	Name: "aws-api-gateway", Title: "Amazon API Gateway (HTTP API)", Comment: "# ",
	Templates: templates,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Origins(recipe.OtherScheme), "only origins with http and https can be written: leave this one out"),
		recipe.Refuse(recipe.Origins(recipe.HostWildcard), "only exact origins can be written, not patterns: list the hosts"),
		recipe.Refuse(recipe.Origins(recipe.AnyPort), "any port can't be written: list the ports"),
		recipe.Refuse(recipe.Origins(recipe.IPv6), "an IPv6 address can't be written: use a host name"),
		recipe.Refuse(recipe.Origins(recipe.NotAccepted(validOrigin.MatchString)), "it is not known whether the service accepts an origin of this form: leave this one out"),
		recipe.Refuse(recipe.MoreOriginsThan(100), "an API can have 100 combinations of origin and port, and with this one there are more: remove some"),
		recipe.Refuse(recipe.At("origins", "*", recipe.AnyOriginWithCredentials), "the service does not accept any origin with credentials: list the origins"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.ExcludesAuthorization), "browsers read a wildcard for request headers as covering Authorization: list the headers, or add Authorization to the wildcard"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeaderWithCredentials), "with credentials, browsers do not accept a wildcard for request headers: list the headers"),
		recipe.Refuse(recipe.Route(recipe.Routed), "an HTTP API has one policy for all its routes: write one recipe per API"),
		recipe.Refuse(recipe.Embedding, "Cross-Origin-Resource-Policy needs a parameter mapping in each integration, and without it more sites could embed responses: let the integration send it"),
		recipe.Refuse(recipe.At("origins", "", recipe.NoOriginExceptNull), "a configuration without origins can't be written: leave it out"),
		recipe.Lose(recipe.SomeOrigins, "the documentation does not say whether Vary is sent: a cache in front may serve one origin the response for another, and its page is blocked. Add Origin to its cache key"),
		recipe.Lose(recipe.NullOrigin, "sandboxed frames are refused: it is untested whether the service accepts null"),
		recipe.Lose(recipe.MethodsOtherThan(methods), "methods other than GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS are refused: it is untested whether the service accepts them"),
		recipe.Lose(recipe.AnyMethodWithCredentials, "with credentials, browsers do not accept a wildcard for methods: GET, HEAD, POST, PUT, PATCH and DELETE are written, and other methods are refused"),
		recipe.Lose(recipe.StatusOtherThan(0), "the service chooses the status of preflight responses"),
		recipe.Lose(recipe.Timing, "Timing-Allow-Origin is not sent: let the integration send it"),
		recipe.Lose(recipe.AllowsEmbedding, "Cross-Origin-Resource-Policy is not sent: let the integration send it"),
		recipe.LosesReject,
	},
	Signatures: []recipe.Signature{
		{Product: "Amazon API Gateway", Word: "apigw", Proxy: true},
		{Product: "Amazon API Gateway", Header: "Apigw-Requestid", Proxy: true},
	},
}

var validOrigin = regexp.MustCompile(`^https?://[A-Za-z0-9._-]+(:[0-9]+)?$`)

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

//go:embed short/*.tmpl
var short embed.FS

// Short is the property of an API.
var Short = recipe.Stack{
	Name: "aws-api-gateway", Title: "Amazon API Gateway (HTTP API)", Comment: "# ",
	Where:     "In the template, under Properties of AWS::ApiGatewayV2::Api (in AWS SAM, of AWS::Serverless::HttpApi):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(append(recipe.Refusals(Stack.Limits),
		recipe.RefusesNull, recipe.LosesMethodsWithAuth, recipe.LosesOwnStatus,
		recipe.Refuse(recipe.Items("methods", func(m string) bool { return !slices.Contains(methods, m) }), "it is untested whether the service accepts this method: use another method"))...),
}
