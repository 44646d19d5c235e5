package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// Document sets what a command's exit statuses mean, one line each, for the topic
// exit-status, and keeps its flags in the order in which they are defined.
func Document(c *cobra.Command, statuses string) {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[statusKey] = strings.TrimPrefix(strings.Trim(statuses, "\n"), "Exit status:\n")
	c.Flags().SortFlags = false
	c.DisableFlagsInUseLine = true
}

// The keys of annotations.
const (
	statusKey  = "exit-status" // of a command: its exit statuses
	groupKey   = "group"       // of a flag: the title of its group
	exampleKey = "example"     // of a flag: an example of its value
)

// Statuses returns what Document set.
func Statuses(c *cobra.Command) string { return c.Annotations[statusKey] }

// Group puts flags of a command under a title in its help. A flag that is not in a group
// is under Flags, after the groups.
func Group(c *cobra.Command, title string, names ...string) {
	for _, name := range names {
		if f := c.Flags().Lookup(name); f != nil {
			c.Flags().SetAnnotation(name, groupKey, []string{title})
		}
	}
}

// A FlagGroup is the flags of a command under one title.
type FlagGroup struct {
	Title string
	Flags *pflag.FlagSet
}

// Usages returns the flags' lines in the help.
func (g FlagGroup) Usages() string {
	return strings.TrimRight(g.Flags.FlagUsagesWrapped(term.Width), "\n")
}

// FlagGroups returns the flags of a command by groups, those without a group last.
func FlagGroups(c *cobra.Command) []FlagGroup {
	c.InitDefaultHelpFlag()
	var groups []FlagGroup
	rest := FlagGroup{"Flags", pflag.NewFlagSet("", pflag.ContinueOnError)}
	rest.Flags.SortFlags = false
	add := func(title string, f *pflag.Flag) {
		for _, g := range groups {
			if g.Title == title {
				g.Flags.AddFlag(f)
				return
			}
		}
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.SortFlags = false
		flags.AddFlag(f)
		groups = append(groups, FlagGroup{title, flags})
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch title := f.Annotations[groupKey]; {
		case f.Hidden:
		case len(title) > 0:
			add(title[0], f)
		default:
			rest.Flags.AddFlag(f)
		}
	})
	if len(groups) > 0 {
		rest.Title = "Other flags"
	}
	return append(groups, rest)
}

// usage writes how a command is used: what Long does not say. What the root's has fits
// a small terminal.
func usage(c *cobra.Command) error {
	var b strings.Builder
	if !c.HasParent() {
		writeRoot(&b, c)
		_, err := io.WriteString(c.OutOrStderr(), b.String())
		return err
	}
	b.WriteString("Usage:\n")
	if c.Runnable() {
		b.WriteString("  " + c.UseLine() + "\n")
	}
	if c.HasExample() {
		b.WriteString("\nExamples:\n" + c.Example + "\n")
	}
	writeCommands(&b, c, &cobra.Group{Title: "\nCommands:"})
	for _, group := range FlagGroups(c) {
		b.WriteString("\n" + group.Title + ":\n" + group.Usages() + "\n")
	}
	switch {
	case c.HasAvailableSubCommands():
		fmt.Fprintf(&b, "\n%s COMMAND --help says more about a command\n", c.CommandPath())
	case Statuses(c) != "":
		b.WriteString("\nExit status 0 as wanted, 1 not, 2 invalid, 3 not known; concors help exit-status\n")
	}
	_, err := io.WriteString(c.OutOrStderr(), b.String())
	return err
}

// writeRoot writes the first steps, the commands by groups, and where to read on.
func writeRoot(b *strings.Builder, c *cobra.Command) {
	b.WriteString("First steps:\n" + c.Example + "\n")
	for _, group := range append(c.Groups(), &cobra.Group{Title: "Others:"}) {
		writeCommands(b, c, group, "version", "sop") // which the last line names
	}
	fmt.Fprintf(b, "More about one: %[1]s COMMAND --help. Also: sop, version, help exit-status\n", c.Name())
}

// writeCommands writes the commands of a group in lines, if it has any, except some.
func writeCommands(b *strings.Builder, c *cobra.Command, group *cobra.Group, except ...string) {
	title := group.Title + "\n"
	for _, below := range c.Commands() {
		if below.GroupID == group.ID && below.IsAvailableCommand() && !slices.Contains(except, below.Name()) {
			fmt.Fprintf(b, "%s  %-*s %s\n", title, below.NamePadding(), below.Name(), below.Short)
			title = ""
		}
	}
}

// SetHelp gives a root command and those below it the help of this tool.
func SetHelp(root *cobra.Command) {
	root.SetUsageFunc(usage)
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		out := c.OutOrStdout()
		err := Show(c, func(w io.Writer, _ term.Screen) error {
			c.SetOut(w)
			defer c.SetOut(out)
			help(c, args)
			return nil
		})
		if err != nil {
			c.PrintErrln(err)
		}
	})
	root.SetHelpCommand(&cobra.Command{
		Use: "help [COMMAND|TOPIC]", Short: "Print help about a command or a topic", DisableFlagsInUseLine: true,
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			about, _, err := root.Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, below := range about.Commands() {
				if below.IsAvailableCommand() || below.IsAdditionalHelpTopicCommand() {
					names = append(names, cobra.CompletionWithDesc(below.Name(), below.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			about := root
			for _, name := range args {
				below := child(about, name)
				if below == nil {
					return UnknownCommand(about, name)
				}
				about = below
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	})
}

// child returns the command of that name directly below c, or nil.
func child(c *cobra.Command, name string) *cobra.Command {
	for _, below := range c.Commands() {
		if below.Name() == name || below.HasAlias(name) {
			return below
		}
	}
	return nil
}

// StatusTopic returns the help topic about exit statuses: what they mean everywhere, and
// for each command below root that is documented.
func StatusTopic(root *cobra.Command) *cobra.Command {
	var b strings.Builder
	fmt.Fprintf(&b, "The exit statuses are the same for all commands:\n\n"+
		"  %3d  as wanted: allowed, no differences, written\n"+
		"  %3d  not as wanted: blocked, differences, refused\n"+
		"  %3d  invalid command line or file\n"+
		"  %3d  not known: a server could not be reached, or nothing could be tested\n"+
		"  %3d  interrupted, by Ctrl-C\n"+
		"  %3d  terminated, by a signal\n\n"+
		"A demonstration (concors check --demo) ends with 0 whatever it shows, because\n"+
		"that is what was wanted.\n", ExitOK, ExitNotOK, ExitUsage, ExitUnknown, ExitInterrupted, ExitTerminated)
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		if s := Statuses(c); s != "" && c.IsAvailableCommand() {
			fmt.Fprintf(&b, "\n%s\n%s\n", c.CommandPath(), s)
		}
		for _, below := range c.Commands() {
			add(below)
		}
	}
	add(root)
	return &cobra.Command{Use: "exit-status", Short: "What the exit statuses mean", Long: strings.TrimRight(b.String(), "\n")}
}
