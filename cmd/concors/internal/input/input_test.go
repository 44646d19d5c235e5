package input

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

func TestOfSaysWhatAnArgumentIs(t *testing.T) {
	t.Chdir(t.TempDir())
	var z bytes.Buffer
	gz := gzip.NewWriter(&z)
	gz.Write([]byte(`{"log":{"version":"1.2","entries":[]}}`))
	gz.Close()
	for name, text := range map[string]string{
		"compressed.har.gz": z.String(), "compressed": z.String(),
		"recording.json": `{"log":{"version":"1.2","entries":[]}}`,
		"broken.har":     "not a recording",
		"policy.yaml":    "# ours\norigins: [https://app.example]\n",
		"policy.json":    "{\n  \"policy\": {\"origins\": [\"https://app.example\"]}}",
		"routes":         "---\nroutes:\n  - pattern: /a\n",
		"api.yaml":       "openapi: 3.1.0\ninfo: {title: a, version: '1'}\n",
		"old.json":       `{"swagger": "2.0"}`,
		"request.txt":    "curl 'https://api.example/' -H 'Origin: https://app.example'\n",
		"console.txt":    "Access to fetch at 'https://api.example/' from origin 'https://app.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
		"a name.yaml":    "origins: []\n",
		"notes":          "hello",
		"log.md":         "  credentials were missing",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		argument string
		want     Input
	}{
		{"https://api.example/notes", Input{Kind: URL}},
		{"HTTP://api.example", Input{Kind: URL}},
		{"file:///home/a.html", Input{Kind: URL}},
		{"api.example/notes", Input{Kind: URL}},
		{"//api.example/notes", Input{Kind: URL}},
		{"localhost:3000", Input{Kind: URL}},
		{"localhost", Input{Kind: URL}},
		{"127.0.0.1:8080/x", Input{Kind: URL}},
		{"[::1]:8080", Input{Kind: URL}},
		{"api.example:8080?q=a.har", Input{Kind: URL}},
		{"https://api.example/a.har", Input{Kind: URL}},
		{"/api/me", Input{Kind: Path}},
		{"curl https://api.example/", Input{Kind: Request}},
		{"$ curl -X PUT https://api.example/", Input{Kind: Request}},
		{`fetch("https://api.example/")`, Input{Kind: Request}},
		{"PUT /notes HTTP/1.1\nHost: api.example\nOrigin: https://app.example", Input{Kind: Request}},
		{"No 'Access-Control-Allow-Origin' header is present on the requested resource.", Input{Kind: Message}},
		{"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/.", Input{Kind: Message}},
		{"recording.json", Input{Recording, true, true}},
		{"broken.har", Input{Recording, true, true}},
		{"compressed.har.gz", Input{Recording, true, true}},
		{"compressed", Input{Recording, true, true}},
		{"missing.har.gz", Input{Recording, true, false}},
		{"missing.har", Input{Recording, true, false}},
		{"policy.yaml", Input{Policy, true, true}},
		{"policy.json", Input{Policy, true, true}},
		{"routes", Input{Policy, true, true}},
		{"missing.yml", Input{Policy, true, false}},
		{"a name.yaml", Input{Policy, true, true}},
		{"api.yaml", Input{OpenAPI, true, true}},
		{"old.json", Input{OpenAPI, true, true}},
		{"request.txt", Input{Request, true, true}},
		{"console.txt", Input{Message, true, true}},
		{"notes", Input{Message, true, true}},
		{"log.md", Input{Message, true, true}},
		{filepath.Join(".", "folder"), Input{}},
		{"chek", Input{}},
		{"it does not work", Input{}},
		{"", Input{}},
		{"-", Input{}},
		{"\x00", Input{}},
	} {
		if got := Of(row.argument); got != row.want {
			t.Errorf("Of(%q) = %+v, want %+v", row.argument, got, row.want)
		}
	}
}

func FuzzOfText(f *testing.F) {
	for _, seed := range []string{"", "curl x", "origins:", "{\"log\":{\"entries\":[]}}", "# a\n---\nroutes:", "https://a", "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if kind := OfText(text); kind.Name() == "" {
			t.Errorf("kind %d has no name", kind)
		}
	})
}
