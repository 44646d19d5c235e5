// Package awscloudfront has the response headers policies of Amazon CloudFront.
package awscloudfront

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a response headers policy.
var Short = recipe.Stack{
	Name: "aws-cloudfront", Title: "Amazon CloudFront", Comment: "# ",
	Where:     "In the template, under Properties of AWS::CloudFront::ResponseHeadersPolicy, which the cache behavior names (its AllowedMethods must have OPTIONS, and the origin must respond to it):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesWebOnly,
		recipe.RefusesAnyHeader,
		recipe.Refuse(recipe.Items("methods", func(m string) bool { return !slices.Contains(methods, m) }), "the policy has a fixed list of methods, without this one: use another method"),
		recipe.LosesOwnStatus),
	Signatures: []recipe.Signature{
		{Product: "CloudFront", Word: "cloudfront", Proxy: true, Edge: true},
		{Product: "CloudFront", Word: "(cloudfront)", Proxy: true, Edge: true}, // in Via
		{Product: "CloudFront", Header: "X-Amz-Cf-Id", Proxy: true, Edge: true},
	},
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
