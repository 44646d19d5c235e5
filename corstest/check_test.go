package corstest_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/origin"
)

func kindsOf(findings []corstest.Finding) []string {
	var kinds []string
	for _, f := range findings {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

func TestCheckFindsNothingInACorrectMiddleware(t *testing.T) {
	anyOrigin := corstest.Promise{Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, ExposedHeaders: []string{"*"}}
	tests := map[string]struct {
		promise corstest.Promise
		change  func(*reference)
	}{
		"two origins with credentials": {promised, nil},
		"a pattern": {corstest.Promise{Origins: []string{"https://*.example.com"}}, func(m *reference) {
			pattern, err := origin.ParsePattern("https://*.example.com")
			if err != nil {
				t.Fatal(err)
			}
			set := origin.NewSet(pattern)
			m.allows = func(o string) bool { _, ok := set.Match(o); return ok }
			m.allowMethods = func(*http.Request) string { return "" }
			m.allowHeaders = func(*http.Request) string { return "" }
			m.expose, m.credentials = "", false
		}},
		"every origin": {anyOrigin, func(m *reference) {
			wildcard := func(*http.Request) string { return "*" }
			m.origin, m.allows = wildcard, func(string) bool { return true }
			m.allowMethods, m.allowHeaders, m.expose, m.credentials = wildcard, wildcard, "*", false
			m.vary = func(http.Header, *http.Request) {} // all responses are the same
		}},
		"one origin that all responses name": {
			corstest.Promise{Origins: []string{app}, Credentials: true},
			func(m *reference) {
				m.origin, m.allows = func(*http.Request) string { return app }, func(string) bool { return true }
				m.allowMethods = func(*http.Request) string { return "" }
				m.allowHeaders = func(*http.Request) string { return "" }
				m.vary, m.expose = func(http.Header, *http.Request) {}, ""
			}},
		"preflights that may not be cached": {
			corstest.Promise{Origins: []string{app}, Methods: []string{"PUT"}, MaxAge: -1},
			func(m *reference) {
				m.allows, m.credentials, m.maxAge = func(o string) bool { return o == app }, false, "0"
				m.allowMethods = func(*http.Request) string { return "PUT" }
				m.allowHeaders = func(*http.Request) string { return "" }
				m.expose = ""
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			findings, err := corstest.CheckIn(browsers(), middleware(test.change), test.promise)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				t.Errorf("%s\n%s\n\n%s", f, f.Request, f.Response)
			}
		})
	}
}

// sharing is the mistake to send the same slice of values in every response.
func sharing(shared []string) func(*reference) {
	return func(m *reference) {
		m.vary = func(h http.Header, _ *http.Request) {
			switch {
			case h["Vary"] == nil:
				h["Vary"] = shared
			case !strings.Contains(strings.Join(h["Vary"], ","), "Origin"):
				h.Add("Vary", "Origin")
			}
		}
	}
}

// errorsHidden removes Access-Control-Allow-Origin from error responses.
type errorsHidden struct{ http.ResponseWriter }

func (w errorsHidden) WriteHeader(status int) {
	if status >= 400 {
		w.Header().Del("Access-Control-Allow-Origin")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Each row is one mistake, and the kind of finding that it must lead to. Other
// findings are errors, except those that the mistake also causes.
var mistakes = []struct {
	kind    string
	promise func(*corstest.Promise) // changes the promise; may be nil
	change  func(*reference)
	also    []string // the kinds that it also causes
	shown   string   // in the sentence, the request or the response
}{
	{kind: "allowed-origin-blocked", shown: "http://localhost:3000",
		change: func(m *reference) { m.allows = func(o string) bool { return o == app } }},
	{kind: "credentials-unusable", shown: "InvalidAllowCredentials",
		change: func(m *reference) { m.credentials = false }},
	{kind: "credentials-not-promised", promise: func(p *corstest.Promise) { p.Credentials = false },
		change: func(*reference) {}},
	{kind: "credentials-not-promised", shown: "may send a preflighted request with credentials",
		promise: func(p *corstest.Promise) { p.Credentials = false },
		change: func(m *reference) {
			m.credentials = false
			vary := m.vary
			m.vary = func(h http.Header, r *http.Request) {
				vary(h, r)
				if r.Method == http.MethodOptions {
					h.Set("Access-Control-Allow-Credentials", "true")
				}
			}
		},
	},
	{kind: "foreign-origin-allowed", shown: "https://app.example.com.",
		change: func(m *reference) {
			allows := m.allows
			m.allows = func(o string) bool { return allows(o) || allows(strings.TrimSuffix(o, ".")) }
		}},
	{kind: "null-origin-allowed", shown: "Origin: null",
		change: func(m *reference) {
			allows := m.allows
			m.allows = func(o string) bool { return allows(o) || o == "null" }
		}},
	{kind: "invalid-origin-allowed", shown: "https://evil.example/.example.com",
		promise: func(p *corstest.Promise) { p.Origins = []string{"https://*.example.com"} },
		change: func(m *reference) {
			m.allows = func(o string) bool {
				return strings.HasPrefix(o, "https://") && strings.HasSuffix(o, ".example.com")
			}
		}},
	{kind: "upper-case-origin-allowed", shown: "HTTPS://APP.EXAMPLE.COM",
		change: func(m *reference) {
			allows := m.allows
			m.allows = func(o string) bool { return allows(strings.ToLower(o)) }
		},
		also: []string{"huge-origin-allocates"}},
	{kind: "two-origins-allowed", shown: "foreign.example",
		change: func(m *reference) { m.origin = func(r *http.Request) string { return r.Header.Get("Origin") } }},
	{kind: "method-blocked", shown: "Access-Control-Request-Method: PATCH",
		change: func(m *reference) { m.allowMethods = func(*http.Request) string { return "PUT" } }},
	{kind: "method-not-promised", shown: "DELETE",
		change: func(m *reference) { m.allowMethods = func(*http.Request) string { return "PUT, PATCH, DELETE" } }},
	{kind: "method-case-ignored", shown: "patch",
		change: func(m *reference) {
			m.allowMethods = func(r *http.Request) string {
				if asked := r.Header.Get("Access-Control-Request-Method"); strings.EqualFold(asked, "patch") {
					return asked
				}
				return "PUT"
			}
		}},
	{kind: "request-header-blocked", shown: "X-Request-Id",
		change: func(m *reference) {
			m.allowHeaders = func(*http.Request) string { return "content-type, authorization" }
		}},
	{kind: "request-header-not-promised", shown: "X-Corstest-Other: x",
		change: func(m *reference) {
			m.allowHeaders = func(r *http.Request) string {
				return strings.Join(r.Header["Access-Control-Request-Headers"], ",")
			}
		},
		also: []string{"huge-request-headers-allocate"}},
	{kind: "request-headers-case", shown: "X-Request-Id",
		change: refuseHeaders(func(lines []string) bool { return strings.Contains(lines[0], "X-") })},
	{kind: "request-headers-order", shown: "x-request-id,content-type,authorization",
		change: refuseHeaders(func(lines []string) bool { return strings.HasPrefix(lines[0], "x-request-id,") })},
	{kind: "request-headers-spaces", shown: "authorization, content-type",
		change: refuseHeaders(func(lines []string) bool { return strings.Contains(lines[0], " ") })},
	{kind: "request-headers-lines", shown: "Access-Control-Request-Headers: authorization\n",
		change: refuseHeaders(func(lines []string) bool { return len(lines) > 1 })},
	{kind: "preflighted-post-blocked", shown: "Access-Control-Request-Method: POST",
		change: func(m *reference) {
			m.preflight = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Access-Control-Request-Method") != "POST" {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				return true
			}
		}},
	{kind: "exposed-header-hidden", shown: "X-Total-Count is hidden",
		change: func(m *reference) { m.expose = "X-Other" }},
	{kind: "exposed-header-not-promised", shown: "X-Corstest-Other",
		change: func(m *reference) { m.expose = "X-Total-Count, X-Corstest-Other" }},
	{kind: "max-age-differs", shown: "not cached for 10m0s",
		change: func(m *reference) { m.maxAge = "599s" }},
	{kind: "max-age-differs", shown: "more than 10m0s",
		change: func(m *reference) { m.maxAge = "6000" }},
	{kind: "max-age-differs", shown: "although the promise forbids it", promise: func(p *corstest.Promise) { p.MaxAge = -1 },
		change: func(*reference) {}},
	{kind: "error-response-hidden", shown: "500",
		change: func(m *reference) {
			m.wrapNext = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(errorsHidden{w}, r) })
			}
		}},
	{kind: "allow-origin-duplicated", shown: "applied twice",
		change: func(m *reference) { m.set = http.Header.Add }},
	{kind: "vary-missing-allowed", change: noVary(func(r *http.Request) bool { return r.Header.Get("Origin") == app })},
	{kind: "vary-missing-refused", change: noVary(func(r *http.Request) bool { return r.Header.Get("Origin") == "https://foreign.example" })},
	{kind: "vary-missing-without-origin", change: noVary(func(r *http.Request) bool { return r.Header["Origin"] == nil })},
	{kind: "vary-lost", shown: "Accept-Encoding",
		change: func(m *reference) { m.vary = func(h http.Header, _ *http.Request) { h.Set("Vary", "Origin") } }},
	{kind: "vary-duplicated", shown: "Vary: Accept-Encoding, Origin\nVary: Origin",
		change: func(m *reference) { m.vary = func(h http.Header, _ *http.Request) { h.Add("Vary", "Origin") } }},
	{kind: "options-swallowed", shown: "without Origin", change: swallow(http.StatusNoContent, func(r *http.Request) bool { return r.Method == "OPTIONS" })},
	{kind: "actual-request-swallowed", shown: "status is 403", change: swallow(http.StatusForbidden, func(r *http.Request) bool { return r.Method == "PUT" && r.Header["Origin"] == nil })},
	{kind: "foreign-request-swallowed", shown: "https://foreign.example", change: swallow(http.StatusForbidden, func(r *http.Request) bool {
		o := r.Header.Get("Origin")
		return o != "" && o != "https://server.example" && !slices.Contains(promised.Origins, o)
	})},
	{kind: "own-origin-blocked", shown: "Origin: https://server.example", change: swallow(http.StatusForbidden, func(r *http.Request) bool {
		return r.Header.Get("Origin") == "https://server.example"
	})},
	{kind: "shared-header-values", shown: "Vary: corstest",
		change: func(m *reference) { sharing([]string{"Origin"})(m) }}, // a slice of its own, since tests are parallel
	{kind: "huge-origin-allocates", shown: "bytes)",
		change: func(m *reference) {
			m.actual = func(_ http.ResponseWriter, r *http.Request) bool {
				return strings.ReplaceAll(r.Header.Get("Origin"), "a", "bc") == "no"
			}
		}},
	{kind: "huge-request-headers-allocate", shown: "bytes)",
		change: func(m *reference) {
			m.preflight = func(_ http.ResponseWriter, r *http.Request) bool {
				return slices.Contains(strings.Split(r.Header.Get("Access-Control-Request-Headers"), ","), "no")
			}
		}},
	{kind: "panics", shown: "no slash",
		change: func(m *reference) {
			m.actual = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.Header.Get("Origin"), "/") {
					panic("no slash")
				}
				return false
			}
		}},
	{kind: "not-checked", shown: "works: credentials-unusable, method-blocked", also: []string{"allowed-origin-blocked"},
		change: func(m *reference) { m.allows = func(string) bool { return false } }},
}

