package recipe

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func ExampleAlias() {
	r, err := Alias(AliasOptions{Path: "/api/", To: "https://api.example/v1/"}, "caddy")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range strings.Split(r.Files[0].Text, "\n") {
		if strings.Contains(line, "reverse_proxy") || strings.Contains(line, "rewrite") {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	// Output:
	// rewrite * /v1{uri}
	// reverse_proxy https://api.example {
}

func TestAliasFaults(t *testing.T) {
	for _, row := range []struct{ name, path, to, option, says string }{
		{"no slash at the end of the path", "/api", "https://api.example/", "path", "begin and end with a slash"},
		{"nor at its beginning", "api/", "https://api.example/", "path", "begin and end with a slash"},
		{"the whole site", "/", "https://api.example/", "path", "the whole site"},
		{"dots", "/a/../b/", "https://api.example/", "path", "letters"},
		{"what a configuration gives a meaning to", "/a;b/", "https://api.example/", "path", "letters"},
		{"a line of its own", "/a/\nroot /;/", "https://api.example/", "path", "letters"},
		{"no URL", "/api/", "api.example", "to", "no URL"},
		{"no server", "/api/", "https:///v1/", "to", "no URL"},
		{"another scheme", "/api/", "ftp://api.example/", "to", "no URL"},
		{"a user", "/api/", "https://a@api.example/", "to", "nothing else"},
		{"a query", "/api/", "https://api.example/?a", "to", "nothing else"},
		{"a fragment", "/api/", "https://api.example/#a", "to", "nothing else"},
		{"a host that is none", "/api/", "https://api$example/", "to", "host"},
		{"no slash at the end of the URL", "/api/", "https://api.example/v1", "to", "end with a slash"},
		{"an escape", "/api/", "https://api.example/%2e%2e/", "to", "end with a slash"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Alias(AliasOptions{Path: row.path, To: row.to}, "nginx")
			var fault *AliasFault
			if !errors.As(err, &fault) || fault.Option != row.option || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	var unknown *UnknownStack
	if _, err := Alias(AliasOptions{Path: "/api/", To: "https://api.example/"}, "net-http"); !errors.As(err, &unknown) {
		t.Errorf("a stack that has recipes and no alias: %v", err)
	}
}

func TestAliasLeavesDefaultPortsOut(t *testing.T) {
	for to, want := range map[string]string{
		"https://API.example:443":   "https://api.example",
		"http://api.example:80/v1/": "http://api.example",
		"https://api.example:80/":   "https://api.example:80",
		"http://[::1]:3000/":        "http://[::1]:3000",
	} {
		a, err := newAlias(AliasOptions{Path: "/api/", To: to})
		if err != nil {
			t.Errorf("%s: %v", to, err)
		} else if a.Origin != want {
			t.Errorf("%s: %s, want %s", to, a.Origin, want)
		}
	}
}

// FuzzAlias: nothing that is written into a configuration has characters that one
// gives a meaning to, and what was taken once is taken again as it came out.
func FuzzAlias(f *testing.F) {
	f.Add("/api/", "https://api.example/v1/")
	f.Add("/a;b/", "https://api.example:443")
	f.Add("/a/", "http://[::1]:80/%0a/")
	f.Add("/a/b/", "HTTP://A.example:/{x}/")
	f.Fuzz(func(t *testing.T, path, to string) {
		a, err := newAlias(AliasOptions{Path: path, To: to})
		if err != nil {
			var fault *AliasFault
			if !errors.As(err, &fault) || fault.Hint == "" {
				t.Fatalf("%v is no fault with a hint", err)
			}
			return
		}
		if written := a.Path + a.Origin + a.To; strings.ContainsAny(written, " \t\r\n\"'`;{}()$%#?*\\<>|&^,@") {
			t.Errorf("%q %q: %q", path, to, written)
		}
		again, err := newAlias(AliasOptions{Path: a.Path, To: a.Origin + a.To})
		if err != nil || *again != *a {
			t.Errorf("%+v, and again %+v: %v", a, again, err)
		}
	})
}
