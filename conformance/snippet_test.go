package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A snippetCase is a request that fails in a page, and what the script of docs/snippet.md
// finds out about it.
type snippetCase struct {
	name    string
	url     string // with the templates of Hosts
	set     string // constants of the script that differ, as JavaScript
	verdict string // with the verdicts that it cannot tell apart, after "or"
	// other has the verdicts of single browsers that see less or more.
	other map[string]string
	says  string // is in the printed text
	// errorStatus is what it finds about the status of a response without CORS headers,
	// except in Firefox.
	errorStatus string
}

// A snippetPage is a page that runs cases.
type snippetPage struct {
	url    string
	header http.Header
	cases  []snippetCase
}

const sayInsecure = "the browser blocks it as mixed content"

var snippetPages = []snippetPage{
	{"http://{a}/", nil, []snippetCase{
		{name: "nothing is wrong", url: "/cors", verdict: "allowed", says: "Its status is 200."},
		{name: "an error that the page may read", url: "/cors?status=500", verdict: "allowed", says: "Its status is 500."},
		{name: "the page's own origin", url: "http://{a}/cors", verdict: "same-origin"},
		{name: "a URL with a password", url: "http://u:secret@{b}/cors", verdict: "invalid"},
		{name: "no server", url: "http://127.0.0.1:CLOSED/x", verdict: "unreachable or resource-policy or extension"},
		{name: "no CORS headers", url: "/none", verdict: "allow-origin", errorStatus: "no"},
		{name: "JSON without CORS headers", url: "/none?type=application/json", verdict: "allow-origin", errorStatus: "no"},
		{name: "another origin", url: "/none?origin=https://other.example", verdict: "allow-origin"},
		{name: "two values", url: "/none?origin=*,%20*", verdict: "allow-origin"},
		{name: "an error without CORS headers", url: "/none?status=500&type=application/json", verdict: "allow-origin", errorStatus: "yes"},
		{name: "a missing page without CORS headers", url: "/none?status=404&type=text/html", verdict: "allow-origin", errorStatus: "yes"},
		{name: "HTML without CORS headers", url: "/none?type=text/html&nosniff=1", verdict: "allow-origin", errorStatus: "no"},
		{name: "a redirect to a URL without CORS headers", url: "/redirect?to=/none", verdict: "redirect"},
		{name: "a redirect without CORS headers", url: "/redirect?bare=1&to=/cors", verdict: "allow-origin"},
		{name: "Cross-Origin-Resource-Policy", url: "/none?corp=same-origin", verdict: "resource-policy or extension or unreachable",
			other: map[string]string{"firefox": "allow-origin"}},
		{name: "Cross-Origin-Resource-Policy in mode no-cors", url: "/cors?corp=same-origin", set: "mode = 'no-cors'", verdict: "resource-policy"},
		{name: "mode no-cors", url: "/none", set: "mode = 'no-cors'", verdict: "opaque", says: "With mode cors the browser blocks it"},
		{name: "mode no-cors without need", url: "/cors", set: "mode = 'no-cors'", verdict: "opaque", says: "With mode cors the page can read"},
		{name: "a wildcard with credentials", url: "/cors?origin=*", set: "credentials = 'include'", verdict: "credentials"},
		{name: "credentials are not allowed", url: "/cors?credentials=no", set: "credentials = 'include'", verdict: "credentials"},
		{name: "credentials are allowed", url: "/cors", set: "credentials = 'include'", verdict: "allowed"},
		{name: "a header that is allowed", url: "/cors?headers=x-a", set: "headers = [['X-A', '1']]", verdict: "allowed"},
		{name: "a header that is not allowed", url: "/cors?headers=content-type", set: "headers = [['X-A', '1']]", verdict: "header", says: "(x-a)"},
		{name: "one of two headers", url: "/cors?headers=x-a", set: "headers = [['X-A', '1'], ['X-B', '1']]", verdict: "header", says: "(x-b)"},
		{name: "no header is allowed", url: "/cors", set: "headers = [['X-A', '1']]", verdict: "header", other: map[string]string{"chromium": "header or preflight"}},
		{name: "JSON", url: "/cors?headers=x-requested-with", set: "method = 'POST'; headers = [['Content-Type', 'application/json']]; body = '{}'", verdict: "header", says: "(content-type)"},
		{name: "a wildcard for headers", url: "/cors?headers=*", set: "headers = [['Authorization', 'Bearer secret']]", verdict: "allowed"},
		{name: "a wildcard for headers with credentials", url: "/cors?headers=*", set: "headers = [['Authorization', 'Bearer secret']]; credentials = 'include'", verdict: "header", says: "(authorization)",
			other: map[string]string{"chromium": "header or preflight"}},
		{name: "a preflight with status 404", url: "/preflight?status=404", set: "headers = [['X-A', '1']]", verdict: "preflight", other: map[string]string{"chromium": "header or preflight"}},
		{name: "a preflight with status 401", url: "/preflight?status=401", set: "headers = [['X-A', '1']]", verdict: "preflight", other: map[string]string{"chromium": "header or preflight"}},
		{name: "a preflight that redirects", url: "/preflight?status=302", set: "headers = [['X-A', '1']]", verdict: "preflight", other: map[string]string{"chromium": "header or preflight"}},
		{name: "a preflight without CORS headers", url: "/preflight?bare=1", set: "method = 'DELETE'", verdict: "preflight", other: map[string]string{"chromium": "method or preflight or response"}},
		{name: "a method that is not allowed", url: "/cors?headers=content-type", set: "method = 'PUT'; headers = [['Content-Type', 'application/json']]; body = '{}'", verdict: "method or response"},
		{name: "a method that is not allowed, without headers", url: "/cors?headers=content-type", set: "method = 'DELETE'", verdict: "method or response"},
		{name: "a method that is not allowed, sent", url: "/cors?headers=content-type", set: "method = 'DELETE'; sendUnsafe = true", verdict: "method or response", other: map[string]string{"firefox": "method"}},
		{name: "a method that is allowed, sent", url: "/cors?methods=DELETE", set: "method = 'DELETE'; sendUnsafe = true", verdict: "allowed"},
		{name: "a method in lower case", url: "/cors?methods=PATCH&headers=content-type", set: "method = 'patch'", verdict: "method or response", says: "upper case"},
		{name: "an error of a POST", url: "/failing", set: "method = 'POST'; body = 'a=b'; sendUnsafe = true", verdict: "response"},
		{name: "a POST that is not sent", url: "/failing", set: "method = 'POST'; body = 'a=b'", verdict: "response"},
		{name: "a header that scripts may not set", url: "/none", set: "headers = [['Cookie', 'a=b']]", verdict: "allow-origin", says: "ignores the header Cookie"},
		{name: "a cached response for another origin", url: "/cached", verdict: "cache"},
		{name: "a login that lacks CORS headers", url: "/login", set: "headers = [['Authorization', 'Bearer secret'], ['X-A', '1']]", verdict: "header", says: "(x-a)"},
	}},
	{"http://{a2}/", http.Header{"Content-Security-Policy": {"connect-src 'self'"}}, []snippetCase{
		{name: "the page's own policy", url: "/cors", verdict: "csp"},
	}},
	{"https://{s.a}/", nil, []snippetCase{
		{name: "mixed content", url: "http://{o.b}/cors", verdict: "mixed-content", says: sayInsecure},
		{name: "https", url: "https://{s.b}/none", verdict: "allow-origin"},
	}},
}

