package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// inImage makes a command start in an image: with its files, as its user, and in its work folder.
func inImage(t *testing.T, cmd *exec.Cmd, im image) {
	t.Helper()
	user, group, _ := strings.Cut(im.user, ":")
	uid, err := strconv.ParseUint(user, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(group, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	// A test's folder can be read by its user alone.
	for dir := im.root; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Dir = im.work
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot:     im.root,
		Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
	}
}
