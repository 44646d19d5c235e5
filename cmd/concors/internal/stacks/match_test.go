package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/origin"
	"go.yaml.in/yaml/v4"
)

// A namedPolicy is a policy file of testdata, or one made here.
type namedPolicy struct {
	name     string
	policies routes.Policies
}

// testPolicies returns the policies in testdata, and policies with origins that stacks
// write differently. These have credentials because S3 refuses most policies without.
func testPolicies(t *testing.T) (out []namedPolicy) {
	t.Helper()
	add := func(name, text string) {
		file, err := policyfile.Load(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, namedPolicy{name, file.Routes})
	}
	for _, folder := range []string{"policies", "golden"} {
		files, err := filepath.Glob("testdata/" + folder + "/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no policies: %v", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(file), ".yaml")
			if folder == "golden" {
				name = "golden " + name
			}
			add(name, string(text))
		}
	}
	for _, origins := range []string{
		`[https://app.example.com, "http://localhost:*"]`, `[https://app.example.com, "https://*.example.com"]`,
		`["https://dev.example.com:[443,3000,8000-8003]"]`, `["https://*.example.com:[443,3000]"]`,
		`["https://app.example.com:8443", "https://other.example.net"]`, `["https://pr-*.preview.example.net"]`,
		`["http://[::1]:3000"]`, `["https://my_host.example.com"]`, `["http://[::1]:[3000,3001]"]`, `["https://*.example.com:*"]`,
	} {
		add("credentials for "+origins, "origins: "+origins+"\ncredentials: true\ndangerouslyAllowInsecureOriginsWithCredentials: true")
	}
	add("any origin with credentials", "origins: ['*']\ncredentials: true\ndangerouslyAllowAnyOriginWithCredentials: true\ndangerouslyAllowInsecureOriginsWithCredentials: true")
	return out
}

// TestUnverifiedRecipesMatchPolicy reads the recipes of all stacks that no test runs,
// and compares what they say with each policy: no more may be allowed than the policy
// allows, and no less unless Recipe.Lost says so.
func TestUnverifiedRecipesMatchPolicy(t *testing.T) {
	policies := testPolicies(t)
	for _, s := range All() {
		reader, ok := readers[s.Name]
		if ok == (s.Verified != "") {
			t.Errorf("%s: a stack needs either a reader in readers_test.go, or a version that it is verified with", s.Name)
		}
		if !ok {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for _, p := range policies {
				r, err := recipe.Write(p.policies, s)
				var refusal *recipe.Refusal
				isFile := !strings.Contains(p.name, " ")
				if refused := errors.As(err, &refusal); refused {
					if isFile && !reader.refusesPolicy(p.name) {
						t.Errorf("%s: %v", p.name, err)
					}
					continue
				}
				if err != nil || isFile && reader.refusesPolicy(p.name) {
					t.Errorf("%s: not refused, and the error is %v", p.name, err)
					continue
				}
				for _, problem := range reader.compare(p.policies, r) {
					t.Errorf("%s: %s", p.name, problem)
				}
			}
		})
	}
}

// refusesPolicy reports whether the stack refuses a policy of testdata/policies. No stack
// that is not verified has ranges or credentials for some origins.
func (rd reader) refusesPolicy(name string) bool {
	unverified := []string{"ranges", "credentials-for-some-origins", "credentials-for-some-of-any-origin"}
	return slices.Contains(unverified, name) || slices.Contains(rd.refusedPolicies, name)
}

