package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/weburl"
)

// httpNetworkFetch sends the request with net/http and waits for the headers of the
// response: https://fetch.spec.whatwg.org/#concept-http-network-fetch
func (f *fetchParams) httpNetworkFetch(req *request, header HeaderList, length int64, exchange int,
) (*response, *NetworkError) {
	// 8.3. A stream needs HTTP/2. Before there is a connection, only a URL with http:
	// is known to have none.
	if req.body != nil && req.body.Stream != nil && req.currentURL().Scheme == "http" {
		f.trace.Exchanges = f.trace.Exchanges[:exchange]
		return nil, f.fail(reason.StreamRequiresHTTP2, -1, NetworkError{}, Input{"URL", req.currentURL().String()})
	}
	// 7 and 8.5. Obtain a connection and send the request.
	ctx, cancel := context.WithCancel(f.ctx)
	var local localNetwork
	hr := f.httpRequest(req, header, length)
	ctx = f.watchConnection(ctx, cancel, req, &local, usesProxy(f.agent.transport, hr))
	got, err := f.agent.transport.RoundTrip(hr.WithContext(ctx))
	if nerr := local.blocked.Load(); nerr != nil {
		cancel()
		f.trace.Exchanges[exchange].Err = errors.New("the connection was closed before the request was sent")
		return nil, f.fail(nerr.Reason, exchange, *nerr, connectionInputs(nerr, req)...)
	}
	// 8.1 and 9.
	if err != nil {
		cancel()
		f.trace.Exchanges[exchange].Err = err
		return nil, f.fail(f.transportReason(err), exchange, NetworkError{Err: err})
	}
	resp := &response{status: got.StatusCode, header: headerListOf(got.Header), url: req.currentURL().String(), exchange: exchange}
	_, resp.statusText, _ = strings.Cut(got.Status, " ")
	if s, ok := local.space.Load().(AddressSpace); ok {
		resp.space = s
	}
	rec := &f.trace.Exchanges[exchange]
	rec.Status, rec.ResponseHeader = resp.status, resp.header
	// 10–15 and 18. The body.
	body := got.Body
	if body == nil {
		body = noBody
	}
	if err := f.setResponseBody(req, resp, body); err != nil {
		why, named := reason.InvalidResponse, (*NetworkError)(nil)
		switch {
		case errors.As(err, &named):
			why = named.Reason
		case f.ctx.Err() != nil:
			why = f.transportReason(err)
		}
		cancel()
		body.Close()
		return nil, f.fail(why, exchange, NetworkError{Err: err})
	}
	resp.body = &releaseBody{resp.body, cancel, func(err error) error {
		if named := (*NetworkError)(nil); errors.As(err, &named) {
			return err
		}
		return &NetworkError{Reason: f.bodyReason(err), URL: resp.url, Status: resp.status, Kind: req.kind, Trace: &f.trace,
			Err: fmt.Errorf("reading the response body: %w", err)}
	}}
	return resp, nil
}

// localNetwork is what a connection attempt learns about the server's address.
type localNetwork struct {
	space   atomic.Value                 // an AddressSpace
	blocked atomic.Pointer[NetworkError] // by the Local Network Access check
}

// watchConnection does the checks that need the connection, before anything is written
// to it: a stream's, and the Local Network Access check, as Local Network Access amends
// HTTP-network fetch. The address of a proxy says nothing about the server's.
func (f *fetchParams) watchConnection(ctx context.Context, cancel func(), req *request, local *localNetwork, proxied bool,
) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		s := AddressSpace("")
		if !proxied {
			s = addressSpaceOf(info.Conn.RemoteAddr())
		}
		local.space.Store(s)
		nerr := f.localNetworkAccessCheck(req, s)
		if nerr == nil {
			nerr = streamCheck(req, info.Conn)
		}
		if nerr != nil {
			local.blocked.Store(nerr)
			info.Conn.Close()
			cancel()
		}
	}})
}

