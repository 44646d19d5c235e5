package fix_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

// Where a failed check of the headers is only a symptom, the cause comes first, and
// the fix is one for the cause.
func TestCauseComesBeforeTheHeaders(t *testing.T) {
	get := fetch.Request{}
	put := fetch.Request{Method: "PUT", Header: fetchtest.Headers("Content-Type: application/json", "X-One: 1")}
	const (
		x      = "https://b.test/x"
		cors   = "\nAccess-Control-Allow-Origin: https://a.test"
		all    = cors + "\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: content-type, x-one"
		whole  = "Access-Control-Allow-Origin: https://a.test; Access-Control-Allow-Methods: PUT; Access-Control-Allow-Headers: content-type, x-one"
		origin = "Access-Control-Allow-Origin: https://a.test"
	)
	preflight := func(response string) map[string]string {
		return map[string]string{"OPTIONS " + x: response, x: "200"}
	}
	for _, row := range []struct {
		name      string
		req       fetch.Request
		responses map[string]string
		cause     fix.Cause
		set       string // the lines of Set
		status    int
		says      string // in Why
	}{
		{"a preflight that needs a login", put, preflight("401"), fix.LoginRequired, whole, 204, "Preflights never carry credentials"},
		{"a preflight that a proxy wants a login for", put, preflight("407"), fix.LoginRequired, whole, 204, "login"},
		{"a preflight without a route", put, preflight("404"), fix.NotFound, whole, 204, "around the router"},
		{"a router without OPTIONS", put, preflight("405\nAllow: GET"), fix.MethodNotServed, whole, 204, "around the router"},
		{"a server without OPTIONS", put, preflight("501"), fix.MethodNotServed, whole, 204, "OPTIONS"},
		{"a firewall", put, preflight("403"), fix.Forbidden, whole, 204, "firewall"},
		{"Spring's own CORS check", put, preflight("403\nVary: Origin\nVary: Access-Control-Request-Method\nVary: Access-Control-Request-Headers"),
			fix.OriginRefused, whole, 204, "Spring"},
		{"Spring's own CORS check of the request", get, respond("403\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
			fix.OriginRefused, origin, 0, "not in the server's CORS configuration"},
		{"S3 without CORS", put, preflight("403\nServer: AmazonS3"), fix.Forbidden, whole, 204, "CORS is not enabled"},
		{"an API gateway without OPTIONS", put, preflight("403\nX-Amzn-ErrorType: MissingAuthenticationTokenException"), fix.Forbidden, whole, 204, "API Gateway"},
		{"a rate limit", put, preflight("429"), fix.TooManyRequests, whole, 204, "rate limit"},
		{"a preflight that fails", put, preflight("500"), fix.ServerFailed, whole, 204, "failed"},
		{"a preflight that is rejected", put, preflight("400"), fix.RequestRejected, whole, 204, "400"},
		{"a preflight with a wrong status alone", put, preflight("405" + all), fix.MethodNotServed, "", 204, "OPTIONS"},
		{"a preflight with a wrong status and without the method", put, preflight("405" + cors + "\nAccess-Control-Allow-Headers: *"),
			fix.MethodNotServed, "Access-Control-Allow-Methods: PUT", 204, "OPTIONS"},
		{"a redirected preflight", put, preflight("301\nLocation: https://b.test/x/"), fix.Redirected, whole, 204, "slash at the end"},
		{"a preflight redirected to https", fetch.Request{URL: "http://b.test/x", Method: "PUT", Page: &fetch.Page{URL: "http://a.test/"}},
			map[string]string{"OPTIONS http://b.test/x": "308\nLocation: https://b.test/x"}, fix.Redirected,
			"Access-Control-Allow-Origin: http://a.test; Access-Control-Allow-Methods: PUT", 204, "which is on https"},
		{"a preflight redirected to www", put, preflight("301" + all + "\nLocation: https://www.b.test/x"), fix.Redirected, "", 204, "www"},

		{"a missing login", get, respond("401"), fix.LoginRequired, origin, 0, "no valid login"},
		{"a refusal", get, respond("403"), fix.Forbidden, origin, 0, "refuses"},
		{"a wrong path", get, respond("404"), fix.NotFound, origin, 0, "Check the URL's path"},
		{"a wrong method", get, respond("405"), fix.MethodNotServed, origin, 0, "does not accept this method"},
		{"a limit", get, respond("429"), fix.TooManyRequests, origin, 0, "limit"},
		{"an error of a server whose CORS is not known", get, respond("500"), fix.ServerFailed, origin, 0, "log"},
		{"a redirect without the headers", get, respond("301\nLocation: /x/"), fix.Redirected, origin, 0, "https://b.test/x/, which differs in the slash"},
		{"a response that only lacks the header", get, respond("200"), "", origin, 0, ""},
		{"a preflight response that only lacks the header", put, preflight("204"), "", origin, 0, ""},
		{"a router that answers OPTIONS by itself", put, preflight("200\nAllow: GET, HEAD, PUT"), fix.MethodNotServed, origin, 0, "the server's router itself answered OPTIONS"},
		{"a CORS handler that refuses the origin", put, preflight("200\nAllow: GET, HEAD, PUT\nVary: Origin"), "", origin, 0, ""},
		{"Express that answers OPTIONS by itself", put, preflight("200\nX-Powered-By: Express\nAllow: GET, HEAD, PUT"), fix.MethodNotServed, origin, 0, "app.options(path, cors())"},

		{"a proxy whose server is down", get, respond("502\nServer: nginx"), fix.ServerFailed, "", 0, "Bad Gateway"},
		{"a server that is overloaded", get, respond("503"), fix.ServerFailed, "", 0, "Service Unavailable"},
		{"a server that is slow", get, respond("504"), fix.ServerFailed, "", 0, "Gateway Timeout"},
		{"a server that Cloudflare does not reach", get, respond("522"), fix.ServerFailed, "", 0, "522"},
		{"a preflight to a server that is down", put, preflight("502"), fix.ServerFailed, "", 0, "Bad Gateway"},
		{"a preflight with headers to a server that is down", put, preflight("503" + all), fix.ServerFailed, "", 0, "Service Unavailable"},
		{"a server that fails after its preflight passed", put, map[string]string{"OPTIONS " + x: "204" + all, x: "500"}, fix.ServerFailed, "", 0, "the preflight was allowed"},
		{"a challenge of Cloudflare", get, respond("403\nCf-Mitigated: challenge"), fix.Challenged, "", 0, "Cloudflare"},
		{"a challenge of AWS WAF", get, respond("202\nX-Amzn-Waf-Action: challenge"), fix.Challenged, "", 0, "AWS WAF"},
		{"a preflight that is challenged", put, preflight("503\nCf-Mitigated: challenge"), fix.Challenged, "", 0, "Cloudflare"},

		{"a redirect to a login page of the same host", get, map[string]string{
			x: "302" + cors + "\nLocation: /login?next=/x", "https://b.test/login?next=/x": "200\nContent-Type: text/html"}, fix.LoginRedirect, "", 0, "the session is over"},
		{"a redirect without headers to a login page", get, respond("302\nLocation: /accounts/login/?next=/x"), fix.LoginRedirect, "", 0, "https://b.test/accounts/login/"},
		{"a redirect to another host's login page", get, map[string]string{
			x: "302" + cors + "\nLocation: https://login.c.test/realms/r/protocol/openid-connect/auth?client_id=a", "https://login.c.test/realms/r/protocol/openid-connect/auth?client_id=a": "200"},
			fix.LoginRedirect, "", 0, "login.c.test"},
		{"a preflight that is redirected to a login page", put, preflight("302\nLocation: /Account/Login?ReturnUrl=%2Fx"), fix.LoginRedirect, whole, 204, "Preflights never carry credentials"},
		{"a redirect to a login page whose preflight lacks the header", put, map[string]string{
			"OPTIONS " + x: "204" + all, x: "302" + cors + "\nLocation: https://c.test/oauth2/authorize", "OPTIONS https://c.test/oauth2/authorize": "200"},
			fix.LoginRedirect, "", 0, "The server sent the request on to a login page"},
		{"a redirect to a login page that refuses the preflight", put, map[string]string{
			"OPTIONS " + x: "204" + all, x: "307" + cors + "\nLocation: https://c.test/oauth2/authorize", "OPTIONS https://c.test/oauth2/authorize": "405" + cors},
			fix.LoginRedirect, "", 0, "The server sent the request on to a login page"},
		{"a redirect to a login page whose preflight is redirected", put, map[string]string{
			"OPTIONS " + x: "204" + all, x: "307" + cors + "\nLocation: https://c.test/oauth2/authorize", "OPTIONS https://c.test/oauth2/authorize": "302\nLocation: /signed-out"},
			fix.LoginRedirect, "", 0, "The server sent the request on to a login page"},
		{"a redirect to another host's file", get, map[string]string{
			x: "302" + cors + "\nLocation: https://cdn.c.test/x.png", "https://cdn.c.test/x.png": "200"}, fix.Redirected, "", 0, "made the request's origin null"},

		{"a page that sends the response's header", fetch.Request{Header: fetchtest.Headers("Access-Control-Allow-Origin: *")}, preflight("204" + cors),
			fix.ResponseHeaderInRequest, "", 0, "a header of responses"},
		{"a page that sends two of them, to a server without CORS", fetch.Request{Header: fetchtest.Headers("Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: *")},
			preflight("404"), fix.ResponseHeaderInRequest, "", 0, "headers of responses"},
		{"a page that sends one beside another header", fetch.Request{Header: fetchtest.Headers("Access-Control-Allow-Origin: *", "X-One: 1")}, preflight("204" + cors),
			fix.ResponseHeaderInRequest, "Access-Control-Allow-Headers: x-one", 0, "Delete it in the page"},
		{"a page that sends one with a JSON PUT to a router without OPTIONS", fetch.Request{Method: "PUT", Header: fetchtest.Headers("Access-Control-Allow-Origin: *", "Content-Type: application/json")},
			preflight("405"), fix.ResponseHeaderInRequest, "Access-Control-Allow-Origin: https://a.test; Access-Control-Allow-Methods: PUT; Access-Control-Allow-Headers: content-type", 204, "Delete it in the page"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.req.URL == "" {
				row.req.URL = x
			}
			_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(row.responses), fetch.Standard), row.req)
			if err == nil {
				t.Fatal("allowed")
			}
			f := fix.For(err)
			var set []string
			for _, h := range f.Set {
				set = append(set, h.Name+": "+h.Value)
			}
			if f.Cause != row.cause || strings.Join(set, "; ") != row.set || f.Status != row.status || !strings.Contains(f.Why, row.says) {
				t.Errorf("%s\n%s: %s\nfix by the %s: %s\nstatus %d, set %q\ncaution: %s", err, f.Cause, f.Why, f.Party, f.Sentence, f.Status, set, f.Caution)
			}
			if (f.Cause == "") != (f.Why == "") || f.Sentence == "" || f.Caution == "" {
				t.Errorf("a part is missing: %+v", f)
			}
		})
	}
}

