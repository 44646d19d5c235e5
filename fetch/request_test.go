package fetch_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

func TestMethodIsNormalizedByTheStandard(t *testing.T) {
	for _, row := range []struct{ given, sent string }{
		{"", "GET"}, {"get", "GET"}, {"Get", "GET"}, {"head", "HEAD"}, {"post", "POST"}, {"put", "PUT"},
		{"delete", "DELETE"}, {"Options", "OPTIONS"},
		{"patch", "patch"}, {"Patch", "Patch"}, {"PATCH", "PATCH"}, {"propfind", "propfind"}, {"g3t!#$", "g3t!#$"},
	} {
		w := newWeb(map[string]string{"https://a.test/x": "200"})
		if _, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x", Method: row.given}); err != nil {
			t.Errorf("%q: %v", row.given, err)
		} else if got := w.Last(t).Method; got != row.sent {
			t.Errorf("%q was sent as %q, want %q", row.given, got, row.sent)
		}
	}
}

// A request that the API refuses is never sent.
func TestInvalidRequestIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for _, row := range []struct {
		name string
		req  fetch.Request
		want reason.Reason
	}{
		{"a URL without a host", fetch.Request{URL: "https://"}, reason.InvalidURL},
		{"a URL with a port that is too large", fetch.Request{URL: "https://b.test:65536/"}, reason.InvalidURL},
		{"a user name in the URL", fetch.Request{URL: "https://u@b.test/"}, reason.URLContainsCredentials},
		{"a password in the URL", fetch.Request{URL: "https://:p@b.test/"}, reason.URLContainsCredentials},
		{"a user name in a URL of the page's own origin", fetch.Request{URL: "https://u:p@a.test/"}, reason.URLContainsCredentials},
		{"a method with a space", fetch.Request{URL: "/x", Method: "G T"}, reason.InvalidMethod},
		{"a method with a byte beyond ASCII", fetch.Request{URL: "/x", Method: "GÉT"}, reason.InvalidMethod},
		{"a method with a line break", fetch.Request{URL: "/x", Method: "GET\n"}, reason.InvalidMethod},
		{"CONNECT", fetch.Request{URL: "/x", Method: "CONNECT"}, reason.ForbiddenMethod},
		{"trace in lower case", fetch.Request{URL: "/x", Method: "trace"}, reason.ForbiddenMethod},
		{"TrAcK in mixed case", fetch.Request{URL: "/x", Method: "TrAcK"}, reason.ForbiddenMethod},
		{"TRACE by an XMLHttpRequest", fetch.Request{URL: "/x", Method: "TRACE", Initiator: fetch.InitiatorXHR}, reason.ForbiddenMethod},
		{"a header name with a space", fetch.Request{URL: "/x", Header: list("X Y: 1")}, reason.InvalidHeader},
		{"an empty header name", fetch.Request{URL: "/x", Header: list(": 1")}, reason.InvalidHeader},
		{"a line break within a header value", fetch.Request{URL: "/x", Header: fetch.HeaderList{{Name: "X", Value: "1\r\nY: 2"}}}, reason.InvalidHeader},
		{"a NUL at the end of a header value", fetch.Request{URL: "/x", Header: fetch.HeaderList{{Name: "X", Value: "1\x00"}}}, reason.InvalidHeader},
		{"an invalid value of a forbidden header", fetch.Request{URL: "/x", Header: fetch.HeaderList{{Name: "Cookie", Value: "\x00"}}}, reason.InvalidHeader},
		{"a body with GET", fetch.Request{URL: "/x", Body: fetch.TextBody("b")}, reason.BodyNotAllowed},
		{"an empty body with GET", fetch.Request{URL: "/x", Body: fetch.TextBody("")}, reason.BodyNotAllowed},
		{"a body with head", fetch.Request{URL: "/x", Method: "head", Body: fetch.BytesBody(nil)}, reason.BodyNotAllowed},
		{"a stream in no-cors mode", fetch.Request{URL: "/x", Method: "POST", Mode: fetch.ModeNoCORS, Body: fetch.StreamBody(strings.NewReader("b"))}, reason.InvalidRequest},
		{"PUT in no-cors mode", fetch.Request{URL: "/x", Method: "put", Mode: fetch.ModeNoCORS}, reason.NoCorsMethodNotSafelisted},
		{"PATCH in no-cors mode to the page's own origin", fetch.Request{URL: "/x", Method: "PATCH", Mode: fetch.ModeNoCORS}, reason.NoCorsMethodNotSafelisted},
		{"a referrer that is not a URL", fetch.Request{URL: "/x", Referrer: "https://"}, reason.InvalidReferrer},
		{"an unknown mode", fetch.Request{URL: "/x", Mode: "CORS"}, reason.InvalidRequest},
		{"mode navigate from a script", fetch.Request{URL: "/x", Mode: fetch.ModeNavigate}, reason.InvalidRequest},
		{"an unknown credentials mode", fetch.Request{URL: "/x", Credentials: "yes"}, reason.InvalidRequest},
		{"an unknown redirect mode", fetch.Request{URL: "/x", Redirect: "no"}, reason.InvalidRequest},
		{"an unknown cache mode", fetch.Request{URL: "/x", Cache: "never"}, reason.InvalidRequest},
		{"only-if-cached in cors mode", fetch.Request{URL: "/x", Cache: fetch.CacheOnlyIfCached}, reason.InvalidRequest},
		{"an unknown referrer policy", fetch.Request{URL: "/x", ReferrerPolicy: "never"}, reason.InvalidRequest},
		{"an unknown referrer policy of the page", fetch.Request{URL: "/x", Page: &fetch.Page{URL: "https://a.test", ReferrerPolicy: "never"}}, reason.InvalidRequest},
		{"an unknown embedder policy", fetch.Request{URL: "/x", Page: &fetch.Page{URL: "https://a.test", EmbedderPolicy: "all"}}, reason.InvalidRequest},
		{"a page with an invalid URL", fetch.Request{URL: "/x", Page: &fetch.Page{URL: "a.test"}}, reason.InvalidRequest},
		{"an ancestor with an invalid URL", fetch.Request{URL: "/x", Page: &fetch.Page{URL: "https://a.test", Ancestors: []string{"b.test"}}}, reason.InvalidRequest},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://a.test/x": "200"})
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if reasonOf(err) != row.want {
				t.Errorf("%s, want %s", outcome(resp, err), row.want)
			}
			if err != nil && (!err.Reason.Refused() || err.Sent()) {
				t.Errorf("refused %t, sent %t", err.Reason.Refused(), err.Sent())
			}
			if sent := w.Requests(); sent != nil {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestRequestWithoutAPageIsRefused(t *testing.T) {
	_, err := fetch.NewAgent(fetch.Standard).Fetch(t.Context(), &fetch.Request{URL: "https://a.test/"})
	var nerr *fetch.NetworkError
	if !errors.As(err, &nerr) || nerr.Reason != reason.InvalidRequest || !strings.Contains(err.Error(), "Request.Page") {
		t.Errorf("%v", err)
	}
}

func TestXHRAcceptsUserinfoInItsURL(t *testing.T) {
	w := newWeb(map[string]string{"https://b.test/x": open})
	req := fetch.XHR{Method: "GET", URL: "https://u:p@b.test/x"}.Request(pageA)
	if resp, err := do(t, agentOn(w, fetch.Standard), *req); err != nil {
		t.Error(outcome(resp, err))
	}
	if got := w.Last(t).Header.Get("Authorization"); got != "" {
		t.Errorf("Authorization %q without a 401", got)
	}
}

// After a 401, the login in an XMLHttpRequest's URL is sent, if the request has
// credentials.
func TestUserinfoIsSentAfterA401(t *testing.T) {
	for _, row := range []struct {
		name, url, authorization string
		credentials              bool
		want                     string
	}{
		{"same origin", "https://u%40:p@a.test/x", "", false, "Basic dUA6cA=="},
		{"cross-origin: CORS never prompts", "https://u:p@b.test/x", "", true, ""},
		{"the script's own Authorization stays", "https://u:p@a.test/x", "Bearer t", false, "Bearer t"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{
				"https://a.test/x": "401", "https://b.test/x": strings.Replace(credsA, "200", "401", 1)})
			x := fetch.XHR{URL: row.url, WithCredentials: row.credentials}
			if row.authorization != "" {
				x.Header.Append("Authorization", row.authorization)
			}
			resp, err := do(t, agentOn(w, fetch.Standard), *x.Request(pageA))
			if err != nil || resp.Status != 401 {
				t.Fatal(outcome(resp, err))
			}
			if got := w.Last(t).Header.Get("Authorization"); got != row.want {
				t.Errorf("Authorization %q, want %q", got, row.want)
			}
		})
	}
}

