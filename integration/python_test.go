package integration

import (
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Python's http.server does not support CORS. Many people try their first front
// end with it.
func TestPython(t *testing.T) {
	python := need(t, "python3")
	dir := tempDir(t)
	root := siteFiles(t, dir)
	base := servePrinted(t, dir, python, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", root)
	checkRows(t, base, []row{
		{name: "same origin", page: "http://self", path: "/notes.json", status: 200, visible: "Server"},
		{name: "same origin, a method that needs no preflight there", page: "http://self", method: "DELETE", path: "/notes.json", status: 501},
		{name: "another origin", path: "/notes.json", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "a 404 is blocked for the same reason", path: "/gone.json", status: 404, reason: reason.MissingAllowOriginHeader},
		// The redirect of a folder to its URL with a slash is checked before it
		// is followed.
		{name: "a redirect", path: "/folder", status: 301, reason: reason.MissingAllowOriginHeader},
		{name: "OPTIONS is not implemented", method: "PUT", path: "/notes.json", status: 501,
			reason: reason.PreflightMissingAllowOriginHeader},
		{name: "POST is not implemented either, but it was sent", method: "POST", body: fetch.TextBody("hello"), path: "/notes.json",
			status: 501, reason: reason.MissingAllowOriginHeader},
		{name: "a no-cors request is sent, but its response is hidden", mode: fetch.ModeNoCORS, path: "/notes.json", status: 200,
			reason: reason.OpaqueResponseBlocked, except: browsersAllow},
		{name: "a no-cors request with a 404", mode: fetch.ModeNoCORS, path: "/gone.json", status: 404,
			reason: reason.OpaqueResponseBlocked, except: browsersAllow},
	})
}
