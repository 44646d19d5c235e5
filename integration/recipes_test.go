package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/recipe/family"
	"github.com/concors/concors/cmd/concors/internal/verify"
)

// recipeServer is how to try a recipe.
type recipeServer struct {
	// start starts the real thing with a recipe's files, in front of, or around,
	// what upstream does, and returns its URL.
	start func(t *testing.T, r *recipe.Recipe, upstream string) string
	// build, in place of start, is for what is to be done once for all of the
	// family: it returns start.
	build func(t *testing.T, stack string) func(t *testing.T, r *recipe.Recipe, upstream string) string
	// refused are the policies of the family that the stack can't do.
	refused []string
}

var recipeServers = map[string]recipeServer{
	// proxies
	"apache":  {start: apacheWithRecipe},
	"caddy":   {start: caddyWithRecipe},
	"haproxy": {start: haproxyWithRecipe},
	"nginx":   {start: nginxWithRecipe},

	// Node
	"express": {start: expressWithRecipe},
	"fastify": {start: fastifyWithRecipe},
	"hono":    {start: honoWithRecipe},
	"next":    {start: nextWithRecipe},

	// Go
	"net-http": {build: goWithRecipes},
	"gin":      {build: goWithRecipes},
	"echo":     {build: goWithRecipes},

	// other languages
	"php":    {start: phpWithRecipe},
	"flask":  {start: flaskWithRecipe},
	"django": {start: djangoWithRecipe},
	"tomcat": {build: tomcatWithRecipes},
}

// TestRecipes holds real servers with the recipes for them to the policies. It
// is what stands behind the word "verified" in concors recipe --list.
func TestRecipes(t *testing.T) {
	for _, s := range recipe.Stacks() {
		server, tried := recipeServers[s.Name]
		if tried != (s.Verified != "") {
			t.Errorf("%s: verified with %q, and a test of it: %v", s.Name, s.Verified, tried)
		}
		if !tried {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			start := server.start
			if server.build != nil {
				start = server.build(t, s.Name)
			}
			for _, p := range family.Policies() {
				t.Run(p.Name, func(t *testing.T) {
					file, err := policyfile.Load("policy.yaml", []byte(p.Text))
					if err != nil {
						t.Fatal(err)
					}
					r, err := recipe.Write(file.Routes, s.Name)
					var refusal *recipe.Refusal
					if errors.As(err, &refusal) != slices.Contains(server.refused, p.Name) {
						t.Fatalf("the recipe: %v", err)
					}
					if refusal != nil {
						return
					}
					if slices.ContainsFunc(r.Lost, func(lost string) bool { return strings.Contains(lost, "403") }) {
						file.Routes.Policy.RejectRefused = false // as the recipe says
					}
					verifyRecipe(t, file, start(t, r, strayUpstream(t)))
				})
			}
		})
	}
}

// verifyRecipe demands that the server does what the policy says, on every path
// that its application has, more among them, and that the application's other
// headers get through.
func verifyRecipe(t *testing.T, file *policyfile.File, url string, more ...string) {
	t.Helper()
	o := verify.Options{Routes: file.Routes, As: "chromium", MaxRequests: 1000}
	paths := append([]string{"/", "/fail"}, more...)
	if len(file.Routes.Routes) > 0 { // without any, one path is as good as the other
		paths = append(paths, "/public", "/public/a", "/public/a/notes", "/internal/a")
	}
	for _, path := range paths {
		o.URLs = append(o.URLs, url+path)
	}
	report, err := verify.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range report.Sites {
		if site.Verdict != verify.Agrees || len(site.Findings) > 0 {
			var b strings.Builder
			_ = (&verify.Report{Verdict: site.Verdict, Sites: []verify.Site{site}}).WriteText(&b) // a Builder takes everything
			t.Errorf("%s", b.String())
		}
	}
	if file.Routes.Policy.RejectRefused {
		own, err := http.NewRequest(http.MethodPost, url+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		own.Header.Set("Origin", url)
		resp, err := http.DefaultClient.Do(own)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("a form on the server's own page is answered with %d", resp.StatusCode)
		}
	}
	for path, status := range map[string]int{"/": 200, "/fail": 500, "/gone": 404} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status || resp.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(strings.Join(resp.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s has lost something that is the application's: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
}

// strayUpstream is an application that says something of CORS itself, which
// nobody asked it for, and knows no OPTIONS.
func strayUpstream(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Total-Count", "1")
		if !strings.HasPrefix(r.URL.Path, "/internal/") { // where CORS is left to the application
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Set("Access-Control-Allow-Methods", "GET, STRAY")
			h.Set("Access-Control-Allow-Headers", "X-Stray")
			h.Set("Access-Control-Expose-Headers", "X-Stray")
			h.Set("Access-Control-Max-Age", "3")
		}
		switch {
		case r.Method == http.MethodOptions:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.URL.Path == "/fail":
			w.WriteHeader(http.StatusInternalServerError)
		case r.URL.Path == "/" || strings.HasSuffix(r.URL.Path, "/a") || strings.HasSuffix(r.URL.Path, "/notes"):
			fmt.Fprint(w, "hello")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// recipeFor reads a policy and writes it for a stack, which has to take it.
func recipeFor(t *testing.T, stack, policy string) (*policyfile.File, *recipe.Recipe) {
	t.Helper()
	file, err := policyfile.Load("policy.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	r, err := recipe.Write(file.Routes, stack)
	if err != nil {
		t.Fatal(err)
	}
	return file, r
}

// fileOf returns the text of one of a recipe's files.
func fileOf(t *testing.T, r *recipe.Recipe, name string) string {
	t.Helper()
	for _, f := range r.Files {
		if f.Name == name {
			return f.Text
		}
	}
	t.Fatalf("the recipe has no file %s", name)
	return ""
}

// versionIs demands that a program is of the version that the recipe was
// verified with, as far as that says.
func versionIs(t *testing.T, r *recipe.Recipe, argv ...string) {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), r.Stack.Verified) {
		t.Errorf("verified with %s %s, and this is %s%v", r.Stack.Title, r.Stack.Verified, out, err)
	}
}

func nginxWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	program := need(t, "nginx")
	versionIs(t, r, program, "-v")
	return serveNginx(t, program, fileOf(t, r, "concors-http.conf"), fileOf(t, r, "concors-server.conf")+`
		location / { proxy_pass `+upstream+`; }`)
}
