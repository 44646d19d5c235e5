package recipe

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/grant"
)

// functions returns the functions that all templates may call.
func functions(data templateData) template.FuncMap {
	functions := template.FuncMap{
		"head":          func(usage ...string) string { return head(data, usage) },
		"indent":        func(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") },
		"ifMany":        func(text string) string { return ifMany(data, text) },
		"corsHeaders":   grant.CORSHeaders,
		"policyHeaders": func() []string { return data.PolicyHeaders() }, // where the template's data is a rule

		"list":  func(of ...string) []string { return of },
		"join":  func(list []string, separator string) string { return strings.Join(list, separator) },
		"lower": func(list []string) []string { return strings.Split(strings.ToLower(strings.Join(list, ",")), ",") },

		"quote":       strconv.Quote, // Go, Java, C#, YAML, Caddyfile, TOML
		"quoteAll":    quoteAll,
		"singleQuote": singleQuote, // JavaScript, PHP, Python
		"javaSet":     javaSet,
		"quoteRegexp": regexp.QuoteMeta,
		"js":          jsValue,
		"jsRegexp":    func(s string) string { return "/" + strings.ReplaceAll(s, "/", `\/`) + "/" },
		"goPolicy":    goPolicy,
		"type":        func(text string) string { return typed(data, text) },
	}
	maps.Copy(functions, optionFunctions())
	return functions
}

func singleQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quoteAll returns strings as arguments of a call in Go, Rust, Java or C#.
func quoteAll(list []string) string {
	var quoted []string
	for _, s := range list {
		quoted = append(quoted, strconv.Quote(s))
	}
	return strings.Join(quoted, ", ")
}

// javaSet returns a set of strings without blanks in Java, where the size of a method is
// limited, and so is that of a string: a long list is written as a few long strings.
func javaSet(list []string) string {
	const indent = "\n            "
	var b strings.Builder
	if len(list) <= 20 {
		for _, s := range list {
			b.WriteString("," + indent + strconv.Quote(s))
		}
		return "Set.of(" + strings.TrimPrefix(b.String(), ",") + ")"
	}
	size := 0
	for i, s := range list {
		switch size += len(s) + 1; {
		case i == 0:
			b.WriteString(strconv.Quote(s))
		case size > 30_000:
			size = len(s)
			b.WriteString("," + indent + strconv.Quote(s))
		default:
			b.WriteString(indent + "+ " + strconv.Quote(" "+s))
		}
	}
	return "Set.of(String.join(\" \"," + indent + b.String() + ").split(\" \"))"
}

// jsValue returns a value as a JavaScript literal, which is also JSON and YAML.
func jsValue(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// goPolicy returns a policy as a composite literal of Go, without zero fields.
func goPolicy(p cors.Policy) string {
	var b strings.Builder
	b.WriteString("cors.Policy{\n")
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		f := v.Field(i)
		if items, ok := f.Interface().([]string); ok && len(items) > 0 {
			fmt.Fprintf(&b, "%s: %s,\n", v.Type().Field(i).Name, goList(items))
		} else if !f.IsZero() && f.Kind() != reflect.Func {
			fmt.Fprintf(&b, "%s: %#v,\n", v.Type().Field(i).Name, f)
		}
	}
	b.WriteString("}")
	return b.String()
}

// typed returns a type annotation if the recipe is TypeScript, and otherwise "".
func typed(data templateData, annotation string) string {
	if data.Secret == nil || !data.Secret.TypeScript {
		return ""
	}
	return annotation
}

// head returns the comment at the top of a file: what the file is, whether it was
// tested, how to use it, and what is lost. Each usage is a paragraph, or lines of code
// if it begins with a tab.
func head(data templateData, usage []string) string {
	var b strings.Builder
	s := data.Stack
	write := func(text, first, indent string) {
		for _, line := range term.Wrap(text, 78-len(s.Comment+indent)) {
			b.WriteString(strings.TrimRight(s.Comment+first+line, " ") + "\n")
			first = indent
		}
	}
	add := func(text string) { write(text, "", "") }
	blank := func() { b.WriteString(strings.TrimRight(s.Comment, " ") + "\n") }
	switch {
	case data.Secret != nil:
		add("An API route with a secret for " + s.Title + ", written by concors recipe --alias --secret-header.")
		if s.Verified != "" {
			add("Verified: the tests run routes like this one on " + s.Title + " " + s.Verified + ".")
		} else {
			add("Not verified: this was never tested on a running " + s.Title + ".")
		}
		usage = append(usage, data.Secret.Notes()...)
	case data.Alias != nil:
		add("An alias for " + s.Title + ", written by concors recipe --alias.")
		if s.Verified != "" {
			add("Verified: the tests run aliases like this one on " + s.Title + " " + s.Verified + ".")
		} else {
			add("Not verified: this was never tested on a running " + s.Title + ".")
		}
		usage = append(usage, data.Alias.Notes()...)
	default:
		add("CORS for " + s.Title + ", written by concors recipe.")
		if s.Verified != "" {
			add("Verified: the tests run recipes like this one on " + s.Title + " " + s.Verified + ".")
		} else {
			add("Not verified: this was never tested on a running " + s.Title + ". Test it with: concors verify policy.yaml URL")
		}
	}
	for _, text := range usage {
		if text == "" {
			continue
		}
		blank()
		if code, ok := strings.CutPrefix(text, "\t"); ok {
			for line := range strings.SplitSeq(code, "\n") {
				b.WriteString(s.Comment + "    " + line + "\n")
			}
			continue
		}
		add(text)
	}
	if len(data.Lost) > 0 {
		blank()
		switch {
		case data.Secret != nil:
			add("Limits of this route:")
		case data.Alias != nil:
			add("Limits of this alias:")
		default:
			add("Differences from the policy:")
		}
		for _, text := range data.Lost {
			write(text+".", "- ", "  ")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// indentCaddyfile indents blocks as caddy fmt does. A block begins at the end of a
// line and ends with a line of its own.
func indentCaddyfile(text string) string {
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

// ifMany returns a text if the plan has many origins, and otherwise "".
func ifMany(data templateData, text string) string {
	if data.ManyOrigins() {
		return text
	}
	return ""
}
