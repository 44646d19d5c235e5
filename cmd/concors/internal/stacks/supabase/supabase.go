// Package supabase has CORS for an edge function of Supabase.
package supabase

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the code around a function.
var Short = recipe.Stack{
	Name: "supabase", Title: "Supabase Edge Functions", Comment: "// ",
	Where:      "In the function, whose own handler is now called handle (supabase-js sends Authorization, apikey, X-Client-Info and Content-Type, which requestHeaders must list):",
	Templates:  recipe.Folder(short, "short"),
	Limits:     recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
	Signatures: []recipe.Signature{{Product: "Supabase Edge Functions", Header: "X-Sb-Edge-Region"}},
}
