package experiments

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// Names lists the names of the experiments that concors check --demo runs.
func Names() (names []string) {
	for _, e := range Demo() {
		names = append(names, e.Name)
	}
	return names
}

// Choose returns the experiment that a word on the command line means: its name, or its
// number in the list. The error is a *[cli.UsageError].
func Choose(word string) (Experiment, error) {
	all := Demo()
	if n, err := strconv.Atoi(word); err == nil {
		if n < 1 || n > len(all) {
			return Experiment{}, cli.Usage(fmt.Sprintf("--demo %d: there are %d experiments", n, len(all)),
				"write a number from 1 to "+strconv.Itoa(len(all))+"; concors check --demo lists all")
		}
		return all[n-1], nil
	}
	if e, ok := Find(word); ok && e.Script == nil {
		return e, nil
	}
	return Experiment{}, cli.Choice{Flag: "--demo", Values: Names(), List: "concors check --demo lists all"}.Unknown(word)
}

// WriteList writes the names and titles of the experiments that are one request.
func WriteList(w io.Writer) error {
	var b strings.Builder
	b.WriteString("The experiments, in the order of a course:\n\n")
	for i, e := range Demo() {
		fmt.Fprintf(&b, "  %2d  %s\n      %s\n", i+1, e.Name, e.Title)
	}
	fmt.Fprintf(&b, "\nTo run one, write its name or its number: concors check --demo %s\n", First().Name)
	_, err := io.WriteString(w, b.String())
	return err
}
