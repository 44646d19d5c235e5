package request_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// run makes a request to a handler that every host name leads to.
func run(t *testing.T, h http.HandlerFunc, q request.Question) *request.Result {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return runAt(t, server.Listener.Addr().String(), q)
}

// runAt makes a request to a server that every host name leads to.
func runAt(t *testing.T, address string, q request.Question) *request.Result {
	t.Helper()
	if q.Dial == nil {
		q.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		}
	}
	result, err := request.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// plain is the question of most tests: http, because https needs certificates.
func plain() request.Question {
	return request.Question{URL: "http://api.example/notes", From: "http://app.example"}
}

func TestInvalidQuestionsGetOneClearLine(t *testing.T) {
	body := "x"
	for _, row := range []struct {
		name          string
		change        func(*request.Question)
		problem, hint string
	}{
		{"a URL with one slash", func(q *request.Question) { q.URL = "http:/api.example/notes" }, "not followed by two slashes", "write http://api.example/notes"},
		{"a URL with no slash", func(q *request.Question) { q.URL = "https:api.example/notes" }, "not followed by two slashes", "write https://api.example/notes"},
		{"a URL without scheme", func(q *request.Question) { q.URL = "api.example/notes" }, "it has no scheme", "https://api.example/notes"},
		{"a host and port", func(q *request.Question) { q.URL = "localhost:3000" }, "not a scheme", "http://localhost:3000"},
		{"no URL", func(q *request.Question) { q.URL = "" }, "it is empty", "https://"},
		{"no page", func(q *request.Question) { q.From = "" }, "no --from", "--from https://app.example"},
		{"an origin with a path", func(q *request.Question) { q.From = "https://app.example/page" }, "no path", "write --from https://app.example"},
		{"an origin with a slash", func(q *request.Question) { q.From = "https://app.example/" }, "no path", "write --from https://app.example"},
		{"an origin without scheme", func(q *request.Question) { q.From = "app.example" }, "no scheme", "https://app.example"},
		{"an origin that pages cannot have", func(q *request.Question) { q.From = "ws://app.example" }, "no page has that origin", "http:// or https://"},
		{"a page from a file", func(q *request.Question) { q.From = "file:///home/me/index.html" }, "has the origin null", "serve it over http://localhost"},
		{"the origin of files", func(q *request.Question) { q.From = "file://" }, "has the origin null", "http://localhost"},
		{"the spelling of an app's origin", func(q *request.Question) { q.From = "capacitor://localhost/" }, "no path", "write --from capacitor://localhost"},
		{"a header without colon", func(q *request.Question) { q.Header = []string{"X-Name"} }, "colon", "-H 'X-Name: value'"},
		{"a header name with a space", func(q *request.Question) { q.Header = []string{"X Name: a"} }, "invalid header name", "before the colon"},
		{"a header value with a line break", func(q *request.Question) { q.Header = []string{"X: a\r\nY: b"} }, "line break", "one header"},
		{"a method with a space", func(q *request.Question) { q.Method = "GET /" }, "one word", "-X PUT"},
		{"an unknown browser", func(q *request.Question) { q.As = "lynx" }, "--as", "use chromium, firefox, webkit, standard or all"},
		{"an unknown mode", func(q *request.Question) { q.Mode = "navigate" }, "--mode", "no-cors"},
		{"an unknown kind of element", func(q *request.Question) { q.Resource = "picture" }, "--resource", "img"},
		{"an unknown address space", func(q *request.Question) { q.PageSpace = "home" }, "--page-space", "local"},
		{"an unknown embedder policy", func(q *request.Question) { q.EmbedderPolicy = "yes" }, "--coep", "require-corp"},
		{"an element with a method", func(q *request.Question) { q.Resource, q.Method = "img", "PUT" }, "-X and --resource", "omit one"},
		{"an element with a body", func(q *request.Question) { q.Resource, q.Data = "img", &body }, "-d and --resource", "omit one"},
		{"crossorigin without element", func(q *request.Question) { q.CrossOrigin = "anonymous" }, "--crossorigin", "--resource"},
		{"an upload listener on fetch()", func(q *request.Question) { q.UploadListener = true }, "--upload-listener", "--xhr"},
		{"a mode for XMLHttpRequest", func(q *request.Question) { q.XHR, q.Mode = true, "no-cors" }, "--xhr", "--mode"},
		{"XMLHttpRequest without credentials", func(q *request.Question) { q.XHR, q.Credentials = true, "omit" }, "--credentials", "include"},
		{"a resolve entry without address", func(q *request.Question) { q.Resolve = []string{"api.example:80"} }, "--resolve", "api.example:443:127.0.0.1"},
		{"an origin with port 0", func(q *request.Question) { q.From = "https://app.example:0" }, "port 0", "1 to 65535"},
		{"an origin with a port above 65535", func(q *request.Question) { q.From = "https://app.example:65536" }, "0 to 65535", "--from"},
		{"a resolve entry with port 0", func(q *request.Question) { q.Resolve = []string{"api.example:0:127.0.0.1"} }, "--resolve", "127.0.0.1"},
		{"a resolve entry with a port above 65535", func(q *request.Question) { q.Resolve = []string{"api.example:65536:127.0.0.1"} }, "--resolve", "127.0.0.1"},
		{"a resolve entry with a negative port", func(q *request.Question) { q.Resolve = []string{"api.example:-1:127.0.0.1"} }, "--resolve", "127.0.0.1"},
		{"a resolve entry with a port in hexadecimal", func(q *request.Question) { q.Resolve = []string{"api.example:0x50:127.0.0.1"} }, "--resolve", "127.0.0.1"},
		{"a resolve entry with a name", func(q *request.Question) { q.Resolve = []string{"api.example:80:localhost"} }, "--resolve", "127.0.0.1"},
		{"a missing file of certificates", func(q *request.Question) { q.CACert = "no/such.pem" }, "--cacert", "PEM"},
		{"certificates without verification", func(q *request.Question) { q.CACert, q.Insecure = "ca.pem", true }, "--insecure", "omit"},
		{"a negative timeout", func(q *request.Question) { q.Timeout = -1 }, "--timeout", "10s"},
		{"control characters are escaped", func(q *request.Question) { q.As = "\x1b[31m" }, `\x1b[31m`, "chromium"},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			row.change(&q)
			q.Dial = func(context.Context, string, string) (net.Conn, error) {
				t.Error("a connection was made")
				return nil, io.EOF
			}
			_, err := request.Run(context.Background(), q)
			var usage *cli.UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("error %v, want a UsageError", err)
			}
			if !strings.Contains(usage.Problem, row.problem) {
				t.Errorf("problem %q does not contain %q", usage.Problem, row.problem)
			}
			if !strings.Contains(usage.Hint, row.hint) {
				t.Errorf("hint %q does not contain %q", usage.Hint, row.hint)
			}
			if line := usage.Problem + usage.Hint; strings.ContainsAny(line, "\n\r\x1b") || strings.HasSuffix(usage.Problem, ".") {
				t.Errorf("not one line without a full stop: %q", line)
			}
		})
	}
}

