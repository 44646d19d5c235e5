package fetch_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

const manyHeaders = "\nCache-Control: no-cache\nContent-Language: en\nContent-Length: 4\nContent-Type: text/plain\nExpires: 0" +
	"\nLast-Modified: 0\nPragma: no-cache\nSet-Cookie: c=1\nSet-Cookie2: d=1\nX-One: 1\nx-two: 2\nServer: s\n\nbody"

// TestFilteredResponses checks what the page sees of the same response, by
// response type.
func TestFilteredResponses(t *testing.T) {
	own := &fetch.Page{URL: "https://b.test/"}
	safelisted := []string{"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
	for _, row := range []struct {
		name   string
		req    fetch.Request
		typ    fetch.ResponseType
		status int
		names  []string
		body   string
		url    string
	}{
		{"basic: all headers except Set-Cookie", fetch.Request{Page: own}, fetch.TypeBasic, 200,
			append([]string{"access-control-allow-origin", "server", "x-one", "x-two"}, safelisted...), "body", "https://b.test/x"},
		{"cors: the seven safelisted headers", fetch.Request{}, fetch.TypeCORS, 200, safelisted, "body", "https://b.test/x"},
		{"no-cors to the page's own origin is basic", fetch.Request{Page: own, Mode: fetch.ModeNoCORS}, fetch.TypeBasic, 200,
			append([]string{"access-control-allow-origin", "server", "x-one", "x-two"}, safelisted...), "body", "https://b.test/x"},
		{"opaque: nothing", fetch.Request{Mode: fetch.ModeNoCORS}, fetch.TypeOpaque, 0, nil, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/x": open + manyHeaders})
			row.req.URL = "https://b.test/x#fragment"
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(row.names)
			if resp.Type != row.typ || resp.Status != row.status || !slices.Equal(resp.Header.Names(), row.names) || resp.URL != row.url {
				t.Errorf("%+v", resp)
			}
			if hidden := row.typ == fetch.TypeOpaque; resp.Hidden() != hidden || (resp.StatusText == "") != hidden {
				t.Errorf("hidden %t, status text %q", resp.Hidden(), resp.StatusText)
			}
			if got := readAll(t, resp.Body); got != row.body {
				t.Errorf("body %q", got)
			}
			if in := resp.Internal; in.Status != 200 || !in.Header.Contains("Set-Cookie") || in.URL != "https://b.test/x#fragment" {
				t.Errorf("behind the filter: %+v", in)
			}
			if row.typ == fetch.TypeOpaque {
				if got := readAll(t, resp.Internal.Body); got != "body" {
					t.Errorf("behind the filter: body %q", got)
				}
			}
		})
	}
}

func TestOpaqueRedirectShowsThatThereWasOne(t *testing.T) {
	w := newWeb(map[string]string{"https://a.test/x": "302\nLocation: https://b.test/secret" + manyHeaders})
	resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x", Redirect: fetch.RedirectManual})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Type != fetch.TypeOpaqueRedirect || resp.Status != 0 || resp.StatusText != "" || len(resp.Header) != 0 || readAll(t, resp.Body) != "" ||
		resp.URL != "https://a.test/x" || resp.Redirected || !resp.Hidden() {
		t.Errorf("%+v", resp)
	}
	if got, _ := resp.Internal.Header.Get("Location"); resp.Internal.Status != 302 || got != "https://b.test/secret" {
		t.Errorf("behind the filter: %+v", resp.Internal)
	}
}

