package integration

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A brokenServer is a server with one mistake that people make, and the same server
// after the change that the answer of concors check proposes.
type brokenServer struct {
	name             string
	start            func(t *testing.T, config string) (url string)
	broken, repaired string // configurations
	args             []string
	says             []string // words of the answer: the cause, and what differs
	change           []string // lines of the answer that the repaired configuration has
}

// repairPage is the page that makes the requests.
const repairPage = "http://localhost:3000"

// TestRepairFromTheFirstScreen asks concors check about nine misconfigured servers.
// The first 24 lines alone must say what is wrong and what to change. With that
// change the request is allowed. docs/check.md says how many lines each answer has.
func TestRepairFromTheFirstScreen(t *testing.T) {
	page, err := os.ReadFile("../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range brokenServers() {
		t.Run(s.name, func(t *testing.T) {
			args := append([]string{"check", "--from", repairPage}, s.args...)
			out, _, status := concors(t, append(args, s.start(t, s.broken)+"/items")...)
			lines := strings.Count(out, "\n")
			if status != 1 || lines > 24 {
				t.Errorf("status %d, %d lines", status, lines)
			}
			row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(s.name) + ` \| \d+ \| (\d+) \|$`).FindSubmatch(page)
			if row == nil || string(row[1]) != strconv.Itoa(lines) {
				t.Errorf("the table in docs/check.md does not say that this answer has %d lines:\n%s", lines, out)
			}
			answer := strings.Join(strings.Fields(out), " ")
			for _, words := range append(s.says, s.change...) {
				if !strings.Contains(answer, strings.Join(strings.Fields(words), " ")) {
					t.Errorf("the answer lacks %q", words)
				}
			}
			for _, line := range s.change {
				if !strings.Contains(s.repaired, line) {
					t.Errorf("the repaired server does not have %q", line)
				}
			}
			if t.Failed() {
				t.Logf("the answer is\n%s", out)
			}
			if out, _, status := concors(t, append(args, s.start(t, s.repaired)+"/items")...); status != 0 {
				t.Errorf("after the change:\n%s", out)
			}
		})
	}
}

