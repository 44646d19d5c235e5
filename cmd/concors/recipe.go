package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const recipeHelp = `Writes a policy file as configuration or code for another server or framework,
with comments that say how to use it and why it is so. It says what the server
cannot do, and never allows more than the policy without saying so.

--list prints the recipes that exist, one a line, and which of them are verified
against the real server; --list NAME prints what that server cannot do. Test
your own server against the policy afterwards: concors verify policy.yaml URL.

--short writes the few lines of options that people usually have, instead of a
file: of the npm package cors, for example. It refuses more policies.

--alias writes a reverse proxy instead of CORS: it makes another server's paths
the site's own.`

const recipeExamples = `  concors recipe policy.yaml --for nginx --into /etc/nginx/concors
  concors recipe policy.yaml --for express >cors.js
  concors recipe policy.yaml --for express --short
  concors recipe --alias --for nginx --path /api/ --to https://api.example/v1/
  concors recipe --list
  concors recipe --list nginx`

const recipeStatuses = `
  0  the recipe is written (standard error says what it cannot express)
  1  refused: the server cannot do what the policy says
  2  invalid policy or command line`

const aliasHint = "write concors recipe --alias --for nginx --path /api/ --to https://api.example/v1/"

// recipeFlags are the flags of concors recipe.
type recipeFlags struct {
	stack, into       string
	list, alias, json bool
	short             bool
	to                recipe.AliasOptions
}

func recipeCommand() *cobra.Command {
	var f recipeFlags
	c := &cobra.Command{
		Use:               "recipe POLICY --for SERVER [FLAGS]",
		Short:             "Write a policy for nginx, Apache, Express and others",
		Long:              recipeHelp,
		Example:           recipeExamples,
		ValidArgsFunction: completeRecipe,
		SuggestFor:        []string{"alias", "config", "export", "fix", "generate", "list", "stacks", "write"},
		Args:              func(_ *cobra.Command, args []string) error { return f.check(args) },
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	cli.Document(c, recipeStatuses)
	flags := c.Flags()
	flags.StringVar(&f.stack, "for", "", "the `SERVER` or framework, as --list names it")
	flags.StringVar(&f.into, "into", "", "write the recipe's files to `FOLDER`, instead of standard output; existing files are replaced")
	flags.BoolVar(&f.json, "json", false, "write JSON (see docs/recipes.md)")
	flags.BoolVar(&f.list, "list", false, "print the recipes that exist, or all about the one whose name follows; with --alias, the aliases")
	flags.BoolVar(&f.short, "short", false, "write the lines to change in the product's usual options, instead of a file")
	flags.BoolVar(&f.alias, "alias", false, "avoid CORS: write a reverse proxy that makes another server's paths the "+
		"site's own; takes --path and --to, and no policy")
	flags.StringVar(&f.to.Path, "path", "", "the site's `PATH`, such as /api/")
	flags.StringVar(&f.to.To, "to", "", "the `URL` that the path leads to")
	flags.BoolVar(&f.to.Cookies, "cookies", false, "pass cookies on, if the other server is yours as well")
	cli.Group(c, "The recipe", "for", "short", "into", "json", "list")
	cli.Group(c, "A reverse proxy instead of CORS", "alias", "path", "to", "cookies")
	return c
}

func (f *recipeFlags) check(args []string) error {
	switch {
	case f.list && len(args) > 1:
		return cli.Usage("--list takes one name", "write concors recipe --list nginx")
	case f.list:
		return nil
	case f.alias && len(args) > 0:
		return cli.Usage("--alias takes no policy: no request is cross-origin then", aliasHint)
	case f.alias && (f.stack == "" || f.to.Path == "" || f.to.To == ""):
		return cli.Usage("--alias takes --for, --path and --to", aliasHint)
	case f.alias:
		return nil
	case f.short && f.into != "":
		return cli.Usage("--short writes lines for a file of yours, and --into writes files", "omit one of them")
	case f.to != recipe.AliasOptions{}:
		return cli.Usage("--path, --to and --cookies go with --alias", aliasHint)
	}
	return recipeArguments(args, f.stack)
}

func (f *recipeFlags) run(c *cobra.Command, args []string) error {
	out := c.OutOrStdout()
	switch {
	case f.list:
		return f.writeList(out, args)
	}
	var r *recipe.Recipe
	var err error
	var refusal *recipe.Refusal
	if f.alias {
		r, err = stacks.WriteAlias(f.to, f.stack)
	} else {
		file, failed := openPolicy(c.ErrOrStderr(), args[0])
		if failed != nil {
			return failed
		}
		if f.wantsShort() {
			return f.runShort(c, args[0], file)
		}
		if r, err = stacks.Write(file.Routes, f.stack); errors.As(err, &refusal) {
			refusal.Locate(args[0], file)
		}
	}
	var fault *recipe.AliasFault
	switch {
	case errors.As(err, &fault):
		return cli.Usage("--"+fault.Option+" "+term.Bounded(fault.Value)+": "+fault.Problem, fault.Hint)
	case refusal != nil:
		if err := refusal.WriteText(c.ErrOrStderr()); err != nil {
			return err
		}
		if f.json {
			if err := refusal.WriteJSON(out); err != nil {
				return err
			}
		}
		return cli.ExitNotOK
	case err != nil:
		return err
	}
	if err := r.WriteLost(c.ErrOrStderr()); err != nil {
		return err
	}
	if f.into == "" {
		return f.writeTo(out, r)
	}
	names, err := r.WriteFolder(f.into)
	if err != nil {
		return cli.Usage("--into: "+err.Error(), "name a folder that can be written to")
	}
	for _, name := range names {
		fmt.Fprintln(out, term.Printable(name))
	}
	return nil
}

func (f *recipeFlags) writeTo(w io.Writer, r interface {
	WriteText(io.Writer) error
	WriteJSON(io.Writer) error
}) error {
	if f.json {
		return r.WriteJSON(w)
	}
	return r.WriteText(w)
}
