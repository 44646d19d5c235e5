package integration

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// The module path of the root, and the version under which TestRelease publishes every module.
const (
	rootModule     = "github.com/concors/concors"
	releaseVersion = "v0.0.0-test"
)

// TestRelease builds the modules as their users do: from module zips, without go.work. It publishes all
// modules of go.work in a folder that is used as the module proxy. All have the same version, and they require
// each other at this version.
func TestRelease(t *testing.T) {
	skipIfShort(t)
	work, err := os.ReadFile("../go.work")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := modfile.ParseWork("go.work", work, nil)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	proxy := t.TempDir()
	goLines := map[string]string{} // by module path
	for _, use := range parsed.Use {
		path, goLine := publish(t, proxy, filepath.Join(root, use.Path))
		goLines[path] = goLine
	}
	removeReleased(t)
	t.Cleanup(func() { removeReleased(t) })

	user := goUser{dir: t.TempDir(), env: append(os.Environ(),
		"GOWORK=off",
		"GOPROXY=file://"+filepath.ToSlash(proxy)+","+goEnv(t, "GOPROXY"),
		"GONOSUMDB="+rootModule+","+rootModule+"/*",
		"GOFLAGS=-mod=mod",
		// The Go command caches a module's index by version, but here the content of a version changes.
		"GODEBUG=goindex=0",
	)}

	t.Run("the commands are installed and the tool runs", func(t *testing.T) {
		bin := t.TempDir()
		install := user
		install.env = append(slices.Clone(user.env), "GOBIN="+bin)
		for _, command := range []string{"/cmd/concors", "/conformance/cmd/conformance", "/bench/cmd/bench"} {
			install.run(t, "go", "install", rootModule+command+"@"+releaseVersion)
		}
		if out := install.run(t, filepath.Join(bin, "concors"), "recipe", "--list"); !strings.Contains(out, "nginx") {
			t.Errorf("concors recipe --list prints no nginx:\n%s", out)
		}
	})

	// A program for each module that is a library. Its go.mod begins with the library's go line, which
	// must be enough: a library must not raise its users' Go.
	libraries := map[string]string{
		rootModule: `
import (
	"net/http"

	"github.com/concors/concors/cors"
	_ "github.com/concors/concors/corstest"
)

func main() { cors.MustNew(cors.Policy{Origins: []string{"https://a.example"}}).Wrap(http.NotFoundHandler()) }
`,
		rootModule + "/adapters/gin": `
import (
	corsgin "github.com/concors/concors/adapters/gin"
	"github.com/concors/concors/cors"
	"github.com/gin-gonic/gin"
)

func main() { gin.New().Use(corsgin.Middleware(cors.MustNew(cors.Policy{Origins: []string{"https://a.example"}}))) }
`,
		rootModule + "/adapters/echo": `
import (
	corsecho "github.com/concors/concors/adapters/echo"
	"github.com/concors/concors/cors"
	"github.com/labstack/echo/v5"
)

func main() { echo.New().Pre(corsecho.Middleware(cors.MustNew(cors.Policy{Origins: []string{"https://a.example"}}))) }
`,
		rootModule + "/adapters/fiber": `
import (
	corsfiber "github.com/concors/concors/adapters/fiber"
	"github.com/concors/concors/cors"
	"github.com/gofiber/fiber/v3"
)

func main() { fiber.New().Use(corsfiber.Middleware(cors.MustNew(cors.Policy{Origins: []string{"https://a.example"}}), nil)) }
`,
	}
	for path := range goLines {
		if _, ok := libraries[path]; !ok && strings.HasPrefix(path, rootModule+"/adapters/") {
			t.Errorf("%s is not tested: add a program that uses it", path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(libraries)) {
		t.Run("a program uses "+path, func(t *testing.T) {
			program := user
			program.dir = t.TempDir()
			program.write(t, "go.mod", "module user.example\n\ngo "+goLines[path]+"\n")
			program.write(t, "main.go", "package main\n"+libraries[path])
			program.run(t, "go", "get", path+"@"+releaseVersion)
			program.run(t, "go", "build", "-o", os.DevNull, ".")
			mod, err := os.ReadFile(filepath.Join(program.dir, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(mod), "\ngo "+goLines[path]+"\n") {
				t.Errorf("the program's go line was raised above %s:\n%s", goLines[path], mod)
			}
		})
	}
}

// publish adds the module in dir to the proxy and returns its path and its go line. The module requires the
// other modules of this repository at releaseVersion.
func publish(t *testing.T, proxy, dir string) (path, goLine string) {
	t.Helper()
	name := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse(name, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	path = mod.Module.Mod.Path
	for _, r := range mod.Require {
		if strings.HasPrefix(r.Mod.Path, rootModule) {
			if err := mod.AddRequire(r.Mod.Path, releaseVersion); err != nil {
				t.Fatal(err)
			}
		}
	}
	if data, err = mod.Format(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("list", []byte(releaseVersion+"\n"))
	write(releaseVersion+".mod", data)
	write(releaseVersion+".info", []byte(`{"Version":"`+releaseVersion+`"}`))

	checked, err := zip.CheckDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []zip.File
	for _, name := range checked.Valid {
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		file := zipFile{name: name, path: filepath.ToSlash(rel)}
		if rel == "go.mod" {
			file.name = filepath.Join(out, releaseVersion+".mod")
		}
		files = append(files, file)
	}
	var archive bytes.Buffer
	if err := zip.Create(&archive, module.Version{Path: path, Version: releaseVersion}, files); err != nil {
		t.Fatal(err)
	}
	write(releaseVersion+".zip", archive.Bytes())
	return path, mod.Go.Version
}

// A zipFile is a file on disk with its path in a module.
type zipFile struct{ name, path string }

func (f zipFile) Path() string                 { return f.path }
func (f zipFile) Lstat() (fs.FileInfo, error)  { return os.Lstat(f.name) }
func (f zipFile) Open() (io.ReadCloser, error) { return os.Open(f.name) }

// removeReleased removes releaseVersion from the user's module cache. With a separate cache, the test would
// download and compile every dependency again.
func removeReleased(t *testing.T) {
	t.Helper()
	cache := goEnv(t, "GOMODCACHE")
	for _, root := range []string{
		filepath.Join(cache, "cache", "download", filepath.FromSlash(rootModule)),
		filepath.Join(cache, filepath.FromSlash(filepath.Dir(rootModule))),
	} {
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // it does not exist
			case d.IsDir() && strings.HasSuffix(path, "@"+releaseVersion):
				// Folders in the module cache are read-only.
				filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
					if err == nil && d.IsDir() {
						os.Chmod(path, 0o755)
					}
					return nil
				})
				if err := os.RemoveAll(path); err != nil {
					t.Error(err)
				}
				return fs.SkipDir
			case !d.IsDir() && strings.HasPrefix(d.Name(), releaseVersion+"."):
				if err := os.Remove(path); err != nil {
					t.Error(err)
				}
			}
			return nil
		})
	}
}

// A goUser runs commands in a folder outside of this repository.
type goUser struct {
	dir string
	env []string
}

func (u goUser) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(u.dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run returns what the command prints, and fails the test if the command fails.
func (u goUser) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = u.dir, u.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
