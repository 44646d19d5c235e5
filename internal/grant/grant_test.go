package grant

import (
	"fmt"
	"strings"
	"testing"
)

// lines shows headers as "Name: value", with <origin>, <method> and <headers> for values that repeat
// the request's.
func lines(headers []Header) string {
	var b strings.Builder
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\n", h.Name, h.ValueFor("<origin>", "<method>", []string{"<headers>"}))
	}
	return b.String()
}

func TestNew(t *testing.T) {
	const (
		varyPreflight = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n"
		anyPreflight  = "Vary: Access-Control-Request-Method, Access-Control-Request-Headers\n"
	)
	for _, row := range []struct {
		name                        string
		policy                      Policy
		allowed, refused, preflight string
		status                      int
	}{
		{
			"an origin and nothing else", Policy{Origins: []string{"https://a.test"}},
			"Vary: Origin\nAccess-Control-Allow-Origin: <origin>\n",
			"Vary: Origin\n",
			varyPreflight + "Access-Control-Allow-Origin: <origin>\n", 204,
		},
		{
			"every field", Policy{
				Origins: []string{"https://a.test"}, Methods: []string{"PUT", "DELETE"}, RequestHeaders: []string{"X-A", "Authorization"},
				ExposedHeaders: []string{"X-B", "X-C"}, Credentials: true, MaxAgeSeconds: 600, PreflightStatus: 200,
				TimingAllowOrigin: true, ResourcePolicy: "same-site",
			},
			"Cross-Origin-Resource-Policy: same-site\nVary: Origin\nAccess-Control-Allow-Origin: <origin>\n" +
				"Access-Control-Allow-Credentials: true\nAccess-Control-Expose-Headers: X-B, X-C\nTiming-Allow-Origin: <origin>\n",
			"Cross-Origin-Resource-Policy: same-site\nVary: Origin\n",
			varyPreflight + "Access-Control-Allow-Origin: <origin>\nAccess-Control-Allow-Credentials: true\n" +
				"Access-Control-Allow-Methods: PUT, DELETE\nAccess-Control-Allow-Headers: x-a, authorization\nAccess-Control-Max-Age: 600\n", 200,
		},
		{
			"more headers in Vary", Policy{Origins: []string{"https://a.test"}, VaryHeaders: []string{"X-Tenant", "origin", "X-B"}},
			"Vary: Origin, X-Tenant, X-B\nAccess-Control-Allow-Origin: <origin>\n",
			"Vary: Origin, X-Tenant, X-B\n",
			"Vary: Origin, X-Tenant, X-B, Access-Control-Request-Method, Access-Control-Request-Headers\nAccess-Control-Allow-Origin: <origin>\n", 204,
		},
		{
			"more headers in Vary, and every origin", Policy{Origins: []string{"*"}, VaryHeaders: []string{"X-Tenant"}},
			"Access-Control-Allow-Origin: *\n", "", anyPreflight + "Access-Control-Allow-Origin: *\n", 204,
		},
		{
			"wildcards without credentials", Policy{
				Origins: []string{"*"}, Methods: []string{"*", "PUT"}, RequestHeaders: []string{"*"}, ExposedHeaders: []string{"*"},
				MaxAgeSeconds: -1, TimingAllowOrigin: true,
			},
			"Access-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: *\nTiming-Allow-Origin: *\n",
			"",
			anyPreflight + "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: *\nAccess-Control-Max-Age: 0\n", 204,
		},
		{
			"a wildcard and Authorization", Policy{Origins: []string{"*"}, RequestHeaders: []string{"Authorization", "*", "X-A"}},
			"Access-Control-Allow-Origin: *\n",
			"",
			anyPreflight + "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: *, authorization\n", 204,
		},
		{
			"wildcards with credentials repeat the request's values",
			Policy{Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, Credentials: true},
			"Vary: Origin\nAccess-Control-Allow-Origin: <origin>\nAccess-Control-Allow-Credentials: true\n",
			"Vary: Origin\n",
			varyPreflight + "Access-Control-Allow-Origin: <origin>\nAccess-Control-Allow-Credentials: true\n" +
				"Access-Control-Allow-Methods: <method>\nAccess-Control-Allow-Headers: <headers>\n", 204,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := New(row.policy)
			for _, list := range []struct {
				name    string
				headers []Header
				want    string
			}{{"Allowed", g.Allowed, row.allowed}, {"Refused", g.Refused, row.refused}, {"Preflight", g.Preflight, row.preflight}} {
				if got := lines(list.headers); got != list.want {
					t.Errorf("%s is\n%s\nwant\n%s", list.name, got, list.want)
				}
			}
			if g.Status != row.status {
				t.Errorf("Status is %d, want %d", g.Status, row.status)
			}
		})
	}
}

// The lists share no memory: a caller may append to one without changing another.
func TestListsAreIndependent(t *testing.T) {
	g := New(Policy{Origins: []string{"https://a.test"}, ResourcePolicy: "same-site"})
	_ = append(g.Refused, Header{Name: "X"})
	if got := g.Allowed[len(g.Refused)].Name; got != AllowOrigin {
		t.Errorf("appending to Refused changed Allowed: %s", got)
	}
}

func TestValueForJoinsTheRequestedHeaders(t *testing.T) {
	h := Header{Name: AllowHeaders, From: RequestHeaders}
	if got := h.ValueFor("", "", []string{"x-a", "x-b,x-c"}); got != "x-a,x-b,x-c" {
		t.Errorf("got %q", got)
	}
	if got := h.ValueFor("", "", nil); got != "" {
		t.Errorf("without requested headers: %q", got)
	}
}

func ExampleNew() {
	g := New(Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}, Credentials: true})
	for _, h := range g.Allowed {
		fmt.Printf("%s: %s\n", h.Name, h.ValueFor("https://app.example.com", "", nil))
	}
	fmt.Println(g.AllowMethods, g.Status)
	// Output:
	// Vary: Origin
	// Access-Control-Allow-Origin: https://app.example.com
	// Access-Control-Allow-Credentials: true
	// PUT 204
}
