package integration

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
)

// An image is what a Dockerfile makes of its build context.
type image struct {
	root       string // its files
	bases      []string
	user, work string
	entrypoint []string
	cmd        []string
}

// buildImage follows a Dockerfile that consists of ARG, FROM, COPY, WORKDIR, USER, ENTRYPOINT and CMD. Any other
// instruction fails the test, as RUN would need a container engine. bases maps the images that it starts from to folders.
func buildImage(t *testing.T, dockerfile, context string, args, bases map[string]string) (im image) {
	t.Helper()
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	stages := map[string]string{}
	expand := func(s string) string { return os.Expand(s, func(name string) string { return args[name] }) }
	list := func(text string) (words []string) {
		if err := json.Unmarshal([]byte(text), &words); err != nil {
			t.Fatalf("%s is not a list of words, so that a shell would be needed: %v", text, err)
		}
		return words
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		instruction, rest, _ := strings.Cut(line, " ")
		words := strings.Fields(expand(rest))
		switch instruction {
		case "ARG":
			if name, value, ok := strings.Cut(rest, "="); ok {
				args[name] = value
			}
		case "FROM":
			im.root = t.TempDir()
			im.bases = append(im.bases, words[0])
			if base, ok := bases[words[0]]; ok {
				im.root = base
			} else if words[0] != "scratch" {
				t.Fatalf("the image %s is not known", words[0])
			}
			if len(words) == 3 && words[1] == "AS" {
				stages[words[2]] = im.root
			}
		case "COPY":
			from := context
			if stage, ok := strings.CutPrefix(words[0], "--from="); ok {
				if from, ok = stages[stage]; !ok {
					t.Fatalf("%s: the stage %s is not known", line, stage)
				}
				words = words[1:]
			}
			to := words[len(words)-1]
			for _, name := range words[:len(words)-1] {
				target := to
				if strings.HasSuffix(to, "/") {
					target = path.Join(to, path.Base(name))
				}
				content, err := os.ReadFile(filepath.Join(from, name))
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				info, err := os.Stat(filepath.Join(from, name))
				if err != nil {
					t.Fatal(err)
				}
				file := write(t, im.root, target, string(content))
				if err := os.Chmod(file, info.Mode()); err != nil {
					t.Fatal(err)
				}
			}
		case "WORKDIR":
			im.work = words[0]
			if err := os.MkdirAll(filepath.Join(im.root, im.work), 0o755); err != nil {
				t.Fatal(err)
			}
		case "USER":
			im.user = rest
		case "ENTRYPOINT":
			im.entrypoint = list(rest)
		case "CMD":
			im.cmd = list(rest)
		default:
			t.Fatalf("%s: this instruction is not known", line)
		}
	}
	return im
}

// TestContainerImage makes the files of the image as the Dockerfile says, and runs the program with them alone: with
// another root folder and as the image's user.
func TestContainerImage(t *testing.T) {
	clone := needRelease(t)
	config, err := readReleaseConfig()
	if err != nil {
		t.Fatal(err)
	}
	docker := config.Dockers[0]

	api := cors.MustNew(cors.Policy{Origins: []string{"https://localhost:3000"}}).Wrap(http.NotFoundHandler())
	server := httptest.NewTLSServer(api)
	defer server.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	base, context := t.TempDir(), t.TempDir()
	write(t, base, "/etc/ssl/certs/ca-certificates.crt", string(authority))
	for _, name := range docker.Files {
		content, err := os.ReadFile(filepath.Join(clone, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, context, name, string(content))
	}
	program, err := os.ReadFile(filepath.Join(clone, "dist/concors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(write(t, context, "linux/amd64/concors", string(program)), 0o755); err != nil {
		t.Fatal(err)
	}
	im := buildImage(t, filepath.Join(clone, docker.Dockerfile), context, map[string]string{"TARGETPLATFORM": "linux/amd64"},
		map[string]string{"alpine:3": base})

	if last := im.bases[len(im.bases)-1]; last != "scratch" {
		t.Errorf("the image is made from %s, want scratch", last)
	}
	if !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(im.user) {
		t.Errorf("the user is %q, want the numbers of one that is not root", im.user)
	}

	if os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("to run the program with another root folder needs root")
	}
	run := func(args ...string) (string, int) {
		t.Helper()
		cmd := exec.Command(im.entrypoint[0], append(im.entrypoint[1:], args...)...)
		cmd.Env = []string{"PATH=/usr/bin"}
		inImage(t, cmd, im)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return out.String(), cmd.ProcessState.ExitCode()
	}
	if out, status := run(im.cmd...); status != 0 || !strings.Contains(out, "First steps:") {
		t.Errorf("without arguments the status is %d:\n%s", status, out)
	}
	if out, status := run("check", server.URL, "--from", "https://localhost:3000"); status != 0 {
		t.Errorf("https with an authority of the image: the status is %d:\n%s", status, out)
	}
	write(t, im.root, im.work+"/policy.yaml", "origins: [https://a.example]\n")
	if out, status := run("recipe", "policy.yaml", "--for", "nginx"); status != 0 || !strings.Contains(out, "Access-Control-Allow-Origin") {
		t.Errorf("a file of the work folder: the status is %d:\n%s", status, out)
	}
}
