package request_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch/reason"
)

// readable is a real server on loopback that every page may read.
func readable(t *testing.T) (port string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// A page whose host is not local is judged as a public one, unless the question says
// otherwise; the result says so.
func TestPagesOfPublicHostsNeedPermissionForLocalServers(t *testing.T) {
	port := readable(t)
	const denied, insecure = reason.LocalNetworkAccessPermissionDenied, reason.InsecureLocalNetwork
	for _, row := range []struct {
		name, host, from, space string
		resolve                 bool
		want                    reason.Reason // 0 for allowed
		assumed                 bool
	}{
		{name: "an https page and localhost", host: "localhost", from: "https://app.example", want: denied, assumed: true},
		{name: "an https page and a loopback address", host: "127.0.0.1", from: "https://app.example", want: denied, assumed: true},
		{name: "an https page and a name below localhost", host: "api.localhost", from: "https://app.example", want: denied, assumed: true},
		{name: "an http page", host: "localhost", from: "http://app.example", want: insecure, assumed: true},
		{name: "a page on a public address", host: "localhost", from: "https://93.184.215.14", want: denied, assumed: true},
		{name: "told: loopback", host: "localhost", from: "https://app.example", space: "loopback"},
		{name: "told: public", host: "localhost", from: "https://app.example", space: "public", want: denied},
		{name: "a page on localhost", host: "localhost", from: "http://localhost:5173"},
		{name: "a page on a loopback address", host: "localhost", from: "http://127.0.0.1:5173"},
		{name: "a page in the local network", host: "localhost", from: "http://192.168.1.5"},
		{name: "a page on a name of the local network", host: "localhost", from: "https://nas.local"},
		{name: "a page of an app", host: "localhost", from: "capacitor://localhost"},
		{name: "a page of an extension", host: "localhost", from: "chrome-extension://abcdef"},
		{name: "a sandboxed page", host: "localhost", from: "null"},
		{name: "the user says where the server is", host: "api.example", from: "https://app.example", resolve: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := request.Question{URL: "http://" + row.host + ":" + port + "/", From: row.from, PageSpace: row.space}
			if row.resolve {
				q.From, q.Resolve = "http://app.example", []string{row.host + ":" + port + ":127.0.0.1"}
			}
			r, err := request.Run(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Results[0].Reason; got != row.want || r.Page.Assumed != row.assumed {
				t.Errorf("%v, assumed %v", got, r.Page.Assumed)
			}
		})
	}
}

// What the server makes of the request is said too: a user who allows it is not stopped a
// second time by something new.
func TestWhatCORSMakesOfARequestThatLocalNetworkAccessBlocks(t *testing.T) {
	var allow, got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got += r.Method + " "
		if allow != "" {
			w.Header().Set("Access-Control-Allow-Origin", allow)
		}
	}))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	for _, row := range []struct{ name, from, space, method, allow, want, sent string }{
		{"allowed", "https://app.example", "", "", "*", "allowed it. CORS allows it.", "GET "},
		{"blocked", "https://app.example", "", "", "", "It is blocked too: the response has no Access-Control-Allow-Origin header (MissingAllowOriginHeader). Send Access-Control-Allow-Origin: https://app.example", "GET "},
		{"blocked by the preflight", "https://app.example", "", "PUT", "*", "(MethodDisallowedByPreflightResponse)", "OPTIONS "},
		{"an insecure page", "http://app.example", "", "", "", "(MissingAllowOriginHeader)", "GET "},
		{"told that the page is public", "https://app.example", "public", "", "", "(MissingAllowOriginHeader)", "GET "},
		{"a page for which the rule does not count", "http://localhost:5173", "", "", "*", "", "GET "},
	} {
		allow, got = row.allow, ""
		r, err := request.Run(t.Context(), request.Question{URL: "http://localhost:" + u.Port() + "/", From: row.from, PageSpace: row.space, Method: row.method})
		if err != nil {
			t.Fatal(err)
		}
		note := ""
		for _, n := range r.Results[0].Notes {
			if n.Kind == request.NoteLocalNetwork {
				note = n.Sentence
			}
		}
		if (row.want == "") != (note == "") || !strings.Contains(note, row.want) || got != row.sent {
			t.Errorf("%s: sent %q, note %q", row.name, got, note)
		}
	}
	port := u.Port()
	s.Close()
	r, err := request.Run(t.Context(), request.Question{URL: "http://localhost:" + port + "/", From: "https://app.example"})
	if err != nil || r.Results[0].Reason != reason.ConnectionFailed {
		t.Errorf("%+v, %v", r.Results, err)
	}
}

// WebKit has no Local Network Access: the request is allowed, and the result still says
// what was assumed.
func TestAssumptionIsReportedWhereTheRequestIsAllowed(t *testing.T) {
	q := request.Question{URL: "http://localhost:" + readable(t) + "/", From: "http://app.example", As: "webkit"}
	if r, err := request.Run(t.Context(), q); err != nil || r.Verdict != request.Allowed || !r.Page.Assumed || r.Page.AddressSpace != "public" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNoProxyIgnoresTheEnvironment(t *testing.T) {
	for _, noProxy := range []bool{false, true} {
		_, _, wire, err := request.Question{URL: "http://api.example/", NoProxy: noProxy}.Wire()
		if err != nil || (wire.Proxy == nil) != noProxy {
			t.Errorf("NoProxy %v: has a proxy function: %v, %v", noProxy, wire.Proxy != nil, err)
		}
	}
}

func TestSpaceFlagIsForLocalServersOfPublicPages(t *testing.T) {
	const flag = "--page-space loopback"
	for _, row := range []struct{ target, page, want string }{
		{"http://localhost:8080/x", "https://app.example", flag},
		{"http://192.168.1.5/x", "https://app.example", flag},
		{"http://localhost:8080/x", "http://localhost:5173", ""},
		{"http://localhost:8080/x", "null", ""},
		{"http://localhost:8080/x", "capacitor://localhost", ""},
		{"https://api.example/x", "https://app.example", ""},
		{"not a URL", "https://app.example", ""},
		{"http://localhost/", "not an origin", ""},
	} {
		if got := request.SpaceFlag(row.target, row.page); got != row.want {
			t.Errorf("%s from %s: %q", row.target, row.page, got)
		}
	}
}
