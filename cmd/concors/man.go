package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// manCommand writes the manual pages. It is for those who make packages, and hidden from
// all others.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man FOLDER", Short: "Write the manual pages to a folder", Hidden: true, DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usage("man takes a folder", "write concors man FOLDER")
			}
			names, err := cli.WriteMan(c.Root(), args[0])
			if err != nil {
				return cli.Usage(err.Error(), "name a folder that can be written to")
			}
			for _, name := range names {
				fmt.Fprintln(c.OutOrStdout(), term.Printable(name))
			}
			return nil
		},
	}
}
