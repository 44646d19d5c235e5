package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// flagWords maps what fetch(), curl and other tools call something to the name of the
// flag, for hints.
var flagWords = map[string]string{
	"origin": "from", "request": "method", "agent": "as", "browser": "as", "user-agent": "header", "headers": "header",
	"body": "data", "json-data": "data", "payload": "data", "data-binary": "data", "data-ascii": "data", "data-urlencode": "data",
	"cookies": "cookie", "cookie-jar": "cookie", "with-credentials": "credentials",
	"framework": "for", "server": "for", "stack": "for",
	"page": "from", "site": "from", "url": "", "verb": "method",
	"debug": "trace", "verbose": "trace", "output": "html", "out": "into", "dir": "into", "folder": "into",
	"referer": "referrer", "element": "resource", "follow": "redirect", "location": "redirect", "swagger": "openapi",
	"no-check-certificate": "insecure", "no-verify": "insecure", "skip-verify": "insecure", "ca": "cacert",
	"max-time": "timeout", "connect-timeout": "timeout",
}

// curlOptions maps curl's options of one letter that mean something else here, or
// nothing, to what to write instead.
var curlOptions = map[string]string{
	"A": "write -H 'User-Agent: …'", "b": "write --cookie 'name=value'", "e": "write --referrer URL",
	"k": "write --insecure", "u": "write -H 'Authorization: Basic …'", "m": "write --timeout 10s",
	"F": "write -H 'Content-Type: multipart/form-data; boundary=x' -d x", "o": "write > FILE after the command",
	"G": "write the parameters in the URL, after ?", "I": "write -X HEAD", "x": "set HTTPS_PROXY in the environment",
	"L": "omit it: fetch() follows redirects unless --redirect says otherwise",
	"s": "omit it", "S": "omit it", "f": "omit it", "i": "omit it: -v shows all headers",
}

// FlagError explains an error of a command's flags: it says what is wrong in one line,
// and in the hint what to write instead.
func FlagError(c *cobra.Command, err error) error {
	help := "see " + c.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		letter := string([]rune(unknown.GetSpecifiedName())[:1])
		hint := help
		if instead, ok := curlOptions[letter]; ok && c.Flag("method") != nil {
			hint = instead
		}
		return Usage("unknown flag -"+term.Bounded(letter), hint)
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		f := missing.GetFlag()
		_, usage := pflag.UnquoteUsage(f)
		return Usage("--"+f.Name+" without a value", "write --"+f.Name+" and "+strings.Join(strings.Fields(usage), " "))
	case errors.As(err, &invalid):
		f, hint := invalid.GetFlag(), invalid.Unwrap().Error()
		if f.NoOptDefVal != "" {
			hint = "write --" + f.Name + " alone, or omit it"
		}
		return Usage(fmt.Sprintf("invalid value %s for --%s", term.Quote(invalid.GetValue()), f.Name), hint)
	}
	return Usage(err.Error(), help)
}

// unknownFlag returns the error for a flag that a command doesn't have: a near one may
// be meant, or another command has it.
func unknownFlag(c *cobra.Command, name string) error {
	problem := "unknown flag --" + term.Bounded(name)
	if others := commandsWith(c.Root(), name); len(others) > 0 {
		return Usage(fmt.Sprintf("%s does not have the flag --%s", c.CommandPath(), term.Bounded(name)),
			fmt.Sprintf("%s %s it; see %s --help", list(others, "and"), plural(len(others), "has", "have"), c.CommandPath()))
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	var near []string
	for _, flag := range Nearest(name, known, flagWords) {
		near = append(near, "--"+flag)
	}
	if len(near) > 0 {
		return Usage(problem, "write "+Or(near))
	}
	return Usage(problem, "see "+c.CommandPath()+" --help")
}

// Repeats is the annotation of a command that repeats another one and has its flags.
const Repeats = "repeats"

// commandsWith lists the commands that have a flag, with its name or another name for it,
// except those that repeat another command.
func commandsWith(c *cobra.Command, name string) (paths []string) {
	if _, repeats := c.Annotations[Repeats]; c.Runnable() && !repeats && c.HasParent() && c.Flags().Lookup(name) != nil {
		paths = append(paths, c.CommandPath())
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			paths = append(paths, commandsWith(below, name)...)
		}
	}
	return paths
}

// OneHyphen returns the error for a long flag that was written with one hyphen, which
// would be read as flags of one letter, or nil.
func OneHyphen(c *cobra.Command, args []string) error {
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if arg == "--" {
			return nil
		}
		if len(name) < 2 || arg[0] != '-' || i > 0 && TakesValue(c, args[i-1]) {
			continue
		}
		if c.Flags().Lookup(name) != nil || name == "help" {
			return Usage(term.Bounded("-"+name)+": a flag with a long name begins with two hyphens", "write --"+name)
		}
	}
	return nil
}

// TakesValue reports whether an argument is a flag whose value is the next argument.
func TakesValue(c *cobra.Command, arg string) bool {
	var f *pflag.Flag
	switch {
	case strings.HasPrefix(arg, "--"):
		f = c.Flags().Lookup(arg[2:])
	case strings.HasPrefix(arg, "-") && len(arg) == 2:
		f = c.Flags().ShorthandLookup(arg[1:])
	}
	return f != nil && f.NoOptDefVal == ""
}

// WithTypography returns the error of a command line with the hint that its quotes or
// dashes are not those that a shell reads, if that is so: then it is the cause.
func WithTypography(err error, args []string) error {
	var usage *UsageError
	if hint := typography(args); hint != "" && errors.As(err, &usage) {
		return Usage(usage.Problem, hint)
	}
	return err
}

// typography returns what to write instead of quotes and dashes that a chat or a word
// processor put in place of those that a shell reads, or "".
func typography(args []string) string {
	const dashes, quotes = "–—−‐‑", "“”„‟‘’‚‹›«»"
	for _, arg := range args {
		if word := strings.TrimLeft(arg, dashes+"-"); word != arg && strings.ContainsAny(arg[:len(arg)-len(word)], dashes) {
			hyphens := "--"
			if name, _, _ := strings.Cut(word, "="); len([]rune(name)) == 1 {
				hyphens = "-"
			}
			return fmt.Sprintf("write %s in place of %s: a chat or word processor changed it", term.Bounded(hyphens+word), term.Bounded(arg))
		}
	}
	for _, arg := range args {
		if bare := strings.Trim(arg, quotes); bare != arg {
			changed := []rune(strings.Replace(arg, bare, "", 1))[0]
			return fmt.Sprintf(`write ' or " in place of %c: a chat or word processor changed it`, changed)
		}
	}
	return ""
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// UnknownCommand returns the error for a word that is not a command below c.
func UnknownCommand(c *cobra.Command, word string) error {
	hint := "see " + c.CommandPath() + " --help"
	if near := NearCommand(c, word); near != "" {
		hint = "write " + c.CommandPath() + " " + near
	}
	return Usage("unknown command "+term.Quote(word), hint)
}

// NearCommand returns the commands below c that a word probably means, or "".
func NearCommand(c *cobra.Command, word string) string {
	var names []string
	also := map[string]string{}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() || below.IsAdditionalHelpTopicCommand() {
			names = append(names, below.Name())
			for _, other := range slices.Concat(below.Aliases, below.SuggestFor) {
				also[other] = below.Name()
			}
		}
	}
	return Or(Nearest(word, names, also))
}
