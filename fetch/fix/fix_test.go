package fix_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

// A fixedWeb is a Web whose responses are changed by fixes.
type fixedWeb struct {
	web   *fetchtest.Web
	fixes map[response][]fix.Fix
}

// A response names the response that a fix changes.
type response struct {
	preflight bool
	url       string
}

func newFixedWeb(responses map[string]string) *fixedWeb {
	return &fixedWeb{fetchtest.NewWeb(responses), map[response][]fix.Fix{}}
}

func (w *fixedWeb) apply(f fix.Fix) {
	r := response{f.Preflight, f.URL}
	w.fixes[r] = append(w.fixes[r], f)
}

func (w *fixedWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.web.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	for _, f := range w.fixes[response{r.Method == "OPTIONS", r.URL.String()}] {
		for _, h := range f.Set {
			resp.Header.Set(h.Name, h.Value)
		}
		for _, name := range f.Remove {
			resp.Header.Del(name)
		}
		if f.Status != 0 {
			resp.StatusCode = f.Status
		}
	}
	return resp, nil
}

// fixUntilAllowed applies fixes until the fetch is allowed. Every fix must remove
// its reason, and be safe. It returns the reasons.
func fixUntilAllowed(t *testing.T, p fetch.Profile, req fetch.Request, responses map[string]string) (reasons []reason.Reason) {
	t.Helper()
	w := newFixedWeb(responses)
	var seen []string
	for range 12 {
		_, err := fetchtest.Fetch(t, fetchtest.Agent(w, p), req)
		if err == nil {
			return reasons
		}
		if !err.Reason.CORS() {
			t.Fatalf("%s: %s: CORS headers do not fix %s", p.Name, seen, err)
		}
		f := fix.For(err)
		what := fmt.Sprint(err.Reason, " ", strings.ToLower(err.Header), " ", err.Method, " ", f.URL)
		if slices.Contains(seen, what) {
			t.Fatalf("%s: %s comes again after %s; %+v", p.Name, what, seen, f)
		}
		seen, reasons = append(seen, what), append(reasons, err.Reason)
		checkSafe(t, err, f)
		w.apply(f)
	}
	t.Fatalf("%s: still blocked after %s", p.Name, seen)
	return nil
}

func checkSafe(t *testing.T, err *fetch.NetworkError, f fix.Fix) {
	t.Helper()
	if f.Party != reason.Server || len(f.Set)+len(f.Remove)+f.Status == 0 {
		t.Fatalf("%s: the server has nothing to change: %+v", err, f)
	}
	for _, h := range f.Set {
		switch wildcard := slices.Contains(strings.Split(h.Value, ", "), "*"); {
		case h.Name == "Access-Control-Allow-Origin" && h.Value != err.Origin:
			t.Errorf("%s: allows %q, not the origin of the request", err, h.Value)
		case wildcard && (err.Credentials == fetch.CredentialsInclude || !sends(err, h.Name, "*")):
			t.Errorf("%s: proposes the wildcard %s", err, h)
		}
	}
	if f.Set.Contains("Access-Control-Allow-Origin") && err.Origin == "null" {
		checkUnwise(t, f)
	}
}

// sends reports whether a response had the header with a text in its value.
func sends(err *fetch.NetworkError, name, text string) bool {
	for _, x := range err.Trace.Exchanges {
		if value, _ := x.ResponseHeader.Get(name); strings.Contains(value, text) {
			return true
		}
	}
	return false
}

// checkUnwise checks that a fix which allows null advises against itself.
func checkUnwise(t *testing.T, f fix.Fix) {
	t.Helper()
	if !f.Unwise || !strings.Contains(f.Caution, "every sandboxed page of any site sends Origin: null") {
		t.Errorf("allows null without a warning: %+v", f)
	}
}

func TestFixRemovesEveryCORSReason(t *testing.T) {
	for _, c := range fetchtest.Cases {
		if !c.Reason.CORS() {
			continue
		}
		for _, p := range fetch.Profiles() {
			if got := fixUntilAllowed(t, p, c.FullRequest(), c.Responses); len(got) == 0 || got[0] != c.Reason {
				t.Errorf("%s: blocked for %v, want %s first", p.Name, got, c.Reason)
			}
		}
	}
}

