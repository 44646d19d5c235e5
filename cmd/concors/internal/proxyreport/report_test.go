package proxyreport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

const (
	page = "http://localhost:5173"
	api  = "https://api.example"
)

// A session is a proxy in which records are made up from what an API responds.
type session struct {
	*Log
	api  http.Handler
	mu   sync.Mutex
	sent []string // what Ask sent
}

// newSession returns a session with an API, which gets what Ask sends. Without one, Ask sends nothing.
func newSession(t *testing.T, o Options, handler http.Handler) *session {
	t.Helper()
	s := &session{api: handler}
	if o.Pages == nil {
		o.Pages = []string{page}
	}
	o.Listen, o.APIs = "http://localhost:8010", []string{api}
	if handler != nil {
		o.Wire = fetch.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			s.sent = append(s.sent, r.Method+" "+r.URL.Path+" from "+r.Header.Get("Origin"))
			s.mu.Unlock()
			handler.ServeHTTP(w, r)
		}))
	}
	s.Log = NewLog(o)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go s.Ask(ctx)
	return s
}

// request adds the record of a request: the API gets its own origin, as from package proxy.
func (s *session) request(method, path string, header ...string) {
	r := httptest.NewRequest(method, api+path, nil)
	r.Header.Set("Origin", page)
	r.Header.Set("Sec-Fetch-Mode", "cors")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	s.Add(s.record(r))
}

// broken adds the record of a request that ended with a fault, after its response had begun.
func (s *session) broken(path string, kind proxy.FaultKind) {
	r := httptest.NewRequest("GET", api+path, nil)
	r.Header.Set("Origin", page)
	r.Header.Set("Sec-Fetch-Mode", "cors")
	record := s.record(r)
	record.Fault = &proxy.Fault{Kind: kind, Text: "it ended early"}
	s.Add(record)
}

