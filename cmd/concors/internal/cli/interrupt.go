package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// The exit statuses of commands that a signal ended, as shells report them.
const (
	ExitInterrupted Exit = 128 + 2  // SIGINT: Ctrl-C
	ExitTerminated  Exit = 128 + 15 // SIGTERM
)

// grace is how long a command has to restore the terminal after a signal.
const grace = 200 * time.Millisecond

// signals has the signal that ends a command.
var signals = make(chan os.Signal, 1)

// withoutInterrupts calls a function while Ctrl-C is for another program on the terminal,
// such as a pager.
func withoutInterrupts(run func()) {
	dropped := make(chan os.Signal, 1)
	signal.Notify(dropped, os.Interrupt)
	signal.Stop(signals)
	run()
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	signal.Stop(dropped)
}

// UntilInterrupted returns a context that ends when the process is interrupted or terminated.
// It is for a command that a person ends so, in the usual way: [Interruptible] does not see
// the signal. After stop the next signal kills the process.
func UntilInterrupted(parent context.Context) (ctx context.Context, stop func()) {
	signal.Stop(signals)
	return signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
}

// Interruptible runs a command, and ends it when the process is interrupted or
// terminated: its context ends, and after a moment Interruptible returns, even if the
// command waits for a server or for a person. A second signal kills the process.
func Interruptible(stderr io.Writer, command func(context.Context) Exit) Exit {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan Exit, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() { done <- command(ctx) }()
	select {
	case exit := <-done:
		return exit
	case received := <-signals:
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		cancel()
		select {
		case <-done:
		case <-time.After(grace):
		}
		if term.IsTerminal(stderr) {
			fmt.Fprint(stderr, "\r"+ansi.EraseLineRight)
		}
		if received == syscall.SIGTERM {
			fmt.Fprintln(stderr, "concors: terminated")
			return ExitTerminated
		}
		fmt.Fprintln(stderr, "concors: interrupted")
		return ExitInterrupted
	}
}
