package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/fetch"
)

const page = "http://localhost:5173"

var quiet = log.New(io.Discard, "", 0)

// A served is a proxy on loopback, with its records.
type served struct {
	*proxy.Proxy
	url  string // http://localhost:PORT
	addr string

	mu      sync.Mutex
	records []proxy.Record
	arrived *sync.Cond
}

// serve starts a proxy. The configuration has no Listen, and Pages if it has no Alias.
func serve(t testing.TB, c proxy.Config) *served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &served{addr: l.Addr().String()}
	s.arrived = sync.NewCond(&s.mu)
	c.Listen = s.addr
	if c.Pages == nil && c.Alias == "" {
		c.Pages = []string{page}
	}
	c.Record = func(r proxy.Record) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.records = append(s.records, r)
		s.arrived.Broadcast()
	}
	if s.Proxy, err = proxy.New(c); err != nil {
		l.Close()
		t.Fatal(err)
	}
	server := s.Server()
	go server.Serve(l)
	t.Cleanup(func() {
		server.Close()
		s.Close()
	})
	s.url = s.Origin(page)
	return s
}

// record waits for the n-th record (from 1) and returns it.
func (s *served) record(t testing.TB, n int) proxy.Record {
	t.Helper()
	stop := time.AfterFunc(5*time.Second, func() { s.arrived.Broadcast() })
	defer stop.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.records) < n {
		if s.arrived.Wait(); len(s.records) < n && !stop.Stop() {
			t.Fatalf("%d records, not %d", len(s.records), n)
		}
	}
	return s.records[n-1]
}

