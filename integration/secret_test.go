package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
)

// secretKey is the secret that the servers of these tests have in API_KEY.
const secretKey = "key-of-the-API/7=z"

// internalFile is where the servers of these tests have a file for internal use, which the
// header X-Accel-Redirect of a response makes nginx send. nginxInternal is its location.
const (
	internalFile  = "/internal/file"
	nginxInternal = "location " + internalFile + " { internal; return 200 internal; }\n"
)

// A secretServer starts a server with a route that adds a secret.
type secretServer struct {
	// start starts the server, which trusts the certificate authorities in the file ca.
	// written returns what it has printed and logged.
	start func(t *testing.T, r *recipe, ca string) (url string, written func() string)
	// fails runs what start runs, without the secret, and returns what it prints.
	fails func(t *testing.T, r *recipe) string
	// resolves is set if the product resolves dot segments before the route sees the path.
	resolves bool
}

var secretServers = map[string]secretServer{
	"nginx":              {start: nginxWithSecret, fails: nginxWithoutSecret},
	"caddy":              {start: caddyWithSecret, fails: caddyWithoutSecret},
	"express":            {start: expressWithSecret("express"), fails: expressWithoutSecret},
	"express 4":          {start: expressWithSecret("express4"), fails: expressWithoutSecret},
	"cloudflare-workers": {start: workerWithSecret, fails: workerWithoutSecret, resolves: true},
}

// TestSecretRoutes runs every server that concors calls verified with a route to an API
// that needs a secret. Pages of its own origin can use the listed paths and methods, and
// nothing else reaches the API.
func TestSecretRoutes(t *testing.T) {
	var list struct{ Secrets []stack }
	concorsJSON(t, &list, "recipe", "--list", "--alias", "--json")
	for _, s := range list.Secrets {
		if _, tested := secretServers[s.Name]; tested != (s.Verified != "") && s.Name != "next" { // TestNextRoutes
			t.Errorf("%s is verified with %q, but whether it is tested here is %v", s.Name, s.Verified, tested)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(secretServers)) {
		t.Run(name, func(t *testing.T) {
			server := secretServers[name]
			api := startSecretAPI(t)
			r := api.recipe(t, strings.Fields(name)[0])
			t.Run("without the secret", func(t *testing.T) {
				os.Unsetenv("API_KEY")
				if out := server.fails(t, r); !strings.Contains(out, "API_KEY") || !strings.Contains(out, "not") {
					t.Errorf("it does not say what is missing:\n%s", out)
				}
			})
			t.Setenv("API_KEY", secretKey)
			url, written := server.start(t, r, api.ca)
			api.check(t, url, server.resolves, false)
			if out := written(); strings.Contains(out, secretKey) {
				t.Errorf("the secret is in a log:\n%s", out)
			}
		})
	}
}

// A secretAPI is an API that needs a key, and records what it receives.
type secretAPI struct {
	host, ca string // of the API, and the file with its certificate
	away     *httptest.Server
	other    http.Handler // below /v1/

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	strayed  int // requests to the host to which the API redirects
}

func startSecretAPI(t *testing.T) *secretAPI {
	a := &secretAPI{other: otherServer(t)}
	a.away = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.strayed++
	}))
	t.Cleanup(a.away.Close)
	a.host, a.ca = startTLS(t, http.HandlerFunc(a.serve))
	return a
}

func (a *secretAPI) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		a.other.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body) // an error means that the client has gone
	a.mu.Lock()
	a.requests, a.bodies = append(a.requests, r), append(a.bodies, string(body))
	a.mu.Unlock()
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Set-Cookie", "session=s; Path=/")
	h.Set("WWW-Authenticate", "Basic")
	h.Set("Clear-Site-Data", `"*"`)
	h.Set("X-API-Key", r.Header.Get("X-API-Key"))
	h.Set("X-Accel-Redirect", internalFile)
	h.Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/moved"):
		h.Set("Location", a.away.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case strings.HasSuffix(r.URL.Path, "/gone"):
		w.WriteHeader(http.StatusNotFound)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"path": r.URL.Path})
}

