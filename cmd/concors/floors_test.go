package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors are the tool's packages as docs/architecture.md draws them, from the top.
// A package imports only packages on the floors below its own. stacks/* stands for
// every stack that is not named.
var floors = [][]string{
	{"watch", "proxyreport", "lab"},
	{"lab/predict"},
	{"report"},
	{"explain", "verify", "operations"},
	{"serverfix", "input"},
	{"stacks"},
	{"stacks/*"},
	{"stacks/net-http"}, // whose templates gin and echo share
	{"recipe", "experiments", "har", "probe", "proxy"},
	{"paste", "snippet", "sopask"},
	{"request"},
	{"openapi", "policyfile", "origins"},
	{"cli"},
	{"term", "position", "junit", "probe/probetest", "upstream", "lab/certificate"},
	{"secret", "file"},
}

func TestPackagesImportOnlyFromFloorsBelow(t *testing.T) {
	folders := map[string]bool{}
	err := filepath.WalkDir("internal", func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			folders[filepath.ToSlash(filepath.Dir(path))] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 20 {
		t.Fatalf("only %d packages below internal", len(folders))
	}
	for folder := range folders {
		name := strings.TrimPrefix(folder, "internal/")
		from := floorOf(name)
		if from < 0 {
			t.Errorf("package %s has no floor: add it to this test and to docs/architecture.md", name)
			continue
		}
		for _, imported := range importsOf(t, folder) {
			if to := floorOf(imported); to <= from {
				t.Errorf("%s imports %s, which is not on a floor below it", name, imported)
			}
		}
	}
}

// floorOf returns the index of a package's floor, or -1.
func floorOf(name string) int {
	find := func(name string) int {
		return slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, name) })
	}
	if i := find(name); i >= 0 || !strings.HasPrefix(name, "stacks/") {
		return i
	}
	return find("stacks/*")
}

// importsOf lists the tool's own packages that a folder's code imports, without its
// tests.
func importsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if name, ok := strings.CutPrefix(path, "github.com/concors/concors/cmd/concors/internal/"); ok && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}
