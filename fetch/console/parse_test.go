package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

// What real browsers printed is read back as one message, with the reason for
// which they printed it, and with everything that its lines say.
func TestParseReadsWhatBrowsersPrinted(t *testing.T) {
	read, skipped := 0, 0
	for i, r := range readRecordings(t) {
		if len(r.Lines) == 0 {
			continue
		}
		if testing.Short() && i%4 > 0 {
			skipped++
			continue // a sample
		}
		read++
		checkReadBack(t, r.networkError(t), profileNamed(t, r.Browser), r.Lines)
	}
	if read+skipped < 600 {
		t.Errorf("only %d were read", read)
	}
}

// checkReadBack reads back the lines of an error.
func checkReadBack(t testing.TB, e *fetch.NetworkError, p fetch.Profile, lines []string) {
	t.Helper()
	where := fmt.Sprintf("%s, %s, %s: %q", p.Name, e.Reason, e.Kind, lines)
	messages := Parse(strings.Join(lines, "\n"))
	if len(messages) != 1 {
		t.Errorf("%s\n%d messages: %+v", where, len(messages), messages)
		return
	}
	m := messages[0]
	// The browser may have found another reason first.
	shown := shownReason(e, slices.Index(browsers[:], p.Name))
	if shown != e.Reason && e.Reason.WithoutPreflight() == shown {
		shown = e.Reason
	}
	if shown == reason.PreflightInvalidStatus && e.IsRedirect() && strings.Contains(strings.Join(lines, ""), fmt.Sprint(e.Status)) {
		shown = reason.PreflightDisallowedRedirect // as other browsers say
	}
	if !slices.Contains(m.Reasons, shown) || !slices.Contains(m.Browsers, p.Name) || m.Known.Reason != m.Reasons[0] {
		t.Errorf("%s\nread as %v of %v", where, m.Reasons, m.Browsers)
	}
	if !slices.Equal(m.Lines, lines) || m.Line != 1 {
		t.Errorf("%s\nlines %q from %d", where, m.Lines, m.Line)
	}
	text := strings.Join(lines, "\n")
	k := m.Known
	c := view{NetworkError: e}
	urls := []string{e.URL, c.LastRequestURL(), withoutUserinfo(e.URL), c.location()}
	if strings.Contains(text, e.URL) && !slices.Contains(urls, k.URL) {
		t.Errorf("%s\nURL %q, want one of %q", where, k.URL, urls)
	}
	printed := strings.Contains(text, "from origin") || strings.Contains(text, "Origin http")
	if printed && k.PageOrigin != e.PageOrigin {
		t.Errorf("%s\npage origin %q, want %q", where, k.PageOrigin, e.PageOrigin)
	}
	if e.Reason == reason.HeaderDisallowedByPreflightResponse && !strings.EqualFold(k.Header, e.Header) {
		t.Errorf("%s\nheader %q, want %q", where, k.Header, e.Header)
	}
	if e.Reason == reason.MethodDisallowedByPreflightResponse && p.Name != "Firefox" && k.Method != e.Method {
		t.Errorf("%s\nmethod %q, want %q", where, k.Method, e.Method)
	}
	if strings.Contains(text, "Status code: "+fmt.Sprint(e.Status)) && k.Status != e.Status {
		t.Errorf("%s\nstatus %d, want %d", where, k.Status, e.Status)
	}
	if aboutAllowOriginValue(e.Reason) && strings.Contains(text, e.Value) && p.Name != "WebKit" && k.Value != e.Value {
		t.Errorf("%s\nvalue %q, want %q", where, k.Value, e.Value)
	}
}

// aboutAllowOriginValue reports whether the reason is that the value of
// Access-Control-Allow-Origin is wrong.
func aboutAllowOriginValue(r reason.Reason) bool {
	switch r.WithoutPreflight() {
	case reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue, reason.AllowOriginMismatch:
		return true
	}
	return false
}

// statusFor is a status with which every browser finds the reason.
func statusFor(r reason.Reason) int {
	switch r {
	case reason.PreflightInvalidStatus:
		return 405
	case reason.PreflightDisallowedRedirect:
		return 302
	}
	return 200
}

// valueFor is a header's value with which every browser finds the reason.
func valueFor(r reason.Reason) string {
	switch r.WithoutPreflight() {
	case reason.MultipleAllowOriginValues:
		return "http://c.test, http://d.test"
	case reason.InvalidAllowOriginValue:
		return "c.test"
	}
	return "http://c.test"
}

