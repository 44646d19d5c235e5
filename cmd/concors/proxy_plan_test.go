package main

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/upstream"
)

// With --alias, --page says only for which page the report is made: its scripts must not use the proxy.
func TestPageWithAliasIsNotAllowedToUseTheProxy(t *testing.T) {
	const page = "https://app.example"
	for _, row := range []struct {
		alias string
		pages []string
	}{{t.TempDir(), nil}, {"http://localhost:5173", nil}, {"", []string{page}}} {
		f := &proxyFlags{pages: []string{page}, alias: row.alias}
		s, err := f.plan([]string{"https://api.example"})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.config.Pages, row.pages) || !slices.Equal(s.report.Pages, []string{page}) {
			t.Errorf("--alias %q: %q may use it, and the report is about %q", row.alias, s.config.Pages, s.report.Pages)
		}
	}
}

func TestCertificateOfTheProxyHasItsAddress(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "127.0.0.2"} {
		f := &proxyFlags{https: true, listen: address + ":0"}
		l, err := f.openListeners()
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skipf("this computer has no %s: %v", address, err)
		}
		l.close()
		cert, err := x509.ParseCertificate(l.tls.Certificates[0].Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{address, "localhost", "app.localhost", "::1"} {
			if err := cert.VerifyHostname(name); err != nil {
				t.Errorf("--listen %s: %v", f.listen, err)
			}
		}
	}
}

func TestPortThatIsNotOneOfTheUsualIsNoted(t *testing.T) {
	for port := firstPort; port <= lastPort; port++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil { // or it is taken already
			defer l.Close()
		}
	}
	l, err := (&proxyFlags{}).openListeners()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if !strings.Contains(l.note, "8010 to 8019 are taken") || !strings.Contains(l.note, l.port) {
		t.Errorf("port %s: %q", l.port, l.note)
	}
}

// What comes late, such as the note about an API that does not respond, is not printed within the report.
func TestNothingIsPrintedWithinTheReport(t *testing.T) {
	var b bytes.Buffer
	out := &proxyOutput{to: &b}
	out.lines([]string{"line"})
	to := out.end()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			out.note("late")
		}
	}()
	fmt.Fprintln(to, "report")
	<-done
	if b.String() != "line\nreport\n" {
		t.Errorf("%q", b.String())
	}
}

func TestNoteAboutAnAPIThatIsNotReachedSaysWhatToDo(t *testing.T) {
	u, err := proxyTarget("", "https://api.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		kind       upstream.Kind
		text, want string
	}{
		{upstream.NotFound, "api.example does not exist: DNS has no address for it", "api.example does not exist: DNS has no address for it. Check its name."},
		{upstream.Certificate, "the certificate of api.example is not valid: it is self-signed", "The certificate of api.example is not valid: it is self-signed. Write --upstream-ca"},
		{upstream.NotTLS, "api.example speaks http, not https", "not https. Write http://api.example."},
		{upstream.NotTLS, "the TLS handshake with api.example failed: EOF", "Write http://api.example if it"},
		{upstream.NotAllowedAddress, "api.example has the address 10.0.0.1, which is a private address", "--allow-private"},
		{upstream.Unreachable, "nothing listens at api.example: the connection was refused", "Nothing listens at api.example: the connection was refused. Requests fail until"},
	} {
		if got := unreachableNote(u, &upstream.Error{Kind: row.kind, Text: row.text}); !strings.Contains(got, row.want) {
			t.Errorf("%s: %s", row.kind, got)
		}
	}
}