// Each of these breaks requests of one form, so that checks must use others.
var breakages = map[string]func(http.Handler) http.Handler{
	"HEAD": refuseIf(func(r *http.Request) bool { return r.Method == "HEAD" }),
	"GET":  refuseIf(func(r *http.Request) bool { return r.Method == "GET" }),
	"POST": refuseIf(func(r *http.Request) bool { return r.Method == "POST" }),
	"simple requests": refuseIf(func(r *http.Request) bool {
		return r.Method == "GET" || r.Method == "HEAD" || r.Method == "POST"
	}),
	"the first origin": refuseIf(func(r *http.Request) bool { return r.Header.Get("Origin") == app }),
	"the first method": refuseIf(func(r *http.Request) bool {
		return r.Method == "PUT" || r.Header.Get("Access-Control-Request-Method") == "PUT"
	}),
	"the first header": refuseIf(func(r *http.Request) bool {
		return strings.Contains(strings.ToLower(strings.Join(r.Header["Access-Control-Request-Headers"], ",")), "content-type")
	}),
	"several headers": refuseIf(func(r *http.Request) bool {
		lines := r.Header["Access-Control-Request-Headers"]
		return len(lines) > 1 || len(lines) == 1 && len(strings.Split(lines[0], ",")) > 1
	}),
	"preflights of POST": refuseIf(func(r *http.Request) bool {
		return r.Header.Get("Access-Control-Request-Method") == "POST"
	}),
	"the server's own page": refuseIf(func(r *http.Request) bool { return r.Header.Get("Origin") == "https://server.example" }),
	"every promised origin": refuseIf(func(r *http.Request) bool { return slices.Contains(promised.Origins, r.Header.Get("Origin")) }),
	"null":                  refuseIf(func(r *http.Request) bool { return r.Header.Get("Origin") == "null" }),
}

