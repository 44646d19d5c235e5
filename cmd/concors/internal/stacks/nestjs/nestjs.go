// Package nestjs has the short form for NestJS.
package nestjs

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the method of a Nest application that uses the npm package cors.
var Short = recipe.Stack{
	Name: "nestjs", Title: "NestJS", Verified: "@nestjs/core 12.5.1", Comment: "// ",
	Aliases:   []string{"nest"},
	Where:     "In main.ts, between NestFactory.create and app.listen:",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Headers: recipe.AnyName},
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
	}, recipe.OptionLimits...),
}