func TestForbiddenRequestHeadersAreDropped(t *testing.T) {
	for _, row := range []struct {
		line string
		kept bool
	}{
		{"Accept-Charset: x", false}, {"Access-Control-Request-Headers: x", false},
		{"Access-Control-Request-Method: x", false}, {"Connection: x", false}, {"Cookie: x", false}, {"Cookie2: x", false},
		{"Date: x", false}, {"DNT: x", false}, {"Expect: x", false}, {"Keep-Alive: x", false}, {"Set-Cookie: x", false},
		{"TE: x", false}, {"Trailer: x", false}, {"Transfer-Encoding: x", false}, {"Upgrade: x", false}, {"Via: x", false},
		{"pRoXy-x: x", false}, {"Proxy-Authorization: x", false}, {"sEc-fetch-site: x", false}, {"Sec-: x", false},
		{"Secret: x", true}, {"Proxy: x", true}, {"User-Agent: x", true}, {"Authorization: x", true}, {"If-None-Match: x", true},
		{"Set-Cookie2: x", true}, {"Content-Encoding: x", true},
		{"X-HTTP-Method-Override: GET", true}, {"X-HTTP-Method-Override: TRACE", false}, {"X-HTTP-Method-Override: trace", false},
		{"X-HTTP-Method: GET , TRACK", false}, {"X-Method-Override: CONNECT,", false}, {"X-Method-Override: ,get", true},
		{`X-HTTP-Method: "TRACE"`, true}, {`X-HTTP-Method: "a,TRACE`, true}, {"X-HTTP-Method: TRACER", true},
		{"X-HTTP-Method: TRACE x", true}, {"X-HTTP-Method-Overrides: TRACE", true},
	} {
		w := newWeb(map[string]string{"https://a.test/x": "200"})
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x", Header: list(row.line)})
		if err != nil {
			t.Errorf("%s: %v", row.line, err)
			continue
		}
		name, value, _ := strings.Cut(row.line, ": ")
		if got := slices.Contains(w.Last(t).Header.Values(name), value); got != row.kept {
			t.Errorf("%s: sent %t, want %t", row.line, got, row.kept)
		}
		if reported := strings.Contains(resp.Trace.Steps[0].Outcome, "silently dropped"); reported == row.kept {
			t.Errorf("%s: the trace says %q", row.line, resp.Trace.Steps[0].Outcome)
		}
	}
}

