// Package flask has recipes for Flask and other WSGI applications.
package flask

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "flask", Title: "Flask", Verified: "2.2", Comment: "# ",
	Templates:  templates,
	Ranges:     true,
	Limits:     []recipe.Limit{recipe.LosesSelf},
	Signatures: []recipe.Signature{{Product: "Flask's Werkzeug", Word: "werkzeug"}},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the extension flask-cors.
var Short = recipe.Stack{
	Name: "flask", Title: "Flask with flask-cors", Verified: "flask-cors 3.0.10", Comment: "# ",
	Aliases:   []string{"flask-cors"},
	Where:     "In the file that creates the app (pip install flask-cors):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Functions: map[string]any{"looksLikeRegexp": looksLikeRegexp},
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.RefusesLowerCase,
		recipe.LosesOtherMethods,
		recipe.Lose(recipe.StatusChosenOtherThan(200), "preflight responses have status 200"),
		recipe.LosesVaryOfRefused,
	}, recipe.OptionLimits...),
}

// looksLikeRegexp reports whether flask-cors would read an origin in a list as a regular
// expression, as it does with an IPv6 address.
func looksLikeRegexp(r *recipe.Rule) bool { return slices.ContainsFunc(r.Origins, recipe.IPv6) }
