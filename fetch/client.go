package fetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Client returns an http.Client that makes every request as a script of the page
// would make it with fetch(), so that existing Go code runs as a page. A blocked
// request fails with an error that wraps the *NetworkError.
//
// Its requests have mode cors and follow redirects as a browser does. They are
// sent with cookies and HTTP authentication if credentials is CredentialsInclude.
// The client has no cookie jar and no time limit: those are the agent's.
func (a *Agent) Client(page *Page, credentials Credentials) *http.Client {
	return &http.Client{
		Transport: &pageTransport{a, page, credentials},
		// The agent has already followed the redirects.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type pageTransport struct {
	agent       *Agent
	page        *Page
	credentials Credentials
}

// RoundTrip implements http.RoundTripper.
func (t *pageTransport) RoundTrip(hr *http.Request) (*http.Response, error) {
	r := &Request{Page: t.page, URL: hr.URL.String(), Method: hr.Method, Credentials: t.credentials}
	names := make([]string, 0, len(hr.Header))
	for name := range hr.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range hr.Header[name] {
			r.Header.Append(name, value)
		}
	}
	if hr.Body != nil && hr.Body != http.NoBody {
		defer hr.Body.Close()
		b, err := io.ReadAll(io.LimitReader(hr.Body, t.agent.maxBody()+1))
		if err != nil {
			return nil, fmt.Errorf("reading the request's body: %w", err)
		}
		if int64(len(b)) > t.agent.maxBody() {
			return nil, fmt.Errorf("the request's body is larger than Agent.MaxBody (%d bytes)", t.agent.maxBody())
		}
		r.Body = BytesBody(b)
	}
	resp, err := t.agent.Fetch(hr.Context(), r)
	if err != nil {
		return nil, err
	}
	header := make(http.Header, len(resp.Header))
	for _, h := range resp.Header {
		header.Add(h.Name, h.Value)
	}
	last := hr
	if resp.Redirected {
		if u, err := url.Parse(resp.URL); err == nil {
			last = hr.Clone(hr.Context())
			last.URL = u
		}
	}
	return &http.Response{
		Status: strings.TrimSpace(fmt.Sprintf("%d %s", resp.Status, resp.StatusText)), StatusCode: resp.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: resp.Body, ContentLength: -1, Request: last,
	}, nil
}

// HandlerTransport returns a transport for tests that calls an http.Handler
// instead of using the network. The handler gets the request as a server would.
// The response is buffered, up to 64 MiB. If the handler panics, the connection
// fails.
func HandlerTransport(h http.Handler) http.RoundTripper { return handlerTransport{h} }

type handlerTransport struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (t handlerTransport) RoundTrip(hr *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v != nil {
			resp, err = nil, fmt.Errorf("the handler panicked: %v", v)
		}
	}()
	if err := hr.Context().Err(); err != nil {
		return nil, context.Cause(hr.Context())
	}
	target := hr.URL.RequestURI()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("net/http cannot parse the request target %q: %w", target, err)
	}
	sr := hr.WithContext(hr.Context())
	sr.URL, sr.RequestURI, sr.Header = u, target, hr.Header.Clone()
	sr.RemoteAddr = "127.0.0.1:1"
	if sr.Body == nil {
		sr.Body = http.NoBody
	}
	rec := &recorder{header: make(http.Header)}
	t.ServeHTTP(rec, sr)
	rec.WriteHeader(http.StatusOK)
	// net/http's server sets Content-Length for a short response.
	if _, set := rec.sent["Content-Length"]; !set && !isNullBodyStatus(rec.status) &&
		rec.body.Len() <= 2048 && rec.sent.Get("Transfer-Encoding") == "" {
		rec.sent.Set("Content-Length", strconv.Itoa(rec.body.Len()))
	}
	return &http.Response{
		Status: strings.TrimSpace(strconv.Itoa(rec.status) + " " + http.StatusText(rec.status)), StatusCode: rec.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: rec.sent,
		Body: io.NopCloser(&rec.body), ContentLength: int64(rec.body.Len()), Request: hr,
	}, nil
}

// recorder is the http.ResponseWriter of a HandlerTransport.
type recorder struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status != 0 || status >= 100 && status < 200 {
		return
	}
	r.status, r.sent = status, r.header.Clone()
	// net/http's server omits these too.
	if status == http.StatusNotModified {
		r.sent.Del("Content-Type")
	}
	if status == http.StatusNotModified || status == http.StatusNoContent {
		r.sent.Del("Content-Length")
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		if _, ok := r.header["Content-Type"]; !ok {
			r.header.Set("Content-Type", http.DetectContentType(p))
		}
		r.WriteHeader(http.StatusOK)
	}
	if r.body.Len()+len(p) > defaultMaxBody {
		return 0, fmt.Errorf("the response is larger than %d bytes", defaultMaxBody)
	}
	return r.body.Write(p)
}
