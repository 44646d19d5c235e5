package operations

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/probe/probetest"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

func document(t *testing.T, name string) *openapi.Document {
	t.Helper()
	d, err := openapi.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	d.Name = name
	return d
}

// pathX is a document with one path, /x. Its YAML is indented by four.
func pathX(t *testing.T, item, rest string) *openapi.Document {
	t.Helper()
	d, err := openapi.Load("api.yaml", []byte("openapi: 3.1.0\npaths:\n  /x:\n"+item+rest))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func report(t *testing.T, o probe.Options, d *openapi.Document, policy *routes.Policies, from ...string) *Report {
	t.Helper()
	if o.Clock == nil {
		o.Clock = probetest.NewClock()
	}
	r, err := Run(t.Context(), o, d, policy, from)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, r *Report) string {
	t.Helper()
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

// problemsOf lists the problems of a report: method, kind (in brackets for a
// note), line and change.
func problemsOf(r *Report) (out []string) {
	for _, s := range r.Sites {
		for _, o := range s.Operations {
			for _, p := range o.Problems {
				kind := p.Kind
				if p.Note {
					kind = "(" + kind + ")"
				}
				out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s:%d %s", o.Method, kind, p.Line, p.Change)))
			}
		}
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; if that is right, go test -update\n%s", name, got)
	}
}

func TestADocumentWithProblemsOfEveryKind(t *testing.T) {
	file, err := policyfile.Open("testdata/shop-policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := report(t, probe.Options{}, document(t, "shop.yaml"), &file.Routes)
	golden(t, "shop.txt", text(t, r))
	var j, x bytes.Buffer
	if err := r.WriteJSON(&j); err != nil {
		t.Fatal(err)
	}
	golden(t, "shop.json", j.String())
	if err := r.WriteJUnit(&x); err != nil {
		t.Fatal(err)
	}
	golden(t, "shop.xml", x.String())
	if r.Verdict != Unusable {
		t.Errorf("verdict %s", r.Verdict)
	}
}

// good allows everything that notes.json needs, and nothing else.
var good = routes.Policies{Policy: cors.Policy{
	Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}, RequestHeaders: []string{"Authorization", "Content-Type", "If-Match", "X-Trace"},
	ExposedHeaders: []string{"X-Total-Count"}, Credentials: true,
}}

func TestAPolicyThatFitsHasNoProblems(t *testing.T) {
	r := report(t, probe.Options{As: "all"}, document(t, "notes.json"), &good)
	if r.Verdict != Usable || len(problemsOf(r)) > 0 || len(r.Sites) != 4 || len(r.Sites[0].Unneeded) > 0 || len(r.Sites[0].Changes) > 0 {
		t.Errorf("%s", text(t, r))
	}
}

// Each grant of a policy is missed if it is removed, and the proposed change
// brings it back.
func TestRemovedGrantsAreProposed(t *testing.T) {
	for name, test := range map[string]struct {
		remove func(*cors.Policy)
		want   []string
	}{
		"a method": {func(p *cors.Policy) { p.Methods = nil }, []string{"PUT method-blocked:22 add PUT to methods"}},
		"a header for authentication": {func(p *cors.Policy) { p.RequestHeaders = p.RequestHeaders[1:] },
			[]string{"POST request-header-blocked:15 add Authorization to requestHeaders", "PUT request-header-blocked:24 add Authorization to requestHeaders"}},
		"a header parameter":    {func(p *cors.Policy) { p.RequestHeaders = slices.Delete(p.RequestHeaders, 2, 3) }, []string{"PUT request-header-blocked:25 add If-Match to requestHeaders"}},
		"an optional parameter": {func(p *cors.Policy) { p.RequestHeaders = p.RequestHeaders[:3] }, []string{"GET (optional-header-blocked):10 add X-Trace to requestHeaders"}},
		"a content type":        {func(p *cors.Policy) { p.RequestHeaders = slices.Delete(p.RequestHeaders, 1, 2) }, []string{"POST request-header-blocked:36 add Content-Type to requestHeaders", "PUT request-header-blocked:36 add Content-Type to requestHeaders"}},
		"a response header":     {func(p *cors.Policy) { p.ExposedHeaders = nil }, []string{"GET exposed-header-hidden:38 add X-Total-Count to exposedHeaders"}},
		"credentials":           {func(p *cors.Policy) { p.Credentials = false }, []string{"GET credentials-unusable:9 set credentials: true", "POST credentials-unusable:15 set credentials: true"}},
		"all headers":           {func(p *cors.Policy) { p.RequestHeaders, p.Methods = nil, []string{"PUT"} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := clone(good)
			test.remove(&p.Policy)
			r := report(t, probe.Options{}, document(t, "notes.json"), &p)
			if got := problemsOf(r); test.want != nil && !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
			}
			text(t, r)
			for _, c := range r.Sites[0].Changes {
				apply(t, &p.Policy, c.Text)
			}
			if r := report(t, probe.Options{}, document(t, "notes.json"), &p); r.Verdict != Usable || len(problemsOf(r)) > 0 {
				t.Errorf("after all proposed changes:\n%s", text(t, r))
			}
		})
	}
}

// apply makes a change as a reader of the report would.
func apply(t *testing.T, p *cors.Policy, text string) {
	t.Helper()
	words := strings.Fields(text)
	switch {
	case text == "set credentials: true":
		p.Credentials = true
	case len(words) == 4 && words[0] == "add" && words[3] == "methods":
		p.Methods = append(p.Methods, words[1])
	case len(words) == 4 && words[0] == "add" && words[3] == "requestHeaders":
		p.RequestHeaders = append(p.RequestHeaders, words[1])
	case len(words) == 4 && words[0] == "add" && words[3] == "exposedHeaders":
		p.ExposedHeaders = append(p.ExposedHeaders, words[1])
	default:
		t.Errorf("unexpected change: %s", text)
	}
}

func TestNeedsOfOperations(t *testing.T) {
	const schemes = `
components:
  securitySchemes:
    basic: {type: http, scheme: basic}
    oauth: {type: oauth2, flows: {}}
    oidc: {type: openIdConnect, openIdConnectUrl: https://id.example}
    header: {type: apiKey, in: header, name: X-Key}
    cookie: {type: apiKey, in: cookie, name: sid}
    cookieHeader: {type: apiKey, in: header, name: Cookie}
    query: {type: apiKey, in: query, name: key}
    mtls: {type: mutualTLS}
`
	minimal := cors.Policy{Origins: []string{"https://a.example"}}
	with := func(change func(*cors.Policy)) cors.Policy {
		p := minimal.Clone()
		change(&p)
		return p
	}
	for name, test := range map[string]struct {
		item   string
		policy cors.Policy
		want   []string
	}{
		"no needs":                          {"    get: {}", minimal, nil},
		"basic":                             {"    get: {security: [{basic: []}]}", minimal, []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"oauth2":                            {"    get: {security: [{oauth: []}]}", minimal, []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"openIdConnect":                     {"    get: {security: [{oidc: []}]}", minimal, []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"* does not include Authorization":  {"    get: {security: [{basic: []}]}", with(func(p *cors.Policy) { p.RequestHeaders = []string{"*"} }), []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"a key in a header":                 {"    get: {security: [{header: []}]}", minimal, []string{"GET request-header-blocked:4 add X-Key to requestHeaders"}},
		"a key in a cookie":                 {"    get: {security: [{cookie: []}]}", minimal, []string{"GET credentials-unusable:4 set credentials: true"}},
		"a key in the header Cookie":        {"    get: {security: [{cookieHeader: []}]}", minimal, []string{"GET credentials-unusable:4 set credentials: true"}},
		"a key in the query":                {"    get: {security: [{query: []}]}", minimal, nil},
		"a client certificate":              {"    get: {security: [{mtls: []}]}", minimal, []string{"GET credentials-unusable:4 set credentials: true"}},
		"one of two, allowed":               {"    get: {security: [{cookie: []}, {header: []}]}", with(func(p *cors.Policy) { p.RequestHeaders = []string{"X-Key"} }), nil},
		"one of two, neither allowed":       {"    get: {security: [{header: [], basic: []}, {cookie: []}]}", minimal, []string{"GET credentials-unusable:4 set credentials: true"}},
		"both of two":                       {"    get: {security: [{header: [], cookie: []}]}", minimal, []string{"GET request-header-blocked:4 add X-Key to requestHeaders", "GET credentials-unusable:4 set credentials: true"}},
		"{} allows no authentication":       {"    get: {security: [{basic: []}, {}]}", minimal, nil},
		"a cookie parameter":                {"    get: {parameters: [{name: c, in: cookie, required: true}]}", minimal, []string{"GET credentials-unusable:4 set credentials: true"}},
		"an optional cookie":                {"    get: {parameters: [{name: c, in: cookie}]}", minimal, nil},
		"parameters that OpenAPI ignores":   {"    get: {parameters: [{name: Accept, in: header, required: true}, {name: authorization, in: header, required: true}]}", minimal, nil},
		"a header that scripts cannot set":  {"    get: {parameters: [{name: Date, in: header, required: true}]}", minimal, []string{"GET header-not-settable:4"}},
		"a header that browsers set":        {"    get: {parameters: [{name: Origin, in: header, required: true}]}", minimal, nil},
		"a range":                           {"    get: {parameters: [{name: Range, in: header}]}", minimal, nil},
		"content types without a preflight": {"    post: {requestBody: {content: {text/plain: {}, multipart/form-data: {}, application/x-www-form-urlencoded: {}}}}", minimal, nil},
		"any image":                         {"    post: {requestBody: {content: {image/*: {}}}}", minimal, []string{"POST request-header-blocked:4 add Content-Type to requestHeaders"}},
		"one of several content types":      {"    post:\n      requestBody: {content: {text/plain: {},\n        application/json: {}}}", minimal, []string{"POST request-header-blocked:6 add Content-Type to requestHeaders"}},
		"a GET with a body":                 {"    get: {requestBody: {content: {text/plain: {}}}}", minimal, []string{"GET body-not-allowed:4"}},
		"a method that scripts cannot send": {"    trace: {}", with(func(p *cors.Policy) { p.Methods = []string{"*"} }), []string{"TRACE forbidden-method:4"}},
		"response headers": {"    get: {responses: {'200': {headers: {Expires: {}, Set-Cookie: {}, Access-Control-Allow-Origin: {}}},\n      '404': {headers: {X-Why: {}}}}}", minimal,
			[]string{"GET exposed-header-hidden:5 add X-Why to exposedHeaders"}},
		"everything exposed":          {"    get: {responses: {'200': {headers: {X-Why: {}}}}}", with(func(p *cors.Policy) { p.ExposedHeaders = []string{"*"} }), nil},
		"a policy that is reportOnly": {"    get: {}", with(func(p *cors.Policy) { p.ReportOnly = true }), []string{"GET report-only:4 remove reportOnly"}},
		"any origin, without credentials": {"    get: {security: [{cookie: []}]}", cors.Policy{Origins: []string{"*"}, ExposedHeaders: []string{"*"}},
			[]string{`GET credentials-unusable:4 set credentials: true, and replace "*" in origins with PAGE, and replace "*" in exposedHeaders with the headers' names`}},
		"many headers at once": {"    get: {parameters: [" + strings.Repeat("{name: X-A, in: header, required: true}, ", 3) + "{name: X-" + strings.Repeat("b", 90) + ", in: header, required: true}]}", minimal,
			[]string{"GET request-header-blocked:4 add X-A to requestHeaders", "GET request-header-blocked:4 add X-" + strings.Repeat("b", 90) + " to requestHeaders"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, probe.Options{}, pathX(t, test.item, schemes), &routes.Policies{Policy: test.policy})
			got := problemsOf(r)
			for i, p := range r.Sites[0].Operations[0].Problems {
				got[i] = strings.ReplaceAll(got[i], p.Origins[0], "PAGE")
			}
			if len(got) > 0 && len(test.want) > 0 && strings.Contains(test.want[0], "PAGE") {
				got = got[:1] // the change names the page, so there is one for each
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
			}
		})
	}
}

func TestPagesAreAllowedOriginsOfTheRoute(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}}, Routes: []routes.Route{
		{Pattern: "PUT /x", Policy: cors.Policy{Origins: []string{"https://b.example"}, Methods: []string{"PUT"}}},
		{Pattern: "api.example/v2/x", Off: true},
	}}
	d := pathX(t, "    get: {}\n    put: {}", "")
	r := report(t, probe.Options{}, d, &policies)
	if got := [][]string{r.Sites[0].Operations[0].Pages, r.Sites[0].Operations[1].Pages}; r.Verdict != Usable || !reflect.DeepEqual(got, [][]string{{"https://a.example"}, {"https://b.example"}}) {
		t.Errorf("tested for the pages %q\n%s", got, text(t, r))
	}
	// Named pages are tested everywhere.
	r = report(t, probe.Options{}, d, &policies, "https://a.example", "null")
	want := []string{"GET allowed-origin-blocked:4", "PUT allowed-origin-blocked:5 in the policy of the route PUT /x, add https://a.example to origins",
		"PUT allowed-origin-blocked:5"}
	if got := problemsOf(r); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	// Routes by host and path are those of the document's server.
	d.Server = "http://api.example/v2/"
	r = report(t, probe.Options{}, d, &policies)
	if got := problemsOf(r); len(got) != 2 || got[0] != `GET route-off:4 remove "off" from the route api.example/v2/x` {
		t.Errorf("found %q", got)
	}
}

// serve starts the server of notes.json. around, if not nil, wraps its handler. seen
// returns the requests that it got.
func serve(t *testing.T, policies routes.Policies, around func(http.Handler) http.Handler) (url string, seen func() []string) {
	t.Helper()
	var mu sync.Mutex
	var all []string
	h, err := routes.Wrap(policies, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/notes" || r.URL.Path == "/api/notes/00000000-0000-4000-8000-000000000001":
			w.Header().Set("X-Total-Count", "3")
			http.Error(w, "log in first", http.StatusUnauthorized)
		case r.URL.Path != "/api/health":
			http.NotFound(w, r)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if around != nil {
		h = around(h)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		all = append(all, r.Method+" "+r.URL.Path)
		mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func TestALiveServerWithoutMistakes(t *testing.T) {
	for _, policy := range []*routes.Policies{&good, nil} {
		url, seen := serve(t, good, nil)
		r := report(t, probe.Options{URLs: []string{url}, As: "all"}, document(t, "notes.json"), policy, "https://app.example.com")
		if r.Verdict != Usable || len(problemsOf(r)) > 0 || r.Sites[0].Requests == 0 {
			t.Errorf("%s", text(t, r))
		}
		for _, request := range seen() {
			if method, path, _ := strings.Cut(request, " "); method != "GET" && method != "OPTIONS" || !strings.HasPrefix(path, "/api/") {
				t.Errorf("sent %s", request)
			}
		}
		if !slices.Contains(seen(), "OPTIONS /api/notes/00000000-0000-4000-8000-000000000001") {
			t.Errorf("sent %q", seen())
		}
	}
}

func TestUnsafeMethodsNeedTheOption(t *testing.T) {
	url, seen := serve(t, good, nil)
	r := report(t, probe.Options{URLs: []string{url}, UnsafeMethods: true}, document(t, "notes.json"), &good)
	if r.Verdict != Usable || !slices.Contains(seen(), "PUT /api/notes/00000000-0000-4000-8000-000000000001") || r.Sites[0].Requests != len(seen()) {
		t.Errorf("sent %q\n%s", seen(), text(t, r))
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
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(status)
			w.Write(rec.Body.Bytes())
		})
	}
}

func isPreflight(r *http.Request) bool {
	return r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != ""
}

func TestMistakesOfALiveServerAreFound(t *testing.T) {
	set := func(name, value string) func(http.Handler) http.Handler {
		return changeResponse(func(_ *http.Request, h http.Header, _ *int) {
			if h.Get(name) != "" {
				if h.Del(name); value != "" {
					h.Set(name, value)
				}
			}
		})
	}
	const get, post, put = "GET ", "POST ", "PUT "
	for name, test := range map[string]struct {
		around func(http.Handler) http.Handler
		want   []string // method, kind and line
	}{
		"omits a method":                {set("Access-Control-Allow-Methods", "POST"), []string{put + "method-blocked:22"}},
		"writes a method in lower case": {set("Access-Control-Allow-Methods", "put"), []string{put + "method-blocked:22"}},
		"omits If-Match":                {set("Access-Control-Allow-Headers", "authorization, content-type, x-trace"), []string{put + "request-header-blocked:25"}},
		"omits Authorization":           {set("Access-Control-Allow-Headers", "content-type, x-trace, if-match"), []string{post + "request-header-blocked:15", put + "request-header-blocked:24"}},
		"omits Content-Type":            {set("Access-Control-Allow-Headers", "authorization, x-trace, if-match"), []string{post + "request-header-blocked:36", put + "request-header-blocked:36"}},
		"omits an optional header":      {set("Access-Control-Allow-Headers", "authorization, content-type, if-match"), []string{get + "(optional-header-blocked):10"}},
		"exposes nothing":               {set("Access-Control-Expose-Headers", ""), []string{get + "exposed-header-hidden:38"}},
		"omits credentials":             {set("Access-Control-Allow-Credentials", ""), []string{get + "credentials-unusable:7", post + "credentials-unusable:13"}},
		"omits CORS headers on errors": {changeResponse(func(r *http.Request, h http.Header, s *int) {
			if *s == 401 {
				h.Del("Access-Control-Allow-Origin")
			}
		}), []string{get + "error-response-hidden:7"}},
		"responds to preflights with 405": {changeResponse(func(r *http.Request, _ http.Header, s *int) {
			if isPreflight(r) {
				*s = 405
			}
		}), []string{get + "(optional-header-blocked):10", post + "preflight-fails:13", put + "preflight-fails:22"}},
		"sends its headers twice": {changeResponse(func(r *http.Request, h http.Header, _ *int) {
			if o := h.Get("Access-Control-Allow-Origin"); o != "" {
				h.Add("Access-Control-Allow-Origin", o)
			}
		}), []string{get + "allow-origin-duplicated:7", post + "allow-origin-duplicated:13", put + "allow-origin-duplicated:22", get + "allow-origin-duplicated:31"}},
		"has no CORS": {func(http.Handler) http.Handler { return http.NotFoundHandler() },
			[]string{get + "error-response-hidden:7", post + "preflight-fails:13", put + "preflight-fails:22", get + "error-response-hidden:31"}},
		"allows another page": {set("Access-Control-Allow-Origin", "https://other.example.com"),
			[]string{get + "error-response-hidden:7", post + "preflight-fails:13", put + "preflight-fails:22", get + "allowed-origin-blocked:31"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, policy := range []*routes.Policies{&good, nil} {
				url, _ := serve(t, good, test.around)
				r := report(t, probe.Options{URLs: []string{url}}, document(t, "notes.json"), policy, "https://app.example.com")
				var got []string
				for _, s := range problemsOf(r) {
					method, rest, _ := strings.Cut(s, " ")
					kind, _, _ := strings.Cut(rest, " ")
					got = append(got, method+" "+kind)
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("found %q, want %q\n%s", got, test.want, text(t, r))
				}
				text(t, r)
				for _, o := range r.Sites[0].Operations {
					for _, p := range o.Problems {
						if p.ServerDoes == "" || p.BrowserDoes == "" || p.Change == "" || p.Request == "" || p.Response == "" || (policy != nil) != (p.PolicySays != "") || p.Differs != (policy != nil) {
							t.Errorf("a problem with empty fields: %+v", p)
						}
					}
				}
				if want := Unusable; !strings.Contains(strings.Join(got, " "), "(") && r.Verdict != want {
					t.Errorf("verdict %s", r.Verdict)
				}
			}
		})
	}
}

// An operation is not refused because one way to authenticate is, if another was not
// tested.
func TestUntestedWaysToAuthenticateAreNotRefused(t *testing.T) {
	d := pathX(t, "    get: {security: [{key: []}, {}]}", "\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}")
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}}}
	url, _ := serve(t, policy, changeResponse(func(_ *http.Request, _ http.Header, s *int) { *s = 200 }))
	for requests, want := range map[int]Verdict{1: Unknown, 2: Usable} {
		r := report(t, probe.Options{URLs: []string{url}, MaxRequests: requests}, d, nil, "https://a.example")
		if r.Verdict != want || len(problemsOf(r)) > 0 {
			t.Errorf("with %d requests: %s\n%s", requests, r.Verdict, text(t, r))
		}
	}
}

