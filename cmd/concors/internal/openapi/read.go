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

// Limits on what a document expands to: a short reference can stand for a lot.
const (
	maxProblems   = 100
	maxOperations = 20_000
	maxURL        = 4096
	maxEach       = 200     // parameters, content types, headers and so on, each, of one operation
	maxParts      = 500_000 // all of those together
)

// reader walks a document.
type reader struct {
	root            *position.Value
	document        *Document
	problems        []Problem
	omitted         int // problems beyond maxProblems
	omittedWarnings int
	checked         map[*position.Value]bool // by checkFields
	checkedTwice    map[*position.Value]bool // by checkTwice
	tooMany         bool                     // operations
	files           *files                   // nil if no other file is read
	resolving       int                      // references that are being followed
	reported        map[Problem]bool         // so that each is reported once
	security        []Requirement            // the document's
	parts           int
	indexes         map[*position.Value]map[string]*position.Value // see [reader.get]
}

func (r *reader) fail(at Place, message, repair string) {
	p := Problem{at, message, repair}
	switch {
	case r.reported[p]:
	case len(r.problems) >= maxProblems:
		r.omitted++
	default:
		if r.reported == nil {
			r.reported = map[Problem]bool{}
		}
		r.reported[p] = true
		r.problems = append(r.problems, p)
	}
}

func (r *reader) read() {
	root := r.root
	if root.Kind != position.Map {
		r.fail(root.Position,
			fmt.Sprintf("an OpenAPI document must be a mapping of fields, but this is %v", root.Kind), "")
		return
	}
	version := root.Get("openapi")
	switch {
	case version == nil && root.Get("swagger") != nil:
		r.fail(root.Get("swagger").At, "Swagger 2.0 is not supported",
			"convert the document to OpenAPI 3, as many editors and converters do")
		return
	case version == nil:
		r.fail(root.Position, "there is no field openapi, so this is not an OpenAPI document",
			`write openapi: "3.1.0"`)
		return
	case !slices.ContainsFunc([]string{"3.0", "3.1", "3.2"}, func(v string) bool {
		return version.Value.Text == v || strings.HasPrefix(version.Value.Text, v+".")
	}):
		r.fail(version.Value.Position,
			fmt.Sprintf("OpenAPI %s is not supported", term.Quote(version.Value.Text)), "use 3.0, 3.1 or 3.2")
		return
	}
	r.document.Version = version.Value.Text
	r.checkFields(root, "the document", rootFields)
	if components := root.Get("components"); components != nil && components.Value.Kind == position.Map &&
		components.Value.Get("$ref") == nil {
		r.checkFields(components.Value, "components", componentsFields)
		for _, f := range components.Value.Fields {
			if f.Value.Kind == position.Map && f.Name != "schemas" {
				r.checkTwice(f.Value, f.Name)
			}
		}
	}
	r.document.Webhooks = len(r.webhooks()) > 0
	if server := r.server(root); server != "" {
		r.document.Server = server
	}
	r.security, _ = r.requirements(root)
	for _, path := range r.mappingUpTo(root, "paths", maxOperations) { // none are allowed since 3.1
		if strings.HasPrefix(path.Name, "x-") {
			continue
		}
		if !strings.HasPrefix(path.Name, "/") {
			r.fail(path.At,
				fmt.Sprintf("the path %s does not begin with a slash", term.Quote(path.Name)),
				"write /"+term.Bounded(path.Name))
			continue
		}
		r.path(path)
	}
}

// methods are the fields of a path item that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

func (r *reader) path(path position.Field) {
	if path.Value.Kind == position.Null {
		return
	}
	item := r.pathItem(path.Value, maxRefs)
	if item == nil {
		return
	}
	parameters := r.parameters(item, nil)
	server := r.server(item)
	add := func(f position.Field, method string) {
		if len(r.document.Operations) >= maxOperations {
			if !r.tooMany {
				r.fail(f.At, fmt.Sprintf("there are more than %d operations", maxOperations), "split the document")
			}
			r.tooMany = true
			return
		}
		r.operation(path.Name, method, server, parameters, f)
	}
	for _, f := range item.Fields {
		switch {
		case slices.Contains(methods, f.Name):
			add(f, strings.ToUpper(f.Name))
		case f.Name == "additionalOperations": // 3.2
			for _, more := range r.mapping(item, f.Name) {
				if !field.IsToken(more.Name) {
					r.fail(more.At, fmt.Sprintf("%s is not a method", term.Quote(more.Name)), "")
					continue
				}
				add(more, more.Name)
			}
		}
	}
}

