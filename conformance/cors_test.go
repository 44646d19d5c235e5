package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
)

// TestBrowsersAgreeWithThePolicy checks package cors in real browsers: with
// generated policies and requests, a script can read the response exactly when
// the policy allows it.
func TestBrowsersAgreeWithThePolicy(t *testing.T) {
	inEachBrowser(t, func(t *testing.T, rec *recording) {
		policies, err := sharedPolicyCases()
		if err != nil {
			t.Fatal(err)
		}
		profile := Profiles[rec.browser.Name]
		n, wrong, preflights := len(policies), 0, 0
		for i, o := range rec.policy.Observations {
			if problems := policies[i].check(profile, o.Steps[0]); len(problems) > 0 {
				wrong++
				t.Error(policies[i].describe(problems, o.Steps[0]))
			}
			if slices.ContainsFunc(o.Steps[0].Wire, isPreflight) {
				preflights++
			}
		}
		r := Compare(t.Context(), rec.policy, profile)
		for _, d := range r.Differences {
			t.Error(d)
		}
		if r.Successes*100 < 20*n || r.Successes*100 > 90*n || preflights*100 < 20*n {
			t.Errorf("%d of %d cases succeed and %d have a preflight: the cases test too little", r.Successes, n, preflights)
		}
		// This line is last, so that it is not lost if a long log is cut.
		t.Logf("%s %s, seed %d: %d of %d cases agree with the policy, and %d with the engine; "+
			"%d %% succeed, %d %% have a preflight", rec.browser.Name, rec.browser.Version, sharedSeed(),
			n-wrong, n, n-len(r.Differences), r.Successes*100/n, preflights*100/n)
	})
}

// TestEngineAgreesWithThePolicy is the same test in the engine, so that it
// also runs where no browser is installed.
func TestEngineAgreesWithThePolicy(t *testing.T) {
	seed := rand.Uint64N(1_000_000_000)
	t.Logf("seed %d", seed)
	policies, err := policyCases(0, seed, 1_000)
	if err != nil {
		t.Fatal(err)
	}
	for name, profile := range Profiles {
		t.Run(name, func(t *testing.T) {
			for _, p := range policies {
				o, _ := Simulate(t.Context(), profile, &p.c)
				if problems := p.check(profile, o.Steps[0]); len(problems) > 0 {
					t.Error(p.describe(problems, o.Steps[0]))
				}
			}
		})
	}
}

// A policyCase is a policy and a case with one request to a server that has it.
type policyCase struct {
	policy cors.Policy
	debug  bool // Middleware.SetDebug
	c      Case
}

// sharedPolicyCases returns the policy cases that browsers run.
var sharedPolicyCases = sync.OnceValues(func() ([]*policyCase, error) {
	return policyCases(policyCasesID, sharedSeed(), caseCount(300))
})

// policyCases returns n cases with IDs that begin at first. A case depends only on
// its seed, its index and its ID, as with [Generate].
func policyCases(first int, seed uint64, n int) ([]*policyCase, error) {
	var out []*policyCase
	for i := range n {
		id := first + i
		g := newGenerator(seed, i, id)
		p := &policyCase{policy: g.policy(), debug: g.percent(25)}
		p.c = Case{ID: id, Family: "cors", Page: g.corsPage()}
		p.c.Steps = []Step{{Request: g.corsRequest(p.c.Page)}}
		m, err := cors.New(p.policy)
		if err != nil {
			return nil, fmt.Errorf("seed %d, case %d: %w", seed, i, err)
		}
		m.SetDebug(p.debug)
		p.c.Steps[0].Hops = []Hop{p.responses(m)}
		out = append(out, p)
	}
	return out, nil
}

// casesOf returns the cases of policy cases.
func casesOf(policies []*policyCase) []Case {
	var out []Case
	for _, p := range policies {
		out = append(out, p.c)
	}
	return out
}

// --- Generation -------------------------------------------------------------

