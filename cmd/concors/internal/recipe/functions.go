package recipe

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
)

// functions are what templates may call, beside the methods of the plan.
func functions(data page) template.FuncMap {
	return template.FuncMap{
		"head":        func(use ...string) string { return head(data, use) },
		"join":        func(list []string, with string) string { return strings.Join(list, with) },
		"quote":       strconv.Quote, // Go, Java, C#, YAML, Caddy, TOML
		"js":          js,
		"single":      func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }, // PHP, Python
		"list":        func(of ...string) []string { return of },
		"name":        ruleName,
		"golang":      golang,
		"re":          regexp.QuoteMeta,
		"corsHeaders": corsHeaders,
		"own":         func() []string { return data.OwnHeaders() }, // in templates that are given a rule alone
		"quotes":      quotes,
		"lower":       func(of []string) []string { return strings.Split(strings.ToLower(strings.Join(of, ",")), ",") },
		"regexp":      func(s string) string { return "/" + strings.ReplaceAll(s, "/", `\/`) + "/" }, // JavaScript
	}
}

// ruleName is what a rule is called in configurations.
func ruleName(r *rule) string {
	if r.Route == "" {
		return "rest"
	}
	return "r" + strconv.Itoa(r.Index)
}

// quotes has strings as arguments of a call, in Go, Rust, Java and C#.
func quotes(of []string) string {
	var quoted []string
	for _, s := range of {
		quoted = append(quoted, strconv.Quote(s))
	}
	return strings.Join(quoted, ", ")
}

// golang is a policy as a composite literal of Go, without what is zero.
func golang(p cors.Policy) (string, error) {
	var b strings.Builder
	b.WriteString("cors.Policy{\n")
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() && f.Kind() != reflect.Func {
			fmt.Fprintf(&b, "%s: %#v,\n", v.Type().Field(i).Name, f)
		}
	}
	b.WriteString("}")
	return b.String(), nil
}

// js is a value as JavaScript and JSON write it.
func js(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// head is the comment at the top of a file: what it is, what to do with it, what
// is lost, and whether it was tried.
func head(data page, use []string) string {
	var b strings.Builder
	say := func(text string) {
		for _, line := range term.Wrap(text, 78-len(data.Stack.comment)) {
			b.WriteString(strings.TrimRight(data.Stack.comment+line, " ") + "\n")
		}
	}
	switch {
	case data.Alias != nil && data.Stack.Verified != "":
		say("An alias for " + data.Stack.Title + ", written by concors recipe --alias.")
		say("Verified: aliases of this form do on " + data.Stack.Title + " " + data.Stack.Verified + " what is said here.")
	case data.Alias != nil:
		say("An alias for " + data.Stack.Title + ", written by concors recipe --alias.")
		say("Not verified: nobody has tried this on a running " + data.Stack.Title + ".")
	case data.Stack.Verified != "":
		say("CORS for " + data.Stack.Title + ", written by concors recipe.")
		say("Verified: recipes of this form do on " + data.Stack.Title + " " + data.Stack.Verified + " what their policies say.")
	default:
		say("CORS for " + data.Stack.Title + ", written by concors recipe.")
		say("Not verified: nobody has held a running " + data.Stack.Title + " to this. Do so with: concors verify policy.yaml URL")
	}
	if data.Alias != nil {
		use = append(use, data.Alias.About()...)
	}
	for _, text := range use {
		b.WriteString(strings.TrimRight(data.Stack.comment, " ") + "\n")
		say(text)
	}
	if len(data.Lost) > 0 {
		b.WriteString(strings.TrimRight(data.Stack.comment, " ") + "\n")
		if data.Alias != nil {
			say("This is lost:")
		} else {
			say("Of the policy this is lost:")
		}
		for _, text := range data.Lost {
			say("- " + text + ".")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// indented is a Caddyfile with its blocks indented, as caddy fmt does it. A block
// begins at the end of a line and ends with a line of its own.
func indented(text string) string {
	var b strings.Builder
	depth := 0
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(line, "\t")
		comment := strings.HasPrefix(line, "#")
		if strings.HasPrefix(line, "}") {
			depth--
		}
		if line != "\n" {
			b.WriteString(strings.Repeat("\t", max(depth, 0)))
		}
		b.WriteString(line)
		if !comment && strings.HasSuffix(line, "{\n") {
			depth++
		}
	}
	return b.String()
}
