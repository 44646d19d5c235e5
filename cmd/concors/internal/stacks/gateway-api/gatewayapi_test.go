package gatewayapi

import (
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"go.yaml.in/yaml/v4"
)

// TestPrefixWithoutSlash checks the rule for the path of a prefix without its last
// slash. PathPrefix matches that path too, but the policy's route does not.
func TestPrefixWithoutSlash(t *testing.T) {
	policy, err := policyfile.Load("policy.yaml", []byte(`
policy: {origins: [https://app.example.com]}
routes:
  - pattern: /public/
    policy: {origins: ["*"]}
  - pattern: /public/deep/
    policy: {origins: [https://deep.example.com]}
  - pattern: /off/
    off: true`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := recipe.Write(policy.Routes, Stack)
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
	if err := yaml.Unmarshal([]byte(r.Files[0].Text), &c); err != nil {
		t.Fatal(err)
	}
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
			t.Errorf("%s: %q, want %q", path, got[path], origins)
		}
	}
}
