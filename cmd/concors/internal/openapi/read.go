package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/internal/field"
)

// The limits on what a document stands for: a reference is short, and what it
// leads to is not.
const (
	maxProblems   = 100
	maxOperations = 20_000
	maxURL        = 4096
	maxEach       = 200     // parameters, content types, headers and so on of one operation
	maxParts      = 500_000 // of all of those in all
)

// reader walks a document.
type reader struct {
	root     *position.Value
	document *Document
	problems []Problem
	untold   int
	told     map[Problem]bool
	security []Requirement // the document's
	parts    int
	indexes  map[*position.Value]map[string]*position.Value // see [reader.get]
}

func (r *reader) fail(at Place, message, repair string) {
	p := Problem{at, message, repair}
	switch {
	case r.told[p]:
	case len(r.problems) >= maxProblems:
		r.untold++
	default:
		if r.told == nil {
			r.told = map[Problem]bool{}
		}
		r.told[p] = true
		r.problems = append(r.problems, p)
	}
}

func (r *reader) read() {
	root := r.root
	if root.Kind != position.Map {
		r.fail(root.Position, fmt.Sprintf("an OpenAPI document is a mapping of fields, and this is %v", root.Kind), "")
		return
	}
	version := root.Get("openapi")
	switch {
	case version == nil && root.Get("swagger") != nil:
		r.fail(root.Get("swagger").At, "it is a document of Swagger 2.0, which is not read", "convert it to OpenAPI 3, as many editors and converters do")
		return
	case version == nil:
		r.fail(root.Position, "it has no field openapi, so it is no OpenAPI document", `write openapi: "3.1.0"`)
		return
	case !slices.ContainsFunc([]string{"3.0", "3.1", "3.2"}, func(v string) bool {
		return version.Value.Text == v || strings.HasPrefix(version.Value.Text, v+".")
	}):
		r.fail(version.Value.Position, fmt.Sprintf("OpenAPI %q is not read", term.Bounded(version.Value.Text)), "3.0, 3.1 and 3.2 are")
		return
	}
	r.document.Version = version.Value.Text
	if server := r.server(root); server != "" {
		r.document.Server = server
	}
	r.security, _ = r.requirements(root)
	paths := root.Get("paths")
	if paths == nil { // 3.1 and later have documents without
		return
	}
	if paths.Value.Kind != position.Map {
		r.fail(paths.Value.Position, fmt.Sprintf("paths is a mapping, and this is %v", paths.Value.Kind), "")
		return
	}
	for _, path := range paths.Value.Fields {
		if strings.HasPrefix(path.Name, "x-") {
			continue
		}
		if !strings.HasPrefix(path.Name, "/") {
			r.fail(path.At, fmt.Sprintf("the path %q begins with no slash", term.Bounded(path.Name)), "write /"+term.Bounded(path.Name))
			continue
		}
		r.path(path)
	}
}

// methods are a path item's, as it names them.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

func (r *reader) path(path position.Field) {
	if path.Value.Kind == position.Null {
		return
	}
	item := r.follow(path.Value, "a path item")
	if item == nil {
		return
	}
	parameters := r.parameters(item, nil)
	server := r.server(item)
	add := func(f position.Field, method string) {
		if len(r.document.Operations) >= maxOperations {
			r.fail(f.At, fmt.Sprintf("there are more than %d operations", maxOperations), "split the document")
			return
		}
		r.operation(path.Name, method, server, parameters, f)
	}
	for _, f := range item.Fields {
		switch {
		case slices.Contains(methods, f.Name):
			add(f, strings.ToUpper(f.Name))
		case f.Name == "additionalOperations" && f.Value.Kind == position.Map: // 3.2
			for _, more := range f.Value.Fields {
				if !field.IsToken(more.Name) {
					r.fail(more.At, fmt.Sprintf("%q is no method", term.Bounded(more.Name)), "")
					continue
				}
				add(more, more.Name)
			}
		}
	}
}

// parameter is one that counts, with the value that is made up for it.
type parameter struct {
	Named
	in    string
	value string
}

// parameters are a value's, and those of its path that it does not have itself.
func (r *reader) parameters(v *position.Value, inherited []parameter) []parameter {
	var own []parameter
	for _, item := range r.list(v, "parameters") {
		p := r.follow(item, "a parameter")
		if p == nil {
			continue
		}
		name, in := p.Get("name"), p.Get("in")
		if name == nil || in == nil || name.Value.Kind != position.String {
			r.fail(p.Position, "a parameter has no name, or no in", "write name: and in:")
			continue
		}
		required := p.Get("required")
		one := parameter{Named{item.Position, name.Value.Text, required != nil && required.Value.Text == "true"}, in.Value.Text, r.sample(p)}
		if one.in == "header" && !field.IsToken(one.Name) {
			r.fail(name.Value.Position, fmt.Sprintf("%q is no name of a header", term.Bounded(one.Name)), "")
			continue
		}
		own = append(own, one)
	}
	for _, p := range inherited {
		if !slices.ContainsFunc(own, func(o parameter) bool { return o.Name == p.Name && o.in == p.in }) {
			own = append(own, p)
		}
	}
	return own
}

