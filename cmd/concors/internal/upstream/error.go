package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// An Error says why a request could not be forwarded, or its response not be completed.
type Error struct {
	Kind Kind
	Text string // one sentence without a full stop: what happened
	Err  error  // the cause; may be nil

	// Begun means that the response had begun, so that nothing else can be sent. The caller breaks the
	// connection by a panic with [net/http.ErrAbortHandler], for the client to see an error.
	Begun bool

	// Never means that no configuration permits the address of NotAllowedAddress.
	Never bool
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Kind is the kind of an [Error]. Its values are stable.
type Kind string

// The kinds of errors.
const (
	NotAllowedTarget  Kind = "not-allowed-target"  // the URL is not on the allowlist
	NotAllowedAddress Kind = "not-allowed-address" // the target's address is private, link-local …
	Loop              Kind = "loop"                // the target is the proxy itself
	NotFound          Kind = "name-not-found"      // DNS has no such name
	Unreachable       Kind = "unreachable"         // nothing listens there, or the network or DNS fails
	Certificate       Kind = "certificate"         // not valid: self-signed, expired, another name
	NotTLS            Kind = "not-tls"             // https where http is spoken or the reverse, or TLS failed
	BadResponse       Kind = "bad-response"        // not HTTP, or no response at all
	Timeout           Kind = "timeout"             // no response in time, or one that stands still
	TooLarge          Kind = "too-large"           // the response's headers are over the limit
	Interrupted       Kind = "interrupted"         // the target broke off its response
	Cancelled         Kind = "cancelled"           // the client went away
	Refused           Kind = "refused"             // Exchange.Response returned an error
)

var errIdle = errors.New("nothing was received or sent for too long")

// explain makes an Error of what a transport returned for a request to a host.
func (f *Forwarder) explain(ctx context.Context, err error, target string) *Error {
	fail := func(kind Kind, format string, args ...any) *Error {
		return &Error{Kind: kind, Text: fmt.Sprintf(format, args...), Err: err}
	}
	var (
		given       *Error
		address     *addressError
		operation   *net.OpError
		dns         *net.DNSError
		network     net.Error
		record      tls.RecordHeaderError
		alert       tls.AlertError
		certificate *tls.CertificateVerificationError
	)
	message := err.Error()
	switch {
	case errors.As(err, &given):
		return given
	case errors.Is(context.Cause(ctx), errIdle):
		return fail(Timeout, "%s stopped: nothing moved for %s", target, short(f.config.IdleTimeout))
	case ctx.Err() != nil:
		return fail(Cancelled, "the client closed the connection")
	case errors.As(err, &address) && address.loop:
		return fail(Loop, "%v", address)
	case errors.As(err, &address):
		e := fail(NotAllowedAddress, "%v", address)
		class, _ := Classify(address.addr)
		e.Never = class == Never
		return e
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return fail(Unreachable, "the proxy that the environment names cannot be reached: %v", operation.Err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fail(NotFound, "%s does not exist: DNS has no address for it", dns.Name)
	case errors.As(err, &dns):
		return fail(Unreachable, "the address of %s could not be looked up: DNS does not respond", dns.Name)
	case errors.As(err, &certificate):
		return fail(Certificate, "the certificate of %s is not valid: %s", target, whyInvalid(certificate))
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return fail(NotTLS, "%s speaks http, not https", target)
	case errors.As(err, &record), errors.As(err, &alert), strings.Contains(message, "tls: "):
		return fail(NotTLS, "the TLS handshake with %s failed: %s", target, after(message, "tls: "))
	case strings.Contains(message, "server response headers exceeded"):
		return fail(TooLarge, "the response headers of %s are larger than %d KiB", target, maxHeaderBytes>>10)
	case strings.Contains(message, "malformed HTTP") && strings.Contains(message, `\x15\x03`):
		return fail(NotTLS, "%s speaks https, not http", target)
	case strings.Contains(message, "switch protocol"), strings.Contains(message, "switch to invalid protocol"):
		return fail(BadResponse, "%s switched to a protocol that was not requested", target)
	case strings.Contains(message, "malformed"), strings.Contains(message, "Content-Length"), strings.Contains(message, "transfer encoding"):
		return fail(BadResponse, "%s did not respond with HTTP", target)
	case strings.Contains(message, "TLS handshake timeout"):
		return fail(Timeout, "%s did not complete the TLS handshake within %s", target, short(tlsTimeout))
	case strings.Contains(message, "awaiting response headers"):
		return fail(Timeout, "%s did not respond within %s", target, short(f.config.HeaderTimeout))
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fail(Timeout, "%s does not accept connections: none within %s", target, short(dialTimeout))
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(Unreachable, "nothing listens at %s: the connection was refused", target)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return fail(Unreachable, "there is no route to %s: is the network up?", target)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), strings.Contains(message, "server closed"):
		return fail(BadResponse, "%s closed the connection without a response", target)
	}
	return fail(Unreachable, "%s cannot be reached: %s", target, message)
}

// whyInvalid says in one clause what is wrong with a certificate.
func whyInvalid(e *tls.CertificateVerificationError) string {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		leaf    *x509.Certificate
	)
	if len(e.UnverifiedCertificates) > 0 {
		leaf = e.UnverifiedCertificates[0]
	}
	switch {
	case errors.As(e, &name):
		return "it is for another name"
	case errors.As(e, &invalid) && invalid.Reason == x509.Expired && leaf != nil && time.Now().Before(leaf.NotBefore):
		return "it is not valid before " + leaf.NotBefore.UTC().Format(time.DateOnly)
	case errors.As(e, &invalid) && invalid.Reason == x509.Expired && leaf != nil:
		return "it expired on " + leaf.NotAfter.UTC().Format(time.DateOnly)
	case errors.As(e, &unknown) && leaf != nil && string(leaf.RawIssuer) == string(leaf.RawSubject):
		return "it is self-signed"
	case errors.As(e, &unknown):
		return "it is signed by an authority that this machine does not trust"
	}
	return after(e.Err.Error(), "x509: ")
}

// after returns what follows the last mark in a text, or the text.
func after(text, mark string) string {
	if i := strings.LastIndex(text, mark); i >= 0 {
		return text[i+len(mark):]
	}
	return text
}

// short prints a duration without zero units: 1m0s as 1m.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
