package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/probe/probetest"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// items responds to /items/1, and with 404 to everything else.
func items(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/items/1" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Total-Count", "3")
	w.Header().Set("X-Secret", "s")
	io.WriteString(w, "items")
}

// serve starts a server with policies and returns the URL of /items/1. around, if
// not nil, wraps its handler.
func serve(t *testing.T, policies routes.Policies, around func(http.Handler) http.Handler) string {
	t.Helper()
	h, err := routes.Wrap(policies, nil, http.HandlerFunc(items))
	if err != nil {
		t.Fatal(err)
	}
	if around != nil {
		h = around(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL + "/items/1"
}

func run(t *testing.T, policies routes.Policies, o probe.Options) *Report {
	t.Helper()
	if o.Clock == nil {
		o.Clock = probetest.NewClock()
	}
	report, err := Run(t.Context(), o, policies)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func kindsOf(r *Report) (kinds []string) {
	for _, s := range r.Sites {
		for _, f := range s.Findings {
			kinds = append(kinds, f.Kind)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func text(t *testing.T, r *Report) string {
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
	return b.String()
}

func TestOwnMiddlewareAgreesWithItsPolicy(t *testing.T) {
	base := cors.Policy{
		Origins: []string{"https://app.example.com"}, Methods: []string{"PUT", "PATCH"}, RequestHeaders: []string{"Content-Type", "Authorization"},
		ExposedHeaders: []string{"X-Total-Count"}, MaxAgeSeconds: 600,
	}
	with := func(change func(*cors.Policy)) routes.Policies {
		p := base
		change(&p)
		return routes.Policies{Policy: p}
	}
	for name, policies := range map[string]routes.Policies{
		"one origin":   with(func(p *cors.Policy) {}),
		"origins only": {Policy: cors.Policy{Origins: []string{"https://app.example.com"}}},
		"several origins": with(func(p *cors.Policy) {
			p.Origins = append(p.Origins, "https://b.example.org:8443", "http://old.example", "null")
			p.Origins = p.Origins[:3]
		}),
		"subdomains": with(func(p *cors.Policy) {
			p.Origins = []string{"https://*.example.com", "https://pr-*.preview.example.net"}
		}),
		"any port":           with(func(p *cors.Policy) { p.Origins = []string{"http://localhost:*", "https://a.example:[1000-2000]"} }),
		"any origin":         with(func(p *cors.Policy) { p.Origins = []string{"*"} }),
		"null":               with(func(p *cors.Policy) { p.DangerouslyAllowNull = true }),
		"credentials":        with(func(p *cors.Policy) { p.Credentials = true }),
		"everything exposed": with(func(p *cors.Policy) { p.ExposedHeaders = []string{"*"} }),
		"every method":       with(func(p *cors.Policy) { p.Methods, p.RequestHeaders = []string{"*"}, []string{"*"} }),
		"every method, with credentials": with(func(p *cors.Policy) {
			p.Methods, p.RequestHeaders, p.Credentials = []string{"*"}, []string{"*", "Authorization"}, true
		}),
		"preflights not cached":                   with(func(p *cors.Policy) { p.MaxAgeSeconds = -1 }),
		"preflights cached for browsers' default": with(func(p *cors.Policy) { p.MaxAgeSeconds = 0 }),
		"the other fields": with(func(p *cors.Policy) {
			p.RejectRefused, p.TimingAllowOrigin, p.ResourcePolicy = true, true, "cross-origin"
		}),
		"report only":              with(func(p *cors.Policy) { p.ReportOnly = true }),
		"one route for everything": {Policy: cors.Policy{Origins: []string{"https://other.example"}}, Routes: []routes.Route{{Pattern: "/items/", Policy: base}}},
		"routes by method": {Policy: base, Routes: []routes.Route{
			{Pattern: "DELETE /items/{id}", Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"DELETE"}}},
		}},
		"a route without CORS": {Policy: base, Routes: []routes.Route{{Pattern: "/items/", Off: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			browsers, sites := "all", 4
			if testing.Short() {
				browsers, sites = "chromium", 1
			}
			r := run(t, policies, probe.Options{URLs: []string{serve(t, policies, nil)}, As: browsers, MaxRequests: 2000})
			if r.Verdict != Agrees || len(kindsOf(r)) > 0 || len(r.Sites) != sites {
				t.Errorf("%s: %q\n%s", r.Verdict, kindsOf(r), text(t, r))
			}
			tested := 0
			for _, c := range r.Sites[0].Checks {
				tested += c.Tested
			}
			if tested < 10 || r.Sites[0].NoResponse > 0 || r.Sites[0].Skipped > 0 {
				t.Errorf("%d tests:\n%s", tested, text(t, r))
			}
		})
	}
}

// changeResponse wraps a handler with a mistake that changes its responses.
func changeResponse(change func(r *http.Request, h http.Header, status *int)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			status := rec.Code
			change(r, rec.Header(), &status)
			for name, values := range rec.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(status)
			w.Write(rec.Body.Bytes())
		})
	}
}

func isPreflight(r *http.Request) bool {
	return r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != ""
}

// alsoAllow wraps a handler so that it treats more origins like
// https://app.example.com.
func alsoAllow(in func(o string) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o := r.Header.Get("Origin")
			if o == "" || !in(o) {
				next.ServeHTTP(w, r)
				return
			}
			r.Header.Set("Origin", "https://app.example.com")
			changeResponse(func(_ *http.Request, h http.Header, _ *int) {
				if h.Get("Access-Control-Allow-Origin") != "" {
					h.Set("Access-Control-Allow-Origin", o)
				}
			})(next).ServeHTTP(w, r)
		})
	}
}