func TestTheServerReceivesWhatThePageSends(t *testing.T) {
	body := `{"text":"milk"}`
	var got *http.Request
	var sent string
	grant := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "http://app.example")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Allow-Headers", "x-name, content-type")
		b, _ := io.ReadAll(r.Body)
		got, sent = r, string(b)
	}
	for _, row := range []struct {
		name   string
		change func(*request.Question)
		method string
		header map[string]string
		body   string
	}{
		{"a plain fetch", func(q *request.Question) {}, "GET", map[string]string{"Origin": "http://app.example", "Cookie": ""}, ""},
		{"a body alone makes it a POST", func(q *request.Question) { q.Data = &body }, "POST", map[string]string{"Content-Type": "text/plain;charset=UTF-8"}, body},
		{"a method, headers and a body", func(q *request.Question) {
			q.Method, q.Header, q.Data = "put", []string{"X-Name:  a b ", "Content-Type: application/json"}, &body
		}, "PUT", map[string]string{"X-Name": "a b", "Content-Type": "application/json"}, body},
		{"a cookie from an earlier visit", func(q *request.Question) {
			q.As, q.Credentials, q.From, q.Cookies = "firefox", "include", "http://app.example", []string{"a=b"}
			q.URL = "http://app.example:81/notes"
		}, "GET", map[string]string{"Cookie": "a=b"}, ""},
		{"an image request has no Origin", func(q *request.Question) { q.Resource = "img" }, "GET", map[string]string{"Origin": ""}, ""},
		{"an image request with crossorigin has an Origin", func(q *request.Question) { q.Resource, q.CrossOrigin = "img", "anonymous" }, "GET", map[string]string{"Origin": "http://app.example"}, ""},
		{"mode no-cors", func(q *request.Question) { q.Mode = "no-cors" }, "GET", map[string]string{"Origin": ""}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			row.change(&q)
			result := run(t, grant, q)
			if result.Verdict == request.Unreachable {
				t.Fatalf("%+v", result.Results[0])
			}
			if got.Method != row.method || sent != row.body {
				t.Errorf("the server received %s with body %q, want %s and %q", got.Method, sent, row.method, row.body)
			}
			for name, want := range row.header {
				if value := got.Header.Get(name); value != want {
					t.Errorf("the server received %s: %q, want %q", name, value, want)
				}
			}
		})
	}
}

