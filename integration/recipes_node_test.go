package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/recipe/family"
)

// nodeFamily is what the family is without, since not every server can do it.
var nodeFamily = []family.Policy{
	{Name: "refused origins are rejected", Text: `
origins: [https://app.example.com]
rejectRefused: true`},
	{Name: "everybody, with cookies", Text: `
origins: ["*"]
credentials: true
dangerouslyAllowAnyOriginWithCredentials: true`},
	{Name: "routes by method and host", Text: `
policy:
  origins: [https://app.example.com]
routes:
  - pattern: GET /public/{id}
    policy: {origins: ["*"]}
  - pattern: PUT /public/{id}
    policy: {origins: [https://admin.example.com], methods: [PUT]}
  - pattern: 127.0.0.1/internal/
    policy: {origins: [https://internal.example.com]}
  - pattern: /internal/a
    policy: {origins: [https://elsewhere.example.com]}
  - pattern: elsewhere.example/
    policy: {origins: ["*"]}`},
}

func TestNodeRecipes(t *testing.T) {
	for _, stack := range []string{"express", "fastify", "hono", "next"} {
		for _, p := range nodeFamily {
			t.Run(stack+", "+p.Name, func(t *testing.T) {
				file, r := recipeFor(t, stack, p.Text)
				verifyRecipe(t, file, recipeServers[stack].start(t, r, strayUpstream(t)))
			})
		}
	}
}

func expressWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	return nodeWithRecipe(t, r, upstream, "express", "/throw", "/raw", "/list", "/stream")
}

func fastifyWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	return nodeWithRecipe(t, r, upstream, "fastify", "/throw", "/raw", "/list", "/throw-twice")
}

func honoWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	return nodeWithRecipe(t, r, upstream, "hono", "/throw", "/refuse", "/proxied")
}

// nodeWithRecipe starts the application with a recipe, and holds its paths that
// have peculiar answers to what it says at /.
func nodeWithRecipe(t *testing.T, r *recipe.Recipe, upstream, framework string, peculiar ...string) string {
	node := need(t, "node")
	need(t, "npm")
	if err := installNode(); err != nil {
		t.Fatal(err)
	}
	lockedIs(t, r, nodeDir, framework)
	script := checkedScripts(t, node, nodeDir, r) + "/cors.js"
	url := servePrinted(t, nodeDir, node, "recipe-"+framework+".js", script, upstream)
	sameCORS(t, url, peculiar...)
	return url
}

// checkedScripts writes a recipe into a folder of its own below dir, where its
// packages are found, and has Node read it.
func checkedScripts(t *testing.T, node, dir string, r *recipe.Recipe) string {
	t.Helper()
	folder, err := os.MkdirTemp(dir, "recipe-")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Files {
		if out, err := exec.Command(node, "--check", write(t, folder, f.Name, f.Text)).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", f.Name, err, out)
		}
	}
	return folder
}

// lockedIs demands that a package is of the version that the recipe was verified
// with.
func lockedIs(t *testing.T, r *recipe.Recipe, dir, name string) {
	t.Helper()
	var manifest struct{ Version string }
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil || manifest.Version != r.Stack.Verified {
		t.Errorf("verified with %s %s, and this is %q %v", r.Stack.Title, r.Stack.Verified, manifest.Version, err)
	}
}

// sameCORS demands that answers at some paths, whatever else they are, have the
// CORS headers that the one at / has.
func sameCORS(t *testing.T, url string, paths ...string) {
	t.Helper()
	ask := func(path, origin string) string {
		request, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		var b strings.Builder
		for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Timing-Allow-Origin", "Cross-Origin-Resource-Policy"} {
			fmt.Fprintf(&b, "%s: %q\n", name, response.Header.Values(name))
		}
		vary := strings.Split(strings.Join(response.Header.Values("Vary"), ", "), ", ")
		fmt.Fprintf(&b, "Vary: Origin: %v\n", slices.Contains(vary, "Origin"))
		return b.String()
	}
	for _, origin := range []string{"", "https://app.example.com", "https://stranger.example", "null"} {
		want := ask("/", origin)
		for _, path := range paths {
			if got := ask(path, origin); got != want {
				t.Errorf("from the origin %q, %s answers with\n%sand / with\n%s", origin, path, got, want)
			}
		}
	}
}

// installNext is installNode for Next.js, which is heavy.
var installNext = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(nodeDir, "next")
	return dir, npmInstall("next", dir)
})

// nextWithRecipe runs a recipe without Next.js around it, since a build for each
// policy would take minutes. TestNext has the real thing.
func nextWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	node := need(t, "node")
	need(t, "npm")
	dir, err := installNext()
	if err != nil {
		t.Fatal(err)
	}
	lockedIs(t, r, dir, "next")
	return servePrinted(t, dir, node, "recipe-proxy.js", checkedScripts(t, node, dir, r), upstream)
}

// TestNext builds an application with one recipe, and holds the server to it.
// The code of a recipe is the same for all policies with routes, and what this
// one's routes say takes every branch of it.
func TestNext(t *testing.T) {
	node := need(t, "node")
	need(t, "npm")
	file, r := recipeFor(t, "next", `
policy:
  origins: [https://app.example.com, "https://*.example.org"]
  methods: [PUT, DELETE]
  requestHeaders: [Content-Type]
  exposedHeaders: [X-Total-Count]
  credentials: true
  maxAgeSeconds: 7200
routes:
  - pattern: /everybody/
    policy: {origins: ["*"], methods: ["*"], requestHeaders: ["*"], exposedHeaders: ["*"], credentials: false}
  - pattern: /authorization/
    policy: {origins: ["*"], methods: [], requestHeaders: ["*", Authorization], credentials: false, maxAgeSeconds: 0}
  - pattern: /stars/
    policy: {methods: ["*"], requestHeaders: ["*"]}
  - pattern: /stars/authorization/
    policy: {methods: ["*"], requestHeaders: ["*", Authorization]}
  - pattern: /null/
    policy: {origins: ["capacitor://localhost", "http://localhost:*"], dangerouslyAllowNull: true, credentials: false}
  - pattern: /status/
    policy: {preflightStatus: 200, maxAgeSeconds: -1, timingAllowOrigin: true, resourcePolicy: same-site}
  - pattern: /reject/
    policy: {rejectRefused: true}
  - pattern: GET /method/{id}
    policy: {origins: [https://other.example]}
  - pattern: 127.0.0.1/host/
    policy: {origins: [https://other.example]}
  - pattern: /internal/
    off: true`)
	dir, err := installNext()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Files {
		write(t, dir, f.Name, f.Text)
	}
	program := filepath.Join("node_modules", "next", "dist", "bin", "next")
	environment := append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1", "UPSTREAM="+strayUpstream(t))
	build := exec.Command(node, program, "build")
	build.Dir, build.Env = dir, environment
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("next build: %v\n%s", err, out)
	}
	url := serveAt(t, dir, func(address string) []string {
		host, port, _ := strings.Cut(address, ":")
		return []string{"env", environment[len(environment)-2], environment[len(environment)-1], node, program, "start", "-H", host, "-p", port}
	})
	verifyRecipe(t, file, url, "/everybody/a", "/authorization/a", "/stars/a", "/stars/authorization/a", "/null/a", "/status/a", "/reject/a", "/method/a", "/host/a")
	sameCORS(t, url, "/throw", "/_next/static/none.js")
}