// received returns the requests since the last call.
func (a *secretAPI) received() (requests []*http.Request, bodies []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	requests, bodies = a.requests, a.bodies
	a.requests, a.bodies = nil, nil
	return requests, bodies
}

// recipe writes the route of a stack.
func (a *secretAPI) recipe(t *testing.T, stack string, more ...string) *recipe {
	t.Helper()
	r := new(recipe)
	stderr, status := concorsJSON(t, r, append([]string{"recipe", "--alias", "https://" + a.host + "/v2", "--secret-header", "X-API-Key=API_KEY",
		"--path", "/things", "--path", "/things/{id}", "--method", "GET", "--method", "POST", "--for", stack, "--json"}, more...)...)
	if status != 0 {
		t.Fatal(stderr)
	}
	return r
}

// A sent is a request as it is written to the connection.
type sent struct {
	name, method, target string
	header               []string
	body                 string
}

// raw sends a request without changing its path.
// If the connection is closed without a response, as an upgrade may be, the status is 499.
func (s sent) raw(t *testing.T, base string) (*http.Response, string) {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	lines := append([]string{s.method + " " + s.target + " HTTP/1.1", "Host: " + host}, s.header...)
	if !slices.ContainsFunc(s.header, func(l string) bool { return strings.HasPrefix(l, "Connection:") }) {
		lines = append(lines, "Connection: close")
	}
	if s.body != "" {
		length, _ := json.Marshal(len(s.body))
		lines = append(lines, "Content-Type: text/plain", "Content-Length: "+string(length))
	}
	if _, err := io.WriteString(c, strings.ReplaceAll(strings.Join(lines, "\r\n"), "BASE", base)+"\r\n\r\n"+s.body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: s.method})
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &http.Response{StatusCode: 499}, ""
	}
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return resp, string(body)
}

