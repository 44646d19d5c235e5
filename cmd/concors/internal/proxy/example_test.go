package proxy_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/concors/concors/cmd/concors/internal/proxy"
)

// A page on http://localhost:5173 uses an API that has no CORS headers. A record says what was changed.
func Example() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=1; Secure; HttpOnly")
		io.WriteString(w, "hello")
	}))
	defer api.Close()
	target, _ := url.Parse(api.URL)
	p, err := proxy.New(proxy.Config{
		Listen: "127.0.0.1:8010",
		Pages:  []string{"http://localhost:5173"},
		Routes: []proxy.Route{{Prefix: "/api", Target: target}},
		Record: func(r proxy.Record) {
			for _, c := range r.Changes {
				if c.Kind == proxy.Cookie {
					fmt.Println(c.Name+":", c.Why)
				}
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()

	for _, page := range []string{"http://localhost:5173", "https://evil.example"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost:8010/api/greeting", nil)
		r.Header.Set("Origin", page)
		p.ServeHTTP(w, r)
		fmt.Printf("%d %q %q\n", w.Code, w.Header().Get("Access-Control-Allow-Origin"), w.Header().Get("Set-Cookie"))
	}
	// Output:
	// session: Secure was removed, because not every browser takes such a cookie from http://localhost
	// 200 "http://localhost:5173" "session=1; HttpOnly"
	// 403 "" ""
}

// An error of New has all problems.
func ExampleFaults() {
	_, err := proxy.New(proxy.Config{Listen: "0.0.0.0:8010", Pages: []string{"localhost:5173"}})
	for _, f := range proxy.Faults(err) {
		fmt.Println(f.Field+":", f.Problem)
	}
	// Output:
	// Listen: the proxy listens on this machine's loopback only, because it acts as its user
	// Routes: no API is named
	// Pages: it has no scheme
}
