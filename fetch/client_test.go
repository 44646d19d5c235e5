package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// api is a small server.
var api = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/open":
		rw.Header().Set("Access-Control-Allow-Origin", "*")
		io.WriteString(rw, r.Method+" "+r.URL.RawQuery)
	case "/echo":
		rw.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		rw.Header().Set("Access-Control-Allow-Credentials", "true")
		rw.Header().Set("Access-Control-Allow-Methods", "PUT")
		rw.Header().Set("Access-Control-Allow-Headers", "content-type")
		if cookie, err := r.Cookie("c"); err == nil {
			rw.Header().Set("Content-Language", cookie.Value)
		}
		http.SetCookie(rw, &http.Cookie{Name: "c", Value: "seen", SameSite: http.SameSiteNoneMode, Secure: true})
		io.Copy(rw, r.Body)
	case "/go":
		rw.Header().Set("Access-Control-Allow-Origin", "*")
		http.Redirect(rw, r, "/open?redirected", http.StatusFound)
	case "/closed":
		io.WriteString(rw, "secret")
	}
})

func clientFor(credentials fetch.Credentials) *http.Client {
	return agentOn(fetch.HandlerTransport(api), fetch.Standard).Client(pageA, credentials)
}

func TestClientMakesRequestsAsThePage(t *testing.T) {
	client := clientFor(fetch.CredentialsOmit)
	resp, err := client.Get("https://api.test/open?q=1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body := readAll(t, resp.Body); body != "GET q=1" || resp.StatusCode != 200 || resp.Status != "200 OK" || resp.Header.Get("Access-Control-Allow-Origin") != "" ||
		resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%q %+v", body, resp)
	}
}

