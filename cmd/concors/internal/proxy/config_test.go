package proxy_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/proxy"
)

func TestConfigurationSaysAllThatIsWrongAtOnce(t *testing.T) {
	_, err := proxy.New(proxy.Config{
		Listen: "0.0.0.0:8010",
		Routes: []proxy.Route{
			{Prefix: "api", Target: mustURL("https://api.example.com")},
			{Prefix: "/a", Target: mustURL("ftp://api.example.com")},
			{Prefix: "/b", Target: mustURL("http://169.254.169.254/latest")},
		},
		Pages:   []string{"localhost:5173", "http://localhost:5173/"},
		Alias:   "/does/not/exist",
		Headers: []proxy.InjectedHeader{{Name: "Host", Value: "secret-1"}, {Name: "A B", Value: "secret-2"}, {Name: "X", Value: "secret-3\n"}},
	})
	var fields []string
	for _, f := range proxy.Faults(fmt.Errorf("wrapped: %w", err)) {
		fields = append(fields, fmt.Sprintf("%s[%d]", f.Field, f.Index))
		if f.Problem == "" || strings.Contains(f.Error(), "secret") || strings.Contains(f.Error(), "\n") {
			t.Errorf("%q", f.Error())
		}
	}
	if got, want := strings.Join(fields, " "), "Listen[-1] Routes[0] Routes[1] Routes[2] Pages[0] Pages[1] Alias[-1] Headers[0] Headers[1] Headers[2]"; got != want {
		t.Errorf("%s, not %s:\n%v", got, want, err)
	}
}

