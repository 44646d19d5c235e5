package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// forward sends one request to a URL, and returns the response's body.
func forward(f *Forwarder, to string) (string, *Error) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://proxy.example/", nil)
	err := f.Forward(w, r, Exchange{URL: mustURL(to)})
	return w.Body.String(), err
}

func TestNameIsResolvedOnceAndDialledAsChecked(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "reached ", r.Host) }))
	defer server.Close()
	port := mustURL(server.URL).Port()
	// A name server that first gives a public address, and then one of this machine (DNS rebinding).
	for _, row := range []struct {
		what    string
		answers [][]string
		private bool
		kind    Kind
		text    string
	}{
		{"private", [][]string{{"10.0.0.1"}}, false, NotAllowedAddress, "api.example has the address 10.0.0.1, which is a private address"},
		{"this machine", [][]string{{"127.0.0.1"}}, false, NotAllowedAddress, "which is a loopback address"},
		{"this machine, mapped", [][]string{{"::ffff:127.0.0.1"}}, false, NotAllowedAddress, "which is a loopback address"},
		{"metadata, and private is allowed", [][]string{{"169.254.169.254"}}, true, NotAllowedAddress, "metadata service"},
		{"this machine, and private is allowed", [][]string{{"127.0.0.1"}}, true, "", ""},
		{"none", [][]string{{}}, false, NotFound, "does not exist"},
		{"this machine now, and another address later", [][]string{{"127.0.0.1"}, {"10.0.0.1"}}, true, "", ""},
		{"several, all refused", [][]string{{"10.0.0.1", "fe80::1", "127.0.0.1"}}, false, NotAllowedAddress, "10.0.0.1"},
		{"one that does not respond, and this machine", [][]string{{"10.255.255.1", "127.0.0.2", "127.0.0.1"}}, true, "", ""},
	} {
		var calls atomic.Int32
		f := New(Config{
			Targets: []*url.URL{mustURL("http://api.example:" + port)}, AllowPrivate: row.private,
			Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
				n := int(calls.Add(1)) - 1
				var list []netip.Addr
				for _, a := range row.answers[min(n, len(row.answers)-1)] {
					list = append(list, netip.MustParseAddr(a))
				}
				return list, nil
			},
		})
		body, err := forward(f, "http://api.example:"+port+"/")
		if row.kind == "" {
			if err != nil || body != "reached api.example:"+port {
				t.Errorf("%s: %q, %v", row.what, body, err)
			}
		} else if err == nil || err.Kind != row.kind || !strings.Contains(err.Text, row.text) || body != "" {
			t.Errorf("%s: %q, %+v", row.what, body, err)
		}
		if calls.Load() != 1 {
			t.Errorf("%s: resolved %d times", row.what, calls.Load())
		}
	}
}

func TestNamesOfLoopbackAreNotLookedUp(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "reached") }))
	defer server.Close()
	for _, host := range []string{"localhost", "api.localhost", "127.0.0.1"} {
		to := "http://" + host + ":" + mustURL(server.URL).Port()
		f := New(Config{Targets: []*url.URL{mustURL(to)}, Resolve: func(context.Context, string) ([]netip.Addr, error) {
			t.Errorf("%s was looked up", host)
			return nil, errors.New("no")
		}})
		if body, err := forward(f, to); body != "reached" || err != nil {
			t.Errorf("%s: %q, %v", host, body, err)
		}
	}
}

func TestOnlyTargetsAreReached(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was reached", r.Host) }))
	defer server.Close()
	other := httptest.NewServer(nil)
	defer other.Close()
	f := New(Config{Targets: []*url.URL{mustURL(other.URL)}})
	for _, to := range []string{server.URL, strings.Replace(other.URL, "http:", "https:", 1), strings.Replace(other.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := forward(f, to); err == nil || err.Kind != NotAllowedTarget {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	}))
	defer server.Close()
	w := httptest.NewRecorder()
	f := New(Config{Targets: []*url.URL{mustURL(server.URL)}})
	if err := f.Forward(w, httptest.NewRequest("GET", "/", nil), Exchange{URL: mustURL(server.URL)}); err != nil || w.Code != 302 {
		t.Errorf("%d, %v", w.Code, err)
	}
}

func TestEnvironmentProxyIsUsedOnlyIfWanted(t *testing.T) {
	seen := make(chan string, 1)
	through := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.RequestURI
		fmt.Fprint(w, "through")
	}))
	defer through.Close()
	f := New(Config{Targets: []*url.URL{mustURL("http://api.example")}, ViaProxy: true, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		return nil, errors.New("looked up here")
	}})
	// ProxyFromEnvironment reads the environment once in a process.
	f.transport.Proxy = http.ProxyURL(mustURL(through.URL))
	if body, err := forward(f, "http://api.example/x"); body != "through" || err != nil || <-seen != "http://api.example/x" {
		t.Errorf("%q, %v", body, err)
	}
	if New(Config{}).transport.Proxy != nil {
		t.Error("the environment's proxy is used without a wish")
	}
}

