package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestCasesDependOnlyOnSeedAndIndex(t *testing.T) {
	few, many := Generate(7, 20), Generate(7, 300)
	if !reflect.DeepEqual(few, many[:20]) {
		t.Error("the first cases of a seed depend on the number of cases")
	}
	if !reflect.DeepEqual(GenerateCase(7, 250), many[250]) {
		t.Error("GenerateCase returns another case than Generate")
	}
	same := 0
	for i, c := range Generate(8, 300) {
		if reflect.DeepEqual(c, many[i]) {
			same++
		}
	}
	if same > 3 {
		t.Errorf("%d of 300 cases are the same with two seeds", same)
	}
}

// A seed must always give the same cases: the IDs in docs/deviations.md and the seeds
// that failing tests print depend on it. If this test fails after a change to the
// generator, record the corpora again and then update the sum.
func TestCasesOfASeedStayTheSame(t *testing.T) {
	sum := sha256.New()
	enc := json.NewEncoder(sum)
	for _, seed := range []uint64{1, 2, 99} {
		if err := enc.Encode(Generate(seed, 3000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Encode(HandwrittenCases()); err != nil {
		t.Fatal(err)
	}
	const want = "f97584c9d04e0216039341987ff3a0b68c0a9e480e8f44640ff2f7ffedc1f722"
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("the generated cases have changed: their SHA-256 sum is %s, want %s", got, want)
	}
}

func TestGeneratedCasesAreWellFormed(t *testing.T) {
	for _, c := range Generate(3, 2000) {
		if len(c.Steps) < 1 || len(c.Steps) > 3 {
			t.Errorf("case %d: %d steps", c.ID, len(c.Steps))
		}
		for i, s := range c.Steps {
			if len(s.Hops) == 0 {
				t.Errorf("case %d, step %d: no responses", c.ID, i)
			}
			own := fmt.Sprintf("/c/%d/", c.ID)
			if strings.HasPrefix(s.Request.URL, "http://") && !strings.Contains(s.Request.URL, own) {
				t.Errorf("case %d, step %d: %s is not below %s", c.ID, i, s.Request.URL, own)
			}
		}
		for _, set := range c.Cookies {
			name, _, _ := strings.Cut(set.Value, "=")
			if !strings.HasSuffix(name, fmt.Sprintf("_%d", c.ID)) {
				t.Errorf("case %d: the name of cookie %q does not end in the case's ID", c.ID, name)
			}
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("case %d: %v", c.ID, err)
		}
		var back Case
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("case %d: %v", c.ID, err)
		}
		if second, _ := json.Marshal(back); string(second) != string(text) {
			t.Errorf("case %d: encoding and decoding as JSON changes it", c.ID)
		}
	}
}

// Each row is a feature of cases, with the lowest and highest percentage of cases
// that may have it.
func TestGeneratedCasesHaveEveryFeature(t *testing.T) {
	const n = 6000
	request := func(ok func(Request) bool) func(Case) bool {
		return func(c Case) bool {
			for _, s := range c.Steps {
				if ok(s.Request) {
					return true
				}
			}
			return false
		}
	}
	header := func(pick func(Hop) Response, name string, ok func(string) bool) func(Case) bool {
		return func(c Case) bool {
			for _, s := range c.Steps {
				for _, h := range s.Hops {
					for _, f := range pick(h).Headers {
						if strings.EqualFold(f[0], name) && ok(f[1]) {
							return true
						}
					}
				}
			}
			return false
		}
	}
	preflight := func(h Hop) Response { return h.Preflight }
	actual := func(h Hop) Response { return h.Actual }
	is := func(values ...string) func(string) bool {
		return func(s string) bool {
			for _, v := range values {
				if s == v {
					return true
				}
			}
			return false
		}
	}
	type row struct {
		name        string
		least, most float64
		has         func(Case) bool
	}
	rows := []row{
		{"sandboxed page", 5, 20, func(c Case) bool { return c.Page.Sandboxed }},
		{"page with a referrer policy", 5, 30, func(c Case) bool { return c.Page.ReferrerPolicy != "" }},
		{"page with require-corp", 1, 10, func(c Case) bool { return c.Page.COEP == "require-corp" }},
		{"page with credentialless", 1, 10, func(c Case) bool { return c.Page.COEP == "credentialless" }},
		{"page on a subdomain", 1, 10, func(c Case) bool { return c.Page.Host == "sub.a" }},
		{"redirect", 15, 40, func(c Case) bool { return len(c.Steps[0].Hops) > 1 }},
		{"more than one step", 8, 30, func(c Case) bool { return len(c.Steps) > 1 }},
		{"cookie set in advance", 5, 20, func(c Case) bool { return len(c.Cookies) > 0 }},
		{"wait", 0.1, 3, func(c Case) bool { return c.Steps[len(c.Steps)-1].Wait > 0 }},
		{"upload listener", 0.5, 5, request(func(q Request) bool { return q.UploadListener })},
		{"userinfo in the URL", 0.3, 5, request(func(q Request) bool { return strings.Contains(q.URL, "@") })},
		{"bad port", 0.1, 3, request(func(q Request) bool {
			return strings.Contains(q.URL, "localhost:25/") || strings.Contains(q.URL, ":10080/")
		})},
		{"URL that is not HTTP", 0.1, 3, request(func(q Request) bool { return !strings.HasPrefix(q.URL, "http") })},
		{"Authorization", 2, 15, request(func(q Request) bool { return len(q.Headers) > 0 && q.Headers[0][0] == "Authorization" })},
		{"value of 129 bytes", 0.3, 5, request(func(q Request) bool { return len(q.Headers) > 0 && len(q.Headers[0][1]) == 129 })},
		{"missing Access-Control-Allow-Origin", 5, 60, func(c Case) bool { return c.Steps[0].Hops[0].Actual.get("Access-Control-Allow-Origin") == "" }},
		{"wildcard as the allowed origin", 10, 60, header(actual, "Access-Control-Allow-Origin", is("*"))},
		{"null as the allowed origin", 2, 40, header(actual, "Access-Control-Allow-Origin", is("null"))},
		{"almost valid Access-Control-Allow-Credentials", 1, 15, header(actual, "Access-Control-Allow-Credentials", is("TRUE", "True", "true, true", "true;"))},
		{"wildcard for methods", 3, 40, header(preflight, "Access-Control-Allow-Methods", is("*"))},
		{"wildcard for headers", 3, 40, header(preflight, "Access-Control-Allow-Headers", is("*"))},
		{"Max-Age that is not a number", 0.2, 10, header(preflight, "Access-Control-Max-Age", is("abc", "5.5", "+60", "60 s"))},
		{"resource policy", 2, 15, header(actual, "Cross-Origin-Resource-Policy", func(string) bool { return true })},
		{"nosniff", 0.5, 10, header(actual, "X-Content-Type-Options", is("nosniff"))},
		{"userinfo in Location", 0.1, 5, header(actual, "Location", func(v string) bool { return strings.Contains(v, "@") })},
		{"Location with data:", 0.02, 2, header(actual, "Location", func(v string) bool { return strings.HasPrefix(v, "data:") })},
		{"preflight with another status", 2, 20, func(c Case) bool {
			st := c.Steps[0].Hops[0].Preflight.Status
			return st != 200 && st != 204
		}},
	}
	for _, f := range Families {
		rows = append(rows, row{"family " + f, 5, 70, func(c Case) bool { return c.Family == f }})
	}
	for _, via := range append([]string{"fetch", "xhr"}, Elements...) {
		rows = append(rows, row{"via " + via, 0.5, 90, request(func(q Request) bool { return q.Via == via })})
	}
	for _, kind := range BodyKinds {
		rows = append(rows, row{"body " + kind, 0.2, 90, request(func(q Request) bool { return q.BodyKind == kind })})
	}
	for _, m := range []string{"", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "patch", "put", "OPTIONS", "CHICKEN", "CONNECT"} {
		rows = append(rows, row{"method " + m, 0.2, 60, request(func(q Request) bool { return q.Method == m })})
	}
	for _, v := range []string{"", "cors", "no-cors", "same-origin"} {
		rows = append(rows, row{"mode " + v, 1, 80, request(func(q Request) bool { return q.Mode == v })})
	}
	for _, v := range []string{"", "include", "omit", "same-origin"} {
		rows = append(rows, row{"credentials " + v, 0.5, 80, request(func(q Request) bool { return q.Credentials == v })})
	}
	for _, v := range []string{"", "error", "manual"} {
		rows = append(rows, row{"redirect " + v, 1, 98, request(func(q Request) bool { return q.Redirect == v })})
	}
	for _, v := range []string{"", "no-store", "reload", "no-cache"} {
		rows = append(rows, row{"cache " + v, 0.5, 98, request(func(q Request) bool { return q.Cache == v })})
	}
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		rows = append(rows, row{fmt.Sprint("status ", status), 0.1, 20, func(c Case) bool { return c.Steps[0].Hops[0].Actual.Status == status }})
	}
	cases := Generate(5, n)
	for _, r := range rows {
		count := 0
		for _, c := range cases {
			if r.has(c) {
				count++
			}
		}
		if share := float64(count) * 100 / n; share < r.least || share > r.most {
			t.Errorf("%s: in %.2f %% of the cases, want %v to %v %%", r.name, share, r.least, r.most)
		}
	}
}

func ExampleGenerateCase() {
	c := GenerateCase(1, 11)
	fmt.Println(c.Family, c.Page.Host, c.Steps[0].Request.Method, c.Steps[0].Request.URL)
	// Output: cache a GET http://{b}/c/11/0
}
