package proxy

import (
	"strings"
	"testing"

	"github.com/concors/concors/weburl"
)

func TestHostsOfTheProxy(t *testing.T) {
	p := testProxy(t, Config{Routes: []Route{testRoute(t, "", "https://api.example.com", false)}})
	for host, want := range map[string]bool{
		"localhost:8010": true, "LocalHost:8010": true, "a.localhost:8010": true, "127.0.0.1:8010": true, "127.1.2.3:8010": true, "[::1]:8010": true,
		"": false, "localhost": false, "localhost:80": false, "localhost:": false, "localhost:08010": false, "localhost.:8010": false,
		"evil.example:8010": false, "localhost.evil.example:8010": false, "evil-localhost:8010": false, "0.0.0.0:8010": false, "127.0.0.1.nip.io:8010": false,
		"[::]:8010": false, "::1:8010": false, "[::1%lo]:8010": false, "2130706433:8010": false, "0x7f.1:8010": false, "[::ffff:127.0.0.1]:8010": false,
		"localhost:8010:8010": false, "user@localhost:8010": false, "a b.localhost:8010": false, "localhost:8010.evil.example": false,
	} {
		if got := p.hostAllowed(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	p = testProxy(t, Config{Listen: "127.0.0.1:443", HTTPS: true, Routes: []Route{testRoute(t, "", "https://api.example.com", false)}})
	for host, want := range map[string]bool{"localhost": true, "localhost:443": true, "[::1]": true, "localhost:80": false} {
		if got := p.hostAllowed(host); got != want {
			t.Errorf("https, %q: %v", host, got)
		}
	}
	if o := p.originAt("localhost:443"); o != "https://localhost" {
		t.Error(o)
	}
}

func FuzzHosts(f *testing.F) {
	for _, host := range []string{"localhost:8010", "[::1]:8010", "evil.example:8010", "a.localhost:8010", "127.0.0.1:8010"} {
		f.Add(host)
	}
	p := testProxy(f, Config{Routes: []Route{testRoute(f, "", "https://api.example.com", false)}})
	f.Fuzz(func(t *testing.T, host string) {
		if !p.hostAllowed(host) {
			return
		}
		u, err := weburl.Parse("http://"+host+"/", nil)
		if err != nil {
			return // no browser sends it
		}
		name := u.Hostname()
		if u.Port != "8010" || name != "localhost" && !strings.HasSuffix(name, ".localhost") && name != "[::1]" && !strings.HasPrefix(name, "127.") {
			t.Errorf("%q is allowed", host)
		}
	})
}
