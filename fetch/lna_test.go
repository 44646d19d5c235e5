package fetch_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// TestAddressSpaces checks the address space of each address: pages in the
// same or a more local space can request it, and pages in a more public space
// cannot.
func TestAddressSpaces(t *testing.T) {
	for address, want := range map[string]fetch.AddressSpace{
		"127.0.0.1:80": fetch.SpaceLoopback, "127.255.255.255:80": fetch.SpaceLoopback, "[::1]:80": fetch.SpaceLoopback, "0.0.0.0:80": fetch.SpaceLoopback,
		"[::]:80": fetch.SpaceLoopback, "198.18.0.1:80": fetch.SpaceLoopback, "198.19.255.255:80": fetch.SpaceLoopback, "[::ffff:127.0.0.1]:80": fetch.SpaceLoopback,
		"0.0.0.1:80": fetch.SpaceLocal, "10.1.2.3:80": fetch.SpaceLocal, "100.64.0.1:80": fetch.SpaceLocal, "100.127.255.255:80": fetch.SpaceLocal,
		"169.254.169.254:80": fetch.SpaceLocal, "172.16.0.1:80": fetch.SpaceLocal, "172.31.255.255:80": fetch.SpaceLocal, "192.168.0.1:80": fetch.SpaceLocal,
		"[fc00::1]:80": fetch.SpaceLocal, "[fdff::1]:80": fetch.SpaceLocal, "[fe80::1%eth0]:80": fetch.SpaceLocal, "[fec0::1]:80": fetch.SpaceLocal,
		"[2001:db8::1]:80": fetch.SpaceLocal, "[3fff::1]:80": fetch.SpaceLocal, "[::ffff:192.168.0.1]:80": fetch.SpaceLocal,
		"192.0.2.1:80": fetch.SpacePublic, "198.17.255.255:80": fetch.SpacePublic, "198.20.0.0:80": fetch.SpacePublic, "172.32.0.0:80": fetch.SpacePublic,
		"100.128.0.0:80": fetch.SpacePublic, "8.8.8.8:80": fetch.SpacePublic, "[2606:4700::1]:80": fetch.SpacePublic, "[::2]:80": fetch.SpacePublic,
		"[::ffff:8.8.8.8]:80": fetch.SpacePublic, "[64:ff9b::7f00:1]:80": fetch.SpacePublic,
	} {
		for _, page := range []fetch.AddressSpace{fetch.SpaceLoopback, fetch.SpaceLocal, fetch.SpacePublic} {
			w := newWeb(map[string]string{"https://b.test/x": "200 from " + address + "\nAccess-Control-Allow-Origin: *"})
			_, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x", Page: &fetch.Page{URL: "https://a.test/", AddressSpace: page}})
			spaces := []fetch.AddressSpace{fetch.SpaceLoopback, fetch.SpaceLocal, fetch.SpacePublic}
			denied := slices.Index(spaces, want) < slices.Index(spaces, page)
			if (reasonOf(err) == reason.LocalNetworkAccessPermissionDenied) != denied || err != nil && err.Space != want {
				t.Errorf("from %s to %s: %v", page, address, err)
			}
		}
	}
}

func TestLocalNetworkAccess(t *testing.T) {
	yes := func(*fetch.Page, fetch.AddressSpace) bool { return true }
	public := &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic}
	plain := &fetch.Page{URL: "http://a.test/", AddressSpace: fetch.SpacePublic}
	for _, row := range []struct {
		name    string
		page    *fetch.Page
		url     string
		address string
		target  fetch.AddressSpace
		allow   func(*fetch.Page, fetch.AddressSpace) bool
		want    string
	}{
		{"no user allows it", public, "https://b.test/x", "192.168.0.1:443", "", nil, "LocalNetworkAccessPermissionDenied"},
		{"the user allows it", public, "https://b.test/x", "192.168.0.1:443", "", yes, "cors"},
		{"a page over plain http cannot prompt", plain, "http://b.test/x", "192.168.0.1:80", "", yes, "InsecureLocalNetwork"},
		{"a page framed by one over plain http cannot prompt", &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic, Ancestors: []string{"http://c.test/"}},
			"https://b.test/x", "192.168.0.1:443", "", yes, "InsecureLocalNetwork"},
		{"public to public", public, "https://b.test/x", "8.8.8.8:443", "", nil, "cors"},
		{"the page's own origin", public, "https://a.test/x", "192.168.0.1:443", "", nil, "basic"},
		{"the page's own origin over plain http", plain, "http://a.test/x", "192.168.0.1:80", "", nil, "InsecureLocalNetwork"},
		{"a page in an unknown space", &fetch.Page{URL: "https://a.test/"}, "https://b.test/x", "127.0.0.1:443", "", nil, "cors"},
		{"the right target space still needs permission", public, "https://b.test/x", "192.168.0.1:443", fetch.SpaceLocal, nil, "LocalNetworkAccessPermissionDenied"},
		{"the right target space", public, "https://b.test/x", "192.168.0.1:443", fetch.SpaceLocal, yes, "cors"},
		{"the wrong target space", public, "https://b.test/x", "127.0.0.1:443", fetch.SpaceLocal, yes, "InvalidLocalNetworkAccess"},
		{"a target space for a public server", public, "https://b.test/x", "8.8.8.8:443", fetch.SpaceLocal, yes, "InvalidLocalNetworkAccess"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{row.url: "200 from " + row.address + "\nAccess-Control-Allow-Origin: *"})
			agent := agentOn(w, fetch.Standard)
			agent.AllowLocalNetwork = row.allow
			resp, err := do(t, agent, fetch.Request{URL: row.url, Page: row.page, TargetAddressSpace: row.target})
			if got := outcome(resp, err); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
			if err != nil && (w.Requests() != nil || err.Sent()) {
				t.Error("the request was sent")
			}
		})
	}
}

