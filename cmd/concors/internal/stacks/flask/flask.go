// Package flask has recipes for Flask and other WSGI applications.
package flask

import (
	"embed"

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