// Chromium's line for a preflight without the header has no status, and a redirect in a
// text no Location: the fix says what to look at first.
func TestAnErrorFromATextSaysWhatToLookAtFirst(t *testing.T) {
	for _, row := range []struct {
		name string
		err  fetch.NetworkError
		says []string
	}{
		{"a preflight", fetch.NetworkError{Reason: reason.PreflightMissingAllowOriginHeader}, []string{"Check the preflight's status first", "405", "401", "502"}},
		{"a response", fetch.NetworkError{Reason: reason.MissingAllowOriginHeader}, []string{"Check the status first", "redirects"}},
		{"a redirect", fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Status: 302}, []string{"See first where the redirect leads", "send Access-Control-Allow-Origin", "a login page"}},
		{"a redirected preflight", fetch.NetworkError{Reason: reason.PreflightDisallowedRedirect}, []string{"login page", "respond to preflights before"}},
		{"a module", fetch.NetworkError{Reason: reason.MIMETypeNotAllowed, Value: "text/html"}, []string{"Correct the URL, or put the file there"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.err
			if row.name != "a module" {
				err.URL, err.Origin = "https://b.test/x", "https://a.test"
			}
			f := fix.For(&err)
			all := f.Why + " " + f.Sentence + " " + f.Caution
			for _, part := range row.says {
				if !strings.Contains(all, part) {
					t.Errorf("not said: %s\nwhy: %s\nfix: %s\ncaution: %s", part, f.Why, f.Sentence, f.Caution)
				}
			}
		})
	}
}

