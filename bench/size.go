package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Growth is the size of a stripped net/http server and by how much package cors
// makes it larger.
type Growth struct {
	Bare  int64 `json:"bare"`
	With  int64 `json:"with"`  // growth with the public suffix list
	NoPSL int64 `json:"noPSL"` // growth with -tags concors_nopsl
}

// MeasureGrowth builds the servers in the folder size. It needs the go command and
// must run inside this module.
func MeasureGrowth() (*Growth, error) {
	dir, err := os.MkdirTemp("", "concors-size-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	size := func(name, tags string) (int64, error) {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags="+tags, "-o", out,
			"github.com/concors/concors/bench/size/"+name)
		if text, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("building the server %s: %w\n%s", name, err, text)
		}
		info, err := os.Stat(out)
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	var g Growth
	if g.Bare, err = size("bare", ""); err != nil {
		return nil, err
	}
	with, err := size("cors", "")
	if err != nil {
		return nil, err
	}
	without, err := size("cors", "concors_nopsl")
	if err != nil {
		return nil, err
	}
	g.With, g.NoPSL = with-g.Bare, without-g.Bare
	return &g, nil
}
