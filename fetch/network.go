package fetch

import (
	"encoding/base64"
	"strconv"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/weburl"
)

// httpNetworkOrCacheFetch: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch,
// for a browser whose HTTP cache is empty: steps 8.24 to 8.26 and 11.3 to 11.5 have
// nothing to do.
func (f *fetchParams) httpNetworkOrCacheFetch(req *request, isAuthenticationFetch, isNewConnectionFetch bool,
) (*response, *NetworkError) {
	// 8.1–8.2. The HTTP request is a copy of the request. Only its headers change.
	header := append(make(HeaderList, 0, len(req.header)+12), req.header...) // with room for the browser's
	f.quirks.httpRequestCopied(req, &header)
	// 8.3–8.4. Are cookies and Authorization included?
	includeCredentials := f.includesCredentials(req)
	// 8.5–8.20. The browser's headers.
	length := f.appendContentLength(req, &header)
	f.appendRequestHeaders(req, &header)
	// 8.21. Cookie and Authorization. There are no authentication entries, and no
	// proxy-authentication entries for 8.22.
	x := Exchange{Preflight: req.preflight, Method: req.method, BodyLength: length,
		URL: req.currentURL().StringWithoutFragment()}
	jar := f.cookieExchange(req)
	if includeCredentials {
		x.Withheld = f.appendCookieHeader(jar, &header)
		if isAuthenticationFetch {
			appendUnlessPresent(&header, "Authorization", basicAuthorization(req))
		}
	}
	// 10. Nothing is cached.
	if req.cache == CacheOnlyIfCached && !f.quirks.sendsUncached() {
		return nil, f.fail(reason.NotCached, -1, NetworkError{}, Input{"cache mode", string(req.cache)})
	}
	// Browsers send headers with the same name as one line.
	header = header.combine()
	x.Header = header
	f.trace.Exchanges = append(f.trace.Exchanges, x)
	exchange := len(f.trace.Exchanges) - 1
	// 11.2. Send it.
	resp, err := f.httpNetworkFetch(req, header, length, exchange)
	if err != nil {
		return nil, err
	}
	// Step 17 of HTTP-network fetch.
	if includeCredentials {
		f.storeCookies(jar, resp)
	}
	// 14. Store whether credentials were included. The URL list (12) is the
	// request's, and only service workers need 13.
	resp.requestIncludesCredentials = includeCredentials
	// 15. On a 401, log in and send the request again.
	if resp.status == 401 && req.tainting != taintingCORS && includeCredentials {
		// 15.2. A stream can't be sent twice, and the user isn't even prompted.
		if req.body != nil && req.body.Stream != nil {
			resp.body.Close()
			return nil, f.fail(reason.LoginBodyNotReplayable, resp.exchange, NetworkError{}, Input{"status", "401"})
		}
		// 15.3–15.4.
		if !isAuthenticationFetch && canLogIn(req) {
			resp.body.Close()
			f.note("HTTP-network-or-cache fetch", "#concept-http-network-or-cache-fetch", resp.exchange,
				"the server requires a login, and the URL has one: the request is sent again with it")
			return f.httpNetworkOrCacheFetch(req, true, isNewConnectionFetch)
		}
	}
	// 16. net/http authenticates to proxies.
	// 17. After a 421, send the request once more over a new connection.
	if resp.status == 421 && !isNewConnectionFetch && (req.body == nil || req.body.Stream == nil) {
		resp.body.Close()
		f.note("HTTP-network-or-cache fetch", "#concept-http-network-or-cache-fetch", resp.exchange,
			"the server is not the one for this URL on this connection: the request is sent again over a new one")
		if t, ok := f.agent.transport.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
		return f.httpNetworkOrCacheFetch(req, isAuthenticationFetch, true)
	}
	return resp, nil
}

// canLogIn reports whether the user logs in when prompted. The URL's user name and
// password stand in for what a user would enter; without them, the user cancels the
// prompt.
func canLogIn(req *request) bool {
	return req.currentURL().HasCredentials() && !req.header.Contains("Authorization")
}

