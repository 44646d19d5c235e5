package conformance

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/cors"
)

// suiteFunctions are the functions of proxySuite, without what it runs.
var suiteFunctions, _, _ = strings.Cut(proxySuite, "await run(")

// attributesSuite is what a page sees in addition to proxySuite.
const attributesSuite = `
await run('attributes', () => text('/v1/attributes', { method: 'POST' }))
await run('attributes sent', () => text('/v1/deep/names'))
await run('attributes sent elsewhere', () => text('/names'))
await run('attributes in scripts', () => document.cookie.split('; ').map(c => c.split('=')[0]).sort().join(' '))
await run('events one by one', () => new Promise((done, no) => {
	const s = new EventSource(api + '/acknowledged', { withCredentials: true }), got = []
	s.onmessage = async e => {
		got.push(e.data)
		if (got.length == 3) { s.close(); done(got) } else await fetch(api + '/acknowledge', { ...all, method: 'POST' })
	}
	s.onerror = () => { s.close(); no('closed after ' + got) }
}))
await run('compressed', async () => (await (await fetch(api + '/compressed', all)).text()).length)
await run('attributes cleared', async () => await text('/v1/attributes?clear', { method: 'POST' }) + await text('/v1/deep/names'))
await run('huge', async () => {
	const reader = (await fetch(api + '/huge', all)).body.getReader()
	for (let n = 0; ;) {
		const { done, value } = await reader.read()
		if (done) return n
		n += value.length
	}
})
await run('broken off', () => text('/broken'))
await run('several messages', () => new Promise((done, no) => {
	const s = new WebSocket(new URL(api + '/messages', location.href).href.replace(/^http/, 'ws')), got = []
	s.onmessage = e => { got.push(e.data); if (got.length == 3) { s.close(); done(got) } else s.send(got.length) }
	s.onopen = () => s.send(0)
	s.onerror = () => no('closed')
}))
`

// withoutSuite is what a page tries without the proxy, before the API has a policy.
const withoutSuite = `
await run('GET', () => text('/json'))
await run('PUT', () => text('/upload', { method: 'PUT', headers: { 'X-Mine': '1' }, body: 'x' }))
`

// otherSiteSuite is what a page of another site tries, in addition to foreignSuite.
const otherSiteSuite = foreignSuite + `
await run('beacon', () => navigator.sendBeacon(api + '/foreign-beacon', 'x'))
await run('script', () => new Promise((done, no) => {
	const s = document.createElement('script')
	s.onload = () => done('loaded'); s.onerror = () => no('no script')
	s.src = api + '/foreign-script'
	document.body.append(s)
}))
await run('events', () => new Promise((done, no) => {
	const s = new EventSource(api + '/foreign-events')
	s.onopen = () => done('open'); s.onerror = () => { s.close(); no('closed') }
}))
await run('no-cors GET with cookies', async () => (await fetch(api + '/foreign', { mode: 'no-cors', ...all })).type)
await run('no referrer', async () => (await fetch(api + '/foreign', { mode: 'no-cors', referrerPolicy: 'no-referrer', ...all })).type)
await run('frame', () => new Promise(done => {
	const frame = document.createElement('iframe')
	frame.onload = () => done('loaded')
	frame.src = api + '/foreign-frame'
	document.body.append(frame)
	setTimeout(() => done('no load'), 2000)
}))
await run('sandboxed frame', () => new Promise(done => {
	const frame = document.createElement('iframe')
	frame.sandbox = 'allow-scripts'
	frame.srcdoc = '<script>fetch("' + api + '/foreign", { method: "POST", mode: "no-cors", body: "x" }).finally(() => parent.postMessage(1, "*"))<' + '/script>'
	addEventListener('message', () => done('tried'))
	document.body.append(frame)
	setTimeout(() => done('no message'), 2000)
}))
await run('report', async () => (await fetch(new URL('/__concors?format=json', api), all)).text())
`

// rebindSuite is what a page tries whose own name leads to the proxy, once it was loaded.
const rebindSuite = `
await fetch(query.get('ready'), { method: 'POST', body: '{}' })
await run('read', () => text('/foreign-rebound'))
await run('POST', () => text('/foreign-rebound', { method: 'POST', body: 'x' }))
await run('WebSocket', () => socket(location.origin + '/foreign-socket'))
await run('report', () => text('/__concors?format=json'))
`

