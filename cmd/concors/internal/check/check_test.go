package check_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/check"
)

// ask runs a question against a handler that every name leads to.
func ask(t *testing.T, h http.HandlerFunc, q check.Question) *check.Report {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return askAt(t, server.Listener.Addr().String(), q)
}

func askAt(t *testing.T, address string, q check.Question) *check.Report {
	t.Helper()
	if q.Dial == nil {
		q.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		}
	}
	report, err := check.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func text(t *testing.T, r *check.Report, o check.TextOptions) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The question of most tests: http, because https needs certificates.
func plain() check.Question {
	return check.Question{URL: "http://api.example/notes", From: "http://app.example"}
}

func TestBadInputGetsOneClearLine(t *testing.T) {
	body := "x"
	for _, row := range []struct {
		name          string
		change        func(*check.Question)
		problem, hint string
	}{
		{"a URL without scheme", func(q *check.Question) { q.URL = "api.example/notes" }, "it has no scheme", "https://api.example/notes"},
		{"a host and port", func(q *check.Question) { q.URL = "localhost:3000" }, "not a scheme", "http://localhost:3000"},
		{"no URL", func(q *check.Question) { q.URL = "" }, "it has no scheme", "https://"},
		{"no page", func(q *check.Question) { q.From = "" }, "no --from", "--from https://app.example"},
		{"an origin with a path", func(q *check.Question) { q.From = "https://app.example/page" }, "no path", "write --from https://app.example"},
		{"an origin with a slash", func(q *check.Question) { q.From = "https://app.example/" }, "no path", "write --from https://app.example"},
		{"an origin without scheme", func(q *check.Question) { q.From = "app.example" }, "no scheme", "https://app.example"},
		{"an origin of no page", func(q *check.Question) { q.From = "ws://app.example" }, "no page has that origin", "http:// or https://"},
		{"a header without colon", func(q *check.Question) { q.Header = []string{"X-Name"} }, "colon", "-H 'X-Name: value'"},
		{"a header name with a space", func(q *check.Question) { q.Header = []string{"X Name: a"} }, "no name", "before the colon"},
		{"a header value with a line break", func(q *check.Question) { q.Header = []string{"X: a\r\nY: b"} }, "line break", "one header"},
		{"a method with a space", func(q *check.Question) { q.Method = "GET /" }, "one word", "-X PUT"},
		{"an unknown browser", func(q *check.Question) { q.As = "lynx" }, "--as", "chromium, firefox, webkit, standard or all"},
		{"an unknown mode", func(q *check.Question) { q.Mode = "navigate" }, "--mode", "no-cors"},
		{"an unknown kind of element", func(q *check.Question) { q.Resource = "picture" }, "--resource", "img"},
		{"an unknown address space", func(q *check.Question) { q.PageSpace = "home" }, "--page-space", "local"},
		{"an unknown embedder policy", func(q *check.Question) { q.EmbedderPolicy = "yes" }, "--coep", "require-corp"},
		{"an element with a method", func(q *check.Question) { q.Resource, q.Method = "img", "PUT" }, "-X and --resource", "leave one"},
		{"an element with a body", func(q *check.Question) { q.Resource, q.Data = "img", &body }, "-d and --resource", "leave one"},
		{"crossorigin without element", func(q *check.Question) { q.CrossOrigin = "anonymous" }, "--crossorigin", "--resource"},
		{"an upload listener on fetch()", func(q *check.Question) { q.UploadListener = true }, "--upload-listener", "--xhr"},
		{"a mode for XMLHttpRequest", func(q *check.Question) { q.XHR, q.Mode = true, "no-cors" }, "--xhr", "--mode"},
		{"XMLHttpRequest without credentials", func(q *check.Question) { q.XHR, q.Credentials = true, "omit" }, "--credentials", "include"},
		{"a resolve entry without address", func(q *check.Question) { q.Resolve = []string{"api.example:80"} }, "--resolve", "api.example:443:127.0.0.1"},
		{"a resolve entry with a name", func(q *check.Question) { q.Resolve = []string{"api.example:80:localhost"} }, "--resolve", "127.0.0.1"},
		{"a file of certificates that is not there", func(q *check.Question) { q.CACert = "no/such.pem" }, "--cacert", "PEM"},
		{"certificates and no verification", func(q *check.Question) { q.CACert, q.Insecure = "ca.pem", true }, "--insecure", "leave"},
		{"a negative timeout", func(q *check.Question) { q.Timeout = -1 }, "--timeout", "10s"},
		{"control characters come back escaped", func(q *check.Question) { q.As = "\x1b[31m" }, `\x1b[31m`, "chromium"},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			row.change(&q)
			q.Dial = func(context.Context, string, string) (net.Conn, error) {
				t.Error("a connection was made")
				return nil, io.EOF
			}
			_, err := check.Run(context.Background(), q)
			var usage *check.UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("error %v, want a UsageError", err)
			}
			if !strings.Contains(usage.Problem, row.problem) {
				t.Errorf("problem %q does not say %q", usage.Problem, row.problem)
			}
			if !strings.Contains(usage.Hint, row.hint) {
				t.Errorf("hint %q does not say %q", usage.Hint, row.hint)
			}
			if line := usage.Problem + usage.Hint; strings.ContainsAny(line, "\n\r\x1b") || strings.HasSuffix(usage.Problem, ".") {
				t.Errorf("not one line in the house style: %q", line)
			}
		})
	}
}

