package cors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
)

func TestFaults(t *testing.T) {
	type p = cors.Policy
	a := []string{"https://a.test"}
	for _, row := range []struct {
		name   string
		policy cors.Policy
		want   string // field[index] reason, and ! for a warning
	}{
		{"no problem", p{Origins: a, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}, ExposedHeaders: []string{"X-B"}, Credentials: true, MaxAgeSeconds: 600}, ""},
		{"no origins", p{}, "Origins no-origins"},
		{"an origin with a slash", p{Origins: []string{"https://a.test/"}}, "Origins[0] pattern"},
		{"null", p{Origins: []string{"null"}}, "Origins[0] null"},
		{"any origin with credentials", p{Origins: []string{"*"}, Credentials: true}, "Origins[0] any-origin-with-credentials"},
		{"any origin with credentials, dangerously", p{Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true}, ""},
		{"http with credentials", p{Origins: []string{"http://a.test"}, Credentials: true}, "Origins[0] insecure-origin"},
		{"http without credentials", p{Origins: []string{"http://a.test"}}, ""},
		{"http on this machine with credentials", p{Origins: []string{"http://localhost:*"}, Credentials: true}, ""},
		{"http with credentials, dangerously", p{Origins: []string{"http://a.test"}, Credentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true}, ""},
		{"a wildcard under a public suffix", p{Origins: []string{"https://*.dev"}, Credentials: true}, "Origins[0] public-suffix"},
		{"a wildcard in part of a label under a public suffix", p{Origins: []string{"https://shop-*.dev"}, Credentials: true}, "Origins[0] public-suffix"},
		{"a wildcard under a public suffix, dangerously", p{Origins: []string{"https://*.dev"}, Credentials: true, DangerouslyAllowPublicSuffixes: true}, ""},
		{"a wildcard under a public suffix without credentials", p{Origins: []string{"https://*.dev"}}, "Origins[0] public-suffix-without-credentials!"},
		{"the same, dangerously", p{Origins: []string{"https://*.dev"}, DangerouslyAllowPublicSuffixes: true}, ""},
		{"wildcards under names that no one can register", p{Origins: []string{"https://*.local", "https://*.lan", "https://*.home.arpa", "https://*.example", "https://pr-*.corp", "https://*.internal"}, Credentials: true}, ""},
		{"wildcards in names", p{Origins: a, Methods: []string{"P*"}, RequestHeaders: []string{"X-Header-*"}, ExposedHeaders: []string{"*-Count"}},
			"Methods[0] method, RequestHeaders[0] header-name, ExposedHeaders[0] header-name"},
		{"Dangerously fields without need", p{Origins: a, DangerouslyAllowAnyOriginWithCredentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true, DangerouslyAllowPublicSuffixes: true},
			"DangerouslyAllowAnyOriginWithCredentials unused-danger!, DangerouslyAllowInsecureOriginsWithCredentials unused-danger!, DangerouslyAllowPublicSuffixes unused-danger!"},
		{"an origin twice", p{Origins: []string{"https://a.test", "https://a.test"}}, "Origins[1] duplicate!"},
		{"an origin that another covers", p{Origins: []string{"https://b.a.test", "https://*.a.test"}}, "Origins[0] redundant!"},
		{"in the order of the fields and their values", p{Origins: []string{"https://a.test", "https://a.test", "null"}, Methods: []string{"PUT", "PUT", "TRACE"}, LookupCache: cors.LookupCache{MaxEntries: -1}},
			"Origins[2] null, LookupCache.MaxEntries lookup-cache, Methods[1] duplicate!, Methods[2] forbidden-method"},
		{"an invalid method", p{Origins: a, Methods: []string{"P UT"}}, "Methods[0] method"},
		{"a forbidden method", p{Origins: a, Methods: []string{"trace"}}, "Methods[0] forbidden-method"},
		{"a method that browsers normalize", p{Origins: a, Methods: []string{"put"}}, "Methods[0] method"},
		{"a method that browsers do not normalize", p{Origins: a, Methods: []string{"patch"}}, "Methods[0] method-case!"},
		{"a method that needs no permission", p{Origins: a, Methods: []string{"POST", "PUT", "PUT"}}, "Methods[0] safelisted-method!, Methods[2] duplicate!"},
		{"all methods and a listed one", p{Origins: a, Methods: []string{"*", "PUT"}}, "Methods[1] redundant!"},
		{"an invalid header name", p{Origins: a, RequestHeaders: []string{"X A"}}, "RequestHeaders[0] header-name"},
		{"headers that scripts cannot set", p{Origins: a, RequestHeaders: []string{"Cookie", "Sec-A", "Origin"}}, "RequestHeaders[0] forbidden-request-header!, RequestHeaders[1] forbidden-request-header!, RequestHeaders[2] forbidden-request-header!"},
		{"a response header", p{Origins: a, RequestHeaders: []string{"Access-Control-Allow-Origin"}}, "RequestHeaders[0] forbidden-header"},
		{"a long header name", p{Origins: a, RequestHeaders: []string{strings.Repeat("x", 129)}}, "RequestHeaders[0] header-name"},
		{"a header twice", p{Origins: a, RequestHeaders: []string{"X-A", "x-a"}}, "RequestHeaders[1] duplicate!"},
		{"all headers and a listed one", p{Origins: a, RequestHeaders: []string{"*", "x-a", "authorization"}}, "RequestHeaders[1] redundant!"},
		{"all headers exposed with credentials", p{Origins: a, ExposedHeaders: []string{"*"}, Credentials: true}, "ExposedHeaders[0] expose-all-with-credentials"},
		{"Set-Cookie exposed", p{Origins: a, ExposedHeaders: []string{"Set-Cookie"}}, "ExposedHeaders[0] forbidden-header"},
		{"a header exposed that always is", p{Origins: a, ExposedHeaders: []string{"Content-Type"}}, "ExposedHeaders[0] safelisted-header!"},
		{"a negative age", p{Origins: a, MaxAgeSeconds: -2}, "MaxAgeSeconds max-age"},
		{"an age longer than browsers cache", p{Origins: a, MaxAgeSeconds: 1 << 20}, "MaxAgeSeconds max-age-capped!"},
		{"an invalid status", p{Origins: a, PreflightStatus: 302}, "PreflightStatus status"},
		{"an invalid resource policy", p{Origins: a, ResourcePolicy: "all"}, "ResourcePolicy resource-policy"},
		{"own origins that are none", p{Origins: a, Self: []string{"app.example", "https://*.example.com", "*", "null", "https://app.example.com"}}, "Self[0] self, Self[1] self, Self[2] self, Self[3] self"},
		{"an invalid cache size", p{Origins: a, LookupCache: cors.LookupCache{MaxEntries: -1}}, "LookupCache.MaxEntries lookup-cache"},
		{"invalid limits of Lookup", p{Origins: a, LookupCache: cors.LookupCache{PositiveSeconds: -2, NegativeSeconds: -2, StaleSeconds: -2, ErrorSeconds: -2, MaxConcurrent: -1, TimeoutMilliseconds: 1 << 31}},
			"LookupCache.PositiveSeconds lookup-cache, LookupCache.NegativeSeconds lookup-cache, LookupCache.StaleSeconds lookup-cache, LookupCache.ErrorSeconds lookup-cache, LookupCache.MaxConcurrent lookup-cache, LookupCache.TimeoutMilliseconds lookup-cache"},
		{"no valid header for the key of Lookup", p{Origins: a, LookupKeyHeaders: []string{"X-Tenant", "X Tenant", "*"}}, "LookupKeyHeaders[1] header-name, LookupKeyHeaders[2] header-name"},
		{"a key without Lookup", p{Origins: a, LookupKey: func(*http.Request) string { return "" }}, "LookupKey lookup-unused!"},
		{"several faults at once", p{Origins: []string{"a.test", "null"}, Methods: []string{"connect"}, MaxAgeSeconds: -9},
			"Origins[0] pattern, Origins[1] null, Methods[0] forbidden-method, MaxAgeSeconds max-age"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			wrong := 0
			for _, f := range row.policy.Check() {
				s := f.Field
				if f.Index >= 0 {
					s += "[" + string(rune('0'+f.Index)) + "]"
				}
				s += " " + string(f.Reason)
				if f.Warning {
					s += "!"
				} else {
					wrong++
				}
				got = append(got, s)
				if f.Problem == "" || f.Repair == "" || !strings.HasPrefix(f.Error(), "cors: "+f.Field) {
					t.Errorf("no problem or no repair in %s", f.Error())
				}
			}
			if s := strings.Join(got, ", "); s != row.want {
				t.Errorf("%s, want %s", s, row.want)
			}
			m, err := cors.New(row.policy)
			if len(cors.Faults(err)) != wrong || (m == nil) != (wrong > 0) {
				t.Errorf("New: %v", err)
			}
			if m != nil && len(m.Warnings()) != len(got) {
				t.Errorf("warnings: %v", m.Warnings())
			}
		})
	}
}