// Whatever a server sends in response to a preflight and a request, a few fixes
// are enough.
func TestFixesRemoveCombinedReasons(t *testing.T) {
	header := func(name, value string) string {
		if value == "-" {
			return ""
		}
		return "\n" + name + ": " + value
	}
	sandboxed := &fetch.Page{URL: "https://a.test/", Sandboxed: true}
	profiles := fetch.Profiles()
	if testing.Short() {
		profiles = profiles[:1]
	}
	blocked, tried := map[reason.Reason]int{}, 0
	for _, status := range []string{"200", "401", "308\nLocation: /y"} {
		for _, acao := range []string{"-", "*", "null", "https://a.test", "https://c.test", "a.test", "*, https://a.test"} {
			for _, acac := range []string{"-", "true", "True"} {
				for i, acam := range []string{"-", "*", "GET PUT", "PUT, (", "delete"} {
					acah := []string{"-", "*", "X-One Content-Type", "(", "x-one"}[(i*3+len(acao))%5]
					own := header("Access-Control-Allow-Origin", acao) + header("Access-Control-Allow-Credentials", acac)
					responses := map[string]string{
						"OPTIONS https://b.test/x": status + own + header("Access-Control-Allow-Methods", acam) + header("Access-Control-Allow-Headers", acah),
						"https://b.test/x":         "200" + own,
					}
					for _, req := range []fetch.Request{
						{Method: "DELETE", Header: fetchtest.Headers("X-One: 1", "X-Two: 2")},
						{Method: "PUT", Header: fetchtest.Headers("Authorization: x"), Credentials: fetch.CredentialsInclude},
						{Method: "patch", Header: fetchtest.Headers("authorization: x", "X-One: 1"), Page: sandboxed, Initiator: fetch.InitiatorXHR},
						{Credentials: fetch.CredentialsInclude},
					} {
						req.URL = "https://b.test/x"
						if tried++; testing.Short() && tried%3 > 0 {
							continue // a sample
						}
						for _, p := range profiles {
							for _, r := range fixUntilAllowed(t, p, req, responses) {
								blocked[r]++
							}
						}
					}
				}
			}
		}
	}
	for _, r := range reason.All() {
		if r.CORS() && blocked[r] == 0 {
			t.Errorf("%s came up nowhere", r)
		}
	}
}

// After a redirect between two other origins, the last server receives Origin:
// null. The page then has to request its URL directly, and no server has to allow null.
func TestFixAfterATaintingRedirectIsADirectRequest(t *testing.T) {
	for _, header := range []string{"X: 1", "Access-Control-Allow-Origin: https://a.test", "Access-Control-Allow-Origin: null, *"} {
		responses := map[string]string{
			"https://b.test/x": "302\nAccess-Control-Allow-Origin: *\nLocation: https://c.test/y",
			"https://c.test/y": "200\n" + header,
		}
		_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Standard), fetch.Request{URL: "https://b.test/x"})
		f := fix.For(err)
		if f.Party != reason.Page || len(f.Set) > 0 || f.Cause != fix.Redirected || !strings.Contains(f.Sentence, "request https://c.test/y directly") {
			t.Errorf("%s: %+v", header, f)
		}
	}
}

// A page without an origin can be allowed, but should not be.
func TestFixWarnsOfAllowingNull(t *testing.T) {
	sandboxed, file := &fetch.Page{URL: "https://a.test/", Sandboxed: true}, &fetch.Page{URL: "file:///index.html"}
	const allow = "Access-Control-Allow-Origin: "
	for _, page := range []*fetch.Page{sandboxed, file} {
		for _, credentials := range []fetch.Credentials{fetch.CredentialsInclude, fetch.CredentialsOmit} {
			for _, method := range []string{"GET", "PUT"} {
				for _, header := range []string{"X: 1", allow, allow + "https://a.test", allow + "null", allow + "*"} {
					w := fetchtest.NewWeb(respond("200\n" + header))
					_, err := fetchtest.Fetch(t, fetchtest.Agent(w, fetch.Standard),
						fetch.Request{Page: page, Method: method, URL: "https://b.test/x", Credentials: credentials})
					if err == nil || err.Reason == reason.MethodDisallowedByPreflightResponse {
						continue
					}
					f := fix.For(err)
					checkUnwise(t, f)
					if with := f.Set.Contains("Access-Control-Allow-Credentials"); with != (credentials == fetch.CredentialsInclude) {
						t.Errorf("credentials %s: %v", credentials, f.Set)
					}
					if !strings.Contains(f.Caution, "do not sandbox it") {
						t.Errorf("no advice what to do instead: %q", f.Caution)
					}
				}
			}
		}
	}
}

