package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// The first transcript in the README is what concors check prints. With -update it
// is written.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "```text\n")
	want, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the README has no transcript")
	}
	t.Setenv("COLUMNS", "80")
	var stdout, stderr bytes.Buffer
	if status := run([]string{"check"}, &stdout, &stderr); status != cli.ExitOK {
		t.Errorf("status %d, want %d; %s", status, cli.ExitOK, &stderr)
	}
	got := stdout.String()
	if got != want && *update {
		if err := os.WriteFile("../../README.md", []byte(strings.Replace(string(readme), want, got, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("concors check prints\n%s\nbut the README has\n%s", got, want)
	}
}

// The transcript in docs/verify.md is what concors verify prints for a server that
// looks for a substring in origins, forgets a header, and has no CORS headers in
// error responses.
func TestVerifyPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		h["Date"] = nil
		if r.URL.Path != "/items" {
			http.NotFound(w, r)
			return
		}
		if strings.Contains(origin, "app.example.com") {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "PUT")
			h.Set("Access-Control-Allow-Headers", "content-type")
			h.Set("Access-Control-Max-Age", "600")
			h.Set("Vary", "Origin")
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer s.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"policy.yaml": "origins: [https://app.example.com]\nmethods: [PUT]\nrequestHeaders: [Content-Type, Authorization]\ncredentials: true\nmaxAgeSeconds: 600\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("COLUMNS", "80")
	_, rest, _ := strings.Cut(string(page), "```text\n$ ")
	command, rest, _ := strings.Cut(rest, "\n")
	want, _, _ := strings.Cut(rest, "```")
	const address = "http://127.0.0.1:8080"
	var stdout, stderr bytes.Buffer
	arguments := append(strings.Fields(strings.ReplaceAll(command, address, s.URL))[1:], "--rate=1000")
	if status := run(arguments, &stdout, &stderr); status != cli.ExitNotOK {
		t.Fatalf("%s: status %d: %s", command, status, &stderr)
	}
	got := strings.ReplaceAll(stdout.String(), s.URL, address)
	for block := range strings.SplitSeq(want, "...\n") {
		if !strings.Contains(got, block) {
			t.Errorf("%s prints\n%s\nbut the page has\n%s", command, got, block)
		}
	}
}

// The list of exit statuses in docs/command-line.md is the help topic. With -update it is
// written.
func TestCommandLinePage(t *testing.T) {
	const name = "../../docs/command-line.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), "```text\n")
	got, after, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the page has no list")
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"help", "exit-status"}, &stdout, &stderr); status != cli.ExitOK {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	want := strings.TrimRight(stdout.String(), "\n") + "\n"
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("the page has\n%s\nbut concors help exit-status prints\n%s", got, want)
	}
	if err := os.WriteFile(name, []byte(before+"```text\n"+want+"```\n"+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
