package recipe

import (
	"errors"
	"strings"
	"testing"
)

func TestAliasFaults(t *testing.T) {
	for _, row := range []struct{ name, path, to, option, want string }{
		{"path without a slash at its end", "/api", "https://api.example/", "path", "begin and end with a slash"},
		{"path without a slash at its beginning", "api/", "https://api.example/", "path", "begin and end with a slash"},
		{"the whole site", "/", "https://api.example/", "path", "the whole site"},
		{"dots", "/a/../b/", "https://api.example/", "path", "letters"},
		{"a character with a meaning in configuration files", "/a;b/", "https://api.example/", "path", "letters"},
		{"a line break", "/a/\nroot /;/", "https://api.example/", "path", "letters"},
		{"not a URL", "/api/", "api.example", "to", "not an http or https URL"},
		{"no host", "/api/", "https:///v1/", "to", "not an http or https URL"},
		{"another scheme", "/api/", "ftp://api.example/", "to", "not an http or https URL"},
		{"a user", "/api/", "https://a@api.example/", "to", "nothing else"},
		{"a query", "/api/", "https://api.example/?a", "to", "nothing else"},
		{"a fragment", "/api/", "https://api.example/#a", "to", "nothing else"},
		{"an invalid host", "/api/", "https://api$example/", "to", "host"},
		{"port 0", "/api/", "https://api.example:0/", "to", "the port is not a number from 1 to 65535"},
		{"a port above 65535", "/api/", "https://api.example:65536/", "to", "the port is not a number from 1 to 65535"},
		{"a port of five digits", "/api/", "http://[::1]:99999/", "to", "the port is not a number from 1 to 65535"},
		{"a port of many digits", "/api/", "https://api.example:18446744073709551697/", "to", "the port is not a number from 1 to 65535"},
		{"a negative port", "/api/", "https://api.example:-1/", "to", "the port is not a number from 1 to 65535"},
		{"a port with letters", "/api/", "https://api.example:80x/", "to", "the port is not a number from 1 to 65535"},
		{"a port with a sign", "/api/", "https://[::1]:+80/", "to", "the port is not a number from 1 to 65535"},
		{"a colon without a port", "/api/", "https://api.example:/", "to", "no port"},
		{"two ports", "/api/", "https://api.example:80:80/", "to", "not an http or https URL"},
		{"URL without a slash at its end", "/api/", "https://api.example/v1", "to", "end with a slash"},
		{"a percent-encoded path", "/api/", "https://api.example/%2e%2e/", "to", "end with a slash"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := WriteAlias(AliasOptions{Path: row.path, To: row.to}, Stack{})
			var fault *AliasFault
			if !errors.As(err, &fault) || fault.Option != row.option || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want a fault of %s: %s", err, row.option, row.want)
			}
		})
	}
}

func TestAliasOmitsDefaultPorts(t *testing.T) {
	for to, want := range map[string]string{
		"https://API.example:443":   "https://api.example",
		"http://api.example:80/v1/": "http://api.example",
		"https://api.example:80/":   "https://api.example:80",
		"http://[::1]:3000/":        "http://[::1]:3000",
		"http://[::1]:80/":          "http://[::1]",
		"https://api.example:0443/": "https://api.example",
		"https://api.example:08443": "https://api.example:8443",
		"http://api.example:65535/": "http://api.example:65535",
	} {
		a, err := newAlias(AliasOptions{Path: "/api/", To: to})
		if err != nil {
			t.Errorf("%s: %v", to, err)
		} else if a.Origin != want {
			t.Errorf("%s: %s, want %s", to, a.Origin, want)
		}
	}
}

// FuzzAlias checks that nothing is written into a configuration that has a special
// meaning there, and that an accepted alias is accepted again as it was written.
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
				t.Fatalf("%v is not a fault with a hint", err)
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