// The policy that a fix sets allows the page, and a stricter one does not.
func TestFixSetsTheStrictestResourcePolicy(t *testing.T) {
	const name = "Cross-Origin-Resource-Policy"
	pages := []string{
		"https://a.test/", "http://a.test/", "https://sub.a.test/", "http://sub.a.test:8080/", "https://a.test:444/",
		"https://owner.co.uk/", "https://www.owner.co.uk/", "http://localhost:3000/",
	}
	urls := []string{
		"https://a.test/x", "https://cdn.a.test/x", "https://b.test/x", "https://owner.co.uk/x", "https://other.co.uk/x",
		"http://localhost:8080/x", "https://localhost/x",
	}
	fixes := 0
	for _, page := range pages {
		for _, url := range urls {
			for _, policy := range []string{"same-origin", "same-site", ""} {
				for _, embedder := range []fetch.EmbedderPolicy{fetch.UnsafeNone, fetch.RequireCORP} {
					blockedBy := func(policy string) *fetch.NetworkError {
						w := fetchtest.NewWeb(map[string]string{url: "200\n" + name + ": " + policy})
						_, err := fetchtest.Fetch(t, fetchtest.Agent(w, fetch.Standard), fetch.Request{URL: url, Mode: fetch.ModeNoCORS,
							Page: &fetch.Page{URL: page, EmbedderPolicy: embedder}})
						return err
					}
					err := blockedBy(policy)
					if err == nil || err.Header != name {
						continue
					}
					fixes++
					f := fix.For(err)
					set, _ := f.Set.Get(name)
					if err := blockedBy(set); err != nil {
						t.Errorf("%s loads %s with %q: %q does not allow it: %s", page, url, policy, set, err)
					}
					if set == "cross-origin" && blockedBy("same-site") == nil {
						t.Errorf("%s loads %s with %q: cross-origin, but same-site is enough", page, url, policy)
					}
					if !strings.Contains(f.Sentence, name+": "+set) {
						t.Errorf("%q does not say %s", f.Sentence, set)
					}
				}
			}
		}
	}
	if fixes < 50 {
		t.Errorf("only %d fixes", fixes)
	}
}

// A fix keeps the methods and headers that the server allows already, and adds
// all that are missing, although a browser's console names only the first.
func TestFixKeepsWhatIsAllowedAndAddsAllThatIsMissing(t *testing.T) {
	const methods, headers = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
	xTraceAuthorizationJSON := fetchtest.Headers("X-Trace: 1", "Authorization: x", "Content-Type: application/json")
	for _, row := range []struct {
		name, allowed, method string
		header                fetch.HeaderList
		credentials           fetch.Credentials
		want                  string
	}{
		{methods, "PUT, PATCH", "DELETE", nil, fetch.CredentialsOmit, "PUT, PATCH, DELETE"},
		{methods, "PUT, PATCH", "DELETE", nil, fetch.CredentialsInclude, "PUT, PATCH, DELETE"},
		{methods, "PUT,PATCH,\tPUT", "DELETE", nil, fetch.CredentialsOmit, "PUT, PATCH, DELETE"},
		{methods, "", "DELETE", nil, fetch.CredentialsOmit, "DELETE"},
		{methods, "delete", "DELETE", nil, fetch.CredentialsOmit, "delete, DELETE"},
		{methods, "*", "DELETE", nil, fetch.CredentialsInclude, "DELETE"},
		{methods, "*, PUT", "DELETE", nil, fetch.CredentialsInclude, "PUT, DELETE"},
		{headers, "", "POST", xTraceAuthorizationJSON, fetch.CredentialsOmit, "authorization, content-type, x-trace"},
		{headers, "Content-Type", "POST", xTraceAuthorizationJSON, fetch.CredentialsOmit, "Content-Type, authorization, x-trace"},
		{headers, "Content-Type", "POST", xTraceAuthorizationJSON, fetch.CredentialsInclude, "Content-Type, authorization, x-trace"},
		{headers, "X-Other", "POST", xTraceAuthorizationJSON, fetch.CredentialsOmit, "X-Other, authorization, content-type, x-trace"},
		{headers, "*", "POST", xTraceAuthorizationJSON, fetch.CredentialsOmit, "*, authorization"},
		{headers, "*", "POST", xTraceAuthorizationJSON, fetch.CredentialsInclude, "authorization, content-type, x-trace"},
	} {
		own := "200\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Credentials: true\n" + row.name + ": " + row.allowed
		w := newFixedWeb(respond(own))
		req := fetch.Request{URL: "https://b.test/x", Method: row.method, Header: row.header, Credentials: row.credentials}
		_, err := fetchtest.Fetch(t, fetchtest.Agent(w, fetch.Standard), req)
		if err == nil {
			t.Fatalf("%+v is allowed as it is", row)
		}
		f := fix.For(err)
		if got, _ := f.Set.Get(row.name); got != row.want || len(f.Set) != 1 {
			t.Errorf("%s: %s, credentials %s: set %v, want %q", row.name, row.allowed, row.credentials, f.Set, row.want)
		}
		w.apply(f)
		if _, err := fetchtest.Fetch(t, fetchtest.Agent(w, fetch.Standard), req); err != nil {
			t.Errorf("%s: %s, credentials %s: after the fix: %s", row.name, row.allowed, row.credentials, err)
		}
	}
}

