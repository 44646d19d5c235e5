package fetch_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// TestPreflightOnTheWire checks everything that a preflight sends for a
// request with credentials, cookies, a body and headers.
func TestPreflightOnTheWire(t *testing.T) {
	w := newWeb(map[string]string{
		"https://b.test/login": "200\nSet-Cookie: c=1; Secure; SameSite=None",
		"https://b.test/x":     credsA,
		"OPTIONS https://b.test/x": credsA + "\nAccess-Control-Allow-Methods: patch\n" +
			"Access-Control-Allow-Headers: X-B, authorization, x-a, content-type\nSet-Cookie: preflight=1; Secure; SameSite=None",
	})
	agent := agentOn(w, fetch.Standard)
	do(t, agent, fetch.Request{URL: "/login", Page: &fetch.Page{URL: "https://b.test/"}})
	w.Requests()
	resp, err := do(t, agent, fetch.Request{
		URL: "https://b.test/x", Method: "patch", Credentials: fetch.CredentialsInclude, Cache: fetch.CacheReload,
		Header: list("X-B: 1", "Authorization: Bearer t", "Accept: text/html", "x-a: 2"), Body: &fetch.Body{Bytes: []byte("{}"), ContentType: "application/json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.Sent[0].Method+" "+w.Sent[0].URL+" "+w.Sent[0].Body, "OPTIONS https://b.test/x "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	want := map[string]string{
		"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Accept-Language": "en-US,en;q=0.9",
		"Access-Control-Request-Headers": "authorization,content-type,x-a,x-b", "Access-Control-Request-Method": "patch",
		"Origin": "https://a.test", "Referer": "https://a.test/",
		"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site",
	}
	got := map[string]string{}
	for name, values := range w.Sent[0].Header {
		got[name] = strings.Join(values, "|")
	}
	if !maps.Equal(got, want) {
		t.Errorf("the preflight's headers are\n%v, want\n%v", got, want)
	}
	after := w.Last(t)
	if after.Method != "patch" || after.Header.Get("Cookie") != "c=1" || after.Body != "{}" || after.Header.Get("Authorization") != "Bearer t" {
		t.Errorf("the request after it: %+v", after)
	}
	if x := resp.Trace.Exchanges; len(x) != 2 || !x[0].Preflight || x[1].Preflight || x[0].BodyLength != 0 || x[0].Status != 200 {
		t.Errorf("the trace's exchanges: %+v", x)
	}
}

func TestPreflightWithoutUnsafeHeadersNamesNone(t *testing.T) {
	w := newWeb(map[string]string{"https://b.test/x": open, "OPTIONS https://b.test/x": allowAll})
	do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x", Method: "put", Header: list("Accept: text/html")})
	header := w.Preflights()[0].Header
	if _, there := header["Access-Control-Request-Headers"]; there || header.Get("Access-Control-Request-Method") != "PUT" {
		t.Errorf("%v", header)
	}
}

func TestWhatNeedsAPreflight(t *testing.T) {
	stream := func() *fetch.Body { return fetch.StreamBody(strings.NewReader("s")) }
	for _, row := range []struct {
		name string
		req  fetch.Request
		want bool
	}{
		{"GET", fetch.Request{}, false},
		{"HEAD", fetch.Request{Method: "HEAD"}, false},
		{"POST of text", fetch.Request{Method: "POST", Body: fetch.TextBody("x")}, false},
		{"POST of bytes without a type", fetch.Request{Method: "POST", Body: fetch.BytesBody([]byte("x"))}, false},
		{"POST without a body", fetch.Request{Method: "POST"}, false},
		{"credentials alone", fetch.Request{Credentials: fetch.CredentialsInclude}, false},
		{"DELETE", fetch.Request{Method: "DELETE"}, true},
		{"OPTIONS", fetch.Request{Method: "OPTIONS"}, true},
		{"patch", fetch.Request{Method: "patch"}, true},
		{"POST of JSON", fetch.Request{Method: "POST", Body: &fetch.Body{ContentType: "application/json"}}, true},
		{"a header that is not safelisted", fetch.Request{Header: list("X: 1")}, true},
		{"Authorization", fetch.Request{Header: list("Authorization: x")}, true},
		{"a forbidden header, which is dropped", fetch.Request{Header: list("Cookie: x")}, false},
		{"a simple POST with an upload listener", *fetch.XHR{Method: "POST", Body: fetch.TextBody("x"), UploadListener: true}.Request(pageA), true},
		{"a GET with an upload listener", *fetch.XHR{Method: "GET", UploadListener: true}.Request(pageA), true},
		{"a simple POST by XMLHttpRequest", *fetch.XHR{Method: "POST", Body: fetch.TextBody("x")}.Request(pageA), false},
		{"a POST of a stream", fetch.Request{Method: "POST", Body: stream()}, true},
		{"PUT at the page's own origin", fetch.Request{Method: "PUT", Header: list("X: 1"), Page: &fetch.Page{URL: "https://b.test/"}}, false},
		{"PUT from a sandboxed page of the same URL", fetch.Request{Method: "PUT", Page: &fetch.Page{URL: "https://b.test/", Sandboxed: true}}, true},
		{"no-cors", fetch.Request{Method: "POST", Mode: fetch.ModeNoCORS, Header: list("X: 1"), Body: fetch.TextBody("x")}, false},
		{"another port is another origin", fetch.Request{Method: "PUT", Page: &fetch.Page{URL: "https://b.test:444/"}}, true},
		{"another scheme is another origin", fetch.Request{Method: "PUT", Page: &fetch.Page{URL: "http://b.test/"}}, true},
		{"another host of the site is another origin", fetch.Request{Method: "PUT", Page: &fetch.Page{URL: "https://www.b.test/"}}, true},
		{"the default port is the same origin", fetch.Request{Method: "PUT", Page: &fetch.Page{URL: "https://b.test:443/"}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/x": credsA + "\nContent-Type: text/css", "OPTIONS https://b.test/x": allowAll + ",authorization"})
			row.req.URL = "https://b.test/x"
			do(t, agentOn(w, fetch.Standard), row.req)
			if got := len(w.Preflights()) == 1; got != row.want {
				t.Errorf("preflight: %t, want %t", got, row.want)
			}
		})
	}
}

// TestPreflightResponse checks what the response to a preflight must have. The
// rows for its CORS check are in TestCORSCheck.
func TestPreflightResponse(t *testing.T) {
	const origin = "\nAccess-Control-Allow-Origin: "
	const methods, headers = "\nAccess-Control-Allow-Methods: ", "\nAccess-Control-Allow-Headers: "
	const creds = origin + "https://a.test\nAccess-Control-Allow-Credentials: true"
	put := fetch.Request{Method: "PUT"}
	include := func(r fetch.Request) fetch.Request { r.Credentials = fetch.CredentialsInclude; return r }
	header := fetch.Request{Header: list("X-One: 1", "X-Two: 2")}
	authorization := fetch.Request{Header: list("Authorization: x")}
	upload := *fetch.XHR{Method: "POST", UploadListener: true}.Request(pageA)
	uploadPut := *fetch.XHR{Method: "PUT", UploadListener: true}.Request(pageA)
	for _, row := range []struct {
		name     string
		req      fetch.Request
		response string
		want     reason.Reason
	}{
		// status
		{"200", put, "200" + origin + "*" + methods + "PUT", 0},
		{"204", put, "204" + origin + "*" + methods + "PUT", 0},
		{"299", put, "299" + origin + "*" + methods + "PUT", 0},
		{"300 is not a redirect and not ok", put, "300" + origin + "*" + methods + "PUT", reason.PreflightInvalidStatus},
		{"304", put, "304" + origin + "*" + methods + "PUT", reason.PreflightInvalidStatus},
		{"401 never prompts", put, "401" + origin + "*" + methods + "PUT", reason.PreflightInvalidStatus},
		{"404", put, "404" + origin + "*" + methods + "PUT", reason.PreflightInvalidStatus},
		{"500", put, "500" + origin + "*" + methods + "PUT", reason.PreflightInvalidStatus},
		{"301", put, "301\nLocation: /y" + origin + "*" + methods + "PUT", reason.PreflightDisallowedRedirect},
		{"307 to the page's own origin", put, "307\nLocation: https://a.test/" + origin + "*" + methods + "PUT", reason.PreflightDisallowedRedirect},
		{"308 without Location", put, "308" + origin + "*" + methods + "PUT", reason.PreflightInvalidStatus},
		{"the CORS check comes before the status", put, "500", reason.PreflightMissingAllowOriginHeader},
		{"no server", put, "", reason.ConnectionFailed},

		// methods
		{"no Allow-Methods", put, "200" + origin + "*", reason.MethodDisallowedByPreflightResponse},
		{"an empty Allow-Methods", put, "200" + origin + "*" + methods, reason.MethodDisallowedByPreflightResponse},
		{"another method", put, "200" + origin + "*" + methods + "GET, POST, DELETE", reason.MethodDisallowedByPreflightResponse},
		{"put is not PUT", put, "200" + origin + "*" + methods + "put", reason.MethodDisallowedByPreflightResponse},
		{"patch, which is not normalized, is not PATCH", fetch.Request{Method: "patch"}, "200" + origin + "*" + methods + "PATCH", reason.MethodDisallowedByPreflightResponse},
		{"patch is patch", fetch.Request{Method: "patch"}, "200" + origin + "*" + methods + "PATCH,patch", 0},
		{"one of several lines", put, "200" + origin + "*" + methods + "GET" + methods + "PUT", 0},
		{"empty members are ignored", put, "200" + origin + "*" + methods + ", ,\t,PUT,,", 0},
		{"a space in a member invalidates the list", put, "200" + origin + "*" + methods + "PUT, GET POST", reason.InvalidAllowMethodsPreflightResponse},
		{"an invalid line invalidates the valid one", put, "200" + origin + "*" + methods + "PUT" + methods + "(", reason.InvalidAllowMethodsPreflightResponse},
		{"a semicolon is not a separator", put, "200" + origin + "*" + methods + "GET;PUT", reason.InvalidAllowMethodsPreflightResponse},
		{"a quoted method", put, "200" + origin + "*" + methods + `"PUT"`, reason.InvalidAllowMethodsPreflightResponse},
		{"an invalid list, with a method that need not be listed", header, "200" + origin + "*" + headers + "x-one,x-two" + methods + "[", reason.InvalidAllowMethodsPreflightResponse},
		{"a safelisted method need not be listed", fetch.Request{Method: "POST", Header: list("X-One: 1")}, "200" + origin + "*" + headers + "x-one" + methods + "PUT", 0},
		{"* allows every method", put, "200" + origin + "*" + methods + "*", 0},
		{"* among others", put, "200" + origin + "*" + methods + "GET, *", 0},
		{"* allows no method with credentials", include(put), "200" + creds + methods + "*", reason.MethodDisallowedByPreflightResponse},
		{"* with credentials is the method *", include(fetch.Request{Method: "*"}), "200" + creds + methods + "*", 0},
		{"named with credentials", include(put), "200" + creds + methods + "PUT", 0},
		{"OPTIONS needs permission like any other method", fetch.Request{Method: "OPTIONS"}, "200" + origin + "*" + methods + "GET", reason.MethodDisallowedByPreflightResponse},

		// headers
		{"both headers", header, "200" + origin + "*" + headers + "x-two, x-one", 0},
		{"in any case", header, "200" + origin + "*" + headers + "X-TWO, X-ONE", 0},
		{"on two lines", header, "200" + origin + "*" + headers + "x-two" + headers + "x-one", 0},
		{"no Allow-Headers", header, "200" + origin + "*", reason.HeaderDisallowedByPreflightResponse},
		{"one of two", header, "200" + origin + "*" + headers + "x-two", reason.HeaderDisallowedByPreflightResponse},
		{"a prefix of the name", header, "200" + origin + "*" + headers + "x-, x-t, x-on", reason.HeaderDisallowedByPreflightResponse},
		{"empty members in the list", header, "200" + origin + "*" + headers + ",,x-one , ,x-two,", 0},
		{"a bad member", header, "200" + origin + "*" + headers + "x-one, x-two, a b", reason.InvalidAllowHeadersPreflightResponse},
		{"an invalid member, with no header that must be listed", put, "200" + origin + "*" + methods + "PUT" + headers + "a@b", reason.InvalidAllowHeadersPreflightResponse},
		{"bad methods come before bad headers", put, "200" + origin + "*" + methods + "(" + headers + "(", reason.InvalidAllowMethodsPreflightResponse},
		{"bad headers come before a missing method", put, "200" + origin + "*" + headers + "(", reason.InvalidAllowHeadersPreflightResponse},
		{"* is any header", header, "200" + origin + "*" + headers + "*", 0},
		{"* is nothing with credentials, for headers", include(header), "200" + creds + headers + "*", reason.HeaderDisallowedByPreflightResponse},
		{"* with credentials is the header *", include(fetch.Request{Header: list("*: 1")}), "200" + creds + headers + "*", 0},
		{"* is not Authorization", authorization, "200" + origin + "*" + headers + "*", reason.HeaderDisallowedByPreflightResponse},
		{"Authorization must be named", authorization, "200" + origin + "*" + headers + "*, AUTHORIZATION", 0},
		{"Authorization named with credentials", include(authorization), "200" + creds + headers + "authorization", 0},
		{"a safelisted header need not be listed", fetch.Request{Method: "PUT", Header: list("Accept: a")}, "200" + origin + "*" + methods + "PUT", 0},

		// upload listeners and streams
		{"an upload listener's POST needs no Allow-Methods", upload, "200" + origin + "*", 0},
		{"nor that it is listed there", upload, "200" + origin + "*" + methods + "GET", 0},
		{"a stream's POST needs no Allow-Methods", fetch.Request{Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))}, "200" + origin + "*", 0},
		{"an upload listener's PUT is granted by silence", uploadPut, "200" + origin + "*", 0},
		{"but not by a list without it", uploadPut, "200" + origin + "*" + methods + "GET", reason.MethodDisallowedByPreflightResponse},
		{"nor by an empty one", uploadPut, "200" + origin + "*" + methods, reason.MethodDisallowedByPreflightResponse},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/x": credsA})
			if row.req.Credentials != fetch.CredentialsInclude {
				w.Responses["https://b.test/x"] = open
			}
			if row.response != "" {
				w.Responses["OPTIONS https://b.test/x"] = row.response
			} else {
				delete(w.Responses, "https://b.test/x")
			}
			if row.req.Method == "OPTIONS" {
				w.Responses["https://b.test/x"] = row.response
			}
			row.req.URL = "https://b.test/x"
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if reasonOf(err) != row.want {
				t.Fatalf("%s, want %s", outcome(resp, err), row.want)
			}
			// A request that is not allowed is never sent.
			want := 2
			if row.want != 0 {
				want = 1
			}
			if sent := w.Requests(); len(sent) != want {
				t.Errorf("sent %q", sent)
			}
			if err != nil && err.Sent() {
				t.Error("the error claims that the request was sent")
			}
		})
	}
}

