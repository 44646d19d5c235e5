package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/input"
	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

const checkHelp = `Makes the request that a page on ORIGIN would make, as a browser makes it, and
answers on one screen: whether it is allowed, why not, in which line that can be
seen, what to change, and whether that is enough. --more shows the rest: what
was sent, which step decided, what the page can read, what the console shows.

Instead of the URL you can give a request that you copied in the browser's
network panel (as fetch or as cURL, or its headers): in quotes, with --curl, or
with - on standard input. Other flags override parts of it.

Without a URL it runs against a demo server of its own, on loopback.

Requests go through the proxies that the environment names in HTTP_PROXY and
HTTPS_PROXY, except those to localhost and to the names in NO_PROXY.

Each browser in --as makes the request again: a POST to a real server is a
POST, and with --as all it is four.`

const checkExamples = `  concors check https://api.example/notes --from https://app.example
  concors check https://api.example/notes/1 --from https://app.example \
      -X PUT -H 'Content-Type: application/json' -d '{"text":"milk"}' --as all
  concors check https://cdn.example/cat.png --from null --resource img
  concors check --curl "$(wl-paste)" --html report.html
  wl-paste | concors check - --from https://app.example
  concors check --demo preflight-404`

const checkStatuses = `
  0  allowed; a demonstration
  1  blocked (with --as all: by one of them)
  2  invalid command line
  3  the server could not be reached`

// checkFlags are the flags of concors check.
type checkFlags struct {
	question              request.Question
	data, dataRaw         string
	curl, stack           string
	demo                  bool
	json, trace, markdown bool
	html                  string // a file's name
	parts                 [len(partFlags)]bool
	showSecrets           bool
	onReport              func(*report.Report) // for concors watch; may be nil
}

func checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:        "check URL --from ORIGIN [FLAGS]",
		Short:      "Make one request as a page would, and explain the result",
		Long:       checkHelp,
		Example:    checkExamples,
		SuggestFor: []string{"ask", "curl", "demo", "fetch", "get", "request", "run", "send", "try"},
		RunE:       func(c *cobra.Command, args []string) error { return f.run(c, args) },

		ValidArgsFunction: completeExperiments,
	}
	cli.Document(c, checkStatuses)
	f.define(c.Flags())
	groupCheckFlags(c)
	return c
}

// groupCheckFlags groups the flags of checkFlags in a command's help.
func groupCheckFlags(c *cobra.Command) {
	cli.Group(c, "The page", "from", "page-space", "coep")
	cli.Group(c, "The request, as in fetch() and curl", "method", "header", "data", "data-raw", "mode", "credentials",
		"redirect", "referrer", "referrer-policy", "cookie", "curl")
	cli.Group(c, "The request, made in another way", "resource", "crossorigin", "xhr", "upload-listener")
	cli.Group(c, "Browsers", "as")
	cli.Group(c, "Output, after the answer", "more", "diagram", "console", "recipe", "steps", "wire", "trace")
	cli.Group(c, "Output", "for", "json", "markdown", "html", "show-secrets", "no-pager")
	cli.Group(c, "Network", "timeout", "insecure", "cacert", "resolve", "no-proxy")
}