// An originPattern is a pattern of a policy, with the templates of Hosts, and the
// hosts whose pages it allows.
type originPattern struct {
	text    string
	allowed []string
}

// originPatterns uses the ports 8001 and 8002 of simulationHosts.
var originPatterns = []originPattern{
	{"http://{a}", []string{"a"}},
	{"http://{sub.a}", []string{"sub.a"}},
	{"http://{a2}", []string{"a2"}},
	{"http://{b}", []string{"b"}},
	{"http://*.{a}", []string{"sub.a"}},
	{"http://s*.{a}", []string{"sub.a"}},
	{"http://*.localhost:8001", []string{"a", "sub.a", "b"}},
	{"http://a.localhost:*", []string{"a", "a2"}},
	{"http://*.a.localhost:*", []string{"sub.a"}},
	{"http://a.localhost:[80,8002-8100]", []string{"a2"}},
	{"http://a.localhost", nil}, // port 80
	{"https://{a}", nil},
	{"http://localhost:*", nil},
}

// subset returns each of the values with a probability of p percent.
func (g *generator) subset(p int, values ...string) []string {
	var out []string
	for _, s := range values {
		if g.percent(p) {
			out = append(out, s)
		}
	}
	return out
}

func (g *generator) policy() cors.Policy {
	p := cors.Policy{
		Methods:           g.subset(60, "PUT", "DELETE", "PATCH"),
		RequestHeaders:    g.subset(60, "X-A", "x-b", "Content-Type", "Authorization", "Accept-Language", "RANGE"),
		ExposedHeaders:    g.subset(50, "X-Total", "x-other", "X-Absent"),
		Credentials:       g.percent(55),
		MaxAgeSeconds:     oneOf(g, 0, -1, 600),
		PreflightStatus:   oneOf(g, 0, 0, 200, 299),
		RejectRefused:     g.percent(25),
		TimingAllowOrigin: g.percent(15),
		// This affects only no-cors requests.
		ResourcePolicy:                           oneOf(g, "", "", "same-origin", "same-site", "cross-origin"),
		DangerouslyAllowNull:                     g.percent(40),
		DangerouslyAllowAnyOriginWithCredentials: true,
		DangerouslyAllowPublicSuffixes:           true, // localhost is one
	}
	for _, pattern := range originPatterns {
		if g.percent(25) {
			p.Origins = append(p.Origins, simulationHosts.Expand(pattern.text))
		}
	}
	if g.percent(25) || len(p.Origins) == 0 {
		p.Origins = append(p.Origins, "*")
	}
	if g.percent(20) {
		p.Methods = append(p.Methods, "*")
	}
	if g.percent(10) {
		p.Methods = append(p.Methods, "patch")
	}
	if g.percent(20) {
		p.RequestHeaders = append(p.RequestHeaders, "*")
	}
	if g.percent(25) && !p.Credentials {
		p.ExposedHeaders = append(p.ExposedHeaders, "*")
	}
	return p
}

func (g *generator) corsPage() Page {
	return oneOf(g, Page{Host: "a"}, Page{Host: "a"}, Page{Host: "sub.a"}, Page{Host: "a2"}, Page{Host: "b"},
		Page{Host: "a", Sandboxed: true}, Page{Host: "b", Sandboxed: true})
}

// requestHeaders lists headers that a script sets, and whether they are safelisted:
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
var requestHeaders = []struct {
	name, value string
	safe        bool
}{
	{"X-A", "1", false},
	{"X-B", "two words", false},
	{"x-c", "1", false},
	{"Authorization", "Bearer x", false},
	{"Content-Type", "application/json", false},
	{"Content-Type", "text/plain", true},
	{"Accept-Language", "de_DE", false},
	{"Accept-Language", "de", true},
	{"Range", "bytes=-10", false},
	{"Range", "bytes=0-10", true},
	{"Accept", "application/json", true},
}