// list is a field's items, none if it is not there. What is no list is told.
func (r *reader) list(v *position.Value, name string) []*position.Value {
	f := v.Get(name)
	switch {
	case f == nil || f.Value.Kind == position.Null:
		return nil
	case f.Value.Kind != position.List:
		r.fail(f.Value.Position, fmt.Sprintf("%s is a list, and this is %v", name, f.Value.Kind), "")
		return nil
	case len(f.Value.Items) > maxEach:
		r.fail(f.Value.Position, fmt.Sprintf("%s has more than %d items", name, maxEach), "")
		return nil
	}
	if r.parts += len(f.Value.Items); r.parts > maxParts {
		r.fail(r.root.Position, "its references stand for too much", "split the document")
		return nil
	}
	return f.Value.Items
}

// mapping is a field's fields, none if it is not there. What is no mapping is
// told.
func (r *reader) mapping(v *position.Value, name string) []position.Field {
	f := v.Get(name)
	switch {
	case f == nil || f.Value.Kind == position.Null:
		return nil
	case f.Value.Kind != position.Map:
		r.fail(f.Value.Position, fmt.Sprintf("%s is a mapping, and this is %v", name, f.Value.Kind), "")
		return nil
	case len(f.Value.Fields) > maxEach:
		r.fail(f.Value.Position, fmt.Sprintf("%s has more than %d fields", name, maxEach), "")
		return nil
	}
	if r.parts += len(f.Value.Fields); r.parts > maxParts {
		r.fail(r.root.Position, "its references stand for too much", "split the document")
		return nil
	}
	return f.Value.Fields
}

func (r *reader) operation(path, method, server string, inherited []parameter, f position.Field) {
	if f.Value.Kind != position.Map {
		r.fail(f.Value.Position, fmt.Sprintf("an operation is a mapping, and this is %v", f.Value.Kind), "")
		return
	}
	op := Operation{Place: f.At, Method: method, Path: path, Server: server}
	if id := f.Value.Get("operationId"); id != nil && id.Value.Kind == position.String {
		op.ID = id.Value.Text
	}
	if own := r.server(f.Value); own != "" {
		op.Server = own
	}
	values, query := map[string]string{}, url.Values{}
	for _, p := range r.parameters(f.Value, inherited) {
		switch {
		case p.in == "path":
			values[p.Name] = p.value
		case p.in == "query" && p.Required:
			query.Set(p.Name, p.value)
		case p.in == "cookie" && p.Required && op.Cookie == nil:
			op.Cookie = &p.Named
		case p.in != "header":
		case strings.EqualFold(p.Name, "Cookie"): // the browser's to send
			if p.Required && op.Cookie == nil {
				op.Cookie = &p.Named
			}
		case strings.EqualFold(p.Name, "Accept"), strings.EqualFold(p.Name, "Content-Type"), strings.EqualFold(p.Name, "Authorization"):
			// https://spec.openapis.org/oas/v3.1.1.html#fixed-fields-for-use-with-schema-or-content
		default:
			op.Headers = add(op.Headers, p.Named)
		}
	}
	// A query has no place in a path, and yet some documents tell operations apart
	// by it.
	path, fixed, _ := strings.Cut(path, "?")
	op.Target = fill(path, values)
	if all := strings.Trim(fill(fixed, values)+"&"+query.Encode(), "&"); all != "" {
		op.Target += "?" + all
	}
	if body := f.Value.Get("requestBody"); body != nil {
		if b := r.follow(body.Value, "a requestBody"); b != nil {
			for _, content := range r.mapping(b, "content") {
				op.ContentTypes = add(op.ContentTypes, Named{Place: content.At, Name: concrete(content.Name)})
			}
		}
	}
	for _, response := range r.mapping(f.Value, "responses") {
		if strings.HasPrefix(response.Name, "x-") {
			continue
		}
		v := r.follow(response.Value, "a response")
		if v == nil {
			continue
		}
		for _, header := range r.mapping(v, "headers") {
			if !field.IsToken(header.Name) {
				r.fail(header.At, fmt.Sprintf("%q is no name of a header", term.Bounded(header.Name)), "")
				continue
			}
			op.ResponseHeaders = add(op.ResponseHeaders, Named{Place: header.At, Name: header.Name})
		}
	}
	var own bool
	if op.Security, own = r.requirements(f.Value); !own {
		op.Security = r.security
	}
	r.document.Operations = append(r.document.Operations, op)
}

