package fetch_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Each row is run twice: as the response to a GET, and as the response to the
// preflight of a request whose own response passes.
func TestCORSCheck(t *testing.T) {
	sandboxed := &fetch.Page{URL: "https://a.test/", Sandboxed: true}
	file := &fetch.Page{URL: "file:///home/x.html"}
	for _, row := range []struct {
		name    string
		page    *fetch.Page // nil is pageA
		origin  []string    // lines of Access-Control-Allow-Origin
		creds   []string    // lines of Access-Control-Allow-Credentials
		plain   reason.Reason
		include reason.Reason // with credentials
	}{
		{name: "no header", plain: reason.MissingAllowOriginHeader, include: reason.MissingAllowOriginHeader},
		{name: "credentials alone", creds: []string{"true"}, plain: reason.MissingAllowOriginHeader, include: reason.MissingAllowOriginHeader},
		{name: "*", origin: []string{"*"}, include: reason.WildcardOriginNotAllowed},
		{name: "* with true", origin: []string{"*"}, creds: []string{"true"}, include: reason.WildcardOriginNotAllowed},
		{name: "the origin", origin: []string{"https://a.test"}, include: reason.InvalidAllowCredentials},
		{name: "the origin with true", origin: []string{"https://a.test"}, creds: []string{"true"}},
		{name: "whitespace around the values", origin: []string{" \thttps://a.test\t "}, creds: []string{"  true "}},
		{name: "True", origin: []string{"https://a.test"}, creds: []string{"True"}, include: reason.InvalidAllowCredentials},
		{name: "1", origin: []string{"https://a.test"}, creds: []string{"1"}, include: reason.InvalidAllowCredentials},
		{name: "an empty Allow-Credentials", origin: []string{"https://a.test"}, creds: []string{""}, include: reason.InvalidAllowCredentials},
		{name: "true twice", origin: []string{"https://a.test"}, creds: []string{"true", "true"}, include: reason.InvalidAllowCredentials},
		{name: "a trailing slash", origin: []string{"https://a.test/"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "the default port", origin: []string{"https://a.test:443"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "capitals in the host", origin: []string{"https://A.test"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "capitals in the scheme", origin: []string{"HTTPS://a.test"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "another scheme", origin: []string{"http://a.test"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "another origin", origin: []string{"https://b.test"}, creds: []string{"true"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "a suffix of the host", origin: []string{"https://test"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "null for a page that has an origin", origin: []string{"null"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "null for a sandboxed page", page: sandboxed, origin: []string{"null"}, creds: []string{"true"}},
		{name: "null for a file", page: file, origin: []string{"null"}, creds: []string{"true"}},
		{name: "NULL is not null", page: sandboxed, origin: []string{"NULL"}, plain: reason.InvalidAllowOriginValue, include: reason.InvalidAllowOriginValue},
		{name: "* for a sandboxed page", page: sandboxed, origin: []string{"*"}, include: reason.WildcardOriginNotAllowed},
		{name: "the URL's origin for a sandboxed page", page: sandboxed, origin: []string{"https://a.test"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "an empty value", origin: []string{""}, plain: reason.InvalidAllowOriginValue, include: reason.InvalidAllowOriginValue},
		{name: "a host and port without a scheme parse as a URL", origin: []string{"a.test:3000"}, plain: reason.AllowOriginMismatch, include: reason.AllowOriginMismatch},
		{name: "a host without a scheme", origin: []string{"a.test"}, plain: reason.InvalidAllowOriginValue, include: reason.InvalidAllowOriginValue},
		{name: "a pattern", origin: []string{"*.a.test"}, plain: reason.InvalidAllowOriginValue, include: reason.InvalidAllowOriginValue},
		{name: "two stars", origin: []string{"**"}, plain: reason.InvalidAllowOriginValue, include: reason.InvalidAllowOriginValue},
		{name: "a list with the origin in it", origin: []string{"https://a.test, https://b.test"}, plain: reason.MultipleAllowOriginValues, include: reason.MultipleAllowOriginValues},
		{name: "a list with spaces", origin: []string{"https://b.test https://a.test"}, plain: reason.MultipleAllowOriginValues, include: reason.MultipleAllowOriginValues},
		{name: "the origin on two lines", origin: []string{"https://a.test", "https://a.test"}, plain: reason.MultipleAllowOriginValues, include: reason.MultipleAllowOriginValues},
		{name: "* on two lines", origin: []string{"*", "*"}, plain: reason.MultipleAllowOriginValues, include: reason.MultipleAllowOriginValues},
		{name: "* and the origin", origin: []string{"*", "https://a.test"}, plain: reason.MultipleAllowOriginValues, include: reason.MultipleAllowOriginValues},
		{name: "an empty line and the origin", origin: []string{"", "https://a.test"}, plain: reason.MultipleAllowOriginValues, include: reason.MultipleAllowOriginValues},
	} {
		for _, credentials := range []fetch.Credentials{fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude} {
			want := row.plain
			if credentials == fetch.CredentialsInclude {
				want = row.include
			}
			var header strings.Builder
			for _, value := range row.origin {
				header.WriteString("\nAccess-Control-Allow-Origin: " + value)
			}
			for _, value := range row.creds {
				header.WriteString("\nAccess-Control-Allow-Credentials: " + value)
			}
			good := credsA
			if row.page != nil {
				good = credsNull
			}
			t.Run(row.name+"/"+string(credentials), func(t *testing.T) {
				w := newWeb(map[string]string{"https://b.test/x": "200" + header.String()})
				req := fetch.Request{Page: row.page, URL: "https://b.test/x", Credentials: credentials}
				resp, err := do(t, agentOn(w, fetch.Standard), req)
				if reasonOf(err) != want {
					t.Errorf("%s, want %s", outcome(resp, err), want)
				}
				if err != nil {
					if !err.Reason.CORS() || err.Reason.Preflight() || !err.Sent() || err.Status != 200 {
						t.Errorf("%+v", err)
					}
					looked := row.origin
					if err.Reason == reason.InvalidAllowCredentials {
						looked = row.creds
					}
					if err.Value != strings.Join(trimmed(looked), ", ") || err.Present != (len(looked) > 0) {
						t.Errorf("the error says %q, %t", err.Value, err.Present)
					}
				}
			})
			t.Run(row.name+"/"+string(credentials)+"/preflight", func(t *testing.T) {
				w := newWeb(map[string]string{"https://b.test/x": good,
					"OPTIONS https://b.test/x": "200\nAccess-Control-Allow-Methods: PUT" + header.String()})
				req := fetch.Request{Page: row.page, URL: "https://b.test/x", Credentials: credentials, Method: "PUT"}
				resp, err := do(t, agentOn(w, fetch.Standard), req)
				want := want.InPreflight()
				if reasonOf(err) != want {
					t.Errorf("%s, want %s", outcome(resp, err), want)
				}
				if err != nil && (!err.Reason.Preflight() || err.Sent()) {
					t.Errorf("%+v", err)
				}
			})
		}
	}
}

func trimmed(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, strings.Trim(v, " \t"))
	}
	return out
}

// A page can read an error status if the server allows it.
func TestCORSCheckDoesNotLookAtTheStatus(t *testing.T) {
	for _, status := range []string{"200", "204", "304", "404", "500", "299", "407"} {
		w := newWeb(map[string]string{"https://b.test/x": strings.Replace(open, "200", status, 1), "https://b.test/closed": status})
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x"})
		if err != nil || resp.Type != fetch.TypeCORS {
			t.Errorf("%s: %s", status, outcome(resp, err))
		}
		if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/closed"}); reasonOf(err) != reason.MissingAllowOriginHeader {
			t.Errorf("%s, not allowed: %s", status, outcome(resp, err))
		}
	}
}
