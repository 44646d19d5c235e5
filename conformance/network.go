package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A network is the servers of all hosts, and what a browser must be told to find and
// trust them. It has a certificate of its own, which no one else trusts.
type network struct {
	hosts     Hosts
	elsewhere bool // some cases are in other [Places] than below localhost
	extension bool // some cases are in pages of an extension
	popups    bool // pages may open windows without a user's gesture
	cert      *x509.Certificate
	listeners []net.Listener
	server    *http.Server
}

// startNetwork serves all hosts with h, on loopback, until it is closed. It is also a
// proxy to itself: a browser that uses it as its proxy finds all hosts.
func startNetwork(h http.Handler, ready func(Hosts)) (*network, error) {
	n := &network{}
	key, cert, err := newCertificate(append(ordinaryNames(), sopNames...))
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	n.cert = cert
	for range 4 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			n.close()
			return nil, fmt.Errorf("listening for the browser: %w", err)
		}
		n.listeners = append(n.listeners, l)
	}
	n.hosts = Hosts{n.port(0), n.port(1), n.port(2), n.port(3)}
	ready(n.hosts)
	n.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodConnect {
				n.tunnel(w, r)
				return
			}
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // browsers close connections
	}
	secure := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
		NextProtos:   []string{"http/1.1"},
	}
	for i, l := range n.listeners {
		if i >= 2 {
			l = tls.NewListener(l, secure)
		}
		go n.server.Serve(l)
	}
	return n, nil
}

func (n *network) port(i int) int { return n.listeners[i].Addr().(*net.TCPAddr).Port }

func (n *network) close() {
	if n.server != nil {
		n.server.Close()
	}
	for _, l := range n.listeners {
		l.Close()
	}
}

// proxy is the address of the proxy.
func (n *network) proxy() string { return "http://" + n.listeners[0].Addr().String() }

// tunnel connects a proxy's client to one of the listeners.
func (n *network) tunnel(w http.ResponseWriter, r *http.Request) {
	_, port, _ := net.SplitHostPort(r.Host)
	for i := range n.listeners {
		if port != fmt.Sprint(n.port(i)) {
			continue
		}
		server, err := net.Dial("tcp", n.listeners[i].Addr().String())
		if err != nil {
			break
		}
		defer server.Close()
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			break
		}
		defer client.Close()
		if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
			return
		}
		var both sync.WaitGroup
		forward := func(to net.Conn, from io.Reader) {
			_, _ = io.Copy(to, from) // an error means that one side has gone
			to.Close()
		}
		both.Go(func() { forward(server, buffered) })
		both.Go(func() { forward(client, server) })
		both.Wait()
		return
	}
	http.Error(w, "no such host", http.StatusBadGateway)
}

// newCertificate makes a certificate for the names that is valid for a day.
func newCertificate(names []string) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "conformance"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(23 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
}

// spki is the hash of the certificate's public key, by which Chromium trusts it.
func (n *network) spki() string {
	sum := sha256.Sum256(n.cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// overrides is Firefox's file of certificates that a user has accepted.
func (n *network) overrides() string {
	sum := sha256.Sum256(n.cert.Raw)
	fingerprint := strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
	var b strings.Builder
	b.WriteString("# PSM Certificate Override Settings file\n")
	for _, name := range append(ordinaryNames(), sopNames...) {
		for _, port := range []int{n.hosts.HTTPS1, n.hosts.HTTPS2} {
			fmt.Fprintf(&b, "%s:%d:\tOID.2.16.840.1.101.3.4.2.1\t%s\t\n", name, port, fingerprint)
		}
	}
	return b.String()
}

// ordinaryNames are the hostnames that browsers must be told to look for on this
// computer.
func ordinaryNames() (names []string) {
	for _, n := range hostNames {
		if !strings.HasSuffix(n.hostname, "localhost") && n.name != "ip" && !slices.Contains(names, n.hostname) {
			names = append(names, n.hostname)
		}
	}
	return names
}
