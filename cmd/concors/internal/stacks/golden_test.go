package stacks

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cors/routes"
)

var update = flag.Bool("update", false, "write the golden files and the lists in the documentation")

// TestGolden compares the recipe of every stack for each policy in testdata/golden/*.yaml
// with STACK/testdata/POLICY.golden: all files of the recipe, or the refusal.
func TestGolden(t *testing.T) {
	for name, policies := range goldenPolicies(t, "golden") {
		for _, s := range All() {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				r, err := recipe.Write(policies, s)
				got, ok := refused(t, err)
				if !ok {
					got = archive(r)
				}
				compareGolden(t, filepath.Join(s.Name, "testdata", name+".golden"), got)
			})
		}
	}
}

// TestGoldenShorts does the same for short forms, with testdata/lines/NAME-POLICY.golden.
func TestGoldenShorts(t *testing.T) {
	for name, policies := range goldenPolicies(t, "golden", "usual") {
		for _, s := range Shorts() {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				lines, err := recipe.WriteLines(policies, s)
				got, ok := refused(t, err)
				if !ok {
					got = lines.Where + "\n" + lines.Text + "\n"
					for _, note := range lines.Notes {
						got += "note: " + note + "\n"
					}
				}
				compareGolden(t, filepath.Join("testdata", "lines", s.Name+"-"+name+".golden"), got)
			})
		}
	}
}

// TestGoldenAliases does the same for aliases with and without cookies, and for an
// alias of a whole server.
func TestGoldenAliases(t *testing.T) {
	for name, o := range map[string]recipe.AliasOptions{
		"alias":         {Path: "/api/", To: "https://api.example/v1/"},
		"alias-cookies": {Path: "/api/", To: "https://api.example/v1/", Cookies: true},
		"alias-whole":   {Path: "/api/", To: "http://127.0.0.1:8080", Cookies: true},
	} {
		for _, s := range Aliases() {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				r, err := recipe.WriteAlias(o, s)
				if err != nil {
					t.Fatal(err)
				}
				compareGolden(t, filepath.Join(s.Name, "testdata", name+".golden"), archive(r))
			})
		}
	}
}

// TestGoldenSecrets does the same for routes with a secret.
func TestGoldenSecrets(t *testing.T) {
	o := recipe.SecretOptions{To: "https://api.example/v2", At: "/api/", Header: "X-API-Key=API_KEY", Paths: []string{"/things", "/things/{id}"}, Methods: []string{"GET", "POST"}}
	for _, s := range Secrets() {
		for name, typed := range map[string]bool{"secret": false, "secret-typescript": true} {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				o := o
				if o.TypeScript = typed; typed && !s.TypeScript {
					return
				}
				r, err := recipe.WriteSecret(o, s)
				if err != nil {
					t.Fatal(err)
				}
				compareGolden(t, filepath.Join(s.Name, "testdata", name+".golden"), archive(r))
			})
		}
	}
}

// refused returns what a golden file has of a refusal. Any other error fails the test.
func refused(t *testing.T, err error) (text string, ok bool) {
	t.Helper()
	var refusal *recipe.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Error() + "\n", true
	case err != nil:
		t.Fatal(err)
	}
	return "", false
}

// goldenPolicies returns the policies in folders of testdata by name.
func goldenPolicies(t *testing.T, folders ...string) map[string]routes.Policies {
	var paths []string
	for _, folder := range folders {
		files, err := filepath.Glob("testdata/" + folder + "/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatalf("testdata/%s has no policies: %v", folder, err)
		}
		paths = append(paths, files...)
	}
	out := map[string]routes.Policies{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := policyfile.Load(path, text)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".yaml")] = policy.Routes
	}
	return out
}

// archive returns all files of a recipe as one text.
func archive(r *recipe.Recipe) string {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString("-- " + f.Name + " --\n" + f.Text)
	}
	return b.String()
}

func compareGolden(t *testing.T, file, got string) {
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
		t.Errorf("%s differs. If the change is right, run go test -run Golden -update .\ngot:\n%s", file, got)
	}
}