// A snippetServer serves the pages with their cases, and what the cases request.
type snippetServer struct {
	script string
	hosts  Hosts
	closed int // a port without a server
	done   chan struct{}

	mu       sync.Mutex
	printed  map[string]string // by the case's name
	problems []string
}

func (s *snippetServer) problem(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// find returns the page that a request is for.
func (s *snippetServer) find(r *http.Request) int {
	return slices.IndexFunc(snippetPages, func(p snippetPage) bool {
		_, host, _ := strings.Cut(s.hosts.Expand(p.url), "://")
		return r.Host+"/" == host && (r.TLS != nil) == strings.HasPrefix(p.url, "https")
	})
}

func (s *snippetServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, q := w.Header(), r.URL.Query()
	switch i := s.find(r); {
	case strings.HasSuffix(r.Host, fmt.Sprint(":", s.closed)):
		panic(http.ErrAbortHandler) // WebKit's proxy, which cannot reach the port either
	case r.URL.Path == "/done":
		var printed map[string]string
		if err := json.NewDecoder(r.Body).Decode(&printed); err != nil {
			s.problem("a page reports %v", err)
		}
		s.mu.Lock()
		for name, text := range printed {
			s.printed[name] = text
		}
		s.mu.Unlock()
		if i+1 == len(snippetPages) {
			close(s.done)
			return
		}
		io.WriteString(w, s.hosts.Expand(snippetPages[i+1].url))
		return
	case r.URL.Path == "/" && i >= 0:
		s.servePage(w, i)
		return
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") == "" {
		s.problem("the script sends an OPTIONS request of its own to %s", r.URL)
	}
	if preflight := r.Method == http.MethodOptions; !preflight && !slices.Contains([]string{"GET", "HEAD"}, r.Method) &&
		!strings.Contains(q.Get("set"), "sendUnsafe") {
		s.problem("the script sends a %s to %s", r.Method, r.URL)
	}
	s.respond(h, w, r)
}

// respond responds as the case's URL says.
func (s *snippetServer) respond(h http.Header, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	preflight, status := r.Method == http.MethodOptions, http.StatusOK
	fmt.Sscan(q.Get("status"), &status)
	set := func(name, value string) {
		if value != "" && value != "no" {
			h.Set(name, value)
		}
	}
	allow := func() {
		origin := r.Header.Get("Origin")
		if q.Has("origin") {
			origin = q.Get("origin")
		}
		set("Access-Control-Allow-Origin", origin)
		if credentials := q.Get("credentials"); credentials != "no" {
			set("Access-Control-Allow-Credentials", "true")
		}
		set("Access-Control-Allow-Headers", q.Get("headers"))
		set("Access-Control-Allow-Methods", q.Get("methods"))
	}
	set("Content-Type", q.Get("type"))
	set("Cross-Origin-Resource-Policy", q.Get("corp"))
	if q.Has("nosniff") {
		set("X-Content-Type-Options", "nosniff")
	}
	switch r.URL.Path {
	case "/none":
		set("Access-Control-Allow-Origin", q.Get("origin"))
	case "/cors":
		allow()
		if preflight {
			status = http.StatusNoContent
		}
	case "/redirect":
		if !q.Has("bare") {
			allow()
		}
		set("Location", q.Get("to"))
		status = http.StatusFound
	case "/preflight":
		if !preflight || !q.Has("bare") {
			allow()
		}
		set("Access-Control-Allow-Headers", "x-a, content-type, x-requested-with")
		switch {
		case !preflight || q.Has("bare"):
			status = http.StatusOK
		case status == http.StatusFound:
			set("Location", "/cors")
		}
	case "/failing":
		if allow(); r.Method == http.MethodPost {
			h.Del("Access-Control-Allow-Origin")
			status = http.StatusInternalServerError
		}
	case "/cached":
		set("Cache-Control", "max-age=600")
		set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	case "/login":
		switch {
		case preflight:
			set("Access-Control-Allow-Headers", "authorization")
			allow()
			set("Access-Control-Allow-Headers", "authorization")
		case r.Header.Get("Authorization") == "":
			status = http.StatusUnauthorized
		default:
			allow()
		}
	default:
		status = http.StatusNotFound
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent && r.Method != http.MethodHead {
		io.WriteString(w, "{}")
	}
}

// constant matches a constant at the top of the script.
var constant = regexp.MustCompile(`(?m)^  const (\w+) = .*$`)

// scriptOf returns the script for a case, edited as a person does.
func (s *snippetServer) scriptOf(c *snippetCase) string {
	url := c.url
	if strings.HasPrefix(url, "/") {
		url = "http://{b}" + url
	}
	if strings.Contains(c.set, "sendUnsafe") {
		url += "&set=sendUnsafe"
		if !strings.Contains(url, "?") {
			url = strings.Replace(url, "&", "?", 1)
		}
	}
	url = strings.Replace(s.hosts.Expand(url), "CLOSED", fmt.Sprint(s.closed), 1)
	values := map[string]string{"url": fmt.Sprintf("%q", url)}
	for assignment := range strings.SplitSeq(c.set, "; ") {
		name, value, _ := strings.Cut(assignment, " = ")
		values[name] = value
	}
	return constant.ReplaceAllStringFunc(s.script, func(line string) string {
		name := constant.FindStringSubmatch(line)[1]
		if value, ok := values[name]; ok {
			return "  const " + name + " = " + value + ";"
		}
		return line
	})
}

func (s *snippetServer) servePage(w http.ResponseWriter, i int) {
	page := &snippetPages[i]
	for name, values := range page.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "text/html")
	type run struct{ Name, Script string }
	var runs []run
	for j := range page.cases {
		runs = append(runs, run{page.cases[j].name, s.scriptOf(&page.cases[j])})
	}
	list, err := json.Marshal(runs)
	if err != nil {
		s.problem("%v", err)
	}
	fmt.Fprintf(w, `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script>
(async () => {
	const print = console.log, printed = {}, cached = %q
	try { await fetch(cached, { mode: 'no-cors' }) } catch (e) {}
	for (const { Name, Script } of %s) {
		printed[Name] = ''
		console.log = (...words) => { printed[Name] += words.join(' ') + '\n' }
		try { await (0, eval)(Script) } catch (e) { printed[Name] += e }
	}
	const next = await (await fetch('/done', { method: 'POST', body: JSON.stringify(printed) })).text()
	if (next) location.href = next
})()
</script>`, s.hosts.Expand("http://{b}/cached"), list)
}

// docsScript is the copy of the script in the documentation, which is what concors snippet
// prints.
func docsScript(t *testing.T) string {
	page, err := os.ReadFile("../docs/snippet.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```js\n")
	script, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/snippet.md has no script")
	}
	return script
}

