package fetch_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A mirror responds to every request with the same header lines, in which {origin}
// stands for the request's Origin. If few is set, it stops redirecting after a few
// requests.
type mirror struct {
	status     int
	head, body string
	few        int
	requests   int
}

func (m *mirror) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	status := m.status
	if r.Header.Get("Access-Control-Request-Method") != "" {
		status = 204
	} else if m.requests++; m.few > 0 && m.requests >= m.few {
		status = 200
	}
	header := http.Header{}
	for line := range strings.SplitSeq(m.head, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if ok && field.IsToken(name) {
			header.Add(name, strings.ReplaceAll(value, "{origin}", r.Header.Get("Origin")))
		}
	}
	return &http.Response{StatusCode: status, Status: "200 OK", Header: header, Body: io.NopCloser(strings.NewReader(m.body)), Request: r}, nil
}

// choose selects a value with some of the bits, and removes them.
func choose[T any](bits *uint32, from ...T) T {
	n := uint32(len(from))
	i := *bits % n
	*bits /= n
	return from[i]
}

// FuzzFetch checks what must hold in every browser, whatever a page requests and
// whatever a server responds with.
func FuzzFetch(f *testing.F) {
	const good = "Access-Control-Allow-Origin: {origin}\nAccess-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: PUT, patch, DELETE, *\n" +
		"Access-Control-Allow-Headers: X-One, authorization, content-type, range"
	for i, seed := range []struct{ method, url, header, head, body string }{
		{"GET", "https://b.test/x", "", good + "\nAccess-Control-Expose-Headers: X-Two, *\nX-Two: 2\nSet-Cookie: c=1; SameSite=None; Secure", "body"},
		{"put", "https://b.test/x#f", "X-One: 1\nAuthorization: x", good + "\nLocation: https://c.test/y", ""},
		{"patch", "/same?q", "Cookie: x\nRange: bytes=0-1", good + "\nLocation: //sub.a.test/", ""},
		{"DELETE", "//sub.a.test:8443/", "Content-Type: a/b", good + "\nLocation: /loop\nAccess-Control-Max-Age: 60", ""},
		{"POST", "https://b.test/", "Accept: \xff", "Access-Control-Allow-Origin: *\nContent-Type: application/json\nX-Content-Type-Options: nosniff", `{"a":1}`},
		{"GET", "http://b.test/i", "", "Content-Type: image/png\nCross-Origin-Resource-Policy: same-site", "\x89PNG\r\n\x1a\n"},
		{"HEAD", "data:text/html;base64,aGk=", "", "", ""},
		{"TRACE", "https://u:p@b.test:25/", "A B: 1\nX: \x00", good + "\nLocation: https://u:p@a.test/", ""},
		{"GET", "https://127.0.0.1/", "", good + "\nContent-Encoding: gzip", "\x1f\x8b\x08"},
		{"OPTIONS", "https://b.test", "X-HTTP-Method: TRACE", "Access-Control-Allow-Origin: {origin}, {origin}\nAccess-Control-Allow-Methods: (", ""},
		{"GET", "https://b.test", "", "Access-Control-Allow-Origin: null\nAccess-Control-Expose-Headers: a b\nReferrer-Policy: unsafe-url\nLocation:\nLocation:", "<!doctype html>"},
	} {
		for j := range 4 {
			f.Add(seed.method, seed.url, seed.header, uint32(i*7919+j*104729), uint16([]int{200, 302, 307, 401}[j]), seed.head, seed.body)
		}
	}
	clock := time.Unix(1e9, 0)
	f.Fuzz(func(t *testing.T, method, target, header string, bits uint32, status uint16, head, body string) {
		page := choose(&bits, pageA, pageA, &fetch.Page{URL: "http://a.test/"}, &fetch.Page{URL: "https://a.test/", Sandboxed: true},
			&fetch.Page{URL: "https://a.test/", Ancestors: []string{"https://b.test/"}, EmbedderPolicy: fetch.Credentialless},
			&fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.RequireCORP, ReferrerPolicy: fetch.UnsafeURL}, &fetch.Page{URL: "file:///x"})
		req := fetch.Request{
			Page: page, Method: method, URL: target,
			Mode:        choose(&bits, fetch.ModeCORS, fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin),
			Credentials: choose(&bits, fetch.CredentialsInclude, fetch.CredentialsSameOrigin, fetch.CredentialsOmit),
			Redirect:    choose(&bits, fetch.RedirectFollow, fetch.RedirectFollow, fetch.RedirectFollow, fetch.RedirectManual, fetch.RedirectError),
			Initiator:   choose(&bits, fetch.InitiatorFetch, fetch.InitiatorXHR, fetch.InitiatorElement),
			Destination: choose(&bits, fetch.DestinationNone, fetch.DestinationNone, fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationStyle),
		}
		if choose(&bits, false, true) && method != "GET" {
			req.Body = &fetch.Body{Bytes: []byte(body), ContentType: "text/plain"}
		}
		few := choose(&bits, 0, 1, 2, 3, 5)
		for line := range strings.SplitSeq(header, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				req.Header.Append(name, value)
			}
		}
		given := slices.Clone(req.Header)
		for _, p := range fetch.Profiles() {
			agent := agentOn(&mirror{status: 200 + int(status)%400, head: head, body: body, few: few}, p)
			agent.MaxBody = 1 << 16
			agent.Now = func() time.Time { return clock }
			resp, err := agent.Fetch(t.Context(), &req)
			if !slices.Equal(req.Header, given) {
				t.Fatal("the request was changed")
			}
			var trace *fetch.Trace
			var nerr *fetch.NetworkError
			switch {
			case err == nil:
				trace = resp.Trace
			case resp != nil:
				t.Fatal("both a response and an error")
			case !errors.As(err, &nerr) || nerr.Reason.Explanation() == "" || nerr.Error() == "":
				t.Fatalf("%s: %#v is not a complete NetworkError", p.Name, err)
			default:
				trace = nerr.Trace
			}
			checkExchanges(t, p, &req, trace)
			if err == nil {
				checkResponse(t, p, &req, resp, body)
			}
		}
	})
}

