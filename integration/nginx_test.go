package integration

import (
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// nginxSites contains the contents of nginx's server block. ROOT is a folder of
// files, and BACKEND an application without CORS.
var nginxSites = []site{
	{
		name: "only add_header",
		config: `
			root ROOT;
			add_header Access-Control-Allow-Origin "http://localhost:3000";
			location /api/ { proxy_pass BACKEND/; }`,
		rows: []row{
			{name: "a simple request is allowed", path: "/notes.json", status: 200},
			{name: "a proxied response is allowed, but its other headers are hidden", path: "/api/", status: 200, hidden: "X-Total-Count"},
			{name: "another origin is refused", page: foreign, path: "/notes.json", status: 200,
				reason: reason.AllowOriginMismatch, value: app},
			{name: "a sandboxed frame of the same page is refused", sandboxed: true, path: "/notes.json", status: 200,
				reason: reason.AllowOriginMismatch},
			{name: "credentials need a second header", path: "/notes.json", include: true, status: 200,
				reason: reason.InvalidAllowCredentials},
			// Without always, add_header does not apply to errors. The console
			// then reports CORS, although the cause is a wrong path or a crash.
			{name: "a 404 loses the header", path: "/gone.json", status: 404, reason: reason.MissingAllowOriginHeader},
			{name: "a 500 loses the header", path: "/api/fail", status: 500, reason: reason.MissingAllowOriginHeader},
			// add_header does apply to redirects.
			{name: "a redirect keeps the header", path: "/folder", status: 200},
			// nginx responds to OPTIONS for a file with 405. This is an error, so
			// the header is missing too, which browsers check first.
			{name: "a preflight for a file gets a 405", method: "DELETE", path: "/notes.json", status: 405,
				reason: reason.PreflightMissingAllowOriginHeader},
			// The application responds to OPTIONS as to any method, with 200.
			{name: "a preflight that the application responds to", method: "DELETE", path: "/api/", status: 200,
				reason: reason.MethodDisallowedByPreflightResponse},
		},
	},
	{
		name: "add_header with always",
		config: `
			root ROOT;
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			location /api/ { proxy_pass BACKEND/; }`,
		rows: []row{
			{name: "a 404 can be read", path: "/gone.json", status: 404},
			{name: "a 500 can be read", path: "/api/fail", status: 500},
			{name: "a preflight still gets a 405", method: "DELETE", path: "/notes.json", status: 405,
				reason: reason.PreflightInvalidStatus},
			// A POST with a form's type needs no preflight, and one with JSON does.
			{name: "a form's POST is a simple request", method: "POST", path: "/api/", body: fetch.TextBody("hello"), status: 200},
			{name: "a JSON POST is preflighted", method: "POST", path: "/api/", body: jsonBody, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
		},
	},
	{
		// A configuration that many people copy.
		name: "the snippet that allows any origin",
		config: `
			location / {
				if ($request_method = 'OPTIONS') {
					add_header 'Access-Control-Allow-Origin' '*';
					add_header 'Access-Control-Allow-Methods' 'GET, POST, OPTIONS';
					add_header 'Access-Control-Allow-Headers' 'DNT,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range';
					add_header 'Access-Control-Max-Age' 1728000;
					add_header 'Content-Type' 'text/plain; charset=utf-8';
					add_header 'Content-Length' 0;
					return 204;
				}
				if ($request_method = 'POST') {
					add_header 'Access-Control-Allow-Origin' '*' always;
					add_header 'Access-Control-Expose-Headers' 'Content-Length,Content-Range' always;
				}
				if ($request_method = 'GET') {
					add_header 'Access-Control-Allow-Origin' '*' always;
					add_header 'Access-Control-Expose-Headers' 'Content-Length,Content-Range' always;
				}
				proxy_pass BACKEND;
			}`,
		rows: []row{
			{name: "GET", path: "/", status: 200, visible: "Content-Length"},
			{name: "any origin is allowed", page: foreign, path: "/", status: 200},
			{name: "a sandboxed frame is allowed", sandboxed: true, path: "/", status: 200},
			{name: "a JSON POST", method: "POST", path: "/", body: jsonBody, status: 200},
			// There is no if for HEAD.
			{name: "HEAD has no header", method: "HEAD", path: "/", status: 200, reason: reason.MissingAllowOriginHeader},
			{name: "DELETE is not in the list", method: "DELETE", path: "/", status: 204,
				reason: reason.MethodDisallowedByPreflightResponse, value: "GET, POST, OPTIONS"},
			{name: "a lower-case patch is not PATCH", method: "patch", path: "/", status: 204,
				reason: reason.MethodDisallowedByPreflightResponse},
			{name: "Authorization is not in the list", header: bearer, path: "/", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "the wildcard is not valid with credentials", path: "/", include: true, status: 200,
				reason: reason.WildcardOriginNotAllowed, value: "*"},
			{name: "the wildcard is not valid in a preflight with credentials", method: "POST", body: jsonBody, path: "/", include: true, status: 204,
				reason: reason.PreflightWildcardOriginNotAllowed, value: "*"},
		},
	},
	{
		// A block with an add_header does not inherit the outer ones.
		name: "add_header in a nested block",
		config: `
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			add_header Access-Control-Allow-Methods "DELETE" always;
			location / { proxy_pass BACKEND; }
			location /cached/ {
				add_header Cache-Control "max-age=60";
				proxy_pass BACKEND;
			}
			location /preflight/ {
				if ($request_method = OPTIONS) {
					add_header Access-Control-Max-Age 600;
					return 204;
				}
				proxy_pass BACKEND;
			}`,
		rows: []row{
			{name: "the outer block", method: "DELETE", path: "/", status: 200},
			{name: "a location loses the header", path: "/cached/", status: 200, reason: reason.MissingAllowOriginHeader},
			{name: "an if loses the header", method: "DELETE", path: "/preflight/", status: 204,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "a simple request does not show the mistake", path: "/preflight/", status: 200},
		},
	},
	{
		// People replace * with this when credentials do not work. It allows
		// every origin with cookies, and browsers accept it.
		name: "a reflected origin",
		config: `
			add_header Access-Control-Allow-Origin $http_origin always;
			add_header Access-Control-Allow-Credentials true always;
			add_header Access-Control-Allow-Headers $http_access_control_request_headers always;
			location / { proxy_pass BACKEND; }`,
		rows: []row{
			{name: "the app, with credentials", path: "/", include: true, status: 200},
			{name: "a foreign origin, with credentials", page: foreign, path: "/", include: true, status: 200},
			{name: "a sandboxed frame, as null", sandboxed: true, path: "/", include: true, status: 200},
			{name: "any request header", page: foreign, header: bearer, path: "/", include: true, status: 200},
		},
	},
	{
		// Without ^ and $, or with an unescaped dot, a pattern matches more than
		// was intended.
		name: "a regular expression without anchors",
		config: `
			set $cors "";
			if ($http_origin ~ "localhost:3000") { set $cors $http_origin; }
			add_header Access-Control-Allow-Origin $cors always;
			location / { proxy_pass BACKEND; }`,
		rows: []row{
			{name: "the app", path: "/", status: 200},
			{name: "another host with the same ending", page: nearMiss, path: "/", status: 200},
			{name: "a subdomain", page: foreign, path: "/", status: 200},
			// nginx omits a header whose value is empty.
			{name: "no match", page: "https://other.example", path: "/", status: 200,
				reason: reason.MissingAllowOriginHeader},
		},
	},
	{
		name: "a list in one header",
		config: `
			location /comma/ {
				add_header Access-Control-Allow-Origin "http://localhost:3000, https://app.example" always;
				proxy_pass BACKEND;
			}
			location /space/ {
				add_header Access-Control-Allow-Origin "http://localhost:3000 https://app.example" always;
				proxy_pass BACKEND;
			}
			location /pattern/ {
				add_header Access-Control-Allow-Origin "http://localhost:*" always;
				proxy_pass BACKEND;
			}
			location /host/ {
				add_header Access-Control-Allow-Origin "app.example" always;
				proxy_pass BACKEND;
			}
			location /methods/ {
				add_header Access-Control-Allow-Origin "*" always;
				add_header Access-Control-Allow-Methods "GET POST DELETE" always;
				proxy_pass BACKEND;
			}`,
		rows: []row{
			{name: "origins separated by a comma", path: "/comma/", status: 200,
				reason: reason.MultipleAllowOriginValues, value: "http://localhost:3000, https://app.example"},
			{name: "origins separated by a space", path: "/space/", status: 200, reason: reason.MultipleAllowOriginValues},
			{name: "a pattern", path: "/pattern/", status: 200, reason: reason.InvalidAllowOriginValue},
			{name: "no scheme", page: "http://app.example", path: "/host/", status: 200, reason: reason.InvalidAllowOriginValue},
			{name: "methods without commas", method: "DELETE", path: "/methods/", status: 200,
				reason: reason.InvalidAllowMethodsPreflightResponse, value: "GET POST DELETE"},
		},
	},
	{
		// add_header does not replace the application's header.
		name: "nginx and the application both send the header",
		config: `
			location / {
				add_header Access-Control-Allow-Origin "http://localhost:3000" always;
				proxy_pass BACKEND;
			}
			location /hidden/ {
				proxy_hide_header Access-Control-Allow-Origin;
				add_header Access-Control-Allow-Origin "http://localhost:3000" always;
				proxy_pass BACKEND/open/;
			}`,
		rows: []row{
			{name: "two headers", path: "/open/", status: 200,
				reason: reason.MultipleAllowOriginValues, value: "*, http://localhost:3000"},
			{name: "proxy_hide_header fixes it", path: "/hidden/", status: 200},
		},
	},
	{
		// A preflight never carries credentials.
		name: "authentication for every request",
		config: `
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			add_header Access-Control-Allow-Credentials true always;
			add_header Access-Control-Allow-Headers authorization always;
			auth_basic "notes";
			auth_basic_user_file PASSWORDS;
			location / { proxy_pass BACKEND; }
			location /preflight/ {
				# nginx executes return before auth_basic.
				if ($request_method = OPTIONS) { set $preflight yes; }
				if ($preflight) { return 204; }
				proxy_pass BACKEND;
			}`,
		rows: []row{
			{name: "the preflight gets a 401", path: "/", status: 401, reason: reason.PreflightInvalidStatus,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
			{name: "a response before authentication", path: "/preflight/", status: 200,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
			{name: "the 401 of a request without a password can be read", path: "/preflight/", status: 401},
		},
	},
	{
		// In the standard, the wildcard covers every request header except
		// Authorization. In browsers it covers Authorization too.
		name: "wildcards",
		config: `
			add_header Access-Control-Allow-Origin * always;
			add_header Access-Control-Allow-Methods * always;
			add_header Access-Control-Allow-Headers * always;
			add_header Access-Control-Expose-Headers * always;
			location / { proxy_pass BACKEND; }
			location /credentials/ {
				add_header Access-Control-Allow-Origin "http://localhost:3000" always;
				add_header Access-Control-Allow-Credentials true always;
				add_header Access-Control-Allow-Methods * always;
				add_header Access-Control-Allow-Headers * always;
				add_header Access-Control-Expose-Headers * always;
				proxy_pass BACKEND;
			}`,
		rows: []row{
			{name: "any method and any header", method: "DELETE", path: "/", header: apiKey, status: 200, visible: "X-Total-Count"},
			{name: "Authorization", path: "/", header: bearer, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse, except: browsersAllow},
			{name: "with credentials, the wildcard is a method name", method: "DELETE", path: "/credentials/", include: true, status: 200,
				reason: reason.MethodDisallowedByPreflightResponse, value: "*"},
			{name: "with credentials, the wildcard is a header name", header: apiKey, path: "/credentials/", include: true, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "with credentials, the wildcard exposes no header", path: "/credentials/", include: true, status: 200, hidden: "X-Total-Count"},
		},
	},
	{
		// With proxy_pass in location /api/, nginx redirects /api to /api/.
		name: "a missing slash",
		config: `
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			add_header Access-Control-Allow-Methods DELETE always;
			location /api/ { proxy_pass BACKEND/; }`,
		rows: []row{
			{name: "a simple request follows the redirect", path: "/api", status: 200},
			{name: "a preflight does not follow the redirect", method: "DELETE", path: "/api", status: 301, reason: reason.PreflightDisallowedRedirect},
		},
	},
}

func TestNginx(t *testing.T) {
	nginx := need(t, "nginx")
	for _, s := range nginxSites {
		t.Run(s.name, func(t *testing.T) {
			checkRows(t, startNginx(t, nginx, s.config), s.rows)
		})
	}
}

func startNginx(t *testing.T, program, config string) string {
	dir := tempDir(t)
	config = strings.NewReplacer(
		"ROOT", siteFiles(t, dir),
		"BACKEND", backend(t),
		"PASSWORDS", write(t, dir, "passwords", "a:{PLAIN}b\n"),
	).Replace(config)
	return serveNginx(t, program, "", config)
}

// serveNginx starts nginx with the given contents of its http and its server block.
func serveNginx(t *testing.T, program, http, server string) string {
	dir := tempDir(t)
	return serveAt(t, dir, func(address string) []string {
		return nginxCommand(t, program, dir, http+`
				server {
					listen `+address+`;
					`+server+`
				}`)
	})
}

// nginxCommand returns the command that starts nginx with this in its http block.
func nginxCommand(t *testing.T, program, dir, http string) []string {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // otherwise its workers can't read the folder
	}
	file := write(t, dir, "nginx.conf", `
			`+user+`
			daemon off;
			master_process off;
			pid `+dir+`/nginx.pid;
			error_log stderr;
			events {}
			http {
				access_log off;
				client_body_temp_path `+dir+`/body;
				proxy_temp_path `+dir+`/proxy;
				fastcgi_temp_path `+dir+`/fastcgi;
				uwsgi_temp_path `+dir+`/uwsgi;
				scgi_temp_path `+dir+`/scgi;
				types { application/json json; text/html html; }
				`+http+`
			}`)
	return []string{program, "-e", "stderr", "-p", dir, "-c", file}
}
