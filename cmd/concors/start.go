package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/input"
	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// start returns a command line that names its command. Without one, the arguments say
// which is meant: a URL is checked, a message explained. Without arguments it is what is
// pasted on the terminal or comes from standard input.
func start(ctx context.Context, root *cobra.Command, args []string) ([]string, error) {
	if len(args) > 0 && (isCommand(root, args[0]) || slices.Contains([]string{"-h", "--help", "-v", "--version"}, args[0])) {
		return args, nil
	}
	if len(args) > 1 && args[0] == "curl" {
		return startCurl(root, args), nil
	}
	flags, words := separate(args)
	with := func(command ...string) ([]string, error) { return append(command, args...), nil }
	if slices.Contains(flags, "--demo") && (len(words) == 0 || !isCommand(root, words[0])) {
		return with("check")
	}
	if len(words) == 0 || words[0] == "-" {
		trial := checkCommand()
		trial.SetGlobalNormalizationFunc(otherNames)
		check, _, _ := root.Find([]string{"check"})
		if err := cli.FlagMistake(check, flags); err != nil {
			return nil, err
		}
		if err := trial.ParseFlags(flags); err != nil { // before anything is pasted
			return nil, cli.FlagError(check, err)
		}
		return startStdin(ctx, root, flags)
	}
	if isCommand(root, words[0]) { // after a flag
		i := slices.Index(args, words[0])
		return append([]string{words[0]}, slices.Delete(slices.Clone(args), i, i+1)...), nil
	}
	text := strings.Join(words, " ")
	switch first := input.Of(words[0]); first.Kind {
	case input.URL, input.Path, input.Request:
		if len(words) > 1 && input.Of(words[1]).Kind == input.Policy {
			return with("verify")
		}
		return with("check")
	case input.Policy:
		if len(words) > 1 {
			return with("verify")
		}
		return with("policy", "check")
	case input.OpenAPI:
		if len(words) > 1 {
			return append([]string{"verify", "--openapi", words[0]}, append(flags, words[1:]...)...), nil
		}
		return nil, cli.Usage(term.Bounded(words[0])+" is an OpenAPI document, which is tested against a policy, a server, or both",
			"write concors verify --openapi "+term.Bounded(words[0])+" policy.yaml https://api.example")
	case input.Message, input.Recording:
		return with("explain")
	}
	mistyped := len(words) > 1 && cli.NearCommand(root, words[0]) != ""
	if input.OfText(text) == input.Message || strings.Contains(text, " ") && !mistyped {
		return with("explain")
	}
	return nil, cli.UnknownCommand(root, words[0])
}

func isCommand(root *cobra.Command, word string) bool {
	return word == cobra.ShellCompRequestCmd || word == cobra.ShellCompNoDescRequestCmd ||
		slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == word || c.HasAlias(word) })
}

// separate parts the arguments of concors check into flags with their values, and words.
// It reads no value: the command that is meant may have other flags.
func separate(args []string) (flags, words []string) {
	c := checkCommand()
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			return flags, append(words, args[i+1:]...)
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			words = append(words, arg)
		case cli.TakesValue(c, arg) && i+1 < len(args):
			flags = append(flags, arg, args[i+1])
			i++
		default:
			flags = append(flags, arg)
		}
	}
	return flags, words
}

// startCurl returns the command line for a curl command that was pasted after concors:
// the shell has read its quotes. Flags of concors check that curl does not have stay.
func startCurl(root *cobra.Command, args []string) []string {
	line, command := []string{"check", "-"}, "curl"
	for i := 1; i < len(args); i++ {
		name, _, hasValue := strings.Cut(args[i], "=")
		switch {
		case slices.Contains([]string{"--from", "--origin", "--as", "--html", "--for"}, name):
			line = append(line, args[i])
			if !hasValue && i+1 < len(args) {
				i++
				line = append(line, args[i])
			}
		case slices.Contains([]string{"--json", "--markdown", "--trace", "--no-pager", "--show-secrets", "--help"}, name),
			isPartFlag(strings.TrimPrefix(name, "--")):
			line = append(line, args[i])
		default:
			command += " " + term.ShellQuote(args[i])
		}
	}
	root.SetIn(strings.NewReader(command))
	return line
}

// startStdin returns the command line for what is pasted on the terminal, or comes from
// standard input. Of the input it reads the beginning, and gives the command all of it.
func startStdin(ctx context.Context, root *cobra.Command, flags []string) ([]string, error) {
	const kinds = "a red line of a browser's console, a request that was copied as fetch or as cURL, or a URL"
	in := root.InOrStdin()
	onTerminal := term.IsTerminal(in)
	if onTerminal {
		fmt.Fprintf(root.ErrOrStderr(), "Paste %s;\nthen %s. For help: concors --help\n", kinds, term.PasteEnd())
		text, err := pasteOnTerminal(ctx)
		if err != nil {
			return nil, err
		}
		in = strings.NewReader(text)
	}
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, err := buffered.Peek(64 << 10)
	text := strings.TrimSpace(string(head))
	switch {
	case err != nil && err != io.EOF:
		return nil, cli.Usage("standard input: "+err.Error(), "write a URL or a message as an argument")
	case text == "" && onTerminal:
		return nil, cli.Usage("nothing was pasted", "write it after concors in quotes, or see concors --help")
	case text == "" && len(flags) == 0:
		return []string{"--help"}, nil
	case text == "":
		return nil, cli.Usage("there is no URL, and standard input is empty", "write concors check URL --from https://app.example")
	}
	root.SetIn(buffered)
	switch kind := input.OfText(string(head)); kind {
	case input.Request:
		return append([]string{"check", "-"}, flags...), nil
	case input.URL:
		return append([]string{"check", text}, flags...), nil
	case input.Policy, input.OpenAPI:
		return nil, cli.Usage("standard input is "+kind.Name()+", which is read from a file",
			"save it, and write concors FILE")
	}
	return append([]string{"explain", "-"}, flags...), nil
}

// pasteOnTerminal returns the text that a person pastes.
func pasteOnTerminal(ctx context.Context) (string, error) {
	text, err := term.Stdin().Paste(ctx, paste.Limit)
	if errors.Is(err, term.ErrLineCut) {
		return "", cli.Usage(err.Error(), "save the text in a file, and write concors FILE; or pipe it, as in pbpaste | concors")
	}
	return text, err
}
