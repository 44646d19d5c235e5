package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
)

// A runningProxy is concors proxy in a process of its own.
type runningProxy struct {
	t              *testing.T
	cmd            *exec.Cmd
	origin         string // where it listens
	stdout, stderr output
	client         *http.Client
}

// startProxy starts concors proxy in a folder, and waits until it listens.
func startProxy(t *testing.T, dir string, env []string, args ...string) *runningProxy {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGINT to send")
	}
	p := &runningProxy{t: t,
		client: &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
	p.cmd = exec.CommandContext(t.Context(), "concors", append([]string{"proxy", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1200 { // a minute
		if m := whereItListens.FindStringSubmatch(p.stdout.String() + p.stderr.String()); m != nil {
			p.origin = m[1]
			return p
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.cmd.Process.Kill()
	t.Fatalf("it does not listen: %s%s", &p.stdout, &p.stderr)
	return nil
}

// whereItListens is the first line of concors proxy, which it prints once it listens.
var whereItListens = regexp.MustCompile(`(?m)^Proxy +(https?://[^/ ]+:[0-9]+)(?:/[^ ]*)? to `)

// An output is what a process prints, which may be read meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// do makes a request as a page on localhost:5173, and returns the status and the headers.
func (p *runningProxy) do(method, path string, header ...string) (int, http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.origin+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, value := range map[string]string{"Origin": "http://localhost:5173", "Sec-Fetch-Site": "same-site",
		"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"} {
		r.Header.Set(name, value)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header
}

// end interrupts the proxy and returns what it printed. The exit status must be 0.
func (p *runningProxy) end() string {
	p.t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	ended := time.AfterFunc(20*time.Second, func() { p.cmd.Process.Kill() })
	defer ended.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("%v\n%s%s", err, &p.stdout, &p.stderr)
	}
	return p.stdout.String()
}

// notesAPI is an API of somebody else: it knows no CORS.
var notesAPI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Powered-By", "Express")
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Path == "/login":
		w.Header().Set("Set-Cookie", "sid=0123456789abcdef; Domain="+strings.Split(r.Host, ":")[0]+"; Path=/; Secure; HttpOnly; SameSite=None")
	case r.URL.Path == "/key":
		fmt.Fprint(w, r.Header.Get("X-Api-Key"))
	}
})

// The transcript in the README is what concors proxy prints, with its API and its
// address in place of those of this test.
func TestREADMEProxy(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "\n## The API is somebody else's\n")
	section, _, ended := strings.Cut(section, "\n## ")
	if !ok || !ended {
		t.Fatal("the README has no section about the proxy")
	}
	_, want, _ := strings.Cut(section, "```text\n")
	want, _, _ = strings.Cut(want, "```")
	if !strings.Contains(section, "    concors proxy https://api.example --page http://localhost:5173\n") || strings.Count(want, "...\n") == 0 {
		t.Fatal("the README does not show the command and what it prints")
	}
	s := httptest.NewServer(notesAPI)
	defer s.Close()
	api := strings.Replace(s.URL, "127.0.0.1", "api.localhost", 1)
	p := startProxy(t, t.TempDir(), nil, api, "--page", "http://localhost:5173")
	p.do("GET", "/notes")
	p.do("POST", "/login")
	p.do("OPTIONS", "/notes/1", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type")
	p.do("PUT", "/notes/1", "Content-Type", "application/json", "Cookie", "sid=0123456789abcdef")
	printed := p.end()
	duration := regexp.MustCompile(`in\s+\d+ (second|minute)s?`)
	// Names of other lengths break lines elsewhere.
	words := func(s string) string {
		return strings.Join(strings.Fields(strings.NewReplacer(api, "https://api.example", strings.TrimPrefix(api, "http://"), "api.example",
			"api.localhost", "api.example", p.origin, "http://localhost:8010").Replace(duration.ReplaceAllString(s, "in 1 second"))), " ")
	}
	rest := words(printed)
	for block := range strings.SplitSeq(want, "...\n") {
		_, after, found := strings.Cut(rest, words(block))
		if !found {
			t.Fatalf("concors proxy prints\n%s\nbut the README has\n%s", printed, block)
		}
		rest = after
	}
	for line := range strings.Lines(printed) {
		if term.Columns(strings.TrimSuffix(line, "\n")) > term.Width {
			t.Errorf("%d columns: %s", term.Columns(line), line)
		}
	}
}

// A page that fails without the proxy works with the report's policy on the API, as far as
// the proxy's own report can tell.
func TestTheProxysPolicyMakesItUnnecessary(t *testing.T) {
	use := func(handler http.Handler) (report struct {
		Needed string
		Counts struct{ Judged, Blocked int }
		Fixes  []struct{ Policy string }
	}, log string) {
		s := httptest.NewServer(handler)
		defer s.Close()
		p := startProxy(t, t.TempDir(), nil, strings.Replace(s.URL, "127.0.0.1", "api.localhost", 1), "--page", "http://localhost:5173", "--json")
		for _, request := range [][]string{{"GET", "/notes"}, {"PUT", "/notes/1", "Content-Type", "application/json", "Cookie", "sid=1"}} {
			if status, h := p.do(request[0], request[1], request[2:]...); status != 200 || h.Get("Access-Control-Allow-Origin") != "http://localhost:5173" {
				t.Errorf("%v: status %d, %v", request, status, h)
			}
		}
		if err := json.Unmarshal([]byte(p.end()), &report); err != nil {
			t.Fatal(err)
		}
		return report, p.stderr.String()
	}
	before, log := use(notesAPI)
	if before.Needed != "yes" || before.Counts.Judged != 2 || before.Counts.Blocked != 2 || len(before.Fixes) != 1 {
		t.Fatalf("without a policy: %+v", before)
	}
	if !strings.Contains(log, "200 PUT") {
		t.Errorf("with --json the log is on standard error, and that has\n%s", log)
	}
	file, err := policyfile.Load("policy.yaml", []byte(before.Fixes[0].Policy))
	if err != nil {
		t.Fatal(err)
	}
	m, err := cors.New(file.Routes.Policy)
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := use(m.Wrap(notesAPI)); after.Counts.Judged != 2 || after.Counts.Blocked != 0 || len(after.Fixes) != 0 {
		t.Errorf("with the policy: %+v", after)
	}
}

func TestTheProxyServesItsPagesOnly(t *testing.T) {
	const secret = "s3cr3t-value-0123456789"
	s := httptest.NewServer(notesAPI)
	defer s.Close()
	dir := t.TempDir()
	p := startProxy(t, dir, []string{"API_KEY=" + secret}, s.URL, "--page", "http://localhost:5173",
		"--secret-header", "X-Api-Key=API_KEY", "--har", "session.har")
	for _, row := range []struct {
		name   string
		path   string
		header []string
		status int
	}{
		{"the page", "/key", nil, 200},
		{"another site", "/key", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"a name that leads to this computer", "/key", []string{"Host", "evil.example"}, 421},
		{"another site reads the report", "/__concors", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"the page reads the report", "/__concors", nil, 403},
		{"a rebinding name reads the report", "/__concors", []string{"Host", "evil.example"}, 421},
	} {
		if status, _ := p.do("GET", row.path, row.header...); status != row.status {
			t.Errorf("%s: status %d, want %d", row.name, status, row.status)
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", p.origin+"/__concors", nil)
	response, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	report, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != 200 || !strings.Contains(string(report), "https://evil.example") {
		t.Errorf("the report: status %d\n%s", response.StatusCode, report)
	}
	printed := p.end()
	name := filepath.Join(dir, "session.har")
	archive, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode of the HAR file: %v", info.Mode())
	}
	for what, text := range map[string]string{"the terminal": printed + p.stderr.String(), "the report": string(report), "the HAR file": string(archive)} {
		if strings.Contains(text, secret) {
			t.Errorf("%s has the secret:\n%s", what, text)
		}
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"explain", name}, &stdout, &stderr); status == cli.ExitUsage {
		t.Errorf("explain: %s", &stderr)
	}
	if !strings.Contains(printed, "+X-Api-Key") || !strings.Contains(printed, "CORS") {
		t.Errorf("the log does not say what was changed:\n%s", printed)
	}
}

func TestTheProxyServesPageAndAPI(t *testing.T) {
	s := httptest.NewServer(notesAPI)
	defer s.Close()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "dist"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dist", "index.html"), []byte("<title>page</title>"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startProxy(t, dir, nil, s.URL, "--alias", "dist", "--https")
	same := []string{"Origin", p.origin, "Sec-Fetch-Site", "same-origin"}
	for path, want := range map[string]int{"/": 200, "/api/notes": 200, "/none.js": 404} {
		if status, h := p.do("GET", path, same...); status != want || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: status %d, %v", path, status, h)
		}
	}
	printed := p.end()
	for _, part := range []string{"Trust     open https://localhost:", `fetch("/api/...")`, "200 GET      /api/notes", "1 request"} {
		if !strings.Contains(printed, part) {
			t.Errorf("without %q:\n%s", part, printed)
		}
	}
	if strings.Contains(printed, "GET      /none.js") {
		t.Errorf("the page's own files are in the log:\n%s", printed)
	}
}

// Each fault of a command line is one line, with a hint.
func TestFaultsOfTheProxysCommandLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("EMPTY", "")
	t.Setenv("LINES", "a\nb")
	t.Setenv("KEY", "value")
	if err := os.WriteFile("file.txt", []byte("no certificate"), 0o644); err != nil {
		t.Fatal(err)
	}
	const page = "--page=http://localhost:5173"
	for _, row := range []struct {
		args          string
		problem, hint string
	}{
		{"", "takes the URL of the API", "concors proxy https://api.example --page"},
		{"https://a.example", "neither --page nor --alias", "--page http://localhost:5173"},
		{"https://a.example https://b.example " + page, "takes one URL", "--route /path=URL"},
		{"https:/a.example " + page, "not followed by two slashes", "https://a.example"},
		{"a.example " + page, "it has no scheme", "https://a.example"},
		{"wss://a.example " + page, "not a URL of an API", "https://a.example"},
		{"https://me:pw@a.example " + page, "user name or password", "--secret-header"},
		{"ftp://a.example " + page, "not a URL of an API", "https://api.example"},
		{"https://a.example --page localhost:3000", "--page \"localhost:3000\"", "--page http://localhost:3000"},
		{"https://a.example --page null", "every site can make a page", "http://localhost"},
		{"https://a.example --page *", "without a wildcard", "--page https://app.example"},
		{"https://a.example --page http://localhost:3000/app", "no path", "--page http://localhost:3000"},
		{"https://a.example --alias none", "no such folder", "http://localhost:5173"},
		{"https://a.example --alias http:/localhost:5173", "not followed by two slashes", "write http://localhost:5173"},
		{"https://a.example --alias http:localhost:5173", "not followed by two slashes", "write http://localhost:5173"},
		{`https://a.example --alias HTTPS:\localhost:5173`, "not followed by two slashes", "localhost:5173"},
		{"https://a.example --alias file.txt", "that is a file", "folder"},
		{"https://a.example --route api=https://b.example " + page, "does not begin with /", "/api=https://b.example"},
		{"https://a.example --route https://b.example " + page, "the path is missing", "--route /api=https://b.example"},
		{"https://a.example --route /api " + page, "it is not PATH=URL", "--route /api=https://api.example"},
		{"https://a.example --route /api/*=https://b.example " + page, "a path has no *", "--route /api=https://b.example"},
		{"https://a.example --route /api=b.example " + page, "--route /api=b.example: ", "https://b.example"},
		{"https://a.example --upstream-ca none.pem " + page, "none.pem", "PEM file"},
		{"https://a.example --upstream-ca file.txt " + page, "contains no certificate", "BEGIN CERTIFICATE"},
		{"https://a.example --upstream-ca file.txt --insecure-upstream " + page, "no certificate is verified", "omit --insecure-upstream"},
		{"https://a.example --secret-header X-Key=NOT_SET_HERE " + page, "NOT_SET_HERE is not set", "export NOT_SET_HERE"},
		{"https://a.example --secret-header X-Key=EMPTY " + page, "is not set, or empty", "export EMPTY"},
		{"https://a.example --secret-header X-Key=LINES " + page, "line break", "without one"},
		{"https://a.example --secret-header X-Key " + page, "it is not NAME=ENV", "--secret-header NAME=ENV"},
		{"https://a.example --secret-header X-Key=sk-live-1 " + page, "not the name of an environment variable", "--secret-header NAME=ENV"},
		{"--route /a=https://a.example --route /b=https://b.example --secret-header X-Key=KEY " + page, "several APIs", "argument"},
		{"https://a.example --listen 0.0.0.0:9000 " + page, "listens on this computer only", "127.0.0.1:9000"},
		{"https://a.example --listen nine " + page, "it is not ADDRESS:PORT", "127.0.0.1:8010"},
		{"https://a.example --listen 127.0.0.1:99999 " + page, "that is not a port", "1 to 65535"},
		{"https://a.example --listen " + taken.Addr().String() + " " + page, "another program listens there", "another port"},
		{"https://a.example --har none/x.har " + page, "the folder does not exist", "existing folder"},
		{"https://10.0.0.1 " + page, "a private address", "--allow-private"},
		{"https://169.254.169.254 " + page, "metadata", ""},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"proxy"}, strings.Fields(row.args)...)
		if status := run(args, &stdout, &stderr); status != cli.ExitUsage {
			t.Fatalf("%s: status %d\n%s", row.args, status, &stdout)
		}
		lines := bufio.NewScanner(&stderr)
		lines.Scan()
		problem := lines.Text()
		lines.Scan()
		hint := lines.Text()
		if !strings.Contains(problem, row.problem) || !strings.Contains(hint, row.hint) || strings.Contains(problem+hint, "sk-live") {
			t.Errorf("concors proxy %s:\n%s\n%s", row.args, problem, hint)
		}
		if lines.Scan() {
			t.Errorf("concors proxy %s: a third line: %s", row.args, lines.Text())
		}
	}
}

// The address of the proxy itself is refused as that of an API.
func TestTheProxyIsNotItsOwnTarget(t *testing.T) {
	for _, target := range []string{"http://localhost:%d", "http://127.0.0.1:%d", "http://api.localhost:%d/v1"} {
		var stdout, stderr bytes.Buffer
		for range 10 { // another program may take the port first
			port := freePort(t)
			stderr.Reset()
			args := []string{"proxy", fmt.Sprintf(target, port), "--page", "http://localhost:5173", "--listen", fmt.Sprintf("127.0.0.1:%d", port)}
			if status := run(args, &stdout, &stderr); status != cli.ExitUsage {
				t.Fatalf("%s: status %d: %s", target, status, &stderr)
			}
			if !strings.Contains(stderr.String(), "another program listens there") {
				break
			}
		}
		if !strings.Contains(stderr.String(), "is the proxy itself") {
			t.Errorf("%s: %s", target, &stderr)
		}
	}
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
