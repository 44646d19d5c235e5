package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lines is what concors recipe --short --json prints.
type lines struct {
	Name, Title, Verified, Where, Text string
	Notes                              []string
}

// A shortServer runs applications with the short form of a stack. Each application
// responds to / with 200 and X-Total-Count, and to any other path with 404.
type shortServer struct {
	// start starts one application for each text, and returns their URLs. It checks that
	// what it runs is what the short form is verified with.
	start func(t *testing.T, verified string, texts []string) []string
	path  string // in place of /

	// exceptions has the origins for which the response to the exception at /throw has the
	// CORS headers of the response at /, unless a note says that it has none.
	exceptions []string
}

// explained has the kinds of findings that a note of a short form may explain, with words
// of the note.
var explained = map[string]string{
	"method-blocked":              "other methods are refused",
	"vary-missing-allowed":        "Vary: Origin",
	"vary-missing-refused":        "Vary: Origin",
	"vary-missing-without-origin": "Vary: Origin",
	"max-age-differs":             "browsers may cache preflights for",
	"allowed-origin-blocked":      "whose Origin is not a URL",
}

// shortServers has a server for every short form that concors calls verified.
var shortServers = map[string]shortServer{
	"express": {start: bothModules(nodeShorts("cors", "express.js"), nodeShorts("cors", "express.mjs")), exceptions: everyOrigin},
	"fastify": {start: nodeShorts("@fastify/cors", "fastify.js"), exceptions: everyOrigin},
	"hono":    {start: nodeShorts("hono", "hono.mjs"), exceptions: everyOrigin},
	"koa":     {start: nodeShorts("@koa/cors", "koa.js"), exceptions: everyOrigin[1:2]},
	"nestjs":  {start: nodeShorts("@nestjs/core", "nestjs.mjs"), exceptions: everyOrigin},
	"nuxt":    {start: nodeShorts("h3", "nuxt.mjs"), exceptions: everyOrigin},
	"socket.io": {start: nodeShorts("socket.io", "socket.io.mjs"),
		path: "/socket.io/?EIO=4&transport=polling"},
	"vite": {start: viteShorts},

	"flask":    {start: pythonShorts("flask-cors", "flask_cors", "flask.py"), exceptions: everyOrigin},
	"django":   {start: pythonShorts("django-cors-headers", "corsheaders", "django.py"), exceptions: everyOrigin},
	"net-http": {start: runGoShorts("net-http")},
	"rs-cors":  {start: runGoShorts("rs-cors")},
	"gorilla":  {start: runGoShorts("gorilla")},
	"chi":      {start: runGoShorts("chi")},
	"gin":      {start: runGoShorts("gin")},
	"echo":     {start: runGoShorts("echo")},
	"fiber":    {start: runGoShorts("fiber")},

	"fastapi": {start: pythonShorts("starlette", "fastapi", "fastapi.py"), exceptions: everyOrigin},

	"apache":  {start: eachText(apacheWithLines)},
	"caddy":   {start: eachText(caddyWithLines)},
	"haproxy": {start: eachText(haproxyWithLines)},
	"nginx":   {start: eachText(nginxWithLines)},
	"php":     {start: eachText(phpWithLines)},
	"rails":   {start: eachText(railsWithLines)},
	"tomcat":  {start: tomcatLines},
}

