package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/stacks"
)

// nothing completes a value that only the person knows.
var nothing = cobra.NoFileCompletions

// files completes the names of files that end so.
func files(extensions ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(extensions, cobra.ShellCompDirectiveFilterFileExt)
}

// words completes words.
func words(list ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// flagValues says how the value of a flag is completed, whichever command has it.
func flagValues() map[string]cobra.CompletionFunc {
	values := map[string]cobra.CompletionFunc{
		"from":   words(usualPages...),
		"method": words("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
		"header": cobra.FixedCompletions([]string{"Content-Type: application/json", "Authorization: Bearer ", "X-Requested-With: XMLHttpRequest"},
			cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace),
		"for": completeStacks, "referrer": words("no-referrer"), "data": completeBody,
		"html": files("html"), "junit": files("xml"), "openapi": files("yaml", "yml", "json"), "cacert": files("pem", "crt", "cer"),
		"file": cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault), "every": words("1s", "5s", "30s"),
		"into":    cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		"timeout": words("5s", "10s", "30s", "60s"), "rate": nothing, "concurrency": nothing, "max-requests": nothing,
		"page": words(usualPages[:len(usualPages)-1]...), "alias": cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs), "route": nothing,
		"secret-header": nothing, "upstream-ca": files("pem", "crt", "cer"), "listen": words("127.0.0.1:8010"), "lab listen": nothing, "port": words("8700"), "har": files("har"),
		"curl": nothing, "data-raw": nothing, "cookie": nothing, "resolve": nothing, "path": words("/api/"), "to": nothing,
		"at": words("/api/"),
	}
	for _, choice := range request.Choices() {
		list := choice.Values
		if choice.Flag == "--as" {
			list = append(slices.Clone(list), "chrome", "edge", "safari")
		}
		values[strings.TrimPrefix(choice.Flag, "--")] = words(list...)
	}
	return values
}

// flagExamples has an example for each flag with a value, for the hint where the value is
// missing.
var flagExamples = map[string]string{
	"from": "https://app.example", "page-space": "loopback", "coep": "require-corp", "method": "PUT", "header": "'X-Name: value'",
	"data": "'a=1'", "data-raw": "'@text'", "mode": "no-cors", "credentials": "include", "redirect": "manual", "referrer": "no-referrer",
	"referrer-policy": "no-referrer", "cookie": "'session=1'", "curl": "'curl https://api.example/notes'", "resource": "img",
	"crossorigin": "anonymous", "as": "firefox", "for": "nginx", "html": "report.html", "timeout": "10s", "cacert": "ca.pem",
	"resolve": "api.example:443:127.0.0.1", "every": "5s", "file": "server.js", "into": "site", "path": "/api/",
	"at": "/api/", "to": "https://api.example/", "page": "http://localhost:5173", "alias": "dist", "route": "/api=https://api.example",
	"secret-header": "X-Api-Key=API_KEY", "upstream-ca": "ca.pem", "listen": "127.0.0.1:8010", "lab listen": "192.168.1.20", "port": "8700", "har": "requests.har",
	"junit": "report.xml", "openapi": "openapi.yaml", "rate": "5", "concurrency": "4", "max-requests": "500",
}

// completeStacks completes the names of stacks, with their titles.
func completeStacks(c *cobra.Command, _ []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	all := stacks.All()
	if alias := c.Flag("alias"); alias != nil && alias.Changed {
		if all = stacks.Aliases(); c.Flag("secret-header").Changed {
			all = stacks.Secrets()
		}
	}
	for _, s := range all {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.Title))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePolicy completes the name of a policy file, the first argument.
func completePolicy(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return files("yaml", "yml", "json")(c, args, typed)
}

// completeRecipe completes the name of a policy file, or that of a stack after --list.
func completeRecipe(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case c.Flag("list").Changed && len(args) == 0:
		return completeStacks(c, args, typed)
	case c.Flag("alias").Changed:
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completePolicy(c, args, typed)
}

// completeBody completes the name of a file after an @.
func completeBody(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.HasPrefix(typed, "@") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return []cobra.Completion{"@"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeExperiments completes the names of experiments after --demo.
func completeExperiments(c *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	if demo := c.Flag("demo"); demo.Changed && len(args) == 0 {
		for _, e := range experiments.Demo() {
			names = append(names, cobra.CompletionWithDesc(e.Name, e.Title))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeValues sets how the values of all commands' flags are completed.
func completeValues(c *cobra.Command) {
	values := flagValues()
	var set func(*cobra.Command)
	set = func(c *cobra.Command) {
		if c.ValidArgsFunction == nil {
			c.ValidArgsFunction = nothing // not the names of all files
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			own := c.Name() + " " + f.Name // for a flag that another command has with other values
			if example := cmp.Or(flagExamples[own], flagExamples[f.Name]); example != "" {
				cli.Example(c.Flags(), f.Name, example)
			}
			complete, ok := values[own]
			if !ok {
				complete, ok = values[f.Name]
			}
			if ok {
				c.RegisterFlagCompletionFunc(f.Name, complete) // fails only if there is one already
			}
		})
		for _, below := range c.Commands() {
			set(below)
		}
	}
	set(c)
}
