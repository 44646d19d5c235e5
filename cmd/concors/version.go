package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// A version says which program this is, from what the Go command wrote into it.
type version struct {
	Format   int       `json:"version"` // of this JSON
	Version  string    `json:"concors"` // the module's version, or (devel)
	Commit   string    `json:"commit,omitempty"`
	Time     string    `json:"commitTime,omitempty"`
	Modified bool      `json:"modified"` // there were changes that were not committed
	Go       string    `json:"go"`
	Platform string    `json:"platform"` // such as linux/amd64
	Browsers []browser `json:"browsers"`
}

// A browser is a profile of the engine, in the version that was measured.
type browser struct {
	Name    string `json:"name"` // as --as takes it
	Version string `json:"version"`
}

func readVersion() version {
	v := version{Format: 1, Version: "(devel)"}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Go = info.GoVersion
		if info.Main.Version != "" {
			v.Version = info.Main.Version
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		v.Commit, v.Time, v.Modified = settings["vcs.revision"], settings["vcs.time"], settings["vcs.modified"] == "true"
		v.Platform = settings["GOOS"] + "/" + settings["GOARCH"]
	}
	for _, name := range request.BrowserNames() {
		v.Browsers = append(v.Browsers, browser{name, request.Profile(name).Version})
	}
	return v
}

// String returns the version as concors version prints it.
func (v version) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "concors %s\n", v.Version)
	if v.Commit != "" {
		fmt.Fprintf(&b, "commit   %s, %s", v.Commit, v.Time)
		if v.Modified {
			b.WriteString(", with changes")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "Go       %s, %s\n", strings.TrimPrefix(v.Go, "go"), v.Platform)
	for _, browser := range v.Browsers {
		fmt.Fprintf(&b, "%-8s %s\n", browser.Name, browser.Version)
	}
	return b.String()
}

const versionStatuses = `
  0  the version is printed
  2  invalid command line`

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and those of the browsers it knows",
		Long: "Prints the version of concors, the commit and the Go version that it was built\n" +
			"with, and the version in which each browser was measured.",
		Example: "  concors version\n  concors version --json",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			v := readVersion()
			if asJSON {
				return term.WriteJSON(c.OutOrStdout(), v)
			}
			_, err := io.WriteString(c.OutOrStdout(), v.String())
			return err
		},
	}
	cli.Document(c, versionStatuses)
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON (see docs/command-line.md)")
	return c
}

// noArguments refuses arguments.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cli.Usage(term.Quote(args[0])+": "+c.CommandPath()+" takes no argument", "write "+c.CommandPath())
	}
	return nil
}