// fault adds the record of a request to which the API did not respond.
func (s *session) fault(target string, kind proxy.FaultKind, header ...string) {
	h := http.Header{"Origin": {page}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	s.Add(proxy.Record{Method: "GET", Page: page, Asked: "http://localhost:8010/x", Target: target, Request: h, Status: 404,
		Upgrade: h.Get("Upgrade") != "", Fault: &proxy.Fault{Kind: kind, Text: "it failed", Status: 404}})
}

func (s *session) record(r *http.Request) proxy.Record {
	record := proxy.Record{Started: time.Now(), Took: time.Millisecond, Page: page, Method: r.Method,
		Asked: "http://localhost:8010" + r.URL.RequestURI(), Target: r.URL.String(), Request: r.Header.Clone(), Cookies: r.Header["Cookie"]}
	r.Header.Set("Origin", api)
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	record.Status, record.Upstream, record.Received = w.Code, w.Code, w.Header().Clone()
	record.Sent = record.Received.Clone()
	record.Changes = []proxy.Change{
		{Kind: proxy.Requested, Field: "Origin", From: page, To: api},
		{Kind: proxy.CORS, Field: "Access-Control-Allow-Origin", To: page, Why: "CORS headers were added"},
	}
	return record
}

func (s *session) report(t *testing.T) *Report {
	t.Helper()
	r, err := s.Report(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// screen returns the report's text, which fits a terminal.
func screen(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(b.String(), "\n"); lines > maxLines {
		t.Errorf("%d lines:\n%s", lines, &b)
	}
	for line := range strings.Lines(b.String()) {
		if term.Columns(strings.TrimSuffix(line, "\n")) > term.Width {
			t.Errorf("%d columns: %s", term.Columns(line), line)
		}
	}
	return b.String()
}

// withCORS is an API with a policy, behind a handler that responds with JSON.
func withCORS(t *testing.T, p cors.Policy) http.Handler {
	t.Helper()
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return m.Wrap(plainAPI)
}

var plainAPI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Powered-By", "Express")
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	fmt.Fprint(w, "{}")
})

func TestTheReportSaysWhetherTheProxyIsNeeded(t *testing.T) {
	headers := func(fields ...string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(fields); i += 2 {
				w.Header().Add(fields[i], fields[i+1])
			}
		})
	}
	onlyAt := func(path string) http.Handler { // allows every page on one path
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				w.Header().Set("Access-Control-Allow-Origin", "*")
			}
			if r.URL.Path == "/go" {
				w.Header().Set("Location", "https://elsewhere.example/")
				w.WriteHeader(http.StatusFound)
			}
		})
	}
	get := func(s *session) { s.request("GET", "/notes") }
	put := func(s *session) { s.request("PUT", "/notes/1", "Content-Type", "application/json") }
	for _, test := range []struct {
		name    string
		options Options
		api     http.Handler
		page    func(*session)
		needed  Needed
		reason  reason.Reason // of the first finding
		verdict string        // of the text
	}{
		{"an API without CORS", Options{}, plainAPI, get, Yes, reason.MissingAllowOriginHeader, "BROWSERS BLOCK 1 OF 1 REQUEST"},
		{"a preflight that the API does not know", Options{}, plainAPI, put, Yes, reason.PreflightMissingAllowOriginHeader, "BROWSERS BLOCK 1 OF 1 REQUEST"},
		{"an API that allows every page", Options{}, headers("Access-Control-Allow-Origin", "*"), get, No, 0, "NOT NEEDED"},
		{"an API that allows this page, and not its own", Options{}, withCORS(t, cors.Policy{Origins: []string{page}}), get, No, 0, "NOT NEEDED"},
		{"an API that allows other pages", Options{}, withCORS(t, cors.Policy{Origins: []string{"https://other.example"}}), get, Yes,
			reason.MissingAllowOriginHeader, "IS NEEDED"},
		{"a preflight that the API allows: the request itself is not sent again", Options{},
			withCORS(t, cors.Policy{Origins: []string{page}, Methods: []string{"PUT"}, RequestHeaders: []string{"Content-Type"}}), put,
			Unknown, 0, "NOTHING IS KNOWN TO NEED"},
		{"the same, from an API that allows every page", Options{},
			withCORS(t, cors.Policy{Origins: []string{"*"}, Methods: []string{"PUT"}, RequestHeaders: []string{"Content-Type"}}), put,
			No, 0, "NOT NEEDED"},
		{"a wildcard and a cookie", Options{}, headers("Access-Control-Allow-Origin", "*"),
			func(s *session) { s.request("GET", "/me", "Cookie", "sid=1") }, Yes, reason.WildcardOriginNotAllowed, "IS NEEDED"},
		{"a secret that the proxy adds", Options{Secrets: []string{"X-Api-Key"}}, headers("Access-Control-Allow-Origin", "*"), get, Yes, 0, "CANNOT KEEP SECRET"},
		{"nothing was requested", Options{}, plainAPI, func(*session) {}, Unknown, 0, "NO PAGE REQUESTED"},
		{"the API did not respond", Options{}, plainAPI, func(s *session) {
			s.Add(proxy.Record{Method: "GET", Page: page, Asked: "http://localhost:8010/", Target: api + "/", Status: 502,
				Fault: &proxy.Fault{Kind: proxy.Unreachable, Text: "api.example: connection refused", Status: 502}})
		}, Unknown, 0, "DID NOT RESPOND"},
		{"an event stream that the page closed, of an API without CORS there", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.broken("/ev", proxy.Cancelled)
		}, Yes, reason.MissingAllowOriginHeader, "BROWSERS BLOCK 1 OF 2 REQUESTS"},
		{"a download that the API broke off, without CORS", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.broken("/file", proxy.Interrupted)
		}, Yes, reason.MissingAllowOriginHeader, "BROWSERS BLOCK 1 OF 2 REQUESTS"},
		{"a response that stood still, without CORS", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.broken("/file", proxy.Timeout)
		}, Yes, reason.MissingAllowOriginHeader, "BROWSERS BLOCK 1 OF 2 REQUESTS"},
		{"an event stream that the page closed, of an API that allows the page", Options{}, onlyAt("/ev"),
			func(s *session) { s.broken("/ev", proxy.Cancelled) }, No, 0, "NOT NEEDED"},
		{"an EventSource that reconnects, of an API that knows no preflight", Options{}, onlyAt("/ev"), func(s *session) {
			s.request("GET", "/ev", "Accept", "text/event-stream", "Cache-Control", "no-cache", "Last-Event-ID", "7")
		}, No, 0, "NOT NEEDED"},
		{"a script's header that needs a preflight, for an event stream", Options{}, onlyAt("/ev"), func(s *session) {
			s.request("GET", "/ev", "Accept", "text/event-stream", "Last-Event-ID", "7")
		}, Yes, reason.HeaderDisallowedByPreflightResponse, "BROWSERS BLOCK 1 OF 1 REQUEST"},
		{"a redirect out of the routes, of an API without CORS there", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.broken("/go", proxy.NotAllowedTarget)
		}, Yes, reason.MissingAllowOriginHeader, "BROWSERS BLOCK 1 OF 2 REQUESTS"},
		{"the page went away before the response", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.fault(api+"/x", proxy.Cancelled)
		}, Unknown, 0, "NOTHING IS KNOWN TO NEED"},
		{"the page went away before every response", Options{}, plainAPI,
			func(s *session) { s.fault(api+"/x", proxy.Cancelled) }, Unknown, 0, "NO REQUEST OF A PAGE WAS ANSWERED"},
		{"one of two APIs is down", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.fault("https://id.example/x", proxy.Unreachable)
		}, Unknown, 0, "NOTHING IS KNOWN TO NEED"},
		{"one of two APIs has an address that is refused", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.fault("https://id.example/x", proxy.NotAllowedAddress)
		}, Unknown, 0, "NOTHING IS KNOWN TO NEED"},
		{"a path without a route", Options{}, plainAPI, func(s *session) { s.fault("", proxy.NoRoute) },
			Unknown, 0, "NO PAGE REQUESTED ANYTHING OF THE API"},
		{"a route that leads to the proxy", Options{}, plainAPI, func(s *session) { s.fault("http://localhost:8010/x", proxy.Loop) },
			Unknown, 0, "NO REQUEST OF A PAGE WAS ANSWERED"},
		{"a WebSocket that the API refused", Options{}, plainAPI, func(s *session) {
			s.fault(api+"/x", proxy.UpgradeRefused, "Upgrade", "websocket")
		}, Unknown, 0, "NO PAGE MADE A REQUEST THAT NEEDS CORS HEADERS"},
		{"a WebSocket that the API refused, and a response for every page", Options{}, onlyAt("/one"), func(s *session) {
			s.request("GET", "/one")
			s.fault(api+"/x", proxy.UpgradeRefused, "Upgrade", "websocket")
		}, No, 0, "NOT NEEDED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSession(t, test.options, test.api)
			test.page(s)
			r := s.report(t)
			if r.Needed != test.needed {
				t.Errorf("needed: %s, want %s", r.Needed, test.needed)
			}
			var got reason.Reason
			if len(r.Findings) > 0 {
				got = r.Findings[0].Reason
			}
			if got != test.reason {
				t.Errorf("reason %v, want %v", got, test.reason)
			}
			if text := screen(t, r); !strings.Contains(text, test.verdict) {
				t.Errorf("without %q:\n%s", test.verdict, text)
			}
		})
	}
}

