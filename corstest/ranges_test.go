package corstest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
)

func TestSamplesOfRanges(t *testing.T) {
	for _, row := range []struct{ of, allowed, foreign string }{
		{"http://192.168.0.0/16:*", "http://192.168.0.0 http://192.168.255.255:8123 http://192.168.0.1",
			"http://192.167.255.255 http://192.169.0.0 https://192.168.0.1 http://192.168.255.254.evil.example http://[::ffff:c0a8:0] http://64.168.0.0 http://router.local http://192-168-255-254.evil.example"},
		{"https://10.1.2.0/30:[443,8443]", "https://10.1.2.0 https://10.1.2.3:8443", "https://10.1.1.255 https://10.1.2.4 http://10.1.2.1 https://10.1.2.1:1"},
		{"http://[fd12:3456:789a::/48]", "http://[fd12:3456:789a::] http://[fd12:3456:789a:ffff:ffff:ffff:ffff:ffff]", "http://[fd12:3456:7899:ffff:ffff:ffff:ffff:ffff] http://[fd12:3456:789b::]"},
		{"http://127.0.0.1/32", "http://127.0.0.1", "http://127.0.0.0 http://127.0.0.2"},
	} {
		allowed, foreign, err := Samples([]string{row.of, "moz-extension://*"})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range strings.Fields(row.allowed) {
			if !slices.Contains(allowed, o) {
				t.Errorf("%s: %s is not among the allowed %q", row.of, o, allowed)
			}
		}
		for _, o := range strings.Fields(row.foreign) {
			if !slices.Contains(foreign, o) {
				t.Errorf("%s: %s is not among the foreign %q", row.of, o, foreign)
			}
		}
		list, _ := parseAllowlist([]string{row.of})
		for _, o := range allowed {
			if !list.match(o) {
				t.Errorf("%s: the allowed sample %s does not match", row.of, o)
			}
		}
	}
}

// Check finds middlewares that compare addresses sloppily, and nothing wrong with package cors.
func TestCheckOfAddressRanges(t *testing.T) {
	const network = "http://192.168.0.0/16:*"
	echo := func(expression string) func(http.Handler) http.Handler {
		re := regexp.MustCompile(expression)
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Vary", "Origin")
				if o := r.Header.Get("Origin"); re.MatchString(o) {
					w.Header().Set("Access-Control-Allow-Origin", o)
				}
				if r.Method == "OPTIONS" {
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	for _, row := range []struct {
		name       string
		middleware func(http.Handler) http.Handler
		want       []string // kinds that must be found, "" for none at all
	}{
		{"package cors", cors.MustNew(cors.Policy{DangerouslyAllowAddressRanges: []string{network}}).Wrap, nil},
		{"no end", echo(`^http://192\.168\.`), []string{foreignOriginAllowed}},
		{"a prefix that is too short", echo(`^http://192\.[0-9]+\.[0-9]+\.[0-9]+(:[0-9]+)?$`), []string{foreignOriginAllowed}},
		{"dots that match anything", echo(`^http://192.168.[0-9]+.[0-9]+(:[0-9]+)?$`), []string{foreignOriginAllowed}},
		{"any scheme", echo(`^https?://192\.168\.[0-9]+\.[0-9]+(:[0-9]+)?$`), []string{foreignOriginAllowed}},
		{"numbers with leading zeros", echo(`^http://192\.168\.[0-9]+\.[0-9]+(:[0-9]+)?$`), []string{invalidOriginAllowed}},
		{"one port", echo(`^http://192\.168\.(?:[1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])\.(?:[1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$`), []string{allowedOriginBlocked}},
		{"a part of the network", echo(`^http://192\.168\.[0-9]\.[0-9](:[0-9]+)?$`), []string{allowedOriginBlocked}},
	} {
		t.Run(row.name, func(t *testing.T) {
			findings, err := CheckQuickly(row.middleware, Promise{Origins: []string{network}})
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, f := range findings {
				kinds = append(kinds, f.Kind)
			}
			for _, kind := range row.want {
				if !slices.Contains(kinds, kind) {
					t.Errorf("%s is not among the findings %v", kind, findings)
				}
			}
			if row.want == nil && len(findings) > 0 {
				t.Errorf("%v", findings)
			}
		})
	}
}

// Check finds middlewares that give credentials to other origins than those that are promised to have them.
func TestCheckOfCredentialsForSomeOrigins(t *testing.T) {
	promise := Promise{Origins: []string{"https://*.example.com"}, OriginsWithCredentials: []string{"https://app.example.com"}, Methods: []string{"PUT"}}
	for _, row := range []struct {
		name   string
		policy cors.Policy
		want   string
	}{
		{"the promise", cors.Policy{Origins: promise.Origins, OriginsWithCredentials: promise.OriginsWithCredentials, Methods: promise.Methods}, ""},
		{"credentials for all", cors.Policy{Origins: promise.Origins, Credentials: true, Methods: promise.Methods}, credentialsUnpromised},
		{"credentials below it too", cors.Policy{Origins: promise.Origins, OriginsWithCredentials: []string{"https://app.example.com", "https://*.app.example.com"}, Methods: promise.Methods}, credentialsUnpromised},
		{"credentials for none", cors.Policy{Origins: promise.Origins, Methods: promise.Methods}, credentialsUnusable},
		{"credentials for another", cors.Policy{Origins: promise.Origins, OriginsWithCredentials: []string{"https://other.example.com"}, Methods: promise.Methods}, credentialsUnusable},
		{"credentials for all subdomains, and any origin", cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://*.example.com"}, Methods: promise.Methods}, credentialsUnpromised},
		{"credentials for what ends alike, and any origin", cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://app.example.com", "https://*-app.example.com"}, Methods: promise.Methods}, credentialsUnpromised},
		{"the promise, and any origin", cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: promise.OriginsWithCredentials, Methods: promise.Methods}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			promise := promise
			if row.policy.Origins[0] == "*" {
				promise.Origins = row.policy.Origins
			}
			findings, err := CheckQuickly(cors.MustNew(row.policy).Wrap, promise)
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(findings, func(f Finding) bool { return f.Kind == row.want })
			if row.want == "" && len(findings) > 0 || row.want != "" && !found {
				t.Errorf("%v, want %q", findings, row.want)
			}
		})
	}
}