// Neither a preflight nor a redirected request reaches a local server without
// permission.
func TestLocalNetworkAccessAtEveryRequest(t *testing.T) {
	public := &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic}
	w := newWeb(map[string]string{
		"OPTIONS https://b.test/x": "204 from 10.0.0.1:443\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *",
		"https://c.test/":          "302 from 8.8.8.8:443\nAccess-Control-Allow-Origin: *\nLocation: https://b.test/x",
		"https://b.test/x":         "200 from 10.0.0.1:443\nAccess-Control-Allow-Origin: *",
	})
	if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{Page: public, URL: "https://b.test/x", Method: "PUT"}); reasonOf(err) != reason.LocalNetworkAccessPermissionDenied {
		t.Error(outcome(resp, err))
	}
	if sent := w.Requests(); sent != nil {
		t.Errorf("sent %q", sent)
	}
	if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{Page: public, URL: "https://c.test/"}); reasonOf(err) != reason.LocalNetworkAccessPermissionDenied {
		t.Error(outcome(resp, err))
	}
	if sent := w.Requests(); !slices.Equal(sent, []string{"GET https://c.test/"}) {
		t.Errorf("sent %q", sent)
	}
}

// The user is prompted with the page and the space, once there is a connection.
func TestLocalNetworkAccessPromptsTheUser(t *testing.T) {
	public := &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic}
	w := newWeb(map[string]string{"https://b.test/x": "200 from [fe80::1]:443\nAccess-Control-Allow-Origin: *"})
	agent := agentOn(w, fetch.Standard)
	var prompts []fetch.AddressSpace
	agent.AllowLocalNetwork = func(page *fetch.Page, space fetch.AddressSpace) bool {
		if page != public {
			t.Errorf("prompted for %+v", page)
		}
		prompts = append(prompts, space)
		return true
	}
	if resp, err := do(t, agent, fetch.Request{Page: public, URL: "https://b.test/x"}); err != nil || !slices.Equal(prompts, []fetch.AddressSpace{fetch.SpaceLocal}) {
		t.Errorf("%s, prompted for %v", outcome(resp, err), prompts)
	}
}

// Browsers differ in which pages they check.
func TestBrowsersAndLocalNetworkAccess(t *testing.T) {
	for page, want := range map[fetch.AddressSpace]string{fetch.SpacePublic: "Standard Chromium Firefox", fetch.SpaceLocal: "Standard Firefox"} {
		var denied []string
		for _, p := range fetch.Profiles() {
			w := newWeb(map[string]string{"https://b.test/x": "200 from 127.0.0.1:443\nAccess-Control-Allow-Origin: *"})
			if _, err := do(t, agentOn(w, p), fetch.Request{URL: "https://b.test/x", Page: &fetch.Page{URL: "https://a.test/", AddressSpace: page}}); err != nil {
				denied = append(denied, p.Name)
			}
		}
		if got := strings.Join(denied, " "); got != want {
			t.Errorf("a %s page: %s deny it, want %s", page, got, want)
		}
	}
}

// Over real connections, both new and reused ones, the server gets a
// connection but no request.
func TestDeniedRequestIsNotSentToTheServer(t *testing.T) {
	var got, connected atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got.Add(1)
		rw.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connected.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	// A trustworthy URL, so that the request is not blocked as mixed content.
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	url := "http://127.0.0.1:" + port + "/"
	transport := fetch.NewTransport()
	defer transport.CloseIdleConnections()
	agent := agentOn(transport, fetch.Standard)
	public := &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic}
	local := &fetch.Page{URL: "http://localhost/", AddressSpace: fetch.SpaceLoopback}
	for _, row := range []struct {
		name   string
		page   *fetch.Page
		method string
		want   string
		sent   int32
	}{
		{"denied", public, "GET", "LocalNetworkAccessPermissionDenied", 0},
		{"denied before its preflight", public, "DELETE", "LocalNetworkAccessPermissionDenied", 0},
		{"a page on loopback itself", local, "GET", "cors", 1},
		{"denied on a reused connection", public, "POST", "LocalNetworkAccessPermissionDenied", 1},
		{"allowed after a connection was closed", local, "GET", "cors", 2},
	} {
		resp, err := do(t, agent, fetch.Request{Page: row.page, URL: url, Method: row.method})
		if outcome(resp, err) != row.want || got.Load() != row.sent {
			t.Errorf("%s: %s, and the server got %d requests, want %d", row.name, outcome(resp, err), got.Load(), row.sent)
		}
		if err == nil {
			readAll(t, resp.Body)
			resp.Body.Close()
		}
	}
	if connected.Load() == 0 {
		t.Error("there was no connection")
	}
}

// The address of a proxy is not the server's, which is then unknown.
func TestAProxysAddressIsNotTheServers(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "api.example" {
			t.Errorf("the proxy got %s", r.URL)
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range fetch.Profiles() {
		transport := fetch.NewTransport()
		transport.Proxy = http.ProxyURL(address)
		page := &fetch.Page{URL: "http://app.example/", AddressSpace: fetch.SpacePublic}
		resp, err := do(t, agentOn(transport, profile), fetch.Request{Page: page, URL: "http://api.example/"})
		if err != nil {
			t.Errorf("%s: %s", profile.Name, outcome(resp, err))
		}
		transport.CloseIdleConnections()
	}
}
