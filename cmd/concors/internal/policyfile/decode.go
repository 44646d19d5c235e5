package policyfile

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/internal/entry"
)

// A decoder fills Go structs from values, and records the position of each field.
type decoder struct {
	problems  []Problem
	positions map[string]position.Position // by path, such as routes[0].policy.origins[1]
	omitted   int                          // problems beyond maxProblems
}

// maxProblems is how many problems are reported. More are usually one mistake made
// many times.
const maxProblems = 500

// full reports whether maxProblems are reported. If so, it counts one more.
func (d *decoder) full() bool {
	if len(d.problems) < maxProblems {
		return false
	}
	d.omitted++
	return true
}

func (d *decoder) fail(at position.Position, path, message, repair string) {
	if d.full() {
		return
	}
	d.problems = append(d.problems, Problem{Line: at.Line, Column: at.Column, Path: path,
		Message: message, Repair: repair})
}

// file decodes a whole file, which holds a single policy or policies by route.
func (d *decoder) file(v *position.Value) (all routes.Policies, single bool) {
	if v.Kind != position.Map {
		d.fail(v.Position, "",
			fmt.Sprintf("a policy must be a mapping of fields, but this is %v", v.Kind),
			"write origins: [https://app.example.com]")
		return all, true
	}
	// Editors find the schema of a JSON file by this field.
	v.Fields = slices.DeleteFunc(v.Fields, func(f position.Field) bool { return f.Name == "$schema" })
	isRoutes := v.Get("policy") != nil || v.Get("routes") != nil
	if !isRoutes {
		d.fill(v, reflect.ValueOf(&all.Policy).Elem(), "")
		return all, true
	}
	var list *position.Value // of the routes
	rest := *v
	rest.Fields = nil
	for _, f := range v.Fields {
		switch {
		case f.Name == "routes" && list == nil:
			list = f.Value
			d.positions["routes"] = f.Value.Position
		default:
			rest.Fields = append(rest.Fields, f)
		}
	}
	d.fill(&rest, reflect.ValueOf(&all).Elem(), "")
	if list == nil {
		return all, false
	}
	if list.Kind != position.List {
		d.fail(list.Position, "routes",
			fmt.Sprintf("routes must be a list, but this is %v", list.Kind),
			`write - pattern: "/public/" on its own line`)
		return all, false
	}
	base := all.Policy
	for i, item := range list.Items {
		route := routes.Route{Policy: base.Clone()}
		path := fmt.Sprintf("routes[%d]", i)
		d.fill(item, reflect.ValueOf(&route).Elem(), path)
		if item.Kind == position.Map && item.Get("pattern") == nil {
			d.fail(item.Position, path, "a route needs a pattern", `write pattern: "/public/"`)
		}
		all.Routes = append(all.Routes, route)
	}
	return all, false
}

// fill decodes a value into a field, according to its type.
func (d *decoder) fill(v *position.Value, into reflect.Value, path string) {
	d.positions[path] = v.Position
	name := path[strings.LastIndexByte(path, '.')+1:]
	wrong := func(repair string) {
		d.fail(v.Position, path,
			fmt.Sprintf("%s must be %s, but this is %v", name, typeName(into.Type()), v.Kind), repair)
	}
	switch into.Kind() {
	case reflect.Struct:
		if v.Kind != position.Map {
			wrong("write its fields below it and indent them")
			return
		}
		d.fields(v, into, path)
	case reflect.Slice:
		switch {
		case v.Kind == position.String:
			wrong("write [" + strings.Join(quotedItems(v.Text), ", ") + "]")
			return
		case v.Kind != position.List:
			wrong("write a list such as [a, b], or [] for none")
			return
		}
		list := reflect.MakeSlice(into.Type(), len(v.Items), len(v.Items))
		for i, item := range v.Items {
			d.fill(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
		into.Set(list)
	case reflect.String:
		switch v.Kind {
		case position.String:
		case position.Null, position.Bool: // quotes would not make them an origin, a method or a name
			wrong("write a value, or remove it")
			return
		default:
			wrong(fmt.Sprintf("write %s", strconv.Quote(v.Text)))
			return
		}
		into.SetString(v.Text)
	case reflect.Bool:
		if v.Kind != position.Bool {
			repair := "write true or false"
			switch strings.ToLower(v.Text) {
			case "yes", "on", "true", "y", "1":
				repair = "write true"
			case "no", "off", "false", "n", "0":
				repair = "write false"
			}
			wrong(repair)
			return
		}
		into.SetBool(strings.EqualFold(v.Text, "true"))
	case reflect.Int:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		switch {
		case v.Kind == position.String && err == nil:
			wrong("write it without quotes: " + v.Text)
		case v.Kind != position.Number:
			wrong("write " + numberRepair(v.Text))
		case err != nil || into.OverflowInt(n):
			d.fail(v.Position, path,
				fmt.Sprintf("%s must be an integer, but this is %s", name, v.Text),
				"write digits only, such as 600")
		default:
			into.SetInt(n)
		}
	}
}

// quotedItems returns the values in a string that was written instead of a list, in quotes.
func quotedItems(text string) []string {
	m, ok := entry.Find(text, func(parts []string) bool {
		return !slices.ContainsFunc(parts, func(s string) bool { return !strings.Contains(s, "://") && s != strings.ToUpper(s) })
	})
	if !ok || len(m.Values) == 0 {
		return []string{strconv.Quote(text)}
	}
	var items []string
	for _, value := range m.Values {
		items = append(items, strconv.Quote(value))
	}
	return items
}

// numberRepair understands 10m and 2h, which other tools use.
func numberRepair(text string) string {
	for unit, seconds := range map[string]int{"s": 1, "m": 60, "h": 3600, "d": 86400} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, unit)); err == nil &&
			strings.HasSuffix(text, unit) && n > 0 && n < 10_000 {
			return fmt.Sprintf("%d, in seconds", n*seconds)
		}
	}
	return "a number, such as 600"
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a number"
	}
	return "a string"
}

