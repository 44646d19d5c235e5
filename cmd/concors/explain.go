package main

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/input"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const explainHelp = `Says what a browser's console means: paste the red line, or a whole log. For
each message it prints which browser says it, what it means, and the smallest
change that fixes it; --more prints all that is known. The text may be folded,
quoted, cut, in a log, or in another language. Messages that are not about CORS
are explained too. See docs/explain.md.

It also explains a recording of the network panel (a HAR file, as Chrome, Edge,
Firefox and Safari export it): it lists every request that was blocked, with the
reason, what the server sent, and how to fix it. See docs/explain-har.md.

The text is one argument in quotes, a file's name, or comes from standard input.
A recording is a file's name, or comes from standard input too. No request is
made.`

const explainExamples = `  concors explain "Access to fetch at 'https://api.example/' from origin ..."
  concors explain error.txt
  pbpaste | concors explain --from https://app.example
  concors explain recording.har`

const explainStatuses = `
Exit status for a text:
  0  it contains a message that is explained
  2  it contains none, or the command line is invalid

Exit status for a recording:
  0  nothing in it was blocked
  1  something was blocked
  2  it is not a recording, or is damaged
  3  it does not contain enough to know`

func explainCommand() *cobra.Command {
	var from string
	var asJSON, showSecrets, more bool
	c := &cobra.Command{
		Use:               "explain [TEXT|FILE|-] [FLAGS]",
		Short:             "Explain what a browser's console says, or what a HAR file holds",
		Long:              explainHelp,
		Example:           explainExamples,
		ValidArgsFunction: files("har", "txt", "log"),
		SuggestFor:        []string{"console", "describe", "error", "har", "log", "message", "why"},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && input.Of(args[0]).Kind == input.URL {
				return cli.Usage(term.Bounded(args[0])+" is a URL, and explain takes a message or a recording",
					"write concors check "+term.Bounded(args[0])+" --from https://app.example")
			}
			stdin := c.InOrStdin()
			if text := strings.Join(args, " "); (text == "" || text == "-") && term.IsTerminal(stdin) {
				pasted, err := readPaste(c, "what the browser's console shows")
				if err != nil {
					return err
				}
				args, stdin = []string{"-"}, strings.NewReader(pasted)
			}
			in, err := explain.Open(args, stdin)
			if err != nil {
				return err
			}
			if in.Recording != nil {
				defer in.Recording.Close()
				return explainRecording(c, in, har.Options{From: from, ShowSecrets: showSecrets}, asJSON, more)
			}
			explained, err := explain.Read(in.Text, from)
			if err != nil {
				return err
			}
			if !showSecrets {
				explained = explained.Masked()
			}
			return cli.Show(c, func(w io.Writer, s term.Screen) error {
				if asJSON {
					return explained.WriteJSON(w)
				}
				o := report.TextOptions{Colour: s.Coloured, Columns: s.Columns, Rows: s.Rows()}
				if more {
					o.Parts = report.More
				}
				return report.WriteExplanation(w, explained, o)
			})
		},
	}
	cli.Document(c, explainStatuses)
	c.Flags().StringVar(&from, "from", "", "the page's `ORIGIN`, for messages and requests that do not name it (also --origin)")
	c.Flags().BoolVar(&more, "more", false, "write all that is known after the answer")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON (see docs/explain-json.md)")
	c.Flags().BoolVar(&showSecrets, "show-secrets", false, showSecretsUsage)
	cli.Paged(c.Flags())
	return c
}

func explainRecording(c *cobra.Command, in *explain.Input, o har.Options, asJSON, more bool) error {
	reading := term.StartProgress(c.ErrOrStderr())
	o.Progress = reading.WaitFor
	recording, err := har.Read(in.Recording, o)
	reading.Stop()
	if ended := c.Context().Err(); ended != nil {
		return ended
	}
	var invalid *har.Error
	switch {
	case errors.As(err, &invalid):
		return cli.Usage(term.Printable(in.Name)+": "+invalid.Error(), invalid.Hint)
	case err != nil:
		return err
	}
	err = cli.Show(c, func(w io.Writer, s term.Screen) error {
		if asJSON {
			return recording.WriteJSON(w)
		}
		return recording.WriteText(w, har.TextOptions{Colour: s.Coloured, Columns: s.Columns, Rows: s.Rows(), More: more})
	})
	if err != nil {
		return err
	}
	switch {
	case recording.Requests.Blocked > 0:
		return cli.ExitNotOK
	case !recording.Conclusive():
		return cli.ExitUnknown
	}
	return nil
}