// The fix says in what an allowed origin differs from the page's.
func TestAnAllowedOriginThatIsNearlyRight(t *testing.T) {
	for _, row := range []struct{ page, value, says string }{
		{"http://localhost:5173", "http://localhost:3000", "port 3000, not 5173."},
		{"http://localhost:5173", "http://localhost", "no port, which means 80, not 5173."},
		{"http://localhost:5173", "http://localhost:5173/", "it ends with a slash."},
		{"http://localhost:5173", "http://localhost:5173/app", "it has a path, /app."},
		{"https://a.test", "https://a.test:443", "port 443 is written out, and browsers omit the default port."},
		{"http://localhost:5173", "https://localhost:5173", "https, not http."},
		{"https://a.test", "http://a.test:8080", "http, not https; port 8080, not 443 (the default of https)."},
		{"http://localhost:5173", "http://127.0.0.1:5173", "two names of this computer are two origins: open the page under the other name."},
		{"http://127.0.0.1:5173", "http://[::1]:5173", "two names of this computer are two origins: open the page under the other name."},
		{"https://a.test", "https://www.a.test", "with www, not without."},
		{"https://a.test", "https://c.test", "host c.test, not a.test."},
		{"https://a.test", "HTTPS://A.test", "upper case"},
		{"https://a.test", "a.test", "the scheme is missing (https://)."},
		{"null", "https://a.test", "the request's Origin is null."},
	} {
		t.Run(row.page+" and "+row.value, func(t *testing.T) {
			f := fix.For(&fetch.NetworkError{Reason: reason.AllowOriginMismatch, URL: "https://b.test/x", Origin: row.page, PageOrigin: row.page,
				Header: "Access-Control-Allow-Origin", Value: row.value, Present: true})
			if got := strings.Join(f.Differs, "; ") + "."; !strings.Contains(got, row.says) {
				t.Error(got)
			}
		})
	}
}

