package stacks

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// TestShortFormsAreShort writes the short forms of policies that people usually have. Each
// fits on a screen beside the answer that it is a part of, and holds at least one of them.
func TestShortFormsAreShort(t *testing.T) {
	usual := goldenPolicies(t, "usual")
	usual["one"] = routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	for _, s := range Shorts() {
		if !strings.HasSuffix(s.Where, ":") || strings.Contains(s.Where, ". ") {
			t.Errorf("%s: not one sentence that ends in a colon: %s", s.Name, s.Where)
		}
		written := 0
		for name, policies := range usual {
			lines, err := recipe.WriteLines(policies, s)
			var refusal *recipe.Refusal
			if errors.As(err, &refusal) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			written++
			if n := strings.Count(lines.Text, "\n") + 1; n > 22 || n > 13 && name == "one" || len(lines.Notes) > 3 {
				t.Errorf("%s, %s: %d lines and %d notes", s.Name, name, n, len(lines.Notes))
			}
			if strings.Contains(lines.Text, "\n\n\n") || strings.Contains(lines.Text, " \n") || strings.Contains(lines.Text, "no value") {
				t.Errorf("%s, %s: two empty lines, a blank at the end of a line, or a missing value:\n%s", s.Name, name, lines.Text)
			}
		}
		if written == 0 && s.Name != "azure-app-service" {
			t.Errorf("%s refuses all usual policies", s.Name)
		}
	}
}

// TestShortFormsHaveThePolicysValues looks in every short form for the origins, methods,
// headers, credentials and the max age of the policy, and for a wildcard that the policy
// does not have.
func TestShortFormsHaveThePolicysValues(t *testing.T) {
	policies := testPolicies(t)
	for name, p := range goldenPolicies(t, "usual") {
		policies = append(policies, namedPolicy{name, p})
	}
	for i, s := range Shorts() {
		if testing.Short() && i%4 > 0 {
			continue // a sample
		}
		for _, p := range policies {
			lines, err := recipe.WriteLines(p.policies, s)
			var refusal *recipe.Refusal
			if errors.As(err, &refusal) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			rule := recipe.NewPlan(p.policies).Rest()
			text := strings.ReplaceAll(strings.ToLower(lines.Text), `\`, "")
			missing := func(what string) { t.Errorf("%s, %s: %s is missing:\n%s", s.Name, p.name, what, lines.Text) }
			isLost := func(words string) bool {
				return slices.ContainsFunc(lines.Notes, func(note string) bool { return strings.Contains(note, words) })
			}
			for _, o := range rule.Origins {
				_, host, _ := strings.Cut(strings.ToLower(o), "://")
				if !strings.Contains(text, host) {
					missing(o)
				}
			}
			for _, m := range rule.Methods {
				if !strings.Contains(text, strings.ToLower(m)) && !isLost("methods") && s.Name != "azure-app-service" {
					missing(m)
				}
			}
			for _, name := range slices.Concat(rule.RequestHeaders, rule.ExposedNames()) {
				if !strings.Contains(text, strings.ToLower(name)) && !isLost("xpose") && !rule.AnyRequestHeader {
					missing(name)
				}
			}
			if rule.MaxAge != "" && !strings.Contains(text, rule.MaxAge) && rule.MaxAge != "0" && s.Name != "azure-app-service" {
				missing("the max age")
			}
			if changed := p.policies; len(changed.Policy.OriginsWithCredentials) == 0 && s.Name != "aws-s3" { // which always sends them
				changed.Policy.Credentials = !changed.Policy.Credentials
				other, err := recipe.WriteLines(changed, s)
				if err == nil && other.Text == lines.Text {
					t.Errorf("%s, %s: credentials make no difference:\n%s", s.Name, p.name, lines.Text)
				}
			}
			any := rule.AnyOrigin || rule.AnyMethod || rule.AnyRequestHeader || slices.Contains(rule.ExposedHeaders, "*")
			patterns := len(rule.Patterns) > 0
			if m := loneWildcard.FindString(notAboutOrigins.ReplaceAllString(text, "")); m != "" && !any && !patterns {
				t.Errorf("%s, %s: the wildcard %s is not in the policy:\n%s", s.Name, p.name, m, lines.Text)
			}
		}
	}
}

var (
	loneWildcard = regexp.MustCompile(`["'\[=]\*["'\]\s]|any(host|origin|method|header)`)

	// notAboutOrigins matches wildcards for paths.
	notAboutOrigins = regexp.MustCompile(`'paths' => \['\*'\]|resource '\*'|"source": "\*\*"|"/\*\*"|/\*<`)
)
