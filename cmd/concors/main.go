// Command concors says whether a page on one origin may do something with what
// another origin serves, and if not, why. See concors --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute is the whole command; it returns the exit status.
func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status := cli.ExitOK
	root := &cobra.Command{
		Use:   "concors",
		Short: "Both halves of the web's cross-origin contract",
		Long: "Concors answers one question: may a page on this origin do this with what that\n" +
			"server serves, and if not, exactly why?",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &cli.UsageError{Problem: err.Error(), Hint: "see " + c.CommandPath() + " --help"}
	})
	root.AddCommand(checkCommand(&status), explainCommand(&status), verifyCommand(&status), recipeCommand(&status), policyCommand(&status))
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return status
	}
	fmt.Fprintln(stderr, "concors:", err)
	var usage *cli.UsageError
	switch {
	case !errors.As(err, &usage):
		fmt.Fprintln(stderr, "hint: see concors --help")
	case usage.Hint != "":
		fmt.Fprintln(stderr, "hint:", usage.Hint)
	}
	return cli.ExitUsage
}
