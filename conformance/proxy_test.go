package conformance

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxySuite is what a page does with an API at the URL api, which is the proxy's. It returns what it saw.
const proxySuite = `
const saw = {}
const run = async (name, f) => {
	try { saw[name] = String(await Promise.race([f(), new Promise((_, no) => setTimeout(() => no('too slow'), 15000))])) } catch (e) { saw[name] = 'error: ' + e }
}
const all = { credentials: 'include' }
const text = async (path, init) => { const r = await fetch(api + path, { ...all, ...init }); return r.status + ' ' + await r.text() }
const socket = url => new Promise((done, no) => {
	const s = new WebSocket(url.replace(/^http/, 'ws'))
	s.onmessage = e => { done(e.data); s.close() }
	s.onopen = () => s.send('hello')
	s.onerror = () => no('closed')
})
const image = url => new Promise((done, no) => { const i = new Image(); i.onload = () => done(i.width); i.onerror = () => no('no image'); i.src = url })
await run('header', async () => (await fetch(api + '/json', all)).headers.get('X-Total'))
await run('login', () => text('/login', { method: 'POST' }))
await run('cookies', () => text('/cookies'))
await run('logout', () => text('/logout', { method: 'POST' }))
await run('cookies after it', () => text('/cookies'))
await run('redirect', () => text('/redirect'))
await run('redirect to an absolute URL', () => text('/redirect-absolute'))
await run('redirect of a POST', () => text('/redirect-post', { method: 'POST', body: 'kept' }))
await run('redirect elsewhere', () => text('/redirect-elsewhere'))
await run('link', async () => {
	const link = (await fetch(api + '/linked', all)).headers.get('Link')
	return (await fetch(link.match(/<(.*)>/)[1], all)).text()
})
await run('absolute URL in JSON', async () => {
	const { next } = await (await fetch(api + '/page', all)).json()
	return (await fetch(next, all)).text()
})
await run('WebSocket', () => socket(new URL(api + '/socket', location.href).href))
await run('events', () => new Promise((done, no) => {
	const s = new EventSource(api + '/events', { withCredentials: true }), got = []
	s.onmessage = e => { got.push(e.data); if (got.length == 3) { s.close(); done(got) } }
	s.onerror = () => { s.close(); no('closed') }
}))
await run('gzip', () => text('/gzip'))
await run('br', () => text('/br'))
await run('upload', () => text('/upload', { method: 'PUT', headers: { 'X-Mine': '1', 'Content-Type': 'application/octet-stream' }, body: new Uint8Array(3000000) }))
await run('DELETE', () => text('/method', { method: 'DELETE', headers: { Authorization: 'Bearer x' } }))
await run('500', () => text('/500'))
await run('large', async () => (await (await fetch(api + '/large', all)).arrayBuffer()).byteLength)
await run('interrupted', () => text('/interrupted'))
await run('interrupted, of known length', () => text('/interrupted-length'))
await run('interrupted without the proxy', async () => (await fetch('/interrupted')).text())
await run('down', () => text('/down/x'))
await run('image', () => image(api + '/image'))
`

// foreignSuite is what a page of an origin that the proxy does not allow tries.
const foreignSuite = `
await run('read', () => text('/foreign', {}))
await run('no-cors POST', async () => (await fetch(api + '/foreign', { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'x' })).type)
await run('preflighted', () => text('/foreign', { method: 'PUT', headers: { 'X-A': '1' } }))
await run('image', () => image(api + '/foreign-image'))
await run('WebSocket', () => socket(api + '/foreign-socket'))
await run('form', () => new Promise(done => {
	const frame = document.createElement('iframe'), form = document.createElement('form')
	frame.name = 'f'
	form.method = 'POST'; form.target = 'f'; form.action = api + '/foreign'
	document.body.append(frame, form)
	frame.onload = () => done('loaded')
	form.submit()
	setTimeout(() => done('no load'), 3000)
}))
`

// proxiedAPI is somebody else's API, without CORS.
type proxiedAPI struct {
	mu      sync.Mutex
	foreign []string // requests that other pages' tries have brought about
}

