package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/snippet"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const snippetHelp = `Prints JavaScript to paste into the console of the failing page, for people who
cannot install a program. It makes a few requests that differ in one thing each,
prints what they show, and ends with a line that concors explain reads.

It tells apart: no response, no Access-Control-Allow-Origin, the preflight, a
method, a header, credentials, an opaque response, and what the page itself
forbids. Where a script cannot know, it names all that are possible.

It sends GET and HEAD requests only. A POST, PUT, PATCH or DELETE has its effect
again, so it sends one only with --unsafe-methods. The script contains the URL,
headers and body that you give; the line that it prints has no header values,
and no secrets from the URL. docs/snippet.md has a copy for any URL.`

const snippetExamples = `  concors snippet https://api.example/notes
  concors snippet https://api.example/notes/1 -X PUT -H 'Content-Type: application/json'
  concors snippet https://api.example/me --credentials include
  concors snippet --curl "$(wl-paste)" | wl-copy`

const snippetStatuses = `
Exit status:
  0  the script is printed
  2  invalid command line`

func snippetCommand() *cobra.Command {
	var f checkFlags
	var unsafe bool
	c := &cobra.Command{
		Use:     "snippet [flags] URL",
		Short:   "Print JavaScript that finds the cause in the failing page's console",
		Long:    snippetHelp,
		Example: snippetExamples,
		RunE:    func(c *cobra.Command, args []string) error { return f.writeSnippet(c, args, unsafe) },
	}
	cli.Document(c, snippetStatuses)
	flags, q := c.Flags(), &f.question
	flags.StringVar(&f.curl, "curl", "",
		"the request of this curl command, as copied\nfrom a browser or written by hand")
	flags.StringVarP(&q.Method, "request", "X", "", "the method (GET, or POST if there is -d)")
	flags.StringArrayVarP(&q.Header, "header", "H", nil, "set a header, 'Name: value'; may be repeated")
	flags.StringVarP(&f.data, "data", "d", "", "a string as the body, or @FILE for the text of\na file")
	flags.StringVar(&f.dataRaw, "data-raw", "", "a string as the body, even if it begins with @")
	flags.StringVar(&q.Mode, "mode", "", "cors or no-cors")
	flags.StringVar(&q.Credentials, "credentials", "", "omit, same-origin or include")
	flags.BoolVar(&unsafe, "unsafe-methods", false,
		"let the script also send a POST, PUT, PATCH or\nDELETE, once: it has its effect again")
	return c
}

func (f *checkFlags) writeSnippet(c *cobra.Command, args []string, unsafe bool) error {
	pasted := c.Flags().Changed("curl") || len(args) == 1 && args[0] == "-"
	switch {
	case len(args) > 1, len(args) == 1 && c.Flags().Changed("curl"):
		return cli.Usage("snippet takes one URL, or --curl", "put quotes around values with spaces")
	case len(args) == 0 && !pasted:
		return cli.Usage("snippet takes the URL that the page cannot read", "write concors snippet "+snippet.Example)
	}
	if err := f.readData(c, pasted && !c.Flags().Changed("curl")); err != nil {
		return err
	}
	if pasted {
		f.question.From = "null" // the page is the one whose console it is pasted into
		q, err := f.paste(c)
		if err != nil {
			return err
		}
		f.question = q.Override(f.question)
	} else {
		f.question.URL = args[0]
	}
	if err := snippet.Write(c.OutOrStdout(), f.question, unsafe); err != nil {
		return err
	}
	if term.IsTerminal(c.OutOrStdout()) {
		fmt.Fprintln(c.ErrOrStderr(), "\nconcors: paste this into the console (F12) of the failing page. The browser may ask you to type \"allow pasting\" first.")
	}
	return nil
}
