package cors_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
)

// A conn sends requests over one TCP connection, so that a response with a wrong length spoils the next
// one.
type conn struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, h http.Handler) *conn {
	t.Helper()
	server := httptest.NewServer(h)
	c, err := net.DialTimeout("tcp", server.Listener.Addr().String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); server.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return &conn{t, c, bufio.NewReader(c)}
}

// send sends a request and returns the response, with its body read.
func (c *conn) send(method, path string, fields ...string) (*http.Response, string) {
	c.t.Helper()
	fmt.Fprintf(c.conn, "%s %s HTTP/1.1\r\nHost: server.test\r\n%s\r\n", method, path, strings.Join(append(fields, ""), "\r\n"))
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp, string(body)
}

const fromA = "Origin: https://a.test"

// TestEveryStatusOfTheHandlerHasTheFields checks that a page can read the handler's errors, and that
// caches keep redirects and 304s apart by origin.
func TestEveryStatusOfTheHandlerHasTheFields(t *testing.T) {
	mux := http.NewServeMux()
	for _, status := range []int{200, 204, 302, 304, 401, 403, 404, 500, 503} {
		mux.HandleFunc(fmt.Sprintf("/%d", status), func(w http.ResponseWriter, r *http.Request) {
			switch status {
			case 302:
				http.Redirect(w, r, "/200", status)
			case 401, 404, 500:
				http.Error(w, "no", status)
			default:
				w.WriteHeader(status)
			}
		})
	}
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, ExposedHeaders: []string{"X-Id"}, Credentials: true})
	c := dial(t, m.Wrap(mux))
	for _, method := range []string{"GET", "POST", "HEAD", "DELETE", "OPTIONS"} {
		for path, status := range map[string]int{
			"/200": 200, "/204": 204, "/302": 302, "/304": 304, "/401": 401, "/403": 403, "/404": 404, "/nowhere": 404, "/500": 500, "/503": 503,
		} {
			fields := []string{fromA, "Content-Length: 0"}
			resp, _ := c.send(method, path, fields...)
			h := resp.Header
			if resp.StatusCode != status || h.Get("Access-Control-Allow-Origin") != "https://a.test" || h.Get("Vary") != "Origin" ||
				h.Get("Access-Control-Allow-Credentials") != "true" || h.Get("Access-Control-Expose-Headers") != "X-Id" {
				t.Errorf("%s %s from an allowed origin: %d %v", method, path, resp.StatusCode, h)
			}
			fields[0] = "Origin: https://b.test"
			resp, _ = c.send(method, path, fields...)
			if resp.StatusCode != status || resp.Header.Get("Access-Control-Allow-Origin") != "" || resp.Header.Get("Vary") != "Origin" {
				t.Errorf("%s %s from another origin: %d %v", method, path, resp.StatusCode, resp.Header)
			}
		}
	}
}

// TestPreflightsKeepTheConnection checks that a response to a preflight has the length that its status
// asks for, no body and no type, and that the same connection serves the next request.
func TestPreflightsKeepTheConnection(t *testing.T) {
	preflight := []string{fromA, "Access-Control-Request-Method: PUT"}
	for _, row := range []struct {
		name    string
		policy  cors.Policy
		method  string
		status  int
		lengths []string // Content-Length
	}{
		{"granted", cors.Policy{}, "PUT", 204, nil},
		{"granted with 200", cors.Policy{PreflightStatus: 200}, "PUT", 200, []string{"0"}},
		{"granted with 202", cors.Policy{PreflightStatus: 202}, "PUT", 202, []string{"0"}},
		{"refused", cors.Policy{}, "DELETE", 403, []string{"0"}},
	} {
		row.policy.Origins, row.policy.Methods = []string{"https://a.test"}, []string{"PUT"}
		c := dial(t, cors.MustNew(row.policy).Wrap(hello))
		for range 3 {
			preflight[1] = "Access-Control-Request-Method: " + row.method
			resp, body := c.send("OPTIONS", "/", preflight...)
			if resp.StatusCode != row.status || body != "" || !reflect.DeepEqual(resp.Header["Content-Length"], row.lengths) ||
				resp.Header["Content-Type"] != nil || resp.Close || resp.TransferEncoding != nil {
				t.Errorf("%s: %d, body %q, close %t, %v", row.name, resp.StatusCode, body, resp.Close, resp.Header)
			}
			if resp, body := c.send("GET", "/", fromA); resp.StatusCode != 200 || body == "" || resp.Header.Get("Access-Control-Allow-Origin") == "" {
				t.Errorf("%s: the next request on the connection: %d %q %v", row.name, resp.StatusCode, body, resp.Header)
			}
		}
	}
}

// TestVaryThatTheHandlerAddsStays checks both orders: Vary that is there before, and Vary that the
// handler adds.
func TestVaryThatTheHandlerAddsStays(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
	compress := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept-Encoding")
			next.ServeHTTP(w, r)
		})
	}
	for name, h := range map[string]http.Handler{"inside": m.Wrap(compress(hello)), "around": compress(m.Wrap(hello)), "both": compress(m.Wrap(compress(hello)))} {
		for _, origin := range []string{fromA, "Origin: https://b.test", "X-No-Origin: 1"} {
			resp, _ := dial(t, h).send("GET", "/", origin)
			vary := strings.Join(resp.Header["Vary"], ", ")
			if !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Origin") {
				t.Errorf("%s, %s: Vary is %q", name, origin, vary)
			}
		}
	}
}

