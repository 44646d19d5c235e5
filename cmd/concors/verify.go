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
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cmd/concors/internal/verify"
	"github.com/concors/concors/cors/routes"
)

const verifyHelp = `Sends a live server the requests that pages would send, as a browser does, and
reports where it differs from the policy: which origins are allowed or refused,
including near misses of allowed ones, methods, headers, credentials, error
responses, caching.

It sends only GET, HEAD and OPTIONS: the preflight shows whether a PUT would be
allowed. With --unsafe-methods it sends the PUT too. It sends ten requests a
second, waits if the server asks it to, and marks each with the header
X-Concors: verify. If a rate limiter or a bot filter refuses requests, their
results are not known, and the exit status is 3.

With --openapi it tests the operations of an OpenAPI document, and reports by
file and line which of them a page cannot use, and why. Without a URL it tests
against the policy alone, and proposes the change to the policy. Without a
policy it tests the server alone, for the pages in --from. With both it tests
both. An argument with :// in it is a URL. Nothing is sent to the servers that
the document names.`

const verifyExamples = `  concors verify policy.yaml https://api.example/items
  concors verify policy.yaml https://api.example/ --as all --junit report.xml
  concors verify --openapi api.yaml policy.yaml
  concors verify --openapi api.yaml policy.yaml https://api.example/v1
  concors verify --openapi api.yaml --from https://a.example https://api.example`

const verifyStatuses = `
  0  the server agrees with the policy; with --openapi, all can be used
  1  it differs; with --openapi, some operations cannot be used
  2  invalid policy, document or command line
  3  not known: the server could not be reached, something in front of it
     refused requests, or --max-requests left tests out`

// verifyFlags are the flags of concors verify.
type verifyFlags struct {
	options         probe.Options
	document, junit string
	from            []string
	json            bool
	onReport        func(report any) // for concors watch; may be nil
}

func verifyCommand() *cobra.Command {
	c, _ := newVerifyCommand()
	return c
}