func TestMistakesAreFoundByName(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{
		Origins: []string{"https://app.example.com"}, Methods: []string{"PUT", "PATCH"}, RequestHeaders: []string{"Content-Type", "Authorization"},
		ExposedHeaders: []string{"X-Total-Count"}, Credentials: true, MaxAgeSeconds: 600,
	}}
	set := func(only func(*http.Request) bool, name, value string) func(http.Handler) http.Handler {
		return changeResponse(func(r *http.Request, h http.Header, _ *int) {
			if h.Get("Access-Control-Allow-Origin") != "" && (only == nil || only(r)) {
				if h.Del(name); value != "" {
					h.Set(name, value)
				}
			}
		})
	}
	status := func(code int) func(http.Handler) http.Handler {
		return changeResponse(func(r *http.Request, h http.Header, s *int) {
			if isPreflight(r) {
				*s = code
				h.Set("Location", "/login")
			}
		})
	}
	found := map[string]bool{}
	for _, test := range []struct {
		mistake string
		around  func(http.Handler) http.Handler
		want    []string // kinds, including those of notes
	}{
		{"reflects every origin", alsoAllow(func(string) bool { return true }), []string{"foreign-origin-allowed", "invalid-origin-allowed", "null-origin-allowed", "upper-case-origin-allowed"}},
		{"compares only the beginning", alsoAllow(func(o string) bool { return strings.HasPrefix(o, "https://app.example.com") }), []string{"foreign-origin-allowed", "invalid-origin-allowed"}},
		{"compares only the end", alsoAllow(func(o string) bool {
			return strings.HasSuffix(o, "app.example.com") && strings.HasPrefix(o, "https://")
		}), []string{"foreign-origin-allowed", "invalid-origin-allowed"}},
		{"lets a dot match any character", alsoAllow(func(o string) bool {
			return len(o) == 23 && strings.HasPrefix(o, "https://app") && strings.HasSuffix(o, "com")
		}), []string{"foreign-origin-allowed"}},
		{"also trusts http", alsoAllow(func(o string) bool { return o == "http://app.example.com" }), []string{"foreign-origin-allowed"}},
		{"trusts every port", alsoAllow(func(o string) bool { return strings.HasPrefix(o, "https://app.example.com:") }), []string{"foreign-origin-allowed"}},
		{"trusts null", alsoAllow(func(o string) bool { return o == "null" }), []string{"null-origin-allowed"}},
		{"ignores case in origins", alsoAllow(func(o string) bool { return strings.EqualFold(o, "https://app.example.com") }), []string{"upper-case-origin-allowed"}},
		{"omits Vary", changeResponse(func(_ *http.Request, h http.Header, _ *int) { h.Del("Vary") }), []string{"vary-missing-allowed", "vary-missing-refused", "vary-missing-without-origin"}},
		{"sets Vary only for requests with Origin", changeResponse(func(r *http.Request, h http.Header, _ *int) {
			if r.Header.Get("Origin") == "" {
				h.Del("Vary")
			}
		}), []string{"vary-missing-without-origin"}},
		{"writes methods in lower case", set(isPreflight, "Access-Control-Allow-Methods", "put, patch"), []string{"method-blocked"}},
		{"reflects what preflights request", func(next http.Handler) http.Handler {
			return changeResponse(func(r *http.Request, h http.Header, s *int) {
				if isPreflight(r) && r.Header.Get("Origin") == "https://app.example.com" {
					*s = 204
					h.Set("Access-Control-Allow-Origin", "https://app.example.com")
					h.Set("Access-Control-Allow-Credentials", "true")
					h.Set("Access-Control-Max-Age", "600")
					h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
					h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
				}
			})(next)
		}, []string{"method-case-ignored", "method-not-promised", "request-header-not-promised"}},
		{"omits CORS headers on errors", changeResponse(func(_ *http.Request, h http.Header, s *int) {
			if *s == 404 {
				h.Del("Access-Control-Allow-Origin")
			}
		}), []string{"error-response-hidden"}},
		{"adds its headers twice", changeResponse(func(_ *http.Request, h http.Header, _ *int) {
			if o := h.Get("Access-Control-Allow-Origin"); o != "" {
				h.Add("Access-Control-Allow-Origin", o)
			}
		}), []string{"allow-origin-duplicated"}},
		{"sends the wildcard with credentials", set(nil, "Access-Control-Allow-Origin", "*"), []string{"credentials-unusable"}},
		{"omits Access-Control-Allow-Credentials", set(nil, "Access-Control-Allow-Credentials", ""), []string{"credentials-unusable"}},
		{"writes True instead of true", set(nil, "Access-Control-Allow-Credentials", "True"), []string{"credentials-unusable"}},
		{"omits Authorization", set(isPreflight, "Access-Control-Allow-Headers", "content-type"), []string{"request-header-blocked"}},
		{"sends the wildcard for headers with credentials", set(isPreflight, "Access-Control-Allow-Headers", "*"), []string{"request-header-blocked"}},
		{"responds to preflights with 405", status(405), []string{"preflight-fails"}},
		{"responds to preflights with 401", status(401), []string{"preflight-fails"}},
		{"redirects preflights", status(302), []string{"preflight-fails"}},
		{"omits CORS headers on preflights", set(isPreflight, "Access-Control-Allow-Origin", ""), []string{"preflight-fails"}},
		{"has preflights cached for longer", set(isPreflight, "Access-Control-Max-Age", "3600"), []string{"max-age-differs"}},
		{"omits Access-Control-Max-Age", set(isPreflight, "Access-Control-Max-Age", ""), []string{"max-age-differs"}},
		{"exposes less", set(nil, "Access-Control-Expose-Headers", ""), []string{"exposed-header-hidden"}},
		{"exposes more", set(nil, "Access-Control-Expose-Headers", "X-Total-Count, X-Secret"), []string{"exposed-header-not-promised"}},
		{"has no CORS at all", func(http.Handler) http.Handler { return http.HandlerFunc(items) }, []string{"allowed-origin-blocked", "credentials-unusable", "preflight-fails"}},
		{"exposes timing", set(nil, "Timing-Allow-Origin", "*"), []string{"timing-not-promised"}},
	} {
		kinds := strings.Join(test.want, " ")
		if testing.Short() && found[kinds] {
			continue // one mistake for each list of findings
		}
		found[kinds] = true
		t.Run(test.mistake, func(t *testing.T) {
			t.Parallel()
			r := run(t, policies, probe.Options{URLs: []string{serve(t, policies, test.around)}})
			got := kindsOf(r)
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
			}
			text(t, r)
			for _, f := range r.Sites[0].Findings {
				if f.PolicySays == "" || f.ServerDoes == "" || f.BrowserDoes == "" || f.Request == "" || f.Response == "" || f.Title == "" {
					t.Errorf("a finding with empty fields: %+v", f)
				}
			}
		})
	}
}

