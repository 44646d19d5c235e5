package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// apacheSites are what goes into Apache's configuration, of which people mostly
// have the part in .htaccess. ROOT is the folder that is served, BACKEND an
// application without CORS, PASSWORDS a file for AuthUserFile.
var apacheSites = []site{
	{
		name:   "Header set",
		config: `Header set Access-Control-Allow-Origin "http://localhost:3000"`,
		rows: []row{
			{name: "a simple request is let in", path: "/notes.json", status: 200},
			{name: "another origin is not", page: stranger, path: "/notes.json", status: 200, reason: reason.AllowOriginMismatch},
			{name: "credentials want a second header", path: "/notes.json", include: true, status: 200,
				reason: reason.InvalidAllowCredentials},
			// Header set is for successes. Errors, and redirects too, want always.
			{name: "a 404 loses the header", path: "/gone.json", status: 404, reason: reason.MissingAllowOriginHeader},
			{name: "a redirect loses it as well", path: "/folder", status: 301, reason: reason.MissingAllowOriginHeader},
			// Unlike nginx, Apache answers OPTIONS for a file, and happily: what
			// is missing is the list of methods or headers.
			{name: "a preflight for a method", method: "DELETE", path: "/notes.json", status: 200,
				reason: reason.MethodDisallowedByPreflightResponse},
			{name: "a preflight for a header", header: bearer, path: "/notes.json", status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
			// Nothing needs leave here, and a file takes a POST as it does a GET.
			{name: "a form's POST is simple", method: "POST", body: fetch.TextBody("hello"), path: "/notes.json", status: 200},
		},
	},
	{
		name:   "Header always set",
		config: `Header always set Access-Control-Allow-Origin "http://localhost:3000"`,
		rows: []row{
			{name: "a 404 can be read", path: "/gone.json", status: 404},
			{name: "a redirect is followed", path: "/folder", status: 200},
		},
	},
	{
		// always is a second table of headers, and not a wider first one.
		name: "Header set and Header always set",
		config: `Header set Access-Control-Allow-Origin "*"
			Header always set Access-Control-Allow-Origin "*"`,
		rows: []row{
			{name: "a success has it twice", path: "/notes.json", status: 200,
				reason: reason.MultipleAllowOriginValues, value: "*, *"},
			{name: "and an error once", path: "/gone.json", status: 404},
		},
	},
	{
		name: "the application says it too",
		config: `ProxyPass /set/ BACKEND/open/
			ProxyPass /always/ BACKEND/open/
			<Location /set/>
				Header set Access-Control-Allow-Origin "http://localhost:3000"
			</Location>
			<Location /always/>
				Header always set Access-Control-Allow-Origin "http://localhost:3000"
			</Location>`,
		rows: []row{
			{name: "Header set replaces it", path: "/set/", status: 200},
			{name: "Header always set does not", path: "/always/", status: 200, reason: reason.MultipleAllowOriginValues},
		},
	},
	{
		// The usual snippet for preflights: a rewrite that answers them.
		name: "preflights by mod_rewrite",
		config: `<Directory "ROOT">
				Header always set Access-Control-Allow-Origin "http://localhost:3000"
				Header always set Access-Control-Allow-Methods "POST, GET, OPTIONS, DELETE, PUT"
				Header always set Access-Control-Allow-Headers "x-requested-with, Content-Type, origin, authorization, accept, client-security-token"
				RewriteEngine On
				RewriteCond %{REQUEST_METHOD} OPTIONS
				RewriteRule ^(.*)$ $1 [R=200,L]
			</Directory>`,
		rows: []row{
			{name: "a listed header", header: bearer, path: "/notes.json", status: 200},
			{name: "a header that is not", header: apiKey, path: "/notes.json", status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
			// The preflight is answered for any path and promises DELETE; the
			// file then refuses, and the page may read that.
			{name: "what a preflight promises", method: "DELETE", path: "/notes.json", status: 405},
		},
	},
	{
		name: "an allowlist by SetEnvIf",
		config: `SetEnvIf Origin "^http://(localhost:3000|admin\.example)$" CORS=$0
			<Location />
				Header always set Access-Control-Allow-Origin %{CORS}e env=CORS
				Header always set Access-Control-Allow-Credentials true env=CORS
				Header always merge Vary Origin
			</Location>`,
		rows: []row{
			{name: "the app, with credentials", path: "/notes.json", include: true, status: 200},
			{name: "a stranger gets no header at all", page: stranger, path: "/notes.json", status: 200,
				reason: reason.MissingAllowOriginHeader},
			{name: "nor does one who looks alike", page: lookalike, path: "/notes.json", status: 200,
				reason: reason.MissingAllowOriginHeader},
		},
	},
	{
		// Without env= the header is there always, and an unset variable is
		// written out.
		name: "SetEnvIf without env=",
		config: `SetEnvIf Origin "localhost|admin" CORS=$0
			Header always set Access-Control-Allow-Origin %{CORS}e`,
		rows: []row{
			// $0 is what matched, which is the origin only if all of it did.
			{name: "part of the origin is none", path: "/notes.json", status: 200,
				reason: reason.InvalidAllowOriginValue, value: "localhost"},
			{name: "no match is (null)", page: "https://other.example", path: "/notes.json", status: 200,
				reason: reason.InvalidAllowOriginValue, value: "(null)"},
		},
	},
	{
		name: "star and credentials",
		config: `Header always set Access-Control-Allow-Origin "*"
			Header always set Access-Control-Allow-Credentials "true"
			Header always set Access-Control-Allow-Headers "*"`,
		rows: []row{
			{name: "the page asks without", path: "/notes.json", status: 200},
			{name: "the page asks with", path: "/notes.json", include: true, status: 200,
				reason: reason.WildcardOriginNotAllowed, value: "*"},
			{name: "the page asks with, after a preflight", path: "/notes.json", header: apiKey, include: true, status: 200,
				reason: reason.PreflightWildcardOriginNotAllowed},
			{name: "Authorization is not covered", path: "/notes.json", header: bearer, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse, but: byBrowsers},
		},
	},
	{
		name: "True with a capital",
		config: `Header always set Access-Control-Allow-Origin "http://localhost:3000"
			Header always set Access-Control-Allow-Credentials "True"`,
		rows: []row{
			{name: "only true is true", path: "/notes.json", include: true, status: 200,
				reason: reason.InvalidAllowCredentials, value: "True"},
		},
	},
	{
		name:   "a slash at the end",
		config: `Header always set Access-Control-Allow-Origin "http://localhost:3000/"`,
		rows: []row{
			{name: "is not the origin", path: "/notes.json", status: 200,
				reason: reason.AllowOriginMismatch, value: "http://localhost:3000/"},
		},
	},
	{
		name: "a password asked of everyone",
		config: `Header always set Access-Control-Allow-Origin "http://localhost:3000"
			Header always set Access-Control-Allow-Headers "authorization"
			<Location />
				AuthType Basic
				AuthName notes
				AuthUserFile PASSWORDS
				Require valid-user
			</Location>
			<Location /folder>
				Require method OPTIONS
				Require valid-user
			</Location>`,
		rows: []row{
			{name: "the preflight gets a 401", path: "/notes.json", status: 401, reason: reason.PreflightInvalidStatus,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
			{name: "Require method OPTIONS lets it by", path: "/folder/", status: 200,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
		},
	},
	{
		name:   "no CORS at all",
		config: ``,
		rows: []row{
			{name: "a cross-origin read", path: "/notes.json", status: 200, reason: reason.MissingAllowOriginHeader},
			{name: "its own page", page: "http://self", path: "/notes.json", status: 200},
			{name: "a preflight", method: "PUT", path: "/notes.json", status: 200,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "no-cors gets through and sees nothing", mode: fetch.ModeNoCORS, path: "/notes.json", status: 200,
				reason: reason.OpaqueResponseBlocked, but: byBrowsers},
		},
	},
}

func TestApache(t *testing.T) {
	apache := need(t, "apache2", "httpd")
	for _, s := range apacheSites {
		t.Run(s.name, func(t *testing.T) {
			judge(t, startApache(t, apache, s.config), s.rows)
		})
	}
}

// apacheModules are those that a distribution's configuration loads.
var apacheModules = []string{
	"mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "mime", "dir",
	"headers", "setenvif", "rewrite", "proxy", "proxy_http", "ssl",
}

func startApache(t *testing.T, program, config string) string {
	dir := tempDir(t)
	root := siteFiles(t, dir)
	config = strings.NewReplacer(
		"ROOT", root,
		"BACKEND", backend(t),
		// The password is b.
		"PASSWORDS", write(t, dir, "passwords", "a:{SHA}6dcfXufJLW3J6S/9rRe4vUlBj5g=\n"),
	).Replace(config)
	var modules strings.Builder
	for _, name := range apacheModules {
		file := "mod_" + name + ".so"
		// Debian's place, and others'.
		var found []string
		for _, place := range []string{"/usr/lib/apache2/modules/", "/usr/lib*/httpd/modules/", "/usr/libexec/apache2/"} {
			more, _ := filepath.Glob(place + file)
			found = append(found, more...)
		}
		if len(found) == 0 {
			t.Fatalf("Apache is installed, and its %s is nowhere that this test looks", file)
		}
		modules.WriteString("LoadModule " + name + "_module " + found[0] + "\n")
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "User #65534\nGroup #65534" // nobody: it refuses to serve as root
	}
	return serveAt(t, dir, func(address string) []string {
		file := write(t, dir, "httpd.conf", modules.String()+user+`
			ServerRoot "`+dir+`"
			DefaultRuntimeDir "`+dir+`"
			PidFile "`+dir+`/pid"
			Mutex file:`+dir+`
			ErrorLog "|/bin/cat"
			ServerName 127.0.0.1
			Listen `+address+`
			TypesConfig /dev/null
			AddType application/json .json
			AddType text/html .html
			DocumentRoot "`+root+`"
			<Directory "`+root+`">
				Require all granted
			</Directory>
			`+config+"\n")
		return []string{program, "-D", "FOREGROUND", "-f", file}
	})
}
