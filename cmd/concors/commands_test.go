package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// everyCommand returns all commands that a person can call.
func everyCommand() (list []*cobra.Command) {
	var add func(*cobra.Command)
	add = func(c *cobra.Command) {
		list = append(list, c)
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() && below.Name() != "completion" {
				add(below)
			}
		}
	}
	add(rootCommand(io.Discard, io.Discard))
	return list
}

func TestHelpFitsIntoTheLine(t *testing.T) {
	for _, c := range append(everyCommand(), cli.StatusTopic(rootCommand(io.Discard, io.Discard))) {
		var b bytes.Buffer
		c.SetOut(&b)
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if line = strings.TrimRight(line, "\n"); term.Columns(line) > term.Width {
				t.Errorf("%s: %d columns: %s", c.CommandPath(), term.Columns(line), line)
			}
		}
	}
}

func TestHelpOfTheRootFitsTheScreen(t *testing.T) {
	var b bytes.Buffer
	root := rootCommand(&b, io.Discard)
	if err := root.Help(); err != nil {
		t.Fatal(err)
	}
	const rows = 24 // of a small terminal, with one for the prompt
	if lines := strings.Count(b.String(), "\n"); lines >= rows {
		t.Errorf("%d lines:\n%s", lines, &b)
	}
}

// The help of watch has no flag that watch refuses.
func TestWatchListsNoFlagThatItRefuses(t *testing.T) {
	for _, path := range [][]string{{"watch"}, {"watch", "verify"}} {
		var b bytes.Buffer
		root := rootCommand(&b, io.Discard)
		c, _, err := root.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		for _, flag := range []string{"--json", "--markdown", "--demo", "--no-pager"} {
			if strings.Contains(b.String(), flag+" ") {
				t.Errorf("%s has %s", path, flag)
			}
		}
		if !strings.Contains(b.String(), "--from ORIGIN") || !strings.Contains(b.String(), "--every TIME") {
			t.Errorf("%s: other flags are missing:\n%s", path, &b)
		}
	}
}

// The help of completion is in the words of this tool, for each shell.
func TestCompletionIsExplainedForEachShell(t *testing.T) {
	for _, shell := range []string{"", "bash", "zsh", "fish", "powershell"} {
		var b bytes.Buffer
		root := rootCommand(&b, io.Discard)
		c, _, err := root.Find(strings.Fields("completion " + shell))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		help := b.String()
		if strings.Contains(help, "autocompletion") || strings.Contains(help, "sub-command") || strings.Contains(help, "####") ||
			!strings.Contains(help, "concors completion "+shell) {
			t.Errorf("%s:\n%s", shell, help)
		}
	}
}

func TestCommandsAreDocumented(t *testing.T) {
	for _, c := range everyCommand() {
		switch {
		case !c.HasParent() || c.Name() == "help" || c.HasAvailableSubCommands():
		case cli.Statuses(c) == "":
			t.Errorf("%s: without exit statuses: call cli.Document", c.CommandPath())
		case !c.HasExample():
			t.Errorf("%s: without an example", c.CommandPath())
		}
	}
}

// A flag with a value is completed as flagValues says, or with nothing but not with the
// names of files.
func TestEveryFlagSaysHowItsValueIsCompleted(t *testing.T) {
	values, seen := flagValues(), []string{}
	for _, c := range everyCommand() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.NoOptDefVal == "" && values[f.Name] == nil {
				t.Errorf("%s --%s: not in flagValues", c.CommandPath(), f.Name)
			}
			seen = append(seen, f.Name, c.Name()+" "+f.Name)
		})
	}
	for name := range values {
		if !slices.Contains(seen, name) {
			t.Errorf("flagValues has %s, and no command has that flag", name)
		}
	}
}

