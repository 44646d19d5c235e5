// Package meteor has the short form for Meteor 3 with the npm package cors.
package meteor

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the npm package cors in front of Meteor 3.
var Short = recipe.Stack{
	Name: "meteor", Title: "Meteor 3 with the npm package cors", Verified: "", Comment: "// ",
	Where:     "In server/main.js (meteor npm install cors):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
	}, recipe.OptionLimits...),
}
