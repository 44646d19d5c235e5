package fix_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

// evidence returns the lines with the wrong part of each in ⟦ ⟧.
func evidence(f fix.Fix) string {
	var out []string
	for _, l := range f.Evidence {
		before, wrong, after := l.Split()
		text := before + "⟦" + wrong + "⟧" + after
		if l.Missing {
			text = "missing: " + text
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

// What differs is in the fix, with the line in which it can be seen.
func TestDiffers(t *testing.T) {
	const origin, credentials, methods, headers = "Access-Control-Allow-Origin: ", "Access-Control-Allow-Credentials: ", "Access-Control-Allow-Methods: ",
		"Access-Control-Allow-Headers: "
	const allowed = origin + "https://a.test\n" + credentials + "true\n"
	get, include := fetch.Request{}, fetch.Request{Credentials: fetch.CredentialsInclude}
	put := fetch.Request{Method: "PUT"}
	patch, lowerPatch := fetch.Request{Method: "PATCH"}, fetch.Request{Method: "patch"}
	json := fetch.Request{Method: "POST", Header: fetchtest.Headers("Content-Type: application/json", "Authorization: x")}
	jsonInclude := json
	jsonInclude.Credentials = fetch.CredentialsInclude
	dev := fetch.Request{Page: &fetch.Page{URL: "http://localhost:5173/"}}
	sandboxed := fetch.Request{Page: &fetch.Page{URL: "https://a.test/", Sandboxed: true}}
	for _, row := range []struct {
		name     string
		req      fetch.Request
		response string // to the request and to its preflight
		differs  string
		evidence string
	}{
		// Access-Control-Allow-Origin.
		{"a slash", get, "200\n" + origin + "https://a.test/", "it ends with a slash", origin + "https://a.test⟦/⟧"},
		{"a scheme and a port", dev, "200\n" + origin + "https://localhost:3000", "https, not http; port 3000, not 5173", origin + "⟦https⟧://localhost:3000"},
		{"another name", dev, "200\n" + origin + "http://127.0.0.1:5173",
			"127.0.0.1, not localhost: two names of this computer are two origins: open the page under the other name", origin + "http://⟦127.0.0.1⟧:5173"},
		{"no scheme", get, "200\n" + origin + "a.test", "the scheme is missing (https://)", origin + "⟦⟧a.test"},
		{"a word", get, "200\n" + origin + "undefined", "programs print undefined for a missing value", origin + "⟦undefined⟧"},
		{"a pattern", get, "200\n" + origin + "https://*.test",
			"the pattern is sent as it is: * is a wildcard only alone, never within an origin", origin + "https://⟦*⟧.test"},
		{"empty", get, "200\n" + origin, "it is empty, like the value of an environment variable that is not set", origin + "⟦⟧"},
		{"null", get, "200\n" + origin + "null",
			"null is the origin of sandboxed pages and of files, or what programs print for a missing value", origin + "⟦null⟧"},
		{"a page without an origin", sandboxed, "200\n" + origin + "https://a.test", "it names an origin, and the request's Origin is null", origin + "⟦https://a.test⟧"},
		{"in the preflight", put, "200\n" + origin + "https://a.test/", "it ends with a slash", origin + "https://a.test⟦/⟧"},
		{"two origins", get, "200\n" + origin + "https://a.test, https://c.test",
			"two origins in one value; usually a list option was joined, or two layers both add one", origin + "https://a.test⟦, https://c.test⟧"},
		{"two origins, and a space", get, "200\n" + origin + "https://c.test https://d.test",
			"two origins in one value; none of them is https://a.test; usually a list of origins was written into one value, where only one origin is allowed",
			origin + "https://c.test⟦ https://d.test⟧"},
		{"two lines", get, "200\n" + origin + "*\n" + origin + "https://a.test",
			"two Access-Control-Allow-Origin headers: usually two layers, such as a server and a proxy, both add one", origin + "⟦*⟧ | " + origin + "⟦https://a.test⟧"},
		{"two equal lines", get, "200\n" + origin + "https://a.test\n" + origin + "https://a.test",
			"two Access-Control-Allow-Origin headers with the same value: usually two layers, such as a server and a proxy, both add one",
			origin + "⟦https://a.test⟧ | " + origin + "⟦https://a.test⟧"},
		{"two lines without the page", get, "200\n" + origin + "https://c.test\n" + origin + "https://d.test",
			"two Access-Control-Allow-Origin headers: usually two layers, such as a server and a proxy, both add one; none of them is https://a.test",
			origin + "⟦https://c.test⟧ | " + origin + "⟦https://d.test⟧"},
		{"the wildcard", include, "200\n" + origin + "*", "* does not count for a request with credentials", origin + "⟦*⟧"},
		{"bytes that are not UTF-8", get, "200\n" + origin + "https://\xe9.test", "it has bytes that are not UTF-8", origin + "https://⟦\xe9⟧.test"},
		{"a no-break space", get, "200\n" + origin + "https://a.test\u00a0",
			"there is a no-break space (U+00A0), which looks like a space, at the end", origin + "https://a.test⟦\u00a0⟧"},

		{"the server's own origin", get, "200\n" + origin + "https://b.test", "host b.test, not a.test; it is the server's own origin, and not the page's", origin + "https://⟦b.test⟧"},
		{"the server's own host", get, "200\n" + origin + "b.test",
			"the scheme is missing (https://); host b.test, not a.test; it is the server's own host, and not the page's", origin + "⟦⟧b.test"},
		{"a setting for development", get, "200\n" + origin + "http://localhost:3000", "host localhost, not a.test; usually a setting for development was deployed",
			origin + "http://⟦localhost⟧:3000"},
		{"a setting of the deployed page", dev, "200\n" + origin + "https://a.test", "host a.test, not localhost; usually the server's list has only the deployed page",
			origin + "https://⟦a.test⟧"},

		// No Access-Control-Allow-Origin.
		{"nothing", get, "200\nX: 1", "", "missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"other CORS headers", get, "200\n" + credentials + "true",
			"it has Access-Control-Allow-Credentials, but not Access-Control-Allow-Origin: usually the list of allowed origins lacks https://a.test",
			"missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"Vary", get, "200\nVary: Accept, origin", "it has Vary: Origin: usually the server compares the Origin with a list, which lacks https://a.test",
			"missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"a misspelled name", get, "200\nAccess-Control-Allow-Orgin: *", `the header's name is Access-Control-Allow-Orgin, not Access-Control-Allow-Origin: "i" is missing`,
			"Access-Control-Allow-Or⟦⟧gin: * | missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"a name without hyphens", get, "200\nAccess_Control_Allow_Origin: *",
			"the header's name is Access_control_allow_origin, not Access-Control-Allow-Origin: it needs hyphens",
			"⟦Access_control_allow_origin⟧: * | missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"a name that does not exist", get, "200\nAccess-Control-Origin: *",
			"the header's name is Access-Control-Origin, not Access-Control-Allow-Origin: browsers do not know that name",
			"⟦Access-Control-Origin⟧: * | missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"an HTML page", get, "200\nContent-Type: text/html; charset=utf-8",
			"it is an HTML page: if the page expects data, usually the URL is wrong, or a login or start page came back", "missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"an error page", get, "500\nX: 1", "", "HTTP/1.1 ⟦500⟧ Internal Server Error | missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{"a preflight that is not found", put, "404\nX: 1", "status 404, and a preflight needs one from 200 to 299",
			"HTTP/1.1 ⟦404⟧ Not Found | missing: ⟦Access-Control-Allow-Origin: ⟧"},

		// Access-Control-Allow-Credentials.
		{"no credentials", include, "200\n" + origin + "https://a.test",
			"the request has credentials, and the response does not have Access-Control-Allow-Credentials: true", "missing: ⟦Access-Control-Allow-Credentials: ⟧"},
		{"a misspelled name for credentials", include, "200\n" + origin + "https://a.test\nAccess-Control-Allow-Credential: true",
			`the header's name is Access-Control-Allow-Credential, not Access-Control-Allow-Credentials: "s" is missing`,
			"Access-Control-Allow-Credential⟦⟧: true | missing: ⟦Access-Control-Allow-Credentials: ⟧"},
		{"True", include, "200\n" + origin + "https://a.test\n" + credentials + "True", "True, not true: upper and lower case matter", credentials + "⟦True⟧"},
		{"1", include, "200\n" + origin + "https://a.test\n" + credentials + "1", "1, not true: no other value counts", credentials + "⟦1⟧"},
		{"quotes", include, "200\n" + origin + "https://a.test\n" + credentials + `"true"`, "it has quotes or spaces around true", credentials + `⟦"true"⟧`},
		{"true twice", include, "200\n" + allowed + credentials + "true",
			"two Access-Control-Allow-Credentials headers: usually two layers, such as a server and a proxy, both add one", credentials + "⟦true⟧ | " + credentials + "⟦true⟧"},
		{"true twice in one line", include, "200\n" + origin + "https://a.test\n" + credentials + "true, true",
			"true, true, not true once: usually two layers both add one", credentials + "⟦true, true⟧"},
		{"empty credentials", include, "200\n" + origin + "https://a.test\n" + credentials, "it is empty, not true", credentials + "⟦⟧"},

		// The status and redirects of preflights.
		{"401", put, "401\n" + allowed, "status 401, and a preflight needs one from 200 to 299", "HTTP/1.1 ⟦401⟧ Unauthorized"},
		{"405", put, "405\n" + allowed, "status 405, and a preflight needs one from 200 to 299", "HTTP/1.1 ⟦405⟧ Method Not Allowed"},
		{"a redirect to https", fetch.Request{Method: "PUT", URL: "http://b.test/x", Page: &fetch.Page{URL: "http://a.test/"}},
			"301\nAccess-Control-Allow-Origin: *\nLocation: https://b.test/x", "the redirect's target differs from the URL: https, not http",
			"Location: ⟦https⟧://b.test/x | HTTP/1.1 ⟦301⟧ Moved Permanently"},
		{"a redirect to www", put, "301\n" + allowed + "Location: https://www.b.test/x", "the redirect's target differs from the URL: with www, not without",
			"Location: https://⟦www.⟧b.test/x | HTTP/1.1 ⟦301⟧ Moved Permanently"},
		{"a redirect to a slash", put, "308\n" + allowed + "Location: /x/", "the redirect's target differs from the URL: it ends with a slash",
			"Location: ⟦/x/⟧ | HTTP/1.1 ⟦308⟧ Permanent Redirect"},
		{"a redirect to a login", put, "302\n" + allowed + "Location: /login", "the redirect leads to what looks like a login page",
			"Location: ⟦/login⟧ | HTTP/1.1 ⟦302⟧ Found"},
		{"a redirect without a target", put, "302\n" + allowed, "status 302, and a preflight needs one from 200 to 299", "HTTP/1.1 ⟦302⟧ Found"},

		// Access-Control-Allow-Methods.
		{"no methods", put, "200\n" + allowed, "it has no Access-Control-Allow-Methods, which PUT needs", "missing: ⟦Access-Control-Allow-Methods: ⟧"},
		{"Allow", put, "200\n" + allowed + "Allow: GET, PUT", "Allow lists PUT, and browsers read only Access-Control-Allow-Methods",
			"missing: ⟦Access-Control-Allow-Methods: ⟧ | Allow: ⟦GET, PUT⟧"},
		{"Allow without the method", put, "200\n" + allowed + "Allow: GET", "it has no Access-Control-Allow-Methods, which PUT needs", "missing: ⟦Access-Control-Allow-Methods: ⟧"},
		{"a misspelled list of methods", put, "200\n" + allowed + "Access-Control-Allow-Method: PUT",
			`the header's name is Access-Control-Allow-Method, not Access-Control-Allow-Methods: "s" is missing`,
			"Access-Control-Allow-Method⟦⟧: PUT | missing: ⟦Access-Control-Allow-Methods: ⟧"},
		{"allowed methods", put, "200\n" + allowed + "Access-Control-Allowed-Methods: PUT",
			`the header's name is Access-Control-Allowed-Methods, not Access-Control-Allow-Methods: "ed" is too much`,
			"Access-Control-Allow⟦ed⟧-Methods: PUT | missing: ⟦Access-Control-Allow-Methods: ⟧"},
		{"the request's header", put, "200\n" + allowed + "Access-Control-Request-Method: PUT",
			"the header's name is Access-Control-Request-Method, not Access-Control-Allow-Methods: requests have the former, and responses the latter",
			"⟦Access-Control-Request-Method⟧: PUT | missing: ⟦Access-Control-Allow-Methods: ⟧"},
		{"empty methods", put, "200\n" + allowed + methods, "the list is empty", methods + "⟦⟧"},
		{"other methods", put, "200\n" + allowed + methods + "GET,POST", "PUT is missing in the list", methods + "⟦GET,POST⟧"},
		{"a lower-case method of the page", lowerPatch, "200\n" + allowed + methods + "GET, PATCH",
			"PATCH is listed, and the page sends patch: upper and lower case matter", methods + "GET, ⟦PATCH⟧"},
		{"a lower-case method that is not listed", lowerPatch, "200\n" + allowed + methods + "GET",
			"the page sends patch as it is: browsers do not write PATCH for it; patch is missing in the list", methods + "⟦GET⟧"},
		{"a lower-case method of the server", patch, "200\n" + allowed + methods + "get, patch",
			"patch is listed, and the page sends PATCH: upper and lower case matter", methods + "get, ⟦patch⟧"},
		{"a misspelled method", fetch.Request{Method: "DELETE"}, "200\n" + allowed + methods + "GET, DELTE", `DELTE, not DELETE: "e" is missing`, methods + "GET, DEL⟦⟧TE"},
		{"ANY", put, "200\n" + allowed + methods + "ANY", "ANY is not a wildcard, as * is", methods + "⟦ANY⟧"},
		{"a wildcard with credentials", fetch.Request{Method: "PUT", Credentials: fetch.CredentialsInclude}, "200\n" + allowed + methods + "*",
			"* does not count for a request with credentials", methods + "⟦*⟧"},
		{"no comma", put, "200\n" + allowed + methods + "GET PUT", "a comma is missing between GET and PUT", methods + "GET⟦ ⟧PUT"},
		{"semicolons", put, "200\n" + allowed + methods + "GET; PUT", `the members stand between commas, not ";"`, methods + "GET⟦;⟧ PUT"},
		{"a list as text", put, "200\n" + allowed + methods + `["GET","PUT"]`,
			"a list, written as text: its members stand between commas, without brackets and quotes", methods + `⟦[⟧"GET","PUT"]`},
		{"quoted methods", put, "200\n" + allowed + methods + `"GET, PUT"`, "a quote is part of a member", methods + `⟦"⟧GET, PUT"`},
		{"the second line is invalid", put, "200\n" + allowed + methods + "GET\n" + methods + "PUT @", "a comma is missing between PUT and @", methods + "PUT⟦ ⟧@"},

		// Access-Control-Allow-Headers.
		{"no headers", json, "200\n" + allowed, "it has no Access-Control-Allow-Headers, which authorization and content-type need", "missing: ⟦Access-Control-Allow-Headers: ⟧"},
		{"a misspelled list of headers", json, "200\n" + allowed + "Access-Control-Allowed-Header: *",
			"the header's name is Access-Control-Allowed-Header, not Access-Control-Allow-Headers: browsers do not know that name",
			"⟦Access-Control-Allowed-Header⟧: * | missing: ⟦Access-Control-Allow-Headers: ⟧"},
		{"one header is missing", json, "200\n" + allowed + headers + "content-type", "authorization is missing in the list", headers + "⟦content-type⟧"},
		{"two headers are missing", json, "200\n" + allowed + headers + "X-A", "authorization and content-type are missing in the list", headers + "⟦X-A⟧"},
		{"misspelled headers", json, "200\n" + allowed + headers + "Content-Types, Authorisation",
			`Content-Types, not content-type: "s" is too much; Authorisation, not authorization: "s" is not "z"`,
			headers + "Content-Type⟦s⟧, Authorisation | " + headers + "Content-Types, Authori⟦s⟧ation"},
		{"an underscore", json, "200\n" + allowed + headers + "Content_Type, Authorization", `Content_Type, not content-type: "_" is not "-"`,
			headers + "Content⟦_⟧Type, Authorization"},
		{"no hyphen", json, "200\n" + allowed + headers + "ContentType, Authorization", `ContentType, not content-type: "-" is missing`,
			headers + "Content⟦⟧Type, Authorization"},
		{"the wildcard and Authorization", json, "200\n" + allowed + headers + "*", "* does not include Authorization", headers + "⟦*⟧"},
		{"the wildcard and credentials", jsonInclude, "200\n" + allowed + headers + "*",
			"* does not count for a request with credentials; authorization and content-type are missing in the list", headers + "⟦*⟧"},
		{"a pattern of headers", fetch.Request{Header: fetchtest.Headers("X-One: 1")}, "200\n" + allowed + headers + "X-*",
			"X-* is not a pattern: * is a wildcard only alone; x-one is missing in the list", headers + "⟦X-*⟧"},
		{"an invalid list of headers", json, "200\n" + allowed + headers + "Content-Type: Authorization", "a member is a name, without a value",
			headers + "Content-Type⟦: Authorization⟧"},

		// Redirects, policies and types.
		{"a redirect with a password", get, "302\n" + origin + "*\nLocation: https://u:p@b.test/y", "the redirect's target has a user name or a password",
			"Location: https://⟦u:p⟧@b.test/y"},
		{"a redirect to mail", get, "302\n" + origin + "*\nLocation: mailto:a@b.test", "mailto:, not http: or https:", "Location: ⟦mailto:⟧a@b.test"},
		{"two targets", get, "302\n" + origin + "*\nLocation: /a\nLocation: /b", "two Location headers", "Location: ⟦/a⟧ | Location: ⟦/b⟧"},
		{"a resource policy", fetch.Request{Mode: fetch.ModeNoCORS}, "200\nCross-Origin-Resource-Policy: same-site",
			"the page's site is https://a.test, and the resource's https://b.test", "Cross-Origin-Resource-Policy: ⟦same-site⟧"},
		{"a type", fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement},
			"200\nContent-Type: image/png", "image/png, not text/javascript", "Content-Type: ⟦image/png⟧"},

		// Before anything is sent.
		{"mixed content", fetch.Request{URL: "http://b.test/x"}, "", "http, not https, on a page that came over https", "⟦http:⟧//b.test/x"},
		{"a blocked port", fetch.Request{URL: "https://b.test:25/x"}, "", "port 25 is reserved for another protocol", "https://b.test:⟦25⟧/x"},
		{"another scheme", fetch.Request{URL: "ftp://b.test/x"}, "", "ftp:, not http: or https:", "⟦ftp:⟧//b.test/x"},
		{"the mode same-origin", fetch.Request{URL: "https://sub.a.test/x", Mode: fetch.ModeSameOrigin}, "", "the URL's origin is not the page's: a subdomain of a.test",
			"⟦https://sub.a.test⟧/x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			req := row.req
			if req.URL == "" {
				req.URL = "https://b.test/x"
			}
			responses := map[string]string{}
			if row.response != "" {
				responses = map[string]string{req.URL: row.response, "OPTIONS " + req.URL: row.response}
			}
			_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Standard), req)
			if err == nil {
				t.Fatal("it is allowed")
			}
			f := fix.For(err)
			if got := strings.Join(f.Differs, "; "); got != row.differs {
				t.Errorf("%s differs in\n%s, want\n%s", err.Reason, got, row.differs)
			}
			if got := evidence(f); got != row.evidence {
				t.Errorf("%s: the evidence is\n%s, want\n%s", err.Reason, got, row.evidence)
			}
		})
	}
}

