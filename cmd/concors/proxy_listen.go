package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// proxyListeners are where the proxy listens: one address, and for 127.0.0.1 also [::1],
// because browsers try both for localhost.
type proxyListeners struct {
	all           []net.Listener
	address, port string
	note          string
	tls           *tls.Config
	fingerprint   string // of the certificate, with --https
}

// The ports that are tried by default.
const firstPort, lastPort = 8010, 8019

// openListeners opens the address of --listen, or a free one, and makes the certificate for it.
func (f *proxyFlags) openListeners() (*proxyListeners, error) {
	l, err := f.openAddress()
	if err == nil && f.https {
		if err = l.makeCertificate(); err != nil {
			l.close()
		}
	}
	return l, err
}

func (f *proxyFlags) openAddress() (*proxyListeners, error) {
	l := &proxyListeners{}
	if f.listen != "" {
		address, err := listenAddress(f.listen)
		if err != nil {
			return nil, err
		}
		err = l.open(address)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, cli.Usage("--listen "+address+": another program listens there", "write another port, or omit --listen for a free one")
		case errors.Is(err, syscall.EACCES):
			return nil, cli.Usage("--listen "+address+": this user may not listen there", "write a port above 1023")
		case err != nil:
			return nil, cli.Usage("--listen "+address+": "+lastError(err).Error(), "write an address of this computer, such as 127.0.0.1:8010")
		}
		return l, nil
	}
	for port := firstPort; port <= lastPort; port++ {
		err := l.open("127.0.0.1:" + strconv.Itoa(port))
		if err == nil {
			if port != firstPort {
				l.note = fmt.Sprintf("Port %d is taken, so the proxy listens on %d. --listen 127.0.0.1:%d makes that certain.", firstPort, port, port)
			}
			return l, nil
		}
	}
	if err := l.open("127.0.0.1:0"); err != nil {
		return nil, cli.Usage("the proxy can't listen on 127.0.0.1: "+lastError(err).Error(), "write another address with --listen")
	}
	l.note = fmt.Sprintf("The ports %d to %d are taken, so the proxy listens on %s, and on another one next time. Choose one with --listen.",
		firstPort, lastPort, l.port)
	return l, nil
}

// listenAddress reads the value of --listen. A port alone is one of 127.0.0.1.
func listenAddress(text string) (string, error) {
	const hint = "write --listen 127.0.0.1:8010"
	host, port, err := net.SplitHostPort(text)
	if n, e := strconv.ParseUint(text, 10, 32); e == nil {
		host, port, err = "", strconv.FormatUint(n, 10), nil
	}
	if err != nil {
		return "", cli.Usage("--listen "+term.Quote(text)+": it is not ADDRESS:PORT", hint)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", cli.Usage("--listen "+term.Quote(text)+": that is not a port", "write a port from 1 to 65535")
	}
	if host == "" || strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	address, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return "", cli.Usage("--listen "+term.Quote(text)+": that is not an IP address", hint)
	case !address.Unmap().IsLoopback():
		return "", cli.Usage("--listen "+term.Quote(text)+": the proxy listens on this computer only, because it acts as its user",
			"write --listen 127.0.0.1:"+port+"; from elsewhere, reach it through ssh -L")
	}
	return net.JoinHostPort(host, port), nil
}

// open listens on an address. If it is 127.0.0.1, it listens on [::1] too, if there is one;
// a port that is taken there is taken.
func (l *proxyListeners) open(address string) error {
	first, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	l.all, l.address = []net.Listener{first}, first.Addr().String()
	host, port, _ := net.SplitHostPort(l.address)
	l.port = port
	if host != "127.0.0.1" {
		return nil
	}
	second, err := net.Listen("tcp", net.JoinHostPort("::1", port))
	switch {
	case err == nil:
		l.all = append(l.all, second)
	case errors.Is(err, syscall.EADDRINUSE):
		l.close()
		return err
	}
	return nil
}

func (l *proxyListeners) close() {
	for _, listener := range l.all {
		listener.Close()
	}
}

// serve serves until ctx ends, and then ends all requests.
func (l *proxyListeners) serve(ctx context.Context, handler *proxy.Proxy) error {
	server := handler.Server()
	server.TLSConfig = l.tls
	failed := make(chan error, len(l.all))
	for _, listener := range l.all {
		go func() {
			if l.tls != nil {
				failed <- server.ServeTLS(listener, "", "")
				return
			}
			failed <- server.Serve(listener)
		}()
	}
	defer server.Close()
	defer handler.Close()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// certificateDays is how long the certificate of --https is valid. It is gone earlier: with
// the process.
const certificateDays = 7

// makeCertificate makes a self-signed certificate for this computer's names and the address that it
// listens on, in memory only.
func (l *proxyListeners) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the key of --https: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("making the certificate of --https: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "concors proxy on this computer"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, certificateDays),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		DNSNames: []string{"localhost", "*.localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host, _, _ := net.SplitHostPort(l.address); host != "127.0.0.1" && host != "::1" {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(host))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("making the certificate of --https: %w", err)
	}
	sum := sha256.Sum256(der)
	l.fingerprint = fmt.Sprintf("%X", sum[:8])
	l.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return nil
}