// The browser sets these headers itself, whatever the script says.
func TestScriptCannotSetTheBrowsersHeaders(t *testing.T) {
	for name, want := range map[string]string{
		"Accept-Encoding": "gzip, deflate", "Content-Length": "", "Host": "", "Origin": "https://a.test",
		"Referer": "https://a.test/", "Sec-Fetch-Mode": "cors",
	} {
		w := newWeb(map[string]string{"https://b.test/x": open})
		if _, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x", Header: fetch.HeaderList{{Name: name, Value: "forged"}}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(w.Last(t).Header.Values(name), "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestHeaderValuesAreNormalizedAndCombined(t *testing.T) {
	w := newWeb(map[string]string{"https://a.test/x": "200"})
	header := fetch.HeaderList{{Name: "X-One", Value: "\r\n\t a \t b \n"}, {Name: "x-oNE", Value: ""}, {Name: "X-One", Value: "c"}, {Name: "X-Latin", Value: "\xe9"}}
	if _, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x", Header: header}); err != nil {
		t.Fatal(err)
	}
	if got := w.Last(t).Header.Values("X-One"); !slices.Equal(got, []string{"a \t b, , c"}) {
		t.Errorf("%q", got)
	}
	if got := w.Last(t).Header.Get("X-Latin"); got != "\xe9" {
		t.Errorf("%q", got)
	}
	if header[0].Value != "\r\n\t a \t b \n" {
		t.Error("the caller's list was changed")
	}
}

func TestNoCORSGuardKeepsOnlySafelistedHeaders(t *testing.T) {
	long := strings.Repeat("a", 60)
	for _, row := range []struct {
		name  string
		given []string
		want  string // of the first header's name
	}{
		{"Accept", []string{"Accept: text/html"}, "text/html"},
		{"Content-Type that is safelisted", []string{"Content-Type: text/plain"}, "text/plain"},
		{"Content-Type that is not", []string{"Content-Type: application/json"}, ""},
		{"any other name", []string{"X-One: 1"}, ""},
		{"Authorization", []string{"Authorization: x"}, ""},
		{"Range, although CORS safelists it", []string{"Range: bytes=0-1"}, ""},
		{"values are checked together: those that fit are kept", []string{"Accept-Language: " + long, "Accept-Language: " + long}, long + ", " + long},
		{"values are checked together: one that is too much is dropped", []string{"Accept-Language: " + long, "Accept-Language: " + long, "Accept-Language: " + long}, long + ", " + long},
		{"two types combine to a Content-Type that has the essence of the first", []string{"Content-Type: text/plain;a=b", "Content-Type: text/html"}, "text/plain;a=b, text/html"},
		{"without a parameter the two types do not parse", []string{"Content-Type: text/plain", "Content-Type: text/html"}, "text/plain"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/x": "200\nContent-Type: text/css"})
			req := fetch.Request{URL: "https://b.test/x", Method: "POST", Mode: fetch.ModeNoCORS, Header: list(row.given...)}
			if resp, err := do(t, agentOn(w, fetch.Standard), req); err != nil || resp.Type != fetch.TypeOpaque {
				t.Fatal(outcome(resp, err))
			}
			name, _, _ := strings.Cut(row.given[0], ":")
			if got := w.Last(t).Header.Get(name); got != row.want {
				t.Errorf("%s: %q, want %q", name, got, row.want)
			}
		})
	}
}