// A server with another policy differs exactly where the two policies do.
func TestAnotherPolicyDiffers(t *testing.T) {
	p := cors.Policy{Origins: []string{"https://app.example.com", "https://two.example.org"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-One"}}
	for name, test := range map[string]struct {
		change func(*cors.Policy)
		want   []string
	}{
		"an origin fewer":    {func(p *cors.Policy) { p.Origins = p.Origins[:1] }, []string{"allowed-origin-blocked"}},
		"a method fewer":     {func(p *cors.Policy) { p.Methods = nil }, []string{"method-blocked"}},
		"one more method":    {func(p *cors.Policy) { p.Methods = []string{"PUT", "DELETE"} }, []string{"method-not-promised"}},
		"one more header":    {func(p *cors.Policy) { p.RequestHeaders = []string{"X-One", "Authorization"} }, []string{"request-header-not-promised"}},
		"a header fewer":     {func(p *cors.Policy) { p.RequestHeaders = nil }, []string{"request-header-blocked"}},
		"credentials":        {func(p *cors.Policy) { p.Credentials = true }, []string{"credentials-not-promised"}},
		"everything exposed": {func(p *cors.Policy) { p.ExposedHeaders = []string{"*"} }, []string{"exposed-header-not-promised"}},
	} {
		t.Run(name, func(t *testing.T) {
			served := p
			test.change(&served)
			r := run(t, routes.Policies{Policy: p}, probe.Options{URLs: []string{serve(t, routes.Policies{Policy: served}, nil)}})
			if got := kindsOf(r); !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
			}
		})
	}
}

func TestUnsafeMethodsNeedTheOption(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}}}
	for _, unsafe := range []bool{false, true} {
		var mu sync.Mutex
		seen := map[string]int{}
		total := 0
		url := serve(t, policies, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				seen[r.Method]++
				total++
				mu.Unlock()
				next.ServeHTTP(w, r)
			})
		})
		r := run(t, policies, probe.Options{URLs: []string{url}, UnsafeMethods: unsafe})
		if r.Verdict != Agrees || r.Sites[0].Requests != total {
			t.Errorf("unsafe %v: %s, reported %d requests, and the server got %d\n%s", unsafe, r.Verdict, r.Sites[0].Requests, total, text(t, r))
		}
		delete(seen, "GET")
		delete(seen, "HEAD")
		delete(seen, "OPTIONS")
		if unsafe != (len(seen) > 0) || unsafe && seen["DELETE"] == 0 {
			t.Errorf("unsafe %v: sent %v", unsafe, seen)
		}
	}
}