func TestARequestIsMadeAsThePageAsks(t *testing.T) {
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
		change func(*check.Question)
		method string
		header map[string]string
		body   string
	}{
		{"a plain fetch", func(q *check.Question) {}, "GET", map[string]string{"Origin": "http://app.example", "Cookie": ""}, ""},
		{"a body alone makes it a POST", func(q *check.Question) { q.Data = &body }, "POST", map[string]string{"Content-Type": "text/plain;charset=UTF-8"}, body},
		{"a method, headers and a body", func(q *check.Question) {
			q.Method, q.Header, q.Data = "put", []string{"X-Name:  a b ", "Content-Type: application/json"}, &body
		}, "PUT", map[string]string{"X-Name": "a b", "Content-Type": "application/json"}, body},
		{"a cookie of an earlier visit", func(q *check.Question) {
			q.As, q.Credentials, q.From, q.Cookies = "firefox", "include", "http://app.example", []string{"a=b"}
			q.URL = "http://app.example:81/notes"
		}, "GET", map[string]string{"Cookie": "a=b"}, ""},
		{"an image has no Origin", func(q *check.Question) { q.Resource = "img" }, "GET", map[string]string{"Origin": ""}, ""},
		{"an image with crossorigin has", func(q *check.Question) { q.Resource, q.CrossOrigin = "img", "anonymous" }, "GET", map[string]string{"Origin": "http://app.example"}, ""},
		{"mode no-cors", func(q *check.Question) { q.Mode = "no-cors" }, "GET", map[string]string{"Origin": ""}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			row.change(&q)
			report := ask(t, grant, q)
			if report.Verdict == check.Unreachable {
				t.Fatalf("%+v", report.Results[0])
			}
			if got.Method != row.method || sent != row.body {
				t.Errorf("the server got %s with body %q, want %s and %q", got.Method, sent, row.method, row.body)
			}
			for name, want := range row.header {
				if value := got.Header.Get(name); value != want {
					t.Errorf("the server got %s: %q, want %q", name, value, want)
				}
			}
		})
	}
}

func TestASandboxedPageSaysNull(t *testing.T) {
	q := plain()
	q.From = "null"
	report := ask(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	}, q)
	if report.Page.Origin != "null" || report.Verdict != check.Allowed {
		t.Errorf("origin %q, verdict %s; want null, allowed", report.Page.Origin, report.Verdict)
	}
	if out := text(t, report, check.TextOptions{}); !strings.Contains(out, "Origin: null") {
		t.Errorf("the drawing does not show Origin: null:\n%s", out)
	}
}