func TestBodyHasItsContentType(t *testing.T) {
	for _, row := range []struct {
		name       string
		req        fetch.Request
		body, want string // the body and the Content-Type
	}{
		{"a string", fetch.Request{Body: fetch.TextBody("hé")}, "hé", "text/plain;charset=UTF-8"},
		{"bytes have none", fetch.Request{Body: fetch.BytesBody([]byte("x"))}, "x", ""},
		{"a form", fetch.Request{Body: fetch.FormBody(url.Values{"a": {"1 &"}})}, "a=1+%26", "application/x-www-form-urlencoded;charset=UTF-8"},
		{"the script's own type wins", fetch.Request{Body: fetch.TextBody("x"), Header: list("content-type: a/b")}, "x", "a/b"},
		{"even an empty one", fetch.Request{Body: fetch.TextBody("x"), Header: list("Content-Type:")}, "x", ""},
		{"no-cors: a type that is not safelisted is dropped", fetch.Request{Mode: fetch.ModeNoCORS, Body: &fetch.Body{Bytes: []byte("{}"), ContentType: "application/json"}}, "{}", ""},
		{"no-cors: the string's type is safelisted", fetch.Request{Mode: fetch.ModeNoCORS, Body: fetch.TextBody("x")}, "x", "text/plain;charset=UTF-8"},
		{"a stream", fetch.Request{Body: fetch.StreamBody(strings.NewReader("abc"))}, "abc", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://a.test/x": "200"})
			row.req.URL, row.req.Method = "/x", "POST"
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if err != nil {
				t.Fatal(err)
			}
			got := w.Last(t)
			if got.Body != row.body || got.Header.Get("Content-Type") != row.want {
				t.Errorf("sent %q as %q, want %q as %q", got.Body, got.Header.Get("Content-Type"), row.body, row.want)
			}
			want := int64(len(row.body))
			if row.req.Body.Stream != nil {
				want = -1
			}
			if got := resp.Trace.Exchanges[0].BodyLength; got != want {
				t.Errorf("the trace says %d bytes, want %d", got, want)
			}
		})
	}
}