// A redirect that was not meant is avoided by requesting its target: the page's change
// comes first, whatever else has to change.
func TestTheTargetOfARedirectComesFirst(t *testing.T) {
	for _, row := range []struct{ method, response, says string }{
		{"GET", "301\nLocation: /x/", "Have the page request https://b.test/x/. If the redirect has to stay: send "},
		{"GET", "302\nLocation: https://cdn.test/x", "Have the page request https://cdn.test/x. "},
		{"PUT", "308\nLocation: https://www.b.test/x", "Have the page request https://www.b.test/x. If the page's URL is the right one: respond "},
		{"PUT", "302\nLocation: /login", "Respond to the preflight (OPTIONS https://b.test/x) with 204 before anything checks for a login."},
		{"GET", "302\nLocation: mailto:a@b.test", "See first where the redirect leads."},
	} {
		t.Run(row.method+" "+row.response, func(t *testing.T) {
			responses := map[string]string{"https://b.test/x": row.response, "OPTIONS https://b.test/x": row.response}
			_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Chromium), fetch.Request{Method: row.method, URL: "https://b.test/x"})
			if f := fix.For(err); !strings.HasPrefix(f.Sentence, row.says) {
				t.Errorf("%v: %s", err, f.Sentence)
			}
		})
	}
}