func TestAResponseWithoutEndDoesNotDelayTheResult(t *testing.T) {
	if testing.Short() {
		request.SetBodyWait(t, 100*time.Millisecond)
	}
	done := make(chan struct{})
	defer close(done)
	begun := time.Now()
	result := run(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}, plain())
	if got := time.Since(begun); got > 10*time.Second {
		t.Errorf("it took %v", got)
	}
	r := result.Results[0].Readable
	if !r.Body || r.BodyWhole || r.BodyLength != 9 {
		t.Errorf("body %v, whole %v, length %d; want the 9 bytes that came, and not whole", r.Body, r.BodyWhole, r.BodyLength)
	}
}

func TestALargeBodyIsNotReadToItsEnd(t *testing.T) {
	result := run(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Write(make([]byte, 3<<20))
	}, plain())
	if r := result.Results[0].Readable; r.BodyLength != 1<<20 || r.BodyWhole {
		t.Errorf("length %d, whole %v; want 1 MiB, and not whole", r.BodyLength, r.BodyWhole)
	}
}

func TestLocalhostNamesLeadToThisMachine(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer server.Close()
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:1")
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{"api.localhost", "deep.API.localhost", "localhost", "127.0.0.1"} {
		result, err := request.Run(context.Background(), request.Question{URL: "http://" + host + ":" + port + "/", From: "http://app.localhost"})
		if err != nil {
			t.Fatal(err)
		}
		if result.Verdict != request.Allowed {
			t.Errorf("%s: %s (%s)", host, result.Verdict, result.Results[0].Cause)
		}
	}
}

func TestResolveAndCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // one handshake is meant to fail
	server.StartTLS()
	defer server.Close()
	u, _ := url.Parse(server.URL)
	// httptest's certificate is for example.com.
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	notPEM := filepath.Join(t.TempDir(), "not.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	question := request.Question{URL: "https://example.com:" + u.Port() + "/", From: "https://app.example",
		Resolve: []string{"Example.com:0" + u.Port() + ":127.0.0.1"}}
	for _, row := range []struct {
		name   string
		change func(*request.Question)
		want   request.Verdict
	}{
		{"an unknown certificate authority", func(*request.Question) {}, request.Unreachable},
		{"insecure", func(q *request.Question) { q.Insecure = true }, request.Allowed},
		{"the authority is given", func(q *request.Question) { q.CACert = certificate }, request.Allowed},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := question
			row.change(&q)
			result, err := request.Run(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if result.Verdict != row.want {
				t.Errorf("%s (%s), want %s", result.Verdict, result.Results[0].Cause, row.want)
			}
		})
	}
	question.CACert = notPEM
	if _, err := request.Run(context.Background(), question); err == nil || !strings.Contains(err.Error(), "contains no certificate") {
		t.Errorf("a file without certificates: error %v", err)
	}
}

