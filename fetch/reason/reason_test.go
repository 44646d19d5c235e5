package reason_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/concors/concors/fetch/reason"
)

func TestReasonsHaveUniqueNamesThatRoundTrip(t *testing.T) {
	names := map[string]bool{}
	seen := map[reason.Reason]bool{}
	for _, r := range reason.All() {
		name := r.String()
		if name == "" || names[name] || seen[r] || name == fmt.Sprintf("Reason(%d)", uint8(r)) {
			t.Errorf("%d: name %q", uint8(r), name)
		}
		names[name], seen[r] = true, true
		text, err := json.Marshal(r)
		if err != nil || string(text) != `"`+name+`"` {
			t.Errorf("%s as JSON: %s, %v", name, text, err)
		}
		var back reason.Reason
		if err := json.Unmarshal(text, &back); err != nil || back != r {
			t.Errorf("%s read back: %s, %v", text, back, err)
		}
	}
	if len(names) < 40 {
		t.Errorf("only %d reasons", len(names))
	}
}

func TestZeroReasonIsEmptyText(t *testing.T) {
	r := reason.Timeout
	if text, err := reason.Reason(0).MarshalText(); err != nil || len(text) != 0 {
		t.Errorf("%q, %v", text, err)
	}
	if err := r.UnmarshalText(nil); err != nil || r != 0 {
		t.Errorf("%s, %v", r, err)
	}
}

func TestUnknownNameIsAnError(t *testing.T) {
	r := reason.Timeout
	for _, name := range []string{"timeout", "Reason(1)", " ", "Timeout "} {
		if err := r.UnmarshalText([]byte(name)); err == nil || r != reason.Timeout {
			t.Errorf("%q is read as %s", name, r)
		}
	}
}

func TestUnknownReasonIsEmpty(t *testing.T) {
	for _, r := range []reason.Reason{0, 255} {
		if got := r.String(); got != fmt.Sprintf("Reason(%d)", r) || r.Explanation() != "" || r.Protects() != "" || r.Anchor() != "" ||
			r.CORS() || r.Preflight() || r.Refused() || r.Unreachable() || r.CORSCheck() || r.InPreflight() != r || r.WithoutPreflight() != r {
			t.Errorf("%d: %q %q %q", r, got, r.Explanation(), r.Anchor())
		}
	}
}

// A reason is of one kind: refused, fixed with CORS headers, unreachable, or none
// of these.
func TestReasonsAreOfOneKind(t *testing.T) {
	for _, r := range reason.All() {
		n := 0
		for _, is := range []bool{r.Refused(), r.CORS(), r.Unreachable()} {
			if is {
				n++
			}
		}
		if n > 1 || r.Preflight() && !r.CORS() || r.CORSCheck() && !r.CORS() {
			t.Errorf("%s: refused %t, CORS %t, preflight %t, unreachable %t", r, r.Refused(), r.CORS(), r.Preflight(), r.Unreachable())
		}
	}
}

// Each failure of the CORS check has one reason for the preflight, and one for
// the request itself.
func TestFailedCORSChecksComeInPairs(t *testing.T) {
	pairs := 0
	for _, r := range reason.All() {
		if check := r.Algorithm() == "CORS check"; check != r.CORSCheck() {
			t.Errorf("%s: CORS check %t, algorithm %s", r, r.CORSCheck(), r.Algorithm())
		}
		if !r.CORSCheck() {
			continue
		}
		in, without := r.InPreflight(), r.WithoutPreflight()
		if !in.Preflight() || without.Preflight() || in.String() != "Preflight"+without.String() ||
			in.WithoutPreflight() != without || without.InPreflight() != in {
			t.Errorf("%s: %s in a preflight, %s outside", r, in, without)
		}
		pairs++
	}
	if pairs != 12 {
		t.Errorf("%d reasons, want 6 pairs", pairs)
	}
}

func ExampleReason() {
	r := reason.MissingAllowOriginHeader
	fmt.Println(r)
	fmt.Println(r.Explanation())
	fmt.Println(r.Algorithm(), r.Anchor())
	fmt.Println("to fix on the", r.Party())
	// Output:
	// MissingAllowOriginHeader
	// The response has no Access-Control-Allow-Origin header.
	// CORS check https://fetch.spec.whatwg.org/#cors-check
	// to fix on the server
}

// Reports keep reasons typed: as text, a reason is its name.
func ExampleReason_UnmarshalText() {
	var report struct{ Reason reason.Reason }
	err := json.Unmarshal([]byte(`{"Reason": "PreflightInvalidStatus"}`), &report)
	fmt.Println(report.Reason.Preflight(), err)
	// Output:
	// true <nil>
}

// Every constant of type Reason has a row with the constant's name.
func TestEveryConstantHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "table.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, r := range reason.All() {
		names[r.String()] = true
	}
	constants := 0
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST || len(group.Specs) < len(names) {
			continue // not the group of the reasons
		}
		for _, spec := range group.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if name.Name == "_" {
					continue
				}
				constants++
				if !names[name.Name] {
					t.Errorf("%s has no row", name.Name)
				}
			}
		}
	}
	if constants < len(names) {
		t.Errorf("%d constants, %d rows", constants, len(names))
	}
}
