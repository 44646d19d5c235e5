package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const explainHelp = `Says what a browser's console means: paste the red line, or a whole log. For
each message: which browser says it, what it means, the smallest change that
would lift it, and what that change would give away.

A recording of the network panel (a HAR file, as Chrome, Edge, Firefox and
Safari export it) is explained likewise: every request in it that was blocked
is listed, with why, what the server sent, and what would lift it. See
docs/explain-har.md.

The text is one argument in quotes, or comes from standard input, and a
recording is a file's name, or comes from standard input too. No request is
made.`

const explainExamples = `  concors explain "Access to fetch at 'https://api.example/' from origin ..."
  concors explain <console.log
  pbpaste | concors explain --from https://app.example
  concors explain recording.har`

const explainStatuses = `
Exit status, of a text:
  0  something in it was understood, and is explained
  2  nothing was, or the command line makes no sense

Exit status, of a recording:
  0  nothing in it was blocked
  1  something was
  2  it is not a recording, or is damaged
  3  it does not hold enough to tell`

func explainCommand(status *int) *cobra.Command {
	var from string
	var asJSON bool
	c := &cobra.Command{
		Use:     "explain [flags] [TEXT|FILE.har|-]",
		Short:   "Explain what a browser's console says, or what a HAR file holds",
		Long:    explainHelp,
		Example: explainExamples,
		RunE: func(c *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			recording, name, err := openRecording(args)
			if err != nil {
				return err
			}
			if text == "" || text == "-" {
				in := bufio.NewReader(c.InOrStdin())
				if err := mayRead(c.InOrStdin(), text == "-"); err != nil {
					return err
				}
				if beginsObject(in) {
					recording, name = io.NopCloser(in), "standard input"
				} else if text, err = readConsole(in); err != nil {
					return err
				}
			}
			if recording != nil {
				defer recording.Close()
				return explainRecording(c, recording, name, from, asJSON, status)
			}
			report, err := explain.Read(text, from)
			if err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(c.OutOrStdout())
			}
			return report.WriteText(c.OutOrStdout(), term.Coloured(c.OutOrStdout()))
		},
	}
	c.SetUsageTemplate(strings.TrimRight(c.UsageTemplate(), "\n") + "\n" + explainStatuses + "\n")
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&from, "from", "", "the page's origin, for messages and requests that\ndo not name it")
	f.BoolVar(&asJSON, "json", false, "write JSON (see docs/explain-json.md)")
	return c
}

// mayRead reports whether standard input is to be read. On a terminal it is only
// if it was told to: a command that waits without a word looks broken.
func mayRead(in io.Reader, told bool) error {
	if f, ok := in.(*os.File); ok && !told && isatty.IsTerminal(f.Fd()) {
		return &cli.UsageError{Problem: "there is no text to explain",
			Hint: "write it behind the command in quotes, or - to paste it and end with Ctrl-D"}
	}
	return nil
}

// readConsole reads a console's text from standard input.
func readConsole(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, explain.MaxText))
	if err != nil {
		return "", errors.Join(errors.New("reading the text from standard input"), err)
	}
	return string(text), nil
}

// openRecording opens the file that the arguments name, if it is a recording:
// by its name, or because it begins as JSON does. Otherwise the arguments are a
// console's text, and it returns nil.
func openRecording(args []string) (recording io.ReadCloser, name string, err error) {
	if len(args) != 1 || args[0] == "-" || strings.ContainsAny(args[0], "\r\n") {
		return nil, "", nil
	}
	called := strings.EqualFold(filepath.Ext(args[0]), ".har")
	f, err := os.Open(args[0])
	if err != nil {
		if called && !strings.ContainsAny(args[0], " \"'") {
			return nil, "", &cli.UsageError{Problem: err.Error(), Hint: "write the path of a recording that the browser's network panel exported"}
		}
		return nil, "", nil
	}
	in := bufio.NewReader(f)
	if info, err := f.Stat(); err != nil || info.IsDir() || !called && !beginsObject(in) {
		f.Close()
		return nil, "", nil
	}
	return struct {
		io.Reader
		io.Closer
	}{in, f}, args[0], nil
}

// beginsObject reports whether the first thing in a text is a {, as in JSON and
// in nothing that a console says.
func beginsObject(in *bufio.Reader) bool {
	start, _ := in.Peek(512)
	return strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(start), "\ufeff"), " \t\r\n"), "{")
}

func explainRecording(c *cobra.Command, recording io.Reader, name, from string, asJSON bool, status *int) error {
	reading := term.StartProgress(c.ErrOrStderr())
	report, err := har.Read(recording, har.Options{From: from, Progress: reading.WaitFor})
	reading.Stop()
	var broken *har.Error
	switch {
	case errors.As(err, &broken):
		return &cli.UsageError{Problem: term.Printable(name) + ": " + broken.Error(), Hint: broken.Hint}
	case err != nil:
		return err
	}
	switch {
	case report.Requests.Blocked > 0:
		*status = cli.ExitNotOK
	case !report.Tells():
		*status = cli.ExitUnknown
	}
	if asJSON {
		return report.WriteJSON(c.OutOrStdout())
	}
	return report.WriteText(c.OutOrStdout(), term.Coloured(c.OutOrStdout()))
}