func (f *checkFlags) define(flags *pflag.FlagSet) {
	q := &f.question
	flags.StringVar(&q.From, "from", "", "the page's `ORIGIN`, or null for a sandboxed page (also --origin)")
	flags.StringVar(&q.PageSpace, "page-space", "", "where the page was loaded from, for Local Network Access: `SPACE` is public, "+
		"local or loopback (default: what the host in --from suggests)")
	flags.StringVar(&q.EmbedderPolicy, "coep", "", "the page's Cross-Origin-Embedder-Policy: `POLICY` is require-corp or credentialless")
	flags.StringVarP(&q.Method, "method", "X", "", "the `METHOD`: GET, or POST if there is -d (also --request)")
	flags.StringArrayVarP(&q.Header, "header", "H", nil, "set a `HEADER`, 'Name: value'; may be repeated")
	flags.StringVarP(&f.data, "data", "d", "", "`TEXT` as the body, as fetch() sends it, or @FILE for the text of a file (@- for standard input)")
	flags.StringVar(&f.dataRaw, "data-raw", "", "`TEXT` as the body, even if it begins with @")
	flags.StringVar(&q.Mode, "mode", "", "`MODE` is cors, no-cors or same-origin")
	flags.StringVar(&q.Credentials, "credentials", "", "`MODE` is omit, same-origin or include")
	flags.StringVar(&q.Redirect, "redirect", "", "`MODE` is follow, error or manual")
	flags.StringVar(&q.Referrer, "referrer", "", "fetch()'s referrer: a `URL` of the page's origin, or no-referrer")
	flags.StringVar(&q.ReferrerPolicy, "referrer-policy", "", "fetch()'s referrerPolicy: `POLICY` such as no-referrer")
	flags.StringArrayVar(&q.Cookies, "cookie", nil, "a `COOKIE` that the server set on an earlier visit, 'a=b; SameSite=Lax'; may be repeated")
	flags.StringVar(&f.curl, "curl", "", "make the request of a curl `COMMAND`, as copied from a browser or written by hand")
	flags.StringVar(&q.Resource, "resource", "", "make the request as an element does: `KIND` is "+cli.Or(fetch.ElementKinds()))
	flags.StringVar(&q.CrossOrigin, "crossorigin", "", "with --resource: the element's attribute, `VALUE` is anonymous or use-credentials")
	flags.BoolVar(&q.XHR, "xhr", false, "use XMLHttpRequest instead of fetch()")
	flags.BoolVar(&q.UploadListener, "upload-listener", false, "with --xhr: listen to the upload's events")
	flags.StringVar(&q.As, "as", "", "`BROWSER` is chromium (the default), firefox, webkit, standard or all; or chrome, edge, safari, ...")
	flags.StringVar(&f.stack, "for", "", "write the change for this `SERVER` or framework, as concors recipe --list names it, "+
		"instead of the one that was detected")
	flags.BoolVar(&f.json, "json", false, "write JSON (see docs/check-json.md)")
	flags.BoolVar(&f.markdown, "markdown", false, "write Markdown, for an issue or a chat")
	flags.StringVar(&f.html, "html", "", "also write the whole report to `FILE`, as an HTML page")
	flags.BoolVar(&f.showSecrets, "show-secrets", false, showSecretsUsage)
	for i, part := range partFlags {
		flags.BoolVar(&f.parts[i], part.name, false, part.usage)
	}
	flags.BoolVarP(&f.trace, "trace", "v", false, "all of these")
	cli.Paged(flags)
	flags.Var((*cli.Timeout)(&q.Timeout), "timeout", "how long to wait for a response: `TIME` in seconds, or as 500ms (default 30s)")
	flags.BoolVar(&q.Insecure, "insecure", false, "do not verify certificates")
	flags.StringVar(&q.CACert, "cacert", "", "a PEM `FILE` of additional certificate authorities")
	flags.StringArrayVar(&q.Resolve, "resolve", nil, "`HOST:PORT:ADDRESS` to connect to; may be repeated")
	flags.BoolVar(&q.NoProxy, "no-proxy", false, "connect directly: ignore HTTP_PROXY and HTTPS_PROXY in the environment")
	flags.BoolVar(&f.demo, "demo", false, "list the demo server's experiments, or run one: write its name or number instead of the URL")
}

// showSecretsUsage describes --show-secrets in --help.
const showSecretsUsage = "do not mask tokens, cookies and passwords with *** (see docs/check.md)"

// A partFlag is a flag that adds parts to the text.
type partFlag struct {
	name, usage string
	part        report.Parts
}

// partFlags are the flags for what the text has after the answer.
var partFlags = [...]partFlag{
	{"more", "the whole report, except steps and wire", report.More},
	{"diagram", "a drawing of who sent what to whom", report.Diagram},
	{"console", "what browsers' consoles show", report.Console},
	{"recipe", "the change to the server: the policy, and its configuration or code", report.Recipe},
	{"steps", "every step, with its link to the standard", report.Steps},
	{"wire", "every header on the wire", report.Wire},
}

// isPartFlag reports whether a flag adds parts to the text.
func isPartFlag(name string) bool {
	return slices.ContainsFunc(partFlags[:], func(p partFlag) bool { return p.name == name })
}

// textOptions are the options of the text that is written to a screen.
func (f *checkFlags) textOptions(s term.Screen) report.TextOptions {
	o := report.TextOptions{Colour: s.Coloured, Columns: s.Columns, Rows: s.Rows()}
	for i, part := range partFlags {
		if f.parts[i] {
			o.Parts |= part.part
		}
	}
	if f.trace {
		o.Parts = report.All
	}
	return o
}