// same is what a browser sends for a page of the same origin.
var same = []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Accept: */*"}

// secretAccepted are requests that reach the API.
var secretAccepted = []sent{
	{name: "a page's GET", method: "GET", target: "/api/things?a=%2F&b&x=../..?c", header: append(slices.Clone(same),
		"Cookie: site=1", "Authorization: Bearer of-the-site", "Referer: BASE/page", "X-API-Key: of-the-page", "X-Forwarded-For: 1.2.3.4", "Proxy-Authorization: x")},
	{name: "one of many", method: "GET", target: "/api/things/a-7.json", header: same},
	{name: "a page's POST", method: "POST", target: "/api/things", header: append(slices.Clone(same), "Origin: BASE"), body: "hello"},
	{name: "a GET of an older browser", method: "GET", target: "/api/things"},
	{name: "a POST of an older browser", method: "POST", target: "/api/things", header: []string{"Origin: BASE"}, body: "hello"},
	{name: "a 404 of the API", method: "GET", target: "/api/things/gone", header: same},
}

// secretRefused are requests that never reach the API.
var secretRefused = []sent{
	{name: "another method", method: "DELETE", target: "/api/things", header: append(slices.Clone(same), "Origin: BASE")},
	{name: "HEAD, which is not listed", method: "HEAD", target: "/api/things", header: same},
	{name: "a method in lower case", method: "get", target: "/api/things", header: same},
	{name: "TRACE", method: "TRACE", target: "/api/things", header: same},
	{name: "another path", method: "GET", target: "/api/other", header: same},
	{name: "the API's root", method: "GET", target: "/api/", header: same},
	{name: "a longer path", method: "GET", target: "/api/things/a/b", header: same},
	{name: "a path that begins like a listed one", method: "GET", target: "/api/thingsandmore", header: same},
	{name: "another case", method: "GET", target: "/API/things", header: same},
	{name: "another site's GET", method: "GET", target: "/api/things", header: []string{"Sec-Fetch-Site: cross-site"}},
	{name: "the same site's GET", method: "GET", target: "/api/things", header: []string{"Sec-Fetch-Site: same-site", "Origin: http://sub.localhost"}},
	{name: "a link that the user opens", method: "GET", target: "/api/things", header: []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"}},
	{name: "another site's form", method: "POST", target: "/api/things", header: []string{"Sec-Fetch-Site: cross-site", "Origin: https://foreign.example"}, body: "a=b"},
	{name: "another site's form of an older browser", method: "POST", target: "/api/things", header: []string{"Origin: https://foreign.example"}, body: "a=b"},
	{name: "another site's GET of an older browser, with CORS", method: "GET", target: "/api/things", header: []string{"Origin: https://foreign.example"}},
	{name: "a sandboxed page", method: "POST", target: "/api/things", header: []string{"Origin: null"}, body: "a=b"},
	{name: "an origin that ends like this one", method: "GET", target: "/api/things", header: []string{"Origin: BASE.foreign.example"}},
	{name: "an origin with a path", method: "GET", target: "/api/things", header: []string{"Origin: BASE/"}},
	{name: "a POST from nowhere", method: "POST", target: "/api/things", body: "a=b"},
	{name: "contradicting headers", method: "POST", target: "/api/things", header: append(slices.Clone(same), "Origin: https://foreign.example"), body: "a=b"},
	{name: "a foreign site's preflight", method: "OPTIONS", target: "/api/things", header: []string{
		"Origin: https://foreign.example", "Access-Control-Request-Method: POST", "Sec-Fetch-Site: cross-site"}},
	{name: "a WebSocket", method: "GET", target: "/api/things", header: append(slices.Clone(same), "Origin: BASE", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")},
	{name: "a foreign site's WebSocket", method: "GET", target: "/api/things", header: []string{"Origin: https://foreign.example", "Connection: Upgrade",
		"Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}},
}

// secretSpellings are paths that a server could read as others.
var secretSpellings = []string{
	"/api/x/../things", "/api/things/../other", "/api/things/../../admin", "/api/things/..", "/api/./things", "/api/things/.", "/api/%2e%2e/api/things",
	"/api/things/%2e%2e/other", "/api/things/.%2E/other", "/api/things/%2e%2e%2fother", "/api/things/..%2fother", "/api/things/%252e%252e/other",
	"/api//things", "//api/things", "/api/things//", "/api/things/", "/api/things/a//b", `/api\things`, `/api/things\..\other`, `/api/things/%5c..%5cother`,
	"/api/things%2fa", "/api/th%69ngs", "/api/things;x=1", "/api/things/..;/other", "/api/things%3fa", "/api/things%00", "/api/things/a%20b", "/api/things@foreign.example",
	"/api/things/a:80", "/api@foreign.example/things", "/api/things/%2e", "/api/things/…",
}

// check checks what reaches the API through the server at base, and what comes back.
// resolves is set if dot segments are resolved before the route, and respells if the
// product spells the query in its own way.
func (a *secretAPI) check(t *testing.T, base string, resolves, respells bool) {
	a.received()
	for _, s := range secretAccepted {
		t.Run(s.name, func(t *testing.T) {
			resp, body := s.raw(t, base)
			requests, bodies := a.received()
			if len(requests) != 1 {
				t.Fatalf("%d requests reached the API: status %d %s", len(requests), resp.StatusCode, body)
			}
			r := requests[0]
			path, query, _ := strings.Cut(s.target, "?")
			if respells {
				query = respelled(t, query)
				r.URL.RawQuery = respelled(t, r.URL.RawQuery)
			}
			if want := "/v2" + strings.TrimPrefix(path, "/api"); r.URL.EscapedPath() != want || r.URL.RawQuery != query || r.Method != s.method || bodies[0] != s.body || r.Host != a.host {
				t.Errorf("%s %s %s %q arrived, want %s %s %s", r.Method, r.Host, r.RequestURI, bodies[0], s.method, want, query)
			}
			if got := r.Header["X-Api-Key"]; len(got) != 1 || got[0] != secretKey {
				t.Errorf("the API received %q in place of the secret", got)
			}
			for name := range r.Header {
				if !slices.Contains([]string{"X-Api-Key", "Accept", "Accept-Language", "Accept-Encoding", "Content-Type", "Content-Length", "User-Agent", "Connection",
					"Sec-Fetch-Mode"}, name) { // Node's fetch sends Sec-Fetch-Mode itself
					t.Errorf("the API received %s: %q", name, r.Header[name])
				}
			}
			if want := map[bool]int{false: 200, true: 404}[strings.HasSuffix(path, "gone")]; resp.StatusCode != want || !strings.Contains(body, `"path"`) {
				t.Errorf("status %d %q, want %d", resp.StatusCode, body, want)
			}
			if got := resp.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
			if got := resp.Header.Values("Cache-Control"); len(got) != 1 || got[0] != "no-store" {
				t.Errorf("Cache-Control is %q", got)
			}
			a.checkResponse(t, resp, body)
		})
	}
	for _, s := range secretRefused {
		t.Run(s.name, func(t *testing.T) {
			resp, body := s.raw(t, base)
			if requests, _ := a.received(); len(requests) > 0 || resp.StatusCode < 300 {
				t.Errorf("status %d, and %d requests reached the API", resp.StatusCode, len(requests))
			}
			a.checkResponse(t, resp, body)
		})
	}
	for _, target := range secretSpellings {
		t.Run(target, func(t *testing.T) {
			resp, body := sent{name: target, method: "GET", target: target, header: same}.raw(t, base)
			requests, _ := a.received()
			if !resolves && (len(requests) > 0 || resp.StatusCode < 400) {
				t.Errorf("status %d, and %d requests reached the API", resp.StatusCode, len(requests))
			}
			for _, r := range requests {
				if path := r.URL.EscapedPath(); path != "/v2/things" && path != "/v2/things/other" {
					t.Errorf("%s reached the API as %s", target, path)
				}
			}
			a.checkResponse(t, resp, body)
		})
	}
	t.Run("a redirect of the API", func(t *testing.T) {
		resp, body := sent{method: "GET", target: "/api/things/moved", header: same}.raw(t, base)
		a.received()
		if resp.StatusCode != http.StatusBadGateway || a.strayed > 0 {
			t.Errorf("status %d, and %d requests to the redirect's target", resp.StatusCode, a.strayed)
		}
		a.checkResponse(t, resp, body)
	})
	t.Run("browsers", func(t *testing.T) { a.browse(t, base) })
}

// respelled returns a query with the same names and values in one spelling.
func respelled(t *testing.T, query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Error(err)
	}
	return values.Encode()
}

// checkResponse checks that a response has neither the secret nor what the API says to
// browsers.
func (a *secretAPI) checkResponse(t *testing.T, resp *http.Response, body string) {
	t.Helper()
	for name, values := range resp.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "access-control-") || slices.Contains([]string{"set-cookie", "www-authenticate", "clear-site-data", "x-api-key", "x-accel-redirect"}, lower) {
			t.Errorf("%s: %q is passed on", name, values)
		}
		if strings.Contains(strings.Join(values, " "), secretKey) {
			t.Errorf("the secret is in the header %s", name)
		}
	}
	if body == "internal" {
		t.Error("the API reads a file of the site")
	}
	if strings.Contains(body, secretKey) {
		t.Errorf("the secret is in the response: %s", body)
	}
}

// browse sends requests as pages do.
func (a *secretAPI) browse(t *testing.T, base string) {
	foreign, sibling := &fetch.Page{URL: "https://foreign.example/"}, &fetch.Page{URL: "http://127.0.0.1:1/"}
	own := &fetch.Page{URL: base + "/"}
	for _, row := range []struct {
		name    string
		page    *fetch.Page
		request fetch.Request
		reaches bool
	}{
		{"the site's own page", own, fetch.Request{}, true},
		{"a POST of the site's own page", own, fetch.Request{Method: "POST", Body: jsonBody}, true},
		{"a foreign page", foreign, fetch.Request{}, false},
		{"a foreign page without CORS", foreign, fetch.Request{Mode: fetch.ModeNoCORS}, false},
		{"a foreign page's POST without CORS", foreign, fetch.Request{Mode: fetch.ModeNoCORS, Method: "POST", Body: fetch.TextBody("a=b")}, false},
		{"a foreign page's JSON", foreign, fetch.Request{Method: "POST", Body: jsonBody}, false},
		{"a page on another port", sibling, fetch.Request{Mode: fetch.ModeNoCORS, Method: "POST", Body: fetch.TextBody("a=b")}, false},
	} {
		for _, profile := range fetch.Profiles() {
			request := row.request
			request.Page, request.URL = row.page, base+"/api/things"
			response, err := fetch.NewAgent(profile).Fetch(context.Background(), &request)
			if err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
			if requests, _ := a.received(); (len(requests) > 0) != row.reaches {
				t.Errorf("%s in %s: %d requests reached the API (%v)", row.name, profile.Name, len(requests), err)
			}
		}
	}
}

// failing runs a program that must end by itself with an error, and returns what it
// prints.
func failing(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	newProcessGroup(cmd)
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Errorf("it starts without the secret: %v", err)
	}
	return string(out)
}

// failingOn is failing without the secret, and before that with each of the values, which
// no header can have.
func failingOn(t *testing.T, dir string, values []string, argv ...string) string {
	t.Helper()
	for _, value := range values {
		t.Setenv("API_KEY", value)
		if out := failing(t, dir, argv...); !strings.Contains(out, "API_KEY") || value != "" && strings.Contains(out, value) {
			t.Errorf("%q: %s", value, out)
		}
	}
	os.Unsetenv("API_KEY")
	return failing(t, dir, argv...)
}

// writeFiles writes all files of a recipe, and returns their folder.
func writeFiles(t *testing.T, r *recipe) string {
	t.Helper()
	dir := tempDir(t)
	for _, f := range r.Files {
		if strings.Contains(f.Text, secretKey) {
			t.Errorf("the secret is in %s", f.Name)
		}
		write(t, dir, f.Name, f.Text)
	}
	return dir
}

func nginxWithSecret(t *testing.T, r *recipe, ca string) (string, func() string) {
	program := need(t, "nginx")
	need(t, "envsubst")
	versionIs(t, r, program, "-v")
	dir := writeFiles(t, r)
	config := filepath.Join(dir, "run", "concors-secret.conf")
	if out, err := exec.Command("sh", filepath.Join(dir, "concors-secret.sh"), filepath.Join(dir, "concors-secret.conf.template"), config).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if info, err := os.Stat(config); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the secret has the mode %v %v", info.Mode(), err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	access, faults := filepath.Join(dir, "access.log"), filepath.Join(dir, "error.log")
	url, p := serveProcessAt(t, dir, func(address string) []string {
		return nginxCommand(t, program, dir, `server {
			listen `+address+`;
			access_log `+access+`;
			error_log `+faults+` info;
			`+nginxInternal+withCA(string(text), ca)+`
		}`)
	})
	return url, func() string { return p.output() + readAll(t, access, faults) }
}

// readAll returns the contents of files.
func readAll(t *testing.T, names ...string) (all string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		all += string(text)
	}
	return all
}

func nginxWithoutSecret(t *testing.T, r *recipe) string {
	need(t, "envsubst")
	dir := writeFiles(t, r)
	script, template := filepath.Join(dir, "concors-secret.sh"), filepath.Join(dir, "concors-secret.conf.template")
	return failingOn(t, dir, []string{"", "a\"b", `a\b`, "a$b", "a\nb", "a\n", "ä", "a\tb", "a\x01b"},
		"sh", script, template, filepath.Join(dir, "out"))
}

// caddyfile returns the command that starts Caddy with this in its site.
func caddyfile(t *testing.T, dir, address, config string) []string {
	file := write(t, dir, "Caddyfile", "{\n admin off\n auto_https off\n}\nhttp://"+address+" {\n bind 127.0.0.1\n log\n"+config+"\nhandle {\nrespond 404\n}\n}\n")
	return []string{need(t, "caddy"), "run", "--config", file, "--adapter", "caddyfile"}
}

func caddyWithSecret(t *testing.T, r *recipe, ca string) (string, func() string) {
	versionIs(t, r, need(t, "caddy"), "version")
	t.Setenv("SSL_CERT_FILE", ca)
	dir := writeFiles(t, r)
	url, p := serveProcessAt(t, dir, func(address string) []string {
		return caddyfile(t, dir, address, r.file(t, "concors-secret.caddy"))
	})
	return url, func() string {
		saved, err := filepath.Glob(filepath.Join(dir, "caddy", "autosave.json"))
		if err != nil || len(saved) != 1 {
			t.Errorf("Caddy's saved configuration: %q %v", saved, err)
		}
		return p.output() + readAll(t, saved...)
	}
}

func caddyWithoutSecret(t *testing.T, r *recipe) string {
	dir := writeFiles(t, r)
	return failing(t, dir, caddyfile(t, dir, "127.0.0.1:1", r.file(t, "concors-secret.caddy"))...)
}

// expressCommand returns the command that starts an application with a route.
func expressCommand(t *testing.T, framework string, r *recipe) []string {
	node := need(t, "node")
	need(t, "npm")
	if err := installNode(); err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp(nodeDir, "secret-")
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "api-route.js", r.file(t, "api-route.js"))
	return []string{node, write(t, folder, "server.js", `
import express from '`+framework+`'
import { apiRoute } from './api-route.js'

const app = express()
app.use(apiRoute)
app.use(express.json())
app.get('/', (req, res) => res.send('site'))
const server = app.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))
`)}
}

func expressWithSecret(framework string) func(t *testing.T, r *recipe, ca string) (string, func() string) {
	return func(t *testing.T, r *recipe, ca string) (string, func() string) {
		t.Setenv("NODE_EXTRA_CA_CERTS", ca)
		command := expressCommand(t, framework, r)
		if framework == "express" {
			lockedIs(t, r, nodeDir, framework)
		}
		url, p := serveProcessPrinted(t, nodeDir, command...)
		return url, p.output
	}
}

func expressWithoutSecret(t *testing.T, r *recipe) string {
	return failingOn(t, nodeDir, []string{"", "key with a line\n", "a\x01b"}, expressCommand(t, "express", r)...)
}

// installWorkers is installNode for the runtime of Cloudflare Workers.
var installWorkers = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(nodeDir, "workers")
	return dir, npmInstall("workers", dir)
})

// workerCommand returns the command that starts a Worker.
func workerCommand(t *testing.T, dir string, r *recipe, address, ca string) []string {
	need(t, "npm")
	installed, err := installWorkers()
	if err != nil {
		t.Fatal(err)
	}
	lockedIs(t, r, installed, "workerd")
	programs, err := filepath.Glob(filepath.Join(installed, "node_modules/@cloudflare/workerd-*/bin/workerd"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("workerd is not installed: %q %v", programs, err)
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "ca.pem", string(text))
	write(t, dir, "worker.mjs", r.file(t, "worker.js"))
	return []string{programs[0], "serve", write(t, dir, "config.capnp", `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustedCertificates = [embed "ca.pem"]))),
  ],
  sockets = [(name = "http", address = "`+address+`", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-07-01",
  bindings = [(name = "API_KEY", fromEnvironment = "API_KEY")],
);
`)}
}

