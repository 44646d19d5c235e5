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

// nodeDir is where the Node servers and their packages are, while the tests run.
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

// installNode installs what testdata/node says, for the first test that asks.
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
	judge(t, startNode(t, "express.js"), []row{
		// Without the package. Express answers OPTIONS for a path that it knows.
		{name: "no CORS", path: "/none/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "no CORS, a preflight", method: "DELETE", path: "/none/notes", status: 200,
			reason: reason.PreflightMissingAllowOriginHeader},
		{name: "its own page", page: "http://self", method: "DELETE", path: "/none/notes", status: 204},

		// cors(): any origin, any usual method, whatever headers are asked for.
		{name: "default", path: "/default/notes", status: 200, hidden: "X-Total-Count"},
		{name: "default, any page", page: stranger, method: "DELETE", path: "/default/notes", status: 204},
		{name: "default, JSON", method: "POST", body: jsonBody, path: "/default/notes", status: 201},
		// Not a star but the name itself is sent back, so it is covered.
		{name: "default, Authorization", header: bearer, path: "/default/notes", status: 200},
		{name: "default, a 404 can be read", path: "/default/gone", status: 404},
		{name: "default, an exception can be read", path: "/default/fail", status: 500},
		{name: "default, lower-case patch", method: "patch", path: "/default/notes", status: 204,
			reason: reason.MethodDisallowedByPreflightResponse, value: "GET,HEAD,PUT,PATCH,POST,DELETE"},
		{name: "default, with credentials", path: "/default/notes", include: true, status: 200,
			reason: reason.WildcardOriginNotAllowed},
		{name: "default, with credentials and a preflight", method: "DELETE", path: "/default/notes", include: true, status: 204,
			reason: reason.PreflightWildcardOriginNotAllowed},

		// The first thing that is tried then does not help: it is still a star.
		{name: "credentials: true alone", path: "/credentials/notes", include: true, status: 200,
			reason: reason.WildcardOriginNotAllowed, value: "*"},
		// The second helps everybody.
		{name: "origin: true", path: "/any-origin/notes", include: true, status: 200},
		{name: "origin: true, a stranger", page: stranger, method: "DELETE", path: "/any-origin/notes", include: true, status: 204},
		{name: "origin: true, a sandboxed frame", sandboxed: true, path: "/any-origin/notes", include: true, status: 200},

		// A string is sent to all who ask, a list is compared. A page that is
		// not meant sees a different reason.
		{name: "a string", path: "/fixed/notes", status: 200},
		{name: "a string, a stranger", page: stranger, path: "/fixed/notes", status: 200,
			reason: reason.AllowOriginMismatch, value: app},
		{name: "a list", method: "DELETE", path: "/list/notes", include: true, status: 204},
		{name: "a list exposes", path: "/list/notes", include: true, status: 200, sees: "X-Total-Count"},
		{name: "a list, a stranger", page: stranger, path: "/list/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "a list, a stranger's DELETE", page: stranger, method: "DELETE", path: "/list/notes", status: 204,
			reason: reason.PreflightMissingAllowOriginHeader},

		// One slash too many, as copied from the address bar. In a list it
		// matches nobody, and there is no header to show it.
		{name: "a slash", path: "/slash/notes", status: 200, reason: reason.AllowOriginMismatch, value: app + "/"},
		{name: "a slash in a list", path: "/slash-in-list/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "two origins in a string", path: "/comma/notes", status: 200, reason: reason.MultipleAllowOriginValues},
		{name: "a regular expression without anchors", page: lookalike, path: "/regexp/notes", status: 200},

		{name: "allowedHeaders, listed", method: "POST", body: jsonBody, path: "/headers/notes", status: 201},
		{name: "allowedHeaders, forgotten", header: bearer, path: "/headers/notes", status: 204,
			reason: reason.HeaderDisallowedByPreflightResponse, value: "Content-Type"},
		// Methods are compared as they are written.
		{name: "lower-case methods", method: "DELETE", path: "/lower-case/notes", status: 204,
			reason: reason.MethodDisallowedByPreflightResponse, value: "get,post,delete"},
		// GET and POST need no place in the list.
		{name: "lower-case methods, POST", method: "POST", body: jsonBody, path: "/lower-case/notes", status: 201},

		{name: "a token asked before cors()", header: bearer, path: "/token-first/notes", status: 401,
			reason: reason.PreflightMissingAllowOriginHeader},
		{name: "a token asked after cors()", header: bearer, path: "/token-after/notes", status: 200},
		{name: "no token, asked before cors()", path: "/token-first/notes", status: 401, reason: reason.MissingAllowOriginHeader},
		{name: "no token, asked after cors()", path: "/token-after/notes", status: 401},

		{name: "cors() after the routes", path: "/late/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "cors() on a route", path: "/route/notes", status: 200},
		{name: "cors() on a route, without options()", method: "DELETE", path: "/route/notes", status: 200,
			reason: reason.PreflightMissingAllowOriginHeader},
	})
}

func TestHono(t *testing.T) {
	judge(t, startNode(t, "hono.js"), []row{
		{name: "default", path: "/default/notes", status: 200, hidden: "X-Total-Count"},
		{name: "default, any page", page: stranger, method: "DELETE", path: "/default/notes", status: 204},
		{name: "default, JSON with a token", method: "POST", body: jsonBody, header: bearer, path: "/default/notes", status: 201},
		{name: "default, with credentials", path: "/default/notes", include: true, status: 200,
			reason: reason.WildcardOriginNotAllowed},
		{name: "credentials: true alone", method: "DELETE", path: "/credentials/notes", include: true, status: 204,
			reason: reason.PreflightWildcardOriginNotAllowed, value: "*"},

		// What a handler throws keeps the headers that were set before …
		{name: "a 404", path: "/default/gone", status: 404},
		{name: "an error", path: "/default/fail", status: 500},
		{name: "an HTTPException", path: "/default/refuse", status: 403},
		{name: "an HTTPException with a response", path: "/default/refuse-with-response", status: 403},
		{name: "a response from elsewhere", path: "/default/proxied", status: 200},

		{name: "an origin", method: "DELETE", path: "/fixed/notes", include: true, status: 204},
		{name: "an origin, exposed", path: "/fixed/notes", include: true, status: 200, sees: "X-Total-Count"},
		// Unlike Express, Hono compares a string too.
		{name: "an origin, a stranger", page: stranger, path: "/fixed/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "a slash", path: "/slash/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "endsWith", path: "/function/notes", include: true, status: 200},
		{name: "endsWith, one who looks alike", page: "http://evil-localhost:3000", path: "/function/notes", include: true, status: 200},
		{name: "a fallback origin", path: "/fallback/notes", status: 200,
			reason: reason.AllowOriginMismatch, value: "https://app.example"},

		{name: "allowHeaders, forgotten", header: bearer, path: "/headers/notes", status: 204,
			reason: reason.HeaderDisallowedByPreflightResponse},
		{name: "lower-case methods", method: "DELETE", path: "/lower-case/notes", status: 204,
			reason: reason.MethodDisallowedByPreflightResponse, value: "get,delete"},

		{name: "a password asked before cors()", header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}},
			path: "/password-first/notes", status: 401, reason: reason.PreflightMissingAllowOriginHeader},
		{name: "a password asked after cors()", header: fetch.HeaderList{{Name: "Authorization", Value: "Basic YTpi"}},
			path: "/password-after/notes", status: 200},
		{name: "no password, asked after cors()", path: "/password-after/notes", status: 401},

		{name: "cors() after the routes", path: "/late/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		// It does see the preflight, for which there is no route, and grants it.
		// The thing is deleted, and the page told that it failed.
		{name: "cors() after the routes, a preflight", method: "DELETE", path: "/late/notes", status: 204,
			reason: reason.MissingAllowOriginHeader},
		{name: "cors() for another path", path: "/api/v1/notes", status: 200, reason: reason.MissingAllowOriginHeader},
		{name: "cors() for another path, a preflight", method: "DELETE", path: "/api/v1/notes", status: 404,
			reason: reason.PreflightMissingAllowOriginHeader},
	})
}
