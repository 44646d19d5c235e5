package recipe

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe/family"
	"github.com/concors/concors/corstest"
	"go.yaml.in/yaml/v4"
)

// A model is how a server that can't be run here compares an origin, written
// after its own source, on the configuration that the recipe has made.
type model struct {
	lets func(t *testing.T, r *Recipe) func(origin string) bool
	// stricter are origins that the policy lets in and the server does not: what
	// a sentence among the lost says.
	stricter func(origin string) bool
	refused  []string // policies of the family
}

var models = map[string]model{
	"envoy":   {lets: envoyLets},
	"traefik": {lets: traefikLets},
	"gateway-api": {lets: gatewayLets, stricter: isNull, refused: []string{
		"several, with all that a preflight may ask for", "subdomains and part of a label", "any port, lists and ranges",
		"everybody", "credentials and stars, which count for nothing beside them", "another scheme", "by route",
	}},
	"ingress-nginx": {lets: ingressLets, stricter: func(origin string) bool { return strings.Count(origin, ".") > 2 }, refused: []string{
		"several, with all that a preflight may ask for", "subdomains and part of a label", "any port, lists and ranges",
		"everybody", "everybody, and Authorization too", "credentials and stars, which count for nothing beside them",
		"the same with Authorization", "sandboxed frames", "another scheme",
		"a preflight's status and memory, timing, and who may embed", "by route",
	}},
	"aws-s3": {lets: s3Lets, stricter: isNull, refused: []string{
		"refused origins are turned away",
		"one origin", "several, with all that a preflight may ask for", "subdomains and part of a label", "any port, lists and ranges",
		"everybody", "credentials and stars, which count for nothing beside them", "sandboxed frames", "another scheme",
		"a preflight's status and memory, timing, and who may embed", "by route",
	}},
	"aws-api-gateway": {lets: apiGatewayLets, stricter: isNull, refused: []string{
		"several, with all that a preflight may ask for", "subdomains and part of a label", "any port, lists and ranges",
		"everybody", "credentials and exposed headers", "credentials and stars, which count for nothing beside them",
		"the same with Authorization", "another scheme", "a preflight's status and memory, timing, and who may embed", "by route",
	}},
	"axum":   {lets: axumLets, refused: []string{"by route"}},
	"spring": {lets: springLets},
	"aspnet": {lets: aspnetLets},
}

func isNull(origin string) bool { return origin == "null" }

// TestModels is what can be had of evidence where no server can: that the origins
// a server's own comparison lets in, on what the recipe says, are the policy's.
func TestModels(t *testing.T) {
	policies := family.Policies()
	ofFamily := len(policies)
	for _, origins := range []string{ // those that recipes differ on, with credentials for S3's sake
		`[https://app.example.com, "http://localhost:*"]`, `[https://app.example.com, "https://*.example.com"]`,
		`["https://dev.example.com:[443,3000,8000-8003]"]`, `["https://*.example.com:[443,3000]"]`,
		`["https://app.example.com:8443", "https://other.example.net"]`, `["https://pr-*.preview.example.net"]`,
		`["http://[::1]:3000"]`, `["https://my_host.example.com"]`, `["http://[::1]:[3000,3001]"]`, `["https://*.example.com:*"]`,
	} {
		policies = append(policies, family.Policy{Name: "credentials for " + origins,
			Text: "origins: " + origins + "\ncredentials: true\ndangerouslyAllowInsecureOriginsWithCredentials: true"})
	}
	policies = append(policies, family.Policy{Name: "everybody with credentials",
		Text: "origins: ['*']\ncredentials: true\ndangerouslyAllowAnyOriginWithCredentials: true\ndangerouslyAllowInsecureOriginsWithCredentials: true"})
	for _, s := range Stacks() {
		m, ok := models[s.Name]
		if !ok {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for i, p := range policies {
				r, patterns, err := writeText(t, p.Text, s.Name)
				var refusal *Refusal
				if errors.As(err, &refusal) {
					if i < ofFamily && !slices.Contains(m.refused, p.Name) {
						t.Errorf("%s: %v", p.Name, err)
					}
					continue
				}
				if err != nil || slices.Contains(m.refused, p.Name) {
					t.Errorf("%s: not refused, and the error is %v", p.Name, err)
					continue
				}
				parseFiles(t, r)
				allowed, foreign, err := corstest.Samples(patterns)
				if err != nil {
					t.Fatal(err)
				}
				lets := m.lets(t, r)
				for _, origin := range allowed {
					if !lets(origin) && (m.stricter == nil || !m.stricter(origin)) {
						t.Errorf("%s: %s is not let in", p.Name, origin)
					}
				}
				for _, origin := range foreign {
					if lets(origin) {
						t.Errorf("%s: %s is let in", p.Name, origin)
					}
				}
			}
		})
	}
}

