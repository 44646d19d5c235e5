package proxyreport

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// policyOnScreen returns the policy file of a report's text.
func policyOnScreen(text string) string {
	_, after, _ := strings.Cut(text, "policy.yaml:\n")
	var policy strings.Builder
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		policy.WriteString(line[2:])
	}
	return policy.String()
}

// A policy that is copied from the terminal is whole.
func TestThePolicyOnTheScreenIsWhole(t *testing.T) {
	for _, n := range []int{1, 6, 20, 60} {
		s := newSession(t, Options{}, plainAPI)
		var fields, want []string
		for i := range n {
			name := fmt.Sprintf("x-header-of-a-usual-app-%02d", i)
			want = append(want, name)
			fields = append(fields, name, "1")
		}
		s.request("PUT", "/notes/1", fields...)
		for i := range 2 {
			s.request("GET", fmt.Sprintf("/notes/%d", i), "Cookie", "sid=1")
		}
		r := s.report(t)
		var b strings.Builder
		if err := r.WriteText(&b, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if n <= 20 && len(lines) > maxLines || lines[0] != lines[len(lines)-1] ||
			!strings.Contains(text, "MissingAllowOriginHeader, 2 times: GET") || !strings.Contains(text, "For its server") {
			t.Errorf("%d headers: %d lines:\n%s", n, len(lines), text)
		}
		for _, line := range lines {
			if term.Columns(line) > term.Width {
				t.Errorf("%d columns: %s", term.Columns(line), line)
			}
		}
		shown, err := policyfile.Load("policy.yaml", []byte(policyOnScreen(text)))
		if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		whole, err := policyfile.Load("policy.yaml", []byte(r.Fixes[0].Policy))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(shown.Routes.Policy); got != fmt.Sprint(whole.Routes.Policy) || fmt.Sprint(shown.Routes.Policy.RequestHeaders) != fmt.Sprint(want) {
			t.Errorf("%d headers: the screen has\n%s", n, policyOnScreen(text))
		}
	}
}

// The proxy's own origin is in nobody's policy.
func TestNoPolicyHasTheProxysOwnOrigin(t *testing.T) {
	const own = "http://localhost:8010"
	alias := NewLog(Options{Listen: own, APIs: []string{api}, Alias: true})
	pages := NewLog(Options{Listen: own, APIs: []string{api}, Pages: []string{page}})
	for _, log := range []*Log{alias, pages} {
		for _, at := range []string{"http://localhost:8010", "http://127.0.0.1:8010"} {
			log.Add(proxy.Record{Page: at, Method: "PUT", Asked: at + "/notes", Target: api + "/notes", Status: 200, Upstream: 200,
				Request: http.Header{"X-A": {"1"}}, Received: http.Header{"Access-Control-Allow-Methods": {"GET"}}, Sent: http.Header{}})
		}
		for _, k := range log.order {
			k.asked = &outcome{preflight: respond(httptest.NewRequest("OPTIONS", api+"/notes", nil), 404, http.Header{})}
		}
		r, err := log.Report(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Fixes) > 0 {
			t.Errorf("policy:\n%s", r.Fixes[0].Policy)
		}
		text := screen(t, r)
		if log == alias && (r.Counts.Blocked != 2 || !strings.Contains(text, "write --page https://app.example: the origin in production")) {
			t.Errorf("the alias form:\n%s", text)
		}
		if log == pages && (r.Counts.Judged != 0 || r.Counts.SameOrigin != 2 || !strings.Contains(text, "2 of the API's own pages")) {
			t.Errorf("the form with pages: %+v\n%s", r.Counts, text)
		}
	}
}

// The policy is for the requests that it allows, and the report names the others.
func TestAPolicyDoesNotClaimWhatItCannotDo(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".png") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if r.URL.Path == "/away" {
			w.Header().Set("Location", "https://other.example/here")
			w.WriteHeader(http.StatusFound)
			return
		}
		plainAPI(w, r)
	})
	image := []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}
	for _, test := range []struct {
		name     string
		use      func(*session)
		fixes    int
		notFixed string
		shown    string
	}{
		{"a redirect to another server", func(s *session) { s.request("GET", "/notes"); s.request("GET", "/away") }, 1, "/away",
			"No policy of the API allows GET /away: MissingAllowOriginHeader, after the"},
		{"nothing else", func(s *session) { s.request("GET", "/away") }, 0, "/away", "No policy of the API allows GET /away"},
		{"an image that is JSON", func(s *session) { s.request("GET", "/notes"); s.request("GET", "/image.png", image...) }, 1, "", ""},
		{"only usual requests", func(s *session) { s.request("GET", "/notes"); s.request("PUT", "/notes", "X-A", "1") }, 1, "", ""},
	} {
		s := newSession(t, Options{}, handler)
		test.use(s)
		r := s.report(t)
		text := screen(t, r)
		if len(r.Fixes) != test.fixes || !strings.Contains(text, test.shown) || strings.Contains(text, "still") ||
			len(r.NotFixed) > 0 != (test.notFixed != "") || test.notFixed != "" && r.NotFixed[0].URL != api+test.notFixed {
			t.Errorf("%s: %d fixes, not fixed %+v:\n%s", test.name, len(r.Fixes), r.NotFixed, text)
		}
	}
}