func workerWithSecret(t *testing.T, r *recipe, ca string) (string, func() string) {
	dir := tempDir(t)
	url, p := serveProcessAt(t, dir, func(address string) []string { return workerCommand(t, dir, r, address, ca) })
	return url, p.output
}

func workerWithoutSecret(t *testing.T, r *recipe) string {
	dir := tempDir(t)
	_, ca := certificateOf(t, "localhost")
	return failingOn(t, dir, []string{"", "a\x01b"}, workerCommand(t, dir, r, "127.0.0.1:0", ca)...)
}

// TestNextRoutes builds an application of Next.js with a route that adds a secret, in
// TypeScript, and two aliases, and runs it.
func TestNextRoutes(t *testing.T) {
	node := need(t, "node")
	need(t, "npm")
	installed, err := installNext()
	if err != nil {
		t.Fatal(err)
	}
	api := startSecretAPI(t)
	r := api.recipe(t, "next", "--typescript")
	lockedIs(t, r, installed, "next")
	dir := filepath.Join(installed, "routes")
	write(t, dir, "app/layout.jsx", "export default ({ children }) => <html><body>{children}</body></html>\n")
	write(t, dir, "app/page.jsx", "export default () => 'site'\n")
	write(t, dir, "app/api/[...path]/route.ts", r.file(t, "route.ts"))
	write(t, dir, "instrumentation.ts", r.file(t, "instrumentation.ts"))
	aliases := []*aliasPage{{host: api.host, path: "/plain/", respells: true}, {host: api.host, path: "/cookies/", respells: true}}
	for i, p := range aliases {
		alias := writeAlias(t, "next", p.path, api.host, i == 1)
		lockedIs(t, alias, installed, "next")
		write(t, dir, "app"+p.path+"[[...path]]/route.js", alias.file(t, "route.js"))
	}
	program := filepath.Join(installed, "node_modules", "next", "dist", "bin", "next")
	t.Setenv("NEXT_TELEMETRY_DISABLED", "1")
	os.Unsetenv("API_KEY") // a build needs no secret
	build := exec.Command(node, program, "build", dir)
	build.Dir = installed
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("next build: %v\n%s", err, out)
	}
	next := func(address string) []string {
		host, port, _ := strings.Cut(address, ":")
		return []string{node, program, "start", dir, "-H", host, "-p", port}
	}
	t.Run("without the secret", func(t *testing.T) {
		if out := failingOn(t, dir, []string{"a\x01b"}, next("127.0.0.1:0")...); !strings.Contains(out, "API_KEY is not set") {
			t.Errorf("it does not say what is missing:\n%s", out)
		}
	})
	t.Setenv("API_KEY", secretKey)
	t.Run("an untrusted certificate", func(t *testing.T) {
		url := serveAt(t, dir, next)
		for _, path := range []string{"/plain/echo", "/api/things"} {
			resp, err := http.Get(url + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode < 500 {
				t.Errorf("%s: the certificate is accepted: status %d", path, resp.StatusCode)
			}
		}
	})
	t.Setenv("NODE_EXTRA_CA_CERTS", api.ca)
	url, p := serveProcessAt(t, dir, next)
	api.check(t, url, true, true)
	for i, page := range aliases {
		t.Run("the alias "+page.path, func(t *testing.T) {
			page.base = url
			page.browse(t, i == 1)
		})
	}
	if strings.Contains(p.output(), secretKey) {
		t.Errorf("the secret is in a log:\n%s", p.output())
	}
}