// compare returns a sentence for each difference between a recipe and its policy.
func (rd reader) compare(policies routes.Policies, r *recipe.Recipe) (problems []string) {
	plan := recipe.NewPlan(policies)
	for _, rule := range plan.Rules {
		policy, off := policies.Policy, false
		for _, route := range policies.Routes {
			if route.Pattern == rule.Route {
				policy, off = route.Policy, route.Off
			}
		}
		if rule == plan.Closed {
			policy = cors.Policy{ResourcePolicy: rule.ResourcePolicy}
		}
		add := func(format string, args ...any) {
			problems = append(problems, rule.Name()+": "+fmt.Sprintf(format, args...))
		}
		got, err := rd.read(r, rule)
		if err != nil {
			add("%v", err)
			continue
		}
		if got.off != off {
			add("off is %v", got.off)
		}
		if off || got.off {
			continue
		}
		rd.compareOrigins(policy, got, originsIn(r), add)
		if got.credentials != policy.Credentials {
			add("credentials: %v, want %v", got.credentials, policy.Credentials)
		}
		isLost := func(part string) bool {
			words := rd.lost[part]
			return words != "" && slices.ContainsFunc(r.Lost, func(lost string) bool { return strings.Contains(lost, words) })
		}
		withoutSimple := func(methods []string) []string { // these need no permission
			return slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == "GET" || m == "HEAD" || m == "POST" })
		}
		for _, list := range []struct {
			part      string
			want, got []string
		}{
			{"methods", withoutSimple(policy.Methods), withoutSimple(got.methods)},
			{"headers", lower(policy.RequestHeaders), lower(got.headers)},
			{"exposed", lower(policy.ExposedHeaders), lower(got.exposed)},
		} {
			any := slices.Contains(list.want, "*")
			for _, name := range list.got {
				if !slices.Contains(list.want, name) && (!any || name == "authorization" && !isLost(list.part)) {
					add("%s: allows %s, and the policy does not", list.part, name)
				}
			}
			for _, name := range list.want {
				// With credentials, "*" is not a wildcard, and means nothing.
				meaningless := name == "*" && list.part == "exposed" && policy.Credentials
				covered := slices.Contains(list.got, "*") && name != "authorization"
				if !slices.Contains(list.got, name) && !covered && !meaningless && !isLost(list.part) {
					add("%s: does not allow %s", list.part, name)
				}
			}
		}
		want := ""
		if policy.MaxAgeSeconds != 0 {
			want = strconv.Itoa(max(policy.MaxAgeSeconds, 0))
		}
		if got.maxAge != want && !isLost("maxAge") {
			add("max age: %q, want %q", got.maxAge, want)
		}
		if got.resourcePolicy != policy.ResourcePolicy && !isLost("resourcePolicy") {
			add("Cross-Origin-Resource-Policy: %q, want %q", got.resourcePolicy, policy.ResourcePolicy)
		}
	}
	return problems
}

// compareOrigins decides samples of allowed and foreign origins, and the origins that
// the recipe names.
func (rd reader) compareOrigins(policy cors.Policy, got reading, named []string, add func(string, ...any)) {
	patterns := slices.Clone(policy.Origins)
	if policy.DangerouslyAllowNull {
		patterns = append(patterns, "null")
	}
	allowed, foreign := samples(patterns)
	if len(patterns) > 0 && len(foreign) == 0 && !slices.Contains(patterns, "*") {
		add("there are no samples of foreign origins")
	}
	var forms []string
	for _, text := range patterns {
		if pattern, err := origin.ParsePattern(text); err == nil {
			forms = append(forms, pattern.Regexp())
		}
	}
	inPolicy := wholeMatch(forms)
	for _, o := range named {
		if got.allows(o) && !inPolicy(o) && !slices.Contains(patterns, "*") {
			add("the origin %s is allowed, and the policy does not name it", o)
		}
	}
	for _, o := range allowed {
		if !got.allows(o) && (rd.refuses == nil || !rd.refuses(o)) {
			add("the origin %s is refused", o)
		}
	}
	for _, o := range foreign {
		if got.allows(o) {
			add("the foreign origin %s is allowed", o)
		}
	}
}

// samples is [corstest.Samples] for patterns of a valid policy. It remembers results.
func samples(patterns []string) (allowed, foreign []string) {
	key := strings.Join(patterns, " ")
	if _, ok := sampled[key]; !ok {
		allowed, foreign, err := corstest.Samples(patterns)
		if err != nil {
			panic(err)
		}
		sampled[key] = [2][]string{allowed, foreign}
	}
	return sampled[key][0], sampled[key][1]
}

var sampled = map[string][2][]string{}

