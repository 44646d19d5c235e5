// Package webpack has aliases for webpack's development server.
package webpack

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed alias/*.tmpl
var aliasTemplates embed.FS

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "webpack", Title: "webpack-dev-server", Verified: "5.2.7", Comment: "// ",
	Aliases:   []string{"webpack-dev-server"},
	Templates: recipe.Folder(aliasTemplates, "alias"),
}
