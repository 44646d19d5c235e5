package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// httpNetworkOrCacheFetch: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch,
// for a browser whose HTTP cache is empty.
func (f *fetchParams) httpNetworkOrCacheFetch(req *request) (*response, *NetworkError) {
	resp, err := f.httpNetworkFetchWith(req, "")
	if err != nil || resp.status != 401 || req.tainting == taintingCORS || !resp.requestIncludesCredentials ||
		!req.currentURL().HasCredentials() || req.header.Contains("Authorization") ||
		req.body != nil && req.body.Stream != nil {
		return resp, err
	}
	// The prompt that a browser would show is answered from the URL.
	resp.body.Close()
	f.note("HTTP-network-or-cache fetch", "#concept-http-network-or-cache-fetch", resp.exchange,
		"the server asks for a login, and the URL has one: sent again with it")
	u := req.currentURL()
	return f.httpNetworkFetchWith(req, "Basic "+base64.StdEncoding.EncodeToString([]byte(percentDecode(u.Username)+":"+percentDecode(u.Password))))
}

func (f *fetchParams) httpNetworkFetchWith(req *request, authorization string) (*response, *NetworkError) {
	kept := req.mode == ModeNoCORS && origin.SameOrigin(req.origin, origin.Of(req.url())) && f.profile.deviates(CredentialsKeptAfterRedirect)
	includeCredentials := req.credentials == CredentialsInclude ||
		req.credentials == CredentialsSameOrigin && (req.tainting == taintingBasic || kept)
	if !f.coepAllowsCredentials(req) {
		includeCredentials = false
	}
	header := slices.Clone(req.header)
	if req.typeOnWire != "" && header.Contains("Content-Type") {
		header.Delete("Content-Type")
		header.Append("Content-Type", req.typeOnWire)
	}
	appendUnlessPresent := func(name, value string) {
		if value != "" && !header.Contains(name) {
			header.Append(name, value)
		}
	}
	length := int64(0)
	switch {
	case req.body != nil && req.body.Stream != nil:
		length = -1
	case req.body != nil && len(req.body.Bytes) == 0 && req.method != "POST" && req.method != "PUT" && f.profile.deviates(EmptyBodyWithoutLength) &&
		(req.body.source == sourceBlob || req.body.source == sourceURLSearchParams && req.initiator == InitiatorXHR):
	case req.body != nil:
		length = int64(len(req.body.Bytes))
		header.Append("Content-Length", strconv.FormatInt(length, 10))
	case req.method == "POST" || req.method == "PUT":
		header.Append("Content-Length", "0")
	}
	if req.sentReferrer != nil {
		header.Append("Referer", req.sentReferrer.String())
	}
	f.appendOriginHeader(req, &header)
	f.appendFetchMetadata(req, &header)
	if accept := f.profile.Accept[req.destination]; accept != "" && !req.preflight {
		appendUnlessPresent("Accept", accept)
	}
	appendUnlessPresent("Accept", "*/*")
	appendUnlessPresent("User-Agent", f.profile.UserAgent)
	appendUnlessPresent("Accept-Language", "en-US,en;q=0.9")
	cache := req.cache
	if cache == CacheDefault && isConditional(header) {
		cache = CacheNoStore
	}
	switch cache {
	case CacheNoCache:
		appendUnlessPresent("Cache-Control", "max-age=0")
	case CacheNoStore, CacheReload:
		appendUnlessPresent("Pragma", "no-cache")
		appendUnlessPresent("Cache-Control", "no-cache")
	}
	if value, ok := header.Get("Range"); ok {
		if r, ok := field.ParseSingleRange(field.Lower(value), true); ok && req.method == "GET" && req.cache != CacheNoStore && !isConditional(header) && f.profile.deviates(RangeRewritten) {
			header.Delete("Range")
			header.Append("Range", "bytes="+r.Start+"-"+r.End)
		}
		header.Append("Accept-Encoding", "identity")
	} else {
		header.Append("Accept-Encoding", "gzip, deflate")
	}
	x := Exchange{Preflight: req.preflight, Method: req.method, BodyLength: length,
		URL: req.currentURL().StringWithoutFragment()}
	jar := f.cookieExchange(req)
	if includeCredentials {
		value, _, withheld := f.agent.cookies.Header(jar)
		appendUnlessPresent("Cookie", value)
		for _, w := range withheld {
			x.Withheld = append(x.Withheld, CookieNote{w.Cookie.Name, w.Reason.String()})
		}
		appendUnlessPresent("Authorization", authorization)
	}
	// Several headers of one name go out as one line, as browsers send them.
	header = header.combine()
	x.Header = header
	f.trace.Exchanges = append(f.trace.Exchanges, x)
	exchange := len(f.trace.Exchanges) - 1

	resp, err := f.httpNetworkFetch(req, header, length, exchange)
	if err != nil {
		return nil, err
	}
	resp.requestIncludesCredentials = includeCredentials
	if includeCredentials {
		for _, line := range resp.header.lines("Set-Cookie") {
			if _, err := f.agent.cookies.Set(jar, line); err != nil {
				name, _, _ := strings.Cut(line, "=")
				rec := &f.trace.Exchanges[exchange]
				rec.Refused = append(rec.Refused, CookieNote{strings.TrimSpace(name), err.Error()})
			}
		}
	}
	return resp, nil
}

