package integration

import (
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Python's http.server knows nothing of CORS. It is what many a first front end
// is tried against.
func TestPython(t *testing.T) {
	python := need(t, "python3")
	dir := tempDir(t)
	root := siteFiles(t, dir)
	base := servePrinted(t, dir, python, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", root)
	judge(t, base, []row{
		{name: "its own page", page: "http://self", path: "/notes.json", status: 200, sees: "Server"},
		{name: "its own page with any method", page: "http://self", method: "DELETE", path: "/notes.json", status: 501},
		{name: "another origin", path: "/notes.json", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "a 404 looks the same", path: "/gone.json", status: 404, reason: reason.MissingAllowOriginHeader},
		// The redirect of a folder to its slash is checked before it is followed.
		{name: "a redirect", path: "/folder", status: 301, reason: reason.MissingAllowOriginHeader},
		{name: "OPTIONS is not implemented", method: "PUT", path: "/notes.json", status: 501,
			reason: reason.PreflightMissingAllowOriginHeader},
		{name: "nor is POST, which was sent all the same", method: "POST", body: fetch.TextBody("hello"), path: "/notes.json",
			status: 501, reason: reason.MissingAllowOriginHeader},
		{name: "no-cors gets through and sees nothing", mode: fetch.ModeNoCORS, path: "/notes.json", status: 200,
			reason: reason.OpaqueResponseBlocked, but: byBrowsers},
		{name: "even a 404", mode: fetch.ModeNoCORS, path: "/gone.json", status: 404,
			reason: reason.OpaqueResponseBlocked, but: byBrowsers},
	})
}
