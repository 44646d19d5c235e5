package probe_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

// A response that ends soon leaves its connection to the next request. One that does not
// end is not waited for.
func TestRequestsShareConnections(t *testing.T) {
	for name, row := range map[string]struct {
		body    func(w http.ResponseWriter, r *http.Request)
		sharing bool
	}{
		"a short body": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "items") }, true},
		"a long body":  {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) }, false},
		"an endless body": {func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(row.body))
			server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					connections.Add(1)
				}
			}
			server.Start()
			defer server.Close()
			targets, err := probe.Options{URLs: []string{server.URL}, Rate: 1000}.Targets()
			if err != nil {
				t.Fatal(err)
			}
			defer targets[0].Close()
			transport := targets[0].Transport()
			start := time.Now()
			const requests = 5
			for range requests {
				if o := probe.Send(t.Context(), fetch.Chromium, transport, 0, probe.Question{URL: server.URL, Origin: page, Method: "GET"}); o.Status != 200 {
					t.Errorf("%+v", o)
				}
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if got := connections.Load(); row.sharing != (got < requests-1) {
				t.Errorf("%d connections", got)
			}
		})
	}
}