func TestLimitOnRequests(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	r := run(t, policies, probe.Options{URLs: []string{serve(t, policies, nil)}, MaxRequests: 20})
	if s := r.Sites[0]; s.Requests != 20 || s.Skipped == 0 || r.Verdict != Unknown || !strings.Contains(text(t, r), "--max-requests") {
		t.Errorf("%s", text(t, r))
	}
}

func TestAServerWithoutResponsesIsUnknown(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	url := serve(t, policies, nil)
	gone := httptest.NewServer(nil)
	gone.Close()
	r := run(t, policies, probe.Options{URLs: []string{url, gone.URL}})
	if r.Verdict != Unknown || r.Sites[0].Verdict != Agrees || r.Sites[1].Verdict != Unknown || r.Sites[1].Cause == "" {
		t.Errorf("%s\n%s", r.Verdict, text(t, r))
	}
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	if r := run(t, policies, probe.Options{URLs: []string{slow.URL}, Timeout: 100 * time.Millisecond}); r.Verdict != Unknown {
		t.Errorf("a server that never responds: %s", r.Verdict)
	}
}

// Pages on https: may not send requests to an http: server, which says nothing
// about the server.
func TestRequestsThatBrowsersBlockAreNotAgreement(t *testing.T) {
	for name, test := range map[string]struct {
		origins []string
		want    Verdict
		blocked int
	}{
		"only an https page": {[]string{"https://app.example.com"}, Unknown, 1},
		"also an http page":  {[]string{"https://app.example.com", "http://app.example.com"}, Agrees, 1},
	} {
		policies := routes.Policies{Policy: cors.Policy{Origins: test.origins}}
		local, err := url.Parse(serve(t, policies, nil))
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, policies, probe.Options{URLs: []string{"http://api.example:" + local.Port() + "/items/1"}, Resolve: []string{"api.example:" + local.Port() + ":127.0.0.1"}})
		if r.Verdict != test.want || r.Sites[0].BlockedBefore != test.blocked {
			t.Errorf("%s: %s, %d blocked before they were sent\n%s", name, r.Verdict, r.Sites[0].BlockedBefore, text(t, r))
		}
	}
}

