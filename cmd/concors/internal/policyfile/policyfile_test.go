package policyfile

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// A file with ranges and credentials for some origins loads, keeps them in its JSON form, and is described.
func TestRangesAndCredentialsForSomeOrigins(t *testing.T) {
	f, err := Load("policy.yaml", []byte(`
policy:
  origins: ["https://*.example.com"]
  originsWithCredentials: [https://app.example.com]
  dangerouslyAllowAnyHost: ["moz-extension://*"]
  dangerouslyAllowAddressRanges: ["http://192.168.0.0/16:*", "http://127.0.0.0/8"]
routes:
- {pattern: /public/, policy: {origins: ["*"], dangerouslyAllowAnyHost: [], dangerouslyAllowAddressRanges: []}}
`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("policy.json", text)
	if err != nil || !reflect.DeepEqual(again.Grants(), f.Grants()) {
		t.Fatalf("%s: %v", text, err)
	}
	grants := again.Grants()
	if got := strings.Join(grants[0].Origins, "; "); got != "any origin" {
		t.Errorf("/public/: %s", got)
	}
	if got, want := strings.Join(grants[1].Origins, "; "), "https://*.example.com (any subdomain of example.com); moz-extension://* (every extension or app with this scheme, of any maker); "+
		"http://192.168.0.0/16:* (every device in this network that serves a page); http://127.0.0.0/8 (on the user's own machine)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, g := range grants {
		if g.Credentials != "only for https://app.example.com: they can act as the user" {
			t.Errorf("%s: credentials %s", g.Route, g.Credentials)
		}
	}
}

// The faults of the lists have their places and the names of files.
func TestFaultsOfRangesInAFile(t *testing.T) {
	_, err := Load("policy.yaml", []byte(`
origins: [https://a.example, "moz-extension://*"]
originsWithCredentials:
- https://b.example
dangerouslyAllowAnyHost: ["https://*"]
dangerouslyAllowAddressRanges: ["http://8.0.0.0/8", "http://192.168.1.5/24"]
`))
	want := []string{
		`policy.yaml:2:30: error: "moz-extension://*": it is a range of origins; list it in dangerouslyAllowAnyHost`,
		`policy.yaml:4:3: error: "https://b.example": no pattern in origins covers it, so that it would have no effect; list it in origins too, or remove it`,
		`policy.yaml:5:27: error: "https://*": every site on the web has this scheme; list the origins, or a private network such as http://192.168.0.0/16`,
		`policy.yaml:6:33: error: "http://8.0.0.0/8": it has public addresses, and anyone can have one; write a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, 127.0.0.0/8, ::1/128 or fc00::/7`,
		`policy.yaml:6:53: error: "http://192.168.1.5/24": the address has bits after its prefix; write http://192.168.1.0/24`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
}

func TestLoadReadsYAMLAndJSONAlike(t *testing.T) {
	want := routes.Policies{Policy: cors.Policy{
		Origins: []string{"https://app.example.com", "http://localhost:[3000,8000-8099]"}, Methods: []string{"PUT"}, MaxAgeSeconds: 600,
		LookupCache: cors.LookupCache{MaxEntries: 5},
	}}
	want.Routes = []routes.Route{{Pattern: "/public/", Policy: want.Policy}, {Pattern: "GET /off", Off: true, Policy: want.Policy}}
	want.Routes[0].Policy.Origins, want.Routes[0].Policy.LookupCache.PositiveSeconds = []string{"*"}, 7
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"policy.json": string(text),
		"policy.yaml": string(text),
		"block.yaml": `
policy:
  origins: &o
    - https://app.example.com
    - http://localhost:[3000,8000-8099]
  methods: [PUT] # a comment
  maxAgeSeconds: 600
  lookupCache: {maxEntries: 5}
routes:
- pattern: /public/
  policy: {origins: ["*"], lookupCache: {positiveSeconds: 7}}
- {pattern: GET /off, off: true, policy: {origins: *o}}
`,
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Load(name, []byte(file))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(f.Routes, want) || f.Single {
				t.Errorf("read\n%+v\nwant\n%+v", f.Routes, want)
			}
		})
	}
}

