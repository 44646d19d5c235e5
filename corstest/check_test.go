package corstest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/origin"
)

func names(findings []corstest.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Name)
	}
	return out
}

func TestCheckFindsNothingInACorrectMiddleware(t *testing.T) {
	everybody := corstest.Promise{Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, ExposedHeaders: []string{"*"}}
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
			m.letsIn = func(o string) bool { _, ok := set.Match(o); return ok }
			m.allowMethods = func(*http.Request) string { return "" }
			m.allowHeaders = func(*http.Request) string { return "" }
			m.expose, m.credentials = "", false
		}},
		"everybody": {everybody, func(m *reference) {
			star := func(*http.Request) string { return "*" }
			m.origin, m.letsIn = star, func(string) bool { return true }
			m.allowMethods, m.allowHeaders, m.expose, m.credentials = star, star, "*", false
			m.vary = func(http.Header, *http.Request) {} // all answers are the same
		}},
		"one origin that all answers name": {
			corstest.Promise{Origins: []string{app}, Credentials: true},
			func(m *reference) {
				m.origin, m.letsIn = func(*http.Request) string { return app }, func(string) bool { return true }
				m.allowMethods = func(*http.Request) string { return "" }
				m.allowHeaders = func(*http.Request) string { return "" }
				m.vary, m.expose = func(http.Header, *http.Request) {}, ""
			}},
		"preflights not to be remembered": {
			corstest.Promise{Origins: []string{app}, Methods: []string{"PUT"}, MaxAge: -1},
			func(m *reference) {
				m.letsIn, m.credentials, m.maxAge = func(o string) bool { return o == app }, false, "0"
				m.allowMethods = func(*http.Request) string { return "PUT" }
				m.allowHeaders = func(*http.Request) string { return "" }
				m.expose = ""
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			findings, err := corstest.Check(middleware(test.change), test.promise)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				t.Errorf("%s\n%s\n\n%s", f, f.Request, f.Answer)
			}
		})
	}
}

var shared = []string{"Origin"}

// errorsHidden takes the middleware's headers off answers that are errors.
type errorsHidden struct{ http.ResponseWriter }