// TestMethodsHaveCase checks that options in lower case is another method than OPTIONS, as in HTTP: such
// a request is not a preflight and reaches the handler.
func TestMethodsHaveCase(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}})
	seen := ""
	c := dial(t, m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = r.Method })))
	for _, method := range []string{"options", "Options", "OPTIONs"} {
		resp, _ := c.send(method, "/", fromA, "Access-Control-Request-Method: PUT")
		if seen != method || resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Methods") != "" {
			t.Errorf("%s: the handler saw %q, %d %v", method, seen, resp.StatusCode, resp.Header)
		}
	}
}

// TestEmptyListsSendNoHeader checks that a list without values leaves its header out, and sends none
// that is empty.
func TestEmptyListsSendNoHeader(t *testing.T) {
	for _, lists := range [][]string{nil, {}} {
		m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: lists, RequestHeaders: lists, ExposedHeaders: lists, LookupKeyHeaders: lists, Self: lists})
		c := dial(t, m.Wrap(hello))
		for _, fields := range [][]string{{fromA}, {fromA, "Access-Control-Request-Method: POST"}, {fromA, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: "}} {
			method := "OPTIONS"
			if len(fields) == 1 {
				method = "GET"
			}
			resp, _ := c.send(method, "/", fields...)
			for name, lines := range resp.Header {
				allowOrigin := name == "Access-Control-Allow-Origin"
				if strings.HasPrefix(name, "Access-Control-") && !allowOrigin || lines[0] == "" {
					t.Errorf("%q: %s: %q", fields, name, lines)
				}
			}
			if resp.StatusCode >= 300 || resp.Header.Get("Access-Control-Allow-Origin") != "https://a.test" {
				t.Errorf("%q: %d %v", fields, resp.StatusCode, resp.Header)
			}
		}
	}
}

// TestPolicyIsNotAltered checks that neither New nor serving changes what was passed in, and that
// changing it later has no effect.
func TestPolicyIsNotAltered(t *testing.T) {
	build := func() cors.Policy {
		return cors.Policy{
			Origins: []string{"https://*.a.test", "https://a.test", "https://a.test"}, Methods: []string{"PUT", "patch", "GET"},
			RequestHeaders: []string{"X-B", "x-a", "X-B"}, ExposedHeaders: []string{"X-Total", "ETag"}, Self: []string{"https://server.test"},
			LookupKeyHeaders: []string{"X-Tenant"}, Credentials: true,
		}
	}
	p := build()
	m := cors.MustNew(p)
	p.Check()
	h := m.Wrap(hello)
	before := send(h, preflightPUT+"\nAccess-Control-Request-Headers: x-a")
	send(h, "GET\nOrigin: https://b.test")
	if !reflect.DeepEqual(p, build()) {
		t.Errorf("the policy is now %+v", p)
	}
	for _, list := range [][]string{p.Origins, p.Methods, p.RequestHeaders, p.ExposedHeaders, p.Self, p.LookupKeyHeaders} {
		for i := range list {
			list[i] = "*"
		}
	}
	if after := send(h, preflightPUT+"\nAccess-Control-Request-Headers: x-a"); after != before {
		t.Errorf("after a change of the lists that were passed in:\n%s\nwant\n%s", after, before)
	}
	got := m.Policy()
	got.Origins[0] = "*"
	if m.Policy().Origins[0] == "*" {
		t.Error("Policy shares its lists")
	}
}

// TestPolicyOfOnePath checks a middleware that is applied to one path only: its pattern has no method, so
// that preflights and requests of the path reach the same policy, and other paths have none.
func TestPolicyOfOnePath(t *testing.T) {
	items := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: []string{"Content-Type"}})
	admin := cors.MustNew(cors.Policy{Origins: []string{"https://b.test"}, Methods: []string{"DELETE"}})
	byMethod := func(handlers map[string]http.HandlerFunc) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := handlers[r.Method]; h != nil {
				h(w, r)
				return
			}
			w.WriteHeader(http.StatusMethodNotAllowed)
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/items", items.Wrap(byMethod(map[string]http.HandlerFunc{"POST": hello})))
	mux.Handle("OPTIONS /admin", admin.Wrap(hello)) // two patterns for one path share the policy
	mux.Handle("DELETE /admin", admin.Wrap(hello))
	mux.Handle("/plain", hello)
	c := dial(t, mux)
	for _, row := range []struct {
		method, path, origin, requested string
		status                          int
		allowed                         bool
	}{
		{"OPTIONS", "/items", "https://a.test", "POST", 204, true},
		{"POST", "/items", "https://a.test", "", 200, true},
		{"GET", "/items", "https://a.test", "", 405, true},
		{"OPTIONS", "/items", "https://b.test", "POST", 403, false},
		{"POST", "/items", "https://b.test", "", 200, false},
		{"OPTIONS", "/admin", "https://b.test", "DELETE", 204, true},
		{"DELETE", "/admin", "https://b.test", "", 200, true},
		{"OPTIONS", "/admin", "https://a.test", "DELETE", 403, false},
		{"OPTIONS", "/plain", "https://a.test", "POST", 200, false},
		{"GET", "/plain", "https://b.test", "", 200, false},
	} {
		fields := []string{"Origin: " + row.origin, "Content-Length: 0"}
		if row.requested != "" {
			fields = append(fields, "Access-Control-Request-Method: "+row.requested)
		}
		resp, _ := c.send(row.method, row.path, fields...)
		if resp.StatusCode != row.status || (resp.Header.Get("Access-Control-Allow-Origin") == row.origin) != row.allowed {
			t.Errorf("%s %s from %s: %d %v", row.method, row.path, row.origin, resp.StatusCode, resp.Header)
		}
	}
}