// The API with the report's policy needs no proxy any more.
func TestThePolicyMakesTheProxyUnnecessary(t *testing.T) {
	use := func(s *session) {
		s.request("GET", "/notes", "Cookie", "sid=1")
		s.request("GET", "/notes?page=2", "Cookie", "sid=2")
		s.request("PUT", "/notes/1", "Content-Type", "application/json", "X-Trace", "abc", "Cookie", "sid=1")
		s.request("DELETE", "/notes/1", "Authorization", "Bearer abc")
	}
	before := newSession(t, Options{}, plainAPI)
	use(before)
	r := before.report(t)
	if len(r.Fixes) != 1 || r.Counts.Blocked != 4 {
		t.Fatalf("%d fixes, %+v", len(r.Fixes), r.Counts)
	}
	want := "origins: [\"http://localhost:5173\"]\nmethods: [\"PUT\",\"DELETE\"]\nrequestHeaders: [\"content-type\",\"x-trace\",\"authorization\"]\ncredentials: true\n"
	if r.Fixes[0].Policy != want {
		t.Errorf("policy:\n%s", r.Fixes[0].Policy)
	}
	for _, simulated := range r.Fixes[0].Simulated {
		if simulated.Verdict != request.Allowed {
			t.Errorf("simulated: %+v", simulated)
		}
	}
	text := screen(t, r)
	for _, part := range []string{"4 requests of http://localhost:5173 to https://api.example", "GET /notes", "--for express", `methods: ["PUT","DELETE"]`} {
		if !strings.Contains(text, part) {
			t.Errorf("without %q:\n%s", part, text)
		}
	}
	file, err := policyfile.Load("policy.yaml", []byte(r.Fixes[0].Policy))
	if err != nil {
		t.Fatal(err)
	}
	after := newSession(t, Options{}, withCORS(t, file.Routes.Policy))
	use(after)
	if r := after.report(t); r.Counts.Blocked != 0 || len(r.Fixes) != 0 || r.Needed == Yes {
		t.Errorf("with the policy: %+v", r)
	}
}

