package integration

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/concors/concors/cors"
)

// An action is what action.yml says.
type action struct {
	Inputs map[string]struct {
		Description string
		Required    bool
		Default     string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	Name, ID, Shell, If, Run, Uses string
	Env, With                      map[string]string
}

func readAction(t *testing.T) (a action, text string) {
	t.Helper()
	content, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &a); err != nil {
		t.Fatal(err)
	}
	return a, string(content)
}

func TestActionIsSafe(t *testing.T) {
	a, text := readAction(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("the action has no steps: %+v", a)
	}
	for name, input := range a.Inputs {
		if input.Description == "" {
			t.Errorf("the input %s is not described", name)
		}
		if !strings.Contains(text, "${{ inputs."+name+" }}") {
			t.Errorf("the input %s is not used", name)
		}
	}
	uploads := false
	for _, step := range a.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("%s: an expression in the script: an input could become a command", step.Name)
		}
		if step.Run != "" && step.Shell != "bash" {
			t.Errorf("%s: the shell is %q", step.Name, step.Shell)
		}
		if step.Uses != "" {
			pinned := regexp.MustCompile(`uses: ` + regexp.QuoteMeta(step.Uses) + ` # v\d+\.\d+\.\d+\n`)
			if !regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`).MatchString(step.Uses) || !pinned.MatchString(text) {
				t.Errorf("%s: %s is not a commit with its version in a comment", step.Name, step.Uses)
			}
		}
		if strings.HasPrefix(step.Uses, "actions/upload-artifact@") {
			uploads = step.With["path"] == "${{ steps.verify.outputs.junit }}" && strings.Contains(step.If, "!cancelled()")
		}
	}
	if !uploads {
		t.Error("no step uploads the report of a run that failed")
	}
}

// A run is what the steps of the action left behind.
type actionRun struct {
	status  int               // of the step that failed, or 0
	out     string            // what the steps printed
	outputs map[string]string // of all steps
}

// run runs the action's scripts with bash in dir as a runner does, until one fails. env is added to the environment.
func (a action) run(t *testing.T, dir string, env []string, inputs map[string]string) (r actionRun) {
	t.Helper()
	for name := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			t.Fatalf("the action has no input %s", name)
		}
	}
	value := func(expression string) string {
		name, isInput := strings.CutPrefix(strings.Trim(expression, "${} "), "inputs.")
		input, known := a.Inputs[name]
		if !isInput || !known {
			t.Fatalf("the expression %s is not an input", expression)
		}
		if given, ok := inputs[name]; ok {
			return given
		}
		return input.Default
	}
	runner := t.TempDir()
	paths, outputs := write(t, runner, "path", ""), write(t, runner, "output", "")
	var out bytes.Buffer
	for i, step := range a.Runs.Steps {
		if step.Run == "" {
			continue
		}
		script := write(t, runner, string(rune('a'+i))+".sh", step.Run)
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
		cmd.Env = append(slices.Clone(env), "GITHUB_OUTPUT="+outputs, "GITHUB_PATH="+paths, "RUNNER_TEMP="+runner)
		added, err := os.ReadFile(paths)
		if err != nil {
			t.Fatal(err)
		}
		for folder := range strings.Lines(string(added)) {
			cmd.Env = append(cmd.Env, "PATH="+strings.TrimSpace(folder)+string(filepath.ListSeparator)+os.Getenv("PATH"))
		}
		for name, expression := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+value(expression))
		}
		cmd.Run()
		if r.status = cmd.ProcessState.ExitCode(); r.status != 0 {
			break
		}
	}
	r.out, r.outputs = out.String(), map[string]string{}
	content, err := os.ReadFile(outputs)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		r.outputs[name] = value
	}
	return r
}

// TestAction runs the scripts of the GitHub Action with the npm packages from a registry on loopback.
func TestAction(t *testing.T) {
	need(t, "bash")
	registry := npmPackages(t)
	a, _ := readAction(t)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("[]")) })
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	right := serve(cors.MustNew(cors.Policy{Origins: []string{"https://a.example"}}).Wrap(api))
	wrong := serve(api)
	// Its header would be a command of the runner if it were printed as it is.
	hostile := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "::set-output name=junit::x")
		w.Header().Set("Server", "::error::from the server")
	}))

	for _, test := range []struct {
		name    string
		inputs  map[string]string
		status  int
		outputs []string // by name
		print   string
	}{
		{name: "a server that agrees", inputs: map[string]string{"url": right}, outputs: []string{"junit", "status"}},
		{name: "two URLs and more arguments",
			inputs:  map[string]string{"url": "\n  " + right + "\r\n" + right + "/other\n\n", "arguments": "--max-requests=500\n--rate=200"},
			outputs: []string{"junit", "status"}, print: "/other"},
		{name: "a server that differs", inputs: map[string]string{"url": wrong}, status: 1, outputs: []string{"junit", "status"},
			print: "::error::the server differs"},
		{name: "a server that cannot be reached", inputs: map[string]string{"url": "http://127.0.0.1:1/"}, status: 3,
			outputs: []string{"junit", "status"}, print: "::error::not known"},
		{name: "a missing policy", inputs: map[string]string{"url": right, "policy": "missing.yaml"}, status: 2,
			outputs: []string{"status"}, print: "missing.yaml"},
		{name: "a server that prints commands of the runner", inputs: map[string]string{"url": hostile}, status: 1,
			outputs: []string{"junit", "status"}},
		{name: "commands in every input", status: 2, outputs: []string{"status"}, inputs: map[string]string{
			"url": "$(touch run1)", "policy": "`touch run2`", "as": "; touch run3", "arguments": "$(touch run4)", "junit": "'; touch run5; '"}},
		{name: "an option in place of the policy", status: 2, outputs: []string{"status"},
			inputs: map[string]string{"url": right, "policy": "--help"}},
		{name: "no URL", inputs: map[string]string{"url": " \n"}, status: 2, print: "url is empty"},
		{name: "two lines in the name of the report", inputs: map[string]string{"url": right, "junit": "a\nstatus=0"}, status: 2},
		{name: "a version that is a folder", inputs: map[string]string{"url": right, "version": "file:."}, status: 2},
		{name: "a version of its own", inputs: map[string]string{"url": right, "version": "v" + packagesVersion},
			outputs: []string{"junit", "status"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "policy.yaml", "origins: [https://a.example]\n")
			inputs := map[string]string{"policy": "policy.yaml"}
			maps.Copy(inputs, test.inputs)
			r := a.run(t, dir, registry.env, inputs)
			if r.status != test.status {
				t.Errorf("the status is %d, want %d", r.status, test.status)
			}
			if names := slices.Sorted(maps.Keys(r.outputs)); !slices.Equal(names, test.outputs) {
				t.Errorf("the outputs are %v, want %v", r.outputs, test.outputs)
			}
			if !strings.Contains(r.out, test.print) {
				t.Errorf("%q is not printed", test.print)
			}
			if report := r.outputs["junit"]; report != "" {
				content, err := os.ReadFile(filepath.Join(dir, report))
				if err != nil {
					t.Fatal(err)
				}
				var suites struct {
					XMLName xml.Name
				}
				if err := xml.Unmarshal(content, &suites); err != nil || suites.XMLName.Local != "testsuites" {
					t.Errorf("the report is not JUnit XML: %v\n%s", err, content)
				}
			}
			stopped, commands := "", 0
			for line := range strings.Lines(r.out) {
				line = strings.TrimSpace(line)
				word, isStop := strings.CutPrefix(line, "::stop-commands::")
				switch {
				case stopped == "" && isStop:
					stopped = word
				case line == "::"+stopped+"::":
					stopped = ""
				case stopped == "" && strings.HasPrefix(line, "::"):
					commands++
				}
			}
			if stopped != "" || commands > 1 || commands == 1 && r.status == 0 {
				t.Errorf("%d commands of the runner are printed, want one for a failure", commands)
			}
			files, err := filepath.Glob(filepath.Join(dir, "run*"))
			if err != nil || len(files) > 0 {
				t.Errorf("an input was run as a command: %v", files)
			}
			if t.Failed() {
				t.Log(r.out)
			}
		})
	}
}
