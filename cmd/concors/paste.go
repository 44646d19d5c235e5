package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/paste"
)

// readPasted reads --curl's value, or standard input if there is none, and says
// on stderr what was made of it.
func readPasted(c *cobra.Command, curl string) (*paste.Pasted, error) {
	where, read := "--curl", paste.Curl
	if !c.Flags().Changed("curl") {
		where, read = "standard input", paste.Read
		if in, ok := c.InOrStdin().(*os.File); ok && isatty.IsTerminal(in.Fd()) {
			fmt.Fprintln(c.ErrOrStderr(), "concors: paste the fetch() call or curl command, then Ctrl-D on a line of its own")
		}
		// One byte more than the limit, so that paste can say so.
		raw, err := io.ReadAll(io.LimitReader(c.InOrStdin(), paste.Limit+1))
		if err != nil {
			return nil, &check.UsageError{Problem: "standard input: " + err.Error(), Hint: "write --curl 'curl …' in its place"}
		}
		curl = string(raw)
	}
	pasted, err := read(curl)
	var wrong *paste.Error
	if errors.As(err, &wrong) {
		return nil, &check.UsageError{Problem: where + ": " + wrong.Error(), Hint: wrong.Hint}
	}
	if err != nil {
		return nil, err
	}
	if pasted.Question.From == "" && !c.Flags().Changed("from") {
		return nil, &check.UsageError{Problem: where + ": nothing in it says which page asks: it has neither Origin nor Referer",
			Hint: "add --from https://app.example (the page's origin), or --from null for a sandboxed page"}
	}
	for _, note := range pasted.Notes {
		fmt.Fprintln(c.ErrOrStderr(), "note:", note)
	}
	return pasted, nil
}

// override is what was pasted, with what the flags beside it say.
func override(base, flags check.Question) check.Question {
	for _, f := range []struct {
		to   *string
		flag string
	}{
		{&base.From, flags.From}, {&base.Method, flags.Method}, {&base.Mode, flags.Mode}, {&base.Credentials, flags.Credentials},
		{&base.Redirect, flags.Redirect}, {&base.Referrer, flags.Referrer}, {&base.ReferrerPolicy, flags.ReferrerPolicy},
		{&base.Resource, flags.Resource}, {&base.CrossOrigin, flags.CrossOrigin}, {&base.PageSpace, flags.PageSpace},
		{&base.EmbedderPolicy, flags.EmbedderPolicy}, {&base.CACert, flags.CACert}, {&base.As, flags.As},
	} {
		if f.flag != "" {
			*f.to = f.flag
		}
	}
	// A header given with -H takes the place of the pasted one of its name.
	name := func(h string) string {
		n, _, _ := strings.Cut(h, ":")
		return strings.ToLower(strings.TrimSpace(n))
	}
	base.Header = slices.DeleteFunc(base.Header, func(h string) bool {
		return slices.ContainsFunc(flags.Header, func(given string) bool { return name(given) == name(h) })
	})
	base.Header = append(base.Header, flags.Header...)
	if flags.Data != nil {
		base.Data = flags.Data
	}
	if len(flags.Cookies) > 0 {
		base.Cookies = flags.Cookies
	}
	if len(flags.Resolve) > 0 {
		base.Resolve = flags.Resolve
	}
	if flags.Timeout != 0 {
		base.Timeout = flags.Timeout
	}
	base.Insecure = base.Insecure && base.CACert == "" || flags.Insecure
	base.XHR = base.XHR || flags.XHR
	base.UploadListener = base.UploadListener || flags.UploadListener
	return base
}
