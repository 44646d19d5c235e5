package fetch_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// hostile starts a server on loopback that reads a request on each connection and
// responds with what serve writes. It returns the server's URL.
func hostile(t *testing.T, serve func(io.Writer)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	done := make(chan struct{})
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				go func() { <-done; conn.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); close(done); conns.Wait() })
	return "http://" + listener.Addr().String() + "/"
}

// forever writes the same text until the other side closes the connection.
func forever(w io.Writer, text string) {
	chunk := strings.Repeat(text, 1+4096/len(text))
	for {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

// within fails the test if f takes longer than the limit, which should be far more
// than it needs.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatal("it did not end in time")
	}
}

const head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n"

// Every attack by a hostile server ends, and has a reason.
func TestHostileServers(t *testing.T) {
	quick := func(a *fetch.Agent) { a.Timeout = 150 * time.Millisecond }
	small := func(a *fetch.Agent) { a.MaxBody = 64 << 10 }
	slow := func(w io.Writer) { // a header every few milliseconds, without end
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "X-%d: 1\r\n", i); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	for _, row := range []struct {
		name  string
		set   func(*fetch.Agent)
		serve func(io.Writer)
		want  reason.Reason // of the fetch, or of reading its body
	}{
		{"headers without end", nil, func(w io.Writer) { io.WriteString(w, head); forever(w, "X-Header: value\r\n") }, reason.ResponseTooLarge},
		{"one header without end", nil, func(w io.Writer) { io.WriteString(w, head+"X: "); forever(w, "x") }, reason.ResponseTooLarge},
		{"a status line without end", nil, func(w io.Writer) { forever(w, "HTTP/1.1 200 ") }, reason.ResponseTooLarge},
		{"a body without end", small, func(w io.Writer) { io.WriteString(w, head+"\r\n"); forever(w, "body") }, reason.ResponseTooLarge},
		{"chunks without end", small, func(w io.Writer) {
			io.WriteString(w, head+"Transfer-Encoding: chunked\r\n\r\n")
			forever(w, "4\r\nbody\r\n")
		}, reason.ResponseTooLarge},
		{"a gzip bomb", small, func(w io.Writer) {
			io.WriteString(w, head+"Content-Encoding: gzip\r\n\r\n")
			z := gzip.NewWriter(w)
			forever(z, "0")
		}, reason.ResponseTooLarge},
		{"a body with a Content-Length beyond the limit", small, func(w io.Writer) { io.WriteString(w, head+"Content-Length: 999999\r\n\r\n"); forever(w, "body") }, reason.ResponseTooLarge},
		{"silence", quick, func(w io.Writer) { io.Copy(io.Discard, w.(net.Conn)) }, reason.Timeout},
		{"headers that trickle", quick, func(w io.Writer) { io.WriteString(w, head); slow(w) }, reason.Timeout},
		{"a status line that trickles", quick, func(w io.Writer) {
			for _, b := range strings.Repeat("HTTP/1.1 200 OK ", 1000) {
				if _, err := fmt.Fprintf(w, "%c", b); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}, reason.Timeout},
		{"100 Continue without end", nil, func(w io.Writer) { forever(w, "HTTP/1.1 100 Continue\r\n\r\n") }, reason.ResponseTooLarge},
		{"closed at once", nil, func(io.Writer) {}, reason.ConnectionFailed},
		{"closed within the headers", nil, func(w io.Writer) { io.WriteString(w, head) }, reason.ConnectionFailed},
		{"not HTTP", nil, func(w io.Writer) { io.WriteString(w, "SSH-2.0-OpenSSH_9.9\r\n\r\n") }, reason.InvalidResponse},
		{"a status that is not a number", nil, func(w io.Writer) { io.WriteString(w, "HTTP/1.1 OK OK\r\n\r\n") }, reason.InvalidResponse},
		{"a header without a colon", nil, func(w io.Writer) { io.WriteString(w, head+"nonsense\r\n\r\n") }, reason.InvalidResponse},
		{"an unknown transfer coding", nil, func(w io.Writer) { io.WriteString(w, head+"Transfer-Encoding: rot13\r\n\r\n") }, reason.InvalidResponse},
		{"invalid gzip", nil, func(w io.Writer) {
			io.WriteString(w, head+"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n01234567890123456789")
		}, reason.InvalidResponse},
		{"gzip that stalls before its first byte", quick, func(w io.Writer) {
			io.WriteString(w, head+"Content-Encoding: gzip\r\n\r\n")
			io.Copy(io.Discard, w.(net.Conn))
		}, reason.Timeout},
		{"gzip whose header is beyond the limit", func(a *fetch.Agent) { a.MaxBody = 4 }, func(w io.Writer) {
			io.WriteString(w, head+"Content-Encoding: gzip\r\n\r\n")
			gzip.NewWriter(w).Close()
		}, reason.ResponseTooLarge},
		{"redirects without end", nil, func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 302 Found\r\nAccess-Control-Allow-Origin: *\r\nLocation: ?\r\nConnection: close\r\n\r\n")
		}, reason.TooManyRedirects},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url := hostile(t, row.serve)
			transport := fetch.NewTransport()
			defer transport.CloseIdleConnections()
			agent := agentOn(transport, fetch.Standard)
			if row.set != nil {
				row.set(agent)
			}
			within(t, 20*time.Second, func() {
				resp, err := agent.Fetch(context.Background(), &fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}, URL: url})
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				var nerr *fetch.NetworkError
				if !errors.As(err, &nerr) || nerr.Reason != row.want {
					t.Errorf("%v, want %s", err, row.want)
				}
			})
		})
	}
}

