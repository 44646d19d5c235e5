package integration

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// skipIfShort skips a test that starts programs if -short is set.
func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() && os.Getenv("CI") != "true" {
		t.Skip("starts programs")
	}
}

// need returns the path of the first of the programs that is installed. If none
// is, the test is skipped, or fails with CI=true. With -short it is skipped.
func need(t *testing.T, programs ...string) string {
	t.Helper()
	skipIfShort(t)
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		// Servers may be installed in a folder that is not in a user's PATH.
		if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and with CI=true no test may be skipped", programs[0])
	}
	t.Skipf("%s is not installed", programs[0])
	return ""
}

// tempDir is like t.TempDir, but a server that drops root's privileges can read it.
func tempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// write writes a file in dir and returns its path.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// siteFiles creates the folder that file servers serve, and returns its path.
func siteFiles(t *testing.T, dir string) string {
	t.Helper()
	root := filepath.Join(dir, "www")
	write(t, root, "notes.json", `{"note":"hello"}`)
	write(t, root, "folder/index.html", "<title>folder</title>")
	return root
}

// backend starts the application behind a reverse proxy and returns its URL. It
// sends no CORS headers, except below /open/.
func backend(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Total-Count", "1")
		fmt.Fprint(w, `{"note":"hello"}`)
	})
	mux.HandleFunc("/open/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		fmt.Fprint(w, "open")
	})
	mux.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "the database is not reachable", http.StatusInternalServerError)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

const readyLimit = 20 * time.Second

// A process is a program that runs until its test ends.
type process struct {
	done chan struct{} // closed when it has ended
	pid  int

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start runs a program in dir.
func start(t *testing.T, dir string, argv ...string) *process {
	t.Helper()
	p := &process{done: make(chan struct{})}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	// With CI=true some servers colour what they print, and a colour inside a URL hides it.
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = p, p
	// Wait must return even if a grandchild keeps the output open.
	cmd.WaitDelay = 5 * time.Second
	newProcessGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", argv[0], err)
	}
	p.pid = cmd.Process.Pid
	go func() {
		_ = cmd.Wait() // it is ended by a signal
		close(p.done)
	}()
	t.Cleanup(func() {
		endProcessGroup(cmd, false)
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
		}
		endProcessGroup(cmd, true)
		<-p.done
		if t.Failed() {
			t.Logf("%s printed:\n%s", filepath.Base(argv[0]), p.output())
		}
	})
	return p
}

// wait polls until ready returns true. It returns false if the process ends or the
// time limit is reached first.
func (p *process) wait(ready func() bool) bool {
	for end := time.Now().Add(readyLimit); time.Now().Before(end); {
		select {
		case <-p.done:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		if ready() {
			return true
		}
	}
	return false
}

// serveAt starts a server at an address that is part of its configuration, and
// returns its URL. configure returns the command for an address such as
// 127.0.0.1:40123.
func serveAt(t *testing.T, dir string, configure func(address string) []string) string {
	t.Helper()
	url, _ := serveProcessAt(t, dir, configure)
	return url
}

// serveProcessAt is serveAt, and returns the process too.
func serveProcessAt(t *testing.T, dir string, configure func(address string) []string) (url string, p *process) {
	t.Helper()
	// Another program may take the free port before the server does, so there
	// is more than one attempt.
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		l.Close()
		p = start(t, dir, configure(address)...)
		if p.wait(func() bool {
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				c.Close()
			}
			return err == nil
		}) {
			return "http://" + address, p
		}
	}
	t.Fatalf("the server did not start:\n%s", p.output())
	return "", nil
}

var printedURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// servePrinted starts a server that chooses a port and prints its URL, and returns
// the URL.
func servePrinted(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	url, _ := serveProcessPrinted(t, dir, argv...)
	return url
}

// serveProcessPrinted is servePrinted, and returns the process too.
func serveProcessPrinted(t *testing.T, dir string, argv ...string) (url string, p *process) {
	t.Helper()
	p = start(t, dir, argv...)
	if !p.wait(func() bool { return printedURL.MatchString(p.output()) }) {
		t.Fatalf("the server did not start:\n%s", p.output())
	}
	return printedURL.FindString(p.output()), p
}
