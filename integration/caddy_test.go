package integration

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// caddySites contains the contents of a Caddyfile's site block. ROOT is a folder of
// files, and BACKEND an application without CORS.
var caddySites = []site{
	{
		name: "header and file_server",
		config: `
			header Access-Control-Allow-Origin http://localhost:3000
			root * ROOT
			file_server`,
		rows: []row{
			{name: "a simple request is allowed", path: "/notes.json", status: 200},
			{name: "another origin is refused", page: foreign, path: "/notes.json", status: 200, reason: reason.AllowOriginMismatch},
			// Caddy sets the header before an error can happen.
			{name: "a 404 can be read", path: "/gone.json", status: 404},
			{name: "a redirect is followed", path: "/folder", status: 200},
		},
	},
	{
		name: "header and reverse_proxy",
		config: `
			handle_path /defer/* {
				header {
					Access-Control-Allow-Origin http://localhost:3000
					defer
				}
				rewrite * /open{path}
				reverse_proxy BACKEND
			}
			handle {
				header Access-Control-Allow-Origin http://localhost:3000
				reverse_proxy /gone/* 127.0.0.1:1
				reverse_proxy BACKEND
			}`,
		rows: []row{
			{name: "an application without CORS", path: "/", status: 200, hidden: "X-Total-Count"},
			{name: "a 500 can be read", path: "/fail", status: 500},
			{name: "Caddy's own 502 can be read", path: "/gone/", status: 502},
			{name: "the application sends the header too", path: "/open/", status: 200, reason: reason.MultipleAllowOriginValues,
				value: "http://localhost:3000, *"},
			{name: "with defer, the header replaces the application's", path: "/defer/", status: 200},
		},
	},
	{
		name: "preflights with respond",
		config: `
			@preflight method OPTIONS
			header {
				Access-Control-Allow-Origin {header.Origin}
				Access-Control-Allow-Credentials true
				Access-Control-Allow-Methods GET,POST,DELETE
				Access-Control-Allow-Headers content-type
				Access-Control-Expose-Headers x-total-count
				Vary Origin
			}
			respond @preflight 204
			reverse_proxy BACKEND`,
		rows: []row{
			{name: "DELETE with credentials", method: "DELETE", path: "/", include: true, status: 200, visible: "X-Total-Count"},
			{name: "JSON", method: "POST", path: "/", body: jsonBody, status: 200},
			{name: "a method that is not listed", method: "PUT", path: "/", status: 204,
				reason: reason.MethodDisallowedByPreflightResponse, value: "GET,POST,DELETE"},
			{name: "a header that is not listed", header: bearer, path: "/", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			// The placeholder reflects the origin: every origin is allowed with
			// credentials.
			{name: "a foreign origin", page: foreign, method: "DELETE", path: "/", include: true, status: 200},
			{name: "a sandboxed frame", sandboxed: true, path: "/", include: true, status: 200},
		},
	},
	{
		// Only the responses to preflights have headers.
		name: "headers only for preflights",
		config: `
			@preflight {
				method OPTIONS
				header Origin http://localhost:3000
			}
			handle @preflight {
				header Access-Control-Allow-Origin http://localhost:3000
				header Access-Control-Allow-Methods DELETE
				respond 204
			}
			reverse_proxy BACKEND`,
		rows: []row{
			// The server deletes something, and the page gets an error.
			{name: "the request is carried out, but its response is blocked", method: "DELETE", path: "/", status: 200,
				reason: reason.MissingAllowOriginHeader},
		},
	},
	{
		name: "two values for one header",
		config: `
			header {
				+Access-Control-Allow-Origin http://localhost:3000
				+Access-Control-Allow-Origin https://app.example
			}
			reverse_proxy BACKEND`,
		rows: []row{
			{name: "two header lines", path: "/", status: 200, reason: reason.MultipleAllowOriginValues,
				value: "http://localhost:3000, https://app.example"},
		},
	},
	{
		name: "authentication for every request",
		config: `
			header Access-Control-Allow-Origin http://localhost:3000
			header Access-Control-Allow-Headers authorization
			@preflight method OPTIONS
			respond @preflight 204
			basicauth {
				a PASSWORD
			}
			reverse_proxy BACKEND`,
		rows: []row{
			// Caddy executes basicauth before respond.
			{name: "the preflight gets a 401", path: "/", status: 401, reason: reason.PreflightInvalidStatus,
				header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}}},
			{name: "the 401 of a request without a password can be read", path: "/", status: 401},
		},
	},
}

func TestCaddy(t *testing.T) {
	caddy := need(t, "caddy")
	for _, s := range caddySites {
		t.Run(s.name, func(t *testing.T) {
			checkRows(t, startCaddy(t, caddy, s.config), s.rows)
		})
	}
}

func startCaddy(t *testing.T, program, config string) string {
	dir := tempDir(t)
	password := ""
	if strings.Contains(config, "PASSWORD") {
		out, err := exec.Command(program, "hash-password", "--plaintext", "b").Output()
		if err != nil {
			t.Fatalf("caddy hash-password: %v", err)
		}
		password = strings.TrimSpace(string(out))
	}
	config = strings.NewReplacer(
		"ROOT", siteFiles(t, dir),
		"BACKEND", backend(t),
		"PASSWORD", password,
	).Replace(config)
	return serveAt(t, dir, func(address string) []string {
		file := write(t, dir, "Caddyfile", `
			{
				admin off
				auto_https off
			}
			http://`+address+` {
				bind 127.0.0.1
				`+config+`
			}`)
		return []string{program, "run", "--config", file, "--adapter", "caddyfile"}
	})
}
