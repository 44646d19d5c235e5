package main

import (
	"fmt"
	"slices"
	"strings"

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
  concors snippet https://api.example/notes -X PUT -H 'X-Total: 1'
  concors snippet https://api.example/me --credentials include
  concors snippet --curl "$(wl-paste)" | wl-copy`

const snippetStatuses = `
  0  the script is printed
  2  invalid command line`

func snippetCommand() *cobra.Command {
	var f checkFlags
	var unsafe bool
	c := &cobra.Command{
		Use:        "snippet URL [FLAGS]",
		Short:      "Print JavaScript that finds the cause in the page's own console",
		Long:       snippetHelp,
		Example:    snippetExamples,
		SuggestFor: []string{"console", "javascript", "js", "script"},
		RunE:       func(c *cobra.Command, args []string) error { return f.writeSnippet(c, args, unsafe) },
	}
	cli.Document(c, snippetStatuses)
	flags, q := c.Flags(), &f.question
	flags.StringVarP(&q.Method, "method", "X", "", "the `METHOD`: GET, or POST if there is -d (also --request)")
	flags.StringArrayVarP(&q.Header, "header", "H", nil, "set a `HEADER`, 'Name: value'; may be repeated")
	flags.StringVarP(&f.data, "data", "d", "", "`TEXT` as the body, or @FILE for the text of a file (@- for standard input)")
	flags.StringVar(&f.dataRaw, "data-raw", "", "`TEXT` as the body, even if it begins with @")
	flags.StringVar(&q.Mode, "mode", "", "`MODE` is cors, no-cors or same-origin")
	flags.StringVar(&q.Credentials, "credentials", "", "`MODE` is omit, same-origin or include")
	flags.StringVar(&f.curl, "curl", "", "the request of a curl `COMMAND`, as copied from a browser or written by hand")
	flags.BoolVar(&unsafe, "unsafe-methods", false,
		"let the script also send a POST, PUT, PATCH or DELETE, once: it has its effect again")
	return c
}

// writeSnippet prints the script for the request that the arguments and flags name, as
// for concors check. The page is the one whose console it is pasted into.
func (f *checkFlags) writeSnippet(c *cobra.Command, args []string, unsafe bool) error {
	curl := c.Flags().Changed("curl")
	pasted := curl || len(args) == 1 && args[0] == "-"
	switch {
	case len(args) > 0 && curl:
		return cli.Usage("--curl together with another request", "omit one of them")
	case len(args) > 1 && strings.Contains(args[0], "://"):
		return cli.Usage(term.Printable(strings.Join(args, " "))+": snippet takes one URL", "put quotes around values with spaces")
	case len(args) == 0 && !pasted:
		return cli.Usage("snippet takes the URL that the page cannot read", "write concors snippet "+snippet.Example)
	}
	if err := f.readData(c, pasted && !curl); err != nil {
		return err
	}
	f.question.From = "null"
	if err := f.readRequest(c, args, pasted); err != nil {
		return err
	}
	if usual := meantMethod(f.question.Method); usual != "" {
		fmt.Fprintf(c.ErrOrStderr(), "note: %s is not a usual method; if %s is meant, write -X %s\n", term.Bounded(f.question.Method), usual, usual)
	}
	if err := snippet.Write(c.OutOrStdout(), f.question, unsafe); err != nil {
		return err
	}
	if term.IsTerminal(c.OutOrStdout()) {
		fmt.Fprintln(c.ErrOrStderr(), "\nconcors: paste this into the console (F12) of the failing page. The browser may ask you to type \"allow pasting\" first.")
	}
	return nil
}

// meantMethod returns the usual method that one was probably meant to be, or "". Browsers write the usual
// ones in upper case, but for PATCH.
func meantMethod(method string) string {
	usual := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	known := slices.ContainsFunc(usual, func(u string) bool { return u == method || u != "PATCH" && strings.EqualFold(u, method) })
	near := cli.Nearest(method, usual, nil)
	if known || len(near) == 0 || slices.Contains([]string{"LINK", "LIST", "SEARCH", "QUERY", "LOCK", "COPY", "MOVE"}, method) {
		return ""
	}
	return near[0]
}
