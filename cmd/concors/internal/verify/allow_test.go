package verify

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// reflects responds as a server with its own comparison of origins.
func reflects(origins, credentials string) func(http.Handler) http.Handler {
	allowed, withCredentials := regexp.MustCompile(origins), regexp.MustCompile(credentials)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h, o := w.Header(), r.Header.Get("Origin")
			h.Set("Vary", "Origin")
			if allowed.MatchString(o) {
				h.Set("Access-Control-Allow-Origin", o)
				if withCredentials.MatchString(o) {
					h.Set("Access-Control-Allow-Credentials", "true")
				}
			}
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", "PUT")
				w.WriteHeader(http.StatusNoContent)
				return
			}
			items(w, r)
		})
	}
}

func TestServersThatAllowOtherOriginsThanARange(t *testing.T) {
	lan := cors.Policy{DangerouslyAllowAddressRanges: []string{"http://192.168.0.0/16:*"}, Methods: []string{"PUT"}}
	extensions := cors.Policy{Origins: []string{"https://app.example"}, DangerouslyAllowAnyHost: []string{"moz-extension://*"}, Methods: []string{"PUT"}}
	some := cors.Policy{Origins: []string{"https://*.example.com"}, OriginsWithCredentials: []string{"https://app.example.com"}, Methods: []string{"PUT"}}
	public := cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://app.example.com"}, Methods: []string{"PUT"}}
	const octet = `(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	const port = `(?::[1-9][0-9]{0,4})?$`
	const subdomains = `^https://([a-z0-9_-]+\.)+example\.com$`
	const nothing = `^$`
	tested := map[string]bool{}
	for _, row := range []struct {
		name   string
		policy cors.Policy
		server func(http.Handler) http.Handler // nil for the policy itself
		want   string
	}{
		{"addresses, as the policy says", lan, nil, ""},
		{"addresses, by an exact expression", lan, reflects(`^http://192\.168\.`+octet+`\.`+octet+port, nothing), ""},
		{"addresses without an end", lan, reflects(`^http://192\.168\.`, nothing), probe.ForeignOriginAllowed},
		{"a network that is too large", lan, reflects(`^http://192\.`+octet+`\.`+octet+`\.`+octet+port, nothing), probe.ForeignOriginAllowed},
		{"a network that is one bit too large", lan, reflects(`^http://192\.16[89]\.`+octet+`\.`+octet+port, nothing), probe.ForeignOriginAllowed},
		{"another scheme", lan, reflects(`^https?://192\.168\.`+octet+`\.`+octet+port, nothing), probe.ForeignOriginAllowed},
		{"names in place of addresses", lan, reflects(`^http://(192\.168\.`+octet+`\.`+octet+`|[a-z-]+\.local)`+port, nothing), probe.ForeignOriginAllowed},
		{"a network that is too small", lan, reflects(`^http://192\.168\.0\.`+octet+port, nothing), probe.AllowedOriginBlocked},
		{"one port", lan, reflects(`^http://192\.168\.`+octet+`\.`+octet+`$`, nothing), probe.AllowedOriginBlocked},
		{"a range that is not allowed", lan, reflects(nothing, nothing), probe.AllowedOriginBlocked},

		{"extensions, as the policy says", extensions, nil, ""},
		{"extensions of another browser too", extensions, reflects(`^(https://app\.example|(moz|chrome)-extension://[a-z0-9-]+)$`, nothing), probe.ForeignOriginAllowed},
		{"every scheme that ends like it", extensions, reflects(`^https://app\.example$|moz-extension://[a-z0-9-]+$`, nothing), probe.ForeignOriginAllowed},
		{"no extension", extensions, reflects(`^https://app\.example$`, nothing), probe.AllowedOriginBlocked},

		{"pages on a developer's machine too", some, reflects(`^https://([a-z0-9_-]+\.)+example\.com$|^http://localhost(:[0-9]+)?$`, `^https://app\.example\.com$`), probe.ForeignOriginAllowed},
		{"localhost anywhere in an origin", some, reflects(`^https://([a-z0-9_-]+\.)+example\.com$|localhost`, `^https://app\.example\.com$`), probe.ForeignOriginAllowed},
		{"credentials for some, as the policy says", some, nil, ""},
		{"credentials for all", some, reflects(subdomains, subdomains), probe.CredentialsUnpromised},
		{"credentials for what begins alike", some, reflects(subdomains, `app\.example\.com$`), probe.CredentialsUnpromised},
		{"credentials for none", some, reflects(subdomains, nothing), probe.CredentialsUnusable},
		{"any origin and credentials for some, as the policy says", public, nil, ""},
		{"any origin and credentials for all", public, reflects(`.`, `.`), probe.CredentialsUnpromised},
		{"any origin and credentials for every subdomain", public, reflects(`.`, subdomains), probe.CredentialsUnpromised},
		{"any origin and credentials for what begins alike", public, reflects(`.`, `^https://app\.example\.com`), probe.CredentialsUnpromised},
		{"any origin and credentials for what ends alike", public, reflects(`.`, `app\.example\.com$`), probe.CredentialsUnpromised},
		{"any origin and credentials by an unescaped dot", public, reflects(`.`, `^https://app\.example.com$`), probe.CredentialsUnpromised},
		{"any origin and credentials for null too", public, reflects(`.`, `^(null|https://app\.example\.com)$`), probe.CredentialsUnpromised},
		{"any origin and credentials for its http: origin too", public, reflects(`.`, `^https?://app\.example\.com$`), probe.CredentialsUnpromised},
	} {
		kind := fmt.Sprint(row.policy) + row.want
		if testing.Short() && tested[kind] {
			continue // one server for each policy and finding
		}
		tested[kind] = true
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			policies := routes.Policies{Policy: row.policy}
			url := serve(t, policies, row.server)
			report := run(t, policies, probe.Options{URLs: []string{url}})
			kinds := kindsOf(report)
			if row.want == "" && (len(kinds) > 0 || report.Verdict != Agrees) || row.want != "" && (!slices.Contains(kinds, row.want) || report.Verdict != Differs) {
				t.Errorf("%v, want %q: %s", kinds, row.want, text(t, report))
			}
			if strings.Contains(text(t, report), "Reason(0)") {
				t.Error("a finding has no reason")
			}
		})
	}
}
