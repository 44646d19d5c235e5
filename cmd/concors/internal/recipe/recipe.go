// Package recipe writes a CORS policy in the language of another server.
//
// [Write] takes policies, as read from a policy file, and a [Stack]: a server or
// framework. It returns the configuration or the code that makes the server do what
// the policies say. The files are written from text templates that look like their
// output. A template is executed with a [Plan], in which all header values are
// computed already. The stacks, with their templates, are in package stacks.
//
// Not every server can do everything. Write compares what the policies need with
// the limits of the stack ([Limit]). If the recipe would allow more than the policy,
// Write returns a [*Refusal]. If it would be stricter, or differ in a way that does
// not matter for access, [Recipe.Lost] and a comment in the recipe say so.
//
// The module integration starts the servers that can be installed, with recipes for
// many kinds of policies, and checks their responses with concors verify.
// [Stack.Verified] says which.
//
// [WriteAlias] writes what makes CORS unnecessary: a reverse proxy that serves
// another server's paths as the site's own. [WriteSecret] writes one for an API that
// needs a secret.
package recipe

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/concors/concors/cors/routes"
)

// A Recipe is a policy or an alias in a server's language.
type Recipe struct {
	Stack Stack  `json:"stack"`
	Files []File `json:"files"`
	// Lost has one sentence for each thing in the policy that the server will not do.
	// None of them allows a page more than the policy.
	Lost []string `json:"lost"`
}

// A File is one file of a recipe. It begins with a comment that says how to use it.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Write writes policies for a stack. The error is a *[Refusal], or what
// [routes.Wrap] says is wrong with the policies.
func Write(policies routes.Policies, s Stack) (*Recipe, error) {
	p, lost, err := plan(policies, s)
	if err != nil {
		return nil, err
	}
	data := templateData{Plan: p, Stack: s, Lost: lost}
	if s.Usual != nil && s.usualHolds(p, lost) {
		lines, err := WriteLines(policies, *s.Usual)
		if err != nil {
			return nil, err
		}
		s.Templates, data.Lines = s.UsualTemplates, lines.Text
	}
	return s.execute(data)
}

// plan returns the plan of policies, and what the stack loses of them. The error is as in
// [Write].
func plan(policies routes.Policies, s Stack) (p *Plan, lost []string, err error) {
	if _, err := routes.Wrap(policies, nil, http.NotFoundHandler()); err != nil {
		return nil, nil, fmt.Errorf("the policies: %w", err)
	}
	p = NewPlan(policies)
	refused, lost := s.compare(p)
	if len(refused) > 0 {
		return nil, nil, &Refusal{s, refused}
	}
	return p, lost, nil
}

// usualHolds reports whether the short form loses nothing that the long form keeps. It may
// have no patterns, which the products compare in ways of their own.
func (s Stack) usualHolds(p *Plan, lost []string) bool {
	if p.Closed != nil || !p.Rest().PlainOrigins() && !p.Rest().AnyOrigin {
		return false
	}
	refused, loses := s.Usual.compare(p)
	return len(refused) == 0 && !slices.ContainsFunc(loses, func(l string) bool { return !slices.Contains(lost, l) })
}

// templateData is what a template is executed with: a plan, an alias or a route with a secret.
type templateData struct {
	*Plan
	Alias  *AliasPlan
	Secret *SecretPlan
	Stack  Stack
	Lost   []string
	Lines  string // the short form
}

// parts are templates that several stacks use.
//
//go:embed parts/*.tmpl
var parts embed.FS

// parsedParts returns the parts, for clones that replace the functions by their own.
var parsedParts = sync.OnceValues(func() (*template.Template, error) {
	return template.New("").Funcs(functions(templateData{})).ParseFS(parts, "parts/*.tmpl")
})

// execute executes all templates of a stack.
func (s Stack) execute(data templateData) (*Recipe, error) {
	names, err := fs.Glob(s.Templates, "*.tmpl")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%s has no templates: %v", s.Name, err)
	}
	r := &Recipe{Stack: s, Lost: append([]string{}, data.Lost...)}
	for _, name := range names {
		f, err := s.executeFile(name, data)
		if err != nil {
			return nil, fmt.Errorf("the templates of %s: %w", s.Name, err)
		}
		if f.Text != "" { // the policy does not need the file
			r.Files = append(r.Files, f)
		}
	}
	return r, nil
}

func (s Stack) executeFile(name string, data templateData) (File, error) {
	t, err := parsedParts()
	if err == nil {
		t, err = t.Clone()
	}
	if err == nil {
		t, err = t.New(name).Funcs(functions(data)).Funcs(s.Functions).ParseFS(s.Templates, name)
	}
	if err != nil {
		return File{}, err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return File{}, err
	}
	f := File{strings.TrimSuffix(name, ".tmpl"), b.String()}
	columns := LineColumns
	if strings.HasSuffix(f.Name, ".go") {
		columns -= 10 // gofmt aligns the values
	}
	f.Text = layOut(f.Text, columns)
	if data.Secret != nil && data.Secret.TypeScript {
		f.Name = strings.TrimSuffix(f.Name, ".js") + ".ts"
	}
	switch {
	case strings.HasSuffix(f.Name, ".caddy"):
		f.Text = indentCaddyfile(f.Text)
	case strings.HasSuffix(f.Name, ".go"):
		f.Text = gofmtLines(f.Text)
	}
	return f, nil
}
