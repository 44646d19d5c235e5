package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// nodeDir contains the Node servers and their packages while the tests run.
var nodeDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "integration-node-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	nodeDir = dir
	if toolDir, err = os.MkdirTemp("", "integration-tool-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.RemoveAll(toolDir)
	os.Exit(code)
}

// installNode installs the packages of testdata/node, for the first test that
// needs them.
var installNode = sync.OnceValue(func() error { return npmInstall("node", nodeDir) })

// npmInstall copies a folder of testdata and installs what its package-lock.json
// says.
func npmInstall(folder, dir string) error {
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", folder))); err != nil {
		return err
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

func startNode(t *testing.T, script string) string {
	node := need(t, "node")
	need(t, "npm")
	if err := installNode(); err != nil {
		t.Fatal(err)
	}
	return servePrinted(t, nodeDir, node, script)
}

func TestExpress(t *testing.T) {
	checkRows(t, startNode(t, "express.js"), []row{
		// Without the package, Express responds to OPTIONS for its routes.
		{name: "no CORS", path: "/none/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "no CORS, a preflight", method: "DELETE", path: "/none/notes", status: 200,
			reason: reason.PreflightMissingAllowOriginHeader},
		{name: "no CORS, same origin", page: "http://self", method: "DELETE", path: "/none/notes", status: 204},

		// cors() allows any origin, the usual methods and all requested headers.
		{name: "default", path: "/default/notes", status: 200, hidden: "X-Total-Count"},
		{name: "default, a foreign origin", page: foreign, method: "DELETE", path: "/default/notes", status: 204},
		{name: "default, JSON", method: "POST", body: jsonBody, path: "/default/notes", status: 201},
		// Authorization itself is listed, not a wildcard.
		{name: "default, Authorization", header: bearer, path: "/default/notes", status: 200},
		{name: "default, a 404 can be read", path: "/default/gone", status: 404},
		{name: "default, an exception can be read", path: "/default/fail", status: 500},
		{name: "default, method patch in lower case", method: "patch", path: "/default/notes", status: 204,
			reason: reason.MethodDisallowedByPreflightResponse, value: "GET,HEAD,PUT,PATCH,POST,DELETE"},
		{name: "default, with credentials", path: "/default/notes", include: true, status: 200,
			reason: reason.WildcardOriginNotAllowed},
		{name: "default, with credentials and a preflight", method: "DELETE", path: "/default/notes", include: true, status: 204,
			reason: reason.PreflightWildcardOriginNotAllowed},

		// The first attempt to fix this does not help: the value is still *.
		{name: "credentials: true alone", path: "/credentials/notes", include: true, status: 200,
			reason: reason.WildcardOriginNotAllowed, value: "*"},
		// The second attempt allows every origin.
		{name: "origin: true", path: "/any-origin/notes", include: true, status: 200},
		{name: "origin: true, a foreign origin", page: foreign, method: "DELETE", path: "/any-origin/notes", include: true, status: 204},
		{name: "origin: true, a sandboxed frame", sandboxed: true, path: "/any-origin/notes", include: true, status: 200},

		// A string is sent to every origin, and a list is compared with it. For a
		// foreign origin, the reasons differ.
		{name: "a string", path: "/fixed/notes", status: 200},
		{name: "a string, a foreign origin", page: foreign, path: "/fixed/notes", status: 200,
			reason: reason.AllowOriginMismatch, value: app},
		{name: "a list", method: "DELETE", path: "/list/notes", include: true, status: 204},
		{name: "a list, an exposed header", path: "/list/notes", include: true, status: 200, visible: "X-Total-Count"},
		{name: "a list, a foreign origin", page: foreign, path: "/list/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "a list, a foreign origin with DELETE", page: foreign, method: "DELETE", path: "/list/notes", status: 204,
			reason: reason.PreflightMissingAllowOriginHeader},

		// A slash at the end, as copied from the address bar. In a list it
		// matches no origin, and no header is sent.
		{name: "a slash in a string", path: "/slash/notes", status: 200, reason: reason.AllowOriginMismatch, value: app + "/"},
		{name: "a slash in a list", path: "/slash-in-list/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "two origins in a string", path: "/comma/notes", status: 200, reason: reason.MultipleAllowOriginValues},
		{name: "a regular expression without anchors", page: nearMiss, path: "/regexp/notes", status: 200},

		{name: "allowedHeaders with the header", method: "POST", body: jsonBody, path: "/headers/notes", status: 201},
		{name: "allowedHeaders without the header", header: bearer, path: "/headers/notes", status: 204,
			reason: reason.HeaderDisallowedByPreflightResponse, value: "Content-Type"},
		// Method names are case-sensitive.
		{name: "lower-case methods", method: "DELETE", path: "/lower-case/notes", status: 204,
			reason: reason.MethodDisallowedByPreflightResponse, value: "get,post,delete"},
		// GET and POST need not be listed.
		{name: "lower-case methods, POST", method: "POST", body: jsonBody, path: "/lower-case/notes", status: 201},

		{name: "authentication before cors()", header: bearer, path: "/token-first/notes", status: 401,
			reason: reason.PreflightMissingAllowOriginHeader},
		{name: "authentication after cors()", header: bearer, path: "/token-after/notes", status: 200},
		{name: "authentication before cors(), no token", path: "/token-first/notes", status: 401, reason: reason.MissingAllowOriginHeader},
		{name: "authentication after cors(), no token", path: "/token-after/notes", status: 401},

		{name: "cors() after the routes", path: "/late/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "cors() on a route", path: "/route/notes", status: 200},
		{name: "cors() on a route, without options()", method: "DELETE", path: "/route/notes", status: 200,
			reason: reason.PreflightMissingAllowOriginHeader},
	})
}

func TestHono(t *testing.T) {
	checkRows(t, startNode(t, "hono.js"), []row{
		{name: "default", path: "/default/notes", status: 200, hidden: "X-Total-Count"},
		{name: "default, a foreign origin", page: foreign, method: "DELETE", path: "/default/notes", status: 204},
		{name: "default, JSON with a token", method: "POST", body: jsonBody, header: bearer, path: "/default/notes", status: 201},
		{name: "default, with credentials", path: "/default/notes", include: true, status: 200,
			reason: reason.WildcardOriginNotAllowed},
		{name: "credentials: true alone", method: "DELETE", path: "/credentials/notes", include: true, status: 204,
			reason: reason.PreflightWildcardOriginNotAllowed, value: "*"},

		// Errors and exceptions keep the headers.
		{name: "a 404", path: "/default/gone", status: 404},
		{name: "an error", path: "/default/fail", status: 500},
		{name: "an HTTPException", path: "/default/refuse", status: 403},
		{name: "an HTTPException with a response", path: "/default/refuse-with-response", status: 403},
		{name: "a response from elsewhere", path: "/default/proxied", status: 200},

		{name: "a string", method: "DELETE", path: "/fixed/notes", include: true, status: 204},
		{name: "a string, an exposed header", path: "/fixed/notes", include: true, status: 200, visible: "X-Total-Count"},
		// Unlike Express, Hono compares a string with the origin.
		{name: "a string, a foreign origin", page: foreign, path: "/fixed/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "a slash", path: "/slash/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "endsWith", path: "/function/notes", include: true, status: 200},
		{name: "endsWith, a near miss", page: "http://evil-localhost:3000", path: "/function/notes", include: true, status: 200},
		{name: "a fallback origin", path: "/fallback/notes", status: 200,
			reason: reason.AllowOriginMismatch, value: "https://app.example"},

		{name: "allowHeaders without the header", header: bearer, path: "/headers/notes", status: 204,
			reason: reason.HeaderDisallowedByPreflightResponse},
		{name: "lower-case methods", method: "DELETE", path: "/lower-case/notes", status: 204,
			reason: reason.MethodDisallowedByPreflightResponse, value: "get,delete"},

		{name: "authentication before cors()", header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}},
			path: "/password-first/notes", status: 401, reason: reason.PreflightMissingAllowOriginHeader},
		{name: "authentication after cors()", header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}},
			path: "/password-after/notes", status: 200},
		{name: "authentication after cors(), no password", path: "/password-after/notes", status: 401},

		{name: "cors() after the routes", path: "/late/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		// There is no route for the preflight, so cors() runs and allows it. The
		// server deletes something, and the page gets an error.
		{name: "cors() after the routes, a preflight", method: "DELETE", path: "/late/notes", status: 204,
			reason: reason.MissingAllowOriginHeader},
		{name: "cors() for another path", path: "/api/v1/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "cors() for another path, a preflight", method: "DELETE", path: "/api/v1/notes", status: 404,
			reason: reason.PreflightMissingAllowOriginHeader},
	})
}

// TestExpressKeepsCORSHeadersInErrors shows that the last error handler of Express 5,
// finalhandler, keeps the headers that the package cors has set.
func TestExpressKeepsCORSHeadersInErrors(t *testing.T) {
	url := startNode(t, "express.js")
	packageIs(t, "finalhandler 2.1.1", nodeDir, "finalhandler")
	checkRows(t, url, []row{
		{name: "an exception", path: "/default/fail", status: 500},
		{name: "a 404", path: "/default/gone", status: 404},
		{name: "an exception, for a list of origins", path: "/list/fail", include: true, status: 500},
		{name: "a foreign origin", page: foreign, path: "/list/fail", include: true, status: 500, reason: reason.MissingAllowOriginHeader},
	})
}
