package field

import (
	"strings"
	"testing"
)

func TestMethods(t *testing.T) {
	tests := []struct {
		method     string
		forbidden  bool
		normalized string
		safelisted bool // once normalized
	}{
		{"GET", false, "GET", true},
		{"head", false, "HEAD", true},
		{"Post", false, "POST", true},
		{"put", false, "PUT", false},
		{"delete", false, "DELETE", false},
		{"options", false, "OPTIONS", false},
		{"patch", false, "patch", false},
		{"PATCH", false, "PATCH", false},
		{"CONNECT", true, "CONNECT", false},
		{"Trace", true, "Trace", false},
		{"track", true, "track", false},
		{"TRACES", false, "TRACES", false},
		{"", false, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.method, func(t *testing.T) {
			if got := IsForbiddenMethod(tt.method); got != tt.forbidden {
				t.Errorf("IsForbiddenMethod = %t, want %t", got, tt.forbidden)
			}
			got := NormalizeMethod(tt.method)
			if got != tt.normalized {
				t.Errorf("NormalizeMethod = %q, want %q", got, tt.normalized)
			}
			if safelisted := IsCORSSafelistedMethod(got); safelisted != tt.safelisted {
				t.Errorf("IsCORSSafelistedMethod(%q) = %t, want %t", got, safelisted, tt.safelisted)
			}
		})
	}
	if IsCORSSafelistedMethod("get") {
		t.Error("IsCORSSafelistedMethod ignores case")
	}
}

func TestIsForbiddenRequestHeader(t *testing.T) {
	tests := []struct {
		name, value string
		want        bool
	}{
		{"Cookie", "", true},
		{"HOST", "", true},
		{"Access-Control-Request-Method", "PUT", true},
		{"Proxy-Authorization", "", true},
		{"sec-", "", true},
		{"Sec-Fetch-Site", "", true},
		{"Sec", "", false},
		{"Proxy", "", false},
		{"X-Proxy-Name", "", false},
		{"User-Agent", "", false},
		{"Authorization", "", false},
		{"Access-Control-Request-Private-Network", "", false},
		{"X-HTTP-Method-Override", "PUT", false},
		{"X-HTTP-Method-Override", "PUT, trace", true},
		{"x-http-method", "CONNECT", true},
		{"X-Method-Override", "track", true},
		{"X-Method-Override", `"track"`, false},
		{"Coo\u212Aie", "", false}, // the Kelvin sign is not a k
		{"", "", false},
	}
	for _, tt := range tests {
		if got := IsForbiddenRequestHeader(tt.name, tt.value); got != tt.want {
			t.Errorf("IsForbiddenRequestHeader(%q, %q) = %t, want %t", tt.name, tt.value, got, tt.want)
		}
	}
}

// TestIsForbiddenRequestHeaderName checks the names that the standard lists,
// in its order.
func TestIsForbiddenRequestHeaderName(t *testing.T) {
	const names = `Accept-Charset Accept-Encoding Access-Control-Request-Headers
		Access-Control-Request-Method Connection Content-Length Cookie Cookie2 Date DNT Expect Host
		Keep-Alive Origin Referer Set-Cookie TE Trailer Transfer-Encoding Upgrade Via`
	for _, name := range strings.Fields(names) {
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if !IsForbiddenRequestHeaderName(spelling) {
				t.Errorf("IsForbiddenRequestHeaderName(%q) = false, want true", spelling)
			}
		}
	}
	if IsForbiddenRequestHeaderName("X-HTTP-Method-Override") {
		t.Error("X-HTTP-Method-Override is forbidden whatever its value, want only with a forbidden method")
	}
}

func TestResponseAndBodyHeaderNames(t *testing.T) {
	tests := []struct {
		name        string
		is          func(string) bool
		want, wrong []string
	}{
		{"non-wildcard request header", IsCORSNonWildcardRequestHeaderName,
			[]string{"Authorization", "AUTHORIZATION"}, []string{"Cookie", "Proxy-Authorization", ""}},
		{"request body header", IsRequestBodyHeaderName,
			[]string{"Content-Encoding", "content-language", "Content-Location", "CONTENT-TYPE"},
			[]string{"Content-Length", ""}},
		{"forbidden response header", IsForbiddenResponseHeaderName,
			[]string{"Set-Cookie", "set-cookie2"}, []string{"Cookie", ""}},
		{"safelisted response header", IsCORSSafelistedResponseHeaderName,
			[]string{"Cache-Control", "content-language", "Content-Length", "Content-Type", "Expires",
				"Last-Modified", "PRAGMA"},
			[]string{"ETag", "Date", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range tt.want {
				if !tt.is(name) {
					t.Errorf("%q: got false, want true", name)
				}
			}
			for _, name := range tt.wrong {
				if tt.is(name) {
					t.Errorf("%q: got true, want false", name)
				}
			}
		})
	}
}

func TestCORSUnsafeValue(t *testing.T) {
	for name, want := range map[string]string{
		"Accept": `"x"`, "accept-language": `"x"`, "Content-Language": `"x"`,
		"Content-Type": "application/json", "Range": "bytes=-1", "X-One": "x",
	} {
		if got := CORSUnsafeValue(name); got != want {
			t.Errorf("CORSUnsafeValue(%q) = %q, want %q", name, got, want)
		}
	}
	if r, ok := ParseSingleRange(CORSUnsafeValue("Range"), false); !ok || r.HasStart {
		t.Error("the value for Range is safelisted")
	}
}
