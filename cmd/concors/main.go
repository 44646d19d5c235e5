// Command concors says whether a page on one origin may do something with what
// another origin serves, and if not, why. See concors --help.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// commands lists the commands in the order of --help.
func commands() []*cobra.Command {
	return []*cobra.Command{checkCommand(), explainCommand(), verifyCommand(), recipeCommand(), policyCommand(), snippetCommand()}
}

func main() { os.Exit(int(run(os.Args[1:], os.Stdout, os.Stderr))) }

// run runs a command line and returns the exit status.
func run(args []string, stdout, stderr io.Writer) cli.Exit {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
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
	root.AddCommand(commands()...)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return cli.Fail(stderr, root.ExecuteContext(ctx))
}