func (a *proxiedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	self := "http://" + r.Host
	if r.TLS != nil {
		self = "https://" + r.Host
	}
	host, _, _ := net.SplitHostPort(r.Host)
	if strings.HasPrefix(r.URL.Path, "/foreign") {
		a.mu.Lock()
		a.foreign = append(a.foreign, r.Method+" "+r.URL.Path+" "+r.Header.Get("Origin"))
		a.mu.Unlock()
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != self {
		http.Error(w, "Invalid CORS request", http.StatusForbidden) // as some frameworks do
		return
	}
	cookies := []string{
		"plain=1", "domain=1; Domain=" + host + "; Path=/", "secure=1; Secure; Path=/", "none=1; SameSite=None; Secure; HttpOnly",
		"strict=1; SameSite=Strict", "partitioned=1; SameSite=None; Secure; Partitioned; Path=/", "__Host-host=1; Secure; Path=/; HttpOnly",
		"__Secure-secure=1; Secure; Domain=" + host,
	}
	switch r.URL.Path {
	case "/json":
		h.Set("X-Total", "3")
		io.WriteString(w, "{}")
	case "/login", "/logout":
		for _, c := range cookies {
			if r.URL.Path == "/logout" {
				c += "; Max-Age=0"
			}
			h.Add("Set-Cookie", c)
		}
	case "/cookies":
		var names []string
		for _, c := range r.Cookies() {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		io.WriteString(w, strings.Join(names, " "))
	case "/redirect":
		h.Set("Location", "/method?from=redirect")
		w.WriteHeader(http.StatusFound)
	case "/redirect-absolute":
		h.Set("Location", self+"/method")
		w.WriteHeader(http.StatusMovedPermanently)
	case "/redirect-post":
		h.Set("Location", self+"/upload")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case "/redirect-elsewhere":
		h.Set("Location", "http://elsewhere.example/login")
		w.WriteHeader(http.StatusFound)
	case "/linked":
		h.Set("Link", "<"+self+"/method?page=2>; rel=\"next\"")
	case "/page":
		h.Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"next":"%s/method?page=2"}`, self)
	case "/method":
		fmt.Fprint(w, r.Method, r.Header.Get("Authorization"))
	case "/upload":
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, r.Method, " ", n, " ", r.Header.Get("X-Mine"), err)
	case "/500":
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, "broken")
	case "/gzip":
		h.Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "hello")
		z.Close()
	case "/br":
		h.Set("Content-Encoding", "br")
		io.WriteString(w, "\x0b\x02\x80hello\x03")
	case "/large":
		h.Set("Content-Length", fmt.Sprint(50<<20))
		w.Write(make([]byte, 50<<20))
	case "/interrupted", "/interrupted-length":
		interrupt(w, r.URL.Path == "/interrupted-length")
	case "/image", "/foreign-image":
		h.Set("Content-Type", "image/svg+xml")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>`)
	case "/events":
		h.Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
		<-r.Context().Done()
	case "/socket", "/foreign-socket":
		echo(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// interrupt begins a response and breaks the connection.
func interrupt(w http.ResponseWriter, length bool) {
	if length {
		w.Header().Set("Content-Length", "1000")
	}
	io.WriteString(w, "the first part")
	w.(http.Flusher).Flush()
	time.Sleep(100 * time.Millisecond)
	panic(http.ErrAbortHandler)
}

// echo accepts a WebSocket and returns its messages, which are short.
func echo(w http.ResponseWriter, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	const closing = 0x88
	for head := make([]byte, 6); head[0] != closing; {
		if _, err := io.ReadFull(rw, head); err != nil {
			return
		}
		message := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(rw, message); err != nil {
			return
		}
		for i := range message {
			message[i] ^= head[2+i%4]
		}
		conn.Write(append([]byte{head[0], byte(len(message))}, message...))
	}
}

// A proxyRun is one browser's way through the pages: the CORS form, the alias form, and a foreign page.
type proxyRun struct {
	mu   sync.Mutex
	saw  map[string]map[string]string
	end  sync.Once // a page may report twice
	done chan struct{}
}

// page serves a page at / that runs a suite with the API at the URL in its query, reports at /done, and goes on.
func (p *proxyRun) page(next func(suite string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/done" {
			suite, saw := r.URL.Query().Get("suite"), map[string]string{}
			_ = json.NewDecoder(r.Body).Decode(&saw)
			p.mu.Lock()
			p.saw[suite] = saw
			p.mu.Unlock()
			to := next(suite)
			if to == "" {
				p.end.Do(func() { close(p.done) })
			}
			io.WriteString(w, to)
			return
		}
		if r.URL.Path == "/interrupted" {
			interrupt(w, false)
		}
		suite := ""
		if r.URL.Query().Get("suite") == "foreign" {
			_, suite, _ = strings.Cut(proxySuite, "await run(") // the functions, without the runs
			suite = strings.TrimSuffix(proxySuite, "await run("+suite) + foreignSuite
		} else {
			suite = proxySuite
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script type="module">
const query = new URLSearchParams(location.search), api = query.get('api')
%s
const next = await (await fetch('/done?suite=' + query.get('suite'), { method: 'POST', body: JSON.stringify(saw) })).text()
if (next) location.href = next
</script>`, suite)
	})
}

// printed is what a program prints. Its first line is sent to first.
type printed struct {
	mu    sync.Mutex
	text  []byte
	first chan string // has room for one line
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := bytes.ContainsRune(p.text, '\n')
	p.text = append(p.text, text...)
	if line, _, whole := bytes.Cut(p.text, []byte("\n")); whole && !before {
		p.first <- string(line)
	}
	return len(text), nil
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.text)
}

// proxyAddress fits the beginning of what concors proxy prints when it listens.
var proxyAddress = regexp.MustCompile(`^Proxy +(http://localhost:[0-9]+)`)

// startProxy starts concors proxy at a free port and waits until it listens.
func startProxy(t *testing.T, program string, args ...string) (url string) {
	t.Helper()
	url, _ = startProxyAt(t, program, "127.0.0.1:0", args...)
	return url
}

// startProxyAt is startProxy at an address, and returns the ID of the process too.
func startProxyAt(t *testing.T, program, address string, args ...string) (url string, pid int) {
	t.Helper()
	out := &printed{first: make(chan string, 1)}
	cmd := exec.Command(program, append([]string{"proxy", "--listen", address, "--no-repeat", "--map-links"}, args...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		stop := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		defer stop.Stop()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("concors proxy printed:\n%s", out)
		}
	})
	select {
	case line := <-out.first:
		if found := proxyAddress.FindStringSubmatch(line); found != nil {
			return found[1], cmd.Process.Pid
		}
	case <-time.After(30 * time.Second):
	}
	t.Fatalf("concors proxy does not listen: %s", out)
	return "", 0
}

// nothing is a URL where nothing listens, during the whole test: ports below 1024 are given to
// no program that doesn't ask for them.
const nothing = "http://127.0.0.1:1"

// localhost returns a test server's URL with another name for this machine.
func localhost(s *httptest.Server, name string) string {
	return strings.Replace(s.URL, "127.0.0.1", name, 1)
}

// buildTool builds concors, and returns the program's path.
func buildTool(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "concors")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../cmd/concors"
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return program
}

// TestPagesUseAnAPIThroughTheProxy opens pages in real browsers that use an API without CORS through concors
// proxy, in both forms. A page of another origin reaches nothing.
func TestPagesUseAnAPIThroughTheProxy(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	program := buildTool(t)
	want := map[string]string{
		"header": "3", "login": "200 ", "logout": "200 ",
		"cookies":          "200 __Host-host __Secure-secure domain none partitioned plain secure strict",
		"cookies after it": "200 ",
		"redirect":         "200 GET", "redirect to an absolute URL": "200 GET", "redirect of a POST": "200 POST 4 <nil>",
		"redirect elsewhere": "502 concors proxy: the API redirects to http://elsewhere.example/login",
		"link":               "GET", "absolute URL in JSON": "GET", "WebSocket": "hello", "events": "0,1,2", "gzip": "200 hello", "br": "200 hello",
		"upload": "200 PUT 3000000 1<nil>", "DELETE": "200 DELETEBearer x", "500": "500 broken", "large": "52428800", "image": "7",
		"interrupted": "error: ", "interrupted, of known length": "error: ", "down": "502 concors proxy: nothing listens at 127.0.0.1:",
	}
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			b, err := FindBrowser(ctx, name)
			if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			api := &proxiedAPI{}
			target := httptest.NewServer(api)
			defer target.CloseClientConnections()
			run := &proxyRun{saw: map[string]map[string]string{}, done: make(chan struct{})}
			var corsForm, aliasForm string
			var foreign *httptest.Server
			started := make(chan struct{}) // all of these
			own := httptest.NewServer(run.page(func(suite string) string {
				<-started
				if suite == "cors" {
					return aliasForm + "/?suite=alias&api=/api"
				}
				return localhost(foreign, "localhost") + "/?suite=foreign&api=" + corsForm
			}))
			defer own.Close()
			foreign = httptest.NewServer(run.page(func(string) string { return "" }))
			defer foreign.Close()
			page := localhost(own, "localhost")
			corsForm = startProxy(t, program, localhost(target, "api.localhost"), "--page", page, "--route", "/down="+nothing)
			aliasForm = startProxy(t, program, localhost(target, "api.localhost"), "--alias", page, "--route", "/api/down="+nothing)
			close(started)
			process, err := b.start(&network{}, page+"/?suite=cors&api="+corsForm)
			if err != nil {
				t.Fatal(err)
			}
			defer process.stop()
			select {
			case <-run.done:
			case <-ctx.Done():
				t.Errorf("the pages did not come to an end")
			}
			run.mu.Lock()
			defer run.mu.Unlock()
			for _, form := range []string{"cors", "alias"} {
				for what, begin := range want {
					if what == "interrupted" && !strings.HasPrefix(run.saw["cors"]["interrupted without the proxy"], "error: ") {
						continue // this browser takes a chunked body that ends early for complete
					}
					if saw := run.saw[form][what]; saw != begin && (!strings.HasPrefix(saw, begin) || !strings.HasSuffix(begin, " ") && !strings.Contains(begin, "concors")) {
						t.Errorf("%s form, %s: %q, not %q", form, what, saw, begin)
					}
				}
			}
			saw := run.saw["foreign"]
			for _, what := range []string{"read", "preflighted", "image", "WebSocket"} {
				if !strings.HasPrefix(saw[what], "error: ") {
					t.Errorf("a foreign page, %s: %q", what, saw[what])
				}
			}
			if len(saw) != 6 {
				t.Errorf("the foreign page tried %v", saw)
			}
			if len(api.foreign) > 0 {
				t.Errorf("requests of a foreign page reached the API: %q", api.foreign)
			}
		})
	}
}
