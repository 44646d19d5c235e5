package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/conformance"
)

func TestInvalidCommandLines(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"no command", nil, "help"},
		{"unknown command", []string{"frobnicate"}, "unknown command"},
		{"unknown browser", []string{"record", "--browser", "netscape"}, "unknown browser"},
		{"unexpected argument", []string{"record", "file"}, "takes only flags"},
		{"unknown browser of a corpus", []string{"show", "--browser", "netscape"}, "netscape"},
		{"missing file", []string{"show", "--file", filepath.Join(t.TempDir(), "none")}, "none"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out, errors bytes.Buffer
			err := run(context.Background(), row.args, &out, &errors)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
}

func TestShow(t *testing.T) {
	c := &conformance.Corpus{
		Header:       conformance.Header{Browser: "webkit", Version: "9.9", Seed: 3, Date: "2026-11-21"},
		Cases:        []conformance.Case{{ID: 4, Family: "cors", Steps: []conformance.Step{{}}}},
		Observations: []conformance.Observation{{ID: 4, Steps: []conformance.Seen{{Outcome: conformance.Outcome{Result: "ok"}}}}},
	}
	var file bytes.Buffer
	if err := c.Write(&file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "corpus")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"summary", nil, "webkit 9.9, seed 3, recorded 2026-11-21\n  cors         1 cases, 100 % succeed: ok 1\n"},
		{"one case", []string{"4"}, `"r": "ok"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			args := append([]string{"show", "--file", path}, row.args...)
			if err := run(context.Background(), args, &out, &out); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), row.want) {
				t.Errorf("got %q, want %q in it", out.String(), row.want)
			}
		})
	}
}
