package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

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
the site's own. With --secret-header it writes a route for an API that needs a
secret: the server adds the secret, for the pages of its own origin only, and
only to the paths and methods that you name.`

const recipeExamples = `  concors recipe policy.yaml --for nginx --into /etc/nginx/concors
  concors recipe policy.yaml --for express >cors.js
  concors recipe policy.yaml --for express --short
  concors recipe --alias --for nginx --path /api/ --to https://api.example/v1/
  concors recipe --alias https://api.example --secret-header X-API-Key=API_KEY \
      --path /v1/things --method GET --for express
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
	to                string
	cookies           bool
	paths             []string
	secret            recipe.SecretOptions
}

// secretHint is an example of a route with a secret.
const secretHint = "write concors recipe --alias https://api.example --secret-header X-API-Key=API_KEY " +
	"--path /v1/things --method GET --for express"

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
		"site's own; takes the URL of that server and --path, and no policy")
	flags.StringArrayVar(&f.paths, "path", nil, "the site's `PATH`, such as /api/; with --secret-header each path of the API, such as /v1/things or /v1/things/{id}")
	flags.StringVar(&f.to, "to", "", "the `URL` that the path leads to, if it is not the argument")
	flags.BoolVar(&f.cookies, "cookies", false, "pass cookies on, if the other server is yours as well")
	flags.StringVar(&f.secret.Header, "secret-header", "", "`NAME=ENV`: add the header with the value of the environment variable; takes --path and --method")
	flags.StringSliceVar(&f.secret.Methods, "method", nil, "a `METHOD` that the route has, such as GET")
	flags.StringVar(&f.secret.At, "at", "/api/", "the site's `PATH` below which the API's paths are")
	flags.BoolVar(&f.secret.TypeScript, "typescript", false, "write code with types")
	cli.Group(c, "The recipe", "for", "short", "into", "json", "list")
	cli.Group(c, "A reverse proxy instead of CORS", "alias", "path", "to", "cookies")
	cli.Group(c, "A reverse proxy with a secret (with --alias)", "secret-header", "method", "at", "typescript")
	return c
}

func (f *recipeFlags) check(args []string) error {
	switch {
	case f.list && len(args) > 1:
		return cli.Usage("--list takes one name", "write concors recipe --list nginx")
	case f.list:
		return nil
	case f.alias:
		return f.checkAlias(args)
	case f.short && f.into != "":
		return cli.Usage("--short writes lines for a file of yours, and --into writes files", "omit one of them")
	case f.secret.Header != "":
		return cli.Usage("--secret-header goes with --alias", secretHint)
	case len(f.paths) > 0 || f.to != "" || f.cookies:
		return cli.Usage("--path, --to and --cookies go with --alias", aliasHint)
	case f.onlySecret():
		return cli.Usage("--method, --at and --typescript go with --alias and --secret-header", secretHint)
	}
	return recipeArguments(args, f.stack)
}

// checkAlias checks the command line of an alias, and takes the URL from its argument.
func (f *recipeFlags) checkAlias(args []string) error {
	if len(args) > 0 {
		if len(args) > 1 || !strings.Contains(args[0], "://") {
			return cli.Usage("--alias takes no policy: no request is cross-origin then", aliasHint)
		}
		if f.to != "" {
			return cli.Usage("--alias has two URLs: its argument and --to", "omit one of them")
		}
		f.to = args[0]
	}
	switch {
	case f.secret.Header != "" && f.cookies:
		return cli.Usage("--cookies: a route with a secret passes no cookies on", "omit --cookies")
	case f.secret.Header != "" && (f.stack == "" || f.to == ""):
		return cli.Usage("--secret-header takes the URL of the API and --for", secretHint)
	case f.secret.Header != "":
		return nil
	case f.onlySecret():
		return cli.Usage("--method, --at and --typescript go with --secret-header", secretHint)
	case f.stack == "" || len(f.paths) == 0 || f.to == "":
		return cli.Usage("--alias takes --for, --path and --to", aliasHint)
	case len(f.paths) > 1:
		return cli.Usage("--path: an alias has one path", "write an alias for each path")
	}
	return nil
}

// onlySecret reports whether there is a flag that only a route with a secret has.
func (f *recipeFlags) onlySecret() bool {
	return len(f.secret.Methods) > 0 || f.secret.At != "/api/" || f.secret.TypeScript
}

// writeAlias writes an alias, or a route with a secret.
func (f *recipeFlags) writeAlias() (*recipe.Recipe, error) {
	if f.secret.Header == "" {
		return stacks.WriteAlias(recipe.AliasOptions{Path: f.paths[0], To: f.to, Cookies: f.cookies}, f.stack)
	}
	f.secret.To, f.secret.Paths = f.to, f.paths
	return stacks.WriteSecret(f.secret, f.stack)
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
		r, err = f.writeAlias()
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
		if fault.Value != "" {
			fault.Option += " " + term.Bounded(fault.Value)
		}
		return cli.Usage("--"+fault.Option+": "+fault.Problem, fault.Hint)
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