func TestWhatABlockedRequestDidIsSaid(t *testing.T) {
	body := "milk"
	for _, row := range []struct {
		name   string
		change func(*check.Question)
		sent   bool
		says   string
	}{
		{"a GET that is blocked was sent", func(*check.Question) {}, true, "The server received the request all the same."},
		{"a POST that is blocked was sent", func(q *check.Question) { q.Data = &body }, true, "only its answer is kept from"},
		{"a PUT whose preflight fails was not", func(q *check.Question) { q.Method = "PUT" }, false, "The PUT itself was never sent."},
		{"mode same-origin sends nothing", func(q *check.Question) { q.Mode = "same-origin" }, false, "Nothing was sent to any server."},
		{"an opaque answer was sent for", func(q *check.Question) { q.Mode, q.As = "no-cors", "firefox" }, true, "although the page cannot read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			row.change(&q)
			report := ask(t, func(http.ResponseWriter, *http.Request) {}, q)
			if got := report.Results[0].Sent; got != row.sent {
				t.Errorf("Sent is %v, want %v", got, row.sent)
			}
			if out := text(t, report, check.TextOptions{}); !strings.Contains(out, row.says) {
				t.Errorf("the text does not say %q:\n%s", row.says, out)
			}
		})
	}
}

// serveRaw answers every request with the same bytes, and returns its address.
func serveRaw(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestHostileAnswersAreEscapedAndBounded(t *testing.T) {
	long := strings.Repeat("A", 20000)
	var many strings.Builder
	for i := range 500 {
		fmt.Fprintf(&many, "Access-Control-X%d: \x9b31m\u202e%s\r\nSet-Cookie: \xe2\x80\xae%d=%s\r\n", i, long[:100], i, long[:100])
	}
	for _, row := range []struct {
		name, answer string
		want         check.Verdict
	}{
		{"a value that no terminal should see", "HTTP/1.1 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: evil\x9b31m\u202e\u0301" + long + "\r\n" + many.String() + "Content-Length: 0\r\n\r\n", check.Blocked},
		{"an escape sequence in a header, which is no HTTP", "HTTP/1.1 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: \x1b[2J" + long + "\r\n\r\n", check.Unreachable},
		{"something else than HTTP", "\x1b[2J\x07" + long + "\r\n", check.Unreachable},
		{"a status with a story", "HTTP/1.1 404 \u202e\x9b" + long + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", check.Blocked},
		{"a redirect to an endless URL", "HTTP/1.1 302 Found\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\nLocation: /\u202e" + long + "\r\nContent-Length: 0\r\n\r\n", check.Blocked},
	} {
		address := serveRaw(t, row.answer)
		for _, as := range []string{"chromium", "firefox", "webkit", "standard", "all"} {
			t.Run(row.name+", as "+as, func(t *testing.T) {
				q := plain()
				q.As, q.Cookies = as, []string{"a=b"}
				report := askAt(t, address, q)
				if report.Verdict != row.want {
					t.Fatalf("verdict %s (%.200s), want %s", report.Verdict, report.Results[0].Cause, row.want)
				}
				out := text(t, report, check.TextOptions{Trace: true})
				checkPrintable(t, "the text", out)
				for line := range strings.Lines(out) {
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
						t.Errorf("%d columns: %.200s", n, line)
					}
				}
				if len(out) > 200_000 {
					t.Errorf("the text has %d bytes", len(out))
				}
				var js bytes.Buffer
				if err := report.WriteJSON(&js); err != nil {
					t.Fatal(err)
				}
				checkPrintable(t, "the JSON", js.String())
				var back check.Report
				if err := json.Unmarshal(js.Bytes(), &back); err != nil {
					t.Fatal(err)
				}
				if value := back.Results[0].Value; value != nil && len([]rune(*value)) > 4200 {
					t.Errorf("the JSON's value has %d characters", len([]rune(*value)))
				}
			})
		}
	}
}

func checkPrintable(t *testing.T, what, s string) {
	t.Helper()
	for _, r := range s {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%s has the character %U", what, r)
			return
		}
	}
}

func TestEveryFieldOfTheJSONIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../../docs/check-json.md")
	if err != nil {
		t.Fatal(err)
	}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			visit(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if name == "" || !strings.Contains(string(doc), "`"+name+"`") {
					t.Errorf("%s.%s: the field %q is not in docs/check-json.md", typ.Name(), typ.Field(i).Name, name)
				}
				visit(typ.Field(i).Type)
			}
		}
	}
	visit(reflect.TypeFor[check.Report]())
}

func TestAReportWithoutResultsIsAnError(t *testing.T) {
	if err := new(check.Report).WriteText(io.Discard, check.TextOptions{}); err == nil {
		t.Error("no error")
	}
}

func TestJSONHoldsAServersBytes(t *testing.T) {
	address := serveRaw(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: caf\xe9 \xff\r\nContent-Length: 0\r\n\r\n")
	report := askAt(t, address, plain())
	if value := report.Results[0].Value; value == nil || *value != "café ÿ" {
		t.Errorf("value %v, want one code point for each byte", value)
	}
}

func TestJSONWritesCharactersBeyondTheBasicPlane(t *testing.T) {
	report := check.Report{Page: check.Page{Origin: "a\U000E0041b\U0001F600"}}
	var b bytes.Buffer
	if err := report.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `a\udb40\udc41b`+"\U0001F600") {
		t.Errorf("want the tag character escaped and the face not: %s", b.String())
	}
	var back check.Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Page.Origin != report.Page.Origin {
		t.Errorf("came back as %q (error %v)", back.Page.Origin, err)
	}
}

func TestAnAnswerWithoutEndDoesNotKeepTheReportWaiting(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	begun := time.Now()
	report := ask(t, func(w http.ResponseWriter, r *http.Request) {
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
	r := report.Results[0].Readable
	if !r.Body || r.BodyWhole || r.BodyLength != 9 {
		t.Errorf("body %v, whole %v, length %d; want what had come, and not whole", r.Body, r.BodyWhole, r.BodyLength)
	}
}

func TestALargeBodyIsNotReadToItsEnd(t *testing.T) {
	report := ask(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Write(make([]byte, 3<<20))
	}, plain())
	if r := report.Results[0].Readable; r.BodyLength != 1<<20 || r.BodyWhole {
		t.Errorf("length %d, whole %v; want 1 MiB and more to come", r.BodyLength, r.BodyWhole)
	}
}

func TestNamesBelowLocalhostLeadToThisMachine(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer server.Close()
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:1")
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{"api.localhost", "deep.API.localhost", "localhost", "127.0.0.1"} {
		report, err := check.Run(context.Background(), check.Question{URL: "http://" + host + ":" + port + "/", From: "http://app.localhost"})
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict != check.Allowed {
			t.Errorf("%s: %s (%s)", host, report.Verdict, report.Results[0].Cause)
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
	question := check.Question{URL: "https://example.com:" + u.Port() + "/", From: "https://app.example",
		Resolve: []string{"Example.com:" + u.Port() + ":127.0.0.1"}}
	for _, row := range []struct {
		name   string
		change func(*check.Question)
		want   check.Verdict
	}{
		{"an unknown certificate is no answer", func(*check.Question) {}, check.Unreachable},
		{"insecure", func(q *check.Question) { q.Insecure = true }, check.Allowed},
		{"its authority is given", func(q *check.Question) { q.CACert = certificate }, check.Allowed},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := question
			row.change(&q)
			report, err := check.Run(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if report.Verdict != row.want {
				t.Errorf("%s (%s), want %s", report.Verdict, report.Results[0].Cause, row.want)
			}
		})
	}
	question.CACert = notPEM
	if _, err := check.Run(context.Background(), question); err == nil || !strings.Contains(err.Error(), "no certificate in it") {
		t.Errorf("a file without certificates: error %v", err)
	}
}

func TestBrowsersThatDifferGetALineEach(t *testing.T) {
	q := plain()
	q.As, q.Header = "all", []string{"Authorization: Bearer x"}
	report := ask(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
	}, q)
	if report.Agree || report.Verdict != check.Blocked {
		t.Errorf("agree %v, verdict %s; want false and blocked", report.Agree, report.Verdict)
	}
	out := text(t, report, check.TextOptions{})
	for _, line := range []string{
		"  chromium  allowed: reads status 200", "  firefox   allowed: ", "  webkit    allowed: ",
		"  standard  blocked: HeaderDisallowedByPreflightResponse; sent OPTIONS",
		"Apart from the standard: Chromium 156, Firefox",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("there is no %q in\n%s", line, out)
		}
	}
}

