package conformance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// rawExchange sends text over TCP and returns everything that is received.
func rawExchange(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	received, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(received), "\r\n", "\n")
}

func TestServerSendsTheResponse(t *testing.T) {
	hosts := Hosts{40001, 40002, 40003, 40004}
	get := "GET /c/5/0 HTTP/1.1\nHost: a\nOrigin: http://o\nConnection: close\n\n"
	for _, row := range []struct {
		name    string
		request string
		hop     Hop
		want    string
	}{
		{
			"only Content-Length is added", get,
			Hop{Actual: Response{Body: "hello"}},
			"HTTP/1.1 200 OK\nContent-Length: 5\nConnection: close\n\nhello",
		}, {
			"lines of one name stay separate and in order", get,
			Hop{Actual: Response{Headers: [][2]string{{"X", "b"}, {"X", "a"}, {"X", ""}}}},
			"HTTP/1.1 200 OK\nContent-Length: 0\nX: b\nX: a\nX: \nConnection: close\n\n",
		}, {
			"names keep their case and values their bytes", get,
			Hop{Actual: Response{Headers: [][2]string{{"x-CASE", "ü \t;,\""}}}},
			"HTTP/1.1 200 OK\nContent-Length: 0\nx-CASE: ü \t;,\"\nConnection: close\n\n",
		}, {
			"templates are replaced", get,
			Hop{Actual: Response{Headers: [][2]string{{"Access-Control-Allow-Origin", "{origin}, http://{a2}"}}}},
			"HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: http://o, http://a.localhost:40002\nContent-Length: 0\nConnection: close\n\n",
		}, {
			"any status", get,
			Hop{Actual: Response{Status: 299, Body: "x"}},
			"HTTP/1.1 299 status code 299\nContent-Length: 1\nConnection: close\n\nx",
		}, {
			"no body with 204", get,
			Hop{Actual: Response{Status: 204, Body: "x"}},
			"HTTP/1.1 204 No Content\nConnection: close\n\n",
		}, {
			"HEAD gets the Content-Length of GET", strings.Replace(get, "GET", "HEAD", 1),
			Hop{Actual: Response{Body: "hello"}},
			"HTTP/1.1 200 OK\nContent-Length: 5\nConnection: close\n\n",
		}, {
			"OPTIONS with Access-Control-Request-Method is a preflight", "OPTIONS /c/5/0 HTTP/1.1\nHost: a\nAccess-Control-Request-Method: PUT\nConnection: close\n\n",
			Hop{Preflight: Response{Status: 204}, Actual: Response{Body: "hello"}},
			"HTTP/1.1 204 No Content\nConnection: close\n\n",
		}, {
			"OPTIONS without it is an actual request", "OPTIONS /c/5/0 HTTP/1.1\nHost: a\nConnection: close\n\n",
			Hop{Preflight: Response{Status: 204}, Actual: Response{Body: "hello"}},
			"HTTP/1.1 200 OK\nContent-Length: 5\nConnection: close\n\nhello",
		}, {
			"a hop without a response", strings.Replace(get, "/c/5/0", "/c/5/9", 1),
			Hop{},
			"HTTP/1.1 404 Not Found\nContent-Length: 0\nConnection: close\n\n",
		}, {
			"a script that the server provides", get,
			Hop{Actual: Response{BodyKind: "js"}},
			"HTTP/1.1 200 OK\nContent-Length: 25\nConnection: close\n\n(self.ran ||= {})[5] = 1",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := Case{ID: 5, Steps: []Step{{Hops: []Hop{row.hop}}}}
			server := httptest.NewServer(NewServer(hosts, []Case{c}))
			defer server.Close()
			got := rawExchange(t, server.Listener.Addr().String(), row.request)
			if row.hop.Actual.BodyKind == "js" {
				row.want = strings.Replace(row.want, "25", fmt.Sprint(len(responseBody(5, row.hop.Actual))), 1)
			}
			if got != row.want {
				t.Errorf("got\n%q, want\n%q", got, row.want)
			}
		})
	}
}

