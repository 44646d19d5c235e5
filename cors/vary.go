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
	var missing []string
	for name := range strings.SplitSeq(value, ", ") {
		has := false
		for _, line := range lines {
			for token := range strings.SplitSeq(line, ",") {
				token = strings.Trim(token, " \t")
				if token == "*" {
					return
				}
				has = has || field.EqualFold(token, name)
			}
		}
		if !has && name != "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		// A copy: the lines may be somebody's who did not expect them to grow.
		h["Vary"] = append(lines[:len(lines):len(lines)], strings.Join(missing, ", "))
	}
}
