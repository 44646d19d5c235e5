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

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// site answers /items/1; all else is not there.
func site(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/items/1" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Total-Count", "3")
	w.Header().Set("X-Secret", "s")
	io.WriteString(w, "items")
}

func serve(t *testing.T, policies routes.Policies, around func(http.Handler) http.Handler) string {
	t.Helper()
	h, err := routes.Wrap(policies, nil, http.HandlerFunc(site))
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

func run(t *testing.T, o Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), o)
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

func TestOurOwnMiddlewareAgreesWithItsPolicy(t *testing.T) {
	base := cors.Policy{
		Origins: []string{"https://app.example.com"}, Methods: []string{"PUT", "PATCH"}, RequestHeaders: []string{"Content-Type", "Authorization"},
		ExposedHeaders: []string{"X-Total-Count"}, MaxAgeSeconds: 600,
	}
	with := func(change func(*cors.Policy)) routes.Policies {
		p := base
		change(&p)
		return routes.Policies{Policy: p}
	}
	for shows, routes := range map[string]routes.Policies{
		"one origin":           with(func(p *cors.Policy) {}),
		"no more than origins": {Policy: cors.Policy{Origins: []string{"https://app.example.com"}}},
		"several": with(func(p *cors.Policy) {
			p.Origins = append(p.Origins, "https://b.example.org:8443", "http://old.example", "null")
			p.Origins = p.Origins[:3]
		}),
		"subdomains": with(func(p *cors.Policy) {
			p.Origins = []string{"https://*.example.com", "https://pr-*.preview.example.net"}
		}),
		"any port":           with(func(p *cors.Policy) { p.Origins = []string{"http://localhost:*", "https://a.example:[1000-2000]"} }),
		"everybody":          with(func(p *cors.Policy) { p.Origins = []string{"*"} }),
		"null":               with(func(p *cors.Policy) { p.DangerouslyAllowNull = true }),
		"credentials":        with(func(p *cors.Policy) { p.Credentials = true }),
		"everything exposed": with(func(p *cors.Policy) { p.ExposedHeaders = []string{"*"} }),
		"every method":       with(func(p *cors.Policy) { p.Methods, p.RequestHeaders = []string{"*"}, []string{"*"} }),
		"every method, as user": with(func(p *cors.Policy) {
			p.Methods, p.RequestHeaders, p.Credentials = []string{"*"}, []string{"*", "Authorization"}, true
		}),
		"no remembering":    with(func(p *cors.Policy) { p.MaxAgeSeconds = -1 }),
		"browsers' default": with(func(p *cors.Policy) { p.MaxAgeSeconds = 0 }),
		"the rest": with(func(p *cors.Policy) {
			p.RejectRefused, p.TimingAllowOrigin, p.ResourcePolicy = true, true, "cross-origin"
		}),
		"report only":        with(func(p *cors.Policy) { p.ReportOnly = true }),
		"a route for it all": {Policy: cors.Policy{Origins: []string{"https://other.example"}}, Routes: []routes.Route{{Pattern: "/items/", Policy: base}}},
		"routes by method": {Policy: base, Routes: []routes.Route{
			{Pattern: "DELETE /items/{id}", Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"DELETE"}}},
		}},
		"a route without": {Policy: base, Routes: []routes.Route{{Pattern: "/items/", Off: true}}},
	} {
		t.Run(shows, func(t *testing.T) {
			r := run(t, Options{URLs: []string{serve(t, routes, nil)}, Routes: routes, As: "all", MaxRequests: 2000})
			if r.Verdict != Agrees || len(kindsOf(r)) > 0 || len(r.Sites) != 4 {
				t.Errorf("%s: %q\n%s", r.Verdict, kindsOf(r), text(t, r))
			}
			asked := 0
			for _, c := range r.Sites[0].Checks {
				asked += c.Asked
			}
			if asked < 10 || r.Sites[0].Silent > 0 || r.Sites[0].Skipped > 0 {
				t.Errorf("%d questions asked:\n%s", asked, text(t, r))
			}
		})
	}
}

