// Package recipe writes a CORS policy in other servers' languages.
//
// [Write] takes a policy, as the policy file holds it, and the name of a server
// or framework, and returns the configuration or the code that makes it do what
// the policy says. Each one's is a text template in templates/, which looks like
// what comes out of it; what a template is filled from is the plan (plan.go),
// where everything that there is to work out about a policy has been worked out
// once for all of them.
//
// Not every server can do everything. What a policy needs, and what a server is
// without (needs.go, stacks.go), are compared first: where a recipe would let more
// in than the policy, it is refused with a [*Refusal], and where it would be
// stricter, or only different, it says so in [Recipe.Lost] and in a comment. A
// recipe weaker than its policy is never written.
//
// Nothing here can be believed unseen, so the module integration starts those
// servers that it can, with these recipes for a family of policies, and has
// package verify hold them to it. [Stack.Verified] says which.
//
// [Alias] writes what does without CORS: a reverse proxy that makes another
// server's paths the site's own (alias.go).
package recipe

import (
	"embed"
	"fmt"
	"go/format"
	"net/http"
	"path"
	"strings"
	"text/template"

	"github.com/concors/concors/cors/routes"
)

// A Recipe is a policy in a server's language.
type Recipe struct {
	Stack Stack  `json:"stack"`
	Files []File `json:"files"`
	// Lost is what the policy says and the server will not do, all of it to the
	// stricter side or of no weight to who may read what.
	Lost []string `json:"lost"`
}

// A File is one file of a recipe. Its first lines are a comment that says what
// to do with it.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// A Refusal says why a policy can't be written for a server: what it would need
// and the server does not have.
type Refusal struct {
	Stack   Stack
	Because []string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s can't do what the policy says: %s", r.Stack.Title, strings.Join(r.Because, "; "))
}

//go:embed templates
var templates embed.FS

// Write writes the policies for a stack, one of those that [Stacks] lists. The
// error is a *[Refusal], an *[UnknownStack], or what [routes.Wrap] says is wrong
// with the policies.
func Write(policies routes.Policies, stack string) (*Recipe, error) {
	s, err := find(Stacks(), stack)
	if err != nil {
		return nil, err
	}
	if _, err := routes.Wrap(policies, nil, http.NotFoundHandler()); err != nil {
		return nil, fmt.Errorf("the policies: %w", err)
	}
	p, odd := newPlan(policies)
	refused, lost := s.compare(p)
	if !s.runsCors { // package cors knows nothing odd
		refused = append(odd, refused...)
	}
	if len(refused) > 0 {
		return nil, &Refusal{s, refused}
	}
	files, err := s.execute(page{plan: p, Lost: lost, Stack: s})
	if err != nil {
		return nil, err
	}
	return &Recipe{Stack: s, Files: files, Lost: append([]string{}, lost...)}, nil
}

// page is what a template is filled from.
type page struct {
	*plan
	Stack Stack
	Lost  []string
	Alias *alias // of an alias, which has no plan
}

// execute fills the templates of a stack, all files of its folder. What several
// stacks have in common is defined in templates/parts.
func (s Stack) execute(data page) (files []File, err error) {
	folder := path.Join("templates", s.folder)
	entries, err := templates.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("the templates of %s: %w", s.Name, err)
	}
	for _, e := range entries {
		t, err := template.New(e.Name()).Funcs(functions(data)).ParseFS(templates, "templates/parts/*.tmpl", path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("the templates of %s: %w", s.Name, err)
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			return nil, fmt.Errorf("the templates of %s: %w", s.Name, err)
		}
		f := File{strings.TrimSuffix(e.Name(), ".tmpl"), b.String()}
		if strings.HasSuffix(f.Name, ".caddy") {
			f.Text = indented(f.Text)
		}
		if strings.HasSuffix(f.Name, ".go") {
			source, err := format.Source([]byte(f.Text))
			if err != nil {
				return nil, fmt.Errorf("the templates of %s: %w", s.Name, err)
			}
			f.Text = string(source)
		}
		files = append(files, f)
	}
	return files, nil
}
