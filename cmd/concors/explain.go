package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/check"
	"github.com/concors/concors/cmd/concors/explain"
)

const explainHelp = `Says what a browser's console means: paste the red line, or a whole log. For
each message: which browser says it, what it means, the smallest change that
would lift it, and what that change would give away. No request is made.

The text is one argument in quotes, or comes from standard input.`

const explainExamples = `  concors explain "Access to fetch at 'https://api.example/' from origin ..."
  concors explain <console.log
  pbpaste | concors explain --from https://app.example`

const explainStatuses = `
Exit status:
  0  something in the text was understood, and is explained
  2  nothing was, or the command line makes no sense`

func explainCommand() *cobra.Command {
	var from string
	var asJSON bool
	c := &cobra.Command{
		Use:     "explain [flags] [TEXT|-]",
		Short:   "Explain what a browser's console says of a blocked request",
		Long:    explainHelp,
		Example: explainExamples,
		RunE: func(c *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if text == "" || text == "-" {
				var err error
				if text, err = readConsole(c.InOrStdin(), text == "-"); err != nil {
					return err
				}
			}
			report, err := explain.Read(text, from)
			if err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(c.OutOrStdout())
			}
			return report.WriteText(c.OutOrStdout(), coloured(c.OutOrStdout()))
		},
	}
	c.SetUsageTemplate(strings.TrimRight(c.UsageTemplate(), "\n") + "\n" + explainStatuses + "\n")
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&from, "from", "", "the page's origin, for messages that do not name it")
	f.BoolVar(&asJSON, "json", false, "write JSON (see docs/explain-json.md)")
	return c
}

// readConsole reads the text from standard input. On a terminal it does so only
// if it was told to: a command that waits without a word looks broken.
func readConsole(in io.Reader, told bool) (string, error) {
	if f, ok := in.(*os.File); ok && !told && isatty.IsTerminal(f.Fd()) {
		return "", &check.UsageError{Problem: "there is no text to explain",
			Hint: "write it behind the command in quotes, or - to paste it and end with Ctrl-D"}
	}
	text, err := io.ReadAll(io.LimitReader(in, explain.MaxText))
	if err != nil {
		return "", errors.Join(errors.New("reading the text from standard input"), err)
	}
	return string(text), nil
}
