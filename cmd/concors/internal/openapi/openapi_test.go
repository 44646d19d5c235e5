package openapi

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/concors/concors/internal/field"
)

const full = `openapi: 3.1.0
servers:
- url: https://{region}.api.example/v1
  variables:
    region: {default: eu}
security:
- token: []
- {key: [], session: []}
paths:
  /items/{id}:
    summary: one item
    parameters:
    - $ref: '#/components/parameters/Id'
    - {name: X-Trace, in: header}
    get:
      operationId: getItem
      parameters:
      - {name: X-Trace, in: header, required: true}
      - {name: q, in: query, required: true, schema: {enum: [a b]}}
      - {name: r, in: query}
      - {name: sid, in: cookie, required: true}
      - {name: Accept, in: header, required: true}
      responses:
        default:
          $ref: '#/components/responses/Item'
    put:
      servers: [{url: /v2}]
      security: []
      requestBody: {$ref: '#/components/requestBodies/Item'}
    x-note: nothing
  x-note: nothing
components:
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: string, example: a/b ü?}}
  responses:
    Item:
      headers:
        ETag: {}
  requestBodies:
    Item: {content: {image/*: {}, application/json: {}}}
  securitySchemes:
    token: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key}
    session: {$ref: '#/components/securitySchemes/cookie'}
    cookie: {type: apiKey, in: cookie, name: sid}
`

