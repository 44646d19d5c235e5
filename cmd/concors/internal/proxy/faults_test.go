package proxy_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/fetch"
)

// raw starts a server that reads a request, or a part of one, and then does as told.
func raw(t testing.TB, respond func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 4096))
				respond(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// expired returns a server whose certificate for localhost was valid until yesterday.
func expired(t testing.TB, notAfter time.Time) *httptest.Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: notAfter.Add(-24 * time.Hour), NotAfter: notAfter, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	s.Config.ErrorLog = quiet
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestFaultsAreOneLineThatThePageCanRead(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			w.Header().Set("Location", "https://login.example/start?token=1")
			w.WriteHeader(302)
		case "/large":
			w.Header().Set("X-Large", strings.Repeat("x", 300<<10))
		}
	}))
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	defer secure.Close()
	old := expired(t, time.Now().Add(-time.Hour))
	selfSigned := expired(t, time.Now().Add(time.Hour))
	byName := func(s string) string { return strings.Replace(s, "127.0.0.1", "localhost", 1) }
	down, _ := net.Listen("tcp", "127.0.0.1:0")
	down.Close()
	for _, row := range []struct {
		target, path string
		kind         proxy.FaultKind
		status       int
		text         string
	}{
		{"http://" + down.Addr().String(), "/", proxy.Unreachable, 502, "nothing listens at"},
		{"http://does-not-exist.invalid", "/", proxy.NotFound, 502, "does-not-exist.invalid"},
		{byName(selfSigned.URL), "/", proxy.Certificate, 502, "self-signed; name the authority that signed it with --upstream-ca"},
		{byName(old.URL), "/", proxy.Certificate, 502, "expired on "},
		{strings.Replace(selfSigned.URL, "127.0.0.1", "api.localhost", 1), "/", proxy.Certificate, 502, "another name"},
		{strings.Replace(plain.URL, "http:", "https:", 1), "/", proxy.NotTLS, 502, "speaks http, not https; write http://"},
		{"https://" + raw(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0\r\n") }), "/", proxy.NotTLS, 502, "TLS handshake"},
		{"http://" + raw(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0\r\n") }), "/", proxy.BadResponse, 502, "did not respond with HTTP"},
		{"http://" + raw(t, func(net.Conn) {}), "/", proxy.BadResponse, 502, "closed the connection without a response"},
		{"http://" + raw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n") }), "/",
			proxy.BadResponse, 502, "switched to a protocol"},
		{"http://" + raw(t, func(c net.Conn) { time.Sleep(3 * time.Second) }), "/", proxy.Timeout, 504, "did not respond within 300ms"},
		{plain.URL, "/redirect", proxy.NotAllowedTarget, 502, "redirects to https://login.example/start, which no route leads to; allow it with another route"},
		{plain.URL, "/large", proxy.TooLarge, 502, "response headers"},
		{plain.URL, "/a/..%2fb", proxy.BadRequest, 400, "could leave the route"},
	} {
		config := proxy.Config{Routes: []proxy.Route{{Target: mustURL(row.target)}}}
		if row.kind == proxy.Timeout {
			config.HeaderTimeout = 300 * time.Millisecond
		}
		s := serve(t, config)
		for _, kind := range []string{"text/plain", "application/json"} {
			res, body, err := asPage(t, fetch.Chromium, fetch.Request{URL: s.url + row.path, Credentials: fetch.CredentialsInclude,
				Header: fetch.HeaderList{{Name: "Accept", Value: kind}}})
			if err != nil {
				t.Errorf("%s%s: the page cannot read the reason: %v", row.target, row.path, err)
				continue
			}
			if kind == "application/json" {
				var document struct{ Error, Kind string }
				if err := json.Unmarshal([]byte(body), &document); err != nil || document.Kind != string(row.kind) {
					t.Errorf("%s%s: %q, %v", row.target, row.path, body, err)
				}
				body = document.Error + "\n"
			}
			if res.Status != row.status || !strings.Contains(body, row.text) || strings.Count(body, "\n") != 1 || strings.Contains(body, "token=1") {
				t.Errorf("%s%s: %d %q; want %d and %q", row.target, row.path, res.Status, body, row.status, row.text)
			}
		}
		if f := s.record(t, 1).Fault; f == nil || f.Kind != row.kind || f.Status != row.status {
			t.Errorf("%s%s: recorded %+v, not %s", row.target, row.path, f, row.kind)
		}
	}
	// A navigation goes where the API sends it, and an image too.
	s := serve(t, proxy.Config{Routes: []proxy.Route{{Target: mustURL(plain.URL)}}})
	if res, _ := get(t, "GET", s.url+"/redirect", "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"); res.StatusCode != 302 ||
		res.Header.Get("Location") != "https://login.example/start?token=1" {
		t.Errorf("a navigation: %v", res)
	}
}

func TestUpstreamOverHTTP2AndNamedAuthority(t *testing.T) {
	api := expired(t, time.Now().Add(time.Hour))
	target := mustURL(strings.Replace(api.URL, "127.0.0.1", "localhost", 1))
	pool := x509.NewCertPool()
	pool.AddCert(api.Certificate())
	for what, c := range map[string]proxy.Config{"--upstream-ca": {UpstreamCA: pool}, "--insecure-upstream": {InsecureUpstream: true}} {
		c.Routes = []proxy.Route{{Target: target}}
		s := serve(t, c)
		if _, body := get(t, "GET", s.url, "Origin: "+page); body != "HTTP/2.0" {
			t.Errorf("%s: %q", what, body)
		}
		// A WebSocket needs HTTP/1.1.
		if _, body := get(t, "GET", s.url, "Origin: "+page, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"); body != "HTTP/1.1" {
			t.Errorf("%s: a WebSocket: %q", what, body)
		}
	}
}

func TestProxyAsItsOwnTargetIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	port := addr[strings.LastIndex(addr, ":"):]
	for _, target := range []string{"http://" + addr, "http://localhost" + port, "http://api.localhost" + port} {
		if _, err := proxy.New(proxy.Config{Listen: addr, Pages: []string{page}, Routes: []proxy.Route{{Target: mustURL(target)}}}); err == nil ||
			!strings.Contains(err.Error(), "the proxy itself") {
			t.Errorf("%s: %v", target, err)
		}
	}
	// Two proxies that lead to each other, by a server between them that hides it.
	var first *served
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = first.addr
		first.ServeHTTP(w, r)
	}))
	defer between.Close()
	second := serve(t, proxy.Config{Routes: []proxy.Route{{Target: mustURL(between.URL)}}})
	first = serve(t, proxy.Config{Routes: []proxy.Route{{Target: mustURL("http://" + second.addr)}}})
	if res, body := get(t, "GET", first.url); res.StatusCode != http.StatusLoopDetected || !strings.Contains(body, "came back to this proxy") {
		t.Errorf("%d %q", res.StatusCode, body)
	}
}

