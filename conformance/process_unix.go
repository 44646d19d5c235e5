//go:build unix

package conformance

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
func endProcessGroup(cmd *exec.Cmd, kill bool) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	// An error means that the group has already ended.
	_ = syscall.Kill(-cmd.Process.Pid, signal)
}

// processGroupRuns reports whether a process of a command's group still runs.
func processGroupRuns(cmd *exec.Cmd) bool {
	return syscall.Kill(-cmd.Process.Pid, 0) == nil
}