// httpNetworkFetch sends the request and waits for the response's headers.
// https://fetch.spec.whatwg.org/#concept-http-network-fetch
func (f *fetchParams) httpNetworkFetch(req *request, header HeaderList, length int64, exchange int) (*response, *NetworkError) {
	current := req.currentURL()
	if length < 0 && current.Scheme == "http" && f.profile.deviates(StreamNeedsHTTP2) {
		f.trace.Exchanges = f.trace.Exchanges[:exchange]
		return nil, f.fail(reason.StreamRequiresHTTP2, -1, NetworkError{}, Input{"URL", current.String()})
	}
	var local atomic.Pointer[NetworkError]
	var space atomic.Value
	ctx, cancel := context.WithCancel(f.ctx)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		// The address is known and nothing has been written yet: the place
		// at which the standard has the check.
		s := addressSpaceOf(info.Conn.RemoteAddr())
		space.Store(s)
		if nerr := f.localNetworkAccessCheck(req, s); nerr != nil {
			local.Store(nerr)
			info.Conn.Close()
			cancel()
		}
	}})
	hr := &http.Request{
		Method: req.method, URL: requestURL(current), Host: current.HostPort(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(header)), ContentLength: length,
	}
	for _, h := range header {
		if f.profile.deviates(HeadersSentAsUTF8) {
			h.Value = latin1ToUTF8(h.Value)
		}
		hr.Header.Add(h.Name, h.Value)
	}
	if req.body != nil {
		hr.Body = io.NopCloser(req.body.reader())
		if length == 0 {
			hr.Body = http.NoBody
		}
	}
	got, err := f.agent.transport.RoundTrip(hr.WithContext(ctx))
	if nerr := local.Load(); nerr != nil {
		cancel()
		f.trace.Exchanges[exchange].Err = errors.New("the connection was closed before the request was sent")
		return nil, f.fail(nerr.Reason, exchange, *nerr, Input{"address space", string(nerr.Space)})
	}
	if err != nil {
		cancel()
		f.trace.Exchanges[exchange].Err = err
		return nil, f.fail(f.whyNoAnswer(err), exchange, NetworkError{Err: err})
	}
	resp := &response{status: got.StatusCode, header: headerListOf(got.Header), url: current.String(), exchange: exchange}
	_, resp.statusText, _ = strings.Cut(got.Status, " ")
	if s, ok := space.Load().(AddressSpace); ok {
		resp.space = s
	}
	rec := &f.trace.Exchanges[exchange]
	rec.Status, rec.ResponseHeader = resp.status, resp.header
	body := got.Body
	if body == nil {
		body = noBody
	}
	resp.body = &limitedBody{ReadCloser: body, left: f.agent.maxBody(), fail: f.tooLarge(req, resp)}
	if req.method == "HEAD" || req.method == "CONNECT" || isNullBodyStatus(resp.status) {
		resp.body = &hollowBody{body}
	} else if req.preflight || isRedirectStatus(resp.status) && resp.header.Contains("Location") {
		// Nobody reads the body, so nobody finds out whether it is in that coding.
	} else if resp.body, err = decodeContent(resp, f.agent.maxBody(), f.tooLarge(req, resp)); err != nil {
		why, named := reason.InvalidResponse, (*NetworkError)(nil)
		switch {
		case errors.As(err, &named):
			why = named.Reason
		case f.ctx.Err() != nil:
			why = f.whyNoAnswer(err)
		}
		cancel()
		body.Close()
		return nil, f.fail(why, exchange, NetworkError{Err: err})
	}
	resp.body = &releaseBody{resp.body, cancel, func(err error) error {
		if named := (*NetworkError)(nil); errors.As(err, &named) {
			return err
		}
		return &NetworkError{Reason: f.whyNoBody(err), URL: resp.url, Status: resp.status, Kind: req.kind, Trace: &f.trace,
			Err: fmt.Errorf("the body broke off: %w", err)}
	}}
	return resp, nil
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