// An error page without the header that the preflight response has is told apart from a server
// without CORS.
func TestDiffersFromThePreflight(t *testing.T) {
	responses := map[string]string{
		"OPTIONS https://b.test/x": "204\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Methods: PUT", "https://b.test/x": "500\nVary: Origin",
	}
	_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Standard), fetch.Request{URL: "https://b.test/x", Method: "PUT"})
	if got := strings.Join(fix.For(err).Differs, "; "); got != "the preflight response has the header, and this response does not" {
		t.Error(got)
	}
}

// A line that was read from a console has no trace, and the fix compares what the line says.
func TestDiffersFromAText(t *testing.T) {
	for _, row := range []struct {
		err               fetch.NetworkError
		differs, evidence string
	}{
		{fetch.NetworkError{Reason: reason.AllowOriginMismatch, Origin: "https://a.test", Header: "Access-Control-Allow-Origin", Value: "https://a.test/", Present: true},
			"it ends with a slash", "Access-Control-Allow-Origin: https://a.test⟦/⟧"},
		{fetch.NetworkError{Reason: reason.AllowOriginMismatch, Header: "Access-Control-Allow-Origin", Value: "https://a.test/", Present: true},
			"it ends with a slash", "Access-Control-Allow-Origin: https://a.test⟦/⟧"},
		{fetch.NetworkError{Reason: reason.AllowOriginMismatch, Header: "Access-Control-Allow-Origin", Value: "https://a.test", Present: true},
			"", "Access-Control-Allow-Origin: ⟦https://a.test⟧"},
		{fetch.NetworkError{Reason: reason.CorpNotSameOrigin, URL: "https://b.test/x"}, "", ""},
		{fetch.NetworkError{Reason: reason.CorpNotSameSite, URL: "https://b.test/x"}, "", ""},
		{fetch.NetworkError{Reason: reason.CorpNotSameOriginAfterDefaultedByCoep, URL: "https://b.test/x"}, "", "missing: ⟦Cross-Origin-Resource-Policy: ⟧"},
		{fetch.NetworkError{Reason: reason.OpaqueResponseBlocked, URL: "https://b.test/x"}, "", ""},
		{fetch.NetworkError{Reason: reason.NosniffMIMETypeMismatch, URL: "https://b.test/x"}, "", ""},
		{fetch.NetworkError{Reason: reason.MultipleAllowOriginValues, Origin: "https://a.test", Header: "Access-Control-Allow-Origin", Value: "*, https://a.test", Present: true},
			"a wildcard and an origin in one value; usually two layers both add the header, or a list option was joined", "Access-Control-Allow-Origin: *⟦, https://a.test⟧"},
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Origin: "https://a.test"}, "", "missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Status: 502}, "", "HTTP/1.1 ⟦502⟧ Bad Gateway | missing: ⟦Access-Control-Allow-Origin: ⟧"},
		{fetch.NetworkError{Reason: reason.InvalidAllowCredentials, Header: "Access-Control-Allow-Credentials", Value: "TRUE", Present: true},
			"TRUE, not true: upper and lower case matter", "Access-Control-Allow-Credentials: ⟦TRUE⟧"},
	} {
		f := fix.For(&row.err)
		if got := strings.Join(f.Differs, "; "); got != row.differs {
			t.Errorf("%s: %s, want %s", row.err.Reason, got, row.differs)
		}
		if got := evidence(f); got != row.evidence {
			t.Errorf("%s: %s, want %s", row.err.Reason, got, row.evidence)
		}
	}
}