func (w errorsHidden) WriteHeader(status int) {
	if status >= 400 {
		w.Header().Del("Access-Control-Allow-Origin")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Each row is one mistake, and the kind that it has to be found as. Nothing else
// may be found, unless it comes with it.
var mistakes = []struct {
	kind    string
	promise func(*corstest.Promise) // nil: as it is
	change  func(*reference)
	with    []string
	shown   string // in the sentence, the request or the answer
}{
	{kind: "allowed-origin-blocked", shown: "http://localhost:3000",
		change: func(m *reference) { m.letsIn = func(o string) bool { return o == app } },
		with:   []string{"credentials-unusable"}},
	{kind: "credentials-unusable", shown: "InvalidAllowCredentials",
		change: func(m *reference) { m.credentials = false }},
	{kind: "credentials-not-promised", promise: func(p *corstest.Promise) { p.Credentials = false },
		change: func(*reference) {}},
	{kind: "foreign-origin-let-in", shown: "https://app.example.com.",
		change: func(m *reference) {
			letsIn := m.letsIn
			m.letsIn = func(o string) bool { return letsIn(o) || letsIn(strings.TrimSuffix(o, ".")) }
		}},
	{kind: "null-origin-let-in", shown: "Origin: null",
		change: func(m *reference) {
			letsIn := m.letsIn
			m.letsIn = func(o string) bool { return letsIn(o) || o == "null" }
		}},
	{kind: "not-an-origin-let-in", shown: "https://evil.example/.example.com",
		promise: func(p *corstest.Promise) { p.Origins = []string{"https://*.example.com"} },
		change: func(m *reference) {
			m.letsIn = func(o string) bool {
				return strings.HasPrefix(o, "https://") && strings.HasSuffix(o, ".example.com")
			}
		}},
	{kind: "upper-case-origin-let-in", shown: "HTTPS://APP.EXAMPLE.COM",
		change: func(m *reference) {
			letsIn := m.letsIn
			m.letsIn = func(o string) bool { return letsIn(strings.ToLower(o)) }
		},
		with: []string{"huge-origin-costs"}},
	{kind: "two-origins-let-in", shown: "stranger.example",
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
	{kind: "request-header-not-promised", shown: "X-Corstest-Stranger: 1",
		change: func(m *reference) {
			m.allowHeaders = func(r *http.Request) string {
				return strings.Join(r.Header["Access-Control-Request-Headers"], ",")
			}
		},
		with: []string{"huge-request-headers-cost"}},
	{kind: "request-headers-case", shown: "X-Request-Id",
		change: refuseHeaders(func(lines []string) bool { return strings.Contains(lines[0], "X-") })},
	{kind: "request-headers-order", shown: "x-request-id,content-type,authorization",
		change: refuseHeaders(func(lines []string) bool { return strings.HasPrefix(lines[0], "x-request-id,") })},
	{kind: "request-headers-spaces", shown: "authorization, content-type",
		change: refuseHeaders(func(lines []string) bool { return strings.Contains(lines[0], " ") })},
	{kind: "request-headers-lines", shown: "Access-Control-Request-Headers: authorization\n",
		change: refuseHeaders(func(lines []string) bool { return len(lines) > 1 })},
	{kind: "plain-post-preflight-blocked", shown: "Access-Control-Request-Method: POST",
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
	{kind: "exposed-header-not-promised", shown: "X-Corstest-Secret",
		change: func(m *reference) { m.expose = "X-Total-Count, X-Corstest-Secret" }},
	{kind: "max-age-not-kept", shown: "not remembered for 10m0s",
		change: func(m *reference) { m.maxAge = "599s" }},
	{kind: "max-age-not-kept", shown: "more than 10m0s",
		change: func(m *reference) { m.maxAge = "6000" }},
	{kind: "max-age-not-kept", shown: "promised not to be", promise: func(p *corstest.Promise) { p.MaxAge = -1 },
		change: func(*reference) {}},
	{kind: "error-answer-hidden", shown: "500",
		change: func(m *reference) {
			m.around = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(errorsHidden{w}, r) })
			}
		}},
	{kind: "allow-origin-doubled", shown: "inside itself",
		change: func(m *reference) { m.set = http.Header.Add }},
	{kind: "vary-missing-allowed", change: noVary(func(r *http.Request) bool { return r.Header.Get("Origin") == app })},
	{kind: "vary-missing-refused", change: noVary(func(r *http.Request) bool { return r.Header.Get("Origin") == "https://stranger.example" })},
	{kind: "vary-missing-without-origin", change: noVary(func(r *http.Request) bool { return r.Header["Origin"] == nil })},
	{kind: "vary-lost", shown: "Accept-Encoding",
		change: func(m *reference) { m.vary = func(h http.Header, _ *http.Request) { h.Set("Vary", "Origin") } }},
	{kind: "vary-doubled", shown: "Vary: Accept-Encoding, Origin\nVary: Origin",
		change: func(m *reference) { m.vary = func(h http.Header, _ *http.Request) { h.Add("Vary", "Origin") } }},
	{kind: "options-swallowed", shown: "without Origin", change: swallow(http.StatusNoContent, func(r *http.Request) bool { return r.Method == "OPTIONS" })},
	{kind: "actual-request-swallowed", shown: "status 403", change: swallow(http.StatusForbidden, func(r *http.Request) bool { return r.Method == "PUT" && r.Header["Origin"] == nil })},
	{kind: "foreign-request-swallowed", shown: "https://stranger.example", change: swallow(http.StatusForbidden, func(r *http.Request) bool {
		o := r.Header.Get("Origin")
		return o != "" && o != "https://server.example" && !slices.Contains(promised.Origins, o)
	})},
	{kind: "own-origin-blocked", shown: "Origin: https://server.example", change: swallow(http.StatusForbidden, func(r *http.Request) bool {
		return r.Header.Get("Origin") == "https://server.example"
	})},
	{kind: "shared-header-values", shown: "Vary: corstest",
		change: func(m *reference) {
			m.vary = func(h http.Header, _ *http.Request) {
				switch {
				case h["Vary"] == nil:
					h["Vary"] = shared
				case !strings.Contains(strings.Join(h["Vary"], ","), "Origin"):
					h.Add("Vary", "Origin")
				}
			}
		}},
	{kind: "huge-origin-costs", shown: "bytes)",
		change: func(m *reference) {
			m.actual = func(_ http.ResponseWriter, r *http.Request) bool {
				return strings.ReplaceAll(r.Header.Get("Origin"), "a", "bc") == "no"
			}
		}},
	{kind: "huge-request-headers-cost", shown: "bytes)",
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
}

// refuseHeaders grants no headers if it does not like how they are asked for.
func refuseHeaders(dislikes func(lines []string) bool) func(*reference) {
	return func(m *reference) {
		allow := m.allowHeaders
		m.allowHeaders = func(r *http.Request) string {
			if lines := r.Header["Access-Control-Request-Headers"]; len(lines) > 0 && dislikes(lines) {
				return ""
			}
			return allow(r)
		}
	}
}

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

// swallow answers what is no preflight itself.
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
		if testing.Short() && i%4 != 1 {
			continue
		}
		t.Run(test.kind, func(t *testing.T) {
			promise := promised
			if test.promise != nil {
				test.promise(&promise)
			}
			findings, err := corstest.Check(middleware(test.change), promise)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if f.Name != test.kind && !slices.Contains(test.with, f.Name) {
					t.Errorf("found besides: %s\n%s\n\n%s", f, f.Request, f.Answer)
				}
				if f.Request == "" || f.Answer == "" || strings.Contains(f.Sentence, "\n") {
					t.Errorf("incomplete: %#v", f)
				}
				if all := f.Sentence + "\n" + f.Request + "\n" + f.Answer; f.Name == test.kind && !strings.Contains(all, test.shown) {
					t.Errorf("no %q in\n%s", test.shown, all)
				}
			}
			for _, kind := range append(test.with, test.kind) {
				if !slices.Contains(names(findings), kind) {
					t.Errorf("found %v, not %s", names(findings), kind)
				}
			}
		})
	}
	if shared[0] != "Origin" {
		t.Errorf("the middleware's own slice is left as %q", shared)
	}
}

