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
	"cookies": "cookie", "cookie-jar": "cookie",
	"framework": "for", "server": "for", "stack": "for",
	"page": "from", "site": "from", "url": "", "verb": "method",
	"debug": "trace", "verbose": "trace", "out": "into", "dir": "into", "folder": "into",
	"referer": "referrer", "element": "resource", "follow": "redirect", "location": "redirect", "swagger": "openapi",
	"no-check-certificate": "insecure", "no-verify": "insecure", "skip-verify": "insecure", "ca": "cacert",
	"max-time": "timeout", "connect-timeout": "timeout",
}

// proxyWords has, for the words of other proxies and of other commands, what to write for concors proxy.
var proxyWords = map[string]string{
	"origin": "--page", "from": "--page", "site": "--page", "cors": "--page", "allow-origin": "--page",
	"port": "--listen", "host": "--listen", "bind": "--listen", "address": "--listen",
	"insecure": "--insecure-upstream", "cacert": "--upstream-ca", "ca": "--upstream-ca", "proxy": "--via-proxy",
	"header": "--secret-header NAME=ENV", "headers": "--secret-header NAME=ENV", "key": "--secret-header NAME=ENV", "token": "--secret-header NAME=ENV",
	"target": "the API's URL without a flag", "url": "the API's URL without a flag", "upstream": "the API's URL without a flag", "to": "the API's URL without a flag",
	"rewrite": "--route PATH=URL", "path": "--route PATH=URL", "path-rewrite": "--route PATH=URL", "prefix": "--route PATH=URL",
	"dir": "--alias", "folder": "--alias", "static": "--alias",
}

// curlOptions maps curl's options of one letter that mean something else here, or
// nothing, to what to write instead.
var curlOptions = map[string]string{
	"A": "write -H 'User-Agent: …'", "b": "write --cookie 'name=value'", "e": "write --referrer URL",
	"k": "write --insecure", "u": "write -H 'Authorization: Basic …'", "m": "write --timeout 10s",
	"F": "write -H 'Content-Type: multipart/form-data; boundary=x' -d x", "o": "write > FILE after the command",
	"G": "write the parameters in the URL, after ?", "I": "write -X HEAD", "x": "set HTTPS_PROXY in the environment",
	"L": "omit it: fetch() follows redirects unless --redirect says otherwise",
	"j": "write --json", "O": "write > FILE after the command", "q": "omit it", "s": "omit it", "S": "omit it", "f": "omit it", "i": "omit it: -v shows all headers",
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
		if letter == "V" {
			hint = "write " + c.Root().Name() + " version"
		}
		if instead, ok := curlOptions[letter]; ok && c.Flag("method") != nil {
			hint = instead
		}
		return Usage("unknown flag -"+term.Bounded(letter), hint)
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		return missingValue(c, missing.GetFlag(), missing.GetSpecifiedShortnames() != "")
	case errors.As(err, &invalid):
		f, hint := invalid.GetFlag(), invalid.Unwrap().Error()
		if f.NoOptDefVal != "" {
			hint = "write --" + f.Name + " alone, or omit it"
		}
		return Usage(fmt.Sprintf("invalid value %s for --%s", term.Quote(invalid.GetValue()), f.Name), hint)
	}
	return Usage(err.Error(), help)
}

// missingValue returns the error for a flag without its value.
func missingValue(c *cobra.Command, f *pflag.Flag, short bool) error {
	value, _ := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if short { // it is named as it was written
		name = "-" + f.Shorthand
	}
	hint := "write " + name + " " + value + ", as " + c.CommandPath() + " --help says"
	if example := f.Annotations[exampleKey]; len(example) > 0 {
		hint = "write " + name + " " + value + ", such as " + name + " " + example[0]
	}
	return Usage(name+" has no value", hint)
}

// Example sets the example of a flag's value, for hints.
func Example(flags *pflag.FlagSet, name, value string) {
	flags.SetAnnotation(name, exampleKey, []string{value}) // fails only if there is no such flag
}

