package operations

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/probe/probetest"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// large is a document with many operations.
func large(t *testing.T, operations int) *openapi.Document {
	t.Helper()
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\npaths:\n")
	for i := range operations {
		fmt.Fprintf(&b, "  /notes/%d:\n    put:\n      parameters: [{name: X-A, in: header, required: true}]\n"+
			"      responses: {'200': {headers: {X-Total: {}}}}\n    get:\n      responses: {'200': {headers: {X-Total: {}}}}\n", i)
	}
	d, err := openapi.Load("large.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var largePolicy = routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"},
	RequestHeaders: []string{"X-A"}, ExposedHeaders: []string{"X-Total"}}}

// found makes a server respond with 200 to everything.
func found(layer func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return layer(changeResponse(func(r *http.Request, _ http.Header, s *int) {
			if !isPreflight(r) {
				*s = 200
			}
		})(h))
	}
}

// What a limiter refuses is not known: neither usable nor the server's fault.
func TestWhatALimiterRefusesIsNotKnown(t *testing.T) {
	for name, refuse := range map[string]http.HandlerFunc{
		"403": probetest.Status(403), "429": probetest.Status(429), "503": probetest.Status(503), "500": probetest.Status(500),
		"a bot page": probetest.BotPage, "no response": probetest.HangUp,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := serve(t, largePolicy, found(probetest.RefuseAfter(25, refuse)))
			r := report(t, probe.Options{URLs: []string{url}}, large(t, 30), nil, "https://app.example.com")
			s := r.Sites[0]
			if r.Verdict != Unknown || s.NotKnown+s.NoResponse == 0 || s.Cause == "" || len(problemsOf(r)) > 0 {
				t.Errorf("%s, %+v\n%s", r.Verdict, problemsOf(r), text(t, r))
			}
			if s.Requests > 80 {
				t.Errorf("%d requests were sent to a server that refuses them", s.Requests)
			}
		})
	}
	// Refusals that pass are repeated.
	for name, layer := range map[string]func(http.Handler) http.Handler{
		"a 503 in five": probetest.RefuseEvery(5, probetest.Status(503)),
		"a 429 in four": probetest.RefuseEvery(4, probetest.Status(429)),
	} {
		url, _ := serve(t, largePolicy, found(layer))
		r := report(t, probe.Options{URLs: []string{url}, MaxRequests: 2000}, large(t, 10), nil, "https://app.example.com")
		if r.Verdict != Usable || len(problemsOf(r)) > 0 {
			t.Errorf("%s: %s\n%s", name, r.Verdict, text(t, r))
		}
	}
}

func TestNothingLeftOutIsUsable(t *testing.T) {
	url, _ := serve(t, largePolicy, found(func(h http.Handler) http.Handler { return h }))
	if r := report(t, probe.Options{URLs: []string{url}}, large(t, 5), nil, "https://app.example.com"); r.Verdict != Usable {
		t.Fatalf("%s\n%s", r.Verdict, text(t, r))
	}
	for limit := 1; limit < 10; limit++ {
		r := report(t, probe.Options{URLs: []string{url}, MaxRequests: limit}, large(t, 5), nil, "https://app.example.com")
		if r.Verdict != Unknown || r.Sites[0].Skipped == 0 || r.Sites[0].Requests > limit || len(problemsOf(r)) > 0 {
			t.Errorf("%d requests: %s\n%s", limit, r.Verdict, text(t, r))
		}
	}
	// Everything is allowed, and nothing is there.
	url, _ = serve(t, largePolicy, nil)
	r := report(t, probe.Options{URLs: []string{url}}, large(t, 2), nil, "https://app.example.com")
	if r.Verdict != Unknown || !r.Sites[0].NotFound || !strings.Contains(text(t, r), "every response had status 404") {
		t.Errorf("%s\n%s", r.Verdict, text(t, r))
	}
}

