package proxyreport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/upstream"
	"github.com/concors/concors/fetch"
)

// What an API receives by a repeat, and what the HAR file says that it received, are the
// cookies that the proxy sent it: none of another API, and its own under their own names.
func TestRepeatsHaveTheCookiesThatTheAPIReceived(t *testing.T) {
	var mu sync.Mutex
	received := map[string][]string{} // by path
	start := func(path, setCookie string) (*httptest.Server, *url.URL) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				w.Header().Set("Set-Cookie", setCookie)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			cookies := strings.Split(r.Header.Get("Cookie"), "; ")
			slices.Sort(cookies)
			received[path+r.URL.Path] = append(received[path+r.URL.Path], strings.Join(cookies, "; "))
		}))
		t.Cleanup(server.Close)
		target, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		return server, target
	}
	_, a := start("a", "sid=A; Path=/; HttpOnly")
	_, b := start("b", "__Host-own=B; Path=/; Secure")
	forwarder := upstream.New(upstream.Config{Targets: []*url.URL{a, b}})
	defer forwarder.CloseIdle()
	log := NewLog(Options{Listen: "http://localhost:8010", APIs: []string{a.String(), b.String()}, Pages: []string{page},
		Wire: Wire(forwarder), Keep: 100, Wait: time.Minute})
	handler, err := proxy.New(proxy.Config{Listen: "127.0.0.1:8010", Pages: []string{page},
		Routes: []proxy.Route{{Prefix: "/", Target: a}, {Prefix: "/id", Target: b}},
		Record: func(r proxy.Record) { log.Add(r) }})
	if err != nil {
		t.Fatal(err)
	}
	defer handler.Close()
	jar := map[string]string{} // browsers have one for all of localhost
	request := func(path string) {
		r := httptest.NewRequest("GET", "http://localhost:8010"+path, nil)
		for name, value := range map[string]string{"Origin": page, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"} {
			r.Header.Set(name, value)
		}
		for name, value := range jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			jar[c.Name] = c.Value
		}
	}
	request("/login")
	request("/id/login")
	if len(jar) != 2 {
		t.Fatalf("cookies %v", jar)
	}
	jar["other"] = "x"
	request("/me")
	request("/id/me")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go log.Ask(ctx)
	if _, err := log.Report(ctx); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for path, want := range map[string]string{"a/me": "other=x; sid=A", "b/me": "__Host-own=B; other=x"} {
		if got := received[path]; !slices.Equal(got, []string{want, want}) {
			t.Errorf("%s received %q, want %q twice: from the page, and by the repeat", path, got, want)
		}
	}
	log.mu.Lock()
	kept := slices.Clone(log.kept)
	log.mu.Unlock()
	entries := 0
	for _, r := range kept {
		if strings.HasSuffix(r.Target, "/me") {
			entries++
			cookies := recordEntry(r).Request.Headers
			for _, h := range cookies {
				if foreign := map[bool]string{true: "__Host-own", false: "sid"}[strings.HasPrefix(r.Target, a.String())]; h.Name == "Cookie" && strings.Contains(h.Value, foreign) {
					t.Errorf("HAR: %s received %q", r.Target, h.Value)
				}
			}
		}
	}
	if entries != 2 {
		t.Errorf("%d requests are kept", entries)
	}
	var archive bytes.Buffer
	if err := log.WriteHAR(&archive); err != nil || !json.Valid(archive.Bytes()) {
		t.Errorf("HAR: %v", err)
	}
}

// A repeat ends with the headers of the response: a stream that is silent does not hold up
// those that wait.
func TestARepeatDoesNotWaitForTheBody(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(ended)
	}))
	defer server.Close()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	forwarder := upstream.New(upstream.Config{Targets: []*url.URL{target}})
	defer forwarder.CloseIdle()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := Wire(forwarder).RoundTrip(r)
	if err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	response.Body.Close()
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	select {
	case <-ended:
	case <-ctx.Done():
		t.Error("the stream goes on")
	}
}

// The first 60 kinds of requests are sent again. Of the others, and of all without repeats,
// no header is held.
func TestHeadersAreHeldOnlyWhileTheyWait(t *testing.T) {
	for _, repeats := range []bool{true, false} {
		s := newSession(t, Options{Wait: time.Minute}, nil) // nobody reads its queue
		s.api = plainAPI
		if repeats {
			options := s.options
			options.Wire = fetch.HandlerTransport(plainAPI)
			s.Log = NewLog(options)
		}
		log := s.Log
		for i := range maxAsked + 20 {
			s.request("GET", fmt.Sprintf("/notes/%d", i), "Cookie", "sid=1")
		}
		held := 0
		for _, k := range log.order {
			if k.request != nil {
				held++
			}
		}
		if want := map[bool]int{true: maxAsked, false: 0}[repeats]; held != want || log.pending != want || len(log.toAsk) != want {
			t.Errorf("repeats %t: %d held, %d pending, %d queued, want %d", repeats, held, log.pending, len(log.toAsk), want)
		}
	}
}

// Names and values that others send are cut before they are remembered.
func TestKeysAreBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<18)
	log := NewLog(Options{Pages: []string{page}, Listen: "http://localhost:8010"})
	received := http.Header{"Set-Cookie": slices.Repeat([]string{"a=1; " + long}, 1000)}
	received["Access-Control-"+long] = []string{long}
	log.Add(proxy.Record{Method: long, Page: page, Asked: "http://localhost:8010/", Target: api + "/", Status: 200, Upstream: 200,
		Request: http.Header{"X-" + long: {long}}, Received: received, Cookies: []string{long + "=1"},
		Changes: []proxy.Change{{Kind: proxy.Cookie, Field: long, Name: long, From: long, To: long, Why: long}}})
	log.Add(proxy.Record{Method: "GET", Page: "https://" + long, Asked: "http://localhost:8010/", Fault: &proxy.Fault{Kind: proxy.NotAllowedOrigin, Text: long}})
	const most = 1 << 20 // 100 values of 4 KiB, with their keys
	size := 0
	for key := range log.kinds {
		size += len(key)
	}
	for _, k := range log.order {
		for name, values := range k.response {
			size += len(name) + len(strings.Join(values, ""))
		}
		size += len(k.method) + len(strings.Join(k.header, "")) + len(strings.Join(k.cookies, ""))
	}
	if len(log.kinds) != 1 || size > most {
		t.Errorf("%d kinds take %d bytes", len(log.kinds), size)
	}
	for key := range log.changes {
		if len(key) > 2000 {
			t.Errorf("the key of a change has %d bytes", len(key))
		}
	}
	for key := range log.faults {
		if len(key) > 500 {
			t.Errorf("the key of a fault has %d bytes", len(key))
		}
	}
}
