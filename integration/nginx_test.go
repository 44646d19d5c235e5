package integration

import (
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// nginxSites are what goes inside nginx's server block. ROOT is a folder of
// files, BACKEND an application without CORS.
var nginxSites = []site{
	{
		name: "add_header and nothing else",
		config: `
			root ROOT;
			add_header Access-Control-Allow-Origin "http://localhost:3000";
			location /api/ { proxy_pass BACKEND/; }`,
		rows: []row{
			{name: "a simple request is let in", path: "/notes.json", status: 200},
			{name: "through a proxy too, without the other headers", path: "/api/", status: 200, hidden: "X-Total-Count"},
			{name: "another origin is not", page: stranger, path: "/notes.json", status: 200,
				reason: reason.AllowOriginMismatch, value: app},
			{name: "nor a sandboxed frame of the same page", sandboxed: true, path: "/notes.json", status: 200,
				reason: reason.AllowOriginMismatch},
			{name: "credentials want a second header", path: "/notes.json", include: true, status: 200,
				reason: reason.InvalidAllowCredentials},
			// add_header leaves errors alone unless it says always. The console
			// then talks of CORS where the trouble is a wrong path or a crash.
			{name: "a 404 loses the header", path: "/gone.json", status: 404, reason: reason.MissingAllowOriginHeader},
			{name: "a 500 loses the header", path: "/api/fail", status: 500, reason: reason.MissingAllowOriginHeader},
			// A redirect is among the statuses that add_header does cover.
			{name: "a redirect keeps it", path: "/folder", status: 200},
			// Files know no OPTIONS. Its 405 is an error, so the header is lost
			// as well, and that is what is looked at first.
			{name: "a preflight for a file is a 405", method: "DELETE", path: "/notes.json", status: 405,
				reason: reason.PreflightMissingAllowOriginHeader},
			// The application answers OPTIONS like anything else, with 200.
			{name: "a preflight that the application answers", method: "DELETE", path: "/api/", status: 200,
				reason: reason.MethodDisallowedByPreflightResponse},
		},
	},
	{
		name: "always",
		config: `
			root ROOT;
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			location /api/ { proxy_pass BACKEND/; }`,
		rows: []row{
			{name: "a 404 can be read", path: "/gone.json", status: 404},
			{name: "a 500 can be read", path: "/api/fail", status: 500},
			{name: "a preflight is still a 405", method: "DELETE", path: "/notes.json", status: 405,
				reason: reason.PreflightInvalidStatus},
			// POST with a form's type needs no preflight; with JSON it does.
			{name: "a form's POST is simple", method: "POST", path: "/api/", body: fetch.TextBody("hello"), status: 200},
			{name: "a JSON POST is not", method: "POST", path: "/api/", body: jsonBody, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
		},
	},
	{
		// The configuration that most people have pasted at some time.
		name: "the wide-open snippet",
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
			{name: "GET", path: "/", status: 200, sees: "Content-Length"},
			{name: "any origin may", page: stranger, path: "/", status: 200},
			{name: "even a sandboxed frame", sandboxed: true, path: "/", status: 200},
			{name: "a JSON POST", method: "POST", path: "/", body: jsonBody, status: 200},
			// Nobody thinks of HEAD: it is neither of the two ifs.
			{name: "HEAD was forgotten", method: "HEAD", path: "/", status: 200, reason: reason.MissingAllowOriginHeader},
			{name: "DELETE is not in the list", method: "DELETE", path: "/", status: 204,
				reason: reason.MethodDisallowedByPreflightResponse, value: "GET, POST, OPTIONS"},
			{name: "a lower-case patch is not PATCH", method: "patch", path: "/", status: 204,
				reason: reason.MethodDisallowedByPreflightResponse},
			{name: "Authorization is not in the list", header: bearer, path: "/", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "the star is not for credentials", path: "/", include: true, status: 200,
				reason: reason.WildcardOriginNotAllowed, value: "*"},
			{name: "not in a preflight either", method: "POST", body: jsonBody, path: "/", include: true, status: 204,
				reason: reason.PreflightWildcardOriginNotAllowed, value: "*"},
		},
	},
	{
		// A block with one add_header of its own inherits none from outside.
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
			{name: "outside it works", method: "DELETE", path: "/", status: 200},
			{name: "a location loses the header", path: "/cached/", status: 200, reason: reason.MissingAllowOriginHeader},
			{name: "an if loses the header", method: "DELETE", path: "/preflight/", status: 204,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "what needs no preflight hides the mistake", path: "/preflight/", status: 200},
		},
	},
	{
		// What replaces * when credentials did not work. It lets in everybody,
		// with their cookies: a browser has nothing against it.
		name: "any origin, reflected",
		config: `
			add_header Access-Control-Allow-Origin $http_origin always;
			add_header Access-Control-Allow-Credentials true always;
			add_header Access-Control-Allow-Headers $http_access_control_request_headers always;
			location / { proxy_pass BACKEND; }`,
		rows: []row{
			{name: "the app, with credentials", path: "/", include: true, status: 200},
			{name: "a stranger, with credentials", page: stranger, path: "/", include: true, status: 200},
			{name: "a sandboxed frame, as null", sandboxed: true, path: "/", include: true, status: 200},
			{name: "whatever headers it likes", page: stranger, header: bearer, path: "/", include: true, status: 200},
		},
	},
	{
		// An unescaped dot, or no ^ and $, matches more than was meant.
		name: "a regular expression without anchors",
		config: `
			set $cors "";
			if ($http_origin ~ "localhost:3000") { set $cors $http_origin; }
			add_header Access-Control-Allow-Origin $cors always;
			location / { proxy_pass BACKEND; }`,
		rows: []row{
			{name: "the app", path: "/", status: 200},
			{name: "another host that ends like it", page: lookalike, path: "/", status: 200},
			{name: "a subdomain", page: stranger, path: "/", status: 200},
			// nginx leaves out a header with an empty value.
			{name: "no match, no header", page: "https://other.example", path: "/", status: 200,
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
			{name: "with a comma", path: "/comma/", status: 200,
				reason: reason.MultipleAllowOriginValues, value: "http://localhost:3000, https://app.example"},
			{name: "with a space", path: "/space/", status: 200, reason: reason.MultipleAllowOriginValues},
			{name: "a pattern", path: "/pattern/", status: 200, reason: reason.InvalidAllowOriginValue},
			{name: "without the scheme", page: "http://app.example", path: "/host/", status: 200, reason: reason.InvalidAllowOriginValue},
			{name: "methods without commas", method: "DELETE", path: "/methods/", status: 200,
				reason: reason.InvalidAllowMethodsPreflightResponse, value: "GET POST DELETE"},
		},
	},
	{
		// add_header adds. The application's own header stays.
		name: "nginx and the application both say it",
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
			{name: "proxy_hide_header mends it", path: "/hidden/", status: 200},
		},
	},
	{
		// A preflight carries no credentials, whatever the request will.
		name: "a password asked of everyone",
		config: `
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			add_header Access-Control-Allow-Credentials true always;
			add_header Access-Control-Allow-Headers authorization always;
			auth_basic "notes";
			auth_basic_user_file PASSWORDS;
			location / { proxy_pass BACKEND; }
			location /preflight/ {
				# return comes before auth_basic in nginx's order of things.
				if ($request_method = OPTIONS) { set $preflight yes; }
				if ($preflight) { return 204; }
				proxy_pass BACKEND;
			}`,
		rows: []row{
			{name: "the preflight gets a 401", path: "/", status: 401, reason: reason.PreflightInvalidStatus,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
			{name: "unless it is answered before", path: "/preflight/", status: 200,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
			{name: "without a password the 401 can be read", path: "/preflight/", status: 401},
		},
	},
	{
		// Nobody lists headers one by one if there is a star. Authorization is
		// the one header that it does not stand for; browsers think otherwise.
		name: "stars",
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
			{name: "any method, any header", method: "DELETE", path: "/", header: apiKey, status: 200, sees: "X-Total-Count"},
			{name: "but Authorization", path: "/", header: bearer, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse, but: byBrowsers},
			{name: "with credentials a star is a method's name", method: "DELETE", path: "/credentials/", include: true, status: 200,
				reason: reason.MethodDisallowedByPreflightResponse, value: "*"},
			{name: "or a header's", header: apiKey, path: "/credentials/", include: true, status: 200,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "in the answer too", path: "/credentials/", include: true, status: 200, hidden: "X-Total-Count"},
		},
	},
	{
		// location /api/ with proxy_pass makes nginx redirect /api to /api/.
		name: "the missing slash",
		config: `
			add_header Access-Control-Allow-Origin "http://localhost:3000" always;
			add_header Access-Control-Allow-Methods DELETE always;
			location /api/ { proxy_pass BACKEND/; }`,
		rows: []row{
			{name: "a simple request follows", path: "/api", status: 200},
			{name: "a preflight does not", method: "DELETE", path: "/api", status: 301, reason: reason.PreflightDisallowedRedirect},
		},
	},
}

func TestNginx(t *testing.T) {
	nginx := need(t, "nginx")
	for _, s := range nginxSites {
		t.Run(s.name, func(t *testing.T) {
			judge(t, startNginx(t, nginx, s.config), s.rows)
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

// serveNginx starts nginx with these in its http and its server block.
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
		user = "user root;" // its workers would lose their rights to the folder
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