// add appends a name that is not there yet. One that is required wins.
func add(list []Named, n Named) []Named {
	i := slices.IndexFunc(list, func(have Named) bool { return strings.EqualFold(have.Name, n.Name) })
	switch {
	case i < 0:
		if len(list) < maxEach {
			list = append(list, n)
		}
	case n.Required && !list[i].Required:
		list[i] = n
	}
	return list
}

// concrete is a type that a range of types such as image/* has.
func concrete(contentType string) string {
	main, sub, ok := strings.Cut(contentType, "/")
	if !ok || !strings.Contains(sub, "*") && main != "*" {
		return contentType
	}
	if main == "*" {
		return "application/octet-stream"
	}
	return main + "/x-any"
}

// server is the URL of the first of the servers, with its variables' defaults,
// "" if there is none.
func (r *reader) server(v *position.Value) string {
	for _, item := range r.list(v, "servers") {
		server := r.follow(item, "a server")
		if server == nil {
			return ""
		}
		u := server.Get("url")
		if u == nil || u.Value.Kind != position.String {
			r.fail(server.Position, "a server has no url", "write url: /")
			return ""
		}
		text := u.Value.Text
		for _, variable := range r.mapping(server, "variables") {
			d := variable.Value.Get("default")
			if d == nil {
				continue
			}
			name := "{" + variable.Name + "}"
			if len(text)+strings.Count(text, name)*len(d.Value.Text) > maxURL {
				r.fail(u.Value.Position, "with its variables it is too long for a URL", "")
				return ""
			}
			text = strings.ReplaceAll(text, name, d.Value.Text)
		}
		if _, err := url.Parse(text); err != nil {
			r.fail(u.Value.Position, fmt.Sprintf("%q is no URL", term.Bounded(text)), "write https://api.example.com, or a path")
			return ""
		}
		return text
	}
	return ""
}

// requirements are a value's security, and whether it says any: an empty list
// takes away the document's.
func (r *reader) requirements(v *position.Value) (out []Requirement, said bool) {
	if v.Get("security") == nil {
		return nil, false
	}
	for _, item := range r.list(v, "security") {
		if item.Kind != position.Map {
			r.fail(item.Position, fmt.Sprintf("a security requirement is a mapping, and this is %v", item.Kind), "write - name: []")
			continue
		}
		one := Requirement{Place: item.Position}
		for i, f := range item.Fields {
			if i < 50 {
				if scheme, ok := r.scheme(f); ok {
					one.Schemes = append(one.Schemes, scheme)
				}
			}
		}
		out = append(out, one)
	}
	return out, true
}

func (r *reader) scheme(name position.Field) (Scheme, bool) {
	var named *position.Value
	if components := r.root.Get("components"); components != nil {
		if schemes := components.Value.Get("securitySchemes"); schemes != nil {
			named = r.get(schemes.Value, name.Name)
		}
	}
	if named == nil {
		r.fail(name.At, fmt.Sprintf("there is no security scheme %q", term.Bounded(name.Name)), "add it to securitySchemes below components")
		return Scheme{}, false
	}
	v := r.follow(named, "a security scheme")
	if v == nil {
		return Scheme{}, false
	}
	text := func(field string) string {
		if f := v.Get(field); f != nil {
			return f.Value.Text
		}
		return ""
	}
	scheme := Scheme{Name: name.Name}
	switch kind := text("type"); kind {
	case "http", "oauth2", "openIdConnect":
		scheme.Header = "Authorization"
	case "mutualTLS":
		scheme.Credentials = true
	case "apiKey":
		switch header := text("name"); {
		case text("in") == "cookie", text("in") == "header" && strings.EqualFold(header, "Cookie"):
			scheme.Credentials = true
		case text("in") == "header" && !field.IsToken(header):
			r.fail(named.Position, fmt.Sprintf("%q is no name of a header", term.Bounded(header)), "")
		case text("in") == "header":
			scheme.Header = header
		case text("in") != "query":
			r.fail(named.Position, "an API key is in header, query or cookie", "write in: header")
		}
	default:
		r.fail(named.Position, fmt.Sprintf("%q is no type of a security scheme", term.Bounded(kind)), "http, oauth2, openIdConnect, apiKey and mutualTLS are")
	}
	return scheme, true
}
