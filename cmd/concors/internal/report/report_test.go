package report_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// reportOn makes a request to a handler that every host name leads to.
func reportOn(t *testing.T, h http.HandlerFunc, q request.Question) *report.Report {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return reportAt(t, server.Listener.Addr().String(), q)
}

// reportAt makes a request to a server that every host name leads to.
func reportAt(t *testing.T, address string, q request.Question) *report.Report {
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
	return report.New(result, nil)
}

func text(t *testing.T, r *report.Report, o report.TextOptions) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// plain is the question of most tests: http, because https needs certificates.
func plain() request.Question {
	return request.Question{URL: "http://api.example/notes", From: "http://app.example"}
}

func TestASandboxedPageSaysNull(t *testing.T) {
	q := plain()
	q.From = "null"
	r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	}, q)
	if r.Page.Origin != "null" || r.Verdict != request.Allowed {
		t.Errorf("origin %q, verdict %s; want null, allowed", r.Page.Origin, r.Verdict)
	}
	if out := text(t, r, report.TextOptions{Parts: report.More}); !strings.Contains(out, "Origin: null") {
		t.Errorf("the drawing does not show Origin: null:\n%s", out)
	}
}

func TestTheReportSaysWhetherTheServerReceivedTheRequest(t *testing.T) {
	body := "milk"
	for _, row := range []struct {
		name   string
		change func(*request.Question)
		sent   bool
		says   string
	}{
		{"a GET that is blocked was sent", func(*request.Question) {}, true, "The server received the request anyway."},
		{"a POST that is blocked was sent", func(q *request.Question) { q.Data = &body }, true, "Only the response is hidden"},
		{"a PUT whose preflight fails was not sent", func(q *request.Question) { q.Method = "PUT" }, false, "The PUT itself was never sent."},
		{"mode same-origin sends nothing", func(q *request.Question) { q.Mode = "same-origin" }, false, "Nothing was sent to any server."},
		{"a request with an opaque response was sent", func(q *request.Question) { q.Mode, q.As = "no-cors", "firefox" }, true, "although the page cannot read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			row.change(&q)
			r := reportOn(t, func(http.ResponseWriter, *http.Request) {}, q)
			if got := r.Results[0].Sent; got != row.sent {
				t.Errorf("Sent is %v, want %v", got, row.sent)
			}
			if out := text(t, r, report.TextOptions{Parts: report.More}); !strings.Contains(out, row.says) {
				t.Errorf("the text does not contain %q:\n%s", row.says, out)
			}
		})
	}
}

// Who answered, and with what, decides what is known about the request.
func TestTheReportDoesNotClaimThatAnErrorMeansTheRequestWasCarriedOut(t *testing.T) {
	for _, row := range []struct {
		status    int
		says, not string
	}{
		{200, "has already carried out the request", "not known"},
		{502, "Whether it reached the server behind", "received the request anyway"},
		{504, "whether the server has carried out the request is not known", "already carried out"},
		{401, "answered 401: whether it has carried out anything is not known", "already carried out"},
		{500, "answered 500: whether", "Something in front"},
	} {
		t.Run(strconv.Itoa(row.status), func(t *testing.T) {
			r := reportOn(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(row.status) }, plain())
			out := strings.Join(strings.Fields(text(t, r, report.TextOptions{Parts: report.More})), " ")
			if !strings.Contains(out, row.says) || strings.Contains(out, row.not) {
				t.Errorf("want %q and not %q:\n%s", row.says, row.not, out)
			}
		})
	}
}

// The policy's simulation ends where a request was never sent: after a preflight, or
// after a redirect.
func TestTheSimulationSaysWhatWasNeverSent(t *testing.T) {
	put := plain()
	put.Method = "PUT"
	for _, row := range []struct {
		name     string
		question request.Question
		status   int
		says     string
	}{
		{"a redirect", plain(), 301, "Chromium, Firefox and Safari follow the redirect; the next request was never sent"},
		{"a preflight", put, 405, "Chromium, Firefox and Safari pass the preflight; the request itself was never sent"},
		{"a redirected preflight", put, 301, "Chromium, Firefox and Safari pass the preflight; the request itself was never sent"},
		{"a response", plain(), 404, "Chromium, Firefox and Safari allow the request."},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := reportOn(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(row.status)
			}, row.question)
			var err error
			row.question.URL = r.Request.URL
			if r.ServerFix, err = serverfix.For(t.Context(), row.question, &r.Result, ""); err != nil {
				t.Fatal(err)
			}
			if out := strings.Join(strings.Fields(text(t, r, report.TextOptions{Parts: report.More})), " "); !strings.Contains(out, row.says) {
				t.Errorf("want %q:\n%s", row.says, out)
			}
		})
	}
}

