package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
)

// Package cors judged by real browsers: for generated policies and requests, a
// script reads the response exactly when the policy says so. The seed is
// printed; CONFORMANCE_SEED repeats it, CONFORMANCE_CASES changes how many.
func TestBrowsersGetInExactlyWhenThePolicySaysSo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	seed, n := rand.Uint64N(1_000_000_000), 300
	if s, err := strconv.ParseUint(os.Getenv("CONFORMANCE_SEED"), 10, 64); err == nil {
		seed = s
	}
	if s, err := strconv.Atoi(os.Getenv("CONFORMANCE_CASES")); err == nil {
		n = s
	}
	admissions, cases := admissionsOf(t, seed, n)
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
			defer cancel()
			b := findBrowser(t, name)
			c, err := RecordCorpus(ctx, b, seed, cases, nil)
			if err != nil {
				t.Fatal(err)
			}
			wrong, preflights := 0, 0
			for i, o := range c.Observations {
				if problems := admissions[i].judge(Profiles[name], o.Steps[0]); len(problems) > 0 {
					wrong++
					t.Error(admissions[i].describe(problems, o.Steps[0]))
				}
				if slices.ContainsFunc(o.Steps[0].Wire, isPreflight) {
					preflights++
				}
			}
			r := Compare(ctx, c, Profiles[name])
			for _, d := range r.Differences {
				t.Error(d)
			}
			if r.Successes*100 < 20*n || r.Successes*100 > 90*n || preflights*100 < 20*n {
				t.Errorf("%d of %d cases end well, %d have a preflight: they say little", r.Successes, n, preflights)
			}
			// Last, so that it is still there where a long log was cut.
			t.Logf("%s %s, seed %d: the policy is right about %d of %d cases, the engine about %d; %d %% end well, %d %% have a preflight",
				b.Name, b.Version, seed, n-wrong, n, n-len(r.Differences), r.Successes*100/n, preflights*100/n)
		})
	}
}

// The same without browsers, so that a change is not found wanting only where
// there are some.
func TestEngineGetsInExactlyWhenThePolicySaysSo(t *testing.T) {
	seed := rand.Uint64N(1_000_000_000)
	t.Logf("seed %d", seed)
	admissions, cases := admissionsOf(t, seed, 1_000)
	for name, profile := range Profiles {
		t.Run(name, func(t *testing.T) {
			for i := range cases {
				o, _ := Simulate(t.Context(), profile, &cases[i])
				if problems := admissions[i].judge(profile, o.Steps[0]); len(problems) > 0 {
					t.Error(admissions[i].describe(problems, o.Steps[0]))
				}
			}
		})
	}
}

// An admission is a policy and a request that is held against it.
type admission struct {
	policy cors.Policy
	debug  bool // Middleware.SetDebug
	c      Case
}

// admissionsOf returns n of them and their cases. A seed and an index determine
// an admission alone, as with Generate.
func admissionsOf(t *testing.T, seed uint64, n int) ([]*admission, []Case) {
	t.Helper()
	var admissions []*admission
	var cases []Case
	for i := range n {
		g := &generator{rand.New(rand.NewPCG(seed, uint64(i))), i}
		for range 4 {
			g.Uint64() // see GenerateCase
		}
		a := &admission{policy: g.policy(), debug: g.percent(25)}
		a.c = Case{ID: i, Family: "cors", Page: g.corsPage()}
		a.c.Steps = []Step{{Request: g.corsRequest(a.c.Page)}}
		m, err := cors.New(a.policy)
		if err != nil {
			t.Fatalf("seed %d, case %d: %v", seed, i, err)
		}
		m.SetDebug(a.debug)
		a.c.Steps[0].Answers = []Hop{a.answers(m)}
		admissions, cases = append(admissions, a), append(cases, a.c)
	}
	return admissions, cases
}

// --- generation -------------------------------------------------------------