func brokenServers() []brokenServer {
	put := []string{"-X", "PUT", "-H", "Content-Type: application/json", "-d", "{}"}
	const routes = `
app.get('/items', (req, res) => res.json([1]))
app.put('/items', (req, res) => res.json({}))
`
	const login = `
app.use((req, res, next) => req.headers.authorization ? next() : res.status(401).end())
`
	usesCors := func(options string) string { return "app.use(cors(" + options + "))\n" }
	one := usesCors(`{
  origin: ['http://localhost:3000'],
}`)
	const proxied = "proxy_pass http://UPSTREAM;"
	return []brokenServer{
		{
			name: "the npm package cors, with a slash at the end", start: startRepairExpress, args: put,
			broken: usesCors(`{ origin: 'http://localhost:3000/' }`) + routes, repaired: one + routes,
			says:   []string{"AllowOriginMismatch", "ends with a slash"},
			change: []string{`origin: ['http://localhost:3000'],`},
		},
		{
			name: "the npm package cors, with a joined list", start: startRepairExpress, args: put,
			broken: usesCors(`{ origin: 'https://app.example,http://localhost:3000' }`) + routes, repaired: one + routes,
			says:   []string{"MultipleAllowOriginValues", "two origins in one value"},
			change: []string{`origin: ['http://localhost:3000'],`},
		},
		{
			name: "the npm package cors after the routes", start: startRepairExpress,
			broken: routes + one, repaired: one + routes,
			says:   []string{"MissingAllowOriginHeader", "above"},
			change: []string{`origin: ['http://localhost:3000'],`},
		},
		{
			name: "the login check before the npm package cors", start: startRepairExpress,
			args:     []string{"-X", "PUT", "-H", "Authorization: Bearer x"},
			broken:   login + usesCors(`{ origin: 'http://localhost:3000' }`) + routes,
			repaired: one + login + routes,
			says:     []string{"401", "above the login check", "any request header"},
			change:   []string{`origin: ['http://localhost:3000'],`},
		},
		{
			name: "a location of nginx that loses headers", start: startRepairNginx,
			broken: `add_header Access-Control-Allow-Origin "http://localhost:3000" always;
				location / { add_header Cache-Control no-cache; ` + proxied + ` }`,
			repaired: `location / {
				add_header Cache-Control no-cache;
				add_header Access-Control-Allow-Origin "http://localhost:3000" always;
				` + proxied + ` }`,
			says:   []string{"MissingAllowOriginHeader", "location", "add_header"},
			change: []string{`add_header Access-Control-Allow-Origin "http://localhost:3000" always;`},
		},
		{
			name: "nginx and the application both add the header", start: startRepairNginxBeforeStar,
			broken:   `location / { add_header Access-Control-Allow-Origin "http://localhost:3000" always; ` + proxied + ` }`,
			repaired: `location / { proxy_hide_header Access-Control-Allow-Origin; add_header Access-Control-Allow-Origin "http://localhost:3000" always; ` + proxied + ` }`,
			says:     []string{"MultipleAllowOriginValues", "two layers"},
			change:   []string{`proxy_hide_header Access-Control-Allow-Origin;`, `add_header Access-Control-Allow-Origin "http://localhost:3000" always;`},
		},
		{
			name: "an error without always in nginx", start: startRepairNginx, args: []string{"-H", "X-Fail: 1"},
			broken: `location / {
				if ($request_method = OPTIONS) {
					add_header Access-Control-Allow-Origin "http://localhost:3000";
					add_header Access-Control-Allow-Headers "X-Fail";
					return 204;
				}
				add_header Access-Control-Allow-Origin "http://localhost:3000"; ` + proxied + ` }`,
			repaired: `location / {
				if ($request_method = OPTIONS) {
					add_header Access-Control-Allow-Origin "http://localhost:3000";
					add_header Access-Control-Allow-Headers "X-Fail";
					return 204;
				}
				add_header Access-Control-Allow-Origin "http://localhost:3000" always; ` + proxied + ` }`,
			says:   []string{"500", "always"},
			change: []string{`add_header Access-Control-Allow-Origin "http://localhost:3000" always;`},
		},
		{
			name: "a 403 as Spring sends it", start: startRepairSpring, args: put,
			broken: "https://app.example", repaired: `config.setAllowedOrigins(List.of("http://localhost:3000"));`,
			says:   []string{"403", "Spring"},
			change: []string{`List.of("http://localhost:3000")`},
		},
		{
			name: "a 502", start: startRepairNginx,
			broken:   `location / { proxy_pass http://127.0.0.1:1; }`,
			repaired: `location / { add_header Access-Control-Allow-Origin "http://localhost:3000" always; ` + proxied + ` }`,
			says:     []string{"502", "behind"},
		},
	}
}

func startRepairExpress(t *testing.T, config string) string {
	node := need(t, "node")
	need(t, "npm")
	if err := installNode(); err != nil {
		t.Fatal(err)
	}
	script := "const express = require('express')\nconst cors = require('cors')\nconst app = express()\n" + config +
		"app.listen(process.env.PORT, '127.0.0.1')\n"
	file := write(t, nodeDir, strings.NewReplacer("/", "-", "#", "-").Replace(t.Name())+".cjs", script)
	return serveAt(t, nodeDir, func(address string) []string {
		_, port, _ := net.SplitHostPort(address)
		return []string{"env", "PORT=" + port, node, file}
	})
}

func startRepairNginx(t *testing.T, config string) string { return startBefore(t, config, "") }

func startRepairNginxBeforeStar(t *testing.T, config string) string {
	return startBefore(t, config, "*")
}

// startBefore starts nginx before an application that sends this Allow-Origin, and
// fails if the request has X-Fail.
func startBefore(t *testing.T, config, allowOrigin string) string {
	program := need(t, "nginx")
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allowOrigin != "" {
			w.Header().Set("Access-Control-Allow-Origin", allowOrigin)
		}
		if r.Header.Get("X-Fail") != "" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(upstream.Close)
	return serveNginx(t, program, "", strings.ReplaceAll(config, "UPSTREAM", upstream.Listener.Addr().String()))
}

// startRepairSpring starts a server that responds as Spring's CorsProcessor does with
// these allowed origins. Spring itself can't be started here.
func startRepairSpring(t *testing.T, config string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
			w.Header().Add("Vary", name)
		}
		if !strings.Contains(config, origin) {
			http.Error(w, "Invalid CORS request", http.StatusForbidden)
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", origin)
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
			w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}