// Grants of the server that the policy does not have are reported too.
func TestAServerThatGrantsMoreThanThePolicy(t *testing.T) {
	url, _ := serve(t, good, nil)
	p := clone(good)
	p.Policy.Methods, p.Policy.ExposedHeaders, p.Policy.Credentials = nil, nil, false
	r := report(t, probe.Options{URLs: []string{url}}, document(t, "notes.json"), &p)
	differ := 0
	for _, o := range r.Sites[0].Operations {
		for _, p := range o.Problems {
			if p.Differs && strings.Contains(p.PolicySays, "may not") && strings.Contains(p.ServerDoes, "responds") {
				differ++
			}
		}
	}
	if r.Verdict != Unusable || differ != 4 {
		t.Errorf("%d differ\n%s", differ, text(t, r))
	}
}

func TestWhatIsNotKnownIsReported(t *testing.T) {
	form := pathX(t, "    post: {requestBody: {content: {text/plain: {}}}}\n    put: {responses: {'200': {headers: {X-A: {}}}}}\n    get: {servers: [{url: https://elsewhere.example}]}", "")
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}, Methods: []string{"PUT"}, ExposedHeaders: []string{"X-A"}}}
	url, seen := serve(t, policy, nil)
	r := report(t, probe.Options{URLs: []string{url}}, form, &policy)
	ops := r.Sites[0].Operations
	if r.Verdict != Usable || ops[0].Usable || !strings.Contains(ops[0].Unknown, "without a preflight") || !ops[1].Usable || !strings.Contains(ops[1].Unknown, "response headers") ||
		ops[2].Usable || !strings.Contains(ops[2].Unknown, "another server") || len(seen()) != 1 {
		t.Errorf("sent %q\n%s", seen(), text(t, r))
	}
	if text := text(t, r); !strings.Contains(text, "Not known") {
		t.Error(text)
	}
	form.Operations = form.Operations[:1]
	if r := report(t, probe.Options{URLs: []string{url}}, form, &policy); r.Verdict != Unknown {
		t.Errorf("nothing is known, and the verdict is %s", r.Verdict)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	r = report(t, probe.Options{URLs: []string{gone.URL}}, document(t, "notes.json"), nil, "https://app.example.com")
	if r.Verdict != Unknown || r.Sites[0].Cause == "" || r.Sites[0].NoResponse == 0 {
		t.Errorf("%s", text(t, r))
	}
	r = report(t, probe.Options{URLs: []string{"http://api.example"}, Resolve: []string{"api.example:80:127.0.0.1"}}, document(t, "notes.json"), &good)
	if r.Verdict != Unknown || r.Sites[0].Requests != 0 || !strings.Contains(text(t, r), "(MixedContent)") {
		t.Errorf("a page on https: and an http: server: %s", text(t, r))
	}
	url, _ = serve(t, good, nil)
	r = report(t, probe.Options{URLs: []string{url}, MaxRequests: 3}, document(t, "notes.json"), nil, "https://app.example.com")
	if r.Sites[0].Requests != 3 || r.Sites[0].Skipped == 0 {
		t.Errorf("%s", text(t, r))
	}
}