// checkExchanges checks that nothing was sent that a page may not make a browser send.
func checkExchanges(t *testing.T, p fetch.Profile, req *fetch.Request, trace *fetch.Trace) {
	t.Helper()
	if n := len(trace.Exchanges); n > 64 {
		t.Fatalf("%s: %d exchanges", p.Name, n)
	}
	preflighted := map[string]bool{} // by URL
	for _, x := range trace.Exchanges {
		for _, h := range x.Header {
			if !field.IsToken(h.Name) || !field.ValidValue(h.Value) {
				t.Fatalf("%s sent %q: %q", p.Name, h.Name, h.Value)
			}
		}
		if _, sent := x.Header.Get("Cookie"); sent && (x.Preflight || req.Credentials == fetch.CredentialsOmit) {
			t.Fatalf("%s sent a cookie: %+v", p.Name, x)
		}
		if x.Preflight {
			if _, sent := x.Header.Get("Authorization"); sent || x.Method != "OPTIONS" || x.BodyLength != 0 {
				t.Fatalf("%s: preflight %+v", p.Name, x)
			}
			preflighted[x.URL] = true
			continue
		}
		simple := x.Method == "GET" || x.Method == "HEAD" || x.Method == "POST"
		if !simple && req.Initiator != fetch.InitiatorElement && !ownURL(req.Page, x.URL) && !preflighted[x.URL] {
			t.Fatalf("%s sent %s %s without a preflight", p.Name, x.Method, x.URL)
		}
		if !ownURL(req.Page, x.URL) && req.Mode == fetch.ModeSameOrigin {
			t.Fatalf("%s left the page's origin in same-origin mode: %s", p.Name, x.URL)
		}
	}
}

// ownURL reports whether the URL has the page's origin.
func ownURL(page *fetch.Page, s string) bool {
	a, err := weburl.Parse(page.URL, nil)
	b, err2 := weburl.Parse(s, nil)
	return err == nil && err2 == nil && !page.Sandboxed && origin.SameOrigin(origin.Of(a), origin.Of(b))
}