// unknownFlag returns the error for a flag that a command doesn't have: a near one may
// be meant, or another command has it.
func unknownFlag(c *cobra.Command, name string) error {
	problem := "unknown flag --" + term.Bounded(name)
	if plain(name) == "withcredentials" && c.Flags().Lookup("credentials") != nil { // of XMLHttpRequest
		return Usage(problem, "write --credentials include")
	}
	if own := proxyWords[name]; own != "" && c.Name() == "proxy" {
		return Usage(problem, "write "+own)
	}
	if own := flagWords[name]; own != "" && c.Flags().Lookup(own) != nil { // also if another command has it
		return Usage(problem, "write --"+own)
	}
	if others := commandsWith(c.Root(), name); len(others) > 0 {
		return Usage(fmt.Sprintf("%s does not have the flag --%s", c.CommandPath(), term.Bounded(name)),
			fmt.Sprintf("%s %s it; see %s --help", list(others, "and"), plural(len(others), "has", "have"), c.CommandPath()))
	}
	known := []string{"help", "version"}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			known = append(known, f.Name)
		}
	})
	var near []string
	for _, flag := range Nearest(name, known, flagWords) {
		near = append(near, "--"+flag)
	}
	if len(near) == 1 && near[0] == "--version" {
		near[0] = c.Root().Name() + " version"
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

// FlagMistake returns the error for flags that the flag parser would read otherwise than
// they are meant, or nil: a long one that was written with one hyphen, which it reads as
// flags of one letter, and one after another that has no value, which it takes for that
// value.
func FlagMistake(c *cobra.Command, args []string) error {
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if arg == "--" {
			return nil
		}
		if len(name) < 2 || arg[0] != '-' {
			continue
		}
		if i > 0 && TakesValue(c, args[i-1]) {
			if f := flagOf(c, args[i-1]); strings.HasPrefix(name, "-") && c.Flags().Lookup(name[1:]) != nil {
				return missingValue(c, f, !strings.HasPrefix(args[i-1], "--"))
			}
			continue
		}
		switch {
		case name == "version" && c.Flags().Lookup(name) == nil:
			return Usage("unknown flag -version", "write "+c.Root().Name()+" version")
		case c.Flags().Lookup(name) != nil || name == "help":
			return Usage(term.Bounded("-"+name)+": a flag with a long name begins with two hyphens", "write --"+name)
		}
	}
	return nil
}

// TakesValue reports whether an argument is a flag whose value is the next argument.
func TakesValue(c *cobra.Command, arg string) bool {
	f := flagOf(c, arg)
	return f != nil && f.NoOptDefVal == ""
}

// flagOf returns the flag that an argument without a value is, or nil.
func flagOf(c *cobra.Command, arg string) *pflag.Flag {
	switch {
	case strings.HasPrefix(arg, "--"):
		return c.Flags().Lookup(arg[2:])
	case strings.HasPrefix(arg, "-") && len(arg) == 2:
		return c.Flags().ShorthandLookup(arg[1:])
	}
	return nil
}

// WithArguments returns the error of a command line with a better hint, if the arguments
// have one: quotes or dashes that are not those that a shell reads are then the cause, and
// other tools have --output json.
func WithArguments(err error, args []string) error {
	var usage *UsageError
	if !errors.As(err, &usage) {
		return err
	}
	if hint := typography(args); hint != "" {
		return Usage(usage.Problem, hint)
	}
	if problem, hint := outputFlag(args); hint != "" && strings.HasPrefix(usage.Problem, "unknown ") {
		return Usage(problem, hint)
	}
	return err
}

// outputFlag returns what to write in place of another tool's flag for the form of its
// output, or the file for it.
func outputFlag(args []string) (problem, hint string) {
	for i, arg := range args {
		name, value, hasValue := strings.Cut(arg, "=")
		if letter := strings.TrimPrefix(arg, "-o"); letter != arg && letter != "" && !hasValue {
			name, value, hasValue = "-o", letter, true // -ojson
		}
		switch name {
		case "--output", "--format", "--output-format", "-o":
		default:
			continue
		}
		if !hasValue && i+1 < len(args) {
			value = args[i+1]
		}
		problem, form := "unknown flag "+name, strings.ToLower(value[strings.LastIndexByte(value, '.')+1:])
		isFile := strings.Contains(value, ".")
		switch {
		case form == "json" && isFile:
			return problem, "write --json > " + term.Bounded(value)
		case form == "json" || form == "yaml":
			return problem, "write --json"
		case (form == "md" || form == "markdown") && isFile:
			return problem, "write --markdown > " + term.Bounded(value)
		case form == "md" || form == "markdown":
			return problem, "write --markdown"
		case (form == "html" || form == "htm") && isFile:
			return problem, "write --html " + term.Bounded(value)
		case form == "html":
			return problem, "write --html report.html"
		case form == "text" || form == "txt" && !isFile:
			return problem, "omit it: text is what is written"
		}
		return problem, "write > FILE after the command, or --html FILE for a page"
	}
	return "", ""
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
	if !c.HasParent() {
		names = append(names, "help")
	}
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