func TestColourAddsNoInformation(t *testing.T) {
	report := ask(t, func(http.ResponseWriter, *http.Request) {}, plain())
	plain, coloured := text(t, report, check.TextOptions{}), text(t, report, check.TextOptions{Color: true})
	if plain == coloured || strings.Contains(plain, "\x1b") {
		t.Error("colour must be there when asked for, and only then")
	}
	var stripped strings.Builder
	for rest := coloured; rest != ""; {
		before, after, found := strings.Cut(rest, "\x1b[")
		stripped.WriteString(before)
		if rest = ""; found {
			_, rest, _ = strings.Cut(after, "m")
		}
	}
	if stripped.String() != plain {
		t.Errorf("without its colours the text is another:\n%s", stripped.String())
	}
}

func TestAnElementThatFailsByItsStatusIsSaid(t *testing.T) {
	for kind, want := range map[string]string{"script": "its status is 404", "img": "the image is shown"} {
		q := plain()
		q.Resource = kind
		report := ask(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", map[string]string{"script": "text/javascript", "img": "image/png"}[kind])
			w.WriteHeader(404)
			io.WriteString(w, map[string]string{"img": "\x89PNG\r\n\x1a\n"}[kind])
		}, q)
		if use := report.Results[0].Readable.Use; !strings.Contains(use, want) {
			t.Errorf("%s: %q does not say %q", kind, use, want)
		}
	}
}

func TestAFrameOfAnotherOriginIsNotRead(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<p>hello") }
	for from, readable := range map[string]bool{"http://app.example": false, "http://api.example": true, "null": false} {
		q := plain()
		q.From, q.Resource = from, "iframe"
		r := ask(t, handler, q).Results[0].Readable
		if r.Body != readable || (r.Status == 200) != readable {
			t.Errorf("from %s: body %v, status %d; readable should be %v", from, r.Body, r.Status, readable)
		}
	}
}

func TestProgressNamesHostAndBrowser(t *testing.T) {
	var waits []string
	q := plain()
	q.As, q.Progress = "all", func(what string) { waits = append(waits, what) }
	ask(t, func(http.ResponseWriter, *http.Request) {}, q)
	if got, want := strings.Join(waits, "; "), "api.example, as Chromium; api.example, as Firefox; api.example, as WebKit; api.example, as Standard"; got != want {
		t.Errorf("waited for %q, want %q", got, want)
	}
}

func ExampleRun() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example/")
	}))
	defer server.Close()
	report, err := check.Run(context.Background(), check.Question{URL: server.URL, From: "https://app.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	result := report.Results[0]
	fmt.Println(report.Verdict, result.Reason)
	fmt.Println(result.Explanation)
	// Output:
	// blocked AllowOriginMismatch
	// The answer's Access-Control-Allow-Origin is not, byte for byte, the origin that asked.
}
