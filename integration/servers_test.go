package integration

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A configuredServer is a line of testdata/servers/servers.jsonl: a configuration as
// people copy it, and what is wrong with it.
type configuredServer struct {
	ID     string          `json:"id"`
	Server string          `json:"server"`
	File   string          `json:"file"`
	Faults []string        `json:"faults"` // what verify finds, without notes
	Never  []string        `json:"never"`  // what a rate limiter tempts it to find
	Rate   string          `json:"rate"`   // for --rate; "" is 1000, or the default if there is a limiter
	Exit   json.RawMessage `json:"exit"`   // a status, or a list of them
	Why    string          `json:"why"`
}

func (s *configuredServer) exits() (list []int) {
	var one int
	if json.Unmarshal(s.Exit, &one) == nil {
		return []int{one}
	}
	_ = json.Unmarshal(s.Exit, &list)
	return list
}

// TestServersAsPeopleConfigureThem runs verify on configurations that are copied a
// lot. It must find what is wrong with each, and nothing else.
func TestServersAsPeopleConfigureThem(t *testing.T) {
	file, err := os.Open("testdata/servers/servers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var s configuredServer
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		t.Run(s.ID, func(t *testing.T) {
			args := []string{"verify", "testdata/servers/policy.yaml", s.start(t) + "/items", "--json"}
			if s.Rate == "" && len(s.Never) == 0 { // there is no rate limiter
				s.Rate = "1000"
			}
			if s.Rate != "" {
				args = append(args, "--rate", s.Rate)
			}
			program, err := buildTool()
			if err != nil {
				t.Fatal(err)
			}
			out, _ := exec.Command(program, args...).Output()
			var report struct {
				Verdict string
				Sites   []struct {
					Cause    string
					Requests int
					Findings []struct {
						Kind string
						Note bool
					}
				}
			}
			if err := json.Unmarshal(out, &report); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var found []string
			for _, f := range report.Sites[0].Findings {
				if !f.Note {
					found = append(found, f.Kind)
				}
			}
			slices.Sort(found)
			status := map[string]int{"agrees": 0, "differs": 1, "unknown": 3}[report.Verdict]
			known := report.Sites[0].Cause == "" // else some of it may be hidden by the limiter
			if known && !slices.Equal(found, s.Faults) || !slices.Contains(s.exits(), status) {
				t.Errorf("found %q (%s, %s), want %q\n%s\n%s", found, report.Verdict, report.Sites[0].Cause, s.Faults, s.Why, out)
			}
			for _, kind := range found {
				if slices.Contains(s.Never, kind) || !slices.Contains(s.Faults, kind) {
					t.Errorf("found %s, which is not so: %s", kind, s.Why)
				}
			}
		})
	}
}

// start starts the server and returns its URL.
func (s *configuredServer) start(t *testing.T) string {
	text, err := os.ReadFile(filepath.Join("testdata/servers", s.File))
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	dir := tempDir(t)
	for _, backend := range []struct{ word, allowOrigin string }{{"UPSTREAM_STAR", "*"}, {"UPSTREAM", ""}} {
		if strings.Contains(config, backend.word) {
			config = strings.ReplaceAll(config, backend.word, startUpstream(t, backend.allowOrigin))
		}
	}
	config = strings.ReplaceAll(config, "HTPASSWD", write(t, dir, "passwords", "ana:{PLAIN}x\n"))
	withPort := func(program string, args ...string) string {
		return serveAt(t, dir, func(address string) []string {
			_, port, _ := net.SplitHostPort(address)
			return append([]string{"env", "PORT=" + port, need(t, program)}, args...)
		})
	}
	switch s.Server {
	case "nginx":
		program := need(t, "nginx")
		var zone string
		if first, _, _ := strings.Cut(config, "\n"); strings.Contains(first, "limit_req_zone") {
			_, zone, _ = strings.Cut(first, "http: ")
		}
		return serveAt(t, dir, func(address string) []string {
			http := zone + "\nmap_hash_bucket_size 256;\n" + strings.ReplaceAll(config, "LISTEN", address)
			return nginxCommand(t, program, dir, http)
		})
	case "apache":
		return startApache(t, need(t, "apache2", "httpd"), apacheHost(config))
	case "caddy":
		program := need(t, "caddy")
		return serveAt(t, dir, func(address string) []string {
			_, port, _ := net.SplitHostPort(address)
			return []string{program, "run", "--adapter", "caddyfile", "--config", write(t, dir, "Caddyfile",
				"{\n admin off\n auto_https off\n}\n"+strings.ReplaceAll(config, "PORT", port))}
		})
	case "haproxy":
		program := need(t, "haproxy")
		return serveAt(t, dir, func(address string) []string {
			return []string{program, "-db", "-f", write(t, dir, "haproxy.cfg", "defaults\n  timeout connect 5s\n"+
				"  timeout client 20s\n  timeout server 20s\n"+strings.ReplaceAll(config, "LISTEN", address))}
		})
	case "flask":
		return withPort("python3", write(t, dir, s.File, config))
	case "php":
		program := need(t, "php")
		path := write(t, dir, s.File, config)
		return serveAt(t, dir, func(address string) []string { return []string{program, "-S", address, path} })
	}
	need(t, "npm")
	if err := installNode(); err != nil {
		t.Fatal(err)
	}
	return withPort("node", write(t, nodeDir, s.File, config))
}

// startUpstream starts the application behind the proxies and returns its address.
func startUpstream(t *testing.T, allowOrigin string) string {
	script, err := filepath.Abs("testdata/servers/upstream.cjs")
	if err != nil {
		t.Fatal(err)
	}
	url := serveAt(t, tempDir(t), func(address string) []string {
		_, port, _ := net.SplitHostPort(address)
		return []string{"env", "PORT=" + port, "ALLOW_ORIGIN=" + allowOrigin, need(t, "node"), script}
	})
	return strings.TrimPrefix(url, "http://")
}

// apacheHost returns what is inside the virtual host of a configuration: startApache
// has a host of its own around it.
func apacheHost(config string) string {
	_, inside, _ := strings.Cut(config, "<VirtualHost LISTEN>")
	inside, _, _ = strings.Cut(inside, "</VirtualHost>")
	return inside
}
