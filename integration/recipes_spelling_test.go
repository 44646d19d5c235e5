package integration

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// spelledPaths are paths that some server reads as one of /private/, in the policy
// routes-public-and-private.
var spelledPaths = []string{
	// They begin like paths of /public/.
	"/public/..%2Fprivate/secret.txt", "/public/..%2fprivate%2fsecret.txt", "/public/%2e%2e/private/secret.txt", "/public/%2e%2e%2fprivate/secret.txt",
	"/public/.%2e/private/secret.txt", "/public/%252e%252e/private/secret.txt", "/public/..%252Fprivate/secret.txt", "/public/%252e%252e%252fprivate/secret.txt",
	"/public/..;/private/secret.txt", "/public/..;a=b/private/secret.txt", "/public/..%3B/private/secret.txt", `/public/..\private\secret.txt`,
	"/public/..%5Cprivate%5Csecret.txt", "/public/..%255Cprivate/secret.txt", "/public/../private/secret.txt", "/public/a/../../private/secret.txt",
	"/public//../private/secret.txt", "/public/..%25%32%46private/secret.txt", "/public/..%c0%afprivate/secret.txt", "/public/..%e0%80%afprivate/secret.txt",
	"/public/.%00./private/secret.txt", "/public/..%00/private/secret.txt", "/public/..%0A/private/secret.txt", "/public/%2%65%2%65/private/secret.txt",
	"/public/..%252525252Fprivate/secret.txt", "/public/./../private/secret.txt", "/public;/../private/secret.txt", "/private#/../public/a",

	// They begin like paths of no route.
	"//private/secret.txt", "///private//secret.txt", "/////private/secret.txt", "/private%2Fsecret.txt", "/%2Fprivate/secret.txt", "/private%252Fsecret.txt",
	"/x//../private/secret.txt", "/x/../private/secret.txt", "/./private/secret.txt", "/%2e/private/secret.txt", "/x%2F..%2Fprivate%2Fsecret.txt",
	"/%70rivate/secret.txt", "/%2570rivate/secret.txt", `/private\secret.txt`, "/private%5Csecret.txt", `\private\secret.txt`, "/private;a=b/secret.txt",
	"/;a/private/secret.txt", "/private%3B/secret.txt", "/private%3Fsecret.txt", "/private%23secret.txt", "/private%00/secret.txt", "/%70%72%69%76%61%74%65/secret.txt",
	"http://127.0.0.1/private/secret.txt", "HTTP://127.0.0.1//private/secret.txt",
	"/" + strings.Repeat("%2E/", 600) + "private/secret.txt", strings.Repeat("/", 3000) + "private/secret.txt",
	strings.Repeat("%2F", 900) + "private/secret.txt", "/%" + strings.Repeat("25", 1500) + "70rivate/secret.txt",
	"/" + strings.Repeat("x/", 700) + strings.Repeat("../", 700) + "private/secret.txt",
}

// spelledOrigin is allowed by the policy for all paths but those of /private/.
const spelledOrigin = "https://rest.example"

// secretFiles makes a folder with a file in /public/ and one in /private/.
func secretFiles(t *testing.T) string {
	dir := tempDir(t)
	write(t, dir, "public/a", "public")
	write(t, dir, "private/secret.txt", "secret")
	return dir
}