func (f *checkFlags) run(c *cobra.Command, args []string) error {
	target := strings.Join(args, " ")
	pasted := target == "-" || c.Flags().Changed("curl")
	switch {
	case f.json && f.markdown:
		return cli.Usage("--json and --markdown: both write to standard output", "omit one of them")
	case pasted && (f.demo || target != "" && c.Flags().Changed("curl")):
		return cli.Usage("--curl or - together with another request",
			"omit the URL, - or --demo; flags such as --from and -X may be added")
	case f.demo && strings.Contains(target, ":"):
		return cli.Usage("--demo together with a URL", "omit --demo, or write an experiment's name after it")
	case f.demo && len(args) == 0:
		return cli.Show(c, func(w io.Writer, _ term.Screen) error { return experiments.WriteList(w) })
	case f.demo:
		return f.runExperiment(c, target)
	case len(args) == 0 && !pasted:
		return f.runExperiment(c, "1")
	}
	if f.stack != "" {
		if err := stacks.Known(f.stack); err != nil {
			return err // before anything is sent
		}
	}
	if err := f.readData(c, target == "-"); err != nil {
		return err
	}
	if err := f.readRequest(c, args, pasted); err != nil {
		return err
	}
	if err := readBrowser(c, &f.question.As); err != nil {
		return err
	}
	result, err := makeRequest(c, f.question)
	if err != nil {
		return err
	}
	fix, err := serverfix.For(c.Context(), f.question, result, f.stack)
	if err != nil {
		return err
	}
	makeReport := report.New
	if f.showSecrets {
		makeReport = report.NewWithSecrets
	}
	return f.write(c, makeReport(result, fix), nil)
}

// readRequest reads the request from the arguments, or from what was pasted, and asks
// on a terminal which page makes it.
func (f *checkFlags) readRequest(c *cobra.Command, args []string, pasted bool) error {
	target := strings.Join(args, " ")
	if !pasted {
		in, err := checkArgument(args)
		if err != nil {
			return err
		}
		if pasted = in.Kind == input.Request; !pasted {
			f.question.URL = target
		}
		if pasted && in.IsFile {
			file, err := os.Open(target)
			if err != nil {
				return cli.Usage(err.Error(), "write the path of a file with a request in it")
			}
			defer file.Close()
			c.SetIn(file)
		} else if pasted {
			c.SetIn(strings.NewReader(target))
		}
	}
	if pasted {
		q, err := f.paste(c)
		if err != nil {
			return err
		}
		f.question = q.Override(f.question)
	}
	if f.question.From == "" && canAsk(c) && f.question.HasValidURL() {
		from, err := askFrom(c)
		if err != nil {
			return err
		}
		f.question.From = from
	}
	return nil
}

// readData puts the body of -d or --data-raw into the question.
func (f *checkFlags) readData(c *cobra.Command, pasted bool) error {
	isData, isRaw := c.Flags().Changed("data"), c.Flags().Changed("data-raw")
	name, isFile := strings.CutPrefix(f.data, "@")
	switch {
	case isData && isRaw:
		return cli.Usage("-d and --data-raw together", "omit one of them")
	case isRaw:
		f.question.Data = &f.dataRaw
	case isData && isFile:
		if name == "-" && pasted {
			return cli.Usage("-d @- together with -: both read standard input", "write -d @FILE")
		}
		text, err := readBody(c, name)
		if err != nil {
			return cli.Usage("-d @"+name+": "+err.Error(),
				"check the file's name; if the body itself begins with @, use --data-raw")
		}
		f.question.Data = &text
	case isData:
		f.question.Data = &f.data
	}
	return nil
}

// maxBody is how long a body from a file may be, in bytes.
const maxBody = 64 << 20

// readBody reads the text of a file, or of standard input for "-".
func readBody(c *cobra.Command, name string) (string, error) {
	in := c.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err // the message has the name already
		}
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	switch {
	case err != nil:
		return "", err
	case len(text) > maxBody:
		return "", fmt.Errorf("it is longer than %d MB", maxBody>>20)
	case !utf8.Valid(text):
		return "", errors.New("it is not UTF-8, and fetch() sends a string as UTF-8")
	}
	return string(text), nil
}

