package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A recipeServer runs a server with a recipe.
type recipeServer struct {
	// start starts the server with a recipe's files, in front of or around the
	// application at the URL upstream, and returns the server's URL.
	start func(t *testing.T, r *recipe, upstream string) string
	// build, in place of start, does what is needed once for all policies, and
	// returns start.
	build func(t *testing.T, stack string) func(t *testing.T, r *recipe, upstream string) string
}

// recipeServers has a server for every stack that concors calls verified.
var recipeServers = map[string]recipeServer{
	// Proxies.
	"apache":  {start: apacheWithRecipe},
	"caddy":   {start: caddyWithRecipe},
	"haproxy": {start: haproxyWithRecipe},
	"nginx":   {start: nginxWithRecipe},

	// Node.
	"express": {start: expressWithRecipe},
	"fastify": {start: fastifyWithRecipe},
	"hono":    {start: honoWithRecipe},
	"next":    {start: nextWithRecipe},

	// Go.
	"net-http": {build: goWithRecipes},
	"gin":      {build: goWithRecipes},
	"echo":     {build: goWithRecipes},

	// Other languages.
	"php":    {start: phpWithRecipe},
	"flask":  {start: flaskWithRecipe},
	"django": {start: djangoWithRecipe},
	"tomcat": {build: tomcatWithRecipes},
}

// TestRecipes runs every server of recipeServers with the recipes for all policies,
// and checks it against each policy with concors verify. This test is the meaning of
// the word "verified" in concors recipe --list.
func TestRecipes(t *testing.T) {
	for _, s := range stacks(t, false) {
		server, tested := recipeServers[s.Name]
		if tested != (s.Verified != "") {
			t.Errorf("%s is verified with %q, but whether it is tested here is %v", s.Name, s.Verified, tested)
		}
		if !tested {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			start := server.start
			if server.build != nil {
				start = server.build(t, s.Name)
			}
			written := 0
			for _, p := range policies(t) {
				t.Run(p.name, func(t *testing.T) {
					r, refusal := writeRecipe(t, s.Name, p.text)
					if r == nil {
						checkRefusal(t, s, refusal)
						return
					}
					written++
					policy := p.text
					if !r.rejects() {
						policy = rejectsRefused.ReplaceAllString(policy, "")
					}
					verifyRecipe(t, policy, start(t, r, applicationWithCORS(t)))
				})
			}
			if written == 0 {
				t.Error("all policies are refused")
			}
		})
	}
}

// rejectsRefused matches the line that rejects requests from refused origins, in a
// policy file without routes.
var rejectsRefused = regexp.MustCompile(`(?m)^rejectRefused: true\n`)

// checkRefusal reports an error unless every sentence of a refusal is among those that
// the list of stacks has.
func checkRefusal(t *testing.T, s stack, refusal []string) {
	t.Helper()
	for _, sentence := range refusal {
		if !slices.Contains(s.Refused, sentence) {
			t.Errorf("%s refuses the policy, and its list of refusals does not say so: %s", s.Name, sentence)
		}
	}
	if len(refusal) == 0 {
		t.Errorf("%s refuses the policy without a reason", s.Name)
	}
}

// verifyRecipe checks that the server does what the policy says on every path of the
// application and on morePaths, and that the application's other headers get through.
func verifyRecipe(t *testing.T, policy, url string, morePaths ...string) {
	t.Helper()
	paths := append([]string{"/", "/fail"}, morePaths...)
	if strings.Contains(policy, "routes:") { // otherwise all paths are alike
		paths = append(paths, "/public", "/public/a", "/public/a/notes", "/internal/a")
	}
	args := []string{"verify", policyFile(t, policy), "--as", "chromium", "--max-requests", "1000", "--rate", "100000", "--json"}
	for _, path := range paths {
		args = append(args, url+path)
	}
	var report struct {
		Sites []struct {
			URL, Verdict                  string
			Status                        int
			Skipped, NoResponse, NotKnown int
			Findings                      *[]json.RawMessage
		}
	}
	program, err := buildTool()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, args...).Output() // its status says what the verdicts say
	if failed := json.Unmarshal(out, &report); failed != nil {
		t.Fatalf("concors verify: %v, %v\n%s", failed, err, out)
	}
	if len(report.Sites) != len(paths) {
		t.Errorf("concors verify reports on %d of %d URLs", len(report.Sites), len(paths))
	}
	for _, site := range report.Sites {
		// A path that always has an error is not agreement, but nothing on it may differ.
		isError := site.Status == http.StatusNotFound || site.Status == http.StatusInternalServerError
		agrees := site.Verdict == "agrees" || site.Verdict == "unknown" && isError
		if !agrees || site.Skipped+site.NoResponse+site.NotKnown > 0 || site.Findings == nil || len(*site.Findings) > 0 {
			t.Errorf("%s differs from the policy:\n%s", site.URL, out)
		}
	}
	if rejectsRefused.MatchString(policy) {
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
			t.Errorf("a form on the server's own page gets status %d", resp.StatusCode)
		}
	}
	for path, status := range map[string]int{"/": 200, "/fail": 500, "/gone": 404} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		vary := strings.Join(resp.Header.Values("Vary"), ",")
		if resp.StatusCode != status || resp.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(vary, "Accept-Encoding") {
			t.Errorf("%s: the application's status or headers are lost: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
}

// applicationWithCORS serves an application that sends CORS headers of its own, which
// contradict every policy, and does not know OPTIONS. It returns its URL.
func applicationWithCORS(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Total-Count", "1")
		if !strings.HasPrefix(r.URL.Path, "/internal/") { // where the policy leaves CORS to the application
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

// versionIs checks that a program has the version that the recipe is verified with.
func versionIs(t *testing.T, r *recipe, argv ...string) {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), r.Stack.Verified) {
		t.Errorf("%s is verified with %s, and this is %s%v", r.Stack.Title, r.Stack.Verified, out, err)
	}
}

func nginxWithRecipe(t *testing.T, r *recipe, upstream string) string {
	program := need(t, "nginx")
	versionIs(t, r, program, "-v")
	return serveNginx(t, program, r.file(t, "concors-http.conf"), r.file(t, "concors-server.conf")+`
		location / { proxy_pass `+upstream+`; }`)
}
