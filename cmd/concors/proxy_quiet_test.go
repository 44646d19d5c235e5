package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// net/http writes what comes unasked on an idle connection, and responses with two lengths, to the
// standard log: text that the API chooses, with the secret that it was sent.
func TestNothingThatAnAPISendsUnaskedIsPrinted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
				time.Sleep(100 * time.Millisecond) // until the connection is idle
				fmt.Fprintf(conn, "HTTP/1.1 400 Bad\r\nX-Api-Key: %s\r\n\r\n", r.Header.Get("X-Api-Key"))
				time.Sleep(100 * time.Millisecond)
			}()
		}
	}()
	const key = "supersecretvalue-777"
	p := startProxy(t, t.TempDir(), []string{"API_KEY=" + key}, "http://"+l.Addr().String(), "--page", "http://localhost:5173",
		"--secret-header", "X-Api-Key=API_KEY", "--no-repeat")
	if status, _ := p.do("GET", "/unasked"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	time.Sleep(300 * time.Millisecond)
	out := p.end()
	if p.stderr.String() != "" || strings.Contains(out, key) {
		t.Errorf("printed:\n%s%s", &p.stderr, out)
	}
}

// Names of flags of other commands and other proxies lead to the flag.
func TestFlagsOfOtherProxiesAreExplained(t *testing.T) {
	for flag, hint := range map[string]string{
		"--origin=http://a.example": "write --page", "--from=http://a.example": "write --page", "--port=1": "write --listen",
		"--insecure": "write --insecure-upstream", "--header=a:b": "write --secret-header NAME=ENV", "--target=http://a.example": "write the API's URL without a flag",
		"--rewrite=a": "write --route PATH=URL",
	} {
		var stdout, stderr strings.Builder
		status := run([]string{"proxy", "https://api.example", flag}, &stdout, &stderr)
		if status != cli.ExitUsage || !strings.Contains(stderr.String(), "hint: "+hint+"\n") {
			t.Errorf("%s: %d %s", flag, status, &stderr)
		}
	}
}

// An error about the URL names no flag that was not written.
func TestFaultsOfTheURLNameNoFlag(t *testing.T) {
	for _, test := range []struct{ args, want, not string }{
		{"http://10.0.0.1/ --page http://localhost:5173", "concors: http://10.0.0.1/: ", "--route"},
		{"https://api.example --route /x=http://10.0.0.1/ --page http://localhost:5173", "concors: --route http://10.0.0.1/: ", ""},
	} {
		var stdout, stderr strings.Builder
		status := run(append([]string{"proxy", "--listen", "127.0.0.1:0"}, strings.Fields(test.args)...), &stdout, &stderr)
		if status != cli.ExitUsage || !strings.HasPrefix(stderr.String(), test.want) || test.not != "" && strings.Contains(stderr.String(), test.not) {
			t.Errorf("%s: %d %s", test.args, status, &stderr)
		}
	}
}

// The command that the report names runs as it is printed.
func TestTheReportsCommandForASecretRuns(t *testing.T) {
	s := httptest.NewServer(notesAPI)
	defer s.Close()
	p := startProxy(t, t.TempDir(), []string{"API_KEY=0123456789abcdef"}, s.URL, "--page", "http://localhost:5173",
		"--secret-header", "X-Api-Key=API_KEY", "--no-repeat")
	p.do("GET", "/notes")
	p.do("PUT", "/notes/1")
	out := p.end()
	_, command, found := strings.Cut(out, "  concors recipe ")
	command, _, _ = strings.Cut(command, "--for express\n")
	if !found || !strings.Contains(command, "--path /notes/1") || !strings.Contains(command, "--method PUT") {
		t.Fatal(out)
	}
	var stdout, stderr strings.Builder
	args := append([]string{"recipe"}, strings.Fields(strings.ReplaceAll(command+"--for express", "\\\n", " "))...)
	if status := run(args, &stdout, &stderr); status != cli.ExitOK || !strings.Contains(stdout.String(), "API_KEY") {
		t.Errorf("%q: %d %s", args, status, &stderr)
	}
}
