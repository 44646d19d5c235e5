package cli_test

import (
	"errors"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

func TestURLsWithoutTwoSlashesAreRefused(t *testing.T) {
	for _, row := range []struct{ url, hint string }{
		{"http:/localhost:47809/x", "write http://localhost:47809/x"},
		{"http:localhost:47809/x", "write http://localhost:47809/x"},
		{`https:\api.example/x`, "write https://api.example/x"},
		{" WS:/api.example/", "write WS://api.example/"},
		{"http:\t/api.example", "write http://api.example"},
		{"http://api.example/a:/b", ""},
		{"http:///api.example", ""}, // every page reads it as http://api.example
		{`http:\\api.example`, ""},
		{`http:/\api.example`, ""},
		{"http:", ""},
		{"https:/", ""},
		{"localhost:3000/x", ""},
		{"data:text/plain,a", ""},
	} {
		var usage *cli.UsageError
		err := cli.CheckSlashes(row.url)
		if hint := ""; errors.As(err, &usage) {
			if hint = usage.Hint; hint != row.hint {
				t.Errorf("%q: %s, want %q", row.url, hint, row.hint)
			}
		} else if row.hint != "" {
			t.Errorf("%q: %v", row.url, err)
		}
	}
}
