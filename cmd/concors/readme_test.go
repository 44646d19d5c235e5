package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/stacks"
)

// The transcripts in the README's first sections are what the commands before them
// print, on one screen each. With -update they are written.
func TestREADME(t *testing.T) {
	file, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	first, rest, ok := strings.Cut(string(file), "\n## From a red line")
	if !ok {
		t.Fatal("the README has no tour")
	}
	for _, count := range []string{
		fmt.Sprintf("names %d servers", len(stacks.All())), fmt.Sprintf("and %d with a short form", len(stacks.Shorts())),
	} {
		if !strings.Contains(string(file), count) {
			t.Errorf("the README does not say %q", count)
		}
	}
	t.Setenv("COLUMNS", "80")
	transcript := regexp.MustCompile("(?m)^    (?:concors|go run ./cmd/concors) (.*)\n\n```text\n((?s:.*?))```$")
	found := transcript.FindAllStringSubmatch(first, -1)
	if len(found) != 2 {
		t.Fatalf("%d transcripts, want those of explain and check", len(found))
	}
	for _, of := range found {
		command, text, quoted := strings.Cut(of[1], ` "`)
		args := []string{command}
		if quoted {
			args = append(args, strings.TrimSuffix(text, `"`))
		}
		var stdout, stderr bytes.Buffer
		if status := run(args, &stdout, &stderr); status == cli.ExitUsage || stderr.Len() > 0 {
			t.Errorf("concors %s: status %d; %s", of[1], status, &stderr)
		}
		got := stdout.String()
		if lines := strings.Count(got, "\n"); lines > 24 {
			t.Errorf("concors %s prints %d lines", command, lines)
		}
		if got != of[2] && !*update {
			t.Errorf("concors %s prints\n%s\nbut the README has\n%s", of[1], got, of[2])
		}
		first = strings.Replace(first, of[0], strings.TrimSuffix(of[0], of[2]+"```")+got+"```", 1)
	}
	if *update {
		if err := os.WriteFile("../../README.md", []byte(first+"\n## From a red line"+rest), 0o644); err != nil {
			t.Fatal(err)
		}
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
