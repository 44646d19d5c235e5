package integration

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTour runs the commands of the README's tour against nginx, and compares their
// output. Lines of three dots stand for lines that are left out.
func TestTour(t *testing.T) {
	nginx, shell := need(t, "nginx"), need(t, "sh")
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tour, found := strings.Cut(string(readme), "\n## From a red line to a server that is right\n")
	tour, _, ended := strings.Cut(tour, "\n## ")
	if !found || !ended {
		t.Fatal("the README has no section with the tour")
	}
	dir := tempDir(t)
	program, err := buildTool()
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}))
	defer upstream.Close()
	location := "location / { proxy_pass " + upstream.URL + "; }"
	url := serveNginx(t, nginx, "", location)

	const address, configuration = "http://127.0.0.1:8080", "/etc/nginx/concors"
	into := filepath.Join(dir, "nginx")
	commands := 0
	for _, step := range steps(tour) {
		if step.file != "" {
			write(t, dir, "policy.yaml", step.text)
			continue
		}
		commands++
		cmd := exec.Command(shell, "-c", strings.NewReplacer(address, url, configuration, into).Replace(step.command))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code > 1 {
			t.Fatalf("%s: %v\n%s", step.command, err, out)
		}
		printed := strings.NewReplacer(url, address, into, configuration).Replace(string(out))
		if step.text == "" || !shows(printed, step.text) {
			t.Errorf("%s\nprinted\n%s\nand the README shows\n%s", step.command, printed, step.text)
		}
		if strings.Contains(step.command, "--into") {
			// The reader now includes the files and restarts nginx.
			read := func(name string) string {
				text, err := os.ReadFile(filepath.Join(into, name))
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			url = serveNginx(t, nginx, read("concors-http.conf"), read("concors-server.conf")+location)
		}
	}
	if commands != 4 {
		t.Errorf("%d commands: the tour has explain, check, recipe and verify", commands)
	}
}

// A tourStep is a command with its output, or a file.
type tourStep struct{ command, text, file string }

// steps reads the tour. Commands are indented, and the block after a command is its
// output. A block of YAML is the policy file.
func steps(tour string) (out []tourStep) {
	fence := ""
	for line := range strings.SplitSeq(tour, "\n") {
		switch {
		case fence != "" && line == "```":
			fence = ""
		case fence != "":
			out[len(out)-1].text += line + "\n"
		case line == "```yaml":
			out = append(out, tourStep{file: "policy.yaml"})
			fence = line
		case strings.HasPrefix(line, "```"):
			fence = line
		case strings.HasPrefix(line, "    concors "):
			out = append(out, tourStep{command: strings.TrimSpace(line)})
		}
	}
	return out
}

// shows reports whether the output contains the blocks of a text in their order. Lines
// of three dots separate the blocks.
func shows(printed, text string) bool {
	lines := strings.Split(printed, "\n")
	for block := range strings.SplitSeq(text, "...\n") {
		want := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
		i := 0
		for i+len(want) <= len(lines) && !slices.Equal(lines[i:i+len(want)], want) {
			i++
		}
		if i+len(want) > len(lines) {
			return false
		}
		lines = lines[i+len(want):]
	}
	return true
}