// TestFaultsOfWrappedErrors checks that Faults finds all faults, however the error is wrapped.
func TestFaultsOfWrappedErrors(t *testing.T) {
	_, err := cors.New(cors.Policy{Origins: []string{"null", "a.test"}, Methods: []string{"put"}})
	for name, wrapped := range map[string]error{
		"not": err, "once": fmt.Errorf("policy: %w", err), "twice": fmt.Errorf("a: %w", fmt.Errorf("b: %w", err)),
		"joined": errors.Join(io.EOF, fmt.Errorf("a: %w", err)), "with others": fmt.Errorf("%w and %w", io.EOF, err),
	} {
		if got := cors.Faults(wrapped); len(got) != 3 || got[2].Reason != cors.FaultMethod {
			t.Errorf("wrapped %s: %v", name, got)
		}
	}
	if got := append(cors.Faults(nil), cors.Faults(io.EOF)...); len(got) > 0 {
		t.Errorf("other errors: %v", got)
	}
}

// FuzzPolicyRoundTrip checks that Policy returns what New was given, also
// after a round trip through JSON.
func FuzzPolicyRoundTrip(f *testing.F) {
	f.Add("https://a.test", "http://[::1]:9090", "PUT", "X-A", "X-B", true, 600, 200, false)
	f.Add("*", "https://*.a.test:[1-9]", "*", "*", "*", false, -1, 0, true)
	f.Fuzz(func(t *testing.T, o1, o2, method, header, exposed string, credentials bool, age, status int, danger bool) {
		p := cors.Policy{
			Origins: []string{o1, o2}, Methods: []string{method}, RequestHeaders: []string{header}, ExposedHeaders: []string{exposed},
			Credentials: credentials, MaxAgeSeconds: age, PreflightStatus: status, DangerouslyAllowNull: danger,
			DangerouslyAllowPublicSuffixes: danger, DangerouslyAllowInsecureOriginsWithCredentials: danger, DangerouslyAllowAnyOriginWithCredentials: danger,
		}
		m, err := cors.New(p)
		if err != nil {
			if len(cors.Faults(err)) == 0 {
				t.Fatalf("the error has no faults: %v", err)
			}
			return
		}
		if got := m.Policy(); !reflect.DeepEqual(got, p) {
			t.Fatalf("Policy returns %+v as %+v", p, got)
		}
		data, err := json.Marshal(m.Policy())
		if err != nil {
			t.Fatal(err)
		}
		var back cors.Policy
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, p) {
			t.Fatalf("JSON returns %+v as %+v", p, back)
		}
		if err := m.Reconfigure(back); err != nil {
			t.Fatal(err)
		}
	})
}