func TestURLReplacesTheDocumentsServer(t *testing.T) {
	d := pathX(t, "    get: {}\n    put: {servers: [{url: /own}]}", "")
	for name, test := range map[string]struct{ server, target, get, put string }{
		"no server, no URL":       {"/", "", "https://api.invalid/x", "https://api.invalid/own/x"},
		"a path":                  {"/v1/", "", "https://api.invalid/v1/x", "https://api.invalid/own/x"},
		"a server":                {"http://api.example:8080/v1", "", "https://api.example:8080/v1/x", "https://api.example:8080/own/x"},
		"a URL without a path":    {"https://api.example/v1", "http://localhost:8080/", "http://localhost:8080/v1/x", "http://localhost:8080/own/x"},
		"a URL with one":          {"https://api.example/v1", "http://localhost:8080/v2", "http://localhost:8080/v2/x", "http://localhost:8080/own/x"},
		"a server with a query":   {"https://api.example/v1?a#b", "", "https://api.example/v1/x", "https://api.example/own/x"},
		"a server without scheme": {"//api.example/v1", "", "https://api.example/v1/x", "https://api.example/own/x"},
	} {
		d.Server = test.server
		r := &run{document: d, target: test.target}
		get, _ := r.locate(&d.Operations[0])
		put, _ := r.locate(&d.Operations[1])
		if get != test.get || put != test.put {
			t.Errorf("%s: %s and %s, want %s and %s", name, get, put, test.get, test.put)
		}
	}
	// An operation on another host is tested if the command line names that host.
	d.Server, d.Operations[1].Server = "https://api.example", "https://files.example/f"
	for target, want := range map[string]bool{"": false, "https://api.example/": true, "https://files.example/": false} {
		r := &run{document: d, target: target}
		if put, elsewhere := r.locate(&d.Operations[1]); elsewhere != want || !elsewhere && put != "https://files.example/f/x" {
			t.Errorf("%q: %s, elsewhere %v", target, put, elsewhere)
		}
	}
}