// includesCredentials is steps 8.3 and 8.4: by the credentials mode, unless the
// page's embedder policy forbids it.
func (f *fetchParams) includesCredentials(req *request) bool {
	included := req.credentials == CredentialsInclude ||
		req.credentials == CredentialsSameOrigin && (req.tainting == taintingBasic || f.quirks.keepsCredentials(req))
	return included && f.coepAllowsCredentials(req)
}

// appendRequestHeaders is steps 8.11 to 8.20. No request here is a keepalive request
// (8.10) or a prefetch (8.14).
func (f *fetchParams) appendRequestHeaders(req *request, header *HeaderList) {
	// 8.11. Referer.
	if referrer := f.quirks.referrerOnWire(req); referrer != nil {
		header.Append("Referer", referrer.String())
	}
	// 8.12. Origin.
	f.appendOriginHeader(req, header)
	// 8.13. Sec-Fetch-*.
	f.appendFetchMetadata(req, header)
	// 8.15. User-Agent; and Accept and Accept-Language, which "fetch" appends.
	f.appendBrowserHeaders(req, header)
	// 8.16–8.18. Pragma and Cache-Control.
	appendCacheHeaders(req, header)
	// 8.19–8.20. Accept-Encoding. net/http appends Host and Connection.
	f.quirks.rewriteRange(req, header)
	if header.Contains("Range") {
		header.Append("Accept-Encoding", "identity")
	} else {
		header.Append("Accept-Encoding", "gzip, deflate")
	}
}

// appendUnlessPresent appends a header unless the value is empty or the list has
// a header with that name.
func appendUnlessPresent(l *HeaderList, name, value string) {
	if value != "" && !l.Contains(name) {
		l.Append(name, value)
	}
}

// appendContentLength is steps 8.5 to 8.9. It returns the body's length, -1 for a
// stream.
func (f *fetchParams) appendContentLength(req *request, header *HeaderList) int64 {
	switch body := req.body; {
	case body == nil:
		if req.method == "POST" || req.method == "PUT" {
			header.Append("Content-Length", "0")
		}
		return 0
	case body.Stream != nil:
		return -1
	default:
		length := int64(len(body.Bytes))
		if length > 0 || f.quirks.sendsZeroLength(req) {
			header.Append("Content-Length", strconv.FormatInt(length, 10))
		}
		return length
	}
}

// appendBrowserHeaders is step 8.15, and steps 12 to 14 of "fetch"
// (https://fetch.spec.whatwg.org/#concept-fetch). They come here because what they
// append needs no preflight. Unlike in the standard, a preflight has an
// Accept-Language too.
func (f *fetchParams) appendBrowserHeaders(req *request, header *HeaderList) {
	appendUnlessPresent(header, "Accept", f.profile.Accept[req.destination])
	appendUnlessPresent(header, "Accept", "*/*")
	appendUnlessPresent(header, "User-Agent", f.profile.UserAgent)
	appendUnlessPresent(header, "Accept-Language", "en-US,en;q=0.9")
}

// appendCacheHeaders is steps 8.16 to 8.18.
func appendCacheHeaders(req *request, header *HeaderList) {
	// 8.16. A conditional request does not use the cache.
	mode := req.cache
	if mode == CacheDefault && isConditional(*header) {
		mode = CacheNoStore
	}
	switch mode {
	// 8.17.
	case CacheNoCache:
		appendUnlessPresent(header, "Cache-Control", "max-age=0")
	// 8.18.
	case CacheNoStore, CacheReload:
		appendUnlessPresent(header, "Pragma", "no-cache")
		appendUnlessPresent(header, "Cache-Control", "no-cache")
	}
}

// isConditional reports whether the headers make a request conditional, so that an
// HTTP cache must not respond to it.
func isConditional(l HeaderList) bool {
	for _, name := range []string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
		if l.Contains(name) {
			return true
		}
	}
	return false
}

// basicAuthorization is the Authorization header for the user name and password
// in the request's URL.
func basicAuthorization(req *request) string {
	u := req.currentURL()
	login := weburl.PercentDecode(u.Username) + ":" + weburl.PercentDecode(u.Password)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(login))
}