// TestSnippetFindsTheCauseInBrowsers pastes the script of the documentation into pages in
// each browser, for requests with one fault each.
func TestSnippetFindsTheCauseInBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			b, err := FindBrowser(t.Context(), name)
			if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			t.Parallel()
			testSnippet(t, b)
		})
	}
}

func testSnippet(t *testing.T, b *Browser) {
	s := &snippetServer{script: docsScript(t), printed: map[string]string{}, done: make(chan struct{})}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.closed = closed.Addr().(*net.TCPAddr).Port
	n, err := startNetwork(s, func(h Hosts) { s.hosts = h })
	closed.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	n.elsewhere = true
	p, err := b.start(n, s.hosts.Expand(snippetPages[0].url))
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	begin := time.Now()
	select {
	case <-s.done:
	case <-p.done:
		t.Fatalf("%s ended", b.Name)
	case <-time.After(90 * time.Second):
		t.Fatalf("%s did not run all cases", b.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, problem := range s.problems {
		t.Error(problem)
	}
	for _, page := range snippetPages {
		for _, c := range page.cases {
			t.Run(c.name, func(t *testing.T) { c.check(t, b.Name, s.printed[c.name]) })
		}
	}
	t.Logf("%s %s: %d cases in %.1f s", b.Name, b.Version, len(s.printed), time.Since(begin).Seconds())
}

func (c *snippetCase) check(t *testing.T, browser, printed string) {
	_, text, ok := strings.Cut(printed, "concors-snippet: ")
	var line struct {
		Verdict string
		Or      []string
		Tests   map[string]string
	}
	if err := json.Unmarshal([]byte(text), &line); err != nil || !ok {
		t.Fatalf("no line that can be read (%v):\n%s", err, printed)
	}
	got := strings.Join(append([]string{line.Verdict}, line.Or...), " or ")
	want := c.verdict
	if other, ok := c.other[browser]; ok {
		want = other
	}
	if got != want || !strings.Contains(printed, c.says) {
		t.Errorf("%s, want %s, and %q in\n%s", got, want, c.says, printed)
	}
	if status := line.Tests["errorStatus"]; browser != "firefox" && status != c.errorStatus && (c.errorStatus != "" || status == "yes") {
		t.Errorf("is the status an error? %q, want %q", status, c.errorStatus)
	}
	if strings.Contains(printed, "secret") {
		t.Errorf("it prints a secret:\n%s", printed)
	}
}