// A page that came back in place of a script or style sheet is not a matter of its
// Content-Type.
func TestAPageInPlaceOfAFileIsAMissingFile(t *testing.T) {
	module := fetch.Request{Mode: fetch.ModeCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement}
	for _, row := range []struct {
		name     string
		header   string
		cause    fix.Cause
		sentence string
	}{
		{"a start page", "Content-Type: text/html; charset=utf-8", fix.HTMLInstead, "Correct the URL https://b.test/x"},
		{"a file with a wrong type", "Content-Type: text/plain\nX-Content-Type-Options: nosniff", "", "Send Content-Type: text/javascript"},
	} {
		t.Run(row.name, func(t *testing.T) {
			responses := respond("200\nAccess-Control-Allow-Origin: *\nX-Content-Type-Options: nosniff\n" + row.header)
			req := module
			req.URL = "https://b.test/x"
			_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Chromium), req)
			f := fix.For(err)
			if f.Cause != row.cause || !strings.Contains(f.Sentence, row.sentence) || row.cause != "" && len(f.Set) > 0 {
				t.Errorf("%v: %+v", err, f)
			}
		})
	}
}

// Opaque response blocking stops such a page before its type is looked at.
func TestAPageInPlaceOfAnElementsFileIsAMissingFile(t *testing.T) {
	for _, row := range []struct {
		kind, contentType string
		cause             fix.Cause
		says              string
	}{
		{"script", "text/html", fix.HTMLInstead, "in place of the script"},
		{"CSS stylesheet", "text/html;charset=utf-8", fix.HTMLInstead, "in place of the style sheet"},
		{"image", "text/html", fix.HTMLInstead, "in place of the image"},
		{"image", "application/json", "", ""},
		{"fetch", "text/html", "", ""},
	} {
		e := fetch.NetworkError{Reason: reason.OpaqueResponseBlocked, URL: "https://b.test/x", Kind: row.kind,
			Header: "Content-Type", Value: row.contentType, Present: true}
		if f := fix.For(&e); f.Cause != row.cause || !strings.Contains(f.Why, row.says) {
			t.Errorf("%s, %s: %+v", row.kind, row.contentType, f)
		}
	}
}

// What a text says is enough for a cause, although it has no exchanges.
func TestCauseOfAnErrorFromAText(t *testing.T) {
	for _, row := range []struct {
		err   fetch.NetworkError
		cause fix.Cause
		party reason.Party
	}{
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, URL: "https://b.test/x", Status: 502}, fix.ServerFailed, reason.Server},
		{fetch.NetworkError{Reason: reason.PreflightMissingAllowOriginHeader, URL: "https://script.google.com/macros/s/x/exec", Status: 405}, fix.MethodNotServed, reason.Page},
		{fetch.NetworkError{Reason: reason.PreflightInvalidStatus, URL: "https://b.test/x", Status: 405}, fix.MethodNotServed, reason.Server},
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, URL: "https://b.test/login", FirstURL: "https://b.test/x"}, fix.LoginRedirect, reason.Server},
		{fetch.NetworkError{Reason: reason.HeaderDisallowedByPreflightResponse, URL: "https://b.test/x", Header: "Access-Control-Allow-Methods"}, fix.ResponseHeaderInRequest, reason.Page},
		{fetch.NetworkError{Reason: reason.HeaderDisallowedByPreflightResponse, URL: "https://b.test/x", Header: "x-tenant"}, "", reason.Server},
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, URL: "https://b.test/x"}, "", reason.Server},
	} {
		if f := fix.For(&row.err); f.Cause != row.cause || f.Party != row.party {
			t.Errorf("%v: %+v", &row.err, f)
		}
	}
}

