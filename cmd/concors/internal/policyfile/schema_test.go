package policyfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

const schemaFile = "../../../../docs/policy.schema.json"

var update = flag.Bool("update", false, "write docs/policy.schema.json")

type object = map[string]any

// bounds are the limits that package cors has besides types.
var bounds = map[string]object{
	"maxAgeSeconds": {"minimum": -1, "maximum": 1<<31 - 1}, "preflightStatus": {"anyOf": []object{{"const": 0}, {"minimum": 200, "maximum": 299}}},
	"resourcePolicy":  {"enum": []string{"", "same-origin", "same-site", "cross-origin"}},
	"positiveSeconds": {"minimum": -1, "maximum": 1<<31 - 1}, "negativeSeconds": {"minimum": -1, "maximum": 1<<31 - 1},
	"staleSeconds": {"minimum": -1, "maximum": 1<<31 - 1}, "errorSeconds": {"minimum": -1, "maximum": 1<<31 - 1},
	"maxEntries": {"minimum": 0, "maximum": 1<<31 - 1}, "maxConcurrent": {"minimum": 0, "maximum": 1<<31 - 1},
	"timeoutMilliseconds": {"minimum": 0, "maximum": 1<<31 - 1},
	"pattern":             {"minLength": 1},
}

// The schema in docs is made from the structs and their comments.
func TestSchemaMatchesTheStructs(t *testing.T) {
	docs := comments(t)
	var structs func(reflect.Type) object
	ofType := func(t reflect.Type) object {
		switch t.Kind() {
		case reflect.String:
			return object{"type": "string"}
		case reflect.Bool:
			return object{"type": "boolean"}
		case reflect.Int:
			return object{"type": "integer"}
		case reflect.Slice:
			if t.Elem().Kind() == reflect.String {
				return object{"type": "array", "items": object{"type": "string"}}
			}
			return object{"type": "array", "items": object{"$ref": "#/$defs/" + t.Elem().Name()}}
		}
		return object{"$ref": "#/$defs/" + t.Name()}
	}
	structs = func(t reflect.Type) object {
		properties := object{}
		for name, i := range fieldsOf(t) {
			p := ofType(t.Field(i).Type)
			if text := docs[t.Name()+"."+t.Field(i).Name]; text != "" {
				p["description"] = text
			}
			maps.Copy(p, bounds[name])
			properties[name] = p
		}
		return object{"type": "object", "description": docs[t.Name()], "additionalProperties": false, "properties": properties}
	}
	withSchema := func(o object) object {
		o["properties"].(object)["$schema"] = object{"type": "string", "description": "where this schema is, for editors"}
		return o
	}
	policies := withSchema(structs(reflect.TypeFor[routes.Policies]()))
	policies["required"] = []string{"policy"}
	route := structs(reflect.TypeFor[routes.Route]())
	route["required"] = []string{"pattern"}
	policy := structs(reflect.TypeFor[cors.Policy]())
	alone := withSchema(structs(reflect.TypeFor[cors.Policy]()))
	schema := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "A CORS policy of Concors, or policies by route",
		"if":      object{"anyOf": []object{{"required": []string{"policy"}}, {"required": []string{"routes"}}}},
		"then":    object{"$ref": "#/$defs/Policies"},
		"else":    object{"$ref": "#/$defs/PolicyAlone"},
		"$defs": object{"Policies": policies, "Route": route, "Policy": policy, "PolicyAlone": alone,
			"LookupCache": structs(reflect.TypeFor[cors.LookupCache]())},
	}
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(schema); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("docs/policy.schema.json is out of date: run go test ./internal/policyfile -update")
	}
	for _, o := range []object{policy, route} {
		for name, p := range o["properties"].(object) {
			if p.(object)["description"] == nil {
				t.Errorf("%s has no description", name)
			}
		}
	}
}