// pathItem returns a path item with the fields of the one that it refers to, which
// its own fields replace.
func (r *reader) pathItem(v *position.Value, most int) *position.Value {
	ref := v.Get("$ref")
	if v.Kind != position.Map || ref == nil {
		item := r.follow(v, "a path item")
		r.checkFields(item, "a path item", pathItemFields)
		return item
	}
	r.checkFields(v, "a path item", pathItemFields)
	if ref.Value.Kind != position.String || most == 0 {
		r.fail(ref.At, "references form a cycle, or too long a chain", "refer to the value itself")
		return nil
	}
	target, problem, repair := r.target(ref.Value)
	if problem != "" {
		r.fail(ref.Value.Position, fmt.Sprintf("%s %s", term.Quote(ref.Value.Text), problem), repair)
		return nil
	}
	item := r.pathItem(target, most-1)
	if item == nil || len(v.Fields) == 1 {
		return item
	}
	both := &position.Value{Position: v.Position, Kind: position.Map}
	for _, f := range item.Fields {
		if v.Get(f.Name) == nil {
			both.Fields = append(both.Fields, f)
		}
	}
	for _, f := range v.Fields {
		if f.Name != "$ref" {
			both.Fields = append(both.Fields, f)
		}
	}
	return both
}

// webhooks returns the webhooks: requests that the server sends.
func (r *reader) webhooks() []position.Field {
	if f := r.root.Get("webhooks"); f != nil && f.Value.Kind == position.Map {
		return f.Value.Fields
	}
	return nil
}

// A parameter has a made-up value.
type parameter struct {
	Named
	in    string
	value string
}

