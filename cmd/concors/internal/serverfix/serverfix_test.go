package serverfix

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
)

// blocked asks a server that answers like this, and has it fixed.
func blocked(t *testing.T, q check.Question, stack string, serve http.HandlerFunc) *check.Report {
	t.Helper()
	s := httptest.NewServer(serve)
	t.Cleanup(s.Close)
	q.URL = s.URL + "/items"
	if q.From == "" {
		q.From = "https://app.example"
	}
	if q.As == "" {
		q.As = "all"
	}
	report, err := check.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != check.Blocked {
		t.Fatalf("%v, and the test is about what is blocked", report.Verdict)
	}
	if err := For(context.Background(), q, report, stack); err != nil {
		t.Fatal(err)
	}
	return report
}

func TestForWritesAPolicyThatLetsTheRequestIn(t *testing.T) {
	set := func(fields ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(fields); i += 2 {
				w.Header().Add(fields[i], fields[i+1])
			}
			if r.Method == http.MethodOptions && len(fields) == 0 {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
		}
	}
	body := "x"
	for _, test := range []struct {
		name   string
		q      check.Question
		serve  http.HandlerFunc
		policy string
	}{
		{"no header", check.Question{}, set(), `origins: ["https://app.example"]`},
		{"another origin", check.Question{}, set("Access-Control-Allow-Origin", "https://other.example"), `origins: ["https://app.example"]`},
		{"a star, with credentials", check.Question{Credentials: "include"}, set("Access-Control-Allow-Origin", "*"),
			"origins: [\"https://app.example\"]\ncredentials: true"},
		{"two of them", check.Question{}, set("Access-Control-Allow-Origin", "*", "Access-Control-Allow-Origin", "*"), `origins: ["https://app.example"]`},
		{"a preflight answered with 405", check.Question{Method: "PUT", Data: &body}, set(), "origins: [\"https://app.example\"]\nmethods: [\"PUT\"]"},
		{"a method that is not in the list", check.Question{Method: "PATCH"}, set("Access-Control-Allow-Origin", "*", "Access-Control-Allow-Methods", "PUT"),
			"origins: [\"https://app.example\"]\nmethods: [\"PATCH\"]"},
		{"headers that are not in the list, all of them at once", check.Question{Header: []string{"X-A: 1", "Authorization: t"}}, set("Access-Control-Allow-Origin", "*"),
			"origins: [\"https://app.example\"]\nrequestHeaders: [\"authorization\",\"x-a\"]"},
		{"an error's answer", check.Question{}, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) }, `origins: ["https://app.example"]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := blocked(t, test.q, "", test.serve).Fix
			if f == nil {
				t.Fatal("there is no fix")
			}
			if strings.TrimSpace(f.Policy) != test.policy {
				t.Errorf("the policy:\n%s", f.Policy)
			}
			if _, err := policyfile.Load("policy.yaml", []byte(f.Policy)); err != nil {
				t.Errorf("the policy is none: %v", err)
			}
			if len(f.Proof) != 4 {
				t.Errorf("%d browsers were asked again", len(f.Proof))
			}
			for _, p := range f.Proof {
				if p.Verdict != check.Allowed {
					t.Errorf("%s: %v %s", p.Browser, p.Verdict, p.Reason)
				}
			}
		})
	}
}

// The proof is worth something only if it can fail.
func TestTheProofSaysWhatElseIsInTheWay(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer other.Close()
	f := blocked(t, check.Question{As: "chromium"}, "", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	}).Fix
	if f == nil || f.Proof[0].Verdict != check.Blocked || f.Proof[0].Reason != "MissingAllowOriginHeader" {
		t.Errorf("a redirect to a server that nobody mended: %+v", f)
	}
}

func TestForProposesNothingThatIsDangerous(t *testing.T) {
	for _, test := range []struct {
		name string
		q    check.Question
		want string
	}{
		{"an http: page with credentials", check.Question{From: "http://app.example", Credentials: "include"}, "http://app.example"},
		{"a sandboxed page", check.Question{From: "null"}, "null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := blocked(t, test.q, "nginx", func(http.ResponseWriter, *http.Request) {}).Fix
			if f == nil || len(f.Files) > 0 || len(f.Refused) != 1 || !strings.Contains(f.Refused[0], test.want) || len(f.Proof) > 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestForLeavesAloneWhatTheServerCannotLift(t *testing.T) {
	report, err := check.Run(context.Background(), check.Question{URL: "http://api.example/", From: "https://app.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := For(context.Background(), check.Question{}, report, ""); err != nil || report.Fix != nil {
		t.Errorf("mixed content: %+v %v", report.Fix, err)
	}
	err = Known("iis6")
	if usage, ok := err.(*check.UsageError); !ok || !strings.Contains(usage.Problem, "iis6") {
		t.Errorf("a stack that there is not: %v", err)
	}
}

func TestTheServerIsToldByItsAnswers(t *testing.T) {
	for _, test := range []struct {
		name              string
		preflight, answer []string // of both kinds of answers
		doubled           bool
		asked             string
		stack             string
		says              []string
	}{
		{name: "nothing is told", stack: ""},
		{name: "one", answer: []string{"Server", "nginx/1.22.1"}, stack: "nginx", says: []string{"It seems to be nginx."}},
		{name: "a value within another's", answer: []string{"Server", "cloudflare"}, stack: "", says: []string{"Cloudflare"}},
		{name: "a header of one product alone", answer: []string{"X-AspNet-Version", "4.0.30319"}, stack: "", says: []string{"It seems to be ASP.NET."}},
		{name: "a header of one service alone", answer: []string{"apigw-requestid", "JKLMNOP="}, stack: "aws-api-gateway", says: []string{"Amazon API Gateway"}},
		{name: "a number that says nothing by itself", answer: []string{"X-Envoy-Upstream-Service-Time", "3"}, stack: "envoy", says: []string{"Envoy"}},
		{name: "asked for another", answer: []string{"Server", "Apache/2.4.1 (Debian)"}, asked: "net-http", stack: "net-http", says: []string{"Apache"}},
		{name: "the application answered, through a proxy", answer: []string{"Server", "openresty", "X-Powered-By", "Tomcat", "X-Powered-By", "nginx"},
			stack: "nginx", says: []string{"OpenResty"}},
		{name: "a preflight that the proxy answered by itself", preflight: []string{"Server", "nginx"}, answer: []string{"Server", "nginx", "X-Powered-By", "PHP/8.2"},
			stack: "nginx", says: []string{"nginx"}},
		{name: "two that both say it: the one in front can take it out", doubled: true, answer: []string{"Server", "nginx", "X-Powered-By", "Express"},
			stack: "nginx", says: []string{"2 layers: nginx, Express", "Each seems to have added"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := check.Question{As: "chromium"}
			if test.preflight != nil {
				q.Method = "PUT"
			}
			f := blocked(t, q, test.asked, func(w http.ResponseWriter, r *http.Request) {
				fields := test.answer
				if r.Method == http.MethodOptions {
					fields = test.preflight
				}
				for i := 0; i < len(fields); i += 2 {
					w.Header().Add(fields[i], fields[i+1])
				}
				if test.doubled {
					w.Header()["Access-Control-Allow-Origin"] = []string{"*", "*"}
				}
			}).Fix
			if f.Stack != test.stack || (f.Stack == "") != (len(f.Files) == 0) {
				t.Errorf("the stack is %q, with %d files", f.Stack, len(f.Files))
			}
			said := strings.Join(f.Layers, " ")
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("said %q, not %q", said, want)
				}
			}
		})
	}
}