// refuseIf returns a middleware that responds to some requests with 405, like a
// router inside of which the CORS middleware is.
func refuseIf(refused func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refused(r) {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A request that fails hides no mistake that another request shows. If no other
// does, the kind is reported as not checked.
func TestAFailingRequestHidesNoOtherMistake(t *testing.T) {
	for n, broken := range slices.Sorted(maps.Keys(breakages)) {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			breakage := breakages[broken]
			for i, test := range mistakes {
				switch {
				case testing.Short() && (i+2*n)%32 > 0: // a sample
					continue
				case strings.HasPrefix(test.kind, "huge-"): // TestAFailingRequestHidesNoAllocation
					continue
				case broken == "null" && test.kind == "null-origin-allowed",
					broken == "the first origin" && test.kind == "vary-missing-allowed",
					broken == "the server's own page" && test.kind == "own-origin-blocked":
					continue // the breakage refuses all that the mistake allows
				}
				promise := promised
				if test.promise != nil {
					test.promise(&promise)
				}
				findings, err := corstest.CheckWithoutAllocations(func(next http.Handler) http.Handler {
					return breakage(middleware(test.change)(next))
				}, promise)
				if err != nil {
					t.Fatal(err)
				}
				if !foundOrNotChecked(findings, test.kind) {
					t.Errorf("%s: found only %v", test.kind, kindsOf(findings))
				}
			}
		})
	}
}

