package integration

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// packagesVersion is the version of the release that the tests of this file prepare.
const packagesVersion = "0.0.0-test"

// maxProgramBytes is the largest size of a released program: 17 MB.
const maxProgramBytes = 17_000_000

// releaseConfig is the part of .goreleaser.yaml that the tests follow.
type releaseConfig struct {
	Builds []struct {
		Dir          string
		Goos, Goarch []string
		Env          []string
		Flags        []string
		Gcflags      []string
		Ldflags      []string
	}
	Dockers []struct {
		Dockerfile string
		Files      []string `yaml:"extra_files"`
	} `yaml:"dockers_v2"`
}

func readReleaseConfig() (c releaseConfig, err error) {
	text, err := os.ReadFile("../.goreleaser.yaml")
	if err != nil {
		return c, err
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return c, err
	}
	if len(c.Builds) != 1 || len(c.Dockers) != 1 {
		return c, fmt.Errorf(".goreleaser.yaml has %d builds and %d images", len(c.Builds), len(c.Dockers))
	}
	return c, nil
}

// cloneRelease clones the last commit into dir and prepares the clone for a release.
func cloneRelease(dir string) error {
	for _, cmd := range []*exec.Cmd{
		exec.Command("git", "clone", "-q", "--no-hardlinks", "..", dir),
		exec.Command(filepath.Join(dir, "packaging/prepare"), "v"+packagesVersion),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", cmd, err, out)
		}
	}
	return nil
}

