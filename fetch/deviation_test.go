package fetch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

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

// Each row has the name of its variable.
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

// The code of each deviation is in a quirks file.
func TestEveryDeviationIsUsedInAQuirksFile(t *testing.T) {
	used := map[string]bool{}
	for name, file := range parseFiles(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok && isQuirks(name) {
				used[ident.Name] = true
			}
			return true
		})
	}
	for _, d := range fetch.Deviations() {
		if !used[d.String()] {
			t.Errorf("no quirks file uses %s", d)
		}
	}
}

// The algorithms read like the standard: what depends on the browser is in quirks
// files. Only they use deviations and the memory of a request. The other files use
// only those parts of the profile that the standard leaves to the browser.
func TestOnlyQuirksFilesDependOnTheBrowser(t *testing.T) {
	files := parseFiles(t)
	forbidden := map[string]string{
		"deviates": "a deviation", "deviations": "a deviation", "memory": "a browser's memory of a request",
		"Chromium": "a browser", "Firefox": "a browser", "WebKit": "a browser",
	}
	for _, d := range fetch.Deviations() {
		forbidden[d.String()] = "a deviation"
	}
	for _, name := range structFields(files["quirks.go"], "memory") {
		forbidden[name] = "a browser's memory of a request"
	}
	methods := map[string]bool{}
	for name, file := range files {
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv != nil && isQuirks(name) {
				methods[fn.Name.Name] = true
			}
		}
	}
	// What may be selected of a value with that name.
	allowed := map[string]func(string) bool{
		"quirks": func(s string) bool { return methods[s] && s != "deviates" },
		"profile": func(s string) bool {
			return slices.Contains([]string{"Accept", "UserAgent", "StorageAccess", "PreflightMaxAge"}, s)
		},
		"Profile": func(s string) bool { return s == "Cookies" },
	}
	allowed["q"] = allowed["quirks"]

	for name, file := range files {
		if isQuirks(name) {
			if algorithm := strings.TrimSuffix(name, "_quirks.go") + ".go"; name != "quirks.go" && files[algorithm] == nil {
				t.Errorf("%s: there is no %s beside it", name, algorithm)
			}
			continue
		}
		if name == "deviation.go" || name == "profile.go" {
			continue
		}
		selected := map[ast.Expr]bool{} // expressions of which a part is selected
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				selected[n.X] = true
				on := lastName(n.X)
				if ok := allowed[on]; ok != nil && !ok(n.Sel.Name) {
					t.Errorf("%s uses %s.%s, which belongs in a quirks file", name, on, n.Sel.Name)
				}
				if n.Sel.Name == "profile" && !selected[n] {
					t.Errorf("%s uses the whole profile: select what the standard leaves to the browser", name)
				}
				if what := forbidden[n.Sel.Name]; what != "" {
					t.Errorf("%s uses .%s (%s), which belongs in a quirks file", name, n.Sel.Name, what)
				}
			case *ast.KeyValueExpr:
				if lastName(n.Key) == "memory" {
					t.Errorf("%s sets memory, which belongs in a quirks file", name)
				}
			case *ast.CompositeLit:
				if lastName(n.Type) == "memory" {
					t.Errorf("%s makes a memory, which belongs in a quirks file", name)
				}
			case *ast.Ident:
				if what := forbidden[n.Name]; what != "" && unicode.IsUpper(rune(n.Name[0])) {
					t.Errorf("%s uses %s (%s), which belongs in a quirks file", name, n.Name, what)
				}
			}
			return true
		})
	}
}

func isQuirks(name string) bool { return name == "quirks.go" || strings.HasSuffix(name, "_quirks.go") }

// parseFiles parses the package without its tests.
func parseFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// structFields returns the names of the fields of a struct type.
func structFields(file *ast.File, typeName string) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == typeName {
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, name := range field.Names {
					names = append(names, name.Name)
				}
			}
		}
		return true
	})
	return names
}

// lastName is the name of an expression: c of c and of a.b.c.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
