// Package cli has what all of concors' commands share at the command line: the
// exit statuses and the error of an invalid command line.
package cli

import (
	"errors"
	"strconv"
	"time"
)

// The exit statuses, the same for every command.
const (
	ExitOK      = 0 // as wanted: allowed, no differences, written
	ExitNotOK   = 1 // not as wanted: blocked, differences, refused
	ExitUsage   = 2 // an invalid command line or file
	ExitUnknown = 3 // not known: a server could not be reached, or nothing could be tested
)

// A UsageError reports an invalid command line or file, and says in Hint what to
// write instead.
type UsageError struct{ Problem, Hint string }

// Usage returns a *UsageError.
func Usage(problem, hint string) error { return &UsageError{Problem: problem, Hint: hint} }

// Error returns the problem, without the hint.
func (e *UsageError) Error() string { return e.Problem }

// A Timeout is the value of a --timeout flag: seconds, or a duration with a unit.
type Timeout time.Duration

// String returns "", so that --help shows no default value of its own.
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