// The error names the first header in the request's own order that is missing.
func TestPreflightErrorNamesTheHeader(t *testing.T) {
	w := newWeb(map[string]string{"OPTIONS https://b.test/x": "200\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: GET\nAccess-Control-Allow-Headers: x-c"})
	agent := agentOn(w, fetch.Standard)
	_, err := do(t, agent, fetch.Request{URL: "https://b.test/x", Header: list("X-C: 1", "X-B: 1", "X-A: 1")})
	if err.Reason != reason.HeaderDisallowedByPreflightResponse || err.Header != "X-B" || err.Value != "x-c" || !err.Present {
		t.Errorf("%+v", err)
	}
	_, err = do(t, agent, fetch.Request{URL: "https://b.test/x", Method: "propfind"})
	if err.Reason != reason.MethodDisallowedByPreflightResponse || err.Method != "propfind" || err.Value != "GET" {
		t.Errorf("%+v", err)
	}
}

// Elements have no unsafe-request flag. They cannot set headers or methods, and the
// headers that the browser adds need no preflight.
func TestElementsNeverPreflight(t *testing.T) {
	w := newWeb(map[string]string{"https://b.test/x": open})
	req, err := fetch.Element{Kind: "video", URL: "https://b.test/x", CrossOrigin: fetch.Anonymous}.Request(pageA)
	if err != nil {
		t.Fatal(err)
	}
	do(t, agentOn(w, fetch.Standard), *req)
	if got := w.Requests(); !slices.Equal(got, []string{"GET https://b.test/x"}) {
		t.Errorf("%q", got)
	}
}

