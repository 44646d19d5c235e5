//go:build !linux

package integration

import (
	"os/exec"
	"testing"
)

func inImage(t *testing.T, _ *exec.Cmd, _ image) {
	t.Helper()
	t.Skip("the image's program is for Linux")
}
