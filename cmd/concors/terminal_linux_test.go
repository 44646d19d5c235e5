package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// A session is concors running on a terminal of its own.
type session struct {
	t      *testing.T
	c      *exec.Cmd
	master *os.File
	stdout bytes.Buffer

	mu     sync.Mutex
	screen strings.Builder // what the terminal shows, and what was typed
}

// startSession runs concors with standard input and standard error on a new terminal.
func startSession(t *testing.T, args ...string) *session {
	t.Helper()
	return startOn(t, "concors", args...)
}

// startOn is startSession for any program.
func startOn(t *testing.T, program string, args ...string) *session {
	t.Helper()
	s, start := newSession(t, program, args...)
	s.c.Stdout = &s.stdout
	start()
	return s
}

// newSession returns a session whose program has a new terminal, and a function that
// starts it.
func newSession(t *testing.T, program string, args ...string) (s *session, start func()) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s = &session{t: t, master: master, c: exec.CommandContext(t.Context(), program, args...)}
	s.c.Stdin, s.c.Stderr, s.c.Stdout = terminal, terminal, terminal
	s.c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return s, func() {
		t.Helper()
		defer terminal.Close()
		if err := s.c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.c.Process.Kill() })
		go s.read()
	}
}

// read copies what the terminal shows.
func (s *session) read() {
	for buffer := make([]byte, 4096); ; {
		n, err := s.master.Read(buffer)
		s.mu.Lock()
		s.screen.Write(buffer[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *session) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.screen.String(), "\r\n", "\n")
}

// waitFor waits until the terminal shows a text.
func (s *session) waitFor(text string) {
	s.t.Helper()
	for range 1000 {
		if strings.Contains(s.shown(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("the terminal does not show %q but\n%s", text, s.shown())
}

// press types keys.
func (s *session) press(keys string) {
	s.t.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// end waits for the end, and requires an exit status and texts in the output.
func (s *session) end(status int, texts ...string) {
	s.t.Helper()
	err := s.c.Wait()
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	}
	if got != status {
		s.t.Errorf("%v, want exit status %d; the terminal shows\n%s", err, status, s.shown())
	}
	for _, text := range texts {
		if !strings.Contains(s.stdout.String(), text) {
			s.t.Errorf("printed\n%s\nwithout %q", &s.stdout, text)
		}
	}
}

const (
	ctrlC = "\x03"
	ctrlD = "\x04"
)

// openServer responds to every page with Access-Control-Allow-Origin: *.
func openServer(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(server.Close)
	return server.URL + "/open"
}

func TestWithoutArgumentsItWaitsForAPaste(t *testing.T) {
	url := openServer(t)
	const line = "Access to fetch at 'https://api.example/' from origin 'https://app.example' has been blocked by CORS policy: " +
		"No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
	for _, row := range []struct {
		name, keys string
		status     int
		printed    string
	}{
		{"a red line, and an empty one", line + "\n", 0, "Access-Control-Allow-Origin"},
		{"a red line, and Ctrl-D", line + ctrlD, 0, "Access-Control-Allow-Origin"},
		{"a curl command in lines", "curl '" + url + "' \\\n  -X PUT \\\n  -H 'Origin: http://localhost:3000'\n\n", 1, "PUT"},
		{"a fetch call with an empty line", "fetch('" + url + "', {\n\n  referrer: 'http://localhost:3000/'\n})\n\n", 0, "ALLOWED"},
		{"nothing", ctrlD, 2, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := startSession(t)
			s.waitFor("press Enter twice, or Ctrl-D")
			s.press(row.keys)
			s.end(row.status, row.printed)
		})
	}
}

func TestALineThatTheTerminalCutIsNotRead(t *testing.T) {
	s := startSession(t)
	s.waitFor("press Enter twice")
	s.press("curl 'https://api.example/' -H 'Origin: https://app.example' -d '" + strings.Repeat("a", 5000) + "'\n\n")
	s.waitFor("hint: save the text in a file")
	s.end(2)
}

func TestAMissingPageIsAskedFor(t *testing.T) {
	url := openServer(t)
	for _, row := range []struct {
		name, keys, page string
	}{
		{"Enter takes the first", "\n", "http://localhost:3000"},
		{"a number", "2\n", "http://localhost:5173"},
		{"null", "5\n", "null"},
		{"a port", "9000\n", "http://localhost:9000"},
		{"an origin", "https://app.example\n", "https://app.example"},
		{"an invalid origin, and then a valid one", "https://app.example/\nhttps://app.example\n", "https://app.example"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := startSession(t, "check", url, "--page-space", "loopback", "--json")
			s.waitFor("4  http://localhost:4200")
			s.press(row.keys)
			s.end(0, `"origin": "`+row.page+`"`)
		})
	}
	t.Run("nothing", func(t *testing.T) {
		s := startSession(t, "check", url)
		s.waitFor("[1]: ")
		s.press(ctrlD)
		s.waitFor("concors: no --from")
		s.end(2)
	})
	t.Run("after a paste", func(t *testing.T) {
		s := startSession(t)
		s.waitFor("press Enter twice")
		s.press(url + "\n\n")
		s.waitFor("[1]: ")
		s.press("\n")
		s.end(0, "http://localhost:3000")
	})
	t.Run("not if the URL is invalid", func(t *testing.T) {
		s := startSession(t, "check", "api.example")
		s.waitFor("hint: write https://api.example")
		s.end(2)
	})
}

// silentServer accepts connections, and never responds.
func silentServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "http://" + l.Addr().String()
}

func TestCtrlCEndsACommandAtOnce(t *testing.T) {
	t.Parallel()
	silent := silentServer(t)
	policy := t.TempDir() + "/policy.yaml"
	if err := os.WriteFile(policy, []byte("origins: [https://app.example]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		args []string
		when string // what the terminal shows
	}{
		{"while it waits for a paste", nil, "press Enter twice"},
		{"while it waits for a request to check", []string{"check", "-"}, "press Enter twice"},
		{"while it waits for a text to explain", []string{"explain"}, "press Enter twice"},
		{"while it asks for the page", []string{"check", silent}, "[1]: "},
		{"while it waits for a response", []string{"check", silent, "--from", "http://localhost:3000"}, "waiting for "},
		{"while it tests a server", []string{"verify", policy, silent}, "waiting for "},
	} {
		if testing.Short() && !strings.Contains(row.name, "response") {
			continue // a sample
		}
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := startSession(t, row.args...)
			s.waitFor(row.when)
			start := time.Now()
			s.press(ctrlC)
			s.end(130)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if s.stdout.Len() > 0 {
				t.Errorf("printed %s", &s.stdout)
			}
			s.waitFor("concors: interrupted\n")
		})
	}
}

