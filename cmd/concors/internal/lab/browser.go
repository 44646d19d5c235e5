package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// ErrNoBrowser is the error of OpenBrowser if no program is found that opens pages.
var ErrNoBrowser = errors.New("no browser was found")

// browserWait is how long the program that opens a page has to fail.
const browserWait = 2 * time.Second

// OpenBrowser opens a page in the reader's browser. It returns when the program that does so has ended or runs
// for two seconds.
func OpenBrowser(url string) error {
	command, err := browserCommand(runtime.GOOS, os.Getenv)
	if err != nil {
		return err
	}
	c := exec.Command(command[0], append(command[1:], url)...)
	if err := c.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", command[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", command[0], err)
		}
	case <-time.After(browserWait):
	}
	return nil
}

// browserCommand returns the program that opens pages on a system, and its first arguments.
func browserCommand(system string, getenv func(string) string) ([]string, error) {
	var candidates [][]string
	if program := getenv("BROWSER"); program != "" {
		candidates = append(candidates, []string{program})
	}
	switch system {
	case "darwin":
		candidates = append(candidates, []string{"open"})
	case "windows":
		candidates = append(candidates, []string{"rundll32", "url.dll,FileProtocolHandler"})
	default:
		if getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != "" {
			candidates = append(candidates, []string{"xdg-open"})
		}
		candidates = append(candidates, []string{"wslview"})
	}
	for _, c := range candidates {
		if _, err := exec.LookPath(c[0]); err == nil {
			return c, nil
		}
	}
	return nil, ErrNoBrowser
}