// writeText writes a policy file for a stack, and returns its origins too.
func writeText(t *testing.T, text, stack string) (*Recipe, []string, error) {
	t.Helper()
	file, err := policyfile.Load("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Write(file.Routes, stack)
	patterns := slices.Clone(file.Routes.Policy.Origins)
	if file.Routes.Policy.DangerouslyAllowNull {
		patterns = append(patterns, "null")
	}
	return r, patterns, err
}

// parseFiles demands that YAML and JSON are that, and begin with the comment
// where there is one.
func parseFiles(t *testing.T, r *Recipe) {
	t.Helper()
	for _, f := range r.Files {
		var v any
		var err error
		switch {
		case strings.HasSuffix(f.Name, ".yaml"):
			err = yaml.Unmarshal([]byte(f.Text), &v)
		case strings.HasSuffix(f.Name, ".json"):
			err = json.Unmarshal([]byte(f.Text), &v)
		}
		if err != nil || strings.HasSuffix(f.Text, "\n\n") || !strings.HasSuffix(f.Text, "\n") || strings.Contains(f.Text, "<no value>") {
			t.Errorf("%s: %v\n%s", f.Name, err, f.Text)
		}
	}
}

// decode reads the YAML or JSON of a file.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// envoyLets is CorsFilter::isOriginAllowed in cors_filter.cc. A safe_regex is
// RE2::FullMatch, by type/matcher/v3/regex.proto.
func envoyLets(t *testing.T, r *Recipe) func(origin string) bool {
	var c struct {
		Routes struct {
			Hosts []struct {
				Routes []struct {
					Name   string
					Config map[string]struct {
						Origins []struct {
							Exact string
							Regex struct{ Regex string } `yaml:"safe_regex"`
						} `yaml:"allow_origin_string_match"`
						Forward *bool `yaml:"forward_not_matching_preflights"`
					} `yaml:"typed_per_filter_config"`
				}
			} `yaml:"virtual_hosts"`
		} `yaml:"route_config"`
	}
	decode(t, r.Files[0].Text, &c)
	routes := c.Routes.Hosts[0].Routes
	last := routes[len(routes)-1]
	cors, ok := last.Config["envoy.filters.http.cors"]
	if last.Name != "rest" || !ok || cors.Forward == nil || *cors.Forward {
		t.Fatalf("the last route is %+v", last)
	}
	var each []string
	for _, m := range cors.Origins {
		if m.Regex.Regex == "" {
			m.Regex.Regex = regexp.QuoteMeta(m.Exact)
		}
		each = append(each, m.Regex.Regex)
	}
	is := whole(each)
	return func(origin string) bool { return is("*") || is(origin) }
}

// traefikLets is Header.matchOrigin in pkg/middlewares/headers/header.go.
func traefikLets(t *testing.T, r *Recipe) func(origin string) bool {
	var c struct {
		HTTP struct {
			Middlewares map[string]struct {
				Headers struct {
					List    []string          `yaml:"accessControlAllowOriginList"`
					Regex   []string          `yaml:"accessControlAllowOriginListRegex"`
					Vary    bool              `yaml:"addVaryHeader"`
					Removed map[string]string `yaml:"customResponseHeaders"`
				}
			}
		}
	}
	decode(t, r.Files[0].Text, &c)
	h := c.HTTP.Middlewares["concors-rest"].Headers
	if any := slices.Contains(h.List, "*"); h.Vary == any {
		t.Errorf("addVaryHeader: %v for %v", h.Vary, h.List)
	}
	if value, ok := h.Removed["Access-Control-Allow-Origin"]; !ok || value != "" {
		t.Error("the service's own Access-Control-Allow-Origin goes through")
	}
	var list []*regexp.Regexp
	for _, text := range h.Regex {
		list = append(list, regexp.MustCompile(text))
	}
	return func(origin string) bool {
		return slices.Contains(h.List, origin) || slices.Contains(h.List, "*") ||
			slices.ContainsFunc(list, func(re *regexp.Regexp) bool { return re.MatchString(origin) })
	}
}

// gatewayLets is what apis/v1/httproute_types.go says of AllowOrigins: a star is
// a greedy match to the left, and a port that is not said is the default one. What
// the resource's schema demands is held to on the way.
func gatewayLets(t *testing.T, r *Recipe) func(origin string) bool {
	var c struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name string }
		Spec       struct {
			ParentRefs []struct{ Name string } `yaml:"parentRefs"`
			Rules      []struct {
				Matches []struct {
					Path struct{ Type, Value string }
				}
				Filters []struct {
					Type string
					CORS *struct {
						Origins []string `yaml:"allowOrigins"`
						Methods []string `yaml:"allowMethods"`
						Headers []string `yaml:"allowHeaders"`
						MaxAge  *int     `yaml:"maxAge"`
					}
				}
				BackendRefs []struct {
					Name string
					Port int
				} `yaml:"backendRefs"`
			}
		}
	}
	decode(t, r.Files[0].Text, &c)
	if c.APIVersion != "gateway.networking.k8s.io/v1" || c.Kind != "HTTPRoute" || c.Metadata.Name == "" || len(c.Spec.ParentRefs) == 0 || len(c.Spec.Rules) > 16 {
		t.Fatalf("no HTTPRoute: %+v", c)
	}
	for _, rule := range c.Spec.Rules {
		if len(rule.Matches) != 1 || !slices.Contains([]string{"Exact", "PathPrefix"}, rule.Matches[0].Path.Type) || len(rule.BackendRefs) != 1 {
			t.Errorf("a rule is %+v", rule)
		}
	}
	last := c.Spec.Rules[len(c.Spec.Rules)-1]
	if len(last.Filters) != 2 || last.Filters[0].Type != "CORS" || last.Filters[1].Type != "ResponseHeaderModifier" {
		t.Fatalf("the filters are %+v", last.Filters)
	}
	cors := last.Filters[0].CORS
	schema := regexp.MustCompile(`(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)`)
	alone := func(list []string) bool { return !slices.Contains(list, "*") || len(list) == 1 }
	if slices.ContainsFunc(cors.Origins, func(o string) bool { return !schema.MatchString(o) }) || len(cors.Origins) > 64 || len(cors.Methods) > 9 ||
		!alone(cors.Origins) || !alone(cors.Methods) || !alone(cors.Headers) || cors.MaxAge != nil && *cors.MaxAge < 1 {
		t.Errorf("the schema refuses %+v", cors)
	}
	withPort := func(o string) string {
		if scheme, rest, ok := strings.Cut(o, "://"); ok && !strings.Contains(rest, ":") {
			return o + map[string]string{"http": ":80", "https": ":443"}[scheme]
		}
		return o
	}
	var each []string
	for _, o := range cors.Origins {
		each = append(each, strings.ReplaceAll(regexp.QuoteMeta(withPort(o)), `\*`, ".*"))
	}
	is := whole(each)
	return func(origin string) bool { return is(withPort(origin)) }
}

