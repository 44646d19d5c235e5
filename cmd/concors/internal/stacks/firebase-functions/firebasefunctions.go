// Package firebasefunctions has CORS for HTTP functions of Firebase.
package firebasefunctions

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the npm package cors around a function.
var Short = recipe.Stack{
	Name: "firebase-functions", Title: "Firebase Cloud Functions", Comment: "// ",
	Where:      "In the file of the function, whose own handler is now called handle (npm install cors; the option cors of onRequest would allow every request header):",
	Templates:  recipe.Folder(short, "short"),
	Defaults:   recipe.UsualDefaults,
	Limits:     recipe.ShortLimits(recipe.RefusesNull, recipe.LosesMethodsWithAuth, recipe.RefusesAnyHeader),
	Signatures: []recipe.Signature{{Product: "Google Cloud Functions", Header: "Function-Execution-Id"}},
}