// TestShorts runs every server of shortServers with the short forms for all policies, and
// checks it against each policy with concors verify. This test is the meaning of the word
// "verified" for short forms.
func TestShorts(t *testing.T) {
	skipIfShort(t)
	for _, s := range shorts(t) {
		server, tested := shortServers[s.Name]
		if tested != (s.Verified != "") {
			t.Errorf("the short form %s is verified with %q, but whether it is tested here is %v", s.Name, s.Verified, tested)
		}
		if !tested {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			var written []namedPolicy
			var all []*lines
			var texts []string
			for _, p := range append(policies(t), shortPolicies...) {
				l, refusal := writeLines(t, s.Name, p.text)
				if l == nil {
					checkRefusal(t, s, refusal)
					continue
				}
				written, all, texts = append(written, p), append(all, l), append(texts, l.Text)
			}
			if len(written) < 3 {
				t.Fatalf("only %d policies are written", len(written))
			}
			urls := server.start(t, s.Verified, texts)
			t.Run("verify", func(t *testing.T) {
				for i, p := range written {
					t.Run(p.name, func(t *testing.T) {
						t.Parallel()
						verifyLines(t, p.text, urls[i], all[i], server)
					})
				}
			})
		})
	}
}

// shortPolicies are policies that short forms can express, besides those in [policies].
var shortPolicies = []namedPolicy{
	{"a public API", `{origins: ["*"], requestHeaders: [content-type], exposedHeaders: [X-Total-Count], maxAgeSeconds: 60}`},
	{"several origins with everything", `
origins: [https://app.example.com, "https://admin.example.net:8443", "http://localhost:3000"]
methods: [PUT, PATCH, DELETE]
requestHeaders: [Content-Type, Authorization, X-Request-Id]
exposedHeaders: [X-Total-Count, X-Request-Id]
credentials: true
maxAgeSeconds: 600
`},
	{"20 origins", `{origins: [` + manyShortOrigins + `], requestHeaders: [content-type]}`},
}

var manyShortOrigins = func() string {
	list := []string{"https://app.example.com"}
	for i := range 19 {
		list = append(list, fmt.Sprintf("https://app%d.example.com", i))
	}
	return strings.Join(list, ", ")
}()

// verifyLines checks that the server does what the policy says, except for what the notes
// of its short form explain.
func verifyLines(t *testing.T, policy, url string, l *lines, server shortServer) {
	t.Helper()
	path := server.path
	if path == "" {
		path = "/"
	}
	policy = rejectsRefused.ReplaceAllString(policy, "") // a note says so
	program, err := buildTool()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "verify", policyFile(t, policy), url+path,
		"--as", "chromium", "--max-requests", "1000", "--rate", "100000", "--json").Output()
	var report struct {
		Sites []struct {
			Verdict                       string
			Status                        int
			Skipped, NoResponse, NotKnown int
			Findings                      []struct {
				Kind string
				Note bool
			}
		}
	}
	if failed := json.Unmarshal(out, &report); failed != nil || len(report.Sites) != 1 {
		t.Fatalf("concors verify: %v, %v\n%s", failed, err, out)
	}
	site := report.Sites[0]
	if site.Status != 200 || site.Verdict == "unknown" || site.Skipped+site.NoResponse+site.NotKnown > 0 {
		t.Fatalf("something is not known:\n%s\n%s", l.Text, out)
	}
	if server.exceptions != nil && strings.Contains(strings.Join(l.Notes, "\n"), "exceptions have no CORS headers") {
		lacksCORS(t, url+"/throw")
	} else if server.exceptions != nil {
		sameCORSFor(t, url, server.exceptions, "/throw")
	}
	for _, finding := range site.Findings {
		if words, ok := explained[finding.Kind]; !finding.Note && !(ok && strings.Contains(strings.Join(l.Notes, "\n"), words)) {
			t.Errorf("%s differs from the policy, and no note says so: %s\n%s\n%s", l.Name, finding.Kind, l.Text, out)
			return
		}
	}
}

// lacksCORS checks that the response to an exception has no CORS headers.
func lacksCORS(t *testing.T, url string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "https://app.example.com")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 500 || response.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a note says that this response has no CORS headers: %s %v", response.Status, response.Header)
	}
}

// shorts returns the short forms.
func shorts(t *testing.T) []stack {
	t.Helper()
	var list struct{ Shorts []stack }
	concorsJSON(t, &list, "recipe", "--list", "--json")
	if len(list.Shorts) == 0 {
		t.Fatal("concors recipe --list prints no short forms")
	}
	return list.Shorts
}

