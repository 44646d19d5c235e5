package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// canaries are secrets in every place that one can be in, by the place.
var canaries = map[string]string{
	"header":       "canary-Bearer-0Aa1",
	"key":          "canary-key-1Bb2",
	"cookie":       "canary-cookie-2Cc3",
	"bare cookie":  "canary-bare-3Dd4",
	"userinfo":     "canary-user-4Ee5",
	"query":        "canary-query-5Ff6",
	"fragment":     "canary-frag-6Gg7",
	"path":         "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.Y2FuYXJ5LXNpZw",
	"path in hex":  "0123456789abcdef0123456789abcdef",
	"body":         "canary-body-7Hh8",
	"set-cookie":   "canary-set-8Ii9",
	"location":     "canary-loc-9Jj0",
	"link":         "canary-link-0Kk1",
	"basic":        "canary-basic-1Ll2",
	"percent":      "canary percent/2Mm3",
	"word":         "canarysecretword",
	"redirect key": "sk_live_canary4Nn5Oo6Pp7",
}

// leaks returns the canaries in an output.
func leaks(out string) (found []string) {
	// Text is wrapped, and HTML and JSON escape.
	flat := strings.NewReplacer("\n", "", " ", "", "|", "", "&#39;", "'", "&amp;", "&", `\"`, `"`).Replace(out)
	for place, canary := range canaries {
		canary = strings.ReplaceAll(canary, " ", "")
		if strings.Contains(strings.ToLower(flat), strings.ToLower(canary)) {
			found = append(found, place+": "+canary)
		}
	}
	return found
}

// serveCanaries repeats in its headers what the request has, and adds canaries of its own.
func serveCanaries(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h := w.Header()
	h.Add("Set-Cookie", "sid="+canaries["set-cookie"]+"; Path=/; SameSite=None; Secure")
	h.Add("Set-Cookie", canaries["bare cookie"])
	h.Set("Link", "</next?token="+canaries["link"]+">; rel=next")
	for name, values := range r.Header {
		h.Set("X-Echo-"+name, strings.Join(values, ", "))
	}
	h.Set("X-Echo-Body", string(body))
	h.Set("X-Echo-Url", r.URL.String())
	if strings.Contains(r.Header.Get("Cookie"), canaries["word"]) {
		h.Set("X-Echo-Word", canaries["word"])
	}
	if user, password, ok := r.BasicAuth(); ok {
		h.Set("X-Echo-Basic", user+" "+password)
	}
	origin := r.Header.Get("Origin")
	switch {
	case strings.HasPrefix(r.URL.Path, "/allowed"):
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Headers", "authorization, content-type, x-api-key")
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Expose-Headers", "X-Echo-Url, X-Echo-Body, X-Echo-Authorization")
	case strings.HasPrefix(r.URL.Path, "/echo"):
		h.Set("Access-Control-Allow-Origin", origin+r.Header.Get("Authorization"))
		h.Set("Access-Control-Allow-Headers", "*, authorization, x-api-key")
		h.Set("Access-Control-Allow-Methods", "*")
	case strings.HasPrefix(r.URL.Path, "/origin"):
		h.Set("Access-Control-Allow-Origin", "http://u:"+canaries["userinfo"]+"@app.localhost/"+canaries["path in hex"]+"?token="+canaries["query"])
	case strings.HasPrefix(r.URL.Path, "/redirect"):
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Location", "http://u:"+canaries["userinfo"]+"@"+r.Host+"/allowed?code="+canaries["location"]+"&k="+canaries["redirect key"])
		if r.Method != http.MethodOptions {
			w.WriteHeader(http.StatusFound)
		}
	}
}

// forms are the outputs of a command line: what it writes to the standard streams and to
// files.
func forms(t *testing.T, args ...string) map[string]string {
	t.Helper()
	return theseForms(t, allForms, args...)
}

var allForms = [][]string{{}, {"--json"}, {"--markdown"}, {"--trace"}, {"--more"}, {"--as", "all"}, {"--html", "FILE"}, {"--junit", "FILE"},
	{"--from", "https://app.example"}}

