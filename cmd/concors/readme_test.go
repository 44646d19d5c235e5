package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The transcript in the README is what its first command prints.
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
	if status := run([]string{"check"}, &stdout, &stderr); status != exitBlocked {
		t.Errorf("status %d, want %d; %s", status, exitBlocked, &stderr)
	}
	if got := stdout.String(); got != want {
		t.Errorf("concors check prints\n%s\nand the README has\n%s", got, want)
	}
}