// usesProxy reports whether a transport of net/http, or one around it that has a method
// Unwrap, sends the request through a proxy.
func usesProxy(transport http.RoundTripper, r *http.Request) bool {
	if around, ok := transport.(interface{ Unwrap() http.RoundTripper }); ok {
		transport = around.Unwrap()
	}
	t, ok := transport.(*http.Transport)
	if !ok || t.Proxy == nil {
		return false
	}
	proxy, err := t.Proxy(r)
	return proxy != nil && err == nil
}

// connectionInputs are the inputs of a check that watchConnection did.
func connectionInputs(nerr *NetworkError, req *request) []Input {
	if nerr.Reason == reason.StreamRequiresHTTP2 {
		return []Input{{"URL", req.currentURL().String()}}
	}
	return []Input{{"address space", string(nerr.Space)}}
}

// streamCheck is step 8.3 of HTTP-network fetch once the connection is known.
func streamCheck(req *request, conn net.Conn) *NetworkError {
	secure, ok := conn.(*tls.Conn)
	if req.body == nil || req.body.Stream == nil || ok && secure.ConnectionState().NegotiatedProtocol == "h2" {
		return nil
	}
	return &NetworkError{Reason: reason.StreamRequiresHTTP2}
}

// httpRequest returns the request as net/http sends it.
func (f *fetchParams) httpRequest(req *request, header HeaderList, length int64) *http.Request {
	current := req.currentURL()
	hr := &http.Request{
		Method: req.method, URL: requestURL(current), Host: current.HostPort(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(header)), ContentLength: length,
	}
	values := make([]string, len(header))
	for i, h := range header { // the names differ, because the headers were combined
		values[i] = f.quirks.valueOnWire(h.Value)
		hr.Header[http.CanonicalHeaderKey(h.Name)] = values[i : i+1 : i+1]
	}
	if req.body != nil {
		hr.Body = io.NopCloser(req.body.reader())
		if length == 0 {
			hr.Body = http.NoBody
		}
	}
	return hr
}

// setResponseBody limits the body and decodes its content coding, unless the body
// is null or no one reads it.
func (f *fetchParams) setResponseBody(req *request, resp *response, body io.ReadCloser) (err error) {
	resp.body = &limitedBody{ReadCloser: body, left: f.agent.maxBody(), fail: f.tooLarge(req, resp)}
	switch {
	// Step 22 of main fetch.
	case req.method == "HEAD" || req.method == "CONNECT" || isNullBodyStatus(resp.status):
		resp.body = &hollowBody{body}
	case req.preflight || isRedirectStatus(resp.status) && resp.header.Contains("Location"):
		// The body is not read, so it doesn't matter whether it has that coding.
	default:
		resp.body, err = decodeContent(resp, f.agent.maxBody(), f.tooLarge(req, resp))
	}
	return err
}

func (a *Agent) maxBody() int64 {
	if a.MaxBody == 0 {
		return defaultMaxBody
	}
	return a.MaxBody
}

func (f *fetchParams) tooLarge(req *request, resp *response) func() error {
	return func() error {
		return &NetworkError{Reason: reason.ResponseTooLarge, URL: resp.url, Status: resp.status, Kind: req.kind, Trace: &f.trace,
			Err: fmt.Errorf("%w of %d bytes; raise Agent.MaxBody to read more", errTooLarge, f.agent.maxBody())}
	}
}

// isNullBodyStatus: https://fetch.spec.whatwg.org/#null-body-status
func isNullBodyStatus(status int) bool {
	return status == 101 || status == 103 || status == 204 || status == 205 || status == 304
}

// hollowBody reads as empty, whatever the server sent.
type hollowBody struct{ io.Closer }

func (hollowBody) Read([]byte) (int, error) { return 0, io.EOF }

