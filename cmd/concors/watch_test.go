package main

import (
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A watched is concors watch in a process of its own, without a terminal.
type watched struct {
	t *testing.T
	c *exec.Cmd

	mu     sync.Mutex
	stdout strings.Builder
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stdout.Write(p)
}

func startWatch(t *testing.T, args ...string) *watched {
	t.Helper()
	w := &watched{t: t, c: exec.CommandContext(t.Context(), "concors", append([]string{"watch"}, args...)...)}
	w.c.Stdout, w.c.Stderr = w, w
	if err := w.c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.c.Process.Kill() })
	return w
}

func (w *watched) printed() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stdout.String()
}

// waitFor waits until a text is printed after what was printed before, and returns all.
func (w *watched) waitFor(after int, text string) int {
	w.t.Helper()
	for range 1500 {
		if printed := w.printed(); strings.Contains(printed[after:], text) {
			return len(printed)
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("it does not print %q but\n%s", text, w.printed()[after:])
	return 0
}

// interrupt ends it, and requires the status of an interrupted program.
func (w *watched) interrupt() {
	w.t.Helper()
	if err := w.c.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := w.c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		w.t.Errorf("it ends with %v, want exit status 130\n%s", err, w.printed())
	}
	if strings.Contains(w.printed(), "\x1b") {
		w.t.Errorf("it prints escape sequences without a terminal:\n%q", w.printed())
	}
}

// A changingServer responds with the header that is set.
type changingServer struct {
	address string
	origin  atomic.Value // a string
	server  *http.Server
}

func (s *changingServer) start(t *testing.T) {
	t.Helper()
	if s.address == "" {
		s.address = "127.0.0.1:0"
		s.origin.Store("")
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := s.origin.Load().(string); origin != "" {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		w.Header().Set("X-Time", time.Now().String()) // is not compared
	})}
	go s.server.Serve(listener)
	t.Cleanup(func() { s.server.Close() })
}

func TestWatchShowsWhatAChangedFileChanges(t *testing.T) {
	t.Parallel()
	var s changingServer
	s.start(t)
	file := filepath.Join(t.TempDir(), "server.js")
	save := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("old")
	w := startWatch(t, "http://"+s.address+"/", "--from", "http://localhost:5173", "--file", file)
	at := w.waitFor(0, "watching "+file)
	if !strings.Contains(w.printed(), "BLOCKED") {
		t.Errorf("the first answer is missing:\n%s", w.printed())
	}
	s.origin.Store("http://localhost:5173")
	save("newer")
	w.waitFor(at, "verdict: was blocked: MissingAllowOriginHeader, is allowed\n  + response, Access-Control-Allow-Origin: http://localhost:5173\n")
	at = w.waitFor(at, "ALLOWED")
	save("the newest")
	at = w.waitFor(at, "same as before: allowed")
	// A server that restarts: the file changes, and for a moment no one listens.
	s.server.Close()
	s.origin.Store("*")
	save("restart")
	at = w.waitFor(at, "no connection; waiting up to 10s for the server to start")
	s.start(t)
	w.waitFor(at, "response, Access-Control-Allow-Origin: was http://localhost:5173, is *")
	w.interrupt()
}

func TestWatchAsksEveryFewSeconds(t *testing.T) {
	t.Parallel()
	var s changingServer
	s.start(t)
	w := startWatch(t, "check", "http://"+s.address+"/", "--from", "http://localhost:5173", "--every", "1s")
	at := w.waitFor(0, "every 1s; Ctrl-C quits")
	if !testing.Short() {
		at = w.waitFor(at, "same as before: blocked: MissingAllowOriginHeader")
	}
	s.origin.Store("*")
	w.waitFor(at, "+ response, Access-Control-Allow-Origin: *")
	w.interrupt()
}

func TestWatchVerifyWatchesThePolicy(t *testing.T) {
	t.Parallel()
	var s changingServer
	s.start(t)
	s.origin.Store("https://app.example")
	file := filepath.Join(t.TempDir(), "policy.yaml")
	save := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("origins: [https://other.example]\n")
	w := startWatch(t, "verify", file, "http://"+s.address+"/", "--rate", "1000")
	at := w.waitFor(0, "watching "+file)
	save("origins: [https://app.example\n")
	at = w.waitFor(at, "the policy is not valid")
	save("origins: [https://other.example, https://app.example]\n")
	w.waitFor(at, "changed since the last answer:")
	w.interrupt()
}
