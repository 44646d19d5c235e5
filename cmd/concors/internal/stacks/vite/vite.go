// Package vite has aliases for Vite's development server. A policy is not written for
// it: development servers need none.
package vite

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed alias/*.tmpl
var aliasTemplates embed.FS

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "vite", Title: "Vite's dev server", Verified: "8.3", Comment: "// ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
}

//go:embed short/*.tmpl
var short embed.FS

// Short is the option server.cors.
var Short = recipe.Stack{
	Name: "vite", Title: "Vite's dev server", Verified: "vite 8.3.8", Comment: "// ",
	Where:     "In vite.config.js, in the object for defineConfig; for a built site, configure the server that serves it:",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
	}, recipe.OptionLimits...),
}
