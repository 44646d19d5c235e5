package main

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// modes returns the terminal's modes: whether it waits for whole lines, and echoes keys.
func (s *session) modes() (lines, echo bool) {
	s.t.Helper()
	mode, err := unix.IoctlGetTermios(int(s.master.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return mode.Lflag&unix.ICANON != 0, mode.Lflag&unix.ECHO != 0
}

func TestWatchReadsKeysAndRestoresTheTerminal(t *testing.T) {
	for _, row := range []struct {
		name, keys string
		status     int
	}{{"q", "q", 0}, {"Ctrl-C", ctrlC, 130}} {
		t.Run(row.name, func(t *testing.T) {
			s := startOn(t, "sh", "-c", `exec concors watch "$0" --from http://localhost:5173 >&2`, openServer(t))
			s.waitFor("Enter asks again, q quits")
			if lines, echo := s.modes(); lines || echo {
				t.Errorf("the terminal waits for lines: %v, and echoes: %v", lines, echo)
			}
			s.press(" ")
			s.waitFor("same as before: allowed")
			s.press("x\n")
			for strings.Count(s.shown(), "same as before") < 2 {
				time.Sleep(10 * time.Millisecond)
			}
			s.press(row.keys)
			s.end(row.status)
			if lines, echo := s.modes(); !lines || !echo {
				t.Errorf("at the end the terminal waits for lines: %v, and echoes: %v", lines, echo)
			}
			if strings.Contains(s.shown(), "\x1b[2J") || strings.Contains(s.shown(), "\x1b[H") {
				t.Errorf("it clears the screen: %q", s.shown())
			}
		})
	}
}
