package cors

import (
	"net/http"
	"strings"

	"github.com/concors/concors/internal/field"
)

// addVary adds to Vary the names in value that are not there yet, and keeps
// what is. "Vary: *" is left alone: it says more.
func addVary(h http.Header, value string) {
	lines := h["Vary"]
	missing := ""
	for more := true; more; {
		var name string
		name, value, more = strings.Cut(value, ", ")
		switch has, all := varies(lines, name); {
		case all:
			return
		case !has && missing != "":
			missing += ", " + name
		case !has:
			missing = name
		}
	}
	if missing != "" {
		// A copy: the lines may be somebody's who did not expect them to grow.
		h["Vary"] = append(lines[:len(lines):len(lines)], missing)
	}
}

// varies reports whether a name, or "*", is in the lines of Vary.
func varies(lines []string, name string) (has, all bool) {
	for _, line := range lines {
		for more := true; more; {
			var token string
			token, line, more = strings.Cut(line, ",")
			token = field.Trim(token)
			has, all = has || field.EqualFold(token, name), all || token == "*"
		}
	}
	return has, all
}
