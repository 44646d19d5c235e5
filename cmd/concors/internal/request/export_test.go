package request

import (
	"testing"
	"time"
)

// SetBodyWait sets for how long a body is read, until the test ends.
func SetBodyWait(t *testing.T, d time.Duration) {
	before := bodyWait
	bodyWait = d
	t.Cleanup(func() { bodyWait = before })
}