// api starts a server that stands for somebody else's API, and returns a route to it.
func api(t testing.TB, h http.HandlerFunc) (*httptest.Server, proxy.Route) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s, proxy.Route{Target: mustURL(s.URL)}
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// get sends a request as a program does, with header lines.
func get(t testing.TB, method, target string, lines ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	res, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

// asPage fetches as a script on a page does.
func asPage(t testing.TB, profile fetch.Profile, r fetch.Request) (*fetch.Response, string, error) {
	t.Helper()
	if r.Page == nil {
		r.Page = &fetch.Page{URL: page + "/"}
	}
	res, err := fetch.NewAgent(profile).Fetch(context.Background(), &r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

func TestNamedPageReadsTheAPI(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		// An API with CORS headers for somebody else, which the page must not get.
		w.Header().Set("Access-Control-Allow-Origin", "https://www.example.com")
		w.Header().Set("Access-Control-Expose-Headers", "X-Other")
		w.Header().Set("X-Total", "3")
		w.Header().Add("Vary", "Accept")
		w.Header().Set("ETag", `"a"`)
		w.WriteHeader(map[bool]int{true: 500, false: 200}[r.URL.Path == "/500"])
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL, r.Header.Get("X-Mine"), body)
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	for _, profile := range []fetch.Profile{fetch.Standard, fetch.Chromium, fetch.Firefox, fetch.WebKit} {
		for _, row := range []struct {
			r    fetch.Request
			want string
		}{
			{fetch.Request{URL: "/a?b=c;d&e=%zz"}, "GET /a?b=c;d&e=%zz  "},
			{fetch.Request{URL: "/a", Credentials: fetch.CredentialsInclude}, "GET /a  "},
			{fetch.Request{URL: "/500", Credentials: fetch.CredentialsInclude}, "GET /500  "},
			{fetch.Request{URL: "/a", Method: "PUT", Credentials: fetch.CredentialsInclude, Body: fetch.TextBody("hello"),
				Header: fetch.HeaderList{{Name: "X-Mine", Value: "1"}, {Name: "Authorization", Value: "Bearer x"}}}, "PUT /a 1 hello"},
			{fetch.Request{URL: "/a", Method: "PROPFIND"}, "PROPFIND /a  "},
		} {
			row.r.URL = s.url + row.r.URL
			res, body, err := asPage(t, profile, row.r)
			if err != nil || body != row.want {
				t.Errorf("%v: %s %s: %q, %v; want %q", profile, row.r.Method, row.r.URL, body, err, row.want)
				continue
			}
			if v, _ := res.Header.Get("X-Total"); v != "3" {
				t.Errorf("%v: the page does not see X-Total, but %v", profile, res.Header.Names())
			}
		}
		// Any other page is refused, and reads nothing.
		_, _, err := asPage(t, profile, fetch.Request{URL: s.url + "/a", Page: &fetch.Page{URL: "http://localhost:9999/"}})
		if err == nil {
			t.Errorf("%v: another page reads the API", profile)
		}
	}
}

func TestOtherPagesAreRefusedBeforeTheAPISeesThem(t *testing.T) {
	seen := 0
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) { seen++ })
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	for _, row := range []struct {
		what   string
		method string
		lines  []string
		status int
	}{
		{"the named page", "GET", []string{"Origin: " + page, "Sec-Fetch-Site: same-site"}, 200},
		{"the named page, with a form's POST", "POST", []string{"Origin: " + page}, 200},
		{"an image of the named page", "GET", []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Referer: " + page + "/a"}, 200},
		{"a link on the named page", "GET", []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Referer: " + page + "/"}, 200},
		{"the address bar", "GET", []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"}, 200},
		{"a page of the API at the proxy", "GET", []string{"Sec-Fetch-Site: same-origin"}, 200},
		{"its form without a referrer", "POST", []string{"Origin: null", "Sec-Fetch-Site: same-origin"}, 200},
		{"curl", "GET", nil, 200},
		{"curl with POST", "POST", nil, 200},
		{"another origin", "GET", []string{"Origin: https://evil.example"}, 403},
		{"another port", "GET", []string{"Origin: http://localhost:5174", "Sec-Fetch-Site: same-site"}, 403},
		{"another scheme", "GET", []string{"Origin: https://localhost:5173"}, 403},
		{"a longer host", "GET", []string{"Origin: http://localhost:5173.evil.example"}, 403},
		{"upper case", "GET", []string{"Origin: HTTP://localhost:5173"}, 403},
		{"a slash", "GET", []string{"Origin: " + page + "/"}, 403},
		{"a sandboxed frame", "GET", []string{"Origin: null", "Sec-Fetch-Site: cross-site"}, 403},
		{"an old browser's sandboxed frame", "POST", []string{"Origin: null"}, 403},
		{"two origins", "GET", []string{"Origin: " + page, "Origin: https://evil.example"}, 403},
		{"a list of origins", "GET", []string{"Origin: " + page + ", https://evil.example"}, 403},
		{"a no-cors POST", "POST", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403},
		{"a cross-site image", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403},
		{"a cross-site image with a referrer", "GET", []string{"Sec-Fetch-Site: cross-site", "Referer: https://evil.example/"}, 403},
		{"an old browser's image", "GET", []string{"Referer: https://evil.example/?" + page}, 403},
		{"a referrer that is not a URL", "GET", []string{"Referer: " + strings.TrimPrefix(page, "http:")}, 403},
		{"a navigation of another site", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},
		{"a form of another site", "POST", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 403},
		{"a preflight of another site", "OPTIONS", []string{"Origin: https://evil.example", "Access-Control-Request-Method: PUT"}, 403},
		{"a WebSocket of another site", "GET", []string{"Origin: https://evil.example", "Connection: Upgrade", "Upgrade: websocket",
			"Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"}, 403},
		{"the proxy's own origin, from another site", "GET", []string{"Origin: " + s.url, "Sec-Fetch-Site: cross-site"}, 403},
		{"rebinding", "GET", []string{"Host: evil.example"}, 421},
		{"rebinding with the port", "GET", []string{"Host: evil.example:" + s.addr[strings.LastIndex(s.addr, ":")+1:]}, 421},
		{"rebinding with a name that begins well", "GET", []string{"Host: localhost.evil.example" + s.addr[strings.LastIndex(s.addr, ":"):]}, 421},
		{"the address of the network", "GET", []string{"Host: 192.168.0.1" + s.addr[strings.LastIndex(s.addr, ":"):]}, 421},
		{"another port in Host", "GET", []string{"Host: localhost:1"}, 421},
		{"no port in Host", "GET", []string{"Host: localhost"}, 421},
		{"a name below localhost", "GET", []string{"Host: api.localhost" + s.addr[strings.LastIndex(s.addr, ":"):]}, 200},
		{"the loopback address", "GET", []string{"Host: " + s.addr}, 200},
		{"TRACE", "TRACE", nil, 405},
	} {
		seen = 0
		res, body := get(t, row.method, "http://"+s.addr+"/x", append(row.lines, s.hostLine(row.lines)...)...)
		if res.StatusCode != row.status || seen != map[bool]int{true: 1}[row.status == 200] {
			t.Errorf("%s: status %d, %q; the API saw %d requests; want %d", row.what, res.StatusCode, body, seen, row.status)
		}
		if row.status != 200 {
			if strings.Count(body, "\n") != 1 || !strings.HasPrefix(body, "concors proxy: ") {
				t.Errorf("%s: not one line: %q", row.what, body)
			}
			if h := res.Header.Get("Access-Control-Allow-Origin"); h != "" {
				t.Errorf("%s: refused, and allowed to read: %q", row.what, h)
			}
		}
	}
}

// hostLine is the Host of a browser, unless lines have one.
func (s *served) hostLine(lines []string) []string {
	if slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "Host: ") }) {
		return nil
	}
	return []string{"Host: " + strings.TrimPrefix(s.url, "http://")}
}