func TestCompletionOffersWhatFits(t *testing.T) {
	t.Chdir(t.TempDir())
	// Values that begin with another letter are left out by the shell.
	for _, row := range []struct {
		line    string // the last word is being typed
		offered []string
		not     []string
	}{
		{"", []string{"check", "explain", "recipe", "verify", "policy", "version", "help", "completion"}, []string{"exit-status"}},
		{"ch", []string{"check"}, []string{"explain"}},
		{"policy ", []string{"check"}, nil},
		{"help ", []string{"check", "exit-status"}, nil},
		{"completion ", []string{"bash", "zsh", "fish", "powershell"}, nil},
		{"check --cred", []string{"--credentials"}, []string{"--cacert"}},
		{"check --credentials ", []string{"omit", "same-origin", "include"}, nil},
		{"check --mode no", []string{"no-cors"}, nil},
		{"check --mode=", []string{"cors", "no-cors"}, nil},
		{"check --as ", []string{"chromium", "firefox", "webkit", "standard", "all", "chrome", "safari", "edge"}, nil},
		{"verify --as fi", []string{"firefox"}, nil},
		{"check --from ", []string{"http://localhost:3000", "null"}, nil},
		{"check -X ", []string{"GET", "PUT", "DELETE"}, nil},
		{"check --resource ", []string{"img", "script"}, nil},
		{"check --referrer-policy no", []string{"no-referrer"}, nil},
		{"check --demo pre", []string{"preflight", "preflight-404"}, nil},
		{"check ", nil, []string{"preflight"}},
		{"check --for ng", []string{"nginx"}, nil},
		{"recipe policy.yaml --for ", []string{"nginx", "express", "spring"}, []string{"vite"}},
		{"recipe --alias --for ", []string{"nginx", "vite"}, []string{"express"}},
		{"recipe --list ", []string{"nginx", "express"}, nil},
		{"recipe ", []string{"yaml", "yml", "json"}, nil}, // the ends of files' names
		{"verify ", []string{"yaml", "yml", "json"}, nil},
		{"policy check ", []string{"yaml", "yml", "json"}, nil},
		{"verify --openapi ", []string{"yaml"}, nil},
		{"origin ", []string{":4"}, nil}, // no names of files
		{"explain ", []string{"har", "txt", "log"}, nil},
	} {
		t.Run(row.line, func(t *testing.T) {
			words := strings.Split(row.line, " ")
			out, stderr, status := concors(t, append([]string{cobra.ShellCompRequestCmd}, words...)...)
			if status != 0 {
				t.Fatalf("exit status %d: %s", status, stderr)
			}
			var offered []string
			for line := range strings.Lines(out) {
				word, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
				offered = append(offered, word)
			}
			for _, word := range row.offered {
				if !slices.Contains(offered, word) && !slices.Contains(offered, "--mode="+word) {
					t.Errorf("offers %q, without %s", offered, word)
				}
			}
			for _, word := range row.not {
				if slices.Contains(offered, word) {
					t.Errorf("offers %q, with %s", offered, word)
				}
			}
		})
	}
}

func TestCompletionScriptsAreValid(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var stdout, stderr bytes.Buffer
		if status := run([]string{"completion", shell}, &stdout, &stderr); status != cli.ExitOK || !strings.Contains(stdout.String(), "concors") {
			t.Errorf("%s: status %d, %s", shell, status, &stderr)
		}
		if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
			name := t.TempDir() + "/script"
			if err := os.WriteFile(name, stdout.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), path, "-n", name).CombinedOutput(); err != nil {
				t.Errorf("%s -n: %v: %s", shell, err, out)
			}
		}
	}
}

// The manual pages have every flag and example. If there is a program that reads them, it
// has nothing to complain about.
func TestManualPagesHaveWhatHelpHas(t *testing.T) {
	folder := t.TempDir()
	var stdout, stderr bytes.Buffer
	if status := run([]string{"man", folder}, &stdout, &stderr); status != cli.ExitOK {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	for _, c := range everyCommand() {
		if c.Name() == "help" {
			continue
		}
		name := folder + "/" + strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		text := strings.ReplaceAll(string(page), `\-`, "-")
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if strings.Contains(text, "--"+f.Name+`\fR`) == f.Hidden {
				t.Errorf("%s: --%s, which is hidden: %t", name, f.Name, f.Hidden)
			}
		})
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"} {
			if !strings.Contains(text, "\n.SH "+section+"\n") {
				t.Errorf("%s: without %s", name, section)
			}
		}
		if groff, err := exec.LookPath("groff"); err == nil && (!testing.Short() || c.Name() == "check") {
			c := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-z", "-Tutf8", name)
			if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("groff %s: %v: %s", name, err, out)
			}
		}
	}
}