// comments returns the comments of the structs and their fields, with the field names
// that files use.
func comments(t *testing.T) map[string]string {
	link := regexp.MustCompile(`\[([\w.]+)\]`)
	out := map[string]string{}
	add := func(name string, groups ...*ast.CommentGroup) {
		for _, g := range groups {
			if g != nil && out[name] == "" {
				out[name] = InFileWords(link.ReplaceAllString(strings.TrimSpace(g.Text()), "$1"))
			}
		}
	}
	for _, file := range []string{"policy.go", "routes/routes.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../../../cors", file), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				return true
			}
			for _, s := range decl.Specs {
				spec := s.(*ast.TypeSpec)
				st, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				add(spec.Name.Name, decl.Doc)
				var last *ast.CommentGroup
				for _, field := range st.Fields.List {
					if field.Doc != nil {
						last = field.Doc
					}
					for _, name := range field.Names {
						// Adjacent fields share the comment above them.
						add(spec.Name.Name+"."+name.Name, field.Doc, field.Comment, last)
					}
				}
			}
			return false
		})
	}
	return out
}

func TestSchemaAndLoadAgree(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, file string
		valid      bool
	}{
		{"a policy", `{"origins":["https://a.example"],"methods":["PUT"],"maxAgeSeconds":-1}`, true},
		{"every field", everyField(t), true},
		{"routes", `{"policy":{"origins":["*"]},"routes":[{"pattern":"/x/","policy":{"maxAgeSeconds":5}},{"pattern":"/y/","off":true}]}`, true},
		{"a reference to the schema", `{"$schema":"policy.schema.json","origins":["*"]}`, true},
		{"an unknown field", `{"origins":["*"],"maxAge":5}`, false},
		{"an unknown field in a route", `{"policy":{"origins":["*"]},"routes":[{"pattern":"/x/","policy":{"x":5}}]}`, false},
		{"a policy's field next to routes", `{"policy":{"origins":["*"]},"methods":["PUT"]}`, false},
		{"a string for a list", `{"origins":"*"}`, false},
		{"an invalid age", `{"origins":["*"],"maxAgeSeconds":-2}`, false},
		{"an invalid preflight status", `{"origins":["*"],"preflightStatus":301}`, false},
		{"an invalid resource policy", `{"origins":["*"],"resourcePolicy":"none"}`, false},
		{"a route without a pattern", `{"policy":{"origins":["*"]},"routes":[{"off":true}]}`, false},
		{"not a mapping", `[]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			instance, err := jsonschema.UnmarshalJSON(strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			invalid := schema.Validate(instance)
			_, faults := Load("p.json", []byte(test.file))
			if (invalid == nil) != test.valid || (faults == nil) != test.valid {
				t.Errorf("error by the schema: %v; by Load: %v", invalid, faults)
			}
		})
	}
}

// everyField is a policy with every field, to test that neither the schema nor Load
// lacks one.
func everyField(t *testing.T) string {
	all := object{
		"origins": []string{"https://a.example", "*", "http://b.example", "https://*.github.io"}, "methods": []string{"PUT"}, "requestHeaders": []string{"X-A"},
		"exposedHeaders": []string{"X-B"}, "credentials": true, "maxAgeSeconds": 5, "preflightStatus": 200, "resourcePolicy": "same-site", "rejectRefused": true, "self": []string{"https://app.example"},
		"timingAllowOrigin": true, "reportOnly": true, "dangerouslyAllowNull": true, "dangerouslyAllowAnyOriginWithCredentials": true,
		"dangerouslyAllowInsecureOriginsWithCredentials": true, "dangerouslyAllowPublicSuffixes": true,
		"originsWithCredentials": []string{}, "dangerouslyAllowAnyHost": []string{"moz-extension://*"}, "dangerouslyAllowAddressRanges": []string{"http://192.168.0.0/16:*"},
		"lookupCache": object{"positiveSeconds": 1, "negativeSeconds": 1, "staleSeconds": 1, "errorSeconds": 1, "maxEntries": 1, "maxConcurrent": 1, "timeoutMilliseconds": 1},
	}
	if got, want := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(fieldsOf(reflect.TypeFor[cors.Policy]()))); !slices.Equal(got, want) {
		t.Fatalf("cors.Policy has the fields %v, but this test %v", want, got)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The examples in the docs load, and are valid by the schema.
func TestExamplesInTheDocs(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/policy-file.md")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(docs), "```yaml\n")[1:]
	if len(examples) < 2 {
		t.Fatal("docs/policy-file.md has no examples")
	}
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		file, err := Load("policy.yaml", []byte(example))
		if err != nil || len(file.Warnings) > 0 {
			t.Errorf("%v\n%s", err, example)
			continue
		}
		text, err := file.JSON()
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = schema.Validate(instance)
		}
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
