// Package proxy is the handler of a development proxy for a page whose API belongs to someone else.
//
// It adds CORS headers for the named pages, or serves page and API under one origin. It changes cookies and
// redirects so that they work at the proxy, and records every change.
package proxy

import (
	"net/http"
)

// OwnPath is the path below which Config.Own is served.
const OwnPath = "/__concors"

// A Proxy is an [http.Handler]. It may be used concurrently.
type Proxy struct {
	config Config
}

// New checks a configuration. If it has problems, the error holds all of them, and [Faults] returns them.
func New(c Config) (*Proxy, error) {
	p := &Proxy{config: c}
	return p, nil
}

// ServeHTTP serves one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.NotFound(w, r)
}
