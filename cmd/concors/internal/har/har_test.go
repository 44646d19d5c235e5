package har_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch/fix"
)

var update = flag.Bool("update", false, "write the reports into testdata")

// The recordings in testdata are exports of the browsers; see the README there.
func TestRecordingsOfRealBrowsers(t *testing.T) {
	for _, row := range []struct {
		name     string
		requests har.Requests
	}{
		{"chromium", har.Requests{All: 17, Allowed: 3, Blocked: 13, Unknown: 1}},
		{"chromium-with-cookies", har.Requests{All: 2, Blocked: 2}},
		{"firefox", har.Requests{All: 17, Blocked: 13, Depends: 3, Unknown: 1}},
		{"webkit", har.Requests{All: 3, Allowed: 3}},
	} {
		t.Run(row.name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", row.name+".har"))
			if err != nil {
				t.Fatal(err)
			}
			r := read(t, string(raw), "")
			if r.Requests != row.requests {
				t.Errorf("%+v", r.Requests)
			}
			var text, js strings.Builder
			if err := errors.Join(r.WriteText(&text, har.TextOptions{More: true}), r.WriteJSON(&js)); err != nil {
				t.Fatal(err)
			}
			golden(t, row.name+".txt", text.String())
			golden(t, row.name+".json", js.String())
			presentable(t, text.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update writes it: look at the difference", name)
	}
}

// presentable checks that a terminal can show a text.
func presentable(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
		for _, c := range line {
			if !unicode.IsPrint(c) {
				t.Errorf("the control character %U is printed: %q", c, line)
			}
		}
	}
}

func read(t *testing.T, text, from string) *har.Report {
	t.Helper()
	r, err := har.Read(strings.NewReader(text), har.Options{From: from})
	if err != nil {
		t.Fatal(err)
	}
	sums(t, r)
	return r
}

// sums checks that every entry is counted once.
func sums(t *testing.T, r *har.Report) {
	t.Helper()
	q, n := r.Requests, r.NotCORS
	if all := q.All + r.Preflights + r.Redirects + n.SameOrigin + n.NoCORS + n.Navigation + n.WebSocket + n.ServiceWorker + n.Other; all != r.Entries {
		t.Errorf("%d of %d entries are counted: %+v", all, r.Entries, r)
	}
	if q.All != q.Allowed+q.Blocked+q.Depends+q.Unknown {
		t.Errorf("the requests do not add up: %+v", q)
	}
	reported := r.LeftOut
	for _, f := range r.Findings {
		reported += f.Times
		if (f.Reason == nil) != (f.Verdict == har.Unknown) || len(f.Also) > f.Times-1 {
			t.Errorf("an inconsistent finding: %+v", f)
		}
	}
	if reported != q.All-q.Allowed {
		t.Errorf("the findings report %d requests: %+v", reported, q)
	}
}

// The exporters of the recordings that the tests write.
const (
	chromium = "WebInspector"
	firefox  = "Firefox"
	webkit   = "WebKit Web Inspector"
)

func archive(creator string, entries ...string) string {
	return `{"log":{"version":"1.2","creator":{"name":"` + creator + `","version":"1"},"pages":[{"id":"page_1","title":"https://app.example/cart"}],"entries":[` + strings.Join(entries, ",") + `]}}`
}

// entry writes an entry: headers are "name: value" lines, more are members of
// the entry, as in "_resourceType":"xhr".
func entry(method, url string, request string, status int, response string, more ...string) string {
	list := func(lines string) string {
		out := []map[string]string{}
		for line := range strings.Lines(lines) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if name != "" {
				out = append(out, map[string]string{"name": name, "value": strings.ReplaceAll(value, `\n`, "\n")})
			}
		}
		raw, _ := json.Marshal(out)
		return string(raw)
	}
	failure := "null"
	more = slices.DeleteFunc(more, func(s string) bool {
		after, ok := strings.CutPrefix(s, "error ")
		if ok {
			failure = `"` + after + `"`
		}
		return ok
	})
	return fmt.Sprintf(`{%s"request":{"method":%q,"url":%q,"headers":%s,"cookies":[]},"response":{"status":%d,"headers":%s,"redirectURL":"","content":{"text":"body"},"_error":%s}}`,
		strings.Join(append(more, ""), ","), method, url, list(request), status, list(response), failure)
}

const (
	api                    = "https://api.example/items"
	fromApp                = "Origin: https://app.example\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: empty\n"
	allowed                = "Access-Control-Allow-Origin: https://app.example\n"
	allowedWithCredentials = allowed + "Access-Control-Allow-Credentials: true\n"
	wildcard               = "Access-Control-Allow-Origin: *\n"
)

func preflight(method, names string, status int, response string, more ...string) string {
	request := fromApp + "Access-Control-Request-Method: " + method + "\n"
	if names != "" {
		request += "Access-Control-Request-Headers: " + names + "\n"
	}
	return entry("OPTIONS", api, request, status, response, more...)
}