// What redirects to a login page, its own response or that to its preflight, is what must
// change, and never with Access-Control-Allow-Origin: null.
func TestARedirectToALoginNeverAllowsNull(t *testing.T) {
	for _, row := range []struct {
		name  string
		err   fetch.NetworkError
		party string // whose response must change
	}{
		{"the request, with a preflight of the login page", fetch.NetworkError{Reason: reason.PreflightMissingAllowOriginHeader,
			URL: "https://sso.test/realms/x/protocol/openid-connect/auth?client_id=1", FirstURL: "https://b.test/me", Origin: "null", PageOrigin: "https://a.test"}, "https://b.test/me"},
		{"the request of a page that the text calls null", fetch.NetworkError{Reason: reason.PreflightMissingAllowOriginHeader,
			URL: "https://dev-1.okta.com/oauth2/v1/authorize", FirstURL: "https://b.test/me", Origin: "null", PageOrigin: "null"}, "https://b.test/me"},
		{"the request, and the login page refuses OPTIONS", fetch.NetworkError{Reason: reason.PreflightInvalidStatus, Status: 405,
			URL: "https://login.microsoftonline.com/x/oauth2/v2.0/authorize", FirstURL: "https://b.test/me", Origin: "null", PageOrigin: "null"}, "https://b.test/me"},
		{"the request without a preflight", fetch.NetworkError{Reason: reason.AllowOriginMismatch, Value: "https://b.test",
			URL: "https://login.b.test/", FirstURL: "https://b.test/me", Origin: "null", PageOrigin: "null"}, "https://b.test/me"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := fix.For(&row.err)
			if f.Cause != fix.LoginRedirect || len(f.Set) > 0 || f.Status != 0 || f.Preflight || f.URL != row.party ||
				!strings.Contains(f.Sentence, "Have the server respond to "+row.party+" with 401") {
				t.Errorf("%+v", f)
			}
		})
	}
	t.Run("the preflight of a sandboxed page", func(t *testing.T) {
		responses := map[string]string{"OPTIONS https://b.test/x": "302\nLocation: /login"}
		_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Chromium),
			fetch.Request{Method: "PUT", URL: "https://b.test/x", Page: &fetch.Page{URL: "https://a.test/", Sandboxed: true}})
		if f := fix.For(err); f.Cause != fix.LoginRedirect || len(f.Set) > 0 || !f.Preflight || f.Status != 204 {
			t.Errorf("%+v", f)
		}
	})
}

// Safari checks a preflight's status before its headers, the other browsers after them.
func TestWhetherTheHeadersAreThereDependsOnTheBrowser(t *testing.T) {
	for _, row := range []struct {
		browser    string
		status     int
		says, omit string
	}{
		{"WebKit", 401, "a login before the CORS headers are added", "headers are there, but"},
		{"WebKit", 404, "nothing handles OPTIONS at this path", "headers are there, but"},
		{"WebKit", 405, "the router has no OPTIONS", "headers are there, but"},
		{"WebKit", 403, "whether the CORS headers are there is not known", "headers are there, but"},
		{"WebKit", 400, "whether the CORS headers are there is not known", "lacks the CORS headers"},
		{"WebKit", 429, "whether the CORS headers are there is not known", "lacks the CORS headers"},
		{"WebKit", 500, "whether the CORS headers are there is not known", "headers are there, but"},
		{"Chromium", 401, "the CORS headers are there, but", "not known"},
		{"Firefox", 405, "the CORS headers are there, but", "not known"},
		{"", 405, "the CORS headers are there, but", "not known"},
	} {
		f := fix.ForPrinted(&fetch.NetworkError{Reason: reason.PreflightInvalidStatus, URL: "https://b.test/x", Status: row.status}, row.browser)
		if !strings.Contains(f.Why, row.says) || strings.Contains(f.Why, row.omit) || len(f.Set) > 0 {
			t.Errorf("%s, %d: %+v", row.browser, row.status, f)
		}
	}
}

// A console does not say where a redirect leads: it may be a login page.
func TestARedirectWithoutItsTargetMayLeadToALogin(t *testing.T) {
	for _, why := range []reason.Reason{reason.MissingAllowOriginHeader, reason.PreflightDisallowedRedirect} {
		f := fix.For(&fetch.NetworkError{Reason: why, URL: "https://b.test/x", Status: 302})
		if f.Cause != fix.Redirected || !strings.Contains(f.Why, "login page") {
			t.Errorf("%+v", f)
		}
	}
}