func TestClientIsBlockedLikeThePage(t *testing.T) {
	client := clientFor(fetch.CredentialsOmit)
	for _, row := range []struct {
		name string
		do   func() (*http.Response, error)
		want reason.Reason
	}{
		{"no CORS headers", func() (*http.Response, error) { return client.Get("https://api.test/closed") }, reason.MissingAllowOriginHeader},
		{"a preflight without CORS headers", func() (*http.Response, error) {
			return client.Post("https://api.test/closed", "application/json", strings.NewReader("{}"))
		}, reason.PreflightMissingAllowOriginHeader},
		{"a login in the URL", func() (*http.Response, error) { return client.Get("https://u:p@api.test/open") }, reason.URLContainsCredentials},
		{"a forbidden method", func() (*http.Response, error) {
			r, err := http.NewRequest("TRACE", "https://api.test/open", nil)
			if err != nil {
				return nil, err
			}
			return client.Do(r)
		}, reason.ForbiddenMethod},
	} {
		resp, err := row.do()
		var nerr *fetch.NetworkError
		if resp != nil || !errors.As(err, &nerr) || nerr.Reason != row.want {
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
}

func TestClientFollowsRedirectsLikeABrowser(t *testing.T) {
	resp, err := clientFor(fetch.CredentialsOmit).Get("https://api.test/go")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body := readAll(t, resp.Body); body != "GET redirected" || resp.Request.URL.String() != "https://api.test/open?redirected" {
		t.Errorf("%q at %s", body, resp.Request.URL)
	}
}

func TestClientSendsBodiesHeadersAndCookies(t *testing.T) {
	client := clientFor(fetch.CredentialsInclude)
	for i, want := range []string{"", "seen"} {
		r, err := http.NewRequest("PUT", "https://api.test/echo", strings.NewReader(`{"n":1}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", "c=forged")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, resp.Body)
		resp.Body.Close()
		if body != `{"n":1}` || resp.Header.Get("Content-Language") != want || len(resp.Cookies()) != 0 {
			t.Errorf("request %d: %q, %v", i, body, resp.Header)
		}
	}
}

func TestClientsContextReachesTheFetch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", "https://api.test/open", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = clientFor(fetch.CredentialsOmit).Do(r)
	var nerr *fetch.NetworkError
	if !errors.As(err, &nerr) || nerr.Reason != reason.Canceled || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// failing is a body that cannot be read.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no ink") }

// closing is a body that stores whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestClientClosesTheRequestsBody(t *testing.T) {
	for _, path := range []string{"open", "closed"} {
		body := &closing{Reader: strings.NewReader("x")}
		r, err := http.NewRequest("POST", "https://api.test/"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := clientFor("").Transport.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
		if !body.closed {
			t.Errorf("%s: the body was not closed", path)
		}
	}
}

func TestClientReadsTheBodyUpToTheLimit(t *testing.T) {
	agent := agentOn(fetch.HandlerTransport(api), fetch.Standard)
	agent.MaxBody = 8
	client := agent.Client(pageA, "")
	if _, err := client.Post("https://api.test/echo", "text/plain", strings.NewReader("123456789")); err == nil || !strings.Contains(err.Error(), "MaxBody") {
		t.Error(err)
	}
	if _, err := client.Post("https://api.test/echo", "text/plain", failing{}); err == nil || !strings.Contains(err.Error(), "no ink") {
		t.Error(err)
	}
	resp, err := client.Post("https://api.test/echo", "text/plain", strings.NewReader("12345678"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// TestHandlerTransport checks the response for what a handler does.
func TestHandlerTransport(t *testing.T) {
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // the reason, or status and body
		header  string // a header line that the response has
	}{
		{"writes nothing", func(http.ResponseWriter, *http.Request) {}, "200 ", ""},
		{"panics", func(http.ResponseWriter, *http.Request) { panic("oh") }, "ConnectionFailed", ""},
		{"panics after writing", func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "x"); panic(http.ErrAbortHandler) }, "ConnectionFailed", ""},
		{"writes a body", func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "<html>") }, "200 <html>", "Content-Type: text/html; charset=utf-8"},
		{"chooses its own type", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "a/b")
			io.WriteString(rw, "<html>")
		}, "200 <html>", "Content-Type: a/b"},
		{"304 has no body", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(304); io.WriteString(rw, "x") }, "304 ", ""},
		{"204 has no body", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(204); io.WriteString(rw, "x") }, "204 ", ""},
		{"103 is not the final status", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Link", "</x>")
			rw.WriteHeader(103)
			rw.WriteHeader(404)
			io.WriteString(rw, "x")
		}, "404 x", "Link: </x>"},
		{"the first status counts", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(202); rw.WriteHeader(500) }, "202 ", ""},
		{"headers after the status are too late", func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(200)
			rw.Header().Set("Late", "1")
		}, "200 ", "-Late"},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, err := do(t, agentOn(fetch.HandlerTransport(row.handler), fetch.Standard), fetch.Request{URL: "/x"})
			if err != nil {
				if err.Reason.String() != row.want {
					t.Errorf("%v, want %s", err, row.want)
				}
				return
			}
			if got := strconv.Itoa(resp.Status) + " " + readAll(t, resp.Body); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
			name, value, _ := strings.Cut(row.header, ": ")
			if absent, ok := strings.CutPrefix(name, "-"); ok {
				if resp.Header.Contains(absent) {
					t.Errorf("there is a header %s", absent)
				}
			} else if got, _ := resp.Header.Get(name); got != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
		})
	}
}

func TestHandlerSeesTheRequestAsAServerWould(t *testing.T) {
	var got *http.Request
	var body string
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	})
	if _, err := do(t, agentOn(fetch.HandlerTransport(handler), fetch.Standard), fetch.Request{URL: "/a%2Fb?q", Method: "POST", Body: fetch.TextBody("body")}); err != nil {
		t.Fatal(err)
	}
	if got.Host != "a.test" || got.RequestURI != "/a%2Fb?q" || got.URL.Path != "/a/b" || got.URL.Host != "" || got.URL.RawQuery != "q" || got.Method != "POST" ||
		body != "body" || got.ContentLength != 4 || got.Header.Get("Content-Length") != "4" || got.RemoteAddr == "" || got.Header.Get("Origin") != "https://a.test" {
		t.Errorf("%+v", got)
	}
	if _, err := do(t, agentOn(fetch.HandlerTransport(handler), fetch.Standard), fetch.Request{URL: "/"}); err != nil || got.Body == nil || got.Header.Get("Content-Length") != "" {
		t.Errorf("%v %+v", err, got)
	}
}

func TestHandlersContextEndsWithTheTimeLimit(t *testing.T) {
	agent := agentOn(fetch.HandlerTransport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })), fetch.Standard)
	agent.Timeout = 20 * time.Millisecond
	within(t, 10*time.Second, func() {
		if _, err := do(t, agent, fetch.Request{URL: "/"}); reasonOf(err) != reason.Timeout {
			t.Error(err)
		}
	})
}
