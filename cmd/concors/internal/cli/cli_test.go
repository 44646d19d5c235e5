package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFailPrintsAnErrorAndItsHint(t *testing.T) {
	for _, row := range []struct {
		name   string
		err    error
		exit   Exit
		stderr string
	}{
		{"success", nil, ExitOK, ""},
		{"a report that was printed", ExitNotOK, ExitNotOK, ""},
		{"a wrapped status", fmt.Errorf("check: %w", ExitUnknown), ExitUnknown, ""},
		{"an invalid command line", Usage("no --from", "write --from"), ExitUsage, "concors: no --from\nhint: write --from\n"},
		{"no hint", Usage("no --from", ""), ExitUsage, "concors: no --from\n"},
		{"any other error", errors.New("disk full"), ExitUsage, "concors: disk full\nhint: see concors --help\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stderr strings.Builder
			if exit := Fail(&stderr, row.err); exit != row.exit || stderr.String() != row.stderr {
				t.Errorf("exit status %d and %q, want %d and %q", exit, stderr.String(), row.exit, row.stderr)
			}
		})
	}
	if ExitOK.Err() != nil || ExitNotOK.Err() != error(ExitNotOK) {
		t.Error("only ExitOK is a nil error")
	}
}

func TestTimeoutIsSecondsOrADuration(t *testing.T) {
	for value, want := range map[string]time.Duration{"10": 10 * time.Second, "500ms": 500 * time.Millisecond, "0": 0, "-1s": 0, "soon": 0} {
		var timeout Timeout
		err := timeout.Set(value)
		if time.Duration(timeout) != want || (err == nil) != (want > 0) {
			t.Errorf("Set(%q): %v, %v", value, time.Duration(timeout), err)
		}
	}
}