// TestCodeRoutesLimitBodies sends bodies whose length is not known before, as HTTP/2 permits,
// to the routes that are code.
func TestCodeRoutesLimitBodies(t *testing.T) {
	node := need(t, "node")
	api := &secretAPI{host: "api.example"}
	for stack, route := range map[string][2]string{"next": {"route.js", "POST"}, "cloudflare-workers": {"worker.js", "apiRoute"}} {
		t.Run(stack, func(t *testing.T) {
			text := strings.Replace(api.recipe(t, stack).file(t, route[0]), "import { env } from 'cloudflare:workers'", "const { env } = process", 1)
			dir := tempDir(t)
			write(t, dir, "route.mjs", text)
			script := write(t, dir, "test.mjs", `
import { `+route[1]+` as route } from './route.mjs'

let received
globalThis.fetch = async (url, init) => {
  received = (await new Response(init.body).arrayBuffer()).byteLength
  return new Response('{}')
}
for (const parts of [0, 1, 1000, 1001, 1e9]) {
  let sent = 0
  received = 'nothing'
  const body = new ReadableStream({
    pull(c) {
      if (sent == parts) return c.close()
      sent++
      c.enqueue(new Uint8Array(1000))
    },
  })
  const headers = { origin: 'http://site.example', host: 'site.example' }
  const response = await route(new Request('http://site.example/api/things', { method: 'POST', body, headers, duplex: 'half' }))
  console.log(response.status, received, sent < 1100 ? '' : 'all of it was read')
}
`)
			cmd := exec.Command(node, script)
			cmd.Env = append(os.Environ(), "API_KEY="+secretKey)
			out, err := cmd.CombinedOutput()
			if got := strings.Fields(string(out)); err != nil || strings.Join(got, " ") != "200 0 200 1000 200 1000000 413 nothing 413 nothing" {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
