package fetch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
)

func TestEveryDeviationExplainsItself(t *testing.T) {
	seen := map[fetch.Deviation]bool{}
	for _, p := range fetch.Profiles() {
		for _, d := range p.Deviations() {
			seen[d] = true
			if d.String() == "" || !strings.HasSuffix(d.Explanation(), ".") || !strings.HasPrefix(d.Anchor(), "https://") {
				t.Errorf("%d: %q, %q, %q", d, d.String(), d.Explanation(), d.Anchor())
			}
			without := p.Without(d)
			if len(without.Deviations()) != len(p.Deviations())-1 {
				t.Errorf("%s without %s: %v", p.Name, d, without.Deviations())
			}
		}
		if none := len(p.Deviations()) == 0; none != (p.Name == "Standard") {
			t.Errorf("%s: %v", p.Name, p.Deviations())
		}
	}
	for _, d := range fetch.Deviations() {
		if !seen[d] {
			t.Errorf("no profile has %s", d)
		}
	}
	for _, d := range []fetch.Deviation{0, fetch.Deviation(len(fetch.Deviations()) + 1)} {
		if d.String()+d.Explanation()+d.Anchor()+d.Evidence() != "" {
			t.Errorf("deviation %d: %q, %q, %q, %q", d, d.String(), d.Explanation(), d.Anchor(), d.Evidence())
		}
	}
}

// The name in a row is that of its variable.
func TestDeviationsAreNamedLikeTheirVariables(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "deviation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		call, ok := spec.Values[0].(*ast.CallExpr)
		if !ok {
			return true
		}
		rows++
		name, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
		if err != nil || name != spec.Names[0].Name {
			t.Errorf("the row of %s has the name %q", spec.Names[0].Name, name)
		}
		return true
	})
	if rows != len(fetch.Deviations()) {
		t.Errorf("%d rows in deviation.go, %d deviations", rows, len(fetch.Deviations()))
	}
}

// The algorithms read like the standard: only quirks files depend on deviations, and
// only they use what browsers remember of a request.
func TestOnlyQuirksFilesDependOnDeviations(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "quirks.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"deviates(", ".memory"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s has %q, which belongs in a quirks file", name, word)
			}
		}
	}
}
