package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// usualPages are where pages are while they are developed, by the ports that tools listen
// on: Next, Rails and Express; Vite; Vue and others; Angular.
var usualPages = []string{
	"http://localhost:3000", "http://localhost:5173", "http://localhost:8080", "http://localhost:4200", "null",
}

// canAsk reports whether a person can be asked: both ends are terminals.
func canAsk(c *cobra.Command) bool {
	return term.IsTerminal(os.Stdin) && term.IsTerminal(c.ErrOrStderr())
}

// askFrom asks on the terminal which page makes the request. Nothing is looked up: which
// server is running is not known.
func askFrom(c *cobra.Command) (string, error) {
	w := c.ErrOrStderr()
	fmt.Fprintln(w, "Which page makes the request? (--from says so without a question)")
	for i, page := range usualPages {
		if page == "null" {
			page += ", for a sandboxed page or a file"
		}
		fmt.Fprintf(w, "  %d  %s\n", i+1, page)
	}
	for range 3 {
		fmt.Fprintf(w, "A number, or another origin [1]: ")
		line, err := term.Stdin().Line(c.Context())
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(w)
			break
		}
		if err != nil {
			return "", err
		}
		from := typedPage(line)
		_, err = request.ParseFrom(from)
		var usage *cli.UsageError
		if !errors.As(err, &usage) {
			return from, err
		}
		fmt.Fprintln(w, term.Printable(usage.Problem))
		fmt.Fprintln(w, "hint:", strings.ReplaceAll(term.Printable(usage.Hint), "--from ", ""))
	}
	return "", nil // the request reports that the page is not known
}

// typedPage returns the origin that a person chose: by its number, by the port of a
// server on this computer, or as it is.
func typedPage(line string) string {
	line = strings.TrimSpace(line)
	n, err := strconv.Atoi(line)
	switch {
	case line == "":
		return usualPages[0]
	case err == nil && n >= 1 && n <= len(usualPages):
		return usualPages[n-1]
	case err == nil:
		return "http://localhost:" + line
	}
	return line
}