// ingressLets is cors.Parse in internal/ingress/annotations/cors/main.go, with
// its defaults, and buildCorsOriginRegex in template.go. That has no anchor at
// its start, which counts for schemes alone that no page has.
func ingressLets(t *testing.T, r *Recipe) func(origin string) bool {
	var c struct {
		Metadata struct{ Annotations map[string]string }
	}
	decode(t, fileOf(t, r, "ingress.yaml"), &c)
	get := func(name, form string) string {
		value, ok := c.Metadata.Annotations["nginx.ingress.kubernetes.io/"+name]
		if !ok || !regexp.MustCompile(form).MatchString(strings.ReplaceAll(value, " ", "")) || !regexp.MustCompile(form).MatchString(value) {
			t.Errorf("the annotation %s: %q falls back to its default", name, value)
		}
		return value
	}
	get("cors-allow-credentials", `^(true|false)$`)
	get("cors-allow-methods", `^([A-Za-z]+,?\s?)+$`)
	get("cors-allow-headers", `^[A-Za-z0-9-_, ]*$`)
	get("cors-max-age", `^[0-9]+$`)
	var each []string
	for o := range strings.SplitSeq(get("cors-allow-origin", `^((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$`), ",") {
		if o == "*" {
			return func(string) bool { return true }
		}
		if !regexp.MustCompile(`^([a-z]+://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*|null)?$`).MatchString(o) {
			t.Errorf("the origin %s is left out", o)
		}
		each = append(each, "("+strings.Replace(regexp.QuoteMeta(o), `\*`, `[A-Za-z0-9\-]+`, 1)+")")
	}
	return regexp.MustCompile("(?i)(" + strings.Join(each, "|") + ")$").MatchString
}

