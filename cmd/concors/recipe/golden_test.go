package recipe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/policyfile"
)

// TestGolden has every stack's recipe for each policy in testdata, or why there
// is none, as it was when somebody last looked at it.
func TestGolden(t *testing.T) {
	policies, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(policies) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	for _, name := range policies {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := policyfile.Load(name, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range Stacks() {
			golden := filepath.Join(strings.TrimSuffix(name, ".yaml"), s.Name+".golden")
			t.Run(golden, func(t *testing.T) {
				var b strings.Builder
				r, err := Write(file.Routes, s.Name)
				var refusal *Refusal
				switch {
				case errors.As(err, &refusal):
					b.WriteString("refused:\n" + strings.Join(refusal.Because, "\n") + "\n")
				case err != nil:
					t.Fatal(err)
				default:
					for _, f := range r.Files {
						b.WriteString("-- " + f.Name + " --\n" + f.Text)
					}
				}
				if *update {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if b.String() != string(want) {
					t.Errorf("not what %s has: look at what go test ./recipe -update changes", golden)
				}
			})
		}
	}
}