// The requests whose allocations are measured are also ones that work.
func TestAFailingRequestHidesNoAllocation(t *testing.T) {
	for _, broken := range []string{"GET", "the first origin", "the first method", "the first header"} {
		if testing.Short() && broken != "the first method" {
			continue
		}
		for _, test := range mistakes {
			if !strings.HasPrefix(test.kind, "huge-") || testing.Short() && test.kind != "huge-origin-allocates" {
				continue
			}
			findings, err := corstest.CheckIn(browsers()[:1], func(next http.Handler) http.Handler {
				return breakages[broken](middleware(test.change)(next))
			}, promised)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(kindsOf(findings), test.kind) {
				t.Errorf("without %s: found only %v, want %s", broken, kindsOf(findings), test.kind)
			}
		}
	}
}

func foundOrNotChecked(findings []corstest.Finding, kind string) bool {
	return slices.ContainsFunc(findings, func(f corstest.Finding) bool {
		return f.Kind == kind || f.Kind == "not-checked" && strings.Contains(f.Sentence, kind)
	})
}

// What a request of one method shows is checked with another one, and reported as
// not checked only if there is none.
func TestNothingIsLeftUncheckedWhereAnotherRequestWorks(t *testing.T) {
	for broken, want := range map[string]string{
		"HEAD": "", "GET": "", "the first origin": "", "the first method": "", "the first header": "", "null": "",
		"preflights of POST": "", "the server's own page": "",
		"POST":                  "could not be checked, because no POST from a promised origin works: preflighted-post-blocked",
		"simple requests":       "could not be checked, because no POST from a promised origin works: preflighted-post-blocked",
		"several headers":       "could not be checked, because no two promised request headers work: request-headers-order, request-headers-lines",
		"every promised origin": "could not be checked, because no promised request of any promised origin works: credentials-unusable, ",
	} {
		findings, err := corstest.CheckWithoutAllocations(func(next http.Handler) http.Handler {
			return breakages[broken](middleware(nil)(next))
		}, promised)
		if err != nil {
			t.Fatal(err)
		}
		sentence := ""
		if i := slices.Index(kindsOf(findings), "not-checked"); i >= 0 {
			sentence = findings[i].Sentence
		}
		if !strings.HasPrefix(sentence, want) || want == "" && sentence != "" {
			t.Errorf("without %s: %q, want %q", broken, sentence, want)
		}
	}
}