// s3Lets is what the user guide says of AllowedOrigins: one star, for any
// characters.
func s3Lets(t *testing.T, r *Recipe) func(origin string) bool {
	var c struct {
		Rules []struct {
			ID      string
			Origins []string `json:"AllowedOrigins"`
			Methods []string `json:"AllowedMethods"`
			Exposed []string `json:"ExposeHeaders"`
		} `json:"CORSRules"`
	}
	if err := json.Unmarshal([]byte(r.Files[0].Text), &c); err != nil || len(c.Rules) != 1 {
		t.Fatal(err, c)
	}
	rule := c.Rules[0]
	if len(rule.ID) > 255 || len(rule.Methods) == 0 || slices.Contains(rule.Exposed, "*") {
		t.Errorf("S3 refuses %+v", rule)
	}
	var each []string
	for _, o := range rule.Origins {
		if strings.Count(o, "*") > 1 {
			t.Errorf("S3 refuses %s", o)
		}
		each = append(each, strings.Replace(regexp.QuoteMeta(o), `\*`, ".*", 1))
	}
	return whole(each)
}

// apiGatewayLets is the developer guide's table: whole origins, or a star.
func apiGatewayLets(t *testing.T, r *Recipe) func(origin string) bool {
	var c struct {
		Resources struct {
			API struct {
				Properties struct {
					Cors struct {
						Origins []string `yaml:"AllowOrigins"`
					} `yaml:"CorsConfiguration"`
				} `yaml:"Properties"`
			} `yaml:"Api"`
		} `yaml:"Resources"`
	}
	decode(t, r.Files[0].Text, &c)
	list := c.Resources.API.Properties.Cors.Origins
	return func(origin string) bool { return slices.Contains(list, "*") || slices.Contains(list, origin) }
}

// axumLets is the predicate of the recipe itself. Rust's regular expressions are
// RE2's in all that patterns use.
func axumLets(t *testing.T, r *Recipe) func(origin string) bool {
	text := r.Files[0].Text
	if strings.Contains(text, ".allow_origin(Any)") {
		return func(string) bool { return true }
	}
	var each []string
	for _, m := range regexp.MustCompile(`(?m)^ +r"(\^.*\$)",`).FindAllStringSubmatch(text, -1) {
		each = append(each, m[1])
	}
	is := whole(each)
	return func(origin string) bool {
		return is(origin) || strings.Contains(text, "\n        b"+strconv.Quote(origin)+",\n")
	}
}

