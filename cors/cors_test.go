package cors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
)

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total", "1")
	w.Write([]byte("hello"))
})

func wrap(t *testing.T, p cors.Policy) http.Handler {
	t.Helper()
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return m.Wrap(hello)
}

// send sends a request, written as "METHOD\nName: value\n...", and returns the response as
// "status\nName: value\n...", with the headers that a policy sends, in a fixed order.
func send(h http.Handler, request string) string {
	lines := strings.Split(request, "\n")
	r := httptest.NewRequest(lines[0], "http://server.test/x", nil)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := []string{http.StatusText(w.Code)}
	for _, name := range []string{
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Expose-Headers",
		"Cross-Origin-Resource-Policy", "Timing-Allow-Origin", "Vary",
	} {
		for _, value := range w.Header()[name] {
			out = append(out, strings.NewReplacer("Access-Control-", "", "Cross-Origin-", "").Replace(name)+": "+value)
		}
	}
	return strings.Join(out, "\n")
}

func TestResponses(t *testing.T) {
	one := cors.Policy{
		Origins: []string{"https://a.test"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A", "Content-Type"},
		ExposedHeaders: []string{"X-Total"}, Credentials: true, MaxAgeSeconds: 600,
	}
	minimal := cors.Policy{Origins: []string{"https://a.test"}}
	anyOrigin := cors.Policy{
		Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, ExposedHeaders: []string{"*"}, MaxAgeSeconds: -1,
	}
	anyWithCredentials := cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, Credentials: true}
	const origin, preflightVary = "\nOrigin: https://a.test", "\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
	preflight := func(method string, headers ...string) string {
		s := "OPTIONS" + origin + "\nAccess-Control-Request-Method: " + method
		for _, h := range headers {
			s += "\nAccess-Control-Request-Headers: " + h
		}
		return s
	}
	const grant = "No Content\nAllow-Origin: https://a.test\nAllow-Credentials: true\nAllow-Methods: PUT\nAllow-Headers: x-a, content-type\nMax-Age: 600" + preflightVary
	const granted = "OK\nAllow-Origin: https://a.test\nAllow-Credentials: true\nExpose-Headers: X-Total\nVary: Origin"
	for _, row := range []struct {
		name    string
		policy  cors.Policy
		request string
		want    string
	}{
		{"no Origin", one, "GET", "OK\nVary: Origin"},
		{"an allowed origin", one, "GET" + origin, granted},
		{"an allowed origin, with a method that is not allowed", one, "PATCH" + origin, granted},
		{"an origin that is not allowed", one, "GET\nOrigin: https://b.test", "OK\nVary: Origin"},
		{"null", one, "GET\nOrigin: null", "OK\nVary: Origin"},
		{"two Origin fields", one, "GET" + origin + "\nOrigin: https://b.test", "OK\nVary: Origin"},
		{"OPTIONS that is not a preflight", one, "OPTIONS" + origin, granted},
		{"OPTIONS without Origin", one, "OPTIONS\nAccess-Control-Request-Method: PUT", "OK\nVary: Origin"},

		{"a preflight", one, preflight("PUT", "content-type,x-a"), grant},
		{"a preflight for POST, as an upload with progress events causes it", one, preflight("POST"), grant},
		{"a preflight for POST under a policy with only an origin", minimal, preflight("POST"), "No Content\nAllow-Origin: https://a.test" + preflightVary},
		{"a preflight with header names in another case", one, preflight("PUT", "X-a"), grant},
		{"a preflight with header names in another order", one, preflight("PUT", "x-a,content-type"), grant},
		{"a preflight with spaces and tabs between header names", one, preflight("PUT", " \tx-a , content-type\t"), grant},
		{"a preflight with header names on several lines", one, preflight("PUT", "x-a", "content-type"), grant},
		{"a preflight that repeats a header name", one, preflight("PUT", "x-a,x-a"), grant},
		{"a preflight with empty list elements", one, preflight("PUT", ",,x-a,"), grant},
		{"a preflight with an empty list of header names", one, preflight("PUT", ""), grant},
		{"a method that is not allowed", one, preflight("DELETE"), "Forbidden"},
		{"a method in another case", one, preflight("put"), "Forbidden"},
		{"a header that is not allowed", one, preflight("PUT", "x-a,x-b"), "Forbidden"},
		{"a header name that begins with an allowed name", one, preflight("PUT", "x-ab"), "Forbidden"},
		{"a header name that is the beginning of an allowed name", one, preflight("PUT", "x-"), "Forbidden"},
		{"header names without a comma between them", one, preflight("PUT", "x-a content-type"), "Forbidden"},
		{"two methods", one, preflight("PUT") + "\nAccess-Control-Request-Method: PUT", "Forbidden"},
		{"a preflight from an origin that is not allowed", one, "OPTIONS\nOrigin: https://b.test\nAccess-Control-Request-Method: PUT", "Forbidden"},

		{"any origin", anyOrigin, "GET" + origin, "OK\nAllow-Origin: *\nExpose-Headers: *"},
		{"any origin, without Origin", anyOrigin, "GET", "OK\nAllow-Origin: *\nExpose-Headers: *"},
		{"any origin, with two Origin fields", anyOrigin, "GET" + origin + "\nOrigin: https://b.test", "OK\nAllow-Origin: *\nExpose-Headers: *"},
		{"any origin, a preflight", anyOrigin, preflight("WHATEVER", "x-b"),
			"No Content\nAllow-Origin: *\nAllow-Methods: *\nAllow-Headers: *\nMax-Age: 0\nVary: Access-Control-Request-Method, Access-Control-Request-Headers"},
		{"* does not cover Authorization", anyOrigin, preflight("GET", "authorization"), "Forbidden"},
		{"any method and header, with credentials", anyWithCredentials, preflight("PATCH", "x-b,x-c"),
			"No Content\nAllow-Origin: https://a.test\nAllow-Credentials: true\nAllow-Methods: PATCH\nAllow-Headers: x-b,x-c" + preflightVary},
		{"any header with credentials does not cover Authorization", anyWithCredentials, preflight("PATCH", "Authorization"), "Forbidden"},
		{"null, where it is allowed", cors.Policy{DangerouslyAllowNull: true}, "GET\nOrigin: null", "OK\nAllow-Origin: null\nVary: Origin"},
		{"any origin with credentials", cors.Policy{Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true},
			"GET\nOrigin: http://x.test:81", "OK\nAllow-Origin: http://x.test:81\nAllow-Credentials: true\nVary: Origin"},
		{"any origin with credentials, and an invalid origin", cors.Policy{Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true},
			"GET\nOrigin: nonsense", "OK\nVary: Origin"},
		{"a preflight status", cors.Policy{Origins: []string{"https://a.test"}, PreflightStatus: 200}, preflight("GET"), "OK\nAllow-Origin: https://a.test" + preflightVary},
		{"timing and resource policy, for an allowed origin", cors.Policy{Origins: []string{"https://a.test"}, TimingAllowOrigin: true, ResourcePolicy: "cross-origin"},
			"GET" + origin, "OK\nAllow-Origin: https://a.test\nResource-Policy: cross-origin\nTiming-Allow-Origin: https://a.test\nVary: Origin"},
		{"timing and resource policy, without Origin", cors.Policy{Origins: []string{"https://a.test"}, TimingAllowOrigin: true, ResourcePolicy: "cross-origin"},
			"GET", "OK\nResource-Policy: cross-origin\nVary: Origin"},
		{"RejectRefused, and a refused origin", cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true}, "POST\nOrigin: https://b.test", "Forbidden\nVary: Origin"},
		{"RejectRefused, and the server's own origin", cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true}, "POST\nOrigin: http://server.test", "OK\nVary: Origin"},
		{"RejectRefused, and an origin that the browser calls the server's own", cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true},
			"POST\nOrigin: https://proxied.test\nSec-Fetch-Site: same-origin", "OK\nVary: Origin"},
		{"report only", cors.Policy{Origins: []string{"https://a.test"}, ReportOnly: true}, preflight("PUT"), "OK"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := send(wrap(t, row.policy), row.request); got != row.want {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

func TestZeroMiddlewareChangesNothing(t *testing.T) {
	var m cors.Middleware
	if got := send(m.Wrap(hello), "OPTIONS\nOrigin: https://a.test\nAccess-Control-Request-Method: PUT"); got != "OK" {
		t.Error(got)
	}
}

func TestVaryIsAddedTo(t *testing.T) {
	for _, row := range []struct {
		before, want string
	}{
		{"Accept-Encoding", "Accept-Encoding|Origin"},
		{"origin", "origin"},
		{"Accept-Encoding, Origin", "Accept-Encoding, Origin"},
		{"*", "*"},
		{"X-Origin", "X-Origin|Origin"},
	} {
		h := wrap(t, cors.Policy{Origins: []string{"https://a.test"}})
		for _, origin := range []string{"", "https://a.test", "https://b.test"} {
			r := httptest.NewRequest("GET", "/", nil)
			if origin != "" {
				r.Header.Set("Origin", origin)
			}
			w := httptest.NewRecorder()
			w.Header().Set("Vary", row.before)
			h.ServeHTTP(w, r)
			if got := strings.Join(w.Header()["Vary"], "|"); got != row.want {
				t.Errorf("%q with origin %q: %q, want %q", row.before, origin, got, row.want)
			}
		}
	}
}

// Header values are never shared between responses: a handler that overwrites every value that it can
// reach, and appends to every slice, changes no other response.
func TestHandlersCannotChangeOtherResponses(t *testing.T) {
	for _, p := range []cors.Policy{
		{Origins: []string{"https://a.test"}, Credentials: true, ExposedHeaders: []string{"X-Total"}},
		{Origins: []string{"*"}, ExposedHeaders: []string{"X-Total"}}, {Origins: []string{"*"}},
		{Origins: []string{"https://a.test"}, TimingAllowOrigin: true, ResourcePolicy: "same-site"},
	} {
		m := cors.MustNew(p)
		hostile := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, values := range w.Header() {
				_ = append(values, "appended")
				for i := range values[:cap(values)] {
					values[:cap(values)][i] = "written"
				}
				w.Header()[name] = append(values, "more")
			}
		}))
		want := []string{}
		requests := []string{"GET", "GET\nOrigin: https://a.test", "GET\nOrigin: https://b.test", "OPTIONS\nOrigin: https://a.test\nAccess-Control-Request-Method: GET"}
		for _, r := range requests {
			want = append(want, send(m.Wrap(hello), r))
		}
		for _, r := range requests {
			send(hostile, r)
		}
		for i, r := range requests {
			if got := send(m.Wrap(hello), r); got != want[i] {
				t.Errorf("%s: got %s, want %s", r, got, want[i])
			}
		}
	}
}
