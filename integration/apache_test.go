package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// apacheSites contains parts of Apache's configuration, which many people write in
// .htaccess. ROOT is the folder that is served, BACKEND an application without
// CORS, and PASSWORDS a file for AuthUserFile.
var apacheSites = []site{
	{
		name:   "Header set",
		config: `Header set Access-Control-Allow-Origin "http://localhost:3000"`,
		rows: []row{
			{name: "a simple request is allowed", path: "/notes.json", status: 200},
			{name: "another origin is refused", page: foreign, path: "/notes.json", status: 200, reason: reason.AllowOriginMismatch},
			{name: "credentials need a second header", path: "/notes.json", include: true, status: 200,
				reason: reason.InvalidAllowCredentials},
			// Without always, Header set applies neither to errors nor to redirects.
			{name: "a 404 loses the header", path: "/gone.json", status: 404, reason: reason.MissingAllowOriginHeader},
			{name: "a redirect loses the header", path: "/folder", status: 301, reason: reason.MissingAllowOriginHeader},
			// Unlike nginx, Apache responds to OPTIONS for a file with 200. The
			// lists of methods and headers are missing.
			{name: "a preflight for a method", method: "DELETE", path: "/notes.json", status: 200,
				reason: reason.MethodDisallowedByPreflightResponse},
			{name: "a preflight for a header", header: bearer, path: "/notes.json", status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
			// This needs no preflight, and a POST of a file is like a GET.
			{name: "a form's POST is a simple request", method: "POST", body: fetch.TextBody("hello"), path: "/notes.json", status: 200},
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
		// Headers with always are a second table, which does not replace the first.
		name: "Header set and Header always set",
		config: `Header set Access-Control-Allow-Origin "*"
			Header always set Access-Control-Allow-Origin "*"`,
		rows: []row{
			{name: "a success has the header twice", path: "/notes.json", status: 200,
				reason: reason.MultipleAllowOriginValues, value: "*, *"},
			{name: "an error has the header once", path: "/gone.json", status: 404},
		},
	},
	{
		name: "Apache and the application both send the header",
		config: `ProxyPass /set/ BACKEND/open/
			ProxyPass /always/ BACKEND/open/
			<Location /set/>
				Header set Access-Control-Allow-Origin "http://localhost:3000"
			</Location>
			<Location /always/>
				Header always set Access-Control-Allow-Origin "http://localhost:3000"
			</Location>`,
		rows: []row{
			{name: "Header set replaces the application's header", path: "/set/", status: 200},
			{name: "Header always set does not replace it", path: "/always/", status: 200, reason: reason.MultipleAllowOriginValues},
		},
	},
	{
		// A common snippet: a rewrite that responds to preflights.
		name: "preflights with mod_rewrite",
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
			{name: "a header that is not listed", header: apiKey, path: "/notes.json", status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
			// The preflight of any path allows DELETE. A file does not support it,
			// and the page can read the 405.
			{name: "a method that the preflight allows and the file does not support", method: "DELETE", path: "/notes.json", status: 405},
		},
	},
	{
		name: "an allowlist with SetEnvIf",
		config: `SetEnvIf Origin "^http://(localhost:3000|admin\.example)$" CORS=$0
			<Location />
				Header always set Access-Control-Allow-Origin %{CORS}e env=CORS
				Header always set Access-Control-Allow-Credentials true env=CORS
				Header always merge Vary Origin
			</Location>`,
		rows: []row{
			{name: "the app, with credentials", path: "/notes.json", include: true, status: 200},
			{name: "a foreign origin gets no header", page: foreign, path: "/notes.json", status: 200,
				reason: reason.MissingAllowOriginHeader},
			{name: "a near miss gets no header", page: nearMiss, path: "/notes.json", status: 200,
				reason: reason.MissingAllowOriginHeader},
		},
	},
	{
		// Without env= the header is always sent, and an unset variable is sent
		// as (null).
		name: "SetEnvIf without env=",
		config: `SetEnvIf Origin "localhost|admin" CORS=$0
			Header always set Access-Control-Allow-Origin %{CORS}e`,
		rows: []row{
			// $0 is the part that matched, which is not always the whole origin.
			{name: "a part of the origin is not an origin", path: "/notes.json", status: 200,
				reason: reason.InvalidAllowOriginValue, value: "localhost"},
			{name: "without a match, the value is (null)", page: "https://other.example", path: "/notes.json", status: 200,
				reason: reason.InvalidAllowOriginValue, value: "(null)"},
		},
	},
	{
		name: "a wildcard and credentials",
		config: `Header always set Access-Control-Allow-Origin "*"
			Header always set Access-Control-Allow-Credentials "true"
			Header always set Access-Control-Allow-Headers "*"`,
		rows: []row{
			{name: "a request without credentials", path: "/notes.json", status: 200},
			{name: "a request with credentials", path: "/notes.json", include: true, status: 200,
				reason: reason.WildcardOriginNotAllowed, value: "*"},
			{name: "a preflighted request with credentials", path: "/notes.json", header: apiKey, include: true, status: 200,
				reason: reason.PreflightWildcardOriginNotAllowed},
			{name: "the wildcard does not cover Authorization", path: "/notes.json", header: bearer, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse, except: browsersAllow},
		},
	},
	{
		name: "True with a capital",
		config: `Header always set Access-Control-Allow-Origin "http://localhost:3000"
			Header always set Access-Control-Allow-Credentials "True"`,
		rows: []row{
			{name: "browsers accept only true", path: "/notes.json", include: true, status: 200,
				reason: reason.InvalidAllowCredentials, value: "True"},
		},
	},
	{
		name:   "a slash at the end",
		config: `Header always set Access-Control-Allow-Origin "http://localhost:3000/"`,
		rows: []row{
			{name: "the value is not the origin", path: "/notes.json", status: 200,
				reason: reason.AllowOriginMismatch, value: "http://localhost:3000/"},
		},
	},
	{
		name: "authentication for every request",
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
			{name: "Require method OPTIONS exempts the preflight", path: "/folder/", status: 200,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
		},
	},
	{
		name:   "no CORS",
		config: ``,
		rows: []row{
			{name: "a cross-origin read", path: "/notes.json", status: 200, reason: reason.MissingAllowOriginHeader},
			{name: "same origin", page: "http://self", path: "/notes.json", status: 200},
			{name: "a preflight", method: "PUT", path: "/notes.json", status: 200,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "a no-cors request is sent, but its response is hidden", mode: fetch.ModeNoCORS, path: "/notes.json", status: 200,
				reason: reason.OpaqueResponseBlocked, except: browsersAllow},
		},
	},
}

func TestApache(t *testing.T) {
	apache := need(t, "apache2", "httpd")
	for _, s := range apacheSites {
		t.Run(s.name, func(t *testing.T) {
			checkRows(t, startApache(t, apache, s.config), s.rows)
		})
	}
}

// apacheModules lists modules that a distribution's configuration loads.
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
		var found []string
		for _, folder := range []string{"/usr/lib/apache2/modules/", "/usr/lib*/httpd/modules/", "/usr/libexec/apache2/"} {
			more, _ := filepath.Glob(folder + file)
			found = append(found, more...)
		}
		if len(found) == 0 {
			t.Fatalf("Apache is installed, but its %s was not found", file)
		}
		modules.WriteString("LoadModule " + name + "_module " + found[0] + "\n")
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "User #65534\nGroup #65534" // nobody: Apache does not serve as root
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