// buildRelease builds the program in a clone as .goreleaser.yaml says, and returns its path.
func buildRelease(clone string, env ...string) (string, error) {
	config, err := readReleaseConfig()
	if err != nil {
		return "", err
	}
	b := config.Builds[0]
	program := filepath.Join(clone, "dist", "concors")
	args := append([]string{"build"}, b.Flags...)
	for _, flags := range b.Gcflags {
		args = append(args, "-gcflags="+flags)
	}
	args = append(args, "-ldflags="+strings.Join(b.Ldflags, " "), "-o", program, ".")
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join(clone, b.Dir)
	cmd.Env = append(append(os.Environ(), b.Env...), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return program, nil
}

// releaseClone is a prepared clone with the released program in dist/concors.
var releaseClone = sync.OnceValues(func() (string, error) {
	clone := filepath.Join(toolDir, "release")
	if err := cloneRelease(clone); err != nil {
		return "", err
	}
	_, err := buildRelease(clone)
	return clone, err
})

func needRelease(t *testing.T) (clone string) {
	t.Helper()
	skipIfShort(t)
	if runtime.GOOS == "windows" {
		t.Skip("a release is made on Linux or macOS")
	}
	clone, err := releaseClone()
	if err != nil {
		t.Fatal(err)
	}
	return clone
}

// TestReleasedProgram builds the program of the last commit as a release does.
func TestReleasedProgram(t *testing.T) {
	clone := needRelease(t)
	first := filepath.Join(clone, "dist", "concors")

	t.Run("is smaller than 17 MB", func(t *testing.T) {
		info, err := os.Stat(first)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d bytes", info.Size())
		if info.Size() >= maxProgramBytes {
			t.Errorf("the program has %d bytes; see CONTRIBUTING.md for what each dependency costs", info.Size())
		}
	})

	t.Run("contains its version and the commit", func(t *testing.T) {
		out, err := exec.Command("go", "version", "-m", first).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"mod\t" + rootModule + "/cmd/concors\tv" + packagesVersion,
			"vcs.modified=false", "vcs.revision=", "-trimpath=true", "CGO_ENABLED=0",
		} {
			if !strings.Contains(string(out), want) {
				t.Errorf("go version -m prints no %q:\n%s", want, out)
			}
		}
	})

	t.Run("has no path of the machine that built it", func(t *testing.T) {
		content, err := os.ReadFile(first)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{clone, goEnv(t, "GOMODCACHE"), goEnv(t, "GOROOT")} {
			if bytes.Contains(content, []byte(path+"/")) {
				t.Errorf("the program contains %s", path)
			}
		}
	})

	t.Run("has the same bytes when it is built again", func(t *testing.T) {
		again := filepath.Join(t.TempDir(), "another", "folder")
		if err := cloneRelease(again); err != nil {
			t.Fatal(err)
		}
		second, err := buildRelease(again, "GOCACHE="+t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fileSum(t, first), fileSum(t, second); a != b {
			t.Errorf("two builds of one commit have the SHA-256 %s and %s", a, b)
		}
	})
}

func fileSum(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

// nodePlatform returns a platform in the words of Node.js.
func nodePlatform(goos, goarch string) string {
	if goos == "windows" {
		goos = "win32"
	}
	if goarch == "amd64" {
		goarch = "x64"
	}
	return goos + "-" + goarch
}

// npmPackages makes the npm packages, as ./release does, and serves them as a registry. The package of this platform
// has the released program. The others have a text in its place.
func npmPackages(t *testing.T) *npmRegistry {
	t.Helper()
	clone := needRelease(t)
	need(t, "node")
	need(t, "npm")
	config, err := readReleaseConfig()
	if err != nil {
		t.Fatal(err)
	}
	type artifact struct {
		Type   string `json:"type"`
		Path   string `json:"path"`
		Goos   string `json:"goos"`
		Goarch string `json:"goarch"`
	}
	var artifacts []artifact
	for _, goos := range config.Builds[0].Goos {
		for _, goarch := range config.Builds[0].Goarch {
			name := "dist/" + goos + goarch + "/concors"
			if goos == "windows" {
				name += ".exe"
			}
			content := []byte("a program for " + goos)
			if goos == runtime.GOOS && goarch == runtime.GOARCH {
				if content, err = os.ReadFile(filepath.Join(clone, "dist", "concors")); err != nil {
					t.Fatal(err)
				}
			}
			write(t, clone, name, string(content))
			artifacts = append(artifacts, artifact{"Binary", name, goos, goarch})
		}
	}
	list, err := json.Marshal(artifacts)
	if err != nil {
		t.Fatal(err)
	}
	write(t, clone, "dist/artifacts.json", string(list))
	write(t, clone, "dist/metadata.json", `{"version":"`+packagesVersion+`","date":"2026-01-01T00:00:00Z"}`)
	pack := exec.Command("node", "packaging/npm/pack.js", "dist")
	pack.Dir = clone
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", pack, err, out)
	}
	return serveNPM(t, filepath.Join(clone, "dist/npm"))
}

// An npmRegistry serves packages as a registry of npm does.
type npmRegistry struct {
	*httptest.Server
	manifests map[string]map[string]any // by name
	files     map[string][]string       // the names of a package's files
	env       []string                  // for npm
}

// serveNPM serves all packages in dir.
func serveNPM(t *testing.T, dir string) *npmRegistry {
	t.Helper()
	r := &npmRegistry{manifests: map[string]map[string]any{}, files: map[string][]string{}}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, ".tgz") {
			http.ServeFile(w, q, filepath.Join(dir, path.Base(q.URL.Path)))
			return
		}
		name := strings.TrimPrefix(q.URL.Path, "/")
		manifest, ok := r.manifests[name]
		if !ok {
			http.NotFound(w, q)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{
			"name":      name,
			"dist-tags": map[string]string{"latest": packagesVersion},
			"versions":  map[string]any{packagesVersion: manifest},
		})
	}))
	t.Cleanup(r.Close)
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names, manifest := readPackage(t, content)
		sum := sha512.Sum512(content)
		manifest["dist"] = map[string]string{
			"tarball":   "http://" + r.Listener.Addr().String() + "/" + filepath.Base(file),
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		}
		name := manifest["name"].(string)
		r.manifests[name], r.files[name] = manifest, names
	}
	r.Start() // after the last change to the maps
	r.env = append(os.Environ(), "npm_config_registry="+r.URL, "npm_config_cache="+t.TempDir(), "npm_config_audit=false",
		"npm_config_fund=false", "npm_config_update_notifier=false", "npm_config_yes=true")
	return r
}

// readPackage returns the names of the files in a package of npm, with their modes, and its manifest.
func readPackage(t *testing.T, content []byte) (names []string, manifest map[string]any) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fmt.Sprintf("%s %o", strings.TrimPrefix(header.Name, "package/"), header.Mode&0o777))
		if header.Name == "package/package.json" {
			if err := json.NewDecoder(archive).Decode(&manifest); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(names)
	return names, manifest
}

// command returns a command of Node.js's world that installs packages from the registry.
func (r *npmRegistry) command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, r.env
	return cmd
}

