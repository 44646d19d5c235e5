package recipe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
)

// TestGolden holds the recipe of every stack for the policies in testdata/*.yaml
// to what lies in testdata/<policy>/<stack>.golden: all of its files, or the
// refusal.
func TestGolden(t *testing.T) {
	policies, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(policies) == 0 {
		t.Fatalf("there are no policies: %v", err)
	}
	for _, path := range policies {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := policyfile.Load(path, text)
		if err != nil {
			t.Fatal(err)
		}
		folder := strings.TrimSuffix(path, ".yaml")
		for _, s := range Stacks() {
			t.Run(filepath.Base(folder)+"/"+s.Name, func(t *testing.T) {
				var got string
				r, err := Write(policy.Routes, s.Name)
				var refusal *Refusal
				switch {
				case errors.As(err, &refusal):
					got = refusal.Error() + "\n"
				case err != nil:
					t.Fatal(err)
				default:
					got = together(r)
				}
				golden(t, filepath.Join(folder, s.Name+".golden"), got)
			})
		}
	}
}

// TestGoldenAliases does the same for aliases, without cookies and with them.
func TestGoldenAliases(t *testing.T) {
	for _, s := range Aliases() {
		t.Run(s.Name, func(t *testing.T) {
			for folder, o := range map[string]AliasOptions{
				"testdata/alias":         {Path: "/api/", To: "https://api.example/v1/"},
				"testdata/alias-cookies": {Path: "/api/", To: "https://api.example/v1/", Cookies: true},
				"testdata/alias-whole":   {Path: "/api/", To: "http://127.0.0.1:8080", Cookies: true},
			} {
				r, err := Alias(o, s.Name)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join(folder, s.Name+".golden"), together(r))
			}
		})
	}
}

// together is all files of a recipe as one text.
func together(r *Recipe) string {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString("-- " + f.Name + " --\n" + f.Text)
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed: if it is right so, write it with go test -run Golden -update .\ngot:\n%s", file, got)
	}
}
