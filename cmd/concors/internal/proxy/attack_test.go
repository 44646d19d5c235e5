package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/proxy"
)

// Browsers keep the page's Referer when another site redirects its image or frame to the proxy.
func TestARedirectOfAnotherSiteDoesNotUseTheProxy(t *testing.T) {
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("Sec-Fetch-Site"), " ", r.Header.Get("Referer"))
	})
	withPrefix := route
	withPrefix.Prefix = "/api"
	const public = "https://app.example"
	ofPages := serve(t, proxy.Config{Routes: []proxy.Route{route}, Pages: []string{page, public}})
	alias := serve(t, proxy.Config{Routes: []proxy.Route{withPrefix}, Alias: t.TempDir()})
	for _, row := range []struct {
		what, url, referer string
		lines              []string
		status             int
		sent               string
	}{
		{"an image of the page, redirected", ofPages.url + "/x", page, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, ""},
		{"a frame of the page, redirected", ofPages.url + "/x", page, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403, ""},
		{"an image of the API's own page, redirected", ofPages.url + "/x", ofPages.url, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, ""},
		{"an image of the alias, redirected", alias.url + "/api/x", alias.url, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, ""},
		{"an image of the page", ofPages.url + "/x", page, []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"}, 200, "same-origin " + route.Target.String() + "/"},
		{"an image of a page of another site, or redirected", ofPages.url + "/x", public, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 200,
			"cross-site " + public + "/"},
		{"a script of a page of another site", ofPages.url + "/x", public, []string{"Origin: " + public, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}, 200,
			"same-origin " + route.Target.String() + "/"},
	} {
		res, body := get(t, "GET", row.url, append(row.lines, "Referer: "+row.referer+"/")...)
		if res.StatusCode != row.status || row.status == 200 && body != row.sent {
			t.Errorf("%s: %d %q", row.what, res.StatusCode, body)
		}
	}
}

func TestAnAPIHasNoRightsOverThePageAtTheProxy(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Clear-Site-Data", `"*"`)
		w.Header().Set("Service-Worker-Allowed", "/")
	}
	_, route := api(t, handler)
	route.Prefix = "/api"
	dev := httptest.NewServer(http.HandlerFunc(handler))
	defer dev.Close()
	for _, s := range []*served{serve(t, proxy.Config{Routes: []proxy.Route{route}}), serve(t, proxy.Config{Routes: []proxy.Route{route}, Alias: dev.URL})} {
		res, _ := get(t, "GET", s.url+"/api/logout")
		changed := 0
		for _, c := range s.record(t, 1).Changes {
			if c.Kind == proxy.Header && c.To == "" && c.From != "" {
				changed++
			}
		}
		if res.Header.Get("Clear-Site-Data") != "" || res.Header.Get("Service-Worker-Allowed") != "" || changed != 2 {
			t.Errorf("%d changes, %v", changed, res.Header)
		}
	}
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}, Alias: dev.URL})
	if res, _ := get(t, "GET", s.url+"/sw.js"); res.Header.Get("Service-Worker-Allowed") != "/" {
		t.Errorf("the dev server's own: %v", res.Header)
	}
}

func TestARequestWithoutAPathIsTold(t *testing.T) {
	_, route := api(t, func(http.ResponseWriter, *http.Request) {})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", s.url+"/", nil)
	r.URL.Path = ""
	s.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "no path that begins with a slash") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A secret that the API repeats reaches the page in no part of a response.
func TestNoPartOfAResponseHasASecret(t *testing.T) {
	const key = "supersecretvalue-777"
	_, route := api(t, func(w http.ResponseWriter, r *http.Request) {
		k := r.Header.Get("X-Key")
		w.Header().Set("Link", "</"+k+">; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("X-"+k, "1")
		w.Header().Set("Trailer", "X-Last")
		fmt.Fprint(w, "ok")
		w.(http.Flusher).Flush()
		w.Header().Set("X-Last", k)
		w.Header().Set(http.TrailerPrefix+"X-Unnamed", k)
	})
	s := serve(t, proxy.Config{Routes: []proxy.Route{route}, Headers: []proxy.InjectedHeader{{Name: "X-Key", Value: key}}})
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nTE: trailers\r\n\r\n", s.addr)
	raw, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(raw), "X-Last") || !strings.Contains(string(raw), "103") || strings.Contains(strings.ToLower(string(raw)), key) {
		t.Errorf("%v\n%s", err, raw)
	}
}
