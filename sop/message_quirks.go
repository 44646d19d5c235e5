package sop

import (
	"strings"

	"github.com/concors/concors/weburl"
)

// targetNeedsTupleOrigin reports whether a target origin with an opaque origin is a
// SyntaxError.
func (q quirks) targetNeedsTupleOrigin(d *Decision) bool { return q.departs(d, TargetNeedsTupleOrigin) }

// targetSpaceEscaped reports whether a target origin that cannot be parsed is accepted
// because only a space in its host is wrong.
func (q quirks) targetSpaceEscaped(d *Decision, text string) bool {
	inner := strings.TrimSpace(text)
	if !strings.Contains(inner, " ") {
		return false
	}
	_, err := weburl.Parse(strings.ReplaceAll(inner, " ", "-"), nil)
	return err == nil && q.departs(d, TargetSpaceEscaped)
}

// sharedMemoryUnknown reports whether the outcome of posting shared memory is not known. The
// build of WebKit that was measured has no SharedArrayBuffer, and the shared memory of a
// WebAssembly.Memory was posted in one measurement and refused in another.
func (q quirks) sharedMemoryUnknown() bool { return q.NoSharedArrayBuffer }
