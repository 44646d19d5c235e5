//go:build !unix

package integration

import "os/exec"

// There are no process groups to speak of here: the server's own process is
// killed, and its children are expected to follow.

func ownGroup(*exec.Cmd) {}

func endGroup(cmd *exec.Cmd, _ bool) { _ = cmd.Process.Kill() }
