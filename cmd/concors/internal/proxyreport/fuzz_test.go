package proxyreport

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// FuzzReport makes all outputs of a record whose values are anything: they are safe for a
// terminal, fit it, and are read back.
func FuzzReport(f *testing.F) {
	f.Add("GET", "https://api.example/notes?token=abc", "*", "sid=1; Secure", "not allowed", "application/json", uint16(200))
	f.Add("PUT", "https://api.example/\x1b[31m", "http://localhost:5173, *", "=;=", "\x1b[2J", "x\x00y", uint16(404))
	f.Add("O P", "::", "\xff\xfe", "__Host-\u202e=1; SameSite=None", "", "", uint16(0))
	f.Add("GET", "http://api.example/<script>", "null", "a=b", "<b>", "text/html", uint16(302))
	f.Fuzz(func(t *testing.T, method, target, allow, cookie, text, contentType string, status uint16) {
		l := NewLog(Options{Listen: "http://localhost:8010", APIs: []string{"https://api.example"}, Pages: []string{page}, Keep: 10})
		header := http.Header{"Origin": {page}, "Sec-Fetch-Mode": {"cors"}, "Content-Type": {contentType}, "Cookie": {cookie}, text: {allow}}
		records := []proxy.Record{
			{Page: page, Method: method, Asked: target, Target: target, Request: header, Cookies: []string{cookie}, Status: int(status), Upstream: int(status),
				Received: http.Header{"Access-Control-Allow-Origin": {allow}, "Set-Cookie": {cookie}, "Location": {target}, "Server": {text}, text: {allow}},
				Changes: []proxy.Change{{Kind: proxy.Cookie, Field: "Set-Cookie", Name: cookie, From: allow, To: text, Why: text},
					{Kind: proxy.CORS, Field: text, To: allow}}},
			{Page: allow, Method: method, Asked: target, Target: target, Request: header, Fault: &proxy.Fault{Kind: proxy.NotAllowedOrigin, Text: text}},
			{Page: allow, Method: method, Asked: target, Target: target, Request: header, Fault: &proxy.Fault{Kind: proxy.Unreachable, Text: text}},
		}
		var out strings.Builder
		for _, r := range records {
			out.WriteString(strings.Join(Lines(r, l.Add(r), TextOptions{}), "\n") + "\n")
		}
		r, err := l.Report(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.WriteText(&out, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if term.Columns(line) > term.Width {
				t.Errorf("%d columns: %q", term.Columns(line), line)
			}
			if strings.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("not printable: %q", line)
			}
		}
		var archive bytes.Buffer
		if err := l.WriteHAR(&archive); err != nil {
			t.Fatal(err)
		}
		if _, err := har.Read(&archive, har.Options{}); err != nil {
			t.Errorf("the HAR file is not read back: %v", err)
		}
		var page bytes.Buffer
		if err := r.writePage(&page); err != nil || strings.Contains(page.String(), "<script") {
			t.Errorf("%v: %s", err, &page)
		}
	})
}