func theseForms(t *testing.T, forms [][]string, args ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, form := range forms {
		file := filepath.Join(t.TempDir(), "out")
		line := append([]string{}, args...)
		for _, word := range form {
			line = append(line, strings.Replace(word, "FILE", file, 1))
		}
		var stdout, stderr bytes.Buffer
		status := run(line, &stdout, &stderr)
		if status == cli.ExitUsage && strings.Contains(stderr.String(), "unknown flag") {
			continue
		}
		written, _ := os.ReadFile(file)
		name := strings.Join(form, " ")
		out[name] = stdout.String() + stderr.String() + string(written)
		if status == cli.ExitUsage && len(args) > 0 {
			out[name] += fmt.Sprintf("(status %d)", status)
		}
	}
	return out
}

func TestNoOutputHasASecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(serveCanaries))
	defer server.Close()
	c := canaries
	request := func(path string, more ...string) []string {
		u := server.URL + path + "/" + c["path"] + "/" + c["path in hex"] + "?token=" + c["query"] + "&key=canary%20percent%2F2Mm3#id_token=" + c["fragment"]
		return append([]string{"check", u, "--from", "http://app.localhost", "--credentials", "include", "--page-space", "loopback",
			"-H", "X-Api-Key: " + c["key"], "--cookie", "sid=" + c["cookie"] + "; SameSite=None; Secure", "--cookie", "theme=" + c["word"],
		}, more...)
	}
	bearer := []string{"-H", "Authorization: Bearer " + c["header"], "-X", "PUT", "-d", `{"password":"` + c["body"] + `"}`, "-H", "Content-Type: application/json"}
	basic := []string{"-H", "Authorization: Basic dTpjYW5hcnktYmFzaWMtMUxsMg=="}
	curl := `curl '` + server.URL + `/echo?token=` + c["query"] + `' -H 'Origin: http://app.localhost' -H 'Authorization: Bearer ` + c["header"] +
		`' -b 'sid=` + c["cookie"] + `' --data-raw 'password=` + c["body"] + `'`
	har := filepath.Join(t.TempDir(), "x.har")
	if err := os.WriteFile(har, []byte(canaryRecording()), 0o600); err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("origins: [https://app.example]\nmethods: [PUT]\nrequestHeaders: [Authorization]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	red := "Access to fetch at 'https://u:" + c["userinfo"] + "@api.example/" + c["path"] + "?token=" + c["query"] +
		"' from origin 'https://app.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
	redirected := "Access to fetch at 'https://login.example/?code=" + c["location"] + "' (redirected from 'https://api.example/?access_token=" + c["query"] +
		"') from origin 'https://app.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
	verified := []string{"verify", policy, server.URL + "/echo?token=" + c["query"], "-H", "Authorization: Bearer " + c["header"],
		"-H", "X-Api-Key: " + c["key"], "--cookie", "sid=" + c["cookie"], "--max-requests", "40", "--rate", "1000"}
	lines := map[string][]string{
		"blocked":                  request("/closed", bearer...),
		"allowed":                  request("/allowed", bearer...),
		"with basic credentials":   request("/allowed", basic...),
		"echoed in a CORS header":  request("/echo", bearer...),
		"in the allowed origin":    request("/origin"),
		"in an allowed origin":     {"check", server.URL + "/origin", "--from", "http://app.localhost", "--page-space", "loopback"},
		"redirected":               request("/redirect", basic...),
		"a curl command":           {"check", "--curl", curl},
		"a user name and password": {"check", "https://u:" + c["userinfo"] + "@api.invalid/?token=" + c["query"], "--from", "https://app.example", "--timeout", "1"},
		"an invalid URL":           {"check", "u:" + c["userinfo"] + "@api.example:x", "--from", "https://app.example"},
		"an invalid header":        {"check", "https://api.example", "--from", "https://app.example", "-H", "Authorization " + c["path"]},
		"an invalid origin":        {"check", "https://api.example", "--from", "https://u:" + c["userinfo"] + "@app.example/?token=" + c["query"]},
		"a red line":               {"explain", red},
		"a redirected red line":    {"explain", redirected},
		"a recording":              {"explain", har},
		"a server":                 verified,
	}
	for i, name := range slices.Sorted(maps.Keys(lines)) {
		t.Run(name, func(t *testing.T) {
			tried := allForms
			if testing.Short() { // JSON, and every fourth of the others in turn
				tried = [][]string{{"--json"}}
				for j, form := range allForms {
					if (i+j)%4 == 0 {
						tried = append(tried, form)
					}
				}
			}
			for form, out := range theseForms(t, tried, lines[name]...) {
				if found := leaks(out); len(found) > 0 {
					t.Errorf("%s has %v:\n%s", form, found, out)
				}
				if form == "--json" && !strings.Contains(out, "***") {
					t.Errorf("%s: nothing is masked:\n%s", form, out)
				}
			}
		})
	}
}

