package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
// the server responds, and the requests per second, each also for a policy with one origin.
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
				rate := max(requestRate(t, url), requestRate(t, url), requestRate(t, url))
				t.Logf("%s origins: %d KB, responds after %.1f s, %.0f requests a second", p.name, size/1000, started.Seconds(), rate)
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

// requestRate sends requests of allowed and refused origins for a while.
func requestRate(t *testing.T, url string) (perSecond float64) {
	t.Helper()
	const clients = 4
	var counts [clients]int
	var wait sync.WaitGroup
	began := time.Now()
	for i := range clients {
		wait.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for time.Since(began) < 300*time.Millisecond {
				q, err := http.NewRequest("GET", url+"/", nil)
				if err != nil {
					t.Error(err)
					return
				}
				q.Header.Set("Origin", []string{"https://last.example:8443", "https://evil.example"}[counts[i]%2])
				resp, err := client.Do(q)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				counts[i]++
			}
		})
	}
	wait.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(began).Seconds()
}