func TestLoadReportsProblemsWithPositions(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for _, test := range []struct{ name, file, text, want string }{
		{"an unknown field", "p.yaml", "origins: [\"*\"]\nmaxAge: 5\n", `p.yaml:2:1: error: unknown field "maxAge"; did you mean maxAgeSeconds?`},
		{"a misspelt field", "p.yaml", "orgins: [\"*\"]\norigins: [\"*\"]", `p.yaml:1:1: error: unknown field "orgins"; did you mean origins?`},
		{"a name of another library", "p.json", "{\"origins\":[\"*\"],\n \"exposeHeaders\": []}", `p.json:2:2: error: unknown field "exposeHeaders"; did you mean exposedHeaders?`},
		{"a policy's field next to policy", "p.yaml", "policy: {origins: [\"*\"]}\nmethods: [PUT]", `p.yaml:2:1: error: unknown field "methods"; write it below policy:`},
		{"a merge key", "p.yaml", "a: &a {}\norigins: [\"*\"]\n<<: *a", "YAML merge keys are not supported"},
		{"a repeated field", "p.json", "{\"origins\":[\"*\"],\n\"origins\":[]}", `p.json:2:1: error: origins is repeated; the first is on line 1; remove one of them`},
		{"a string for a list", "p.yaml", "origins: https://a.example", `p.yaml:1:10: error: origins must be a list, but this is a string; write ["https://a.example"]`},
		{"a comma list for a list", "p.yaml", "origins: https://a.example, https://b.example", `p.yaml:1:10: error: origins must be a list, but this is a string; write ["https://a.example", "https://b.example"]`},
		{"a comma list for an item", "p.yaml", "origins:\n  - https://a.example, https://b.example", `p.yaml:2:5: error: "https://a.example, https://b.example": it holds 2 values, and an entry is one value; write 2 entries: https://a.example and https://b.example`},
		{"a list as text", "p.yaml", "origins: [\"*\"]\nmethods: '[\"GET\", \"PUT\"]'", `write ["GET", "PUT"]`},
		{"an empty item", "p.yaml", "origins:\n  -\n", `p.yaml:2:4: error: origins[0] must be a string, but this is nothing; write a value, or remove it`},
		{"an item of an empty variable", "p.yaml", "origins:\n  - \"\"", `p.yaml:2:5: error: origins: it is empty, like the value of an environment variable`},
		{"a fault beside an item of another type", "p.yaml", "origins:\n  - true\n  - ^https://a\\.example$", `p.yaml:3:5: error: "^https://a\\.example$": it looks like a regular expression, and patterns have * in their place; write https://a.example`},
		{"a header and its value", "p.yaml", "origins: [\"*\"]\nrequestHeaders:\n  - \"X-A: 1\"", `p.yaml:3:5: error: "X-A: 1": a colon follows the name; write X-A`},
		{"a request header that is exposed", "p.yaml", "origins: [\"*\"]\nexposedHeaders: [Origin]", `headers that scripts set belong in requestHeaders`},
		{"an empty value for a list", "p.yaml", "origins: [\"*\"]\nmethods:\n", `error: methods must be a list, but this is nothing; write a list such as [a, b], or [] for none`},
		{"yes for true", "p.yaml", "origins: [https://a.example]\ncredentials: yes", "p.yaml:2:14: error: credentials must be true or false, but this is a string; write true"},
		{"a duration for seconds", "p.yaml", "origins: [\"*\"]\nmaxAgeSeconds: 2h", "write 7200, in seconds"},
		{"a number with a fraction", "p.json", `{"origins":["*"],"maxAgeSeconds":1.5}`, "p.json:1:34: error: maxAgeSeconds must be an integer, but this is 1.5"},
		{"a quoted number", "p.yaml", "origins: [\"*\"]\nmaxAgeSeconds: \"60\"", "write it without quotes: 60"},
		{"a number for a string", "p.yaml", "origins: [\"*\"]\nmethods: [5]", `p.yaml:2:11: error: methods[0] must be a string, but this is a number; write "5"`},
		{"a scalar for a struct", "p.yaml", "origins: [\"*\"]\nlookupCache: 5", "lookupCache must be a mapping, but this is a number"},
		{"an invalid origin, after a character of several bytes", "p.yaml", `{"é": 1, origins: [https://a.example/]}`, `p.yaml:1:20: error: "https://a.example/": an origin has a scheme`},
		{"a fault in a nested field", "p.yaml", "origins: [\"*\"]\nlookupCache:\n  maxEntries: -5", "p.yaml:3:15: error: \"-5\": out of range; write 0 for the default"},
		{"no origins", "p.yaml", "methods: [PUT]", "p.yaml:1:1: error: origins: no origin is allowed; write origins:"},
		{"a dangerous value, with the file's field names", "p.yaml", "origins: [\"null\"]", "remove it, or set dangerouslyAllowNull"},
		{"a route's fault in an inherited field", "p.yaml", "policy: {origins: [http://a.example]}\nroutes:\n- {pattern: /x/, policy: {credentials: true}}", `p.yaml:1:20: error: in the route "/x/", "http://a.example": with credentials`},
		{"a route without a pattern", "p.yaml", "policy: {origins: [\"*\"]}\nroutes:\n- off: true", "p.yaml:3:3: error: a route needs a pattern"},
		{"a route that no page can use", "p.yaml", "policy: {origins: [\"*\"]}\nroutes:\n- policy: {}\n  pattern: PUT /x", `p.yaml:4:12: error: "PUT /x": no page can send PUT here`},
		{"a route for OPTIONS", "p.yaml", "policy: {origins: [\"*\"]}\nroutes:\n- {pattern: OPTIONS /x}", `p.yaml:3:13: error: "OPTIONS /x": a preflight is matched`},
		{"a host in upper case", "p.yaml", "policy: {origins: [\"*\"]}\nroutes:\n- {pattern: A.example/}", `p.yaml:3:13: error: "A.example/": browsers send hosts in lower case; write "a.example"`},
		{"two conflicting routes", "p.yaml", "policy: {origins: [\"*\"]}\nroutes:\n- {pattern: /x}\n- {pattern: /x}", `p.yaml:4:13: error: invalid pattern: pattern "/x" conflicts with pattern "/x"`},
		{"an unquoted *", "p.yaml", "origins:\n  - *\n", `p.yaml:2:5: error: invalid YAML: did not find expected alphabetic or numeric character; put quotes around`},
		{"a tab", "p.yaml", "origins:\n\t- a\n", "indent with spaces"},
		{"a second document", "p.yaml", "origins: [\"*\"]\n---\norigins: []\n", "a second YAML document begins here"},
		{"an empty file", "p.yaml", "# nothing\n", "p.yaml:1:1: error: the file is empty"},
		{"an empty JSON file", "p.json", " \n", "p.json:1:1: error: the file is empty"},
		{"not a mapping", "p.yaml", "- a", "a policy must be a mapping of fields, but this is a list"},
		{"a trailing comma", "p.json", "{\"origins\":[\"*\",]}", "p.json:1:17: error: invalid JSON"},
		{"something after the value", "p.json", `{"origins":["*"]} {}`, "something follows the value"},
		{"an unfinished file", "p.json", `{"origins":["*"`, "it ends too soon"},
		{"invalid UTF-8", "p.yaml", "origins:\n- a\xff", "p.yaml:2:4: error: the file is not valid UTF-8"},
		{"too many bytes", "p.yaml", strings.Repeat("#", limits.Size+1), "the file has 1048577 bytes"},
		{"depth in YAML", "p.yaml", "origins: " + deep, "error: invalid YAML"},
		{"depth in JSON", "p.json", `{"origins":` + deep + `}`, "it is nested too deeply"},
		{"too many values", "p.json", `{"origins":[` + strings.Repeat("1,", limits.Values) + `1]}`, "there are too many values"},
		{"the same mistake many times", "p.json", `{"origins":[` + strings.Repeat("1,", 999) + `1]}`, "and 500 more problems; fix these first"},
		{"an alias in itself", "p.yaml", "origins: &a [*a]", "it is nested too deeply"},
		{"aliases that multiply", "p.yaml", "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "there are too many values, or aliases expand to too many"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(test.file, []byte(test.text))
			var all *Errors
			if !errors.As(err, &all) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestLoadReportsEverythingInTheOrderOfTheFile(t *testing.T) {
	_, err := Load("p.yaml", []byte("methods: [GET, put]\nmaxAge: 1\norigins: [\"https://a.example/\", \"null\"]\ncredentials: 1\n"))
	var all *Errors
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	var lines []int
	warnings := 0
	for _, p := range all.Problems {
		lines = append(lines, p.Line)
		if p.Warning {
			warnings++
		}
	}
	if want := []int{1, 1, 2, 3, 3, 4}; !reflect.DeepEqual(lines, want) || warnings != 1 {
		t.Errorf("problems on the lines %v with %d warnings, want %v with 1:\n%v", lines, warnings, want, err)
	}
}

// FuzzLoad checks that package cors accepts every file that loads, and that its JSON
// form loads as the same file.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"origins: [https://a.example]\nmethods: [PUT]\ncredentials: true\n", `{"policy":{"origins":["*"]},"routes":[{"pattern":"/x/","off":true}]}`,
		"[\r0", "policy: {origins: [\"http://localhost:*\"], credentials: true}\nroutes:\n- {pattern: /, policy: {credentials: false, maxAgeSeconds: 0}}\n", "a: &a [*a]", "- *", "origins: [\"*\"]\n---\n",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, asJSON bool) {
		name := "p.yaml"
		if asJSON {
			name = "p.json"
		}
		file, err := Load(name, []byte(text))
		if err != nil {
			var all *Errors
			if !errors.As(err, &all) {
				t.Fatalf("an unexpected error: %v", err)
			}
			// YAML has several line breaks.
			lines := 1
			for _, c := range text {
				if strings.ContainsRune("\n\r\u0085\u2028\u2029", c) {
					lines++
				}
			}
			for _, p := range all.Problems {
				if p.Line < 1 || p.Column < 1 || p.Line > lines+1 || p.Message == "" {
					t.Errorf("a problem outside a file of %d lines, or without a message: %+v", lines, p)
				}
			}
			return
		}
		if _, err := cors.New(file.Routes.Policy); err != nil {
			t.Errorf("the file loads, but cors.New fails: %v", err)
		}
		if _, err := routes.Wrap(file.Routes, nil, http.NotFoundHandler()); err != nil {
			t.Errorf("the file loads, but routes.Wrap fails: %v", err)
		}
		text2, err := file.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Load("p.json", text2)
		if err != nil {
			t.Fatalf("its JSON form does not load: %v\n%s", err, text2)
		}
		text3, err := again.JSON()
		if err != nil || string(text2) != string(text3) {
			t.Errorf("its JSON form is\n%s\nand that of the JSON form\n%s (%v)", text2, text3, err)
		}
		if len(file.Grants()) != len(again.Grants()) || !reflect.DeepEqual(file.Grants(), again.Grants()) {
			t.Errorf("the grants are %+v, and those of the JSON form %+v", file.Grants(), again.Grants())
		}
	})
}

func TestTextFitsATerminal(t *testing.T) {
	file := write(t, `{policy: {origins: ["https://`+strings.Repeat("a", 60)+`.`+strings.Repeat("b", 60)+`.example"], `+
		`requestHeaders: [X-`+strings.Repeat("c", 90)+`]}, routes: [{pattern: /`+strings.Repeat("d", 100)+`, off: true}]}`)
	report, err := Check(file)
	if err != nil || !report.Valid {
		t.Fatalf("%+v, %v", report, err)
	}
	var b strings.Builder
	if err := report.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

func TestCheckReportsInvalidFiles(t *testing.T) {
	file := write(t, "origins: [https://app.example.com/]")
	report, err := Check(file)
	if err != nil || report.Valid || len(report.Problems) != 1 || len(report.Grants) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if _, err := Check(file + ".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// write writes a policy file and returns its name.
func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDocsNameEveryField(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/policy-file.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Report](), reflect.TypeFor[Problem](), reflect.TypeFor[Grant]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if !strings.Contains(string(docs), "`"+name+"`") {
				t.Errorf("docs/policy-file.md does not name %s of %s", name, typ.Name())
			}
		}
	}
}