// writeLines writes a policy in the short form of a stack. It returns nil and the reasons
// if the policy is refused.
func writeLines(t *testing.T, stack, policy string) (l *lines, refusal []string) {
	t.Helper()
	var printed struct {
		lines
		Refused []struct{ Reason string }
	}
	_, status := concorsJSON(t, &printed, "recipe", policyFile(t, policy), "--for", stack, "--short", "--json")
	if status == 0 {
		return &printed.lines, nil
	}
	for _, refused := range printed.Refused {
		refusal = append(refusal, refused.Reason)
	}
	return nil, refusal
}

// serveAll starts a program that runs count servers and prints a line with the index and
// the URL of each, and returns the URLs.
func serveAll(t *testing.T, dir string, count int, argv ...string) []string {
	t.Helper()
	urls := make([]string, count)
	p := start(t, dir, argv...)
	if !p.wait(func() bool {
		for _, found := range indexedURL.FindAllStringSubmatch(p.output(), -1) {
			var i int
			if _, err := fmt.Sscan(found[1], &i); err == nil && i < count {
				urls[i] = found[2]
			}
		}
		return !slices.Contains(urls, "")
	}) {
		t.Fatalf("the servers did not start:\n%s", p.output())
	}
	return urls
}

var indexedURL = regexp.MustCompile(`(?m)^(\d+) (http://127\.0\.0\.1:\d+)$`)

// nodeShorts returns a function that runs short forms in Node. frame is a file of
// testdata/shorts: a module in which LINES is replaced with a short form, and INDEX with
// its index. name is the package that Verified names.
func nodeShorts(name, frame string) func(t *testing.T, verified string, texts []string) []string {
	return func(t *testing.T, verified string, texts []string) []string {
		node := need(t, "node")
		need(t, "npm")
		if err := installNode(); err != nil {
			t.Fatal(err)
		}
		packageIs(t, verified, nodeDir, name)
		return runShorts(t, nodeDir, frame, texts, node)
	}
}

// bothModules returns a function that runs the short forms as CommonJS, and every second of
// them as an ES module instead: its first line is then replaced with what its comment says.
func bothModules(common, module func(t *testing.T, verified string, texts []string) []string) func(t *testing.T, verified string, texts []string) []string {
	return func(t *testing.T, verified string, texts []string) []string {
		var halves [2][]string
		for i, text := range texts {
			if i%2 == 1 {
				first, rest, _ := strings.Cut(text, "\n")
				_, imports, found := strings.Cut(first, "// in an ES module: ")
				if !found {
					t.Fatalf("the short form does not say how it is imported in an ES module:\n%s", text)
				}
				text = imports + "\n" + rest
			}
			halves[i%2] = append(halves[i%2], text)
		}
		urls := [2][]string{common(t, verified, halves[0]), module(t, verified, halves[1])}
		all := make([]string, len(texts))
		for i := range all {
			all[i] = urls[i%2][i/2]
		}
		return all
	}
}

// viteShorts does what nodeShorts does with Vite, which is not among the other packages.
func viteShorts(t *testing.T, verified string, texts []string) []string {
	node := need(t, "node")
	need(t, "npm")
	dir, err := installVite()
	if err != nil {
		t.Fatal(err)
	}
	packageIs(t, verified, dir, "vite")
	return runShorts(t, dir, "vite.mjs", texts, node)
}

