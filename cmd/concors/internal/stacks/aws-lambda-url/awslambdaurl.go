// Package awslambdaurl has the CORS settings of function URLs of AWS Lambda.
package awslambdaurl

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the property of a function URL.
var Short = recipe.Stack{
	Name: "aws-lambda-url", Title: "AWS Lambda function URL", Comment: "# ",
	Where:     "In the template, under Properties of AWS::Lambda::Url, in place of what the function sends (in AWS SAM, under FunctionUrlConfig):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesWebOnly,
		recipe.RefusesAnyHeader, recipe.LosesMethodsWithAuth,
		recipe.Refuse(recipe.Items("methods", func(m string) bool { return !slices.Contains(methods, m) }), "a function URL has a fixed list of methods, without this one: use another method"),
		recipe.LosesOwnStatus),
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
