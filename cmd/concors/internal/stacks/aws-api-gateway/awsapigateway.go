// Package awsapigateway has recipes for the HTTP APIs of Amazon API Gateway. The
// limits are from the developer guide (http-api-cors) and the CloudFormation
// reference (AWS::ApiGatewayV2::Api Cors).
package awsapigateway

import (
	"embed"
	"regexp"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "aws-api-gateway", Title: "Amazon API Gateway (HTTP API)", Comment: "# ",
	Templates: templates,
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.OriginsOtherThan(validOrigin.MatchString, 100), "origins must be exact, and http or https: patterns other than *, any port, IPv6 addresses, other schemes, and more than 100 combinations of origin and port can't be written"),
		recipe.Refuse(recipe.AnyOriginWithCredentials, "the service does not accept any origin with credentials"),
		recipe.Refuse(recipe.ExcludesAuthorization, "browsers read a wildcard for request headers as covering Authorization: list the headers, or add Authorization to the wildcard"),
		recipe.Refuse(recipe.AnyHeaderWithCredentials, "with credentials, browsers do not accept a wildcard for request headers: list the headers"),
		recipe.Refuse(recipe.Routed, "an HTTP API has one policy for all its routes: write one recipe per API"),
		recipe.Refuse(recipe.RestrictsEmbedding, "Cross-Origin-Resource-Policy needs a parameter mapping in each integration, and without it more sites could embed responses: let the integration send it"),
		recipe.Refuse(recipe.NoOriginExceptNull, "a configuration without origins can't be written: leave it out"),
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