func TestVerdicts(t *testing.T) {
	for _, row := range []struct {
		name    string
		archive string
		from    string
		verdict request.Verdict // of the only request; "" if there is none
		reason  string
		why     string // part of it
	}{
		// Preflights and their requests.
		{name: "a preflight before its request", archive: archive(firefox, preflight("PUT", "", 204, allowedWithCredentials), entry("PUT", api, fromApp, 200, allowedWithCredentials)),
			verdict: "blocked", reason: "MethodDisallowedByPreflightResponse"},
		{name: "a preflight after its request", archive: archive(firefox, entry("PUT", api, fromApp, 0, ""), preflight("PUT", "", 405, allowedWithCredentials)),
			verdict: "blocked", reason: "PreflightInvalidStatus"},
		{name: "a preflight that allows the request", archive: archive(firefox, preflight("PUT", "x-one", 204, allowedWithCredentials+"Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: x-one"), entry("PUT", api, fromApp+"X-One: 1", 200, allowedWithCredentials)),
			verdict: "allowed"},
		{name: "a header that the preflight names and the recorded request lacks", archive: archive(chromium, entry("GET", api, "Referer: https://app.example/", 0, "", `"_resourceType":"fetch"`, "error net::ERR_FAILED"), preflight("GET", "authorization", 204, allowedWithCredentials)),
			verdict: "blocked", reason: "HeaderDisallowedByPreflightResponse"},
		{name: "an upload with a listener", archive: archive(firefox, preflight("POST", "", 404, ""), entry("POST", api, fromApp, 0, "", `"_resourceType":"xhr"`)),
			verdict: "blocked", reason: "PreflightMissingAllowOriginHeader"},
		{name: "a preflight without its request that fails", archive: archive(chromium, preflight("PUT", "", 204, "")), verdict: "blocked", reason: "PreflightMissingAllowOriginHeader"},
		{name: "a preflight without its request that passes", archive: archive(chromium, preflight("PUT", "", 204, allowedWithCredentials+"Access-Control-Allow-Methods: PUT")), verdict: "unknown", why: "the request itself is not in the recording"},
		{name: "a preflight without its request and without a response", archive: archive(chromium, preflight("PUT", "", 0, "")), verdict: "unknown", why: "a preflight without a response"},
		{name: "a preflight that the browser had cached", archive: archive(firefox, entry("PUT", api, fromApp, 200, allowedWithCredentials)), verdict: "allowed"},
		{name: "a response that is blocked after a preflight that was not recorded", archive: archive(firefox, entry("PUT", api, fromApp, 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader", why: "needed a preflight"},
		{name: "neither preflight nor response", archive: archive(firefox, entry("PUT", api, fromApp, 0, "")), verdict: "unknown", why: "the preflight may have failed"},
		{name: "a preflight that passes, and no response", archive: archive(firefox, preflight("PUT", "", 204, allowedWithCredentials+"Access-Control-Allow-Methods: PUT"), entry("PUT", api, fromApp, 0, "")), verdict: "unknown", why: "Its preflight is allowed"},

		// Credentials.
		{name: "a cookie shows credentials", archive: archive(firefox, entry("GET", api, fromApp+"Cookie: a=b", 200, wildcard)), verdict: "blocked", reason: "WildcardOriginNotAllowed"},
		{name: "so does the list of cookies", archive: strings.Replace(archive(firefox, entry("GET", api, fromApp, 200, wildcard)), `"cookies":[]`, `"cookies":[{"name":"a"}]`, 1), verdict: "blocked", reason: "WildcardOriginNotAllowed"},
		{name: "so does Sec-Fetch-Storage-Access", archive: archive(firefox, entry("GET", api, fromApp+"Sec-Fetch-Storage-Access: none", 200, wildcard)), verdict: "blocked", reason: "WildcardOriginNotAllowed"},
		{name: "so does an Authorization header that the browser added", archive: archive(firefox, preflight("PUT", "", 204, allowedWithCredentials+"Access-Control-Allow-Methods: PUT"), entry("PUT", api, fromApp+"Authorization: Basic eA==", 200, wildcard)), verdict: "blocked", reason: "WildcardOriginNotAllowed"},
		{name: "a script's own Authorization does not", archive: archive(firefox, preflight("GET", "authorization", 204, wildcard+"Access-Control-Allow-Headers: authorization"), entry("GET", api, fromApp+"Authorization: Bearer x", 200, wildcard)), verdict: "depends", reason: "PreflightWildcardOriginNotAllowed"},
		{name: "nothing shows it, where failures are not marked", archive: archive(firefox, entry("GET", api, fromApp, 200, wildcard)), verdict: "depends", reason: "WildcardOriginNotAllowed", why: "no cookie for it"},
		{name: "nothing shows it, and both ways are allowed", archive: archive(firefox, entry("GET", api, fromApp, 200, allowedWithCredentials)), verdict: "allowed"},
		{name: "nothing shows it, and it did not fail", archive: archive(chromium, entry("GET", api, fromApp, 200, wildcard)), verdict: "allowed"},
		{name: "only the failure shows it", archive: archive(chromium, entry("GET", api, fromApp, 200, wildcard, "error net::ERR_FAILED")), verdict: "blocked", reason: "WildcardOriginNotAllowed", why: "fits a request with credentials"},
		{name: "WebKit exports only requests that did not fail", archive: archive(webkit, entry("GET", api, fromApp, 200, wildcard)), verdict: "allowed"},
		{name: "a proxy's recording of Chromium marks nothing", archive: archive("proxy", entry("GET", api, fromApp+"User-Agent: Mozilla/5.0 Chrome/150.0", 200, wildcard)), verdict: "depends", reason: "WildcardOriginNotAllowed"},
		{name: "fonts are requested without credentials", archive: archive("proxy", entry("GET", "https://api.example/f.woff2", "Origin: https://app.example\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: font", 200, wildcard)), verdict: "allowed"},
		{name: "nothing shows it, and only with credentials does the preflight fail", archive: archive(chromium, entry("PUT", api, "Referer: https://app.example/", 0, "", `"_resourceType":"fetch"`, "error net::ERR_FAILED"), preflight("PUT", "", 204, wildcard+"Access-Control-Allow-Methods: PUT")),
			verdict: "blocked", reason: "PreflightWildcardOriginNotAllowed", why: "fits a request with credentials"},
		{name: "the same where the browser records no error", archive: archive(firefox, entry("PUT", api, fromApp, 0, ""), preflight("PUT", "", 204, wildcard+"Access-Control-Allow-Methods: PUT")),
			verdict: "depends", reason: "PreflightWildcardOriginNotAllowed", why: "Its preflight is allowed"},
		{name: "nothing shows it, and the error is a different one", archive: archive(chromium, entry("GET", api, fromApp, 200, wildcard, "error net::ERR_ABORTED")), verdict: "unknown", why: "net::ERR_ABORTED"},

		// What the browser recorded.
		{name: "allowed, and it failed", archive: archive(chromium, entry("GET", api, fromApp, 200, allowedWithCredentials, "error net::ERR_ABORTED")), verdict: "unknown", why: "net::ERR_ABORTED"},
		{name: "blocked, and it did not fail", archive: archive(chromium, entry("GET", api, fromApp, 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader", why: "did not record that it failed"},
		{name: "no response", archive: archive(chromium, entry("GET", api, fromApp, 0, "", "error net::ERR_CONNECTION_REFUSED")), verdict: "unknown", why: "net::ERR_CONNECTION_REFUSED"},
		{name: "a 304 that names no origin", archive: archive(firefox, entry("GET", api, fromApp+"If-None-Match: x", 304, "")), verdict: "unknown", why: "304"},
		{name: "sent although mixed content is blocked", archive: archive(firefox, entry("GET", "http://api.example/", fromApp, 200, allowedWithCredentials)), verdict: "unknown", why: "MixedContent"},

		// The page.
		{name: "the page from Referer", archive: archive("proxy", entry("GET", api, "Referer: https://other.example/x\nSec-Fetch-Mode: cors", 200, "Access-Control-Allow-Origin: https://other.example\nAccess-Control-Allow-Credentials: true")), verdict: "allowed"},
		{name: "the page from pageref", archive: archive("proxy", entry("GET", api, "Sec-Fetch-Mode: cors", 200, allowedWithCredentials, `"pageref":"page_1"`)), verdict: "allowed"},
		{name: "the page from --from", archive: archive("proxy", entry("GET", api, "Sec-Fetch-Mode: cors", 200, allowedWithCredentials)), from: "https://app.example", verdict: "allowed"},
		{name: "no page", archive: archive("proxy", entry("GET", api, "Sec-Fetch-Mode: cors", 200, allowedWithCredentials)), verdict: "unknown", why: "--from"},
		{name: "a sandboxed page", archive: archive("proxy", entry("GET", api, "Origin: null\nSec-Fetch-Mode: cors", 200, allowedWithCredentials)), verdict: "blocked", reason: "AllowOriginMismatch"},
		{name: "a page of an app", archive: archive("proxy", entry("GET", api, "Origin: capacitor://localhost", 200, "Access-Control-Allow-Origin: capacitor://localhost\nAccess-Control-Allow-Credentials: true\n")), verdict: "allowed"},
		{name: "a page of an app that is not allowed", archive: archive("proxy", entry("GET", api, "Origin: ionic://localhost", 200, allowedWithCredentials)), verdict: "blocked", reason: "AllowOriginMismatch"},
		{name: "a page of a desktop app", archive: archive("proxy", entry("GET", api, "Origin: tauri://localhost", 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader"},
		{name: "an extension's request that did not fail", archive: archive(chromium, entry("GET", api, "Origin: chrome-extension://abcdef", 200, "", `"_resourceType":"xhr"`)), verdict: "unknown", why: "host_permissions"},
		{name: "an extension's request that failed", archive: archive(chromium, entry("GET", api, "Origin: chrome-extension://abcdef", 200, "", `"_resourceType":"xhr"`, "error net::ERR_FAILED")), verdict: "blocked", reason: "MissingAllowOriginHeader"},
		{name: "a page on localhost and plain http elsewhere", archive: archive(chromium, entry("GET", "http://api.example/x", "Origin: http://localhost:5173", 200, "Access-Control-Allow-Origin: http://localhost:5173\nAccess-Control-Allow-Credentials: true\n")), verdict: "allowed"},

		// Redirects.
		{name: "a redirected preflight without CORS headers", archive: archive(chromium, entry("PUT", api, fromApp, 0, "", "error net::ERR_FAILED"), preflight("PUT", "", 301, "Location: /items/")), verdict: "blocked", reason: "PreflightDisallowedRedirect"},
		{name: "a redirect to a response that is allowed", archive: archive(firefox, entry("GET", api, fromApp, 302, allowedWithCredentials+"Location: /end"), entry("GET", "https://api.example/end", fromApp, 200, allowedWithCredentials)), verdict: "allowed"},
		{name: "a redirect to a response that is blocked", archive: archive(firefox, entry("GET", api, fromApp, 302, allowedWithCredentials+"Location: /end"), entry("GET", "https://api.example/end", fromApp, 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader"},
		{name: "a redirect to a third origin, which receives Origin: null", archive: archive(firefox, entry("GET", api, fromApp, 302, allowedWithCredentials+"Location: https://third.example/"), entry("GET", "https://third.example/", "Origin: null\nSec-Fetch-Mode: cors", 200, allowedWithCredentials)), verdict: "blocked", reason: "AllowOriginMismatch"},
		{name: "a redirect from the page's own origin to another", archive: archive(firefox, entry("GET", "https://app.example/go", "Referer: https://app.example/\nSec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin", 302, "Location: "+api), entry("GET", api, fromApp, 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader"},
		{name: "a redirect whose target was not recorded", archive: archive(firefox, entry("GET", api, fromApp, 302, allowedWithCredentials+"Location: /end")), verdict: "unknown", why: "the redirect's target"},
		{name: "a redirect that is followed by a preflight", archive: archive(firefox,
			entry("PUT", api, fromApp, 307, allowedWithCredentials+"Location: /end"), preflight("PUT", "", 204, allowedWithCredentials+"Access-Control-Allow-Methods: PUT"),
			entry("PUT", "https://api.example/end", fromApp, 0, ""), entry("OPTIONS", "https://api.example/end", fromApp+"Access-Control-Request-Method: PUT", 404, allowedWithCredentials)), verdict: "blocked", reason: "PreflightInvalidStatus"},

		// Notation.
		{name: "values joined with a line break", archive: archive(chromium, entry("GET", api, fromApp, 200, `Access-Control-Allow-Origin: https://app.example\nhttps://app.example`, "error net::ERR_FAILED")), verdict: "blocked", reason: "MultipleAllowOriginValues"},
		{name: "the headers of HTTP/2", archive: archive(firefox, entry("GET", api, ":authority: api.example\n:method: GET\n"+fromApp, 200, allowedWithCredentials)), verdict: "allowed"},
		{name: "a header that is too long", archive: archive(firefox, entry("GET", api, fromApp+"X-Long: "+strings.Repeat("x", har.MaxString+1), 200, allowedWithCredentials)), verdict: "unknown", why: "longer"},
		{name: "a long header of a request with cookies", archive: archive(firefox, entry("GET", api, fromApp+"Cookie: a=b\nX-Long: "+strings.Repeat("x", har.MaxString+1), 200, "")), verdict: "unknown", why: "longer"},
		{name: "a cookie that is too long does not matter", archive: archive(firefox, entry("GET", api, fromApp+"Cookie: "+strings.Repeat("x", har.MaxString+1), 200, allowedWithCredentials)), verdict: "allowed"},
		{name: "an image with crossorigin", archive: archive(firefox, entry("GET", api, "Origin: https://app.example\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: image", 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader"},
		{name: "a script whose type is not a script type, which nosniff blocks", archive: archive(firefox, entry("GET", api, "Origin: https://app.example\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: script", 200, allowedWithCredentials+"Content-Type: text/html\nX-Content-Type-Options: nosniff")), verdict: "blocked", reason: "NosniffMIMETypeMismatch"},
		{name: "an application's page", archive: archive("proxy", entry("GET", api, "Origin: capacitor://localhost", 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader"},
		{name: "no Sec-Fetch-Mode, but Origin", archive: archive("proxy", entry("GET", api, "Origin: https://app.example", 200, "")), verdict: "blocked", reason: "MissingAllowOriginHeader"},

		// Requests that CORS does not decide on.
		{name: "no-cors", archive: archive(firefox, entry("GET", api, "Sec-Fetch-Mode: no-cors", 200, ""))},
		{name: "neither Sec-Fetch-Mode nor Origin", archive: archive(firefox, entry("GET", api, "Referer: https://app.example/", 200, ""))},
		{name: "a navigation", archive: archive(firefox, entry("POST", api, "Origin: https://app.example\nSec-Fetch-Mode: navigate", 200, ""))},
		{name: "a form over plain HTTP", archive: archive(firefox, entry("POST", "http://api.example/", "Origin: https://app.example\nUpgrade-Insecure-Requests: 1", 200, ""))},
		{name: "a WebSocket", archive: archive(chromium, entry("GET", "wss://api.example/", "Origin: https://app.example", 101, "", `"_resourceType":"websocket"`))},
		{name: "the page's own origin", archive: archive(firefox, entry("PUT", "https://app.example/x", fromApp, 200, ""))},
		{name: "a redirect within the page's own origin", archive: archive(firefox, entry("GET", "https://app.example/x", fromApp, 302, "Location: /y"))},
		{name: "a data: URL", archive: archive(chromium, entry("GET", "data:text/plain,"+strings.Repeat("x", 2*har.MaxString), "", 200, "", `"_resourceType":"fetch"`))},
		{name: "a preflight whose headers were not recorded", archive: archive(chromium, entry("OPTIONS", api, "", 0, "", `"_resourceType":"preflight"`))},
		{name: "the browser's own redirect to https:", archive: archive(chromium, entry("GET", "http://api.example/", fromApp, 307, "Location: https://api.example/\nNon-Authoritative-Reason: HSTS", `"_resourceType":"xhr"`))},
		{name: "a response from a service worker", archive: archive(webkit, entry("GET", api, fromApp, 200, "", `"_fetchType":"Service Worker"`))},
		{name: "an invalid URL", archive: archive(webkit, entry("GET", "", fromApp, 200, ""))},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := read(t, row.archive, row.from)
			if row.verdict == "" {
				if r.Requests.All != 0 || len(r.Findings) != 0 {
					t.Fatalf("%+v", r)
				}
				return
			}
			if r.Requests.All != 1 {
				t.Fatalf("%+v", r)
			}
			if row.verdict == request.Allowed {
				if r.Requests.Allowed != 1 {
					t.Fatalf("%+v", r.Findings)
				}
				return
			}
			if len(r.Findings) != 1 || r.Findings[0].Verdict != row.verdict || !strings.Contains(r.Findings[0].Why, row.why) {
				t.Fatalf("%+v", r)
			}
			if got := r.Findings[0].Reason; got != nil && got.Reason.String() != row.reason {
				t.Errorf("reason %v, want %s", got.Reason, row.reason)
			}
		})
	}
}

func TestAPreflightFarAwayInTimeBelongsToAnotherRequest(t *testing.T) {
	at := func(minute string) string { return `"startedDateTime":"2026-01-01T00:` + minute + `:00Z","time":5` }
	for minute, want := range map[string]har.Requests{"00": {All: 1, Blocked: 1}, "02": {All: 2, Allowed: 1, Blocked: 1}} {
		r := read(t, archive(firefox, entry("PUT", api, fromApp, 200, allowedWithCredentials, at("00")), preflight("PUT", "", 404, allowedWithCredentials, at(minute))), "")
		if r.Requests != want {
			t.Errorf("%s minutes: %+v", minute, r.Requests)
		}
	}
}

// Two redirects lead to one URL, and the browser follows only the second: the rules
// decide which redirect the response belongs to, not the order.
func TestABlockedRedirectDoesNotClaimTheResponse(t *testing.T) {
	r := read(t, archive(firefox, entry("GET", "https://api.example/a", fromApp, 302, "Location: /end"),
		entry("GET", "https://api.example/b", fromApp, 302, allowedWithCredentials+"Location: /end"), entry("GET", "https://api.example/end", fromApp, 200, allowedWithCredentials)), "")
	if r.Requests != (har.Requests{All: 2, Allowed: 1, Blocked: 1}) || r.Redirects != 1 {
		t.Errorf("%+v", r)
	}
}

func TestSimilarRequestsAreOneFinding(t *testing.T) {
	var entries []string
	for i := range 30 {
		entries = append(entries, entry("GET", fmt.Sprintf("%s?n=%d", api, i), fromApp, 200, ""))
	}
	entries = append(entries, entry("GET", api, fromApp, 500, ""), entry("GET", "https://other.example/", fromApp, 200, ""))
	r := read(t, archive(firefox, entries...), "")
	if len(r.Findings) != 3 || r.Findings[0].Times != 30 || len(r.Findings[0].Also) != 10 || r.Findings[0].Also[0].Entry != 2 {
		t.Errorf("%+v", r.Findings)
	}
	var text strings.Builder
	if err := r.WriteText(&text, har.TextOptions{More: true}); err != nil || !strings.Contains(text.String(), "MissingAllowOriginHeader, 30 times") || !strings.Contains(text.String(), "And 25 more.") {
		t.Errorf("%s %v", text.String(), err)
	}
}

// The cause is said for all requests of a finding, so it has to be theirs.
func TestRequestsWithDifferentCausesAreDifferentFindings(t *testing.T) {
	const page, allowed = "http://localhost:5173", "Access-Control-Allow-Origin: *\n"
	from := "Origin: " + page
	passed := preflight("PUT", "", 204, "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Methods: PUT")
	for _, row := range []struct {
		name    string
		entries []string
		causes  []fix.Cause
	}{
		{"a login page and a missing header", []string{
			entry("GET", "https://api.example/session", from, 302, allowed+"Location: https://api.example/login"), entry("GET", "https://api.example/login", from, 200, ""),
			entry("GET", "https://api.example/list", from, 200, "")}, []fix.Cause{fix.LoginRedirect, ""}},
		{"an error after a preflight that passed, and one without a preflight", []string{passed, entry("PUT", api, fromApp, 500, ""), entry("GET", api, fromApp, 500, "")},
			[]fix.Cause{fix.ServerFailed, fix.ServerFailed}},
		{"a challenge and a refusal", []string{entry("GET", api+"1", from, 403, "Cf-Mitigated: challenge"), entry("GET", api+"2", from, 403, "")}, []fix.Cause{fix.Challenged, fix.Forbidden}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := read(t, archive(firefox, row.entries...), "")
			var causes []fix.Cause
			for _, f := range r.Findings {
				causes = append(causes, f.Reason.Fix.Cause)
				for _, h := range f.Headers {
					if h.Name == "cf-mitigated" || h.Name == "Cf-Mitigated" {
						t.Errorf("the report shows %s", h.Name)
					}
				}
			}
			if !slices.Equal(causes, row.causes) {
				t.Errorf("%q, want %q", causes, row.causes)
			}
		})
	}
}

func TestTheNumberOfFindingsIsBounded(t *testing.T) {
	entries := make([]string, har.MaxFindings+5)
	for i := range entries {
		entries[i] = entry("GET", fmt.Sprintf("https://api%d.example/", i), fromApp, 200, "")
	}
	r := read(t, archive(firefox, entries...), "")
	if len(r.Findings) != har.MaxFindings || r.LeftOut != 5 || r.Requests.Blocked != len(entries) {
		t.Errorf("%d findings, %d left out", len(r.Findings), r.LeftOut)
	}
}

func TestBrokenFiles(t *testing.T) {
	whole := archive(chromium, entry("GET", api, fromApp, 200, allowedWithCredentials), entry("PUT", api, fromApp, 200, allowedWithCredentials))
	second := strings.LastIndex(whole, `{"request"`)
	replaced := func(old, new string) string {
		return whole[:second] + strings.Replace(whole[second:], old, new, 1)
	}
	for _, row := range []struct {
		name, text    string
		entry         int
		problem, hint string
	}{
		{"empty", " \n", 0, "the file is empty", "export"},
		{"a console's text", "Access to fetch at 'https://api.example/' from origin\nx", 0, "it begins with \"Access to fetch at", "concors explain <FILE"},
		{"UTF-16", "\xff\xfe{\x00", 0, "UTF-16", "iconv"},
		{"other JSON", `{"version":"1.2","entries":[]}`, 0, "it has no log", "export"},
		{"log is not an object", `{"log":[1]}`, 0, "log is not an object", "export"},
		{"no entries", `{"log":{"version":"1.2"}}`, 0, "without log.entries", "record again"},
		{"entries are not an array", `{"log":{"entries":{}}}`, 0, "log.entries must be an array", "export"},
		{"the creator is a string", `{"log":{"creator":"me"}}`, 0, "log.creator is a string, not an object", "export"},
		{"a header's value is a number", replaced(`"value":"cors"`, `"value":3`), 2, "request.headers[1].value is a number, not a string", "export"},
		{"a status is a string", replaced(`"status":200`, `"status":"200"`), 2, "response.status is a string, not a number", "export"},
		{"headers are an object", replaced(`"redirectURL":""`, `"headers":{}`), 2, "response.headers is an object, not an array", "export"},
		{"a status is a number out of range", replaced(`"status":200`, `"status":1e400`), 2, "response.status is a number out of range", "export"},
		{"an entry is a number", `{"log":{"entries":[7]}}`, 1, "the entry is a number, not an object", "export"},
		{"no request", `{"log":{"entries":[{}]}}`, 1, "the entry has no request", "export"},
		{"truncated in an entry", whole[:second+50], 2, "the file ends in the middle", "export or copy it again"},
		{"truncated after one", whole[:second], 2, "the file ends in the middle", "export or copy it again"},
		{"truncated at the end", whole[:len(whole)-1], 2, "the file ends in the middle", "export or copy it again"},
		{"not JSON inside an entry", replaced(`"status":200`, `"status":oops`), 2, "the file is not JSON from here on", "export it again"},
		{"an endless entry", `{"log":{"entries":[{"x":[` + strings.Repeat("1,", har.MaxEntry), 1, "more than 8 MiB", "damaged"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := har.Read(strings.NewReader(row.text), har.Options{})
			var broken *har.Error
			if !errors.As(err, &broken) {
				t.Fatalf("%#v", err)
			}
			if broken.Entry != row.entry || !strings.Contains(broken.Error(), row.problem) || !strings.Contains(broken.Hint, row.hint) {
				t.Errorf("%d, %s (%s)", broken.Entry, broken, broken.Hint)
			}
			if row.entry > 0 && !strings.HasPrefix(broken.Error(), fmt.Sprintf("entry %d: ", row.entry)) {
				t.Error(broken)
			}
		})
	}
}

func TestUnusualFilesAreRead(t *testing.T) {
	whole := archive(chromium, entry("GET", api, fromApp, 200, allowedWithCredentials))
	for name, text := range map[string]string{
		"a byte order mark":                      "\ufeff" + whole,
		"space before it":                        "\r\n\t " + whole,
		"more members":                           `{"before":[{"a":{}}],` + whole[1:len(whole)-1] + `,"after":"x"}`,
		"a browser's own member of another type": strings.Replace(whole, `"_error":null`, `"_error":{"a":[1]}`, 1),
		"no response":                            archive(chromium, `{"request":{"method":"GET","url":"`+api+`"},"response":null}`, entry("GET", api, fromApp, 200, allowedWithCredentials)),
		"an invalid time":                        strings.Replace(whole, `{"request"`, `{"startedDateTime":7,"time":"soon","request"`, 1),
	} {
		if r := read(t, text, ""); r.Requests.Allowed != 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestReadingErrorsAreReturned(t *testing.T) {
	boom := errors.New("boom")
	text := archive(chromium, entry("GET", api, fromApp, 200, allowedWithCredentials))
	_, err := har.Read(io.MultiReader(strings.NewReader(text[:150]), iotest.ErrReader(boom)), har.Options{})
	if !errors.Is(err, boom) {
		t.Error(err)
	}
	var usage *cli.UsageError
	if _, err := har.Read(strings.NewReader(text), har.Options{From: "https://app.example/"}); !errors.As(err, &usage) {
		t.Error(err)
	}
}

// A generated recording is written as it is read: entries with bodies of one size,
// and then one with a body a hundred times as large.
type generated struct {
	entries, body int
	next          int
	rest          io.Reader
}

func (g *generated) Read(p []byte) (int, error) {
	for {
		if g.rest != nil {
			if n, err := g.rest.Read(p); err != io.EOF {
				return n, err
			}
			g.rest = nil
		}
		head, tail, _ := strings.Cut(archive(chromium, entry("GET", api, fromApp, 200, allowedWithCredentials)), `"text":"body"`)
		first := strings.Index(head, `{"request"`)
		body := io.LimitReader(filler{}, int64(g.body))
		switch {
		case g.next == 0:
			g.rest = strings.NewReader(head[:first])
		case g.next < g.entries:
			g.rest = io.MultiReader(strings.NewReader(head[first:]+`"text":"`), body, strings.NewReader(`"`+tail[:strings.LastIndex(tail, "]")]+","))
		case g.next == g.entries:
			g.rest = io.MultiReader(strings.NewReader(head[first:]+`"text":"`), io.LimitReader(filler{}, int64(100*g.body)), strings.NewReader(`"`+tail))
		default:
			return 0, io.EOF
		}
		g.next++
	}
}

// A filler is an endless body with escape sequences.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	const text = `{\"name\":\"a \u00e9\",\n`
	for i := range p {
		p[i] = 'x'
	}
	for at := 0; at+len(text) <= len(p)-len(text); at += 500 {
		copy(p[at:], text)
	}
	return len(p), nil
}

func TestALargeFileTakesLittleMemory(t *testing.T) {
	const bodies = 100
	g := &generated{entries: bodies, body: 250_000} // 50 MB in all
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var most, total int
	watched := readerFunc(func(p []byte) (int, error) {
		n, err := g.Read(p)
		if total += n; total%(1<<20) < n {
			runtime.ReadMemStats(&now)
			most = max(most, int(now.HeapAlloc)-int(before.HeapAlloc))
		}
		return n, err
	})
	r, err := har.Read(watched, har.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sums(t, r)
	if r.Requests.Allowed != bodies || total < 45_000_000 {
		t.Errorf("%d bytes, %+v", total, r)
	}
	if most > 24<<20 {
		t.Errorf("%d MiB are held while reading %d MiB", most>>20, total>>20)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// The entries that wait for their pair are bounded in size as well as in number.
func TestManyLargeHeadersTakeLittleMemory(t *testing.T) {
	one := entry("GET", api, fromApp+"X-Large: "+strings.Repeat("x", har.MaxString-100), 200, allowedWithCredentials) + ","
	head, tail, _ := strings.Cut(archive(firefox, "HERE"), "HERE")
	readers := []io.Reader{strings.NewReader(head)}
	n := 500
	if testing.Short() {
		n = 250 // more than there are between two calls of Progress
	}
	for range n {
		readers = append(readers, strings.NewReader(one))
	}
	readers = append(readers, strings.NewReader(strings.TrimSuffix(one, ",")+tail))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most := 0
	_, err := har.Read(io.MultiReader(readers...), har.Options{Progress: func(string) {
		runtime.GC()
		runtime.ReadMemStats(&now)
		most = max(most, int(now.HeapAlloc)-int(before.HeapAlloc))
	}})
	if err != nil || most > 16<<20 {
		t.Errorf("%d MiB are held of %d: %v", most>>20, n*len(one)>>20, err)
	}
}

func TestProgressIsReported(t *testing.T) {
	var reported []string
	entries := slices.Repeat([]string{entry("GET", api, fromApp, 200, allowedWithCredentials)}, 250)
	_, err := har.Read(strings.NewReader(archive(chromium, entries...)), har.Options{Progress: func(what string) { reported = append(reported, what) }})
	if err != nil || len(reported) != 2 || !strings.Contains(reported[1], "entry 200") {
		t.Errorf("%q, %v", reported, err)
	}
}

func TestHostileTextIsEscapedAndBounded(t *testing.T) {
	nasty := `\u001b]0;x\u0007\u202e\u009b\u0301` + strings.Repeat("A", 5000)
	text := archive(nasty, strings.NewReplacer("items", "it'$(x)`ems", "net::X", nasty, "VALUE", nasty).Replace(
		entry("GET", api, "Origin: https://app.example\nSec-Fetch-Mode: cors", 200, "Access-Control-Allow-Origin: VALUE")+","+
			entry("GET", api, "Origin: https://app.example\nSec-Fetch-Mode: cors", 0, "", "error net::X")))
	r := read(t, text, "")
	var out, js strings.Builder
	if err := errors.Join(r.WriteText(&out, har.TextOptions{Colour: true, More: true}), r.WriteJSON(&js)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\x1b[") {
		t.Error("no colour, although it was requested")
	}
	out.Reset()
	if err := r.WriteText(&out, har.TextOptions{More: true}); err != nil {
		t.Fatal(err)
	}
	presentable(t, out.String())
	for line := range strings.Lines(js.String()) {
		for _, c := range strings.TrimSuffix(line, "\n") {
			if !unicode.IsPrint(c) {
				t.Fatalf("the control character %U is in the JSON", c)
			}
		}
	}
	if out.Len() > 10_000 || js.Len() > 40_000 {
		t.Errorf("%d bytes of text, %d of JSON", out.Len(), js.Len())
	}
}

func TestTheCommandIsSafeToPaste(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no sh, and with CI=true nothing may be left out")
		}
		t.Skip("there is no sh here")
	}
	r := read(t, archive(firefox, preflight("PUT", "x-one,content-type", 0, ""), entry("PUT", api, fromApp+"X-One: s3cret\nContent-Type: a/b'; echo $HOME `x`", 0, "")), "")
	out, err := exec.Command(sh, "-c", strings.Replace(r.Findings[0].Command, "concors check", `printf '%s\n'`, 1)).Output()
	want := "https://api.example/items\n--from\nhttps://app.example\n--as\nfirefox\n-X\nPUT\n-H\nx-one: x\n-H\ncontent-type: a/b'; echo $HOME `x`\n"
	if err != nil || string(out) != want {
		t.Errorf("%s: %q, %v", r.Findings[0].Command, out, err)
	}
}

// A report is shared, so it must not contain the recording's secrets.
func TestReportsContainNoCookiesAndKeys(t *testing.T) {
	r := read(t, archive(firefox, entry("PUT", api, fromApp+"Cookie: id=s3cret\nAuthorization: Bearer s3cret\nX-Key: s3cret", 200, "Set-Cookie: a=s3cret"),
		entry("PUT", api, fromApp+"Cookie: id=s3cret\nX-Key: s3cret", 0, "")), "")
	var out, js strings.Builder
	if err := errors.Join(r.WriteText(&out, har.TextOptions{More: true}), r.WriteJSON(&js)); err != nil || len(r.Findings) != 2 {
		t.Fatal(err, r)
	}
	if strings.Contains(out.String()+js.String(), "s3cret") {
		t.Error(out.String())
	}
}

func TestEveryFieldOfTheJSONIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../../docs/explain-json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "# The JSON of a recording")
	for _, typ := range []reflect.Type{reflect.TypeFor[har.Report](), reflect.TypeFor[har.Recorder](), reflect.TypeFor[har.Requests](), reflect.TypeFor[har.NotCORS](),
		reflect.TypeFor[har.Finding](), reflect.TypeFor[har.Similar](), reflect.TypeFor[har.Reason]()} {
		for i := range typ.NumField() {
			field := typ.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.IsExported() && (name == "" || !strings.Contains(section, "`"+name+"`")) {
				t.Errorf("%s.%s: the field %q is not in docs/explain-json.md", typ.Name(), field.Name, name)
			}
		}
	}
}