// changed lets a mistake change what the middleware has answered.
func changed(change func(r *http.Request, h http.Header, status *int)) func(http.Handler) http.Handler {
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

// lets is a server that lets in whom the function says, and grants what is
// granted to https://app.example.com.
func lets(in func(o string) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o := r.Header.Get("Origin")
			if o == "" || !in(o) {
				next.ServeHTTP(w, r)
				return
			}
			r.Header.Set("Origin", "https://app.example.com")
			changed(func(_ *http.Request, h http.Header, _ *int) {
				if h.Get("Access-Control-Allow-Origin") != "" {
					h.Set("Access-Control-Allow-Origin", o)
				}
			})(next).ServeHTTP(w, r)
		})
	}
}

func TestMistakesAreFoundByName(t *testing.T) {
	routes := routes.Policies{Policy: cors.Policy{
		Origins: []string{"https://app.example.com"}, Methods: []string{"PUT", "PATCH"}, RequestHeaders: []string{"Content-Type", "Authorization"},
		ExposedHeaders: []string{"X-Total-Count"}, Credentials: true, MaxAgeSeconds: 600,
	}}
	set := func(only func(*http.Request) bool, name, value string) func(http.Handler) http.Handler {
		return changed(func(r *http.Request, h http.Header, _ *int) {
			if h.Get("Access-Control-Allow-Origin") != "" && (only == nil || only(r)) {
				if h.Del(name); value != "" {
					h.Set(name, value)
				}
			}
		})
	}
	status := func(code int) func(http.Handler) http.Handler {
		return changed(func(r *http.Request, h http.Header, s *int) {
			if isPreflight(r) {
				*s = code
				h.Set("Location", "/login")
			}
		})
	}
	for _, test := range []struct {
		mistake string
		around  func(http.Handler) http.Handler
		want    []string // of the kinds, notes included
	}{
		{"reflects any origin", lets(func(string) bool { return true }), []string{"foreign-origin-let-in", "not-an-origin-let-in", "null-origin-let-in", "upper-case-origin-let-in"}},
		{"compares the beginning only", lets(func(o string) bool { return strings.HasPrefix(o, "https://app.example.com") }), []string{"foreign-origin-let-in", "not-an-origin-let-in"}},
		{"compares the end only", lets(func(o string) bool {
			return strings.HasSuffix(o, "app.example.com") && strings.HasPrefix(o, "https://")
		}), []string{"foreign-origin-let-in", "not-an-origin-let-in"}},
		{"takes a dot for any character", lets(func(o string) bool {
			return len(o) == 23 && strings.HasPrefix(o, "https://app") && strings.HasSuffix(o, "com")
		}), []string{"foreign-origin-let-in"}},
		{"trusts http too", lets(func(o string) bool { return o == "http://app.example.com" }), []string{"foreign-origin-let-in"}},
		{"trusts every port", lets(func(o string) bool { return strings.HasPrefix(o, "https://app.example.com:") }), []string{"foreign-origin-let-in"}},
		{"trusts null", lets(func(o string) bool { return o == "null" }), []string{"null-origin-let-in"}},
		{"ignores case in origins", lets(func(o string) bool { return strings.EqualFold(o, "https://app.example.com") }), []string{"upper-case-origin-let-in"}},
		{"forgets Vary", changed(func(_ *http.Request, h http.Header, _ *int) { h.Del("Vary") }), []string{"vary-missing-allowed", "vary-missing-refused", "vary-missing-without-origin"}},
		{"sets Vary only where there is an Origin", changed(func(r *http.Request, h http.Header, _ *int) {
			if r.Header.Get("Origin") == "" {
				h.Del("Vary")
			}
		}), []string{"vary-missing-without-origin"}},
		{"writes methods in lower case", set(isPreflight, "Access-Control-Allow-Methods", "put, patch"), []string{"method-blocked"}},
		{"grants whatever preflights ask for", func(next http.Handler) http.Handler {
			return changed(func(r *http.Request, h http.Header, s *int) {
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
		{"has no CORS headers on errors", changed(func(_ *http.Request, h http.Header, s *int) {
			if *s == 404 {
				h.Del("Access-Control-Allow-Origin")
			}
		}), []string{"error-answer-hidden"}},
		{"adds its headers twice", changed(func(_ *http.Request, h http.Header, _ *int) {
			if o := h.Get("Access-Control-Allow-Origin"); o != "" {
				h.Add("Access-Control-Allow-Origin", o)
			}
		}), []string{"allow-origin-doubled"}},
		{"answers everybody beside credentials", set(nil, "Access-Control-Allow-Origin", "*"), []string{"credentials-unusable"}},
		{"forgets credentials", set(nil, "Access-Control-Allow-Credentials", ""), []string{"credentials-unusable"}},
		{"writes True for true", set(nil, "Access-Control-Allow-Credentials", "True"), []string{"credentials-unusable"}},
		{"forgets Authorization", set(isPreflight, "Access-Control-Allow-Headers", "content-type"), []string{"request-header-blocked"}},
		{"takes * for every header beside credentials", set(isPreflight, "Access-Control-Allow-Headers", "*"), []string{"request-header-blocked"}},
		{"answers preflights with 405", status(405), []string{"preflight-fails"}},
		{"answers preflights with 401", status(401), []string{"preflight-fails"}},
		{"redirects preflights", status(302), []string{"preflight-fails"}},
		{"has no CORS headers on preflights", set(isPreflight, "Access-Control-Allow-Origin", ""), []string{"preflight-fails"}},
		{"has preflights remembered for longer", set(isPreflight, "Access-Control-Max-Age", "3600"), []string{"max-age-not-kept"}},
		{"says nothing of remembering", set(isPreflight, "Access-Control-Max-Age", ""), []string{"max-age-not-kept"}},
		{"exposes less", set(nil, "Access-Control-Expose-Headers", ""), []string{"exposed-header-hidden"}},
		{"exposes more", set(nil, "Access-Control-Expose-Headers", "X-Total-Count, X-Secret"), []string{"exposed-header-not-promised"}},
		{"has no CORS at all", func(http.Handler) http.Handler { return http.HandlerFunc(site) }, []string{"allowed-origin-blocked", "credentials-unusable", "preflight-fails"}},
		{"shows timing", set(nil, "Timing-Allow-Origin", "*"), []string{"timing-not-promised"}},
	} {
		t.Run(test.mistake, func(t *testing.T) {
			r := run(t, Options{URLs: []string{serve(t, routes, test.around)}, Routes: routes})
			got := kindsOf(r)
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
			}
			text(t, r)
			for _, f := range r.Sites[0].Findings {
				if f.PolicySays == "" || f.ServerDoes == "" || f.BrowserTherefore == "" || f.Request == "" || f.Answer == "" || f.Title == "" {
					t.Errorf("a finding that does not say all: %+v", f)
				}
			}
		})
	}
}

// A server of another policy differs from this one by what the two policies say.
func TestAnotherPolicyDiffers(t *testing.T) {
	p := cors.Policy{Origins: []string{"https://app.example.com", "https://two.example.org"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-One"}}
	for shows, test := range map[string]struct {
		change func(*cors.Policy)
		want   []string
	}{
		"an origin less":     {func(p *cors.Policy) { p.Origins = p.Origins[:1] }, []string{"allowed-origin-blocked", "method-blocked", "preflight-fails"}},
		"a method less":      {func(p *cors.Policy) { p.Methods = nil }, []string{"method-blocked"}},
		"a method more":      {func(p *cors.Policy) { p.Methods = []string{"PUT", "DELETE"} }, []string{"method-not-promised"}},
		"a header more":      {func(p *cors.Policy) { p.RequestHeaders = []string{"X-One", "Authorization"} }, []string{"request-header-not-promised"}},
		"a header less":      {func(p *cors.Policy) { p.RequestHeaders = nil }, []string{"request-header-blocked"}},
		"credentials":        {func(p *cors.Policy) { p.Credentials = true }, []string{"credentials-not-promised"}},
		"everything exposed": {func(p *cors.Policy) { p.ExposedHeaders = []string{"*"} }, []string{"exposed-header-not-promised"}},
	} {
		t.Run(shows, func(t *testing.T) {
			served := p
			test.change(&served)
			r := run(t, Options{URLs: []string{serve(t, routes.Policies{Policy: served}, nil)}, Routes: routes.Policies{Policy: p}})
			if got := kindsOf(r); !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
			}
		})
	}
}

func TestNothingUnsafeIsSentUnasked(t *testing.T) {
	routes := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}}}
	for _, unsafe := range []bool{false, true} {
		var mu sync.Mutex
		seen := map[string]int{}
		total := 0
		url := serve(t, routes, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				seen[r.Method]++
				total++
				mu.Unlock()
				next.ServeHTTP(w, r)
			})
		})
		r := run(t, Options{URLs: []string{url}, Routes: routes, UnsafeMethods: unsafe})
		if r.Verdict != Agrees || r.Sites[0].Requests != total {
			t.Errorf("unsafe %v: %s, %d requests said and %d seen\n%s", unsafe, r.Verdict, r.Sites[0].Requests, total, text(t, r))
		}
		delete(seen, "GET")
		delete(seen, "HEAD")
		delete(seen, "OPTIONS")
		if unsafe != (len(seen) > 0) || unsafe && seen["DELETE"] == 0 {
			t.Errorf("unsafe %v: sent %v", unsafe, seen)
		}
	}
}

