package har

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// The recordings in testdata/field are of kinds that people have, and wants.jsonl has
// what the report must say of each. Compressed, they are read just the same.
func TestFieldRecordings(t *testing.T) {
	file, err := os.Open("testdata/field/wants.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		var want struct {
			File   string
			Exit   []int
			Reason []string
			Says   []string
			Never  []string
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		t.Run(want.File, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata/field", want.File))
			if err != nil {
				t.Fatal(err)
			}
			var compressed bytes.Buffer
			w := gzip.NewWriter(&compressed)
			w.Write(raw)
			w.Close()
			for _, contents := range [][]byte{raw, compressed.Bytes()} {
				r, err := Read(bytes.NewReader(contents), Options{})
				if err != nil {
					t.Fatal(err)
				}
				exit := 0
				if r.Requests.Blocked > 0 {
					exit = 1
				} else if !r.Conclusive() {
					exit = 3
				}
				var text, first, asJSON strings.Builder
				r.WriteText(&text, TextOptions{More: true})
				r.WriteText(&first, TextOptions{})
				r.WriteJSON(&asJSON)
				oneLine := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
				said := oneLine(text.String())
				all := said + oneLine(asJSON.String())
				if !slices.Contains(want.Exit, exit) {
					t.Errorf("exit status %d, want one of %d", exit, want.Exit)
				}
				if len(want.Reason) > 0 && (len(r.Findings) == 0 || r.Findings[0].Reason == nil ||
					!slices.Contains(want.Reason, r.Findings[0].Reason.Reason.String())) {
					t.Errorf("not %s", want.Reason)
				}
				lacks := func(text string) bool {
					return len(want.Says) > 0 && !slices.ContainsFunc(want.Says, func(s string) bool { return strings.Contains(text, s) })
				}
				if onFirstScreen := oneLine(first.String()); lacks(onFirstScreen) || strings.Contains(onFirstScreen, "…") ||
					strings.Count(first.String(), "\n") > maxLines {
					t.Errorf("the text without --more must say one of %q, in %d lines:\n%s", want.Says, maxLines, first.String())
				}
				if lacks(said) ||
					slices.ContainsFunc(want.Never, func(s string) bool { return strings.Contains(all, s) }) {
					t.Errorf("it must say one of %q and none of %q", want.Says, want.Never)
				}
				if t.Failed() {
					t.Log(text.String())
				}
			}
		})
	}
	if n < 8 {
		t.Errorf("%d recordings", n)
	}
}

// entryOf is a recording of one entry with the given members.
func entryOf(request, response, more string) string {
	return `{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"startedDateTime":"2026-05-01T10:00:00.000Z","time":1,
		"request":{"method":"GET","url":"https://api.example/x","headers":[{"name":"Origin","value":"https://app.example"}]` + request + `},
		"response":{"status":200,"headers":[]` + response + `}` + more + `}]}}`
}

