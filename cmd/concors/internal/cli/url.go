package cli

import (
	"fmt"
	"regexp"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// oneSlash fits a URL whose scheme is followed by fewer than two slashes, as far as URL
// parsers look: they skip blanks before it, and read \ as /.
var oneSlash = regexp.MustCompile(`^(?i)[\x00-\x20]*(https?|wss?):[\t\r\n]*[/\\]?[\t\r\n]*((?:[^/\\\t\r\n].*)?)$`)

// CheckSlashes returns a usage error for a URL such as http:/host/x or http:host/x. Alone
// it means http://host/x, but a page of that scheme reads it as a path of its own server.
func CheckSlashes(text string) error {
	m := oneSlash.FindStringSubmatch(text)
	if m == nil || m[2] == "" {
		return nil
	}
	return Usage(fmt.Sprintf("URL %s: its scheme is not followed by two slashes, and a page would read it as a path of its own server", term.Quote(text)),
		"write "+m[1]+"://"+term.Bounded(m[2]))
}