func TestASignalToTerminateHasItsOwnStatus(t *testing.T) {
	t.Parallel()
	s := startSession(t, "check", silentServer(t), "--from", "http://localhost:3000")
	s.waitFor("waiting for ")
	if err := s.c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.end(143)
	s.waitFor("concors: terminated\n")
}

// In a pager Ctrl-C is the pager's: it stays until its own key ends it.
func TestCtrlCInAPagerDoesNotEndTheCommand(t *testing.T) {
	s, start := newSession(t, "concors", "check", "--help")
	if err := unix.IoctlSetWinsize(int(s.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	s.c.Env = append(os.Environ(), "TERM=xterm", `PAGER=trap 'echo pager goes on' INT; head -n 3; echo the pager waits; read key </dev/tty; read key </dev/tty; echo the pager ends`)
	start()
	s.waitFor("the pager waits\n")
	s.press(ctrlC)
	s.waitFor("pager goes on\n")
	s.press("\n\n")
	s.waitFor("the pager ends\n")
	s.end(0)
	if strings.Contains(s.shown(), "interrupted") {
		t.Errorf("the terminal shows\n%s", s.shown())
	}
}

// An answer uses a tall terminal, and 23 lines of a lower one. It is at most 100 columns wide.
func TestAnAnswerUsesTheTerminal(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, row := range []struct {
		rows, columns uint16
		least, widest int // how many lines there are at least, and how wide they are at most
	}{{24, 80, 23, 80}, {20, 80, 23, 80}, {30, 80, 29, 80}, {60, 200, 35, 100}} {
		s, start := newSession(t, "concors", "check", "--no-pager", server.URL, "--from", "http://localhost:3000",
			"-X", "PUT", "-H", "X-Key: 1", "--for", "cloudflare-workers")
		if err := unix.IoctlSetWinsize(int(s.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: row.rows, Col: row.columns}); err != nil {
			t.Fatal(err)
		}
		s.c.Env, s.c.Stderr = append(os.Environ(), "NO_COLOR=1"), nil
		start()
		s.waitFor("\nBLOCKED in Chromium 156: PreflightMissingAllowOriginHeader\n")
		s.c.Wait()
		out, widest := s.shown(), 0
		for line := range strings.Lines(out) {
			widest = max(widest, utf8.RuneCountInString(line)-1)
		}
		lines := strings.Count(out, "\n")
		if lines < row.least || lines > max(23, int(row.rows)-1) || widest > row.widest || widest < row.widest-10 {
			t.Errorf("%d × %d: %d lines and %d columns:\n%s", row.rows, row.columns, lines, widest, out)
		}
	}
}
