// Package angular has aliases for Angular's development server.
package angular

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed alias/*.tmpl
var aliasTemplates embed.FS

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "angular", Title: "Angular's dev server", Comment: "// ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
}