// What no verdict needs may have any type.
func TestOddMembersAreSkipped(t *testing.T) {
	for _, row := range []struct{ name, recording string }{
		{"cookies as an object", entryOf(`,"cookies":{}`, "", "")},
		{"cookies as null", entryOf(`,"cookies":null`, "", "")},
		{"a body as a string", entryOf(`,"postData":"a=b"`, "", "")},
		{"pages as an object", strings.Replace(entryOf("", "", ""), `"entries"`, `"pages":{"id":"a","more":[{}]},"entries"`, 1)},
		{"pages as null", strings.Replace(entryOf("", "", ""), `"entries"`, `"pages":null,"entries"`, 1)},
		{"pages as a number", strings.Replace(entryOf("", "", ""), `"entries"`, `"pages":3,"entries"`, 1)},
		{"a page that is null or a text", strings.Replace(entryOf("", "", ""), `"entries"`, `"pages":[null,"a",{"id":1}],"entries"`, 1)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := Read(strings.NewReader(row.recording), Options{})
			if err != nil || r.Requests.Blocked != 1 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// Kinds whose credentials mode is known are not blocked only if sent with credentials.
func TestCredentialsOfFontsAndStyleSheetsAreKnown(t *testing.T) {
	const allowed = `,"headers":[{"name":"Access-Control-Allow-Origin","value":"*"}]`
	for _, row := range []struct {
		name, url, headers, more string
		depends                  bool
	}{
		{"a font by its type", "https://cdn.example/f", "", `,"_resourceType":"font"`, false},
		{"a style sheet by its type", "https://cdn.example/f", "", `,"_resourceType":"stylesheet"`, false},
		{"a font by Sec-Fetch-Dest", "https://cdn.example/f", `,{"name":"Sec-Fetch-Dest","value":"font"},{"name":"Sec-Fetch-Mode","value":"cors"}`, "", false},
		{"a font by its name", "http://cdn.example/f.woff2?v=1", `,{"name":"Accept","value":"*/*"}`, "", false},
		{"a font by what Firefox accepts", "http://cdn.example/f", `,{"name":"Accept","value":"application/font-woff2;q=1.0,*/*;q=0.8"}`, "", false},
		{"a style sheet by what browsers accept", "http://cdn.example/f", `,{"name":"Accept","value":"text/css,*/*;q=0.1"}`, "", false},
		{"data", "https://api.example/f", `,{"name":"Accept","value":"*/*"}`, "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			recording := `{"log":{"creator":{"name":"x","version":"1"},"entries":[{"request":{"method":"GET","url":"` + row.url + `","headers":[{"name":"Origin","value":"https://app.example"}` +
				row.headers + `]},"response":{"status":200` + allowed + `}` + row.more + `}]}}`
			r, err := Read(strings.NewReader(recording), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if depends := r.Requests.Depends > 0; depends != row.depends || r.Requests.All != 1 {
				t.Errorf("%+v", r.Requests)
			}
		})
	}
}

// Without Sec-Fetch-Mode, what the request is shows that a script made it.
func TestARequestOfAScriptIsNeverNoCORS(t *testing.T) {
	for _, row := range []struct {
		name, method, header, more string
		cors                       bool
	}{
		{"a JSON POST", "POST", `{"name":"Content-Type","value":"application/json"}`, "", true},
		{"a JSON POST by its body's type", "POST", `{"name":"X","value":"1"}`, `,"postData":{"mimeType":"application/json; charset=utf-8"}`, true},
		{"a PUT", "PUT", `{"name":"X","value":"1"}`, "", true},
		{"an Authorization header", "GET", `{"name":"Authorization","value":"Bearer x"}`, "", true},
		{"a form", "POST", `{"name":"Content-Type","value":"application/x-www-form-urlencoded"}`, "", false},
		{"an image", "GET", `{"name":"Accept","value":"image/*"}`, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			recording := `{"log":{"creator":{"name":"x","version":"1"},"entries":[{"request":{"method":"` + row.method + `","url":"https://api.example/x","headers":[{"name":"Referer","value":"https://app.example/"},` +
				row.header + `]` + row.more + `},"response":{"status":0,"headers":[]}}]}}`
			r, err := Read(strings.NewReader(recording), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if (r.NotCORS.NoCORS == 0) != row.cors {
				t.Errorf("%+v, %+v", r.Requests, r.NotCORS)
			}
		})
	}
}

// The browser's own error says what stopped a request.
func TestRecordedErrorsAreUsed(t *testing.T) {
	for _, row := range []struct {
		failure string
		says    string
		command bool
	}{
		{`"_error":"net::ERR_BLOCKED_BY_CLIENT"`, "ad blocker", false},
		{`"_failureText":"net::ERR_BLOCKED_BY_CLIENT"`, "ad blocker", false},
		{`"_error":"net::ERR_BLOCKED_BY_CLIENT.Inspector"`, "developer tools", false},
		{`"_failureText":"net::ERR_CERT_AUTHORITY_INVALID"`, "certificate", true},
		{`"_error":"net::ERR_SSL_PROTOCOL_ERROR"`, "TLS", true},
		{`"_failureText":"SEC_ERROR_UNKNOWN_ISSUER"`, "certificate", true},
		{`"_error":"net::ERR_NAME_NOT_RESOLVED"`, "name was not found", true},
		{`"_failureText":"NS_ERROR_CONNECTION_REFUSED"`, "Nothing listens", true},
		{`"_error":"net::ERR_ABORTED"`, "aborted", true},
		{`"_error":"net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"`, "Local Network Access", true},
		{`"_error":"net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"`, "Cross-Origin-Resource-Policy", true},
		{`"_failureText":"net::ERR_TOO_MANY_REDIRECTS"`, "redirects do not end", true},
		{`"_error":"net::ERR_UNSAFE_PORT"`, "this port", true},
		{`"_error":"net::ERR_FAILED"`, "net::ERR_FAILED.", true},
	} {
		t.Run(row.failure, func(t *testing.T) {
			recording := strings.Replace(entryOf("", ","+row.failure, ""), `"status":200`, `"status":0`, 1)
			r, err := Read(strings.NewReader(recording), Options{})
			if err != nil {
				t.Fatal(err)
			}
			f := r.Findings[0]
			if f.Verdict != request.Unknown || !strings.Contains(f.Why, row.says) || (f.Command != "") != row.command {
				t.Errorf("%+v", f)
			}
		})
	}
}

// An error that is recorded beside a response says more than its headers: what stopped
// the request before there was a response, or that CORS did.
func TestErrorsBesideAResponseAreUsed(t *testing.T) {
	const wildcard = `{"name":"Access-Control-Allow-Origin","value":"*"}`
	const exact = `{"name":"Access-Control-Allow-Origin","value":"https://app.example"}`
	for _, row := range []struct {
		name, headers, inResponse, beside string
		verdict                           request.Verdict
		reason, why                       string
	}{
		{"an ad blocker", "", `"_failureText":"net::ERR_BLOCKED_BY_CLIENT"`, "", Unknown, "", "would block it (MissingAllowOriginHeader). The browser recorded that it failed: net::ERR_BLOCKED_BY_CLIENT. An extension"},
		{"an ad blocker, in the entry", "", "", `"_failureText":"net::ERR_BLOCKED_BY_CLIENT"`, Unknown, "", "An extension"},
		{"a certificate, in the entry", "", "", `"_error":"net::ERR_CERT_DATE_INVALID"`, Unknown, "", "certificate"},
		{"an object", "", "", `"_failureText":{"errorText":"net::ERR_CONNECTION_RESET"}`, Unknown, "", "connection failed"},
		{"the connection, allowed by the headers", exact, "", `"_failureText":"net::ERR_CONNECTION_RESET"`, Unknown, "", "CORS allows it"},
		{"an aborted request", "", `"_failureText":"net::ERR_ABORTED"`, "", request.Blocked, "MissingAllowOriginHeader", "aborted it"},
		{"Chromium's for CORS", wildcard, "", `"_failureText":"net::ERR_FAILED"`, request.Blocked, "WildcardOriginNotAllowed", "(net::ERR_FAILED), and without credentials"},
		{"Firefox's for CORS", wildcard, `"_failureText":"NS_ERROR_DOM_BAD_URI"`, "", request.Blocked, "WildcardOriginNotAllowed", "(NS_ERROR_DOM_BAD_URI)"},
		{"WebKit's for CORS", wildcard, `"_failureText":"Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true."`, "", request.Blocked, "WildcardOriginNotAllowed", "fits a request with credentials"},
		{"Chromium's for CORS, allowed in every mode", exact + `,{"name":"Access-Control-Allow-Credentials","value":"true"}`, "", `"_failureText":"net::ERR_FAILED"`, Unknown, "", "CORS allows it"},
		{"the response's own error counts first", "", `"_error":"net::ERR_FAILED"`, `"_failureText":"net::ERR_BLOCKED_BY_CLIENT"`, request.Blocked, "MissingAllowOriginHeader", ""},
		{"neither a text nor an object", "", `"_failureText":[1]`, `"_error":7`, request.Blocked, "MissingAllowOriginHeader", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			more := func(s string) string {
				if s != "" {
					return "," + s
				}
				return s
			}
			recording := strings.Replace(entryOf("", more(row.inResponse), more(row.beside)), `"headers":[]`, `"headers":[`+row.headers+`]`, 1)
			r, err := Read(strings.NewReader(recording), Options{})
			if err != nil {
				t.Fatal(err)
			}
			f := r.Findings[0]
			reason := ""
			if f.Reason != nil {
				reason = f.Reason.Reason.String()
			}
			if f.Verdict != row.verdict || reason != row.reason || !strings.Contains(f.Why, row.why) {
				t.Errorf("%s %s: %s", f.Verdict, reason, f.Why)
			}
		})
	}
}

// Without a response, WebKit's text says what blocked the request.
func TestWebKitsRecordedErrorIsNamed(t *testing.T) {
	recording := strings.Replace(entryOf("", `,"_failureText":"Origin https://app.example is not allowed by Access-Control-Allow-Origin. Status code: 200"`, ""), `"status":200`, `"status":-1`, 1)
	r, err := Read(strings.NewReader(recording), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Findings[0]; f.Verdict != Unknown || !strings.Contains(f.Why, "where CORS blocks a request") {
		t.Errorf("%+v", f)
	}
}

// Who answered with an error is seen by headers that no verdict depends on.
func TestWhoAnsweredIsTheCause(t *testing.T) {
	for _, row := range []struct{ name, value, says string }{
		{"cf-mitigated", "challenge", "Cloudflare"},
		{"X-Amzn-Waf-Action", "challenge", "AWS WAF"},
		{"Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers", "Spring"},
		{"Server", "AmazonS3", "S3"},
	} {
		recording := strings.NewReplacer(`"status":200`, `"status":403`, `"headers":[]`,
			`"headers":[{"name":"`+row.name+`","value":"`+row.value+`"}]`).Replace(entryOf("", "", ""))
		r, err := Read(strings.NewReader(recording), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f := r.Findings[0]; f.Reason == nil || !strings.Contains(f.Reason.Fix.Why, row.says) {
			t.Errorf("%s: %+v", row.name, f)
		}
	}
}

// A command that is longer than a line is in the text too.
func TestCommandIsFoldedToTheWidth(t *testing.T) {
	recording := strings.NewReplacer(`"status":200`, `"status":0`, `"GET"`, `"DELETE"`,
		`"headers":[{`, `"headers":[{"name":"Content-Type","value":"application/json"},{"name":"X-Tenant","value":"a"},{`).
		Replace(entryOf("", `,"_error":"net::ERR_FAILED"`, `,"_resourceType":"xhr"`))
	r, err := Read(strings.NewReader(recording), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	r.WriteText(&text, TextOptions{More: true})
	unfolded := strings.Join(strings.Fields(strings.ReplaceAll(text.String(), "\\\n", "\n")), " ")
	if command := r.Findings[0].Command; len(command) < 80 || !strings.Contains(unfolded, command) {
		t.Errorf("%s is not in\n%s", command, text.String())
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > 81 {
			t.Errorf("%q is too wide", line)
		}
	}
}

// Reports are for sharing, so the secrets in a recording's URLs are not in them.
func TestSecretsInURLsAreMasked(t *testing.T) {
	recording := entryOf("", `,"redirectURL":"https://api.example/y?token=hidden1","x":1`, "")
	recording = strings.NewReplacer(`"status":200`, `"status":302`, "https://api.example/x", "https://ada:hidden2@api.example/x?api_key=hidden3&page=2",
		`"headers":[]`, `"headers":[{"name":"Location","value":"https://api.example/y?token=hidden1"}]`).Replace(recording)
	r, err := Read(strings.NewReader(recording), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	r.WriteText(&out, TextOptions{More: true})
	r.WriteJSON(&out)
	if strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "api_key=***&page=2") {
		t.Error(out.String())
	}
}

// Where no response was recorded, nothing is said about its headers.
func TestAFailureBeforeTheResponseStandsAlone(t *testing.T) {
	for _, failure := range []string{"net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", "net::ERR_CONNECTION_REFUSED"} {
		recording := `{"log":{"creator":{"name":"WebInspector","version":"537.36"},"entries":[{"_resourceType":"fetch","request":{"method":"GET","url":"http://192.168.1.3/x",
			"headers":[{"name":"Origin","value":"https://app.example"}]},"response":{"status":0,"headers":[],"_error":"` + failure + `"}}]}}`
		r, err := Read(strings.NewReader(recording), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		r.WriteText(&text, TextOptions{More: true})
		if s := text.String(); !strings.Contains(s, failure) || strings.Contains(s, "headers of the recorded response") ||
			strings.Contains(s, "--page-space") == strings.Contains(failure, "NETWORK_ACCESS") {
			t.Errorf("%s:\n%s", failure, s)
		}
	}
}

// CORS allowed it, and the page fails nonetheless: it asked for JSON.
func TestHTMLWhereJSONWasAskedForIsNoted(t *testing.T) {
	for _, row := range []struct {
		accept, contentType string
		noted               bool
	}{
		{"application/json", "text/html", true},
		{"application/json, text/plain, */*", "Text/HTML; charset=utf-8", true},
		{"application/json", "application/json", false},
		{"application/json", "", false},
		{"*/*", "text/html", false},
	} {
		recording := `{"log":{"creator":{"name":"x","version":"1"},"entries":[{"request":{"method":"GET","url":"https://api.example/x","headers":[{"name":"Origin","value":"https://app.example"},
			{"name":"Accept","value":"` + row.accept + `"},{"name":"Cookie","value":"a=b"}]},"response":{"status":200,"headers":[{"name":"Access-Control-Allow-Origin","value":"https://app.example"},
			{"name":"Access-Control-Allow-Credentials","value":"true"},{"name":"Content-Type","value":"` + row.contentType + `"}]}}]}}`
		r, err := Read(strings.NewReader(recording), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		r.WriteText(&text, TextOptions{})
		if said := strings.Contains(strings.Join(strings.Fields(text.String()), " "), "the page asked for JSON, and HTML came back"); said != row.noted || r.Requests.Blocked > 0 || strings.Count(text.String(), "\n") > maxLines {
			t.Errorf("%s, %s:\n%s", row.accept, row.contentType, text.String())
		}
	}
}

// Cloudflare's page is known by its text too.
func TestACloudflareChallengeIsKnownByItsPage(t *testing.T) {
	for _, row := range []struct {
		status, page string
		challenge    bool
	}{
		{"503", "<title>Just a moment...</title>", true},
		{"403", "<title>Attention Required! | Cloudflare</title>", true},
		{"403", `<script src='/cdn-cgi/challenge-platform/h/b/orchestrate'>`, true},
		{"503", "<title>Down for maintenance</title>", false},
	} {
		recording := `{"log":{"creator":{"name":"x","version":"1"},"entries":[{"request":{"method":"GET","url":"https://api.example/x","headers":[{"name":"Origin","value":"https://app.example"}]},
			"response":{"status":` + row.status + `,"headers":[{"name":"Server","value":"cloudflare"}],"content":{"text":"` + row.page + `"}}}]}}`
		r, err := Read(strings.NewReader(recording), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		r.WriteText(&text, TextOptions{})
		if strings.Contains(text.String(), "Cloudflare answered in place of the server") != row.challenge {
			t.Errorf("%s:\n%s", row.page, text.String())
		}
	}
}
