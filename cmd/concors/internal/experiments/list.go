package experiments

import (
	"fmt"
	"io"
	"strings"
)

// WriteList writes the names and titles of all experiments.
func WriteList(w io.Writer) error {
	var b strings.Builder
	b.WriteString("The experiments, in the order of a course:\n\n")
	for _, e := range All() {
		fmt.Fprintf(&b, "  %s\n      %s\n", e.Name, e.Title)
	}
	fmt.Fprintf(&b, "\nTo run one: concors check --demo %s\n", First().Name)
	_, err := io.WriteString(w, b.String())
	return err
}