func TestOnlyPreflightsAndReadsAreSentAgain(t *testing.T) {
	s := newSession(t, Options{}, withCORS(t, cors.Policy{Origins: []string{page}, Methods: []string{"PUT", "DELETE"}, RequestHeaders: []string{"Content-Type"}}))
	s.request("GET", "/a")
	s.request("GET", "/a")
	s.request("POST", "/b", "Content-Type", "text/plain")
	s.request("PUT", "/c", "Content-Type", "application/json")
	s.report(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.sent)
	if want := []string{"GET /a from " + page, "OPTIONS /c from " + page}; !slices.Equal(s.sent, want) {
		t.Errorf("sent %q, want %q", s.sent, want)
	}
}

// Without an answer of the API to the page, the recorded response shows only what does not
// depend on Origin.
func TestWhatTheAPIWasNotAskedIsNotKnown(t *testing.T) {
	for _, test := range []struct {
		allow   string
		verdict request.Verdict
	}{{"", request.Unknown}, {api, request.Unknown}, {"*", request.Allowed}} {
		s := newSession(t, Options{}, nil)
		s.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if test.allow != "" {
				w.Header().Set("Access-Control-Allow-Origin", test.allow)
			}
		})
		s.request("GET", "/")
		r := s.report(t)
		if r.Findings[0].Verdict != test.verdict {
			t.Errorf("Access-Control-Allow-Origin %q: %s, want %s", test.allow, r.Findings[0].Verdict, test.verdict)
		}
		screen(t, r)
	}
}

// What the page's browser sent is sent again to the server that got it, and not if the
// response sets cookies: a server may replace those that it gets.
func TestCredentialsAreSentAgainToTheirServerOnly(t *testing.T) {
	var mu sync.Mutex
	got := map[string]string{}
	s := newSession(t, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != api && r.Method == http.MethodGet {
			mu.Lock()
			got[r.Host+r.URL.Path] = r.Header.Get("Cookie") + "|" + r.Header.Get("Authorization")
			mu.Unlock()
		}
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Headers", "authorization")
		switch r.Method + r.URL.Path {
		case "GET/away":
			w.Header().Set("Location", "https://other.example/here")
			w.WriteHeader(http.StatusFound)
		case "GET/new":
			w.Header().Set("Set-Cookie", "sid=2")
		}
	}))
	for _, path := range []string{"/me", "/away", "/new"} {
		s.request("GET", path, "Cookie", "__Host-sid=1", "Authorization", "Bearer abc")
	}
	s.report(t)
	mu.Lock()
	defer mu.Unlock()
	for where, want := range map[string]string{"api.example/me": "__Host-sid=1|Bearer abc", "api.example/away": "__Host-sid=1|Bearer abc",
		"other.example/here": "|", "api.example/new": "|"} {
		value, asked := got[where]
		if want == "|" {
			if !asked || strings.Contains(value, "sid=1") || strings.Contains(value, "abc") {
				t.Errorf("%s received %q", where, value)
			}
		} else if value != want {
			t.Errorf("%s received %q, want %q", where, value, want)
		}
	}
}

