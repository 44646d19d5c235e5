package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
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
