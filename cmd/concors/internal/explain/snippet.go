package explain

import (
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/snippet"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// Snippet is the value of About for a line that the script of concors snippet printed.
// Says is its verdict, and Reasons are those that the verdict may stand for.
const Snippet = "snippet"

// fromSnippet is the message of a line that the script printed. Reasons that another
// message names for the same URL are first: a red line says more than a script can see.
func fromSnippet(p *snippet.Place, others []Message) Message {
	m := Message{
		Line: p.First, Times: 1, Browsers: []string{}, Reasons: []Reason{},
		Kind: "fetch", URL: p.URL, PageOrigin: p.Page, Origin: p.Page, Method: p.Method,
		About: Snippet, Says: p.Sentence(), Snippet: &p.Line,
	}
	heading := "concors-snippet: " + p.Verdict
	if len(p.Blocked) > 0 {
		heading += " (" + strings.Join(p.Blocked, ", ") + ")"
		m.Header = p.Blocked[0]
	}
	m.Lines = []string{term.Printable(term.Cut(heading, 2*term.MaxValue))}
	switch p.Browser {
	case "chromium", "firefox", "webkit":
		m.Browsers = append(m.Browsers, p.Browser)
	}
	if !p.Known() {
		m.Says = "This version of Concors does not know the script's verdict."
	}
	m.Do = "Make the request with concors check: it shows what a script cannot see."
	credentials := fetch.Credentials(p.Credentials)
	for _, r := range preferred(p.Reasons(), m.URL, others) {
		e := fetch.NetworkError{Reason: r, Kind: "fetch", URL: p.URL, Origin: p.Page, PageOrigin: p.Page,
			Mode: fetch.Mode(p.Mode), Credentials: credentials, Method: p.Method}
		if r == reason.HeaderDisallowedByPreflightResponse {
			e.Header = m.Header
		}
		m.Reasons = append(m.Reasons, Reason{Reason: r, Preflight: r.Preflight(), Explanation: r.Explanation(),
			Protects: r.Protects(), Link: r.Anchor(), Fix: request.FixOf(&e)})
	}
	return m
}

// preferred returns the reasons with those first that the only reason of another
// message about the same URL is.
func preferred(reasons []reason.Reason, url string, others []Message) (list []reason.Reason) {
	var rest []reason.Reason
	for _, r := range reasons {
		named := false
		for _, m := range others {
			named = named || m.URL == url && len(m.Reasons) == 1 && m.Reasons[0].Reason == r
		}
		if named {
			list = append(list, r)
		} else {
			rest = append(rest, r)
		}
	}
	return append(list, rest...)
}

// command is the concors check of the script's request. Its header values are masked.
func (m *Message) command() []string {
	l := m.Snippet
	if !strings.HasPrefix(l.URL, "http") || !pasteable(l.URL) || !pasteable(l.Page) || l.Page == "" {
		return nil
	}
	words := []string{"concors check '" + l.URL + "'", "--from " + l.Page}
	if l.Method != "GET" && pasteable(l.Method) {
		words = append(words, "-X "+l.Method)
	}
	for _, name := range l.Headers {
		switch {
		case !pasteable(name):
			return nil
		case name == "content-type":
			words = append(words, "-H 'content-type: application/json'")
		default:
			words = append(words, "-H '"+name+": "+secret.Mask+"'")
		}
	}
	if l.Credentials == "include" {
		words = append(words, "--credentials include")
	}
	if l.Mode == "no-cors" {
		words = append(words, "--mode no-cors")
	}
	var lines []string
	line := "  " + words[0]
	for _, word := range words[1:] {
		if term.Columns(line+" "+word+` \`) > term.Width {
			lines, line = append(lines, line+` \`), "     "
		}
		line += " " + word
	}
	return append(lines, line)
}

// snippet writes a message of the script.
func (t *text) snippet(m *Message) {
	switch {
	case len(m.Reasons) > 0:
		t.Heading("BLOCKED: "+m.Reasons[0].Reason.String(), term.Bold, term.Red)
	case m.Snippet.Verdict == "allowed":
		t.Heading("ALLOWED", term.Bold, term.Green)
	default:
		t.Heading("VERDICT: "+term.Bounded(m.Snippet.Verdict), term.Bold, term.Yellow)
	}
	t.Hang(0, 0, m.Says)
	t.request(m)
	if !m.Snippet.Sent {
		t.Hang(0, 0, "The script did not send the "+term.Bounded(m.Method)+" itself: only requests without an effect.")
	}
	if len(m.Reasons) > 0 {
		first := &m.Reasons[0]
		t.Add("")
		first.Fix.WriteTo(t.Text, first.Protects)
		t.Add("  " + first.Link)
	}
	if command := m.command(); command != nil {
		t.Add("")
		t.Hang(0, 0, "To see what a script cannot see, make the request (*** stands for a value that the line does not hold):")
		t.Add(command...)
	}
}
