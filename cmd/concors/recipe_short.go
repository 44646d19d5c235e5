package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cmd/concors/internal/stacks"
)

// wantsShort reports whether the short form is to be written: it was asked for, or the
// product has no other.
func (f *recipeFlags) wantsShort() bool {
	_, err := stacks.Find(f.stack)
	return f.short || err != nil && stacks.Known(f.stack) == nil
}

// runShort writes a policy in a product's usual options. If they can't hold it, it says
// whether the long form can.
func (f *recipeFlags) runShort(c *cobra.Command, name string, file *policyfile.File) error {
	lines, ok, err := stacks.WriteLines(file.Routes, f.stack)
	if !ok {
		if _, err := stacks.Find(f.stack); err != nil {
			return err
		}
		return cli.Usage("--short: "+f.stack+" has no short form", "omit --short")
	}
	var refusal *recipe.Refusal
	if errors.As(err, &refusal) {
		refusal.Locate(name, file)
		if err := refusal.WriteText(c.ErrOrStderr()); err != nil {
			return err
		}
		if _, err := stacks.Write(file.Routes, f.stack); err == nil {
			fmt.Fprintf(c.ErrOrStderr(), "The long form can: concors recipe %s --for %s\n", name, f.stack)
		}
		if f.json {
			if err := refusal.WriteJSON(c.OutOrStdout()); err != nil {
				return err
			}
		}
		return cli.ExitNotOK
	}
	if err != nil {
		return err
	}
	return f.writeTo(c.OutOrStdout(), lines)
}

// writeList writes the lists of recipes and short forms, or of aliases, or all about those
// of one name.
func (f *recipeFlags) writeList(w io.Writer, args []string) error {
	lists, choice := recipe.Lists{Stacks: stacks.All(), Shorts: stacks.Shorts()}, stacks.Choice()
	if f.alias {
		lists, choice = recipe.Lists{Stacks: stacks.Aliases(), Secrets: stacks.Secrets()}, stacks.AliasChoice()
	}
	if len(args) == 0 {
		return f.writeTo(w, lists)
	}
	if lists = lists.Named(args[0]); len(lists.Stacks)+len(lists.Shorts)+len(lists.Secrets) == 0 {
		choice.Flag = "--list"
		return choice.Unknown(args[0])
	}
	if f.json {
		return lists.WriteJSON(w)
	}
	for _, s := range slices.Concat(lists.Stacks, lists.Shorts, lists.Secrets) {
		if err := s.WriteText(w); err != nil {
			return err
		}
	}
	return nil
}