// originsIn returns the exact origins that a recipe names, including comments.
func originsIn(r *recipe.Recipe) (out []string) {
	for _, f := range r.Files {
		for _, o := range exactOrigin.FindAllString(strings.ReplaceAll(f.Text, `\`, ""), -1) {
			if !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

var exactOrigin = regexp.MustCompile(`\b[a-z][a-z0-9+.-]*://[a-z0-9._-]+(?::[0-9]+)?`)

// TestReadersFindFaults checks that the comparison with a policy fails for recipes that
// are empty, and for recipes of a policy that allows more or less.
func TestReadersFindFaults(t *testing.T) {
	credentials := cors.Policy{
		Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}, RequestHeaders: []string{"Content-Type"},
		ExposedHeaders: []string{"X-Total-Count"}, Credentials: true, MaxAgeSeconds: 600,
	}
	change := func(f func(p *cors.Policy)) cors.Policy {
		p := credentials
		f(&p)
		return p
	}
	for _, s := range All() {
		reader, ok := readers[s.Name]
		if !ok {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for name, other := range map[string]cors.Policy{
				"any origin":          change(func(p *cors.Policy) { p.Origins, p.Credentials = []string{"*"}, false }),
				"another origin":      change(func(p *cors.Policy) { p.Origins = []string{"https://other.example.com"} }),
				"one origin more":     change(func(p *cors.Policy) { p.Origins = append(p.Origins[:1:1], "https://other.example.com") }),
				"one method more":     change(func(p *cors.Policy) { p.Methods = []string{"PUT", "DELETE"} }),
				"no method":           change(func(p *cors.Policy) { p.Methods = nil }),
				"one header more":     change(func(p *cors.Policy) { p.RequestHeaders = []string{"Content-Type", "Authorization"} }),
				"no header":           change(func(p *cors.Policy) { p.RequestHeaders = nil }),
				"any header":          change(func(p *cors.Policy) { p.RequestHeaders = []string{"*", "Authorization"} }),
				"one exposed more":    change(func(p *cors.Policy) { p.ExposedHeaders = []string{"X-Total-Count", "X-Other"} }),
				"no exposed":          change(func(p *cors.Policy) { p.ExposedHeaders = nil }),
				"another max age":     change(func(p *cors.Policy) { p.MaxAgeSeconds = 7200 }),
				"without credentials": change(func(p *cors.Policy) { p.Credentials = false }),
			} {
				r, err := recipe.Write(routes.Policies{Policy: other}, s)
				var refusal *recipe.Refusal
				if errors.As(err, &refusal) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(reader.compare(routes.Policies{Policy: credentials}, r)) == 0 {
					t.Errorf("%s: no difference found", name)
				}
			}
			empty := s
			empty.Templates, empty.Usual = fstest.MapFS{}, nil
			r, err := recipe.Write(routes.Policies{Policy: credentials}, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Files {
				empty.Templates.(fstest.MapFS)[f.Name+".tmpl"] = &fstest.MapFile{Data: []byte(`{{head "Copy this file."}}`)}
			}
			if r, err = recipe.Write(routes.Policies{Policy: credentials}, empty); err != nil {
				t.Fatal(err)
			}
			if len(reader.compare(routes.Policies{Policy: credentials}, r)) == 0 {
				t.Error("a template of one line: no difference found")
			}
		})
	}
}

// TestRecipesContainEveryValue looks in the recipes of all stacks, verified or not, for
// every origin, method, header and number of the policy, and for a constant wildcard
// that the policy doesn't have.
func TestRecipesContainEveryValue(t *testing.T) {
	for i, p := range testPolicies(t) {
		if strings.HasPrefix(p.name, "credentials for") {
			continue // their origins are like others'
		}
		for j, s := range All() {
			if testing.Short() && (i+j)%3 > 0 {
				continue // every policy, and every stack
			}
			r, err := recipe.Write(p.policies, s)
			var refusal *recipe.Refusal
			if errors.As(err, &refusal) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range missing(p.policies, r) {
				t.Errorf("%s for %s: %s", s.Name, p.name, problem)
			}
		}
	}
}

// What the recipes and the short forms write in Go is formatted as gofmt does it.
func TestGoRecipesAreFormatted(t *testing.T) {
	n := 0
	inGo := []string{"net-http", "gin", "echo", "fiber", "chi", "rs-cors", "gorilla"}
	check := func(of, text string) {
		source, err := format.Source([]byte(text))
		if err != nil || string(source) != text {
			t.Errorf("%s: gofmt would change it: %v\n%s", of, err, text)
		}
		n++
	}
	for i, p := range testPolicies(t) {
		for _, s := range All() {
			if r, err := recipe.Write(p.policies, s); err == nil && (!testing.Short() || i%8 == 0) {
				for _, f := range r.Files {
					if strings.HasSuffix(f.Name, ".go") {
						check(s.Name+" for "+p.name, f.Text)
					}
				}
			}
		}
		for _, s := range Shorts() {
			if lines, err := recipe.WriteLines(p.policies, s); err == nil && slices.Contains(inGo, s.Name) && (!testing.Short() || i%8 == 0) {
				check("short form of "+s.Name+" for "+p.name, lines.Text)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d files of Go", n)
	}
}

func missing(policies routes.Policies, r *recipe.Recipe) (problems []string) {
	code := ""
	for _, f := range r.Files {
		if problem := invalid(f); problem != "" {
			problems = append(problems, f.Name+": "+problem)
		}
		for line := range strings.Lines(f.Text) {
			comment := strings.TrimSpace(r.Stack.Comment)
			if comment == "" || !strings.HasPrefix(strings.TrimSpace(line), comment) {
				code += line
			}
		}
	}
	all := []cors.Policy{policies.Policy}
	for _, route := range policies.Routes {
		if !route.Off {
			all = append(all, route.Policy)
		}
	}
	lost := strings.Join(r.Lost, "\n")
	anyOrigin := false
	for _, policy := range all {
		for _, o := range policy.Origins {
			anyOrigin = anyOrigin || o == "*"
			pattern, err := origin.ParsePattern(o)
			if err != nil {
				return append(problems, err.Error())
			}
			forms := []string{o, regexp.QuoteMeta(o), pattern.Regexp()}
			if i := strings.Index(o, ":["); i > 0 { // a list of ports may be written as one origin per port
				forms = append(forms, o[:i])
			}
			if o != "*" && !containsWritten(code, forms...) {
				problems = append(problems, "the origin "+o+" is missing")
			}
		}
		for _, text := range slices.Concat(policy.DangerouslyAllowAnyHost, policy.DangerouslyAllowAddressRanges) {
			inRange, err := origin.ParseRange(text)
			if err != nil {
				return append(problems, err.Error())
			}
			if expression, _ := inRange.Regexp(); !containsWritten(code, text, expression) {
				problems = append(problems, "the range "+text+" is missing")
			}
		}
		for _, text := range policy.OriginsWithCredentials {
			pattern, err := origin.ParsePattern(text)
			if err != nil {
				return append(problems, err.Error())
			}
			if !containsWritten(code, text, pattern.Regexp()) {
				problems = append(problems, "the origin "+text+" with credentials is missing")
			}
		}
		for _, m := range policy.Methods {
			if m != "*" && !strings.Contains(code, m) {
				problems = append(problems, "the method "+m+" is missing")
			}
		}
		names := policy.RequestHeaders
		if slices.Contains(names, "*") {
			names = nil // covered, although Authorization may not be named
		}
		for _, name := range slices.Concat(names, policy.ExposedHeaders) {
			found := strings.Contains(strings.ToLower(code), strings.ToLower(name)) || strings.Contains(lost, name)
			if name != "*" && !found {
				problems = append(problems, "the header "+name+" is missing")
			}
		}
		seconds := strconv.Itoa(policy.MaxAgeSeconds)
		if policy.MaxAgeSeconds > 0 && !regexp.MustCompile(`\b`+seconds+`L?\b`).MatchString(code) {
			problems = append(problems, "the max age "+seconds+" is missing")
		}
		if policy.Credentials && r.Stack.Name != "aws-s3" && !strings.Contains(strings.ToLower(code), "credentials") {
			problems = append(problems, "the credentials are missing")
		}
	}
	if found := constantWildcard.FindString(code); found != "" && !anyOrigin {
		problems = append(problems, "a wildcard that the policy does not have: "+found)
	}
	return problems
}

// constantWildcard matches Access-Control-Allow-Origin set to "*" for all requests.
var constantWildcard = regexp.MustCompile(`(?i)allow[-_]?origins?["']?[ :=,(\[]+["'\[]*\*`)

// containsWritten reports whether a text has one of some strings, perhaps escaped.
func containsWritten(text string, strs ...string) bool {
	return slices.ContainsFunc(strs, func(s string) bool {
		quotes := strconv.Quote(s)
		inRegexp := strings.ReplaceAll(s, "/", `\/`) // of JavaScript
		return strings.Contains(text, s) || strings.Contains(text, quotes[1:len(quotes)-1]) || strings.Contains(text, inRegexp)
	})
}

// invalid returns what is wrong with the form of a file, or "".
func invalid(f recipe.File) string {
	var v any
	var err error
	switch {
	case strings.HasSuffix(f.Name, ".yaml"):
		err = yaml.Unmarshal([]byte(f.Text), &v)
	case strings.HasSuffix(f.Name, ".json"):
		err = json.Unmarshal([]byte(f.Text), &v)
	}
	switch {
	case err != nil:
		return err.Error()
	case strings.HasSuffix(f.Text, "\n\n") || !strings.HasSuffix(f.Text, "\n"):
		return "the file does not end with one newline"
	case strings.Contains(f.Text, "<no value>"):
		return "a template has a field without a value"
	}
	return ""
}