func TestParseReadsBackEveryReason(t *testing.T) {
	kinds := []string{"fetch", "XMLHttpRequest", "image", "script", "module", "CSS stylesheet", "font", "track", "audio", "video", "worker", "iframe"}
	if testing.Short() {
		kinds = kinds[:2]
	}
	read := map[reason.Reason]bool{}
	for _, r := range reason.All() {
		for _, p := range fetch.Profiles() {
			for _, kind := range kinds {
				e := &fetch.NetworkError{Reason: r, Kind: kind, URL: "http://b.test:6667/x?q=1", Origin: "http://a.test", Page: "http://a.test/page", PageOrigin: "http://a.test",
					Mode: fetch.ModeCORS, Header: "X-One", Value: valueFor(r), Present: true, Method: "PUT", Status: statusFor(r), Space: fetch.SpaceLocal}
				if lines := Lines(e, p); len(lines) > 0 {
					read[r] = true
					checkReadBack(t, e, p, lines)
				}
			}
		}
	}
	if len(read) < 40 {
		t.Errorf("only %d reasons were read", len(read))
	}
}

func TestParseReadsLines(t *testing.T) {
	const missing = "Access to fetch at 'https://api.example/items' from origin 'https://app.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
	for _, row := range []struct {
		name, text string
		browsers   string // and reasons, of each message
		known      fetch.NetworkError
	}{
		{"the text around a message does not matter", "[12:00:01.123] \x1b[31mapp.js:12 " + missing + "\x1b[0m If an opaque response serves your needs, set the request's mode to 'no-cors'.\r\nindex.html:1  Failed to load resource: net::ERR_FAILED\r\nUncaught (in promise) TypeError: Failed to fetch\r\n",
			"[Chromium] [MissingAllowOriginHeader]", fetch.NetworkError{Kind: "fetch", URL: "https://api.example/items", Origin: "https://app.example", PageOrigin: "https://app.example", Header: "Access-Control-Allow-Origin"}},
		{"developer tools name the request that failed", missing + "\nGET https://api.example/items net::ERR_FAILED 200 (OK)",
			"[Chromium] [MissingAllowOriginHeader]", fetch.NetworkError{Kind: "fetch", URL: "https://api.example/items", Origin: "https://app.example", PageOrigin: "https://app.example", Header: "Access-Control-Allow-Origin", Status: 200}},
		{"quotation marks that a word processor changed", strings.NewReplacer("'", "’").Replace(missing),
			"[Chromium] [MissingAllowOriginHeader]", fetch.NetworkError{Kind: "fetch", URL: "https://api.example/items", Origin: "https://app.example", PageOrigin: "https://app.example", Header: "Access-Control-Allow-Origin"}},
		{"a redirect between two other origins made the origin null", "Access to XMLHttpRequest at 'https://c.example/y' (redirected from 'https://b.example/x') from origin 'https://app.example' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value 'https://app.example' that is not equal to the supplied origin.",
			"[Chromium] [AllowOriginMismatch]", fetch.NetworkError{Kind: "XMLHttpRequest", URL: "https://c.example/y", FirstURL: "https://b.example/x", Origin: "null", PageOrigin: "https://app.example", Header: "Access-Control-Allow-Origin", Value: "https://app.example", Present: true}},
		{"Chromium before 66", "jquery.js:4 XMLHttpRequest cannot load http://b.example/x. Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource. Origin 'http://localhost:3000' is therefore not allowed access. The response had HTTP status code 405.",
			"[Chromium] [PreflightMissingAllowOriginHeader]", fetch.NetworkError{URL: "http://b.example/x", Origin: "http://localhost:3000", PageOrigin: "http://localhost:3000", Status: 405, Header: "Access-Control-Allow-Origin"}},
		{"Chromium before 66, an invalid status", "Failed to load http://b.example/x: Response for preflight has invalid HTTP status code 404",
			"[Chromium] [PreflightInvalidStatus]", fetch.NetworkError{URL: "http://b.example/x", Status: 404}},
		{"a header that needs permission", "Access to fetch at 'https://b.example/' from origin 'null' has been blocked by CORS policy: Request header field authorization is not allowed by Access-Control-Allow-Headers in preflight response.",
			"[Chromium] [HeaderDisallowedByPreflightResponse]", fetch.NetworkError{Kind: "fetch", URL: "https://b.example/", Origin: "null", PageOrigin: "null", Header: "authorization"}},
		{"a certificate", "GET https://b.example/ net::ERR_CERT_DATE_INVALID", "[Chromium] [ConnectionFailed]", fetch.NetworkError{URL: "https://b.example/"}},
		{"opaque response blocking", "GET https://b.example/data.json net::ERR_BLOCKED_BY_ORB", "[Chromium] [OpaqueResponseBlocked]", fetch.NetworkError{URL: "https://b.example/data.json"}},
		{"Firefox without a status", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://b.example/x. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing).[Learn More]",
			"[Firefox] [MissingAllowOriginHeader PreflightMissingAllowOriginHeader]", fetch.NetworkError{URL: "https://b.example/x", Header: "Access-Control-Allow-Origin"}},
		{"Firefox's old word for a header", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://b.example/x. (Reason: missing token 'x-one' in CORS header 'Access-Control-Allow-Headers' from CORS preflight channel).",
			"[Firefox] [HeaderDisallowedByPreflightResponse]", fetch.NetworkError{URL: "https://b.example/x", Header: "x-one"}},
		{"Firefox has one text for three reasons, which the value tells apart", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://b.example/x. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://x.example, *’).",
			"[Firefox] [MultipleAllowOriginValues PreflightMultipleAllowOriginValues]", fetch.NetworkError{URL: "https://b.example/x", Header: "Access-Control-Allow-Origin", Value: "https://x.example, *", Present: true}},
		{"Safari before 15", "[Error] Origin https://app.example is not allowed by Access-Control-Allow-Origin.\n[Error] XMLHttpRequest cannot load https://b.example/x due to access control checks.",
			"[WebKit] [MissingAllowOriginHeader PreflightMissingAllowOriginHeader AllowOriginMismatch PreflightAllowOriginMismatch MultipleAllowOriginValues PreflightMultipleAllowOriginValues InvalidAllowOriginValue PreflightInvalidAllowOriginValue]",
			fetch.NetworkError{Kind: "XMLHttpRequest", URL: "https://b.example/x", Origin: "https://app.example", PageOrigin: "https://app.example", Header: "Access-Control-Allow-Origin"}},
		{"a value that quotes another browser", "Access to image at 'https://b.example/' from origin 'https://app.example' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header contains the invalid value 'Preflight response is not successful. Status code: 404'.",
			"[Chromium] [InvalidAllowOriginValue]", fetch.NetworkError{Kind: "image", URL: "https://b.example/", Origin: "https://app.example", PageOrigin: "https://app.example", Header: "Access-Control-Allow-Origin", Value: "Preflight response is not successful. Status code: 404", Present: true}},
		{"with credentials", "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
			"[WebKit] [InvalidAllowCredentials PreflightInvalidAllowCredentials]", fetch.NetworkError{Credentials: fetch.CredentialsInclude, Header: "Access-Control-Allow-Credentials"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			messages := Parse(row.text)
			if len(messages) != 1 {
				t.Fatalf("%d messages: %+v", len(messages), messages)
			}
			m := messages[0]
			if got := fmt.Sprint(m.Browsers, " ", m.Reasons); got != row.browsers {
				t.Errorf("got %s, want %s", got, row.browsers)
			}
			row.known.Reason = m.Reasons[0]
			if m.Known != row.known {
				t.Errorf("got %+v\nwant %+v", m.Known, row.known)
			}
		})
	}
}