// canaryRecording is a HAR file with requests that are blocked.
func canaryRecording() string {
	c := canaries
	entry := func(url, status, headers, response string) string {
		return `{"startedDateTime":"2026-01-01T00:00:00Z","time":1,"request":{"method":"PUT","url":"` + url + `","headers":[` +
			`{"name":"Origin","value":"https://app.example"},{"name":"Sec-Fetch-Mode","value":"cors"},` + headers + `],` +
			`"postData":{"mimeType":"application/json","text":"{\"password\":\"` + c["body"] + `\"}"}},` +
			`"response":{"status":` + status + `,"headers":[` + response + `],"redirectURL":""},"cache":{},"timings":{}}`
	}
	sent := `{"name":"Authorization","value":"Bearer ` + c["header"] + `"},{"name":"Cookie","value":"sid=` + c["cookie"] + `"}`
	return `{"log":{"version":"1.2","creator":{"name":"Firefox","version":"140"},"entries":[` + strings.Join([]string{
		entry("https://u:"+c["userinfo"]+"@api.example/"+c["path"]+"?token="+c["query"]+"#x="+c["path in hex"], "200", sent,
			`{"name":"Access-Control-Allow-Origin","value":"https://app.example `+c["header"]+`"},{"name":"Set-Cookie","value":"a=`+c["set-cookie"]+`"}`),
		entry("https://other.example/x", "302", sent, `{"name":"Location","value":"https://login.example/login?code=`+c["location"]+`"}`),
		entry("https://third.example/x?access_token="+c["query"], "0", sent, ``),
	}, ",") + `]}}`
}

func TestShowSecretsShowsThem(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(serveCanaries))
	defer server.Close()
	out := forms(t, "check", server.URL+"/closed?token="+canaries["query"], "--from", "http://app.localhost", "--page-space", "loopback",
		"-H", "X-Api-Key: "+canaries["key"], "--show-secrets")
	for _, form := range []string{"", "--json", "--markdown", "--html FILE"} {
		if !strings.Contains(strings.ReplaceAll(out[form], "\n", ""), canaries["query"]) {
			t.Errorf("%s:\n%s", form, out[form])
		}
	}
}

// Masking changes no verdict: whatever is masked, the report is the same otherwise.
func TestNoVerdictDependsOnMasking(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(serveCanaries))
	defer server.Close()
	verdict := regexp.MustCompile(`"(?:verdict|reason|status|agree)": [^\n]*`)
	for i, path := range []string{"/closed", "/allowed", "/echo", "/redirect"} {
		for j, cookie := range []string{"a=true", "a=http://app.localhost", "a=" + canaries["word"], "a=PUT"} {
			if testing.Short() && i != j {
				continue // each path with one cookie
			}
			args := []string{"check", server.URL + path + "?token=authorization", "--from", "http://app.localhost", "--credentials", "include",
				"--page-space", "loopback", "-H", "Authorization: Bearer PUT", "--cookie", cookie, "--json", "--as", "all"}
			var masked, shown, stderr bytes.Buffer
			first := run(args, &masked, &stderr)
			second := run(append(args, "--show-secrets"), &shown, &stderr)
			a, b := verdict.FindAllString(masked.String(), -1), verdict.FindAllString(shown.String(), -1)
			if first != second || len(a) == 0 || strings.Join(a, "\n") != strings.Join(b, "\n") {
				t.Errorf("%s, %s: status %d and %d\n%s\n%s", path, cookie, first, second, a, b)
			}
			if strings.Contains(masked.String(), `***.localhost`) || strings.Contains(masked.String(), `"Access-Control-Allow-Credentials",
              "value": "***"`) {
				t.Errorf("%s, %s: a CORS value is masked:\n%s", path, cookie, masked.String())
			}
		}
	}
}
