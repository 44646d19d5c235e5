package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/file"
)

// WriteMan writes a manual page for a command and each one below it to a folder, and
// returns their names. They have what --help has.
func WriteMan(c *cobra.Command, folder string) (names []string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	for _, c := range documented(c) {
		name := filepath.Join(folder, pageName(c)+".1")
		if err := file.Write(name, file.Public, []byte(manPage(c))); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		names = append(names, name)
	}
	return names, nil
}

// documented returns a command and those below it that have a manual page.
func documented(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() && below.Name() != "help" && below.Name() != "completion" {
			list = append(list, documented(below)...)
		}
	}
	return list
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage returns the manual page of a command, in the man macros of roff.
func manPage(c *cobra.Command) string {
	var b strings.Builder
	section := func(title string) { b.WriteString(".SH " + title + "\n") }
	// as shows lines as they are.
	as := func(text string) { b.WriteString(".EX\n" + roff(strings.TrimRight(text, "\n")) + "\n.EE\n") }
	version, _, _ := strings.Cut(c.Root().Version, "\n")
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s\" \"Concors\"\n", strings.ToUpper(roff(pageName(c))), roff(version))
	section("NAME")
	short := c.Short
	if short == "" {
		short, _, _ = strings.Cut(c.Long, "\n\n")
	}
	fmt.Fprintf(&b, "%s \\- %s\n", roff(pageName(c)), roff(strings.Join(strings.Fields(short), " ")))
	section("SYNOPSIS")
	as(c.UseLine())
	section("DESCRIPTION")
	for paragraph := range strings.SplitSeq(strings.Trim(c.Long, "\n"), "\n\n") {
		if strings.HasPrefix(paragraph, " ") {
			as(paragraph)
		} else {
			b.WriteString(".PP\n" + roff(paragraph) + "\n")
		}
	}
	if below := documented(c)[1:]; len(below) > 0 {
		section("COMMANDS")
		for _, c := range below {
			fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(c)), roff(c.Short))
		}
	}
	section("OPTIONS")
	for _, group := range FlagGroups(c) {
		b.WriteString(".SS " + roff(group.Title) + "\n")
		group.Flags.VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			name := "--" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fR %s\n%s\n", roff(name), roff(value), roff(strings.Join(strings.Fields(usage), " ")))
		})
	}
	if c.HasExample() {
		section("EXAMPLES")
		as(c.Example)
	}
	section("EXIT STATUS")
	if topic := child(c.Root(), statusKey); !c.HasParent() && topic != nil {
		as(topic.Long)
	} else if Statuses(c) != "" {
		as(Statuses(c))
	} else {
		b.WriteString("See \\fBconcors help exit\\-status\\fR.\n")
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(pageName(c.Root())))
	}
	return b.String()
}

// roff escapes a text for roff: backslashes, hyphens, and what would be a request at the
// beginning of a line.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