// runShorts writes a module for each text, and a main module that imports all of them.
func runShorts(t *testing.T, dir, frame string, texts []string, node string) []string {
	t.Helper()
	folder, err := os.MkdirTemp(dir, "short-")
	if err != nil {
		t.Fatal(err)
	}
	extension := filepath.Ext(frame)
	if extension == ".js" { // CommonJS, in a folder whose default is ES modules
		extension = ".cjs"
	}
	module := readFrame(t, frame)
	var main strings.Builder
	for i, text := range texts {
		file := fmt.Sprintf("short%d%s", i, extension)
		write(t, folder, file, strings.NewReplacer("LINES", text, "INDEX", fmt.Sprint(i)).Replace(module))
		fmt.Fprintf(&main, "await import('./%s')\n", file)
	}
	return serveAll(t, dir, len(texts), node, write(t, folder, "main.mjs", main.String()))
}

func readFrame(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "shorts", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// packageIs checks that a package of Node has the version of verified, such as "cors 2.8.6".
func packageIs(t *testing.T, verified, dir, name string) {
	t.Helper()
	var manifest struct{ Version string }
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil || name+" "+manifest.Version != verified {
		t.Errorf("the short form is verified with %q, and this is %s %s %v", verified, name, manifest.Version, err)
	}
}

// pythonShorts returns a function that runs short forms in Python. The frame starts a
// process for each file in its arguments.
func pythonShorts(distribution, module, frame string) func(t *testing.T, verified string, texts []string) []string {
	return func(t *testing.T, verified string, texts []string) []string {
		skipIfShort(t)
		program := needPython(t, module)
		out, err := exec.Command(program, "-c", "from importlib.metadata import version; print('"+distribution+"', version('"+distribution+"'))").CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != verified {
			t.Errorf("the short form is verified with %q, and this is %s%v", verified, out, err)
		}
		dir := tempDir(t)
		argv := []string{program, "-u", write(t, dir, "main.py", readFrame(t, frame))}
		for i, text := range texts {
			argv = append(argv, write(t, dir, fmt.Sprintf("short%d.py", i), text))
		}
		return serveAll(t, dir, len(texts), argv...)
	}
}

// TestLinesWithoutOptions runs the lines that concors check proposes for a plain GET, in every
// product that can run here. What they leave out allows what they say, and no more.
func TestLinesWithoutOptions(t *testing.T) {
	skipIfShort(t)
	application := applicationWithoutCORS(t)
	tested := 0
	for _, s := range shorts(t) {
		server, runs := shortServers[s.Name]
		if !runs {
			continue
		}
		var report struct {
			ServerFix struct {
				Short struct{ Text, Defaults, Verified string }
			}
		}
		concorsJSON(t, &report, "check", application, "--from", repairPage, "--for", s.Name, "--json")
		short := report.ServerFix.Short
		if short.Defaults == "" {
			continue
		}
		tested++
		t.Run(s.Name, func(t *testing.T) {
			url := server.start(t, short.Verified, []string{short.Text})[0] + server.path
			allows := func(args ...string) bool {
				out, _, status := concors(t, append([]string{"check", url, "--from", repairPage}, args...)...)
				t.Logf("%q: status %d, %s", args, status, strings.TrimSpace(out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]))
				return status == 0
			}
			anyHeader, anyMethod := strings.Contains(short.Defaults, "any request header"), strings.Contains(short.Defaults, "any method")
			if !allows() {
				t.Error("the request itself is refused")
			}
			for _, header := range []string{"Content-Type", "Authorization", "X-Key"} {
				value := map[string]string{"Content-Type": ": application/json"}[header]
				if value == "" {
					value = ": x"
				}
				if said := anyHeader || strings.Contains(short.Defaults, header); allows("-H", header+value) != said && server.path == "" {
					t.Errorf("whether %s is allowed is not %v, as this says: %s", header, said, short.Defaults)
				}
			}
			for _, method := range []string{"PUT", "PATCH", "DELETE"} {
				if said := anyMethod || strings.Contains(short.Defaults, method); allows("-X", method) != said {
					t.Errorf("whether %s is allowed is not %v, as this says: %s", method, said, short.Defaults)
				}
			}
		})
	}
	if tested < 10 {
		t.Errorf("only %d short forms leave options out", tested)
	}
}
