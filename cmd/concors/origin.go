package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/origins"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const originHelp = `Says what the origin of a URL is: scheme, host and port, its site, and whether a
page there is a secure context. With a second URL, it says whether the two have
the same origin and the same site, and why not.

With --table, or with more than two URLs, the first one is compared with each of
the others. - reads URLs from standard input, one a line. No request is made.`

const originExamples = `  concors origin http://localhost:5173 http://127.0.0.1:5173
  concors origin https://shop.example.co.uk/cart
  concors origin --table https://store.example/a https://store.example:8443/a -`

const originStatuses = `
Exit status:
  0  all URLs have the first one's origin
  1  one of them does not
  2  invalid command line, or not a URL`

func originCommand() *cobra.Command {
	var table, asJSON bool
	c := &cobra.Command{
		Use:     "origin URL [URL...] [FLAGS]",
		Short:   "Say what a URL's origin is, and compare it with others",
		Long:    originHelp,
		Example: originExamples,
		RunE: func(c *cobra.Command, args []string) error {
			urls, err := originURLs(c, args)
			if err != nil {
				return err
			}
			report, err := origins.New(urls)
			if err != nil {
				return err
			}
			if table && len(report.Others) == 0 {
				return cli.Usage("--table: there is only one URL", "write more URLs, or - to read them from standard input")
			}
			out := c.OutOrStdout()
			if asJSON {
				err = report.WriteJSON(out)
			} else {
				err = report.WriteText(out, table, term.Coloured(out))
			}
			if err != nil || report.AllSame() {
				return err
			}
			return cli.ExitNotOK
		},
	}
	cli.Document(c, originStatuses)
	c.Flags().BoolVar(&table, "table", false, "compare the first URL with each of the others, one in a row")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON (see docs/origin.md)")
	return c
}

// originURLs replaces a - among the arguments by the URLs on standard input.
func originURLs(c *cobra.Command, args []string) ([]string, error) {
	var list []string
	read := false
	for _, arg := range args {
		if arg != "-" {
			list = append(list, arg)
			continue
		}
		if read {
			return nil, cli.Usage("two arguments are -, and there is one standard input", "write - once")
		}
		read = true
		more, err := origins.ReadURLs(c.InOrStdin())
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	if len(list) > origins.MaxURLs {
		return nil, cli.Usage(fmt.Sprintf("more than %d URLs", origins.MaxURLs), "compare fewer at a time")
	}
	return list, nil
}