func TestElementsRejectAnErrorStatusOrNot(t *testing.T) {
	for kind, want := range map[string]string{"script": "its status is 404", "img": "the image is shown"} {
		q := plain()
		q.Resource = kind
		result := run(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", map[string]string{"script": "text/javascript", "img": "image/png"}[kind])
			w.WriteHeader(404)
			io.WriteString(w, map[string]string{"img": "\x89PNG\r\n\x1a\n"}[kind])
		}, q)
		if use := result.Results[0].Readable.Use; !strings.Contains(use, want) {
			t.Errorf("%s: %q does not contain %q", kind, use, want)
		}
	}
}

// Browsers load a module script of another type, and then do not run it.
func TestAModuleScriptNeedsAScriptsType(t *testing.T) {
	for _, row := range []struct {
		resource, contentType string
		reason                reason.Reason
	}{
		{"module", "text/javascript", 0},
		{"module", "application/x-javascript; charset=utf-8", 0},
		{"module", "text/html; charset=utf-8", reason.MIMETypeNotAllowed},
		{"module", "text/plain", reason.MIMETypeNotAllowed},
		{"module", "", reason.MIMETypeNotAllowed},
		{"script", "text/plain", 0},
	} {
		t.Run(row.resource+" "+row.contentType, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header()["Content-Type"] = nil
				if row.contentType != "" {
					w.Header().Set("Content-Type", row.contentType)
				}
			}))
			defer server.Close()
			result, err := request.Run(t.Context(), request.Question{URL: server.URL, From: "http://localhost:5173", Resource: row.resource})
			if err != nil {
				t.Fatal(err)
			}
			if got := result.Results[0].Reason; got != row.reason {
				t.Errorf("%v, want %v", got, row.reason)
			}
		})
	}
}

func TestOnlySameOriginFramesAreReadable(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<p>hello") }
	for from, readable := range map[string]bool{"http://app.example": false, "http://api.example": true, "null": false} {
		q := plain()
		q.From, q.Resource = from, "iframe"
		r := run(t, handler, q).Results[0].Readable
		if r.Body != readable || (r.Status == 200) != readable {
			t.Errorf("from %s: body %v, status %d; readable: want %v", from, r.Body, r.Status, readable)
		}
	}
}

func TestProgressNamesHostAndBrowser(t *testing.T) {
	var waits []string
	q := plain()
	q.As, q.Progress = "all", func(what string) { waits = append(waits, what) }
	run(t, func(http.ResponseWriter, *http.Request) {}, q)
	if got, want := strings.Join(waits, "; "), "api.example, as Chromium; api.example, as Firefox; api.example, as WebKit; api.example, as Standard"; got != want {
		t.Errorf("progress %q, want %q", got, want)
	}
}

func ExampleRun() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example/")
	}))
	defer server.Close()
	result, err := request.Run(context.Background(), request.Question{URL: server.URL, From: "https://app.example", PageSpace: "loopback"})
	if err != nil {
		fmt.Println(err)
		return
	}
	chromium := result.Results[0]
	fmt.Println(chromium.Verdict, chromium.Reason)
	fmt.Println(chromium.Explanation)
	// Output:
	// blocked AllowOriginMismatch
	// The response's Access-Control-Allow-Origin is not identical to the request's Origin.
}

func TestOriginsOfAppsAndExtensionsArePages(t *testing.T) {
	for _, from := range []string{
		"capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://.", "app://-", "chrome-extension://abcdef",
		"moz-extension://0b4c1c5e", "safari-web-extension://7F3A", "vscode-webview://1abc", "https://localhost", "null",
	} {
		r, err := request.Run(t.Context(), request.Question{URL: "https://api.example/x", From: from, As: "all", Transport: answer("Access-Control-Allow-Origin: " + from)})
		if err != nil || r.Verdict != request.Allowed || r.Page.Origin != from {
			t.Errorf("%s: %+v, %v", from, r, err)
		}
	}
}

// answer is a server that responds with one header.
func answer(header string) http.RoundTripper {
	name, value, _ := strings.Cut(header, ": ")
	return fetch.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(name, value) }))
}