// In every browser, * covers Authorization. In the standard it does not.
func TestWildcardCoversAuthorizationInBrowsers(t *testing.T) {
	for _, p := range fetch.Profiles() {
		w := newWeb(map[string]string{"https://b.test/x": open, "OPTIONS https://b.test/x": allowAll})
		resp, err := do(t, agentOn(w, p), fetch.Request{URL: "https://b.test/x", Header: list("Authorization: x")})
		want := reason.Reason(0)
		if p.Name == "Standard" {
			want = reason.HeaderDisallowedByPreflightResponse
		}
		if reasonOf(err) != want {
			t.Errorf("%s: %s", p.Name, outcome(resp, err))
		}
		without := p.Without(fetch.AuthorizationCoveredByWildcard)
		if _, err := do(t, agentOn(w, without), fetch.Request{URL: "https://b.test/x", Header: list("Authorization: x")}); reasonOf(err) != reason.HeaderDisallowedByPreflightResponse {
			t.Errorf("%s without its deviation: %v", p.Name, err)
		}
	}
}

// Browsers refuse the redirect of a preflight before they look at its headers, so
// it has one reason whatever the headers are.
func TestRedirectedPreflightHasOneReason(t *testing.T) {
	for _, headers := range []string{"", "\nAccess-Control-Allow-Origin: *", "\nAccess-Control-Allow-Origin: https://other.test"} {
		for _, status := range []string{"301", "302", "303", "307", "308"} {
			for _, profile := range fetch.Profiles() {
				w := newWeb(map[string]string{"OPTIONS https://b.test/x": status + "\nLocation: /x/" + headers})
				_, err := do(t, agentOn(w, profile), fetch.Request{URL: "https://b.test/x", Method: "PUT"})
				if reasonOf(err) != reason.PreflightDisallowedRedirect || len(w.Requests()) != 1 {
					t.Errorf("%s, %s%s: %v", profile.Name, status, headers, err)
				}
			}
		}
	}
	// Without a Location there is no redirect.
	w := newWeb(map[string]string{"OPTIONS https://b.test/x": "301"})
	if _, err := do(t, agentOn(w, fetch.Chromium), fetch.Request{URL: "https://b.test/x", Method: "PUT"}); reasonOf(err) != reason.PreflightMissingAllowOriginHeader {
		t.Error(err)
	}
}
