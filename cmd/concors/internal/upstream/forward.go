package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const maxHeaderBytes = 256 << 10

// flushInterval is how long a part of a body of known length waits for more of it. Bodies of unknown length
// and event streams do not wait.
const flushInterval = 20 * time.Millisecond

// Config says to which servers requests are forwarded, and how. The zero Config forwards nothing.
type Config struct {
	// Targets are the URLs of the servers. Only their schemes, hosts and ports are used.
	Targets []*url.URL

	// RootCAs are the authorities that may sign certificates; nil means those of the system.
	// Insecure accepts every certificate.
	RootCAs  *x509.CertPool
	Insecure bool

	// AllowPrivate permits the classes Private and Loopback. Without it only Public addresses are
	// dialled, and those of loopback if a target is written as localhost or as a loopback address.
	AllowPrivate bool

	// ViaProxy sends requests through the proxy that the environment names. The addresses of targets are
	// then not checked, because that proxy resolves the names.
	ViaProxy bool

	// Self is the address of this server, which is not dialled. The zero AddrPort is none.
	Self netip.AddrPort

	// HeaderTimeout limits the time between a request and the headers of its response, and IdleTimeout
	// the time for which a body may stand still. 0 means 60 seconds, and 5 minutes.
	HeaderTimeout, IdleTimeout time.Duration

	// Resolve returns the addresses of a name. Nil means those of the system's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

// A Forwarder forwards requests. Create it with [New]. It may be used concurrently.
type Forwarder struct {
	config    Config
	allowed   map[string]bool // scheme://host:port
	hosts     map[string]bool // host:port
	transport *http.Transport
	dialer    *net.Dialer
}

// New returns a Forwarder with connections of its own.
func New(c Config) *Forwarder {
	if c.HeaderTimeout == 0 {
		c.HeaderTimeout = time.Minute
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 5 * time.Minute
	}
	if c.Resolve == nil {
		c.Resolve = lookup
	}
	f := &Forwarder{config: c, allowed: map[string]bool{}, hosts: map[string]bool{}, dialer: &net.Dialer{KeepAlive: 30 * time.Second}}
	for _, t := range c.Targets {
		f.allowed[key(t)] = true
		f.hosts[hostPort(t)] = true
	}
	f.transport = &http.Transport{
		DialContext: f.dial,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			RootCAs:    c.RootCAs,
			// #nosec: the user asked for it by --insecure-upstream, and is told so.
			InsecureSkipVerify: c.Insecure,
		},
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}, // finds dead connections
		DisableCompression:     true,                                                                                // bodies pass as they are
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  c.HeaderTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		WriteBufferSize:        16 << 10,
		ReadBufferSize:         16 << 10,
	}
	if c.ViaProxy {
		f.transport.Proxy = http.ProxyFromEnvironment
	}
	return f
}

// CloseIdle closes the connections that no request uses.
func (f *Forwarder) CloseIdle() { f.transport.CloseIdleConnections() }

// Reach connects to a target as a request would, with TLS if its URL is https, and closes the connection. It
// returns why that fails, or nil. It sends no request. With ViaProxy nothing is tried, and the result is nil.
func (f *Forwarder) Reach(ctx context.Context, u *url.URL) *Error {
	switch {
	case !f.allowed[key(u)]:
		return &Error{Kind: NotAllowedTarget, Text: u.Host + " is not one of the targets"}
	case f.config.ViaProxy:
		return nil
	}
	conn, err := f.dial(ctx, "tcp", hostPort(u))
	if err == nil && strings.EqualFold(u.Scheme, "https") {
		defer conn.Close()
		config := f.transport.TLSClientConfig.Clone()
		config.ServerName = u.Hostname()
		limited, cancel := context.WithTimeout(ctx, tlsTimeout)
		defer cancel()
		err = tls.Client(conn, config).HandshakeContext(limited)
	}
	if err != nil {
		return f.explain(ctx, err, u.Host)
	}
	conn.Close()
	return nil
}

// An Exchange is one request to forward.
type Exchange struct {
	// URL is where the request goes. It belongs to one of the targets.
	URL *url.URL

	// Request changes the headers to send, after those that concern only the connection were removed. Nil
	// changes nothing. Host is that of URL.
	Request func(http.Header)

	// Response changes a response before it is passed on. If it returns an error, Forward returns that as
	// it is if it is an [*Error], and as Refused otherwise; nothing is passed on. Nil changes nothing.
	Response func(*http.Response) error
}

