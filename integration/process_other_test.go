//go:build !unix

package integration

import "os/exec"

// Without process groups, only the server's first process is killed. Its children
// are expected to end with it.

func newProcessGroup(*exec.Cmd) {}

func endProcessGroup(cmd *exec.Cmd, _ bool) { _ = cmd.Process.Kill() }