// Wordings for a page that came back in place of a module or style sheet.
func TestParseReadsOlderWordsForTypes(t *testing.T) {
	for _, row := range []struct {
		text string
		why  reason.Reason
		url  string
	}{
		{"Failed to load module script: Expected a JavaScript module script but the server responded with a MIME type of \"text/html\". Strict MIME type checking is enforced for module scripts per HTML spec.", reason.MIMETypeNotAllowed, ""},
		{"Failed to load module script: The server responded with a non-JavaScript MIME type of \"text/html\". Strict MIME type checking is enforced for module scripts per HTML spec.", reason.MIMETypeNotAllowed, ""},
		{"The stylesheet https://b.example/s.css was not loaded because its MIME type, “text/html”, is not “text/css”.", reason.NosniffMIMETypeMismatch, "https://b.example/s.css"},
	} {
		got := Parse(row.text)
		if len(got) != 1 || got[0].Known.Reason != row.why || got[0].Known.URL != row.url || got[0].Known.Value != "text/html" {
			t.Errorf("%s\n%+v", row.text, got)
		}
	}
}

// A message that is not about CORS is one, although several of its words are known,
// and the page's origin in a server's log is not the URL.
func TestNeighborsAreCountedOnce(t *testing.T) {
	for _, row := range []struct{ text, topic, url string }{
		{"Uncaught DOMException: Permission denied to access property \"document\" on cross-origin object", sopFrame, ""},
		{"Forbidden (Origin checking failed - https://app.example does not match any trusted origins.): /api/login/", serverLog, ""},
		{"The origin http://localhost:3000 does not have permission to access the resource", serverLog, ""},
		{"Error: The CORS policy for this site does not allow access from the specified Origin.", serverLog, ""},
		{"Cross-Origin-Opener-Policy policy would block the window.closed call.", sopFrame, ""},
		{"https://stats.example/a.js (blocked:other)", blockedByClient, "https://stats.example/a.js"},
	} {
		messages, got := Read(row.text)
		if len(messages) != 0 || len(got) != 1 || got[0].Topic != row.topic || got[0].URL != row.url {
			t.Errorf("%s\n%+v %+v", row.text, messages, got)
		}
	}
}