// fields decodes a mapping into a struct by the names in its json tags.
func (d *decoder) fields(v *position.Value, into reflect.Value, path string) {
	known := fieldsOf(into.Type())
	seen := map[string]position.Position{}
	for _, f := range v.Fields {
		at := f.Name
		if path != "" {
			at = path + "." + f.Name
		}
		index, ok := known[f.Name]
		if first, again := seen[f.Name]; again {
			d.fail(f.At, at,
				fmt.Sprintf("%s is repeated; the first is on line %d", f.Name, first.Line),
				"remove one of them")
			continue
		}
		seen[f.Name] = f.At
		if !ok {
			d.unknown(f, into.Type(), at)
			continue
		}
		d.fill(f.Value, into.Field(index), at)
	}
}

func (d *decoder) unknown(f position.Field, t reflect.Type, path string) {
	if d.full() {
		return
	}
	message := fmt.Sprintf("unknown field %s", strconv.Quote(bounded(f.Name)))
	known := fieldsOf(t)
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	_, ofPolicy := fieldsOf(reflect.TypeFor[cors.Policy]())[f.Name]
	repair := "the fields are " + strings.Join(names, ", ")
	switch meant := suggest(f.Name, names); {
	case f.Name == "<<":
		repair = "YAML merge keys are not supported; a route inherits the fields of policy that it does not set"
	case ofPolicy:
		repair = "write it below policy:"
	case meant != "":
		repair = "did you mean " + meant + "?"
	case t == reflect.TypeFor[cors.Policy]():
		repair = "see docs/policy.schema.json for all fields"
	}
	d.fail(f.At, path, message, repair)
}

// fieldsOf returns the indexes of a struct's fields by their names in files.
func fieldsOf(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "-" {
			out[name] = i
		}
	}
	return out
}

// otherNames maps the names that other servers and libraries use, without case,
// dashes and underscores, to the fields.
var otherNames = map[string]string{
	"allowedorigins": "origins", "alloworigins": "origins", "alloworigin": "origins", "accesscontrolalloworigin": "origins", "origin": "origins", "alloworiginpatterns": "origins", "allowedoriginpatterns": "origins",
	"allowedmethods": "methods", "allowmethods": "methods", "accesscontrolallowmethods": "methods",
	"allowedheaders": "requestHeaders", "allowheaders": "requestHeaders", "headers": "requestHeaders", "accesscontrolallowheaders": "requestHeaders",
	"exposeheaders": "exposedHeaders", "accesscontrolexposeheaders": "exposedHeaders",
	"allowcredentials": "credentials", "supportscredentials": "credentials", "accesscontrolallowcredentials": "credentials",
	"maxage": "maxAgeSeconds", "maxagesec": "maxAgeSeconds", "accesscontrolmaxage": "maxAgeSeconds", "preflightmaxage": "maxAgeSeconds",
	"optionssuccessstatus": "preflightStatus", "allownull": "dangerouslyAllowNull", "path": "pattern", "match": "pattern", "disabled": "off",
}

// suggest returns the known name that was probably meant, "" if none is close.
func suggest(name string, known []string) string {
	plain := strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(bounded(name)))
	if meant := otherNames[plain]; slices.Contains(known, meant) {
		return meant
	}
	best, least := "", 1+len(plain)/4
	for _, k := range known {
		if n := distance(plain, strings.ToLower(k)); n < least || n == least && best == "" {
			best, least = k, n
		}
	}
	return best
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// bounded cuts a name from the file.
func bounded(s string) string { return term.Cut(s, 60) }

// JSON returns the file in its JSON form, indented. In policies by route, each route
// has only the fields that differ.
func (f *File) JSON() ([]byte, error) {
	if f.Single {
		return json.MarshalIndent(f.Routes.Policy, "", "  ")
	}
	return json.MarshalIndent(f.Routes, "", "  ")
}
