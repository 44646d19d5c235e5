package openapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// folder writes files and returns the path of the first one, api.yaml.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "specs")
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "api.yaml")
}

func TestOpenFollowsReferencesToFilesBelowTheFolder(t *testing.T) {
	name := folder(t, map[string]string{
		"api.yaml": `openapi: 3.1.0
security: [{token: []}]
paths:
  /a: {get: {$ref: ops/a.yml}}
  /b: {$ref: 'ops/b%20b.json#/items/0'}
  /c:
    $ref: ops/c.yml
    post: {security: []}
  /d: {get: {$ref: 'ops/a.yml'}}
components:
  securitySchemes: {$ref: shared/security.yml}
  responses: {R: {headers: {X-Back: {}}}}
`,
		"ops/a.yml": `parameters: {$ref: ../shared/parameters.yml#/list}
responses:
  '200': {$ref: '#/x-own'}
  '404': {$ref: ../api.yaml#/components/responses/R}
requestBody: {content: {$ref: content.yml}}
x-own:
  headers: {$ref: ../shared/headers.json}
`,
		"ops/b b.json":          `{"items": [{"get": {"operationId": "b"}}]}`,
		"ops/c.yml":             "get: {}\npost: {operationId: replaced}\n",
		"ops/content.yml":       "application/json: {}\n",
		"shared/headers.json":   "\ufeff{\"X-Total\": {}}",
		"shared/parameters.yml": "list:\n- {$ref: '#/one'}\none: {name: X-A, in: header, required: true}\n",
		"shared/security.yml":   "token: {type: http, scheme: bearer}\n",
	})
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range d.Operations {
		got = append(got, fmt.Sprint(o.Method, " ", o.Path, " ", len(o.Headers), len(o.ContentTypes), len(o.ResponseHeaders), len(o.Security)))
	}
	want := []string{"GET /a 1 1 2 1", "GET /b 0 0 0 1", "GET /c 0 0 0 1", "POST /c 0 0 0 0", "GET /d 1 1 2 1"}
	if !reflect.DeepEqual(got, want) || len(d.Warnings) > 0 {
		t.Errorf("read %q, want %q; warnings %s", got, want, d.WarningText())
	}
	first := d.Operations[0]
	if at := first.ResponseHeaders[0].Place; at.File != "shared/headers.json" || at.Line != 1 || PathOf(name, at) != filepath.Join(filepath.Dir(name), "shared", "headers.json") {
		t.Errorf("the header is at %+v", at)
	}
	if at := first.Headers[0].Place; at.File != "shared/parameters.yml" || at.Line != 2 {
		t.Errorf("the parameter is at %+v", at)
	}
}