// circlePage is a page that runs a suite with the API at the URL in its query, reports what it saw, and goes on.
func circlePage(suite string) string {
	return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script type="module">
const query = new URLSearchParams(location.search), api = query.get('api')
` + suite + `
const next = await (await fetch(query.get('done'), { method: 'POST', body: JSON.stringify(saw) })).text()
if (next) location.href = next
</script>`
}

// circleAPI is somebody else's API, which gets a policy at the end.
type circleAPI struct {
	*proxiedAPI
	acknowledged chan struct{}
	broken       atomic.Int64 // requests whose responses were broken off
	policy       atomic.Pointer[cors.Middleware]
}

// attributeCookies has a cookie for each attribute.
func attributeCookies(host string) []string {
	return []string{
		"a-plain=1", "a-secure=1; Secure; Path=/", "a-httponly=1; HttpOnly; Path=/", "a-none=1; SameSite=None; Secure; Path=/",
		"a-lax=1; SameSite=Lax; Path=/", "a-strict=1; SameSite=Strict; Path=/", "a-domain=1; Domain=" + host + "; Path=/",
		"a-path=1; Path=/v1/deep", "a-age=1; Max-Age=600; Path=/", "a-partitioned=1; Secure; SameSite=None; Partitioned; Path=/",
		"__Host-a=1; Secure; Path=/", "__Secure-a=1; Secure; Path=/",
	}
}

// hugeBytes is the length of the largest download.
const hugeBytes = 100 << 20

func (a *circleAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serve := http.HandlerFunc(a.serve)
	if m := a.policy.Load(); m != nil {
		m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Origin") // the policy in front has decided
			serve(w, r)
		})).ServeHTTP(w, r)
		return
	}
	serve(w, r)
}

func (a *circleAPI) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	switch r.URL.Path {
	case "/v1/attributes":
		host, _, _ := net.SplitHostPort(r.Host)
		for _, c := range attributeCookies(host) {
			if r.URL.RawQuery == "clear" {
				c += "; Max-Age=0"
			}
			h.Add("Set-Cookie", c)
		}
	case "/v1/deep/names", "/names":
		var names []string
		for _, c := range r.Cookies() {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		io.WriteString(w, strings.Join(names, " "))
	case "/acknowledge":
		select {
		case a.acknowledged <- struct{}{}:
		case <-r.Context().Done():
		}
	case "/acknowledged":
		h.Set("Content-Type", "text/event-stream")
		for i := range 3 { // each follows only when the page has the one before
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			select {
			case <-a.acknowledged:
			case <-r.Context().Done():
				return
			}
		}
	case "/compressed":
		h.Set("Content-Type", "application/json")
		h.Set("Content-Encoding", "gzip")
		w.Write(zipped(strings.Repeat(`{"a": 1}`, 100_000)))
	case "/huge":
		h.Set("Content-Length", fmt.Sprint(hugeBytes))
		for part := make([]byte, 1<<20); ; {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	case "/broken":
		if origin := r.Header.Get("Origin"); !strings.HasPrefix(origin, "http://localhost") { // not the report's repeat
			a.broken.Add(1)
		}
		h.Set("Content-Length", "1000")
		io.WriteString(w, "the first part")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "/messages":
		echo(w, r)
	default:
		a.proxiedAPI.ServeHTTP(w, r)
	}
}

// A circle is one browser's way through the pages.
type circle struct {
	t       *testing.T
	browser *Browser
	program string
	hosts   Hosts
	api     *circleAPI
	reports chan circleReport
	saw     map[string]map[string]string
}

// A circleReport is what a page saw. next gets the URL at which the browser goes on.
type circleReport struct {
	suite string
	saw   map[string]string
	next  chan string
}

func (c *circle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, port, _ := net.SplitHostPort(r.Host)
	known := slices.Contains([]int{c.hosts.Port1, c.hosts.Port2, c.hosts.HTTPS1, c.hosts.HTTPS2}, atoi(port))
	switch {
	case !known: // WebKit's proxy, which must find each name at this computer
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", "127.0.0.1:"+port, r.In.Host
			},
			FlushInterval: -1,
			ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
			ErrorLog:      log.New(io.Discard, "", 0),
		}
		proxy.ServeHTTP(w, r)
	case r.URL.Path == "/done":
		w.Header().Set("Access-Control-Allow-Origin", "*")
		report := circleReport{r.URL.Query().Get("suite"), map[string]string{}, make(chan string)}
		_ = json.NewDecoder(r.Body).Decode(&report.saw) // an empty one fails the test
		c.reports <- report
		io.WriteString(w, <-report.next)
	case r.TLS != nil, r.Host == c.hosts.Expand("{b}"):
		c.api.ServeHTTP(w, r)
	default:
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, circlePage(suiteFunctions+map[string]string{
			"/full": strings.TrimPrefix(proxySuite, suiteFunctions) + attributesSuite, "/without": withoutSuite, "/other-site": otherSiteSuite,
		}[r.URL.Path]))
	}
}

func atoi(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

// await waits for the report of a suite.
func (c *circle) await(ctx context.Context, suite string) circleReport {
	c.t.Helper()
	select {
	case r := <-c.reports:
		if r.suite != suite {
			c.t.Fatalf("%s reports, and not %s", r.suite, suite)
		}
		c.saw[suite] = r.saw
		if n := c.api.broken.Swap(0); n > 1 {
			c.t.Errorf("%s: the page's one request of /broken reached the API %d times", suite, n)
		}
		return r
	case <-ctx.Done():
		c.t.Fatalf("the page %s did not come to an end", suite)
		return circleReport{}
	}
}

// expect compares what a suite saw. A value that ends with "…" is the beginning of one.
func (c *circle) expect(suite string, want map[string]string) {
	c.t.Helper()
	for what, value := range want {
		saw, ok := c.saw[suite][what]
		if begin, part := strings.CutSuffix(value, "…"); !ok || saw != value && !(part && strings.HasPrefix(saw, begin)) {
			c.t.Errorf("%s, %s: %q, not %q", suite, what, saw, value)
		}
	}
}

// refused checks that a foreign page could read nothing, and that the API received nothing.
func (c *circle) refused(suite string, unreadable ...string) {
	c.t.Helper()
	for _, what := range unreadable {
		if saw := c.saw[suite][what]; !strings.HasPrefix(saw, "error: ") {
			c.t.Errorf("%s, %s: %q", suite, what, saw)
		}
	}
	c.api.mu.Lock()
	defer c.api.mu.Unlock()
	if len(c.api.foreign) > 0 {
		c.t.Errorf("%s: the API received %q", suite, c.api.foreign)
	}
	c.api.foreign = nil
}

// wantThroughProxy is what a page sees through the proxy, in both forms.
var wantThroughProxy = map[string]string{
	"header": "3", "cookies": "200 __Host-host __Secure-secure domain none partitioned plain secure strict", "cookies after it": "200 ",
	"redirect": "200 GET", "redirect to an absolute URL": "200 GET", "redirect of a POST": "200 POST 4 <nil>",
	"redirect elsewhere": "502 concors proxy: the API redirects to http://elsewhere.example/login…",
	"link":               "GET", "WebSocket": "hello", "events": "0,1,2", "gzip": "200 hello", "br": "200 hello", "image": "7",
	"upload": "200 PUT 3000000 1<nil>", "DELETE": "200 DELETEBearer x", "500": "500 broken", "large": "52428800",
	"attributes":                "200 ",
	"attributes cleared":        "200 200 ",
	"attributes sent":           "200 __Host-a __Secure-a a-age a-domain a-httponly a-lax a-none a-partitioned a-path a-plain a-secure a-strict",
	"attributes sent elsewhere": "200 __Host-a __Secure-a a-age a-domain a-httponly a-lax a-none a-partitioned a-secure a-strict",
	"events one by one":         "0,1,2", "compressed": "800000", "huge": fmt.Sprint(hugeBytes), "broken off": "error: …", "several messages": "0,1,2",
}

// wantWithPolicy is what a page sees without the proxy once the API has the report's policy.
var wantWithPolicy = map[string]string{
	"header": "3", "redirect": "200 GET", "redirect to an absolute URL": "200 GET", "redirect of a POST": "200 POST 4 <nil>",
	"redirect elsewhere": "error: …", "image": "error: …", "link": "GET", "WebSocket": "hello", "events": "0,1,2", "gzip": "200 hello", "br": "200 hello",
	"upload": "200 PUT 3000000 1<nil>", "DELETE": "200 DELETEBearer x", "500": "500 broken", "large": "52428800",
	"attributes": "200 ", "events one by one": "0,1,2", "compressed": "800000", "huge": fmt.Sprint(hugeBytes), "broken off": "error: …",
	"several messages": "0,1,2",
}

// thirdPartyCookies are those that browsers store and send without the proxy, where the page is another site than the API.
var thirdPartyCookies = map[string]string{
	"chromium": "200 a-partitioned",
	"firefox":  "200 __Host-a __Secure-a a-age a-domain a-httponly a-none a-partitioned a-path a-plain a-secure", // without SameSite it is None
	"webkit":   "200 ",
}

// TestTheProxysPolicyMakesItUnnecessaryInBrowsers goes the full way in real browsers. A page uses an API of another
// site, over TLS and in plain, through concors proxy in both forms. Foreign pages, also with a name that leads to
// the proxy (DNS rebinding), do not reach the API. Then the API gets the policy of the proxy's report, and the page
// works without the proxy.
func TestTheProxysPolicyMakesItUnnecessaryInBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	program := buildTool(t)
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			b, err := FindBrowser(t.Context(), name)
			if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			c := &circle{t: t, browser: b, program: program, reports: make(chan circleReport), saw: map[string]map[string]string{},
				api: &circleAPI{proxiedAPI: &proxiedAPI{}, acknowledged: make(chan struct{})}}
			c.run()
		})
	}
}

func (c *circle) run() {
	t := c.t
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	n, err := startNetwork(c, func(h Hosts) { c.hosts = h })
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	n.elsewhere = true
	dir := t.TempDir()
	ca, folder := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "dist")
	for path, text := range map[string]string{
		ca:                                  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.cert.Raw})),
		filepath.Join(folder, "index.html"): circlePage(proxySuite + attributesSuite),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page, api := c.hosts.Expand("http://{l}"), c.hosts.Expand("https://{s.b}")
	// The name of the API is known to the network's proxy only.
	t.Setenv("HTTPS_PROXY", n.proxy())
	t.Setenv("NO_PROXY", "unused.example")
	corsForm, pid := startProxyAt(t, c.program, "127.0.0.1:0", api, "--page", page, "--upstream-ca", ca, "--via-proxy", "--no-repeat=false")
	aliasForm := startProxy(t, c.program, c.hosts.Expand("http://{b}"), "--alias", folder, "--route", "/api/down="+nothing)

	begin := time.Now()
	before := memoryPeak(t, pid)
	process, err := c.browser.start(n, page+"/full?api="+corsForm+"&done="+query("/done?suite=cors"))
	if err != nil {
		t.Fatal(err)
	}
	defer process.stop()

	report := c.await(ctx, "cors")
	c.expect("cors", wantThroughProxy)
	peak := memoryPeak(t, pid)
	if growth := peak - before; growth > 64<<20 {
		t.Errorf("the proxy's memory grew by %d MiB, with downloads of %d MiB", growth>>20, (hugeBytes+52428800)>>20)
	}
	policy := c.reportedPolicy(corsForm)
	c.attackRaw(strings.TrimPrefix(corsForm, "http://localhost:"), page)

	report.next <- aliasForm + "/?api=/api&done=" + query("/api/done?suite=alias")
	report = c.await(ctx, "alias")
	c.expect("alias", wantThroughProxy)
	c.expect("alias", map[string]string{"down": "502 concors proxy: nothing listens at 127.0.0.1:…"})
	// The page of the CORS form is at the same host as the proxy, and Path=/ stays in the alias form.
	inScripts := map[string]string{"attributes in scripts": "a-age a-domain a-lax a-none a-partitioned a-secure a-strict concors__Host-a concors__Secure-a"}
	c.expect("cors", inScripts)
	c.expect("alias", inScripts)

	report.next <- page + "/without?api=" + api + "&done=" + query("/done?suite=without")
	report = c.await(ctx, "without")
	c.refused("without", "GET", "PUT")

	m, err := cors.New(policy)
	if err != nil {
		t.Fatalf("the report's policy: %v", err)
	}
	c.api.policy.Store(m)
	report.next <- page + "/full?api=" + api + "&done=" + query("/done?suite=policy")
	report = c.await(ctx, "policy")
	c.expect("policy", wantWithPolicy)
	c.expect("policy", map[string]string{"attributes sent": thirdPartyCookies[c.browser.Name]})
	c.api.policy.Store(nil)

	for form, at := range map[string]string{"cors": corsForm, "alias": aliasForm + "/api"} {
		suite := "a foreign page and the " + form + " form"
		report.next <- c.hosts.Expand("http://{o.a}") + "/other-site?api=" + at + "&done=" + query("/done?suite="+query(suite))
		report = c.await(ctx, suite)
		c.refused(suite, "read", "preflighted", "image", "WebSocket", "script", "events", "report")
		if n := len(c.saw[suite]); n != 14 {
			t.Errorf("%s: %d tries: %v", suite, n, c.saw[suite])
		}
	}

	c.rebind(ctx, report, page, ca, api)
	t.Logf("%s %s: %.1f s; the proxy's memory: %d MiB at the start, at most %d MiB", c.browser.Name, c.browser.Version,
		time.Since(begin).Seconds(), before>>20, peak>>20)
}

// rebind opens a foreign page at a name and port. Then the proxy gets the port, as if its owner's name server had
// changed the name's address: what the page requests of its own origin is for the proxy.
func (c *circle) rebind(ctx context.Context, report circleReport, page, ca, api string) {
	t := c.t
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, circlePage(suiteFunctions+rebindSuite))
	}))
	port := foreign.URL[strings.LastIndex(foreign.URL, ":"):]
	done := c.hosts.Expand("http://{o.a2}/done?suite=")
	report.next <- "http://other.test" + port + "/?api=http://other.test" + port + "&ready=" + query(done+"ready") + "&done=" + query(done+"rebind")
	report = c.await(ctx, "ready")
	foreign.CloseClientConnections()
	foreign.Close()
	startProxyAt(t, c.program, "127.0.0.1"+port, api, "--page", page, "--upstream-ca", ca, "--via-proxy")
	report.next <- ""
	report = c.await(ctx, "rebind")
	report.next <- ""
	c.refused("rebind", "WebSocket")
	for _, what := range []string{"read", "POST", "report"} {
		if saw := c.saw["rebind"][what]; !strings.HasPrefix(saw, "421 concors proxy: this proxy has no host") {
			t.Errorf("rebind, %s: %q", what, saw)
		}
	}
}

// reportedPolicy returns the policy of the proxy's report while it runs.
func (c *circle) reportedPolicy(proxy string) cors.Policy {
	t := c.t
	res, err := http.Get(proxy + "/__concors?format=json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var report struct {
		Needed string
		Counts struct{ Judged, Blocked, Unknown int }
		Fixes  []struct{ Policy string }

		Findings []struct{ Reason string }
	}
	if err := json.NewDecoder(res.Body).Decode(&report); err != nil {
		t.Fatal(err)
	}
	if report.Needed != "yes" || len(report.Fixes) != 1 {
		t.Fatalf("the report is %+v", report)
	}
	if !slices.ContainsFunc(report.Findings, func(f struct{ Reason string }) bool { return f.Reason == "CorpNotSameOrigin" }) {
		t.Errorf("the report has nothing about the image, which a policy does not help: %+v", report.Findings)
	}
	// Each line is a field, whose value is JSON too.
	var fields []string
	for line := range strings.Lines(report.Fixes[0].Policy) {
		name, value, _ := strings.Cut(line, ":")
		fields = append(fields, fmt.Sprintf("%q: %s", name, value))
	}
	var policy cors.Policy
	if err := json.Unmarshal([]byte("{"+strings.Join(fields, ",")+"}"), &policy); err != nil {
		t.Fatalf("%v in the policy\n%s", err, report.Fixes[0].Policy)
	}
	policy.ExposedHeaders = []string{"X-Total", "Link"} // as the documentation says: what the page reads
	return policy
}

// attackRaw sends what programs and foreign pages could send. None of it reaches the API.
func (c *circle) attackRaw(port, page string) {
	here := "localhost:" + port
	get := func(host string, header ...string) string {
		return "GET /foreign-raw HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(append(header, "Connection: close", "", ""), "\r\n")
	}
	socket := []string{"Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	for name, text := range map[string]string{
		"another name":                       get("evil.example"),
		"another name with the port":         get("evil.example:" + port),
		"a name below another":               get("localhost.evil.example:" + port),
		"a name of a rebinding service":      get("127.0.0.1.nip.io:" + port),
		"another address":                    get("192.168.0.1:" + port),
		"the address 0.0.0.0":                get("0.0.0.0:" + port),
		"no port":                            get("localhost"),
		"another port":                       get("localhost:1"),
		"a user in front":                    get("evil.example@" + here),
		"a dot at the end of another name":   get("evil.example.:" + port),
		"an absolute URL of another name":    "GET http://evil.example/foreign-raw HTTP/1.1\r\nHost: " + here + "\r\nConnection: close\r\n\r\n",
		"no Host":                            "GET /foreign-raw HTTP/1.0\r\n\r\n",
		"two Hosts":                          get(here, "Host: evil.example"),
		"CONNECT":                            "CONNECT evil.example:443 HTTP/1.1\r\nHost: " + here + "\r\nConnection: close\r\n\r\n",
		"TRACE":                              "TRACE /foreign-raw HTTP/1.1\r\nHost: " + here + "\r\nConnection: close\r\n\r\n",
		"another origin":                     get(here, "Origin: https://evil.example"),
		"an origin that begins like it":      get(here, "Origin: "+page+".evil.example"),
		"another port of localhost":          get(here, "Origin: http://localhost:1"),
		"the origin null":                    get(here, "Origin: null"),
		"two origins":                        get(here, "Origin: "+page, "Origin: https://evil.example"),
		"its own origin from another site":   get(here, "Origin: http://"+here, "Sec-Fetch-Site: cross-site"),
		"a no-cors request of another site":  get(here, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"),
		"a request of the same site":         get(here, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"),
		"a navigation of another site":       get(here, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"),
		"a Referer of another site":          get(here, "Referer: https://evil.example/"),
		"a Referer that is not a URL":        get(here, "Referer: x"),
		"a WebSocket of another site":        get(here, append(socket, "Origin: https://evil.example")...),
		"a WebSocket under another name":     get("evil.example:"+port, append(socket, "Origin: http://evil.example:"+port)...),
		"the report under another name":      strings.Replace(get("evil.example:"+port), "/foreign-raw", "/__concors?format=json", 1),
		"the report for another site":        strings.Replace(get(here, "Origin: https://evil.example"), "/foreign-raw", "/__concors?format=json", 1),
		"the report for the page":            strings.Replace(get(here, "Origin: "+page), "/foreign-raw", "/__concors?format=json", 1),
		"the report as a script of the page": strings.Replace(get(here, "Referer: "+page, "Sec-Fetch-Site: same-site"), "/foreign-raw", "/__concors?format=json", 1),
	} {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			c.t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, text)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			c.t.Errorf("%s: %v", name, err)
		} else if body, _ := io.ReadAll(res.Body); res.StatusCode < 400 || len(body) > 1000 || res.Header.Get("Access-Control-Allow-Origin") != "" {
			c.t.Errorf("%s: status %d, %v %s", name, res.StatusCode, res.Header, body)
		}
		conn.Close()
	}
	c.refused("raw requests")
}

// memoryPeak returns how much memory a process has had at most, or 0 where the system does not say.
func memoryPeak(t *testing.T, pid int) (bytes int) {
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(rest, &bytes); err != nil {
		t.Fatal(err)
	}
	return bytes << 10
}

// query escapes a URL for the query of another one.
func query(s string) string { return url.QueryEscape(s) }

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.Bytes()
}