func TestInvalidOptions(t *testing.T) {
	valid := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	for name, test := range map[string]struct {
		policies routes.Policies
		options  probe.Options
	}{
		"no URL":               {valid, probe.Options{}},
		"a URL without scheme": {valid, probe.Options{URLs: []string{"api.example"}}},
		"a data URL":           {valid, probe.Options{URLs: []string{"data:,x"}}},
		"an unknown browser":   {valid, probe.Options{URLs: []string{"https://a.example"}, As: "lynx"}},
		"a negative limit":     {valid, probe.Options{URLs: []string{"https://a.example"}, MaxRequests: -1}},
		"an invalid policy":    {routes.Policies{}, probe.Options{URLs: []string{"https://a.example"}}},
	} {
		if _, err := Run(t.Context(), test.options, test.policies); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Text from a hostile server is escaped and bounded in all forms of the report.
func TestHostileResponsesAreEscaped(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	nasty := "\"]]><x>&\xff\u202e\u009b31m" + strings.Repeat("A", 5000)
	url := serve(t, policies, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", nasty)
			w.Header().Set("X-Nasty", nasty)
		})
	})
	r := run(t, policies, probe.Options{URLs: []string{url + "?\"<&]]>"}})
	var j, x bytes.Buffer
	if err := errors.Join(r.WriteJSON(&j), r.WriteJUnit(&x)); err != nil {
		t.Fatal(err)
	}
	for form, out := range map[string]string{"text": text(t, r), "JSON": j.String(), "JUnit": x.String()} {
		for _, bad := range []string{"\u202e", "\u009b", "\x1b", strings.Repeat("A", 1000)} {
			if strings.Contains(out, bad) {
				t.Errorf("%s contains %.20q", form, bad)
			}
		}
	}
	var again struct{ Verdict Verdict }
	if err := json.Unmarshal(j.Bytes(), &again); err != nil || again.Verdict != Differs {
		t.Errorf("the JSON: %v, %s", err, again.Verdict)
	}
	var suites struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure []struct {
					Text string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(x.Bytes(), &suites); err != nil {
		t.Fatalf("the XML is not well-formed: %v", err)
	}
	s := suites.Suites[0]
	failures := 0
	for _, c := range s.Cases {
		if len(c.Failure) > 0 {
			failures++
		}
	}
	if s.Tests != len(s.Cases) || s.Failures != failures || failures == 0 {
		t.Errorf("%d of %d failures, %d of %d tests", s.Failures, failures, s.Tests, len(s.Cases))
	}
}

func TestDocsNameEveryField(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/verify-json.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Report](), reflect.TypeFor[Site](), reflect.TypeFor[Check](), reflect.TypeFor[Finding]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if !strings.Contains(string(docs), "`"+name+"`") {
				t.Errorf("docs/verify-json.md does not name %s of %s", name, typ.Name())
			}
		}
	}
}
