// Package azureappservice has the CORS setting of Azure App Service and Azure Functions.
package azureappservice

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the property of a site.
var Short = recipe.Stack{
	Name: "azure-app-service", Title: "Azure App Service and Functions", Comment: "// ",
	Where:     "In the Bicep file, under properties of Microsoft.Web/sites, in place of what the application sends (or: az webapp cors add --allowed-origins ORIGIN):",
	Templates: recipe.Folder(short, "short"),
	Limits: recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesPatterns, recipe.RefusesWebOnly,
		recipe.Refuse(recipe.At("methods", "", func(r *recipe.Rule) bool { return !r.Off && !(r.AnyMethod && r.AnyRequestHeader) }),
			"App Service allows its listed origins every method and every header: write methods: [\"*\"] and requestHeaders: [\"*\", Authorization] if that is acceptable, or let the application send the headers"),
		recipe.Lose(recipe.NamesExposed, "Access-Control-Expose-Headers can't be sent: turn this setting off, and let the application send all headers"),
		recipe.LosesOwnStatus),
}
