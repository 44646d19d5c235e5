// Package cli holds what all of concors' commands share: the exit statuses, the
// error of an invalid command line, and parts of the help.
package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/file"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// An Exit is the exit status of a command that has printed its report. As an
// error it ends the command without a message.
type Exit int

// The exit statuses, the same for every command.
const (
	ExitOK      Exit = 0 // as wanted: allowed, no differences, written
	ExitNotOK   Exit = 1 // not as wanted: blocked, differences, refused
	ExitUsage   Exit = 2 // an invalid command line or file
	ExitUnknown Exit = 3 // not known: a server could not be reached, or nothing could be tested
)

// Error returns the status in words.
func (e Exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Err returns the status as an error, and nil for ExitOK.
func (e Exit) Err() error {
	if e == ExitOK {
		return nil
	}
	return e
}

// A UsageError reports an invalid command line or file, and says in Hint what to
// write instead.
type UsageError struct{ Problem, Hint string }

// Usage returns a *UsageError.
func Usage(problem, hint string) error { return &UsageError{Problem: problem, Hint: hint} }

// Error returns the problem, without the hint.
func (e *UsageError) Error() string { return e.Problem }

// Fail writes a command's error, if it needs a message, and returns the exit status.
// What a terminal could act on is escaped: messages have file names and arguments in them.
// An error of a context has no message: it ends a command that was interrupted.
func Fail(stderr io.Writer, err error) Exit {
	var exit Exit
	var usage *UsageError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &exit):
		return exit
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	}
	fmt.Fprintln(stderr, "concors:", term.Printable(secret.Text(err.Error())))
	switch {
	case !errors.As(err, &usage):
		fmt.Fprintln(stderr, "hint: see concors --help")
	case usage.Hint != "":
		lines := strings.Split(secret.Text(usage.Hint), "\n")
		for i := range lines {
			lines[i] = term.Printable(lines[i])
		}
		fmt.Fprintln(stderr, "hint:", strings.Join(lines, "\n"))
	}
	return ExitUsage
}

// Note writes a note to standard error, in lines of at most 80 columns.
func Note(stderr io.Writer, note string) {
	for _, line := range term.Hang(0, len("note: "), "note: "+secret.Text(note)) {
		fmt.Fprintln(stderr, line)
	}
}

// WriteFile writes a report to the file that a flag names: all of it, or nothing if
// write fails. Only the user can read it.
func WriteFile(flag, name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return fileError(flag, name, file.Write(name, file.Private, b.Bytes()))
}

// CheckFiles returns an error if a file cannot be written that the command line names with
// one of the flags. It is for before the command's work, which would be lost.
func CheckFiles(c *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := c.Flags().Lookup(name); f != nil && f.Changed {
			if err := fileError("--"+name, f.Value.String(), file.Check(f.Value.String())); err != nil {
				return err
			}
		}
	}
	return nil
}

func fileError(flag, name string, err error) error {
	if err == nil {
		return nil
	}
	return Usage(fmt.Sprintf("%s %q: %v", flag, name, err), "write the name of a file in an existing folder")
}

// A Timeout is the value of a --timeout flag: seconds, or a duration with a unit.
type Timeout time.Duration

// String returns "", so that --help shows no default value in addition to the one in
// the flag's description.
func (t *Timeout) String() string { return "" }

// Type returns the name of the value in --help.
func (t *Timeout) Type() string { return "time" }

// Set parses a flag's value.
func (t *Timeout) Set(s string) error {
	d, err := time.ParseDuration(s)
	if seconds, e := strconv.ParseUint(s, 10, 20); err != nil && e == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d <= 0 {
		return errors.New("write a number of seconds, or 500ms")
	}
	*t = Timeout(d)
	return nil
}
