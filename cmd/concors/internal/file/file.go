// Package file writes the files that the tool makes: all of a file or nothing, and
// never through a symbolic link.
package file

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Modes of files.
const (
	// Private is for reports, which may hold what is nobody else's business.
	Private fs.FileMode = 0o600
	// Public is for configuration that a server has to read, less the umask.
	Public fs.FileMode = 0o644
)

// Write writes a file whose folder exists. The bytes are written to another file in
// that folder, which then takes the file's place, so that readers see the old file or
// the new one. A file that exists keeps its mode if mode is [Public], and gets the mode
// Private otherwise. Symbolic links, folders, pipes, devices and read-only files are not
// replaced: the error says so, without the file's name. What is written to [os.DevNull]
// is discarded.
func Write(name string, mode fs.FileMode, data []byte) error {
	if name == os.DevNull {
		return nil
	}
	root, base, err := openFolder(name)
	if err != nil {
		return err
	}
	defer root.Close()
	return WriteIn(root, base, mode, data)
}

// Check returns the error with which [Write] of the file would probably fail: before a report
// is made that could not be written. It leaves no file.
func Check(name string) error {
	if name == os.DevNull {
		return nil
	}
	root, base, err := openFolder(name)
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Lstat(base); err == nil {
		if err := replaceable(root, base, info); err != nil {
			return err
		}
	}
	temporary := temporaryName()
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, Private)
	if err != nil {
		return explain(err)
	}
	f.Close()
	return root.Remove(temporary)
}

// openFolder opens the folder of a file to write, and returns the file's name in it.
func openFolder(name string) (root *os.Root, base string, err error) {
	switch name {
	case "":
		return nil, "", errors.New("the name is empty")
	case "-":
		return nil, "", errors.New("standard output has the report itself")
	}
	folder, base := filepath.Split(name)
	if base == "" {
		return nil, "", errors.New("it is the name of a folder")
	}
	if folder == "" {
		folder = "."
	}
	if root, err = os.OpenRoot(folder); err != nil {
		return nil, "", explain(err)
	}
	return root, base, nil
}

func temporaryName() string { return ".concors-" + rand.Text()[:12] }

// WriteIn is [Write] for a file in an open folder or in a folder below it, which is made
// if it does not exist. No symbolic link can lead it out of the open folder.
func WriteIn(root *os.Root, name string, mode fs.FileMode, data []byte) (err error) {
	if folder := filepath.Dir(name); folder != "." {
		if err := root.MkdirAll(folder, 0o755); err != nil {
			return explain(err)
		}
	}
	switch info, err := root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return explain(err)
	default:
		if err := replaceable(root, name, info); err != nil {
			return err
		}
		if mode == Public {
			mode = info.Mode().Perm()
		}
	}
	temporary := filepath.Join(filepath.Dir(name), temporaryName())
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return explain(err)
	}
	defer func() {
		if err != nil {
			err = explain(err)
			f.Close()
			root.Remove(temporary)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return root.Rename(temporary, name)
}

// replaceable reports in an error why a file that exists must not be replaced.
func replaceable(root *os.Root, name string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		to, err := root.Readlink(name)
		if err != nil {
			return errors.New("it is a symbolic link")
		}
		return fmt.Errorf("it is a symbolic link, to %q: write that name", to)
	case mode.IsDir():
		return errors.New("it is a folder")
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("it is a pipe, not a file")
	case !mode.IsRegular():
		return errors.New("it is a device, not a file")
	case mode.Perm()&0o200 == 0:
		return errors.New("it is read-only")
	}
	return nil
}

// explain removes from an error the names of files, which the caller knows.
func explain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("the folder does not exist")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("permission denied: no file can be written to that folder")
	}
	return err
}