// springLets is Rule.checkOrigin of the recipe itself, and aspnetLets its
// SetIsOriginAllowed: whole matches of the alternatives.
func springLets(t *testing.T, r *Recipe) func(origin string) bool {
	_, rest, _ := strings.Cut(r.Files[0].Text, "Rule rest() {")
	rest, _, _ = strings.Cut(rest, "return rule;")
	is := quotedMatch(t, rest, `String.join("|",`)
	return func(origin string) bool { return !strings.Contains(rest, "rule.origins =") || is(origin) }
}

func aspnetLets(t *testing.T, r *Recipe) func(origin string) bool {
	_, rest, ok := strings.Cut(r.Files[0].Text, `Whole(".*"), `)
	if !ok {
		t.Fatal("there is no rule for the rest")
	}
	rest, _, _ = strings.Cut(rest, ".Build()")
	is := quotedMatch(t, rest, `string.Join("|",`)
	return func(origin string) bool { return strings.Contains(rest, ".AllowAnyOrigin()") || is(origin) }
}

// whole is a whole match of one of the regular expressions; of none, nothing is.
func whole(each []string) func(string) bool {
	if len(each) == 0 {
		return func(string) bool { return false }
	}
	return regexp.MustCompile(`\A(?:` + strings.Join(each, "|") + `)\z`).MatchString
}

// quotedMatch compares with the strings that are arguments of a call.
func quotedMatch(t *testing.T, text, call string) func(string) bool {
	_, list, _ := strings.Cut(text, call)
	var each []string
	for line := range strings.SplitSeq(list, "\n") {
		quoted := regexp.MustCompile(`^ +("(?:[^"\\]|\\.)*")(,|\)+.*)$`).FindStringSubmatch(line)
		if quoted == nil {
			continue
		}
		s, err := strconv.Unquote(quoted[1])
		if err != nil {
			t.Fatal(err)
		}
		each = append(each, s)
		if quoted[2] != "," {
			break
		}
	}
	return whole(each)
}

func fileOf(t *testing.T, r *Recipe, name string) string {
	t.Helper()
	for _, f := range r.Files {
		if f.Name == name {
			return f.Text
		}
	}
	t.Fatalf("the recipe has no file %s", name)
	return ""
}

// A prefix of the Gateway API stands for the path without its slash too, which
// is on the rule above.
func TestGatewayPrefix(t *testing.T) {
	r, _, err := writeText(t, `
policy: {origins: [https://app.example.com]}
routes:
  - pattern: /public/
    policy: {origins: ["*"]}
  - pattern: /public/deep/
    policy: {origins: [https://deep.example.com]}
  - pattern: /off/
    off: true`, "gateway-api")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Spec struct {
			Rules []struct {
				Matches []struct{ Path struct{ Type, Value string } }
				Filters []struct {
					CORS *struct {
						AllowOrigins []string `yaml:"allowOrigins"`
					}
				}
			}
		}
	}
	decode(t, r.Files[0].Text, &c)
	got := map[string]string{}
	for _, rule := range c.Spec.Rules {
		origins := "off"
		if len(rule.Filters) > 0 {
			origins = strings.Join(rule.Filters[0].CORS.AllowOrigins, " ")
		}
		got[rule.Matches[0].Path.Type+" "+rule.Matches[0].Path.Value] = origins
	}
	for path, origins := range map[string]string{
		"PathPrefix /": "https://app.example.com", "PathPrefix /public/": "*", "Exact /public": "https://app.example.com",
		"PathPrefix /public/deep/": "https://deep.example.com", "Exact /public/deep": "*",
		"PathPrefix /off/": "off", "Exact /off": "https://app.example.com",
	} {
		if got[path] != origins {
			t.Errorf("%s has %q and not %q", path, got[path], origins)
		}
	}
}
