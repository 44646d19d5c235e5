//go:build unix

package conformance

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a command in a process group of its own, so that what it
// starts can be ended with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// endGroup asks all of a command's group to end, or kills it.
func endGroup(cmd *exec.Cmd, kill bool) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	// An error means that the group has gone already.
	_ = syscall.Kill(-cmd.Process.Pid, signal)
}

// groupAlive reports whether any process of a command's group is left.
func groupAlive(cmd *exec.Cmd) bool {
	return syscall.Kill(-cmd.Process.Pid, 0) == nil
}