func TestEveryKindHasAMistakeThatShowsIt(t *testing.T) {
	for _, k := range corstest.Kinds() {
		shown := false
		for _, test := range mistakes {
			shown = shown || test.kind == k.Name
		}
		if !shown {
			t.Errorf("no mistake for %s", k.Name)
		}
		if k.Title == "" || strings.HasSuffix(k.Title, ".") {
			t.Errorf("%s: title %q", k.Name, k.Title)
		}
	}
}

func TestCheckRefusesAPromiseThatCannotBeHeldTo(t *testing.T) {
	for origins, want := range map[string]string{
		"https://App.example.com": "https://app.example.com", // what to write instead
		"app.example.com":         "https://app.example.com",
		"capacitor://localhost":   "no page can have",
		"null":                    "no page can have",
	} {
		_, err := corstest.Check(middleware(nil), corstest.Promise{Origins: []string{origins}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want one with %q", origins, err, want)
		}
	}
	if _, err := corstest.Check(middleware(nil), corstest.Promise{}); err == nil {
		t.Error("a promise without origins is no promise")
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
		if !slices.Contains(names(findings), kind) {
			t.Errorf("%s is not among %v", kind, names(findings))
		}
	}
}

func TestAHandlerWithoutCORSKeepsEverybodyOut(t *testing.T) {
	findings, err := corstest.Check(func(next http.Handler) http.Handler { return next }, promised)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(findings); !slices.Equal(got, []string{"allowed-origin-blocked"}) {
		t.Errorf("found %v", got)
	}
}
