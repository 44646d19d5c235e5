package integration

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A measuredProxy is one column of TestProxyBesideOthers: what stands between a client and the API.
type measuredProxy struct {
	name, url string
	pid       int // 0 if there is no proxy
	runs      [][]proxyRun
	rss       int64         // the most memory in use while a large body streamed, in bytes
	grown     int64         // rss without what was in use before
	took      time.Duration // for the large body
}

// A proxyRun is what one client measured in one round.
type proxyRun struct {
	rate    float64 // requests per second
	latency time.Duration
	ratio   float64 // rate, divided by that of direct requests in the same round
}

// proxyLoads are the requests that TestProxyBesideOthers sends in each round.
var proxyLoads = []struct {
	name, path  string
	bytes       int64
	connections int
}{
	{"JSON, 1 connection", "/small", 100, 1},
	{"JSON, 32 connections", "/small", 100, 32},
	{"1 MB, 1 connection", "/large", 1_000_000, 1},
	{"1 MB, 32 connections", "/large", 1_000_000, 32},
}

const (
	proxyRounds    = 7
	proxyRunTime   = 400 * time.Millisecond
	hugeBody       = 5_000_000_000
	maxProxyGrowth = 64 << 20
)

// TestProxyBesideOthers measures concors proxy beside other proxies for development, and prints the
// tables of docs/proxy.md. Every proxy gets each load in each round, so that what else the machine does
// falls on all of them. It fails if a response is wrong, or if concors proxy keeps a large body in memory.
func TestProxyBesideOthers(t *testing.T) {
	if os.Getenv("CONCORS_PROXY_BENCH") == "" {
		t.Skip("CONCORS_PROXY_BENCH is not set: TestMemoryStaysFlatWhileLargeBodiesStream shows that bodies are not kept in memory")
	}
	api := startMeasuredAPI(t)
	proxies := startMeasuredProxies(t, api)
	for round := range proxyRounds {
		for l, load := range proxyLoads {
			rates := make([]proxyRun, len(proxies))
			for i := range proxies {
				at := (i + round) % len(proxies) // none is always first
				rates[at] = loadProxy(t, proxies[at].url+load.path, load.bytes, load.connections)
			}
			for i, p := range proxies {
				rates[i].ratio = rates[i].rate / rates[0].rate
				p.runs[l] = append(p.runs[l], rates[i])
			}
		}
	}
	var upload *measuredProxy
	for _, p := range proxies {
		p.measureMemory(t, http.MethodGet)
		if p.name == "concors proxy" {
			up := &measuredProxy{name: p.name, url: p.url, pid: p.pid}
			up.measureMemory(t, http.MethodPost)
			upload = up
		}
	}
	printProxyTables(t, proxies)
	for _, p := range proxies {
		if p.name == "concors proxy" && (p.grown > maxProxyGrowth || upload.grown > maxProxyGrowth) {
			t.Errorf("memory grew by %d MB for a response and %d MB for an upload of 5 GB", p.grown/1e6, upload.grown/1e6)
		}
	}
	t.Logf("upload of 5 GB through concors proxy: peak %d MB, %s", upload.rss/1e6, upload.took.Round(100*time.Millisecond))
}

// startMeasuredAPI starts the API that all requests reach.
func startMeasuredAPI(t *testing.T) (url string) {
	small := []byte(`{"note":"` + strings.Repeat("x", 89) + `"}`)
	large := make([]byte, 1_000_000)
	mux := http.NewServeMux()
	send := func(contentType string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body)
		}
	}
	mux.HandleFunc("/api/small", send("application/json", small))
	mux.HandleFunc("/api/large", send("application/octet-stream", large))
	mux.HandleFunc("/api/huge", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(hugeBody))
		for left := hugeBody; left > 0; {
			n, err := w.Write(large[:min(left, len(large))])
			if err != nil {
				return
			}
			left -= n
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// startMeasuredProxies starts every proxy as its documents show it. The first is the API itself.
func startMeasuredProxies(t *testing.T, api string) []*measuredProxy {
	node, caddy := need(t, "node"), need(t, "caddy")
	need(t, "npm")
	installed := filepath.Join(nodeDir, "proxies")
	if err := npmInstall("proxies", installed); err != nil {
		t.Fatal(err)
	}
	tool, err := buildTool()
	if err != nil {
		t.Fatal(err)
	}
	dir := tempDir(t)
	list := []*measuredProxy{{name: "direct", url: api + "/api"}}
	add := func(name, url string, p *process) {
		list = append(list, &measuredProxy{name: name, url: url, pid: p.pid})
	}
	url, p := serveProcessAt(t, dir, func(address string) []string {
		return []string{tool, "proxy", api + "/api", "--page", app, "--listen", address}
	})
	add("concors proxy", url, p)
	for _, row := range [][]string{
		{"http-proxy-middleware", "http-proxy-middleware.js"},
		{"http-proxy-middleware, keep-alive", "http-proxy-middleware.js", "keep-alive"},
		{"Vite", "vite.js"},
	} {
		url, p = serveProcessPrinted(t, installed, append([]string{node, row[1], api}, row[2:]...)...)
		add(row[0], url+"/api", p)
	}
	url, p = serveProcessAt(t, installed, func(address string) []string {
		_, port, _ := net.SplitHostPort(address)
		return []string{node, "node_modules/local-cors-proxy/bin/lcp.js", "--port", port, "--proxyUrl", api + "/api", "--proxyPartial", "/api"}
	})
	add("local-cors-proxy", url+"/api", p)
	url, p = serveProcessAt(t, dir, func(address string) []string {
		file := write(t, dir, "Caddyfile", `
			{
				admin off
				auto_https off
			}
			http://`+address+` {
				bind 127.0.0.1
				header Access-Control-Allow-Origin `+app+`
				reverse_proxy `+api+`
			}`)
		return []string{caddy, "run", "--config", file, "--adapter", "caddyfile"}
	})
	add("Caddy", url+"/api", p)
	for _, p := range list {
		p.runs = make([][]proxyRun, len(proxyLoads))
	}
	return list
}

func proxyClient() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, ReadBufferSize: 64 << 10, WriteBufferSize: 64 << 10}
}

