package integration

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// readInChromium opens a page in Chromium that fetches URLs of other origins, and returns what
// its script could read: the body of each response, or "" if the browser blocked it.
func readInChromium(t *testing.T, urls []string) map[string]string {
	t.Helper()
	program := need(t, "chromium", "chromium-browser", "google-chrome")
	list, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan map[string]string, 1)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/done" {
			read := map[string]string{}
			if err := json.NewDecoder(r.Body).Decode(&read); err != nil {
				t.Error(err)
			}
			done <- read
			return
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!doctype html><link rel="icon" href="data:,"><script>
(async () => {
	const read = {}
	for (const url of `+string(list)+`) {
		try {
			read[url] = await (await fetch(url)).text()
		} catch {
			read[url] = ''
		}
	}
	await fetch('/done', { method: 'POST', body: JSON.stringify(read) })
})()
</script>`)
	}))
	t.Cleanup(page.Close)
	dir := tempDir(t)
	p := start(t, dir, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server",
		"--user-data-dir="+dir, page.URL)
	select {
	case read := <-done:
		return read
	case <-p.done:
	case <-time.After(60 * time.Second):
	}
	t.Fatalf("Chromium did not run the page:\n%s", p.output())
	return nil
}

// TestChromiumReadsNoSecretBySpelling opens a page of a foreign origin in a real browser. It fetches
// a secret file under names that begin like those of public files, or that are spelled in
// other ways. The page may read the public file, and no spelling of the secret.
func TestChromiumReadsNoSecretBySpelling(t *testing.T) {
	text, err := os.ReadFile("../cmd/concors/internal/stacks/testdata/policies/routes-public-and-private.yaml")
	if err != nil {
		t.Fatal(err)
	}
	node := need(t, "node")
	if need(t, "npm"); installNode() != nil {
		t.Fatal(installNode())
	}
	static := checkedScripts(t, node, nodeDir, mustWriteRecipe(t, "express", string(text))) + "/cors.js"
	files := serveNginx(t, need(t, "nginx"), "", "root "+secretFiles(t)+";")
	handler, err := routes.Wrap(routes.Policies{
		Policy: cors.Policy{Origins: []string{spelledOrigin}},
		Routes: []routes.Route{
			{Pattern: "/public/", Policy: cors.Policy{Origins: []string{"*"}}},
			{Pattern: "/private/", Policy: cors.Policy{Origins: []string{"https://private.example"}}},
		},
	}, nil, http.FileServer(http.Dir(secretFiles(t))))
	if err != nil {
		t.Fatal(err)
	}
	library := httptest.NewServer(handler)
	t.Cleanup(library.Close)
	servers := map[string]string{
		"express.static":                 servePrinted(t, nodeDir, node, "static.js", secretFiles(t), static),
		"nginx behind HAProxy":           haproxyWithRecipe(t, mustWriteRecipe(t, "haproxy", string(text)), files),
		"http.FileServer in routes.Wrap": library.URL,
	}
	var urls []string
	for _, at := range servers {
		urls = append(urls, at+"/public/a")
		for _, path := range spelledPaths {
			if strings.HasPrefix(path, "/") && len(path) < 1000 {
				urls = append(urls, at+path)
			}
		}
	}
	read := readInChromium(t, urls)
	for name, at := range servers {
		if read[at+"/public/a"] != "public" {
			t.Errorf("%s: the page reads %q of the public file", name, read[at+"/public/a"])
		}
		served := 0
		for _, url := range urls {
			if path, ok := strings.CutPrefix(url, at+"/"); ok {
				if read[url] == "secret" { // a 404 may name the path
					t.Errorf("%s: the page reads the secret as /%s", name, path)
				}
				if _, body := rawGet(t, strings.TrimPrefix(at, "http://"), "/"+path, "127.0.0.1"); body == "secret" {
					served++
				}
			}
		}
		if served == 0 {
			t.Errorf("%s serves the secret under none of these names: the test tests nothing", name)
		}
	}
}
