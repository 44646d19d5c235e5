package main

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/sopask"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const sopHelp = `Answers questions about the same-origin policy outside fetch: windows, frames,
messages, storage, cookies, canvases and framing. It reads them from standard
input, one a line. It starts no browser.

A question is an id such as cross/get/document, alone or as {"id": "..."}. It
names a frame or window (self, port, sub, parent, cross, https, sandbox) and
what a page does with it. docs/sop.md lists the groups of ids.`

const sopExamples = `  echo cross/get/document | concors sop -
  concors sop - --json --as all < questions.jsonl`

const sopStatuses = `
Exit status:
  0  every answer is known
  2  invalid command line or question
  3  an answer is not known`

func sopCommand() *cobra.Command {
	var as string
	var asJSON bool
	c := &cobra.Command{
		Use:     "sop - [FLAGS]",
		Short:   "Say what the same-origin policy allows a page to do",
		Long:    sopHelp,
		Example: sopExamples,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "-" {
				return cli.Usage("the questions are read from standard input", "write concors sop - and the questions on standard input")
			}
			name, _ := request.Browser(as)
			profiles := sopask.Profiles(name)
			if profiles == nil {
				return sopask.Browsers.Unknown(as)
			}
			out := bufio.NewWriter(c.OutOrStdout())
			encoder := json.NewEncoder(out)
			encoder.SetEscapeHTML(false)
			known, err := sopask.Run(c.InOrStdin(), profiles, func(a sopask.Answer) error {
				if asJSON {
					return encoder.Encode(a)
				}
				_, err := fmt.Fprintln(out, term.Printable(a.Line()))
				return err
			})
			if flushed := out.Flush(); err == nil {
				err = flushed
			}
			if err == nil && !known {
				return cli.ExitUnknown
			}
			return err
		},
	}
	cli.Document(c, sopStatuses)
	c.Flags().StringVar(&as, "as", "chromium", "`BROWSER` is chromium, firefox, webkit, standard or all")
	c.Flags().BoolVar(&asJSON, "json", false, "write a JSON object for each answer, one a line (see docs/sop.md)")
	return c
}
