package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/check"
	"github.com/concors/concors/cmd/concors/policyfile"
	"github.com/concors/concors/cmd/concors/screen"
	"github.com/concors/concors/cmd/concors/verify"
)

const verifyHelp = `Asks a live server what pages would ask it, as a browser does, and reports where
it does something else than the policy says: origins that are let in or kept out,
near misses of them, methods, headers, credentials, errors, caching.

It sends GET, HEAD and OPTIONS only: whether a PUT would get through, its
preflight says. With --unsafe-methods it sends the PUT too.`

const verifyStatuses = `
Exit status:
  0  the server does what the policy says
  1  it differs
  2  the policy or the command line makes no sense
  3  the server could not be reached`

func verifyCommand(status *int) *cobra.Command {
	var o verify.Options
	var asJSON bool
	var junit string
	c := &cobra.Command{
		Use:     "verify POLICY URL...",
		Short:   "Hold a live server to a policy",
		Long:    verifyHelp,
		Example: "  concors verify policy.yaml https://api.example/items\n  concors verify policy.yaml https://api.example/items --as all --junit report.xml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return &check.UsageError{Problem: "verify takes a policy file and the URLs of a server", Hint: "write concors verify policy.yaml https://api.example/items"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			file, err := openPolicy(c.ErrOrStderr(), args[0])
			if err != nil {
				return err
			}
			o.URLs, o.Routes = args[1:], file.Routes
			waiting := startProgress(c.ErrOrStderr())
			o.Progress = func(what string) { waiting.waitFor(screen.Printable(what)) }
			report, err := verify.Run(c.Context(), o)
			waiting.stop()
			if err != nil {
				return err
			}
			switch report.Verdict {
			case verify.Differs:
				*status = exitBlocked
			case verify.Unreachable:
				*status = exitUnreachable
			}
			if junit != "" {
				if err := writeJUnit(report, junit); err != nil {
					return &check.UsageError{Problem: "--junit: " + err.Error(), Hint: "write a path that can be written to"}
				}
			}
			if asJSON {
				return report.WriteJSON(c.OutOrStdout())
			}
			return report.WriteText(c.OutOrStdout())
		},
	}
	c.SetUsageTemplate(strings.TrimRight(c.UsageTemplate(), "\n") + "\n" + verifyStatuses + "\n")
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.As, "as", "chromium", "chromium (the default), firefox, webkit,\nstandard or all")
	f.Lookup("as").DefValue = ""
	f.BoolVar(&asJSON, "json", false, "write JSON (see docs/verify-json.md)")
	f.StringVar(&junit, "junit", "", "write JUnit XML to a file as well")
	f.IntVar(&o.MaxRequests, "max-requests", 500, "how many requests one URL is sent at most,\nfor each browser")
	f.IntVar(&o.Concurrency, "concurrency", 4, "how many questions are asked at a time")
	f.BoolVar(&o.UnsafeMethods, "unsafe-methods", false, "send PUT, DELETE and the policy's other methods\ntoo, and not their preflights only")
	f.Var((*timeout)(&o.Timeout), "timeout", "how long to wait for an answer, in seconds or\nas 500ms (default 30s)")
	f.BoolVar(&o.Insecure, "insecure", false, "do not verify certificates")
	f.StringVar(&o.CACert, "cacert", "", "a PEM file of further certificate authorities")
	f.StringArrayVar(&o.Resolve, "resolve", nil, "host:port:address to connect to; may be repeated")
	return c
}

// openPolicy reads a policy file that is to be used. Its faults are told.
func openPolicy(w io.Writer, name string) (*policyfile.File, error) {
	file, err := policyfile.Open(name)
	var faults *policyfile.Errors
	switch {
	case errors.As(err, &faults):
		for _, p := range faults.Problems {
			fmt.Fprintln(w, screen.Printable(p.Text(name)))
		}
		return nil, &check.UsageError{Problem: "the policy cannot be used", Hint: "mend it until concors policy check finds it fine"}
	case err != nil:
		return nil, &check.UsageError{Problem: err.Error(), Hint: "write the path of a policy file"}
	}
	return file, nil
}

func writeJUnit(r *verify.Report, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := r.WriteJUnit(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Close()
}
