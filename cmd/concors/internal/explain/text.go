package explain

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteText writes the report in at most 80 columns: each message, what it means,
// and how to fix it.
func (r *Report) WriteText(w io.Writer, coloured bool) error {
	t := &text{term.Text{Coloured: coloured}}
	for i := range r.Messages {
		if i > 0 {
			t.Add("")
		}
		number := ""
		if len(r.Messages) > 1 {
			number = fmt.Sprintf("%d of %d: ", i+1, len(r.Messages))
		}
		t.message(number, &r.Messages[i])
	}
	if r.Unknown > 0 {
		t.Add("")
		if r.Unknown == 1 {
			t.Hang(0, 0, "1 other line of the text is not about a blocked request.")
		} else {
			t.Hang(0, 0, fmt.Sprintf("%d other lines of the text are not about a blocked request.", r.Unknown))
		}
	}
	return t.Write(w)
}

// A text is a report as text, under construction.
type text struct{ term.Text }

func (t *text) message(number string, m *Message) {
	var browsers []string
	for _, b := range m.Browsers {
		browsers = append(browsers, request.BrowserTitle(b))
	}
	if browsers == nil {
		browsers = []string{"The text"}
	}
	heading := number + strings.Join(browsers, " or ") + " says"
	if m.Times > 1 {
		heading += fmt.Sprintf(", %d times", m.Times)
	}
	t.Heading(heading, term.Bold)
	for i, line := range m.Lines {
		if i == 8 {
			t.Hang(2, 4, fmt.Sprintf("(and %d more lines)", len(m.Lines)-i))
			break
		}
		t.Hang(2, 4, bounded(line))
	}
	t.Add("")
	if m.Snippet != nil {
		t.snippet(m)
		return
	}
	if len(m.Reasons) == 0 {
		t.withoutReason(m)
		return
	}
	first := &m.Reasons[0]
	t.Heading("BLOCKED: "+first.Reason.String(), term.Bold, term.Red)
	t.Hang(0, 0, first.Explanation)
	t.request(m)
	if first.Fix.Why != "" {
		t.Hang(0, 0, bounded(first.Fix.Why))
	}
	switch {
	case len(m.Reasons) == 1:
	case m.preflightOrResponse():
		where, other := "the response itself", "the response to its preflight"
		if first.Preflight {
			where, other = other, where
		}
		t.Hang(0, 0, fmt.Sprintf("The line does not say whether it is about %s or about %s: check both.", where, other))
	default:
		var others []string
		for _, r := range m.Reasons[1:] {
			others = append(others, r.Reason.String())
		}
		t.Hang(0, 0, fmt.Sprintf("%s may print this line for other reasons too: %s. Run concors check to find out which.",
			strings.Join(browsers, " and "), strings.Join(others, ", ")))
	}
	if m.Missing != "" {
		t.Hang(0, 0, m.Missing)
	}
	fix, lines := first.Fix.Text(first.Protects)
	t.Add("")
	t.Heading(fix, term.Bold)
	t.Add(lines...)
	t.Add("  " + first.Link)
	t.next(m)
}

// topics holds what messages without reasons are about, for headings.
var topics = map[string]string{
	"csp":               "the page's Content Security Policy",
	"blocked-by-client": "something in the browser",
	"sop-frame":         "the same-origin policy between windows",
	"tainted-canvas":    "pixels or samples of another origin",
	"storage":           "storage that the page may not use",
	"cookies":           "cookies across sites",
	"x-frame-options":   "a page that does not want to be framed",
	"websocket":         "a WebSocket",
	"event-source":      "an EventSource",
	"server-log":        "a message of the server",
	"no-browser":        "a program outside a browser",
	"http-status":       "the server's status",
	"not-json":          "not what the page expected",
	"script-error":      "the details of a script's error",
}

// withoutReason writes what a message is that gives no reason, or is not about CORS.
func (t *text) withoutReason(m *Message) {
	topic, notCORS := topics[m.About]
	if notCORS {
		t.Heading("NOT CORS: "+topic, term.Bold, term.Yellow)
	} else {
		t.Heading("NO REASON GIVEN", term.Bold, term.Red)
	}
	t.Hang(0, 0, m.Says)
	t.request(m)
	t.Add("")
	t.Heading("What to do", term.Bold)
	t.Hang(2, 2, m.Do)
	switch m.About {
	case "csp", "blocked-by-client", "sop-frame", "x-frame-options", "websocket", "server-log", "storage", "no-browser":
	default:
		t.next(m)
	}
}

// request writes what the message says about the request.
func (t *text) request(m *Message) {
	if m.URL == "" {
		return
	}
	page := "The page"
	switch m.PageOrigin {
	case "":
	case "null":
		page = "A sandboxed page or a local file"
	default:
		page = "The page on " + bounded(m.PageOrigin)
	}
	sentence := page + " requested " + bounded(m.URL)
	if m.FirstURL != "" {
		sentence = page + " requested " + bounded(m.FirstURL) + ", which redirected to " + bounded(m.URL)
	}
	if m.Status != 0 {
		sentence += fmt.Sprintf("; the response had status %d", m.Status)
	}
	t.Hang(0, 0, sentence+".")
	if m.Value != "" {
		t.Hang(0, 2, m.Header+": "+bounded(m.Value))
	}
}

// next shows the command that makes the request itself.
func (t *text) next(m *Message) {
	u := m.URL
	if m.FirstURL != "" {
		u = m.FirstURL
	}
	if u == "" {
		t.Add("")
		t.Hang(0, 0, "To see everything that happens, make the request (with its URL, method and headers):")
		t.Add("  concors check URL --from " + pageOr(m.PageOrigin))
		return
	}
	from := pageOr(m.PageOrigin)
	command := "  concors check '" + u + "' \\"
	if !strings.HasPrefix(u, "http") || !pasteable(u) || !pasteable(from) || len(command) > term.Width || len(from) > 60 {
		return
	}
	t.Add("")
	if method := m.sentMethod(); method != "" && method != "GET" {
		t.Hang(0, 0, "To see everything that happens, make the request (add its headers and body):")
		t.Add(command, "    -X "+method+" --from "+from)
		return
	}
	t.Hang(0, 0, "To see everything that happens, make the request (add its method and headers):")
	t.Add(command, strings.TrimRight("    --from "+from+" "+request.SpaceFlag(u, from), " "))
}

// requestLine matches Chromium's second line, such as PUT URL net::ERR_FAILED.
var requestLine = regexp.MustCompile(`(?:^|\s)(GET|HEAD|POST|PUT|PATCH|DELETE) https?://\S+ net::ERR_`)

// sentMethod is the method that the message names, or "".
func (m *Message) sentMethod() string {
	for _, line := range m.Lines {
		if found := requestLine.FindStringSubmatch(line); found != nil {
			return found[1]
		}
	}
	return ""
}

// pageOr returns the page's origin for a command, or what to replace by it.
func pageOr(origin string) string {
	if origin == "" || !pasteable(origin) || len(origin) > 60 {
		return "ORIGIN"
	}
	return origin
}

// pasteable reports whether an untrusted text can be pasted into a shell, between
// single quotes or as an origin.
func pasteable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune("'\"`$\\;|<>(){}", c)
	})
}

// bounded cuts a part of the text that is printed.
func bounded(s string) string { return term.Cut(s, 2*term.MaxValue) }