func TestOpenRefusesFilesElsewhere(t *testing.T) {
	name := folder(t, map[string]string{
		"api.yaml": "", "empty.yml": "", "broken.yml": "a: [", "loop.yml": "$ref: loop2.yml", "loop2.yml": "$ref: loop.yml", "list.yml": "- a",
		"self.yml": "$ref: '#/a/b'\na: {$ref: '#/a/b'}", "ok.yml": "get: {}", "d/e.yml": "get: {$ref: ../../outside.yml}",
	})
	dir := filepath.Dir(name)
	outside := filepath.Join(filepath.Dir(dir), "outside.yml")
	if err := os.WriteFile(outside, []byte("get: {}"), 0o666); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"link.yml": outside, "relative.yml": "../outside.yml", "folder": "..", "round": "round", "proc.yml": "/dev/zero", "inside.yml": "ok.yml",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%v, and with CI=true no test may be skipped", err)
			}
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	for ref, want := range map[string]string{
		"../outside.yml":          "outside the document's folder",
		"d/../../outside.yml":     "outside the document's folder",
		"%2e%2e/outside.yml":      "outside the document's folder",
		"d/e.yml":                 "outside the document's folder",
		outside:                   "a file below the document's folder",
		"file://" + outside:       "another site, which is never opened",
		"https://a.example/x.yml": "another site, which is never opened",
		"//a.example/x.yml":       "another site, which is never opened",
		"HTTP:x.yml":              "another site, which is never opened",
		`..\outside.yml`:          "a file below the document's folder",
		"x.yml?y":                 "another site",
		"link.yml":                "not below the document's folder",
		"relative.yml":            "not below the document's folder",
		"folder/outside.yml":      "not below the document's folder",
		"proc.yml":                "not below the document's folder",
		"round":                   "cannot be read",
		"d":                       "does not refer to a file",
		".":                       "does not refer to a file",
		"gone.yml":                "a file that does not exist",
		"empty.yml":               "an empty file",
		"broken.yml":              "not valid: ",
		"loop.yml":                "form a cycle",
		"self.yml":                "refers to nothing",
		"list.yml":                "must be a mapping, but this is a list",
		"ok.yml#/put":             "refers to nothing in that file",
		"api.yaml#/paths/~1x":     "form a cycle",
		"ok.yml#/get/" + strings.Repeat("a/", 50): "refers to nothing in that file",
	} {
		if err := os.WriteFile(name, []byte("openapi: 3.1.0\npaths:\n  /x:\n    $ref: '"+ref+"'\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		d, err := Open(name)
		var all *Errors
		if !errors.As(err, &all) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", ref, d, err, want)
		}
	}
	if err := os.WriteFile(name, []byte("openapi: 3.1.0\npaths: {/x: {$ref: inside.yml}}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if d, err := Open(name); err != nil || len(d.Operations) != 1 {
		t.Errorf("a symbolic link that stays below the folder: %+v, %v", d, err)
	}
}

func TestFilesAreLimitedInNumberAndSize(t *testing.T) {
	many := map[string]string{}
	var paths strings.Builder
	paths.WriteString("openapi: 3.1.0\npaths:\n")
	for i := range maxFiles + 1 {
		many[fmt.Sprintf("f%d.yml", i)] = "get: {}"
		fmt.Fprintf(&paths, "  /%d: {$ref: f%d.yml}\n", i, i)
	}
	many["api.yaml"] = paths.String()
	if testing.Short() {
		many = map[string]string{"api.yaml": "openapi: 3.1.0"}
	} else if _, err := Open(folder(t, many)); err == nil || !strings.Contains(err.Error(), "is in one file more than the limit") {
		t.Errorf("many files: %v", err)
	}
	name := folder(t, map[string]string{"a.yml": "", "api.yaml": "openapi: 3.1.0\npaths: {/a: {$ref: a.yml}}"})
	if err := os.Truncate(filepath.Join(filepath.Dir(name), "a.yml"), int64(limits.Size)-10); err != nil {
		t.Fatal(err)
	}
	_, err := Open(name)
	if err == nil || !strings.Contains(err.Error(), "larger than the limit") {
		t.Errorf("large files: %v", err)
	}
}

// What OpenAPI does not know is never passed over silently.
func TestUnknownFieldsAreReported(t *testing.T) {
	const doc = "openapi: 3.1.0\n"
	for text, want := range map[string]string{
		doc + "paths:\n  /x:\n    GET: {}":  `a.yaml:4:5: error: unknown field "GET" in a path item; write get`,
		doc + "paths:\n  /x: {Put: {}}":     "write put",
		doc + "paths:\n  /x: {pots: {}}":    "write post",
		doc + "paths:\n  /x: {connect: {}}": `unknown field "connect" in a path item; methods of its own have their place in additionalOperations`,
		"{\"openapi\": \"3.1.0\", \"paths\": {\"/x\": {\"get\": {}}, \"/x\": {\"put\": {}}}}":                                 `"/x" is in paths twice`,
		"{\"openapi\": \"3.1.0\", \"paths\": {\"/x\": {\"get\": {}}}, \"components\": {\"headers\": {\"a\": {}, \"a\": {}}}}": `"a" is in headers twice`,
		doc + "paths:\n  /x: {get: {}, get: {}}":                                                                              `"get" is in a path item twice`,
		doc + "paths:\n  /x:\n    get: {securty: [{}]}":                                                                       `a.yaml:4:11: error: unknown field "securty" in an operation; write security`,
		doc + "paths: {/x: {get: {Security: []}}}":                                                                            "write security",
		doc + "paths: {/x: {get: {request_body: {}}}}":                                                                        "write requestBody",
		doc + "paths: {/x: {get: {response: {}}}}":                                                                            "write responses",
		doc + "paths: {/x: {get: {parameter: []}}}":                                                                           "write parameters",
		doc + "path: {}":                         "write paths",
		doc + "Components: {}":                   "write components",
		doc + "components: {securitySchema: {}}": "write securitySchemes",
		doc + "paths: {/x: {get: {parameters: [{name: X-A, in: Header}]}}}":                       `unknown value "Header" for in; write header`,
		doc + "paths: {/x: {get: {parameters: [{name: X-A, in: headers}]}}}":                      "write header",
		doc + "paths: {/x: {get: {parameters: [{name: X-A, in: body}]}}}":                         `unknown value "body" for in; write path, query, header, cookie or querystring`,
		doc + "paths: {/x: {get: {parameters: [{name: X-A, in: header, requird: true}]}}}":        "write required",
		doc + "paths: {/x: {get: {parameters: [{name: X-A, in: header, required: yes}]}}}":        "required must be true or false, but this is a string",
		doc + "paths: {/x: {get: {parameters: [{name: X-A, in: header, required: 'true'}]}}}":     "required must be true or false",
		doc + "paths: {/x: {put: {requestBody: {contents: {}}}}}":                                 "write content",
		doc + "paths: {/x: {get: {responses: {'200': {header: {X-A: {}}}}}}}":                     "write headers",
		doc + "servers: [{URL: /v1}]":                                                             "write url",
		doc + "security: [{k: []}]\ncomponents: {securitySchemes: {k: {type: http, In: header}}}": "write in",
		doc + "security: {k: []}":                                                         "security must be a list, but this is a mapping",
		doc + "paths: {/x: {additionalOperations: []}}":                                   "additionalOperations must be a mapping",
		doc + "paths: {/x: {put: {requestBody: {content: {$ref: '#/components/gone'}}}}}": "refers to nothing",
		doc + "paths: {/x: {get: {responses: {'200': {headers: {$ref: other.yml}}}}}}":    "refers to another document",
		doc + "paths: {/x: {get: {$ref: 'gets.yml'}}}":                                    "refers to another document",
		doc + "paths: {/x: {get: {$ref: '#/paths/~1x/get'}}}":                             "form a cycle",
	} {
		if d, err := Load("a.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %q (%+v)", text, err, want, d)
		}
	}
	for text, want := range map[string]string{
		doc + "basePath: /v1":                                            `a.yaml:2:1: warning: unknown field "basePath" in the document: it is not read`,
		doc + "paths:\n  /x:\n    get:\n      produces: []":              `a.yaml:5:7: warning: unknown field "produces" in an operation`,
		doc + "paths: {/x: {note: 5}}":                                   `unknown field "note" in a path item`,
		doc + "paths: {/x: {get: {responses: {ok: {}}}}}":                `"ok" is not a status code`,
		doc + "paths: {/x: {put: {requestBody: {content: {json: {}}}}}}": `"json" is not a media type`,
		doc + "paths: {/x: {get: {parameters: [{$ref: '#/x-p', required: true}]}}}\nx-p: {name: a, in: query}": `the field "required" beside a $ref is not read`,
	} {
		d, err := Load("a.yaml", []byte(text))
		if err != nil || !strings.Contains(d.WarningText(), want) {
			t.Errorf("%s\n%v, want %q, %+v", text, err, want, d)
		}
	}
	// Fields of all versions and extensions are fine.
	if d, err := Load("api.yaml", []byte(full)); err != nil || len(d.Warnings) > 0 {
		t.Errorf("%v, %s", err, d.WarningText())
	}
	var many strings.Builder
	for i := range maxProblems + 20 {
		fmt.Fprintf(&many, "unknown%d: 5\n", i)
	}
	if d, err := Load("a.yaml", []byte(doc+many.String())); err != nil || len(d.Warnings) != maxProblems+1 || !strings.Contains(d.WarningText(), "and 20 more warnings") {
		t.Errorf("many warnings: %v", err)
	}
}