// Fixes with headers that are not CORS headers remove their reasons too.
func TestFixOfOtherReasons(t *testing.T) {
	noCORS := fetch.Request{Mode: fetch.ModeNoCORS}
	script := fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement}
	for _, row := range []struct {
		name      string
		req       fetch.Request
		responses map[string]string
		want      fetch.HeaderList
	}{
		{"another site needs cross-origin", noCORS, respond("200\nCross-Origin-Resource-Policy: same-origin"),
			fetchtest.Headers("Cross-Origin-Resource-Policy: cross-origin")},
		{"the same site needs same-site", fetch.Request{URL: "https://sub.a.test/x", Mode: fetch.ModeNoCORS},
			map[string]string{"https://sub.a.test/x": "200\nCross-Origin-Resource-Policy: same-origin"},
			fetchtest.Headers("Cross-Origin-Resource-Policy: same-site")},
		{"a page blocked by same-site needs cross-origin", noCORS, respond("200\nCross-Origin-Resource-Policy: same-site"),
			fetchtest.Headers("Cross-Origin-Resource-Policy: cross-origin")},
		{"an isolated page", fetch.Request{Mode: fetch.ModeNoCORS, Page: &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.RequireCORP}},
			respond("200"), fetchtest.Headers("Cross-Origin-Resource-Policy: cross-origin")},
		{"a script", script, respond("200\nContent-Type: image/png"), fetchtest.Headers("Content-Type: text/javascript")},
		{"a redirect with a password", fetch.Request{}, map[string]string{
			"https://b.test/x": "302\nAccess-Control-Allow-Origin: *\nLocation: https://u:p@b.test/y", "https://b.test/y": fetchtest.AllowAny},
			fetchtest.Headers("Location: https://b.test/y")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.req.URL == "" {
				row.req.URL = "https://b.test/x"
			}
			w := newFixedWeb(row.responses)
			_, err := fetchtest.Fetch(t, fetchtest.Agent(w, fetch.Standard), row.req)
			if err == nil {
				t.Fatal("it is allowed as it is")
			}
			f := fix.For(err)
			if !slices.Equal(f.Set, row.want) {
				t.Errorf("sets %v, want %v", f.Set, row.want)
			}
			w.apply(f)
			if _, err := fetchtest.Fetch(t, fetchtest.Agent(w, fetch.Standard), row.req); err != nil {
				t.Errorf("after the fix: %s", err)
			}
		})
	}
}

