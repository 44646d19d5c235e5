package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

const checkHelp = `Makes the request that a page on ORIGIN would make, as a browser makes it, and
says what came of it: what was sent, which step decided and why, what the page
can read, and what the browser's console shows.

What was copied in the browser's network panel (as fetch or as cURL) stands in
place of the URL: --curl, or - to read it from standard input. Flags beside it
override what it says.

Without a URL it runs against a demo server of its own, on loopback.

Each browser that --as names makes the request anew: a POST to a real server
is a POST, and with --as all it is four.`

const checkExamples = `  concors check
  concors check --demo preflight-404
  concors check https://api.example/notes --from https://app.example
  concors check https://api.example/notes/1 --from https://app.example \
      -X PUT -H 'Content-Type: application/json' -d '{"text":"milk"}' --as all
  concors check https://cdn.example/cat.png --from null --resource img
  concors check --curl "$(wl-paste)" --html report.html
  wl-paste | concors check - --from https://app.example`

const checkStatuses = `
Exit status:
  0  allowed
  1  blocked (with --as all: by one of them)
  2  the command line makes no sense
  3  the server could not be reached`

// output is how the answer is to be shown.
type output struct {
	json, trace, markdown bool
	html                  string // a file's name
}

func checkCommand(status *int) *cobra.Command {
	var q request.Question
	var out output
	var data, curl, stack string
	var demoed bool
	c := &cobra.Command{
		Use:     "check [flags] URL --from ORIGIN",
		Short:   "Make one request as a page would, and explain what came of it",
		Long:    checkHelp,
		Example: checkExamples,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &cli.UsageError{Problem: fmt.Sprintf("%d arguments where one URL belongs: %s", len(args), strings.Join(args, " ")),
					Hint: "put quotes around values with spaces, and write flags' values behind them"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("data") {
				q.Data = &data
			}
			if out.json && out.markdown {
				return &cli.UsageError{Problem: "--json and --markdown: both write to standard output", Hint: "leave one of them out"}
			}
			if c.Flags().Changed("curl") || len(args) == 1 && args[0] == "-" {
				if len(args) == 1 && args[0] != "-" || c.Flags().Changed("curl") && len(args) == 1 || demoed {
					return &cli.UsageError{Problem: "--curl or - and something else to ask: it is one or the other", Hint: "leave the URL, - or --demo out; flags such as --from and -X may stand beside it"}
				}
				pasted, err := readPasted(c, curl)
				if err != nil {
					return err
				}
				report, err := runAndFix(c, pasted.Question.Override(q), stack)
				if err != nil {
					return err
				}
				return show(c.OutOrStdout(), report, out, status)
			}
			if len(args) == 1 && demoed && strings.Contains(args[0], ":") {
				return &cli.UsageError{Problem: "--demo and a URL: it is one or the other", Hint: "leave --demo out, or write a scenario's name behind it"}
			}
			if len(args) == 1 && !demoed {
				q.URL = args[0]
				report, err := runAndFix(c, q, stack)
				if err != nil {
					return err
				}
				return show(c.OutOrStdout(), report, out, status)
			}
			if len(args) == 0 && demoed {
				return list(c.OutOrStdout())
			}
			scenario := experiments.First().Name
			if demoed {
				scenario = args[0]
			}
			if flag := notForDemo(c); flag != "" {
				return &cli.UsageError{Problem: fmt.Sprintf("--%s without a URL: the demo server's scenarios are complete as they are", flag),
					Hint: "write the URL too, or leave --" + flag + " out"}
			}
			return runDemo(c, q, scenario, out, status)
		},
	}
	c.SetUsageTemplate(strings.TrimRight(c.UsageTemplate(), "\n") + "\n" + checkStatuses + "\n")
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&curl, "curl", "", "ask what this curl command asks, as copied\nfrom a browser or written by hand")
	f.StringVar(&q.From, "from", "", "the page's origin, or null for a sandboxed page")
	f.StringVarP(&q.Method, "request", "X", "", "the method (GET, or POST if there is -d)")
	f.StringArrayVarP(&q.Header, "header", "H", nil, "set a header, 'Name: value'; may be repeated")
	f.StringVarP(&data, "data", "d", "", "a string as the body, as fetch() sends it")
	f.StringVar(&q.Mode, "mode", "", "cors, no-cors or same-origin")
	f.StringVar(&q.Credentials, "credentials", "", "omit, same-origin or include")
	f.StringVar(&q.Redirect, "redirect", "", "follow, error or manual")
	f.StringVar(&q.Referrer, "referrer", "", "fetch()'s referrer: a URL of the page's\norigin, or no-referrer")
	f.StringVar(&q.ReferrerPolicy, "referrer-policy", "", "fetch()'s referrerPolicy, such as no-referrer")
	f.BoolVar(&q.XHR, "xhr", false, "ask with XMLHttpRequest, not with fetch()")
	f.BoolVar(&q.UploadListener, "upload-listener", false, "with --xhr: listen to the upload's events")
	f.StringVar(&q.Resource, "resource", "", "ask as an element does:\n"+elementKinds())
	f.StringVar(&q.CrossOrigin, "crossorigin", "", "its attribute: anonymous or use-credentials")
	f.StringArrayVar(&q.Cookies, "cookie", nil, "a cookie that the server set on an earlier\nvisit, 'a=b; SameSite=Lax'; may be repeated")
	f.StringVar(&q.PageSpace, "page-space", "", "where the page was loaded from, for Local\nNetwork Access: public, local or loopback")
	f.StringVar(&q.EmbedderPolicy, "coep", "", "the page's Cross-Origin-Embedder-Policy:\nrequire-corp or credentialless")
	f.StringVar(&stack, "for", "", "the server or framework to write the change\nfor, as concors recipe --list names it, and\nnot the one that its answers look like")
	f.StringVar(&q.As, "as", "chromium", "chromium (the default), firefox, webkit,\nstandard or all")
	f.Lookup("as").DefValue = ""
	f.BoolVar(&out.json, "json", false, "write JSON (see docs/check-json.md)")
	f.BoolVar(&out.markdown, "markdown", false, "write Markdown, for an issue or a chat")
	f.StringVar(&out.html, "html", "", "write a page with the whole story to this\nfile, beside what is printed")
	f.BoolVarP(&out.trace, "trace", "v", false, "tell every step, and every header on the wire")
	f.Var((*cli.Timeout)(&q.Timeout), "timeout", "how long to wait for an answer, in seconds or\nas 500ms (default 30s)")
	f.BoolVar(&q.Insecure, "insecure", false, "do not verify certificates")
	f.StringVar(&q.CACert, "cacert", "", "a PEM file of further certificate authorities")
	f.StringArrayVar(&q.Resolve, "resolve", nil, "host:port:address to connect to; may be\nrepeated")
	f.BoolVar(&demoed, "demo", false, "list the demo server's scenarios, or run one:\nits name then stands in place of the URL")
	return c
}

