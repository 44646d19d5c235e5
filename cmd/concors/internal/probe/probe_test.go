package probe_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

const page = "https://app.example.com"

func TestTransportWithholdsUnsafeMethodsAndStopsAtItsLimit(t *testing.T) {
	var received atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received.Add(1)
		w.Header().Set("Access-Control-Allow-Origin", page)
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
	}))
	defer server.Close()
	transport := &probe.Transport{Base: http.DefaultTransport, MaxRequests: 2}
	send := func(method string) *probe.Outcome {
		return probe.Send(t.Context(), fetch.Chromium, transport, 0, probe.Question{URL: server.URL, Origin: page, Method: method})
	}
	if o := send("PUT"); !o.Allowed || !o.Withheld || o.PreflightHeader == nil || !o.Known() {
		t.Errorf("a PUT that the preflight allows: %+v", o)
	}
	if o := send("PATCH"); o.Allowed || o.Withheld || o.Reason != reason.MethodDisallowedByPreflightResponse {
		t.Errorf("a PATCH that the preflight does not allow: %+v", o)
	}
	if o := send("GET"); !o.Skipped || o.Known() {
		t.Errorf("a request over the limit: %+v", o)
	}
	if received.Load() != 2 || transport.Sent() != 2 {
		t.Errorf("the server got %d requests, and %d are reported as sent", received.Load(), transport.Sent())
	}
}

func TestSimulationReturnsOutcomeAndDecision(t *testing.T) {
	s, err := probe.Simulate(routes.Policies{
		Policy: cors.Policy{Origins: []string{page}, Methods: []string{"PUT"}},
		Routes: []routes.Route{{Pattern: "/off/", Off: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, method string
		allowed      bool
		decision     cors.Reason
	}{
		{"/", "PUT", true, cors.Granted},
		{"/", "DELETE", false, cors.MethodRefused},
	} {
		o, d := s.Send(t.Context(), fetch.Chromium, probe.Question{URL: "https://api.example" + test.path, Origin: page, Method: test.method})
		if o.Allowed != test.allowed || d == nil || d.Reason != test.decision {
			t.Errorf("%s %s: %+v, decision %+v", test.method, test.path, o, d)
		}
	}
	if o, d := s.Send(t.Context(), fetch.Chromium, probe.Question{URL: "https://api.example/off/", Origin: page, Method: "GET"}); o.Allowed || d != nil {
		t.Errorf("a route that is off: %+v, decision %+v", o, d)
	}
}

func TestQuestionsAreNamed(t *testing.T) {
	for want, q := range map[string]probe.Question{
		"a request without Origin": {Method: "GET", Raw: true},
		"GET from null":            {Method: "GET", Origin: "null"},
		"PUT from https://app.example.com with X-A, X-B, with credentials": {Method: "PUT", Origin: page, Headers: []string{"X-A", "X-B"}, Credentials: true},
	} {
		if got := q.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEvidenceHasNoCookies(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "session=secret")
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer server.Close()
	transport := &probe.Transport{Base: http.DefaultTransport, MaxRequests: 1}
	o := probe.Send(t.Context(), fetch.Chromium, transport, 0, probe.Question{URL: server.URL, Origin: page, Method: "GET"})
	if want := "200 OK\nAccess-Control-Allow-Origin: *"; o.Response != want {
		t.Errorf("response %q, want %q", o.Response, want)
	}
	if strings.Contains(o.Request, "Sec-") || !strings.Contains(o.Request, "Origin: "+page) {
		t.Errorf("request %q", o.Request)
	}
}

// The kinds of this package that package corstest also has must have its names.
func TestKindsExistInCorstest(t *testing.T) {
	for _, kind := range []string{
		probe.AllowedOriginBlocked, probe.CredentialsUnusable, probe.CredentialsUnpromised, probe.ForeignOriginAllowed, probe.NullOriginAllowed,
		probe.InvalidOriginAllowed, probe.UpperCaseOriginAllowed, probe.MethodBlocked, probe.MethodUnpromised, probe.MethodCaseIgnored,
		probe.RequestHeaderBlocked, probe.RequestHeaderUnpromised, probe.ExposedHeaderHidden, probe.ExposedHeaderUnpromised, probe.MaxAgeDiffers,
		probe.ErrorResponseHidden, probe.AllowOriginDuplicated, probe.VaryMissingAllowed, probe.VaryMissingRefused, probe.VaryMissingWithoutOrigin,
	} {
		if !slices.ContainsFunc(corstest.Kinds(), func(k corstest.Kind) bool { return k.Name == kind }) {
			t.Errorf("package corstest has no kind %s", kind)
		}
	}
}