// Reading an incomplete or invalid body returns an error.
func TestBrokenBodies(t *testing.T) {
	for _, row := range []struct {
		name, response string
		want           reason.Reason
	}{
		{"an invalid chunk size", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nxyz\r\n", reason.InvalidResponse},
		{"a chunk size that is too large", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nffffffffffffffffff\r\n", reason.InvalidResponse},
		{"chunks without the last", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", reason.ConnectionFailed},
		{"less than the Content-Length", head + "Content-Length: 10\r\n\r\nbody", reason.ConnectionFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := hostile(t, func(w io.Writer) { io.WriteString(w, row.response) })
			agent := agentOn(fetch.NewTransport(), fetch.Standard)
			within(t, 20*time.Second, func() {
				resp, nerr := do(t, agent, fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}, URL: url})
				if nerr != nil {
					t.Error(nerr)
					return
				}
				defer resp.Body.Close()
				b, err := io.ReadAll(resp.Body)
				named := (*fetch.NetworkError)(nil)
				if !errors.As(err, &named) || named.Reason != row.want || string(b) != "body" {
					t.Errorf("%q, %v; want %s", b, err, row.want)
				}
			})
		})
	}
}

// The time limit ends with the headers. The context also covers the body.
func TestSlowBodyEndsWithItsContext(t *testing.T) {
	url := hostile(t, func(w io.Writer) {
		io.WriteString(w, head+"\r\nfirst")
		io.Copy(io.Discard, w.(net.Conn))
	})
	agent := agentOn(fetch.NewTransport(), fetch.Standard)
	agent.Timeout = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	within(t, 20*time.Second, func() {
		resp, err := agent.Fetch(ctx, &fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}, URL: url})
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		first := make([]byte, 5)
		if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
			t.Errorf("%q, %v", first, err)
		}
		time.AfterFunc(250*time.Millisecond, cancel)
		began := time.Now()
		if n, err := resp.Body.Read(first); err == nil || n != 0 {
			t.Errorf("%d bytes, %v", n, err)
		}
		if waited := time.Since(began); waited < 100*time.Millisecond {
			t.Errorf("the time limit of the headers ended the body, after %s", waited)
		}
	})
}

func TestCanceledContextIsCanceled(t *testing.T) {
	url := hostile(t, func(w io.Writer) { io.Copy(io.Discard, w.(net.Conn)) })
	for name, ctx := range map[string]func() (context.Context, context.CancelFunc){
		"Canceled": func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		},
		"Timeout": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 50*time.Millisecond)
		},
	} {
		ctx, cancel := ctx()
		within(t, 20*time.Second, func() {
			_, err := fetch.NewAgent(fetch.Standard).Fetch(ctx, &fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}, URL: url})
			var nerr *fetch.NetworkError
			if !errors.As(err, &nerr) || nerr.Reason.String() != name {
				t.Errorf("%v, want %s", err, name)
			}
		})
		cancel()
	}
}

