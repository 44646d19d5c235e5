package integration

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func apacheWithRecipe(t *testing.T, r *recipe, upstream string) string {
	program := need(t, "apache2", "httpd")
	versionIs(t, r, program, "-v")
	return startApache(t, program, r.file(t, "concors.conf")+`
		ProxyPass / `+upstream+`/
		<Location "/members/">
			AuthType Basic
			AuthName members
			AuthUserFile PASSWORDS
			Require valid-user
		</Location>`)
}

func caddyWithRecipe(t *testing.T, r *recipe, upstream string) string {
	program := need(t, "caddy")
	versionIs(t, r, program, "version")
	file := write(t, tempDir(t), "concors.caddy", r.file(t, "concors.caddy"))
	return startCaddy(t, program, `
		route {
			import `+file+`
			basicauth /members/* {
				a $2a$14$i48/Fzr1BeUqGk1CAsQmrOMlqP/ifqI7z5rI4VGhmpz9xCoA6z0gi
			}
			reverse_proxy `+upstream+`
		}
		handle_errors {
			import `+file+`
		}`)
}

func haproxyWithRecipe(t *testing.T, r *recipe, upstream string) string {
	program := need(t, "haproxy")
	versionIs(t, r, program, "-v")
	dir := tempDir(t)
	config := r.file(t, "concors.cfg")
	if list := "concors-origins.lst"; strings.Contains(config, list) {
		config = strings.ReplaceAll(config, "/etc/haproxy/"+list, write(t, dir, list, r.file(t, list)))
	}
	return serveAt(t, dir, func(address string) []string {
		return []string{program, "-db", "-f", write(t, dir, "haproxy.cfg", `
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
    retries 0

userlist people
    user a insecure-password b

frontend site
    bind `+address+`
`+config+`
    http-request auth realm members if { path_beg /members/ } !{ http_auth(people) }
    default_backend application

backend application
    server one `+strings.TrimPrefix(upstream, "http://")+`
`)}
	})
}

// nginxWithMembers is nginxWithRecipe with a folder that needs a password, as the other
// servers have.
func nginxWithMembers(t *testing.T, r *recipe, upstream string) string {
	return serveNginx(t, need(t, "nginx"), r.file(t, "concors-http.conf"), r.file(t, "concors-server.conf")+`
		location / { proxy_pass `+upstream+`; }
		location /members/ {
			auth_basic members;
			auth_basic_user_file `+write(t, tempDir(t), "passwords", "a:{SHA}6dcfXufJLW3J6S/9rRe4vUlBj5g=\n")+`;
			proxy_pass `+upstream+`;
		}`)
}

// TestRecipesOnOwnResponses checks responses that the application does not make: to
// preflights and requests without the password, and while the application is down.
func TestRecipesOnOwnResponses(t *testing.T) {
	const policy = `
origins: [https://app.example.com]
methods: [PUT]
credentials: true
preflightStatus: 200`
	for stack, start := range map[string]func(*testing.T, *recipe, string) string{
		"apache": apacheWithRecipe, "caddy": caddyWithRecipe, "haproxy": haproxyWithRecipe, "nginx": nginxWithMembers,
	} {
		t.Run(stack, func(t *testing.T) {
			r := mustWriteRecipe(t, stack, policy)
			url := start(t, r, "http://127.0.0.1:1") // no application is there
			for _, row := range []struct {
				name, method, path string
				origin             string
				status             int
				want, vary         string
			}{
				{"the application is down", "GET", "/", "https://app.example.com", 500, "https://app.example.com", "Origin"},
				{"the application is down, foreign origin", "GET", "/", "https://evil.example", 500, "", "Origin"},
				{"no password", "GET", "/members/", "https://app.example.com", 401, "https://app.example.com", "Origin"},
				{"preflight without a password", "OPTIONS", "/members/", "https://app.example.com", 200, "https://app.example.com", "Access-Control-Request-Headers"},
				{"preflight without a password, foreign origin", "OPTIONS", "/members/", "https://evil.example", 200, "", "Origin"},
			} {
				t.Run(row.name, func(t *testing.T) {
					q, err := http.NewRequest(row.method, url+row.path, nil)
					if err != nil {
						t.Fatal(err)
					}
					q.Header.Set("Origin", row.origin)
					if row.method == "OPTIONS" {
						q.Header.Set("Access-Control-Request-Method", "PUT")
					}
					resp, err := http.DefaultClient.Do(q)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if row.method == "OPTIONS" && (err != nil || len(body) > 0) {
						t.Errorf("the response to a preflight has a body: %q %v", body, err)
					}
					// The servers choose 502, 503 or 504.
					if row.status == 500 && resp.StatusCode < 500 || row.status != 500 && resp.StatusCode != row.status {
						t.Errorf("the status is %d", resp.StatusCode)
					}
					if got := strings.Join(resp.Header.Values("Access-Control-Allow-Origin"), "|"); got != row.want {
						t.Errorf("Access-Control-Allow-Origin: %q", got)
					}
					if vary := strings.Join(resp.Header.Values("Vary"), ", "); !strings.Contains(vary, row.vary) {
						t.Errorf("Vary: %q", vary)
					}
				})
			}
		})
	}
}