// Merge keys bring in operations and their parts like any other.
func TestMergeKeysAreRead(t *testing.T) {
	d, err := Load("a.yaml", []byte(`openapi: 3.1.0
x-common: &common {parameters: [{name: X-A, in: header}], security: []}
x-more: &more {get: {<<: *common}, put: {operationId: other}}
paths:
  /x: {<<: [*more], put: {<<: *common, operationId: own}}
`))
	if err != nil || len(d.Operations) != 2 || len(d.Operations[0].Headers) != 1 || d.Operations[0].ID != "own" || d.Operations[1].Method != "GET" || len(d.Operations[1].Headers) != 1 {
		t.Errorf("%v, %+v", err, d)
	}
}

// Pages never see the headers of redirects that browsers follow.
func TestHeadersOfRedirectsAreNotNeeded(t *testing.T) {
	for status, want := range map[string]int{"200": 1, "201": 1, "304": 1, "300": 1, "default": 1, "301": 0, "302": 0, "303": 0, "307": 0, "308": 0, "3XX": 0} {
		d, err := Load("a.yaml", []byte("openapi: 3.1.0\npaths: {/x: {get: {responses: {'"+status+"': {headers: {Location: {}}}}}}}"))
		if err != nil || len(d.Operations[0].ResponseHeaders) != want {
			t.Errorf("%s: %v, %+v", status, err, d)
		}
	}
}