func TestServerRecordsRequests(t *testing.T) {
	c := Case{ID: 5, Steps: []Step{
		{Request: Request{Headers: [][2]string{{"X-A", "1"}, {"X-B", "2"}, {"Sec-X", "1"}, {"x-a", "3"}}}, Hops: []Hop{{}}},
		{Hops: []Hop{{Actual: Response{Body: "second"}}}},
	}}
	s := NewServer(Hosts{40001, 40002, 40003, 40004}, []Case{c})
	send := func(method, url, body string, headers ...string) string {
		r := httptest.NewRequest(method, url, strings.NewReader(body))
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Body.String()
	}
	send("PUT", "http://sub.a.localhost:40001/c/5/0?http://c.localhost:40001", "hello",
		"Origin", "http://a.localhost:40002", "Referer", "http://a.localhost:40001/_/page/3",
		"Cookie", "k_6=1; k_5=2; x=3; other_5=a=b", "X-A", "1", "X-A", "3", "X-B", "other",
		"Sec-Fetch-Site", "same-site", "Authorization", "Bearer x", "Accept", "*/*")
	send("OPTIONS", "http://b.localhost:40001/c/5/0", "",
		"Origin", "null", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a,x-b", "Accept", "text/html")
	want := []Wire{
		{Method: "PUT", Host: "sub.a", Path: "0?http://{c}", Origin: "http://{a2}", Referer: "http://{a}/_/page/", Cookie: "k_5=2; other_5=a=b",
			Site: "same-site", Auth: "Bearer x", Length: 5, Headers: []string{"x-a", "x-b~"}},
		{Method: "OPTIONS", Host: "b", Path: "0", Origin: "null", ACRM: "PUT", ACRH: "x-a,x-b", Accept: "text/html"},
	}
	if got := s.Wire(5, 0); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !s.Begin(5, 1) || s.Begin(5, 2) || s.Begin(6, 0) {
		t.Error("Begin is wrong about which steps exist")
	}
	if got := send("GET", "http://a.localhost:40001/c/5/0", ""); got != "second" {
		t.Errorf("after Begin the response is %q, want that of the second step", got)
	}
	if len(s.Wire(5, 0)) != 2 || len(s.Wire(5, 1)) != 1 {
		t.Error("requests are not recorded by step")
	}
	s.Begin(5, 0)
	if s.Wire(5, 0) != nil || s.Wire(5, 1) != nil {
		t.Error("Begin does not discard requests that were recorded")
	}
}

// The server responds to any path, and records exactly the requests below the path
// of one of its cases.
func FuzzServer(f *testing.F) {
	for _, path := range []string{"/c/5/0", "/c/5/x/0?q", "/c/05/0", "/c/+5/0", "/c/6/0", "/c/5", "/", "/c/5/%30", "/c/5/-1", "/c/5/99999999999999999999"} {
		f.Add(path, "k_5=1", "X-A", "1")
	}
	c := Case{ID: 5, Steps: []Step{{Request: Request{Headers: [][2]string{{"X-A", "1"}}}, Hops: []Hop{{Actual: Response{Status: 201}}}}}}
	f.Fuzz(func(t *testing.T, path, cookie, name, value string) {
		r, err := http.NewRequest("GET", "http://a.localhost:40001"+path, nil)
		if err != nil || !strings.HasPrefix(path, "/") {
			return // not a request that a server can receive
		}
		r.Body = http.NoBody
		r.Header.Set("Cookie", cookie)
		r.Header[http.CanonicalHeaderKey(name)] = []string{value}
		s := NewServer(Hosts{40001, 40002, 40003, 40004}, []Case{c})
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 201 && w.Code != 404 {
			t.Errorf("status %d", w.Code)
		}
		recorded := s.Wire(5, 0)
		if w.Code == 201 && len(recorded) != 1 {
			t.Errorf("the server responded, but recorded %d requests", len(recorded))
		}
		for _, wire := range recorded {
			for pair := range strings.SplitSeq(wire.Cookie, "; ") {
				if name, _, _ := strings.Cut(pair, "="); pair != "" && !strings.HasSuffix(name, "_5") {
					t.Errorf("recorded the cookie %q of another case", pair)
				}
			}
		}
	})
}