// At the proxy the page reads every response header, which it cannot without it.
func TestResponseHeadersThatOnlyTheProxyExposes(t *testing.T) {
	for _, test := range []struct {
		name, allow, expose string
		header              []string // of the request
		want                []string
		shown               string
	}{
		{"not exposed", "*", "", nil, []string{"x-total-count"}, "The proxy exposed x-total-count, which the API does not"},
		{"exposed", "*", "X-Total-Count", nil, []string{}, "THE PROXY IS NOT NEEDED"},
		{"all exposed", "*", "*", nil, []string{}, "THE PROXY IS NOT NEEDED"},
		{"* with a cookie", page, "*", []string{"Cookie", "sid=1"}, []string{"x-total-count"}, "BUT NOT ALL RESPONSE HEADERS"},
		{"a blocked request", "", "", nil, []string{"x-total-count"}, "what it reads, perhaps x-total-count"},
		{"an image", "*", "", []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, []string{}, ""},
	} {
		s := newSession(t, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, value := range map[string]string{"Access-Control-Allow-Origin": test.allow, "Access-Control-Expose-Headers": test.expose,
				"Access-Control-Allow-Credentials": "true", "X-Total-Count": "3", "Etag": "1", "Server": "nginx", "X-Powered-By": "Express",
				"Content-Type": "application/json"} {
				if value != "" {
					w.Header().Set(name, value)
				}
			}
		}))
		s.request("GET", "/notes", test.header...)
		r := s.report(t)
		text := strings.Join(strings.Fields(screen(t, r)), " ")
		if fmt.Sprint(r.NotExposed) != fmt.Sprint(test.want) || !strings.Contains(text, test.shown) {
			t.Errorf("%s: %q\n%s", test.name, r.NotExposed, text)
		}
	}
}

func TestADevServerThatIsDownIsNotTheAPI(t *testing.T) {
	s := newSession(t, Options{Alias: true}, plainAPI)
	s.Add(proxy.Record{Method: "GET", Own: true, Asked: "http://localhost:8010/", Status: 502,
		Fault: &proxy.Fault{Kind: proxy.Unreachable, Text: "nothing listens at localhost:5173", Status: 502}})
	if text := screen(t, s.report(t)); !strings.HasPrefix(text, "NOT KNOWN: THE DEV SERVER DID NOT RESPOND\n") {
		t.Error(text)
	}
}

func TestRefusalsAreCountedByPage(t *testing.T) {
	s := newSession(t, Options{}, plainAPI)
	for range 3 {
		s.Add(proxy.Record{Method: "GET", Page: "http://127.0.0.1:5173", Asked: "http://localhost:8010/", Status: 403,
			Fault: &proxy.Fault{Kind: proxy.NotAllowedOrigin, Text: "it may not use this proxy", Status: 403}})
	}
	if got, want := s.report(t).refusals(), "Refused: 3 requests of http://127.0.0.1:5173. --page allows a page that is yours."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.Add(proxy.Record{Method: "GET", Asked: "http://localhost:8010/", Status: 421, Fault: &proxy.Fault{Kind: proxy.NotAllowedHost, Text: "no host", Status: 421}})
	if got := s.report(t).refusals(); !strings.HasPrefix(got, "Refused: 4 requests, 3 of them of http://127.0.0.1:5173.") {
		t.Errorf("%q", got)
	}
}

func TestAShortReportHasItsVerdictOnce(t *testing.T) {
	text := screen(t, newSession(t, Options{}, plainAPI).report(t))
	if strings.Count(text, "NO PAGE REQUESTED") != 1 {
		t.Error(text)
	}
}

// The recording has the request as the API received it, with a secret's name.
func TestTheRecordingNamesSecretHeaders(t *testing.T) {
	log := NewLog(Options{Keep: 10, Pages: []string{page}, APIs: []string{api}})
	log.Add(proxy.Record{Page: page, Method: "GET", Asked: "http://localhost:8010/x", Target: api + "/x", Status: 200, Upstream: 200,
		Request: http.Header{"Origin": {page}}, Received: http.Header{"X-Echo": {"***"}}, Sent: http.Header{},
		Changes: []proxy.Change{{Kind: proxy.Secret, Field: "X-Api-Key", Why: "the header was added for " + api + " only"},
			{Kind: proxy.Secret, Field: "X-Echo", Why: "the response repeated an injected secret, which was masked"}}})
	var b strings.Builder
	if err := log.WriteHAR(&b); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	if !strings.Contains(text, `{ "name": "X-Api-Key", "value": "***" }`) || strings.Count(text, `"name": "X-Echo"`) != 1 {
		t.Error(b.String())
	}
}