// parameters returns the parameters of an operation or path item, with those that it
// inherits from its path.
func (r *reader) parameters(v *position.Value, inherited []parameter) []parameter {
	var own []parameter
	for _, item := range r.list(v, "parameters") {
		p := r.follow(item, "a parameter")
		if p == nil {
			continue
		}
		name, in := p.Get("name"), p.Get("in")
		if name == nil || in == nil || name.Value.Kind != position.String {
			r.fail(p.Position, "a parameter needs name and in", "write both, as in {name: id, in: path}")
			continue
		}
		r.checkFields(p, "a parameter", parameterFields)
		if !r.oneOf(in.Value, "in", "path", "query", "header", "cookie", "querystring") {
			continue
		}
		required := p.Get("required")
		if required != nil && required.Value.Kind != position.Bool && required.Value.Kind != position.Null {
			r.fail(required.Value.Position, "required must be true or false, but this is "+required.Value.Kind.String(),
				"write true or false, without quotes")
			continue
		}
		named := Named{item.Position, name.Value.Text, required != nil && required.Value.Text == "true"}
		one := parameter{named, in.Value.Text, r.sample(p)}
		if one.in == "header" && !field.IsToken(one.Name) {
			r.fail(name.Value.Position,
				fmt.Sprintf("%s is not a valid header name", term.Quote(one.Name)), "")
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

// list returns the items of a field, none if it is missing. It reports a field that
// is not a list.
func (r *reader) list(v *position.Value, name string) []*position.Value {
	value := r.part(v, name, position.List)
	switch {
	case value == nil:
		return nil
	case len(value.Items) > maxEach:
		r.fail(value.Position, fmt.Sprintf("%s has more than %d items", name, maxEach), "")
		return nil
	}
	if r.parts += len(value.Items); r.parts > maxParts {
		r.fail(r.root.Position, "references expand to too much", "split the document")
		return nil
	}
	return value.Items
}

// part returns the value of a field, or what it refers to. It is nil if it is missing,
// and reported if it is of another kind.
func (r *reader) part(v *position.Value, name string, kind position.Kind) *position.Value {
	f := v.Get(name)
	if f == nil {
		return nil
	}
	value, problem := r.resolve(f.Value)
	switch {
	case problem != nil:
		r.fail(problem.Place, problem.Message, problem.Repair)
		return nil
	case value.Kind == position.Null:
		return nil
	case value.Kind != kind:
		r.fail(value.Position, fmt.Sprintf("%s must be %v, but this is %v", name, kind, value.Kind), "")
		return nil
	}
	return value
}

// mapping returns the fields of a field, none if it is missing. It reports a field
// that is not a mapping.
func (r *reader) mapping(v *position.Value, name string) []position.Field {
	return r.mappingUpTo(v, name, maxEach)
}

func (r *reader) mappingUpTo(v *position.Value, name string, most int) []position.Field {
	value := r.part(v, name, position.Map)
	switch {
	case value == nil:
		return nil
	case len(value.Fields) > most:
		r.fail(value.Position, fmt.Sprintf("%s has more than %d fields", name, most), "")
		return nil
	}
	if r.parts += len(value.Fields); r.parts > maxParts {
		r.fail(r.root.Position, "references expand to too much", "split the document")
		return nil
	}
	return r.checkTwice(value, name)
}

func (r *reader) operation(path, method, server string, inherited []parameter, f position.Field) {
	v := r.follow(f.Value, "an operation")
	if v == nil {
		return
	}
	r.checkFields(v, "an operation", operationFields)
	op := Operation{Place: f.At, Method: method, Path: path, Server: server}
	if id := v.Get("operationId"); id != nil && id.Value.Kind == position.String {
		op.ID = id.Value.Text
	}
	if own := r.server(v); own != "" {
		op.Server = own
	}
	values, query := map[string]string{}, url.Values{}
	for _, p := range r.parameters(v, inherited) {
		switch {
		case p.in == "path":
			values[p.Name] = p.value
		case p.in == "query" && p.Required:
			query.Set(p.Name, p.value)
		case p.in == "cookie" && p.Required && op.Cookie == nil:
			op.Cookie = &p.Named
		case p.in != "header":
		case strings.EqualFold(p.Name, "Cookie"): // only the browser sends it
			if p.Required && op.Cookie == nil {
				op.Cookie = &p.Named
			}
		case strings.EqualFold(p.Name, "Accept"), strings.EqualFold(p.Name, "Content-Type"),
			strings.EqualFold(p.Name, "Authorization"):
			// https://spec.openapis.org/oas/v3.1.1.html#fixed-fields-for-use-with-schema-or-content
		default:
			op.Headers = add(op.Headers, p.Named)
		}
	}
	// A path must not have a query, but some documents use it to distinguish
	// operations.
	path, fixed, _ := strings.Cut(path, "?")
	op.Target = fill(path, values)
	if all := strings.Trim(fill(fixed, values)+"&"+query.Encode(), "&"); all != "" {
		op.Target += "?" + all
	}
	if body := v.Get("requestBody"); body != nil {
		if b := r.follow(body.Value, "a requestBody"); b != nil {
			r.checkFields(b, "a requestBody", requestBodyFields)
			r.checkContent(b)
			for _, content := range r.mapping(b, "content") {
				op.ContentTypes = add(op.ContentTypes, Named{Place: content.At, Name: concrete(content.Name)})
			}
		}
	}
	for _, response := range r.mapping(v, "responses") {
		if strings.HasPrefix(response.Name, "x-") {
			continue
		}
		if !isStatus(response.Name) {
			r.warn(response.At, fmt.Sprintf("%s is not a status code", term.Quote(response.Name)))
		}
		one := r.follow(response.Value, "a response")
		if one == nil {
			continue
		}
		r.checkFields(one, "a response", responseFields)
		r.checkContent(one)
		for _, header := range r.mapping(one, "headers") {
			if header.Value.Get("$ref") == nil {
				r.checkFields(header.Value, "a header", headerFields)
			}
			if isRedirect(response.Name) {
				continue // browsers follow it: pages never see its headers
			}
			if !field.IsToken(header.Name) {
				r.fail(header.At, fmt.Sprintf("%s is not a valid header name", term.Quote(header.Name)), "")
				continue
			}
			op.ResponseHeaders = add(op.ResponseHeaders, Named{Place: header.At, Name: header.Name})
		}
	}
	var own bool
	if op.Security, own = r.requirements(v); !own {
		op.Security = r.security
	}
	r.document.Operations = append(r.document.Operations, op)
}

// isStatus reports whether a name in responses is one that OpenAPI knows.
func isStatus(name string) bool {
	return name == "default" || len(name) == 3 && name[0] >= '1' && name[0] <= '5' &&
		(strings.Trim(name[1:], "0123456789") == "" || name[1:] == "XX")
}

// isRedirect reports whether responses with a status are redirects that browsers
// follow.
// https://fetch.spec.whatwg.org/#redirect-status
func isRedirect(name string) bool {
	return slices.Contains([]string{"301", "302", "303", "307", "308"}, name) || strings.EqualFold(name, "3xx")
}

// checkContent checks the media types of a body.
func (r *reader) checkContent(v *position.Value) {
	for _, content := range r.mapping(v, "content") {
		if strings.HasPrefix(content.Name, "x-") {
			continue
		}
		if !strings.Contains(content.Name, "/") {
			r.warn(content.At, fmt.Sprintf("%s is not a media type", term.Quote(content.Name)))
		}
		if content.Value.Get("$ref") == nil {
			r.checkFields(content.Value, "a media type", mediaTypeFields)
		}
	}
}

// add appends a name that is not in the list yet. A required one replaces an
// optional one.
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

// concrete returns a content type that a range such as image/* includes.
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

// server returns the URL of the first server, with the defaults of its variables;
// "" if there is none.
func (r *reader) server(v *position.Value) string {
	for _, item := range r.list(v, "servers") {
		server := r.follow(item, "a server")
		if server == nil {
			return ""
		}
		r.checkFields(server, "a server", serverFields)
		u := server.Get("url")
		if u == nil || u.Value.Kind != position.String {
			r.fail(server.Position, "a server needs a url", "write url: /")
			return ""
		}
		text := u.Value.Text
		for _, variable := range r.mapping(server, "variables") {
			r.checkFields(variable.Value, "a server variable", variableFields)
			d := variable.Value.Get("default")
			if d == nil {
				continue
			}
			name := "{" + variable.Name + "}"
			if len(text)+strings.Count(text, name)*len(d.Value.Text) > maxURL {
				r.fail(u.Value.Position, "the URL is too long with its variables", "")
				return ""
			}
			text = strings.ReplaceAll(text, name, d.Value.Text)
		}
		if _, err := url.Parse(text); err != nil {
			r.fail(u.Value.Position,
				fmt.Sprintf("%s is not a URL", term.Quote(text)),
				"write a URL such as https://api.example.com, or a path")
			return ""
		}
		return text
	}
	return ""
}

// requirements returns the security of a value. given reports whether it has any:
// an empty list overrides that of the document.
func (r *reader) requirements(v *position.Value) (out []Requirement, given bool) {
	if v.Get("security") == nil {
		return nil, false
	}
	for _, item := range r.list(v, "security") {
		if item.Kind != position.Map {
			r.fail(item.Position,
				fmt.Sprintf("a security requirement must be a mapping, but this is %v", item.Kind),
				"write - name: []")
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
	if components := r.part(r.root, "components", position.Map); components != nil {
		if schemes := r.part(components, "securitySchemes", position.Map); schemes != nil {
			named = r.get(schemes, name.Name)
		}
	}
	if named == nil {
		r.fail(name.At,
			fmt.Sprintf("undefined security scheme %s", term.Quote(name.Name)),
			"define it in components.securitySchemes")
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
	r.checkFields(v, "a security scheme", schemeFields)
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
			r.fail(named.Position, fmt.Sprintf("%s is not a valid header name", term.Quote(header)), "")
		case text("in") == "header":
			scheme.Header = header
		case text("in") != "query":
			r.fail(named.Position, "an API key must be in header, query or cookie", "write in: header")
		}
	default:
		r.fail(named.Position,
			fmt.Sprintf("unknown security scheme type %s", term.Quote(kind)),
			"use http, oauth2, openIdConnect, apiKey or mutualTLS")
	}
	return scheme, true
}
