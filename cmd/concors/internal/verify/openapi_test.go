package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
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
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

var update = flag.Bool("update", false, "write what is printed into testdata")

func document(t *testing.T, name string) *openapi.Document {
	t.Helper()
	d, err := openapi.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	d.Name = name
	return d
}

// described is a document of one path, given as YAML indented by four.
func described(t *testing.T, item, rest string) *openapi.Document {
	t.Helper()
	d, err := openapi.Load("api.yaml", []byte("openapi: 3.1.0\npaths:\n  /x:\n"+item+rest))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func operations(t *testing.T, o Options, d *openapi.Document, policy *routes.Policies, from ...string) *OperationsReport {
	t.Helper()
	r, err := RunOperations(t.Context(), o, d, policy, from)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func operationsText(t *testing.T, r *OperationsReport) string {
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

// problemsOf are the problems in short: the operation, the kind with a note in
// brackets, the line and the change.
func problemsOf(r *OperationsReport) (out []string) {
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

func TestADocumentWithMistakesOfEverySort(t *testing.T) {
	file, err := policyfile.Open("testdata/shop-policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := operations(t, Options{}, document(t, "shop.yaml"), &file.Routes)
	golden(t, "shop.txt", operationsText(t, r))
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

// good lets all of notes.json through and has nothing that it does not need.
var good = routes.Policies{Policy: cors.Policy{
	Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}, RequestHeaders: []string{"Authorization", "Content-Type", "If-Match", "X-Trace"},
	ExposedHeaders: []string{"X-Total-Count"}, Credentials: true,
}}

func TestAPolicyThatFitsIsSaidToFit(t *testing.T) {
	r := operations(t, Options{As: "all"}, document(t, "notes.json"), &good)
	if r.Verdict != Usable || len(problemsOf(r)) > 0 || len(r.Sites) != 4 || len(r.Sites[0].Unneeded) > 0 || len(r.Sites[0].Changes) > 0 {
		t.Errorf("%s", operationsText(t, r))
	}
}

// Of what a policy grants each thing is missed if it is not there, and the change
// that is proposed brings it back.
func TestWhatIsTakenAwayIsAskedFor(t *testing.T) {
	for shows, test := range map[string]struct {
		take func(*cors.Policy)
		want []string
	}{
		"a method": {func(p *cors.Policy) { p.Methods = nil }, []string{"PUT method-blocked:22 add PUT to methods"}},
		"a header for authentication": {func(p *cors.Policy) { p.RequestHeaders = p.RequestHeaders[1:] },
			[]string{"POST request-header-blocked:15 add Authorization to requestHeaders", "PUT request-header-blocked:24 add Authorization to requestHeaders"}},
		"a header parameter":          {func(p *cors.Policy) { p.RequestHeaders = slices.Delete(p.RequestHeaders, 2, 3) }, []string{"PUT request-header-blocked:25 add If-Match to requestHeaders"}},
		"an optional parameter":       {func(p *cors.Policy) { p.RequestHeaders = p.RequestHeaders[:3] }, []string{"GET (optional-header-blocked):10 add X-Trace to requestHeaders"}},
		"a content type":              {func(p *cors.Policy) { p.RequestHeaders = slices.Delete(p.RequestHeaders, 1, 2) }, []string{"POST request-header-blocked:36 add Content-Type to requestHeaders", "PUT request-header-blocked:36 add Content-Type to requestHeaders"}},
		"a response header":           {func(p *cors.Policy) { p.ExposedHeaders = nil }, []string{"GET exposed-header-hidden:38 add X-Total-Count to exposedHeaders"}},
		"credentials":                 {func(p *cors.Policy) { p.Credentials = false }, []string{"GET credentials-unusable:9 set credentials: true", "POST credentials-unusable:15 set credentials: true"}},
		"all headers, of which a few": {func(p *cors.Policy) { p.RequestHeaders, p.Methods = nil, []string{"PUT"} }, nil},
	} {
		t.Run(shows, func(t *testing.T) {
			p := clone(good)
			test.take(&p.Policy)
			r := operations(t, Options{}, document(t, "notes.json"), &p)
			if got := problemsOf(r); test.want != nil && !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, operationsText(t, r))
			}
			operationsText(t, r)
			for _, c := range r.Sites[0].Changes {
				apply(t, &p.Policy, c.Text)
			}
			if r := operations(t, Options{}, document(t, "notes.json"), &p); r.Verdict != Usable || len(problemsOf(r)) > 0 {
				t.Errorf("with all changes made:\n%s", operationsText(t, r))
			}
		})
	}
}

// apply does by hand what a report says.
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
		t.Errorf("a change that is not understood: %s", text)
	}
}

func TestWhatADocumentAsksForIsDerivedByItsRules(t *testing.T) {
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
	open := cors.Policy{Origins: []string{"https://a.example"}}
	with := func(change func(*cors.Policy)) cors.Policy {
		p := open.Clone()
		change(&p)
		return p
	}
	for shows, test := range map[string]struct {
		item   string
		policy cors.Policy
		want   []string
	}{
		"nothing":                        {"    get: {}", open, nil},
		"basic":                          {"    get: {security: [{basic: []}]}", open, []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"oauth2":                         {"    get: {security: [{oauth: []}]}", open, []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"openIdConnect":                  {"    get: {security: [{oidc: []}]}", open, []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"a star is not Authorization":    {"    get: {security: [{basic: []}]}", with(func(p *cors.Policy) { p.RequestHeaders = []string{"*"} }), []string{"GET request-header-blocked:4 add Authorization to requestHeaders"}},
		"a key in a header":              {"    get: {security: [{header: []}]}", open, []string{"GET request-header-blocked:4 add X-Key to requestHeaders"}},
		"a key in a cookie":              {"    get: {security: [{cookie: []}]}", open, []string{"GET credentials-unusable:4 set credentials: true"}},
		"a key in the header Cookie":     {"    get: {security: [{cookieHeader: []}]}", open, []string{"GET credentials-unusable:4 set credentials: true"}},
		"a key in the query":             {"    get: {security: [{query: []}]}", open, nil},
		"a client's certificate":         {"    get: {security: [{mtls: []}]}", open, []string{"GET credentials-unusable:4 set credentials: true"}},
		"one of two":                     {"    get: {security: [{cookie: []}, {header: []}]}", with(func(p *cors.Policy) { p.RequestHeaders = []string{"X-Key"} }), nil},
		"one of two, and neither":        {"    get: {security: [{header: [], basic: []}, {cookie: []}]}", open, []string{"GET credentials-unusable:4 set credentials: true"}},
		"both of two":                    {"    get: {security: [{header: [], cookie: []}]}", open, []string{"GET request-header-blocked:4 add X-Key to requestHeaders", "GET credentials-unusable:4 set credentials: true"}},
		"none is enough":                 {"    get: {security: [{basic: []}, {}]}", open, nil},
		"a cookie parameter":             {"    get: {parameters: [{name: c, in: cookie, required: true}]}", open, []string{"GET credentials-unusable:4 set credentials: true"}},
		"an optional cookie":             {"    get: {parameters: [{name: c, in: cookie}]}", open, nil},
		"headers that are ignored":       {"    get: {parameters: [{name: Accept, in: header, required: true}, {name: authorization, in: header, required: true}]}", open, nil},
		"a header that none may set":     {"    get: {parameters: [{name: Date, in: header, required: true}]}", open, []string{"GET header-not-settable:4"}},
		"a header that browsers set":     {"    get: {parameters: [{name: Origin, in: header, required: true}]}", open, nil},
		"a range":                        {"    get: {parameters: [{name: Range, in: header}]}", open, nil},
		"content types of forms":         {"    post: {requestBody: {content: {text/plain: {}, multipart/form-data: {}, application/x-www-form-urlencoded: {}}}}", open, nil},
		"any image":                      {"    post: {requestBody: {content: {image/*: {}}}}", open, []string{"POST request-header-blocked:4 add Content-Type to requestHeaders"}},
		"several content types, by one":  {"    post:\n      requestBody: {content: {text/plain: {},\n        application/json: {}}}", open, []string{"POST request-header-blocked:6 add Content-Type to requestHeaders"}},
		"a body that browsers send not":  {"    get: {requestBody: {content: {text/plain: {}}}}", open, []string{"GET body-not-allowed:4"}},
		"a method that scripts have not": {"    trace: {}", with(func(p *cors.Policy) { p.Methods = []string{"*"} }), []string{"TRACE forbidden-method:4"}},
		"response headers": {"    get: {responses: {'200': {headers: {Expires: {}, Set-Cookie: {}, Access-Control-Allow-Origin: {}}},\n      '404': {headers: {X-Why: {}}}}}", open,
			[]string{"GET exposed-header-hidden:5 add X-Why to exposedHeaders"}},
		"everything exposed":       {"    get: {responses: {'200': {headers: {X-Why: {}}}}}", with(func(p *cors.Policy) { p.ExposedHeaders = []string{"*"} }), nil},
		"a policy that only tells": {"    get: {}", with(func(p *cors.Policy) { p.ReportOnly = true }), []string{"GET report-only:4 take reportOnly away"}},
		"everybody, but not with cookies": {"    get: {security: [{cookie: []}]}", cors.Policy{Origins: []string{"*"}, ExposedHeaders: []string{"*"}},
			[]string{`GET credentials-unusable:4 set credentials: true, and name PAGE in origins in place of "*", and name the headers in exposedHeaders in place of "*"`}},
		"many headers at once": {"    get: {parameters: [" + strings.Repeat("{name: X-A, in: header, required: true}, ", 3) + "{name: X-" + strings.Repeat("b", 90) + ", in: header, required: true}]}", open,
			[]string{"GET request-header-blocked:4 add X-A to requestHeaders", "GET request-header-blocked:4 add X-" + strings.Repeat("b", 90) + " to requestHeaders"}},
	} {
		t.Run(shows, func(t *testing.T) {
			r := operations(t, Options{}, described(t, test.item, schemes), &routes.Policies{Policy: test.policy})
			got := problemsOf(r)
			for i, p := range r.Sites[0].Operations[0].Problems {
				got[i] = strings.ReplaceAll(got[i], p.Origins[0], "PAGE")
			}
			if len(got) > 0 && len(test.want) > 0 && strings.Contains(test.want[0], "PAGE") {
				got = got[:1] // each page has a change of its own
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q\n%s", got, test.want, operationsText(t, r))
			}
		})
	}
}

func TestPagesAreThoseOfTheRoute(t *testing.T) {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}}, Routes: []routes.Route{
		{Pattern: "PUT /x", Policy: cors.Policy{Origins: []string{"https://b.example"}, Methods: []string{"PUT"}}},
		{Pattern: "api.example/v2/x", Off: true},
	}}
	d := described(t, "    get: {}\n    put: {}", "")
	r := operations(t, Options{}, d, &policies)
	if got := [][]string{r.Sites[0].Operations[0].Pages, r.Sites[0].Operations[1].Pages}; r.Verdict != Usable || !reflect.DeepEqual(got, [][]string{{"https://a.example"}, {"https://b.example"}}) {
		t.Errorf("asked for %q\n%s", got, operationsText(t, r))
	}
	// Who is named is asked for everywhere.
	r = operations(t, Options{}, d, &policies, "https://a.example", "null")
	want := []string{"GET allowed-origin-blocked:4", "PUT allowed-origin-blocked:5 in the policy of the route PUT /x, add https://a.example to origins",
		"PUT allowed-origin-blocked:5"}
	if got := problemsOf(r); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	// Routes by host and path are those of the document's server.
	d.Server = "http://api.example/v2/"
	r = operations(t, Options{}, d, &policies)
	if got := problemsOf(r); len(got) != 2 || got[0] != `GET route-off:4 take "off" out of the route api.example/v2/x` {
		t.Errorf("found %q", got)
	}
}

// served is notes.json's server, with something around it.
func served(t *testing.T, policies routes.Policies, around func(http.Handler) http.Handler) (url string, seen func() []string) {
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

func TestALiveServerThatIsRight(t *testing.T) {
	for _, policy := range []*routes.Policies{&good, nil} {
		url, seen := served(t, good, nil)
		r := operations(t, Options{URLs: []string{url}, As: "all"}, document(t, "notes.json"), policy, "https://app.example.com")
		if r.Verdict != Usable || len(problemsOf(r)) > 0 || r.Sites[0].Requests == 0 {
			t.Errorf("%s", operationsText(t, r))
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

func TestUnsafeMethodsAreSentIfAskedFor(t *testing.T) {
	url, seen := served(t, good, nil)
	r := operations(t, Options{URLs: []string{url}, UnsafeMethods: true}, document(t, "notes.json"), &good)
	if r.Verdict != Usable || !slices.Contains(seen(), "PUT /api/notes/00000000-0000-4000-8000-000000000001") || r.Sites[0].Requests != len(seen()) {
		t.Errorf("sent %q\n%s", seen(), operationsText(t, r))
	}
}

func TestMistakesOfALiveServerAreFound(t *testing.T) {
	set := func(name, value string) func(http.Handler) http.Handler {
		return changed(func(_ *http.Request, h http.Header, _ *int) {
			if h.Get(name) != "" {
				if h.Del(name); value != "" {
					h.Set(name, value)
				}
			}
		})
	}
	const get, post, put = "GET ", "POST ", "PUT "
	for shows, test := range map[string]struct {
		around func(http.Handler) http.Handler
		want   []string // method, kind and line
	}{
		"forgets a method":           {set("Access-Control-Allow-Methods", "POST"), []string{put + "method-blocked:22"}},
		"writes a method small":      {set("Access-Control-Allow-Methods", "put"), []string{put + "method-blocked:22"}},
		"forgets If-Match":           {set("Access-Control-Allow-Headers", "authorization, content-type, x-trace"), []string{put + "request-header-blocked:25"}},
		"forgets Authorization":      {set("Access-Control-Allow-Headers", "content-type, x-trace, if-match"), []string{post + "request-header-blocked:15", put + "request-header-blocked:24"}},
		"forgets Content-Type":       {set("Access-Control-Allow-Headers", "authorization, x-trace, if-match"), []string{post + "request-header-blocked:36", put + "request-header-blocked:36"}},
		"forgets an optional header": {set("Access-Control-Allow-Headers", "authorization, content-type, if-match"), []string{get + "(optional-header-blocked):10"}},
		"exposes nothing":            {set("Access-Control-Expose-Headers", ""), []string{get + "exposed-header-hidden:38"}},
		"forgets credentials":        {set("Access-Control-Allow-Credentials", ""), []string{get + "credentials-unusable:7", post + "credentials-unusable:13"}},
		"has no headers on errors": {changed(func(r *http.Request, h http.Header, s *int) {
			if *s == 401 {
				h.Del("Access-Control-Allow-Origin")
			}
		}), []string{get + "error-answer-hidden:7"}},
		"answers preflights with 405": {changed(func(r *http.Request, _ http.Header, s *int) {
			if isPreflight(r) {
				*s = 405
			}
		}), []string{get + "(optional-header-blocked):10", post + "preflight-fails:13", put + "preflight-fails:22"}},
		"doubles its headers": {changed(func(r *http.Request, h http.Header, _ *int) {
			if o := h.Get("Access-Control-Allow-Origin"); o != "" {
				h.Add("Access-Control-Allow-Origin", o)
			}
		}), []string{get + "allow-origin-doubled:7", post + "allow-origin-doubled:13", put + "allow-origin-doubled:22", get + "allow-origin-doubled:31"}},
		"has no CORS": {func(http.Handler) http.Handler { return http.NotFoundHandler() },
			[]string{get + "error-answer-hidden:7", post + "preflight-fails:13", put + "preflight-fails:22", get + "error-answer-hidden:31"}},
		"lets another page in": {set("Access-Control-Allow-Origin", "https://other.example.com"),
			[]string{get + "error-answer-hidden:7", post + "preflight-fails:13", put + "preflight-fails:22", get + "allowed-origin-blocked:31"}},
	} {
		t.Run(shows, func(t *testing.T) {
			for _, policy := range []*routes.Policies{&good, nil} {
				url, _ := served(t, good, test.around)
				r := operations(t, Options{URLs: []string{url}}, document(t, "notes.json"), policy, "https://app.example.com")
				var got []string
				for _, s := range problemsOf(r) {
					method, rest, _ := strings.Cut(s, " ")
					kind, _, _ := strings.Cut(rest, " ")
					got = append(got, method+" "+kind)
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("found %q, want %q\n%s", got, test.want, operationsText(t, r))
				}
				operationsText(t, r)
				for _, o := range r.Sites[0].Operations {
					for _, p := range o.Problems {
						if p.ServerDoes == "" || p.BrowserTherefore == "" || p.Change == "" || p.Request == "" || p.Answer == "" || (policy != nil) != (p.PolicySays != "") || p.Differs != (policy != nil) {
							t.Errorf("a problem that does not say all: %+v", p)
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

// One way to authenticate that is refused says nothing while another was not
// asked.
func TestAWayThatWasNotAskedIsNotRefused(t *testing.T) {
	d := described(t, "    get: {security: [{key: []}, {}]}", "\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}")
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}}}
	url, _ := served(t, policy, nil)
	for requests, want := range map[int]Verdict{1: Unreachable, 2: Usable} {
		r := operations(t, Options{URLs: []string{url}, MaxRequests: requests}, d, nil, "https://a.example")
		if r.Verdict != want || len(problemsOf(r)) > 0 {
			t.Errorf("with %d requests: %s\n%s", requests, r.Verdict, operationsText(t, r))
		}
	}
}

// What the server grants and the policy does not is told too.
func TestAServerThatGrantsMoreThanThePolicy(t *testing.T) {
	url, _ := served(t, good, nil)
	p := clone(good)
	p.Policy.Methods, p.Policy.ExposedHeaders, p.Policy.Credentials = nil, nil, false
	r := operations(t, Options{URLs: []string{url}}, document(t, "notes.json"), &p)
	differ := 0
	for _, o := range r.Sites[0].Operations {
		for _, p := range o.Problems {
			if p.Differs && strings.Contains(p.PolicySays, "may not") && strings.Contains(p.ServerDoes, "answers") {
				differ++
			}
		}
	}
	if r.Verdict != Unusable || differ != 3 {
		t.Errorf("%d differ\n%s", differ, operationsText(t, r))
	}
}

func TestWhatCannotBeToldIsSaid(t *testing.T) {
	form := described(t, "    post: {requestBody: {content: {text/plain: {}}}}\n    put: {responses: {'200': {headers: {X-A: {}}}}}\n    get: {servers: [{url: https://elsewhere.example}]}", "")
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}, Methods: []string{"PUT"}, ExposedHeaders: []string{"X-A"}}}
	url, seen := served(t, policy, nil)
	r := operations(t, Options{URLs: []string{url}}, form, &policy)
	ops := r.Sites[0].Operations
	if r.Verdict != Usable || ops[0].Usable || !strings.Contains(ops[0].Untold, "without a preflight") || !ops[1].Usable || !strings.Contains(ops[1].Untold, "response headers") ||
		ops[2].Usable || !strings.Contains(ops[2].Untold, "another server") || len(seen()) != 1 {
		t.Errorf("sent %q\n%s", seen(), operationsText(t, r))
	}
	if text := operationsText(t, r); !strings.Contains(text, "What could not be told") {
		t.Error(text)
	}
	form.Operations = form.Operations[:1]
	if r := operations(t, Options{URLs: []string{url}}, form, &policy); r.Verdict != Unreachable {
		t.Errorf("nothing was told, and the verdict is %s", r.Verdict)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	r = operations(t, Options{URLs: []string{gone.URL}}, document(t, "notes.json"), nil, "https://app.example.com")
	if r.Verdict != Unreachable || r.Sites[0].Cause == "" || r.Sites[0].Silent == 0 {
		t.Errorf("%s", operationsText(t, r))
	}
	r = operations(t, Options{URLs: []string{"http://api.example"}, Resolve: []string{"api.example:80:127.0.0.1"}}, document(t, "notes.json"), &good)
	if r.Verdict != Unreachable || r.Sites[0].Requests != 0 || !strings.Contains(operationsText(t, r), "(MixedContent)") {
		t.Errorf("an https: page and an http: server: %s", operationsText(t, r))
	}
	url, _ = served(t, good, nil)
	r = operations(t, Options{URLs: []string{url}, MaxRequests: 3}, document(t, "notes.json"), nil, "https://app.example.com")
	if r.Sites[0].Requests != 3 || r.Sites[0].Skipped == 0 {
		t.Errorf("%s", operationsText(t, r))
	}
}

func TestTheURLTakesTheServersPlace(t *testing.T) {
	d := described(t, "    get: {}\n    put: {servers: [{url: /own}]}", "")
	for shows, test := range map[string]struct{ server, target, get, put string }{
		"no server, no URL":       {"/", "", "https://api.invalid/x", "https://api.invalid/own/x"},
		"a path":                  {"/v1/", "", "https://api.invalid/v1/x", "https://api.invalid/own/x"},
		"a server":                {"http://api.example:8080/v1", "", "https://api.example:8080/v1/x", "https://api.example:8080/own/x"},
		"a URL without a path":    {"https://api.example/v1", "http://localhost:8080/", "http://localhost:8080/v1/x", "http://localhost:8080/own/x"},
		"a URL with one":          {"https://api.example/v1", "http://localhost:8080/v2", "http://localhost:8080/v2/x", "http://localhost:8080/own/x"},
		"a server with a query":   {"https://api.example/v1?a#b", "", "https://api.example/v1/x", "https://api.example/own/x"},
		"a server without scheme": {"//api.example/v1", "", "https://api.example/v1/x", "https://api.example/own/x"},
	} {
		d.Server = test.server
		h := &holder{document: d, target: test.target}
		get, _ := h.locate(&d.Operations[0])
		put, _ := h.locate(&d.Operations[1])
		if get != test.get || put != test.put {
			t.Errorf("%s: %s and %s, want %s and %s", shows, get, put, test.get, test.put)
		}
	}
	// Another host is asked if it is the one that was named.
	d.Server, d.Operations[1].Server = "https://api.example", "https://files.example/f"
	for target, want := range map[string]bool{"": false, "https://api.example/": true, "https://files.example/": false} {
		h := &holder{document: d, target: target}
		if put, elsewhere := h.locate(&d.Operations[1]); elsewhere != want || !elsewhere && put != "https://files.example/f/x" {
			t.Errorf("%q: %s, elsewhere %v", target, put, elsewhere)
		}
	}
}

func TestOperationsThatMakeNoSense(t *testing.T) {
	d := document(t, "notes.json")
	for shows, test := range map[string]struct {
		o        Options
		document *openapi.Document
		policy   *routes.Policies
		from     []string
	}{
		"nothing":             {Options{}, d, nil, nil},
		"no page":             {Options{URLs: []string{"https://a.example"}}, d, nil, nil},
		"no origin":           {Options{}, d, &good, []string{"a.example"}},
		"no page's origin":    {Options{}, d, &good, []string{"ftp://a.example"}},
		"no URL":              {Options{URLs: []string{"data:,x"}}, d, &good, nil},
		"no operation":        {Options{}, &openapi.Document{}, &good, nil},
		"no requests":         {Options{MaxRequests: -1}, d, &good, nil},
		"a policy with fault": {Options{}, d, &routes.Policies{}, nil},
	} {
		if _, err := RunOperations(t.Context(), test.o, test.document, test.policy, test.from); err == nil {
			t.Errorf("%s: no error", shows)
		}
	}
}

func TestHostileDocumentsAndAnswersAreEscaped(t *testing.T) {
	nasty := "\u202e\u009b31m" + strings.Repeat("A", 2000)
	d := described(t, "    get: {operationId: \""+nasty+"\", security: [{\""+nasty+"\": []}]}", "\ncomponents: {securitySchemes: {\""+nasty+"\": {type: apiKey, in: header, name: X-A}}}")
	d.Operations[0].Path, d.Name = "/"+nasty, nasty
	url, _ := served(t, good, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Access-Control-Allow-Origin", nasty) })
	})
	for _, r := range []*OperationsReport{operations(t, Options{}, d, &good), operations(t, Options{URLs: []string{url}}, d, nil, "https://a.example")} {
		var j, x bytes.Buffer
		if err := r.WriteJSON(&j); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteJUnit(&x); err != nil {
			t.Fatal(err)
		}
		var again OperationsReport
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
		for form, out := range map[string]string{"text": operationsText(t, r), "JSON": j.String(), "JUnit": x.String()} {
			for _, bad := range []string{"\u202e", "\u009b", "\x1b"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s has %.20q in it", form, bad)
				}
			}
		}
	}
}

func TestDocsNameEveryFieldOfOperations(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/verify-json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, own, ok := strings.Cut(string(docs), "--openapi")
	if !ok {
		t.Fatal("docs/verify-json.md does not tell of --openapi")
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[OperationsReport](), reflect.TypeFor[OperationsSite](), reflect.TypeFor[OperationResult](), reflect.TypeFor[OperationProblem](), reflect.TypeFor[Change](), reflect.TypeFor[Grant]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name != "" && !strings.Contains(own, "`"+name+"`") {
				t.Errorf("docs/verify-json.md does not name %s of %s", name, typ.Name())
			}
		}
	}
}
