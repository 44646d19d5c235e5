package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// singleKeys makes a console return each key at once, without an echo.
func singleKeys(in *os.File) (restore func(), err error) {
	console := windows.Handle(in.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, err
	}
	if err := windows.SetConsoleMode(console, before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT)); err != nil {
		return nil, err
	}
	return func() {
		// The program ends: there is no one to tell an error.
		_ = windows.SetConsoleMode(console, before)
	}, nil
}
