package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
)

// shellHelp says for each shell how completion is set up.
var shellHelp = map[string]string{
	"bash": `Prints the script with which bash completes concors' commands, flags and values.
It needs the package bash-completion.

In this shell:
  source <(concors completion bash)

In every shell, from now on:
  echo 'source <(concors completion bash)' >>~/.bashrc

For all users of a computer (as root):
  concors completion bash >/etc/bash_completion.d/concors

With Homebrew, on macOS:
  concors completion bash >"$(brew --prefix)/etc/bash_completion.d/concors"`,

	"zsh": `Prints the script with which zsh completes concors' commands, flags and values.

In this shell:
  source <(concors completion zsh)

In every shell, from now on. The first line is needed once, if completion is not
on yet:
  echo 'autoload -U compinit; compinit' >>~/.zshrc
  concors completion zsh >"${fpath[1]}/_concors"

With Homebrew, on macOS:
  concors completion zsh >"$(brew --prefix)/share/zsh/site-functions/_concors"`,

	"fish": `Prints the script with which fish completes concors' commands, flags and values.

In this shell:
  concors completion fish | source

In every shell, from now on:
  concors completion fish >~/.config/fish/completions/concors.fish`,

	"powershell": `Prints the script with which PowerShell completes concors' commands, flags and
values.

In this window:
  concors completion powershell | Out-String | Invoke-Expression

In every window, from now on: add that line to the file that $PROFILE names.`,
}

// describeCompletion gives the command completion, which the library makes, help in the
// words of this tool.
func describeCompletion(root *cobra.Command) {
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	completion.Use, completion.Short, completion.Args = "completion SHELL", "Print a script with which a shell completes commands", onlyCommands
	completion.Long = `Prints a script with which a shell completes commands, flags and their values
when the Tab key is pressed. Where the script belongs is in the help of each
shell: concors completion bash --help.`
	completion.DisableFlagsInUseLine = true
	completion.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	for _, shell := range completion.Commands() {
		help, ok := shellHelp[shell.Name()]
		if !ok {
			completion.RemoveCommand(shell)
			continue
		}
		shell.Use, shell.Short, shell.Long = shell.Name()+" [FLAGS]", "Print the script for "+title(shell.Name()), help
		shell.DisableFlagsInUseLine = true
		shell.Args = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usage(c.CommandPath()+" takes no argument", "write "+c.CommandPath())
			}
			return nil
		}
		if f := shell.Flags().Lookup("no-descriptions"); f != nil {
			f.Usage = "offer names without what they mean"
		}
	}
}

// title returns the name of a shell as its makers write it.
func title(shell string) string {
	if slices.Contains([]string{"bash", "zsh", "fish"}, shell) {
		return shell
	}
	return "PowerShell"
}