// elementKinds lists the kinds in lines that fit beside the flags.
func elementKinds() string {
	kinds := fetch.ElementKinds()
	return strings.Join(kinds[:6], ", ") + ",\n" + strings.Join(kinds[6:], ", ")
}

// notForDemo names a flag that was given and that a scenario decides itself.
func notForDemo(c *cobra.Command) (name string) {
	c.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "demo", "as", "json", "trace", "markdown", "html", "timeout":
		default:
			name = f.Name
		}
	})
	return name
}

// run makes the request, and says on a terminal what it waits for.
func run(c *cobra.Command, q request.Question) (*request.Result, error) {
	waiting := term.StartProgress(c.ErrOrStderr())
	defer waiting.Stop()
	q.Progress = waiting.WaitFor
	return request.Run(c.Context(), q)
}

// runAndFix makes the request, and if a server has to change, says how.
func runAndFix(c *cobra.Command, q request.Question, stack string) (*report.Report, error) {
	if err := serverfix.Known(stack); err != nil {
		return nil, err
	}
	result, err := run(c, q)
	if err != nil {
		return nil, err
	}
	fix, err := serverfix.For(c.Context(), q, result, stack)
	if err != nil {
		return nil, err
	}
	return report.New(result, fix), nil
}

// show writes the report and sets the exit status.
func show(w io.Writer, r *report.Report, out output, status *int) error {
	switch r.Verdict {
	case request.Blocked:
		*status = cli.ExitNotOK
	case request.Unreachable:
		*status = cli.ExitUnknown
	}
	if out.html != "" {
		if err := writeFile(out.html, r.WriteHTML); err != nil {
			return err
		}
	}
	switch {
	case out.json:
		return r.WriteJSON(w)
	case out.markdown:
		return r.WriteMarkdown(w)
	}
	return r.WriteText(w, report.TextOptions{Colour: term.Coloured(w), Trace: out.trace})
}

// writeFile writes a file whole or leaves what was there.
func writeFile(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		return &cli.UsageError{Problem: "--html: " + err.Error(), Hint: "write a file's name, in a directory that is there"}
	}
	return nil
}
