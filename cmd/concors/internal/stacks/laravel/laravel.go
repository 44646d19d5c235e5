// Package laravel has the configuration of Laravel's middleware HandleCors, which passes
// it to fruitcake/php-cors. The limits are from its CorsService, on which the lines were once
// tested with concors verify.
package laravel

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is config/cors.php.
var Short = recipe.Stack{
	Name: "laravel", Title: "Laravel", Comment: "// ",
	Where:     "In config/cors.php, which php artisan config:publish cors makes (paths may be narrower, such as ['api/*']):",
	Templates: recipe.Folder(short, "short"),
	// Laravel encrypts its cookies, as base64 of {"iv":…. Others send an XSRF-TOKEN too, as
	// Spring and Angular's servers do. The session's name begins with that of the application.
	Signatures: []recipe.Signature{
		{Product: "Laravel", Header: "Set-Cookie", Cookie: "laravel_session", On: "PHP"},
		{Product: "Laravel", Header: "Set-Cookie", Cookie: "XSRF-TOKEN", CookieValue: "eyJpdiI6", On: "PHP"},
		{Product: "Laravel", Header: "Set-Cookie", Cookie: "*_session", CookieValue: "eyJpdiI6", On: "PHP"},
		{Product: "Laravel", Header: "Set-Cookie", Cookie: "*-session", CookieValue: "eyJpdiI6", On: "PHP"},
	},
	Functions: map[string]any{"laravelPatterns": patterns},
	Limits: recipe.ShortLimits(
		recipe.RefusesLowerCase, recipe.LosesOwnStatus,
		recipe.Lose(recipe.NoMaxAge, "browsers don't cache preflights: max_age is 0, Laravel's default"),
	),
}

// patterns returns regular expressions with PHP's delimiters.
func patterns(r *recipe.Rule) (out []string) {
	for _, p := range r.Patterns {
		out = append(out, `#\A`+p.Regexp()+`\z#`)
	}
	return out
}
