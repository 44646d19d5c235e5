package serverfix

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch/reason"
)

// fixFor makes a request that the server blocks, and returns the fix.
func fixFor(t *testing.T, q request.Question, stack string, serve http.HandlerFunc) *Fix {
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
	q.PageSpace = "loopback" // the server is on loopback
	result, err := request.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if result.Verdict != request.Blocked {
		t.Fatalf("verdict %v, want blocked", result.Verdict)
	}
	fix, err := For(context.Background(), q, result, stack)
	if err != nil {
		t.Fatal(err)
	}
	return fix
}

func TestForWritesAPolicyThatAllowsTheRequest(t *testing.T) {
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
		q      request.Question
		serve  http.HandlerFunc
		policy string
	}{
		{"no header", request.Question{}, set(), `origins: ["https://app.example"]`},
		{"another origin", request.Question{}, set("Access-Control-Allow-Origin", "https://other.example"),
			`origins: ["https://app.example","https://other.example"]`},
		{"an origin that no policy may list", request.Question{Credentials: "include"}, set("Access-Control-Allow-Origin", "http://other.example"),
			"origins: [\"https://app.example\"]\ncredentials: true"},
		{"a wildcard, with credentials", request.Question{Credentials: "include"}, set("Access-Control-Allow-Origin", "*"),
			"origins: [\"https://app.example\"]\ncredentials: true"},
		{"two headers", request.Question{}, set("Access-Control-Allow-Origin", "*", "Access-Control-Allow-Origin", "*"), `origins: ["https://app.example"]`},
		{"a preflight response with status 405", request.Question{Method: "PUT", Data: &body}, set(), "origins: [\"https://app.example\"]\nmethods: [\"PUT\"]"},
		{"a method that is not allowed", request.Question{Method: "PATCH"}, set("Access-Control-Allow-Origin", "*", "Access-Control-Allow-Methods", "PUT"),
			"origins: [\"*\"]\nmethods: [\"PATCH\",\"PUT\"]"},
		{"several headers that are not allowed", request.Question{Header: []string{"X-A: 1", "Authorization: t"}}, set("Access-Control-Allow-Origin", "*"),
			"origins: [\"*\"]\nrequestHeaders: [\"authorization\",\"x-a\"]"},
		{"headers that are allowed and exposed today", request.Question{Header: []string{"X-A: 1"}}, set("Access-Control-Allow-Origin", "https://app.example",
			"Access-Control-Allow-Headers", "x-b, Authorization", "Access-Control-Allow-Methods", "GET, DELETE", "Access-Control-Expose-Headers", "ETag"),
			"origins: [\"https://app.example\"]\nmethods: [\"DELETE\"]\nrequestHeaders: [\"x-a\",\"x-b\",\"Authorization\"]\nexposedHeaders: [\"ETag\"]"},
		{"an error response", request.Question{}, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) }, `origins: ["https://app.example"]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := fixFor(t, test.q, "", test.serve)
			if f == nil {
				t.Fatal("no fix")
			}
			if strings.TrimSpace(f.Policy) != test.policy {
				t.Errorf("policy:\n%s", f.Policy)
			}
			if _, err := policyfile.Load("policy.yaml", []byte(f.Policy)); err != nil {
				t.Errorf("the policy is invalid: %v", err)
			}
			if len(f.Simulated) != 4 {
				t.Errorf("%d browsers were simulated, want 4", len(f.Simulated))
			}
			for _, p := range f.Simulated {
				want := request.Allowed
				if result := test.q; result.Method != "" || len(result.Header) > 0 {
					want = request.Unknown // only the preflight was sent
				}
				if p.Browser == "webkit" && strings.HasPrefix(test.q.From+"https:", "https:") {
					want = request.Blocked // the server is on loopback: mixed content in WebKit
				}
				if p.Verdict != want {
					t.Errorf("%s: %v %s", p.Browser, p.Verdict, p.Reason)
				}
			}
		})
	}
}

// A simulation is only worth something if it can fail.
func TestTheSimulationFindsTheNextProblem(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer other.Close()
	f := fixFor(t, request.Question{As: "chromium"}, "", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	if f == nil || f.Simulated[0].Verdict != request.Blocked || f.Simulated[0].Reason != reason.MissingAllowOriginHeader {
		t.Errorf("a redirect to a server without the fix: %+v", f)
	}
}

func TestForProposesNothingDangerous(t *testing.T) {
	for _, test := range []struct {
		name string
		q    request.Question
		want string
	}{
		{"an http: page with credentials", request.Question{From: "http://app.example", Credentials: "include"}, "http://app.example"},
		{"a sandboxed page", request.Question{From: "null"}, "null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := fixFor(t, test.q, "nginx", func(http.ResponseWriter, *http.Request) {})
			if f == nil || len(f.Files) > 0 || len(f.Refused) != 1 || !strings.Contains(f.Refused[0], test.want) || len(f.Simulated) > 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestForReturnsNilForWhatTheServerCannotFix(t *testing.T) {
	result, err := request.Run(context.Background(), request.Question{URL: "http://api.example/", From: "https://app.example"})
	if err != nil {
		t.Fatal(err)
	}
	if fix, err := For(context.Background(), request.Question{}, result, ""); err != nil || fix != nil {
		t.Errorf("mixed content: %+v %v", fix, err)
	}
}

func TestTheServerIsDetectedByItsResponses(t *testing.T) {
	for _, test := range []struct {
		name                string
		preflight, response []string // headers of both kinds of responses
		doubled             bool
		given               string
		stack               string
		says                []string
	}{
		{name: "nothing identifies it", stack: ""},
		{name: "one product", response: []string{"Server", "nginx/1.22.1"}, stack: "nginx", says: []string{"Server: looks like nginx (Server: nginx/1.22.1)."}},
		{name: "a product without a recipe", response: []string{"Server", "cloudflare"}, stack: "", says: []string{"Cloudflare"}},
		{name: "a header that only one product sends", response: []string{"X-AspNet-Version", "4.0.30319"}, stack: "", says: []string{"Server: looks like ASP.NET (X-AspNet-Version: 4.0.30319)."}},
		{name: "a header that only one service sends", response: []string{"apigw-requestid", "JKLMNOP="}, stack: "aws-api-gateway", says: []string{"Amazon API Gateway"}},
		{name: "a header whose value does not matter", response: []string{"X-Envoy-Upstream-Service-Time", "3"}, stack: "envoy", says: []string{"Envoy"}},
		{name: "a cookie that only one framework sets", response: []string{"Set-Cookie", "laravel_session=abc; path=/; httponly"}, stack: "laravel", says: []string{"Server: looks like Laravel (Set-Cookie: laravel_session=)."}},
		{name: "a framework on PHP", response: []string{"X-Powered-By", "PHP/8.2", "Set-Cookie", "XSRF-TOKEN=eyJpdiI6abc"}, stack: "laravel", says: []string{"Server: looks like Laravel (Set-Cookie: XSRF-TOKEN=)."}},
		{name: "a server that runs applications of several frameworks", response: []string{"Server", "uvicorn"}, stack: "",
			says: []string{"Server: looks like Uvicorn (Server: uvicorn).", "any ASGI application: add --for fastapi if yours is FastAPI or Starlette"}},
		{name: "another stack is given", response: []string{"Server", "Apache/2.4.1 (Debian)"}, given: "net-http", stack: "net-http", says: []string{"Apache"}},
		{name: "the application responds through a proxy", response: []string{"Server", "openresty", "X-Powered-By", "Tomcat", "X-Powered-By", "nginx"},
			stack: "nginx", says: []string{"OpenResty"}},
		{name: "a proxy responds to the preflight itself", preflight: []string{"Server", "nginx"}, response: []string{"Server", "nginx", "X-Powered-By", "PHP/8.2"},
			stack: "nginx", says: []string{"nginx"}},
		{name: "two servers add the header: the one in front can remove it", doubled: true, response: []string{"Server", "nginx", "X-Powered-By", "Express"},
			stack: "nginx", says: []string{"2 layers: nginx (Server: nginx), Express (X-Powered-By: Express)", "Each of them seems to add"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := request.Question{As: "chromium"}
			if test.preflight != nil {
				q.Method = "PUT"
			}
			f := fixFor(t, q, test.given, func(w http.ResponseWriter, r *http.Request) {
				fields := test.response
				if r.Method == http.MethodOptions {
					fields = test.preflight
				}
				for i := 0; i < len(fields); i += 2 {
					w.Header().Add(fields[i], fields[i+1])
				}
				if test.doubled {
					w.Header()["Access-Control-Allow-Origin"] = []string{"*", "*"}
				}
			})
			if f.Stack != test.stack || (f.Stack == "") != (len(f.Files) == 0 && f.Short == nil) {
				t.Errorf("stack %q with %d files", f.Stack, len(f.Files))
			}
			sentences := strings.Join(f.Layers, " ")
			for _, want := range test.says {
				if !strings.Contains(sentences, want) {
					t.Errorf("sentences %q do not contain %q", sentences, want)
				}
			}
		})
	}
}
