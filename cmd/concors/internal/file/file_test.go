//go:build unix

package file

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWriteReplacesWholeFilesAndNothingElse(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("as root: permissions are not tested")
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for _, row := range []struct {
		name  string
		setup func(name string) error
		file  string // instead of "report"
		mode  fs.FileMode
		want  string // in the error; "" for none
		after fs.FileMode
	}{
		{name: "a new report is for its owner alone", mode: Private, after: 0o600},
		{name: "a new recipe is for everyone", mode: Public, after: 0o644},
		{name: "an old report gets the mode of a new one", mode: Private, after: 0o600,
			setup: func(name string) error { return os.WriteFile(name, []byte("old"), 0o644) }},
		{name: "an old recipe keeps its mode", mode: Public, after: 0o640,
			setup: func(name string) error { return os.WriteFile(name, []byte("old"), 0o640) }},
		{name: "a link to a file", mode: Private, want: `it is a symbolic link, to "` + elsewhere + `"`,
			setup: func(name string) error {
				return first(os.WriteFile(elsewhere, []byte("precious"), 0o600), os.Symlink(elsewhere, name))
			}},
		{name: "a link to nothing", mode: Private, want: "it is a symbolic link",
			setup: func(name string) error { return os.Symlink(elsewhere+"-missing", name) }},
		{name: "a folder", mode: Private, want: "it is a folder", setup: func(name string) error { return os.Mkdir(name, 0o755) }},
		{name: "a pipe", mode: Private, want: "it is a pipe", setup: func(name string) error { return syscall.Mkfifo(name, 0o600) }},
		{name: "a socket", mode: Private, want: "it is a device", setup: func(name string) error {
			fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			defer syscall.Close(fd)
			return syscall.Bind(fd, &syscall.SockaddrUnix{Name: name})
		}},
		{name: "a read-only file", mode: Private, want: "it is read-only",
			setup: func(name string) error { return os.WriteFile(name, []byte("old"), 0o400) }},
		{name: "a folder that does not exist", mode: Private, file: "missing/report", want: "the folder does not exist"},
		{name: "a file as a folder", mode: Private, file: "report/x", want: "not a directory",
			setup: func(name string) error { return os.WriteFile(filepath.Dir(name), nil, 0o600) }},
		{name: "a name that ends with a slash", mode: Private, file: "x/", want: "it is the name of a folder"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder, err := os.MkdirTemp("", "f") // short, for the socket's name
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(folder)
			name := filepath.Join(folder, "report")
			if row.file != "" {
				name = folder + "/" + row.file
			}
			var before fs.FileInfo
			if row.setup != nil {
				if err := row.setup(name); err != nil {
					t.Fatal(err)
				}
				before, _ = os.Lstat(name)
			}
			if err := Check(name); (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("checked before: %v, want %s", err, row.want)
			}
			if after, _ := os.Lstat(name); (after == nil) != (before == nil) || before != nil && !after.ModTime().Equal(before.ModTime()) {
				t.Errorf("the check changed %v to %v", before, after)
			}
			err = Write(name, row.mode, []byte("new"))
			if row.want == "" {
				info, e := os.Lstat(name)
				if err != nil || e != nil || info.Mode() != row.after {
					t.Errorf("%v, %v, %v", err, e, info)
				}
				if text, _ := os.ReadFile(name); string(text) != "new" {
					t.Errorf("%q", text)
				}
			} else {
				if err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("%v, want %s", err, row.want)
				}
				if after, _ := os.Lstat(name); before != nil && (after == nil || after.Mode() != before.Mode()) {
					t.Errorf("%v is now %v", before, after)
				}
			}
			left, _ := filepath.Glob(filepath.Join(folder, ".concors-*"))
			if len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
	if text, _ := os.ReadFile(elsewhere); string(text) != "precious" {
		t.Errorf("the target of a link was changed: %q", text)
	}
}

func TestNamesThatAreNoFiles(t *testing.T) {
	for name, want := range map[string]string{"": "the name is empty", "-": "standard output", "/dev/zero": "it is a device", "/": "name of a folder"} {
		for _, err := range []error{Write(name, Private, nil), Check(name)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", name, err, want)
			}
		}
	}
	if err := Write(os.DevNull, Private, []byte("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(os.DevNull); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Errorf("%s is now %v, %v", os.DevNull, info, err)
	}
}

// A folder that cannot be written to is not tested as root, who can write everywhere.
func TestAReadOnlyFolder(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700)
	err, before := Write(filepath.Join(folder, "report"), Private, nil), Check(filepath.Join(folder, "report"))
	if os.Getuid() == 0 {
		if err != nil || before != nil {
			t.Error(err, before)
		}
		return
	}
	if before == nil || err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Error(err)
	}
}

func TestNoLinkLeadsOutOfAnOpenFolder(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(folder, "src")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := WriteIn(root, "src/main.js", Public, []byte("x")); err == nil {
		t.Error("no error")
	}
	if err := WriteIn(root, "lib/deep/main.js", Public, []byte("x")); err != nil {
		t.Error(err)
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Errorf("written through a link: %v", list)
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
