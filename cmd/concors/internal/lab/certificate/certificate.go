// Package certificate makes the certificates of the lab's https servers: throwaway ones for names below
// localhost, which are kept in memory only.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// days is how long a certificate is valid. It is gone earlier: with the process.
const days = 7

// maxNames bounds how many names have a certificate at once.
const maxNames = 256

// An Authority signs certificates for names below localhost, when they are asked for. Nothing has to trust
// it: a browser asks its user, once for each name.
type Authority struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey

	mu    sync.Mutex
	names map[string]*tls.Certificate
}

// New makes an authority with a new key.
func New() (*Authority, error) {
	a := &Authority{names: map[string]*tls.Certificate{}}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("making the key of the lab's certificates: %w", err)
	}
	template, err := newTemplate("concors lab on this computer")
	if err != nil {
		return nil, err
	}
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	template.PermittedDNSDomainsCritical, template.PermittedDNSDomains = true, []string{"localhost"}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("making the lab's certificate authority: %w", err)
	}
	a.root, err = x509.ParseCertificate(der)
	return a, err
}

// Shared returns an authority that is made once.
var Shared = sync.OnceValues(New)

// Config is the configuration of a server with the authority's certificates.
func (a *Authority) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: a.certificate, NextProtos: []string{"http/1.1"}}
}

func (a *Authority) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	if name != "localhost" && !strings.HasSuffix(name, ".localhost") || len(name) > 100 {
		return nil, errors.New("the lab has certificates for names below localhost only")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.names[name]; c != nil {
		return c, nil
	}
	if len(a.names) >= maxNames {
		clear(a.names)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of %s: %w", name, err)
	}
	template, err := newTemplate(name)
	if err != nil {
		return nil, err
	}
	template.KeyUsage, template.DNSNames = x509.KeyUsageDigitalSignature, []string{name}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate of %s: %w", name, err)
	}
	a.names[name] = &tls.Certificate{Certificate: [][]byte{der, a.root.Raw}, PrivateKey: key}
	return a.names[name], nil
}

func newTemplate(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("making the certificate of %s: %w", name, err)
	}
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, days)}, nil
}
