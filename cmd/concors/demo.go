package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
)

// list writes the names and titles of all experiments.
func list(w io.Writer) error {
	var b strings.Builder
	b.WriteString("The experiments, in the order of a course:\n\n")
	for _, s := range experiments.All() {
		fmt.Fprintf(&b, "  %s\n      %s\n", s.Name, s.Title)
	}
	fmt.Fprintf(&b, "\nTo run one: concors check --demo %s\n", experiments.First().Name)
	_, err := io.WriteString(w, b.String())
	return err
}

// runDemo runs one experiment against a server of its own.
func runDemo(c *cobra.Command, q request.Question, name string, out output, status *int) error {
	s, ok := experiments.Find(name)
	if !ok {
		return &cli.UsageError{Problem: fmt.Sprintf("unknown experiment %q for --demo", name), Hint: "concors check --demo lists all"}
	}
	server, err := experiments.Start(s)
	if err != nil {
		return err
	}
	defer server.Close()
	question := server.Question()
	question.As, question.Timeout = q.As, q.Timeout
	result, err := run(c, question)
	if err != nil {
		return err
	}
	report := report.New(result, nil)
	if out.json || out.markdown {
		return show(c.OutOrStdout(), report, out, status)
	}
	w := c.OutOrStdout()
	if _, err := io.WriteString(w, s.Introduction()); err != nil {
		return err
	}
	if err := show(w, report, out, status); err != nil {
		return err
	}
	_, err = io.WriteString(w, s.Conclusion())
	return err
}