// TestRecipesNormalizePaths requests a path in different spellings. None of them may
// avoid the policy of the path's route: a spelling that some servers read as a path of
// the route, and others don't, allows no origin.
func TestRecipesNormalizePaths(t *testing.T) {
	const policy = `
policy: {origins: [https://app.example.com]}
routes:
  - pattern: /internal/
    policy: {origins: [https://admin.example.com]}`
	for _, stack := range []string{"apache", "caddy", "haproxy", "nginx"} {
		t.Run(stack, func(t *testing.T) {
			r := mustWriteRecipe(t, stack, policy)
			url := recipeServers[stack].start(t, r, applicationWithCORS(t))
			for path, allowed := range map[string]string{
				"/a":                "https://app.example.com",
				"/internal/a":       "https://admin.example.com",
				"/%69nternal/a":     "",
				"//internal//a":     "",
				"/internal/%0Aa":    "",
				"/internal/%69":     "https://admin.example.com", // in all readings
				"/internal/a%20b":   "https://admin.example.com",
				"/internal/a?x=/a":  "https://admin.example.com",
				"/INTERNAL/a":       "https://app.example.com", // paths are case-sensitive
				"/a?x=/internal/":   "https://app.example.com",
				"/x/internal/a.txt": "https://app.example.com",
			} {
				for _, origin := range []string{"https://app.example.com", "https://admin.example.com"} {
					q, err := http.NewRequest("GET", url+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					q.Header.Set("Origin", origin)
					resp, err := http.DefaultClient.Do(q)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					if got := resp.Header.Get("Access-Control-Allow-Origin") == origin; got != (origin == allowed) {
						t.Errorf("%s allows %s: %v (status %d)", path, origin, got, resp.StatusCode)
					}
				}
			}
		})
	}
}

// TestRecipeApacheInternalRedirect checks that after an internal redirect, here to an
// error page, the policy of the requested path still applies.
func TestRecipeApacheInternalRedirect(t *testing.T) {
	program := need(t, "apache2", "httpd")
	r := mustWriteRecipe(t, "apache", `
policy: {origins: [https://app.example.com]}
routes:
  - pattern: /internal/
    policy: {origins: [https://admin.example.com]}
  - pattern: /off/
    off: true`)
	url := startApache(t, program, r.file(t, "concors.conf")+`
		ErrorDocument 404 /notes.json`)
	for path, want := range map[string]string{"/gone": "https://app.example.com", "/internal/gone": "", "/off/gone": ""} {
		q, err := http.NewRequest("GET", url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Origin", "https://app.example.com")
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want || resp.StatusCode != 404 {
			t.Errorf("%s: %d with %q, want %q", path, resp.StatusCode, got, want)
		}
	}
}