// A fix consists of complete sentences, even if little is known about the
// error.
func TestEveryReasonHasAFix(t *testing.T) {
	for _, r := range reason.All() {
		for _, e := range []*fetch.NetworkError{
			{Reason: r},
			{Reason: r, URL: "http://b.test/{url}", Origin: "null", PageOrigin: "https://a.test", Credentials: fetch.CredentialsInclude,
				Header: "Authorization", Value: "*, {method}", Method: "PUT", Status: 404, Space: fetch.SpaceLocal},
		} {
			f := fix.For(e)
			for _, text := range []string{f.Sentence, f.Caution} {
				text = strings.ReplaceAll(text, "b.test/{url}", "b.test/")
				if strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") || !strings.HasSuffix(text, ".") {
					t.Errorf("%s: %q is not a sentence", r, text)
				}
			}
			if f.Party != r.Party() || f.Party != reason.Server && len(f.Set)+len(f.Remove)+f.Status > 0 {
				t.Errorf("%s: %+v", r, f)
			}
			if r.CORS() && f.Party != reason.Server || r.Refused() && f.Party != reason.Page {
				t.Errorf("%s: the fix is for the %s", r, f.Party)
			}
		}
	}
	if f := fix.For(&fetch.NetworkError{}); f.Sentence != "" {
		t.Errorf("no reason has the fix %+v", f)
	}
}

// Exposing a header keeps the headers that are exposed already.
func TestExpose(t *testing.T) {
	for _, row := range []struct {
		exposed     string
		credentials fetch.Credentials
		want        string
	}{
		{"", fetch.CredentialsOmit, "X-Total"},
		{"X-Page, X-Next", fetch.CredentialsOmit, "X-Page, X-Next, X-Total"},
		{"*", fetch.CredentialsInclude, "X-Total"},
		{"*, X-Page", fetch.CredentialsInclude, "X-Page, X-Total"},
	} {
		sent := fetchtest.Headers("Access-Control-Expose-Headers: "+row.exposed, "X-Total: 7")
		f := fix.Expose("X-Total", sent, row.credentials)
		if got, _ := f.Set.Get("Access-Control-Expose-Headers"); got != row.want || f.Party != reason.Server {
			t.Errorf("%q: %+v, want %q", row.exposed, f, row.want)
		}
		if wildcard := strings.Contains(f.Sentence, "wildcard"); wildcard != strings.Contains(row.exposed, "*") || f.Caution == "" {
			t.Errorf("%q: %+v", row.exposed, f)
		}
	}
}

func TestNoFixExposesSetCookie(t *testing.T) {
	for _, name := range []string{"Set-Cookie", "set-cookie2"} {
		if f := fix.Expose(name, nil, fetch.CredentialsOmit); f.Sentence != "" || len(f.Set) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// The fixes of opaque responses make them readable.
func TestOpaque(t *testing.T) {
	responses := map[string]string{
		"https://b.test/x": fetchtest.AllowAny,
		"https://b.test/r": "302\nAccess-Control-Allow-Origin: *\nLocation: /x",
	}
	for _, row := range []struct {
		opaque, fixed fetch.Request
		responseType  fetch.ResponseType
		want          string
	}{
		{fetch.Request{URL: "https://b.test/x", Mode: fetch.ModeNoCORS}, fetch.Request{URL: "https://b.test/x"},
			fetch.TypeOpaque, "the mode cors"},
		{fetch.Request{URL: "https://b.test/r", Redirect: fetch.RedirectManual}, fetch.Request{URL: "https://b.test/r"},
			fetch.TypeOpaqueRedirect, "the redirect mode follow"},
	} {
		agent := fetchtest.Agent(fetchtest.NewWeb(responses), fetch.Standard)
		if resp, err := fetchtest.Fetch(t, agent, row.opaque); err != nil || resp.Type != row.responseType {
			t.Errorf("%+v: %+v, %v; want %s", row.opaque, resp, err, row.responseType)
		}
		if resp, err := fetchtest.Fetch(t, agent, row.fixed); err != nil || resp.Type != fetch.TypeCORS {
			t.Errorf("%+v: %+v, %v; want %s", row.fixed, resp, err, fetch.TypeCORS)
		}
		f := fix.Opaque(row.responseType)
		if f.Party != reason.Page || f.Caution == "" || !strings.Contains(f.Sentence, row.want) {
			t.Errorf("%s: %+v, want %q", row.responseType, f, row.want)
		}
	}
}

func respond(text string) map[string]string { return map[string]string{"https://b.test/x": text} }