// A connection that fails has a URL of which a part is wrong, if the error shows which.
func TestDiffersOfConnections(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connect: connection refused")}
	for _, row := range []struct {
		name, url         string
		err               error
		differs, evidence string
	}{
		{"refused", "http://localhost:8080/x", refused, "nothing listens on port 8080 of localhost", "http://⟦localhost:8080⟧/x"},
		{"refused at the default port", "https://b.test/x", refused, "nothing listens on port 443 of b.test", "https://⟦b.test⟧/x"},
		{"refused by a proxy", "https://b.test/x", &net.OpError{Op: "proxyconnect", Err: refused},
			"the proxy that HTTP_PROXY or HTTPS_PROXY names does not respond: the server itself was not reached", ""},
		{"no such name", "https://b.test/x", &net.DNSError{Err: "no such host", Name: "b.test", IsNotFound: true}, "the name b.test has no address", "https://⟦b.test⟧/x"},
		{"a name that was not looked up", "https://b.test/x", &net.DNSError{Err: "timeout", Name: "b.test", IsTimeout: true}, "", ""},
		{"http on the port", "https://localhost:3000/", tls.RecordHeaderError{RecordHeader: [5]byte{'H', 'T', 'T', 'P', '/'}},
			"https, and the server speaks http on port 3000", "⟦https⟧://localhost:3000/"},
		{"another protocol on the port", "https://localhost:3000/", tls.RecordHeaderError{RecordHeader: [5]byte{'S', 'S', 'H', '-', '2'}},
			"https, and the server does not speak TLS on port 3000", "⟦https⟧://localhost:3000/"},
		{"http on the port, as the transport says it", "https://localhost:3000/", errors.New("http: server gave HTTP response to HTTPS client"),
			"https, and the server speaks http on port 3000", "⟦https⟧://localhost:3000/"},
		{"another name in the certificate", "https://b.test/", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "b.test"},
			"the certificate is not for b.test", "https://⟦b.test⟧/"},
		{"an unknown authority", "https://b.test/", x509.UnknownAuthorityError{}, "the certificate is not from an authority that browsers trust", "https://⟦b.test⟧/"},
		{"an expired certificate", "https://b.test/", x509.CertificateInvalidError{Reason: x509.Expired},
			"the certificate has expired, or is not valid yet", "https://⟦b.test⟧/"},
		{"reset", "https://b.test/", errors.New("connection reset by peer"), "", ""},
		{"nothing known", "https://b.test/", nil, "", ""},
	} {
		f := fix.For(&fetch.NetworkError{Reason: reason.ConnectionFailed, URL: row.url, Err: row.err})
		if got := strings.Join(f.Differs, "; "); got != row.differs || evidence(f) != row.evidence {
			t.Errorf("%s: %s, %s", row.name, got, evidence(f))
		}
	}
}