func TestNothingHangs(t *testing.T) {
	t.Run("a response that stands still", func(t *testing.T) {
		stop := make(chan bool)
		defer close(stop)
		_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "begin")
			w.(http.Flusher).Flush()
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		})
		s := serve(t, proxy.Config{Routes: []proxy.Route{route}, IdleTimeout: time.Second})
		start := time.Now()
		_, body, err := asPage(t, fetch.Standard, fetch.Request{URL: s.url})
		if err == nil || body != "begin" || time.Since(start) > 10*time.Second {
			t.Errorf("%q, %v after %s", body, err, time.Since(start))
		}
		if f := s.record(t, 1).Fault; f == nil || f.Kind != proxy.Timeout {
			t.Errorf("recorded %+v", f)
		}
	})
	t.Run("an upload that the API does not read", func(t *testing.T) {
		target := raw(t, func(net.Conn) { time.Sleep(20 * time.Second) })
		s := serve(t, proxy.Config{Routes: []proxy.Route{{Target: mustURL("http://" + target)}}, IdleTimeout: 200 * time.Millisecond, HeaderTimeout: 200 * time.Millisecond})
		r, _ := http.NewRequest("POST", s.url, io.LimitReader(zeros{}, 1<<30))
		r.Header.Set("Origin", page)
		start := time.Now()
		res, err := (&http.Transport{}).RoundTrip(r)
		if err == nil {
			res.Body.Close()
			if res.StatusCode != 504 {
				t.Errorf("status %d", res.StatusCode)
			}
		}
		if time.Since(start) > 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if f := s.record(t, 1).Fault; f == nil || f.Kind != proxy.Timeout {
			t.Errorf("recorded %+v", f)
		}
	})
	t.Run("a page that goes away", func(t *testing.T) {
		begun, gone := make(chan bool), make(chan bool)
		_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
			close(begun)
			<-r.Context().Done()
			close(gone)
		})
		s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		go func() {
			<-begun
			cancel()
		}()
		r, _ := http.NewRequestWithContext(ctx, "GET", s.url, nil)
		r.Header.Set("Origin", page)
		(&http.Transport{}).RoundTrip(r)
		select {
		case <-gone:
		case <-time.After(20 * time.Second):
			t.Error("the API's request goes on")
		}
		if f := s.record(t, 1).Fault; f == nil || f.Kind != proxy.Cancelled {
			t.Errorf("recorded %+v", f)
		}
	})
	t.Run("an event stream is not cut off, and Close ends it", func(t *testing.T) {
		_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, ":\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		s := serve(t, proxy.Config{Routes: []proxy.Route{route}, IdleTimeout: 50 * time.Millisecond})
		r, _ := http.NewRequest("GET", s.url, nil)
		r.Header.Set("Origin", page)
		res, err := (&http.Transport{}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		res.Body.Read(make([]byte, 10))
		time.Sleep(200 * time.Millisecond)
		s.mu.Lock()
		n := len(s.records)
		s.mu.Unlock()
		if n != 0 {
			t.Error("the stream ended")
		}
		s.Close()
		if rec := s.record(t, 1); rec.Status != 200 {
			t.Errorf("recorded %+v", rec)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
