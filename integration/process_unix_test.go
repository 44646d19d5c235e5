//go:build unix

package integration

import (
	"os/exec"
	"syscall"
)

// newProcessGroup makes a command start in a new process group, so that
// everything it starts can be ended with it.
func newProcessGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// endProcessGroup terminates all processes of a command's group, or kills them.
// An error means that the group has already ended.
func endProcessGroup(cmd *exec.Cmd, kill bool) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	_ = syscall.Kill(-cmd.Process.Pid, signal)
}
