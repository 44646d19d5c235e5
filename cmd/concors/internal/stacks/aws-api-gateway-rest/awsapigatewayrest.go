// Package awsapigatewayrest has what AWS SAM writes for the REST APIs of Amazon API Gateway:
// a method OPTIONS for each resource, and headers for the gateway's own errors.
package awsapigatewayrest

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the properties of an AWS::Serverless::Api.
var Short = recipe.Stack{
	Name: "aws-api-gateway-rest", Title: "Amazon API Gateway (REST API)", Comment: "# ",
	Where:     "In the AWS SAM template, under Properties of AWS::Serverless::Api (the function itself sends Access-Control-Allow-Origin; with a DefaultAuthorizer, set AddDefaultAuthorizerToCorsPreflight: false under Auth):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesSecondOrigin, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader,
		recipe.Lose(recipe.NamesExposed, "Access-Control-Expose-Headers is not written: let the function send it"),
		recipe.LosesOwnStatus),
	Signatures: []recipe.Signature{{Product: "Amazon API Gateway (REST API)", Header: "X-Amz-Apigw-Id", Proxy: true}},
}
