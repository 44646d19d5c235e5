package corstest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/corstest"
)

// Every policy keeps the promise that is made from it.
func TestPoliciesKeepTheirPromises(t *testing.T) {
	tests := map[string]cors.Policy{
		"origins":                     {Origins: []string{"https://app.example.com", "http://localhost:*"}},
		"every origin":                {Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, ExposedHeaders: []string{"*"}},
		"lists":                       {Origins: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"Content-Type"}, ExposedHeaders: []string{"X-Total"}, Credentials: true, MaxAgeSeconds: 600},
		"not cached":                  {Origins: []string{app}, Methods: []string{"PUT"}, MaxAgeSeconds: -1},
		"null":                        {Origins: []string{app}, DangerouslyAllowNull: true},
		"RejectRefused":               {Origins: []string{app}, Credentials: true, RejectRefused: true},
		"Self":                        {Origins: []string{app}, RejectRefused: true, Self: []string{"http://localhost:8080", "https://api.example.com"}},
		"PreflightStatus":             {Origins: []string{app}, Methods: []string{"DELETE"}, PreflightStatus: 200},
		"headers that browsers block": {Origins: []string{app}, RequestHeaders: []string{"X-A", "X-B"}, TimingAllowOrigin: true, ResourcePolicy: "cross-origin"},
		"any origin with credentials": {Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true, Methods: []string{"*"}, RequestHeaders: []string{"*"}},
		"address ranges":              {DangerouslyAllowAddressRanges: []string{"http://192.168.0.0/16:*"}, DangerouslyAllowAnyHost: []string{"moz-extension://*"}, Methods: []string{"PUT"}},
		"credentials for some origins": {Origins: []string{"https://*.example.com"}, OriginsWithCredentials: []string{app, "https://*.x.example.com"}, Methods: []string{"*"},
			RequestHeaders: []string{"X-A", "*"}, ExposedHeaders: []string{"X-Total"}, MaxAgeSeconds: 600},
		"credentials for some of all origins": {Origins: []string{"*"}, OriginsWithCredentials: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"*"}},
		"some with credentials": {
			Origins: []string{"https://*.example.com"}, OriginsWithCredentials: []string{"https://admin.example.com"}, Methods: []string{"PUT"}},
		"* and some with credentials": {
			Origins: []string{"*"}, OriginsWithCredentials: []string{"https://admin.example.com"}, Methods: []string{"PUT"}, ExposedHeaders: []string{"X-A"}},
		"ranges": {
			Origins: []string{app}, DangerouslyAllowAddressRanges: []string{"http://192.168.0.0/16:*", "http://[fd12:3456:789a::/48]:8080"},
			DangerouslyAllowAnyHost: []string{"moz-extension://*"}},
		"only a range": {DangerouslyAllowAddressRanges: []string{"https://10.1.0.0/16:[443,8000-8099]"}, Methods: []string{"PUT"}},
		"http origins": {Origins: []string{"http://app.example.com"}, Credentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true},
	}
	for name, policy := range tests {
		t.Run(name, func(t *testing.T) {
			findings, err := corstest.CheckQuickly(cors.MustNew(policy).Wrap, corstest.PromiseOf(policy))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				t.Errorf("%s\n%s\n\n%s", f, f.Request, f.Response)
			}
		})
	}
}

// A policy that allows more, or less, than the one that the promise is from leads to
// findings, so the promise says what the policy says.
func TestAPromiseSaysWhatItsPolicySays(t *testing.T) {
	policy := cors.Policy{
		Origins: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}, ExposedHeaders: []string{"X-Total"}, MaxAgeSeconds: 300,
	}
	for kind, change := range map[string]func(*cors.Policy){
		"foreign-origin-allowed":      func(p *cors.Policy) { p.Origins = append(p.Origins, "https://*.app.example.com") },
		"null-origin-allowed":         func(p *cors.Policy) { p.DangerouslyAllowNull = true },
		"method-not-promised":         func(p *cors.Policy) { p.Methods = append(p.Methods, "DELETE") },
		"method-blocked":              func(p *cors.Policy) { p.Methods = nil },
		"request-header-not-promised": func(p *cors.Policy) { p.RequestHeaders = append(p.RequestHeaders, "Content-Type") },
		"request-header-blocked":      func(p *cors.Policy) { p.RequestHeaders = []string{"X-B"} },
		"exposed-header-not-promised": func(p *cors.Policy) { p.ExposedHeaders = append(p.ExposedHeaders, "X-Corstest-Other") },
		"exposed-header-hidden":       func(p *cors.Policy) { p.ExposedHeaders = nil },
		"credentials-not-promised":    func(p *cors.Policy) { p.Credentials = true },
		"max-age-differs":             func(p *cors.Policy) { p.MaxAgeSeconds = 600 },
		"foreign-request-swallowed":   func(p *cors.Policy) { p.RejectRefused = true },
	} {
		serving := policy.Clone()
		change(&serving)
		findings, err := corstest.CheckWithoutAllocations(cors.MustNew(serving).Wrap, corstest.PromiseOf(policy))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(kindsOf(findings), kind) {
			t.Errorf("found %v, want %s", kindsOf(findings), kind)
		}
	}
}

func TestPromisedURLs(t *testing.T) {
	policy := cors.Policy{Origins: []string{app}}
	for url, want := range map[string]string{
		"http://server.example/": "not an https: URL", "/items": "not an https: URL", "https://user@server.example/": "not an https: URL",
		"https://": "not an https: URL", "https://server.example/%zz": "the promised URL",
		"": "", "https://server.example": "", "https://b.example:8443/a%2Fb?q=1#f": "", app + "/": "no page can have",
	} {
		promise := corstest.PromiseOf(policy)
		promise.URL = url
		findings, err := corstest.CheckWithoutAllocations(cors.MustNew(policy).Wrap, promise)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || len(findings) > 0 {
			t.Errorf("%q: %v, error %v, want %q", url, findings, err, want)
		}
	}
	var got []string
	promise := corstest.PromiseOf(policy)
	promise.URL = "https://b.example:8443/a%2Fb?q=1"
	_, err := corstest.CheckWithoutAllocations(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if target := r.Host + r.URL.EscapedPath() + "?" + r.URL.RawQuery; len(got) == 0 || got[len(got)-1] != target {
				got = append(got, target)
			}
		})
	}, promise)
	if err != nil || len(got) != 1 || got[0] != "b.example:8443/a%2Fb?q=1" {
		t.Errorf("requests were sent to %q; error %v", got, err)
	}
}
