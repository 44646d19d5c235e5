package request

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/concors/concors/fetch"
)

// transport returns the network connection for one browser. Names below localhost
// lead to this machine, as in every browser, whatever the system's resolver says.
// They and the names that the question resolves itself bypass any proxy.
func (p *plan) transport(q *Question) *http.Transport {
	t := fetch.NewTransport()
	t.DialContext = q.Dial
	if q.Dial == nil {
		t.DialContext = p.dial
	}
	if q.Insecure || p.roots != nil {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: q.Insecure, RootCAs: p.roots}
	}
	if q.NoProxy {
		t.Proxy = nil
		return t
	}
	proxy := t.Proxy
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		port := r.URL.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[r.URL.Scheme]
		}
		host := strings.ToLower(r.URL.Hostname())
		if _, resolved := p.resolve[host+":"+port]; q.Dial != nil || resolved || isLocalhost(host) {
			return nil, nil
		}
		return proxy(r)
	}
	return t
}

// isLocalhost reports whether a host leads to this machine.
//
// https://www.rfc-editor.org/rfc/rfc6761#section-6.3
func isLocalhost(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (p *plan) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	host = strings.ToLower(host)
	if to, ok := p.resolve[host+":"+port]; ok {
		return dialer.DialContext(ctx, network, to)
	}
	if !isLocalhost(host) {
		return dialer.DialContext(ctx, network, address)
	}
	conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		// The server may listen on IPv6 only. If that fails too, the IPv4 error says more.
		if six, e := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); e == nil {
			return six, nil
		}
	}
	return conn, err
}