func TestCookiesThatABrowserWouldNotKeep(t *testing.T) {
	s := newSession(t, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", page)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Add("Set-Cookie", "sid=secretsecret; SameSite=Lax; Secure")
		w.Header().Add("Set-Cookie", "tracker=1; SameSite=None; Secure") // blocked as a third party's
	}))
	s.request("GET", "/login")
	if r := s.report(t); r.Needed != No || len(r.Cookies) != 2 || r.Cookies[0].Name != "sid" || r.Cookies[0].SentBack {
		t.Errorf("a cookie that was not sent back: %s %+v", r.Needed, r.Cookies)
	}
	s.request("GET", "/me", "Cookie", "sid=secretsecret")
	r := s.report(t)
	if r.Needed != Yes || !r.Cookies[0].SentBack {
		t.Errorf("a cookie that was sent back: %s %+v", r.Needed, r.Cookies)
	}
	if text := screen(t, r); !strings.Contains(text, "FOR COOKIES") || !strings.Contains(text, "The cookie sid would not be kept") {
		t.Error(text)
	}
}

func TestNoOutputHasASecret(t *testing.T) {
	const secret = "s3cr3t-value-0123456789"
	s := newSession(t, Options{Keep: 100, Secrets: []string{"X-Api-Key"}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid="+secret)
		w.Header().Set("X-Auth-Token", secret)
		w.Header().Set("Location", "/next?token="+secret)
		w.WriteHeader(http.StatusFound)
	}))
	s.request("GET", "/me?access_token="+secret, "Authorization", "Bearer "+secret, "Cookie", "sid="+secret, "X-Api-Key", secret)
	r := s.report(t)
	outputs := map[string]string{"text": screen(t, r)}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	outputs["JSON"] = b.String()
	var archive bytes.Buffer
	if err := s.WriteHAR(&archive); err != nil {
		t.Fatal(err)
	}
	outputs["HAR"] = archive.String()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost:8010/__concors", nil))
	outputs["page"] = w.Body.String()
	record := s.kept[0]
	outputs["log"] = strings.Join(Lines(record, nil, TextOptions{}), "\n")
	for name, text := range outputs {
		if text == "" || strings.Contains(text, secret) {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

// The recording says in concors explain what the report says.
func TestTheRecordingIsReadBack(t *testing.T) {
	s := newSession(t, Options{Keep: 100}, plainAPI)
	s.request("GET", "/notes")
	s.request("PUT", "/notes/1", "Content-Type", "application/json")
	s.report(t)
	var b bytes.Buffer
	if err := s.WriteHAR(&b); err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	read, err := har.Read(bytes.NewReader(b.Bytes()), har.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, f := range read.Findings {
		reasons = append(reasons, f.Page+" "+f.Method+" "+f.Reason.Reason.String())
	}
	slices.Sort(reasons)
	want := []string{page + " GET MissingAllowOriginHeader", page + " PUT PreflightMissingAllowOriginHeader"}
	if !slices.Equal(reasons, want) {
		t.Errorf("read %q, want %q", reasons, want)
	}
}

func TestManyDifferentRequestsTakeLittle(t *testing.T) {
	s := newSession(t, Options{Keep: 50}, nil)
	s.api = plainAPI
	for i := range maxKinds + 100 {
		s.request("GET", fmt.Sprintf("/notes/%d", i), "X-Long", strings.Repeat("x", 1<<20))
	}
	if len(s.order) != maxKinds || s.leftOut != 100 || len(s.kept) != 50 || s.dropped != maxKinds+50 {
		t.Errorf("%d kinds, %d left out, %d kept, %d dropped", len(s.order), s.leftOut, len(s.kept), s.dropped)
	}
	if n := sizeOf(s.kept[0]); n > 200_000 {
		t.Errorf("one request takes %d bytes", n)
	}
	screen(t, s.report(t))
}

// Whatever was requested, the report fits one screen and ends with the verdict.
func TestTheReportFitsAScreenWhateverWasRequested(t *testing.T) {
	long := strings.Repeat("very-long-segment/", 30)
	s := newSession(t, Options{Pages: []string{page, "https://" + strings.Repeat("a", 60) + ".example"}, Secrets: []string{"X-Api-Key", "X-" + strings.Repeat("Long-", 20) + "Key"}},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "nginx/"+strings.Repeat("1", 500))
			w.Header().Add("Set-Cookie", "sid-"+strings.Repeat("x", 90)+"=1; SameSite=Lax")
			w.Header().Add("Set-Cookie", "other=1; SameSite=Strict")
			switch {
			case strings.HasPrefix(r.URL.Path, "/login"):
				w.WriteHeader(http.StatusUnauthorized)
			case strings.HasPrefix(r.URL.Path, "/two"):
				w.Header().Add("Access-Control-Allow-Origin", "*")
				w.Header().Add("Access-Control-Allow-Origin", "*")
			case strings.HasPrefix(r.URL.Path, "/down"):
				w.WriteHeader(http.StatusBadGateway)
			case strings.HasPrefix(r.URL.Path, "/star"):
				w.Header().Add("Access-Control-Allow-Origin", "*")
			}
		}))
	for _, path := range []string{"/", "/login/", "/two/", "/down/", "/star/"} {
		s.request("GET", path+long, "Cookie", "other=1")
		s.request("PUT", path+long, "Content-Type", "application/json")
		for i := range 8 {
			s.request("DELETE", path, fmt.Sprintf("X-Header-%d-%s", i, strings.Repeat("h", 30)), "1")
		}
	}
	for i := range 10 {
		s.Add(proxy.Record{Method: "GET", Page: fmt.Sprintf("https://evil-%d.example", i), Asked: "http://localhost:8010/", Status: 403,
			Fault: &proxy.Fault{Kind: proxy.NotAllowedOrigin, Text: "it may not use this proxy"}})
		s.Add(proxy.Record{Method: "GET", Page: page, Asked: "http://localhost:8010/" + long, Target: api + "/" + long,
			Fault: &proxy.Fault{Kind: proxy.Unreachable, Text: strings.Repeat("it is down, ", 20)}})
	}
	text := screen(t, s.report(t))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != lines[len(lines)-1] || !strings.HasPrefix(lines[0], "THE PROXY IS NEEDED") {
		t.Errorf("the verdict is not the first and the last line:\n%s", text)
	}
	t.Log("\n" + text)
}

