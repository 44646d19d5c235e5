//go:build !unix

package conformance

import "os/exec"

// Without process groups, only the browser's first process is ended. Its
// children are expected to end with it.

func newProcessGroup(*exec.Cmd) {}

func endProcessGroup(cmd *exec.Cmd, kill bool) {
	if kill {
		_ = cmd.Process.Kill()
	}
}

func processGroupRuns(*exec.Cmd) bool { return false }
