package predict

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab/certificate"
)

// errNoServer is why a connection fails to a port on which the lab has no server.
var errNoServer = errors.New("connection refused")

// servers are an experiment's servers in memory. They are a net.Listener.
type servers struct {
	ports experiments.Ports
	http  *http.Server
	conns chan net.Conn
	done  chan struct{}
	stop  func()

	mu       sync.Mutex
	requests []Request
	last     string // the body of the last response that is not one to a preflight
}

func start(e *experiments.Experiment, p experiments.Ports) *servers {
	s := &servers{ports: p, conns: make(chan net.Conn), done: make(chan struct{}), requests: []Request{}}
	s.stop = sync.OnceFunc(func() { close(s.done) })
	s.http = &http.Server{ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(e, w, r) })}
	go s.http.Serve(s)
	return s
}

func (s *servers) serve(e *experiments.Experiment, w http.ResponseWriter, r *http.Request) {
	seen := Request{Method: r.Method, URL: "http://" + r.Host + r.URL.RequestURI(), Preflight: IsPreflight(r)}
	if r.TLS != nil {
		seen.URL = "https://" + r.Host + r.URL.RequestURI()
	}
	s.mu.Lock()
	s.requests = append(s.requests, seen)
	s.mu.Unlock()
	body := &recorder{ResponseWriter: w}
	e.ServeHTTP(body, r)
	if seen.Preflight {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last = body.text.String(); r.Method == http.MethodHead {
		s.last = ""
	}
}

// IsPreflight reports whether a request is a CORS preflight.
func IsPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// recorder keeps the body of a response.
type recorder struct {
	http.ResponseWriter
	text strings.Builder
}

func (w *recorder) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p) // 0 if the status allows no body
	w.text.Write(p[:n])
	return n, err
}

// seen returns the requests that came, and the last response's body.
func (s *servers) seen() ([]Request, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.last
}

// dial connects to the server on a port. As in the lab, https is spoken on its port alone.
func (s *servers) dial(ctx context.Context, _, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(port)
	p := &s.ports
	switch number {
	case p.P1, p.P2, p.P3, p.HTTPS, 80, 443: // 80 and 443 are those of names outside the lab
	default:
		return nil, fmt.Errorf("port %s: %w", port, errNoServer)
	}
	page, server := net.Pipe()
	if number == p.HTTPS || number == 443 {
		authority, err := certificate.Shared()
		if err != nil {
			return nil, err
		}
		server = tls.Server(server, authority.Config())
	}
	select {
	case s.conns <- server:
		address := net.IPv4(127, 0, 0, 1)
		if p.Host != "" {
			address = net.ParseIP(p.Host)
		}
		return onAddress{page, &net.TCPAddr{IP: address, Port: number}}, nil
	case <-s.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// onAddress is a connection to an address, which Local Network Access depends on.
type onAddress struct {
	net.Conn
	remote net.Addr
}

func (c onAddress) RemoteAddr() net.Addr { return c.remote }

// Accept returns the server's end of the next connection.
func (s *servers) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and dial.
func (s *servers) Close() error {
	s.stop()
	return nil
}

// Addr is the address of a listener that has none.
func (s *servers) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (s *servers) close() { s.http.Close() }
