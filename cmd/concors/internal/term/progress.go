package term

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// A Progress shows on a terminal what a command is waiting for. It begins after one
// second, and erases its line when it stops. It writes nothing if stderr is not a
// terminal.
type Progress struct {
	w     io.Writer
	done  chan struct{}
	ended sync.WaitGroup

	mu   sync.Mutex
	what string
}

// StartProgress starts a Progress. The caller must call Stop.
func StartProgress(stderr io.Writer) *Progress {
	p := &Progress{w: stderr, done: make(chan struct{})}
	if stderr == io.Writer(os.Stderr) && IsTerminal(stderr) {
		p.ended.Go(p.show)
	}
	return p
}

// WaitFor sets what the command is waiting for.
func (p *Progress) WaitFor(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = Printable(what)
}

func (p *Progress) show() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	const wipe = "\r" + ansi.EraseLineRight
	for seconds := 1; ; seconds++ {
		select {
		case <-tick.C:
			p.mu.Lock()
			fmt.Fprintf(p.w, "%swaiting for %s ... %ds", wipe, Shorten(p.what, 60), seconds)
			p.mu.Unlock()
		case <-p.done:
			if seconds > 1 {
				fmt.Fprint(p.w, wipe)
			}
			return
		}
	}
}

// Stop erases the line and returns when that is done.
func (p *Progress) Stop() {
	close(p.done)
	p.ended.Wait()
}