// TestExposeHeaders checks which of X-One, x-two, Server and Set-Cookie the
// page sees, in addition to the seven safelisted headers.
func TestExposeHeaders(t *testing.T) {
	const expose = "\nAccess-Control-Expose-Headers: "
	for _, row := range []struct {
		name    string
		header  string
		include bool
		want    []string
	}{
		{"none", "", false, nil},
		{"one, in any case", expose + "x-ONE", false, []string{"x-one"}},
		{"several", expose + "X-One,X-Two", false, []string{"x-one", "x-two"}},
		{"on several lines", expose + "X-One" + expose + "Server", false, []string{"server", "x-one"}},
		{"empty members", expose + ", ,X-One,,", false, []string{"x-one"}},
		{"an empty value", expose, false, nil},
		{"with credentials by name", expose + "X-One", true, []string{"x-one"}},
		{"* exposes all", expose + "*", false, []string{"*", "access-control-allow-credentials", "access-control-allow-origin", "access-control-expose-headers", "server", "x-one", "x-two"}},
		{"* among others", expose + "nothing, *", false, []string{"*", "access-control-allow-credentials", "access-control-allow-origin", "access-control-expose-headers", "server", "x-one", "x-two"}},
		{"* with credentials is the header *", expose + "*", true, []string{"*"}},
		{"* among others with credentials", expose + "*, X-Two", true, []string{"*", "x-two"}},
		{"Set-Cookie never", expose + "Set-Cookie, Set-Cookie2, X-One", false, []string{"x-one"}},
		{"a header that the response does not have", expose + "X-Three", false, nil},
		{"a prefix of a name", expose + "X-O", false, nil},
		{"an invalid member invalidates the list", expose + "X-One, X Two", false, nil},
		{"an invalid line invalidates the valid one", expose + "X-One" + expose + "(", false, nil},
		{"a quoted name", expose + `"X-One"`, false, nil},
		{"an invalid list with *", expose + "*, a b", false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/x": credsA + row.header + "\n*: star" + manyHeaders})
			req := fetch.Request{URL: "https://b.test/x"}
			if row.include {
				req.Credentials = fetch.CredentialsInclude
			}
			resp, err := do(t, agentOn(w, fetch.Standard), req)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range resp.Header.Names() {
				switch name {
				case "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma":
				default:
					got = append(got, name)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}

// The filter depends on the response tainting, not on the last URL.
func TestFilterStaysAfterARedirectToTheOwnOrigin(t *testing.T) {
	w := newWeb(map[string]string{
		"https://b.test/":     "302\nLocation: https://a.test/home\nAccess-Control-Allow-Origin: *",
		"https://a.test/home": "200\nAccess-Control-Allow-Origin: null\nX-One: 1",
	})
	resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/"})
	if err != nil || resp.Type != fetch.TypeCORS || resp.Header.Contains("X-One") || resp.URL != "https://a.test/home" {
		t.Errorf("%s %+v", outcome(resp, err), resp)
	}
	delete(w.Responses, "https://a.test/home")
	w.Responses["https://a.test/home"] = "200"
	if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/"}); reasonOf(err) != reason.MissingAllowOriginHeader || err.Origin != "null" {
		t.Errorf("a page's own server must allow null: %s %+v", outcome(resp, err), err)
	}
}

// HEAD and some statuses have no body, whatever the server sends.
func TestResponsesWithoutABody(t *testing.T) {
	for _, row := range []struct {
		method, status string
		want           string
	}{
		{"GET", "200", "body"}, {"GET", "404", "body"}, {"POST", "201", "body"},
		{"GET", "204", ""}, {"GET", "205", ""}, {"GET", "304", ""}, {"HEAD", "200", ""}, {"HEAD", "404", ""},
	} {
		w := newWeb(map[string]string{"https://a.test/x": row.status + "\nContent-Encoding: gzip\n\nbody"})
		if row.want != "" {
			w.Responses["https://a.test/x"] = row.status + "\n\nbody"
		}
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x", Method: row.method})
		if err != nil {
			t.Errorf("%s %s: %v", row.method, row.status, err)
			continue
		}
		if got := readAll(t, resp.Body); got != row.want {
			t.Errorf("%s %s: %q", row.method, row.status, got)
		}
	}
}

func packed(t testing.TB, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if coding == "deflate" {
		w = zlib.NewWriter(&b)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentCodingsAreDecoded(t *testing.T) {
	for _, row := range []struct {
		name, header, body, want string
	}{
		{"gzip", "gzip", packed(t, "gzip", "hello"), "hello"},
		{"gzip in capitals", "GZIP", packed(t, "gzip", "hello"), "hello"},
		{"x-gzip", "x-gzip", packed(t, "gzip", "hello"), "hello"},
		{"deflate", "deflate", packed(t, "deflate", "hello"), "hello"},
		{"an empty body", "gzip", "", ""},
		{"a coding that was not offered", "br", "raw", "raw"},
		{"identity", "identity", "raw", "raw"},
		{"not gzip", "gzip", "plain text", "InvalidResponse"},
		{"not zlib", "deflate", "plain text", "InvalidResponse"},
	} {
		w := newWeb(map[string]string{"https://a.test/x": "200\nContent-Encoding: " + row.header + "\n\n" + row.body})
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x"})
		got := reasonOf(err).String()
		if err == nil {
			got = readAll(t, resp.Body)
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// The limit applies to the body before and after it is decoded.
func TestBodyIsReadUpToTheLimit(t *testing.T) {
	for _, row := range []struct {
		name, response string
		whole          bool
	}{
		{"as long as the limit", "200\n\n12345678", true},
		{"one byte more", "200\n\n123456789", false},
	} {
		w := newWeb(map[string]string{"https://a.test/x": row.response})
		agent := agentOn(w, fetch.Standard)
		agent.MaxBody = 8
		resp, nerr := do(t, agent, fetch.Request{URL: "/x"})
		if nerr != nil {
			t.Errorf("%s: %v", row.name, nerr)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		if errors.As(err, &nerr); row.whole != (err == nil) || len(b) > 8 || !row.whole && (nerr == nil || nerr.Reason != reason.ResponseTooLarge) {
			t.Errorf("%s: %d bytes, %v", row.name, len(b), err)
		}
	}
	bomb := "200\nContent-Encoding: gzip\n\n" + packed(t, "gzip", strings.Repeat("0", 1<<20))
	w := newWeb(map[string]string{"https://a.test/x": bomb})
	agent := agentOn(w, fetch.Standard)
	agent.MaxBody = 64 << 10
	resp, nerr := do(t, agent, fetch.Request{URL: "/x"})
	if nerr != nil {
		t.Fatal(nerr)
	}
	b, err := io.ReadAll(resp.Body)
	if !errors.As(err, &nerr) || nerr.Reason != reason.ResponseTooLarge || len(b) != 64<<10 {
		t.Errorf("a small response that unpacks to a large one: %d bytes, %v", len(b), err)
	}
}

func TestDataURL(t *testing.T) {
	for _, row := range []struct{ url, contentType, body string }{
		{"data:,", "text/plain;charset=US-ASCII", ""},
		{"data:,hello%20world", "text/plain;charset=US-ASCII", "hello world"},
		{"data:,a,b", "text/plain;charset=US-ASCII", "a,b"},
		{"data:,x#fragment", "text/plain;charset=US-ASCII", "x"},
		{"data:,x?y", "text/plain;charset=US-ASCII", "x?y"},
		{"data:,%zz%4", "text/plain;charset=US-ASCII", "%zz%4"},
		{"data:,%FF%00", "text/plain;charset=US-ASCII", "\xff\x00"},
		{"data:,é", "text/plain;charset=US-ASCII", "é"},
		{"data:text/html,x", "text/html", "x"},
		{"data: text/html ,x", "text/html", "x"},
		{"DATA:TEXT/HTML;Charset=UTF-8,x", "text/html;charset=UTF-8", "x"},
		{"data:nonsense,x", "text/plain;charset=US-ASCII", "x"},
		{"data:;charset=utf-8,x", "text/plain;charset=utf-8", "x"},
		{"data:;base64,aGk=", "text/plain;charset=US-ASCII", "hi"},
		{"data:;base64,aGk", "text/plain;charset=US-ASCII", "hi"},
		{"data:;BASE64,a%20G%0Ak", "text/plain;charset=US-ASCII", "hi"},
		{"data:;base64,aGl=", "text/plain;charset=US-ASCII", "hi"},
		{"data:a/b; base64,aGk=", "a/b", "hi"},
		{"data:a/b;base64 ,aGk=", "a/b", "hi"},
		{"data:a/b;x=y;base64,%61Gk=", "a/b;x=y", "hi"},
		{"data:base64,aGk=", "text/plain;charset=US-ASCII", "aGk="},
		{"data:a/b;base64;x=y,aGk=", "a/b;x=y", "aGk="},
		{"data:text/plain;base64x,aGk=", "text/plain", "aGk="},
		{"data:", "InvalidDataURL", ""}, {"data:text/html", "InvalidDataURL", ""}, {"data:;base64,a", "InvalidDataURL", ""},
		{"data:;base64,a===", "InvalidDataURL", ""}, {"data:;base64,aGk==", "InvalidDataURL", ""}, {"data:;base64,a-_b", "InvalidDataURL", ""},
		{"data:;base64,%", "InvalidDataURL", ""}, {"data:x#,y", "InvalidDataURL", ""},
	} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin} {
			w := newWeb(nil)
			resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.url, Mode: mode})
			if err != nil {
				if err.Reason.String() != row.contentType {
					t.Errorf("%s: %v", row.url, err)
				}
				continue
			}
			got, _ := resp.Header.Get("Content-Type")
			if body := readAll(t, resp.Body); got != row.contentType || body != row.body || resp.Type != fetch.TypeBasic || resp.Status != 200 {
				t.Errorf("%s: %s %q %q, want %q %q", row.url, resp.Type, got, body, row.contentType, row.body)
			}
			if sent := w.Requests(); sent != nil {
				t.Errorf("%s: sent %v", row.url, sent)
			}
		}
	}
}

func TestOtherSchemes(t *testing.T) {
	for _, row := range []struct {
		url  string
		mode fetch.Mode
		want string
	}{
		{"about:blank", fetch.ModeCORS, "CorsDisabledScheme"},
		{"about:blank", fetch.ModeNoCORS, "opaque"},
		{"about:config", fetch.ModeNoCORS, "CorsDisabledScheme"},
		{"about:blank", fetch.ModeSameOrigin, "DisallowedByMode"},
		{"file:///etc/passwd", fetch.ModeCORS, "CorsDisabledScheme"},
		{"file:///etc/passwd", fetch.ModeNoCORS, "CorsDisabledScheme"},
		{"ftp://b.test/", fetch.ModeCORS, "CorsDisabledScheme"},
		{"javascript:1", fetch.ModeNoCORS, "CorsDisabledScheme"},
		{"ws://b.test/", fetch.ModeCORS, "CorsDisabledScheme"},
		{"mailto:x@b.test", fetch.ModeCORS, "CorsDisabledScheme"},
	} {
		w := newWeb(nil)
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.url, Mode: row.mode})
		if got := outcome(resp, err); got != row.want {
			t.Errorf("%s, %s: %s, want %s", row.url, row.mode, got, row.want)
		}
		if sent := w.Requests(); sent != nil {
			t.Errorf("%s, %s: sent %v", row.url, row.mode, sent)
		}
	}
}

// The body of a redirect, or of the response to a preflight, is not read, so
// it need not be in its content coding.
func TestContentCodingOfABodyThatIsNotRead(t *testing.T) {
	const broken = "\nContent-Encoding: gzip\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PUT\n"
	for _, row := range []struct {
		name      string
		method    string
		responses map[string]string
	}{
		{"of a redirect", "GET", map[string]string{
			"https://b.test/x": "302" + broken + "Location: /2\n\nnot gzip",
			"https://b.test/2": "200\nAccess-Control-Allow-Origin: *\n\nhello",
		}},
		{"of a preflight", "PUT", map[string]string{
			"OPTIONS https://b.test/x": "200" + broken + "\nnot gzip",
			"PUT https://b.test/x":     "200\nAccess-Control-Allow-Origin: *\n\nhello",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, err := do(t, agentOn(newWeb(row.responses), fetch.Standard), fetch.Request{Page: &fetch.Page{URL: "https://a.test/"}, URL: "https://b.test/x", Method: row.method})
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != "hello" || err != nil {
				t.Errorf("body %q, %v", body, err)
			}
		})
	}
}