// originPatterns are patterns, with the templates of Hosts where ports belong,
// and the hosts whose pages they let in. The ports are those of
// simulationHosts, 8001 and 8002.
var originPatterns = []struct {
	text string
	in   []string
}{
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

// some returns each of the strings p times in a hundred.
func (g *generator) some(p int, of ...string) []string {
	var out []string
	for _, s := range of {
		if g.percent(p) {
			out = append(out, s)
		}
	}
	return out
}

func (g *generator) policy() cors.Policy {
	p := cors.Policy{
		Methods:                                  g.some(60, "PUT", "DELETE", "PATCH"),
		RequestHeaders:                           g.some(60, "X-A", "x-b", "Content-Type", "Authorization", "Accept-Language", "RANGE"),
		ExposedHeaders:                           g.some(50, "X-Total", "x-other", "X-Absent"),
		Credentials:                              g.percent(55),
		MaxAgeSeconds:                            one(g, 0, -1, 600),
		PreflightStatus:                          one(g, 0, 0, 200, 299),
		RejectRefused:                            g.percent(25),
		TimingAllowOrigin:                        g.percent(15),
		ResourcePolicy:                           one(g, "", "", "same-origin", "same-site", "cross-origin"), // is of no-cors requests only
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
	return one(g, Page{Host: "a"}, Page{Host: "a"}, Page{Host: "sub.a"}, Page{Host: "a2"}, Page{Host: "b"},
		Page{Host: "a", Sandboxed: true}, Page{Host: "b", Sandboxed: true})
}

// requestHeaders are what a script may set, and whether the standard's rules
// about values let it do so unasked
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
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
	target := one(g, "c", "c", "c", "c", "b", "a2", "a", page.Host)
	q := Request{
		Via: "fetch", URL: g.url(target, 0),
		Method:      one(g, "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "PATCH", "patch"),
		Credentials: one(g, "omit", "same-origin", "include"),
	}
	for _, h := range requestHeaders {
		if g.percent(9) && !slices.ContainsFunc(q.Headers, func(o [2]string) bool { return o[0] == h.name }) {
			q.Headers = append(q.Headers, [2]string{h.name, h.value})
		}
	}
	if q.Method != "GET" && q.Method != "HEAD" && g.percent(50) {
		q.BodyKind, q.Body = "string", "{}" // brings a type that needs no leave
	}
	if g.percent(25) {
		q.Via, q.UploadListener = "xhr", g.percent(60)
		if q.Credentials != "include" {
			q.Credentials = "" // XMLHttpRequest knows no omit
		}
	}
	return q
}

// answers is what the middleware answers to the preflight, if there is to be
// one, and to the request. The server that browsers meet answers with these as
// they stand, which is right as long as what arrives there is what was asked
// here: judge sees to that. Ports are put back into templates.
func (a *admission) answers(m *cors.Middleware) Hop {
	handler := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // cases are about what is sent
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Total", "1")
		w.Header().Set("X-Other", "1")
		_, _ = w.Write([]byte("secret")) // to a recorder
	}))
	answer := func(want Wire) Answer {
		r := httptest.NewRequest(want.Method, simulationHosts.Expand(a.request().URL), nil)
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
		out := Answer{Status: w.Code, Body: w.Body.String()}
		for _, name := range slices.Sorted(maps.Keys(w.Header())) {
			for _, value := range w.Header()[name] {
				out.add(name, simulationHosts.Template(value))
			}
		}
		return out
	}
	hop := Hop{Actual: answer(a.actual())}
	if a.needsPreflight(fetch.Standard) {
		hop.Preflight = answer(a.preflight())
	}
	return hop
}

// --- what is to be ----------------------------------------------------------

func (a *admission) request() *Request { return &a.c.Steps[0].Request }

func (a *admission) sameOrigin() bool {
	return !a.c.Page.Sandboxed && strings.HasPrefix(a.request().URL, origin(a.c.Page)+"/")
}

// unsafeNames are the names of the headers that need leave, as a preflight has
// them.
func (a *admission) unsafeNames() []string {
	var out []string
	for _, h := range requestHeaders {
		if !h.safe && slices.Contains(a.request().Headers, [2]string{h.name, h.value}) {
			out = append(out, strings.ToLower(h.name))
		}
	}
	slices.Sort(out)
	return out
}

// needsPreflight: https://fetch.spec.whatwg.org/#http-fetch, and the one thing
// that a browser does otherwise here.
func (a *admission) needsPreflight(p fetch.Profile) bool {
	q := a.request()
	listens := q.UploadListener
	if q.BodyKind == "" && slices.Contains(p.Deviations(), fetch.UploadListenerNeedsBody) {
		listens = false
	}
	return !a.sameOrigin() && (listens || !safeMethod(q.Method) || len(a.unsafeNames()) > 0)
}