func TestLoadReadsOperationsWithPositions(t *testing.T) {
	at := func(line, column int) Place { return Place{Line: line, Column: column} }
	want := &Document{Name: "api.yaml", Version: "3.1.0", Server: "https://eu.api.example/v1", Operations: []Operation{
		{Place: at(15, 5), Method: "GET", Path: "/items/{id}", ID: "getItem", Target: "/items/a%2Fb%20%C3%BC%3F?q=a+b",
			Headers: []Named{{at(18, 9), "X-Trace", true}}, Cookie: &Named{at(21, 9), "sid", true}, ResponseHeaders: []Named{{Place: at(38, 9), Name: "ETag"}},
			Security: []Requirement{{at(7, 3), []Scheme{{"token", "Authorization", false}}}, {at(8, 3), []Scheme{{"key", "X-Key", false}, {"session", "", true}}}}},
		{Place: at(26, 5), Method: "PUT", Path: "/items/{id}", Target: "/items/a%2Fb%20%C3%BC%3F", Server: "/v2",
			Headers: []Named{{at(14, 7), "X-Trace", false}}, ContentTypes: []Named{{Place: at(40, 22), Name: "image/x-any"}, {Place: at(40, 35), Name: "application/json"}}},
	}}
	got, err := Load("api.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
}

func TestLoadReadsSmallDocuments(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		want       []string // method and target
	}{
		"no paths":                          {"a.yaml", "openapi: 3.1.0\ninfo: {}", nil},
		"a version that is a number":        {"a.yaml", "openapi: 3.0\npaths: {/x: {get: {}}}", []string{"GET /x"}},
		"JSON":                              {"a.json", `{"openapi":"3.0.0","paths":{"/x":{"get":{"responses":{"200":{"description":"\ud83d\ude00"}}}}}}`, []string{"GET /x"}},
		"methods of 3.2":                    {"a.yaml", "openapi: 3.2.0\npaths: {/x: {query: {}, additionalOperations: {LINK: {}}}}", []string{"QUERY /x", "LINK /x"}},
		"a path item by reference":          {"a.yaml", "openapi: 3.1.0\npaths: {/x: {$ref: '#/components/pathItems/X'}, /z: {$ref: '#/paths/~1x'}}\ncomponents: {pathItems: {X: {get: {}}}}", []string{"GET /x", "GET /z"}},
		"a reference into a list":           {"a.yaml", "openapi: 3.1.0\npaths:\n  /a/{x}: {parameters: [{name: x, in: path, example: 5}], get: {}}\n  /b/{x}: {parameters: [{$ref: '#/paths/~1a~1%7Bx%7D/parameters/0'}], get: {}}", []string{"GET /a/5", "GET /b/5"}},
		"a schema in another file":          {"a.yaml", "openapi: 3.1.0\npaths: {'/{x}': {parameters: [{name: x, in: path, schema: {$ref: other.yaml}}], get: {}}}", []string{"GET /1"}},
		"aliases":                           {"a.yaml", "openapi: 3.1.0\npaths: {/x: &x {get: {}}, /y: *x}", []string{"GET /x", "GET /y"}},
		"examples, defaults and enum":       {"a.yaml", "openapi: 3.1.0\npaths:\n  /{a}{b}{c}{d}{e}{f}{g}{h}{i}:\n    get:\n      parameters: [{name: a, in: path, examples: {x: {value: 2}}}, {name: b, in: path, schema: {default: 3}}, {name: c, in: path, schema: {enum: [[], z]}}, {name: d, in: path, schema: {type: [integer, 'null']}}, {name: e, in: path, schema: {type: boolean}}, {name: f, in: path, schema: {type: string}}, {name: g, in: path, content: {a/b: {}}}, {name: h, in: path, schema: {type: string, format: date}}]", []string{"GET /23z1truea%7B%7D2000-01-011"}},
		"values that would change the path": {"a.yaml", "openapi: 3.1.0\npaths: {'/a/{x}/{y': {get: {parameters: [{name: x, in: path, example: '..', schema: {type: string}}]}}}", []string{"GET /a/a/%7By"}},
		"a query in the path":               {"a.yaml", "openapi: 3.1.0\npaths: {'/x?beta=true': {get: {}, put: {parameters: [{name: q, in: query, required: true}]}}}", []string{"GET /x?beta=true", "PUT /x?beta=true&q=a"}},
		"parts that are not read":           {"a.yaml", "openapi: 3.1.0\nx: 5\nwebhooks: {w: {post: []}}\npaths: {/x: {get: {callbacks: 5, tags: 7}, description: 7}, /y: }\ncomponents: {schemas: 9}", []string{"GET /x"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Load(test.file, []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range d.Operations {
				got = append(got, o.Method+" "+o.Target)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("read %q, want %q", got, test.want)
			}
		})
	}
}

func TestLoadReportsProblemsWithPositions(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"Swagger 2":                 {"swagger: '2.0'\npaths: {}", "a.yaml:1:1: error: Swagger 2.0 is not supported; convert the document to OpenAPI 3"},
		"no version":                {"paths: {}", "a.yaml:1:1: error: there is no field openapi"},
		"another version":           {"openapi: 4.0.0", `a.yaml:1:10: error: OpenAPI "4.0.0" is not supported; use 3.0, 3.1 or 3.2`},
		"almost a version":          {"openapi: '3.10'", `OpenAPI "3.10" is not supported`},
		"an empty file":             {"# no", "a.yaml:1:1: error: the file is empty"},
		"a list":                    {"- a", "an OpenAPI document must be a mapping of fields, but this is a list"},
		"invalid YAML":              {"a: [", "invalid YAML"},
		"another file":              {"openapi: 3.1.0\npaths:\n  /x:\n    $ref: items.yaml#/x", `a.yaml:4:11: error: "items.yaml#/x" refers to another document, which is not opened; bundle`},
		"another site":              {"openapi: 3.1.0\npaths:\n  /x:\n    get: {parameters: [{$ref: 'https://a.example/p'}]}", `a.yaml:4:31: error: "https://a.example/p" refers to another document`},
		"a missing target":          {"openapi: 3.1.0\npaths:\n  /x: {$ref: '#/components/pathItems/X'}", `a.yaml:3:14: error: "#/components/pathItems/X" refers to nothing`},
		"an invalid pointer":        {"openapi: 3.1.0\npaths:\n  /x: {$ref: '#X'}", `"#X" refers to nothing`},
		"a bad escape":              {"openapi: 3.1.0\npaths:\n  /x: {$ref: '#/%zz'}", "refers to nothing"},
		"a cycle":                   {"openapi: 3.1.0\npaths:\n  /x: {$ref: '#/paths/~1y'}\n  /y: {$ref: '#/paths/~1x'}", "references form a cycle"},
		"a cycle of one":            {"openapi: 3.1.0\npaths:\n  /x: {$ref: '#/paths/~1x'}", "references form a cycle"},
		"a path without slash":      {"openapi: 3.1.0\npaths: {x: {}}", `a.yaml:2:9: error: the path "x" does not begin with a slash; write /x`},
		"an invalid operation":      {"openapi: 3.1.0\npaths: {/x: {get: 5}}", "a.yaml:2:19: error: an operation must be a mapping, but this is a number"},
		"invalid parameters":        {"openapi: 3.1.0\npaths: {/x: {get: {parameters: {}}}}", "parameters must be a list, but this is a mapping"},
		"a parameter without name":  {"openapi: 3.1.0\npaths: {/x: {get: {parameters: [{in: path}]}}}", "a parameter needs name and in"},
		"an invalid header name":    {"openapi: 3.1.0\npaths: {/x: {get: {parameters: [{name: a b, in: header}]}}}", `"a b" is not a valid header name`},
		"an undefined scheme":       {"openapi: 3.1.0\nsecurity: [{key: []}]", `a.yaml:2:13: error: undefined security scheme "key"; define it`},
		"an unknown scheme type":    {"openapi: 3.1.0\nsecurity: [{key: []}]\ncomponents: {securitySchemes: {key: {type: secret}}}", `unknown security scheme type "secret"`},
		"an API key without in":     {"openapi: 3.1.0\nsecurity: [{key: []}]\ncomponents: {securitySchemes: {key: {type: apiKey}}}", "an API key must be in header, query or cookie"},
		"an invalid requirement":    {"openapi: 3.1.0\nsecurity: [key]", "a security requirement must be a mapping, but this is a string"},
		"a server without url":      {"openapi: 3.1.0\nservers: [{}]", "a server needs a url"},
		"an invalid server URL":     {"openapi: 3.1.0\nservers: [{url: 'http://a b'}]", "is not a URL"},
		"variables that grow":       {"openapi: 3.1.0\nservers: [{url: '{a}', variables: {a: {default: '" + strings.Repeat("{b}", 300) + "'}, b: {default: " + strings.Repeat("x", 300) + "}}}]", "the URL is too long"},
		"too many of one":           {"openapi: 3.1.0\npaths: {/x: {get: {parameters: [" + strings.Repeat("5,", maxEach) + "5]}}}", "parameters has more than 200 items"},
		"the same problem often":    {"openapi: 3.1.0\npaths: {" + strings.Repeat("x: {},", maxProblems+50) + "}", "and 50 more problems"},
		"an escape sequence":        {"openapi: 3.1.0\npaths: {\"\\e[31m\": {}}", `\x1b[31m`},
		"too deep":                  {"openapi: 3.1.0\nx: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), "invalid YAML"},
		"an invalid method":         {"openapi: 3.2.0\npaths: {/x: {additionalOperations: {'A B': {}}}}", `"A B" is not a method`},
		"a response without fields": {"openapi: 3.1.0\npaths: {/x: {get: {responses: {'200': 5}}}}", "a response must be a mapping, but this is a number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("a.yaml", []byte(test.text))
			var all *Errors
			if !errors.As(err, &all) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

// Short references can stand for a lot, which is limited.
func TestReferencesThatMultiplyAreLimited(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ncomponents:\n  pathItems:\n    X:\n")
	for _, m := range methods {
		b.WriteString("      " + m + ": {parameters: [" + strings.Repeat("{$ref: '#/components/parameters/P'},", maxEach-1) + "]}\n")
	}
	b.WriteString("  parameters: {P: {name: X-A, in: header}}\npaths:\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "  /%d: {$ref: '#/components/pathItems/X'}\n", i)
	}
	_, err := Load("a.yaml", []byte(b.String()))
	if err == nil || !strings.Contains(err.Error(), "references expand to too much") && !strings.Contains(err.Error(), "operations") {
		t.Errorf("got %v", err)
	}
}

func TestTooManyOperationsAreOneProblem(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"openapi": "3.1.0", "paths": {"/": {}`)
	for i := range maxOperations - 1 {
		fmt.Fprintf(&b, `, "/%d": {"get": {}, "put": {}}`, i)
	}
	b.WriteString("}}")
	if _, err := Load("x.json", []byte(b.String())); err == nil || strings.Count(err.Error(), "more than 20000 operations") != 1 {
		t.Errorf("%.300v", err)
	}
}

func TestOpenReadsAFile(t *testing.T) {
	name := t.TempDir() + "/api.yaml"
	if err := os.WriteFile(name, []byte(full), 0o666); err != nil {
		t.Fatal(err)
	}
	if d, err := Open(name); err != nil || len(d.Operations) != 2 || d.Name != name {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Open(name + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(int64(limits.Size) + 1); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(name); err == nil || !strings.Contains(err.Error(), "the file has") {
		t.Errorf("a file that is too large: %v", err)
	}
}

// FuzzLoad checks that every operation of a document that loads can be sent: its
// target is a path on its own server, and its positions are in the file. Problems
// of other documents have a message and a position.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{full, `{"openapi":"3.0.0","paths":{"/x/{a}":{"get":{"parameters":[{"name":"a","in":"path","example":"../?#\u0000"}]}}}}`,
		"openapi: 3.1.0\npaths: {/x: {$ref: '#/paths/~1x'}}", "openapi: 3.2.0\npaths: {/{}: {query: {}, additionalOperations: {LINK: {}}}}", "swagger: '2.0'", "- *", "openapi: 3.1\nservers: [{url: '//'}]\npaths: {'//evil.example': {get: {}}}", "openapi: 3.1.0\npaths: {/0%0: {get: {}}}"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, asJSON bool) {
		name := "a.yaml"
		if asJSON {
			name = "a.json"
		}
		lines := 1
		for _, c := range text {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", c) { // YAML has several line breaks
				lines++
			}
		}
		in := func(p Place) {
			if p.Line < 1 || p.Column < 1 || p.Line > lines+1 {
				t.Errorf("%+v is not a position in a file of %d lines", p, lines)
			}
		}
		d, err := Load(name, []byte(text))
		if err != nil {
			var all *Errors
			if !errors.As(err, &all) || len(all.Problems) == 0 {
				t.Fatalf("an unexpected error: %v", err)
			}
			for _, p := range all.Problems {
				if in(p.Place); p.Message == "" {
					t.Errorf("a problem without a message: %+v", p)
				}
			}
			return
		}
		for _, o := range d.Operations {
			in(o.Place)
			u, err := url.Parse("https://api.invalid" + o.Target)
			if err != nil || u.Host != "api.invalid" || u.Fragment != "" || !strings.HasPrefix(u.Path, "/") {
				t.Errorf("the target %q: %+v, %v", o.Target, u, err)
			}
			if !field.IsToken(o.Method) {
				t.Errorf("the method %q", o.Method)
			}
			for _, list := range [][]Named{o.Headers, o.ResponseHeaders} {
				for _, n := range list {
					if in(n.Place); !field.IsToken(n.Name) {
						t.Errorf("the header %q", n.Name)
					}
				}
			}
			for _, n := range o.ContentTypes {
				in(n.Place)
			}
			for _, way := range o.Security {
				in(way.Place)
				for _, s := range way.Schemes {
					if s.Header != "" && !field.IsToken(s.Header) {
						t.Errorf("the header %q", s.Header)
					}
				}
			}
		}
	})
}
