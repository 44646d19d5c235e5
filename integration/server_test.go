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

// need returns the path of the first of some programs that is installed.
// Without one the test is skipped, on a developer's machine.
func need(t *testing.T, programs ...string) string {
	t.Helper()
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		// Servers are installed where an ordinary user's PATH does not look.
		if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and with CI=true nothing may be left out", programs[0])
	}
	t.Skipf("%s is not installed", programs[0])
	return ""
}

// tempDir is a t.TempDir that a server which gave up root's rights can read.
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

// write makes a file in dir and returns its path.
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

// siteFiles makes the folder that a server of files serves.
func siteFiles(t *testing.T, dir string) string {
	t.Helper()
	root := filepath.Join(dir, "www")
	write(t, root, "notes.json", `{"note":"hello"}`)
	write(t, root, "folder/index.html", "<title>folder</title>")
	return root
}

// backend is the application behind a reverse proxy. It knows nothing of CORS,
// but for /open/, where somebody has already turned it on.
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
		http.Error(w, "the database is away", http.StatusInternalServerError)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

const readyLimit = 20 * time.Second

// A process is a server that runs until its test ends.
type process struct {
	done chan struct{} // closed when it has ended

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
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	cmd.Stdout, cmd.Stderr = p, p
	// A grandchild that holds the output open must not keep Wait from returning.
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", argv[0], err)
	}
	go func() {
		_ = cmd.Wait() // it is ended by a signal
		close(p.done)
	}()
	t.Cleanup(func() {
		endGroup(cmd, false)
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
		}
		endGroup(cmd, true)
		<-p.done
	})
	return p
}

// wait polls until ready says so. It reports false when the process has ended
// or the time is up.
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

// serveAt starts a server that must be told where to listen: configure is given
// an address, such as 127.0.0.1:40123, and returns the command. It returns the
// server's URL.
func serveAt(t *testing.T, dir string, configure func(address string) []string) string {
	t.Helper()
	var p *process
	// Another program may take the port between our finding it free and the
	// server's using it, hence more than one try.
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
			return "http://" + address
		}
	}
	t.Fatalf("the server did not start:\n%s", p.output())
	return ""
}

var printedURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// servePrinted starts a server that finds a port by itself and prints its URL.
func servePrinted(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	p := start(t, dir, argv...)
	if !p.wait(func() bool { return printedURL.MatchString(p.output()) }) {
		t.Fatalf("the server did not start:\n%s", p.output())
	}
	return printedURL.FindString(p.output())
}
