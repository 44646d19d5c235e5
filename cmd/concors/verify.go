package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/operations"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cmd/concors/internal/verify"
	"github.com/concors/concors/cors/routes"
)

const verifyHelp = `Asks a live server what pages would ask it, as a browser does, and reports where
it does something else than the policy says: origins that are let in or kept out,
near misses of them, methods, headers, credentials, errors, caching.

It sends GET, HEAD and OPTIONS only: whether a PUT would get through, its
preflight says. With --unsafe-methods it sends the PUT too.

With --openapi it asks for what an OpenAPI document has, and says by file and
line which operations a page cannot use, and why: by the policy alone, if no URL
is given, with the change to the policy that helps; by the server alone, for the
pages named with --from, if no policy is given; or by both. What has :// in it
is a URL. Nothing is sent to the servers that the document names.`

const verifyStatuses = `
Exit status:
  0  the server does what the policy says; with --openapi, all can be used
  1  it differs; with --openapi, some operations cannot be used
  2  the policy, the document or the command line makes no sense
  3  the server could not be reached, or nothing could be told`

func verifyCommand() *cobra.Command {
	var o probe.Options
	var document string
	var from []string
	var out verifyOutput
	c := &cobra.Command{
		Use:   "verify POLICY URL...\n  concors verify --openapi FILE [POLICY] [URL...]",
		Short: "Hold a live server, or an OpenAPI document, to a policy",
		Long:  verifyHelp,
		Example: "  concors verify policy.yaml https://api.example/items\n  concors verify policy.yaml https://api.example/items --as all --junit report.xml\n" +
			"  concors verify --openapi api.yaml policy.yaml\n  concors verify --openapi api.yaml policy.yaml https://api.example/v1\n" +
			"  concors verify --openapi api.yaml --from https://a.example https://api.example",
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case document != "":
			case len(from) > 0:
				return &cli.UsageError{Problem: "--from goes with --openapi: without it the policy says which pages there are", Hint: "leave it out, or name a document with --openapi"}
			case len(args) < 2:
				return &cli.UsageError{Problem: "verify takes a policy file and the URLs of a server", Hint: "write concors verify policy.yaml https://api.example/items"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if document != "" {
				report, err := verifyOperations(c, o, document, from, args)
				if err != nil {
					return err
				}
				return out.write(c, string(report.Verdict), report)
			}
			file, err := openPolicy(c.ErrOrStderr(), args[0])
			if err != nil {
				return err
			}
			o.URLs = args[1:]
			waiting := term.StartProgress(c.ErrOrStderr())
			o.Progress = func(what string) { waiting.WaitFor(term.Printable(what)) }
			report, err := verify.Run(c.Context(), o, file.Routes)
			waiting.Stop()
			if err != nil {
				return err
			}
			return out.write(c, string(report.Verdict), report)
		},
	}
	cli.Document(c, verifyStatuses)
	f := c.Flags()
	f.StringVar(&document, "openapi", "", "an OpenAPI document, YAML or JSON, whose\noperations are held against policy and server")
	f.StringArrayVar(&from, "from", nil, "with --openapi: the origin of the pages, in place\nof those that the policy lets in; may be repeated")
	f.StringVar(&o.As, "as", "chromium", "chromium (the default), firefox, webkit,\nstandard or all")
	f.Lookup("as").DefValue = ""
	f.BoolVar(&out.json, "json", false, "write JSON (see docs/verify-json.md)")
	f.StringVar(&out.junit, "junit", "", "write JUnit XML to a file as well")
	f.IntVar(&o.MaxRequests, "max-requests", 500, "how many requests one URL is sent at most,\nfor each browser")
	f.IntVar(&o.Concurrency, "concurrency", 4, "how many questions are asked at a time")
	f.BoolVar(&o.UnsafeMethods, "unsafe-methods", false, "send PUT, DELETE and the policy's other methods\ntoo, and not their preflights only")
	f.Var((*cli.Timeout)(&o.Timeout), "timeout", "how long to wait for an answer, in seconds or\nas 500ms (default 30s)")
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
			fmt.Fprintln(w, term.Printable(p.Text(name)))
		}
		return nil, &cli.UsageError{Problem: "the policy cannot be used", Hint: "mend it until concors policy check finds it fine"}
	case err != nil:
		return nil, &cli.UsageError{Problem: err.Error(), Hint: "write the path of a policy file"}
	}
	return file, nil
}

// verifyOperations sorts out the arguments beside --openapi: a policy file, if
// any, and then URLs.
func verifyOperations(c *cobra.Command, o probe.Options, name string, from, args []string) (*operations.Report, error) {
	var policy *routes.Policies
	for i, arg := range args {
		switch {
		case strings.Contains(arg, "://"):
			o.URLs = append(o.URLs, arg)
		case i > 0:
			return nil, &cli.UsageError{Problem: fmt.Sprintf("%q is no URL: behind --openapi FILE there is one policy file at most, and then URLs", term.Bounded(arg)), Hint: "write URLs with http:// or https://"}
		default:
			file, err := openPolicy(c.ErrOrStderr(), arg)
			if err != nil {
				return nil, err
			}
			policy = &file.Routes
		}
	}
	document, err := openapi.Open(name)
	var faults *openapi.Errors
	switch {
	case errors.As(err, &faults):
		fmt.Fprintln(c.ErrOrStderr(), faults) // escaped already
		return nil, &cli.UsageError{Problem: "the document cannot be used", Hint: "mend it, or bundle it into one file of OpenAPI 3"}
	case err != nil:
		return nil, &cli.UsageError{Problem: err.Error(), Hint: "write the path of an OpenAPI document"}
	}
	waiting := term.StartProgress(c.ErrOrStderr())
	defer waiting.Stop()
	o.Progress = func(what string) { waiting.WaitFor(term.Printable(what)) }
	return operations.Run(c.Context(), o, document, policy, from)
}

// verifyOutput is where a report goes.
type verifyOutput struct {
	json  bool
	junit string
}

func (o verifyOutput) write(c *cobra.Command, verdict string, report interface {
	WriteText(io.Writer) error
	WriteJSON(io.Writer) error
	WriteJUnit(io.Writer) error
}) error {
	if o.junit != "" {
		if err := cli.WriteFile("--junit", o.junit, report.WriteJUnit); err != nil {
			return err
		}
	}
	write := report.WriteText
	if o.json {
		write = report.WriteJSON
	}
	if err := write(c.OutOrStdout()); err != nil {
		return err
	}
	switch verdict {
	case string(verify.Differs), string(operations.Unusable):
		return cli.ExitNotOK
	case string(verify.Unknown): // operations.Unknown is the same word
		return cli.ExitUnknown
	}
	return nil
}
