package recipe

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// route returns valid options, changed.
func route(change func(*SecretOptions)) SecretOptions {
	o := SecretOptions{To: "https://api.example/v2", At: "/api/", Header: "X-API-Key=API_KEY", Paths: []string{"/things"}, Methods: []string{"GET"}}
	change(&o)
	return o
}

func TestSecretFaults(t *testing.T) {
	header := func(h string) SecretOptions { return route(func(o *SecretOptions) { o.Header = h }) }
	path := func(p string) SecretOptions { return route(func(o *SecretOptions) { o.Paths = []string{p} }) }
	to := func(u string) SecretOptions { return route(func(o *SecretOptions) { o.To = u }) }
	for _, row := range []struct {
		name         string
		o            SecretOptions
		option, want string
		never        string // in the message
	}{
		{"no equals sign", header("X-API-Key"), "secret-header", "there is no =", "API-Key: "},
		{"a header as curl takes it", header("Authorization: Bearer abcdefghijkl"), "secret-header", "there is no =", "abcdef"},
		{"no name", header("=API_KEY"), "secret-header", "not the name of a header", ""},
		{"a name with a blank", header("X API=API_KEY"), "secret-header", "not the name of a header", ""},
		{"a name with a colon", header("X-API:=API_KEY"), "secret-header", "not the name of a header", ""},
		{"a name with a line break", header("X-API\nHost=API_KEY"), "secret-header", "not the name of a header", ""},
		{"no variable", header("X-API-Key="), "secret-header", "not the name of an environment variable", ""},
		{"the two exchanged", header("API_KEY=X-API-Key"), "secret-header", "not the name of an environment variable", ""},
		{"a variable with a dollar sign", header("X-API-Key=$API_KEY"), "secret-header", "not the name of an environment variable", ""},
		{"a variable that begins with a digit", header("X-API-Key=1KEY"), "secret-header", "not the name of an environment variable", ""},
		{"a secret with a scheme", header("Authorization=Bearer hunter2"), "secret-header", "not the name of an environment variable", "hunter2"},
		{"a short secret", header("X-API-Key=hunter-2"), "secret-header", "not the name of an environment variable", "hunter"},
		{"a key of Stripe", header("Authorization=sk_live_4eC39HqLyjWDarjtT1zdp7dc"), "secret-header", "has a secret in it", "4eC39"},
		{"a key of AWS", header("X-Key=AKIAIOSFODNN7EXAMPLE"), "secret-header", "has a secret in it", "AKIA"},
		{"a hexadecimal key", header("X-Key=d41d8cd98f00b204e9800998ecf8427e"), "secret-header", "has a secret in it", "d41d"},
		{"a hexadecimal key that begins with a letter", header("X-Key=b6907d289e10d714"), "secret-header", "has a secret in it", "b6907"},
		{"a key in upper case", header("X-Key=QX7RT29ZK41MNB8W"), "secret-header", "has a secret in it", "QX7"},
		{"a key in place of the name", header("ghp_abcdefghijklmnopqrstuvwxyz0123456789=X"), "secret-header", "has a secret in it", "ghp_"},
		{"Host", header("Host=API_KEY"), "secret-header", "Host can't carry a secret", ""},
		{"origin in lower case", header("origin=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"Cookie", header("Cookie=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"a CORS header", header("Access-Control-Allow-Origin=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"a header of browsers", header("Sec-Fetch-Site=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"a header of proxies", header("Proxy-Authorization=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"a header that the route passes on", header("User-Agent=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"Content-Length", header("Content-Length=API_KEY"), "secret-header", "can't carry a secret", ""},
		{"a variable of the page", header("X-API-Key=NEXT_PUBLIC_API_KEY"), "secret-header", "into the page", ""},
		{"a variable of Vite's pages", header("X-API-Key=VITE_API_KEY"), "secret-header", "into the page", ""},

		{"no path", route(func(o *SecretOptions) { o.Paths = nil }), "secret-header", "without --path and --method", ""},
		{"no method", route(func(o *SecretOptions) { o.Methods = nil }), "secret-header", "--path /v1/things --method GET", ""},
		{"an empty path", path(""), "path", "begins with a slash", ""},
		{"a path without a slash", path("things"), "path", "begins with a slash", ""},
		{"a wildcard", path("/things/*"), "path", "wildcard", ""},
		{"a wildcard of Go", path("/things/{rest...}"), "path", "write each path", ""},
		{"dots", path("/things/../x"), "path", "begins with a slash", ""},
		{"encoded dots", path("/things/%2e%2e/x"), "path", "begins with a slash", ""},
		{"two slashes", path("//things"), "path", "begins with a slash", ""},
		{"a backslash", path(`/things\x`), "path", "begins with a slash", ""},
		{"a query", path("/things?key=hunter2"), "path", "no query", "hunter2"},
		{"a URL", path("https://api.example/things"), "path", "that is a URL", ""},
		{"a character of configurations", path("/a;b"), "path", "begins with a slash", ""},
		{"half a segment", path("/a{b}"), "path", "begins with a slash", ""},
		{"every method", route(func(o *SecretOptions) { o.Methods = []string{"*"} }), "method", "can't have this method", ""},
		{"CONNECT", route(func(o *SecretOptions) { o.Methods = []string{"GET", "CONNECT"} }), "method", "can't have this method", ""},

		{"not a URL", to("api.example"), "alias", "not an http or https URL", ""},
		{"a key in the URL", to("https://api.example/?key=hunter2"), "alias", "nothing else", "hunter2"},
		{"a password in the URL", to("https://me:hunter2@api.example/"), "alias", "nothing else", "hunter2"},
		{"http", to("http://api.example/"), "alias", "without encryption", ""},
		{"http with a port", to("http://api.example:8080/"), "alias", "without encryption", ""},
		{"http to a public address", to("http://8.8.8.8/"), "alias", "without encryption", ""},
		{"http to a provider's network", to("http://100.64.0.1/"), "alias", "without encryption", ""},
		{"http to a public address by 6to4", to("http://[2002:808:808::1]/"), "alias", "without encryption", ""},
		{"http to a public address of IPv6", to("http://[2001:4860::8888]:80/"), "alias", "without encryption", ""},
		{"the whole site", route(func(o *SecretOptions) { o.At = "/" }), "at", "the whole site", ""},
		{"not a path", route(func(o *SecretOptions) { o.At = "api" }), "at", "begin and end with a slash", ""},
		{"types where there are none", route(func(o *SecretOptions) { o.TypeScript = true }), "typescript", "no code with types", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := WriteSecret(row.o, Stack{})
			var fault *AliasFault
			if !errors.As(err, &fault) || fault.Option != row.option || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v, want a fault of %s: %s", err, row.option, row.want)
			}
			if row.never != "" && strings.Contains(err.Error(), row.never) {
				t.Errorf("the message has the secret: %v", err)
			}
		})
	}
}

func TestSecretsOfUsualNames(t *testing.T) {
	for _, header := range []string{"X-API-Key=API_KEY", "Authorization=OPENWEATHERMAP_API_KEY_2", "x-goog-api-key=apiKey", "X_Key=_K", "DeepL-Auth=DEEPL_AUTH_KEY_2025_11_30",
		"Ocp-Apim-Subscription-Key=AZURE_OPENAI_KEY1"} {
		if _, err := newSecretPlan(route(func(o *SecretOptions) { o.Header = header })); err != nil {
			t.Errorf("%s: %v", header, err)
		}
	}
	for _, to := range []string{"http://localhost:3000", "http://127.0.0.1/", "http://[::1]:80/v1", "http://api:8080", "http://10.0.0.7", "http://10.0.0.7:8080",
		"http://[fd12::1]:80", "http://api.internal/"} {
		if _, err := newSecretPlan(route(func(o *SecretOptions) { o.To = to })); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// TestSecretPattern compares the pattern of a route with what it should fit.
func TestSecretPattern(t *testing.T) {
	p, err := newSecretPlan(route(func(o *SecretOptions) { o.Paths = []string{"/v1/a.b", "/v1/{id}/c", "/", "/v1/a.b"} }))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Paths) != 3 {
		t.Errorf("the paths are %q", p.Paths)
	}
	path, target := regexp.MustCompile(p.Pattern()), regexp.MustCompile(p.Target())
	for text, want := range map[string]bool{
		"/api/v1/a.b": true, "/api/v1/x-1.json/c": true, "/api/": true, "/api": false, "/api/v1/aXb": false, "/api/v1/../c": false, "/api/v1/./c": false,
		"/api/v1/.hidden/c": false, "/api/v1//c": false, "/api/v1/%2e/c": false, "/api/v1/a/b/c": false, "/x/api/v1/a.b": false, "/api/v1/a.b/": false,
		"/api/v1/a.b\n": false, `/api/v1/a\b/c`: false, "/api/v1/x;y/c": false,
	} {
		if path.MatchString(text) != want || target.MatchString(text+"?../%2e&a?b") != want {
			t.Errorf("%q is fit: %v, want %v", text, path.MatchString(text), want)
		}
	}
}

// FuzzSecret checks that nothing is written into code or a configuration that has a
// special meaning there.
func FuzzSecret(f *testing.F) {
	f.Add("https://api.example/v1", "/api/", "X-API-Key=API_KEY", "/things/{id}", "GET")
	f.Add("http://[::1]:80/", "/a", "authorization=T", "/", "patch")
	f.Add("https://a", "/api/", "A=sk_live_4eC39HqLyjWDarjtT1zdp7dc", "/'`$", "GET'")
	f.Fuzz(func(t *testing.T, to, at, header, path, method string) {
		p, err := newSecretPlan(SecretOptions{To: to, At: at, Header: header, Paths: []string{path}, Methods: []string{method}})
		if err != nil {
			var fault *AliasFault
			if !errors.As(err, &fault) || fault.Hint == "" {
				t.Fatalf("%v is not a fault with a hint", err)
			}
			return
		}
		if written := p.Path + p.Origin + p.To + p.Header + p.Env + p.Methods[0]; strings.ContainsAny(written, " \t\r\n\"'`;{}()$%#?*\\<>|&^,@") {
			t.Errorf("%q", written)
		}
		if strings.ContainsAny(p.Paths[0], " \t\r\n\"'`;()$%#?*\\<>|&^,@") {
			t.Errorf("%q", p.Paths[0])
		}
		if pattern := regexp.MustCompile(p.Pattern()); strings.ContainsAny(pattern.String(), " \t\r\n\"'`;%#,@&") || !pattern.MatchString(p.Mount()+strings.NewReplacer("{", "", "}", "").Replace(p.Paths[0])) {
			t.Errorf("%q for %q", pattern, p.Paths[0])
		}
	})
}
