package openapi

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// maxFiles is how many other files a document may refer to. The largest published
// document has about 2,000.
const maxFiles = 5000

// files reads the files that a document refers to. They are below its folder: the
// folder is an os.Root, which no path and no symbolic link leads out of. Together
// with the document they are at most limits.Size long.
type files struct {
	folder *os.Root
	size   int
	read   map[string]*position.Value // by path, relative to the folder
	failed map[string]string          // why a file could not be read
}

// locate returns the path of the file that a reference names, relative to the
// document's folder: "" for the file that the reference is in.
func locate(reference, from string) (file, pointer, problem string) {
	file, pointer, _ = strings.Cut(reference, "#")
	if file == "" {
		return from, pointer, ""
	}
	if u, err := url.Parse(file); err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" {
		return "", "", "refers to another site, which is never opened"
	}
	file, err := url.PathUnescape(file)
	if err != nil || strings.ContainsAny(file, "\\\x00") || path.IsAbs(file) {
		return "", "", "does not refer to a file below the document's folder"
	}
	file = path.Join(path.Dir(from), file)
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return "", "", "refers to a file outside the document's folder, which is never opened"
	}
	return file, pointer, ""
}

// open returns the value in a file.
func (f *files) open(name string) (v *position.Value, problem string) {
	if v, ok := f.read[name]; ok {
		return v, f.failed[name]
	}
	v, problem = f.load(name)
	if f.read == nil {
		f.read, f.failed = map[string]*position.Value{}, map[string]string{}
	}
	f.read[name], f.failed[name] = v, problem
	return v, problem
}

func (f *files) load(name string) (*position.Value, string) {
	if len(f.read) >= maxFiles {
		return nil, fmt.Sprintf("is in one file more than the limit, %d", maxFiles)
	}
	local := filepath.FromSlash(name)
	info, err := f.folder.Stat(local)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "refers to a file that does not exist"
	case err != nil:
		// A symbolic link that leads out of the folder is one such error.
		return nil, "refers to a file that is not below the document's folder, or cannot be read"
	case !info.Mode().IsRegular():
		return nil, "does not refer to a file"
	case info.Size() > int64(limits.Size-f.size):
		return nil, fmt.Sprintf("makes the document larger than the limit, %d bytes", limits.Size)
	}
	file, err := f.folder.Open(local)
	if err != nil {
		return nil, "refers to a file that cannot be read"
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(limits.Size-f.size)+1))
	if err != nil {
		return nil, "refers to a file that cannot be read"
	}
	if f.size += len(data); f.size > limits.Size {
		return nil, fmt.Sprintf("makes the document larger than the limit, %d bytes", limits.Size)
	}
	v, syntax := position.Read(name, data, limits)
	switch {
	case syntax != nil:
		return nil, "refers to a file that is not valid: " + term.Bounded(syntax.Error())
	case v == nil:
		return nil, "refers to an empty file"
	}
	setFile(v, name, map[*position.Value]bool{})
	return v, ""
}

// setFile sets the file of a value and of all values in it.
func setFile(v *position.Value, name string, done map[*position.Value]bool) {
	if done[v] {
		return // an alias
	}
	done[v] = true
	v.File = name
	for _, item := range v.Items {
		setFile(item, name, done)
	}
	for i := range v.Fields {
		v.Fields[i].At.File = name
		setFile(v.Fields[i].Value, name, done)
	}
}
