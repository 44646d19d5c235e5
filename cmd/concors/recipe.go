package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
)

const recipeHelp = `Writes a policy file as configuration, or code, for another server or framework,
with comments that say what to do with it and why it is so. What the server
can't do is said; what would let in more than the policy is never written.

With --list it prints what there are recipes for, which of them are verified
against the real server, and what each can't do. Hold your own server to the
policy afterwards: concors verify policy.yaml URL.

With --alias it writes, in place of CORS, a reverse proxy that makes another
server's paths the site's own.`

const aliasHint = "write concors recipe --alias --for nginx --path /api/ --to https://api.example/v1/"

const recipeStatuses = `
Exit status:
  0  the recipe is written (what is lost, if anything, is said on standard error)
  1  refused: the server can't do what the policy says
  2  the policy or the command line makes no sense`

func recipeCommand() *cobra.Command {
	var stack, into string
	var list, asJSON, alias bool
	var to recipe.AliasOptions
	c := &cobra.Command{
		Use:     "recipe POLICY --for STACK",
		Short:   "Write a policy for nginx, Apache, Express and others",
		Long:    recipeHelp,
		Example: "  concors recipe policy.yaml --for nginx --into /etc/nginx/concors\n  concors recipe policy.yaml --for express >cors.js\n  concors recipe --alias --for nginx --path /api/ --to https://api.example/v1/\n  concors recipe --list",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case list && len(args) > 0:
				return &cli.UsageError{Problem: "--list takes no policy", Hint: "write concors recipe --list"}
			case list:
			case alias && len(args) > 0:
				return &cli.UsageError{Problem: "--alias takes no policy: nothing crosses origins then", Hint: aliasHint}
			case alias && (stack == "" || to.Path == "" || to.To == ""):
				return &cli.UsageError{Problem: "--alias takes --for, --path and --to", Hint: aliasHint}
			case alias:
			case to != recipe.AliasOptions{}:
				return &cli.UsageError{Problem: "--path, --to and --cookies go with --alias", Hint: aliasHint}
			case len(args) != 1 || stack == "":
				return &cli.UsageError{Problem: "recipe takes a policy file and --for", Hint: "write concors recipe policy.yaml --for nginx, or concors recipe --list"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case list && alias:
				return listRecipes(c.OutOrStdout(), stacks.Aliases(), asJSON)
			case list:
				return listRecipes(c.OutOrStdout(), stacks.All(), asJSON)
			case alias:
				r, err := stacks.WriteAlias(to, stack)
				var fault *recipe.AliasFault
				var unknown *stacks.UnknownStack
				switch {
				case errors.As(err, &fault):
					return &cli.UsageError{Problem: "--" + fault.Option + " " + term.Bounded(fault.Value) + ": " + fault.Problem, Hint: fault.Hint}
				case errors.As(err, &unknown):
					return &cli.UsageError{Problem: "--for " + term.Bounded(stack) + ": there is no alias for that", Hint: "there are " + strings.Join(unknown.Known, ", ")}
				case err != nil:
					return err
				}
				return writeRecipe(c, r, into, asJSON)
			}
			file, err := openPolicy(c.ErrOrStderr(), args[0])
			if err != nil {
				return err
			}
			r, err := stacks.Write(file.Routes, stack)
			var refusal *recipe.Refusal
			var unknown *stacks.UnknownStack
			switch {
			case errors.As(err, &refusal):
				if err := writeRefusal(c.ErrOrStderr(), refusal); err != nil {
					return err
				}
				return cli.ExitNotOK
			case errors.As(err, &unknown):
				return &cli.UsageError{Problem: "--for " + term.Bounded(stack) + ": there is no recipe for that", Hint: "concors recipe --list prints what there are recipes for"}
			case err != nil:
				return err
			}
			return writeRecipe(c, r, into, asJSON)
		},
	}
	cli.Document(c, recipeStatuses)
	f := c.Flags()
	f.StringVar(&stack, "for", "", "the server or framework, as --list names it")
	f.StringVar(&into, "into", "", "a folder to write the recipe's files to, instead of\nstandard output; files that are there are replaced")
	f.BoolVar(&list, "list", false, "print what there are recipes for, or, with --alias,\naliases")
	f.BoolVar(&alias, "alias", false, "do without CORS: write a reverse proxy that makes another\nserver's paths the site's own; takes --path and --to, and\nno policy")
	f.StringVar(&to.Path, "path", "", "of an alias: the site's path, such as /api/")
	f.StringVar(&to.To, "to", "", "of an alias: the URL that stands behind it")
	f.BoolVar(&to.Cookies, "cookies", false, "of an alias: let cookies through, to a server that is\nyours as well")
	f.BoolVar(&asJSON, "json", false, "write JSON (see docs/recipes.md)")
	return c
}

