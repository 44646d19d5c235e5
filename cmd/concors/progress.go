package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
)

// A progress says on stderr what is waited for, once a second has gone by, and
// wipes it away in the end. It is silent unless stderr is a terminal.
type progress struct {
	w     io.Writer
	done  chan struct{}
	ended sync.WaitGroup

	mu   sync.Mutex
	what string
}

func startProgress(stderr io.Writer) *progress {
	p := &progress{w: stderr, done: make(chan struct{})}
	if stderr == io.Writer(os.Stderr) && isatty.IsTerminal(os.Stderr.Fd()) {
		p.ended.Go(p.tell)
	}
	return p
}

// waitFor says what is waited for from now on.
func (p *progress) waitFor(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
}

func (p *progress) tell() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	const wipe = "\r\x1b[K"
	for seconds := 1; ; seconds++ {
		select {
		case <-tick.C:
			p.mu.Lock()
			fmt.Fprintf(p.w, "%swaiting for %.60s ... %ds", wipe, p.what, seconds)
			p.mu.Unlock()
		case <-p.done:
			if seconds > 1 {
				fmt.Fprint(p.w, wipe)
			}
			return
		}
	}
}

// stop ends it and waits until the line is clean.
func (p *progress) stop() {
	close(p.done)
	p.ended.Wait()
}