func TestAPIReceivesARequestOfItsOwnOrigin(t *testing.T) {
	var got http.Header
	var host, path string
	target, route := api(t, func(w http.ResponseWriter, r *http.Request) { got, host, path = r.Header, r.Host, r.RequestURI })
	route.Prefix = "/api"
	route.Target = mustURL(target.URL + "/v1")
	s := serve(t, proxy.Config{
		Routes:  []proxy.Route{route},
		Headers: []proxy.InjectedHeader{{Name: "X-Api-Key", Value: "secret-123"}},
	})
	get(t, "GET", s.url+"/api/a%2Fb//c?q=%zz;x&&", "Origin: "+page, "Referer: "+page+"/private", "Sec-Fetch-Site: same-site",
		"X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "Connection: X-Api-Key, X-Hop", "X-Hop: 1", "X-Api-Key: mine",
		"X-Mine: kept", "Te: trailers", "Upgrade: h2c", "Http2-Settings: AAMAAABkAAQAAP__")
	if path != "/v1/a%2Fb//c?q=%zz;x&&" || host != strings.TrimPrefix(target.URL, "http://") {
		t.Errorf("the API received %s of %s", path, host)
	}
	for name, want := range map[string]string{
		"Origin": target.URL, "Referer": target.URL + "/", "Sec-Fetch-Site": "same-origin", "X-Api-Key": "secret-123", "X-Mine": "kept",
		"X-Forwarded-Host": "", "X-Forwarded-For": "", "X-Forwarded-Proto": "", "Forwarded": "", "X-Hop": "", "Upgrade": "", "Http2-Settings": "",
		"Via": "",
	} {
		if got.Get(name) != want {
			t.Errorf("the API received %s: %q, not %q", name, got.Get(name), want)
		}
	}
	if rec := s.record(t, 1); strings.Contains(fmt.Sprintf("%+v", rec), "secret-123") {
		t.Errorf("the record has the secret: %+v", rec)
	}
}

func TestInjectedHeaderReachesItsTargetOnly(t *testing.T) {
	var a, b string
	one, first := api(t, func(w http.ResponseWriter, r *http.Request) {
		a = r.Header.Get("Authorization")
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("Location", "/a?token=abcdefghij")
		w.WriteHeader(201)
	})
	_, second := api(t, func(w http.ResponseWriter, r *http.Request) { b = r.Header.Get("Authorization") })
	first.Prefix, second.Prefix = "/a", "/b"
	s := serve(t, proxy.Config{
		Routes:  []proxy.Route{first, second},
		Headers: []proxy.InjectedHeader{{Name: "authorization", Value: "Bearer abcdefghij", Target: one.URL}},
	})
	res, _ := get(t, "GET", s.url+"/a/x", "Origin: "+page)
	get(t, "GET", s.url+"/b/x", "Origin: "+page)
	if a != "Bearer abcdefghij" || b != "" {
		t.Errorf("the targets received %q and %q", a, b)
	}
	if text := fmt.Sprint(res.Header); strings.Contains(text, "abcdefghij") {
		t.Errorf("the page received the secret: %s", text)
	}
	for n := 1; n <= 2; n++ {
		if text := fmt.Sprintf("%+v", s.record(t, n)); strings.Contains(text, "abcdefghij") {
			t.Errorf("the record has the secret: %s", text)
		}
	}
}

