// Package googlecloudstorage has the CORS configuration of buckets of Google Cloud Storage.
package googlecloudstorage

import (
	"embed"
	"slices"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is a bucket's configuration.
var Short = recipe.Stack{
	Name: "google-cloud-storage", Title: "Google Cloud Storage", Comment: "// ",
	Where:     "In cors.json, for gcloud storage buckets update gs://BUCKET --cors-file=cors.json:",
	Templates: recipe.Folder(short, "short"),
	Functions: map[string]any{"gcsHeaders": headers},
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesWebOnly,
		recipe.Refuse(recipe.At("credentials", "true", func(r *recipe.Rule) bool { return !r.Off && r.Credentials }), "a bucket sends no Access-Control-Allow-Credentials: let the page request without credentials, and sign the URLs"),
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeader), "a wildcard for request headers is not documented: list the headers"),
		recipe.Refuse(recipe.At("exposedHeaders", "*", func(r *recipe.Rule) bool { return !r.Off && slices.Contains(r.ExposedHeaders, "*") }),
			"Cloud Storage has one list for request and exposed headers, and a wildcard would allow every request header: list the headers"),
		recipe.LosesOwnStatus,
		recipe.Lose(recipe.NamesExposed, "Cloud Storage has one list: pages may also send the exposed headers as request headers")),
	Signatures: []recipe.Signature{
		{Product: "Google Cloud Storage", Header: "X-Goog-Storage-Class"},
		{Product: "Google Cloud Storage", Header: "X-Guploader-Uploadid"},
	},
}

// headers returns the request headers and the exposed headers.
func headers(r *recipe.Rule) []string {
	out := r.HeaderList()
	for _, name := range r.ExposedNames() {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
