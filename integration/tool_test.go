package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// toolDir holds the built command while the tests run.
var toolDir string

// buildTool builds the command concors, for the first test that needs it, and returns
// its path. The tests run it as a user does.
var buildTool = sync.OnceValues(func() (string, error) {
	program := filepath.Join(toolDir, "concors")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../cmd/concors"
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building concors: %w\n%s", err, out)
	}
	return program, nil
})

// concors runs the command and returns what it prints. status is its exit status,
// which is at most 1: anything else fails the test.
func concors(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	skipIfShort(t)
	program, err := buildTool()
	if err != nil {
		t.Fatal(err)
	}
	var out, errors strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errors
	err = cmd.Run()
	if status = cmd.ProcessState.ExitCode(); status < 0 || status > 1 {
		t.Fatalf("concors %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errors.String())
	}
	return out.String(), errors.String(), status
}

// concorsJSON runs a command that prints JSON, and decodes it.
func concorsJSON(t *testing.T, into any, args ...string) (stderr string, status int) {
	t.Helper()
	out, stderr, status := concors(t, args...)
	if out != "" || status == 0 {
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("concors %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr)
		}
	}
	return stderr, status
}

// A stack is a server or framework, as concors recipe --list --json prints it.
type stack struct {
	Name, Title, Verified string
	Refused               []string
}

// stacks returns the list of stacks that policies are written for, or aliases.
func stacks(t *testing.T, aliases bool) []stack {
	t.Helper()
	var list struct{ Stacks []stack }
	args := []string{"recipe", "--list", "--json"}
	if aliases {
		args = append(args, "--alias")
	}
	concorsJSON(t, &list, args...)
	if len(list.Stacks) == 0 {
		t.Fatal("concors recipe --list prints no stacks")
	}
	return list.Stacks
}

// A recipe is what concors recipe --json prints.
type recipe struct {
	Stack stack
	Files []struct{ Name, Text string }
	Lost  []string

	Refused []struct{ Reason string } // in place of Files
}

// file returns the text of one of a recipe's files.
func (r *recipe) file(t *testing.T, name string) string {
	t.Helper()
	for _, f := range r.Files {
		if f.Name == name {
			return f.Text
		}
	}
	t.Fatalf("the recipe has no file %s", name)
	return ""
}

// rejects reports whether the recipe rejects requests from refused origins, as far as
// its policy says so.
func (r *recipe) rejects() bool {
	for _, lost := range r.Lost {
		if strings.Contains(lost, "not rejected with status 403") {
			return false
		}
	}
	return true
}

// writeRecipe writes a policy file for a stack. It returns nil and the reasons if the
// policy is refused.
func writeRecipe(t *testing.T, stack, policy string) (r *recipe, refusal []string) {
	t.Helper()
	r = new(recipe)
	_, status := concorsJSON(t, r, "recipe", policyFile(t, policy), "--for", stack, "--json")
	if status == 0 {
		return r, nil
	}
	for _, refused := range r.Refused {
		refusal = append(refusal, refused.Reason)
	}
	return nil, refusal
}

// mustWriteRecipe is writeRecipe for a policy that the stack must not refuse.
func mustWriteRecipe(t *testing.T, stack, policy string) *recipe {
	t.Helper()
	r, refusal := writeRecipe(t, stack, policy)
	if r == nil {
		t.Fatal(refusal)
	}
	return r
}

func policyFile(t *testing.T, policy string) string {
	t.Helper()
	return write(t, t.TempDir(), "policy.yaml", policy)
}

// A namedPolicy is a policy file in YAML.
type namedPolicy struct{ name, text string }

// policies returns the policies that every recipe is tested with. They are of every
// kind that a policy file can express.
func policies(t *testing.T) (out []namedPolicy) {
	t.Helper()
	files, err := filepath.Glob("../cmd/concors/internal/stacks/testdata/policies/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no policies: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, namedPolicy{strings.TrimSuffix(filepath.Base(file), ".yaml"), string(text)})
	}
	return out
}

// builtPolicies returns the policies whose recipes are built into one program: all that
// the stack can express, which is all but a few.
func builtPolicies(t *testing.T, stack string) (out []namedPolicy) {
	t.Helper()
	refused := 0
	for _, p := range append(policies(t), namedPolicy{"one origin and a route", oneOrigin}, namedPolicy{"many origins", manyOrigins()}) {
		if r, _ := writeRecipe(t, stack, p.text); r == nil {
			refused++
			continue
		}
		out = append(out, p)
	}
	if refused > 3 {
		t.Fatalf("%s refuses %d policies", stack, refused)
	}
	return out
}
