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
)

// nodePolicies are policies that not every server can express.
var nodePolicies = []namedPolicy{
	{name: "reject refused origins", text: `
origins: [https://app.example.com]
rejectRefused: true
`},
	{name: "any origin with credentials", text: `
origins: ["*"]
credentials: true
dangerouslyAllowAnyOriginWithCredentials: true`},
	{name: "routes by method and host", text: `
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
		for _, p := range nodePolicies {
			t.Run(stack+", "+p.name, func(t *testing.T) {
				r := mustWriteRecipe(t, stack, p.text)
				verifyRecipe(t, p.text, recipeServers[stack].start(t, r, applicationWithCORS(t)))
			})
		}
	}
}

func expressWithRecipe(t *testing.T, r *recipe, upstream string) string {
	return nodeWithRecipe(t, r, upstream, "express", "/throw", "/raw", "/list", "/stream")
}

func fastifyWithRecipe(t *testing.T, r *recipe, upstream string) string {
	return nodeWithRecipe(t, r, upstream, "fastify", "/throw", "/raw", "/list", "/throw-twice")
}

func honoWithRecipe(t *testing.T, r *recipe, upstream string) string {
	return nodeWithRecipe(t, r, upstream, "hono", "/throw", "/refuse", "/proxied")
}

// nodeWithRecipe starts the application with a recipe, and checks that responses that
// a framework makes in a special way have the CORS headers of the response at /.
func nodeWithRecipe(t *testing.T, r *recipe, upstream, framework string, special ...string) string {
	node := need(t, "node")
	need(t, "npm")
	if err := installNode(); err != nil {
		t.Fatal(err)
	}
	lockedIs(t, r, nodeDir, framework)
	script := checkedScripts(t, node, nodeDir, r) + "/cors.js"
	url := servePrinted(t, nodeDir, node, "recipe-"+framework+".js", script, upstream)
	sameCORS(t, url, special...)
	return url
}

// checkedScripts writes a recipe into a new folder below dir, where its packages are
// found, and checks its syntax with Node.
func checkedScripts(t *testing.T, node, dir string, r *recipe) string {
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

// lockedIs checks that a package has the version that the recipe is verified with.
func lockedIs(t *testing.T, r *recipe, dir, name string) {
	t.Helper()
	var manifest struct{ Version string }
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil || manifest.Version != r.Stack.Verified {
		t.Errorf("%s is verified with %s, and this is %q %v", r.Stack.Title, r.Stack.Verified, manifest.Version, err)
	}
}

// sameCORS checks that the responses at some paths have the CORS headers of the
// response at /.
func sameCORS(t *testing.T, url string, paths ...string) {
	t.Helper()
	sameCORSFor(t, url, everyOrigin, paths...)
}

// everyOrigin has an origin that most policies allow, and others.
var everyOrigin = []string{"", "https://app.example.com", "https://foreign.example", "null"}

func sameCORSFor(t *testing.T, url string, origins []string, paths ...string) {
	t.Helper()
	corsHeaders := func(path, origin string) string {
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
	for _, origin := range origins {
		want := corsHeaders("/", origin)
		for _, path := range paths {
			if got := corsHeaders(path, origin); got != want {
				t.Errorf("for the origin %q, %s has\n%sand / has\n%s", origin, path, got, want)
			}
		}
	}
}

// installNext is installNode for Next.js, which takes much longer.
var installNext = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(nodeDir, "next")
	return dir, npmInstall("next", dir)
})

// nextWithRecipe runs a recipe without Next.js, because a build per policy would take
// minutes. TestNext runs one in Next.js.
func nextWithRecipe(t *testing.T, r *recipe, upstream string) string {
	node := need(t, "node")
	need(t, "npm")
	dir, err := installNext()
	if err != nil {
		t.Fatal(err)
	}
	lockedIs(t, r, dir, "next")
	return servePrinted(t, dir, node, "recipe-proxy.js", checkedScripts(t, node, dir, r), upstream)
}

// TestNext builds an application with one recipe, and checks the server against its
// policy. All recipes with routes have the same code, and the routes of this policy
// run every branch of it.
func TestNext(t *testing.T) {
	node := need(t, "node")
	need(t, "npm")
	const policy = `
policy:
  origins: [https://app.example.com, "https://*.example.org"]
  methods: [PUT, DELETE]
  requestHeaders: [Content-Type]
  exposedHeaders: [X-Total-Count]
  credentials: true
  maxAgeSeconds: 7200
routes:
  - pattern: /any/
    policy: {origins: ["*"], methods: ["*"], requestHeaders: ["*"], exposedHeaders: ["*"], credentials: false}
  - pattern: /authorization/
    policy: {origins: ["*"], methods: [], requestHeaders: ["*", Authorization], credentials: false, maxAgeSeconds: 0}
  - pattern: /wildcards/
    policy: {methods: ["*"], requestHeaders: ["*"]}
  - pattern: /wildcards/authorization/
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
    off: true
`
	r := mustWriteRecipe(t, "next", policy)
	dir, err := installNext()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Files {
		write(t, dir, f.Name, f.Text)
	}
	program := filepath.Join("node_modules", "next", "dist", "bin", "next")
	environment := append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1", "UPSTREAM="+applicationWithCORS(t))
	build := exec.Command(node, program, "build")
	build.Dir, build.Env = dir, environment
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("next build: %v\n%s", err, out)
	}
	url := serveAt(t, dir, func(address string) []string {
		host, port, _ := strings.Cut(address, ":")
		return []string{"env", environment[len(environment)-2], environment[len(environment)-1], node, program, "start", "-H", host, "-p", port}
	})
	verifyRecipe(t, policy, url, "/any/a", "/authorization/a", "/wildcards/a", "/wildcards/authorization/a", "/null/a", "/status/a", "/reject/a", "/method/a", "/host/a")
	sameCORS(t, url, "/throw", "/_next/static/none.js")
}