// After a redirect that made the origin null, the page requests the target itself, and
// that server needs the header unless it has it.
func TestARequestOfTheTargetItselfNeedsItsHeader(t *testing.T) {
	const to, page = "https://cdn.test/a.json", "https://a.test"
	for _, row := range []struct {
		name       string
		err        fetch.NetworkError
		says, omit string
	}{
		{"no header", fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, PageOrigin: page}, "have that server send Access-Control-Allow-Origin: https://a.test.", "already"},
		{"no header, with cookies", fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, PageOrigin: page, Credentials: fetch.CredentialsInclude},
			"Access-Control-Allow-Origin: https://a.test and Access-Control-Allow-Credentials: true.", "already"},
		{"no header in the preflight response", fetch.NetworkError{Reason: reason.PreflightMissingAllowOriginHeader, PageOrigin: page}, "Access-Control-Allow-Origin: https://a.test", "already"},
		{"another origin", fetch.NetworkError{Reason: reason.AllowOriginMismatch, PageOrigin: page, Value: "https://c.test"}, "Access-Control-Allow-Origin: https://a.test", "already"},
		{"the page's origin", fetch.NetworkError{Reason: reason.AllowOriginMismatch, PageOrigin: page, Value: page}, "which that response already names", "have that server send"},
		{"a page that may be sandboxed", fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, PageOrigin: "null"}, "If the page is sandboxed or a file, give it an origin", "Access-Control-Allow-Origin: null"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.err.URL, row.err.FirstURL, row.err.Origin = to, "https://b.test/a", "null"
			f := fix.For(&row.err)
			if f.Party != reason.Page || f.Cause != fix.Redirected || len(f.Set) > 0 || !strings.HasPrefix(f.Sentence, "Have the page request "+to+" directly") ||
				!strings.Contains(f.Sentence, row.says) || strings.Contains(f.Sentence, row.omit) {
				t.Errorf("%+v", f)
			}
		})
	}
	f := fix.For(&fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, URL: "https://b.test/x", FirstURL: "https://b.test/", Origin: "null", PageOrigin: "null"})
	if f.Cause == fix.Redirected {
		t.Errorf("a redirect within an origin: %+v", f)
	}
}

// The data of a Google Apps Script has the header; the URL that it redirects to is
// made for one request.
func TestAnAppsScriptWithoutTheHeaderIsNotOpenOrFails(t *testing.T) {
	const exec, echo = "https://script.google.com/macros/s/x/exec", "https://script.googleusercontent.com/macros/echo?user_content_key=x"
	for _, row := range []struct {
		name  string
		err   fetch.NetworkError
		cause fix.Cause
		says  string
	}{
		{"its output", fetch.NetworkError{URL: echo, FirstURL: exec, Origin: "null", PageOrigin: "https://a.test"}, fix.ServerFailed, "of a script that failed"},
		{"its output, in Chrome's older words", fetch.NetworkError{URL: echo, FirstURL: exec, Origin: "null", PageOrigin: "null"}, fix.ServerFailed, "of a script that failed"},
		{"the script", fetch.NetworkError{URL: exec, Origin: "https://a.test", PageOrigin: "https://a.test"}, fix.ServerFailed, "not open to anyone"},
		{"a login page", fetch.NetworkError{URL: "https://accounts.google.com/ServiceLogin?continue=x", FirstURL: exec, Origin: "null", PageOrigin: "https://a.test"},
			fix.LoginRedirect, "not open to anyone"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.err.Reason = reason.MissingAllowOriginHeader
			f := fix.For(&row.err)
			if f.Cause != row.cause || f.Party != reason.Server || f.URL != exec || len(f.Set) > 0 || !strings.Contains(f.Why, row.says) ||
				!strings.Contains(f.Sentence, "access for Anyone") || !strings.Contains(f.Sentence, exec) || strings.Contains(f.Sentence, "directly") {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestResponseHeadersAreNamed(t *testing.T) {
	got := fix.ResponseHeaders([]string{"X-One", "Access-Control-Allow-Origin", "vary"})
	if want := []string{"Access-Control-Allow-Origin", "vary"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
