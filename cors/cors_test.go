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

// send makes a request of "METHOD\nName: value\n..." and returns the answer as
// "status\nName: value..." with the headers that have to do with CORS, sorted.
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

func TestAnswers(t *testing.T) {
	one := cors.Policy{
		Origins: []string{"https://a.test"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A", "Content-Type"},
		ExposedHeaders: []string{"X-Total"}, Credentials: true, MaxAgeSeconds: 600,
	}
	least := cors.Policy{Origins: []string{"https://a.test"}}
	anyone := cors.Policy{
		Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, ExposedHeaders: []string{"*"}, MaxAgeSeconds: -1,
	}
	all := cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, Credentials: true}
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
		{"an origin that is let in", one, "GET" + origin, granted},
		{"any method of it", one, "PATCH" + origin, granted},
		{"an origin that is not", one, "GET\nOrigin: https://b.test", "OK\nVary: Origin"},
		{"null", one, "GET\nOrigin: null", "OK\nVary: Origin"},
		{"two Origin fields", one, "GET" + origin + "\nOrigin: https://b.test", "OK\nVary: Origin"},
		{"OPTIONS that is no preflight", one, "OPTIONS" + origin, granted},
		{"OPTIONS without Origin", one, "OPTIONS\nAccess-Control-Request-Method: PUT", "OK\nVary: Origin"},

		{"a preflight", one, preflight("PUT", "content-type,x-a"), grant},
		{"of a safelisted method, as an upload listener makes it", one, preflight("POST"), grant},
		{"the same under the least policy", least, preflight("POST"), "No Content\nAllow-Origin: https://a.test" + preflightVary},
		{"names in any case", one, preflight("PUT", "X-a"), grant},
		{"in any order", one, preflight("PUT", "x-a,content-type"), grant},
		{"with any spacing", one, preflight("PUT", " \tx-a , content-type\t"), grant},
		{"on several lines", one, preflight("PUT", "x-a", "content-type"), grant},
		{"twice", one, preflight("PUT", "x-a,x-a"), grant},
		{"with empty elements", one, preflight("PUT", ",,x-a,"), grant},
		{"an empty list", one, preflight("PUT", ""), grant},
		{"a method that is not allowed", one, preflight("DELETE"), "Forbidden"},
		{"a method in another case", one, preflight("put"), "Forbidden"},
		{"a header that is not allowed", one, preflight("PUT", "x-a,x-b"), "Forbidden"},
		{"a header that begins like one", one, preflight("PUT", "x-ab"), "Forbidden"},
		{"a header that is the start of one", one, preflight("PUT", "x-"), "Forbidden"},
		{"what is no list", one, preflight("PUT", "x-a content-type"), "Forbidden"},
		{"two methods", one, preflight("PUT") + "\nAccess-Control-Request-Method: PUT", "Forbidden"},
		{"an origin that is not let in", one, "OPTIONS\nOrigin: https://b.test\nAccess-Control-Request-Method: PUT", "Forbidden"},

		{"everybody", anyone, "GET" + origin, "OK\nAllow-Origin: *\nExpose-Headers: *"},
		{"everybody, without Origin", anyone, "GET", "OK\nAllow-Origin: *\nExpose-Headers: *"},
		{"everybody, with two Origin fields", anyone, "GET" + origin + "\nOrigin: https://b.test", "OK\nAllow-Origin: *\nExpose-Headers: *"},
		{"everybody's preflight", anyone, preflight("WHATEVER", "x-b"),
			"No Content\nAllow-Origin: *\nAllow-Methods: *\nAllow-Headers: *\nMax-Age: 0\nVary: Access-Control-Request-Method, Access-Control-Request-Headers"},
		{"* is not Authorization", anyone, preflight("GET", "authorization"), "Forbidden"},
		{"all, with credentials", all, preflight("PATCH", "x-b,x-c"),
			"No Content\nAllow-Origin: https://a.test\nAllow-Credentials: true\nAllow-Methods: PATCH\nAllow-Headers: x-b,x-c" + preflightVary},
		{"all, with credentials, but Authorization", all, preflight("PATCH", "Authorization"), "Forbidden"},
		{"null where it is allowed", cors.Policy{DangerouslyAllowNull: true}, "GET\nOrigin: null", "OK\nAllow-Origin: null\nVary: Origin"},
		{"anybody with credentials", cors.Policy{Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true},
			"GET\nOrigin: http://x.test:81", "OK\nAllow-Origin: http://x.test:81\nAllow-Credentials: true\nVary: Origin"},
		{"anybody, but not nonsense", cors.Policy{Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true},
			"GET\nOrigin: nonsense", "OK\nVary: Origin"},
		{"another status", cors.Policy{Origins: []string{"https://a.test"}, PreflightStatus: 200}, preflight("GET"), "OK\nAllow-Origin: https://a.test" + preflightVary},
		{"timing and resource policy", cors.Policy{Origins: []string{"https://a.test"}, TimingAllowOrigin: true, ResourcePolicy: "cross-origin"},
			"GET" + origin, "OK\nAllow-Origin: https://a.test\nResource-Policy: cross-origin\nTiming-Allow-Origin: https://a.test\nVary: Origin"},
		{"the same for a stranger", cors.Policy{Origins: []string{"https://a.test"}, TimingAllowOrigin: true, ResourcePolicy: "cross-origin"},
			"GET", "OK\nResource-Policy: cross-origin\nVary: Origin"},
		{"a refused origin is rejected", cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true}, "POST\nOrigin: https://b.test", "Forbidden\nVary: Origin"},
		{"but not the server's own", cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true}, "POST\nOrigin: http://server.test", "OK\nVary: Origin"},
		{"nor what the browser calls so", cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true},
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

func TestZeroMiddlewareLetsAllThrough(t *testing.T) {
	var m cors.Middleware
	if got := send(m.Wrap(hello), "OPTIONS\nOrigin: https://a.test\nAccess-Control-Request-Method: PUT"); got != "OK" {
		t.Error(got)
	}
}

func TestVaryKeepsWhatIsThere(t *testing.T) {
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

// Values are never shared: a handler that writes into every slice it can reach,
// and appends to it, changes no other response.
func TestHostileHandlersReachNothingElse(t *testing.T) {
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
				t.Errorf("%s: %s, before %s", r, got, want[i])
			}
		}
	}
}
