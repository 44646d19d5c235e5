package stacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/origin"
)

// unwritable are policies with one value that some stacks can't express, on the line
// that ends in "# here". Every other line is something that all stacks can do.
var unwritable = []struct{ name, value, policy string }{
	{"another scheme", "capacitor://localhost", "origins:\n- https://a.example\n- capacitor://localhost # here"},
	{"a subdomain pattern", "https://*.a.example", "origins:\n- https://b.example\n- https://*.a.example # here"},
	{"a part of a label", "https://pr-*.a.example", "origins:\n- https://b.example\n- https://pr-*.a.example # here"},
	{"any port", "http://localhost:*", "origins:\n- https://b.example\n- http://localhost:* # here"},
	{"any port of subdomains", "https://*.a.example:*", "origins:\n- https://b.example\n- https://*.a.example:* # here"},
	{"an IPv6 address", "http://[::1]:3000", "origins:\n- https://b.example\n- http://[::1]:3000 # here"},
	{"IPv6 with a list of ports", "http://[::1]:[3000,3001]", "origins:\n- https://b.example\n- \"http://[::1]:[3000,3001]\" # here"},
	{"an underscore", "https://a_b.example", "origins:\n- https://b.example\n- https://a_b.example # here"},
	{"too many ports", "http://localhost:[3000-3200]", "origins:\n- https://b.example\n- http://localhost:[3000-3200] # here\n- https://c.example"},
	{"too many origins", "https://a64.example", "origins:\n" + manyOrigins(64) + "- https://a64.example # here\n" + manyOrigins(30)},
	{"more than 100 origins", "https://a100.example", "origins:\n" + manyOrigins(100) + "- https://a100.example # here\n- https://c.example"},
	{"null", "true", "origins: [https://a.example]\ndangerouslyAllowNull: true # here"},
	{"null only", "|true", "{origins: [], credentials: true, dangerouslyAllowNull: true} # here"},
	{"any origin with credentials", "*", "origins:\n- \"*\" # here\ndangerouslyAllowAnyOriginWithCredentials: true"},
	{"without credentials", "false", "origins: [https://a.example]\ncredentials: false # here"},
	{"any header, except Authorization", "*", "origins: [\"*\"]\ncredentials: false\nmethods: [PUT]\nrequestHeaders:\n- \"*\" # here"},
	{"any header, and Authorization", "*", "origins: [\"*\"]\ncredentials: false\nmethods: [PUT]\nrequestHeaders:\n- Authorization\n- \"*\" # here"},
	{"any header with credentials", "*", "origins: [https://a.example]\nrequestHeaders:\n- Authorization\n- \"*\" # here"},
	{"a method with a special character", "A$-B", "origins: [https://a.example]\nmethods:\n- PUT\n- A$-B # here"},
	{"a method with a digit", "PUT2", "origins: [https://a.example]\nmethods:\n- PUT\n- PUT2 # here"},
	{"a request header with a special character", "X-A'B", "origins: [https://a.example]\nrequestHeaders:\n- X-A\n- X-A'B # here"},
	{"a request header with a dot", "X.A", "origins: [https://a.example]\nrequestHeaders:\n- X-A\n- X.A # here"},
	{"an exposed header with a special character", "X`A", "origins: [https://a.example]\nexposedHeaders:\n- X-A\n- X`A # here"},
	{"an exposed header with a dot", "X.A", "origins: [https://a.example]\nexposedHeaders:\n- X-A\n- X.A # here"},
	{"any host of a scheme", "moz-extension://*", "origins: [https://a.example]\ndangerouslyAllowAnyHost:\n- moz-extension://* # here"},
	{"an address range", "http://192.168.0.0/16", "origins: [https://a.example]\ndangerouslyAllowAddressRanges:\n- http://192.168.0.0/16 # here"},
	{"an address range without a regular expression", "http://[fd00::/48]", "origins: [https://a.example]\ndangerouslyAllowAddressRanges:\n- http://[fd00::/48] # here"},
	{"credentials for some origins", "", "origins: [https://a.example, https://b.example]\ncredentials: false\noriginsWithCredentials: [https://a.example] # here"},
	{"report only", "true", "origins: [https://a.example]\nreportOnly: true # here"},
	{"a status without a name", "299", "origins: [https://a.example]\npreflightStatus: 299 # here"},
	{"embedding", "same-site", "origins: [https://a.example]\nresourcePolicy: same-site # here"},
	{"a route", "/a/", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: /a/ # here\n  policy: {methods: [PUT]}"},
	{"a route that is off", "/a/", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: /a/ # here\n  off: true"},
	{"a route by method", "PUT /a", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: PUT /a # here\n  policy: {methods: [PUT]}"},
	{"a route by host", "a.example/", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: a.example/ # here\n  policy: {methods: [PUT]}"},
	{"a route by method and host", "PUT a.example/", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: PUT a.example/ # here\n  policy: {methods: [PUT]}"},
	{"a route with a special character", "/a'b/", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: /a'b/ # here\n  policy: {methods: [PUT]}"},
	{"a long route", "/" + strings.Repeat("a", 250) + "/", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: /" + strings.Repeat("a", 250) + "/ # here\n  policy: {methods: [PUT]}"},
	{"a value of a route", "A$-B", "policy:\n  origins: [https://a.example]\nroutes:\n- pattern: /a/\n  policy:\n    methods: [A$-B] # here"},
	{"a value that a route inherits", "A$-B", "policy:\n  origins: [https://a.example]\n  methods: [A$-B] # here\nroutes:\n- pattern: /a/\n  policy: {maxAgeSeconds: 5}"},
}

func manyOrigins(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- https://%c%d.example\n", 'a'+i%2, i)
	}
	return b.String()
}

// TestRefusalsNameValueLineAndReason writes recipes of every stack for policies with one value
// that it may not be able to express. A refusal must name this value, its line and one reason,
// and say what to do. Every limit of every stack must be reached.
func TestRefusalsNameValueLineAndReason(t *testing.T) {
	reached := map[string]bool{}
	for _, row := range unwritable {
		text := row.policy
		if !strings.Contains(text, "credentials:") { // which S3 needs
			text = strings.Replace(text, "origins:", "credentials: true\n#INDENT#dangerouslyAllowInsecureOriginsWithCredentials: true\n#INDENT#origins:", 1)
			indent := ""
			if strings.HasPrefix(text, "policy:") {
				indent = "  "
			}
			text = strings.ReplaceAll(text, "#INDENT#", indent)
		}
		line := 1 + strings.Count(text[:strings.Index(text, "# here")], "\n")
		file, err := policyfile.Load("policy.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		refused := 0
		for _, s := range All() {
			_, err := recipe.Write(file.Routes, s)
			var refusal *recipe.Refusal
			if err == nil {
				continue
			}
			if !errors.As(err, &refusal) {
				t.Fatal(err)
			}
			if row.name == "more than 100 origins" && !strings.HasPrefix(s.Name, "aws-") {
				continue // the others refuse 65
			}
			refused++
			refusal.Locate("policy.yaml", file)
			var about []recipe.Reason
			for _, r := range refusal.Reasons {
				reached[s.Name+": "+r.Sentence] = true
				// A route is refused by stacks that can't have routes, whatever its policy is.
				if r.Field != "pattern" || strings.Contains(row.name, "route") && !strings.Contains(row.name, "a value") {
					about = append(about, r)
				}
			}
			if strings.Contains(row.name, "a value") && len(about) == 0 {
				continue // refused for its route
			}
			if len(about) != 1 {
				t.Errorf("%s for %s: %d reasons: %q", row.name, s.Name, len(about), refusal.Sentences())
				continue
			}
			got := about[0]
			if !slices.Contains(strings.Split(row.value, "|"), got.Value) || got.Line != line {
				t.Errorf("%s for %s: the refusal names %q in line %d, want %q in line %d", row.name, s.Name, got.Value, got.Line, row.value, line)
			}
			if sentence := got.String(); !strings.HasPrefix(sentence, fmt.Sprintf("policy.yaml:%d: ", line)) || !strings.Contains(got.Sentence, ": ") || strings.Contains(got.Sentence, ". ") {
				t.Errorf("%s for %s: does not begin with the line, does not say what to do, or is two sentences: %s", row.name, s.Name, sentence)
			}
		}
		if refused == 0 {
			t.Errorf("%s: no stack refuses it", row.name)
		}
	}
	// A policy file has origins. A policy in Go may have only Lookup.
	lookup := cors.Policy{Lookup: func(context.Context, origin.Origin) (bool, error) { return false, nil }}
	_, err := Write(routes.Policies{Policy: lookup}, "ingress-nginx")
	var refusal *recipe.Refusal
	if !errors.As(err, &refusal) || len(refusal.Reasons) != 1 || refusal.Reasons[0].Field != "origins" {
		t.Fatalf("no origins: %v", err)
	}
	reached["ingress-nginx: "+refusal.Reasons[0].Sentence] = true
	for _, s := range All() {
		sentences, _ := s.Cannot()
		for _, sentence := range sentences {
			if !reached[s.Name+": "+sentence] && !strings.Contains(sentence, "this form of an origin") && !strings.Contains(sentence, "an origin of this form") {
				t.Errorf("%s: no policy of this test is refused for this: %s", s.Name, sentence)
			}
		}
	}
}

// TestRefusalsListEveryValue writes a recipe for a policy with several values that can't be
// expressed. Each has one reason, in the order of the file.
func TestRefusalsListEveryValue(t *testing.T) {
	file, err := policyfile.Load("policy.json", []byte(`{"policy": {"origins": [
		"https://a.example",
		"https://*.b.example",
		"https://pr-*.c.example:*"],
	"requestHeaders": ["*"]},
	"routes": [{"pattern": "PUT a.example/x", "policy": {"methods": ["PUT"], "origins": [
		"https://*.b.example"]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Write(file.Routes, "aws-api-gateway")
	var refusal *recipe.Refusal
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	refusal.Locate("policy.json", file)
	var got []string
	for _, r := range refusal.Reasons {
		got = append(got, fmt.Sprintf("%d %s %s", r.Line, r.Path, r.Value))
	}
	want := []string{
		"3 policy.origins[1] https://*.b.example", "4 policy.origins[2] https://pr-*.c.example:*", "5 policy.requestHeaders[0] *",
		"6 routes[0].pattern PUT a.example/x", "7 routes[0].policy.origins[0] https://*.b.example",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
