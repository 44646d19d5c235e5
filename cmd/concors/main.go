// Command concors says whether a page on one origin may do something with what
// another origin serves, and if not, why. See concors --help.
package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// commands lists the commands in the order of --help.
func commands() []*cobra.Command {
	return []*cobra.Command{
		checkCommand(), explainCommand(), originCommand(), sopCommand(), labCommand(), snippetCommand(), watchCommand(),
		recipeCommand(), verifyCommand(), policyCommand(), proxyCommand(), versionCommand(), manCommand(),
	}
}

// groups has the commands of --help by the titles of their groups. A command that is in
// none is under Other commands.
var groups = []struct {
	title string
	names []string
}{
	{"What is wrong, and why:", []string{"check", "explain", "origin", "sop", "lab", "snippet", "watch"}},
	{"Set a server right, and test it; or use one that is not yours:", []string{"recipe", "verify", "policy", "proxy"}},
}

// outputFiles are the flags with the name of a file that a command writes at its end.
var outputFiles = []string{"har", "html", "junit"}

const rootHelp = `Concors says whether a page on one origin may do something with what another
origin serves, and if not, exactly why, and what to change.`

// rootExamples are the first steps. Without a command, concors does the obvious thing.
const rootExamples = `  concors                    then paste a red line, or a request copied as fetch
  concors https://api.example/notes --from https://app.example
  concors "Access to fetch at 'https://api.example/' from origin ..."
  concors recording.har      (or a policy file, or a file with a copied request)`

// rootCommand returns the command line's root, with all commands, which print there.
func rootCommand(stdout, stderr io.Writer) *cobra.Command {
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:     "concors [URL|TEXT|FILE]",
		Long:    rootHelp,
		Example: rootExamples,
		Version: readVersion().String(),
		Args:    cobra.ArbitraryArgs, SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return cli.CheckFiles(c, outputFiles...)
		},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetVersionTemplate("{{.Version}}")
	root.SetFlagErrorFunc(cli.FlagError)
	root.SetGlobalNormalizationFunc(otherNames)
	root.AddCommand(commands()...)
	root.InitDefaultCompletionCmd()
	describeCompletion(root)
	root.InitDefaultVersionFlag()
	for _, group := range groups {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, c := range root.Commands() {
			for _, name := range group.names {
				if c.Name() == name {
					c.GroupID = group.title
				}
			}
		}
	}
	cli.SetHelp(root)
	root.InitDefaultHelpCmd()
	root.AddCommand(cli.StatusTopic(root))
	completeValues(root)
	return root
}

// onlyCommands is the Args of a command that has only commands below it.
func onlyCommands(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cli.UnknownCommand(c, args[0])
	}
	return nil
}

// otherNames gives flags a second name: curl's, or that of what fetch() has.
func otherNames(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	switch name {
	case "origin":
		name = "from"
	case "request":
		name = "method"
	}
	return pflag.NormalizedName(name)
}

func main() { os.Exit(int(run(os.Args[1:], os.Stdout, os.Stderr))) }

// run runs a command line and returns the exit status.
func run(args []string, stdout, stderr io.Writer) cli.Exit {
	return cli.Interruptible(stderr, func(ctx context.Context) cli.Exit {
		root := rootCommand(stdout, stderr)
		line, err := start(ctx, root, args)
		if err == nil {
			err = execute(ctx, root, line)
		}
		return cli.Fail(stderr, cli.WithArguments(err, args))
	})
}

// execute runs a command line that names its command.
func execute(ctx context.Context, root *cobra.Command, line []string) error {
	if c, args, err := root.Find(line); err == nil && c != root {
		if err := cli.FlagMistake(c, args); err != nil {
			return err
		}
	}
	root.SetArgs(line)
	return root.ExecuteContext(ctx)
}
