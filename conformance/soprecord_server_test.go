package conformance

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestSopServerAnswersAsTheQuerySays shows what checks can ask of their resources.
func TestSopServerAnswersAsTheQuerySays(t *testing.T) {
	tests := []struct {
		name, query string
		status      int
		header      [2]string
		body        string
	}{
		{"text with a type", "x=hello&t=text/plain", 200, [2]string{"Content-Type", "text/plain"}, "hello"},
		{"no type", "x=hello", 200, [2]string{"Content-Type", ""}, "hello"},
		{"a body by name", "b=css", 200, [2]string{"Content-Type", ""}, "#none { color: red }"},
		{"a redirect", "n=http://other.localhost/x", 302, [2]string{"Location", "http://other.localhost/x"}, ""},
		{"a reflected origin", "a=origin", 200, [2]string{"Access-Control-Allow-Origin", "http://a.site.localhost"}, ""},
		{"no grant", "a=none", 200, [2]string{"Access-Control-Allow-Origin", ""}, ""},
		{"credentials", "a=*%2Bcreds", 200, [2]string{"Access-Control-Allow-Credentials", "true"}, ""},
		{"a header", "h=" + url.QueryEscape("X-Frame-Options: DENY"), 200, [2]string{"X-Frame-Options", "DENY"}, ""},
		{"a status", "s=404", 404, [2]string{"Location", ""}, ""},
		{"a status out of range", "s=99999", 200, [2]string{"Location", ""}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s sopServer
			r := httptest.NewRequest("GET", "/sop/res?k=key&"+test.query, nil)
			r.Header.Set("Origin", "http://a.site.localhost")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != test.status || w.Header().Get(test.header[0]) != test.header[1] || w.Body.String() != test.body {
				t.Errorf("status %d, %s: %q, body %q", w.Code, test.header[0], w.Header().Get(test.header[0]), w.Body)
			}
			w = httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/sop/seen?k=key", nil))
			var seen []sopRequest
			if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || len(seen) != 1 || seen[0].Method != "GET" {
				t.Errorf("remembered %s (%v)", strings.TrimSpace(w.Body.String()), err)
			}
		})
	}
}