func TestInvalidArguments(t *testing.T) {
	d := document(t, "notes.json")
	for name, test := range map[string]struct {
		o        probe.Options
		document *openapi.Document
		policy   *routes.Policies
		from     []string
	}{
		"neither policy nor URL": {probe.Options{}, d, nil, nil},
		"no page":                {probe.Options{URLs: []string{"https://a.example"}}, d, nil, nil},
		"not an origin":          {probe.Options{}, d, &good, []string{"a.example"}},
		"an origin of no page":   {probe.Options{}, d, &good, []string{"ftp://a.example"}},
		"a data URL":             {probe.Options{URLs: []string{"data:,x"}}, d, &good, nil},
		"no operations":          {probe.Options{}, &openapi.Document{}, &good, nil},
		"a negative limit":       {probe.Options{MaxRequests: -1}, d, &good, nil},
		"an invalid policy":      {probe.Options{}, d, &routes.Policies{}, nil},
	} {
		if _, err := Run(t.Context(), test.o, test.document, test.policy, test.from); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHostileDocumentsAndResponsesAreEscaped(t *testing.T) {
	nasty := "\u202e\u009b31m" + strings.Repeat("A", 2000)
	d := pathX(t, "    get: {operationId: \""+nasty+"\", security: [{\""+nasty+"\": []}]}", "\ncomponents: {securitySchemes: {\""+nasty+"\": {type: apiKey, in: header, name: X-A}}}")
	d.Operations[0].Path, d.Name = "/"+nasty, nasty
	url, _ := serve(t, good, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Access-Control-Allow-Origin", nasty) })
	})
	for _, r := range []*Report{report(t, probe.Options{}, d, &good), report(t, probe.Options{URLs: []string{url}}, d, nil, "https://a.example")} {
		var j, x bytes.Buffer
		if err := r.WriteJSON(&j); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteJUnit(&x); err != nil {
			t.Fatal(err)
		}
		var again struct{ Verdict Verdict }
		if err := json.Unmarshal(j.Bytes(), &again); err != nil || again.Verdict != Unusable {
			t.Errorf("the JSON: %v, %s", err, again.Verdict)
		}
		var suites struct {
			Suites []struct {
				Tests int        `xml:"tests,attr"`
				Cases []struct{} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(x.Bytes(), &suites); err != nil || suites.Suites[0].Tests != 1 || len(suites.Suites[0].Cases) != 1 {
			t.Errorf("the XML: %v, %+v", err, suites)
		}
		for form, out := range map[string]string{"text": text(t, r), "JSON": j.String(), "JUnit": x.String()} {
			for _, bad := range []string{"\u202e", "\u009b", "\x1b"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s contains %.20q", form, bad)
				}
			}
		}
	}
}

func TestDocsNameEveryField(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/verify-json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, own, ok := strings.Cut(string(docs), "--openapi")
	if !ok {
		t.Fatal("docs/verify-json.md does not mention --openapi")
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Report](), reflect.TypeFor[Site](), reflect.TypeFor[Result](), reflect.TypeFor[Problem](), reflect.TypeFor[Change](), reflect.TypeFor[Grant]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name != "" && !strings.Contains(own, "`"+name+"`") {
				t.Errorf("docs/verify-json.md does not name %s of %s", name, typ.Name())
			}
		}
	}
}
