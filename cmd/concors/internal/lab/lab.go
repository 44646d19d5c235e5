// Package lab serves the lab: pages on which every experiment of the course runs in the reader's own browser,
// beside what Concors predicts.
//
// It listens on this computer only, on several ports. Names below localhost lead there in browsers, so that
// each is an origin of its own. Nothing leaves the computer. With an address for other devices, the lab also
// listens there; its origins are then the ports of that one address.
package lab

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab/certificate"
)

// Options are what the reader chose.
type Options struct {
	// Port is that of the lab's pages. 0 is DefaultPort, or another one if that is taken.
	Port int
	// Listen is an IPv4 address for other devices; the zero value is none. 0.0.0.0 is every address.
	Listen netip.Addr
	// Class collects what the browsers of a group did, for those who agree.
	Class bool
	// Version is that of Concors.
	Version string
}

// DefaultPort is the port of the lab's pages, unless it is taken.
const DefaultPort = 8700

// A Lab is open for connections, which Serve answers.
type Lab struct {
	// Note says that a default was not available, or is "".
	Note string

	options   Options
	ports     experiments.Ports
	devices   []string // addresses for other devices
	listeners []portListener
	authority *certificate.Authority
	runs      runs
	results   results
	class     class
	predict   chan struct{} // bounds how many predictions are made at once
}

// A portListener is one listener of one of the lab's ports.
type portListener struct {
	net.Listener
	port int
}

// Open opens the lab's ports. The error is a *[PortError] if a port can't be opened.
func Open(o Options) (*Lab, error) {
	authority, err := certificate.New()
	if err != nil {
		return nil, err
	}
	l := &Lab{options: o, authority: authority, predict: make(chan struct{}, 4)}
	if err := l.listen(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Ports returns the lab's ports.
func (l *Lab) Ports() experiments.Ports { return l.ports }

// URL is the address of the lab's first page on this computer.
func (l *Lab) URL() string { return l.ports.Origins()["self"] + "/" }

// PlainURL is an address of the lab that needs no name: its page leads to URL.
func (l *Lab) PlainURL() string { return "http://127.0.0.1:" + strconv.Itoa(l.ports.P1) + "/" }

// DeviceURLs are the addresses of the lab for other devices.
func (l *Lab) DeviceURLs() (urls []string) {
	for _, host := range l.devices {
		urls = append(urls, l.devicePorts(host).Origins()["self"]+"/")
	}
	return urls
}

func (l *Lab) devicePorts(host string) experiments.Ports {
	p := l.ports
	p.Host = host
	return p
}

// Names lists the names below localhost that the catalogue uses, for a file of hosts.
func (l *Lab) Names() []string {
	names := []string{"www.app.localhost", "app.localhost", "api.app.localhost", "api.localhost", "cdn.localhost", "other.localhost"}
	return names
}

// Serve answers requests until ctx ends. It returns nil then.
func (l *Lab) Serve(ctx context.Context) error {
	failed := make(chan error, len(l.listeners))
	var servers []*http.Server
	for _, listener := range l.listeners {
		server := &http.Server{Handler: l.handler(listener.port), TLSConfig: l.authority.Config(),
			ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
			MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0)}
		servers = append(servers, server)
		go func() {
			if listener.port == l.ports.HTTPS {
				failed <- server.ServeTLS(listener, "", "")
				return
			}
			failed <- server.Serve(listener)
		}()
	}
	defer func() {
		for _, s := range servers {
			s.Close()
		}
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serving the lab: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// Close closes the lab's ports.
func (l *Lab) Close() {
	for _, listener := range l.listeners {
		listener.Close()
	}
}
