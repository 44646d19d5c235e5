// Package django has recipes for Django.
package django

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "django", Title: "Django", Verified: "3.2", Comment: "# ",
	Templates:  templates,
	Ranges:     true,
	Limits:     []recipe.Limit{recipe.LosesSelf},
	Signatures: []recipe.Signature{{Product: "Django's development server", Word: "wsgiserver"}},
}

//go:embed short/*.tmpl
var short embed.FS

// Short is django-cors-headers.
var Short = recipe.Stack{
	Name: "django", Title: "Django with django-cors-headers", Verified: "django-cors-headers 3.14.0", Comment: "# ",
	Aliases:   []string{"django-cors-headers"},
	Where:     "In settings.py, with 'corsheaders' in INSTALLED_APPS and 'corsheaders.middleware.CorsMiddleware' first in MIDDLEWARE (pip install django-cors-headers):",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  &recipe.Defaults{Methods: recipe.UsualDefaults.Methods, Headers: []string{"Authorization", "Content-Type", "X-CSRFToken", "X-Requested-With"}},
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
		recipe.Refuse(recipe.At("requestHeaders", "*", recipe.AnyHeaderWithCredentials), "with credentials, browsers do not accept the wildcard that would be sent: list the headers"),
		recipe.Lose(recipe.StatusChosenOtherThan(200), "preflight responses have status 200"),
		recipe.LosesZeroMaxAge,
	}, recipe.OptionLimits...),
}