// writeRecipe prints the files, or writes them to a folder and prints their names.
func writeRecipe(c *cobra.Command, r *recipe.Recipe, into string, asJSON bool) error {
	for _, lost := range r.Lost {
		for i, line := range term.Wrap("lost: "+lost, 78) {
			fmt.Fprintln(c.ErrOrStderr(), strings.Repeat("  ", min(i, 1))+line)
		}
	}
	switch out := c.OutOrStdout(); {
	case into != "":
		if err := os.MkdirAll(into, 0o755); err != nil {
			return &cli.UsageError{Problem: "--into: " + err.Error(), Hint: "name a folder that can be written to"}
		}
		for _, f := range r.Files {
			name := filepath.Join(into, f.Name)
			if err := os.WriteFile(name, []byte(f.Text), 0o644); err != nil {
				return &cli.UsageError{Problem: "--into: " + err.Error(), Hint: "name a folder that can be written to"}
			}
			fmt.Fprintln(out, name)
		}
		return nil
	case asJSON:
		return term.WriteJSON(out, struct {
			Version int `json:"version"`
			*recipe.Recipe
		}{1, r})
	default:
		for i, f := range r.Files {
			if len(r.Files) > 1 {
				if i > 0 {
					fmt.Fprintln(out)
				}
				fmt.Fprintln(out, r.Stack.CommentLine("file: "+f.Name))
			}
			if _, err := io.WriteString(out, f.Text); err != nil {
				return err
			}
		}
		return nil
	}
}

func writeRefusal(w io.Writer, r *recipe.Refusal) error {
	fmt.Fprintf(w, "No recipe for %s does what this policy says:\n", r.Stack.Title)
	for _, sentence := range r.Reasons {
		for i, line := range term.Wrap(sentence+".", 74) {
			fmt.Fprintln(w, []string{"  - ", "    "}[min(i, 1)]+line)
		}
	}
	return nil
}

// listRecipes prints the stacks.
func listRecipes(w io.Writer, list []recipe.Stack, asJSON bool) error {
	type entry struct {
		recipe.Stack
		Refused []string `json:"refused"`
		Lost    []string `json:"lost"`
	}
	var entries []entry
	for _, s := range list {
		refused, lost := s.Cannot()
		entries = append(entries, entry{s, append([]string{}, refused...), append([]string{}, lost...)})
	}
	if asJSON {
		return term.WriteJSON(w, struct {
			Version int     `json:"version"`
			Stacks  []entry `json:"stacks"`
		}{1, entries})
	}
	for _, e := range entries {
		verified := "not verified"
		if e.Verified != "" {
			verified = "verified with " + e.Verified
		}
		fmt.Fprintf(w, "%-20s %s, %s\n", e.Name, e.Title, verified)
		for _, list := range []struct {
			what  string
			items []string
		}{{"refused", e.Refused}, {"lost", e.Lost}} {
			for _, item := range list.items {
				for i, line := range term.Wrap(list.what+": "+item, 76) {
					fmt.Fprintln(w, []string{"  ", "    "}[min(i, 1)]+line)
				}
			}
		}
	}
	return nil
}