// Forward sends a request to e.URL and passes the response on. It returns nil if all of it was passed
// on, after the last byte or, for a WebSocket, after it was closed. If it returns an error, nothing was
// written, unless the error says that the response had begun.
//
// WebSockets are passed through. Requests for other protocols (h2c) are sent without that wish, because a
// connection in another protocol could carry requests that no one has checked.
func (f *Forwarder) Forward(w http.ResponseWriter, r *http.Request, e Exchange) (failed *Error) {
	target := e.URL.Host
	if !f.allowed[key(e.URL)] {
		return &Error{Kind: NotAllowedTarget, Text: target + " is not one of the targets"}
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	idle := &idleTimer{fire: func() { cancel(errIdle) }}
	defer idle.respond()

	in := r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		in.Body = &requestBody{ReadCloser: r.Body, idle: idle, config: &f.config}
		idle.start(f.config.IdleTimeout)
	}
	var (
		begun bool
		body  *responseBody
	)
	proxy := &httputil.ReverseProxy{
		Transport:     f.transport,
		BufferPool:    buffers{},
		ErrorLog:      quiet,
		FlushInterval: flushInterval,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL = e.URL
			p.Out.Host = ""
			onlyWebSocket(p.Out.Header)
			if e.Request != nil {
				e.Request(p.Out.Header)
			}
		},
		ModifyResponse: func(res *http.Response) error {
			if e.Response != nil {
				if err := e.Response(res); err != nil {
					if given := (*Error)(nil); errors.As(err, &given) {
						return err
					}
					return &Error{Kind: Refused, Text: err.Error(), Err: err}
				}
			}
			idle.respond()
			if res.StatusCode != http.StatusSwitchingProtocols {
				begun = true
				body = &responseBody{ReadCloser: res.Body, idle: idle, limit: f.config.IdleTimeout}
				if isEventStream(res.Header) {
					body.limit = 0 // such a stream may be silent for hours
				}
				res.Body = body
			}
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			failed = f.explain(ctx, err, target)
			failed.Begun = begun
		},
	}
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
			panic(p)
		} else if p == nil && (body == nil || body.failed() == nil) {
			return
		}
		var err error
		if body != nil {
			err = body.failed()
		}
		switch {
		case errors.Is(context.Cause(ctx), errIdle):
			failed = &Error{Kind: Timeout, Text: target + " stopped in the middle of its response: nothing came for " + short(f.config.IdleTimeout)}
		case err == nil || r.Context().Err() != nil:
			failed = &Error{Kind: Cancelled, Text: "the client closed the connection"}
		default:
			failed = &Error{Kind: Interrupted, Text: target + " broke off its response"}
		}
		failed.Err, failed.Begun = err, true
	}()
	proxy.ServeHTTP(w, in)
	return failed
}

// isEventStream reports whether a response is of type text/event-stream, with parameters or without.
func isEventStream(h http.Header) bool {
	essence, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(essence), "text/event-stream")
}

// onlyWebSocket removes the wish for another protocol, unless it is that of a WebSocket.
func onlyWebSocket(h http.Header) {
	if h.Get("Upgrade") != "" && (!strings.EqualFold(h.Get("Upgrade"), "websocket") || h.Get("Sec-WebSocket-Key") == "") {
		delete(h, "Upgrade")
		delete(h, "Connection")
	}
	delete(h, "Http2-Settings")
}

// An idleTimer calls fire if nothing moves for too long.
type idleTimer struct {
	fire      func()
	mu        sync.Mutex
	timer     *time.Timer
	responded bool // or the exchange has ended: the request's body counts no more
}

func (t *idleTimer) start(limit time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		t.timer = time.AfterFunc(limit, t.fire)
	} else {
		t.timer.Reset(limit)
	}
}

func (t *idleTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
}

// respond says that the response has begun, or that the exchange has ended: the request's body, which the
// transport may still read, counts no more.
func (t *idleTimer) respond() {
	t.mu.Lock()
	t.responded = true
	t.mu.Unlock()
	t.stop()
}

// uploading starts the timer for the next part of the request's body.
func (t *idleTimer) uploading(limit time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.responded {
		t.timer.Reset(limit)
	}
}

// A requestBody restarts the idle timer of an exchange whenever a part of it was read.
type requestBody struct {
	io.ReadCloser
	idle   *idleTimer
	config *Config
}

func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	limit := b.config.IdleTimeout
	if err != nil {
		limit += b.config.HeaderTimeout // which begins when the last part has been sent
	}
	b.idle.uploading(limit)
	return n, err
}

// A responseBody stops the exchange if a read takes too long, and keeps the error that ended it.
type responseBody struct {
	io.ReadCloser
	idle  *idleTimer
	limit time.Duration // 0 is none
	err   atomic.Pointer[error]
}

func (b *responseBody) Read(p []byte) (int, error) {
	if b.limit > 0 {
		b.idle.start(b.limit)
	}
	n, err := b.ReadCloser.Read(p)
	b.idle.stop()
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader returns it as it is
		b.err.Store(&err)
	}
	return n, err
}

func (b *responseBody) failed() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// key identifies the server of a URL: scheme, host and port.
func key(u *url.URL) string { return strings.ToLower(u.Scheme) + "://" + hostPort(u) }

// hostPort returns the host and port of a URL, as the transport dials it.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// buffers is the pool of buffers by which bodies are copied.
type buffers struct{}

const bufferSize = 32 << 10

var pool = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func (buffers) Get() []byte  { return pool.Get().(*[bufferSize]byte)[:] }
func (buffers) Put(b []byte) { pool.Put((*[bufferSize]byte)(b)) }

// quiet is the log of ReverseProxy, which repeats what the Error says.
var quiet = log.New(io.Discard, "", 0)
