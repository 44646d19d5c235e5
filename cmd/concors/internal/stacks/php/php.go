// Package php has recipes for PHP.
package php

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "php", Title: "PHP", Verified: "8.2", Comment: "// ",
	Templates:  templates,
	Ranges:     true,
	Limits:     []recipe.Limit{recipe.LosesSelf},
	Signatures: []recipe.Signature{{Product: "PHP", Word: "php"}},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is calls of header.
var Short = recipe.Stack{
	Name: "php", Title: "PHP", Verified: "8.2", Comment: "// ",
	Where:     "At the top of the script that every request runs (index.php), above the login check:",
	Templates: recipe.Folder(short, "short"),
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