// checkResponse checks that the page sees only what it may see.
func checkResponse(t *testing.T, p fetch.Profile, req *fetch.Request, resp *fetch.Response, body string) {
	t.Helper()
	defer resp.Internal.Body.Close()
	seen, err := io.ReadAll(resp.Body)
	for _, h := range resp.Header {
		if strings.EqualFold(h.Name, "Set-Cookie") || strings.EqualFold(h.Name, "Set-Cookie2") {
			t.Fatalf("%s: the page sees %v", p.Name, h)
		}
	}
	switch resp.Type {
	case fetch.TypeOpaque, fetch.TypeOpaqueRedirect:
		if resp.Status != 0 || resp.StatusText != "" || len(resp.Header) != 0 || len(seen) != 0 || err != nil || (resp.URL == "") != (resp.Type == fetch.TypeOpaque) {
			t.Fatalf("%s: the page sees %+v", p.Name, resp)
		}
		if inner, err := io.ReadAll(resp.Internal.Body); err == nil && len(inner) > 0 && string(inner) != body && !resp.Internal.Header.Contains("Content-Encoding") {
			t.Fatalf("%s: the body behind the filter is %q, not %q", p.Name, inner, body)
		}
		return
	case fetch.TypeBasic:
		return
	}
	last := resp.Trace.Exchanges[len(resp.Trace.Exchanges)-1]
	sent, _ := last.Header.Get("Origin")
	acao, _ := last.ResponseHeader.Get("Access-Control-Allow-Origin")
	acac, _ := last.ResponseHeader.Get("Access-Control-Allow-Credentials")
	include := req.Credentials == fetch.CredentialsInclude
	if sent == "" || acao != sent && (include || acao != "*") || include && acac != "true" {
		t.Fatalf("%s allowed Origin %q with credentials %s for %q and %q", p.Name, sent, req.Credentials, acao, acac)
	}
	exposed := map[string]bool{}
	for _, h := range last.ResponseHeader {
		if !strings.EqualFold(h.Name, "Access-Control-Expose-Headers") {
			continue
		}
		for member := range strings.SplitSeq(h.Value, ",") {
			exposed[strings.ToLower(strings.Trim(member, " \t"))] = true
		}
	}
	for _, name := range resp.Header.Names() {
		switch name {
		case "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma":
		default:
			if !exposed[name] && (include || !exposed["*"]) {
				t.Fatalf("%s: the page sees %s, which is not exposed", p.Name, name)
			}
		}
	}
}

// FuzzDataURL checks that a data: URL results in a response or in the expected error, that the
// response's type always parses, and that base64 keeps any bytes.
func FuzzDataURL(f *testing.F) {
	for _, seed := range []string{",", "text/html,<p>", ";base64,aGk=", " ; charset=x ;base64 ,%61%47%6b", "text/plain;charset=\"a,b\",c", "\x00/\x01,\xff%ff", "a/b;base64;base64,=", ",#,",
		"//\x00/", "//a@b,c", ";bas\ne64,="} {
		f.Add(seed)
	}
	agent := agentOn(newWeb(nil), fetch.Standard)
	f.Fuzz(func(t *testing.T, s string) {
		resp, nerr := do(t, agent, fetch.Request{URL: "data:" + s})
		switch {
		case nerr != nil:
			u, err := weburl.Parse("data:"+s, nil)
			want := reason.InvalidDataURL
			if err != nil {
				want = reason.InvalidURL
			} else if u.HasCredentials() {
				want = reason.URLContainsCredentials
			}
			if nerr.Reason != want {
				t.Fatalf("%q: %v, not %s", s, nerr, want)
			}
			if want != reason.InvalidDataURL {
				break
			}
			before, _, _ := strings.Cut(u.String(), "#")
			if strings.Contains(before, ",") && !strings.Contains(strings.ToLower(before), "base64") {
				t.Fatalf("%q: %v", s, nerr)
			}
		default:
			value, _ := resp.Header.Get("Content-Type")
			parsed, ok := mime.Parse(value)
			if !ok || parsed.String() != value || resp.Type != fetch.TypeBasic || resp.Status != 200 {
				t.Fatalf("%q: Content-Type %q, %s %d", s, value, resp.Type, resp.Status)
			}
		}
		resp, nerr = do(t, agent, fetch.Request{URL: "data:;base64," + base64.StdEncoding.EncodeToString([]byte(s))})
		if nerr != nil {
			t.Fatal(nerr)
		}
		if got := readAll(t, resp.Body); got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}