func TestByteOrderMarksAndEncodings(t *testing.T) {
	for _, name := range []string{"a.json", "a.yaml"} {
		text := "\ufeff{\"openapi\": \"3.1.0\", \"paths\": {\"/x\": {\"get\": {}}}}"
		if d, err := Load(name, []byte(text)); err != nil || len(d.Operations) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Load(name, []byte("\xff\xfe{\x00}\x00")); err == nil || !strings.Contains(err.Error(), "save the file as UTF-8") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The memory that a file of aliases needs depends on its length, not on what they
// expand to.
func TestAliasBombsCostNoMemory(t *testing.T) {
	bomb := func(levels, width int) string {
		var b strings.Builder
		b.WriteString("openapi: 3.1.0\nx-0: &a0 [1]\n")
		for i := range levels {
			fmt.Fprintf(&b, "x-%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), width-1), i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"below the limit":  bomb(6, 12), // 3 million values
		"above the limit":  bomb(9, 9),
		"far above it":     bomb(60, 10),
		"merge keys":       "openapi: 3.1.0\nx-0: &a0 {a: 1, b: 1, c: 1}\n" + strings.Repeat("x-1: {<<: [*a0,*a0,*a0,*a0,*a0,*a0]}\n", 10),
		"mappings":         strings.NewReplacer("[", "{a: [", "]", "]}").Replace(bomb(6, 9)),
		"an alias of root": "&r {openapi: 3.1.0, x-a: *r}",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := Load("a.yaml", []byte(text))
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 8 {
			t.Errorf("%s, %d bytes: %d MiB allocated (%v, %v)", name, len(text), used, d != nil, err)
		}
	}
}

func TestWebhooksAreNotOperations(t *testing.T) {
	d, err := Load("a.yaml", []byte("openapi: 3.1.0\nwebhooks: {w: {post: {}}}"))
	if err != nil || !d.Webhooks || len(d.Operations) > 0 {
		t.Errorf("%v, %+v", err, d)
	}
}