// install installs a package in an empty project and returns the project's folder.
func (r *npmRegistry) install(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "package.json", "{}")
	if out, err := r.command(dir, "npm", append([]string{"install"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	return dir
}

func TestNPMPackages(t *testing.T) {
	registry := npmPackages(t)
	own := "@concors/cli-" + nodePlatform(runtime.GOOS, runtime.GOARCH)

	t.Run("contain what they should, and no scripts", func(t *testing.T) {
		if len(registry.manifests) != 7 {
			t.Fatalf("there are packages %v", slices.Sorted(maps.Keys(registry.manifests)))
		}
		for name, manifest := range registry.manifests {
			if manifest["scripts"] != nil || manifest["license"] != "MIT" || manifest["version"] != packagesVersion {
				t.Errorf("%s has the manifest %v", name, manifest)
			}
			want := []string{"LICENSE 644", "README.md 644", "bin/concors.js 755", "package.json 644"}
			if name != "concors" {
				program := "bin/concors 755"
				if strings.Contains(name, "win32") {
					program = "bin/concors.exe 755"
				}
				want = []string{"LICENSE 644", "THIRD_PARTY_LICENSES 644", program, "package.json 644"}
				if got := fmt.Sprint("@concors/cli-", manifest["os"], "-", manifest["cpu"]); strings.NewReplacer("[", "", "]", "").Replace(got) != name {
					t.Errorf("%s is for %v and %v", name, manifest["os"], manifest["cpu"])
				}
			}
			if !slices.Equal(registry.files[name], want) {
				t.Errorf("%s has the files %v, want %v", name, registry.files[name], want)
			}
		}
	})

	t.Run("npx runs the program without an install", func(t *testing.T) {
		out, err := registry.command(t.TempDir(), "npx", "concors", "recipe", "--list").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "nginx") {
			t.Errorf("npx concors recipe --list: %v\n%s", err, out)
		}
	})

	dir := registry.install(t, "concors")
	installed, err := os.ReadDir(filepath.Join(dir, "node_modules/@concors"))
	if err != nil || len(installed) != 1 || "@concors/"+installed[0].Name() != own {
		t.Fatalf("npm installed the programs %v, want %s alone: %v", installed, own, err)
	}
	shim := filepath.Join(dir, "node_modules/.bin/concors")

	t.Run("pass arguments, input, output and exit statuses through", func(t *testing.T) {
		write(t, dir, "a policy.yaml", "origins: [https://a.example]\n")
		for _, test := range []struct {
			args   []string
			input  string
			status int
			out    string
		}{
			{args: []string{"recipe", "a policy.yaml", "--for", "nginx"}, out: "Access-Control-Allow-Origin"},
			{args: []string{"recipe", "missing.yaml", "--for", "nginx"}, status: 2, out: "missing.yaml"},
			{args: []string{"explain"}, input: "Access to fetch at 'https://b.example/' from origin 'https://a.example' has been " +
				"blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.\n",
				out: "Access-Control-Allow-Origin"},
		} {
			var out bytes.Buffer
			cmd := registry.command(dir, shim, test.args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(test.input), &out, &out
			direct := exec.Command(filepath.Join(dir, "node_modules", own, "bin/concors"), test.args...)
			direct.Dir, direct.Stdin = dir, strings.NewReader(test.input)
			want, _ := direct.CombinedOutput()
			cmd.Run()
			if out.String() != string(want) || !strings.Contains(out.String(), test.out) ||
				cmd.ProcessState.ExitCode() != direct.ProcessState.ExitCode() ||
				test.status != 0 && cmd.ProcessState.ExitCode() != test.status {
				t.Errorf("%v: status %d (the program's: %d), want %d\n%s", test.args,
					cmd.ProcessState.ExitCode(), direct.ProcessState.ExitCode(), test.status, out.String())
			}
		}
	})

	t.Run("pass signals through", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("Windows has no signals")
		}
		for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
			asked := make(chan struct{}, 10)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				asked <- struct{}{}
				<-q.Context().Done() // the program ends while it waits
			}))
			cmd := registry.command(dir, shim, "check", server.URL, "--from", "http://localhost:3000")
			started := time.Now()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case <-asked:
			case <-ended:
				t.Fatalf("the program ended before it sent a request: %v", cmd.ProcessState)
			}
			cmd.Process.Signal(signal) // to Node.js alone
			select {
			case <-ended:
			case <-time.After(time.Minute):
				cmd.Process.Kill()
				t.Errorf("the program runs on after %v", signal)
			}
			if cmd.ProcessState != nil && cmd.ProcessState.Success() {
				t.Errorf("after %v the status is 0", signal)
			}
			t.Logf("%v: %v after %v", signal, cmd.ProcessState, time.Since(started))
			server.CloseClientConnections()
			server.Close()
		}
	})

	for _, test := range []struct {
		name, script string
		want         []string
	}{
		{"say what to do if the platform's package is missing", "", []string{own, "npm install --no-save " + own + "@" + packagesVersion}},
		{"say what to do on a platform without a program", `Object.defineProperty(process, "arch", { value: "mips" })`,
			[]string{"-mips", "go install " + rootModule + "/cmd/concors@latest"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := registry.install(t, "--omit=optional", "concors")
			script := test.script + "\nrequire('./node_modules/concors/bin/concors.js')"
			cmd := registry.command(dir, "node", "-e", script)
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 2 {
				t.Errorf("the status is %d, want 2", cmd.ProcessState.ExitCode())
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("the error does not say %q:\n%s", want, out)
				}
			}
		})
	}
}
