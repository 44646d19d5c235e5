package watch

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// maxFiles is how many files are looked at, in all folders together.
const maxFiles = 5000

// files are watched by looking at them: that also works in containers and on network
// drives, whose changes no operating system reports, and with editors that replace
// a file.
type files struct {
	names []string
	state map[string]stamp
}

// A stamp is what shows that a file changed.
type stamp struct {
	modified int64
	size     int64
	mode     fs.FileMode
}

// newFiles looks at the files for the first time.
func newFiles(names []string) (*files, error) {
	f := &files{names: names}
	for _, name := range names {
		if _, err := os.Stat(name); err != nil {
			return nil, cli.Usage("--file: "+term.Printable(err.Error()), "write the path of a file or folder")
		}
	}
	f.state = f.look()
	if len(f.state) > maxFiles {
		return nil, cli.Usage(fmt.Sprintf("--file: there are more than %d files in it", maxFiles),
			"write a smaller folder, or the files that matter")
	}
	return f, nil
}

// look returns the stamps of all files. A file that cannot be read has none.
func (f *files) look() map[string]stamp {
	state := map[string]stamp{}
	for _, name := range f.names {
		_ = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // it is gone, for a moment or for good
			case len(state) > maxFiles:
				return fs.SkipAll
			case d.IsDir() && path != name && (d.Name() == "node_modules" || d.Name()[0] == '.'):
				return fs.SkipDir
			}
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				state[path] = stamp{info.ModTime().UnixNano(), info.Size(), info.Mode()}
			}
			return nil
		})
	}
	return state
}

// watch sends the name of a file that changed, once the files have not changed for
// one more look, or for two seconds.
func (f *files) watch(ctx context.Context, pause time.Duration, changed chan<- string) {
	for {
		begin := time.Now()
		now := f.look()
		cost := time.Since(begin)
		if !maps.Equal(now, f.state) {
			name := difference(f.state, now)
			for end := begin.Add(2 * time.Second); ; {
				if sleep(ctx, pause) != nil {
					return
				}
				next := f.look()
				if maps.Equal(next, now) || time.Now().After(end) {
					now = next
					break
				}
				now = next
			}
			f.state = now
			select {
			case changed <- name:
			case <-ctx.Done():
				return
			}
		}
		// Large folders are looked at less often, so that it costs little.
		if sleep(ctx, max(pause, 20*cost)) != nil {
			return
		}
	}
}

// difference returns the name of one file that differs.
func difference(before, after map[string]stamp) string {
	first := ""
	consider := func(name string) {
		if first == "" || name < first {
			first = name
		}
	}
	for name, s := range after {
		if before[name] != s {
			consider(name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			consider(name)
		}
	}
	return first
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
