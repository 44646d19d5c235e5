package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/input"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/origin"
)

// What the arguments of commands may be taken for. Each function reports an argument
// that another command, or another place, is for.

// checkArgument says what the argument of concors check is: a URL, or a request.
func checkArgument(args []string) (input.Input, error) {
	text := strings.Join(args, " ")
	name := term.Bounded(text)
	in := input.Of(text)
	if len(args) > 1 {
		return in, severalArguments(args)
	}
	switch in.Kind {
	case input.Recording:
		return in, cli.Usage(name+" is "+in.Kind.Name(), "write concors explain "+name)
	case input.Message:
		if in.IsFile {
			return in, cli.Usage(name+" is not a URL: it is a file's name", "write concors explain "+name)
		}
		return in, cli.Usage("that is "+in.Kind.Name()+", not a URL", "write concors explain and the message in quotes")
	case input.Policy:
		return in, cli.Usage(name+" is "+in.Kind.Name()+", and concors check takes a URL",
			"write concors policy check "+name+", or concors verify "+name+" https://api.example/items")
	case input.OpenAPI:
		return in, cli.Usage(name+" is "+in.Kind.Name()+", and concors check takes a URL", "write concors verify --openapi "+name+" policy.yaml")
	}
	return in, nil
}

// severalArguments returns the error for several arguments in place of one URL.
func severalArguments(args []string) error {
	hint := "put quotes around values with spaces, and write the values of flags after them"
	last := args[len(args)-1]
	switch {
	case args[0] == "curl":
		hint = "omit check: concors curl …, or put quotes around the whole command"
	case strings.EqualFold(args[0], "get") || strings.EqualFold(args[0], "post"):
		hint = "write concors check " + term.Bounded(last) + " -X " + strings.ToUpper(args[0])
	case slices.ContainsFunc(args, func(a string) bool { return a == "true" || a == "false" }):
		hint = "omit true and false: a flag such as --json has no value"
	case input.OfText(strings.Join(args, " ")) == input.Message:
		hint = "that is a message of a browser's console: write concors explain, and the message in quotes"
	case input.Of(args[0]).Kind == input.URL && input.Of(last).Kind == input.URL && len(args) == 2:
		hint = "check one URL after the other; or, if the second is the page's, write --from https://app.example for its origin"
		if o, err := origin.FromURL(last); err == nil && !o.IsOpaque() {
			hint = "write the page's origin after --from: concors check " + term.Bounded(args[0]) + " --from " + term.Bounded(o.String())
			if strings.TrimSuffix(last, "/") != o.String() {
				hint = "check one URL after the other; or, if the second is the page's: concors check " + term.Bounded(args[0]) + " --from " + term.Bounded(o.String())
			}
		}
	}
	return cli.Usage(term.Bounded(strings.Join(args, " "))+": concors check takes one URL", hint)
}

// policyArgument returns an error if the argument of a command that takes a policy file
// is something else.
func policyArgument(command, arg string) error {
	in, name := input.Of(arg), term.Bounded(arg)
	problem := fmt.Sprintf("%s is %s, and concors %s takes a policy file", name, in.Kind.Name(), command)
	switch {
	case in.Kind == input.URL && command == "policy check":
		return cli.Usage(problem, "write concors policy check policy.yaml, or concors check "+name+" --from https://app.example")
	case in.Kind == input.URL:
		return cli.Usage(problem, "write the name of a file, such as policy.yaml, in place of the URL")
	case in.Kind == input.OpenAPI:
		return cli.Usage(problem, "write concors verify --openapi "+name+" policy.yaml")
	case in.Kind == input.Recording && in.Exists:
		return cli.Usage(problem, "write concors explain "+name)
	}
	return nil
}

// verifyArguments returns an error if the arguments of concors verify are not a policy
// file and URLs.
func verifyArguments(args []string) error {
	const example = "write concors verify policy.yaml https://api.example/items"
	if len(args) == 0 {
		return cli.Usage("verify takes a policy file and the URLs of a server", example)
	}
	first := input.Of(args[0])
	last := args[len(args)-1]
	switch {
	case first.Kind == input.URL && len(args) > 1 && input.Of(last).Kind == input.Policy:
		words := append([]string{last}, args[:len(args)-1]...)
		return cli.Usage("verify takes the policy file first, and then the URLs", "write concors verify "+term.Bounded(strings.Join(words, " ")))
	case first.Kind == input.URL:
		return cli.Usage("verify takes a policy file before the URLs", "write concors verify policy.yaml "+term.Bounded(args[0]))
	case first.Kind == input.OpenAPI:
		return cli.Usage(term.Bounded(args[0])+" is an OpenAPI document",
			"write concors verify --openapi "+term.Bounded(strings.Join(args, " ")))
	case len(args) == 1:
		return cli.Usage("verify takes the URLs of a server after the policy file",
			"write concors verify "+term.Bounded(args[0])+" https://api.example/items")
	}
	for _, arg := range args[1:] {
		if in := input.Of(arg); in.Kind != input.URL && in.Kind != input.Unknown {
			return cli.Usage(fmt.Sprintf("%s is %s: verify takes one policy file, and then URLs", term.Bounded(arg), in.Kind.Name()), example)
		}
	}
	return policyArgument("verify", args[0])
}

// recipeArguments returns an error if the arguments of concors recipe are not a policy
// file, with a name in --for.
func recipeArguments(args []string, stack string) error {
	isStack := func(name string) bool { _, err := stacks.Find(name); return err == nil }
	switch {
	case len(args) == 2 && stack == "" && isStack(args[1]):
		return cli.Usage("recipe takes the name of a server after --for",
			"write concors recipe "+term.Bounded(args[0])+" --for "+args[1])
	case len(args) == 1 && isStack(args[0]):
		return cli.Usage("recipe takes a policy file, and the name of a server after --for", "write concors recipe policy.yaml --for "+args[0])
	case len(args) == 1 && stack == "":
		if err := policyArgument("recipe", args[0]); err != nil {
			return err
		}
		return cli.Usage("recipe takes a policy file and --for",
			"write concors recipe "+term.Bounded(args[0])+" --for nginx; concors recipe --list prints the names")
	case len(args) != 1:
		return cli.Usage("recipe takes a policy file and --for",
			"write concors recipe policy.yaml --for nginx, or concors recipe --list")
	}
	return policyArgument("recipe", args[0])
}

// readBrowser puts the name of a profile in place of that of a product in the value of
// --as, and says so.
func readBrowser(c *cobra.Command, value *string) error {
	as, note := request.Browser(*value)
	if _, err := stacks.Find(as); err == nil {
		return cli.Usage("--as "+term.Quote(as)+": that is a server or framework, and --as takes a browser", "write --for "+as)
	}
	if *value = as; note != "" {
		fmt.Fprintln(c.ErrOrStderr(), "note:", note)
	}
	return nil
}