// Closing a response's body closes the connection, even if the page sees an empty
// body.
func TestClosingTheBodyEndsTheRequest(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
		ended := make(chan bool, 1)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Access-Control-Allow-Origin", "*")
			rw.Header().Set("Content-Type", "text/css")
			if err := http.NewResponseController(rw).Flush(); err != nil {
				t.Error(err)
			}
			select {
			case <-r.Context().Done():
				ended <- true
			case <-time.After(10 * time.Second):
				ended <- false
			}
		}))
		resp, err := fetch.NewAgent(fetch.Standard).Fetch(t.Context(), &fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}, URL: server.URL, Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if !<-ended {
			t.Errorf("%s: the server still has the connection", mode)
		}
		server.Close()
	}
}

// The trace says what was really sent over HTTP.
func TestOverARealConnection(t *testing.T) {
	type got struct {
		method, target, body string
		header               http.Header
	}
	var mu sync.Mutex
	var requests []got
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		requests = append(requests, got{r.Method, r.RequestURI, string(body), r.Header})
		mu.Unlock()
		rw.Header().Set("Access-Control-Allow-Origin", "http://a.test")
		rw.Header().Set("Access-Control-Allow-Methods", "PUT")
		rw.Header().Set("Access-Control-Allow-Headers", "x-one")
		rw.Header().Set("Access-Control-Expose-Headers", "x-two")
		rw.Header().Set("X-Two", "2")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Method == "PUT" {
			rw.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(rw)
			io.WriteString(z, "packed")
			z.Close()
		}
	}))
	defer server.Close()
	agent := fetch.NewAgent(fetch.Standard)
	resp, err := do(t, agent, fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}, Method: "put", URL: server.URL + "/a/../b?%zz[", Header: list("X-One: 1"), Body: fetch.TextBody("body")})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, resp.Body); got != "packed" || resp.Status != 200 || resp.StatusText != "OK" {
		t.Errorf("%q, %+v", got, resp)
	}
	if v, _ := resp.Header.Get("X-Two"); v != "2" || resp.Header.Contains("Date") {
		t.Errorf("the page sees %v", resp.Header)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(requests) != 2 || requests[0].method != "OPTIONS" || requests[1].method != "PUT" || requests[1].target != "/b?%zz[" || requests[1].body != "body" {
		t.Fatalf("%+v", requests)
	}
	for i, r := range requests {
		for _, h := range resp.Trace.Exchanges[i].Header {
			if got := r.header.Get(h.Name); got != h.Value {
				t.Errorf("%s %s: the server saw %q", r.method, h, got)
			}
		}
		for name := range r.header {
			if !resp.Trace.Exchanges[i].Header.Contains(name) && name != "User-Agent" {
				t.Errorf("%s: the server saw %s, which is not in the trace", r.method, name)
			}
		}
	}
}

// Many concurrent fetches of one agent each get their own response.
func TestAgentIsSafeForConcurrentUse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		rw.Header().Set("Access-Control-Allow-Origin", origin)
		rw.Header().Set("Access-Control-Allow-Credentials", "true")
		rw.Header().Set("Access-Control-Allow-Methods", "PUT")
		rw.Header().Set("Access-Control-Max-Age", "60")
		if r.Method == "PUT" {
			http.SetCookie(rw, &http.Cookie{Name: "c" + r.URL.Query().Get("n"), Value: "1"})
			io.WriteString(rw, origin+r.URL.RawQuery)
		}
	}))
	defer server.Close()
	agent := fetch.NewAgent(fetch.Standard)
	var wg sync.WaitGroup
	for n := range 50 {
		wg.Go(func() {
			page := &fetch.Page{URL: fmt.Sprintf("http://a%d.test/", n%7)}
			for range 4 {
				query := fmt.Sprintf("n=%d", n)
				resp, err := agent.Fetch(t.Context(), &fetch.Request{Page: page, Method: "PUT", URL: server.URL + "/?" + query, Credentials: fetch.CredentialsInclude})
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if want := strings.TrimSuffix(page.URL, "/") + query; err != nil || string(body) != want {
					t.Errorf("%q, %v, want %q", body, err, want)
				}
				if n == 0 {
					agent.ClearPreflightCache()
					agent.CookieStore()
				}
			}
		})
	}
	wg.Wait()
}