// proxyRequest sends a request as a page's script does, and returns the length of the response's body.
func proxyRequest(client *http.Transport, method, url string) (int64, error) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, err
	}
	if method == http.MethodPost {
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(anyBytes{}, hugeBody)), hugeBody
	}
	r.Header.Set("Origin", app)
	res, err := client.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", res.StatusCode)
	}
	return io.Copy(io.Discard, res.Body)
}

// An anyBytes is a body without an end: whatever is in the reader's buffer.
type anyBytes struct{}

func (anyBytes) Read(p []byte) (int, error) { return len(p), nil }

// loadProxy sends requests on a number of connections for a while.
func loadProxy(t *testing.T, url string, bytes int64, connections int) proxyRun {
	t.Helper()
	client := proxyClient()
	defer client.CloseIdleConnections()
	var (
		mu        sync.Mutex
		latencies []time.Duration
		group     sync.WaitGroup
	)
	begin := time.Now()
	for range connections {
		group.Go(func() {
			var own []time.Duration
			for time.Since(begin) < proxyRunTime {
				sent := time.Now()
				if n, err := proxyRequest(client, http.MethodGet, url); err != nil || n != bytes {
					t.Errorf("%s: %d bytes, %v", url, n, err)
					return
				}
				own = append(own, time.Since(sent))
			}
			mu.Lock()
			defer mu.Unlock()
			latencies = append(latencies, own...)
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return proxyRun{rate: float64(len(latencies)) / time.Since(begin).Seconds(), latency: middle(latencies)}
}

// middle returns the median.
func middle[T cmp.Ordered](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// measureMemory streams a large body and reads from /proc how much memory the proxy used at most.
func (p *measuredProxy) measureMemory(t *testing.T, method string) {
	t.Helper()
	if p.pid != 0 {
		// 5 makes the peak begin again, at what is in use now.
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.pid), []byte("5"), 0); err != nil {
			t.Fatal(err)
		}
	}
	before := p.peak(t)
	client := proxyClient()
	defer client.CloseIdleConnections()
	begin := time.Now()
	n, err := proxyRequest(client, method, p.url+"/huge")
	if err != nil || method == http.MethodGet && n != hugeBody {
		t.Errorf("%s: %d bytes, %v", p.name, n, err)
	}
	p.took, p.rss = time.Since(begin), p.peak(t)
	p.grown = p.rss - before
}

// peak returns the largest resident memory of the proxy since measureMemory began, in bytes.
func (p *measuredProxy) peak(t *testing.T) int64 {
	t.Helper()
	if p.pid == 0 {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if name, value, _ := strings.Cut(line, ":"); name == "VmHWM" {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("/proc has no VmHWM")
	return 0
}

func printProxyTables(t *testing.T, proxies []*measuredProxy) {
	var out strings.Builder
	out.WriteString("|  | added latency, 1 connection |")
	for _, load := range proxyLoads {
		out.WriteString(" " + load.name + " |")
	}
	out.WriteString(" 5 GB: peak memory | 5 GB: time |\n" + strings.Repeat("|---", len(proxyLoads)+4) + "|\n")
	direct := proxies[0]
	for _, p := range proxies {
		var added []time.Duration
		for round, run := range p.runs[0] {
			added = append(added, run.latency-direct.runs[0][round].latency)
		}
		fmt.Fprintf(&out, "| %s | %d µs |", p.name, middle(added).Microseconds())
		for l := range proxyLoads {
			var ratios, rates []float64
			for _, run := range p.runs[l] {
				ratios, rates = append(ratios, run.ratio), append(rates, run.rate)
			}
			fmt.Fprintf(&out, " %.2f (%.0f/s) |", middle(ratios), middle(rates))
		}
		memory := "-"
		if p.pid != 0 {
			memory = fmt.Sprintf("%d MB", p.rss/1e6)
		}
		fmt.Fprintf(&out, " %s | %.1f s |\n", memory, p.took.Seconds())
	}
	version, _ := exec.Command("caddy", "version").Output()
	nodeVersion, _ := exec.Command("node", "--version").Output()
	t.Logf("medians of %d rounds, Caddy %s, Node.js %s\n%s", proxyRounds, strings.TrimSpace(string(version)), strings.TrimSpace(string(nodeVersion)), out.String())
}
