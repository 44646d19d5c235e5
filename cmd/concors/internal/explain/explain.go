// Package explain tells what a browser's console means by what it said of a
// blocked request: which browser said it, why it blocks, what the rule is good
// for, and the smallest change that would lift it.
//
// [Read] finds the messages in a text that was copied out of a console or a log,
// with the table of package fetch that also writes such lines, and returns a
// [Report]: plain data. [Report.WriteText] tells it at 80 columns,
// [Report.WriteJSON] writes it for programs. No request is made: what the line
// does not say, such as what else the server sends, is not known here. To make
// the request and see, there is package check.
package explain

import (
	"io"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/origin"
)

// FormatVersion is the Report's. It grows when a field is removed or changes its
// meaning; new fields may appear without.
const FormatVersion = 1

// MaxText is how many bytes of a text are read.
const MaxText = 1 << 20

// A Report is what [Read] found. As JSON it is documented in
// docs/explain-json.md.
type Report struct {
	Version  int       `json:"version"` // FormatVersion
	Messages []Message `json:"messages"`
	// Unknown is the number of lines that say nothing of a blocked request,
	// empty ones not counted.
	Unknown int `json:"unknownLines"`
}

// A Message is what one browser said of one blocked request.
type Message struct {
	// Line is where it stands first in the text, from 1, and Times how often.
	Line  int `json:"line"`
	Times int `json:"times"`
	// Lines are its lines as they stood there.
	Lines []string `json:"lines"`
	// Browsers are those that say it so: chromium, firefox or webkit.
	Browsers []string `json:"browsers"`
	// What it says of the request; "" and 0 are what it does not say.
	Kind       string `json:"kind,omitempty"`
	URL        string `json:"url,omitempty"`
	FirstURL   string `json:"firstUrl,omitempty"`
	PageOrigin string `json:"pageOrigin,omitempty"`
	Origin     string `json:"origin,omitempty"`
	Header     string `json:"header,omitempty"`
	Value      string `json:"value,omitempty"`
	Method     string `json:"method,omitempty"`
	Status     int    `json:"status"`
	// Reasons are those for which browsers say this, the likeliest first.
	Reasons []Reason `json:"reasons"`
}

// A Reason is a way to be blocked, explained.
type Reason struct {
	Name        string      `json:"reason"`
	Preflight   bool        `json:"preflight"`
	Explanation string      `json:"explanation"`
	Protects    string      `json:"protects"`
	Link        string      `json:"link"`
	Mend        *check.Mend `json:"mend"`
}

// Read explains what browsers say in a text. From is the origin of the page that
// asked, for messages that do not name it; it may be empty. The error is a
// *check.UsageError: if From is no origin, and if there is nothing in the text
// that a browser says of a blocked request.
func Read(text, from string) (*Report, error) {
	if from != "" {
		if o, err := origin.Parse(from); err != nil || o.String() != from {
			return nil, &check.UsageError{Problem: "--from: that is not an origin", Hint: "write it as the browser does: https://app.example, without a path or a slash at its end, or null"}
		}
	}
	text = text[:min(len(text), MaxText)]
	report := &Report{Version: FormatVersion, Messages: []Message{}}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if strings.TrimSpace(line) != "" {
			report.Unknown++
		}
	}
	index := map[string]int{}
	for _, found := range console.Parse(text) {
		report.Unknown -= len(found.Lines)
		m := explain(found, from)
		key := strings.Join(append([]string{m.Kind, m.URL, m.FirstURL, m.Origin, m.Value, m.Header, m.Method}, append(m.Browsers, m.names()...)...), "\x00")
		if i, again := index[key]; again {
			report.Messages[i].Times++
			continue
		}
		index[key] = len(report.Messages)
		report.Messages = append(report.Messages, m)
	}
	if len(report.Messages) == 0 {
		return nil, notFound(text)
	}
	return report, nil
}

// notFound says what to paste instead.
func notFound(text string) *check.UsageError {
	for _, thrown := range []string{"Failed to fetch", "NetworkError when attempting to fetch", "Load failed", "Network Error", "ERR_NETWORK"} {
		if strings.Contains(text, thrown) {
			return &check.UsageError{Problem: "that is all that the script is told: an error that never says why",
				Hint: "copy the red line beside it in the console, or run concors check with the URL"}
		}
	}
	return &check.UsageError{Problem: "nothing in that text is what Chromium, Firefox or WebKit say of a blocked request",
		Hint: "copy the whole line: \"Access to fetch at ... has been blocked\", \"Cross-Origin Request Blocked: ...\",\n" +
			"      \"Origin ... is not allowed by Access-Control-Allow-Origin\" or \"... net::ERR_...\""}
}

func explain(found console.Message, from string) Message {
	k := found.Known
	if k.Origin == "" {
		k.Origin, k.PageOrigin = from, from
	}
	m := Message{Line: found.Line, Times: 1, Lines: found.Lines, Kind: k.Kind, URL: k.URL, FirstURL: k.FirstURL,
		PageOrigin: k.PageOrigin, Origin: k.Origin, Header: k.Header, Value: k.Value, Method: k.Method, Status: k.Status}
	for _, name := range found.Browsers {
		m.Browsers = append(m.Browsers, strings.ToLower(name))
	}
	for _, r := range found.Reasons {
		e := k
		e.Reason = r
		m.Reasons = append(m.Reasons, Reason{Name: r.String(), Preflight: r.Preflight(), Explanation: r.Explanation(), Protects: r.Protects(),
			Link: r.Anchor(), Mend: check.MendOf(&e)})
	}
	return m
}

func (m *Message) names() []string {
	var names []string
	for _, r := range m.Reasons {
		names = append(names, r.Name)
	}
	return names
}

// WriteJSON writes the report as indented JSON that is safe to look at.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// inBoth reports whether the message leaves open only whether it is about the
// preflight or the answer itself.
func (m *Message) inBoth() bool {
	names := m.names()
	if len(names) != 2 {
		return false
	}
	slices.SortFunc(names, func(a, b string) int { return len(a) - len(b) })
	return names[1] == "Preflight"+names[0]
}
