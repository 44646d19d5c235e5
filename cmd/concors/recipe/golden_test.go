package recipe

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/policyfile"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden holds what comes out for each policy of testdata and each stack, the
// refusals among it, to what somebody has read.
func TestGolden(t *testing.T) {
	policies, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(policies) == 0 {
		t.Fatal("no policies in testdata", err)
	}
	for _, name := range policies {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := policyfile.Load(filepath.Base(name), text)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range Stacks() {
			golden := filepath.Join(strings.TrimSuffix(name, ".yaml"), s.Name+".golden")
			t.Run(golden, func(t *testing.T) {
				var got strings.Builder
				r, err := Write(file.Routes, s.Name)
				var refusal *Refusal
				switch {
				case errors.As(err, &refusal):
					got.WriteString("refused:\n- " + strings.Join(refusal.Because, "\n- ") + "\n")
				case err != nil:
					t.Fatal(err)
				default:
					for _, f := range r.Files {
						got.WriteString("-- " + f.Name + " --\n" + f.Text)
					}
				}
				if *update {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil || got.String() != string(want) {
					t.Errorf("%v: %s differs from what is written (go test ./recipe -update writes it anew):\n%s", err, golden, got.String())
				}
			})
		}
	}
}
