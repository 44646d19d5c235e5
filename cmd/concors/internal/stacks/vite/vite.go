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
