package integration

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestReleaseFilesExist finds each file that .goreleaser.yaml names in a clone that was prepared for a release.
func TestReleaseFilesExist(t *testing.T) {
	clone := needRelease(t)
	text, err := os.ReadFile("../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config any
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	var names []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			for key, value := range v {
				switch name, isName := value.(string); {
				case isName && (key == "src" || key == "dockerfile" || key == "dir"):
					names = append(names, name)
				case key == "extra_files":
					for _, name := range value.([]any) {
						names = append(names, name.(string))
					}
				default:
					walk(value)
				}
			}
		}
	}
	walk(config)
	if len(names) < 10 {
		t.Fatalf("the configuration names only %v", names)
	}
	for _, name := range names {
		files, err := filepath.Glob(filepath.Join(clone, name))
		if err != nil || len(files) == 0 {
			t.Errorf("the release has no file %s: %v", name, err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.Size() == 0 {
				t.Errorf("%s is empty: %v", name, err)
			}
		}
	}
}

// TestRehearsal runs ./release in a clone. That compiles goreleaser and programs for six platforms, which takes ten minutes
// on two cores, so it runs only if CONCORS_RELEASE is set.
func TestRehearsal(t *testing.T) {
	if os.Getenv("CONCORS_RELEASE") == "" {
		t.Skip("CONCORS_RELEASE is not set: the other tests of this folder rehearse the parts of a release")
	}
	clone := filepath.Join(t.TempDir(), "clone")
	for _, cmd := range []*exec.Cmd{
		exec.Command("git", "clone", "-q", "--no-hardlinks", "..", clone),
		exec.Command(filepath.Join(clone, "release"), "v"+packagesVersion),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	checkDist(t, filepath.Join(clone, "dist"))

	program := filepath.Join(needRelease(t), "dist/concors")
	if released := fileSum(t, filepath.Join(clone, "dist/concors_linux_amd64_v1/concors")); released != fileSum(t, program) {
		t.Error("goreleaser and buildRelease build different programs")
	}
}

// checkDist checks what ./release wrote.
func checkDist(t *testing.T, dist string) {
	t.Helper()
	find := func(pattern string, count int) []string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dist, pattern))
		if err != nil || len(files) != count {
			t.Errorf("there are %d files %s, want %d: %v", len(files), pattern, count, err)
		}
		return files
	}
	sums := map[string]string{}
	list, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums[name] = sum
		if fileSum(t, filepath.Join(dist, name)) != sum {
			t.Errorf("checksums.txt is wrong about %s", name)
		}
	}

	want := []string{
		"CHANGELOG.md", "LICENSE", "README.md", "THIRD_PARTY_LICENSES", "completions/_concors", "completions/concors.bash",
		"completions/concors.fish", "completions/concors.ps1", "concors", "man/concors-check.1.gz", "man/concors.1.gz",
	}
	for _, archive := range find("concors_*.tar.gz", 4) {
		checkNames(t, archive, namesInTar(t, archive), want)
	}
	want[8] = "concors.exe"
	for _, archive := range find("concors_*_windows_*.zip", 2) {
		reader, err := zip.OpenReader(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		var names []string
		for _, f := range reader.File {
			names = append(names, f.Name)
		}
		checkNames(t, archive, names, want)
	}
	for _, document := range find("*.cdx.json", 6) {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		var sbom struct {
			Format     string `json:"bomFormat"`
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(content, &sbom); err != nil || sbom.Format != "CycloneDX" || len(sbom.Components) < 10 {
			t.Errorf("%s: %v, %d components", document, err, len(sbom.Components))
		}
	}
	for _, deb := range find("*.deb", 2) {
		checkNames(t, deb, namesInDeb(t, deb), []string{
			"usr/bin/concors", "usr/share/bash-completion/completions/concors", "usr/share/doc/concors/copyright",
			"usr/share/doc/concors/THIRD_PARTY_LICENSES", "usr/share/man/man1/concors.1.gz",
		})
	}
	find("*.rpm", 2)
	find("npm/*.tgz", 7)

	formula, err := os.ReadFile(filepath.Join(dist, "homebrew/Formula/concors.rb"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`/([^/"]+)"(?:,[^\n]*)?\n\s*sha256 "([0-9a-f]{64})"`).FindAllStringSubmatch(string(formula), -1)
	if len(found) != 4 {
		t.Errorf("the formula names %d archives, want 4:\n%s", len(found), formula)
	}
	for _, archive := range found {
		if sums[archive[1]] != archive[2] {
			t.Errorf("the formula is wrong about %s", archive[1])
		}
	}
}

// checkNames checks that all wanted names are among the names in a package.
func checkNames(t *testing.T, pack string, names, want []string) {
	t.Helper()
	for _, name := range want {
		if !slices.Contains(names, name) {
			t.Errorf("%s has no %s: %v", filepath.Base(pack), name, names)
		}
	}
}

func namesInTar(t *testing.T, file string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return tarNames(t, content)
}

// tarNames returns the names in a compressed tar archive.
func tarNames(t *testing.T, content []byte) (names []string) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(strings.TrimPrefix(header.Name, "."), "/"))
	}
}

// namesInDeb returns the names of the files that a deb package installs. It is an ar archive with the member data.tar.gz.
func namesInDeb(t *testing.T, file string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const header = 60 // bytes: the name in the first 16, the size in ten from 48
	for rest := bytes.TrimPrefix(content, []byte("!<arch>\n")); len(rest) > header; {
		var size int
		for _, digit := range strings.TrimSpace(string(rest[48:58])) {
			size = size*10 + int(digit-'0')
		}
		data := rest[header:min(header+size, len(rest))]
		if strings.HasPrefix(string(rest), "data.tar.gz") {
			return tarNames(t, data)
		}
		rest = rest[min(header+size+size%2, len(rest)):]
	}
	t.Fatalf("%s has no data.tar.gz", file)
	return nil
}