// makeRequest makes the request, and says on a terminal what it waits for.
func makeRequest(c *cobra.Command, q request.Question) (*request.Result, error) {
	waiting := term.StartProgress(c.ErrOrStderr())
	defer waiting.Stop()
	q.Progress = waiting.WaitFor
	result, err := request.Run(c.Context(), q)
	if ended := c.Context().Err(); ended != nil {
		return nil, ended // interrupted: nothing is known
	}
	return result, err
}

// paste reads the value of --curl, or standard input, and writes notes on it to
// standard error.
func (f *checkFlags) paste(c *cobra.Command) (request.Question, error) {
	where, read, text := "--curl", paste.Curl, f.curl
	if !c.Flags().Changed("curl") {
		where, read = "standard input", paste.Read
		var err error
		if text, err = readPaste(c, "a fetch() call or a curl command"); err != nil {
			return request.Question{}, err
		}
	}
	pasted, err := read(text)
	var invalid *paste.Error
	switch {
	case errors.As(err, &invalid):
		return request.Question{}, cli.Usage(where+": "+invalid.Error(), invalid.Hint)
	case err != nil:
		return request.Question{}, err
	case pasted.Question.From == "" && f.question.From == "" && !canAsk(c):
		return request.Question{}, cli.Usage(where+": it does not say which page makes the request: it has neither Origin nor Referer",
			"add --from https://app.example (the page's origin), or --from null for a sandboxed page")
	}
	for _, note := range pasted.Notes {
		cli.Note(c.ErrOrStderr(), note)
	}
	return pasted.Question, nil
}

// readPaste returns the text of standard input, or what is pasted on the terminal.
func readPaste(c *cobra.Command, what string) (string, error) {
	if term.IsTerminal(c.InOrStdin()) {
		fmt.Fprintf(c.ErrOrStderr(), "concors: paste %s, then %s\n", what, term.PasteEnd())
		return pasteOnTerminal(c.Context())
	}
	// One byte more than the limit, so that paste can report it.
	raw, err := io.ReadAll(io.LimitReader(c.InOrStdin(), paste.Limit+1))
	if err != nil {
		return "", cli.Usage("standard input: "+err.Error(), "write --curl 'curl …' instead")
	}
	return string(raw), nil
}

// runExperiment runs one of the demo server's experiments. Whatever it shows is what was
// wanted, so that it ends with status 0.
func (f *checkFlags) runExperiment(c *cobra.Command, name string) error {
	var given string
	c.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "demo", "as", "json", "trace", "markdown", "html", "timeout", "no-pager":
		default:
			if !isPartFlag(flag.Name) {
				given = flag.Name
			}
		}
	})
	if given != "" {
		return cli.Usage("--"+given+" without a URL: the demo's experiments are complete as they are",
			"write the URL too, or omit --"+given)
	}
	e, err := experiments.Choose(name)
	if err != nil {
		return err
	}
	if err := readBrowser(c, &f.question.As); err != nil {
		return err
	}
	server, err := experiments.Start(e)
	if err != nil {
		return err
	}
	defer server.Close()
	q := server.Question()
	q.As, q.Timeout = f.question.As, f.question.Timeout
	result, err := makeRequest(c, q)
	if err != nil {
		return err
	}
	err = f.write(c, report.NewWithSecrets(result, nil), &e) // the secrets are the demo's own
	var verdict cli.Exit
	if errors.As(err, &verdict) {
		return nil
	}
	return err
}

// write writes the report in the format that the flags name. e is the experiment that
// it is about, or nil. The error may be a cli.Exit, from the verdict.
func (f *checkFlags) write(c *cobra.Command, r *report.Report, e *experiments.Experiment) error {
	if f.onReport != nil {
		f.onReport(r)
	}
	if f.html != "" {
		if err := cli.WriteFile("--html", f.html, r.WriteHTML); err != nil {
			return err
		}
	}
	err := cli.Show(c, func(w io.Writer, s term.Screen) error {
		switch {
		case f.json:
			return r.WriteJSON(w)
		case f.markdown:
			return r.WriteMarkdown(w)
		}
		o := f.textOptions(s)
		if e != nil {
			o.Intro, o.After = e.Introduction(o.Columns), e.Conclusion(o.Columns)
		}
		return r.WriteText(w, o)
	})
	if err != nil {
		return err
	}
	switch r.Verdict {
	case request.Blocked:
		return cli.ExitNotOK
	case request.Unreachable:
		return cli.ExitUnknown
	}
	return nil
}