func TestWebSocketPassesInBothForms(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws/refused" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		if r.Header.Get("Origin") != "http://"+r.Host {
			t.Errorf("the API received Origin %q", r.Header.Get("Origin"))
		}
		w.Header().Set("Set-Cookie", "ws=1; Secure")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(101)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.Copy(conn, rw)
	})
	route.Prefix = "/ws"
	route.KeepPrefix = true
	for form, c := range map[string]proxy.Config{
		"CORS":  {Routes: []proxy.Route{route}},
		"alias": {Routes: []proxy.Route{route}, Alias: t.TempDir()},
	} {
		s := serve(t, c)
		from := page
		if form == "alias" {
			from = s.url
		}
		dial := func(path, origin string) (net.Conn, *bufio.Reader, string) {
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, strings.TrimPrefix(s.url, "http://"), origin)
			r := bufio.NewReader(conn)
			status, _ := r.ReadString('\n')
			return conn, r, status
		}
		conn, r, status := dial("/ws/chat", from)
		if !strings.Contains(status, " 101 ") {
			t.Fatalf("%s: %q", form, status)
		}
		head := ""
		for {
			line, err := r.ReadString('\n')
			if err != nil || line == "\r\n" {
				break
			}
			head += line
		}
		if !strings.Contains(head, "Set-Cookie: ws=1\r\n") {
			t.Errorf("%s: the cookie of the handshake is not usable: %q", form, head)
		}
		for i := range 3 {
			fmt.Fprintf(conn, "message %d\n", i)
			if line, err := r.ReadString('\n'); line != fmt.Sprintf("message %d\n", i) {
				t.Errorf("%s: %q, %v", form, line, err)
			}
		}
		conn.Close()
		if rec := s.record(t, 1); !rec.Upgrade || rec.Status != 101 || rec.Fault != nil {
			t.Errorf("%s: recorded %+v", form, rec)
		}
		if _, _, status := dial("/ws/chat", "https://evil.example"); !strings.Contains(status, " 403 ") {
			t.Errorf("%s: another site: %q", form, status)
		}
		if _, _, status := dial("/ws/refused", from); !strings.Contains(status, " 403 ") {
			t.Errorf("%s: refused by the API: %q", form, status)
		}
		if rec := s.record(t, 3); rec.Fault == nil || rec.Fault.Kind != proxy.UpgradeRefused {
			t.Errorf("%s: recorded %+v", form, rec.Fault)
		}
	}
}

func TestStreamsArriveAtOnce(t *testing.T) {
	next := make(chan bool)
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			<-next
		}
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	r, _ := http.NewRequest("GET", s.url+"/events", nil)
	r.Header.Set("Origin", page)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for i := range 3 {
		line, err := lines.ReadString('\n')
		if line != fmt.Sprintf("data: %d\n", i) {
			t.Fatalf("%q, %v", line, err)
		}
		lines.ReadString('\n')
		next <- true
	}
}

func TestCompressedBodiesPassUntouched(t *testing.T) {
	raw := []byte("\x1f\x8b not really gzip \x00\xff")
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
		w.Write(raw)
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	for _, coding := range []string{"gzip", "br", "zstd", ""} {
		lines := []string{"Origin: " + page}
		if coding != "" {
			lines = append(lines, "Accept-Encoding: "+coding)
		}
		res, body := get(t, "GET", s.url, lines...)
		if body != string(raw) || res.Header.Get("Content-Encoding") != coding {
			t.Errorf("%q: %q, %v", coding, body, res.Header)
		}
	}
}

func TestInterruptedDownloadIsAnErrorInThePage(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "1000")
		}
		w.Write(bytes.Repeat([]byte("x"), 500))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	for i, path := range []string{"/length", "/chunked"} {
		_, body, err := asPage(t, fetch.Standard, fetch.Request{URL: s.url + path})
		if err == nil || path == "/chunked" && len(body) != 500 {
			t.Errorf("%s: the page read %d bytes, %v", path, len(body), err)
		}
		if rec := s.record(t, i+1); rec.Fault == nil || rec.Fault.Kind != proxy.Interrupted || rec.Status != 200 || rec.Bytes != 500 {
			t.Errorf("%s: recorded %+v", path, rec)
		}
	}
}

// Browsers send a request again, Firefox up to ten times, if a connection closes without a response.
func TestTheBeginningOfAnInterruptedDownloadIsSent(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "the beginning")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	for range 20 { // the end comes before the proxy would flush by itself
		res, err := http.Get(s.url)
		if err != nil {
			t.Fatalf("there is no response: %v", err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK || string(body) != "the beginning" || err == nil {
			t.Errorf("status %d, %q, %v", res.StatusCode, body, err)
		}
	}
}

func TestTrailersAndInterimResponsesPass(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a>; rel=preload")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(103)
		w.Header().Set("Trailer", "X-Sum")
		fmt.Fprint(w, "body")
		w.Header().Set("X-Sum", "9")
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nTE: trailers\r\nConnection: close\r\n\r\n", s.addr, page)
	text, err := io.ReadAll(conn)
	for _, want := range []string{"HTTP/1.1 103 ", "HTTP/1.1 200 OK", "Link: </a>; rel=preload", "X-Sum: 9", "Access-Control-Allow-Origin: " + page} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in %q, %v", want, text, err)
		}
	}
	if strings.Contains(string(text), "Allow-Origin: *") {
		t.Errorf("the API's CORS headers were sent: %q", text)
	}
}

