package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// jub0bs/cors is not in go.mod: some module proxies do not have it. Its column is measured if the
// command is given a checkout of https://github.com/jub0bs/cors. Otherwise it says that it is not.
const (
	jub0bsName   = "jub0bs/cors"
	jub0bsModule = "github.com/jub0bs/cors"
	noCheckout   = "no checkout of https://github.com/jub0bs/cors was given with --jub0bs"
)

var (
	buildJub0bs   func(Policy, http.Handler) (http.Handler, error) // nil without a checkout
	jub0bsVersion string                                           // the linker sets it
)

// RunWithCheckout builds the command of this package with the checkout of github.com/jub0bs/cors in a
// folder, and runs it with args. It needs the go command and must run inside this repository, in which
// it changes nothing: a workspace file in a temporary folder adds the checkout to the modules of this
// repository, and an overlay adds testdata/jub0bs.go to this package.
func RunWithCheckout(checkout string, args []string, stdout, stderr io.Writer) error {
	checkout, err := filepath.Abs(checkout)
	if err != nil {
		return err
	}
	if text, err := os.ReadFile(filepath.Join(checkout, "go.mod")); err != nil {
		return err
	} else if first, _, _ := strings.Cut(string(text), "\n"); strings.TrimSpace(first) != "module "+jub0bsModule {
		return fmt.Errorf("%s is not a checkout of %s: its go.mod begins with %q", checkout, jub0bsModule, first)
	}
	work, err := output("", "go", "env", "GOWORK")
	if err != nil {
		return err
	}
	root := filepath.Dir(work)
	dir, err := os.MkdirTemp("", "concors-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	text := fmt.Sprintf("go 1.26.0\n\nuse (\n\t%q\n\t%q\n\t%q\n)\n\nreplace github.com/concors/concors v0.0.0 => %q\n",
		root, filepath.Join(root, "bench"), checkout, root)
	if err := os.WriteFile(filepath.Join(dir, "go.work"), []byte(text), 0o644); err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.work.sum"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.work.sum"), sums, 0o644); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(root, "bench", "jub0bs.go"): filepath.Join(root, "bench", "testdata", "jub0bs.go"),
	}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644); err != nil {
		return err
	}
	version, err := output(checkout, "git", "describe", "--tags", "--always", "--dirty")
	if err != nil {
		version = "of unknown version"
	}
	program := filepath.Join(dir, "bench")
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"),
		"-ldflags", "-X 'github.com/concors/concors/bench.jub0bsVersion="+version+"'",
		"-o", program, "github.com/concors/concors/bench/cmd/bench")
	build.Env = append(os.Environ(), "GOWORK="+filepath.Join(dir, "go.work"))
	build.Stderr = stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building with %s: %w", checkout, err)
	}
	run := exec.Command(program, args...)
	run.Stdout, run.Stderr = stdout, stderr
	return run.Run()
}

// output returns what a command prints, without white space around it.
func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}