// A problem with credentials hides no other problem.
func TestCredentialsHideNoOtherProblem(t *testing.T) {
	d := pathX(t, `    put:
      security: [{session: []}]
      parameters: [{name: X-A, in: header, required: true}, {name: X-B, in: header}]
      requestBody: {content: {application/json: {}}}
    get: {security: [{session: []}], responses: {'200': {headers: {X-Total: {}}}}}
`, "components: {securitySchemes: {session: {type: apiKey, in: cookie, name: sid}}}")
	kinds := func(r *Report) (out []string) {
		for _, p := range problemsOf(r) {
			kind, _, _ := strings.Cut(p, ":")
			out = append(out, kind)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	want := []string{"GET credentials-unusable", "GET exposed-header-hidden", "PUT (optional-header-blocked)",
		"PUT credentials-unusable", "PUT method-blocked", "PUT request-header-blocked"}
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://a.example"}}}
	plain := func(allowOrigin, methods, headers string) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", allowOrigin)
				w.Header().Set("Access-Control-Allow-Methods", methods)
				w.Header().Set("Access-Control-Allow-Headers", headers)
			})
		}
	}
	for name, around := range map[string]func(http.Handler) http.Handler{
		"no methods, no headers":                  plain("https://a.example", "", ""),
		"wildcards, which credentials turn off":   plain("*", "*", "*"),
		"the wildcard for the origin only":        plain("*", "", ""),
		"other methods and headers than it needs": plain("https://a.example", "DELETE", "x-z"),
	} {
		url, _ := serve(t, policy, around)
		r := report(t, probe.Options{URLs: []string{url}}, d, nil, "https://a.example")
		got := kinds(r)
		for _, k := range want {
			// A blocked method comes before the headers, so those are not reported yet.
			if k != "PUT request-header-blocked" && k != "PUT (optional-header-blocked)" && !slices.Contains(got, k) {
				t.Errorf("%s: found %q, without %s\n%s", name, got, k, text(t, r))
			}
		}
		if strings.Contains(text(t, r), "< Access-Control-Allow-Credentials") {
			t.Errorf("%s: the evidence has a header that the server did not send", name)
		}
	}
	// The policy's changes are all named, even if one of them would make it invalid.
	for name, origins := range map[string][]string{"one origin": {"https://a.example"}, "any origin": {"*"}, "http": {"http://a.example"}} {
		r := report(t, probe.Options{}, d, &routes.Policies{Policy: cors.Policy{Origins: origins}})
		got := kinds(r)
		for _, k := range want {
			if k != "PUT (optional-header-blocked)" && !slices.Contains(got, k) {
				t.Errorf("%s: found %q, without %s\n%s", name, got, k, text(t, r))
			}
		}
	}
}

// A report is as long as there are causes, not as there are operations.
func TestReportsAreGroupedByCause(t *testing.T) {
	size := 300
	if testing.Short() {
		size = 60
	}
	d := large(t, size)
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	url, _ := serve(t, largePolicy, found(changeResponse(func(_ *http.Request, h http.Header, _ *int) {
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				h.Del(name)
			}
		}
	})))
	for name, r := range map[string]*Report{
		"policy": report(t, probe.Options{}, d, &policy),
		"server": report(t, probe.Options{URLs: []string{url}, MaxRequests: 5000}, d, nil, "https://app.example.com"),
		"both":   report(t, probe.Options{URLs: []string{url}, MaxRequests: 5000}, d, &policy),
	} {
		out := text(t, r)
		s := r.Sites[0]
		if lines := strings.Count(out, "\n"); len(s.Causes) == 0 || len(s.Causes) > 5 || lines > 120 {
			t.Errorf("%s: %d causes in %d lines\n%.6000s", name, len(s.Causes), lines, out)
		}
		if first := strings.Index(out, "- "); first < 0 || strings.Index(out, "✘") < first && len(s.Causes) > 1 {
			t.Errorf("%s: the summary does not come first\n%.2000s", name, out)
		}
		places := 0
		for _, c := range s.Causes {
			if len(c.Places) != c.Operations {
				t.Errorf("%s: %d places for %d operations", name, len(c.Places), c.Operations)
			}
			places += c.Operations
		}
		if places < 2*size {
			t.Errorf("%s: %d places", name, places)
		}
	}
}

func TestADocumentOfWebhooksIsNotKnown(t *testing.T) {
	d, err := openapi.Load("hooks.yaml", []byte("openapi: 3.1.0\nwebhooks: {ordered: {post: {}}}"))
	if err != nil {
		t.Fatal(err)
	}
	r := report(t, probe.Options{}, d, &largePolicy)
	if r.Verdict != Unknown || !strings.Contains(text(t, r), "only webhooks") {
		t.Errorf("%s\n%s", r.Verdict, text(t, r))
	}
}