func TestUploadsAreStreamed(t *testing.T) {
	got := make(chan string)
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		buffer := make([]byte, 5)
		for range 2 {
			io.ReadFull(r.Body, buffer)
			got <- string(buffer)
		}
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	read, write := io.Pipe()
	r, _ := http.NewRequest("POST", s.url, read)
	r.Header.Set("Origin", page)
	done := make(chan error, 1)
	go func() {
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		done <- err
	}()
	for _, part := range []string{"first", "later"} {
		io.WriteString(write, part)
		if s := <-got; s != part {
			t.Errorf("%q, not %q", s, part)
		}
	}
	write.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAbsoluteLinksAreMappedOrNoticed(t *testing.T) {
	var target *httptest.Server
	target, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		body := fmt.Sprintf(`{"next":"%s/v1/items?page=2","coding":%q}`, target.URL, r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Type", "application/hal+json; charset=utf-8")
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		io.WriteString(w, body)
	})
	route.Prefix = "/api"
	route.Target = mustURL(target.URL + "/v1")
	for _, on := range []bool{false, true} {
		s := serve(t, proxy.Config{Routes: []proxy.Route{route}, MapLinks: on})
		want := fmt.Sprintf(`{"next":"%s/v1/items?page=2","coding":"gzip, br"}`, target.URL)
		kind := proxy.Kept
		if on {
			want, kind = fmt.Sprintf(`{"next":"%s/api/items?page=2","coding":"identity"}`, s.url), proxy.Link
		}
		if _, body := get(t, "GET", s.url+"/api/items", "Origin: "+page, "Accept-Encoding: gzip, br"); body != want {
			t.Errorf("%v: %q, not %q", on, body, want)
		}
		if changes := s.record(t, 1).Changes; !slices.ContainsFunc(changes, func(c proxy.Change) bool {
			return c.Kind == kind && c.Name == "body" && c.From == target.URL+"/v1/items?page=2"
		}) {
			t.Errorf("%v: %+v", on, changes)
		}
	}
}

func TestHeadersForAllOfLocalhostAreRemoved(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		w.Header().Set("Alt-Svc", `h3=":443"`)
		w.Header().Set("Cross-Origin-Resource-Policy", "same-site")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	res, _ := get(t, "GET", s.url, "Referer: "+page+"/", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors")
	for name, want := range map[string]string{
		"Strict-Transport-Security": "", "Alt-Svc": "", "Cross-Origin-Resource-Policy": "cross-origin", "Content-Security-Policy": "default-src 'self'",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	n := 0
	for _, c := range s.record(t, 1).Changes {
		if c.Kind == proxy.Header {
			n++
		}
	}
	if n != 3 {
		t.Errorf("recorded %+v", s.record(t, 1).Changes)
	}
}

func TestRequestsAreNotSmuggled(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.Method+" "+r.RequestURI)
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
	for what, head := range map[string]string{
		"two lengths":           fmt.Sprintf("Content-Length: 0\r\nContent-Length: %d\r\n", len(hidden)),
		"length and chunks":     fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n", len(hidden)),
		"an odd coding":         "Transfer-Encoding: xchunked\r\n",
		"two codings":           "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
		"a space before colon":  fmt.Sprintf("Content-Length : %d\r\n", len(hidden)),
		"a length in a folding": fmt.Sprintf("X-A: 1\r\n Content-Length: %d\r\n", len(hidden)),
		"a signed length":       fmt.Sprintf("Content-Length: +%d\r\n", len(hidden)),
		"a hop named Host":      "Connection: Host, Content-Length, Transfer-Encoding\r\nContent-Length: 0\r\n",
		"another protocol":      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
	} {
		mu.Lock()
		paths = nil
		mu.Unlock()
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprintf(conn, "POST /seen HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n%s\r\n%s", s.addr, page, head, hidden)
		conn.(*net.TCPConn).CloseWrite()
		text, _ := io.ReadAll(conn)
		conn.Close()
		mu.Lock()
		for _, p := range paths {
			// What follows may be a request of its own to the proxy, which refuses its Host.
			if p != "POST /seen" {
				t.Errorf("%s: the API saw %q; the proxy responded %q", what, paths, text)
			}
		}
		mu.Unlock()
	}
}
