package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/input"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const policyCheckHelp = `Reads a policy file, YAML or JSON, and reports all its problems, each with its
line and column and with what to write instead. If the policy is valid, it
prints who may do what. docs/policy-file.md describes the file, and
docs/policy.schema.json is its JSON Schema. The file is never changed.`

const policyCheckStatuses = `
  0  the policy is valid (there may be warnings)
  1  it is not valid
  2  the file cannot be read, or the command line is invalid`

const policyCheckExample = "concors policy check policy.yaml"

func policyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "policy COMMAND", Short: "Check a policy file", DisableFlagsInUseLine: true, SuggestFor: []string{"policies", "schema"},
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && input.Of(args[0]).Kind == input.Policy {
				return cli.Usage(term.Bounded(args[0])+" is a policy: "+c.CommandPath()+" takes a command",
					"write concors policy check "+term.Bounded(args[0]))
			}
			return onlyCommands(c, args)
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(policyCheckCommand())
	return c
}

func policyCheckCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "check FILE [FLAGS]",
		Short:             "Report what is wrong with a policy file, or what it grants",
		ValidArgsFunction: completePolicy,
		SuggestFor:        []string{"lint", "show", "test", "validate"},
		Long:              policyCheckHelp,
		Example:           "  " + policyCheckExample + "\n  " + policyCheckExample + " --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usage(fmt.Sprintf("%d arguments instead of one file", len(args)),
					"write "+policyCheckExample)
			}
			return policyArgument("policy check", args[0])
		},
		RunE: func(c *cobra.Command, args []string) error {
			report, err := policyfile.Check(args[0])
			if err != nil {
				return cli.Usage(err.Error(), "write the path of a policy file")
			}
			write := report.WriteText
			if asJSON {
				write = report.WriteJSON
			}
			if err := cli.Show(c, func(w io.Writer, _ term.Screen) error { return write(w) }); err != nil {
				return err
			}
			if !report.Valid {
				return cli.ExitNotOK
			}
			return nil
		},
	}
	cli.Document(c, policyCheckStatuses)
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON (see docs/policy-file.md)")
	cli.Paged(c.Flags())
	return c
}

// openPolicy reads a policy file for a command that uses it, and writes its
// problems to stderr if it is not valid.
func openPolicy(stderr io.Writer, name string) (*policyfile.File, error) {
	file, err := policyfile.Open(name)
	var faults *policyfile.Errors
	switch {
	case errors.As(err, &faults):
		if err := policyfile.WriteProblems(stderr, name, faults.Problems); err != nil {
			return nil, err
		}
		return nil, cli.Usage("the policy is not valid",
			"correct it until concors policy check reports no error")
	case err != nil:
		return nil, cli.Usage(err.Error(), "write the path of a policy file")
	}
	return file, nil
}