func TestEachProblemOfAConfigurationIsOneClearLine(t *testing.T) {
	api := proxy.Route{Target: mustURL("https://api.example.com")}
	for _, row := range []struct {
		c    proxy.Config
		want string
	}{
		{proxy.Config{Pages: []string{page}}, "no API is named"},
		{proxy.Config{Routes: []proxy.Route{api}}, "no page may use the proxy"},
		{proxy.Config{Routes: []proxy.Route{api}, Pages: []string{"*"}}, "name each origin by itself"},
		{proxy.Config{Routes: []proxy.Route{api}, Pages: []string{"http://localhost:*"}}, "name each origin by itself"},
		{proxy.Config{Routes: []proxy.Route{api}, Pages: []string{"null"}}, "null"},
		{proxy.Config{Routes: []proxy.Route{api}, Pages: []string{"http://localhost:8010"}}, "the origin of the proxy itself"},
		{proxy.Config{Routes: []proxy.Route{api}, Alias: "."}, "the API has every path"},
		{proxy.Config{Routes: []proxy.Route{api}, Listen: "192.168.0.1:80", Pages: []string{page}}, "loopback only"},
		{proxy.Config{Routes: []proxy.Route{api}, Listen: "8010", Pages: []string{page}}, "not an address with a port"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("api.example.com")}}, Pages: []string{page}}, "not a URL with a host"},
		{proxy.Config{Routes: []proxy.Route{{}}, Pages: []string{page}}, "the route has no target"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("wss://api.example.com")}}, Pages: []string{page}}, "write https"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("https://u:p@api.example.com")}}, Pages: []string{page}}, "a user name or password"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("https://api.example.com?a")}}, Pages: []string{page}}, "a query or fragment"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("http://10.0.0.1")}}, Pages: []string{page}}, "--allow-private"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("http://[::ffff:10.0.0.1]")}}, Pages: []string{page}}, "--allow-private"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("http://0xa9fea9fe")}}, AllowPrivate: true, Pages: []string{page}}, "metadata service"},
		{proxy.Config{Routes: []proxy.Route{{Target: mustURL("http://0.0.0.0")}}, AllowPrivate: true, Pages: []string{page}}, "not an address of a server"},
		{proxy.Config{Routes: []proxy.Route{api, {Prefix: "/", Target: api.Target}}, Pages: []string{page}}, "two routes have this prefix"},
		{proxy.Config{Routes: []proxy.Route{{Prefix: "/a/../b", Target: api.Target}}, Pages: []string{page}}, "not a path"},
		{proxy.Config{Routes: []proxy.Route{{Prefix: "/a*", Target: api.Target}}, Pages: []string{page}}, "not a path"},
		{proxy.Config{Routes: []proxy.Route{{Prefix: "/__concors/x", Target: api.Target}}, Pages: []string{page}}, "serves its report there"},
		{proxy.Config{Routes: []proxy.Route{{Prefix: "/api", Target: api.Target}}, Alias: "http://localhost:5173/app"}, "has no path here"},
		{proxy.Config{Routes: []proxy.Route{api}, Pages: []string{page}, Headers: []proxy.InjectedHeader{{Name: "X", Value: "v", Target: "https://other.example"}}}, "no route has a target"},
		{proxy.Config{Routes: []proxy.Route{api}, Pages: []string{page}, Headers: []proxy.InjectedHeader{{Name: "X"}}}, "the value is empty"},
	} {
		if row.c.Listen == "" {
			row.c.Listen = "127.0.0.1:8010"
		}
		_, err := proxy.New(row.c)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") || len(proxy.Faults(err)) != 1 {
			t.Errorf("%v; want one line with %q", err, row.want)
		}
	}
	for _, target := range []string{"https://api.example.com/v1/", "http://localhost:3000", "http://127.0.0.2:1", "http://[::1]:3000", "http://10.0.0.1"} {
		u, _ := url.Parse(target)
		if _, err := proxy.New(proxy.Config{Listen: "localhost:8010", Pages: []string{page, "https://dev.example.com", "http://dev.example.com", "capacitor://localhost"},
			AllowPrivate: target == "http://10.0.0.1", Routes: []proxy.Route{{Target: u}}}); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestPagesReachTheProxyByTheirOwnNameForThisMachine(t *testing.T) {
	for _, row := range []struct {
		listen, pages, want string
	}{
		{"127.0.0.1:8010", "", "http://localhost:8010"},
		{"127.0.0.1:8010", page, "http://localhost:8010"},
		{"127.0.0.1:8010", "http://127.0.0.1:5173", "http://127.0.0.1:8010"},
		{"127.0.0.1:8010", "http://app.localhost:5173", "http://app.localhost:8010"},
		{"127.0.0.1:8010", "https://dev.example.com", "http://localhost:8010"},
		{"127.0.0.1:8010", "https://dev.example.com http://app.localhost http://127.0.0.1:5173", "http://app.localhost:8010"},
		{"127.0.0.1:8010", page + " http://127.0.0.1:5173", "http://localhost:8010"},
		{"127.0.0.1:8010", "http://127.0.0.2:5173", "http://localhost:8010"}, // nothing listens there
		{"127.0.0.1:8010", "./dist", "http://localhost:8010"},
		{"127.0.0.2:8010", page, "http://127.0.0.2:8010"}, // localhost does not lead there
		{"127.0.0.2:8010", "http://127.0.0.2:5173", "http://127.0.0.2:8010"},
		{"[::1]:8010", "", "http://[::1]:8010"},
		{"[::1]:8010", page, "http://localhost:8010"},
	} {
		p, err := proxy.New(proxy.Config{Listen: row.listen, Pages: []string{page}, Routes: []proxy.Route{{Target: mustURL("https://api.example.com")}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Origin(strings.Fields(row.pages)...); got != row.want {
			t.Errorf("%s %s: %s, not %s", row.listen, row.pages, got, row.want)
		}
	}
}

func TestOnlyTheProxyItselfIsRefusedAsItsTarget(t *testing.T) {
	for _, row := range []struct {
		target, listen string
		itself         bool
	}{
		{"http://127.0.0.1:8010", "127.0.0.1:8010", true},
		{"http://localhost:8010", "127.0.0.1:8010", true},
		{"http://api.localhost:8010", "127.0.0.1:8010", true},
		{"http://[::1]:8010", "127.0.0.1:8010", true}, // the command listens there too
		{"http://localhost:8010", "[::1]:8010", true},
		{"http://127.0.0.2:8010", "127.0.0.2:8010", true},
		{"http://127.0.0.1:8010", "127.0.0.2:8010", false},
		{"http://localhost:8010", "127.0.0.2:8010", false},
		{"http://127.0.0.2:8010", "127.0.0.1:8010", false},
		{"http://localhost:8011", "127.0.0.1:8010", false},
	} {
		_, err := proxy.New(proxy.Config{Listen: row.listen, Pages: []string{page}, Routes: []proxy.Route{{Target: mustURL(row.target)}}})
		if got := err != nil && strings.Contains(err.Error(), "it is the proxy itself"); got != row.itself || err != nil && !got {
			t.Errorf("%s, listening on %s: %v", row.target, row.listen, err)
		}
	}
}