// newVerifyCommand returns the command, and its flags for concors watch verify.
func newVerifyCommand() (*cobra.Command, *verifyFlags) {
	f := &verifyFlags{}
	c := &cobra.Command{
		Use:               "verify POLICY URL... [FLAGS]\n  concors verify --openapi FILE [POLICY] [URL...] [FLAGS]",
		Short:             "Test a live server, or an OpenAPI document, against a policy",
		Long:              verifyHelp,
		Example:           verifyExamples,
		ValidArgsFunction: completePolicy,
		SuggestFor:        []string{"assert", "audit", "openapi", "scan", "test"},
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	cli.Document(c, verifyStatuses)
	flags, o := c.Flags(), &f.options
	flags.StringVar(&f.document, "openapi", "", "test the operations of an OpenAPI document, YAML or JSON, in `FILE` against policy and server")
	flags.StringArrayVar(&f.from, "from", nil, "with --openapi: the pages' `ORIGIN`, instead of those that the policy allows; may be repeated")
	flags.BoolVar(&o.UnsafeMethods, "unsafe-methods", false,
		"also send PUT, DELETE and the policy's other methods, not only their preflights")
	flags.StringArrayVarP(&o.Header, "header", "H", nil, "a `HEADER` to add to all requests except preflights, 'Name: value', "+
		"for a server behind a login; may be repeated")
	flags.StringArrayVar(&o.Cookie, "cookie", nil, "a `COOKIE` to add to all requests except preflights, 'name=value'; may be repeated")
	flags.StringVar(&o.As, "as", "", "`BROWSER` is chromium (the default), firefox, webkit, standard or all; or chrome, edge, safari, ...")
	flags.BoolVar(&f.json, "json", false, "write JSON (see docs/verify-json.md)")
	flags.BoolVar(&o.ShowSecrets, "show-secrets", false, showSecretsUsage)
	flags.StringVar(&f.junit, "junit", "", "also write JUnit XML to `FILE`")
	o.MaxRequests, o.Concurrency, o.Rate = probe.DefaultMaxRequests, probe.DefaultConcurrency, probe.DefaultRate
	flags.Var(numberFlag(&o.MaxRequests), "max-requests",
		"send `NUMBER` requests to one URL at most, for each browser; the result is not known if that is too few")
	flags.Var(numberFlag(&o.Concurrency), "concurrency", "send `NUMBER` requests at the same time")
	flags.Var(numberFlag(&o.Rate), "rate", "send `NUMBER` requests in a second at most")
	flags.Var((*cli.Timeout)(&o.Timeout), "timeout", "how long to wait for a response: `TIME` in seconds, or as 500ms (default 30s)")
	flags.BoolVar(&o.Insecure, "insecure", false, "do not verify certificates")
	flags.StringVar(&o.CACert, "cacert", "", "a PEM `FILE` of additional certificate authorities")
	flags.StringArrayVar(&o.Resolve, "resolve", nil, "`HOST:PORT:ADDRESS` to connect to; may be repeated")
	cli.Paged(flags)
	cli.Group(c, "What to test", "openapi", "from", "unsafe-methods", "header", "cookie")
	cli.Group(c, "Browsers", "as")
	cli.Group(c, "Output", "json", "junit", "show-secrets", "no-pager")
	cli.Group(c, "Network", "max-requests", "concurrency", "rate", "timeout", "insecure", "cacert", "resolve")
	return c, f
}

// positive is a flag whose value must be greater than zero.
type positive[T int | float64] struct{ value *T }

func numberFlag[T int | float64](value *T) *positive[T] { return &positive[T]{value} }

// String returns the value, for the usage.
func (p *positive[T]) String() string {
	if p.value == nil {
		return ""
	}
	return fmt.Sprint(*p.value)
}

// Type names the kind of value in the usage.
func (p *positive[T]) Type() string { return "number" }

// Set sets the value.
func (p *positive[T]) Set(text string) error {
	var value T
	if _, err := fmt.Sscanf(text+"\n", "%v\n", &value); err != nil || !(value > 0) {
		return errors.New("write a number greater than 0")
	}
	*p.value = value
	return nil
}

func (f *verifyFlags) run(c *cobra.Command, args []string) error {
	if err := readBrowser(c, &f.options.As); err != nil {
		return err
	}
	if f.document != "" {
		return f.runOperations(c, args)
	}
	switch {
	case len(f.from) > 0:
		return cli.Usage("--from goes with --openapi: without it the policy has the pages' origins",
			"omit it, or name a document with --openapi")
	}
	if err := verifyArguments(args); err != nil {
		return err
	}
	file, err := openPolicy(c.ErrOrStderr(), args[0])
	if err != nil {
		return err
	}
	f.options.URLs = args[1:]
	waiting := term.StartProgress(c.ErrOrStderr())
	f.options.Progress = waiting.WaitFor
	report, err := verify.Run(c.Context(), f.options, file.Routes)
	waiting.Stop()
	if ended := c.Context().Err(); ended != nil {
		return ended
	}
	if err != nil {
		return err
	}
	return f.write(c, report, map[verify.Verdict]cli.Exit{
		verify.Differs: cli.ExitNotOK, verify.Unknown: cli.ExitUnknown,
	}[report.Verdict])
}

// runOperations tests an OpenAPI document. The arguments are a policy file, if
// any, and then URLs.
func (f *verifyFlags) runOperations(c *cobra.Command, args []string) error {
	var policy *routes.Policies
	for i, arg := range args {
		switch {
		case strings.Contains(arg, "://"):
			f.options.URLs = append(f.options.URLs, arg)
		case i > 0:
			return cli.Usage(term.Quote(arg)+" is not a URL: --openapi FILE takes one policy file at most, and then URLs",
				"write URLs with http:// or https://")
		default:
			file, err := openPolicy(c.ErrOrStderr(), arg)
			if err != nil {
				return err
			}
			policy = &file.Routes
		}
	}
	document, err := openapi.Open(f.document)
	var faults *openapi.Errors
	switch {
	case errors.As(err, &faults):
		fmt.Fprintln(c.ErrOrStderr(), faults) // escaped already
		return cli.Usage("the document cannot be used", "correct it: files below its folder are read, and no others")
	case err != nil:
		return cli.Usage(err.Error(), "write the path of an OpenAPI document")
	case len(document.Warnings) > 0:
		fmt.Fprintln(c.ErrOrStderr(), document.WarningText()) // escaped already
	}
	waiting := term.StartProgress(c.ErrOrStderr())
	f.options.Progress = waiting.WaitFor
	report, err := operations.Run(c.Context(), f.options, document, policy, f.from)
	waiting.Stop()
	if ended := c.Context().Err(); ended != nil {
		return ended
	}
	if err != nil {
		return err
	}
	return f.write(c, report, map[operations.Verdict]cli.Exit{
		operations.Unusable: cli.ExitNotOK, operations.Unknown: cli.ExitUnknown,
	}[report.Verdict])
}

func (f *verifyFlags) write(c *cobra.Command, report interface {
	WriteText(io.Writer) error
	WriteJSON(io.Writer) error
	WriteJUnit(io.Writer) error
}, exit cli.Exit) error {
	if f.onReport != nil {
		f.onReport(report)
	}
	if f.junit != "" {
		if err := cli.WriteFile("--junit", f.junit, report.WriteJUnit); err != nil {
			return err
		}
	}
	write := report.WriteText
	if f.json {
		write = report.WriteJSON
	}
	if err := cli.Show(c, func(w io.Writer, _ term.Screen) error { return write(w) }); err != nil {
		return err
	}
	return exit.Err()
}