func safeMethod(method string) bool { return method == "GET" || method == "HEAD" || method == "POST" }

// preflight and actual are the requests that arrive, as far as cors looks.

func (a *admission) preflight() Wire {
	return Wire{Method: "OPTIONS", Origin: origin(a.c.Page), ACRM: a.request().Method, ACRH: strings.Join(a.unsafeNames(), ",")}
}

func (a *admission) actual() Wire {
	w := Wire{Method: a.request().Method, Origin: origin(a.c.Page)}
	if a.sameOrigin() && (w.Method == "GET" || w.Method == "HEAD") {
		w.Origin = ""
	}
	return w
}

func isPreflight(w Wire) bool { return w.ACRM != "" }

// allowed is the policy read in the plainest way.
func (a *admission) allowed() bool {
	p, q := &a.policy, a.request()
	switch {
	case a.sameOrigin():
		return true
	case q.Credentials == "include" && !p.Credentials, !a.originIn():
		return false
	case !safeMethod(q.Method) && !slices.Contains(p.Methods, q.Method) && !slices.Contains(p.Methods, "*"):
		return false
	}
	for _, name := range a.unsafeNames() {
		if !contains(p.RequestHeaders, name) && (name == "authorization" || !slices.Contains(p.RequestHeaders, "*")) {
			return false
		}
	}
	return true
}

func (a *admission) originIn() bool {
	p := &a.policy
	anybody := slices.Contains(p.Origins, "*")
	if a.c.Page.Sandboxed {
		return p.DangerouslyAllowNull || anybody && !p.Credentials
	}
	return anybody || slices.ContainsFunc(originPatterns, func(o struct {
		text string
		in   []string
	}) bool {
		return slices.Contains(p.Origins, simulationHosts.Expand(o.text)) && slices.Contains(o.in, a.c.Page.Host)
	})
}

// contains looks for a header's name, in whatever case.
func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// judge says in what an observation is not what the policy, and the profile of
// the browser, make one expect.
func (a *admission) judge(p fetch.Profile, seen Seen) []string {
	var problems []string
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	out, want := &seen.Outcome, a.allowed()
	switch got := out.Result == "ok"; {
	case got != want:
		wrong("the script reads the response: %v; by the policy: %v", got, want)
	case !got && out.Result != "TypeError" && out.Result != "error":
		wrong("the script sees %q", out.Result) // a timeout is no refusal
	case got:
		body := "secret"
		if a.request().Method == "HEAD" {
			body = ""
		}
		if out.Status != http.StatusOK || out.Body != body {
			wrong("the response is not the handler's: status %d, body %q", out.Status, out.Body)
		}
		for _, name := range []string{"x-total", "x-other"} {
			exposed := a.sameOrigin() || contains(a.policy.ExposedHeaders, name) || slices.Contains(a.policy.ExposedHeaders, "*")
			if got := slices.Contains(out.Headers, name); got != exposed {
				wrong("%s is visible: %v; exposed: %v", name, got, exposed)
			}
		}
	}

	var arrives []Wire
	if a.needsPreflight(p) {
		arrives = append(arrives, a.preflight())
	}
	if want || len(arrives) == 0 {
		arrives = append(arrives, a.actual()) // without a preflight it is only reading that is forbidden
	}
	var arrived []Wire
	for _, w := range seen.Wire {
		names := strings.Split(w.ACRH, ",")
		slices.Sort(names) // their order says nothing to a server
		arrived = append(arrived, Wire{Method: w.Method, Origin: w.Origin, ACRM: w.ACRM, ACRH: strings.Join(names, ",")})
	}
	if !slices.EqualFunc(arrived, arrives, func(x, y Wire) bool { return wireDiffers(x, y) == "" }) {
		wrong("there arrived %s; by the standard: %s", compact(arrived), compact(arrives))
	}
	return problems
}

func (a *admission) describe(problems []string, seen Seen) string {
	return fmt.Sprintf("case %d: %s\n  policy  %s debug %v\n  page    %s\n  step    %s\n  seen    %s",
		a.c.ID, strings.Join(problems, "; "), compact(a.policy), a.debug, compact(a.c.Page), compact(a.c.Steps[0]), compact(seen))
}

// compact is for people to read.
func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
