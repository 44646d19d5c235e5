// Package firebasehosting has headers for the files of Firebase Hosting.
package firebasehosting

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the headers of firebase.json.
var Short = recipe.Stack{
	Name: "firebase-hosting", Title: "Firebase Hosting", Comment: "// ",
	Where:     "In firebase.json, under hosting:",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesPreflights("files respond to GET and HEAD alone, so a request that needs a preflight fails: send it to a function (--for firebase-functions)"),
		recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesSecondOrigin, recipe.LosesOwnStatus),
}