func TestParseSeparatesMessages(t *testing.T) {
	e := &fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Kind: "fetch", URL: "https://b.example/1", PageOrigin: "https://a.example", Origin: "https://a.example", Status: 200}
	var text []string
	for i, p := range []fetch.Profile{fetch.Chromium, fetch.Chromium, fetch.Firefox, fetch.WebKit, fetch.WebKit} {
		e.URL = fmt.Sprint("https://b.example/", i)
		text = append(text, "a line that the page logged", "")
		text = append(text, Lines(e, p)...)
	}
	messages := Parse(strings.Join(text, "\n"))
	var got []string
	for _, m := range messages {
		got = append(got, fmt.Sprint(m.Line, " ", m.Browsers[0], " ", m.Known.URL, " ", len(m.Lines)))
	}
	want := []string{"3 Chromium https://b.example/0 2", "7 Chromium https://b.example/1 2", "11 Firefox https://b.example/2 1",
		"14 WebKit https://b.example/3 2", "18 WebKit https://b.example/4 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A line without a URL that is repeated is about several fetches.
func TestParseDoesNotJoinALineToItself(t *testing.T) {
	got := Parse(strings.Repeat("Failed to load resource: net::ERR_FAILED\n", 3))
	if len(got) != 3 || len(got[0].Lines) != 1 || len(got[0].Reasons) < 20 {
		t.Errorf("%d messages: %+v", len(got), got)
	}
}

func TestParseSkipsOtherLines(t *testing.T) {
	for _, text := range []string{"", "\n\n", "TypeError: Failed to fetch", "Access to fetch", "Origin is not allowed by Access-Control-Allow-Origin",
		"GET https://b.example/ 404 (Not Found)", "\xff\xfe\x00", strings.Repeat("x", 2<<20)} {
		if got := Parse(text); got != nil {
			t.Errorf("%.40q: %+v", text, got)
		}
	}
}

func TestParseHasLimits(t *testing.T) {
	line := "Origin http://a.test is not allowed by Access-Control-Allow-Origin. Status code: 200\n"
	if got, most := len(Parse(strings.Repeat(line, 30000))), min(maxLogicals, maxText/len(line)+1); got > most || got < most-2 {
		t.Errorf("%d messages, want %d", got, most)
	}
	long := strings.Repeat("x ", maxPhysical) + line
	if got := Parse(long); len(got) != 1 || len(got[0].Lines[0]) > 2*len(line) {
		t.Errorf("of a long line: %+v", got)
	}
}

func ExampleParse() {
	for _, m := range Parse(`app.js:7 Access to fetch at 'https://api.example/items' from origin 'https://app.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.
api.example/items:1 Failed to load resource: net::ERR_FAILED`) {
		fmt.Println(m.Browsers[0], m.Reasons[0], m.Known.URL)
		fmt.Println(fix.For(&m.Known).Sentence)
	}
	// Output:
	// Chromium PreflightInvalidStatus https://api.example/items
	// Respond to the preflight (OPTIONS https://api.example/items) with 204: the CORS handler must respond to OPTIONS before any other handler does.
}

func ExampleRead() {
	messages, neighbors := Read("POST https://stats.example/collect net::ERR_BLOCKED_BY_CLIENT")
	fmt.Println(len(messages), neighbors[0].Topic, neighbors[0].URL)
	// Output:
	// 0 blocked-by-client https://stats.example/collect
}

// FuzzParse checks that the lines of any error are read back with its reason
// among those found, and that each message found in any text is complete.
func FuzzParse(f *testing.F) {
	for i, r := range readRecordings(f) {
		if i%9 == 0 {
			f.Add(uint8(slices.Index(reason.All(), r.Reason)), uint8(i), r.URL, r.Value, strings.Join(r.Lines, "\n"))
		}
	}
	f.Add(uint8(1), uint8(0), "http://b.test/", "x", "Origin * is not allowed by Access-Control-Allow-Origin.")
	f.Add(uint8(1), uint8(0), "http://b.test/", "x", "Failed to load http://b.test/: Response for preflight is invalid (redirect)\r\x1b[1mFailed to load resource: net::ERR_FAILED")
	f.Add(uint8(slices.Index(reason.All(), reason.BlockedPort)), uint8(0), "http://b.test/", "x", "")
	kinds := []string{"fetch", "XMLHttpRequest", "image", "script", "module", "font", "track", "worker"}
	f.Fuzz(func(t *testing.T, why, kind uint8, url, value, text string) {
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		messages, neighbors := Read(text)
		for _, n := range neighbors {
			if n.Topic == "" || n.Sentence == "" || n.Advice == "" || len(n.Lines) != len(n.Numbers) || n.Line < 1 {
				t.Fatalf("%+v is not complete", n)
			}
		}
		for _, m := range messages {
			if len(m.Reasons) == 0 || len(m.Browsers) == 0 || len(m.Lines) == 0 || m.Known.Reason != m.Reasons[0] ||
				m.Line < 1 || m.Line > lines {
				t.Fatalf("%+v is not complete", m)
			}
			change := fix.For(&m.Known)
			if change.Sentence == "" {
				t.Fatalf("%+v has no fix", m)
			}
			for _, h := range change.Set {
				if strings.ContainsAny(h.Value, "\r\n*") && h.Name != "Location" {
					t.Fatalf("%+v is fixed with %q", m, h)
				}
			}
		}
		// URLs are serialized, and a header's value is one line.
		r := reason.All()[int(why)%len(reason.All())]
		notInURL := func(c rune) bool { return c <= ' ' || c > '~' || isQuote(c) }
		notInValue := func(c rune) bool { return c < ' ' || c > '~' }
		if !strings.HasPrefix(url, "http://b.test/") || strings.ContainsFunc(url, notInURL) ||
			strings.ContainsFunc(value, notInValue) || len(url)+len(value) > maxValue/4 {
			return
		}
		if r == reason.BlockedPort { // no browser blocks the default port
			url = "http://b.test:25/" + strings.TrimPrefix(url, "http://b.test/")
		}
		e := &fetch.NetworkError{Reason: r, Kind: kinds[int(kind)%len(kinds)], URL: url, Origin: "http://a.test", Page: "http://a.test/page", PageOrigin: "http://a.test",
			Mode: fetch.ModeCORS, Header: "X-One", Value: value, Present: true, Method: "PUT", Status: statusFor(r), Space: fetch.SpaceLocal}
		for _, p := range fetch.Profiles() {
			if lines := Lines(e, p); len(lines) > 0 {
				found := false
				for _, m := range Parse(strings.Join(lines, "\n")) {
					found = found || slices.Contains(m.Reasons, r)
				}
				// Firefox has one text for three reasons, which the value tells
				// apart.
				if !found && (!aboutAllowOriginValue(r) || r.WithoutPreflight() == fetch.AllowOriginReason(value)) {
					t.Fatalf("%s: %s is not read back from %q", p.Name, r, lines)
				}
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	e := &fetch.NetworkError{Reason: reason.HeaderDisallowedByPreflightResponse, Kind: "fetch", URL: "https://b.example/1", PageOrigin: "https://a.example", Header: "X-One"}
	text := strings.Repeat(strings.Join(Lines(e, fetch.Chromium), "\n")+"\n", 4000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Parse(text)
	}
}
