//go:build !linux

package integration

import (
	"os"
	"os/exec"
	"testing"
)

func inImage(t *testing.T, _ *exec.Cmd, _ image) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("the image's program is for Linux, and with CI=true no test may be skipped")
	}
	t.Skip("the image's program is for Linux")
}