// spelledBackends are applications that decode paths in different ways.
func spelledBackends(t *testing.T) map[string]string {
	dir := secretFiles(t)
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	// byPath serves the secret if the path, as read by a function, is a path of /private/.
	byPath := func(read func(u *url.URL) string) string {
		return serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if p := read(r.URL); p == "/private" || strings.HasPrefix(p, "/private/") {
				fmt.Fprint(w, "secret")
				return
			}
			fmt.Fprint(w, "public")
		}))
	}
	unescape := func(p string) string {
		if out, err := url.PathUnescape(p); err == nil {
			return out
		}
		return p
	}
	out := map[string]string{
		"FileServer":    serve(http.FileServer(http.Dir(dir))),
		"URL.Path":      byPath(func(u *url.URL) string { return u.Path }),
		"RawPath":       byPath(func(u *url.URL) string { return u.EscapedPath() }),
		"decodes twice": byPath(func(u *url.URL) string { return path.Clean("/" + unescape(u.Path)) }),
		"backslashes":   byPath(func(u *url.URL) string { return path.Clean("/" + strings.ReplaceAll(unescape(u.Path), `\`, "/")) }),
		"parameters": byPath(func(u *url.URL) string {
			segments := strings.Split(u.Path, "/")
			for i, s := range segments {
				segments[i], _, _ = strings.Cut(s, ";")
			}
			return path.Clean("/" + strings.Join(segments, "/"))
		}),
	}
	if node := need(t, "node"); need(t, "npm") != "" {
		if err := installNode(); err != nil {
			t.Fatal(err)
		}
		out["express.static"] = servePrinted(t, nodeDir, node, "static.js", dir)
	}
	out["nginx files"] = serveNginx(t, need(t, "nginx"), "", "root "+dir+";")
	php := tempDir(t)
	write(t, php, "index.php", `<?php $p = realpath('`+dir+`' . rawurldecode(explode('?', $_SERVER['REQUEST_URI'])[0])); if ($p) { readfile($p); }`)
	out["PHP"] = serveAt(t, php, func(address string) []string {
		return []string{need(t, "php"), "-S", address, php + "/index.php"}
	})
	return out
}

// TestSpellingsInRecipes sends paths that can be read in several ways to every stack
// that can have routes, and proxies to applications that read them differently. No
// spelling of a path may have CORS headers that its own route does not have.
func TestSpellingsInRecipes(t *testing.T) {
	text, err := os.ReadFile("../cmd/concors/internal/stacks/testdata/policies/routes-public-and-private.yaml")
	if err != nil {
		t.Fatal(err)
	}
	policy := string(text)
	files := httptest.NewServer(http.FileServer(http.Dir(secretFiles(t))))
	t.Cleanup(files.Close)
	for _, s := range stacks(t, false) {
		server, ok := recipeServers[s.Name]
		if !ok {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			start := server.start
			if server.build != nil {
				start = server.build(t, s.Name)
			}
			r := mustWriteRecipe(t, s.Name, policy)
			switch s.Name {
			case "apache", "caddy", "haproxy", "nginx":
				for name, upstream := range spelledBackends(t) {
					t.Run(name, func(t *testing.T) {
						served := checkSpellings(t, start(t, r, upstream), name != "nginx files", spelledPaths)
						if s.Name == "haproxy" && served == 0 { // it passes on every path that it accepts
							t.Error("the application reads none of the paths as one of /private/")
						}
					})
				}
			case "express":
				checkSpellings(t, start(t, r, files.URL), true, spelledPaths)
				t.Run("express.static", func(t *testing.T) {
					script := checkedScripts(t, need(t, "node"), nodeDir, r) + "/cors.js"
					url := servePrinted(t, nodeDir, need(t, "node"), "static.js", secretFiles(t), script)
					checkSpellings(t, url, false, append([]string{"/PRIVATE/by-name", "/Private/By-Name", "/private/by-name/", "/%50rivate/by-name", "/PRIVATE%2Fby-name"}, spelledPaths...))
				})
			case "hono", "next":
				// Their requests have URLs as the URL standard parses them, without dot segments
				// and hosts, and the application can't see the path that was received.
				parsed := func(target string) bool {
					return strings.Contains(target, "//..") || strings.Contains(target, "://")
				}
				checkSpellings(t, start(t, r, files.URL), true, slices.DeleteFunc(slices.Clone(spelledPaths), parsed))
			default:
				checkSpellings(t, start(t, r, files.URL), s.Name != "tomcat", spelledPaths)
			}
		})
	}
}

// TestSpellingsOfHosts does the same for hosts, on the stacks that can have routes by host.
func TestSpellingsOfHosts(t *testing.T) {
	const policy = `
policy: {origins: [https://rest.example]}
routes:
  - pattern: api.example/
    policy: {origins: [https://private.example]}
`
	files := httptest.NewServer(http.FileServer(http.Dir(secretFiles(t))))
	t.Cleanup(files.Close)
	for _, stack := range []string{"express", "fastify", "hono", "next"} {
		t.Run(stack, func(t *testing.T) {
			r := mustWriteRecipe(t, stack, policy)
			address := strings.TrimPrefix(recipeServers[stack].start(t, r, files.URL), "http://")
			for host, want := range map[string]string{
				"api.example": "", "API.example": "", "api.example.": "", "Api.Example.:80": "", "api.example:8080": "", "other.example": spelledOrigin,
			} {
				if got, _ := rawGet(t, address, "/public/a", host); got.Header.Get("Access-Control-Allow-Origin") != want {
					t.Errorf("%s: %v, want %q", host, got.Header, want)
				}
			}
		})
	}
}

// checkSpellings sends spelled paths, and paths that keep their policies. encodedSlash says that
// the server passes on an encoded slash. It returns how many paths were served as one of /private/.
func checkSpellings(t *testing.T, at string, encodedSlash bool, spelled []string) (served int) {
	t.Helper()
	address := strings.TrimPrefix(at, "http://")
	for _, target := range spelled {
		resp, body := rawGet(t, address, target, "127.0.0.1")
		if resp == nil {
			continue // the server closed the connection
		}
		if strings.HasPrefix(body, "secret") {
			served++
		}
		short := target[:min(len(target), 60)]
		if value := resp.Header.Values("Access-Control-Allow-Origin"); len(value) > 0 {
			t.Errorf("GET %s: %d with Access-Control-Allow-Origin: %q (%.30q)", short, resp.StatusCode, value, body)
		}
	}
	for target, want := range map[string]string{
		"/public/a": "*", "/public/a%20b": "*", "/public/a?b=/../%2e%2e": "*", "/public/%C3%BC": "*", "/public/100%25": "*", "/public/" + strings.Repeat("a", 1500): "*",
		"/private/secret.txt": "", "/other": spelledOrigin, "/other/a%20b": spelledOrigin, "/publicity": spelledOrigin, "/%C3%BC": spelledOrigin,
		"/public/a%2Fb": "*", "/other%2Fb": spelledOrigin,
	} {
		resp, _ := rawGet(t, address, target, "127.0.0.1")
		if strings.Contains(target, "%2F") && (!encodedSlash || resp != nil && (resp.StatusCode == 400 || resp.StatusCode == 404)) {
			continue
		}
		if resp == nil || resp.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("GET %.60s: %v, want Access-Control-Allow-Origin: %q", target, resp, want)
		}
	}
	return served
}

// rawGet sends a request for exactly this target. It returns nil if the server closes the connection
// without a response.
func rawGet(t *testing.T, address, target, host string) (*http.Response, string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: close\r\n\r\n", target, host, spelledOrigin)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body)
}