func TestFindingsShowTheMostDangerousSample(t *testing.T) {
	reflect := func(allows func(o string) bool, credentials func(o string) bool) func(http.Handler) http.Handler {
		return middleware(func(m *reference) {
			m.allows = func(o string) bool { return slices.Contains(promised.Origins, o) || allows(o) }
			m.set = func(h http.Header, name, value string) {
				if h.Set(name, value); credentials(value) {
					h.Set("Access-Control-Allow-Credentials", "true")
				}
			}
			m.credentials = false
		})
	}
	all := func(string) bool { return true }
	none := func(string) bool { return false }
	contains := func(s string) func(string) bool { return func(o string) bool { return strings.Contains(o, s) } }
	tests := map[string]struct {
		allows, credentials func(string) bool
		want                string
	}{
		"every origin":                 {all, all, "a page on https://foreign.example, which is not promised, may read responses with credentials"},
		"every origin, no credentials": {all, none, "a page on https://foreign.example, which is not promised, may read responses, in"},
		"credentials for one port":     {all, contains(":8443"), "a page on https://app.example.com:8443, which is not promised, may read responses with credentials"},
		"a suffix without its dot":     {contains("app.example.com"), all, "a page on https://app.example.com.evil.example,"},
		"a sibling, http and ports": {func(o string) bool {
			return strings.HasSuffix(strings.TrimRight(o, ":0123456789"), "example.com") && !strings.Contains(o, "evil") || strings.Contains(o, "evil.example.com")
		}, all, "example.com"},
		"http and ports": {func(o string) bool {
			return strings.HasPrefix(strings.TrimPrefix(strings.Replace(o, "http:", "https:", 1), app), ":") || o == "http://app.example.com"
		}, all, "a page on http://app.example.com,"},
		"ports": {func(o string) bool { return strings.HasPrefix(o, app+":") }, all, "a page on https://app.example.com:8443,"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			findings, err := corstest.CheckQuickly(reflect(test.allows, test.credentials), promised)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if f.Kind == "foreign-origin-allowed" {
					if !strings.Contains(f.Sentence, test.want) {
						t.Errorf("%s\nwant %q", f, test.want)
					}
					return
				}
			}
			t.Error("no foreign origin was found")
		})
	}
}

// refuseHeaders allows no headers for some spellings of
// Access-Control-Request-Headers.
func refuseHeaders(refused func(lines []string) bool) func(*reference) {
	return func(m *reference) {
		allow := m.allowHeaders
		m.allowHeaders = func(r *http.Request) string {
			if lines := r.Header["Access-Control-Request-Headers"]; len(lines) > 0 && refused(lines) {
				return ""
			}
			return allow(r)
		}
	}
}

// noVary omits Vary for some requests.
func noVary(when func(*http.Request) bool) func(*reference) {
	return func(m *reference) {
		vary := m.vary
		m.vary = func(h http.Header, r *http.Request) {
			if !when(r) {
				vary(h, r)
			}
		}
	}
}

// swallow responds to some requests without calling the handler. Preflights are
// not among them.
func swallow(status int, when func(*http.Request) bool) func(*reference) {
	return func(m *reference) {
		m.actual = func(w http.ResponseWriter, r *http.Request) bool {
			if when(r) {
				w.WriteHeader(status)
				return true
			}
			return false
		}
	}
}

