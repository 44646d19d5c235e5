package recipe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/policyfile"
)

// TestGolden keeps for every policy of testdata what is written for every stack:
// all files of the recipe, or why there is none.
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
		folder := strings.TrimSuffix(name, ".yaml")
		for _, s := range Stacks() {
			t.Run(filepath.Base(folder)+", "+s.Name, func(t *testing.T) {
				got := ""
				r, err := Write(file.Routes, s.Name)
				var refusal *Refusal
				switch {
				case errors.As(err, &refusal):
					got = err.Error() + "\n"
				case err != nil:
					t.Fatal(err)
				default:
					for _, f := range r.Files {
						got += "-- " + f.Name + " --\n" + strings.TrimSuffix(f.Text, "\n") + "\n"
					}
				}
				golden := filepath.Join(folder, s.Name+".golden")
				if *update {
					if err := os.MkdirAll(folder, 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("this is not %s; go test ./recipe -update writes it anew:\n%s", golden, got)
				}
			})
		}
	}
}
