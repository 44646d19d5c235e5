package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/operations"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cmd/concors/internal/verify"
	"github.com/concors/concors/cmd/concors/internal/watch"
)

const watchHelp = `Makes the request of concors check again when a file changes, when a key is
pressed, or every few seconds, while you change a server. It prints the first
answer, and then what changed since the last one: the verdict, the status, and
the headers that decide. Otherwise it says in one line that nothing did.

It takes the arguments and flags of concors check; concors watch verify takes
those of concors verify, and watches the policy file. If a server refuses
connections, it waits up to ten seconds for it to start. Enter or the space bar
repeats it, q quits. Each round sends the request again: a POST is a POST.`

const watchExamples = `  concors watch http://localhost:8080/ --from http://localhost:5173 --file src
  concors watch https://api.example/notes --from https://app.example --every 5s
  concors watch verify policy.yaml http://localhost:8080/notes --file src`

const watchStatuses = `
  The status of the last answer, when q was pressed:
  0  as concors check or concors verify: allowed, or agrees
  1  blocked, or differs
  2  invalid command line
  3  not known`

// watchFlags are what concors watch has besides the flags of the command that it repeats.
type watchFlags struct {
	files []string
	every cli.Timeout
}

func watchCommand() *cobra.Command {
	var f checkFlags
	var w watchFlags
	c := &cobra.Command{
		Use:        "watch URL --from ORIGIN [FLAGS]\n  concors watch verify POLICY URL... [FLAGS]",
		Short:      "Ask again when a file changes, and show what changed",
		Long:       watchHelp,
		Example:    watchExamples,
		SuggestFor: []string{"follow", "loop", "monitor", "repeat"},
		Args:       cobra.ArbitraryArgs,
		RunE:       func(c *cobra.Command, args []string) error { return w.check(c, args, &f) },
	}
	cli.Document(c, watchStatuses)
	c.Annotations[cli.Repeats] = "check"
	w.define(c.Flags())
	f.define(c.Flags())
	groupCheckFlags(c)
	cli.Group(c, "When to repeat", "file", "every")
	hideFlags(c, "json", "markdown", "demo", "no-pager")
	c.AddCommand(watchVerifyCommand())
	return c
}

func watchVerifyCommand() *cobra.Command {
	var w watchFlags
	c, f := newVerifyCommand()
	c.Use, c.Short = "verify POLICY URL... [FLAGS]", "Test a live server again when a file changes"
	c.Example = "  concors watch verify policy.yaml http://localhost:8080/notes"
	c.RunE = func(c *cobra.Command, args []string) error { return w.verify(c, args, f) }
	cli.Document(c, "  as for concors watch")
	c.Annotations[cli.Repeats] = "verify"
	w.define(c.Flags())
	cli.Group(c, "When to repeat", "file", "every")
	hideFlags(c, "json", "no-pager")
	return c
}

// hideFlags leaves flags of the repeated command out of --help, which have no use here: the
// error where they are used says why, and there is no pager.
func hideFlags(c *cobra.Command, names ...string) {
	for _, name := range names {
		c.Flags().MarkHidden(name) // fails only if there is no such flag
	}
}

func (w *watchFlags) define(flags *pflag.FlagSet) {
	flags.StringArrayVar(&w.files, "file", nil, "repeat when this `FILE`, or one in this folder, changes; may be repeated")
	flags.Var(&w.every, "every", "repeat after this `TIME`, in seconds or as 5s: at least 1s")
}

// check repeats concors check.
func (w *watchFlags) check(c *cobra.Command, args []string, f *checkFlags) error {
	if len(args) > 0 && args[0] == "check" {
		args = args[1:] // concors watch check URL
	}
	switch {
	case f.json || f.markdown:
		return cli.Usage("--json and --markdown: watch prints text", "omit it, or use concors check")
	case f.demo, len(args) == 0 && !c.Flags().Changed("curl"):
		return cli.Usage("watch takes a URL",
			"write concors watch https://api.example/notes --from https://app.example --file server.js")
	case strings.Join(args, " ") == "-" || f.data == "@-":
		return cli.Usage("watch reads keys from standard input", "write --curl 'curl ...', or -d @FILE")
	}
	if name, ok := strings.CutPrefix(f.data, "@"); ok {
		w.files = append(w.files, name)
	}
	method := strings.ToUpper(f.question.Method)
	isSafe := !c.Flags().Changed("curl") && (method == "" && f.data == "" && f.dataRaw == "" || method == "GET" || method == "HEAD")
	var answer watch.Answer
	f.onReport = func(r *report.Report) { answer = watch.OfCheck(r) }
	return w.run(c, isSafe, &answer, func() error { return f.run(c, args) })
}

// verify repeats concors verify.
func (w *watchFlags) verify(c *cobra.Command, args []string, f *verifyFlags) error {
	if f.json {
		return cli.Usage("--json: watch prints text", "omit it, or use concors verify")
	}
	if f.document != "" {
		w.files = append(w.files, f.document)
	}
	if len(args) > 0 && !strings.Contains(args[0], "://") {
		w.files = append(w.files, args[0])
	}
	var answer watch.Answer
	f.onReport = func(r any) {
		switch r := r.(type) {
		case *verify.Report:
			answer = watch.OfVerify(r)
		case *operations.Report:
			answer = watch.OfOperations(r)
		}
	}
	return w.run(c, false, &answer, func() error { return f.run(c, args) })
}

// run repeats a command, which prints to the command's output and sets answer.
func (w *watchFlags) run(c *cobra.Command, isSafe bool, answer *watch.Answer, command func() error) error {
	every := time.Duration(w.every)
	if every > 0 && every < time.Second {
		return cli.Usage("--every "+every.String()+": that is more than one request a second", "write 1s or more")
	}
	out, stderr := c.OutOrStdout(), c.ErrOrStderr()
	screen := term.ScreenOf(out)
	screen.Height = 0 // no pager: what changed stays on the screen
	var keys <-chan byte
	if in, ok := c.InOrStdin().(*os.File); ok && term.IsTerminal(in) {
		pressed, restore := term.Keys(in)
		defer restore()
		keys = pressed
	}
	if len(w.files) == 0 && every == 0 && keys == nil {
		return cli.Usage("watch has nothing to wait for", "write --file server.js or --every 5s")
	}
	ctx := c.Context()
	rounds := 0
	last, err := watch.Run(ctx, watch.Options{
		Files: w.files, Every: every, Keys: keys, Repeatable: isSafe, Out: out,
		Ask: func(ctx context.Context) (watch.Answer, error) {
			text := term.Capture{Screen: screen}
			c.SetOut(&text)
			c.SetErr(&text)
			c.SetContext(ctx)
			defer c.SetOut(out)
			defer c.SetErr(stderr)
			*answer = watch.Answer{}
			err := command()
			var exit cli.Exit
			rounds++
			switch {
			case err == nil || errors.As(err, &exit):
				answer.Status = err
			case ctx.Err() != nil || rounds == 1:
				return watch.Answer{}, err
			default: // a file that is not valid at the moment
				cli.Fail(&text, err)
				answer.Status, answer.Failed, answer.Verdict = cli.ExitUsage, true, "a file is not valid"
			}
			answer.Text = text.String()
			return *answer, nil
		},
	})
	if err != nil {
		return err
	}
	return last.Status
}
