package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// manyOrigins is a policy with 10,000 exact origins, of all kinds, and two patterns.
var manyOrigins = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString("policy:\n  maxAgeSeconds: 60\n  dangerouslyAllowNull: true\n  origins:\n  - https://first.example\n")
	for i := range 9_992 {
		fmt.Fprintf(&b, "  - https://tenant-%d.customers.example\n", i)
	}
	for _, o := range []string{
		"https://*.pages.example", "http://localhost:*", // patterns
		"capacitor://localhost", "http://127.0.0.1:8080", "\"http://[::1]:3000\"", "https://xn--bcher-kva.example", "https://a_b.example",
		"https://" + strings.Repeat(strings.Repeat("a", 63)+".", 3) + "example", "https://last.example:8443",
	} {
		b.WriteString("  - " + o + "\n")
	}
	b.WriteString("routes:\n- pattern: /open/\n  policy: {origins: ['*'], dangerouslyAllowNull: false}\n")
	return b.String()
})

// oneOrigin is the same policy with one origin.
const oneOrigin = "policy:\n  origins: [https://last.example:8443]\n  maxAgeSeconds: 60\nroutes:\n- pattern: /open/\n  policy: {origins: ['*']}\n"

// TestRecipesWithManyOrigins starts every verified server with a list of 10,000 origins, and
// compares what it allows with the policy. With -v it prints the size of the recipe, the time until
// the server responds, and its processor time for a request, each also for a policy with one origin.
func TestRecipesWithManyOrigins(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(upstream.Close)
	for _, s := range stacks(t, false) {
		server, tested := recipeServers[s.Name]
		if !tested {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			start := server.start
			if server.build != nil {
				start = server.build(t, s.Name)
			}
			for _, p := range []namedPolicy{{"1", oneOrigin}, {"10,000", manyOrigins()}} {
				if p.text == oneOrigin && !testing.Verbose() {
					continue // only measured
				}
				r := mustWriteRecipe(t, s.Name, p.text)
				size := 0
				for _, f := range r.Files {
					size += len(f.Text)
				}
				began := time.Now()
				url := start(t, r, upstream.URL)
				started := time.Since(began)
				if p.text != oneOrigin {
					checkManyOrigins(t, url)
				}
				if !testing.Verbose() {
					continue
				}
				t.Logf("%s origins: %d KB, responds after %.1f s, %v of processor time a request", p.name, size/1000, started.Seconds(), cpuPerRequest(t, url).Round(time.Microsecond))
			}
		})
	}
}

func checkManyOrigins(t *testing.T, url string) {
	t.Helper()
	long := "https://" + strings.Repeat(strings.Repeat("a", 63)+".", 3) + "example"
	for origin, allowed := range map[string]bool{
		"https://first.example": true, "https://last.example:8443": true, "https://tenant-0.customers.example": true,
		"https://tenant-9991.customers.example": true, "https://tenant-4711.customers.example": true, "capacitor://localhost": true,
		"http://127.0.0.1:8080": true, "http://[::1]:3000": true, "https://xn--bcher-kva.example": true, "https://a_b.example": true, long: true,
		"https://a.b.pages.example": true, "http://localhost:1": true, "http://localhost": true, "null": true,

		"https://tenant-9992.customers.example": false, "https://last.example": false, "https://first.example:8443": false,
		"http://first.example": false, "https://tenant-0.customers.example.": false, "https://tenant-0.customers.exampl": false,
		"ttps://first.example": false, "https://FIRST.example": false, "HTTPS://first.example": false, "https://first.example/": false,
		"https://first.example https://last.example:8443": false, "https://first.example, https://last.example:8443": false,
		"rest:https://first.example": false, "https://pages.example": false, "https://A.pages.example": false, "capacitor://LOCALHOST": false,
		"Null": false, "nullnull": false, "*": false, "https://aXb.example": false, long + "x": false, "https://a.example": false, "default": false,
	} {
		for path, want := range map[string]bool{"/": allowed, "/open/a": true} {
			for _, method := range []string{"GET", "OPTIONS"} {
				q, err := http.NewRequest(method, url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				q.Header.Set("Origin", origin)
				if method == "OPTIONS" {
					q.Header.Set("Access-Control-Request-Method", "GET")
				}
				resp, err := http.DefaultClient.Do(q)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				got := resp.Header.Get("Access-Control-Allow-Origin")
				if path == "/open/a" && got != "*" || path == "/" && (got == origin) != want || path == "/" && !want && got != "" {
					t.Errorf("%s %s from %.60s: %q (status %d)", method, path, origin, got, resp.StatusCode)
				}
			}
		}
	}
}

// cpuPerRequest sends requests of allowed and refused origins for a while, and returns the processor
// time of the server for each. Unlike a rate, it does not depend on what else the machine does.
func cpuPerRequest(t *testing.T, url string) time.Duration {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	before, count := cpuOfChildren(t), 0
	for began := time.Now(); time.Since(began) < time.Second || count < 200; count++ {
		q, err := http.NewRequest("GET", url+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Origin", []string{"https://last.example:8443", "https://evil.example"}[count%2])
		resp, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	return (cpuOfChildren(t) - before) / time.Duration(count)
}

// cpuOfChildren returns the processor time of all processes that this one has started, and of theirs.
// It is 0 on systems other than Linux.
func cpuOfChildren(t *testing.T) (total time.Duration) {
	t.Helper()
	const tick = 10 * time.Millisecond
	parents, times := map[int]int{}, map[int]time.Duration{}
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range entries {
		text, _ := os.ReadFile(name) // the process may have ended
		pid, err := strconv.Atoi(strings.Split(name, "/")[2])
		_, rest, found := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if err != nil || !found || len(fields) < 13 {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		times[pid] = time.Duration(user+system) * tick
	}
	for pid, cpu := range times {
		for p := parents[pid]; p > 1; p = parents[p] {
			if p == os.Getpid() {
				total += cpu
				break
			}
		}
	}
	return total
}