func TestContentLengthWithoutABody(t *testing.T) {
	for method, want := range map[string]string{"GET": "", "HEAD": "", "DELETE": "", "patch": "", "POST": "0", "PUT": "0"} {
		resp, err := do(t, agentOn(newWeb(map[string]string{"https://a.test/x": "200"}), fetch.Standard), fetch.Request{URL: "/x", Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if got, present := resp.Trace.Exchanges[0].Header.Get("Content-Length"); got != want || present != (want != "") {
			t.Errorf("%s: Content-Length %q", method, got)
		}
	}
}

func TestXHRIgnoresABodyWithGETAndCombinesHeaders(t *testing.T) {
	w := newWeb(map[string]string{"https://a.test/x": "200"})
	x := fetch.XHR{Method: "get", URL: "/x", Body: fetch.TextBody("ignored"), Header: list("X: 1", "x: 2")}
	if _, err := do(t, agentOn(w, fetch.Standard), *x.Request(pageA)); err != nil {
		t.Fatal(err)
	}
	if got := w.Last(t); got.Body != "" || got.Header.Get("Content-Type") != "" || got.Header.Get("X") != "1, 2" {
		t.Errorf("%+v", got)
	}
}

func TestCacheModeDecidesTheCacheHeaders(t *testing.T) {
	for _, row := range []struct {
		mode                 fetch.Cache
		own                  []string
		pragma, cacheControl string
	}{
		{mode: fetch.CacheDefault},
		{mode: fetch.CacheForceCache},
		{mode: fetch.CacheNoCache, cacheControl: "max-age=0"},
		{mode: fetch.CacheNoStore, pragma: "no-cache", cacheControl: "no-cache"},
		{mode: fetch.CacheReload, pragma: "no-cache", cacheControl: "no-cache"},
		{mode: fetch.CacheDefault, own: []string{"If-None-Match: x"}, pragma: "no-cache", cacheControl: "no-cache"}, // the script's own revalidation
		{mode: fetch.CacheForceCache, own: []string{"If-None-Match: x"}},
		{mode: fetch.CacheReload, own: []string{"Cache-Control: max-age=9"}, pragma: "no-cache", cacheControl: "max-age=9"},
	} {
		w := newWeb(map[string]string{"https://a.test/x": "200"})
		if _, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/x", Cache: row.mode, Header: list(row.own...)}); err != nil {
			t.Error(err)
		}
		if h := w.Last(t).Header; h.Get("Pragma") != row.pragma || h.Get("Cache-Control") != row.cacheControl {
			t.Errorf("%s: Pragma %q, Cache-Control %q", row.mode, h.Get("Pragma"), h.Get("Cache-Control"))
		}
	}
}

func TestRequestTargetIsSerializedByTheURLStandard(t *testing.T) {
	for _, row := range []struct{ given, sent string }{
		{"https://b.test", "https://b.test/"}, {"https://b.test:443/x", "https://b.test/x"}, {"https://b.test/x?", "https://b.test/x?"},
		{"https://b.test/a/./%2e%2e/b", "https://b.test/b"}, {"https://b.test/%zz?%zz#frag", "https://b.test/%zz?%zz"},
		{"https://b.test/a b\"?c d'", "https://b.test/a%20b%22?c%20d%27"}, {"https://b.test//two", "https://b.test//two"},
		{"https://b.test/[x]|^", "https://b.test/[x]|%5E"}, {"https:b.test\\x", "https://b.test/x"},
		{"HTTPS://B.TEST:8443/É", "https://b.test:8443/%C3%89"},
	} {
		w := newWeb(nil)
		do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.given, Page: &fetch.Page{URL: "http://a.test/"}})
		if got := w.Last(t).URL; got != row.sent {
			t.Errorf("%s was sent as %s, want %s", row.given, got, row.sent)
		}
	}
}

func TestRequestCanBeUsedAgain(t *testing.T) {
	w := newWeb(map[string]string{"https://b.test/x": open, "OPTIONS https://b.test/x": allowAll})
	agent := agentOn(w, fetch.Standard)
	req := &fetch.Request{Page: pageA, URL: "https://b.test/x", Method: "put", Header: list("x-one: 1", "Cookie: c"), Body: fetch.TextBody("body")}
	for range 2 {
		if _, err := agent.Fetch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if got := w.Last(t); got.Method != "PUT" || got.Body != "body" || got.Header.Get("X-One") != "1" {
			t.Errorf("%+v", got)
		}
	}
	if req.Method != "put" || !slices.Equal(lines(req.Header), []string{"x-one: 1", "Cookie: c"}) {
		t.Errorf("the request was changed: %+v", req)
	}
}