func TestOtherSitesCannotReadTheReport(t *testing.T) {
	s := newSession(t, Options{}, plainAPI)
	for _, test := range []struct {
		name   string
		method string
		header []string
		status int
	}{
		{"a person types the address", "GET", []string{"Sec-Fetch-Site", "none"}, 200},
		{"a program such as curl", "GET", nil, 200},
		{"the page itself reloads", "GET", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"another site", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port of localhost", "GET", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a script of a page, in a browser without Sec-Fetch-Site", "GET", []string{"Origin", page}, 403},
		{"a form", "POST", nil, 405},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(test.method, "http://localhost:8010/__concors", nil)
		for i := 0; i+1 < len(test.header); i += 2 {
			r.Header.Set(test.header[i], test.header[i+1])
		}
		s.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: status %d, want %d", test.name, w.Code, test.status)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", test.name, policy)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: readable by other origins", test.name)
		}
		if _, style, ok := strings.Cut(w.Body.String(), "<style>"); ok {
			style, _, _ = strings.Cut(style, "</style>")
			sum := sha256.Sum256([]byte(style))
			if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(policy, "'sha256-"+hash+"'") {
				t.Errorf("%s: the policy does not allow the page's style", test.name)
			}
		}
	}
	for accept, want := range map[string]string{"application/json": "application/json", "text/html,application/json;q=0.9": "text/html", "": "text/html"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost:8010/__concors", nil)
		r.Header.Set("Accept", accept)
		s.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("Accept: %s: %s, want %s", accept, got, want)
		}
	}
}

func TestThePageEscapesWhatServersSend(t *testing.T) {
	s := newSession(t, Options{}, plainAPI)
	s.request("GET", "/<script>alert(1)</script>")
	s.Add(proxy.Record{Method: "GET", Page: "https://evil.example", Asked: "http://localhost:8010/\x1b[31m<b>", Status: 403,
		Fault: &proxy.Fault{Kind: proxy.NotAllowedOrigin, Text: "<img src=x> \x1b[31m", Status: 403}})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost:8010/__concors", nil))
	body := w.Body.String()
	for _, hostile := range []string{"<script>alert", "<img src", "\x1b"} {
		if strings.Contains(body, hostile) {
			t.Errorf("the page has %q", hostile)
		}
	}
	if !strings.Contains(body, "https://evil.example") {
		t.Error("the page does not name who was refused")
	}
}
