package grant

import (
	"strings"

	"github.com/concors/concors/internal/field"
)

// AddVary adds to the Vary in h those names that are missing there. ", " separates the names. It leaves
// "Vary: *" alone, which covers every name.
func AddVary(h map[string][]string, names string) {
	lines := h[Vary]
	missing := ""
	for more := true; more; {
		var name string
		name, names, more = strings.Cut(names, ", ")
		switch listed, all := Varies(lines, name); {
		case all:
			return
		case !listed && missing != "":
			missing += ", " + name
		case !listed:
			missing = name
		}
	}
	if missing != "" {
		// Clipped, because the array behind lines may belong to another handler.
		h[Vary] = append(lines[:len(lines):len(lines)], missing)
	}
}

// Varies reports whether the lines of Vary list name, and whether they have "*".
func Varies(lines []string, name string) (listed, all bool) {
	for _, line := range lines {
		for more := true; more; {
			var token string
			token, line, more = strings.Cut(line, ",")
			token = field.Trim(token)
			listed, all = listed || field.EqualFold(token, name), all || token == "*"
		}
	}
	return listed, all
}