func (g *generator) corsRequest(page Page) Request {
	target := oneOf(g, "c", "c", "c", "c", "b", "a2", "a", page.Host)
	q := Request{
		Via: "fetch", URL: g.url(target, 0),
		Method:      oneOf(g, "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "PATCH", "patch"),
		Credentials: oneOf(g, "omit", "same-origin", "include"),
	}
	for _, h := range requestHeaders {
		if g.percent(9) && !slices.ContainsFunc(q.Headers, func(o [2]string) bool { return o[0] == h.name }) {
			q.Headers = append(q.Headers, [2]string{h.name, h.value})
		}
	}
	if q.Method != "GET" && q.Method != "HEAD" && g.percent(50) {
		q.BodyKind, q.Body = "string", "{}" // its Content-Type is safelisted
	}
	if g.percent(25) {
		q.Via, q.UploadListener = "xhr", g.percent(60)
		if q.Credentials != "include" {
			q.Credentials = "" // XMLHttpRequest has no "omit"
		}
	}
	return q
}

// responses returns the middleware's responses to the preflight, if there should be
// one, and to the request. The server sends exactly these to the browser. They are
// right if the browser's requests are the expected ones, which check verifies.
// Ports are replaced with templates.
func (pc *policyCase) responses(m *cors.Middleware) Hop {
	handler := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // every request must arrive
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Total", "1")
		w.Header().Set("X-Other", "1")
		_, _ = w.Write([]byte("secret"))
	}))
	respond := func(want Wire) Response {
		r := httptest.NewRequest(want.Method, simulationHosts.Expand(pc.request().URL), nil)
		set := func(name, value string) {
			if value != "" {
				r.Header.Set(name, simulationHosts.Expand(value))
			}
		}
		set("Origin", want.Origin)
		set("Access-Control-Request-Method", want.ACRM)
		set("Access-Control-Request-Headers", want.ACRH)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		out := Response{Status: w.Code, Body: w.Body.String()}
		for _, name := range slices.Sorted(maps.Keys(w.Header())) {
			for _, value := range w.Header()[name] {
				out.add(name, simulationHosts.Template(value))
			}
		}
		return out
	}
	hop := Hop{Actual: respond(pc.actual())}
	if pc.needsPreflight(fetch.Standard) {
		hop.Preflight = respond(pc.preflight())
	}
	return hop
}

// --- Expectations ----------------------------------------------------------

func (pc *policyCase) request() *Request { return &pc.c.Steps[0].Request }

func (pc *policyCase) sameOrigin() bool {
	return !pc.c.Page.Sandboxed && strings.HasPrefix(pc.request().URL, pageOrigin(pc.c.Page)+"/")
}

// unsafeNames returns the names of the headers that need permission, as a
// preflight lists them.
func (pc *policyCase) unsafeNames() []string {
	var out []string
	for _, h := range requestHeaders {
		if !h.safe && slices.Contains(pc.request().Headers, [2]string{h.name, h.value}) {
			out = append(out, strings.ToLower(h.name))
		}
	}
	slices.Sort(out)
	return out
}

// needsPreflight follows https://fetch.spec.whatwg.org/#http-fetch and the one
// deviation of a browser that matters here.
func (pc *policyCase) needsPreflight(p fetch.Profile) bool {
	q := pc.request()
	listener := q.UploadListener
	if q.BodyKind == "" && slices.Contains(p.Deviations(), fetch.UploadListenerNeedsBody) {
		listener = false
	}
	return !pc.sameOrigin() && (listener || !safeMethod(q.Method) || len(pc.unsafeNames()) > 0)
}

func safeMethod(method string) bool { return method == "GET" || method == "HEAD" || method == "POST" }

// preflight returns the expected preflight, with the fields that package cors reads.
func (pc *policyCase) preflight() Wire {
	return Wire{
		Method: "OPTIONS", Origin: pageOrigin(pc.c.Page),
		ACRM: pc.request().Method, ACRH: strings.Join(pc.unsafeNames(), ","),
	}
}