func TestSelfIsNotDialled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	self := netip.MustParseAddrPort(l.Addr().String())
	to := fmt.Sprintf("http://api.example:%d", self.Port())
	f := New(Config{Targets: []*url.URL{mustURL(to)}, AllowPrivate: true, Self: self,
		Resolve: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{self.Addr()}, nil }})
	if _, err := forward(f, to); err == nil || err.Kind != Loop {
		t.Errorf("%v", err)
	}
}

func TestHooksChangeRequestAndResponse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("X-A")) }))
	defer server.Close()
	f := New(Config{Targets: []*url.URL{mustURL(server.URL)}})
	w := httptest.NewRecorder()
	err := f.Forward(w, httptest.NewRequest("GET", "/", nil), Exchange{
		URL:      mustURL(server.URL),
		Request:  func(h http.Header) { h.Set("X-A", "1") },
		Response: func(r *http.Response) error { r.Header.Set("X-B", "2"); return nil },
	})
	if err != nil || w.Body.String() != "1" || w.Header().Get("X-B") != "2" {
		t.Errorf("%q %v %v", w.Body, w.Header(), err)
	}
	no := errors.New("no")
	w = httptest.NewRecorder()
	err = f.Forward(w, httptest.NewRequest("GET", "/", nil), Exchange{URL: mustURL(server.URL), Response: func(*http.Response) error { return no }})
	if err == nil || err.Kind != Refused || !errors.Is(err, no) || w.Body.Len() > 0 {
		t.Errorf("%v %q", err, w.Body)
	}
}

func BenchmarkForward(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	defer server.Close()
	f := New(Config{Targets: []*url.URL{mustURL(server.URL)}})
	to := mustURL(server.URL)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Forward(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), Exchange{URL: to}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestReachSaysWhatARequestWouldFailWith(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	defer secure.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	port := mustURL(plain.URL).Port()
	resolve := func(_ context.Context, host string) ([]netip.Addr, error) {
		if a, ok := map[string]string{"here.example": "127.0.0.1", "metadata.example": "169.254.169.254"}[host]; ok {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		return nil, nil
	}
	for _, row := range []struct {
		url  string
		c    Config
		want Kind
	}{
		{plain.URL, Config{}, ""},
		{"http://here.example:" + port, Config{AllowPrivate: true}, ""},
		{"http://here.example:" + port, Config{}, NotAllowedAddress},
		{"http://metadata.example", Config{AllowPrivate: true}, NotAllowedAddress},
		{"http://none.example", Config{}, NotFound},
		{"http://" + closed.Addr().String(), Config{}, Unreachable},
		{"https" + strings.TrimPrefix(plain.URL, "http"), Config{}, NotTLS},
		{secure.URL, Config{}, Certificate},
		{secure.URL, Config{Insecure: true}, ""},
		{"http://127.0.0.1:" + port, Config{Self: netip.MustParseAddrPort("127.0.0.1:" + port)}, Loop},
		{"http://none.example", Config{ViaProxy: true}, ""},
	} {
		row.c.Targets, row.c.Resolve = []*url.URL{mustURL(row.url)}, resolve
		kind := Kind("")
		if e := New(row.c).Reach(t.Context(), mustURL(row.url)); e != nil {
			kind = e.Kind
		}
		if kind != row.want {
			t.Errorf("%s %+v: %q, not %q", row.url, row.c, kind, row.want)
		}
	}
	if e := New(Config{}).Reach(t.Context(), mustURL(plain.URL)); e == nil || e.Kind != NotAllowedTarget {
		t.Errorf("not a target: %v", e)
	}
}

// The transport may still read the request's body when the exchange is over.
func TestIdleTimerOfAnEndedExchangeStaysStopped(t *testing.T) {
	fired := make(chan struct{}, 1)
	idle := &idleTimer{fire: func() { fired <- struct{}{} }}
	idle.start(time.Hour)
	idle.respond()
	idle.uploading(0)
	select {
	case <-fired:
		t.Error("it was started again")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestEventStreamsMayBeSilent(t *testing.T) {
	for value, want := range map[string]bool{
		"text/event-stream": true, "Text/Event-Stream; charset=utf-8": true, "text/event-stream ;x": true, " TEXT/EVENT-STREAM": true,
		"": false, "text/event-streams": false, "text/plain": false, "text/plain; text/event-stream": false,
	} {
		if got := isEventStream(http.Header{"Content-Type": {value}}); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