func TestCheckFindsEachMistakeAndNoOther(t *testing.T) {
	for i, test := range mistakes {
		if testing.Short() && (i%6 > 0 || strings.HasPrefix(test.kind, "huge-")) {
			continue // a sample; TestAFailingRequestHidesNoAllocation finds allocations too
		}
		t.Run(test.kind, func(t *testing.T) {
			promise := promised
			if test.promise != nil {
				test.promise(&promise)
			}
			check := corstest.CheckQuickly
			if slices.ContainsFunc(append(test.also, test.kind), func(kind string) bool { return strings.HasPrefix(kind, "huge-") }) {
				check = func(m func(http.Handler) http.Handler, p corstest.Promise) ([]corstest.Finding, error) {
					if testing.Short() {
						return corstest.CheckIn(browsers()[:1], m, p)
					}
					return corstest.CheckIn(browsers(), m, p)
				}
			}
			findings, err := check(middleware(test.change), promise)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if f.Kind != test.kind && !slices.Contains(test.also, f.Kind) {
					t.Errorf("also found: %s\n%s\n\n%s", f, f.Request, f.Response)
				}
				if f.Request == "" || f.Response == "" || strings.Contains(f.Sentence, "\n") {
					t.Errorf("incomplete finding: %#v", f)
				}
				if all := f.Sentence + "\n" + f.Request + "\n" + f.Response; f.Kind == test.kind && !strings.Contains(all, test.shown) {
					t.Errorf("%q is missing in\n%s", test.shown, all)
				}
			}
			for _, kind := range append(test.also, test.kind) {
				if !slices.Contains(kindsOf(findings), kind) {
					t.Errorf("found %v, want %s among them", kindsOf(findings), kind)
				}
			}
		})
	}
}

// Check overwrites the values that a middleware shares, and restores them.
func TestSharedValuesAreRestored(t *testing.T) {
	shared := []string{"Origin"}
	findings, err := corstest.CheckWithoutAllocations(middleware(sharing(shared)), promised)
	if err != nil || !slices.Contains(kindsOf(findings), "shared-header-values") {
		t.Fatalf("found %v, error %v", kindsOf(findings), err)
	}
	if shared[0] != "Origin" {
		t.Errorf("Check left the middleware's own slice as %q", shared)
	}
}

func TestEveryKindHasAMistake(t *testing.T) {
	for _, k := range corstest.Kinds() {
		hasMistake := false
		for _, test := range mistakes {
			hasMistake = hasMistake || test.kind == k.Name
		}
		if !hasMistake {
			t.Errorf("no mistake leads to %s", k.Name)
		}
		if k.Title == "" || strings.HasSuffix(k.Title, ".") {
			t.Errorf("%s: title %q", k.Name, k.Title)
		}
	}
}

func TestCheckRefusesInvalidPromises(t *testing.T) {
	for origins, want := range map[string]string{
		"https://App.example.com": "https://app.example.com", // the error suggests this spelling
		"app.example.com":         "https://app.example.com",
		"null":                    "no page can have",
	} {
		_, err := corstest.Check(middleware(nil), corstest.Promise{Origins: []string{origins}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", origins, err, want)
		}
	}
	if _, err := corstest.Check(middleware(nil), corstest.Promise{}); err == nil {
		t.Error("no error for a promise without origins")
	}
}

func TestCheckSurvivesAMiddlewareThatAlwaysPanics(t *testing.T) {
	findings, err := corstest.Check(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no") })
	}, promised)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"allowed-origin-blocked", "panics"} {
		if !slices.Contains(kindsOf(findings), kind) {
			t.Errorf("%s is not among the findings %v", kind, kindsOf(findings))
		}
	}
}

func TestCheckOfNoMiddleware(t *testing.T) {
	findings, err := corstest.Check(func(next http.Handler) http.Handler { return next }, promised)
	if err != nil {
		t.Fatal(err)
	}
	if got := kindsOf(findings); !slices.Equal(got, []string{"allowed-origin-blocked", "not-checked"}) {
		t.Errorf("found %v", got)
	}
}