// actual returns the expected request, with the fields that package cors reads.
func (pc *policyCase) actual() Wire {
	w := Wire{Method: pc.request().Method, Origin: pageOrigin(pc.c.Page)}
	if pc.sameOrigin() && (w.Method == "GET" || w.Method == "HEAD") {
		w.Origin = ""
	}
	return w
}

func isPreflight(w Wire) bool { return w.ACRM != "" }

// allowed reports whether the policy allows the request. It is a simple second
// implementation of the policy.
func (pc *policyCase) allowed() bool {
	p, q := &pc.policy, pc.request()
	switch {
	case pc.sameOrigin():
		return true
	case q.Credentials == "include" && !p.Credentials, !pc.originAllowed():
		return false
	case !safeMethod(q.Method) && !slices.Contains(p.Methods, q.Method) && !slices.Contains(p.Methods, "*"):
		return false
	}
	for _, name := range pc.unsafeNames() {
		if !contains(p.RequestHeaders, name) && (name == "authorization" || !slices.Contains(p.RequestHeaders, "*")) {
			return false
		}
	}
	return true
}

func (pc *policyCase) originAllowed() bool {
	p := &pc.policy
	wildcard := slices.Contains(p.Origins, "*")
	if pc.c.Page.Sandboxed {
		return p.DangerouslyAllowNull || wildcard && !p.Credentials
	}
	return wildcard || slices.ContainsFunc(originPatterns, func(o originPattern) bool {
		return slices.Contains(p.Origins, simulationHosts.Expand(o.text)) &&
			slices.Contains(o.allowed, pc.c.Page.Host)
	})
}

// contains reports whether a list contains a header name, ignoring case.
func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// check returns how an observation differs from what is expected with the policy
// and the browser's profile.
func (pc *policyCase) check(p fetch.Profile, seen Seen) []string {
	var problems []string
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	out, want := &seen.Outcome, pc.allowed()
	switch got := out.Result == "ok"; {
	case got != want:
		wrong("the script can read the response: %v, but the policy allows it: %v", got, want)
	case !got && out.Result != "TypeError" && out.Result != "error":
		wrong("the script sees %q", out.Result) // a timeout is not a refusal
	case got:
		body := "secret"
		if pc.request().Method == "HEAD" {
			body = ""
		}
		if out.Status != http.StatusOK || out.Body != body {
			wrong("the response is not the handler's: status %d, body %q", out.Status, out.Body)
		}
		for _, name := range []string{"x-total", "x-other"} {
			list := pc.policy.ExposedHeaders
			exposed := pc.sameOrigin() || contains(list, name) || slices.Contains(list, "*")
			if got := slices.Contains(out.Headers, name); got != exposed {
				wrong("%s is visible: %v, but the policy exposes it: %v", name, got, exposed)
			}
		}
	}

	var expected []Wire
	if pc.needsPreflight(p) {
		expected = append(expected, pc.preflight())
	}
	if want || len(expected) == 0 {
		expected = append(expected, pc.actual()) // without a preflight, only reading is refused
	}
	var arrived []Wire
	for _, w := range seen.Wire {
		names := strings.Split(w.ACRH, ",")
		slices.Sort(names) // the order does not matter to a server
		arrived = append(arrived, Wire{Method: w.Method, Origin: w.Origin, ACRM: w.ACRM, ACRH: strings.Join(names, ",")})
	}
	if !slices.EqualFunc(arrived, expected, func(x, y Wire) bool { return wireDiffers(x, y) == "" }) {
		wrong("requests %s, want %s", compact(arrived), compact(expected))
	}
	return problems
}

func (pc *policyCase) describe(problems []string, seen Seen) string {
	return fmt.Sprintf("case %d: %s\n  policy  %s debug %v\n  page    %s\n  step    %s\n  seen    %s",
		pc.c.ID, strings.Join(problems, "; "), compact(pc.policy), pc.debug, compact(pc.c.Page), compact(pc.c.Steps[0]), compact(seen))
}

// compact returns v as JSON on one line.
func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
