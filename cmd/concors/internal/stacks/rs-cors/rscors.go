// Package rscors has the short form for rs/cors.
package rscors

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the package rs/cors, around any http.Handler.
var Short = recipe.Stack{
	Name: "rs-cors", Title: "rs/cors", Verified: "rs/cors 1.11.1", Comment: "// ",
	Aliases:   []string{"rs/cors"},
	Where:     "Around the handler that the server gets (import \"github.com/rs/cors\"):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Methods: recipe.NoOthers, Headers: []string{"Content-Type", "X-Requested-With"}},
	Limits: append([]recipe.Limit{
		recipe.LosesOtherMethods,
		recipe.AlsoAllowsOPTIONS,
	}, recipe.OptionLimits...),
}
