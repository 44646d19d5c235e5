package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
)

const policyCheckHelp = `Reads a policy file, YAML or JSON, and says all that is wrong with it, each thing
with its line and column and with what to write instead; or, if it is fine, who
may do what. docs/policy-file.md describes the file, docs/policy.schema.json is
its JSON Schema. The file is never changed.`

const policyCheckStatuses = `
Exit status:
  0  the policy is fine (there may be warnings)
  1  it has faults
  2  the file cannot be read, or the command line makes no sense`

func policyCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "policy", Short: "Look at a policy file",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &cli.UsageError{Problem: fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath()), Hint: "write concors policy check policy.yaml"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var asJSON bool
	c := &cobra.Command{
		Use:     "check FILE",
		Short:   "Say what is wrong with a policy file, or what it grants",
		Long:    policyCheckHelp,
		Example: "  concors policy check policy.yaml\n  concors policy check policy.yaml --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &cli.UsageError{Problem: fmt.Sprintf("%d arguments where one file belongs", len(args)), Hint: "write concors policy check policy.yaml"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return checkPolicy(c.OutOrStdout(), args[0], asJSON)
		},
	}
	cli.Document(c, policyCheckStatuses)
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON (see docs/policy-file.md)")
	parent.AddCommand(c)
	return parent
}

func checkPolicy(w io.Writer, name string, asJSON bool) error {
	report, err := policyfile.Check(name)
	if err != nil {
		return &cli.UsageError{Problem: err.Error(), Hint: "write the path of a policy file"}
	}
	write := report.WriteText
	if asJSON {
		write = report.WriteJSON
	}
	if err := write(w); err != nil {
		return err
	}
	if !report.Valid {
		return cli.ExitNotOK
	}
	return nil
}
