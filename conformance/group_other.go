//go:build !unix

package conformance

import "os/exec"

// There are no process groups to speak of here: the browser's own process is
// ended, and its children are expected to follow.

func ownGroup(*exec.Cmd) {}

func endGroup(cmd *exec.Cmd, kill bool) {
	if kill {
		_ = cmd.Process.Kill()
	}
}

func groupAlive(*exec.Cmd) bool { return false }
