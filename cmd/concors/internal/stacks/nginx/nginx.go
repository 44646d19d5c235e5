// Package nginx has recipes for nginx.
package nginx

import (
	"embed"
	"regexp"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/internal/grant"
)

//go:embed *.tmpl
var templates embed.FS

//go:embed alias/*.tmpl
var aliasTemplates embed.FS

// Stack writes policies.
var Stack = recipe.Stack{
	Name: "nginx", Title: "nginx", Verified: "1.22", Comment: "# ",
	Templates: templates,
	Functions: map[string]any{"routePrefix": routePrefix, "hashSize": hashSize, "bucketSize": bucketSize, "inTable": inTable, "mapRegexps": mapRegexps},
	Ranges:    true, SomeCredentials: true,
	OnErrors: "add_header Access-Control-Allow-Origin %s always;",
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.RouteLongerThan(3900)), "nginx reads parameters of up to 4,095 characters, and the regular expression of the route would be longer: shorten the path"),
		recipe.LosesReject,
	},
	Signatures: []recipe.Signature{
		{Product: "nginx", Word: "nginx", Proxy: true},
		{Product: "OpenResty (nginx)", Word: "openresty", Proxy: true},
	},
}

// Alias writes aliases.
var Alias = recipe.Stack{
	Name: "nginx", Title: "nginx", Verified: "1.22", Comment: "# ",
	Templates: recipe.Folder(aliasTemplates, "alias"),
}

//go:embed secret/*.tmpl
var secretTemplates embed.FS

// Secret writes routes with a secret.
var Secret = recipe.Stack{
	Name: "nginx", Title: "nginx", Verified: "1.22", Comment: "# ",
	Templates: recipe.Folder(secretTemplates, "secret"),
	Functions: map[string]any{"hostname": hostname, "identifier": identifier, "effective": func() []string { return effective }},
	Limits: []recipe.Limit{
		recipe.Lose(recipe.Always, "nginx can remove headers of the API's responses only by name: the list has those that change what a browser does, and all others reach the page"),
		recipe.Lose(recipe.Always, "the value of the secret can't have quotes, backslashes, dollar signs or characters outside of ASCII"),
	},
}

// effective are the response headers that change what a browser does with a site, or
// that the route sends itself.
var effective = append(grant.CORSHeaders(),
	"Access-Control-Allow-Private-Network", "Set-Cookie", "Set-Cookie2", "Location", "Refresh", "WWW-Authenticate", "Clear-Site-Data", "Service-Worker-Allowed", "Link",
	"Strict-Transport-Security", "Public-Key-Pins", "Alt-Svc", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
	"Report-To", "Reporting-Endpoints", "NEL", "SourceMap", "X-SourceMap", "X-Frame-Options", "X-Content-Type-Options",
	"Timing-Allow-Origin", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy-Report-Only",
	"Cross-Origin-Embedder-Policy", "Cross-Origin-Embedder-Policy-Report-Only", "Origin-Agent-Cluster", "Permissions-Policy",
	"Permissions-Policy-Report-Only", "Document-Policy", "Feature-Policy", "Referrer-Policy", "Accept-CH", "Critical-CH", "Speculation-Rules",
	"Supports-Loading-Mode", "Observe-Browsing-Topics", "Set-Login", "Activate-Storage-Access", "Integrity-Policy",
	"Integrity-Policy-Report-Only", "Use-As-Dictionary", "No-Vary-Search", "Cache-Control", "Expires", "Pragma", "Age", "ETag",
	"Last-Modified", "Vary", "Server-Timing", "X-Powered-By", "X-XSS-Protection", "X-DNS-Prefetch-Control", "X-Robots-Tag")

// hostname returns a host without its port.
func hostname(host string) string { return port.ReplaceAllString(host, "") }

var port = regexp.MustCompile(`:\d+$`)

// identifier returns a path as a part of a name.
func identifier(path string) string { return notIdentifier.ReplaceAllString(path, "_") }

var notIdentifier = regexp.MustCompile(`[^A-Za-z0-9]+`)

// hashSize and bucketSize return values of map_hash_max_size and map_hash_bucket_size
// with which nginx can build a map of all exact origins, and builds it at the first try.
func hashSize(p *recipe.Plan) int {
	keys := 0
	for _, r := range p.WithCORS() {
		keys += len(r.Origins)
	}
	return powerOfTwo(max(2048, 2*keys))
}

func bucketSize(p *recipe.Plan) int {
	longest := 0
	for _, r := range p.WithCORS() {
		for _, o := range r.Origins {
			longest = max(longest, len(routePrefix(p, r)+o))
		}
	}
	// A bucket has room for several keys, each with a pointer, its length and padding.
	return powerOfTwo(max(512, 2*(longest+32)))
}

// inTable returns the origins of a rule that are plain keys of a map: those of a long
// list, in lower case. All others are regular expressions ([mapRegexps]).
func inTable(r *recipe.Rule) (out []string) {
	for _, o := range r.Origins {
		if r.ManyOrigins() && o == strings.ToLower(o) {
			out = append(out, o)
		}
	}
	return out
}

func mapRegexps(r *recipe.Rule) (out []string) {
	for i, form := range r.OriginRegexps() {
		if i >= len(r.Origins) || !r.ManyOrigins() || r.Origins[i] != strings.ToLower(r.Origins[i]) {
			out = append(out, form)
		}
	}
	return out
}

func powerOfTwo(atLeast int) int {
	n := 1
	for n < atLeast {
		n *= 2
	}
	return n
}

// routePrefix returns what the keys of a map begin with, so that they match only
// requests on the route of a rule: "" if there are no routes.
func routePrefix(p *recipe.Plan, r *recipe.Rule) string {
	if len(p.Rules) == 1 {
		return ""
	}
	return r.Name() + ":"
}

//go:embed short/*.tmpl
var short embed.FS

// Short is directives of a server.
var Short = recipe.Stack{
	Name: "nginx", Title: "nginx", Verified: "1.22", Comment: "# ",
	Where:     "In the server block, and again in each location that has its own add_header (it drops these), in place of every add_header Access-Control-… there:",
	Templates: recipe.Folder(short, "short"),
	Replaces:  true,
	Limits:    recipe.ShortLimits(recipe.RefusesNull, recipe.RefusesAnyMethod, recipe.RefusesAnyHeader),
}
