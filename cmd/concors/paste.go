package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/paste"
)

// readPasted reads --curl's value, or standard input if there is none, and says
// on stderr what was made of it.
func readPasted(c *cobra.Command, curl string) (*paste.Pasted, error) {
	where, read := "--curl", paste.Curl
	if !c.Flags().Changed("curl") {
		where, read = "standard input", paste.Read
		if in, ok := c.InOrStdin().(*os.File); ok && isatty.IsTerminal(in.Fd()) {
			fmt.Fprintln(c.ErrOrStderr(), "concors: paste the fetch() call or curl command, then Ctrl-D on a line of its own")
		}
		// One byte more than the limit, so that paste can say so.
		raw, err := io.ReadAll(io.LimitReader(c.InOrStdin(), paste.Limit+1))
		if err != nil {
			return nil, &cli.UsageError{Problem: "standard input: " + err.Error(), Hint: "write --curl 'curl …' in its place"}
		}
		curl = string(raw)
	}
	pasted, err := read(curl)
	var wrong *paste.Error
	if errors.As(err, &wrong) {
		return nil, &cli.UsageError{Problem: where + ": " + wrong.Error(), Hint: wrong.Hint}
	}
	if err != nil {
		return nil, err
	}
	if pasted.Question.From == "" && !c.Flags().Changed("from") {
		return nil, &cli.UsageError{Problem: where + ": nothing in it says which page asks: it has neither Origin nor Referer",
			Hint: "add --from https://app.example (the page's origin), or --from null for a sandboxed page"}
	}
	for _, note := range pasted.Notes {
		fmt.Fprintln(c.ErrOrStderr(), "note:", note)
	}
	return pasted, nil
}