// serveRaw serves the same bytes in response to every request, and returns its address.
func serveRaw(t *testing.T, response string) string {
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
					io.WriteString(conn, response)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestHostileResponsesAreEscapedAndBounded(t *testing.T) {
	long, headers := strings.Repeat("A", 20000), 500
	if testing.Short() {
		long, headers = long[:7000], 100 // longer than any limit
	}
	var many strings.Builder
	for i := range headers {
		fmt.Fprintf(&many, "Access-Control-X%d: \x9b31m\u202e%s\r\nSet-Cookie: \xe2\x80\xae%d=%s\r\n", i, long[:100], i, long[:100])
	}
	browsers := []string{"chromium", "firefox", "webkit", "standard", "all"}
	if testing.Short() {
		browsers = []string{"all"}
	}
	for _, row := range []struct {
		name, response string
		want           request.Verdict
	}{
		{"a value with control characters", "HTTP/1.1 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: evil\x9b31m\u202e\u0301" + long + "\r\n" + many.String() + "Content-Length: 0\r\n\r\n", request.Blocked},
		{"an escape sequence in a header, which is invalid HTTP", "HTTP/1.1 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: \x1b[2J" + long + "\r\n\r\n", request.Unreachable},
		{"not HTTP", "\x1b[2J\x07" + long + "\r\n", request.Unreachable},
		{"a long status line", "HTTP/1.1 404 \u202e\x9b" + long + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", request.Blocked},
		{"a redirect to an endless URL", "HTTP/1.1 302 Found\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\nLocation: /\u202e" + long + "\r\nContent-Length: 0\r\n\r\n", request.Blocked},
	} {
		address := serveRaw(t, row.response)
		for _, as := range browsers {
			t.Run(row.name+", as "+as, func(t *testing.T) {
				q := plain()
				q.As, q.Cookies = as, []string{"a=b"}
				r := reportAt(t, address, q)
				if r.Verdict != row.want {
					t.Fatalf("verdict %s (%.200s), want %s", r.Verdict, r.Results[0].Cause, row.want)
				}
				out := text(t, r, report.TextOptions{Parts: report.All})
				checkPrintable(t, "the text", out)
				for line := range strings.Lines(out) {
					if n := term.Columns(strings.TrimSuffix(line, "\n")); n > term.Width {
						t.Errorf("%d columns: %.200s", n, line)
					}
				}
				if len(out) > 200_000 {
					t.Errorf("the text has %d bytes", len(out))
				}
				var js bytes.Buffer
				if err := r.WriteJSON(&js); err != nil {
					t.Fatal(err)
				}
				checkPrintable(t, "the JSON", js.String())
				var back struct {
					Page    request.Page
					Results []struct{ Value *string }
				}
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
				if !typ.Field(i).IsExported() {
					continue
				}
				if typ.Field(i).Anonymous {
					visit(typ.Field(i).Type)
					continue
				}
				name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if name == "-" { // it is not in the JSON
					continue
				}
				if name == "" || !strings.Contains(string(doc), "`"+name+"`") {
					t.Errorf("%s.%s: the field %q is not in docs/check-json.md", typ.Name(), typ.Field(i).Name, name)
				}
				visit(typ.Field(i).Type)
			}
		}
	}
	visit(reflect.TypeFor[report.Report]())
	visit(reflect.TypeFor[report.Answer]())
}

func TestAReportWithoutResultsIsAnError(t *testing.T) {
	if err := new(report.Report).WriteText(io.Discard, report.TextOptions{Parts: report.More}); err == nil {
		t.Error("no error")
	}
}

func TestJSONKeepsAServersBytes(t *testing.T) {
	address := serveRaw(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: caf\xe9 \xff\r\nContent-Length: 0\r\n\r\n")
	r := reportAt(t, address, plain())
	if value := r.Results[0].Value; value == nil || *value != "café ÿ" {
		t.Errorf("value %v, want one code point for each byte", value)
	}
}

func TestJSONWritesCharactersBeyondTheBasicPlane(t *testing.T) {
	r := report.Report{Result: request.Result{Page: request.Page{Origin: "a\U000E0041b\U0001F600"}}}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `a\udb40\udc41b`+"\U0001F600") {
		t.Errorf("want the tag character escaped and the emoji not: %s", b.String())
	}
	var back struct {
		Page    request.Page
		Results []struct{ Value *string }
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Page.Origin != r.Page.Origin {
		t.Errorf("came back as %q (error %v)", back.Page.Origin, err)
	}
}

func TestBrowsersThatDifferGetALineEach(t *testing.T) {
	q := plain()
	q.As, q.Header = "all", []string{"Authorization: Bearer x"}
	r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
	}, q)
	if r.Agree || r.Verdict != request.Blocked {
		t.Errorf("agree %v, verdict %s; want false and blocked", r.Agree, r.Verdict)
	}
	out := text(t, r, report.TextOptions{Parts: report.More})
	for _, line := range []string{
		"  chromium  allowed: reads status 200", "  firefox   allowed: ", "  webkit    allowed: ",
		"  standard  blocked: HeaderDisallowedByPreflightResponse; sent OPTIONS",
		"Not as the standard says: Chromium 156, Firefox",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
}

func TestColourAddsNoInformation(t *testing.T) {
	r := reportOn(t, func(http.ResponseWriter, *http.Request) {}, plain())
	plain, coloured := text(t, r, report.TextOptions{Parts: report.More}), text(t, r, report.TextOptions{Colour: true, Parts: report.More})
	if plain == coloured || strings.Contains(plain, "\x1b") {
		t.Error("want colour with the option, and only then")
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
		t.Errorf("without its colours the text differs:\n%s", stripped.String())
	}
}

// Wide characters, combining marks and emoji must not move the lines of the drawing
// or the columns of a table.
func TestWideCharactersAreAligned(t *testing.T) {
	q := plain()
	q.Header = []string{"X-Name: 日本語", "X-Emoji: \U0001F600\U0001F468\u200D\U0001F469", "X-Mark: e\u0301"}
	r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodGet {
			w.Header().Set("Access-Control-Allow-Origin", "https://"+strings.Repeat("例", 40))
			w.Header().Set("Access-Control-Allow-Methods", "中文 字符 e\u0301 \U0001F1EF\U0001F1F5")
		}
	}, q)
	out := text(t, r, report.TextOptions{Parts: report.All})
	checkPrintable(t, "the text", out)
	drawn := 0
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		width := term.Columns(line)
		if width > term.Width {
			t.Errorf("%d columns: %s", width, line)
		}
		if strings.HasPrefix(line, "  |") && strings.HasSuffix(line, "|") {
			if drawn++; width != 79 {
				t.Errorf("a line of the drawing has %d columns, want 79: %s", width, line)
			}
		}
	}
	if drawn < 10 {
		t.Errorf("the drawing has %d lines", drawn)
	}
	for _, want := range []string{
		"|   X-Name: 日本語                                    |",
		`|   X-Mark: e\u{301}                                  |`,
		"\U0001F600\U0001F468\\u{200d}\U0001F469",
		"|     中文 字符 e\\u{301} \U0001F1EF\U0001F1F5                           |",
		"Access-Control-Allow-Origin  https://" + strings.Repeat("例", 20) + "\n" +
			strings.Repeat(" ", 31) + strings.Repeat("例", 20) + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// CORS may allow a response that is not the one that the page wants.
func TestALoginPageInPlaceOfTheAPIIsNamed(t *testing.T) {
	for _, row := range []struct {
		name, location, contentType, accept, says string
	}{
		{"a redirect to a login page", "/login?next=/notes", "text/html", "", "sent the request on to a login page (http://api.example/login?next=/notes)"},
		{"HTML where JSON was requested", "", "text/html; charset=utf-8", "Accept: application/json", "HTML came back"},
		{"JSON", "", "application/json", "Accept: application/json", ""},
		{"HTML that the page wants", "", "text/html", "Accept: text/html", ""},
		{"another redirect", "/notes/", "application/json", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			if row.accept != "" {
				q.Header = []string{row.accept}
			}
			r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				if r.URL.Path == "/notes" && row.location != "" {
					http.Redirect(w, r, row.location, http.StatusFound)
					return
				}
				w.Header().Set("Content-Type", row.contentType)
			}, q)
			out := strings.Join(strings.Fields(text(t, r, report.TextOptions{Parts: report.More})), " ")
			if !strings.Contains(out, row.says) || row.says == "" && (strings.Contains(out, "login page") || strings.Contains(out, "HTML came back")) {
				t.Errorf("want %q:\n%s", row.says, out)
			}
		})
	}
}
