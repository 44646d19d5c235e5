// Package sveltekit has the short form for SvelteKit.
package sveltekit

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a hook.
var Short = recipe.Stack{
	Name: "sveltekit", Title: "SvelteKit", Verified: "", Comment: "// ",
	Aliases:    []string{"svelte-kit"},
	Where:      "In src/hooks.server.js; SvelteKit refuses form posts from other origins unless csrf.trustedOrigins in its configuration lists them:",
	Templates:  recipe.Folder(short, "short"),
	Ranges:     true,
	Signatures: []recipe.Signature{{Product: "SvelteKit", Header: "X-Sveltekit-Page"}},
	Limits: append([]recipe.Limit{
		recipe.Refuse(recipe.At("methods", "*", recipe.AnyMethodWithCredentials), "with credentials, browsers do not accept a wildcard for methods: list the methods"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeaderWithCredentials), "with credentials, browsers do not accept the wildcard that would be sent: list the headers"),
	}, recipe.OptionLimits...),
}