// releaseBody cancels a request's context when its body is closed, and turns read
// errors into a NetworkError with the reason.
type releaseBody struct {
	io.ReadCloser
	cancel context.CancelFunc
	name   func(error) error
}

func (b *releaseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.name(err)
	}
	return n, err
}

func (b *releaseBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}

// decodeContent decodes the content codings that Accept-Encoding offers. The
// decoded size is limited too: a small response can unpack to a very large one.
func decodeContent(resp *response, limit int64, fail func() error) (io.ReadCloser, error) {
	value, _ := resp.header.Get("Content-Encoding")
	var open func(io.Reader) (io.ReadCloser, error)
	switch field.Lower(value) {
	case "gzip", "x-gzip":
		open = func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }
	case "deflate":
		open = zlib.NewReader
	default:
		return resp.body, nil
	}
	buffered := bufio.NewReader(resp.body)
	if _, err := buffered.Peek(1); err == io.EOF {
		return resp.body, nil // an empty body in any coding is empty
	}
	decoded, err := open(buffered)
	if err != nil {
		return nil, fmt.Errorf("Content-Encoding is %s but the body is not: %w", value, err)
	}
	return &limitedBody{ReadCloser: &decodedBody{decoded, resp.body}, left: limit, fail: fail}, nil
}

type decodedBody struct {
	io.ReadCloser
	wire io.Closer
}

func (b *decodedBody) Close() error {
	return errors.Join(b.ReadCloser.Close(), b.wire.Close())
}

// requestURL returns the URL for net/http, which sends it unchanged. net/url would
// encode some paths and queries differently. Those are passed as opaque.
func requestURL(u *weburl.URL) *url.URL {
	target := u.Path
	if u.HasQuery {
		target += "?" + u.Query
	}
	out, err := url.Parse(u.Scheme + "://" + u.HostPort() + target)
	if err != nil || out.RequestURI() != target || u.HasQuery && u.Query == "" {
		out = &url.URL{Scheme: u.Scheme, Host: u.HostPort(), Opaque: target}
	}
	return out
}

// headerListOf makes a header list from net/http's map, sorted by name. The lines
// of one name keep their order.
func headerListOf(h http.Header) HeaderList {
	list := make(HeaderList, 0, len(h))
	for name, values := range h {
		for _, value := range values {
			list.Append(name, field.NormalizeValue(value))
		}
	}
	slices.SortStableFunc(list, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// transportReason returns the reason for a transport's error. net/http has no types
// for the last two cases.
func (f *fetchParams) transportReason(err error) reason.Reason {
	var timeout net.Error
	switch {
	case context.Cause(f.ctx) == errTimeout, errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return reason.Timeout
	case f.ctx.Err() != nil:
		return reason.Canceled
	case strings.Contains(err.Error(), "response headers exceeded"), strings.Contains(err.Error(), "header list too large"):
		return reason.ResponseTooLarge
	case strings.Contains(err.Error(), "malformed"), strings.Contains(err.Error(), "unsupported transfer encoding"):
		return reason.InvalidResponse
	}
	return reason.ConnectionFailed
}

// bodyReason is transportReason for an error from reading a body.
func (f *fetchParams) bodyReason(err error) reason.Reason {
	if why := f.transportReason(err); why != reason.ConnectionFailed {
		return why
	}
	var corrupt flate.CorruptInputError
	for _, e := range []error{gzip.ErrHeader, gzip.ErrChecksum, zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary} {
		if errors.Is(err, e) {
			return reason.InvalidResponse
		}
	}
	if errors.As(err, &corrupt) || strings.Contains(err.Error(), "chunk") {
		return reason.InvalidResponse
	}
	return reason.ConnectionFailed
}

// addressSpaceOf returns the address space of the server's end of a connection.
func addressSpaceOf(addr net.Addr) AddressSpace {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return ""
	}
	ip, ok := netip.AddrFromSlice(tcp.IP)
	if !ok {
		return ""
	}
	return SpaceOf(ip)
}