// hollowBody reads as empty whatever the server sent.
type hollowBody struct{ io.Closer }

func (hollowBody) Read([]byte) (int, error) { return 0, io.EOF }

// releaseBody ends a request's context with its body, and names what goes wrong
// in between.
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

// decodeContent undoes the content codings that were offered. The decoded size
// is bounded too: a small answer can unpack to a very large one.
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
		return resp.body, nil // a coding of nothing
	}
	decoded, err := open(buffered)
	if err != nil {
		return nil, fmt.Errorf("Content-Encoding is %s and the body is not: %w", value, err)
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

// requestURL hands a URL record to net/http unchanged. net/url would encode
// some paths and queries anew; where it does, they are passed as opaque.
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

// headerListOf makes a header list of net/http's map: by name, each name's
// lines in the order in which they came.
func headerListOf(h http.Header) HeaderList {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	var list HeaderList
	for _, name := range names {
		for _, value := range h[name] {
			list.Append(name, field.NormalizeValue(value))
		}
	}
	return list
}

// whyNoAnswer sorts a transport's error into the reasons. net/http has no types
// for the last two.
func (f *fetchParams) whyNoAnswer(err error) reason.Reason {
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

// whyNoBody is whyNoAnswer for a body that ends in an error.
func (f *fetchParams) whyNoBody(err error) reason.Reason {
	if why := f.whyNoAnswer(err); why != reason.ConnectionFailed {
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

// appendOriginHeader: https://fetch.spec.whatwg.org/#append-a-request-origin-header
func (f *fetchParams) appendOriginHeader(req *request, header *HeaderList) {
	serialized := req.serializeOrigin()
	media := req.destination == DestinationAudio || req.destination == DestinationVideo
	if req.tainting == taintingCORS || req.mode == ModeCORS && req.initiator == InitiatorElement &&
		(!media && f.profile.deviates(CORSElementSendsOrigin) || media && f.profile.deviates(CORSMediaSendsOrigin)) {
		header.Append("Origin", serialized)
		return
	}
	if n := len(req.urlList); n > 1 && f.profile.deviates(OriginKeptOnSameOriginRedirect) &&
		origin.SameOrigin(origin.Of(req.urlList[n-2]), origin.Of(req.urlList[n-1])) {
		if req.sentOrigin != "" {
			header.Append("Origin", req.sentOrigin)
		}
		return
	}
	req.sentOrigin = ""
	if req.method == "GET" || req.method == "HEAD" {
		return
	}
	policyCounts := !req.crossedOrigins || !f.profile.deviates(ReferrerPolicyNullsFirstOriginOnly)
	if req.referrer == nil && req.mode != ModeCORS && policyCounts && f.profile.deviates(NoReferrerNullsOrigin) {
		serialized = "null"
	}
	if req.mode != ModeCORS && policyCounts && !f.profile.deviates(OriginIgnoresReferrerPolicy) {
		current := req.currentURL()
		switch orDefault(req.referrerPolicy, StrictOriginWhenCrossOrigin) {
		case NoReferrer:
			serialized = "null"
		case NoReferrerWhenDowngrade, StrictOrigin, StrictOriginWhenCrossOrigin:
			if req.origin.Scheme() == "https" && current.Scheme != "https" {
				serialized = "null"
			}
		case SameOriginReferrer:
			if !origin.SameOrigin(req.origin, origin.Of(current)) {
				serialized = "null"
			}
		}
	}
	if req.crossedOrigins && req.mode == ModeNoCORS && f.profile.deviates(NoCORSRedirectNullsOrigin) {
		serialized = "null"
	}
	header.Append("Origin", serialized)
	req.sentOrigin = serialized
}

// appendFetchMetadata: https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request
func (f *fetchParams) appendFetchMetadata(req *request, header *HeaderList) {
	if !origin.URLPotentiallyTrustworthy(req.currentURL()) {
		return
	}
	destination := string(req.destination)
	if destination == "" {
		destination = "empty"
	}
	site := "same-origin"
	urls := req.urlList
	if req.preflight && f.profile.deviates(PreflightForgetsRedirects) {
		urls = urls[len(urls)-1:]
	}
	for _, u := range urls {
		o := origin.Of(u)
		if origin.SameOrigin(o, req.origin) {
			continue
		}
		site = "cross-site"
		if !origin.SameSite(o, req.origin) {
			break
		}
		site = "same-site"
	}
	if f.profile.deviates(RedirectedIsCrossSite) && len(urls) > 1 && site == "same-site" {
		site = "cross-site"
	}
	if req.preflight && req.redirectTaint() != redirectTaintSameOrigin && f.profile.deviates(TaintedPreflightIsCrossSite) {
		site = "cross-site"
	}
	if n := len(req.urlList); n > 1 && !req.preflight && req.mode == ModeCORS && f.profile.deviates(NoFetchMetadataAfterCrossOriginRedirect) &&
		!origin.SameOrigin(origin.Of(req.urlList[n-2]), origin.Of(req.urlList[n-1])) {
		return
	}
	header.Append("Sec-Fetch-Dest", destination)
	header.Append("Sec-Fetch-Mode", string(req.mode))
	header.Append("Sec-Fetch-Site", site)
	credentials := req.credentials
	if req.preflight && f.profile.deviates(PreflightSaysStorageAccess) {
		credentials = f.request.credentials
	}
	if !req.preflight && req.redirectTaint() != redirectTaintSameOrigin && f.profile.deviates(StorageAccessDroppedOnRedirect) {
		return
	}
	if credentials == CredentialsInclude && f.profile.StorageAccess != "" && !origin.SameSite(origin.Of(req.currentURL()), req.client.topLevel) {
		header.Append("Sec-Fetch-Storage-Access", f.profile.StorageAccess)
	}
}

// cookieExchange says between whom a request's cookies would travel.
func (f *fetchParams) cookieExchange(req *request) cookie.Exchange {
	u := req.currentURL()
	o := origin.Of(u)
	initiator := req.origin
	topLevel := req.client.topLevel
	if f.profile.deviates(SandboxedCookiesByURL) {
		initiator = origin.Of(req.client.url)
		if len(req.client.page.Ancestors) == 0 {
			topLevel = initiator
		}
	}
	x := cookie.Exchange{
		Scheme: u.Scheme, Host: u.Hostname(), Path: u.Path,
		Trustworthy:  origin.URLPotentiallyTrustworthy(u),
		SameSiteMode: determineSameSiteMode(req, initiator, f.profile),
		Method:       req.method,
	}
	if req.mode == ModeNavigate && req.destination == DestinationDocument {
		// The URL will be the top-level page: nothing is third-party to it.
		x.TopLevelNavigation = true
		return x
	}
	x.TopLevelSite = topLevel.Site().String()
	x.ThirdParty = !origin.SameSite(o, topLevel)
	if top := topLevel; f.profile.Cookies.SeparateLocalhosts && strings.HasSuffix(top.Host(), ".localhost") {
		x.ThirdParty = o.Host() != top.Host()
	}
	x.CrossSiteAncestor = req.client.hasCrossSiteAncestor
	return x
}

// determineSameSiteMode: https://fetch.spec.whatwg.org/#determine-the-same-site-mode.
// The standard asserts that the method is GET or POST; the others are treated
// as POST is.
func determineSameSiteMode(req *request, initiator origin.Origin, p *Profile) cookie.Mode {
	current := origin.Of(req.currentURL())
	tainted := req.redirectTaint() == redirectTaintCrossSite && !p.deviates(CookiesIgnoreRedirects) &&
		!(p.deviates(OwnHostCookiesIgnoreRedirects) && current.Host() == initiator.Host())
	switch {
	case req.mode == ModeNavigate && len(req.client.page.Ancestors) == 0:
		// A top-level navigation's initiator is the page.
		if !origin.SameSite(initiator, current) || tainted {
			if req.method == "GET" && req.destination == DestinationDocument {
				return cookie.LaxOrLess
			}
			return cookie.UnsetOrLess
		}
	case !origin.SameSite(initiator, current):
		return cookie.UnsetOrLess
	}
	if req.client.hasCrossSiteAncestor || tainted {
		return cookie.UnsetOrLess
	}
	if req.origin.IsOpaque() && p.deviates(SandboxedCookiesByURL) && initiator.Host() != current.Host() {
		return cookie.UnsetOrLess
	}
	return cookie.StrictOrLess
}

// latin1ToUTF8 encodes each byte of s as the code point of its number.
func latin1ToUTF8(s string) string {
	if allBytes(s, func(b byte) bool { return b < 0x80 }) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// percentDecode: https://url.spec.whatwg.org/#string-percent-decode
func percentDecode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// addressSpaceOf a connection's far end.
func addressSpaceOf(addr net.Addr) AddressSpace {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return ""
	}
	ip, ok := netip.AddrFromSlice(tcp.IP)
	if !ok {
		return ""
	}
	return ipAddressSpace(ip)
}
