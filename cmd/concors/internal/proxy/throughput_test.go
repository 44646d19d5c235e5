package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
)

func TestMemoryStaysFlatWhileLargeBodiesStream(t *testing.T) {
	size := int64(300 << 20) // TestProxyBesideOthers sends 5 GB
	if testing.Short() {
		size = 128 << 20
	}
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		io.Copy(w, io.LimitReader(zeros{}, size))
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	var peak atomic.Uint64
	sample := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before := sample()
	stop := make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				peak.Store(max(peak.Load(), sample()))
			}
		}
	}()
	defer close(stop)
	client := &http.Transport{WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10}
	for _, method := range []string{"GET", "POST"} {
		start := time.Now()
		r, _ := http.NewRequest(method, s.url, nil)
		if method == "POST" {
			r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, size)), size
		}
		r.Header.Set("Origin", page)
		res, err := client.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || method == "GET" && n != size {
			t.Errorf("%s: %d bytes, %v", method, n, err)
		}
		t.Logf("%s: %d MiB in %s", method, size>>20, time.Since(start))
	}
	if grown := int64(peak.Load()) - int64(before); grown > 32<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	} else {
		t.Logf("the heap grew by %d KiB at most", grown>>10)
	}
}

// BenchmarkProxy compares requests to an API without a proxy, with an httputil.ReverseProxy and with this
// proxy, with and without records, in one run. The proxied ones include the API's own time.
func BenchmarkProxy(b *testing.B) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "session=1; Domain=localhost; Secure; SameSite=None")
		io.WriteString(w, `{"hello":"world"}`)
	}))
	defer target.Close()
	u := mustURL(target.URL)
	start := func(h http.Handler) string {
		s := httptest.NewServer(h)
		b.Cleanup(s.Close)
		return s.URL
	}
	with := func(record func(proxy.Record)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		p, err := proxy.New(proxy.Config{Listen: l.Addr().String(), Pages: []string{page}, Routes: []proxy.Route{{Target: u}}, Record: record})
		if err != nil {
			b.Fatal(err)
		}
		server := p.Server()
		go server.Serve(l)
		b.Cleanup(func() { server.Close(); p.Close() })
		return "http://" + l.Addr().String()
	}
	reverse := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(u) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	for _, row := range []struct{ name, url string }{
		{"direct", target.URL},
		{"ReverseProxy", start(reverse)},
		{"proxy", with(nil)},
		{"proxy with records", with(func(proxy.Record) {})},
	} {
		b.Run(row.name, func(b *testing.B) {
			client := &http.Transport{MaxIdleConnsPerHost: 256}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, _ := http.NewRequest("GET", row.url, nil)
					r.Header.Set("Origin", page)
					res, err := client.RoundTrip(r)
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
		})
	}
}