// FuzzDiffers checks that whatever a server sends, the evidence is in the lines that it sent, and on
// boundaries of characters.
func FuzzDiffers(f *testing.F) {
	for _, value := range []string{
		"", "*", "https://a.test/", "a,b", "GET PUT", "\xff", "é;", `["a"]`, "X-*, x-tow", "true", "TRUE, true", "content_type", "${A}", "a: b", " \u00a0,\t\u200b", ",,",
		"https://u@h/", "//", "\xffa\xff,\xff", "'", "mailto:", "text/html; charset=\xe9", "Delete, PVT", "authorisation",
	} {
		f.Add(value, uint16(0))
		f.Add(value, uint16(404))
	}
	f.Add("\n", uint16(489))
	names := []string{
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Location", "Content-Type",
		"Cross-Origin-Resource-Policy", "Vary",
	}
	f.Add("yont"+strings.Repeat("\x00", 4000), uint16(200))
	f.Fuzz(func(t *testing.T, value string, status uint16) {
		for _, r := range reason.All() {
			x := fetch.Exchange{Preflight: r.Preflight(), Method: "PUT", URL: "https://b.test/x", Status: 200,
				Header: fetchtest.Headers("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization,content-type,x-two")}
			for _, name := range names {
				x.ResponseHeader.Append(name, value)
			}
			x.ResponseHeader.Append(value, value)
			e := &fetch.NetworkError{Reason: r, URL: "https://b.test/x", Origin: "https://a.test", PageOrigin: "https://a.test", Value: value, Present: true,
				Header: "x-two", Method: "PUT", Status: int(status), Trace: &fetch.Trace{Exchanges: []fetch.Exchange{x}}}
			withText := *e
			withText.Trace, withText.URL, withText.Method, withText.Header = nil, value, value, value
			for _, e := range []*fetch.NetworkError{e, &withText} {
				start := time.Now()
				f := fix.For(e)
				if d := time.Since(start); d > 10*time.Second {
					t.Fatalf("%s: %s for %d bytes", r, d, len(value))
				}
				for _, l := range f.Evidence {
					if l.Start < 0 || l.Start > l.End || l.End > len(l.String()) {
						t.Fatalf("%s: %+v, %q", r, l, f.Differs)
					}
					before, wrong, after := l.Split()
					if l.Missing && (l.Part != fix.HeaderLine || l.Value != "") {
						t.Fatalf("%s: %+v", r, l)
					}
					if utf8.ValidString(l.String()) && !(utf8.ValidString(before) && utf8.ValidString(wrong) && utf8.ValidString(after)) {
						t.Fatalf("%s: %+v is within a character", r, l)
					}
				}
				for _, clause := range f.Differs {
					if clause == "" || len(clause) > 3000 || strings.HasSuffix(clause, ".") {
						t.Fatalf("%s: %q", r, clause)
					}
				}
			}
		}
	})
}