func TestTheLimitOnRequestsHolds(t *testing.T) {
	routes := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	r := run(t, Options{URLs: []string{serve(t, routes, nil)}, Routes: routes, MaxRequests: 20})
	if s := r.Sites[0]; s.Requests != 20 || s.Skipped == 0 || r.Verdict != Agrees || !strings.Contains(text(t, r), "--max-requests") {
		t.Errorf("%s", text(t, r))
	}
}

func TestAServerThatIsNotThereIsUnreachable(t *testing.T) {
	routes := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	url := serve(t, routes, nil)
	gone := httptest.NewServer(nil)
	gone.Close()
	r := run(t, Options{URLs: []string{url, gone.URL}, Routes: routes})
	if r.Verdict != Unreachable || r.Sites[0].Verdict != Agrees || r.Sites[1].Verdict != Unreachable || r.Sites[1].Cause == "" {
		t.Errorf("%s\n%s", r.Verdict, text(t, r))
	}
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	if r := run(t, Options{URLs: []string{slow.URL}, Routes: routes, Timeout: 100 * time.Millisecond}); r.Verdict != Unreachable {
		t.Errorf("a server that never answers: %s", r.Verdict)
	}
}

// An https: page may not ask an http: server, which says nothing of the server.
func TestWhatNoBrowserAsksIsNoAgreement(t *testing.T) {
	for shows, test := range map[string]struct {
		origins []string
		want    Verdict
		barred  int
	}{
		"https pages only": {[]string{"https://app.example.com"}, Unreachable, 1},
		"an http page too": {[]string{"https://app.example.com", "http://app.example.com"}, Agrees, 1},
	} {
		routes := routes.Policies{Policy: cors.Policy{Origins: test.origins}}
		local, err := url.Parse(serve(t, routes, nil))
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, Options{URLs: []string{"http://api.example:" + local.Port() + "/items/1"}, Resolve: []string{"api.example:" + local.Port() + ":127.0.0.1"}, Routes: routes})
		if r.Verdict != test.want || r.Sites[0].Barred != test.barred {
			t.Errorf("%s: %s, %d barred\n%s", shows, r.Verdict, r.Sites[0].Barred, text(t, r))
		}
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	routes := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	for shows, o := range map[string]Options{
		"no URL": {Routes: routes}, "no scheme": {Routes: routes, URLs: []string{"api.example"}}, "another scheme": {Routes: routes, URLs: []string{"data:,x"}},
		"no browser": {Routes: routes, URLs: []string{"https://a.example"}, As: "opera"}, "no requests": {Routes: routes, URLs: []string{"https://a.example"}, MaxRequests: -1},
		"no policy": {URLs: []string{"https://a.example"}},
	} {
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", shows)
		}
	}
}

// What a hostile server says comes out escaped and bounded, in all forms.
func TestHostileAnswersAreEscaped(t *testing.T) {
	routes := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	nasty := "\"]]><x>&\xff\u202e\u009b31m" + strings.Repeat("A", 5000)
	url := serve(t, routes, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", nasty)
			w.Header().Set("X-Nasty", nasty)
		})
	})
	r := run(t, Options{URLs: []string{url + "?\"<&]]>"}, Routes: routes})
	var j, x bytes.Buffer
	if err := errors.Join(r.WriteJSON(&j), r.WriteJUnit(&x)); err != nil {
		t.Fatal(err)
	}
	for form, out := range map[string]string{"text": text(t, r), "JSON": j.String(), "JUnit": x.String()} {
		for _, bad := range []string{"\u202e", "\u009b", "\x1b", strings.Repeat("A", 1000)} {
			if strings.Contains(out, bad) {
				t.Errorf("%s has %.20q in it", form, bad)
			}
		}
	}
	var again Report
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
