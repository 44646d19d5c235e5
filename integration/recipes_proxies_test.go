package integration

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/policyfile"
	"github.com/concors/concors/cmd/concors/recipe"
)

func apacheWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	program := need(t, "apache2", "httpd")
	versionIs(t, r, program, "-v")
	return startApache(t, program, fileOf(t, r, "concors.conf")+`
		ProxyPass / `+upstream+`/
		<Location "/members/">
			AuthType Basic
			AuthName members
			AuthUserFile PASSWORDS
			Require valid-user
		</Location>`)
}

func caddyWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	program := need(t, "caddy")
	versionIs(t, r, program, "version")
	file := write(t, tempDir(t), "concors.caddy", fileOf(t, r, "concors.caddy"))
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

func haproxyWithRecipe(t *testing.T, r *recipe.Recipe, upstream string) string {
	program := need(t, "haproxy")
	versionIs(t, r, program, "-v")
	dir := tempDir(t)
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
`+fileOf(t, r, "concors.cfg")+`
    http-request auth realm members if { path_beg /members/ } !{ http_auth(people) }
    default_backend application

backend application
    server one `+strings.TrimPrefix(upstream, "http://")+`
`)}
	})
}

// TestRecipesOutside looks at what the family's application never sees: the
// answers that a server gives itself, to preflights where a password is asked
// for, and where the application is away.
func TestRecipesOutside(t *testing.T) {
	file, err := policyfile.Load("policy.yaml", []byte(`
origins: [https://app.example.com]
methods: [PUT]
credentials: true
preflightStatus: 200`))
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range []string{"apache", "caddy", "haproxy"} {
		t.Run(stack, func(t *testing.T) {
			r, err := recipe.Write(file.Routes, stack)
			if err != nil {
				t.Fatal(err)
			}
			url := recipeServers[stack].start(t, r, "http://127.0.0.1:1") // where nobody listens
			for _, row := range []struct {
				name, method, path string
				origin             string
				status             int
				want, vary         string
			}{
				{"the application is away", "GET", "/", "https://app.example.com", 500, "https://app.example.com", "Origin"},
				{"a stranger is told so too", "GET", "/", "https://evil.example", 500, "", "Origin"},
				{"a password is asked for", "GET", "/members/", "https://app.example.com", 401, "https://app.example.com", "Origin"},
				{"and a preflight is answered all the same", "OPTIONS", "/members/", "https://app.example.com", 200, "https://app.example.com", "Access-Control-Request-Headers"},
				{"a stranger's as well, with nothing", "OPTIONS", "/members/", "https://evil.example", 200, "", "Origin"},
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
						t.Errorf("a preflight's answer has a body: %q %v", body, err)
					}
					// Which of 502, 503 and 504 it is the servers do not agree upon.
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
