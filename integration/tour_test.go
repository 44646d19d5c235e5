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

// TestTour does what the README's tour says, with the tool and nginx, and
// compares what is printed. Lines of three dots stand for what is left out.
func TestTour(t *testing.T) {
	nginx, shell, compiler := need(t, "nginx"), need(t, "sh"), need(t, "go")
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tour, found := strings.Cut(string(readme), "\n## From a red line to a server that is right\n")
	tour, _, ended := strings.Cut(tour, "\n## ")
	if !found || !ended {
		t.Fatal("the README has no tour")
	}
	dir := tempDir(t)
	if out, err := exec.Command(compiler, "build", "-o", filepath.Join(dir, "concors"), "../cmd/concors").CombinedOutput(); err != nil {
		t.Fatalf("building the tool: %v\n%s", err, out)
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
	stops := 0
	for _, stop := range steps(tour) {
		if stop.file != "" {
			write(t, dir, "policy.yaml", stop.text)
			continue
		}
		stops++
		cmd := exec.Command(shell, "-c", strings.NewReplacer(address, url, configuration, into).Replace(stop.command))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code > 1 {
			t.Fatalf("%s: %v\n%s", stop.command, err, out)
		}
		printed := strings.NewReplacer(url, address, into, configuration).Replace(string(out))
		if stop.text == "" || !shows(printed, stop.text) {
			t.Errorf("%s\nprinted\n%s\nand the README says\n%s", stop.command, printed, stop.text)
		}
		if strings.Contains(stop.command, "--into") {
			// Here the reader includes the files, and tells nginx.
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
	if stops != 4 {
		t.Errorf("%d commands: the tour is to explain, check, recipe and verify", stops)
	}
}

// A step of the tour is a command with what it prints, or a file.
type step struct{ command, text, file string }

// steps reads the tour: commands are indented, and what they print stands in the
// block behind them; a block of yaml is the policy file.
func steps(tour string) (out []step) {
	fence := ""
	for line := range strings.SplitSeq(tour, "\n") {
		switch {
		case fence != "" && line == "```":
			fence = ""
		case fence != "":
			out[len(out)-1].text += line + "\n"
		case line == "```yaml":
			out = append(out, step{file: "policy.yaml"})
			fence = line
		case strings.HasPrefix(line, "```"):
			fence = line
		case strings.HasPrefix(line, "    concors "):
			out = append(out, step{command: strings.TrimSpace(line)})
		}
	}
	return out
}

// shows reports whether what is printed holds the text's blocks of lines, which
// lines of three dots are between, in their order.
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
